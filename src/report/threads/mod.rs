//! What the threads of a case do: groups and trees for people, and as a flame graph.

mod flame;
mod groups;
mod names;
mod text;
mod tree;

use crate::facts::threads::{Grouped, Level, SeenThread, Threads};
use crate::model::{Note, SourceInfo};
use crate::rules::RuleSet;

pub use flame::render_flame;
pub use text::render_threads_text;

/// The threads of all cases.
pub struct ThreadsReport<'a> {
    pub rules: &'a RuleSet,
    pub level: Level,
    pub cases: Vec<ThreadsCase>,
}

/// The threads of one case.
pub struct ThreadsCase {
    pub name: String,
    pub sources: Vec<SourceInfo>,
    pub threads: Threads,
    pub grouped: Grouped,
    /// Notes on the inputs: index of the source, and the note.
    pub notes: Vec<(usize, Note)>,
    /// How many processes the threads are of.
    pub processes: usize,
}

/// How much is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// A merged tree in place of groups.
    pub tree: bool,
    /// Every frame.
    pub full: bool,
    /// Idle threads like all others.
    pub all: bool,
}

/// How the threads of a case divide, in numbers. Every thread is in one of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Tally {
    total: u64,
    /// By the rule that says so, most threads first.
    idle: Vec<(usize, u64)>,
    /// Threads that are not idle and have a role, by the names of their roles.
    with_role: Vec<(String, u64)>,
    /// Threads with frames and without a role.
    unexplained: u64,
    /// The text shows no frame of them.
    without_frames: u64,
    /// Their stack is one that was printed for another thread.
    of_another: u64,
}

/// What is known of what a thread is for.
enum Standing {
    Idle(usize),
    /// Names of its roles.
    Role(String),
    Unexplained,
    WithoutFrames,
    OfAnother,
}

fn standing(thread: &SeenThread, rules: &RuleSet) -> Standing {
    if let Some(rule) = thread.idle {
        return Standing::Idle(rule);
    }
    if !thread.roles.is_empty() {
        return Standing::Role(role_names(&thread.roles, rules).join(" + "));
    }
    match thread.chosen_view() {
        Some(view) if view.is_of_another => Standing::OfAnother,
        Some(view) if view.shape.is_some() => Standing::Unexplained,
        _ => Standing::WithoutFrames,
    }
}

/// The names of roles, each once.
fn role_names<'r>(roles: &[usize], rules: &'r RuleSet) -> Vec<&'r str> {
    let mut names: Vec<&str> = roles.iter().filter_map(|&rule| rules.rules[rule].role.as_deref()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn tally(threads: &Threads, rules: &RuleSet) -> Tally {
    let mut tally = Tally { total: threads.count(), ..Tally::default() };
    for thread in &threads.threads {
        match standing(thread, rules) {
            Standing::Idle(rule) => add(&mut tally.idle, rule, thread.count),
            Standing::Role(names) => add(&mut tally.with_role, names, thread.count),
            Standing::Unexplained => tally.unexplained += thread.count,
            Standing::WithoutFrames => tally.without_frames += thread.count,
            Standing::OfAnother => tally.of_another += thread.count,
        }
    }
    tally.idle.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| rules.rules[a.0].id.cmp(&rules.rules[b.0].id)));
    tally.with_role.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    tally
}

fn add<K: PartialEq>(counts: &mut Vec<(K, u64)>, key: K, count: u64) {
    match counts.iter_mut().find(|(known, _)| *known == key) {
        Some((_, sum)) => *sum += count,
        None => counts.push((key, count)),
    }
}
