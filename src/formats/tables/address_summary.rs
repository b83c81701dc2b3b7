//! `!address -summary`: the address space of a process, summed up by use, type, state and protection.
//!
//! ```text
//! --- Usage Summary ---------------- RgnCount ----------- Total Size -------- %ofBusy %ofTotal
//! Free                                    579     7df9`74541000 ( 125.974 TB)           98.42%
//! <unknown>                               912      206`7c9dc000 (   2.025 TB)  99.99%    1.58%
//! --- Largest Region by Usage ----------- Base Address -------- Region Size ----------
//! Free                                      1`56710000     7dfc`cd490000 ( 125.987 TB)
//! ```
//!
//! Debuggers before 6.12 print kilobytes and the use last, with different names:
//!
//! ```text
//! -------------------- Usage SUMMARY --------------------------
//!     TotSize (      KB)   Pct(Tots) Pct(Busy)   Usage
//!    29b32000 (  683208) : 32.58%    41.98%    : RegionUsageIsVAD
//!        Tot: 7fff0000 (2097088 KB) Busy: 6353f000 (1627388 KB)
//! ```
//!
//! What is free has no share of what is busy. Of a single address the fields are read: `Usage:                  Heap`.

use super::{TableFormat, TableLine, is_count, is_hex, is_rule, labelled};

pub const FORMAT: TableFormat = TableFormat {
    name: "address-summary",
    commands: &["address"],
    columns: &[
        "usage",
        "regions",
        "size",
        "readable size",
        "percent of busy",
        "percent of total",
        "base address",
        "kilobytes",
    ],
    line,
    shows,
};

const LABELS: [&str; 16] = [
    "Tot",
    "Largest free region",
    "Usage",
    "Base Address",
    "End Address",
    "Region Size",
    "State",
    "Protect",
    "Type",
    "Allocation Base",
    "Allocation Protect",
    "Image Path",
    "Module Name",
    "Loaded Image Name",
    "Mapped Image Name",
    "More info",
];

fn line(text: &str) -> Option<TableLine<'_>> {
    if is_header(text) {
        return Some(TableLine::Header);
    }
    if let Some((name, value)) = labelled(text, &LABELS) {
        return Some(TableLine::Field(name, value));
    }
    let (before, behind) = text.split_once('(')?;
    let (size, behind) = behind.split_once(')')?;
    let row = if behind.contains(':') { old_row(before, size, behind) } else { row(before, size, behind) };
    row.map(|cells| TableLine::Row(cells.to_vec()))
}

/// `Heap   81   0`05a27000 (  90.152 MB)   0.00%    0.00%`, or a region with its base address and no percentages.
fn row<'t>(before: &'t str, readable: &'t str, percents: &'t str) -> Option<[&'t str; 8]> {
    let (before, size) = before.trim().rsplit_once(char::is_whitespace)?;
    let (usage, number) = before.trim().rsplit_once(char::is_whitespace)?;
    let (usage, readable) = (usage.trim(), readable.trim());
    if !is_hex(size) || !readable.to_ascii_lowercase().ends_with('b') {
        return None;
    }
    let (busy, total) = match percents.split_whitespace().collect::<Vec<_>>().as_slice() {
        [] => return is_hex(number).then_some([usage, "", size, readable, "", "", number, ""]),
        [total] => ("", *total),
        [busy, total] => (*busy, *total),
        _ => return None,
    };
    (is_count(number) && total.ends_with('%')).then_some([usage, number, size, readable, busy, total, "", ""])
}

/// `29b32000 (  683208) : 32.58%    41.98%    : RegionUsageIsVAD`
fn old_row<'t>(size: &'t str, kilobytes: &'t str, behind: &'t str) -> Option<[&'t str; 8]> {
    let (percents, usage) = behind.trim().strip_prefix(':')?.split_once(':')?;
    let mut percents = percents.split_whitespace();
    let (total, busy) = (percents.next()?, percents.next().unwrap_or_default());
    let (size, kilobytes) = (size.trim(), kilobytes.trim());
    let fits = is_hex(size) && is_count(kilobytes) && total.ends_with('%');
    fits.then_some([usage.trim(), "", size, "", busy, total, "", kilobytes])
}

fn is_header(text: &str) -> bool {
    let text = text.trim();
    is_title(text)
        || is_rule(text)
        || names_old_columns(text)
        || (text.starts_with("Mapping ") && text.ends_with("regions..."))
}

fn names_old_columns(text: &str) -> bool {
    text.starts_with("TotSize") && text.contains("Pct(Tots)")
}

/// A title between dashes; copies lose some of the dashes.
fn is_title(text: &str) -> bool {
    if !text.starts_with('-') {
        return false;
    }
    let new = text.contains("RgnCount") && text.contains("%ofTotal");
    let old = text.contains(" SUMMARY --") && text.ends_with("--");
    new || old || text.contains("Base Address -") && text.contains("- Region Size -")
}

fn shows(text: &str) -> bool {
    let text = text.trim();
    is_title(text) || names_old_columns(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::tables::tests::check;

    #[test]
    fn lines() {
        for (text, want) in [
            ("--- Usage Summary ---------------- RgnCount ----------- Total Size -------- %ofBusy %ofTotal", "header"),
            ("-Usage Summary -RgnCount --Total Size --- %ofBusy %ofTotal", "header"),
            (
                "<unknown>                               912      206`7c9dc000 (   2.025 TB)  99.99%    1.58%",
                "row <unknown> | 912 | 206`7c9dc000 | 2.025 TB | 99.99% | 1.58% |  | ",
            ),
            (
                "Free             1344       b656000 ( 182.336 MB)            8.90%",
                "row Free | 1344 | b656000 | 182.336 MB |  | 8.90% |  | ",
            ),
            (
                "PAGE_READWRITE|PAGE_GUARD    38    0`000e4000 ( 912.000 kB)   0.00%    0.00%",
                "row PAGE_READWRITE|PAGE_GUARD | 38 | 0`000e4000 | 912.000 kB | 0.00% | 0.00% |  | ",
            ),
            (
                "Heap                      1d5`4d1e0000        0`00fcf000 (  15.809 MB)",
                "row Heap |  | 0`00fcf000 | 15.809 MB |  |  | 1d5`4d1e0000 | ",
            ),
            ("-------------------- Usage SUMMARY --------------------------", "header"),
            ("    TotSize (      KB)   Pct(Tots) Pct(Busy)   Usage", "header"),
            (
                "   29b32000 (  683208) : 32.58%    41.98%    : RegionUsageIsVAD",
                "row RegionUsageIsVAD |  | 29b32000 |  | 41.98% | 32.58% |  | 683208",
            ),
            ("   1cab1000 (  469700) : 22.40%   : <free>", "row <free> |  | 1cab1000 |  |  | 22.40% |  | 469700"),
            (
                "       Tot: 7fff0000 (2097088 KB) Busy: 6353f000 (1627388 KB)",
                "field Tot = 7fff0000 (2097088 KB) Busy: 6353f000 (1627388 KB)",
            ),
            ("Usage:                  Heap", "field Usage = Heap"),
            ("words (of prose)", "nothing"),
        ] {
            check(&FORMAT, text, want);
        }
    }
}
