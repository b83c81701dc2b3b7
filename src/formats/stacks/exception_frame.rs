//! The frames of .NET exception text: `   at Contoso.Orders.Parser.Parse(String line) in c:\src\Parser.cs:line 12`, in the
//! languages of the runtime, with a log's prefix before it, and as Mono, Unity and ASP.NET's pages print it.

use nom::bytes::complete::take_while1;
use nom::combinator::value;
use nom::{IResult, Parser};

use super::call_site;
use super::demystified::plain_call;
use crate::formats::tokens::{blanks0, blanks1, hex_value};

/// `at` in the languages of .NET Framework's resources.
pub const AT: [&str; 18] = [
    "at", "bei", "à", "в", "em", "en", "in", "w", "konum:", "konum", "vid", "ved", "bij", "v", "場所", "在", "於",
    "위치:",
];

/// `   at Ns.Type.Method(String s) in c:\src\a.cs:line 12`, with or without a log's prefix before it. `alone` tells that
/// nothing else says that this is exception text.
pub fn frame(text: &str, alone: bool) -> Option<String> {
    let text = behind_label(behind_stamp(text));
    if let Ok((call, ())) = at(text) {
        return call_at(call, alone);
    }
    call_at(behind_prefix(text)?, alone)
}

fn at(text: &str) -> IResult<&str, ()> {
    let (rest, word) = nom::sequence::preceded(blanks0, take_while1(|c: char| !c.is_whitespace())).parse(text)?;
    if !AT.contains(&word) {
        return Err(nom::Err::Error(nom::error::Error::new(text, nom::error::ErrorKind::Tag)));
    }
    value((), blanks1).parse(rest)
}

/// `Stack Trace: at N.T.M()`: what shows an exception's parts one below the other sets a label before the first frame.
fn behind_label(text: &str) -> &str {
    const LABELS: [&str; 4] = ["Stack Trace:", "StackTrace:", "Call Stack:", "Callstack:"];
    let trimmed = text.trim_start();
    LABELS.iter().find_map(|label| trimmed.strip_prefix(label)).unwrap_or(text)
}

/// A log writes time, level and the like before each line. Two blanks or a tab set the frame's `at` apart from them, or a
/// time stands directly before it.
fn behind_prefix(text: &str) -> Option<&str> {
    let apart = ["  at ", "\tat ", ": at ", "=   at "].iter().filter_map(|at| text.find(at)).min();
    let found = apart.or_else(|| {
        let at = text.find(" at ")?;
        let digits = text[..at].bytes().filter(u8::is_ascii_digit).count();
        (digits >= 6 && text[..at].ends_with(|c: char| c.is_ascii_digit() || "Z]|>".contains(c))).then_some(at)
    })?;
    Some(text[found..].split_once("at ")?.1.trim_start())
}

/// A line without the time that a log put before it: `2024-05-08 23:16:39.369016-07:00at N.T.M()`, `2024-05-08T23:16:39: bei N.T.M()`.
pub fn behind_stamp(text: &str) -> &str {
    let stamp = text.trim_start();
    let is_date = stamp.len() > 19
        && stamp.bytes().zip(b"0000-00-00".iter()).all(|(byte, form)| match form {
            b'0' => byte.is_ascii_digit(),
            _ => byte == b'-',
        });
    if !is_date {
        return text;
    }
    let end = stamp.find(|c: char| !c.is_ascii_digit() && !"-:.+TZ ".contains(c)).unwrap_or(stamp.len());
    let (stamp, rest) = stamp.split_at(end);
    // What stands apart is set apart by others, as long as it is English.
    let is_glued = stamp.ends_with(|c: char| c.is_ascii_digit() || c == 'Z');
    if is_glued || (stamp.trim_end().ends_with(':') && at(rest).is_ok()) { rest } else { text }
}

/// A call behind its `at`. Where nothing else says that this is exception text, what stands behind the call must be known.
fn call_at(call: &str, alone: bool) -> Option<String> {
    if call.starts_with("<0x") && call.trim_end().ends_with("<unknown method>") {
        return Some("0xffffffff".to_string());
    }
    // `in <0x00104> System.Delegate:DynamicInvoke (object[])` of old Mono.
    let call = call.strip_prefix("<0x").and_then(|call| call.split_once("> ")).map_or(call, |(_, call)| call);
    let Some(open) = call.find('(').filter(|&open| !call.starts_with("(wrapper ") || open > 0) else {
        if call.starts_with("(wrapper ") {
            return call_of(call);
        }
        // Broken within the name.
        let long = call.len() > 40 && call.matches('.').count() >= 3 && !call.contains([' ', '/', '\\']);
        return (long && is_method_name(call.trim_end_matches('.'))).then(|| call.to_string());
    };
    if let Some(site) = plain_call(call).and_then(|plain| call_of(&plain)) {
        return Some(site);
    }
    let name = call[..open].trim_end();
    // `at server.listen()` begins a line of prose; of a method's name in .NET some part has a capital.
    if alone
        && !call.starts_with('(')
        && !name.split('.').any(|part| part.starts_with(|c: char| c.is_uppercase() || c == '<'))
    {
        return None;
    }
    if let Some(site) = call_of(call) {
        return Some(site);
    }
    let known = is_method_name(name) || (!alone && !name.is_empty() && !name.contains([' ', ':', '/', '.']));
    let close = matching(&call[open..], '(', ')').map(|close| open + close);
    let arguments = &call[open + 1..close.unwrap_or(call.len())];
    if !known || is_java_source(arguments) || !are_parameters(arguments) || name.len() < open && alone {
        return None;
    }
    match close {
        // The text goes on on the next line.
        None => Some(call.trim_end().to_string()),
        Some(close) => (!alone || !call[close + 1..].trim_start().starts_with(char::is_alphabetic))
            .then(|| call_site(None, call[..=close].trim(), None, source(call[close + 1..].trim()))),
    }
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
    if name.len() < open && !are_parameters(&call[open + 1..close]) {
        return None;
    }
    let behind = call[close + 1..].trim();
    let source = source(behind);
    (behind.is_empty() || source.is_some() || is_position(behind))
        .then(|| call_site(None, method, il_offset(behind), source))
}

/// Types with names, one, two or three words each: `String s, Int32& n`, `out X y`. A remark in brackets has more.
fn are_parameters(arguments: &str) -> bool {
    arguments.split(',').all(|parameter| parameter.split_whitespace().count() <= 3 && !parameter.contains(['"', '\\']))
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
        || matches!(inside, "Native Method" | "Unknown Source" | "native" | "<anonymous>" | "<generated>")
        || inside.starts_with("node:")
}

/// ` in c:\src\a.cs:line 12`, ` in /src/a.cs:15` (Mono), ` (at Assets/A.cs:12)` (Unity). The words are translated.
fn source(behind: &str) -> Option<(&str, u32)> {
    let behind = match behind.strip_prefix("[0x") {
        Some(il) => il.split_once(']')?.1.trim_start(),
        None => behind,
    };
    // Ends of quotations, elements and sentences.
    let behind = behind.split(['"', '<']).next().unwrap_or(behind).trim_end_matches(['.', ',', ';', ' ', '}']);
    let behind = behind.strip_prefix('(').and_then(|inside| inside.strip_suffix(')')).unwrap_or(behind);
    let (word, place) = behind.split_once(' ')?;
    let place = if word.contains(['\\', '/']) { behind } else { place };
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
pub fn page_frame(text: &str) -> Option<String> {
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

/// A call with its arguments on an indented line, as some loggers write frames: `   Contoso.Orders.Parser.Parse(System.String)`.
pub fn indented_call(text: &str) -> Option<&str> {
    let trimmed = text.trim();
    let is_indented = text.starts_with("  ") || text.starts_with('\t');
    (is_indented && is_whole_call(trimmed)).then_some(trimmed)
}

/// A call with its arguments and nothing else.
pub fn is_whole_call(text: &str) -> bool {
    text.ends_with(')')
        && text.starts_with(char::is_uppercase)
        && call_at(text, true).is_some()
        && call_of(text).is_some()
}

/// Where the bracket that opens a text closes.
pub fn matching(text: &str, open: char, close: char) -> Option<usize> {
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
