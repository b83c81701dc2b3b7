//! For which lock each thread waits.

use std::collections::{BTreeMap, BTreeSet};

use super::roster::{Roster, Who};
use super::tables::clr_thread;
use super::{
    CRITICAL_SECTION, LOADER_LOCK, Lock, LockOwner, LockWait, MONITOR, Moment, READER_WRITER_LOCK, ThreadView,
};
use crate::model::ThreadRef;

/// How the lock is known that a thread waits for: the surest last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum How {
    /// As many threads wait at one place as the table counts for one lock.
    Assumed,
    /// No other lock is left for it.
    Deduced,
    /// Its arguments or variables name the lock, or the table says so.
    Said,
}

/// Threads that are looked at, and locks among which one of them may choose: beyond, nothing follows.
const WAITING: usize = 4_000;
const CANDIDATES: usize = 16;
/// Rounds of deduction: each is a link of a chain.
pub const ROUNDS: usize = 16;

/// A thread that waits for a lock.
#[derive(Clone, Debug)]
pub struct Waiting {
    pub who: Who,
    /// Position of the view that shows it best, among those of the moment; `None` where a table alone says so.
    pub view: Option<usize>,
    /// What its stack says of the kind of lock.
    kind: Option<&'static str>,
    /// Positions of the locks that it may wait for.
    pub candidates: Vec<usize>,
    pub lock: Option<(usize, How)>,
}

/// Locks, owners and waiting threads of a moment.
#[derive(Clone, Debug, Default)]
pub struct Waits<'t> {
    pub roster: Roster,
    /// Who each view is of.
    pub of_views: Vec<Who>,
    /// Each lock once.
    pub locks: Vec<&'t Lock>,
    /// The owner of each, where it is a thread.
    pub owners: Vec<Option<Who>>,
    /// By thread.
    pub waiting: BTreeMap<Who, Waiting>,
    /// Kinds of locks of which the tables show all that is waited for.
    complete: BTreeSet<&'static str>,
    /// Whether something follows only if a table without its totals is all there.
    pub trusts_cut_table: bool,
    /// What does not fit together: source, line, and what.
    pub contradictions: Vec<(usize, u32, String)>,
}

impl<'t> Waits<'t> {
    pub fn new(moment: &Moment<'t>) -> Self {
        let (mut roster, of_views) = Roster::new(moment);
        let mut waits = Waits::default();
        let owner_of = |roster: &mut Roster, lock: &Lock| match &lock.owner {
            LockOwner::Thread(thread) => Some(roster.enter(thread)),
            _ => None,
        };
        for &lock in &moment.locks {
            let owner = owner_of(&mut roster, lock);
            waits.add_lock(lock, owner, &roster);
        }
        (waits.roster, waits.of_views) = (roster, of_views);
        waits.add_waiting(moment);
        waits.add_said(moment);
        waits.find_candidates(moment);
        waits.deduce(false);
        waits
    }

    /// The wait that the view of a waiting thread shows.
    pub fn wait<'m>(&self, waiting: &Waiting, moment: &'m Moment<'t>) -> Option<&'m LockWait> {
        moment.views[waiting.view?].wait.as_ref()
    }

    /// The same lock in two tables is one; two owners mean that time passed between them.
    fn add_lock(&mut self, lock: &'t Lock, owner: Option<Who>, roster: &Roster) {
        // That a section is the loader's, only a table with names tells.
        let kind = |lock: &Lock| if lock.kind == LOADER_LOCK { CRITICAL_SECTION } else { lock.kind };
        let same = self.locks.iter().position(|known| (kind(known), known.address) == (kind(lock), lock.address));
        let Some(at) = same else {
            self.locks.push(lock);
            self.owners.push(owner);
            return;
        };
        let known = self.locks[at];
        if self.owners[at] != owner || is_gone(known) != is_gone(lock) {
            let name = |owner: Option<Who>| owner.map_or("nobody".to_string(), |who| label(&roster.threads[who]));
            let said = format!(
                "{} is owned by {} here, and by {} in line {}: its owner is left open",
                lock.name,
                name(owner),
                name(self.owners[at]),
                known.line
            );
            self.contradictions.push((lock.source, lock.line, said));
            self.owners[at] = None;
        } else if lock.waiters.is_some()
            && (known.waiters.is_none() || lock.is_of_all && !known.is_of_all || lock.kind == LOADER_LOCK)
        {
            self.locks[at] = lock;
        }
    }

    /// Threads whose stacks show that they wait. One that a stack shows to wait and another of the same kind shows
    /// elsewhere has moved.
    fn add_waiting(&mut self, moment: &Moment<'t>) {
        let mut views: BTreeMap<Who, Vec<usize>> = BTreeMap::new();
        for (at, &who) in self.of_views.iter().enumerate() {
            views.entry(who).or_default().push(at);
        }
        for (who, views) in views {
            if self.waiting.len() >= WAITING {
                return;
            }
            let richness = |&at: &usize| {
                let wait = moment.views[at].wait.as_ref();
                wait.map(|wait| (wait.method.is_some(), !wait.values.is_empty(), wait.own_values.len().min(1)))
            };
            let shown = views.iter().copied().filter(|at| moment.views[*at].wait.is_some());
            let Some(best) = shown.rev().max_by_key(richness) else { continue };
            let kind = |at: usize| moment.views[at].wait.as_ref().map(|wait| &wait.kind);
            let moved = |at: usize| kind(at) != kind(best) && differ(moment.views[at], moment.views[best]);
            let elsewhere = views.iter().find(|&&at| moved(at));
            if let Some(&other) = elsewhere {
                let (one, other) = (moment.views[best], moment.views[other]);
                let said = format!(
                    "{} waits for a lock here, and stands elsewhere in line {}: it is not taken for blocked",
                    label(&self.roster.threads[who]),
                    other.line
                );
                self.contradictions.push((one.source, one.line, said));
                continue;
            }
            let kind = KINDS.into_iter().find(|known| kind(best).is_some_and(|kind| kind == known));
            self.waiting.insert(who, Waiting { who, view: Some(best), kind, candidates: Vec::new(), lock: None });
        }
    }

    /// What `!dlk` and `!rwlock` say themselves.
    fn add_said(&mut self, moment: &Moment<'t>) {
        for said in &moment.said_waits {
            let name = ThreadRef { name: Some(clr_thread(said.managed_id)), ..ThreadRef::default() };
            let Some(who) = self.roster.find(&name) else { continue };
            let lock = self.locks.iter().position(|lock| lock.address == said.address);
            let unseen = Waiting { who, view: None, kind: None, candidates: Vec::new(), lock: None };
            let waiting = self.waiting.entry(who).or_insert(unseen);
            // A thread whose stack waits for something else has moved.
            let on_stack = waiting.view.and_then(|view| moment.views[view].wait.as_ref());
            let fits = |&lock: &usize| {
                let is_other = |wait: &LockWait| !READER_WRITER_WAITS.contains(&wait.kind.as_str());
                self.locks[lock].kind != READER_WRITER_LOCK || !on_stack.is_some_and(is_other)
            };
            if let Some(lock) = lock.filter(fits) {
                waiting.lock = Some((lock, How::Said));
            }
        }
    }

    fn find_candidates(&mut self, moment: &Moment<'t>) {
        let mut found: BTreeMap<Who, (Vec<usize>, Option<usize>)> = BTreeMap::new();
        for (&who, waiting) in self.waiting.iter().filter(|(_, waiting)| waiting.lock.is_none()) {
            let Some(wait) = self.wait(waiting, moment) else { continue };
            let may_be = |&at: &usize| {
                let lock = self.locks[at];
                lock.kind == wait.kind && self.owners[at] != Some(who) && lock.waiters != Some(0)
            };
            let all: Vec<usize> = (0..self.locks.len()).filter(may_be).collect();
            let values: BTreeSet<u64> =
                wait.values.iter().map(|(_, value)| *value).chain(wait.own_values.iter().copied()).collect();
            let named: Vec<usize> =
                all.iter().copied().filter(|&at| values.contains(&self.locks[at].address)).collect();
            match named.as_slice() {
                [only] => found.insert(who, (vec![*only], Some(*only))),
                [] if all.len() > CANDIDATES => continue,
                [] => found.insert(who, (all, None)),
                _ => found.insert(who, (named, None)),
            };
        }
        for (who, (candidates, said)) in found {
            if let Some(waiting) = self.waiting.get_mut(&who) {
                waiting.candidates = candidates;
                waiting.lock = said.map(|lock| (lock, How::Said));
            }
        }
    }

    /// Of a table that lists all locks, what is left over tells the rest: a thread for which one lock remains waits for
    /// it, and a lock that has all its threads has room for no other.
    ///
    /// A table without its totals may go on. Where as many threads wait as its rows count, that is unlikely: such a
    /// table `may_be_cut`.
    fn deduce(&mut self, may_be_cut: bool) {
        let kinds: BTreeSet<&'static str> = self.locks.iter().map(|lock| lock.kind).collect();
        for kind in kinds {
            let of_kind: Vec<usize> = (0..self.locks.len()).filter(|&at| self.locks[at].kind == kind).collect();
            let is_cut = of_kind.iter().any(|&at| !self.locks[at].is_of_all);
            if is_cut && !may_be_cut {
                continue;
            }
            let wants_one = |waiting: &&Waiting| {
                let said = waiting.lock.map(|(lock, _)| self.locks[lock].kind);
                said.or(waiting.kind) == Some(kind)
            };
            let among: Vec<Who> = self.waiting.values().filter(wants_one).map(|waiting| waiting.who).collect();
            let counted: Option<u64> = of_kind.iter().map(|&at| self.locks[at].waiters).sum();
            let is_closed = counted == Some(among.len() as u64);
            // Since Windows 8 most critical sections have no debug information, and `!locks` does not find them. Where as
            // many threads wait as it counts, none of these is waited for.
            if (kind != MONITOR || is_cut) && !is_closed {
                continue;
            }
            self.complete.insert(kind);
            for _ in 0..ROUNDS {
                if !self.deduce_once(&among, &of_kind, is_closed) {
                    break;
                }
            }
        }
    }

    /// Whether a thread that may wait for this lock can wait for none but those that tables show.
    pub fn is_complete(&self, lock: usize) -> bool {
        self.complete.contains(self.locks[lock].kind)
    }

    /// One step; whether anything new came out.
    fn deduce_once(&mut self, among: &[Who], of_kind: &[usize], is_closed: bool) -> bool {
        let mut changed = false;
        if is_closed {
            let full: BTreeSet<usize> = of_kind.iter().copied().filter(|&lock| self.room(lock) == 0).collect();
            for who in among {
                let Some(waiting) = self.waiting.get_mut(who).filter(|waiting| waiting.lock.is_none()) else {
                    continue;
                };
                let before = waiting.candidates.len();
                waiting.candidates.retain(|lock| !full.contains(lock));
                changed |= waiting.candidates.len() < before;
            }
        }
        for who in among {
            let Some(waiting) = self.waiting.get_mut(who).filter(|waiting| waiting.lock.is_none()) else { continue };
            if let [only] = waiting.candidates.as_slice() {
                waiting.lock = Some((*only, How::Deduced));
                changed = true;
            }
        }
        changed
    }

    /// Threads that a lock still lacks of those that the table counts.
    pub fn room(&self, lock: usize) -> u64 {
        let has = self.waiting.values().filter(|waiting| waiting.lock.is_some_and(|(own, _)| own == lock)).count();
        self.locks[lock].waiters.unwrap_or(u64::MAX).saturating_sub(has as u64)
    }

    /// What is likely where nothing is certain: all threads that wait at one place wait for the lock that has just so
    /// many, when there is only one.
    pub fn assume(&mut self, moment: &Moment<'t>) {
        if self.assume_rest(true) {
            self.trusts_cut_table = true;
            return;
        }
        let mut at_place: BTreeMap<(u32, Vec<usize>), Vec<Who>> = BTreeMap::new();
        for waiting in self.waiting.values().filter(|waiting| waiting.lock.is_none()) {
            if let Some(name) = self.wait(waiting, moment).and_then(|wait| wait.method_name) {
                at_place.entry((name, waiting.candidates.clone())).or_default().push(waiting.who);
            }
        }
        for ((_, candidates), threads) in at_place {
            let fits = |lock: &&usize| self.is_complete(**lock) && self.room(**lock) == threads.len() as u64;
            let fitting: Vec<usize> = candidates.iter().filter(fits).copied().collect();
            let ([lock], true) = (fitting.as_slice(), threads.len() > 1) else { continue };
            for who in threads {
                if let Some(waiting) = self.waiting.get_mut(&who) {
                    waiting.lock = Some((*lock, How::Assumed));
                }
            }
            self.assume_rest(false);
            return;
        }
    }

    /// What follows from an assumption is one as well. Tells whether anything does.
    fn assume_rest(&mut self, may_be_cut: bool) -> bool {
        let known: BTreeSet<Who> = self.waiting.values().filter(|w| w.lock.is_some()).map(|w| w.who).collect();
        self.deduce(may_be_cut);
        let mut follows = false;
        for waiting in self.waiting.values_mut().filter(|waiting| !known.contains(&waiting.who)) {
            if let Some((_, how)) = &mut waiting.lock {
                *how = How::Assumed;
                follows = true;
            }
        }
        follows
    }
}

/// Kinds of waits for reader-writer locks: which of the two classes it is, only stacks tell.
const READER_WRITER_WAITS: [&str; 2] = ["rwlock", "rwlock-slim"];

/// Kinds of locks of which tables list all that are held.
const KINDS: [&str; 3] = [MONITOR, CRITICAL_SECTION, LOADER_LOCK];

pub fn is_gone(lock: &Lock) -> bool {
    matches!(lock.owner, LockOwner::Gone(_))
}

fn label(thread: &ThreadRef) -> String {
    super::thread_label(thread)
}

/// Whether two stacks of one thread, printed in the same way, cannot be of one moment: neither is the beginning of the
/// other.
fn differ(one: &ThreadView, other: &ThreadView) -> bool {
    let comparable = one.is_managed == other.is_managed && !one.has_unreadable && !other.has_unreadable;
    let length = one.names.len().min(other.names.len());
    comparable && length > 0 && one.names[..length] != other.names[..length]
}
