//! The titles of a report: its parts, and the graphs with their rows.
//!
//! ```text
//! Report for w3wp__PID__4312__Date__03_11_2016__Time_10_15_41AM__417__Manual Dump.dmp
//! Top 9 modules by allocation count
//! GdiPlus   1,370 allocation(s)
//! ```

use super::figures::{self, Figure, Measure};
use crate::formats::tokens::hex_value;
use crate::model::LeakOwnerKind;

#[derive(Debug, PartialEq)]
pub enum Title<'t> {
    /// All that DebugDiag warns of, on every dump, comes first.
    Summary,
    /// The report on one dump.
    Report(&'t str),
    /// `Dump 2`, as people title what they copy.
    Dump,
    /// What stands above the figures of one report.
    Leaks,
    /// All modules, from here on one after the other.
    Details,
    Module(&'t str),
    Graph(LeakOwnerKind),
    /// What follows belongs to one call stack.
    Sample,
    /// Any other title.
    Part,
}

pub fn of(text: &str) -> Option<Title<'_>> {
    let title = text.trim().trim_end_matches(':');
    Some(match title {
        "Analysis Summary" => Title::Summary,
        "Leak analysis" | "Leak Analysis" | "Outstanding allocation summary" => Title::Leaks,
        "Detailed module report(Memory)" | "Detailed module report(Handles)" => Title::Details,
        "Detailed module report (Memory)" | "Detailed module report (Handles)" => Title::Details,
        "Function details" | "Analysis Details" | "Back to Top" | "Top function" | "Top functions" => Title::Part,
        _ => return with_more(title),
    })
}

fn with_more(title: &str) -> Option<Title<'_>> {
    if let Some(dump) = title.strip_prefix("Report for ") {
        return is_dump(dump).then_some(Title::Report(dump.trim()));
    }
    if let Some(number) = title.strip_prefix("Dump ") {
        return is_short_number(number.trim_start_matches('#')).then_some(Title::Dump);
    }
    if title.starts_with("LeakTrack Version Loaded") {
        return Some(Title::Leaks);
    }
    if let Some(module) = title.strip_prefix("Module details for ") {
        return (!module.trim().is_empty()).then_some(Title::Module(module.trim()));
    }
    if let Some(number) = title.strip_prefix("Call stack sample ") {
        return is_short_number(number).then_some(Title::Sample);
    }
    let measure = |by: &str| {
        let known = ["allocation count", "allocation size", "handle count", "total size", "leak probability"];
        known.contains(&by)
    };
    let (what, _) = title.split_once(" by ").filter(|(_, by)| measure(by))?;
    let what = match what.strip_prefix("Top ") {
        Some(top) => top.split_once(' ').filter(|(number, _)| is_short_number(number))?.1,
        None => what,
    };
    Some(Title::Graph(match what {
        "modules" => LeakOwnerKind::Module,
        "functions" => LeakOwnerKind::Function,
        "allocation sizes" => LeakOwnerKind::BlockSize,
        "heaps" => LeakOwnerKind::Heap,
        "Memory manager statistics" => LeakOwnerKind::MemoryManager,
        "Handle type statistics" => LeakOwnerKind::HandleType,
        _ => return None,
    }))
}

/// Whether a text names a dump.
pub fn is_dump(text: &str) -> bool {
    text.trim().to_ascii_lowercase().ends_with(".dmp")
}

fn is_short_number(text: &str) -> bool {
    (1..=5).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A row of a graph: what it is about, and its figure. The bar between them leaves blanks.
pub fn row(kind: LeakOwnerKind, text: &str) -> Option<(&str, Measure, Figure)> {
    let (caption, value) = cells(text).or_else(|| pair(text))?;
    let (measure, figure) = figures::measured(value)?;
    is_caption(kind, caption).then_some((caption, measure, figure))
}

/// The first and the last cell of a line with several.
pub fn cells(text: &str) -> Option<(&str, &str)> {
    let text = text.trim();
    let first = text.find('\t').into_iter().chain(text.find("  ")).min()?;
    let last = text.rfind('\t').into_iter().chain(text.rfind("  ").map(|at| at + 1)).max()?;
    let caption = text[..first].trim().trim_end_matches([':', '=']).trim_end();
    Some((caption, text[last + 1..].trim()))
}

/// `GdiPlus = 1.17 GBytes`, `GdiPlus: 1.17 GBytes`, or one blank behind a word.
fn pair(text: &str) -> Option<(&str, &str)> {
    let found = text.rsplit_once(" = ").or_else(|| text.rsplit_once(": "));
    let (caption, value) = found.or_else(|| text.split_once(' '))?;
    Some((caption.trim(), value.trim()))
}

/// Whether a text can be what a row of such a graph is about.
pub fn is_caption(kind: LeakOwnerKind, text: &str) -> bool {
    match kind {
        LeakOwnerKind::Module => is_module(text),
        LeakOwnerKind::Function => is_function(text),
        LeakOwnerKind::BlockSize => matches!(figures::measured(text), Some((Measure::Size, _))),
        LeakOwnerKind::Heap => hex_value(text.trim_start_matches("0x")).is_some() && text.len() >= 6,
        LeakOwnerKind::MemoryManager => text.ends_with("manager"),
        LeakOwnerKind::HandleType => text.ends_with("handles"),
    }
}

/// `GdiPlus`, `Unknown module - Base address : 0x00000000`
pub fn is_module(text: &str) -> bool {
    let begins = text.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '{'));
    let word = begins && !text.contains([' ', '\t', '!', '"', '(', '=', ':', ',', '/', '\\', '`', '*', '|']);
    word || text.starts_with("Unknown module")
}

/// `GdiPlus!GpMalloc+1e`, `svc!operator new+1d`, `System_Drawing_ni+4d212`, `0x7ff010145a3`: a function as DebugDiag
/// writes it, with a hexadecimal offset without `0x`.
pub fn is_function(text: &str) -> bool {
    if text.contains(['\t', '"', '=']) || text.contains("  ") || text.len() > 1000 {
        return false;
    }
    if let Some(digits) = text.strip_prefix("0x") {
        return digits.len() >= 4 && hex_value(digits).is_some();
    }
    let (name, offset) = match text.rsplit_once('+') {
        Some((name, digits)) if hex_value(digits.trim_start_matches("0x")).is_some() => (name, true),
        _ => (text, false),
    };
    match name.split_once('!') {
        Some((module, function)) => is_module(module) && !function.trim().is_empty(),
        None => offset && is_module(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles() {
        for (text, want) in [
            ("Report for a__PID__1.dmp", Some(Title::Report("a__PID__1.dmp"))),
            ("Report for duty", None),
            ("Dump 2", Some(Title::Dump)),
            ("Dump the heap", None),
            ("LeakTrack Version Loaded: 2.1.0.7", Some(Title::Leaks)),
            ("Module details for GdiPlus", Some(Title::Module("GdiPlus"))),
            ("Top 9 modules by allocation count", Some(Title::Graph(LeakOwnerKind::Module))),
            ("Top 5 allocation sizes by total size", Some(Title::Graph(LeakOwnerKind::BlockSize))),
            ("Top 2 heaps by leak probability", Some(Title::Graph(LeakOwnerKind::Heap))),
            ("Memory manager statistics by allocation size", Some(Title::Graph(LeakOwnerKind::MemoryManager))),
            ("Top N modules by allocation count", None),
            ("Top 10 modules by downloads", None),
            ("Call stack sample 12", Some(Title::Sample)),
        ] {
            assert_eq!(of(text), want, "{text}");
        }
    }

    #[test]
    fn rows_of_graphs() {
        for (kind, text, want) in [
            (LeakOwnerKind::Module, "clr   7,615 allocation(s)", Some(("clr", Measure::Allocations))),
            (LeakOwnerKind::Module, "clr\t\t189 handle(s)", Some(("clr", Measure::Handles))),
            (LeakOwnerKind::Module, "clr: 1.2 GBytes", Some(("clr", Measure::Size))),
            (LeakOwnerKind::Module, "clr 1.2 GBytes", Some(("clr", Measure::Size))),
            (LeakOwnerKind::Module, "we saw  1.2 GBytes", None),
            (LeakOwnerKind::Function, "a!B::c+c2   97%", Some(("a!B::c+c2", Measure::Probability))),
            (LeakOwnerKind::Function, "a!B::c+c2: 05 allocation(s)", Some(("a!B::c+c2", Measure::Allocations))),
            (LeakOwnerKind::BlockSize, "8.3 MBytes   1.16 GBytes", Some(("8.3 MBytes", Measure::Size))),
            (
                LeakOwnerKind::Heap,
                "0x0000000003290000   4 allocation(s)",
                Some(("0x0000000003290000", Measure::Allocations)),
            ),
            (
                LeakOwnerKind::MemoryManager,
                "C/C++ runtime memory manager   3,419 allocation(s)",
                Some(("C/C++ runtime memory manager", Measure::Allocations)),
            ),
            (
                LeakOwnerKind::Module,
                "Unknown module - Base address : 0x01   05 allocation(s)",
                Some(("Unknown module - Base address : 0x01", Measure::Allocations)),
            ),
            (LeakOwnerKind::Module, "clr", None),
        ] {
            let got = row(kind, text).map(|(caption, measure, _)| (caption, measure));
            assert_eq!(got, want, "{text}");
        }
    }
}
