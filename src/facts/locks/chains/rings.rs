//! Rings: threads each of which waits for a lock of the next.

use std::collections::BTreeSet;

use super::{Basis, Member, Ring, behind, wanted};
use crate::facts::locks::roster::Who;
use crate::facts::locks::waits::{How, Waits};
use crate::facts::locks::{Moment, threads_in_words};
use crate::model::ThreadRef;

/// What is found so far.
#[derive(Default)]
pub struct Finder<'t> {
    pub found: Vec<Ring<'t>>,
    /// Threads in a ring, or behind one.
    pub blocked: BTreeSet<Who>,
}

impl<'t> Finder<'t> {
    /// Rings in which every lock is known.
    pub fn rings(&mut self, waits: &Waits<'t>, moment: &Moment<'t>, assumed: bool) {
        let next = |who: Who| {
            let (lock, how) = waits.waiting.get(&who)?.lock?;
            waits.owners[lock].map(|owner| (owner, how))
        };
        let mut seen: BTreeSet<Who> = BTreeSet::new();
        for &start in waits.waiting.keys() {
            let mut path: Vec<Who> = Vec::new();
            let mut who = start;
            while seen.insert(who) {
                path.push(who);
                let Some((owner, _)) = next(who) else { break };
                who = owner;
            }
            let Some(begin) = path.iter().position(|&member| member == who) else { continue };
            let ring = &path[begin..];
            let closes = next(path[path.len() - 1]).is_some_and(|(owner, _)| owner == who);
            if !closes || ring.len() < 2 || ring.iter().any(|member| self.blocked.contains(member)) {
                continue;
            }
            let is_assumed = ring.iter().any(|&who| next(who).is_some_and(|(_, how)| how == How::Assumed));
            let because = is_assumed.then(|| match waits.trusts_cut_table {
                true => {
                    "the table of locks has no end here; that no lock is missing is told by their numbers only: as \
                         many threads wait as its rows count"
                        .to_string()
                }
                false => "which thread waits for which lock is told by their numbers at one place only".to_string(),
            });
            let basis = if assumed && is_assumed { Basis::Assumed } else { Basis::Table };
            self.add(in_order(ring), basis, because, waits, moment);
        }
    }

    /// Every owner of a set waits for a lock of another owner of the set: a ring is among them, whichever it is.
    pub fn among(&self, waits: &Waits<'t>) -> BTreeSet<Who> {
        let owners: BTreeSet<Who> = waits.owners.iter().flatten().copied().collect();
        let mut set: BTreeSet<Who> =
            owners.into_iter().filter(|who| waits.waiting.contains_key(who) && !self.blocked.contains(who)).collect();
        loop {
            let stays = |who: &Who| {
                let waiting = &waits.waiting[who];
                let wanted = wanted(waiting);
                !wanted.is_empty()
                    && wanted.iter().all(|&lock| {
                        let is_known = waiting.lock.is_some() || waits.is_complete(lock);
                        is_known && waits.owners[lock].is_some_and(|owner| set.contains(&owner))
                    })
            };
            let kept: BTreeSet<Who> = set.iter().copied().filter(stays).collect();
            if kept.len() == set.len() {
                break;
            }
            set = kept;
        }
        set
    }

    /// That there is a ring may be certain where its threads are not.
    pub fn say_what_is_certain(&mut self, from: usize, among: &BTreeSet<Who>, waits: &Waits<'t>) {
        let names: Vec<&ThreadRef> = among.iter().map(|&who| &waits.roster.threads[who]).collect();
        for ring in self.found[from..].iter_mut().filter(|_| among.len() > 1) {
            let because = ring.because.take().unwrap_or_default();
            ring.because =
                Some(format!("that some of {} are in a ring is certain; {because}", threads_in_words(&names)));
        }
    }

    pub fn add_among(&mut self, set: BTreeSet<Who>, waits: &Waits<'t>, moment: &Moment<'t>) {
        let because = "every one of them waits for a lock that another of them holds, but the text does not say for \
                       which; with `!clrstack -a` it may"
            .to_string();
        self.add(set.into_iter().collect(), Basis::Among, Some(because), waits, moment);
    }

    fn add(
        &mut self,
        members: Vec<Who>,
        basis: Basis,
        because: Option<String>,
        waits: &Waits<'t>,
        moment: &Moment<'t>,
    ) {
        let behind = behind(&members, waits);
        self.blocked.extend(members.iter().chain(&behind));
        let members: Vec<Member<'t>> = members.iter().map(|&who| member(who, waits, moment)).collect();
        let wanted = members.iter().flat_map(|member| member.owns.iter().chain(&member.wants));
        let kinds: BTreeSet<String> = wanted.map(|lock| lock.kind.to_string()).collect();
        let behind = behind.iter().map(|&who| waits.roster.threads[who].clone()).collect();
        self.found.push(Ring { basis, kinds: kinds.into_iter().collect(), members, behind, because });
    }
}

/// Begins with the thread of the lowest index.
fn in_order(ring: &[Who]) -> Vec<Who> {
    let first = (0..ring.len()).min_by_key(|&at| ring[at]).unwrap_or_default();
    [&ring[first..], &ring[..first]].concat()
}

fn member<'t>(who: Who, waits: &Waits<'t>, moment: &Moment<'t>) -> Member<'t> {
    let waiting = &waits.waiting[&who];
    let owns = (0..waits.locks.len()).filter(|&at| waits.owners[at] == Some(who));
    Member {
        thread: waits.roster.threads[who].clone(),
        view: waiting.view.map(|view| moment.view_numbers[view]),
        // A lock that nobody waits for keeps nobody.
        owns: owns.map(|at| waits.locks[at]).filter(|lock| lock.waiters != Some(0)).collect(),
        wants: waiting.lock.map(|(lock, _)| waits.locks[lock]),
    }
}
