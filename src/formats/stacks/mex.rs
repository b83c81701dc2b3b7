//! The debugger extension mex: `!us`, threads with the same stack, printed once, and what heads the stack of `!t`.
//!
//! ```text
//! 2 threads [stats]: 12 15
//!     00007ff8346f29a4 ntdll!NtWaitForSingleObject+0x14
//!     00007ff8325b26ad KERNELBASE!WaitForSingleObjectEx+0x93
//! DbgID ThreadID       User Kernel Create Time (UTC)
//! 22    7b10 (0n31504) 62ms  124ms 05/03/2018 12:26:04.858 PM
//!
//!  # Child-SP         Return           Call Site                                Info
//! ```
//!
//! Threads are named by the debugger's index, in the kernel by their object; a row is a return address and a call site.
//! The stack of `!t` is one of `k`.

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::tag;

use super::{Begin, Format, FrameLine, Line, call_site, site_and_source, whole_call};
use crate::formats::tokens::{address, blanks0, blanks1, hex_value};
use crate::model::{Dialect, ThreadRef};

pub const FORMAT: Format = Format {
    commands: &["us", "mex.us"],
    columns: &["count", "threads"],
    ..Format::of_threads(Dialect::Mex, line, |text| threads(text).is_some())
};

fn line(text: &str) -> Option<Line<'_>> {
    if let Some((count, threads)) = threads(text) {
        let index = threads.split_whitespace().next().filter(|id| id.len() < 6).and_then(|id| id.parse().ok());
        let thread = ThreadRef { index, ..ThreadRef::default() };
        return Some(Line::Begin(Begin { row: vec![count, threads], ..Begin::thread(thread) }));
    }
    let columns = alt((address, tag("(Inline)")));
    let (site, (_, column, _)) = { (blanks0, columns, blanks1) }.parse(text).ok()?;
    let site = site.trim();
    let (name, source) = site_and_source(site, " (", ')');
    let inline = column.starts_with('(');
    let site = call_site(None, name, None, source);
    whole_call::is_call_site(name).then(|| Line::Frame(FrameLine { inline, ..FrameLine::of(site) }))
}

/// `22    7b10 (0n31504) 62ms  124ms ...`: index and id of a thread; the id stands there twice, so nothing else looks so.
pub fn thread_row(text: &str) -> Option<ThreadRef> {
    let mut words = text.split_whitespace();
    let (index, id, decimal) = (words.next()?, words.next()?, words.next()?);
    let decimal: u64 = decimal.strip_prefix("(0n")?.strip_suffix(')')?.parse().ok()?;
    let os_id = hex_value(id).filter(|&id| id == decimal)?;
    Some(ThreadRef { index: Some(index.parse().ok()?), os_id: Some(os_id), ..ThreadRef::default() })
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
            (
                "    00007ff6bbf12e67 Test!main+0xe7        (C:\\src\\Test.cpp @ 12)",
                "frame Test!main+0xe7 [C:\\src\\Test.cpp @ 12]",
            ),
            ("    (Inline)         Test!invoke_main+0x22", "frame inline Test!invoke_main+0x22"),
            ("12 threads wait", "nothing"),
        ] {
            check(&FORMAT, text, want);
        }
    }

    #[test]
    fn threads_of_t() {
        for (text, want) in [
            ("22    7b10 (0n31504) 62ms  124ms 05/03/2018 12:26:04.858 PM", Some((Some(22), Some(0x7b10)))),
            ("22    7b10 (0n31505) 62ms", None),
            ("22    7b10 31504", None),
        ] {
            assert_eq!(thread_row(text).map(|thread| (thread.index, thread.os_id)), want, "{text}");
        }
    }
}
