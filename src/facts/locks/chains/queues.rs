//! Queues: threads that wait, sooner or later, for one that waits for no lock.

use std::collections::{BTreeMap, BTreeSet};

use super::{Basis, Queue, behind, views_of};
use crate::facts::locks::roster::Who;
use crate::facts::locks::waits::{Waiting, Waits, is_gone};
use crate::facts::locks::{Lock, LockOwner, MONITOR, Moment};
use crate::model::ThreadRef;

/// For each owner that waits for no lock itself, those who wait for its locks.
pub fn queues<'t>(moment: &Moment<'t>, waits: &Waits<'t>, blocked: &BTreeSet<Who>) -> Vec<Queue<'t>> {
    let mut of_owner: BTreeMap<Who, Vec<usize>> = BTreeMap::new();
    let mut found = Vec::new();
    for (at, lock) in waits.locks.iter().enumerate() {
        let owner = waits.owners[at].filter(|who| !is_missing(&waits.roster.threads[*who], moment));
        match (owner, &lock.owner) {
            (Some(who), _) if waits.waiting.contains_key(&who) || blocked.contains(&who) => {}
            (Some(who), _) => of_owner.entry(who).or_default().push(at),
            (None, LockOwner::Gone(thread) | LockOwner::Thread(thread))
                if is_gone(lock) || waits.owners[at].is_some() =>
            {
                found.push(queue(None, Some(thread.clone()), &[at], waits, moment));
            }
            (None, LockOwner::Nobody) if lock.kind == MONITOR => {
                found.push(queue(None, None, &[at], waits, moment));
            }
            _ => {}
        }
    }
    found.extend(of_owner.into_iter().map(|(who, locks)| queue(Some(who), None, &locks, waits, moment)));
    found.retain(|queue| queue.waiters > 0);
    found
}

/// A list of all threads was printed, and the thread is not in it.
fn is_missing(thread: &ThreadRef, moment: &Moment<'_>) -> bool {
    let listed = moment.listed.as_ref().zip(thread.os_id);
    let has_stack = moment.views.iter().any(|view| view.thread.os_id.is_some() && view.thread.os_id == thread.os_id);
    let is_not_found = thread.os_id.is_some_and(|id| moment.not_found.contains(&id));
    !has_stack && (is_not_found || listed.is_some_and(|(ids, id)| !ids.contains(&id)))
}

fn queue<'t>(
    owner: Option<Who>,
    gone: Option<ThreadRef>,
    locks: &[usize],
    waits: &Waits<'t>,
    moment: &Moment<'t>,
) -> Queue<'t> {
    let wants_one = |waiting: &&Waiting| waiting.lock.is_some_and(|(lock, _)| locks.contains(&lock));
    let direct: Vec<Who> = waits.waiting.values().filter(wants_one).map(|waiting| waiting.who).collect();
    let waiters = |&lock: &usize| {
        let named = waits.waiting.values().filter(|waiting| waiting.lock.is_some_and(|(own, _)| own == lock)).count();
        waits.locks[lock].waiters.unwrap_or(0).max(named as u64)
    };
    let counted: u64 = locks.iter().map(waiters).sum();
    let mut behind_owner = owner.map_or_else(Vec::new, |who| behind(&[who], waits));
    behind_owner.extend(direct.iter().filter(|who| !behind_owner.contains(who)).copied().collect::<Vec<_>>());
    behind_owner.sort_unstable();
    // Who waits for a lock of one that waits itself waits for this owner in the end.
    let is_of_one = |lock: &usize| waits.owners[*lock].is_some_and(|owner| behind_owner.contains(&owner));
    let further: u64 =
        (0..waits.locks.len()).filter(|lock| is_of_one(lock) && !locks.contains(lock)).map(|lock| waiters(&lock)).sum();
    let named = behind_owner.iter().filter_map(|&who| {
        let view = waits.waiting[&who].view?;
        Some((waits.roster.threads[who].clone(), moment.view_numbers[view]))
    });
    // Those that somebody waits for, where it is known which these are.
    let wanted: Vec<&'t Lock> =
        locks.iter().filter(|&lock| counted == 0 || waiters(lock) > 0).map(|&lock| waits.locks[lock]).collect();
    let kinds: BTreeSet<String> = wanted.iter().map(|lock| lock.kind.to_string()).collect();
    Queue {
        basis: Basis::Table,
        kinds: kinds.into_iter().collect(),
        owner: owner.map(|who| waits.roster.threads[who].clone()),
        gone,
        locks: wanted,
        waiters: (counted + further).max(behind_owner.len() as u64),
        named: named.collect(),
        owner_views: owner.map_or_else(Vec::new, |owner| views_of(owner, moment, waits)),
        because: None,
    }
}
