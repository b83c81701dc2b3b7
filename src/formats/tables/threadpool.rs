//! `!threadpool` of SOS: how busy the runtime's thread pool is.
//!
//! ```text
//! CPU utilization: 50%
//! Worker Thread: Total: 12 Running: 12 Idle: 0 MaxLimit: 32767 MinLimit: 8
//! Work Request in Queue: 0
//! Number of Timers: 1
//! Completion Port Thread:Total: 0 Free: 0 MaxFree: 4 CurrentLimit: 0 MaxLimit: 1000 MinLimit: 8
//! ```
//!
//! The lines are those of `ThreadPool` in SOS's `strike.cpp`; a row is a kind of thread. SOS 2.0 has no colon behind
//! `CPU utilization`. Newer ones (`ThreadPoolCommand`) print a number a line: `Workers Running:  12`; these are fields.

use super::{TableFormat, TableLine, first_words, is_count, is_rule, labelled};

pub const FORMAT: TableFormat = TableFormat {
    name: "threadpool",
    commands: &["threadpool"],
    columns: &["threads", "total", "running", "idle", "free", "max free", "current limit", "max limit", "min limit"],
    line,
    shows,
};

const LABELS: [&str; 16] = [
    "CPU utilization",
    "Work Request in Queue",
    "Number of Timers",
    "Workers Total",
    "Workers Running",
    "Workers Idle",
    "Worker Min Limit",
    "Worker Max Limit",
    "Thread count",
    "Completion Total",
    "Completion Free",
    "Completion MaxFree",
    "Completion Current Limit",
    "Completion Min Limit",
    "Completion Max Limit",
    "Unknown Function",
];

/// What is printed of each kind of thread, in the order of the columns.
const COUNTS: [&str; 8] = ["Total", "Running", "Idle", "Free", "MaxFree", "CurrentLimit", "MaxLimit", "MinLimit"];

fn line(text: &str) -> Option<TableLine<'_>> {
    if is_rule(text) || text.trim().ends_with("thread pool.") {
        return Some(TableLine::Header);
    }
    if let Some((name, value)) = labelled(text, &LABELS) {
        return Some(TableLine::Field(name, value));
    }
    if let Some((["CPU", "utilization", percent], "")) = first_words(text) {
        return Some(TableLine::Field(LABELS[0], percent));
    }
    threads(text).map(TableLine::Row)
}

fn threads(text: &str) -> Option<Vec<&str>> {
    let (name, behind) = text.trim().split_once(':')?;
    let mut cells = vec![name];
    cells.resize(COUNTS.len() + 1, "");
    let mut words = behind.split_whitespace();
    while let Some(word) = words.next() {
        let at = COUNTS.iter().position(|count| word.strip_suffix(':') == Some(count))?;
        cells[at + 1] = words.next().filter(|value| is_count(value))?;
    }
    name.ends_with(" Thread").then_some(cells)
}

fn shows(text: &str) -> bool {
    let text = text.trim_start();
    (text.starts_with("Worker Thread:") || text.starts_with("Completion Port Thread:")) && threads(text).is_some()
        || text.starts_with("CPU utilization") && text.trim_end().ends_with('%') && line(text).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::tables::tests::check;

    #[test]
    fn lines() {
        for (text, want) in [
            ("CPU utilization: 81%", "field CPU utilization = 81%"),
            ("CPU utilization 81%", "field CPU utilization = 81%"),
            (
                "Worker Thread: Total: 12 Running: 12 Idle: 0 MaxLimit: 32767 MinLimit: 8",
                "row Worker Thread | 12 | 12 | 0 |  |  |  | 32767 | 8",
            ),
            (
                "Completion Port Thread:Total: 2 Free: 2 MaxFree: 8 CurrentLimit: 2 MaxLimit: 1000 MinLimit: 4",
                "row Completion Port Thread | 2 |  |  | 2 | 8 | 2 | 1000 | 4",
            ),
            ("Work Request in Queue: 3", "field Work Request in Queue = 3"),
            ("--------------------------------------", "header"),
            ("Using the Portable thread pool.", "header"),
            ("Workers Running:  12", "field Workers Running = 12"),
            ("Worker Thread: is what we call it", "nothing"),
        ] {
            check(&FORMAT, text, want);
        }
        assert!(!shows("CPU utilization was at 90%"));
    }
}
