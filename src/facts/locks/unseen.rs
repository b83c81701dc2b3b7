//! Rings that a table of monitors leaves likely where the text shows the stacks of some of the owners only.

use std::collections::BTreeSet;

use super::chains::{Basis, Member, Ring};
use super::roster::Who;
use super::waits::Waits;
use super::{MONITOR, Moment};

/// One thread waits for each of the monitors, each of another owner, and all owners whose stacks are there wait, and nobody
/// else: so the owners may be those who wait.
pub fn ring<'t>(moment: &Moment<'t>, waits: &Waits<'t>, blocked: &BTreeSet<Who>) -> Option<Ring<'t>> {
    let is_wanted = |&at: &usize| waits.locks[at].kind == MONITOR && waits.locks[at].waiters != Some(0);
    let wanted: Vec<usize> = (0..waits.locks.len()).filter(is_wanted).collect();
    let owners: BTreeSet<Who> = wanted.iter().filter_map(|&at| waits.owners[at]).collect();
    let one_each = owners.len() == wanted.len() && wanted.iter().all(|&at| waits.locks[at].waiters == Some(1));
    if owners.len() < 2 || !one_each || owners.iter().any(|owner| blocked.contains(owner)) {
        return None;
    }
    let seen: BTreeSet<Who> = owners.iter().copied().filter(|&who| is_seen(who, moment, waits)).collect();
    let waiting: BTreeSet<Who> = waits
        .waiting
        .values()
        .filter(|waiting| of_monitor(waiting.who, moment, waits))
        .map(|waiting| waiting.who)
        .collect();
    // Half of them at least: more than one stack in two would be a guess.
    if seen.len() == owners.len() || seen.len() * 2 < owners.len() || waiting != seen {
        return None;
    }
    let member = |&who: &Who| {
        let owns: Vec<_> =
            wanted.iter().filter(|&&at| waits.owners[at] == Some(who)).map(|&at| waits.locks[at]).collect();
        let others = || wanted.iter().filter(|&&at| waits.owners[at] != Some(who));
        let known = waits.waiting.get(&who).and_then(|waiting| waiting.lock).map(|(at, _)| at);
        let left = || others().next().copied().filter(|_| seen.contains(&who) && others().count() == 1);
        let view = waits.waiting.get(&who).and_then(|waiting| waiting.view);
        Member {
            thread: waits.roster.threads[who].clone(),
            view: view.map(|view| moment.view_numbers[view]),
            owns,
            wants: known.or_else(left).map(|at| waits.locks[at]),
        }
    };
    Some(Ring {
        basis: Basis::OwnersUnseen,
        kinds: vec![MONITOR.to_string()],
        members: owners.iter().map(member).collect(),
        behind: Vec::new(),
        because: Some(
            "the stacks of some owners are not in the text; that they wait too follows only from as many threads \
             waiting as there are owners"
                .to_string(),
        ),
    })
}

fn of_monitor(who: Who, moment: &Moment<'_>, waits: &Waits<'_>) -> bool {
    waits.wait(&waits.waiting[&who], moment).is_some_and(|wait| wait.kind == MONITOR)
}

/// Whether a stack tells where the thread stands: frames of the runtime alone do not.
fn is_seen(who: Who, moment: &Moment<'_>, waits: &Waits<'_>) -> bool {
    let mut views = moment.views.iter().zip(&waits.of_views).filter(|(_, of)| **of == who);
    views.any(|(view, _)| view.wait.is_some() || !view.names.is_empty())
}
