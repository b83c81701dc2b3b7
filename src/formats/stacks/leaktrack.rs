//! Call stack samples of LeakTrack in DebugDiag's leak reports: who allocated a block or opened a handle.
//!
//! ```text
//! Call stack sample 1
//! Address   0x000000001d4b0000
//! Allocation Time   01:07:12 since tracking started
//! Allocation Size   8.3 MBytes
//! Function   Destination
//! GdiPlus!GpMemoryBitmap::AllocBitmapData+c2   kernel32!VirtualAllocStub
//! 0x7ff010145a3   System_Drawing_ni+4c9a5
//! ```
//!
//! Offsets are hexadecimal without `0x`. Behind each frame stands what it calls, the frame above, which is dropped; with
//! source lines switched on the frame's own source comes before it.

use super::{Begin, Format, FrameLine, Line, whole_call};
use crate::formats::tokens::hex_value;
use crate::model::{Dialect, StackKind};

pub const FORMAT: Format = Format {
    kind: StackKind::Allocation,
    columns: &["sample", "address", "handle", "time", "size"],
    ..Format::of_threads(Dialect::Leaktrack, line, |text| sample(text.trim()).is_some() || is_header(text.trim()))
};

fn line(text: &str) -> Option<Line<'_>> {
    let text = text.trim();
    if let Some(number) = sample(text) {
        return Some(Line::Begin(Begin { row: vec![number], ..Begin::default() }));
    }
    if is_header(text) {
        return Some(Line::Header);
    }
    let mut cells = row(text).into_iter();
    let (first, second) = (cells.next()?, cells.next());
    if let Some(value) = second {
        match first.trim_end_matches([':', '=']).trim_end() {
            "Address" if value.starts_with("0x") => return Some(Line::Cell("address", value)),
            "Handle" if value.starts_with("0x") => return Some(Line::Cell("handle", value)),
            "Allocation Time" => return Some(Line::Cell("time", value)),
            "Allocation Size" => return Some(Line::Cell("size", value)),
            _ => {}
        }
    }
    let (second, third) = (second?, cells.next());
    let site = site(first)?;
    let (source, target) = match third {
        Some(target) => (Some(second), target),
        None => (None, second),
    };
    let fits = self::site(target).is_some() && cells.next().is_none();
    let source = source.filter(|source| source.contains(" @ ")).map(|source| format!(" [{source}]"));
    fits.then(|| Line::Frame(FrameLine::of(site + &source.unwrap_or_default())))
}

fn sample(text: &str) -> Option<&str> {
    let number = text.strip_prefix("Call stack sample ")?.trim_end_matches(':');
    ((1..=4).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit())).then_some(number)
}

fn is_header(text: &str) -> bool {
    let mut cells = row(text).into_iter();
    let last = match (cells.next(), cells.next()) {
        (Some("Function"), Some("Source")) => cells.next(),
        (Some("Function"), second) => second,
        _ => return false,
    };
    last == Some("Destination") && cells.next().is_none()
}

/// The cells of a line: between them stand TABs, or two blanks and more.
pub fn cells(text: &str) -> impl Iterator<Item = &str> {
    text.split('\t').flat_map(|part| part.split("  ")).map(str::trim).filter(|cell| !cell.is_empty())
}

/// The cells of a line; people part two by ` = ` or `: `.
fn row(text: &str) -> Vec<&str> {
    let found: Vec<&str> = cells(text).collect();
    let pair = || text.split_once(" = ").or_else(|| text.split_once(": ")).map(|(one, other)| vec![one, other]);
    if found.len() == 1 { pair().unwrap_or(found) } else { found }
}

/// A call site as DebugDiag writes it, in the form of all others: `svc!f+c2` becomes `svc!f+0xc2`.
pub fn site(text: &str) -> Option<String> {
    let site = match text.rsplit_once('+') {
        Some((name, digits)) if !digits.starts_with("0x") && digits.len() <= 8 && hex_value(digits).is_some() => {
            format!("{name}+{:#x}", hex_value(digits)?)
        }
        _ => text.to_string(),
    };
    whole_call::is_call_site(&site).then_some(site)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::stacks::tests::check;

    #[test]
    fn lines() {
        for (text, want) in [
            ("Call stack sample 1", "begin [1]"),
            ("Call stack sample of mine", "nothing"),
            ("Address   0x000000001d4b0000", "cell address = 0x000000001d4b0000"),
            ("Handle\t0x0000000000000a34", "cell handle = 0x0000000000000a34"),
            ("Allocation Time   01:07:12 since tracking started", "cell time = 01:07:12 since tracking started"),
            ("Allocation Size: \t8.3 MBytes", "cell size = 8.3 MBytes"),
            ("Function   Destination", "header"),
            ("Function\tSource\tDestination", "header"),
            ("GdiPlus!A::B+c2   kernel32!VirtualAllocStub", "frame GdiPlus!A::B+0xc2"),
            ("svc!operator new+1d\tntdll!RtlAllocateHeap", "frame svc!operator new+0x1d"),
            ("System_Drawing_ni+4d212   clr!Do", "frame System_Drawing_ni+0x4d212"),
            ("0x7ff010145a3   System_Drawing_ni+4c9a5", "frame 0x7ff010145a3"),
            ("svc!f+1d   c:\\src\\f.cpp @ 12   ntdll!RtlAllocateHeap", "frame svc!f+0x1d [c:\\src\\f.cpp @ 12]"),
            ("Function = Destination", "header"),
            ("svc!N::f+1d = ntdll!RtlAllocateHeap", "frame svc!N::f+0x1d"),
            ("svc!N::f+1d: ntdll!RtlAllocateHeap", "frame svc!N::f+0x1d"),
            ("Address = 0x000000001d4b0000", "cell address = 0x000000001d4b0000"),
            ("svc!f+1d   05 allocation(s)", "nothing"),
            ("svc!f+1d", "nothing"),
            ("two words   and more", "nothing"),
        ] {
            check(&FORMAT, text, want);
        }
    }
}
