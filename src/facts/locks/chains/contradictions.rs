//! What tables and stacks say of locks that does not fit together: source, line, and what.

use crate::facts::locks::waits::{Waiting, Waits};
use crate::facts::locks::{Lock, LockOwner, MONITOR, Moment, thread_label};

/// Stacks show more threads that wait than a table which lists all locks counts.
pub fn unlisted(moment: &Moment<'_>, waits: &Waits<'_>) -> Option<(usize, u32, String)> {
    let of_monitors: Vec<&Waiting> = waits
        .waiting
        .values()
        .filter(|waiting| waits.wait(waiting, moment).is_some_and(|wait| wait.kind == MONITOR))
        .collect();
    let locks: Vec<&&Lock> = waits.locks.iter().filter(|lock| lock.kind == MONITOR).collect();
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
pub fn without_owner(lock: &Lock) -> Option<(usize, u32, String)> {
    if lock.kind != MONITOR || lock.owner != LockOwner::Nobody {
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
pub fn unseen_owners(moment: &Moment<'_>, waits: &Waits<'_>) -> Vec<(usize, u32, String)> {
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
