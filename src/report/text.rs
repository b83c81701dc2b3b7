//! The report for people: findings first, worst first, each with its proof.

use std::io::{self, Write};

use super::activity::write_activity;
use super::ladder::{write_asks, write_rungs};
use super::layout::{BOLD, DIM, count, frame_label, paragraph, severity_style, stack_label, styled};
use super::near_miss::write_near_misses;
use super::rule_page::write_advice;
use super::{CaseReport, Report, printable};
use crate::finding::{EvidenceKind, Finding, ShownRow, ShownView};
use crate::model::{NoteCode, StackKind};
use crate::rules::RuleSet;

/// Threads named in full.
const THREADS_NAMED: usize = 12;

/// Writes the report, wrapped at `width` columns.
pub fn render_text(report: &Report<'_>, out: &mut dyn Write, width: usize) -> io::Result<()> {
    for case in &report.cases {
        if report.cases.len() > 1 {
            writeln!(out, "{}\n", styled(BOLD, &format!("== {} ==", printable(&case.name))))?;
        }
        for finding in &case.findings {
            write_finding(report.rules, finding, case, out, width)?;
            writeln!(out)?;
        }
        write_suppressed(case, report.rules, out, width)?;
        write_near_misses(case, report.rules, out)?;
        write_summary(report, case, out, width)?;
    }
    Ok(())
}

fn write_finding(
    rules: &RuleSet,
    finding: &Finding,
    case: &CaseReport,
    out: &mut dyn Write,
    width: usize,
) -> io::Result<()> {
    let rule = &rules.rules[finding.rule];
    let severity = styled(severity_style(rule.severity), &rule.severity.name().to_uppercase());
    let title = styled(BOLD, &printable(&rule.title));
    writeln!(out, "{severity}  {title}  {}", styled(DIM, &format!("[{}]", rule.id)))?;
    let verdict = format!("{}, confidence {}", finding.verdict.name(), finding.confidence.name());
    let sureness = match &finding.lowered_because {
        None => verdict,
        Some(because) if finding.confidence == rule.confidence => format!("{verdict} (not certain: {because})"),
        Some(because) => {
            format!("{verdict} (lowered from {}: {because})", rule.confidence.name())
        }
    };
    paragraph(out, "  ", &sureness, width)?;
    if finding.rungs.is_empty() || finding.stacks > 0 {
        paragraph(out, "  ", &threads(finding), width)?;
    }
    writeln!(out)?;
    if let Some(message) = &finding.message {
        paragraph(out, "  ", &printable(message), width)?;
        writeln!(out)?;
    }
    if !finding.rungs.is_empty() {
        write_rungs(finding, case, out, width)?;
        writeln!(out)?;
    }
    if finding.rungs.is_empty() || !finding.behind.is_empty() || rule.asks_of_locks() {
        write_folded(rules, finding, out, width)?;
    }
    if !finding.shown.rows.is_empty() {
        write_stack(finding, case, out)?;
        write_exceptions(finding, case, out)?;
        writeln!(out)?;
    }
    write_asks(finding, out, width)?;
    write_advice(rule, out, width)
}

/// The findings that are no more than a consequence of this one; of a ladder its parts name them.
fn write_folded(rules: &RuleSet, finding: &Finding, out: &mut dyn Write, width: usize) -> io::Result<()> {
    if finding.folded.is_empty() {
        return Ok(());
    }
    let names = finding.folded.iter().map(|&rule| {
        let rule = &rules.rules[rule];
        format!("{} [{}]", printable(&rule.title), printable(&rule.id))
    });
    paragraph(out, "  Explains  ", &names.collect::<Vec<_>>().join("; "), width)?;
    writeln!(out)
}

fn threads(finding: &Finding) -> String {
    let mut names: Vec<String> = Vec::new();
    let is_of_thread = !matches!(finding.shown.kind, StackKind::Root | StackKind::Allocation);
    for thread in finding.threads.iter().filter(|_| is_of_thread) {
        let name = match (thread.thread.index, thread.thread.os_id) {
            (Some(index), _) => index.to_string(),
            (None, Some(os_id)) => format!("{os_id:#x}"),
            (None, None) => continue,
        };
        if !names.contains(&name) {
            names.push(name);
        }
        if names.len() > THREADS_NAMED {
            break;
        }
    }
    if finding.stacks == 0 {
        return "told by the text".to_string();
    }
    let group = finding.group.as_ref().map(|group| format!(" with {}", printable(group))).unwrap_or_default();
    let what = match finding.shown.kind {
        StackKind::Root => "root",
        StackKind::Allocation => "trace",
        _ => "stack",
    };
    let stacks = format!("on {}{group}", count(finding.stacks, what));
    let more = names.len() > THREADS_NAMED;
    names.truncate(THREADS_NAMED);
    match (names.len(), more) {
        (0, _) => stacks,
        (1, false) if finding.stacks > 1 => format!("{stacks} of thread {}", names[0]),
        (1, false) => format!("{stacks}: thread {}", names[0]),
        // One thread may be printed by several commands.
        (known, false) if (known as u64) < finding.stacks => {
            format!("{stacks} of {known} threads: {}", names.join(", "))
        }
        (_, false) => format!("{stacks}: threads {}", names.join(", ")),
        (_, true) => format!("{stacks}: threads {} and more", names.join(", ")),
    }
}

/// The matched frames with number and line, what lies between them, and what is missing.
fn write_stack(finding: &Finding, case: &CaseReport, out: &mut dyn Write) -> io::Result<()> {
    let shown = &finding.shown;
    let source = case.sources.get(shown.source).map_or("", |source| source.name.as_str());
    // Words without frames may tell of something else than an exception.
    let has_frames = finding.evidence.iter().any(|evidence| evidence.frame.is_some());
    let what = match shown.kind {
        StackKind::Exception if !has_frames => "told".to_string(),
        kind => stack_label(kind, &shown.thread),
    };
    let place = format!("{} in {}, line {}", printable(&what), printable(source), shown.line);
    writeln!(out, "  {}", styled(DIM, &format!("{place}{}", view_label(shown.view, case))))?;
    for row in &without_tail(&shown.rows) {
        match row {
            ShownRow::Matched(index) => {
                let evidence = &finding.evidence[*index];
                let line = styled(DIM, &format!("line {:<6}", evidence.line));
                let number = evidence.frame.map_or("  ".to_string(), |frame| frame_label(shown.dialect, frame));
                writeln!(out, "  {number}  {line} {}", printable(&evidence.text))?;
            }
            ShownRow::Skipped(frames) => {
                writeln!(out, "      {}", styled(DIM, &format!("... {}", count(*frames as u64, "frame"))))?;
            }
            ShownRow::Missing(frames) => {
                let what = match frames {
                    Some(frames) => count(u64::from(*frames), "frame"),
                    None => "frames".to_string(),
                };
                writeln!(out, "      {}", styled(BOLD, &format!("--- {what} missing from the text ---")))?;
            }
        }
    }
    Ok(())
}

/// The exception that was asked for beside the stack: it may stand elsewhere.
fn write_exceptions(finding: &Finding, case: &CaseReport, out: &mut dyn Write) -> io::Result<()> {
    for (index, evidence) in finding.evidence.iter().enumerate() {
        let is_shown = finding.shown.rows.contains(&ShownRow::Matched(index));
        if evidence.kind != EvidenceKind::Exception || is_shown {
            continue;
        }
        let source = case.sources.get(evidence.source).map_or("", |source| source.name.as_str());
        writeln!(out, "  {}", styled(DIM, &format!("exception in {}, line {}", printable(source), evidence.line)))?;
        writeln!(out, "      {}", printable(&evidence.text))?;
    }
    Ok(())
}

/// Which view of the thread it is, where there are others.
fn view_label(view: Option<ShownView>, case: &CaseReport) -> String {
    match view {
        None => String::new(),
        Some(ShownView::Completed { source, line }) => {
            let source = case.sources.get(source).map_or("", |source| source.name.as_str());
            format!(", native view; managed frames from {}, line {line}", printable(source))
        }
        Some(view) => format!(", {} view", view.name()),
    }
}

/// What lies below the last frame that matters is one row, or two where frames are missing.
fn without_tail(rows: &[ShownRow]) -> Vec<ShownRow> {
    let end = rows.iter().rposition(|row| matches!(row, ShownRow::Matched(_))).map_or(0, |last| last + 1);
    let (mut shown, tail) = (rows[..end].to_vec(), &rows[end..]);
    let skipped = tail.iter().map(|row| if let ShownRow::Skipped(frames) = row { *frames } else { 0 }).sum();
    let missing: Vec<Option<u32>> =
        tail.iter().filter_map(|row| if let ShownRow::Missing(frames) = row { Some(*frames) } else { None }).collect();
    if skipped > 0 {
        shown.push(ShownRow::Skipped(skipped));
    }
    if !missing.is_empty() {
        shown.push(ShownRow::Missing(missing.into_iter().sum()));
    }
    shown
}

/// What settings keep out of the report, and what other evidence refutes.
fn write_suppressed(case: &CaseReport, rules: &RuleSet, out: &mut dyn Write, width: usize) -> io::Result<()> {
    for found in &case.suppressed {
        let suppression = &rules.suppressions[found.suppression];
        let stacks = if found.stacks > 0 { format!(" on {}", count(found.stacks, "stack")) } else { String::new() };
        let until = suppression.expires.map(|date| format!(", until {date}")).unwrap_or_default();
        let rule = printable(&rules.rules[found.rule].id);
        let text = format!("suppressed: {rule}{stacks} ({}{until})", printable(&suppression.reason));
        paragraph(out, "", &text, width)?;
    }
    for refuted in &case.refuted {
        let rule = printable(&rules.rules[refuted.rule].id);
        let text = format!("not reported: {rule}, refuted by {}", printable(&refuted.because));
        paragraph(out, "", &text, width)?;
    }
    if !case.suppressed.is_empty() || !case.refuted.is_empty() {
        writeln!(out)?;
    }
    Ok(())
}

fn write_summary(report: &Report<'_>, case: &CaseReport, out: &mut dyn Write, width: usize) -> io::Result<()> {
    let counts = case.summary;
    let findings = match case.findings.len() {
        0 => "no known-bad pattern".to_string(),
        found => count(found as u64, "finding"),
    };
    let mut parts = vec![count(counts.stacks, "stack"), count(counts.frames, "frame")];
    if counts.missing_frames > 0 {
        parts.push(format!("{} missing", counts.missing_frames));
    }
    if counts.leak_reports > 0 {
        parts.push(count(counts.leak_reports, "leak report"));
    }
    if counts.counters > 0 {
        parts.push(count(counts.counters, "counter"));
    }
    if counts.heap_tables > 0 {
        parts.push(count(counts.heap_tables, "heap table"));
    }
    let sources = count(case.sources.len() as u64, "source");
    let rules = count(report.rules.finding_rules().count() as u64, "rule");
    let summary = format!("{findings} in {sources} by {rules}: {}", parts.join(", "));
    paragraph(out, "", &summary, width)?;
    write_activity(case, report.rules, report.lists_unexplained, out, width)?;
    let name = |source: usize| case.sources.get(source).map_or("", |source| source.name.as_str());
    let (silent, others): (Vec<_>, Vec<_>) =
        case.notes.iter().partition(|(_, note)| note.code == NoteCode::NothingRecognised);
    for (source, note) in others {
        let line = if note.line > 0 { format!(", line {}", note.line) } else { String::new() };
        let place = format!("note {}  {}{line}: ", note.code.code(), printable(name(*source)));
        paragraph(out, "  ", &format!("{place}{}", printable(&note.message)), width)?;
    }
    if !silent.is_empty() {
        let code = NoteCode::NothingRecognised.code();
        let names: Vec<_> = silent.iter().map(|(source, _)| printable(name(*source))).collect();
        paragraph(out, "  ", &format!("note {code}  no call stack in {}", names.join(", ")), width)?;
    }
    writeln!(out)
}
