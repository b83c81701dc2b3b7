//! `!mk` of the debugger extension SOSEX: native and managed frames of one thread together.
//!
//! ```text
//!      ESP              RetAddr
//! 00:U 0019de84 77a95704 ntdll!KiFastSystemCallRet
//! 0c:M 0019e358 6cd4e83d System.Drawing.Graphics.FillRectangle(System.Drawing.Brush, Int32)(+0x26 IL)(+0x32 Native) [c:\a.cs, @ 410,13]
//! ```
//!
//! The letter behind the number tells managed frames from those of native code.

use super::{Begin, Format, FrameLine, Line, call_site};
use crate::formats::tables::{is_address, is_hex};
use crate::formats::tokens::hex_value;
use crate::model::{Dialect, ThreadRef};

pub const FORMAT: Format =
    Format { commands: &["mk", "sosex.mk"], ..Format::of_threads(Dialect::Mk, line, |text| frame(text).is_some()) };

fn line(text: &str) -> Option<Line<'_>> {
    let words: Vec<&str> = text.split_whitespace().collect();
    if matches!(words.as_slice(), ["ESP" | "RSP" | "SP", "RetAddr" | "IP"]) {
        return Some(Line::Header);
    }
    if let ["Thread", index] = words.as_slice() {
        let index = index.strip_suffix(':')?.parse().ok()?;
        return Some(Line::Begin(Begin::thread(ThreadRef { index: Some(index), ..ThreadRef::default() })));
    }
    frame(text).map(Line::Frame)
}

fn frame(text: &str) -> Option<FrameLine<'_>> {
    let (number, behind) = text.trim().split_once(':')?;
    let (kind, behind) = behind.split_at_checked(2)?;
    let managed = match kind {
        "M " => true,
        "U " => false,
        _ => return None,
    };
    // A copy may have taken the digits for the numbers of a list.
    let is_number = number.len() <= 4 && (number.is_empty() || is_hex(number));
    let mut words = behind.trim_start().splitn(3, ' ');
    if !is_number || !words.next().is_some_and(is_address) || !words.next().is_some_and(is_address) {
        return None;
    }
    let number = (number.len() > 1).then(|| hex_value(number)).flatten().map(|number| number as u32);
    let site = words.next()?.trim();
    if !managed {
        return Some(FrameLine { number, ..FrameLine::of(site) });
    }
    let (site, source) = split_source(site);
    let function = site.split("(+0x").next().unwrap_or(site).trim_end();
    let site = call_site(None, function, None, source);
    Some(FrameLine { number, without_module: true, ..FrameLine::of(site) })
}

/// What stands before `[c:\a.cs, @ 410,13]`, the file, and its line; the column is dropped.
fn split_source(site: &str) -> (&str, Option<(&str, u32)>) {
    let split = || {
        let (site, source) = site.strip_suffix(']')?.rsplit_once(" [")?;
        let (path, place) = source.split_once(", @ ")?;
        let line = place.split(',').next()?.parse().ok()?;
        Some((site, Some((path, line))))
    };
    split().unwrap_or((site, None))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::stacks::tests::check;

    #[test]
    fn lines() {
        for (text, want) in [
            ("     ESP              RetAddr", "header"),
            ("00:U 0019de84 77a95704 ntdll!KiFastSystemCallRet", "frame 0 ntdll!KiFastSystemCallRet"),
            ("0b:U 0019e328 014a22e1 CLRStub[StubLinkStub]@14a22e1", "frame 11 CLRStub[StubLinkStub]@14a22e1"),
            (
                "0c:M 0019e358 6cd4e83d N.Sorter.Draw(N.Brush, Int32)(+0x26 IL)(+0x32 Native) [c:\\a b.cs, @ 410,13]",
                "frame 12 N.Sorter.Draw(N.Brush, Int32) [c:\\a b.cs @ 410]",
            ),
            ("0d:M 000000000015e430 000007fef5e1a8d0 N.Sorter.Run()(+0x0 IL)(+0x0 Native)", "frame 13 N.Sorter.Run()"),
            (
                "b:M 0000006e008feec0 00007ff7c9fbddc6 N.Consumer.DoWork()(+0x51 IL,+0x126 Native)",
                "frame N.Consumer.DoWork()",
            ),
            (
                ":U 0000006e008fe6a8 00007ff8aaf4d764 ntdll!NtWaitForMultipleObjects+0x14",
                "frame ntdll!NtWaitForMultipleObjects+0x14",
            ),
            ("Thread 8:", "begin 8"),
            ("10:M we meet", "nothing"),
            ("12:00 0019e358 6cd4e83d N.Sorter.Run()", "nothing"),
        ] {
            check(&FORMAT, text, want);
        }
    }
}
