//! `!finalizequeue` of SOS: objects that wait for their finalizer, and those that have one.
//!
//! ```text
//! SyncBlocks to be cleaned up: 0
//! STA Interfaces to be released: 0
//! generation 0 has 23 finalizable objects (000000000032c870->000000000032c928)
//! Ready for finalization 0 objects (000000000032c928->000000000032c928)
//!               MT    Count    TotalSize Class Name
//! 0000000001c36dd8        6          240 System.Threading.Thread
//! Total 23 objects
//! ```
//!
//! The lines are those of `FinalizeQueue` in SOS's `strike.cpp`. With a server GC they come once for each heap, below
//! `Heap 0`.

use super::{TableFormat, TableLine, dumpheap, first_words, is_count, labelled};

pub const FORMAT: TableFormat = TableFormat {
    name: "finalizequeue",
    commands: &["finalizequeue"],
    columns: &["method table", "count", "total size", "class"],
    line,
    shows,
};

fn line(text: &str) -> Option<TableLine<'_>> {
    // What `-allready` says above its rows; nothing else tells of it where the command is not in the text.
    if text.contains("Statistics") && text.contains("no longer rooted") {
        return Some(TableLine::Field("Statistics", text.trim().trim_end_matches(':')));
    }
    if dumpheap::is_header(text) {
        return Some(TableLine::Header);
    }
    let statistics = || dumpheap::statistics(text).map(|cells| TableLine::Row(cells.to_vec()));
    cleanup(text).or_else(|| queue(text)).or_else(|| dumpheap::total(text)).or_else(statistics)
}

/// `MTA Interfaces to be released: 0`
fn cleanup(text: &str) -> Option<TableLine<'_>> {
    let (name, value) = labelled(text, &[])?;
    let fits = ["to be cleaned up", "to be released"].iter().any(|end| name.ends_with(end)) && is_count(value);
    fits.then_some(TableLine::Field(name, value))
}

/// `generation 0 has 23 finalizable objects (a->b)`, `Ready for finalization 0 objects (a->b)`, `Heap 0`.
fn queue(text: &str) -> Option<TableLine<'_>> {
    let text = text.trim();
    if let Some(([name @ "Heap", number], "")) = first_words(text) {
        return is_count(number).then_some(TableLine::Field(name, number));
    }
    let ready = "Ready for finalization";
    let (name, value) = match text.strip_prefix(ready) {
        Some(value) => (ready, value.trim()),
        None if text.starts_with("generation ") => text.split_once(" has ")?,
        None => return None,
    };
    let counts = value.contains(" objects") && value.starts_with(|c: char| c.is_ascii_digit());
    counts.then_some(TableLine::Field(name, value))
}

fn shows(text: &str) -> bool {
    labelled(text, &["SyncBlocks to be cleaned up", "SyncBlock to be cleaned up"])
        .is_some_and(|(_, value)| is_count(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::tables::tests::check;

    #[test]
    fn lines() {
        for (text, want) in [
            ("SyncBlock to be cleaned up: 86", "field SyncBlock to be cleaned up = 86"),
            ("Total STA interfaces to be released: 0", "field Total STA interfaces to be released = 0"),
            ("Heap 3", "field Heap = 3"),
            (
                "generation 2 has 1,155 finalizable objects (0x00229370->0x002295dc)",
                "field generation 2 = 1,155 finalizable objects (0x00229370->0x002295dc)",
            ),
            (
                "Ready for finalization 11 objects (0x002295f4->0x00229620) - Freachable queue",
                "field Ready for finalization = 11 objects (0x002295f4->0x00229620) - Freachable queue",
            ),
            (
                "Statistics for all finalizable objects that are no longer rooted:",
                "field Statistics = Statistics for all finalizable objects that are no longer rooted",
            ),
            ("All Finalizable Objects Statistics:", "header"),
            ("Statistics for all finalizable objects (including all objects ready for finalization):", "header"),
            ("      MT    Count TotalSize Class Name", "header"),
            ("5ba5db04        1        68 System.Threading.Thread", "row 5ba5db04 | 1 | 68 | System.Threading.Thread"),
            ("Total 32 objects, 2,152 bytes", "field Total = 32 objects, 2,152 bytes"),
            ("generation 0 has a sampling of prose", "nothing"),
        ] {
            check(&FORMAT, text, want);
        }
    }
}
