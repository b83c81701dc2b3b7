//! `!eeheap -gc`, `!eeheap -loader` of SOS: the memory of the runtime.
//!
//! ```text
//! Number of GC Heaps: 1
//! generation 0 starts at 0x00000000027c1030
//!          segment             begin         allocated              size
//! 00000000027c0000  00000000027c1000  00000000027effe8  0x2efe8(192488)
//! GC Heap Size:            Size: 0x33468 (210024) bytes.
//! Loader Heap:
//! System Domain:     0000000001640110
//! LowFrequencyHeap:  0000000001c20000(3000:3000) Size: 0x3000 (12288) bytes.
//! Total size:        Size: 0x8d000 (577536) bytes.
//! ```
//!
//! The rows are those of SOS's `eeheap.cpp`. Newer ones (`EEHeapCommand`) print `committed` behind `allocated`, a second
//! size, and `generation 0:` above the segments of a generation, which is a
//! field without a value. A row is a segment or one of the loader's heaps.

use super::{TableFormat, TableLine, first_words, is_address, is_count, is_hex, is_rule, labelled};

pub const FORMAT: TableFormat = TableFormat {
    name: "eeheap",
    commands: &["eeheap"],
    columns: &["section", "segment", "begin", "allocated", "committed", "size", "committed size"],
    line,
    shows,
};

const TITLES: [&str; 7] = [
    "Loader Heap:",
    "Virtual Call Stub Heap:",
    "Jit code heap:",
    "Module Thunk heaps:",
    "Module Lookup Table heaps:",
    "Module LoaderAllocators:",
    "No unique loader heaps found.",
];

/// Titles above segments that say of which heap they are. They are fields without a value.
const HEAPS: [&str; 5] =
    ["Small object heap", "Large object heap", "Pinned object heap", "Frozen object heap", "NonGC heap"];

const LABELS: [&str; 6] = [
    "Number of GC Heaps",
    "ephemeral segment allocation context",
    "Total bytes consumed by CLR",
    "Total bytes consumed by all CLRs",
    "JIT Manager",
    "LoaderAllocator",
];

fn line(text: &str) -> Option<TableLine<'_>> {
    if is_header(text) {
        return Some(TableLine::Header);
    }
    field(text).or_else(|| segment(text)).or_else(|| loader_heap(text))
}

fn field(text: &str) -> Option<TableLine<'_>> {
    let text = text.trim();
    if let Some((name, value)) = labelled(text, &LABELS).or_else(|| text.split_once(" starts at ")) {
        return Some(TableLine::Field(name, value.trim()));
    }
    let title = text.trim_end_matches(':');
    let generation = title.strip_prefix("generation ").is_some_and(is_count) && text.ends_with(':');
    if generation || HEAPS.contains(&title) {
        return Some(TableLine::Field(title, ""));
    }
    total_size(text).or_else(|| heap_or_domain(text))
}

/// `GC Heap Size:            Size: 0x33468 (210024) bytes.`, or `Total Size   0x1201c(73756)` of SOS 2.0.
fn total_size(text: &str) -> Option<TableLine<'_>> {
    if !["Total ", "GC ", "Heap Size"].iter().any(|start| text.starts_with(start)) {
        return None;
    }
    let end = text.find("Size").into_iter().chain(text.find("size")).min()? + "Size".len();
    let value = text[end..].trim_start_matches([':', ' ', '\t']);
    let value = value.strip_prefix("Size:").unwrap_or(value).trim().trim_end_matches('.');
    value.starts_with(|c: char| c.is_ascii_digit()).then(|| TableLine::Field(&text[..end], value))
}

/// `Heap 0 (00000000002d3a60)` of a server GC, and `Domain 1:          00000000002f7720`.
fn heap_or_domain(text: &str) -> Option<TableLine<'_>> {
    if let Some(([heap, number, address], "")) = first_words(text)
        && heap.eq_ignore_ascii_case("heap")
        && is_count(number)
    {
        let name = text[..text.len() - address.len()].trim_end();
        return Some(TableLine::Field(name, address.trim_matches(['(', ')'])));
    }
    let (name, address) = text.trim_end().rsplit_once(char::is_whitespace)?;
    let name = name.trim_end().trim_end_matches(':');
    let domain = name.ends_with(" Domain") || name.strip_prefix("Domain ").is_some_and(is_count);
    (domain && is_address(address)).then_some(TableLine::Field(name, address))
}

/// Three or four addresses, then one or two sizes: `0x2efe8(192488)` or `0x2efe8 (192488)`.
fn segment(text: &str) -> Option<TableLine<'_>> {
    let text = text.trim();
    let (before, _) = text.split_once('(')?;
    let (addresses, first_size) = before.trim_end().rsplit_once(char::is_whitespace)?;
    let sizes = text[addresses.len()..].trim();
    let (size, committed_size) = sizes.split_at(sizes.find(')')? + 1);
    let addresses: Vec<&str> = addresses.split_whitespace().collect();
    if !is_hex(first_size) || !addresses.iter().all(|word| is_address(word)) {
        return None;
    }
    match addresses.as_slice() {
        [segment, begin, allocated] => Some(TableLine::Row(vec!["", segment, begin, allocated, "", size])),
        // Of a segment with nothing in it only the committed size is printed.
        [segment, begin, allocated, committed] if begin == allocated && committed_size.trim().is_empty() => {
            Some(TableLine::Row(vec!["", segment, begin, allocated, committed, "", size]))
        }
        [segment, begin, allocated, committed] => {
            Some(TableLine::Row(vec!["", segment, begin, allocated, committed, size, committed_size.trim()]))
        }
        _ => None,
    }
}

/// `HighFrequencyHeap: 0000000001c26000(7000:7000) 000000001aed0000(10000:10000) Size: 0x17000 (94208) bytes.`
fn loader_heap(text: &str) -> Option<TableLine<'_>> {
    let (head, size) = text.split_once("Size: ")?;
    let size = size.trim().trim_end_matches('.');
    let head = head.trim();
    // Newer SOS has no colon behind the name; the blocks have one in their parentheses.
    let end = head.find([':', '(']).filter(|at| head[*at..].starts_with(':')).or_else(|| head.find(' '));
    let (name, blocks) = head.split_at(end?);
    let blocks = blocks.trim_start_matches(':').trim();
    let fits = size.starts_with("0x") && blocks.split_whitespace().all(|block| block.contains('('));
    fits.then(|| TableLine::Row(vec![name, blocks, "", "", "", size]))
}

fn is_header(text: &str) -> bool {
    let text = text.trim();
    TITLES.contains(&text) || names_columns(text) || is_rule(text)
}

fn names_columns(text: &str) -> bool {
    text.trim_start().starts_with("segment")
        && matches!(first_words(text), Some((["segment", "begin", "allocated"], rest)) if rest.ends_with("size"))
}

fn shows(text: &str) -> bool {
    text.trim() == "Loader Heap:"
        || names_columns(text)
        || labelled(text, &LABELS[..1]).is_some_and(|(_, count)| is_count(count))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::tables::tests::check;

    #[test]
    fn lines() {
        for (text, want) in [
            ("Number of GC Heaps: 4", "field Number of GC Heaps = 4"),
            ("Heap 0 (00000000002d3a60)", "field Heap 0 = 00000000002d3a60"),
            ("generation 0 starts at 0x00a71018", "field generation 0 = 0x00a71018"),
            ("generation 0:", "field generation 0 = "),
            ("Pinned object heap", "field Pinned object heap = "),
            (" segment    begin allocated     size", "header"),
            (
                "00a70000 00a71000  00a7e01c 0000d01c(53276)",
                "row  | 00a70000 | 00a71000 | 00a7e01c |  | 0000d01c(53276)",
            ),
            (
                "0x1e20000 0x01e22000  0x01f63000  0x0000000000143000(1,290,240)",
                "row  | 0x1e20000 | 0x01e22000 | 0x01f63000 |  | 0x0000000000143000(1,290,240)",
            ),
            (
                "01e6a8f0a2b0 01e6a9000020 01e6a9001fe8 01e6a9400000 0x1fc8 (8136) 0x400000 (4194304)",
                "row  | 01e6a8f0a2b0 | 01e6a9000020 | 01e6a9001fe8 | 01e6a9400000 | 0x1fc8 (8136) | 0x400000 (4194304)",
            ),
            (
                "01e6a8f0a2b0 01e6a9000020 01e6a9000020 01e6a9400000    0x400000 (4194304)",
                "row  | 01e6a8f0a2b0 | 01e6a9000020 | 01e6a9000020 | 01e6a9400000 |  | 0x400000 (4194304)",
            ),
            ("Total Size   0x1201c(73756)", "field Total Size = 0x1201c(73756)"),
            ("GC Heap Size:            Size: 0x33468 (210024) bytes.", "field GC Heap Size = 0x33468 (210024) bytes"),
            ("Total size: 0x3000(12288)bytes", "field Total size = 0x3000(12288)bytes"),
            ("System Domain:     0000000001640110", "field System Domain = 0000000001640110"),
            (
                "HighFrequencyHeap: 01c26000(7000:7000) 1aed0000(10000:10000) Size: 0x17000 (94208) bytes.",
                "row HighFrequencyHeap | 01c26000(7000:7000) 1aed0000(10000:10000) |  |  |  | 0x17000 (94208) bytes",
            ),
            (
                "LowFrequencyHeap:008f0000(00002000:00001000) Size: 0x00001000 bytes.",
                "row LowFrequencyHeap | 008f0000(00002000:00001000) |  |  |  | 0x00001000 bytes",
            ),
            (
                "StubHeap             7ff8c0a10000(3000:1000) Size: 0x1000 (4096) bytes total, 0x2000 (8192) bytes wasted.",
                "row StubHeap | 7ff8c0a10000(3000:1000) |  |  |  | 0x1000 (4096) bytes total, 0x2000 (8192) bytes wasted",
            ),
            (
                "Module 0000000001c33cd8: Size: 0x0 (0) bytes.",
                "row Module 0000000001c33cd8 |  |  |  |  | 0x0 (0) bytes",
            ),
            ("Total size of the heap (in words)", "nothing"),
        ] {
            check(&FORMAT, text, want);
        }
    }
}
