//! `!heapstat` of SOS, `gcheapstat` of newer ones: what each generation of each heap holds, and how much of it is free.
//!
//! ```text
//! Heap             Gen0         Gen1         Gen2          LOH
//! Heap0       147705848      1719008    515352896       200208
//!
//! Free space:                                                 Percentage
//! Heap0        26358048        52032    442079744        33920SOH: 70% LOH: 16%
//! ```
//!
//! The rows are those of `HeapStat` in SOS's `strike.cpp`; POH came with .NET 5. Those of `GCHeapStatCommand` are set to the
//! left, begin with EPH where the runtime has segments for several generations, and are printed once more for `Committed
//! space`. With several heaps the last row is `Total`. FRZ has a title there and no figures.

use super::{TableFormat, TableLine, is_count};

pub const FORMAT: TableFormat = TableFormat {
    name: "gcheapstat",
    commands: &["heapstat", "gcheapstat"],
    columns: &["heap", "ephemeral", "gen0", "gen1", "gen2", "loh", "poh", "percentage"],
    line,
    shows,
};

/// Titles above the rows that are not of what is allocated. They are fields without a value.
const TITLES: [&str; 3] = ["Free space", "Unrooted objects", "Committed space"];

fn line(text: &str) -> Option<TableLine<'_>> {
    if shows(text) {
        return Some(TableLine::Header);
    }
    let text = text.trim();
    if let Some((title, behind)) = text.split_once(':')
        && TITLES.contains(&title)
    {
        return matches!(behind.trim(), "" | "Percentage").then_some(TableLine::Field(title, ""));
    }
    row(text)
}

/// `Heap0 26358048 52032 442079744 33920SOH: 70% LOH: 16%`: four figures, five with POH, six with EPH before the others.
fn row(text: &str) -> Option<TableLine<'_>> {
    let (figures, percentage) = text.split_at(text.find("SOH:").or_else(|| text.find("LOH:")).unwrap_or(text.len()));
    let mut words = figures.split_whitespace();
    let heap = words.next().filter(|heap| *heap == "Total" || heap.strip_prefix("Heap").is_some_and(is_count))?;
    let figures: Vec<&str> = words.collect();
    if !figures.iter().all(|figure| is_count(figure)) {
        return None;
    }
    let mut cells = vec![heap];
    match figures.as_slice() {
        [_, _, _, _] => cells.extend(std::iter::once("").chain(figures).chain([""])),
        [_, _, _, _, _] => cells.extend(std::iter::once("").chain(figures)),
        [_, _, _, _, _, _] => cells.extend(figures),
        _ => return None,
    }
    cells.push(percentage);
    Some(TableLine::Row(cells))
}

fn shows(text: &str) -> bool {
    let mut words = text.split_whitespace();
    words.next() == Some("Heap") && words.find(|word| *word != "EPH") == Some("Gen0") && words.next() == Some("Gen1")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::tables::tests::check;

    #[test]
    fn lines() {
        for (text, want) in [
            ("Heap             Gen0         Gen1         Gen2          LOH", "header"),
            ("Heap     EPH          Gen0         Gen1         Gen2         LOH          POH", "header"),
            (
                "Heap0       147705848      1719008    515352896       200208",
                "row Heap0 |  | 147705848 | 1719008 | 515352896 | 200208 |  | ",
            ),
            (
                "Heap0        26358048        52032    442079744        33920SOH: 70% LOH: 16%",
                "row Heap0 |  | 26358048 | 52032 | 442079744 | 33920 |  | SOH: 70% LOH: 16%",
            ),
            ("Total 1 2 3 4 5", "row Total |  | 1 | 2 | 3 | 4 | 5 | "),
            ("Heap1 9 1 2 3 4 5 SOH:5%  LOH:0%", "row Heap1 | 9 | 1 | 2 | 3 | 4 | 5 | SOH:5%  LOH:0%"),
            ("Free space:                                                 Percentage", "field Free space = "),
            ("Committed space:", "field Committed space = "),
            ("Free space: 4 GB", "nothing"),
            ("Heap0 1 2", "nothing"),
            ("Heap 0 at 1 2 3", "nothing"),
        ] {
            check(&FORMAT, text, want);
        }
    }
}
