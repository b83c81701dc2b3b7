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

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use super::exception_frame::{AT, behind_stamp, frame, is_whole_call, page_frame};
use super::host_words::host_words;
use super::known_message::by_clear_message;
use super::last_words::{last_words, repeats, says_unhandled_before};
use super::native_words::native_words;
use super::runtime_words::runtime_words;
use super::told_exception::{self, code, names};
use super::{Begin, Format, FrameLine, Line};
use crate::formats::marks::Marks;
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

/// `Exception type: RedisTimeoutException` of event 1309, which prints no namespace.
fn labelled_type(trimmed: &str) -> Option<&str> {
    let name = trimmed.strip_prefix("Exception type:")?.trim();
    told_exception::is_exception_type(name).then(|| told_exception::with_namespace(name))
}

/// `--- End of inner exception stack trace ---`, and what else stands between dashes.
fn separator(trimmed: &str) -> Option<&str> {
    let start = trimmed.find("--- ").filter(|_| trimmed.ends_with("---")).unwrap_or(0);
    let words = trimmed[start..].strip_prefix("---")?;
    let is_rule = words.bytes().all(|byte| matches!(byte, b'-' | b' '));
    let closed = words.contains("--") || words.ends_with("- -");
    (!is_rule && !words.starts_with(['>', '-']) && closed).then_some(words)
}

static EXCEPTION_MARKS: LazyLock<Marks> = LazyLock::new(|| Marks::new(["Exception", "Error", "--->"]));

/// Type and message of an exception: `Ns.OrderException: Order 17 failed`, with what logs and runtimes put before it. Of
/// one that wraps others (`---> `) the innermost, whose frames come first.
fn exception(trimmed: &str) -> Option<Vec<&str>> {
    if !EXCEPTION_MARKS.is_any_in(trimmed) {
        return None;
    }
    if let Some(name) = labelled_type(trimmed) {
        return Some(vec![name]);
    }
    if let Some(row) = in_window(trimmed) {
        return Some(row);
    }
    let trimmed = behind_stamp(trimmed);
    let wrapped = trimmed.rsplit_once("--->").map(|(_, innermost)| innermost.trim_start());
    let text = wrapped.unwrap_or(trimmed);
    // `---> (Inner Exception #0) System.FormatException: ...`
    let text = match text.strip_prefix('(').and_then(|numbered| numbered.split_once(") ")) {
        Some((number, text)) if number.contains('#') => text,
        _ => text,
    };
    let (mut start, mut name) = type_name(text)?;
    // `[App.ProcessException] N.OrderException: ...`: who writes the log.
    let is_logger = text[..start].ends_with('[') && text[start + name.len()..].starts_with("] ");
    if let Some((behind, other)) = is_logger.then(|| type_name(&text[start + name.len()..])).flatten() {
        (start, name) = (start + name.len() + behind, other);
    }
    let behind = &text[start + name.len()..];
    let last = name.rsplit(['.', '+']).next().unwrap_or(name);
    let is_exception =
        (last.ends_with("Exception") && (last.len() > 9 || name == "System.Exception")) || wrapped.is_some();
    let introduced = introduces(text[..start].trim_end());
    if !is_exception || !introduced || !(name.contains('.') || text[..start].ends_with('[')) {
        return None;
    }
    let (code, behind) = code(behind);
    // `System.FormatException was thrown` is prose.
    if !(behind.is_empty() || behind.starts_with([':', ']'])) {
        return None;
    }
    let message = without_escaped_end(behind.trim_start_matches([':', ']', ' '])).trim_end_matches(']');
    // Visual Studio shows it so: `N.OrderException: 'Order 17 failed'`.
    let quoted = message.strip_prefix('\'').map(|inside| inside.strip_suffix('\'').unwrap_or(inside));
    let message = quoted.filter(|inside| message.ends_with('\'') || !inside.contains('\'')).unwrap_or(message);
    let mut before = &text[..start];
    let mut outer = "";
    if let Some((wrappers, _)) = trimmed.rsplit_once("--->") {
        let from = wrapping(wrappers);
        before = &wrappers[..from.unwrap_or(0)];
        outer = from.map_or("", |from| wrappers[from..].trim());
    }
    let unhandled = says_unhandled_before(before).map_or("", str::trim_start);
    let mut row = vec![name, message, outer, unhandled, code];
    row.truncate(row.iter().rposition(|cell| !cell.is_empty()).map_or(0, |last| last + 1));
    Some(row)
}

/// `'System.InvalidOperationException'  {"Order 17 failed"}`, as a window of Visual Studio shows an exception.
fn in_window(trimmed: &str) -> Option<Vec<&str>> {
    let (name, value) = trimmed.trim_start_matches("> ").strip_prefix('\'')?.split_once('\'')?;
    let message = value.trim().strip_prefix("{\"")?.strip_suffix("\"}")?;
    (name.contains('.') && told_exception::is_exception_type(name)).then(|| vec![name, message])
}

/// Where `Exception Info:` and `Stack:` begin in what stands before the first frame of an event on one line.
fn labels_of_event(head: &str) -> impl Iterator<Item = usize> {
    let info = head.find(" Exception Info: ");
    let description = head.find(" Description: ").filter(|_| info.is_some());
    let stack = head.trim_end().strip_suffix(" Stack:").filter(|_| info.is_some()).map(str::len);
    [description, info, stack].into_iter().flatten()
}

/// Where the exceptions that wrap the innermost begin: `Ns.OrderException: Order 17 failed ---> System.IO.IOException: ...`.
fn wrapping(outer: &str) -> Option<usize> {
    // Words of a log have dots too.
    let is_labelled =
        |(start, name): &(usize, &str)| [":", " ("].iter().any(|next| outer[start + name.len()..].starts_with(next));
    names(outer).find(is_labelled).or_else(|| type_name(outer)).map(|(start, _)| start)
}

/// The first word with dots in it that a colon, a bracket or nothing follows, and where it begins.
fn type_name(text: &str) -> Option<(usize, &str)> {
    let is_part = |c: char| c.is_alphanumeric() || "._+`".contains(c);
    let mut start = 0;
    while start < text.len() {
        let rest = &text[start..];
        let from = start + rest.find(is_part)?;
        let end = from + text[from..].find(|c: char| !is_part(c)).unwrap_or(text.len() - from);
        let name = text[from..end].trim_end_matches('.');
        // `[OrderException: Order 17 failed]` of ASP.NET's error page; a message of several lines is closed further down.
        let is_open = || {
            let behind = &text[from + name.len()..];
            !behind.contains(']') && (behind.starts_with(": ") || behind.starts_with(" (0x"))
        };
        let bracketed =
            text[..from].trim_start() == "[" && name.ends_with("Exception") && (text.ends_with(']') || is_open());
        // Namespaces of .NET begin with a capital; those of Java and Python do not.
        if (name.contains('.') && name.starts_with(char::is_uppercase)) || bracketed {
            return Some((from, name));
        }
        start = end.max(from + 1);
        while !text.is_char_boundary(start) {
            start += 1;
        }
    }
    None
}

/// What may stand before the type of an exception: nothing, a label, a log's level.
fn introduces(before: &str) -> bool {
    const LEVELS: [&str; 9] = ["ERROR", "FATAL", "WARN", "INFO", "DEBUG", "Error", "Fatal", "exception.", "ERR"];
    before.is_empty()
        || before.ends_with([':', ']', '[', '|', '>', '-', ')', '"', '*'])
        || LEVELS.iter().any(|level| before.ends_with(level))
}

/// `at` in all languages, as it stands within a line.
static AT_MARKS: LazyLock<Marks> =
    LazyLock::new(|| Marks::new(AT.iter().map(|at| format!(" {at} ")).chain(["Exceptionat ".to_string()])));

/// Where a text holds several frames because its line ends were lost: `   at A.B()   at C.D()`. What stands before them
/// may be the exception, or a frame whose `at` is missing since only what joins the frames was written.
pub fn lost_line_ends(text: &str) -> Option<Vec<Cow<'_, str>>> {
    let places = AT_MARKS.places(text);
    if places.is_empty() {
        return None;
    }
    // `Exception Info: N.OrderExceptionat N.P.A()`: not even a blank is left.
    let start_of = |place: &Range<usize>| match text[place.clone()].starts_with(' ') {
        true => place.start,
        false => place.end - "at ".len(),
    };
    let mut starts: Vec<usize> = places.iter().map(start_of).collect();
    starts.sort_unstable();
    let separators = separators(text);
    let mut cuts = Vec::new();
    for (place, &start) in starts.iter().enumerate() {
        let next = starts.get(place + 1).copied().unwrap_or(text.len());
        let separator = separators.partition_point(|separator| separator.start < start);
        let end = separators.get(separator).map_or(next, |separator| separator.start.min(next));
        if frame(&text[start..end], true).is_some() {
            cuts.push(start);
        }
    }
    let first = text[..*cuts.first()?].trim();
    // One frame behind its exception: .NET sets three blanks before it.
    let behind_exception = || {
        let is_apart = text[..cuts[0]].ends_with([' ', '\t']) || text[..cuts[0]].ends_with("Exception");
        is_apart && (exception(first).is_some() || told_exception::row(first).is_some())
    };
    // Or one behind another frame.
    if cuts.len() < 2 && !behind_exception() && frame(first, true).is_none() {
        return None;
    }
    let behind_first = separators.iter().filter(|separator| separator.start > cuts[0]);
    let ends: Vec<usize> = behind_first.flat_map(|separator| [separator.start, separator.end]).collect();
    let whole_first = Some(first.trim_start_matches(['`', '"'])).filter(|call| cuts.len() > 1 && is_whole_call(call));
    cuts.extend(ends);
    cuts.extend(labels_of_event(&text[..cuts[0]]));
    cuts.sort_unstable();
    let mut pieces = Vec::new();
    let mut from = 0;
    for cut in cuts.into_iter().chain([text.len()]) {
        let piece = match (from, whole_first) {
            (0, Some(call)) => Cow::Owned(format!("at {call}")),
            _ => Cow::Borrowed(&text[from..cut]),
        };
        if !piece.trim().is_empty() {
            pieces.push(piece);
        }
        from = cut;
    }
    Some(pieces)
}

/// A message without the `\\r\\n` that a log of JSON set between it and the frames.
fn without_escaped_end(message: &str) -> &str {
    let ends = ["\\n", "\\r"];
    ends.iter().fold(message.trim_end(), |message, end| message.strip_suffix(end).unwrap_or(message).trim_end())
}

/// Where `--- End of inner exception stack trace ---` and the like stand in a text.
fn separators(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(start) = text[from..].find("--- ").map(|at| at + from) {
        from = start + 4;
        let Some(end) = text[from..].find("---").map(|at| at + from + 3) else { break };
        let is_words = text[from..end - 3].ends_with(' ') && !text[..start].ends_with('-');
        if is_words && !text[end..].starts_with(['-', '>']) {
            found.push(start..end);
            from = end;
        }
    }
    found
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

    #[test]
    fn frames_on_one_line() {
        let text = "System.IO.IOException: no   at N.P.A(String s) in c:\\a.cs:line 4   at N.P.B()";
        let pieces = lost_line_ends(text).unwrap();
        assert_eq!(pieces, ["System.IO.IOException: no  ", " at N.P.A(String s) in c:\\a.cs:line 4  ", " at N.P.B()"]);
        assert_eq!(lost_line_ends("look at this at N.P.B()"), None);
        for (text, want) in [
            ("[N.OrderException: no (a=1);   at N.P.B()", "[N.OrderException: no (a=1); | at N.P.B()"),
            ("N.OrderException: no file at N.P.B()", ""),
            (
                "N.E: no   at N.P.A() in c:\\a.cs:line 4   --- End of inner exception stack trace ---   at N.P.B()",
                "N.E: no | at N.P.A() in c:\\a.cs:line 4 | --- End of inner exception stack trace --- | at N.P.B()",
            ),
            ("`N.P.A(Int32 value) à N.P.B() à N.P.C()`", "at N.P.A(Int32 value) | à N.P.B() | à N.P.C()`"),
            ("Exception Info: N.OrderExceptionat N.P.A(Int32)", "Exception Info: N.OrderException | at N.P.A(Int32)"),
            ("It ends so: à N.P.B() à N.P.C()", "It ends so: | à N.P.B() | à N.P.C()"),
        ] {
            let pieces = lost_line_ends(text).unwrap_or_default();
            assert_eq!(pieces.iter().map(|piece| piece.trim()).collect::<Vec<_>>().join(" | "), want, "{text}");
        }
    }
}
