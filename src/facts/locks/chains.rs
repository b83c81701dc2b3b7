//! Chains of waiting threads: rings, in which nobody ever moves, and queues behind one owner.

use std::collections::{BTreeMap, BTreeSet};

use super::roster::Who;
use super::stack_owner;
use super::unseen;
use super::waits::{How, ROUNDS, Waiting, Waits, is_gone};
use super::{Lock, LockOwner, Moment, thread_label, threads_in_words};
use crate::model::ThreadRef;

/// What a ring or queue rests on: the surest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Basis {
    /// A table names the owners, and text or arithmetic the locks waited for.
    Table,
    /// A table names the owners; all of them wait for each other's locks, but not all locks are told apart.
    Among,
    /// As many threads wait at one place as the table counts for one lock, or in all as a table counts that may go on.
    Assumed,
    /// `!threads` counts the locks that threads hold, and all who hold some wait.
    Counts,
    /// A table names the owners and counts who waits, and the text does not show all owners.
    OwnersUnseen,
    /// Nobody in the text could hold the locks but those who wait.
    StacksAlone,
}

/// One thread of a ring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member<'t> {
    pub thread: ThreadRef,
    /// Number of the view that shows its wait.
    pub view: Option<usize>,
    pub owns: Vec<&'t Lock>,
    pub wants: Option<&'t Lock>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ring<'t> {
    pub basis: Basis,
    /// Kinds of the locks in it.
    pub kinds: Vec<String>,
    /// Each waits for a lock of the next one, where that is known.
    pub members: Vec<Member<'t>>,
    /// Threads that wait behind it.
    pub behind: Vec<ThreadRef>,
    /// What makes it less than certain, in words.
    pub because: Option<String>,
}

/// Threads that wait for one owner, which itself waits for no lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queue<'t> {
    pub basis: Basis,
    pub kinds: Vec<String>,
    /// `None` where it has ended, and where the table says that nobody owns the lock.
    pub owner: Option<ThreadRef>,
    /// What the table says of the owner that has ended.
    pub gone: Option<ThreadRef>,
    pub locks: Vec<&'t Lock>,
    /// How many threads wait, those included that wait behind others.
    pub waiters: u64,
    /// Those of them that stacks show, and the numbers of their views.
    pub named: Vec<(ThreadRef, usize)>,
    /// Numbers of the views of the owner.
    pub owner_views: Vec<usize>,
    pub because: Option<String>,
}

/// What the text of one moment shows of locks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chains<'t> {
    pub rings: Vec<Ring<'t>>,
    pub queues: Vec<Queue<'t>>,
    /// Kinds of locks of which a table was printed.
    pub tabled: Vec<&'static str>,
    /// What does not fit together: source, line, and what.
    pub contradictions: Vec<(usize, u32, String)>,
}

/// Joins the tables and stacks of a moment.
pub fn chains<'t>(moment: &Moment<'t>) -> Chains<'t> {
    let mut waits = Waits::new(moment);
    let mut finder = Finder::default();
    finder.rings(&waits, moment, false);
    let among = finder.among(&waits);
    if !among.is_empty() || finder.found.is_empty() {
        let mut assumed = waits.clone();
        assumed.assume(moment);
        let certain = finder.found.len();
        finder.rings(&assumed, moment, true);
        finder.say_what_is_certain(certain, &among, &waits);
        if finder.found.len() > certain {
            waits = assumed;
        } else if among.len() > 1 {
            finder.add_among(among, &waits, moment);
        }
    }
    if let Some(ring) = unseen::ring(moment, &waits, &finder.blocked) {
        let owners = ring.members.iter().filter_map(|member| waits.roster.find(&member.thread));
        finder.blocked.extend(owners);
        finder.found.push(ring);
    }
    let mut rings = finder.found;
    rings.extend(stack_owner::rings(moment, &waits, &finder.blocked));
    let mut queues = queues(moment, &waits, &finder.blocked);
    queues.extend(stack_owner::queues(moment, &waits, &finder.blocked));
    let mut contradictions = std::mem::take(&mut waits.contradictions);
    contradictions.extend(unlisted(moment, &waits));
    contradictions.extend(unseen_owners(moment, &waits));
    contradictions.extend(waits.locks.iter().filter_map(|lock| without_owner(lock)));
    Chains { rings, queues, tabled: moment.printed.clone(), contradictions }
}

#[derive(Default)]
struct Finder<'t> {
    found: Vec<Ring<'t>>,
    /// Threads in a ring, or behind one.
    blocked: BTreeSet<Who>,
}

impl<'t> Finder<'t> {
    /// Rings in which every lock is known.
    fn rings(&mut self, waits: &Waits<'t>, moment: &Moment<'t>, assumed: bool) {
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
    fn among(&self, waits: &Waits<'t>) -> BTreeSet<Who> {
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
    fn say_what_is_certain(&mut self, from: usize, among: &BTreeSet<Who>, waits: &Waits<'t>) {
        let names: Vec<&ThreadRef> = among.iter().map(|&who| &waits.roster.threads[who]).collect();
        for ring in self.found[from..].iter_mut().filter(|_| among.len() > 1) {
            let because = ring.because.take().unwrap_or_default();
            ring.because =
                Some(format!("that some of {} are in a ring is certain; {because}", threads_in_words(&names)));
        }
    }

    fn add_among(&mut self, set: BTreeSet<Who>, waits: &Waits<'t>, moment: &Moment<'t>) {
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

fn wanted(waiting: &Waiting) -> Vec<usize> {
    waiting.lock.map_or_else(|| waiting.candidates.clone(), |(lock, _)| vec![lock])
}

/// Threads all of whose possible owners are among these, or behind them.
fn behind(those: &[Who], waits: &Waits<'_>) -> Vec<Who> {
    let mut blocked: BTreeSet<Who> = those.iter().copied().collect();
    for _ in 0..ROUNDS {
        let before = blocked.len();
        for (&who, waiting) in &waits.waiting {
            let wanted = wanted(waiting);
            let leads = |&lock: &usize| {
                let is_known = waiting.lock.is_some() || waits.is_complete(lock);
                is_known && waits.owners[lock].is_some_and(|owner| blocked.contains(&owner))
            };
            if !wanted.is_empty() && wanted.iter().all(leads) {
                blocked.insert(who);
            }
        }
        if blocked.len() == before {
            break;
        }
    }
    blocked.into_iter().filter(|who| !those.contains(who)).collect()
}

/// For each owner that waits for no lock itself, those who wait for its locks.
fn queues<'t>(moment: &Moment<'t>, waits: &Waits<'t>, blocked: &BTreeSet<Who>) -> Vec<Queue<'t>> {
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
            (None, LockOwner::Nobody) if lock.kind == super::MONITOR => {
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

/// Numbers of the views of a thread.
pub fn views_of(who: Who, moment: &Moment<'_>, waits: &Waits<'_>) -> Vec<usize> {
    let of_thread = waits.of_views.iter().zip(&moment.view_numbers).filter(|(of, _)| **of == who);
    of_thread.map(|(_, &number)| number).collect()
}

/// Stacks show more threads that wait than a table which lists all locks counts.
fn unlisted(moment: &Moment<'_>, waits: &Waits<'_>) -> Option<(usize, u32, String)> {
    let of_monitors: Vec<&Waiting> = waits
        .waiting
        .values()
        .filter(|waiting| waits.wait(waiting, moment).is_some_and(|wait| wait.kind == super::MONITOR))
        .collect();
    let locks: Vec<&&Lock> = waits.locks.iter().filter(|lock| lock.kind == super::MONITOR).collect();
    let counted: u64 = locks.iter().map(|lock| lock.waiters.unwrap_or(u64::MAX / 2)).fold(0, u64::saturating_add);
    let first = locks.iter().find(|lock| lock.is_of_all)?;
    if of_monitors.len() as u64 <= counted {
        return None;
    }
    let said = format!(
        "{} threads wait for monitors by their stacks, and this table counts {counted}: they are not of one moment",
        of_monitors.len()
    );
    Some((first.source, first.line, said))
}

/// A monitor that is held or waited for, and of which the table names no owner.
fn without_owner(lock: &Lock) -> Option<(usize, u32, String)> {
    if lock.kind != super::MONITOR || lock.owner != LockOwner::Nobody {
        return None;
    }
    let said = match lock.waiters {
        None => {
            "counts more waiting threads than a process can have: its state is damaged, and who holds it is unknown"
        }
        Some(0) => "is held all the same: who holds it is unknown",
        Some(_) => {
            "is waited for all the same: it was given back just then, or its owner is gone; a second `!syncblk` some \
             seconds later tells which"
        }
    };
    Some((lock.source, lock.line, format!("{} has no owner by this table, and {said}", lock.name)))
}

/// Owners of which the text shows no stack.
fn unseen_owners(moment: &Moment<'_>, waits: &Waits<'_>) -> Vec<(usize, u32, String)> {
    if moment.views.is_empty() {
        return Vec::new();
    }
    let mut unseen = Vec::new();
    for (at, lock) in waits.locks.iter().enumerate() {
        let Some(who) = waits.owners[at].filter(|_| lock.waiters.is_some_and(|waiters| waiters > 0)) else { continue };
        if !waits.of_views.contains(&who) {
            let owner = thread_label(&waits.roster.threads[who]);
            let said = format!("{owner} owns {}, and its stack is not in the text", lock.name);
            unseen.push((lock.source, lock.line, said));
        }
    }
    unseen
}
