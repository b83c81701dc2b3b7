//! Rings and queues in words: who waits for which lock in which method, and what of it is known.

use std::collections::BTreeSet;

use super::LockCollection;
use super::of_chains::is_told_apart;
use crate::facts::locks::{Basis, Member, Queue, Ring, thread_label, threads_in_words};
use crate::finding::{EvidenceState, RungState};
use crate::model::ThreadRef;

/// Names printed in full.
pub(super) const NAMED: usize = 12;

impl LockCollection {
    /// What each thread holds and waits for; or, where the text names no locks, who waits in which method.
    pub(super) fn ring_in_words(&self, ring: &Ring<'_>) -> String {
        if is_told_apart(ring) {
            return in_words_by("; ", ring.members.iter().map(|member| self.member_in_words(member)));
        }
        let groups = self.by_method(ring).into_iter().map(|(method, members)| {
            let names = of_members(&members);
            let (wait, place) = waits_in(members.len(), method);
            format!("{names} {wait}{place}")
        });
        format!("{}, for locks that the text does not name", in_words_by("; ", groups))
    }

    pub(super) fn by_method<'m, 't>(&self, ring: &'m Ring<'t>) -> Vec<(Option<&str>, Vec<&'m Member<'t>>)> {
        let mut groups: Vec<(Option<&str>, Vec<&Member<'t>>)> = Vec::new();
        for member in &ring.members {
            let method = self.method(member.view);
            match groups.iter_mut().find(|(known, _)| *known == method) {
                Some((_, members)) => members.push(member),
                None => groups.push((method, vec![member])),
            }
        }
        groups
    }

    pub(super) fn rungs_by_method(&self, ring: &Ring<'_>) -> Vec<RungState> {
        let holds = match ring.basis {
            Basis::Counts => "; each holds a lock by the count of `!threads`",
            _ => "; which locks are theirs the text does not say",
        };
        let of_group = |(method, members): (Option<&str>, Vec<&Member<'_>>)| {
            let names = of_members(&members);
            let (wait, place) = waits_in(members.len(), method);
            let first = |member: &&Member<'_>| {
                let frame = self.proof(member.view)?.evidence.first()?;
                Some((frame.source, frame.line))
            };
            let places = members.iter().filter_map(first).take(NAMED).collect();
            let said = format!("{names} {wait} for a lock{place}{holds}");
            rung(count_of(members.len() as u64), EvidenceState::Undecided, said, places)
        };
        self.by_method(ring).into_iter().map(of_group).collect()
    }

    /// `thread 4 (0x110) holds System.Object 0x27e2070 and waits in N.T.M for System.Object 0x27e2088`
    pub(super) fn member_in_words(&self, member: &Member<'_>) -> String {
        let (holds, waits) = self.parts_of_member(member);
        let holds = if member.owns.is_empty() { String::new() } else { format!("{holds} and ") };
        format!("{} {holds}{waits}", thread_label(&member.thread))
    }

    pub(super) fn parts_of_member(&self, member: &Member<'_>) -> (String, String) {
        let holds = match member.owns.is_empty() {
            true => "holds a lock that the text does not name".to_string(),
            false => format!("holds {}", in_words(member.owns.iter().map(|lock| lock.name.clone()))),
        };
        let place = self.method(member.view).map(|method| format!(" in {method}")).unwrap_or_default();
        if member.view.is_none() && member.wants.is_none() {
            return (holds, "stands where the text does not show".to_string());
        }
        let lock = member.wants.map_or("a lock that the text does not name", |lock| lock.name.as_str());
        (holds, format!("waits{place} for {lock}"))
    }

    pub(super) fn rung_of_member(&self, member: &Member<'_>, ring: &Ring<'_>) -> RungState {
        let (holds, waits) = self.parts_of_member(member);
        let is_known = member.wants.is_some() && !member.owns.is_empty() && ring.basis == Basis::Table;
        let state = if is_known { EvidenceState::Holds } else { EvidenceState::Undecided };
        let wait = self.proof(member.view).and_then(|proof| proof.evidence.first());
        let places = wait.map(|frame| (frame.source, frame.line)).into_iter();
        let places = places.chain(member.owns.iter().map(|lock| (lock.source, lock.line)));
        rung(thread_label(&member.thread), state, format!("{waits}; {holds}"), places.collect())
    }

    pub(super) fn rungs_of_queue(&self, queue: &Queue<'_>, methods: &BTreeSet<&str>) -> Vec<RungState> {
        let locks = in_words(queue.locks.iter().map(|lock| lock.name.clone()));
        let said = match (&queue.owner, &queue.gone) {
            _ if locks.is_empty() => "is in the method in which the others wait, and does not wait itself".to_string(),
            (Some(_), _) => format!("holds {locks}"),
            (None, Some(_)) => format!("held {locks} when it ended"),
            (None, None) => format!("owns {locks} by the table"),
        };
        let state = if queue.basis == Basis::Table { EvidenceState::Holds } else { EvidenceState::Undecided };
        let places = queue.locks.iter().map(|lock| (lock.source, lock.line)).collect();
        let mut rungs = vec![rung(owner_in_words(queue), state, said, places)];
        let names: Vec<&ThreadRef> = queue.named.iter().map(|(thread, _)| thread).collect();
        let mut said = match names.is_empty() {
            true => "counted by the table; none of their stacks is in the text".to_string(),
            false if names.len() == 1 => format!("waits for it: {}", threads_in_words(&names)),
            false => format!("wait for it: {}", threads_in_words(&names)),
        };
        if !methods.is_empty() {
            said.push_str(&format!(", in {}", in_words(methods.iter().map(|method| method.to_string()))));
        }
        rungs.push(rung(count_of(queue.waiters), EvidenceState::Holds, said, Vec::new()));
        rungs
    }
}

/// `wait`, and ` in N.T.M`.
pub(super) fn waits_in(threads: usize, method: Option<&str>) -> (&'static str, String) {
    let place = method.map_or(" in code without symbols".to_string(), |method| format!(" in {method}"));
    (if threads == 1 { "waits" } else { "wait" }, place)
}

pub(super) fn of_members(members: &[&Member<'_>]) -> String {
    threads_in_words(&members.iter().map(|member| &member.thread).collect::<Vec<_>>())
}

pub(super) fn rung(name: String, state: EvidenceState, said: String, places: Vec<(usize, u32)>) -> RungState {
    RungState { name, state, said, chart: String::new(), places }
}

pub(super) fn owner_in_words(queue: &Queue<'_>) -> String {
    match (&queue.owner, &queue.gone) {
        (Some(owner), _) => thread_label(owner),
        (None, Some(gone)) if *gone != ThreadRef::default() => format!("{}, which has ended,", thread_label(gone)),
        (None, Some(_)) => "a thread that has ended".to_string(),
        (None, None) => "nobody".to_string(),
    }
}

pub(super) fn locks_in_words(ring: &Ring<'_>) -> String {
    let mut names: Vec<String> = Vec::new();
    for lock in ring.members.iter().flat_map(|member| &member.owns) {
        if !names.contains(&lock.name) {
            names.push(lock.name.clone());
        }
    }
    if names.is_empty() { "unknown".to_string() } else { in_words(names.into_iter()) }
}

pub(super) fn count_of(threads: u64) -> String {
    match threads {
        0 => "nobody".to_string(),
        1 => "1 thread".to_string(),
        _ => format!("{threads} threads"),
    }
}

pub(super) fn in_words(names: impl Iterator<Item = String>) -> String {
    in_words_by(", ", names)
}

/// Not more than a reader takes in.
pub(super) fn in_words_by(between: &str, names: impl Iterator<Item = String>) -> String {
    let mut all: Vec<String> = names.collect();
    let more = all.len().saturating_sub(NAMED);
    all.truncate(NAMED);
    if more > 0 {
        all.push(format!("{more} more"));
    }
    all.join(between)
}
