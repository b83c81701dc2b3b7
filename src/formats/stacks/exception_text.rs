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
//! Of nested exceptions the innermost comes first, and each has its own frames. Parameters have names here, unlike in all
//! other tools. `at`, `in` and `line` are translated in localized systems.

use nom::branch::alt;
use nom::bytes::complete::{tag, take_while1};
use nom::combinator::value;
use nom::{IResult, Parser};

use super::{Begin, Format, FrameLine, Line, call_site};
use crate::formats::tokens::{blanks0, blanks1, hex_value};
use crate::model::{Dialect, StackKind};

pub const FORMAT: Format = Format {
    dialect: Dialect::ExceptionText,
    kind: StackKind::Exception,
    commands: &[],
    line,
    shows,
    whole: |_| true,
    first_number: 0,
    columns: &["type", "message"],
};

/// `at` in the languages of .NET Framework's resources.
const AT: [&str; 18] = [
    "at", "bei", "à", "в", "em", "en", "in", "w", "konum:", "konum", "vid", "ved", "bij", "v", "場所", "在", "於",
    "위치:",
];

/// Words of the line that ends an inner exception's frames, in the languages where they are known.
const INNER: [&str; 8] = [
    "inner exception",
    "internen Ausnahme",
    "exception interne",
    "внутреннего",
    "内部",
    "interna",
    "内部例外",
    "wewnętrzne",
];

fn line(text: &str) -> Option<Line<'_>> {
    let trimmed = text.trim();
    if let Some(words) = trimmed.strip_prefix("---").filter(|words| words.ends_with("---")) {
        let inner = INNER.iter().any(|word| words.contains(word));
        return Some(if inner { Line::Begin(Begin::default()) } else { Line::Header });
    }
    if let Some(site) = frame(text) {
        return Some(Line::Frame(FrameLine::of(site)));
    }
    if let Some(site) = page_frame(text) {
        return Some(Line::Frame(FrameLine::of(site)));
    }
    exception(trimmed).map(|row| Line::Begin(Begin { row, ..Begin::default() }))
}

fn shows(text: &str) -> bool {
    frame(text).is_some() || exception(text.trim()).is_some()
}

/// `   at Ns.Type.Method(String s) in c:\src\a.cs:line 12`, with or without a log's prefix before it.
pub fn frame(text: &str) -> Option<String> {
    let (call, _) = at(text).ok().or_else(|| behind_prefix(text))?;
    call_of(call)
}

fn at(text: &str) -> IResult<&str, ()> {
    let (rest, word) = nom::sequence::preceded(blanks0, take_while1(|c: char| !c.is_whitespace())).parse(text)?;
    if !AT.contains(&word) {
        return Err(nom::Err::Error(nom::error::Error::new(text, nom::error::ErrorKind::Tag)));
    }
    value((), blanks1).parse(rest)
}

/// A log writes time, level and the like before each line; two blanks or a tab set the frame's `at` apart from them.
fn behind_prefix(text: &str) -> Option<(&str, ())> {
    let found = [text.find("  at "), text.find("\tat "), text.find(": at ")].into_iter().flatten().min()?;
    Some((text[found..].split_once("at ")?.1.trim_start(), ()))
}

/// A call and what stands behind it, put into the form of a call site.
pub fn call_of(call: &str) -> Option<String> {
    // Mono marks the stubs it generates: `(wrapper managed-to-native) X.Y (intptr)`.
    let call =
        call.strip_prefix("(wrapper ").and_then(|wrapped| wrapped.split_once(") ")).map_or(call, |(_, call)| call);
    let open = call.find('(')?;
    let close = open + matching(&call[open..], '(', ')')?;
    let method = call[..=close].trim();
    let name = call[..open].trim_end();
    if !is_method_name(name) || is_java_source(&call[open + 1..close]) {
        return None;
    }
    let behind = call[close + 1..].trim();
    let source = source(behind);
    (behind.is_empty() || source.is_some() || is_position(behind))
        .then(|| call_site(None, method, il_offset(behind), source))
}

/// `Contoso.Orders.Parser.<ParseAsync>d__7.MoveNext`: dots, and no blank outside generic arguments.
fn is_method_name(name: &str) -> bool {
    let mut depth = 0;
    for c in name.chars() {
        match c {
            '<' | '[' => depth += 1,
            '>' | ']' => depth -= 1,
            ' ' | '\\' | '"' if depth <= 0 => return false,
            _ => {}
        }
    }
    let dotted = name.trim_start_matches('.').contains('.');
    dotted && !name.starts_with(['.', '-', '(']) && !name.contains("::") && !name.ends_with('.')
}

/// `Object.java:502`, `Native Method`, `file.js:12:3`: traces of other languages have `at` as well.
fn is_java_source(inside: &str) -> bool {
    let file = inside.rsplit_once(':').map(|(file, _)| file.split(':').next().unwrap_or(file)).unwrap_or(inside);
    let ends = [".java", ".kt", ".scala", ".groovy", ".clj", ".js", ".ts", ".mjs", ".tsx", ".jsx", ".vue", ".aj"];
    ends.iter().any(|end| file.trim_end().ends_with(end))
        || matches!(inside, "Native Method" | "Unknown Source" | "native" | "<anonymous>")
        || inside.starts_with("node:")
}

/// ` in c:\src\a.cs:line 12`, ` in /src/a.cs:15` (Mono), ` (at Assets/A.cs:12)` (Unity). The words are translated.
fn source(behind: &str) -> Option<(&str, u32)> {
    let behind = match behind.strip_prefix("[0x") {
        Some(il) => il.split_once(']')?.1.trim_start(),
        None => behind,
    };
    let behind = behind.strip_prefix('(').and_then(|inside| inside.strip_suffix(')')).unwrap_or(behind);
    let (_, place) = behind.split_once(' ')?;
    let digits = place.len() - place.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let (path, number) = place.split_at(place.len() - digits);
    let number = number.parse().ok()?;
    // `:line `, `:Zeile `, `:строка `, `:` alone.
    let path = path.trim_end().trim_end_matches(|c: char| c.is_alphabetic()).trim_end();
    let path = path.strip_suffix(':')?;
    (path.contains(['/', '\\', '.']) && !path.starts_with('<')).then_some((path, number))
}

/// Other things that stand behind a call: `[0x00008] in <12b4..>:0`, `+ 0x1f`, `in x.dll:token 0x6000002+0x1f`, `+59`.
fn is_position(behind: &str) -> bool {
    behind.starts_with("[0x")
        || behind.starts_with("in <")
        || behind.contains(":token 0x")
        || il_offset(behind).is_some()
        || behind == "in"
        || behind.starts_with("(at <")
        || behind.starts_with("<0x")
}

/// `+ 0x1f`, and `+59` of ASP.NET's error page.
fn il_offset(behind: &str) -> Option<u64> {
    let digits = behind.strip_prefix('+')?.trim();
    match digits.strip_prefix("0x") {
        Some(digits) => hex_value(digits),
        None => digits.parse().ok(),
    }
}

/// ASP.NET's error page has no `at`: `   Contoso.Web.OrderPage.Page_Load(Object sender, EventArgs e) in d:\a.cs:12`.
fn page_frame(text: &str) -> Option<String> {
    let trimmed = text.trim_start();
    let indent = text.len() - trimmed.len();
    let close = trimmed.rfind(')')?;
    let behind = trimmed[close + 1..].trim();
    let ends = il_offset(behind).is_some() || source(behind).is_some();
    if indent < 2 || !ends {
        return None;
    }
    call_of(trimmed)
}

/// Type and message of an exception: `Ns.OrderException: Order 17 failed`, with what logs and runtimes put before it. Of
/// one that wraps others (`---> `) the innermost, whose frames come first.
fn exception(trimmed: &str) -> Option<Vec<&str>> {
    if !trimmed.contains("Exception") && !trimmed.contains("Error:") {
        return None;
    }
    let innermost = trimmed.rsplit("---> ").next().unwrap_or(trimmed);
    let (_, text) = introduction(innermost).unwrap_or(((), innermost));
    let text = text.trim_start().trim_start_matches('[');
    let end = text.find(|c: char| c == ':' || c == ']' || c.is_whitespace()).unwrap_or(text.len());
    let (name, behind) = text.split_at(end);
    let last = name.rsplit('.').next().unwrap_or(name);
    let is_type = name.contains('.') || text.len() < innermost.len();
    let is_name = name.chars().all(|c| c.is_alphanumeric() || "._+`".contains(c));
    let is_exception = last.ends_with("Exception") || last.ends_with("Error");
    if !(is_type && is_name && is_exception) || !(behind.is_empty() || behind.starts_with([':', ']', ' '])) {
        return None;
    }
    // `System.FormatException was thrown` is prose.
    let hresult = behind.trim_start().starts_with("(0x");
    if behind.starts_with(' ') && !hresult {
        return None;
    }
    Some(vec![name, behind.trim_start_matches([':', ']', ' ']).trim_end_matches(']')])
}

/// `Unhandled Exception: `, `Exception Info: ` and the arrow of an inner exception.
fn introduction(text: &str) -> Option<((), &str)> {
    let words = alt((
        tag("Unhandled exception. "),
        tag("Unhandled Exception: "),
        tag("Unhandled exception: "),
        tag("Exception Info: "),
        tag("Exception: "),
        tag("Exception Details: "),
        tag("--->"),
        tag("[ERROR] FATAL UNHANDLED EXCEPTION: "),
    ));
    let parsed: IResult<&str, &str> = nom::sequence::preceded(blanks0, words).parse(text);
    parsed.ok().map(|(rest, _)| ((), rest))
}

/// Where the bracket that opens a text closes.
fn matching(text: &str, open: char, close: char) -> Option<usize> {
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        if c == open {
            depth += 1;
        } else if c == close {
            depth -= 1;
            if depth == 0 {
                return Some(at);
            }
        }
    }
    None
}

/// Where a text holds several frames because its line ends were lost: `   at A.B()   at C.D()`.
pub fn lost_line_ends(text: &str) -> Option<Vec<&str>> {
    let starts: Vec<usize> = text.match_indices(" at ").map(|(at, _)| at).collect();
    let is_frame = |piece: &str| frame(piece).is_some();
    let mut cuts = Vec::new();
    for (place, &start) in starts.iter().enumerate() {
        let end = starts.get(place + 1).copied().unwrap_or(text.len());
        if is_frame(&text[start..end]) {
            cuts.push(start);
        }
    }
    if cuts.len() < 2 {
        return None;
    }
    let mut pieces = Vec::new();
    let mut from = 0;
    for cut in cuts {
        if !text[from..cut].trim().is_empty() {
            pieces.push(&text[from..cut]);
        }
        from = cut;
    }
    pieces.push(&text[from..]);
    Some(pieces)
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
            ("   bei N.P.Main(String[] args) in c:\\P.cs:Zeile 40.", "nothing"),
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
                "begin [System.X.IOException | b]",
            ),
            ("[NullReferenceException: Object reference]", "begin [NullReferenceException | Object reference]"),
            ("   N.Page.Load(Object sender) +59", "frame N.Page.Load(Object sender)+0x3b"),
            ("	at java.lang.Object.wait(Object.java:502)", "nothing"),
            ("    at Object.run (/app/node_modules/x/index.js:12:3)", "nothing"),
            ("look at System.Drawing (it is slow)", "nothing"),
            ("A System.FormatException was thrown", "nothing"),
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
    }
}
