//! `!us` of the debugger extension mex: threads with the same stack, printed once.
//!
//! ```text
//! 2 threads [stats]: 12 15
//!     00007ff8346f29a4 ntdll!NtWaitForSingleObject+0x14
//!     00007ff8325b26ad KERNELBASE!WaitForSingleObjectEx+0x93
//! ```
//!
//! Threads are named by the debugger's index, in the kernel by their object; a row is a return address and a call site.

use nom::Parser;

use super::{Begin, Format, FrameLine, Line, bare};
use crate::formats::tokens::{address, blanks0, blanks1};
use crate::model::{Dialect, StackKind, ThreadRef};

pub const FORMAT: Format = Format {
    dialect: Dialect::Mex,
    kind: StackKind::Thread,
    commands: &["us", "mex.us"],
    line,
    shows: |text| threads(text).is_some(),
    whole: |_| true,
    first_number: 0,
    columns: &["count", "threads"],
};

fn line(text: &str) -> Option<Line<'_>> {
    if let Some((count, threads)) = threads(text) {
        let index = threads.split_whitespace().next().filter(|id| id.len() < 6).and_then(|id| id.parse().ok());
        let thread = ThreadRef { index, ..ThreadRef::default() };
        return Some(Line::Begin(Begin { row: vec![count, threads], ..Begin::thread(thread) }));
    }
    let (site, _) = (blanks0, address, blanks1).parse(text).ok()?;
    let site = site.trim();
    bare::is_call_site(site).then(|| Line::Frame(FrameLine::of(site)))
}

/// `2 threads [stats]: 12 15`
fn threads(text: &str) -> Option<(&str, &str)> {
    let (count, behind) = text.trim().split_once(" thread")?;
    let ids = behind.strip_prefix('s').unwrap_or(behind).strip_prefix(" [stats]:")?;
    count.bytes().all(|byte| byte.is_ascii_digit()).then_some((count, ids.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::stacks::tests::check;

    #[test]
    fn lines() {
        for (text, want) in [
            ("2 threads [stats]: 12 15", "begin 12 [2 | 12 15]"),
            ("1 thread [stats]: ffff9b8475886040", "begin [1 | ffff9b8475886040]"),
            ("    fffff802550201c6 nt!KiSwapContext+0x76", "frame nt!KiSwapContext+0x76"),
            ("    fffff80260da1172 <Unloaded_TestDriver.sys>+0x1172", "frame <Unloaded_TestDriver.sys>+0x1172"),
            ("12 threads wait", "nothing"),
        ] {
            check(&FORMAT, text, want);
        }
    }
}
