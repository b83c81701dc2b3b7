//! Stack traces that the system keeps with a heap block, a handle or a lock: `!heap -p -a`, `!htrace`, `!cs -s`, `!avrf`.
//!
//! ```text
//!     address 01b3fa80 found in
//!     _DPH_HEAP_ROOT @ 1161000
//!     in busy allocation (  DPH_HEAP_BLOCK:         UserAddr         UserSize -         VirtAddr         VirtSize)
//!                                  1a03ae8:          1b3fa80              580 -          1b3f000             2000
//!     7c96d6dc ntdll!RtlDebugAllocateHeap+0x000000e1
//! Handle = 0x00000000000007cc - OPEN
//! Thread ID = 0x0000000000000b50, Process ID = 0x0000000000000ac8
//! 0x77ab12cd: ntdll!ZwCreateEvent+0x00000009
//! ```
//!
//! They show who made the thing, not where a thread stands now. `!heap -s` has one more, of what found a heap broken:
//!
//! ```text
//! Stack trace at 0x00000000779c7cd8
//!     0000000077973871: ntdll!RtlpAllocateHeap+0xa11
//! ```

use nom::branch::alt;
use nom::bytes::complete::{tag, take_while_m_n};
use nom::character::complete::char;
use nom::combinator::opt;
use nom::{IResult, Parser};

use super::{Begin, Format, FrameLine, Line, umdh, whole_call};
use crate::formats::tables::is_hex;
use crate::formats::tokens::{address, blanks0, blanks1, hex_value};
use crate::model::{Dialect, StackKind};

pub const FORMAT: Format = Format {
    kind: StackKind::Allocation,
    commands: &["htrace", "avrf"],
    columns: &["what", "address", "thread"],
    ..Format::of_threads(Dialect::Trace, line, |text| {
        begin(text.trim()).is_some()
            || allocation(text.trim()).is_some()
            || deadlock_stack(text.trim()).is_some()
            || has_long_offset(text)
            || umdh::is_top(text.trim())
    })
};

const HEAP_ERROR: &str = "heap error";

fn line(text: &str) -> Option<Line<'_>> {
    // Markdown takes a rule of dashes for a heading.
    let text = text.trim_start().strip_prefix("## ").unwrap_or(text);
    let trimmed = text.trim();
    if let Some(row) = begin(trimmed) {
        // What found a broken heap is where the error was raised, not where the heap was broken.
        let kind = (row[0] == HEAP_ERROR).then_some(StackKind::Exception);
        return Some(Line::Begin(Begin { row, kind, ..Begin::default() }));
    }
    if let Some(allocation) = allocation(trimmed) {
        return Some(Line::Cell("what", allocation));
    }
    if let Some(site) = deadlock_stack(trimmed) {
        return Some(Line::Begin(Begin { frame: Some(FrameLine::of(site)), ..Begin::default() }));
    }
    if let Some(thread) = trimmed.strip_prefix("Thread ID = ") {
        return Some(Line::Cell("thread", thread.split(',').next().unwrap_or(thread)));
    }
    let rule = trimmed.len() > 20 && trimmed.bytes().all(|byte| byte == b'-');
    if rule
        || trimmed == "##"
        || trimmed.starts_with("_DPH_HEAP_ROOT @")
        || trimmed.starts_with("_HEAP @")
        || trimmed.starts_with("HEAP_ENTRY")
        || is_block_row(trimmed)
    {
        return Some(Line::Header);
    }
    if trimmed.starts_with("Parsed 0x") || trimmed.starts_with("Dumped 0x") {
        return Some(Line::End);
    }
    let aligned = text.starts_with("          ") && trimmed.contains('!') && whole_call::is_call_site(trimmed);
    if aligned {
        return Some(Line::Frame(FrameLine::of(trimmed)));
    }
    // UMDH's, without the figures above it.
    let of_umdh = || {
        let is_site = trimmed.contains('!') && !trimmed.contains(' ') && !trimmed.contains("+0x");
        is_site.then(|| umdh::frame(trimmed)).flatten()
    };
    if let Some(site) = umdh::with_source(trimmed).or_else(of_umdh) {
        return Some(Line::Frame(FrameLine::of(site)));
    }
    let (site, ()) = frame(text).ok()?;
    let site = site.trim();
    // `0x00101991: +0x00101991`: code of no known module.
    if let Some(digits) = site.strip_prefix("+0x") {
        return hex_value(digits).map(|_| Line::Frame(FrameLine::of(&site[1..])));
    }
    whole_call::is_call_site(site).then(|| Line::Frame(FrameLine::of(site)))
}

/// `12517ab MemoryLeak!main+0x00000028`: only these traces fill offsets up with zeros.
fn has_long_offset(text: &str) -> bool {
    let offset = text.trim_end().rsplit_once("+0x").map_or("", |(_, digits)| digits);
    offset.len() >= 8 && offset.starts_with("00") && text.contains('!') && matches!(line(text), Some(Line::Frame(_)))
}

/// `Stack:   dummy!DummyActivateVcComplete+0x63` of `!deadlock`; its other frames stand aligned below.
fn deadlock_stack(trimmed: &str) -> Option<&str> {
    let site = trimmed.strip_prefix("Stack:  ")?.trim();
    (site.contains('!') && whole_call::is_call_site(site)).then_some(site)
}

/// What the trace belongs to: the words, and the address or handle where they name it. People write such words as well,
/// and the `k` family has `*** Stack trace for last set context`.
fn begin(trimmed: &str) -> Option<Vec<&str>> {
    if let Some(rest) = trimmed.strip_prefix("Handle = ").or_else(|| trimmed.strip_prefix("Handle 0x")) {
        let (handle, what) = rest.split_once(" - ")?;
        let what = what.trim_end_matches(':');
        let is_event = ["OPEN", "CLOSE", "BAD REFERENCE"].contains(&what) && is_hex(handle.trim());
        return is_event.then(|| vec![what, handle]);
    }
    if let Some(rest) = trimmed.strip_prefix("address ") {
        let (address, found) = rest.split_once(' ')?;
        return (is_hex(address) && found.trim() == "found in").then(|| vec!["heap block", address]);
    }
    if let Some(id) = trimmed.strip_prefix("Trace: ") {
        return hex_value(id).map(|_| vec!["trace", id]);
    }
    // Below the `HEAP ERROR DETECTED` of `!heap -s`.
    if let Some(address) = trimmed.strip_prefix("Stack trace at 0x") {
        return (address.len() >= 8 && is_hex(address)).then(|| vec![HEAP_ERROR, address]);
    }
    let section = trimmed.strip_prefix("Stack trace for ")?.trim_end_matches(':');
    is_section(section).then(|| vec!["critical section", section])
}

/// `DebugInfo = 0x7c99e9e0`, `0x0000000000337110`: what people put behind the same words is prose.
fn is_section(text: &str) -> bool {
    let address = text.strip_prefix("DebugInfo = ").unwrap_or(text);
    address.strip_prefix("0x").and_then(hex_value).is_some() || address.len() >= 8 && hex_value(address).is_some()
}

/// `in busy allocation (  DPH_HEAP_BLOCK: ...`: what the block is of whose address the line above tells.
fn allocation(trimmed: &str) -> Option<&str> {
    for allocation in ["in busy allocation (", "in free-ed allocation (", "in freed allocation ("] {
        if trimmed.starts_with(allocation) {
            return Some(allocation.trim_end_matches(" ("));
        }
    }
    None
}

/// `        42ae5b28 0541 0000  [00]   42ae5b40    02800 - (busy)`, and the row of a page heap's block:
/// `         1a03ae8:          1b3fa80              580 -          1b3f000             2000`
fn is_block_row(trimmed: &str) -> bool {
    if trimmed.ends_with("(busy)") || trimmed.ends_with("(free)") || trimmed.ends_with("DelayedFree)") {
        return true;
    }
    let Some((block, rest)) = trimmed.split_once(':') else { return false };
    let is_hex = |word: &str| word == "-" || hex_value(word).is_some();
    is_hex(block) && rest.starts_with(' ') && rest.split_whitespace().all(is_hex)
}

/// `7c96d6dc ntdll!X+0x000000e1`, `0x77ab12cd: ntdll!Y+0x00000009`
fn frame(input: &str) -> IResult<&str, ()> {
    let digits = take_while_m_n(6, 16, |c: char| c.is_ascii_hexdigit());
    let address = alt((address, digits));
    let (rest, _) = (blanks0, opt(tag("0x")), address, opt(char(':')), blanks1).parse(input)?;
    Ok((rest, ()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::stacks::tests::check;

    #[test]
    fn lines() {
        for (text, want) in [
            ("    address 01b3fa80 found in", "begin [heap block | 01b3fa80]"),
            (
                "    in busy allocation (  DPH_HEAP_BLOCK:   UserAddr  UserSize - VirtAddr VirtSize)",
                "cell what = in busy allocation",
            ),
            ("    1a03ae8:          1b3fa80              580 -          1b3f000             2000", "header"),
            ("    7c96d6dc ntdll!RtlDebugAllocateHeap+0x000000e1", "frame ntdll!RtlDebugAllocateHeap+0x000000e1"),
            ("Handle = 0x00000000000007cc - OPEN", "begin [OPEN | 0x00000000000007cc]"),
            ("Handle 0x7CC - OPEN:", "begin [OPEN | 7CC]"),
            ("Handle = NULL - not set", "nothing"),
            ("Stack trace for DebugInfo = 0x77c6e0a8:", "begin [critical section | DebugInfo = 0x77c6e0a8]"),
            ("Stack trace for 0x77c6e0a8:", "begin [critical section | 0x77c6e0a8]"),
            ("Stack trace for last set context - .thread/.cxr resets it", "nothing"),
            ("Stack trace for a hung service:", "nothing"),
            ("Stack trace at 0x00000000779c7cd8", "begin [heap error | 00000000779c7cd8]"),
            ("    0000000077973871: ntdll!RtlpAllocateHeap+0xa11", "frame ntdll!RtlpAllocateHeap+0xa11"),
            ("Stack trace at 0x1234, as it seems", "nothing"),
            ("Thread ID = 0x0b50, Process ID = 0x0ac8", "cell thread = 0x0b50"),
            ("0x77ab12cd: ntdll!ZwCreateEvent+0x00000009", "frame ntdll!ZwCreateEvent+0x00000009"),
            ("00000000`0011fcb8  00000001`40001609 svc!main+0xf9", "nothing"),
            ("        f05cb4d vbscript!IDispatchInvoke+0x00000059", "frame vbscript!IDispatchInvoke+0x00000059"),
            ("0x00101991: +0x00101991", "frame 0x00101991"),
            ("## 0x77DE0B2F: KERNEL32!BaseProcessStart+0x3D", "frame KERNEL32!BaseProcessStart+0x3D"),
            ("        42ae5b28 0541 0000  [00]   42ae5b40    02800 - (busy)", "header"),
            ("    Stack:   dummy!dummyOpen+0x2E1", "begin, frame dummy!dummyOpen+0x2E1"),
            ("             dummy!dummyMore+0x2E1", "frame dummy!dummyMore+0x2E1"),
            ("Stack trace for DebugInfo = 0x7c99e9e0:", "begin [critical section | DebugInfo = 0x7c99e9e0]"),
            ("Stack trace for a service that hangs:", "nothing"),
            ("7c96d6dc c3 ret", "nothing"),
        ] {
            check(&FORMAT, text, want);
        }
    }
}
