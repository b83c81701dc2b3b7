//! The line that names an exception: its type and message, those that wrap it, and what logs put before them.

use std::sync::LazyLock;

use super::exception_frame::behind_stamp;
use super::last_words::says_unhandled_before;
use super::told_exception::{self, code, names};
use crate::formats::marks::Marks;

static EXCEPTION_MARKS: LazyLock<Marks> = LazyLock::new(|| Marks::new(["Exception", "--->"]));

/// Type and message of an exception: `Ns.OrderException: Order 17 failed`, with what logs and runtimes put before it. Of
/// one that wraps others (`---> `) the innermost, whose frames come first.
pub fn exception(trimmed: &str) -> Option<Vec<&str>> {
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

/// `Exception type: RedisTimeoutException` of event 1309, which prints no namespace.
fn labelled_type(trimmed: &str) -> Option<&str> {
    let name = trimmed.strip_prefix("Exception type:")?.trim();
    told_exception::is_exception_type(name).then(|| told_exception::with_namespace(name))
}

/// A message without the `\\r\\n` that a log of JSON set between it and the frames.
fn without_escaped_end(message: &str) -> &str {
    let ends = ["\\n", "\\r"];
    ends.iter().fold(message.trim_end(), |message, end| message.strip_suffix(end).unwrap_or(message).trim_end())
}
