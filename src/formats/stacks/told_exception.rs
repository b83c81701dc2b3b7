//! Lines that tell of an exception in words, or behind the words of a log; they are believed only where frames follow.
//!
//! ```text
//! 16:44:02 [Error] Contoso.Log : The request failed. System.OutOfMemoryException: Exception of type ... was thrown.
//! {System.OutOfMemoryException: Exception of type 'System.OutOfMemoryException' was thrown.
//! Ausnahme vom Typ "System.OutOfMemoryException" wurde ausgelöst.
//! System.InvalidOperationException : Timeout expired.
//! ```
//!
//! The first is what loggers write, the second how Visual Studio shows a value, the third a message without its type, the
//! fourth how NUnit and xUnit print one.

use super::known_message::{by_message, message_of_window};

/// A row of exception text: type, message, outer exception, the words that say that nobody caught it, code.
pub type Row<'t> = [&'t str; 5];

/// Words for an exception in the languages of .NET, beside which a type in quotation marks is that of the exception.
const EXCEPTION: [&str; 14] = [
    "exception",
    "ausnahme",
    "excepción",
    "eccezione",
    "exceção",
    "исключени",
    "异常",
    "例外",
    "예외",
    "wyjątek",
    "wyjątku",
    "výjimk",
    "özel durum",
    "undantag",
];

/// Types that are so well known that they are named without their namespace.
const SYSTEM: [&str; 12] = [
    "System.ObjectDisposedException",
    "System.ArgumentException",
    "System.ArgumentNullException",
    "System.NotSupportedException",
    "System.AggregateException",
    "System.InvalidCastException",
    "System.OutOfMemoryException",
    "System.StackOverflowException",
    "System.NullReferenceException",
    "System.AccessViolationException",
    "System.InvalidOperationException",
    "System.TypeInitializationException",
];

/// Type and message of the exception that a line tells of.
pub fn row(text: &str) -> Option<Row<'_>> {
    // Written as code, in Markdown.
    let trimmed = message_of_window(text.trim());
    // `[xUnit.net 00:00:02.45]       N.OrderException : Order 17 failed`
    let behind_clock = || trimmed.strip_prefix("[xUnit.net ").and_then(|rest| rest.split_once(']'));
    let trimmed = without_clock(behind_clock().map_or(trimmed, |(_, rest)| rest.trim_start()));
    // All of these need the word.
    let named = || {
        let told = json(trimmed).or_else(|| labelled(trimmed)).or_else(|| quoted(trimmed));
        told.or_else(|| well_known(trimmed)).or_else(|| by_label(trimmed))
    };
    let named = if trimmed.contains("Exception") { named() } else { None };
    // `Error message: Object reference not set to an instance of an object.`
    let behind_label = || {
        let (label, message) = trimmed.split_once(": ")?;
        by_message(message.trim()).filter(|_| label.split(' ').count() <= 3)
    };
    named.or_else(|| by_message(trimmed)).or_else(behind_label)
}

/// `09:59:06       N.OrderException : Order 17 failed`, as servers that build print what a test says.
fn without_clock(text: &str) -> &str {
    let is_clock = |clock: &str| {
        clock
            .bytes()
            .zip(b"00:00:00")
            .all(|(byte, form)| if *form == b':' { byte == b':' } else { byte.is_ascii_digit() })
    };
    match text.split_at_checked(8) {
        Some((clock, rest)) if is_clock(clock) && rest.starts_with("  ") => rest.trim_start(),
        _ => text,
    }
}

/// The message that a line of JSON gives for the exception of the lines around it.
pub fn json_message(text: &str) -> Option<&str> {
    field(text, "\"Message\"").or_else(|| field(text, "\"errorMessage\""))
}

/// Whether a line may stand between such words and the frames: a heading, or the fence of a listing.
pub fn leads_to_frames(text: &str) -> bool {
    let words = text.trim_matches(|c: char| !c.is_alphanumeric()).to_ascii_lowercase();
    const HEADINGS: [&str; 7] =
        ["", "stack trace", "stacktrace", "stacktracestring", "call stack", "callstack", "stack"];
    // The second line of a message.
    const LABELS: [&str; 6] =
        ["Object name: ", "Parameter name: ", "File name: ", "Actual value was ", "Type name: ", "Operation: "];
    if LABELS.iter().any(|label| text.trim_start().starts_with(label)) {
        return true;
    }
    // `[Ref 3BC3AC23]` of a log, and headings that were misspelt.
    let is_mark = text.trim().starts_with('[') && text.trim().ends_with(']');
    let counted = words.split_whitespace().count();
    if is_mark && counted <= 2 || counted == 1 && words.ends_with("trace") {
        return true;
    }
    // `This is the StackTrace:`
    let ends = words.split_whitespace().count() <= 5 && HEADINGS[1..].iter().any(|heading| words.ends_with(heading));
    HEADINGS.contains(&words.as_str()) || ends || is_json_field(text.trim())
}

/// `"HelpURL":null,`: what Json.NET writes of an exception between its type and its frames.
fn is_json_field(text: &str) -> bool {
    const FIELDS: [&str; 7] = ["Message", "Data", "InnerException", "HelpURL", "HResult", "Source", "errorMessage"];
    let Some((name, value)) = text.strip_prefix('"').and_then(|text| text.split_once("\":")) else { return false };
    name == "stackTrace" || (FIELDS.contains(&name) && !value.ends_with(['{', '[']))
}

/// `"ClassName":"System.OutOfMemoryException","Message":"..."`: how Json.NET writes an exception.
fn json(trimmed: &str) -> Option<Row<'_>> {
    // AWS Lambda leaves the namespace out.
    if let Some(name) = field(trimmed, "\"errorType\"") {
        return is_exception_type(name).then(|| [name, json_message(trimmed).unwrap_or_default(), "", "", ""]);
    }
    let name = field(trimmed, "\"ClassName\"")?;
    let is_type = names(name).any(|(start, found)| start == 0 && found.len() == name.len());
    is_type.then(|| [name, json_message(trimmed).unwrap_or_default(), "", "", ""])
}

/// Whether a word is the type of an exception, with or without its namespace.
pub fn is_exception_type(name: &str) -> bool {
    let is_name = name.chars().all(|c| c.is_alphanumeric() || "._+`".contains(c));
    let is_more_than_the_word = name.len() > "Exception".len();
    is_name && is_more_than_the_word && name.starts_with(char::is_uppercase) && name.ends_with("Exception")
}

/// The text of a field of JSON, as it is written; the name is given with its quotation marks.
fn field<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let (_, behind) = text.split_once(name)?;
    let value = behind.trim_start().strip_prefix(':')?.trim_start().strip_prefix('"')?;
    let end = value.match_indices('"').find(|&(at, _)| !value[..at].ends_with('\\'))?.0;
    Some(&value[..end])
}

/// `Exception: OutOfMemoryException`, `Exception Type: System.IO.IOException`: nothing but the type behind a label.
fn by_label(trimmed: &str) -> Option<Row<'_>> {
    let name = ["Exception: ", "Exception Type: "].iter().find_map(|label| trimmed.strip_prefix(label))?.trim();
    let is_type = names(name).any(|(start, found)| start == 0 && found.len() == name.len());
    let name = if is_type { name } else { Some(with_namespace(name)).filter(|full| full.contains('.'))? };
    Some([name, "", "", "", ""])
}

/// The type with the namespace that everybody knows it by, where it is left out.
pub fn with_namespace(name: &str) -> &str {
    SYSTEM.into_iter().find(|full| full.strip_prefix("System.") == Some(name)).unwrap_or(name)
}

/// `... Ns.OrderException: Order 17 failed`, wherever the type stands in the line.
fn labelled(trimmed: &str) -> Option<Row<'_>> {
    names(trimmed).find_map(|(start, name)| {
        let before = trimmed[..start].trim_end_matches('{');
        let (code, behind) = code(&trimmed[start + name.len()..]);
        // A logger's name has blanks before its colon too.
        let behind = if before.is_empty() { behind.trim_start() } else { behind };
        let message = behind.strip_prefix(':').filter(|message| !message.starts_with(':'))?;
        let apart = before.is_empty() || before.ends_with([' ', '\t', '(', '"', '\'']);
        apart.then(|| [name, message.trim(), "", "", code])
    })
}

/// `IsTerminating=True ObjectDisposedException: Cannot access a disposed object.`: a type that everybody knows, without its
/// namespace.
fn well_known(trimmed: &str) -> Option<Row<'_>> {
    let (before, message) = trimmed.split_once("Exception: ")?;
    let start = before.rfind(' ').map_or(0, |blank| blank + 1);
    let name = &trimmed[start..before.len() + "Exception".len()];
    let full = SYSTEM.into_iter().find(|full| full.strip_prefix("System.") == Some(name))?;
    Some([full, message.trim(), "", "", ""])
}

/// `Exception of type 'System.OutOfMemoryException' was thrown.` in any language.
fn quoted(trimmed: &str) -> Option<Row<'_>> {
    let (start, name) = names(trimmed).find(|&(start, name)| {
        let behind = &trimmed[start + name.len()..];
        trimmed[..start].ends_with(['\'', '"', '“', '”', '„', '«']) && behind.starts_with(['\'', '"', '“', '”', '»'])
    })?;
    let around = [&trimmed[..start], &trimmed[start + name.len()..]];
    let says = |part: &&str| {
        let lower = part.to_lowercase();
        EXCEPTION.iter().any(|word| lower.contains(word))
    };
    around.iter().any(says).then_some([name, trimmed, "", "", ""])
}

/// Names of types that end in `Exception`, with a namespace, and where they begin.
pub fn names(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_part = |c: char| c.is_alphanumeric() || "._+`".contains(c);
    text.match_indices("Exception").filter_map(move |(at, word)| {
        let end = at + word.len();
        let start = text[..at]
            .rfind(|c: char| !is_part(c))
            .map_or(0, |before| before + text[before..].chars().next().map_or(0, char::len_utf8));
        let name = &text[start..end];
        let is_whole = !text[end..].starts_with(is_part) || text[end..].starts_with(". ");
        let is_named = name.contains('.') && name.starts_with(char::is_uppercase) && !name.contains("..");
        (is_whole && is_named).then_some((start, name))
    })
}

/// ` (0x80131904)` or ` (258)` behind a type, and the rest.
pub fn code(behind: &str) -> (&str, &str) {
    let Some((code, rest)) = behind.trim_start().strip_prefix('(').and_then(|inside| inside.split_once(')')) else {
        return ("", behind);
    };
    let digits = code.strip_prefix("0x").unwrap_or(code);
    let is_code = match digits.len() < code.len() {
        true => digits.bytes().all(|byte| byte.is_ascii_hexdigit()),
        false => digits.strip_prefix('-').unwrap_or(digits).bytes().all(|byte| byte.is_ascii_digit()),
    };
    if is_code && !digits.is_empty() { (code, rest) } else { ("", behind) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exceptions_told_in_words() {
        for (text, want) in [
            (
                "2022-11-07 16:44:02 [Error] [0] N.Log : It failed. N.OrderException: Order 17: no",
                Some("N.OrderException | Order 17: no |  |  | "),
            ),
            (
                "[Error] N.Log.UnhandledException : It failed. N.OrderException: no",
                Some("N.OrderException | no |  |  | "),
            ),
            (
                "{\"ClassName\":\"N.OrderException\",\"Message\":\"Say \\\"no\\\"\",\"Data\":null,",
                Some("N.OrderException | Say \\\"no\\\" |  |  | "),
            ),
            ("\"errorType\": \"OrderException\",", Some("OrderException |  |  |  | ")),
            ("\"ClassName\": \"N.OrderException\",", Some("N.OrderException |  |  |  | ")),
            ("\"ClassName\": \"wide OrderException\",", None),
            ("Exception: OutOfMemoryException", Some("System.OutOfMemoryException |  |  |  | ")),
            ("Exception Type: N.OrderException", Some("N.OrderException |  |  |  | ")),
            (
                "[UNHANDLED] IsTerminating=True ObjectDisposedException: Cannot access a disposed object.",
                Some("System.ObjectDisposedException | Cannot access a disposed object. |  |  | "),
            ),
            ("Exception: OrderException", None),
            ("Exception: OutOfMemoryException was seen", None),
            ("{N.OrderException: Order 17 failed", Some("N.OrderException | Order 17 failed |  |  | ")),
            ("N.OrderException : Order 17 failed", Some("N.OrderException | Order 17 failed |  |  | ")),
            (
                "[xUnit.net 00:00:02.45]       N.Orders+OrderException : Order 17 failed",
                Some("N.Orders+OrderException | Order 17 failed |  |  | "),
            ),
            (
                "{\"Not enough. (Exception from HRESULT: 0x80070008)\"}",
                Some(
                    "System.Runtime.InteropServices.COMException | Not enough. (Exception from HRESULT: 0x80070008) |  |  | 0x80070008",
                ),
            ),
            ("It failed. N.OrderException (0x80004005): no", Some("N.OrderException | no |  |  | 0x80004005")),
            (
                "Ausnahme vom Typ \"N.OrderException\" wurde ausgelöst.",
                Some("N.OrderException | Ausnahme vom Typ \"N.OrderException\" wurde ausgelöst. |  |  | "),
            ),
            ("类型“N.OrderException”的异常。", Some("N.OrderException | 类型“N.OrderException”的异常。 |  |  | ")),
            (
                "The type initializer for 'N.T' threw an exception.",
                Some(
                    "System.TypeInitializationException | The type initializer for 'N.T' threw an exception. |  |  | ",
                ),
            ),
            (
                "UCEERR_A (Ausnahme von HRESULT: 0x88980406)",
                Some(
                    "System.Runtime.InteropServices.COMException | UCEERR_A (Ausnahme von HRESULT: 0x88980406) |  |  | 0x88980406",
                ),
            ),
            (
                "Message: Attempted to divide by zero.",
                Some("System.DivideByZeroException | Attempted to divide by zero. |  |  | "),
            ),
            ("Type 'N.OrderException' in Assembly 'N' is not marked as serializable.", None),
            (
                "Could not load type 'N.OrderException' from assembly 'N'.",
                Some("System.TypeLoadException | Could not load type 'N.OrderException' from assembly 'N'. |  |  | "),
            ),
            ("`N.OrderException: no`", Some("N.OrderException | no |  |  | ")),
            ("catch (N.OrderException)", None),
            ("N.OrderException::Create", None),
            ("N.OrderExceptions: 4", None),
            ("a failed OrderException: no", None),
        ] {
            assert_eq!(row(text).map(|row| row.join(" | ")).as_deref(), want, "{text}");
        }
        for (text, want) in [
            ("Stack Trace:", true),
            ("```", true),
            ("--- Stack trace ---", true),
            ("This is the StackTrace:", true),
            ("and then", false),
        ] {
            assert_eq!(leads_to_frames(text), want, "{text}");
        }
    }
}
