//! `!heap -stat -h`: what a heap holds, summed up by the size of its blocks. All numbers but the last are hexadecimal.
//!
//! ```text
//!  heap @ 039d0000
//! group-by: TOTSIZE max-display: 20
//!     size     #blocks     total     ( %) (percent of total busy bytes)
//!     190 5328 - 81ee80  (97.61)
//!     4000 2 - 8000  (0.38)
//! ```
//!
//! Without `-h` each heap has totals only: `_HEAP 00360000`, `Reserved  bytes 00040000`.

use super::{TableFormat, TableLine, first_words, is_address, is_hex};

pub const FORMAT: TableFormat = TableFormat {
    name: "heap-stat",
    commands: &["heap -stat"],
    columns: &["size", "blocks", "total", "percent"],
    line,
    shows: names_columns,
};

const TOTALS: [&str; 5] = ["Segments", "Reserved", "Committed", "VirtAllocBlocks", "VirtAlloc"];

fn line(text: &str) -> Option<TableLine<'_>> {
    if is_header(text) {
        return Some(TableLine::Header);
    }
    row(text).or_else(|| total(text))
}

/// `190 5328 - 81ee80  (97.61)`
fn row(text: &str) -> Option<TableLine<'_>> {
    let ([size, blocks, "-", total, percent], _) = first_words(text)? else { return None };
    let percent = percent.strip_prefix('(')?.strip_suffix(')')?;
    let share = percent.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    (share && [size, blocks, total].into_iter().all(is_hex)).then(|| TableLine::Row(vec![size, blocks, total, percent]))
}

/// `VirtAlloc bytes 00000000`
fn total(text: &str) -> Option<TableLine<'_>> {
    let (name, value) = text.trim().rsplit_once(char::is_whitespace)?;
    let name = name.trim_end();
    if matches!(name, "_HEAP" | "heap @") {
        return is_address(value).then_some(TableLine::Field("heap", value));
    }
    let known = name.split_whitespace().next().is_some_and(|first| TOTALS.contains(&first));
    (known && is_address(value)).then_some(TableLine::Field(name, value))
}

fn is_header(text: &str) -> bool {
    let text = text.trim();
    names_columns(text) || text.starts_with("group-by:") || text.starts_with("Allocations statistics for")
}

fn names_columns(text: &str) -> bool {
    text.contains("#blocks")
        && matches!(first_words(text), Some((["size", "#blocks", "total"], behind)) if behind.contains("percent of total"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::tables::tests::check;

    #[test]
    fn lines() {
        for (text, want) in [
            (" heap @ 0000015d85bb0000", "field heap = 0000015d85bb0000"),
            ("group-by: TOTSIZE max-display: 20", "header"),
            ("    size     #blocks     total     ( %) (percent of total busy bytes)", "header"),
            ("    28 14b40 - 33c200  (38.60)", "row 28 | 14b40 | 33c200 | 38.60"),
            ("_HEAP 00360000", "field heap = 00360000"),
            ("         Reserved  bytes 00040000", "field Reserved  bytes = 00040000"),
            ("     Segments            00000001", "field Segments = 00000001"),
            ("a be - c (d)", "nothing"),
            ("words of prose", "nothing"),
        ] {
            check(&FORMAT, text, want);
        }
    }
}
