//! Two cases compared: `stacklint.diff/1`.

use std::io::{self, Write};

use jiff::civil::DateTime;
use serde::Serialize;

use super::{SourceJson, ToolJson, source_json, tool_json, write_pretty};
use crate::facts::{Change, CounterUnit, Difference, Figure, FigureChange, Measurer, Tendency};
use crate::finding::{ComparedFinding, Fate};
use crate::model::{Amount, Note};
use crate::report::{DiffCase, DiffReport, DiffSide};

/// Writes the comparison: `stacklint.diff/1`.
pub fn render_diff_json(report: &DiffReport<'_>, out: &mut dyn Write) -> io::Result<()> {
    let json = DiffReportJson {
        schema: "stacklint.diff/1",
        tool: tool_json(),
        rules: RulesJson { loaded: report.rules.finding_rules().count() },
        cases: report.cases.iter().map(case_json).collect(),
    };
    write_pretty(&json, out)
}

#[derive(Serialize)]
struct DiffReportJson<'a> {
    schema: &'a str,
    tool: ToolJson<'a>,
    rules: RulesJson,
    cases: Vec<CaseJson<'a>>,
}

#[derive(Serialize)]
struct RulesJson {
    loaded: usize,
}

#[derive(Serialize)]
struct CaseJson<'a> {
    name: &'a str,
    old: SideJson<'a>,
    new: SideJson<'a>,
    /// Why the two are of different processes; null where nothing says so.
    different_processes: Option<&'a str>,
    summary: SummaryJson,
    findings: Vec<FateJson<'a>>,
    figures: Vec<FigureChangeJson<'a>>,
    remarks: Vec<String>,
}

#[derive(Serialize)]
struct SideJson<'a> {
    name: &'a str,
    sources: Vec<SourceJson<'a>>,
    from: Option<String>,
    to: Option<String>,
    processes: &'a [String],
    threads: u64,
    stacks: u64,
    leak_reports: u64,
    counters: u64,
    heap_tables: u64,
    notes: Vec<NoteJson<'a>>,
}

#[derive(Serialize)]
struct NoteJson<'a> {
    code: &'a str,
    source: &'a str,
    line: u32,
    message: &'a str,
}

#[derive(Serialize)]
struct SummaryJson {
    new: usize,
    still_there: usize,
    worse: usize,
    fixed: usize,
    cannot_tell: usize,
}

#[derive(Serialize)]
struct FateJson<'a> {
    /// `new`, `still-there`, `fixed`, `cannot-tell`
    state: &'a str,
    worse: bool,
    rule: &'a str,
    title: &'a str,
    severity: &'a str,
    /// `fingerprint`, `rule`, `part`; null where one of the two is missing.
    same_by: Option<&'a str>,
    /// What NEW lacks to show it, or OLD where the finding is new.
    lacks: Option<&'a str>,
    old: Option<FindingJson<'a>>,
    new: Option<FindingJson<'a>>,
}

#[derive(Serialize)]
struct FindingJson<'a> {
    rule: &'a str,
    verdict: &'a str,
    confidence: &'a str,
    fingerprint: &'a str,
    group: Option<&'a str>,
    message: Option<&'a str>,
    threads: u64,
    source: Option<&'a str>,
    line: Option<u32>,
    text: Option<&'a str>,
}

#[derive(Serialize)]
struct FigureChangeJson<'a> {
    /// `threads`, `moment`, `counter`, `leak-report`, or the table's command.
    measured_by: &'a str,
    process: Option<&'a str>,
    /// Empty for all that is measured.
    name: &'a str,
    of: &'a str,
    unit: &'a str,
    /// `same`, `unclear`, `grew`, `fell`, `not-compared`, `one-sided`
    change: &'a str,
    because: Option<&'a str>,
    old: Option<FigureJson<'a>>,
    new: Option<FigureJson<'a>>,
    difference: Option<DifferenceJson>,
}

#[derive(Serialize)]
struct FigureJson<'a> {
    value: f64,
    error: f64,
    source: Option<&'a str>,
    line: Option<u32>,
    tendency: Option<&'a str>,
    per_hour: Option<AmountJson>,
}

#[derive(Serialize)]
struct DifferenceJson {
    value: f64,
    error: f64,
    part: Option<AmountJson>,
    hours: Option<f64>,
    per_hour: Option<AmountJson>,
}

#[derive(Serialize)]
struct AmountJson {
    value: f64,
    error: f64,
}

impl From<Amount> for AmountJson {
    fn from(amount: Amount) -> Self {
        AmountJson { value: amount.value, error: amount.error }
    }
}

fn case_json(case: &DiffCase) -> CaseJson<'_> {
    let number = |state: &str| case.fates.iter().filter(|fate| fate.name() == state).count();
    CaseJson {
        name: &case.name,
        old: side_json(&case.old, case, 0),
        new: side_json(&case.new, case, 1),
        different_processes: case.changes.apart.as_deref(),
        summary: SummaryJson {
            new: number("new"),
            still_there: number("still-there"),
            worse: case.fates.iter().filter(|fate| fate.is_worse()).count(),
            fixed: number("fixed"),
            cannot_tell: number("cannot-tell"),
        },
        findings: case.fates.iter().map(|fate| fate_json(fate, case)).collect(),
        figures: case.changes.figures.iter().map(|figure| figure_change_json(figure, case)).collect(),
        remarks: case.remarks(),
    }
}

fn side_json<'a>(side: &'a DiffSide, case: &'a DiffCase, number: usize) -> SideJson<'a> {
    let times = case.changes.times[number];
    let shown = |time: DateTime| time.to_string();
    let note = |(source, note): &'a (usize, Note)| NoteJson {
        code: note.code.code(),
        source: side.source_name(*source),
        line: note.line,
        message: &note.message,
    };
    SideJson {
        name: &side.name,
        sources: side.sources.iter().map(source_json).collect(),
        from: times.map(|(first, _)| shown(first)),
        to: times.map(|(_, last)| shown(last)),
        processes: &case.changes.processes[number],
        threads: side.threads,
        stacks: side.summary.stacks,
        leak_reports: side.summary.leak_reports,
        counters: side.summary.counters,
        heap_tables: side.summary.heap_tables,
        notes: side.notes.iter().map(note).collect(),
    }
}

fn fate_json<'a>(fate: &'a Fate, case: &'a DiffCase) -> FateJson<'a> {
    let (old, new, same_by) = match fate {
        Fate::New(new) => (None, Some(new), None),
        Fate::StillThere { old, new, same_by } => (Some(&**old), Some(&**new), Some(same_by.name())),
        Fate::Fixed(old) | Fate::CannotTell(old) => (Some(old), None, None),
    };
    let finding = fate.finding();
    let lacks = finding.other_lacks.as_deref().filter(|_| matches!(fate, Fate::New(_) | Fate::CannotTell(_)));
    FateJson {
        state: fate.name(),
        worse: fate.is_worse(),
        rule: &finding.rule,
        title: &finding.title,
        severity: finding.severity.name(),
        same_by,
        lacks,
        old: old.map(|finding| finding_json(finding, &case.old)),
        new: new.map(|finding| finding_json(finding, &case.new)),
    }
}

fn finding_json<'a>(finding: &'a ComparedFinding, side: &'a DiffSide) -> FindingJson<'a> {
    let place = finding.place.as_ref();
    FindingJson {
        rule: &finding.rule,
        verdict: finding.verdict.name(),
        confidence: finding.confidence.name(),
        fingerprint: &finding.fingerprint,
        group: finding.group.as_deref(),
        message: finding.message.as_deref(),
        threads: finding.threads,
        source: place.map(|place| side.source_name(place.source)),
        line: place.map(|place| place.line),
        text: place.map(|place| place.text.as_str()),
    }
}

fn figure_change_json<'a>(figure: &'a FigureChange, case: &'a DiffCase) -> FigureChangeJson<'a> {
    let (change, because, difference) = match &figure.change {
        Change::Same => ("same", None, None),
        Change::Unclear(difference) => ("unclear", None, Some(difference)),
        Change::Grew(difference) => ("grew", None, Some(difference)),
        Change::Fell(difference) => ("fell", None, Some(difference)),
        Change::NotCompared(why) => ("not-compared", Some(why.as_str()), None),
        Change::OneSided => ("one-sided", None, None),
    };
    FigureChangeJson {
        measured_by: match figure.measurer {
            Measurer::Threads => "threads",
            Measurer::Moment => "moment",
            Measurer::Counter => "counter",
            Measurer::LeakReport => "leak-report",
            Measurer::Table(kind) => kind.name(),
        },
        process: figure.process.as_deref(),
        name: &figure.name,
        of: figure.of,
        unit: match figure.unit {
            CounterUnit::Bytes => "bytes",
            CounterUnit::Count => "count",
            CounterUnit::Percent => "percent",
        },
        change,
        because,
        old: figure.old.map(|old| figure_json(old, &case.old)),
        new: figure.new.map(|new| figure_json(new, &case.new)),
        difference: difference.map(difference_json),
    }
}

fn figure_json(figure: Figure, side: &DiffSide) -> FigureJson<'_> {
    FigureJson {
        value: figure.amount.value,
        error: figure.amount.error,
        source: figure.place.map(|(source, _)| side.source_name(source)),
        line: figure.place.map(|(_, line)| line),
        tendency: figure.tendency.map(|tendency| match tendency {
            Tendency::Grows => "grows",
            Tendency::Flat => "flat",
            Tendency::Falls => "falls",
            Tendency::Between => "between",
            Tendency::Unclear => "unclear",
            Tendency::Unknown => "unknown",
        }),
        per_hour: figure.per_hour.map(AmountJson::from),
    }
}

fn difference_json(difference: &Difference) -> DifferenceJson {
    DifferenceJson {
        value: difference.amount.value,
        error: difference.amount.error,
        part: difference.part.map(AmountJson::from),
        hours: difference.hours,
        per_hour: difference.per_hour.map(AmountJson::from),
    }
}
