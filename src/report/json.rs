//! The JSON contract, version 1. These types are frozen: a field is never renamed, and unknown values are null.

mod capture;
mod diff;
mod measured;
mod stats;
mod threads;

use std::io::{self, Write};

use serde::Serialize;

pub use capture::{CaptureJson, render_capture_json};
pub use diff::render_diff_json;
pub use stats::render_stats_json;
pub use threads::render_threads_json;

use super::activity::roles;
use super::{CaseReport, Report};
use crate::finding::{Evidence, Finding, NearMiss, ShownView, SuppressedFinding, ThreadEvidence, Unexplained};
use crate::model::{Note, SourceInfo, ThreadRef};
use crate::rules::{Rule, RuleSet};

/// Writes a scan's report: `stacklint.report/1`.
pub fn render_json(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let json = ReportJson {
        schema: "stacklint.report/1",
        tool: tool_json(),
        rules: RulesJson { loaded: report.rules.finding_rules().count() },
        cases: report.cases.iter().map(|case| case_json(case, report.rules)).collect(),
    };
    write_pretty(&json, out)
}

fn tool_json() -> ToolJson<'static> {
    ToolJson { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") }
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
    summary: SummaryJson<'a>,
    findings: Vec<FindingJson<'a>>,
    suppressed: Vec<SuppressedJson<'a>>,
    refuted: Vec<RefutedJson<'a>>,
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
struct SummaryJson<'a> {
    stacks: u64,
    frames: u64,
    missing_frames: u64,
    distinct_stacks: u64,
    idle: u64,
    without_frames: u64,
    leak_reports: u64,
    counters: u64,
    heap_tables: u64,
    threads: u64,
    roles: Vec<RoleJson<'a>>,
    with_findings: u64,
    unexplained: Vec<UnexplainedJson<'a>>,
}

#[derive(Serialize)]
struct RoleJson<'a> {
    role: &'a str,
    threads: u64,
    rules: Vec<RoleRuleJson<'a>>,
}

#[derive(Serialize)]
struct RoleRuleJson<'a> {
    rule: &'a str,
    title: &'a str,
    threads: u64,
}

#[derive(Serialize)]
struct UnexplainedJson<'a> {
    frame: Option<&'a str>,
    count: u64,
    threads: Vec<UnexplainedThreadJson<'a>>,
}

#[derive(Serialize)]
struct UnexplainedThreadJson<'a> {
    #[serde(flatten)]
    thread: ThreadJson<'a>,
    source: &'a str,
    line: u32,
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
    folded: Vec<&'a str>,
    behind: Vec<ThreadJson<'a>>,
    fingerprint: &'a str,
    stacks: u64,
    threads: Vec<ThreadEvidenceJson<'a>>,
    evidence: Vec<EvidenceJson<'a>>,
    view: Option<&'a str>,
    why: &'a str,
    fix: &'a [String],
    links: Vec<LinkJson<'a>>,
    ask: Vec<AskJson<'a>>,
    rungs: Vec<RungJson<'a>>,
}

#[derive(Serialize)]
struct AskJson<'a> {
    evidence: &'a str,
    text: &'a str,
}

#[derive(Serialize)]
struct RungJson<'a> {
    name: &'a str,
    state: &'a str,
    text: &'a str,
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
struct RefutedJson<'a> {
    rule: &'a str,
    because: &'a str,
}

#[derive(Serialize)]
struct SuppressedJson<'a> {
    rule: &'a str,
    stacks: u64,
    reason: &'a str,
    expires: Option<String>,
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
            leak_reports: counts.leak_reports,
            counters: counts.counters,
            heap_tables: counts.heap_tables,
            threads: case.activity.threads,
            roles: roles(case, rules).into_iter().map(|role| role_json(role, case, rules)).collect(),
            with_findings: case.activity.found,
            unexplained: case.activity.unexplained.iter().map(|group| unexplained_json(group, case)).collect(),
        },
        findings: case.findings.iter().map(|finding| finding_json(finding, rules, case)).collect(),
        suppressed: case.suppressed.iter().map(|found| suppressed_json(found, rules)).collect(),
        refuted: case
            .refuted
            .iter()
            .map(|refuted| RefutedJson { rule: &rules.rules[refuted.rule].id, because: &refuted.because })
            .collect(),
        near_misses: case.near_misses.iter().map(|near| near_miss_json(near, &rules.rules[near.rule], case)).collect(),
        notes: case.notes.iter().map(|(source, note)| case_note_json(case, *source, note)).collect(),
    }
}

fn role_json<'a>((role, threads): (&'a str, u64), case: &CaseReport, rules: &'a RuleSet) -> RoleJson<'a> {
    let all = case.activity.roles.iter().map(|&(rule, threads)| (&rules.rules[rule], threads));
    let of_role = all.filter(|(rule, _)| rule.role.as_deref() == Some(role));
    let rules = of_role.map(|(rule, threads)| RoleRuleJson { rule: &rule.id, title: &rule.title, threads });
    RoleJson { role, threads, rules: rules.collect() }
}

fn unexplained_json<'a>(group: &'a Unexplained, case: &'a CaseReport) -> UnexplainedJson<'a> {
    let thread = |(thread, source, line): &'a (ThreadRef, usize, u32)| UnexplainedThreadJson {
        thread: ThreadJson::from(thread),
        source: source_name(case, *source),
        line: *line,
    };
    let threads = group.threads.iter().map(thread).collect();
    UnexplainedJson { frame: group.frame.as_deref(), count: group.count, threads }
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

fn finding_json<'a>(finding: &'a Finding, rules: &'a RuleSet, case: &'a CaseReport) -> FindingJson<'a> {
    let rule = &rules.rules[finding.rule];
    let thread = |thread: &'a ThreadEvidence| ThreadEvidenceJson {
        thread: ThreadJson::from(&thread.thread),
        source: source_name(case, thread.source),
        line: thread.line,
    };
    let evidence = |evidence: &'a Evidence| EvidenceJson {
        kind: evidence.kind.name(),
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
        folded: finding.folded.iter().map(|&rule| rules.rules[rule].id.as_str()).collect(),
        behind: finding.behind.iter().map(ThreadJson::from).collect(),
        fingerprint: &finding.fingerprint,
        stacks: finding.stacks,
        threads: finding.threads.iter().map(thread).collect(),
        evidence: finding.evidence.iter().map(evidence).collect(),
        view: finding.shown.view.map(ShownView::name),
        why: &rule.why,
        fix: &rule.fix,
        links: rule.links.iter().map(|link| LinkJson { title: &link.title, url: &link.url }).collect(),
        ask: finding.ask.iter().map(|ask| AskJson { evidence: &ask.rung, text: &ask.text }).collect(),
        rungs: finding
            .rungs
            .iter()
            .map(|rung| RungJson { name: &rung.name, state: rung.state.name(), text: &rung.said })
            .collect(),
    }
}

fn suppressed_json<'a>(found: &SuppressedFinding, rules: &'a RuleSet) -> SuppressedJson<'a> {
    let suppression = &rules.suppressions[found.suppression];
    SuppressedJson {
        rule: &rules.rules[found.rule].id,
        stacks: found.stacks,
        reason: &suppression.reason,
        expires: suppression.expires.map(|date| date.to_string()),
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
struct ThreadJson<'a> {
    index: Option<u32>,
    os_id: Option<String>,
    process_id: Option<String>,
    name: Option<&'a str>,
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
