//! Leak reports and counters as understood, for people.

use std::io::{self, Write};

use super::layout::{BOLD, DIM, count, styled};
use super::printable;
use crate::model::{CounterSeries, LeakFigure, LeakOwner, LeakReport};

/// A leak report: its totals, then one line for each owner of memory or handles.
pub fn write_leak_report(report: &LeakReport, out: &mut dyn Write) -> io::Result<()> {
    let of = report.process.as_ref().or(report.dump.as_ref()).map(|of| format!(" of {}", printable(of)));
    writeln!(out, "\n{} line {}{}", styled(BOLD, "leak report"), report.line, of.unwrap_or_default())?;
    let totals = [
        ("tracked for", report.tracking, "s"),
        ("outstanding allocations", report.allocations, ""),
        ("outstanding handles", report.handles, ""),
        ("bytes outstanding", report.size, ""),
    ];
    for (name, figure, unit) in totals {
        let Some(LeakFigure { line, amount }) = figure else { continue };
        let line = styled(DIM, &format!("line {line:<6}"));
        writeln!(out, "      {line} {name}: {}{unit}", amount.value)?;
    }
    for owner in &report.owners {
        let line = styled(DIM, &format!("line {:<6}", owner.line));
        writeln!(out, "      {line} {} {}: {}", owner.kind.name(), printable(&owner.name), figures(owner))?;
    }
    Ok(())
}

fn figures(owner: &LeakOwner) -> String {
    let figures = [(owner.count, "allocations"), (owner.size, "bytes"), (owner.handles, "handles")];
    let known = figures.into_iter().filter_map(|(figure, what)| Some(format!("{} {what}", figure?.amount.value)));
    known.collect::<Vec<_>>().join(", ")
}

/// A counter: how many samples, from when to when, and its first and last value.
pub fn write_counter(series: &CounterSeries, out: &mut dyn Write) -> io::Result<()> {
    let samples = count(series.samples.len() as u64, "sample");
    let of = series.process.as_ref().map(|process| format!(" of {}", printable(process))).unwrap_or_default();
    write!(out, "\n{}{of} line {}, {samples}", styled(BOLD, &printable(&series.name)), series.line)?;
    let (Some(first), Some(last)) = (series.samples.first(), series.samples.last()) else { return writeln!(out) };
    let time = |sample: &crate::model::Sample| sample.time.map(|time| format!(" at {time}")).unwrap_or_default();
    writeln!(out, ": {}{} to {}{}", first.value.value, time(first), last.value.value, time(last))
}
