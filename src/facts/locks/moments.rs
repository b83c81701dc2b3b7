//! Which texts are about the same process at the same moment: only there does a table say something of a stack.

use std::collections::{BTreeMap, BTreeSet};

use super::tables::SaidWait;
use super::{Lock, LockOwner, LockTables, ManagedThread, ThreadView};
use crate::model::ThreadRef;

/// What the texts of one process at one moment say.
#[derive(Clone, Debug, Default)]
pub struct Moment<'t> {
    pub locks: Vec<&'t Lock>,
    pub managed: Vec<&'t ManagedThread>,
    /// Threads of which both names are known, by the debugger's lists.
    pub named: Vec<&'t ThreadRef>,
    /// Threads by the runtime's numbers, where tables of locks tell them.
    pub numbered: Vec<(u64, &'t ThreadRef)>,
    pub said_waits: Vec<&'t SaidWait>,
    pub views: Vec<&'t ThreadView>,
    /// Index of each view among all of the case.
    pub view_numbers: Vec<usize>,
    /// Kinds of locks of which a table was printed.
    pub printed: Vec<&'static str>,
    /// Ids of all threads, where a list of them was printed.
    pub listed: Option<BTreeSet<u64>>,
    /// Ids of threads that are not there.
    pub not_found: BTreeSet<u64>,
}

/// A source with tables of locks and with stacks speaks for itself. The others are put together, by process where stacks
/// name it. Gives back the moments, and the tables (source, line) of which nobody can say to which process they belong.
pub fn moments<'t>(tables: &'t LockTables, views: &'t [ThreadView]) -> (Vec<Moment<'t>>, Vec<(usize, u32)>) {
    let with_locks: BTreeSet<usize> = tables.printed.iter().map(|(source, ..)| *source).collect();
    let with_views: BTreeSet<usize> = views.iter().map(|view| view.source).collect();
    let alone: Vec<usize> = with_locks.intersection(&with_views).copied().collect();
    let mut found = Vec::new();
    for &source in &alone {
        let own: Vec<usize> = (0..views.len()).filter(|&number| views[number].source == source).collect();
        found.push(moment(tables, views, &own, |other| other == source));
    }
    let loose = |source: usize| alone.binary_search(&source).is_err();
    let processes = processes(views, loose);
    if processes.len() < 2 {
        let all: Vec<usize> = (0..views.len()).collect();
        found.push(moment(tables, views, &all, loose));
        return (with_content(found), Vec::new());
    }
    let mut unclear = Vec::new();
    let of_table = tables_by_process(tables, &processes, loose, &mut unclear);
    let of_process = views_by_process(views, &processes);
    for &process in processes.keys() {
        let takes = |source: usize| loose(source) && of_table.get(&source).is_none_or(|&own| own == Some(process));
        found.push(moment(tables, views, &of_process[&process], takes));
    }
    (with_content(found), unclear)
}

fn with_content(found: Vec<Moment<'_>>) -> Vec<Moment<'_>> {
    found.into_iter().filter(|moment| !moment.views.is_empty() || !moment.locks.is_empty()).collect()
}

/// The processes that stacks name, with the ids of their threads.
fn processes(views: &[ThreadView], loose: impl Fn(usize) -> bool) -> BTreeMap<u64, BTreeSet<u64>> {
    let mut processes: BTreeMap<u64, BTreeSet<u64>> = BTreeMap::new();
    for view in views.iter().filter(|view| loose(view.source)) {
        if let Some(process) = view.thread.process_id {
            processes.entry(process).or_default().extend(view.thread.os_id);
        }
    }
    processes
}

/// The numbers of the views of each process: those that name it, and those of its threads that name none.
fn views_by_process(views: &[ThreadView], processes: &BTreeMap<u64, BTreeSet<u64>>) -> BTreeMap<u64, Vec<usize>> {
    let mut having: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
    for (&process, ids) in processes {
        ids.iter().for_each(|&id| having.entry(id).or_default().push(process));
    }
    let mut found: BTreeMap<u64, Vec<usize>> = processes.keys().map(|&process| (process, Vec::new())).collect();
    for (number, view) in views.iter().enumerate() {
        let of_thread = || view.thread.os_id.and_then(|id| having.get(&id)).map_or(&[][..], Vec::as_slice);
        let own = view.thread.process_id.as_slice();
        for process in if own.is_empty() { of_thread() } else { own } {
            found.entry(*process).or_default().push(number);
        }
    }
    found
}

/// A table without stacks belongs to the process that has all its owners as threads, when there is only one.
fn tables_by_process(
    tables: &LockTables,
    processes: &BTreeMap<u64, BTreeSet<u64>>,
    loose: impl Fn(usize) -> bool,
    unclear: &mut Vec<(usize, u32)>,
) -> BTreeMap<usize, Option<u64>> {
    let mut ids: BTreeMap<usize, BTreeSet<u64>> = BTreeMap::new();
    for lock in tables.locks.iter().filter(|lock| loose(lock.source)) {
        if let LockOwner::Thread(thread) = &lock.owner {
            ids.entry(lock.source).or_default().extend(thread.os_id);
        }
    }
    for managed in tables.managed.iter().filter(|managed| loose(managed.source)) {
        ids.entry(managed.source).or_default().extend(managed.thread.os_id);
    }
    let mut of_table = BTreeMap::new();
    for (source, ids) in ids {
        let having = processes.iter().filter(|(_, known)| !ids.is_empty() && ids.is_subset(known));
        let having: Vec<u64> = having.map(|(process, _)| *process).collect();
        let own = if let [only] = having.as_slice() { Some(*only) } else { None };
        let printed = tables.printed.iter().find(|(other, ..)| *other == source);
        if let (None, Some((_, _, line))) = (own, printed) {
            unclear.push((source, *line));
        }
        of_table.insert(source, own);
    }
    of_table
}

fn moment<'t>(
    tables: &'t LockTables,
    views: &'t [ThreadView],
    own: &[usize],
    takes: impl Fn(usize) -> bool,
) -> Moment<'t> {
    let numbered = tables.numbered.iter().filter(|(source, ..)| takes(*source));
    let mut moment = Moment {
        locks: tables.locks.iter().filter(|lock| takes(lock.source)).collect(),
        managed: tables.managed.iter().filter(|managed| takes(managed.source)).collect(),
        named: tables.named.iter().filter(|(source, _)| takes(*source)).map(|(_, thread)| thread).collect(),
        numbered: numbered.map(|(_, number, thread)| (*number, thread)).collect(),
        said_waits: tables.said_waits.iter().filter(|wait| takes(wait.source)).collect(),
        printed: tables.printed.iter().filter(|(source, ..)| takes(*source)).map(|(_, kind, _)| *kind).collect(),
        ..Moment::default()
    };
    for &number in own.iter().filter(|&&number| takes(views[number].source)) {
        moment.views.push(&views[number]);
        moment.view_numbers.push(number);
    }
    for (_, ids) in tables.listed.iter().filter(|(source, _)| takes(*source)) {
        moment.listed.get_or_insert_default().extend(ids);
    }
    moment.not_found.extend(tables.not_found.iter().filter(|(source, _)| takes(*source)).map(|(_, id)| *id));
    moment
}
