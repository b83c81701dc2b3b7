//! UMDH: who allocated how much on the heaps of a process, and what grew between two logs.
//!
//! ```text
//! 00005320 bytes in 0x14 allocations (@ 0x00000428) by: BackTrace00B53
//!         ntdll!RtlDebugAllocateHeap+0x000000FD
//! +    5320 (   f110 -    9df0)     3a allocs      BackTrace00053
//! +      3a (     a4 -      6a)  BackTrace00053  allocations
//!      Total increase ==   5320
//!         svc!Contoso::Render+000000E1 (c:\src\render.cpp, 674)
//! ```
//!
//! A log has its figures in hexadecimal; a difference too, unless it was made with `-d`.

use super::{Begin, Format, FrameLine, Line, call_site, whole_call};
use crate::formats::tokens::hex_value;
use crate::model::{Dialect, StackKind};

pub const FORMAT: Format = Format {
    kind: StackKind::Allocation,
    commands: &["umdh"],
    columns: &["bytes", "allocations", "trace", "bytes new", "bytes old"],
    ..Format::of_threads(Dialect::Umdh, line, |text| text.contains("BackTrace") && entry(text.trim()).is_some())
};

fn line(text: &str) -> Option<Line<'_>> {
    let trimmed = text.trim();
    if let Some(row) = entry(trimmed) {
        return Some(Line::Begin(Begin { row, ..Begin::default() }));
    }
    if trimmed.starts_with(['+', '-']) && trimmed.ends_with("allocations") {
        return Some(Line::Header);
    }
    if trimmed.starts_with("Total increase") || trimmed.starts_with("Total decrease") {
        return Some(Line::Header);
    }
    frame(trimmed).map(|site| Line::Frame(FrameLine::of(site)))
}

/// The first line of an entry, of a log or of a difference: bytes, allocations, trace, and the bytes of both logs.
fn entry(text: &str) -> Option<Vec<&str>> {
    let trace_at = text.find("BackTrace")?;
    let trace = text[trace_at..].split_whitespace().next()?;
    if trace == "BackTrace" {
        return None;
    }
    if let Some((bytes, behind)) = text.split_once(" bytes in ") {
        hex_value(bytes.trim())?;
        let count = behind.split_whitespace().next()?;
        return Some(vec![bytes.trim(), count, trace]);
    }
    // `C6 bytes + 1A at 56004C0 by BackTrace3965308`: one allocation, with what the heap adds to it.
    if let Some((bytes, behind)) = text.split_once(" bytes + ") {
        hex_value(bytes.trim())?;
        return behind.contains(" at ").then(|| vec![bytes.trim(), "1", trace]);
    }
    let signed = text.strip_prefix(['+', '-'])?;
    let (bytes, behind) = signed.split_once('(')?;
    let (new, behind) = behind.split_once('-')?;
    let (old, behind) = behind.split_once(')')?;
    let count = behind.split_whitespace().next()?;
    let is_figure = hex_value(bytes.trim()).is_some();
    (is_figure && behind.contains("allocs"))
        .then(|| vec![&text[..1 + bytes.trim_end().len()], count, trace, new.trim(), old.trim()])
}

/// `ntdll!RtlAllocateHeap+14D (d:\os\heap.c, 1872)`: the top of a trace that was copied without the entry above it.
pub fn is_top(text: &str) -> bool {
    text.starts_with("ntdll!Rtl") && text.contains("AllocateHeap+") && with_source(text).is_some()
}

/// `svc!Contoso::Render+000000E1 (c:\src\render.cpp, 674)`: nothing else prints a call site so.
pub fn with_source(text: &str) -> Option<String> {
    let (_, place) = text.strip_suffix(')')?.rsplit_once(" (")?;
    let (_, line) = place.rsplit_once(", ")?;
    line.trim().parse::<u32>().ok()?;
    frame(text)
}

/// `svc!Contoso::Render+000000E1 (c:\src\render.cpp, 674)`, or without its place in the sources.
pub fn frame(text: &str) -> Option<String> {
    let (text, source) = match text.strip_suffix(')').and_then(|text| text.rsplit_once(" (")) {
        Some((site, place)) => {
            match place.rsplit_once(", ").and_then(|(path, line)| Some((path, line.trim().parse().ok()?))) {
                Some(source) => (site.trim_end(), Some(source)),
                None => (text, None),
            }
        }
        None => (text, None),
    };
    // Addresses of a log that was made without symbols.
    let digits = text.strip_prefix("0x").unwrap_or(text);
    if digits.len() >= 6 && hex_value(digits).is_some() {
        return Some(format!("0x{digits}"));
    }
    let (name, offset) = match text.rsplit_once('+') {
        Some((name, digits)) => (name, Some(hex_value(digits.trim_start_matches("0x"))?)),
        None => (text, None),
    };
    let site = call_site(None, name, offset, source);
    whole_call::is_call_site(&site).then_some(site)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::stacks::tests::check;

    #[test]
    fn lines() {
        for (text, want) in [
            (
                "00005320 bytes in 0x14 allocations (@ 0x00000428) by: BackTrace00B53",
                "begin [00005320 | 0x14 | BackTrace00B53]",
            ),
            (
                "+    5320 (   f110 -    9df0)     3a allocs      BackTrace00053",
                "begin [+    5320 | 3a | BackTrace00053 | f110 | 9df0]",
            ),
            ("+      3a (     a4 -      6a)\tBackTrace00053\tallocations", "header"),
            ("+ BYTES_DELTA (NEW_BYTES - OLD_BYTES) NEW_COUNT allocs BackTrace TRACEID", "nothing"),
            ("        ntdll!RtlDebugAllocateHeap+0x000000FD", "frame ntdll!RtlDebugAllocateHeap+0xfd"),
            ("        svc!C::Render+000000E1 (c:\\src\\r.cpp, 674)", "frame svc!C::Render+0xe1 [c:\\src\\r.cpp @ 674]"),
            (
                "	ntdll!RtlAllocateHeap+14D (d:\\os\\heap.c, 1872)",
                "frame ntdll!RtlAllocateHeap+0x14d [d:\\os\\heap.c @ 1872]",
            ),
            ("     Total increase ==   5320", "header"),
            ("C6 bytes + 1A at 56004C0 by BackTrace3965308", "begin [C6 | 1 | BackTrace3965308]"),
            ("	7FFE82352933", "frame 0x7FFE82352933"),
            ("words", "nothing"),
        ] {
            check(&FORMAT, text, want);
        }
    }
}
