//! The threads of each case: `stacklint.threads/1`.

use std::io::{self, Write};

use serde::Serialize;

use super::{SourceJson, ThreadJson, ToolJson, source_json, tool_json, write_pretty};
use crate::facts::threads::{CallTree, SeenThread, ThreadGroup, TreeNode, View};
use crate::model::Note;
use crate::report::{ThreadsCase, ThreadsReport};
use crate::rules::RuleSet;

/// Writes the threads: `stacklint.threads/1`. Idle threads are always among them.
pub fn render_threads_json(report: &ThreadsReport<'_>, out: &mut dyn Write) -> io::Result<()> {
    let json = ThreadsReportJson {
        schema: "stacklint.threads/1",
        tool: tool_json(),
        grouped_by: report.level.name(),
        cases: report.cases.iter().map(|case| case_json(case, report.rules)).collect(),
    };
    write_pretty(&json, out)
}

#[derive(Serialize)]
struct ThreadsReportJson<'a> {
    schema: &'a str,
    tool: ToolJson<'a>,
    grouped_by: &'a str,
    cases: Vec<CaseJson<'a>>,
}

#[derive(Serialize)]
struct CaseJson<'a> {
    name: &'a str,
    sources: Vec<SourceJson<'a>>,
    summary: SummaryJson,
    /// Each distinct frame once; stacks and the tree name them by position.
    frames: Vec<FrameJson<'a>>,
    stacks: Vec<StackJson<'a>>,
    groups: Vec<GroupJson<'a>>,
    threads: Vec<SeenJson<'a>>,
    tree: Vec<NodeJson>,
    listed_only: Vec<ThreadJson<'a>>,
    notes: Vec<NoteJson<'a>>,
}

/// Threads, but for the last three.
#[derive(Serialize)]
struct SummaryJson {
    threads: u64,
    idle: u64,
    with_role: u64,
    unexplained: u64,
    without_frames: u64,
    stack_of_another: u64,
    listed_only: u64,
    groups_exact: usize,
    groups_top: usize,
    groups_functions: usize,
}

#[derive(Serialize)]
struct FrameJson<'a> {
    /// Without offset and arguments; null for a hole.
    name: Option<&'a str>,
    /// The text names the function.
    named: bool,
    managed: bool,
    application: bool,
    /// Of a hole: how many frames are missing; null where the text does not tell.
    hole: bool,
    missing: Option<u32>,
}

#[derive(Serialize)]
struct StackJson<'a> {
    /// Innermost call first, without noise.
    frames: &'a [u32],
    /// Lines of the frames where this stack was first seen.
    lines: &'a [u32],
    /// Position in `frames` of the first frame of the application.
    application: Option<usize>,
    cut_off: bool,
}

#[derive(Serialize)]
struct GroupJson<'a> {
    count: u64,
    share: f64,
    role: Vec<&'a str>,
    role_rules: Vec<&'a str>,
    idle: bool,
    first_application_frame: Option<&'a str>,
    /// Positions in `stacks`, that of most threads first.
    stacks: &'a [usize],
    /// Positions in `threads`.
    threads: &'a [usize],
    /// Groups with the same number are alike on that level.
    alike_top: usize,
    alike_functions: usize,
}

#[derive(Serialize)]
struct SeenJson<'a> {
    #[serde(flatten)]
    thread: ThreadJson<'a>,
    /// More than one where a tool counts threads and does not name them.
    count: u64,
    group: usize,
    role: Vec<&'a str>,
    role_rules: Vec<&'a str>,
    idle: bool,
    moved: bool,
    may_be_another: bool,
    /// Position in `views` of the view that counts.
    grouped_by: Option<usize>,
    views: Vec<ViewJson<'a>>,
}

#[derive(Serialize)]
struct ViewJson<'a> {
    source: &'a str,
    line: u32,
    format: &'a str,
    command: Option<&'a str>,
    kind: Option<&'a str>,
    /// Position in `stacks`; null where the text shows no frame.
    stack: Option<usize>,
    stack_of_another: bool,
}

#[derive(Serialize)]
struct NodeJson {
    parent: Option<usize>,
    count: u64,
    idle: u64,
    /// Callers first.
    frames: Vec<u32>,
    /// Threads whose innermost call is the last of the frames.
    threads: Vec<usize>,
}

#[derive(Serialize)]
struct NoteJson<'a> {
    code: &'a str,
    source: &'a str,
    line: u32,
    message: &'a str,
}

fn case_json<'a>(case: &'a ThreadsCase, rules: &'a RuleSet) -> CaseJson<'a> {
    let threads = &case.threads;
    let mut group_of = vec![0; threads.threads.len()];
    for (number, group) in case.grouped.groups.iter().enumerate() {
        for &thread in &group.threads {
            group_of[thread] = number;
        }
    }
    let seen = threads.threads.iter().zip(group_of);
    CaseJson {
        name: &case.name,
        sources: case.sources.iter().map(source_json).collect(),
        summary: summary_json(case),
        frames: threads.frames.iter().map(frame_json).collect(),
        stacks: (0..threads.shapes.len()).map(|shape| stack_json(case, shape)).collect(),
        groups: case.grouped.groups.iter().map(|group| group_json(case, group, rules)).collect(),
        threads: seen.map(|(seen, group)| seen_json(case, seen, group, rules)).collect(),
        tree: tree_json(case),
        listed_only: threads.listed_only.iter().map(|seen| ThreadJson::from(&seen.thread)).collect(),
        notes: case.notes.iter().map(|(source, note)| note_json(case, *source, note)).collect(),
    }
}

fn summary_json(case: &ThreadsCase) -> SummaryJson {
    let threads = &case.threads;
    let count = |of: &dyn Fn(&SeenThread) -> bool| {
        threads.threads.iter().filter(|seen| of(seen)).map(|seen| seen.count).sum::<u64>()
    };
    let of_another = |seen: &SeenThread| seen.chosen_view().is_some_and(|view| view.is_of_another);
    let (exact, top, functions) = (case.grouped.exact, case.grouped.top, case.grouped.functions);
    let no_role = |seen: &SeenThread| seen.idle.is_none() && seen.roles.is_empty();
    SummaryJson {
        threads: threads.count(),
        idle: count(&|seen| seen.idle.is_some()),
        with_role: count(&|seen| seen.idle.is_none() && !seen.roles.is_empty()),
        unexplained: count(&|seen| no_role(seen) && seen.shape().is_some() && !of_another(seen)),
        without_frames: count(&|seen| no_role(seen) && seen.shape().is_none() && !of_another(seen)),
        stack_of_another: count(&|seen| no_role(seen) && of_another(seen)),
        listed_only: threads.listed_only.len() as u64,
        groups_exact: exact,
        groups_top: top,
        groups_functions: functions,
    }
}

fn frame_json(frame: &crate::facts::threads::ThreadFrame) -> FrameJson<'_> {
    FrameJson {
        name: frame.hole.is_none().then_some(frame.shown.as_str()),
        named: frame.is_named,
        managed: frame.is_managed,
        application: frame.is_application,
        hole: frame.hole.is_some(),
        missing: frame.hole.flatten(),
    }
}

fn stack_json(case: &ThreadsCase, shape: usize) -> StackJson<'_> {
    let stack = &case.threads.shapes[shape];
    StackJson {
        frames: &stack.frames,
        lines: &stack.lines,
        application: case.threads.application_frame(shape),
        cut_off: stack.is_cut_off,
    }
}

fn group_json<'a>(case: &'a ThreadsCase, group: &'a ThreadGroup, rules: &'a RuleSet) -> GroupJson<'a> {
    let (role, role_rules) = roles_json(&group.roles, rules);
    GroupJson {
        count: group.count,
        share: (group.count as f64 / case.grouped.count.max(1) as f64 * 10_000.0).round() / 10_000.0,
        role,
        role_rules,
        idle: group.idle.is_some(),
        first_application_frame: group.shapes.first().and_then(|&shape| case.threads.application(shape)),
        stacks: &group.shapes,
        threads: &group.threads,
        alike_top: group.top,
        alike_functions: group.functions,
    }
}

/// The names of the roles, each once, and the rules that give them.
fn roles_json<'a>(roles: &[usize], rules: &'a RuleSet) -> (Vec<&'a str>, Vec<&'a str>) {
    let mut names: Vec<&str> = roles.iter().filter_map(|&rule| rules.rules[rule].role.as_deref()).collect();
    names.sort_unstable();
    names.dedup();
    (names, roles.iter().map(|&rule| rules.rules[rule].id.as_str()).collect())
}

fn seen_json<'a>(case: &'a ThreadsCase, seen: &'a SeenThread, group: usize, rules: &'a RuleSet) -> SeenJson<'a> {
    let (role, role_rules) = roles_json(&seen.roles, rules);
    let view = |view: &'a View| ViewJson {
        source: source_name(case, view.source),
        line: view.line,
        format: view.dialect.name(),
        command: view.command.as_deref(),
        kind: case.threads.kind(view).map(|kind| kind.name()),
        stack: view.shape,
        stack_of_another: view.is_of_another,
    };
    SeenJson {
        thread: ThreadJson::from(&seen.thread),
        count: seen.count,
        group,
        role,
        role_rules,
        idle: seen.idle.is_some(),
        moved: seen.has_moved,
        may_be_another: seen.may_be_another,
        grouped_by: seen.chosen,
        views: seen.views.iter().map(view).collect(),
    }
}

fn tree_json(case: &ThreadsCase) -> Vec<NodeJson> {
    let threads = &case.threads;
    let tree = CallTree::new(threads, 0..threads.threads.len());
    let mut idle = vec![0; tree.nodes.len()];
    for (at, node) in tree.nodes.iter().enumerate().rev() {
        let here = node.threads.iter().map(|&thread| &threads.threads[thread]);
        idle[at] += here.filter(|seen| seen.idle.is_some()).map(|seen| seen.count).sum::<u64>();
        if let Some(parent) = node.parent {
            idle[parent] += idle[at];
        }
    }
    let node = |(node, idle): (TreeNode, u64)| NodeJson {
        parent: node.parent,
        count: node.count,
        idle,
        frames: node.frames,
        threads: node.threads,
    };
    tree.nodes.into_iter().zip(idle).map(node).collect()
}

fn note_json<'a>(case: &'a ThreadsCase, source: usize, note: &'a Note) -> NoteJson<'a> {
    NoteJson { code: note.code.code(), source: source_name(case, source), line: note.line, message: &note.message }
}

fn source_name(case: &ThreadsCase, source: usize) -> &str {
    case.sources.get(source).map_or("", |source| source.name.as_str())
}
