//! The parts of the evidence that a finding rests on, and what to collect for the rest.

use std::io::{self, Write};

use super::layout::{BOLD, paragraph, styled};
use super::{CaseReport, printable};
use crate::finding::{EvidenceState, Finding, RungState};

/// Writes every part of the evidence with its mark: `+` it holds, `!` the texts say the opposite, `?` they do not decide
/// it, `-` they say nothing.
pub fn write_rungs(finding: &Finding, case: &CaseReport, out: &mut dyn Write, width: usize) -> io::Result<()> {
    let widest = finding.rungs.iter().map(|rung| rung.name.chars().count()).max().unwrap_or_default();
    for rung in &finding.rungs {
        let first = format!("  {} {:<widest$}  ", sign(rung), rung.name);
        let chart = if rung.chart.is_empty() { String::new() } else { format!("{} ", rung.chart) };
        let said = format!("{chart}{}{}", printable(&rung.said), places(rung, case));
        paragraph(out, &first, &said, width)?;
    }
    Ok(())
}

/// ` (leaktrack-1.txt:6, leaktrack-2.txt:6)`: files without their folders.
fn places(rung: &RungState, case: &CaseReport) -> String {
    let place = |(source, line): &(usize, u32)| {
        let name = case.sources.get(*source).map_or("", |source| source.name.as_str());
        let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
        format!("{}:{line}", printable(name))
    };
    let places: Vec<String> = rung.places.iter().map(place).collect();
    if places.is_empty() { String::new() } else { format!(" ({})", places.join(", ")) }
}

fn sign(rung: &RungState) -> char {
    match rung.state {
        EvidenceState::Holds => '+',
        EvidenceState::Contradicted => '!',
        EvidenceState::Undecided => '?',
        EvidenceState::Missing => '-',
    }
}

/// Writes what would make the proof stronger.
pub fn write_asks(finding: &Finding, out: &mut dyn Write, width: usize) -> io::Result<()> {
    if finding.ask.is_empty() {
        return Ok(());
    }
    writeln!(out, "  {}", styled(BOLD, "To be surer, collect"))?;
    let widest = finding.ask.iter().map(|ask| ask.rung.chars().count()).max().unwrap_or_default();
    for ask in &finding.ask {
        paragraph(out, &format!("    {:<widest$}  ", ask.rung), &printable(&ask.text), width)?;
    }
    writeln!(out)
}
