//! Chains of waiting threads: rings, in which nobody ever moves, and queues behind one owner.

mod contradictions;
mod queues;
mod rings;

use std::collections::BTreeSet;

use super::roster::Who;
use super::stack_owner;
use super::unseen;
use super::waits::{ROUNDS, Waiting, Waits};
use super::{Lock, Moment};
use crate::model::ThreadRef;
use contradictions::{unlisted, unseen_owners, without_owner};
use queues::queues;
use rings::Finder;

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

/// Numbers of the views of a thread.
pub fn views_of(who: Who, moment: &Moment<'_>, waits: &Waits<'_>) -> Vec<usize> {
    let of_thread = waits.of_views.iter().zip(&moment.view_numbers).filter(|(of, _)| **of == who);
    of_thread.map(|(_, &number)| number).collect()
}
