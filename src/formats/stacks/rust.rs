//! Backtraces of Rust's standard library, as a panic prints them.
//!
//! ```text
//! stack backtrace:
//!    0: std::panicking::begin_panic_handler
//!              at /rustc/eb26296b/library\std\src\panicking.rs:593
//!    1:   0xb5d5c4 - core::panicking::panic_fmt
//!    2: <ledger::Journal as core::ops::Drop>::drop
//! ```
//!
//! Numbers are decimal, and no module is named. Many lists have numbers and names, so frames of the library itself, which
//! stand on top, or the title must show that one of these begins.

use super::{Begin, Format, FrameLine, Line};
use crate::formats::tokens::hex_value;
use crate::model::{Dialect, StackKind};

/// What raises a panic: on top of each.
const LIBRARY: [&str; 7] = [
    "std::panicking::",
    "core::panicking::",
    "std::sys_common::backtrace::",
    "std::sys::backtrace::",
    "std::backtrace",
    "__rustc::",
    "rust_begin_unwind",
];

pub const FORMAT: Format = Format { kind: StackKind::Thread, ..Format::of_threads(Dialect::Rust, line, shows) };

fn line(text: &str) -> Option<Line<'_>> {
    let trimmed = text.trim();
    if trimmed == "stack backtrace:" {
        return Some(Line::Begin(Begin::default()));
    }
    if let Some(place) = trimmed.strip_prefix("at ") {
        return is_place(place).then_some(Line::Detail);
    }
    let (number, name) = frame(text)?;
    Some(Line::Frame(FrameLine { number: Some(number), without_module: true, ..FrameLine::of(name) }))
}

fn shows(text: &str) -> bool {
    text.trim() == "stack backtrace:"
        || frame(text).is_some_and(|(_, name)| LIBRARY.iter().any(|start| name.starts_with(start)))
}

/// `   1:   0xb5d5c4 - core::panicking::panic_fmt`. Numbers are four digits wide; where the indentation was lost, only a path
/// is a frame.
fn frame(text: &str) -> Option<(u32, &str)> {
    let (number, rest) = text.split_once(": ")?;
    let is_wide = number.len() >= 4;
    let number = number.trim_start();
    let is_number = !number.is_empty() && number.len() <= 4 && number.bytes().all(|byte| byte.is_ascii_digit());
    let mut name = rest.trim();
    if let Some((address, behind)) = name.split_once(" - ").filter(|(address, _)| address.starts_with("0x")) {
        hex_value(&address[2..])?;
        name = behind.trim();
    }
    (is_number && is_path(name) && (is_wide || name.contains("::"))).then_some((number.parse().ok()?, name))
}

/// `ledger::main`, `<ledger::Journal as core::ops::Drop>::drop`, `ledger::main::closure$0`, `main`, `<unknown>`
fn is_path(name: &str) -> bool {
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '<' | '$'));
    let outside = name.split('<').next().unwrap_or(name);
    begins && !outside.contains([' ', ',', '"', '=', '/', '\\']) && !name.ends_with([':', '.', ','])
}

/// `/rustc/eb26296b/library\std\src\panicking.rs:593`, with a column or without.
fn is_place(place: &str) -> bool {
    let path = place.trim_end_matches(|c: char| c.is_ascii_digit() || c == ':');
    path.len() < place.len() && path.contains('.') && path.contains(['/', '\\'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::stacks::tests::check;

    #[test]
    fn lines() {
        for (text, want) in [
            ("stack backtrace:", "begin"),
            ("   0: std::panicking::begin_panic_handler", "frame 0 std::panicking::begin_panic_handler"),
            ("             at /rustc/eb26296b/library\\std\\src\\panicking.rs:593", "detail"),
            ("   1:   0xb5d5c4 - core::panicking::panic_fmt", "frame 1 core::panicking::panic_fmt"),
            ("   2: <ledger::Journal as core::ops::Drop>::drop", "frame 2 <ledger::Journal as core::ops::Drop>::drop"),
            ("   3: main", "frame 3 main"),
            ("4: ledger::main", "frame 4 ledger::main"),
            ("4: done", "nothing"),
            ("   4: this is a list", "nothing"),
            ("at least 12", "nothing"),
            ("12:30: lunch", "nothing"),
        ] {
            check(&FORMAT, text, want);
        }
        assert!(!shows("   3: ledger::main"));
        assert!(shows("   3: core::panicking::panic"));
    }
}
