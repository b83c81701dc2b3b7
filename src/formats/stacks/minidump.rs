//! minidump-stackwalk, of Breakpad and in Rust: text for people.
//!
//! ```text
//! Thread 0  (crashed) - tid: 256
//!  0  ntdll.dll + 0x555f4
//!      rax = 0x0000000000000000    rdx = 0x0000000000000000
//!     Found by: given as instruction pointer in context
//!  1  svc.exe!Contoso::Render(int) [render.cpp : 107 + 0xd]
//!     Found by: call frame info
//! ```

use nom::Parser;

use super::{Begin, Format, FrameLine, Line, call_site};
use crate::formats::tokens::{blanks0, blanks1, decimal, hex_value};
use crate::model::{Dialect, ThreadRef};

pub const FORMAT: Format = Format::of_threads(Dialect::Minidump, line, shows);

fn line(text: &str) -> Option<Line<'_>> {
    let trimmed = text.trim();
    if let Some(thread) = thread(trimmed) {
        return Some(Line::Begin(Begin::thread(thread)));
    }
    if trimmed.starts_with("Found by:") || is_registers(trimmed) || is_stack_content(trimmed) {
        return Some(Line::Detail);
    }
    if matches!(trimmed, "Loaded modules:" | "Unloaded modules:") {
        return Some(Line::End);
    }
    let (number, site) = frame(text)?;
    Some(Line::Frame(FrameLine { number: Some(number), ..FrameLine::of(site) }))
}

fn shows(text: &str) -> bool {
    match frame(text) {
        Some(_) => {
            let lower = text.to_ascii_lowercase();
            let in_module = [".dll + 0x", ".exe + 0x", ".so + 0x"].iter().any(|end| lower.contains(end));
            in_module || (text.contains(" + 0x") && text.contains(" : "))
        }
        None => thread(text.trim()).is_some(),
    }
}

/// `Thread 0 (crashed)`, `Thread 5  - tid: 288`, `Thread 12 worker - tid: 300`, and in Breakpad's text `Thread 5`.
fn thread(text: &str) -> Option<ThreadRef> {
    let (behind, index) = decimal(text.strip_prefix("Thread ")?).ok()?;
    let (label, tid) = match behind.split_once("- tid:") {
        Some((label, tid)) => (label.trim(), tid.trim().parse().ok()),
        None => (behind.trim(), None),
    };
    let name = label.trim_end_matches("(crashed)").trim();
    let known = tid.is_some() || name.is_empty();
    let name = (!name.is_empty()).then(|| name.trim_matches('"').to_string());
    known.then_some(ThreadRef { index: Some(index), os_id: tid, name, ..ThreadRef::default() })
}

/// ` 1  svc.exe!Contoso::Render(int) [render.cpp : 107 + 0xd]`, ` 0  ntdll.dll + 0x555f4`, ` 2  0x7f5d849ecdef`
fn frame(text: &str) -> Option<(u32, String)> {
    let (rest, (_, number, _)) = (blanks0, decimal, blanks1).parse(text).ok()?;
    let rest = rest.trim();
    if let Some(digits) = rest.strip_prefix("0x") {
        return hex_value(digits).map(|_| (number, rest.to_string()));
    }
    if let Some((module, name)) = rest.split_once('!') {
        // `Electron Framework!main`
        let is_module = !module.is_empty() && !module.contains(['(', '\\', '/', ':', '<']);
        let (name, offset, source) = split_position(name);
        return (is_module && !name.is_empty()).then(|| (number, call_site(Some(module), name, offset, source)));
    }
    let (module, offset) = rest.rsplit_once(" + 0x")?;
    let is_module = !module.is_empty() && !module.contains(['(', '\\', '/', '=', ':']);
    is_module.then_some(())?;
    Some((number, call_site(None, module, Some(hex_value(offset)?), None)))
}

type Position<'t> = (&'t str, Option<u64>, Option<(&'t str, u32)>);

/// ` [render.cpp : 107 + 0xd]`, ` [render.cpp:107 + 0xd]`, ` + 0x12`
fn split_position(name: &str) -> Position<'_> {
    if let Some((function, inside)) = name.strip_suffix(']').and_then(|name| name.rsplit_once(" [")) {
        let (place, offset) = match inside.rsplit_once(" + 0x") {
            Some((place, digits)) => (place, hex_value(digits)),
            None => (inside, None),
        };
        if let Some((path, line)) = place.rsplit_once(':')
            && let Ok(line) = line.trim().parse()
        {
            return (function.trim_end(), offset, Some((path.trim_end(), line)));
        }
    }
    match name.rsplit_once(" + 0x") {
        Some((function, digits)) => (function.trim_end(), hex_value(digits), None),
        None => (name.trim_end(), None, None),
    }
}

/// `Stack contents:` and its bytes, which the option `-s` adds.
fn is_stack_content(text: &str) -> bool {
    let mut words = text.split_whitespace();
    let first = words.next().unwrap_or_default();
    let bytes = words.next().is_some_and(|word| word.len() == 2 && hex_value(word).is_some());
    (first.len() >= 8 && hex_value(first).is_some() && bytes)
        || matches!(text, "Stack contents:" | "Possible instruction pointers:")
}

/// `rsp = 0x000000000011fcc0    rip = 0x0000000140001609`
fn is_registers(text: &str) -> bool {
    let Some((name, value)) = text.split_once(" = ") else { return false };
    name.len() <= 6 && name.bytes().all(|byte| byte.is_ascii_alphanumeric()) && value.starts_with("0x")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::stacks::tests::check;

    #[test]
    fn lines() {
        for (text, want) in [
            ("Thread 0  (crashed) - tid: 256", "begin 0 0x100"),
            ("Thread 5", "begin 5"),
            (" 0  ntdll.dll + 0x555f4", "frame 0 ntdll.dll+0x555f4"),
            (
                " 1  svc.exe!C::Render(int) [render.cpp : 107 + 0xd]",
                "frame 1 svc.exe!C::Render(int)+0xd [render.cpp @ 107]",
            ),
            ("12  svc.exe!main + 0x12", "frame 12 svc.exe!main+0x12"),
            ("    rsp = 0x000000000011fcc0    rip = 0x0000000140001609", "detail"),
            ("    Found by: stack scanning", "detail"),
            ("Loaded modules:", "end"),
            ("Thread 51 - System ID 7224", "nothing"),
            (" 3  apples + 4 pears", "nothing"),
        ] {
            check(&FORMAT, text, want);
        }
    }
}
