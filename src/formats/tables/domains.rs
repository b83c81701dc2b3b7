//! `!dumpdomain` of SOS: application domains and the assemblies loaded into them.
//!
//! ```text
//! Domain 1:           00000000002f7720
//! LowFrequencyHeap:   00000000002f7f68
//! Stage:              OPEN
//! Name:               clrhost
//! Assembly:           0000000000335530 [Z:\opt\dn\app2\deadlock.dll]
//! ClassLoader:        0000000000335600
//!   Module Name
//! 0000000001c33cd8            Z:\opt\dn\app2\deadlock.dll
//! ```
//!
//! The lines are those of `DomainInfo` and `AssemblyInfo` in SOS's `strike.cpp`. A domain is a row, and so is each of its
//! assemblies below it.

use super::{TableFormat, TableLine, first_words, is_address, is_rule};

pub const FORMAT: TableFormat = TableFormat {
    name: "domains",
    commands: &["dumpdomain"],
    columns: &[
        "kind",
        "address",
        "name",
        "stage",
        "module",
        "low frequency heap",
        "high frequency heap",
        "stub heap",
        "class loader",
        "security descriptor",
    ],
    line,
    shows,
};

/// The names printed, and their columns.
const CELLS: [(&str, &str); 9] = [
    ("LowFrequencyHeap", "low frequency heap"),
    ("HighFrequencyHeap", "high frequency heap"),
    ("StubHeap", "stub heap"),
    ("Stage", "stage"),
    ("Name", "name"),
    ("ClassLoader", "class loader"),
    ("SecurityDescriptor", "security descriptor"),
    ("Security Descriptor", "security descriptor"),
    ("Domain Name", "name"),
];

fn line(text: &str) -> Option<TableLine<'_>> {
    if is_rule(text) || matches!(text.trim(), "Module Name" | "Module") {
        return Some(TableLine::Header);
    }
    match first_words(text)? {
        ([module], path) if is_address(module) && !path.is_empty() => Some(TableLine::Cell("module", text.trim())),
        _ => labelled_line(text),
    }
}

fn labelled_line(text: &str) -> Option<TableLine<'_>> {
    let (name, value) = text.trim().split_once(':')?;
    let (name, value) = (name.trim(), value.trim());
    if let Some((_, column)) = CELLS.iter().find(|(printed, _)| *printed == name) {
        return Some(TableLine::Cell(column, value));
    }
    let (address, behind) = value.split_once(' ').unwrap_or((value, ""));
    let kind = name == "Assembly" || name.ends_with(" Domain") || name.starts_with("Domain ");
    let path = behind.trim().trim_start_matches('[').trim_end_matches(']');
    (kind && is_address(address)).then(|| TableLine::Row(vec![name, address, path]))
}

/// `!eeheap -loader` says more of each heap than its address.
fn shows(text: &str) -> bool {
    matches!(first_words(text), Some((["LowFrequencyHeap:", heap], "")) if is_address(heap))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::tables::tests::check;

    #[test]
    fn lines() {
        for (text, want) in [
            ("System Domain:      0000000001640110", "row System Domain | 0000000001640110 | "),
            ("Domain 1: 002f7720", "row Domain 1 | 002f7720 | "),
            ("LowFrequencyHeap:   00000000002f7f68", "cell low frequency heap = 00000000002f7f68"),
            ("Name:               /LM/W3SVC/1/ROOT-1-1303", "cell name = /LM/W3SVC/1/ROOT-1-1303"),
            (
                "Assembly:           0000000000335530 [Z:\\opt\\a b\\deadlock.dll]",
                "row Assembly | 0000000000335530 | Z:\\opt\\a b\\deadlock.dll",
            ),
            ("  Module Name", "header"),
            (
                "0000000001c33cd8            Z:\\opt\\deadlock.dll",
                "cell module = 0000000001c33cd8            Z:\\opt\\deadlock.dll",
            ),
            ("words of prose: more", "nothing"),
        ] {
            check(&FORMAT, text, want);
        }
        assert!(!shows("LowFrequencyHeap:  01c20000(3000:3000) Size: 0x3000 (12288) bytes."));
    }
}
