//! The comparison for people: first the answer, then what is new, still there, fixed, or cannot be told, then figures.

use std::io::{self, Write};

use jiff::civil::DateTime;

use super::figures::write_figures;
use super::{DiffCase, DiffReport, DiffSide};
use crate::facts::Change;
use crate::facts::in_words::minutes;
use crate::finding::{ComparedFinding, Fate, SameBy};
use crate::report::layout::{BOLD, DIM, count, paragraph, severity_style, styled};
use crate::report::printable;

/// Findings that are named where nothing changed.
const NAMED: usize = 4;

/// Writes the comparison, wrapped at `width` columns.
pub fn render_diff_text(report: &DiffReport<'_>, out: &mut dyn Write, width: usize) -> io::Result<()> {
    for case in &report.cases {
        if report.cases.len() > 1 {
            writeln!(out, "{}\n", styled(BOLD, &format!("== {} ==", printable(&case.name))))?;
        }
        if case.is_as_it_was() && case.remarks().is_empty() {
            write_nothing_changed(case, out, width)?;
        } else {
            write_case(case, out, width)?;
        }
        if report.cases.len() > 1 {
            writeln!(out)?;
        }
    }
    Ok(())
}

/// Three lines.
fn write_nothing_changed(case: &DiffCase, out: &mut dyn Write, width: usize) -> io::Result<()> {
    let (old, new) = (printable(&case.old.name), printable(&case.new.name));
    paragraph(out, "", &format!("{} from {old} to {new}{}", styled(BOLD, "Nothing changed"), between(case)), width)?;
    let mut names: Vec<String> = case.fates.iter().map(|fate| printable(&fate.finding().rule).into_owned()).collect();
    let more = names.len().saturating_sub(NAMED);
    names.truncate(NAMED);
    if more > 0 {
        names.push(format!("{more} more"));
    }
    let findings = match case.fates.len() {
        0 => "no known-bad pattern in either".to_string(),
        found => format!("{} still there: {}", count(found as u64, "finding"), names.join(", ")),
    };
    paragraph(out, "  ", &findings, width)?;
    let is_compared = |change: &Change| matches!(change, Change::Same | Change::Unclear(_));
    let compared = case.changes.figures.iter().filter(|figure| is_compared(&figure.change)).count();
    let figures = match compared {
        0 => "no figure that both measure".to_string(),
        figures => format!("{} compared, and no clear change", count(figures as u64, "figure")),
    };
    paragraph(out, "  ", &figures, width)
}

fn write_case(case: &DiffCase, out: &mut dyn Write, width: usize) -> io::Result<()> {
    write_sides(case, out, width)?;
    writeln!(out, "{}{}\n", styled(BOLD, &answer(case)), between(case))?;
    type IsPart = fn(&Fate) -> bool;
    let parts: [(&str, IsPart); 4] = [
        ("New", |fate| matches!(fate, Fate::New(_))),
        ("Still there", |fate| matches!(fate, Fate::StillThere { .. })),
        ("Fixed", |fate| matches!(fate, Fate::Fixed(_))),
        ("Cannot tell", |fate| matches!(fate, Fate::CannotTell(_))),
    ];
    for (title, is_part) in parts {
        let fates: Vec<&Fate> = case.fates.iter().filter(|fate| is_part(fate)).collect();
        if fates.is_empty() {
            continue;
        }
        writeln!(out, "{}", styled(BOLD, title))?;
        for fate in fates {
            write_fate(fate, case, out, width)?;
        }
        writeln!(out)?;
    }
    write_figures(case, out, width)
}

/// What each side is: name, time, threads.
fn write_sides(case: &DiffCase, out: &mut dyn Write, width: usize) -> io::Result<()> {
    for (number, (label, side)) in [("OLD", &case.old), ("NEW", &case.new)].into_iter().enumerate() {
        let mut said: Vec<String> = vec![printable(&side.name).into_owned()];
        said.extend(case.changes.times[number].map(|(first, last)| span(first, last)));
        let processes: Vec<_> = case.changes.processes[number].iter().map(|process| printable(process)).collect();
        said.extend((!processes.is_empty()).then(|| processes.join(", ")));
        said.push(contents(side));
        paragraph(out, &format!("{label}  "), &said.join("; "), width)?;
    }
    for remark in case.remarks() {
        paragraph(out, "     ", &printable(&remark), width)?;
    }
    let notes = [("OLD", &case.old), ("NEW", &case.new)].map(|(label, side)| (label, side.notes.len()));
    let notes: Vec<String> = notes
        .into_iter()
        .filter(|(_, notes)| *notes > 0)
        .map(|(label, notes)| format!("{} on {label}", count(notes as u64, "note")))
        .collect();
    if !notes.is_empty() {
        paragraph(out, "     ", &format!("{}; `stacklint scan` prints notes", notes.join(", ")), width)?;
    }
    writeln!(out)
}

fn span(first: DateTime, last: DateTime) -> String {
    let minute = |time: DateTime| time.strftime("%Y-%m-%d %H:%M").to_string();
    match (minute(first) == minute(last), first.date() == last.date()) {
        (true, _) => minute(first),
        (false, true) => format!("{} to {}", minute(first), last.strftime("%H:%M")),
        (false, false) => format!("{} to {}", minute(first), minute(last)),
    }
}

/// `40 threads, 3 leak reports`
fn contents(side: &DiffSide) -> String {
    let summary = &side.summary;
    let stacks = if side.threads == 0 { summary.stacks } else { 0 };
    let all = [
        (side.threads, "thread"),
        (stacks, "stack"),
        (summary.leak_reports, "leak report"),
        (summary.counters, "counter"),
        (summary.heap_tables, "heap table"),
    ];
    let there: Vec<String> =
        all.into_iter().filter(|(number, _)| *number > 0).map(|(number, word)| count(number, word)).collect();
    if there.is_empty() { "no stack and no figure".to_string() } else { there.join(", ") }
}

/// `1 new, 2 still there (1 worse), 3 fixed`
fn answer(case: &DiffCase) -> String {
    let number = |is_it: &dyn Fn(&Fate) -> bool| case.fates.iter().filter(|fate| is_it(fate)).count();
    let worse = number(&Fate::is_worse);
    let mut parts = Vec::new();
    let mut say = |number: usize, words: String| parts.extend((number > 0).then(|| format!("{number} {words}")));
    say(number(&|fate| matches!(fate, Fate::New(_))), "new".to_string());
    let worse = if worse > 0 { format!(" ({worse} worse)") } else { String::new() };
    say(number(&|fate| matches!(fate, Fate::StillThere { .. })), format!("still there{worse}"));
    say(number(&|fate| matches!(fate, Fate::Fixed(_))), "fixed".to_string());
    say(number(&|fate| matches!(fate, Fate::CannotTell(_))), "that cannot be told".to_string());
    let findings = if parts.is_empty() { "no known-bad pattern in either".to_string() } else { parts.join(", ") };
    let figures = |is_it: &dyn Fn(&Change) -> bool| {
        case.changes.figures.iter().filter(|figure| is_it(&figure.change)).count() as u64
    };
    let (grew, fell) =
        (figures(&|change| matches!(change, Change::Grew(_))), figures(&|change| matches!(change, Change::Fell(_))));
    match (grew, fell) {
        (0, 0) => findings,
        (grew, 0) => format!("{findings}; {} grew", count(grew, "figure")),
        (0, fell) => format!("{findings}; {} fell", count(fell, "figure")),
        (grew, fell) => format!("{findings}; {} grew, {fell} fell", count(grew, "figure")),
    }
}

/// `, 19 h 13 min later`
fn between(case: &DiffCase) -> String {
    let [Some((_, old)), Some((_, new))] = case.changes.times else { return String::new() };
    let later = old.duration_until(new).as_secs_f64() / 60.0;
    if later < 1.0 { String::new() } else { format!(", {} later", minutes(later)) }
}

fn write_fate(fate: &Fate, case: &DiffCase, out: &mut dyn Write, width: usize) -> io::Result<()> {
    let finding = fate.finding();
    let severity = styled(severity_style(finding.severity), &finding.severity.name().to_uppercase());
    let title = styled(BOLD, &printable(&finding.title));
    writeln!(out, "  {severity}  {title}  {}", styled(DIM, &format!("[{}]", printable(&finding.rule))))?;
    let said = match fate {
        Fate::New(new) => {
            let lacks = new.other_lacks.as_ref();
            let doubt = lacks.map(|lacks| format!("; it need not be new, for OLD has {lacks}")).unwrap_or_default();
            format!("{}{doubt}", state(new))
        }
        Fate::StillThere { old, new, same_by } => still_there(fate, old, new, *same_by),
        Fate::Fixed(old) => format!("was {}", state(old)),
        Fate::CannotTell(old) => {
            format!("was {}; NEW has {}", state(old), old.other_lacks.as_deref().unwrap_or_default())
        }
    };
    paragraph(out, "    ", &printable(&said), width)?;
    let message = finding.message.as_ref().filter(|_| matches!(fate, Fate::New(_)) || fate.is_worse());
    if let Some(message) = message {
        paragraph(out, "    ", &printable(message), width)?;
    }
    match fate {
        Fate::New(finding) => write_place("NEW", &case.new, finding, out),
        Fate::StillThere { old, new, same_by: SameBy::Rule } => {
            write_place("OLD", &case.old, old, out)?;
            write_place("NEW", &case.new, new, out)
        }
        Fate::StillThere { new, .. } => write_place("NEW", &case.new, new, out),
        Fate::Fixed(finding) | Fate::CannotTell(finding) => write_place("OLD", &case.old, finding, out),
    }
}

/// `likely, confidence high; on 12 threads`
fn state(finding: &ComparedFinding) -> String {
    let group = finding.group.as_ref().map(|group| format!(" with {group}")).unwrap_or_default();
    let threads = match finding.threads {
        0 if group.is_empty() => String::new(),
        0 => format!(";{group}"),
        threads => format!("; on {}{group}", count(threads, "thread")),
    };
    format!("{}, confidence {}{threads}", finding.verdict.name(), finding.confidence.name())
}

fn still_there(fate: &Fate, old: &ComparedFinding, new: &ComparedFinding, same_by: SameBy) -> String {
    if fate.is_as_it_was() {
        return format!("as it was: {}", state(new));
    }
    let worse = if fate.is_worse() { "worse: " } else { "" };
    let verdict = changed(new.verdict.name(), old.verdict.name());
    let confidence = changed(new.confidence.name(), old.confidence.name());
    let mut said = format!("{worse}{verdict}, confidence {confidence}");
    let group = new.group.as_ref().map(|group| format!(" with {group}")).unwrap_or_default();
    if new.threads > 0 {
        let difference = new.threads as i64 - old.threads as i64;
        let was = match difference {
            0 => String::new(),
            // It is no matter of threads there.
            _ if old.threads == 0 => String::new(),
            _ => format!(", {} before ({difference:+})", old.threads),
        };
        said.push_str(&format!("; on {}{group}{was}", count(new.threads, "thread")));
    } else if !group.is_empty() {
        said.push_str(&format!(";{group}"));
    }
    match same_by {
        SameBy::Fingerprint => {}
        SameBy::Rule => said.push_str("; the same rule, at another place or by other evidence"),
        SameBy::Part if new.folded.contains(&old.rule) => {
            said.push_str(&format!("; it holds [{}] of before, and more", old.rule));
        }
        SameBy::Part if old.folded.contains(&new.rule) => said.push_str(&format!("; it was part of [{}]", old.rule)),
        SameBy::Part => said.push_str(&format!("; it was told as [{}]", old.rule)),
    }
    said
}

/// `likely, was suspected`
fn changed(now: &str, before: &str) -> String {
    if now == before { now.to_string() } else { format!("{now} (was {before})") }
}

/// `OLD before/k.log, line 120: MyApp!Orders.Load+0x12`
fn write_place(label: &str, side: &DiffSide, finding: &ComparedFinding, out: &mut dyn Write) -> io::Result<()> {
    let Some(place) = &finding.place else { return Ok(()) };
    let name = side.source_name(place.source);
    let name = name.strip_prefix(&side.name).unwrap_or(name).trim_start_matches(['/', '\\']);
    let file = if name.is_empty() { String::new() } else { format!("{}, ", printable(name)) };
    let place_label = styled(DIM, &format!("{label} {file}line {}", place.line));
    writeln!(out, "    {place_label}  {}", printable(&place.text))
}
