//! .NET exception text: `Exception.ToString()`, as logs, event viewers and error pages show it.
//!
//! ```text
//! System.InvalidOperationException: Order 17 failed ---> System.FormatException: Input string was not correct
//!    at System.Number.ParseInt32(String s, NumberStyles style)
//!    at Contoso.Orders.Parser.Parse(String line) in c:\src\Parser.cs:line 12
//!    --- End of inner exception stack trace ---
//!    at Contoso.Orders.Program.Main(String[] args) in c:\src\Program.cs:line 40
//! ```
//!
//! What the runtime says when it ends the process (`last_words`) begins exception text too. Of nested exceptions the
//! innermost comes first, and each has its own frames. Parameters have names here, unlike in all
//! other tools. `at`, `in` and `line` are translated in localized systems.

use super::exception_frame::{frame, page_frame};
use super::exception_head::exception;
use super::host_words::host_words;
use super::known_message::by_clear_message;
use super::last_words::{last_words, repeats};
use super::native_words::native_words;
use super::runtime_words::runtime_words;
use super::told_exception;
use super::{Begin, Format, FrameLine, Line};
use crate::model::{Dialect, StackKind};

pub const FORMAT: Format = Format {
    kind: StackKind::Exception,
    columns: &["type", "message", "outer", "unhandled", "code"],
    ..Format::of_threads(Dialect::ExceptionText, line, shows)
};

/// Words of the line that ends an inner exception's frames, in the languages where they are known.
const INNER: [&str; 9] =
    ["inner exception", "internen", "interne", "внутренн", "内部", "interna", "wewnętrz", "내부", "iç özel"];

fn line(text: &str) -> Option<Line<'_>> {
    let trimmed = text.trim();
    if let Some(words) = separator(trimmed) {
        let row = words.split_once("--->").and_then(|_| exception(trimmed)).unwrap_or_default();
        let inner = INNER.iter().any(|word| words.contains(word));
        return Some(if inner { Line::Begin(Begin { row, ..Begin::default() }) } else { Line::Header });
    }
    if let Some(site) = frame(text, false).or_else(|| page_frame(text)) {
        return Some(Line::Frame(FrameLine::of(site)));
    }
    if let Some(times) = repeats(trimmed) {
        return Some(Line::Repeat(times));
    }
    // `Message: A callback was made on a garbage collected delegate ...` begins something by itself.
    if let Some(detail) = detail(trimmed).filter(|_| last_words(trimmed).is_none()) {
        return Some(detail);
    }
    // The exception that the one above wraps, where Visual Studio lists its properties.
    if let Some(inner) = trimmed.strip_prefix("InnerException:").map(str::trim) {
        let row = if told_exception::is_exception_type(inner) { vec![inner] } else { Vec::new() };
        return (inner.is_empty() || !row.is_empty()).then(|| Line::Begin(Begin { row, ..Begin::default() }));
    }
    begin(trimmed).map(Line::Begin)
}

fn shows(text: &str) -> bool {
    frame(text, true).is_some() || begin(text.trim()).is_some()
}

/// The line that tells of an exception.
fn begin(trimmed: &str) -> Option<Begin<'_>> {
    if let Some(words) = last_words(trimmed) {
        return Some(Begin { row: words.row, held: words.held, ..Begin::default() });
    }
    if let Some((name, method)) = problem(trimmed) {
        return Some(Begin { row: vec![name], frame: Some(FrameLine::of(method)), ..Begin::default() });
    }
    let row = exception(trimmed)
        .or_else(|| native_words(trimmed))
        .or_else(|| runtime_words(trimmed))
        .or_else(|| host_words(trimmed))
        .or_else(|| by_clear_message(trimmed).map(Vec::from));
    row.map(|row| Begin { row, ..Begin::default() })
}

/// `System.OutOfMemoryException at System.IO.MemoryStream.set_Capacity`: how Application Insights names a problem.
fn problem(trimmed: &str) -> Option<(&str, &str)> {
    let (name, method) = trimmed.split_once("Exception at ")?;
    let name = &trimmed[..name.len() + "Exception".len()];
    let is_word = |text: &str| text.chars().all(|c| c.is_alphanumeric() || "._+`<>".contains(c));
    let fits = told_exception::is_exception_type(name) && name.contains('.');
    (fits && is_word(method) && method.matches('.').count() >= 2 && method.starts_with(char::is_uppercase))
        .then_some((name, method))
}

/// What Visual Studio and ASP.NET's event 1309 say of an exception below its type: `HResult=0x80070005`,
/// `Exception message: Order 17 failed`. The reader takes it only there.
fn detail(trimmed: &str) -> Option<Line<'_>> {
    const LABELS: [(&str, &str); 4] =
        [("HResult=", "code"), ("Message=", "message"), ("Exception message:", "message"), ("Message:", "message")];
    for (label, column) in LABELS {
        if let Some(value) = trimmed.strip_prefix(label) {
            return Some(Line::Cell(column, value.trim()));
        }
    }
    None
}

/// `--- End of inner exception stack trace ---`, and what else stands between dashes.
fn separator(trimmed: &str) -> Option<&str> {
    let start = trimmed.find("--- ").filter(|_| trimmed.ends_with("---")).unwrap_or(0);
    let words = trimmed[start..].strip_prefix("---")?;
    let is_rule = words.bytes().all(|byte| matches!(byte, b'-' | b' '));
    let closed = words.contains("--") || words.ends_with("- -");
    (!is_rule && !words.starts_with(['>', '-']) && closed).then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::stacks::tests::check;

    #[test]
    fn lines() {
        for (text, want) in [
            ("   at N.P.Parse(String s, Int32 n)", "frame N.P.Parse(String s, Int32 n)"),
            (
                "   at N.P.Main(String[] args) in c:\\a b\\P.cs:line 40",
                "frame N.P.Main(String[] args) [c:\\a b\\P.cs @ 40]",
            ),
            ("   bei N.P.Main(String[] args) in c:\\P.cs:Zeile 40.", "frame N.P.Main(String[] args) [c:\\P.cs @ 40]"),
            ("   at void N.P.Main(string[] args) in C:/P.cs:line 4", "frame N.P.Main(string[] args) [C:/P.cs @ 4]"),
            ("Stack Trace: 在 N.P.M()", "frame N.P.M()"),
            ("Stack Trace:", "nothing"),
            ("   at N.P.Main(String[] args, Int", "frame N.P.Main(String[] args, Int"),
            ("   at lambda_method(Closure , Object )", "frame lambda_method(Closure , Object )"),
            ("2020-11-05T22:02:56.834Z at N.P.M()", "frame N.P.M()"),
            (
                "   --- Fin ... interne ------> (Exception interne #0) System.Exception: a",
                "begin [System.Exception | a]",
            ),
            (
                "Error: System.AggregateException: x ---> N.GitFailed: y",
                "begin [N.GitFailed | y | System.AggregateException: x]",
            ),
            ("-----------------------", "nothing"),
            ("   bei N.P.Main(String[] args) in c:\\P.cs:Zeile 40", "frame N.P.Main(String[] args) [c:\\P.cs @ 40]"),
            ("   à N.P.Main() dans c:\\P.cs:ligne 4", "frame N.P.Main() [c:\\P.cs @ 4]"),
            ("   в N.P.Main() в c:\\P.cs:строка 4", "frame N.P.Main() [c:\\P.cs @ 4]"),
            ("   在 N.P.Main() 位置 c:\\P.cs:行号 4", "frame N.P.Main() [c:\\P.cs @ 4]"),
            (
                "  at N.P/<Main>c__0.<>m__0 () [0x00022] in /src/p.cs:19",
                "frame N.P/<Main>c__0.<>m__0 () [/src/p.cs @ 19]",
            ),
            ("  at N.P.M (object) [0x00022] in <12b4>:0", "frame N.P.M (object)"),
            ("2020-01-02 10:00:00 ERROR   at N.P.M()", "frame N.P.M()"),
            ("   at N.P.<RunAsync>d__7.MoveNext()", "frame N.P.<RunAsync>d__7.MoveNext()"),
            ("   at N.P.M[T](List`1 x) in x.dll:token 0x6000002+0x1f", "frame N.P.M[T](List`1 x)"),
            ("   --- End of inner exception stack trace ---", "begin"),
            ("--- End of stack trace from previous location ---", "header"),
            ("System.FormatException: Input string", "begin [System.FormatException | Input string]"),
            (
                "Unhandled Exception: N.OrderException: a ---> System.X.IOException: b",
                "begin [System.X.IOException | b | N.OrderException: a | Unhandled Exception:]",
            ),
            ("2026-11-03T12:01:24: 위치: N.Orders.Load(Int32 id)", "frame N.Orders.Load(Int32 id)"),
            ("Unhandled exception. N.OrderException: a", "begin [N.OrderException | a |  | Unhandled exception.]"),
            ("2026-11-03 ERROR Unhandled exception: N.OrderException: a", "begin [N.OrderException | a]"),
            ("Fatal error. N.OrderException: a", "begin [N.OrderException | a |  | Fatal error.]"),
            ("Repeat 16114 times:", "repeat 16114"),
            ("[NullReferenceException: Object reference]", "begin [NullReferenceException | Object reference]"),
            ("   N.Page.Load(Object sender) +59", "frame N.Page.Load(Object sender)+0x3b"),
            ("	at java.lang.Object.wait(Object.java:502)", "nothing"),
            ("    at Object.run (/app/node_modules/x/index.js:12:3)", "nothing"),
            ("look at System.Drawing (it is slow)", "nothing"),
            ("A System.FormatException was thrown", "nothing"),
            (
                "System.X.LimitException (258): Unknown error 258",
                "begin [System.X.LimitException | Unknown error 258 |  |  | 258]",
            ),
            ("N.OrderException (0x80004005)", "begin [N.OrderException |  |  |  | 0x80004005]"),
            ("N.OrderException (since 2.0): never", "nothing"),
            ("    Exception type: OrderException ", "begin [OrderException]"),
            ("Exception type: the one that was thrown", "nothing"),
            ("    Exception message: Order 17 failed", "cell message = Order 17 failed"),
            ("  HResult=0x80070005", "cell code = 0x80070005"),
            (
                "2024-05-08 23:16:39.368985-07:00N.OrderException: a ---> N.DiskException: b",
                "begin [N.DiskException | b | N.OrderException: a]",
            ),
            (
                "08:11 N.Log : It failed. N.OrderException: a ---> N.DiskException: b",
                "begin [N.DiskException | b | N.OrderException: a]",
            ),
            ("2024-05-08 23:16:39.369016-07:00at (wrapper managed-to-native) N.P.M (ulong&)", "frame N.P.M (ulong&)"),
            ("2024-05-08 23:16:39Zat N.P..cctor () [0x000b0] in <dbc8>:0 ", "frame N.P..cctor ()"),
            ("   at N.P.Main() in c:\\P.cs:line 40}", "frame N.P.Main() [c:\\P.cs @ 40]"),
        ] {
            check(&FORMAT, text, want);
        }
    }
}
