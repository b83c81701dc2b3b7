//! Owners that no table names. That a thread holds a lock can be suspected from stacks, never proved.

use std::collections::{BTreeMap, BTreeSet};

use super::chains::{Basis, Member, Queue, Ring, views_of};
use super::roster::Who;
use super::waits::{Waiting, Waits};
use super::{CRITICAL_SECTION, LockWait, MONITOR, Moment};

/// Places of arguments that are compared: methods that lock two things have them among the first.
const PLACES: u32 = 8;
/// Smaller values are no addresses.
const ADDRESSES: u64 = 0x1_0000;

/// A ring for each kind of lock of which no table was printed, where nobody but those who wait could hold the locks.
pub fn rings<'t>(moment: &Moment<'t>, waits: &Waits<'t>, blocked: &BTreeSet<Who>) -> Vec<Ring<'t>> {
    let mut found = Vec::new();
    for kind in [MONITOR, CRITICAL_SECTION] {
        if has_whole_table(kind, moment) || !blocked.is_empty() {
            continue;
        }
        let waiting: Vec<(&Waiting, &LockWait)> = of_kind(kind, moment, waits);
        if waiting.len() > 1 {
            found.extend(ring(kind, &waiting, moment, waits));
        }
    }
    found
}

/// A table that is cut, or of single locks, leaves open what stacks may tell.
fn has_whole_table(kind: &str, moment: &Moment<'_>) -> bool {
    let is_whole = moment.locks.iter().filter(|lock| lock.kind == kind).all(|lock| lock.is_of_all);
    moment.printed.contains(&kind) && is_whole
}

fn of_kind<'w>(kind: &str, moment: &'w Moment<'_>, waits: &'w Waits<'_>) -> Vec<(&'w Waiting, &'w LockWait)> {
    let wait = |waiting: &'w Waiting| waits.wait(waiting, moment).map(|wait| (waiting, wait));
    waits.waiting.values().filter_map(wait).filter(|(_, wait)| wait.kind == kind).collect()
}

fn ring<'t>(kind: &str, waiting: &[(&Waiting, &LockWait)], moment: &Moment<'t>, waits: &Waits<'t>) -> Option<Ring<'t>> {
    let all: BTreeSet<Who> = waiting.iter().map(|(waiting, _)| waiting.who).collect();
    let holders = if kind == MONITOR { holders(moment, waits) } else { None };
    let (basis, among, mut because) = match holders {
        Some(holders) if holders.len() > 1 && holders.is_subset(&all) => {
            let said = "no table names all owners of the locks; `!threads` counts locks for these threads alone, and \
                        all of them wait";
            (Basis::Counts, holders, said.to_string())
        }
        // Somebody else holds a lock, or nobody does.
        Some(_) => return None,
        None if nobody_else(kind, &all, moment, waits) => {
            let said = "no table names all owners of the locks, and no other thread in the text could be one";
            (Basis::StacksAlone, all.clone(), said.to_string())
        }
        None => return None,
    };
    let mut members: Vec<Who> = crossed(&among, waiting);
    if members.len() > 1 {
        because.push_str("; the arguments of these methods are the same objects, each in the place of the other's");
    } else {
        members = among.into_iter().collect();
    }
    let member = |who: &Who| {
        let view = waits.waiting[who].view.map(|view| moment.view_numbers[view]);
        Member { thread: waits.roster.threads[*who].clone(), view, owns: Vec::new(), wants: None }
    };
    let behind = all.iter().filter(|who| !members.contains(who));
    Some(Ring {
        basis,
        kinds: vec![kind.to_string()],
        behind: behind.map(|&who| waits.roster.threads[who].clone()).collect(),
        members: members.iter().map(member).collect(),
        because: Some(because),
    })
}

/// The threads that hold locks by the count of `!threads`; `None` where it does not count.
fn holders(moment: &Moment<'_>, waits: &Waits<'_>) -> Option<BTreeSet<Who>> {
    let mut holders = BTreeSet::new();
    let mut counted = false;
    for managed in &moment.managed {
        let locks = managed.locks?;
        counted |= locks > 0;
        if locks > 0 {
            // A thread that has ended, or is nowhere else in the text, is somebody else.
            holders.insert(waits.roster.find(&managed.thread).unwrap_or(usize::MAX));
        }
    }
    counted.then_some(holders)
}

/// Whether the text shows other threads too, and all of them rest: they wait for work, or for a thread to end.
fn nobody_else(kind: &str, waiting: &BTreeSet<Who>, moment: &Moment<'_>, waits: &Waits<'_>) -> bool {
    let has_managed_views = moment.views.iter().any(|view| view.is_managed);
    let mut rests: BTreeMap<Who, bool> = BTreeMap::new();
    for (view, &who) in moment.views.iter().zip(&waits.of_views) {
        if waiting.contains(&who) {
            continue;
        }
        let joins = view.wait.as_ref().is_some_and(|wait| wait.kind == "thread");
        let has_no_monitor = match has_managed_views {
            // What has no managed frames holds no monitor.
            true => !view.has_managed,
            false => !view.has_managed && !view.has_unreadable,
        };
        let is_at_rest = view.is_idle || kind == MONITOR && (joins || has_no_monitor);
        *rests.entry(who).or_insert(true) &= is_at_rest;
    }
    !rests.is_empty() && rests.values().all(|rests| *rests)
}

/// A thread, and the values of its method's arguments by place.
type Placed = (Who, BTreeMap<u32, u64>);

/// Threads in one method whose arguments are the same objects in another order: the first of the one is the second of the
/// next, around to the first again. That is what methods look like that lock two things.
fn crossed(among: &BTreeSet<Who>, waiting: &[(&Waiting, &LockWait)]) -> Vec<Who> {
    let mut by_method: BTreeMap<u32, Vec<Placed>> = BTreeMap::new();
    for (waiting, wait) in waiting.iter().filter(|(waiting, _)| among.contains(&waiting.who)) {
        let values = wait.values.iter().filter(|(place, value)| *place < PLACES && *value >= ADDRESSES);
        if let Some(name) = wait.method_name {
            by_method.entry(name).or_default().push((waiting.who, values.copied().collect()));
        }
    }
    let mut best: Vec<Who> = Vec::new();
    for threads in by_method.values().filter(|threads| threads.len() > 1) {
        for first in 0..PLACES {
            for second in first + 1..PLACES {
                let ring = crossed_at(threads, first, second);
                if ring.len() > best.len() {
                    best = ring;
                }
            }
        }
    }
    best
}

fn crossed_at(threads: &[Placed], first: u32, second: u32) -> Vec<Who> {
    let by_first: BTreeMap<u64, usize> =
        threads.iter().enumerate().filter_map(|(at, (_, values))| Some((*values.get(&first)?, at))).collect();
    let next = |at: usize| {
        let values = &threads[at].1;
        let wanted = values.get(&second).filter(|wanted| values.get(&first) != Some(*wanted))?;
        by_first.get(wanted).copied().filter(|&next| next != at)
    };
    let mut seen = vec![false; threads.len()];
    for start in 0..threads.len() {
        let mut path = Vec::new();
        let mut at = start;
        while !std::mem::replace(&mut seen[at], true) {
            path.push(at);
            let Some(following) = next(at) else { break };
            at = following;
        }
        let begin = path.iter().position(|&member| member == at);
        let closes = path.last().is_some_and(|&last| next(last) == Some(at));
        if let (Some(begin), true) = (begin, closes) {
            return path[begin..].iter().map(|&member| threads[member].0).collect();
        }
    }
    Vec::new()
}

/// Threads that wait in one method, and one other thread that is in this method too and does not wait for the lock: it may
/// be the owner.
pub fn queues<'t>(moment: &Moment<'t>, waits: &Waits<'t>, blocked: &BTreeSet<Who>) -> Vec<Queue<'t>> {
    let mut at_place: BTreeMap<(&str, u32), Vec<&Waiting>> = BTreeMap::new();
    for waiting in waits.waiting.values().filter(|waiting| !blocked.contains(&waiting.who)) {
        let Some(wait) = waits.wait(waiting, moment) else { continue };
        if let Some(name) = wait.method_name.filter(|_| !moment.printed.contains(&wait.kind.as_str())) {
            at_place.entry((&wait.kind, name)).or_default().push(waiting);
        }
    }
    let mut found = Vec::new();
    for ((kind, method), waiting) in at_place {
        let views = moment.views.iter().zip(&waits.of_views);
        let inside = views.filter(|(view, who)| {
            let waits_here = waits.waiting.contains_key(who);
            !waits_here && !view.is_idle && view.names.contains(&method)
        });
        let owners: BTreeSet<Who> = inside.map(|(_, who)| *who).collect();
        let Some(&owner) = owners.first().filter(|_| owners.len() == 1) else { continue };
        let named = waiting.iter().filter_map(|waiting| {
            let view = moment.view_numbers[waiting.view?];
            Some((waits.roster.threads[waiting.who].clone(), view))
        });
        let because =
            "no table names the owner; it is the one thread in the same method that does not wait for the lock";
        found.push(Queue {
            basis: Basis::StacksAlone,
            kinds: vec![kind.to_string()],
            owner: Some(waits.roster.threads[owner].clone()),
            gone: None,
            locks: Vec::new(),
            waiters: waiting.len() as u64,
            named: named.collect(),
            owner_views: views_of(owner, moment, waits),
            because: Some(because.to_string()),
        });
    }
    found
}
