//! Leak reports of DebugDiag's memory analysis, made from what LeakTrack.dll recorded in the process.
//!
//! ```text
//! Report for w3wp__LabelForms__PID__4312__Date__03_11_2016__Time_10_15_41AM__417__Manual Dump.dmp
//! Outstanding allocation summary
//! Number of allocations   13,155 allocations
//! Top 9 modules by allocation size
//! GdiPlus   1.17 GBytes
//! Module Name   GdiPlus
//! Allocation Count   1370 allocation(s)
//! Function   GdiPlus!GpMemoryBitmap::AllocBitmapData+c2
//! Call stack sample 1
//! ```
//!
//! A line is a title, a sentence, a label with its value, or the row of a graph. [`LeakReading`] knows in which part of
//! the report it stands, and so of what a figure is said. Call stack samples are a dialect of stacks, `leaktrack`.
//!
//! | file | what it reads |
//! |---|---|
//! | `reading` | which part of a report the lines stand in, and so of what a figure is said |
//! | `titles` | the parts of a report; graphs and their rows |
//! | `labels` | what the values of a table are called |
//! | `sentences` | warnings, and sentences on one function |
//! | `figures` | sizes, counts, durations, in the separators of any language |
//! | `draft` | all statements of one report, put together |

mod draft;
mod figures;
mod labels;
mod reading;
mod sentences;
mod titles;

use labels::Label;
use titles::Title;

pub use reading::{LeakReading, Understood};

/// Whether a line is surely part of a report.
pub fn is_known(text: &str) -> bool {
    let text = text.trim();
    // Without its first quotation mark, a string in program code ends in one of these.
    if !may_begin(text) || text.ends_with(['"', ',', '\\']) {
        return false;
    }
    let total = |(label, value): (Label, &str)| label.begins_report() && figures::count(value).is_some();
    let part = matches!(titles::of(text), Some(Title::Report(_) | Title::Leaks | Title::Graph(_) | Title::Module(_)));
    part || sentences::of(text).is_some() || labels::split(text).is_some_and(total)
}

/// Asked of any line that nothing else knows: whether it is worth a closer look.
fn may_begin(text: &str) -> bool {
    const STARTS: [&str; 12] = [
        "Number of ",
        "Total ",
        "Top ",
        "Leak",
        "Outstanding allocation summary",
        "Detailed module report",
        "Module ",
        "Report for ",
        "Dump ",
        "Memory manager statistics",
        "Handle ",
        "Allocation ",
    ];
    let first = text.as_bytes().first().copied().unwrap_or_default();
    (b"NTLODMRHA".contains(&first) && STARTS.iter().any(|start| text.starts_with(start)))
        || text.contains("outstanding allocations")
        || text.contains(" takes ")
}

#[cfg(test)]
mod tests;
