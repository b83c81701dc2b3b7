//! `!stacks` of the kernel debugger: every thread with the symbols on its stack, in a column of their own.
//!
//! ```text
//! Proc.Thread  .Thread  Ticks   ThreadState Blocker
//!                             [fffffa8000c8a040 System]
//!    4.000008  fffffa8000c8b660 fffff78 Blocked    nt!KeWaitForSingleObject+0x13e
//!                                         nt!MmZeroPageThread+0x180
//! ```

use super::{Begin, Format, FrameLine, Line};
use crate::formats::tokens::hex_value;
use crate::model::{Dialect, ThreadRef};

pub const FORMAT: Format = Format {
    commands: &["stacks"],
    whole: |command| command.trim_end().ends_with('2'),
    ..Format::of_threads(Dialect::KernelStacks, line, |text| {
        text.trim_start().starts_with("Proc.Thread") && text.contains("Blocker")
    })
};

fn line(text: &str) -> Option<Line<'_>> {
    let trimmed = text.trim();
    if trimmed.starts_with("Proc.Thread") || (trimmed.starts_with('[') && trimmed.ends_with(']')) {
        return Some(Line::Header);
    }
    if let Some((thread, site)) = thread(trimmed) {
        // Below level 2 the place where a thread waits is all that is printed.
        let is_site = !site.contains(' ') && site.contains(['!', '+']);
        let frame = is_site.then(|| FrameLine { location: true, ..FrameLine::of(site) });
        return Some(Line::Begin(Begin { thread, frame, ..Begin::default() }));
    }
    let indented = text.starts_with("                ") || text.starts_with('\t');
    let is_site = !trimmed.contains(' ') && (trimmed.contains('!') || trimmed.contains("+0x"));
    (indented && is_site).then(|| Line::Frame(FrameLine::of(trimmed)))
}

/// `4.000008  fffffa8000c8b660 fffff78 Blocked    nt!KeWaitForSingleObject+0x13e`
fn thread(text: &str) -> Option<(ThreadRef, &str)> {
    let mut words = text.split_whitespace();
    let (process, thread) = words.next()?.split_once('.')?;
    let ids = (hex_value(process)?, hex_value(thread)?);
    let rest = text.split_once(char::is_whitespace)?.1;
    let known = [
        "Blocked",
        "READY",
        "RUNNING",
        "Standby",
        "STANDBY",
        "TERM",
        "GATEWAIT",
        "DEFREADY",
        "INIT",
        "TRANSITION",
        "???",
    ];
    let (at, state) = known.iter().find_map(|state| rest.find(state).map(|at| (at, state)))?;
    let site = rest[at + state.len()..].trim();
    Some((ThreadRef { os_id: Some(ids.1), process_id: Some(ids.0), ..ThreadRef::default() }, site))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::stacks::tests::check;

    #[test]
    fn lines() {
        for (text, want) in [
            (
                "   4.000008  fffffa8000c8b660 fffff78 Blocked    nt!KeWaitForSingleObject+0x13e",
                "begin 0x8, frame location nt!KeWaitForSingleObject+0x13e",
            ),
            ("                                        nt!MmZeroPageThread+0x180", "frame nt!MmZeroPageThread+0x180"),
            ("                            [fffffa8000c8a040 System]", "header"),
            ("   4.000018  827cfda0  Blocked    Stack paged out", "begin 0x18"),
            ("Threads Processed: 12", "nothing"),
        ] {
            check(&FORMAT, text, want);
        }
    }
}
