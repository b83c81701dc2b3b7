//! What rules make of many cases: `stacklint.stats/1`.

use std::io::{self, Write};

use serde::Serialize;

use super::{ThreadJson, ToolJson, tool_json, write_pretty};
use crate::finding::{Confidence, NearMisses, RoleHits, RuleHits, TopFrame, TopGroup, Verdict};
use crate::report::StatsReport;
use crate::report::stats::{CountedFrame, Pair};
use crate::rules::Rule;

/// Frames of unexplained stacks that are counted and listed.
const FRAMES: usize = 100;

/// Writes the counts: `stacklint.stats/1`.
pub fn render_stats_json(report: &StatsReport<'_>, out: &mut dyn Write) -> io::Result<()> {
    let tally = &report.tally;
    let all = report.groups();
    let shown = &all[..all.len().min(report.top)];
    let json = StatsJson {
        schema: "stacklint.stats/1",
        tool: tool_json(),
        inputs: InputsJson {
            files: tally.files,
            without_stack: tally.files_without_stack,
            unreadable: tally.files_unreadable,
            cases: tally.cases,
            cases_with_findings: tally.cases_with_findings,
            stacks: tally.stacks,
        },
        threads: threads_json(report),
        rules: report.hits().into_iter().map(|hits| rule_json(hits, report)).collect(),
        roles: report.roles().into_iter().map(|hits| role_json(hits, report)).collect(),
        rules_without_hit: report.silent_rules().into_iter().map(silent_json).collect(),
        roles_without_hit: report.silent_roles().into_iter().map(silent_json).collect(),
        near_misses: report.near_misses().into_iter().map(|near| near_json(near, report)).collect(),
        pairs: report.pairs().into_iter().map(|pair| pair_json(pair, report)).collect(),
        unexplained: UnexplainedJson {
            groups: all.len(),
            threads_without_names: report.nameless(),
            threads_not_grouped: tally.ungrouped,
            largest: shown.iter().map(|group| group_json(group, report)).collect(),
            top_frames: report.top_frames().into_iter().take(FRAMES).map(counted_json).collect(),
            called: report.called().into_iter().take(FRAMES).map(counted_json).collect(),
        },
    };
    write_pretty(&json, out)
}

#[derive(Serialize)]
struct StatsJson<'a> {
    schema: &'a str,
    tool: ToolJson<'a>,
    inputs: InputsJson,
    threads: ThreadsJson,
    /// Rules that hit, those of most cases first.
    rules: Vec<RuleJson<'a>>,
    roles: Vec<RoleJson<'a>>,
    rules_without_hit: Vec<SilentJson<'a>>,
    roles_without_hit: Vec<SilentJson<'a>>,
    near_misses: Vec<NearJson<'a>>,
    pairs: Vec<PairJson<'a>>,
    unexplained: UnexplainedJson<'a>,
}

#[derive(Serialize)]
struct InputsJson {
    files: u64,
    without_stack: u64,
    unreadable: u64,
    cases: u64,
    cases_with_findings: u64,
    stacks: u64,
}

/// `total` is the sum of the five that follow it.
#[derive(Serialize)]
struct ThreadsJson {
    total: u64,
    idle: u64,
    role_alone: u64,
    rule_alone: u64,
    rule_and_role: u64,
    unexplained: u64,
    without_frames: u64,
    /// Threads beyond those that are kept of one case.
    not_looked_at: u64,
}

#[derive(Serialize)]
struct RuleJson<'a> {
    rule: &'a str,
    title: &'a str,
    category: &'a str,
    severity: &'a str,
    builtin: bool,
    cases: u64,
    /// Cases of these in which it is no more than part of another finding.
    cases_explained: u64,
    findings: u64,
    threads: u64,
    verdicts: VerdictsJson,
    confidences: ConfidencesJson,
    lowered: u64,
}

#[derive(Serialize)]
struct VerdictsJson {
    suspected: u64,
    likely: u64,
    confirmed: u64,
}

#[derive(Serialize)]
struct ConfidencesJson {
    low: u64,
    medium: u64,
    high: u64,
}

#[derive(Serialize)]
struct RoleJson<'a> {
    rule: &'a str,
    role: &'a str,
    title: &'a str,
    builtin: bool,
    cases: u64,
    threads: u64,
}

#[derive(Serialize)]
struct SilentJson<'a> {
    rule: &'a str,
    role: Option<&'a str>,
    category: &'a str,
    builtin: bool,
}

/// A rule that never hits: how close it came in cases where no rule does.
#[derive(Serialize)]
struct NearJson<'a> {
    rule: &'a str,
    cases: u64,
    matched: usize,
    of: usize,
    source: &'a str,
    line: u32,
}

/// Two rules that are reported on the same threads.
#[derive(Serialize)]
struct PairJson<'a> {
    /// The one that has no more threads than the other.
    rule: &'a str,
    rule_threads: u64,
    other: &'a str,
    other_threads: u64,
    cases: u64,
    threads: u64,
    /// The first is never without the other.
    always: bool,
}

#[derive(Serialize)]
struct UnexplainedJson<'a> {
    /// How many groups there are.
    groups: usize,
    /// Threads that are in none of them, since none of their frames has a name.
    threads_without_names: u64,
    /// Threads in groups beyond those that are kept.
    threads_not_grouped: u64,
    largest: Vec<GroupJson<'a>>,
    /// Frames at the top, those of most threads first.
    top_frames: Vec<CountedJson<'a>>,
    /// Frames above the first one of the application, those of most threads first.
    called: Vec<CountedJson<'a>>,
}

#[derive(Serialize)]
struct GroupJson<'a> {
    threads: u64,
    files: u64,
    first_application_frame: Option<&'a str>,
    example: ExampleJson<'a>,
    /// Innermost call first, down to the first one of the application.
    frames: Vec<FrameJson<'a>>,
    /// Frames of a long stack that are not listed: how many, and behind how many of those above they are.
    frames_left_out: usize,
    left_out_behind: usize,
}

#[derive(Serialize)]
struct ExampleJson<'a> {
    #[serde(flatten)]
    thread: ThreadJson<'a>,
    source: &'a str,
    line: u32,
}

#[derive(Serialize)]
struct FrameJson<'a> {
    /// Without offset and arguments; null for a hole, and for frames in a row without symbols.
    name: Option<&'a str>,
    hole: bool,
    /// Of a hole: how many frames are missing; null where the text does not tell.
    missing: Option<u32>,
}

/// A frame of unexplained stacks.
#[derive(Serialize)]
struct CountedJson<'a> {
    name: &'a str,
    threads: u64,
    groups: u64,
}

fn threads_json(report: &StatsReport<'_>) -> ThreadsJson {
    let explained = &report.tally.explained;
    ThreadsJson {
        total: explained.threads(),
        idle: explained.idle,
        role_alone: explained.role,
        rule_alone: explained.rule,
        rule_and_role: explained.both,
        unexplained: explained.unexplained,
        without_frames: explained.without_frames,
        not_looked_at: explained.beyond,
    }
}

fn rule_json<'a>((rule, hits): (usize, &RuleHits), report: &'a StatsReport<'_>) -> RuleJson<'a> {
    let rule = &report.rules.rules[rule];
    let verdict = |verdict: Verdict| hits.verdicts[verdict as usize];
    let confidence = |confidence: Confidence| hits.confidences[confidence as usize];
    RuleJson {
        rule: &rule.id,
        title: &rule.title,
        category: &rule.category,
        severity: rule.severity.name(),
        builtin: rule.is_builtin,
        cases: hits.cases,
        cases_explained: hits.explained,
        findings: hits.findings,
        threads: hits.threads,
        verdicts: VerdictsJson {
            suspected: verdict(Verdict::Suspected),
            likely: verdict(Verdict::Likely),
            confirmed: verdict(Verdict::Confirmed),
        },
        confidences: ConfidencesJson {
            low: confidence(Confidence::Low),
            medium: confidence(Confidence::Medium),
            high: confidence(Confidence::High),
        },
        lowered: hits.lowered,
    }
}

fn role_json<'a>((rule, hits): (usize, &RoleHits), report: &'a StatsReport<'_>) -> RoleJson<'a> {
    let rule = &report.rules.rules[rule];
    let (role, builtin) = (rule.role.as_deref().unwrap_or_default(), rule.is_builtin);
    RoleJson { rule: &rule.id, role, title: &rule.title, builtin, cases: hits.cases, threads: hits.threads }
}

fn silent_json(rule: &Rule) -> SilentJson<'_> {
    SilentJson { rule: &rule.id, role: rule.role.as_deref(), category: &rule.category, builtin: rule.is_builtin }
}

fn near_json<'a>((rule, near): (usize, &NearMisses), report: &'a StatsReport<'_>) -> NearJson<'a> {
    NearJson {
        rule: report.id(rule),
        cases: near.cases,
        matched: near.matched,
        of: near.of,
        source: report.source(near.source),
        line: near.line,
    }
}

fn pair_json<'a>(pair: Pair<'a>, report: &'a StatsReport<'_>) -> PairJson<'a> {
    PairJson {
        rule: report.id(pair.rule.0),
        rule_threads: pair.rule.1.threads,
        other: report.id(pair.other.0),
        other_threads: pair.other.1.threads,
        cases: pair.hits.cases,
        threads: pair.hits.threads,
        always: pair.is_always(),
    }
}

fn group_json<'a>(group: &'a TopGroup, report: &'a StatsReport<'_>) -> GroupJson<'a> {
    let application = group.frames.last().filter(|_| group.ends_in_application);
    let thread = ThreadJson::from(&group.thread);
    GroupJson {
        threads: group.threads,
        files: group.files,
        first_application_frame: application.and_then(TopFrame::name),
        example: ExampleJson { thread, source: report.source(group.source), line: group.line },
        frames: group.frames.iter().map(frame_json).collect(),
        frames_left_out: group.left_out,
        left_out_behind: group.left_out_behind(),
    }
}

fn frame_json(frame: &TopFrame) -> FrameJson<'_> {
    FrameJson {
        name: frame.name(),
        hole: matches!(frame, TopFrame::Hole(_)),
        missing: if let TopFrame::Hole(missing) = frame { *missing } else { None },
    }
}

fn counted_json(frame: CountedFrame<'_>) -> CountedJson<'_> {
    CountedJson { name: frame.name, threads: frame.threads, groups: frame.groups }
}
