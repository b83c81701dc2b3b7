//! What is counted at a moment: threads, work that is queued, threads that wait for locks.

use std::collections::BTreeSet;

use super::courses::Ids;
use super::{CaptureCollection, ProcessMoment, ThreadKey};
use crate::model::Table;

/// One figure of a moment.
#[derive(Clone, Debug, PartialEq)]
pub struct CaptureFigure {
    /// `threads`, `pool-threads`, `pool-queue`, `lock-waiters`
    pub name: &'static str,
    pub value: u64,
    pub source: usize,
    pub line: u32,
}

/// Takes in what a table counts.
pub fn add(source: usize, table: &Table, figures: &mut Vec<CaptureFigure>) {
    let number = |text: &str| text.replace([',', '.'], "").parse::<u64>().ok();
    match table.name {
        "threadpool" => {
            for field in &table.fields {
                let name = match field.name.as_str() {
                    "Work Request in Queue" => "pool-queue",
                    "Workers Total" => "pool-threads",
                    _ => continue,
                };
                let line = field.line;
                figures.extend(number(&field.value).map(|value| CaptureFigure { name, value, source, line }));
            }
            for row in table.rows.iter().filter(|row| table.cell(row, "threads") == Some("Worker Thread")) {
                let (name, line) = ("pool-threads", row.line);
                let total = table.cell(row, "total").and_then(number);
                figures.extend(total.map(|value| CaptureFigure { name, value, source, line }));
            }
        }
        // `MonitorHeld` is 1 for the owner and 2 for each waiter.
        "syncblk" => {
            let held = |row| table.cell(row, "monitor held").and_then(number).unwrap_or_default();
            let value = table.rows.iter().map(|row| held(row) / 2).sum();
            figures.push(CaptureFigure { name: "lock-waiters", value, source, line: table.line });
        }
        _ => {}
    }
}

/// Takes in which of the debugger's numbers is which of the system's ids.
pub fn add_ids(source: usize, table: &Table, ids: &mut Vec<(usize, u32, u32, u64)>) {
    for row in &table.rows {
        let index = table.cell(row, "index").and_then(|index| index.parse().ok());
        let os_id = table.cell(row, "os id").map(|id| id.trim_start_matches("0x"));
        let os_id = os_id.and_then(|id| u64::from_str_radix(id, 16).ok()).filter(|&id| id > 0);
        ids.extend(index.zip(os_id).map(|(index, os_id)| (source, row.line, index, os_id)));
    }
}

/// Gives the figures to their moments; of one that is printed twice the first counts. Threads are those that have a stack.
pub fn put(
    all: &CaptureCollection,
    moment_of: &[Option<usize>],
    moment_at: &dyn Fn(usize, u32) -> Option<usize>,
    ids: &Ids,
    moments: &mut [ProcessMoment],
) {
    let mut threads: Vec<BTreeSet<ThreadKey>> = vec![BTreeSet::new(); moments.len()];
    let mut first: Vec<Option<(usize, u32)>> = vec![None; moments.len()];
    for (standing, moment) in all.standings.iter().zip(moment_of) {
        let Some(moment) = *moment else { continue };
        threads[moment].extend(ids.key_of(moment, &standing.thread));
        first[moment] = first[moment].or(Some((standing.source, standing.line)));
    }
    for (moment, (threads, first)) in moments.iter_mut().zip(threads.iter().zip(first)) {
        if let (Some((source, line)), false) = (first, threads.is_empty()) {
            let value = threads.len() as u64;
            moment.figures.push(CaptureFigure { name: "threads", value, source, line });
        }
    }
    for figure in &all.figures {
        let Some(moment) = moment_at(figure.source, figure.line) else { continue };
        let known = &mut moments[moment].figures;
        if !known.iter().any(|other| other.name == figure.name) {
            known.push(figure.clone());
        }
    }
}
