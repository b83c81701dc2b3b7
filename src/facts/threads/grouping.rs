//! Threads that stand at the same place, in three steps from fine to coarse.

use std::collections::BTreeSet;

use foldhash::HashMap;
use std::hash::Hash;

use super::{SeenThread, Threads};

/// How alike the threads of a group are. Each level joins groups of the one before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// The same frames.
    #[default]
    Exact,
    /// The same frames from the top down to the first one of the application; whole stacks where there is none.
    Top,
    /// The same functions, in whatever order and number.
    Functions,
}

impl Level {
    pub fn name(self) -> &'static str {
        match self {
            Level::Exact => "exact",
            Level::Top => "top",
            Level::Functions => "functions",
        }
    }
}

/// Threads that are alike.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ThreadGroup {
    /// How many threads.
    pub count: u64,
    /// Indices into [`Threads::threads`].
    pub threads: Vec<usize>,
    /// The distinct stacks, that of most threads first; empty for threads without frames.
    pub shapes: Vec<usize>,
    /// Rules whose role every one of the threads has.
    pub roles: Vec<usize>,
    /// Its threads are idle, by this rule; the first of several.
    pub idle: Option<usize>,
    /// Groups that are alike on the coarser levels have the same numbers.
    pub top: usize,
    pub functions: usize,
}

/// The groups of a case, and how many there are on each level.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grouped {
    /// Those with the same top stand next to each other, the largest top first, and those with the same functions right
    /// behind; then the larger before the smaller, then by text.
    pub groups: Vec<ThreadGroup>,
    pub exact: usize,
    pub top: usize,
    pub functions: usize,
    /// How many threads there are.
    pub count: u64,
}

/// Groups threads. Idle threads are never in one group with others.
pub fn group(threads: &Threads, level: Level) -> Grouped {
    let mut exact = Numbering::default();
    let mut top = Numbering::default();
    let mut by_functions = Numbering::default();
    let mut of_thread = Vec::with_capacity(threads.threads.len());
    // The distinct places: an exact group, and its top.
    let mut tops: Vec<usize> = Vec::new();
    let mut sets: Vec<usize> = Vec::new();
    for thread in &threads.threads {
        let number = exact.of((thread.shape(), is_of_another(thread), thread.idle.is_some()));
        of_thread.push(number);
        if number == tops.len() {
            // Threads of which no frame is known are alike in nothing else.
            let kind = (thread.idle.is_some(), is_of_another(thread));
            tops.push(top.of((kind, top_of(threads, thread))));
            sets.push(by_functions.of((kind, functions_of(threads, thread))));
        }
    }
    let functions = joined(&tops, &sets);
    let place = |thread: usize| {
        let exact = of_thread[thread];
        match level {
            Level::Exact => exact,
            Level::Top => tops[exact],
            Level::Functions => functions[exact],
        }
    };
    let mut groups: Vec<ThreadGroup> = Vec::new();
    let mut group_of = Numbering::default();
    for (index, thread) in threads.threads.iter().enumerate() {
        let at = group_of.of(place(index));
        if at == groups.len() {
            let (top, functions) = (tops[of_thread[index]], functions[of_thread[index]]);
            let (roles, idle) = (thread.roles.clone(), thread.idle);
            groups.push(ThreadGroup { roles, idle, top, functions, ..ThreadGroup::default() });
        }
        let group = &mut groups[at];
        group.count += thread.count;
        group.threads.push(index);
        group.roles.retain(|role| thread.roles.contains(role));
    }
    for group in &mut groups {
        group.shapes = shapes_of(threads, group);
    }
    let distinct = |numbers: &[usize]| numbers.iter().collect::<BTreeSet<_>>().len();
    let (exact, top, of_functions) = (tops.len(), distinct(&tops), distinct(&functions));
    Grouped { groups: sorted(threads, groups), exact, top, functions: of_functions, count: threads.count() }
}

/// Numbers for distinct values, in the order in which they come.
struct Numbering<K>(HashMap<K, usize>);

impl<K> Default for Numbering<K> {
    fn default() -> Self {
        Numbering(HashMap::default())
    }
}

impl<K: Eq + Hash> Numbering<K> {
    fn of(&mut self, key: K) -> usize {
        let next = self.0.len();
        *self.0.entry(key).or_insert(next)
    }
}

fn is_of_another(thread: &SeenThread) -> bool {
    thread.chosen_view().is_some_and(|view| view.is_of_another)
}

/// The frames down to the first one of the application.
fn top_of(threads: &Threads, thread: &SeenThread) -> Option<Vec<u32>> {
    let shape = thread.shape()?;
    let frames = &threads.shapes[shape].frames;
    let end = threads.application_frame(shape).map_or(frames.len(), |at| at + 1);
    Some(frames[..end].to_vec())
}

/// Of frames without a name it is not known whether two are one function, so each place counts as one.
fn functions_of(threads: &Threads, thread: &SeenThread) -> Option<Vec<u32>> {
    let shape = &threads.shapes[thread.shape()?];
    let mut functions = shape.frames.clone();
    functions.sort_unstable();
    functions.dedup();
    Some(functions)
}

/// The coarsest level: what has the same top or the same functions is in one group. Numbers by place.
fn joined(tops: &[usize], sets: &[usize]) -> Vec<usize> {
    let mut parents: Vec<usize> = (0..tops.len()).collect();
    let (mut first_of_top, mut first_of_set) = (HashMap::default(), HashMap::default());
    for (place, (&top, &set)) in tops.iter().zip(sets).enumerate() {
        for first in [*first_of_top.entry(top).or_insert(place), *first_of_set.entry(set).or_insert(place)] {
            let (a, b) = (root(&mut parents, first), root(&mut parents, place));
            parents[a.max(b)] = a.min(b);
        }
    }
    (0..tops.len()).map(|place| root(&mut parents, place)).collect()
}

fn root(parents: &mut [usize], mut place: usize) -> usize {
    while parents[place] != place {
        parents[place] = parents[parents[place]];
        place = parents[place];
    }
    place
}

/// The distinct stacks of a group, that of most threads first.
fn shapes_of(threads: &Threads, group: &ThreadGroup) -> Vec<usize> {
    let mut counts: HashMap<usize, u64> = HashMap::default();
    for thread in group.threads.iter().map(|&thread| &threads.threads[thread]) {
        if let Some(shape) = thread.shape() {
            *counts.entry(shape).or_default() += thread.count;
        }
    }
    let mut shapes: Vec<(u64, usize)> = counts.into_iter().map(|(shape, count)| (count, shape)).collect();
    shapes.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| names(threads, a.1).cmp(names(threads, b.1))).then(a.1.cmp(&b.1)));
    shapes.into_iter().map(|(_, shape)| shape).collect()
}

fn names(threads: &Threads, shape: usize) -> impl Iterator<Item = &str> {
    threads.shapes[shape].frames.iter().map(|&frame| threads.frames[frame as usize].shown.as_str())
}

fn sorted(threads: &Threads, mut groups: Vec<ThreadGroup>) -> Vec<ThreadGroup> {
    let text = |group: &ThreadGroup| group.shapes.first().map(|&shape| names(threads, shape));
    let by_text = |a: &ThreadGroup, b: &ThreadGroup| match (text(a), text(b)) {
        (Some(a), Some(b)) => a.cmp(b),
        (a, b) => b.is_some().cmp(&a.is_some()),
    };
    groups.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| by_text(a, b)));
    // The largest top first, of two the one with the group that comes first.
    let mut tops: Vec<(u64, usize)> = Vec::new();
    let mut numbers = Numbering::default();
    for group in &groups {
        let number = numbers.of(group.top);
        if number == tops.len() {
            tops.push((0, group.top));
        }
        tops[number].0 += group.count;
    }
    tops.sort_by_key(|top| std::cmp::Reverse(top.0));
    let rank: HashMap<usize, usize> = tops.into_iter().enumerate().map(|(rank, (_, top))| (top, rank)).collect();
    let mut best: HashMap<usize, usize> = HashMap::default();
    for group in &groups {
        let best = best.entry(group.functions).or_insert(usize::MAX);
        *best = (*best).min(rank[&group.top]);
    }
    // Threads of which nothing is known come last.
    groups.sort_by_key(|group| (group.shapes.is_empty(), best[&group.functions], rank[&group.top]));
    groups
}
