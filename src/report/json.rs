//! The JSON contract, version 1. These types are frozen: a field is never renamed, and unknown values are null.

use std::io::{self, Write};

use serde::Serialize;

use super::{CaseReport, Report};
use crate::finding::{Evidence, Finding, NearMiss, ThreadEvidence};
use crate::model::{Capture, FrameKind, Hole, Note, SourceInfo, Stack, Table, ThreadRef};
use crate::rules::{Rule, RuleSet};

/// Writes a scan's report: `stacklint.report/1`.
pub fn render_json(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let json = ReportJson {
        schema: "stacklint.report/1",
        tool: ToolJson { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") },
        rules: RulesJson { loaded: report.rules.finding_rules().count() },
        cases: report.cases.iter().map(|case| case_json(case, report.rules)).collect(),
    };
    write_pretty(&json, out)
}

/// Writes what was understood: `stacklint.capture/1`.
pub fn render_capture_json(sources: &[CaptureJson<'_>], out: &mut dyn Write) -> io::Result<()> {
    write_pretty(&CapturesJson { schema: "stacklint.capture/1", sources }, out)
}

fn write_pretty(json: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, json).map_err(io::Error::from)?;
    writeln!(out)
}

#[derive(Serialize)]
struct ReportJson<'a> {
    schema: &'a str,
    tool: ToolJson<'a>,
    rules: RulesJson,
    cases: Vec<CaseJson<'a>>,
}

#[derive(Serialize)]
struct ToolJson<'a> {
    name: &'a str,
    version: &'a str,
}

#[derive(Serialize)]
struct RulesJson {
    loaded: usize,
}

#[derive(Serialize)]
struct CaseJson<'a> {
    name: &'a str,
    sources: Vec<SourceJson<'a>>,
    summary: SummaryJson,
    findings: Vec<FindingJson<'a>>,
    near_misses: Vec<NearMissJson<'a>>,
    notes: Vec<CaseNoteJson<'a>>,
}

#[derive(Serialize)]
struct SourceJson<'a> {
    name: &'a str,
    encoding: &'a str,
    lines: u64,
}

#[derive(Serialize)]
struct SummaryJson {
    stacks: u64,
    frames: u64,
    missing_frames: u64,
    distinct_stacks: u64,
    idle: u64,
    without_frames: u64,
}

#[derive(Serialize)]
struct FindingJson<'a> {
    rule: &'a str,
    title: &'a str,
    category: &'a str,
    severity: &'a str,
    confidence: &'a str,
    lowered_because: Option<&'a str>,
    verdict: &'a str,
    message: Option<&'a str>,
    folded: [&'a str; 0],
    fingerprint: &'a str,
    stacks: u64,
    threads: Vec<ThreadEvidenceJson<'a>>,
    evidence: Vec<EvidenceJson<'a>>,
    why: &'a str,
    fix: &'a [String],
    links: Vec<LinkJson<'a>>,
    ask: [&'a str; 0],
}

#[derive(Serialize)]
struct ThreadEvidenceJson<'a> {
    #[serde(flatten)]
    thread: ThreadJson<'a>,
    source: &'a str,
    line: u32,
}

#[derive(Serialize)]
struct EvidenceJson<'a> {
    kind: &'a str,
    source: &'a str,
    line: u32,
    frame: Option<u32>,
    text: &'a str,
}

#[derive(Serialize)]
struct LinkJson<'a> {
    title: &'a str,
    url: &'a str,
}

#[derive(Serialize)]
struct NearMissJson<'a> {
    rule: &'a str,
    matched: usize,
    of: usize,
    stopped_at: &'a str,
    thread: ThreadJson<'a>,
    source: &'a str,
    line: u32,
}

#[derive(Serialize)]
struct CaseNoteJson<'a> {
    code: &'a str,
    source: &'a str,
    line: u32,
    message: &'a str,
}

fn case_json<'a>(case: &'a CaseReport, rules: &'a RuleSet) -> CaseJson<'a> {
    let counts = case.summary;
    CaseJson {
        name: &case.name,
        sources: case.sources.iter().map(source_json).collect(),
        summary: SummaryJson {
            stacks: counts.stacks,
            frames: counts.frames,
            missing_frames: counts.missing_frames,
            distinct_stacks: counts.distinct_stacks,
            idle: counts.idle,
            without_frames: counts.empty,
        },
        findings: case.findings.iter().map(|finding| finding_json(finding, &rules.rules[finding.rule], case)).collect(),
        near_misses: case.near_misses.iter().map(|near| near_miss_json(near, &rules.rules[near.rule], case)).collect(),
        notes: case.notes.iter().map(|(source, note)| case_note_json(case, *source, note)).collect(),
    }
}

fn source_json(source: &SourceInfo) -> SourceJson<'_> {
    SourceJson { name: &source.name, encoding: source.encoding.name(), lines: source.lines }
}

fn case_note_json<'a>(case: &'a CaseReport, source: usize, note: &'a Note) -> CaseNoteJson<'a> {
    CaseNoteJson { code: note.code.code(), source: source_name(case, source), line: note.line, message: &note.message }
}

fn source_name(case: &CaseReport, source: usize) -> &str {
    case.sources.get(source).map_or("", |source| source.name.as_str())
}

fn finding_json<'a>(finding: &'a Finding, rule: &'a Rule, case: &'a CaseReport) -> FindingJson<'a> {
    let thread = |thread: &'a ThreadEvidence| ThreadEvidenceJson {
        thread: ThreadJson::from(&thread.thread),
        source: source_name(case, thread.source),
        line: thread.line,
    };
    let evidence = |evidence: &'a Evidence| EvidenceJson {
        kind: if evidence.frame.is_some() { "frame" } else { "exception" },
        source: source_name(case, evidence.source),
        line: evidence.line,
        frame: evidence.frame,
        text: &evidence.text,
    };
    FindingJson {
        rule: &rule.id,
        title: &rule.title,
        category: &rule.category,
        severity: rule.severity.name(),
        confidence: finding.confidence.name(),
        lowered_because: finding.lowered_because.as_deref(),
        verdict: finding.verdict.name(),
        message: finding.message.as_deref(),
        folded: [],
        fingerprint: &finding.fingerprint,
        stacks: finding.stacks,
        threads: finding.threads.iter().map(thread).collect(),
        evidence: finding.evidence.iter().map(evidence).collect(),
        why: &rule.why,
        fix: &rule.fix,
        links: rule.links.iter().map(|link| LinkJson { title: &link.title, url: &link.url }).collect(),
        ask: [],
    }
}

fn near_miss_json<'a>(near: &'a NearMiss, rule: &'a Rule, case: &'a CaseReport) -> NearMissJson<'a> {
    NearMissJson {
        rule: &rule.id,
        matched: near.matched,
        of: near.of,
        stopped_at: &near.stopped_at,
        thread: ThreadJson::from(&near.thread),
        source: source_name(case, near.source),
        line: near.line,
    }
}

#[derive(Serialize)]
struct CapturesJson<'a> {
    schema: &'a str,
    sources: &'a [CaptureJson<'a>],
}

/// One source as read.
#[derive(Serialize)]
pub struct CaptureJson<'a> {
    #[serde(flatten)]
    source: SourceJson<'a>,
    stacks: Vec<StackJson<'a>>,
    tables: Vec<TableJson<'a>>,
    leak_reports: [(); 0],
    counters: [(); 0],
    notes: Vec<NoteJson<'a>>,
}

#[derive(Serialize)]
struct StackJson<'a> {
    kind: &'a str,
    thread: ThreadJson<'a>,
    command: Option<&'a str>,
    format: &'a str,
    line: u32,
    frames: Vec<FrameJson<'a>>,
    holes: Vec<HoleJson>,
}

#[derive(Serialize)]
struct TableJson<'a> {
    name: &'a str,
    command: Option<&'a str>,
    line: u32,
    columns: &'a [&'a str],
    rows: Vec<RowJson<'a>>,
    fields: Vec<FieldJson<'a>>,
}

#[derive(Serialize)]
struct RowJson<'a> {
    line: u32,
    cells: &'a [String],
}

#[derive(Serialize)]
struct FieldJson<'a> {
    line: u32,
    name: &'a str,
    value: &'a str,
}

#[derive(Serialize)]
struct ThreadJson<'a> {
    index: Option<u32>,
    os_id: Option<String>,
    process_id: Option<String>,
    name: Option<&'a str>,
}

#[derive(Serialize)]
struct FrameJson<'a> {
    number: Option<u32>,
    module: Option<&'a str>,
    function: Option<&'a str>,
    offset: Option<String>,
    line: u32,
    kind: &'a str,
    source_file: Option<&'a str>,
    source_line: Option<u32>,
}

#[derive(Serialize)]
struct HoleJson {
    /// Number of the frame above the hole.
    after: Option<u32>,
    missing: Option<u32>,
}

#[derive(Serialize)]
struct NoteJson<'a> {
    code: &'a str,
    line: u32,
    message: &'a str,
}

impl<'a> From<&'a ThreadRef> for ThreadJson<'a> {
    fn from(thread: &'a ThreadRef) -> Self {
        let hex = |value: u64| format!("{value:#x}");
        ThreadJson {
            index: thread.index,
            os_id: thread.os_id.map(hex),
            process_id: thread.process_id.map(hex),
            name: thread.name.as_deref(),
        }
    }
}

impl<'a> From<&'a Capture> for CaptureJson<'a> {
    fn from(capture: &'a Capture) -> Self {
        let note = |note: &'a Note| NoteJson { code: note.code.code(), line: note.line, message: &note.message };
        CaptureJson {
            source: source_json(&capture.source),
            stacks: capture.stacks.iter().map(|stack| stack_json(stack, capture)).collect(),
            tables: capture.tables.iter().map(table_json).collect(),
            leak_reports: [],
            counters: [],
            notes: capture.notes.iter().map(note).collect(),
        }
    }
}

fn table_json(table: &Table) -> TableJson<'_> {
    TableJson {
        name: table.name,
        command: table.command.as_deref(),
        line: table.line,
        columns: table.columns,
        rows: table.rows.iter().map(|row| RowJson { line: row.line, cells: &row.cells }).collect(),
        fields: table
            .fields
            .iter()
            .map(|field| FieldJson { line: field.line, name: &field.name, value: &field.value })
            .collect(),
    }
}

fn stack_json<'a>(stack: &'a Stack, capture: &'a Capture) -> StackJson<'a> {
    let frames = stack.frames.iter().map(|frame| {
        let site = capture.sites.get(frame.site);
        let kind = if frame.is_inline() { FrameKind::Inline } else { site.kind() };
        FrameJson {
            number: frame.number(),
            module: site.module(),
            function: site.function(),
            offset: site.offset().map(|offset| format!("{offset:#x}")),
            line: frame.line,
            kind: kind.name(),
            source_file: site.source_file(),
            source_line: site.source_line(),
        }
    });
    let above = |hole: &Hole| {
        let above = hole.before.checked_sub(1)?;
        Some(stack.frames[above].number().unwrap_or(above as u32))
    };
    StackJson {
        kind: stack.kind.name(),
        thread: ThreadJson::from(&stack.thread),
        command: stack.command.as_deref(),
        format: stack.dialect.name(),
        line: stack.line,
        frames: frames.collect(),
        holes: stack.holes.iter().map(|hole| HoleJson { after: above(hole), missing: hole.missing }).collect(),
    }
}
