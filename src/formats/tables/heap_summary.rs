//! `!heap -s`: the heaps of a process. Sizes are in kilobytes.
//!
//! ```text
//! LFH Key                   : 0x23227b77
//!   Heap     Flags   Reserv  Commit  Virt   Free  List   UCR  Virt  Lock  Fast
//!                     (k)     (k)    (k)     (k) length      blocks cont. heap
//! -----------------------------------------------------------------------------
//! 039d0000 08000002   16576   9548  16364    190    28     5    0      1   LFH
//!     External fragmentation  14 % (346 free blocks)
//! ```
//!
//! UCR are uncommitted ranges. What is said below a heap is its note.

use super::{TableFormat, TableLine, first_words, is_address, is_hex, is_rule, labelled, without_remark};

pub const FORMAT: TableFormat = TableFormat {
    name: "heap-summary",
    commands: &["heap -s"],
    columns: &[
        "heap",
        "flags",
        "reserved k",
        "committed k",
        "virtual k",
        "free k",
        "list length",
        "uncommitted ranges",
        "virtual blocks",
        "lock contention",
        "fast heap",
        "note",
    ],
    line,
    shows: names_columns,
};

const NOTES: [&str; 3] = ["External fragmentation", "Virtual address fragmentation", "Lock contention"];

fn line(text: &str) -> Option<TableLine<'_>> {
    if names_columns(text) || names_units(text) || is_rule(text) {
        return Some(TableLine::Header);
    }
    if let Some((name, value)) =
        labelled(text, &["LFH Key", "Termination on corruption", "Global flags", "Virtual block"])
    {
        return Some(TableLine::Field(name, value));
    }
    if NOTES.iter().any(|note| text.trim_start().starts_with(note)) {
        return Some(TableLine::Cell("note", text.trim()));
    }
    let (numbers, fast_heap) = first_words::<10>(text)?;
    let fast_heap = without_remark(fast_heap);
    let [heap, flags, sizes @ ..] = numbers;
    let is_size = |word: &&str| is_hex(word) || *word == "N/A";
    let fits = is_address(heap) && is_address(flags) && sizes.iter().all(is_size) && !fast_heap.contains(' ');
    fits.then(|| TableLine::Row(numbers.into_iter().chain([fast_heap]).collect()))
}

fn names_columns(text: &str) -> bool {
    text.trim_start().starts_with("Heap")
        && matches!(first_words(text), Some((["Heap", "Flags", reserved, committed], _))
        if reserved.starts_with("Reserv") && committed.starts_with("Commit"))
}

fn names_units(text: &str) -> bool {
    text.trim_start().starts_with("(k)") && text.contains("length")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::tables::tests::check;

    #[test]
    fn lines() {
        for (text, want) in [
            ("  Heap     Flags   Reserv  Commit  Virt   Free  List   UCR  Virt  Lock  Fast ", "header"),
            ("                    (k)     (k)    (k)     (k) length      blocks cont. heap ", "header"),
            ("LFH Key                   : 0x23227b77", "field LFH Key = 0x23227b77"),
            ("Termination on corruption : ENABLED", "field Termination on corruption = ENABLED"),
            (
                "039d0000 08000002   16576   9548  16364    190    28     5    0      1   LFH",
                "row 039d0000 | 08000002 | 16576 | 9548 | 16364 | 190 | 28 | 5 | 0 | 1 | LFH",
            ),
            (
                "0000013844ff0000 00001002    1280    120   1080     43     9     2    0    N/A      ",
                "row 0000013844ff0000 | 00001002 | 1280 | 120 | 1080 | 43 | 9 | 2 | 0 | N/A | ",
            ),
            (
                "    External fragmentation  14 % (346 free blocks)",
                "cell note = External fragmentation  14 % (346 free blocks)",
            ),
            (
                "039d0000 08000002 38723428 38460592 38721872 823790 29376 2601 3 af46c4   LFH    <----- 38 GB!",
                "row 039d0000 | 08000002 | 38723428 | 38460592 | 38721872 | 823790 | 29376 | 2601 | 3 | af46c4 | LFH",
            ),
            (
                "039d0000 08008000 64 4 64 2 1 1 0 0   // small",
                "row 039d0000 | 08008000 | 64 | 4 | 64 | 2 | 1 | 1 | 0 | 0 | ",
            ),
            ("words of prose", "nothing"),
        ] {
            check(&FORMAT, text, want);
        }
    }
}
