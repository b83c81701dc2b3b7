//! Which of a thread's views it is grouped by, and which roles it has by all of them.

use std::cmp::Reverse;

use super::{SeenThread, Shape, Threads, View};
use crate::model::Dialect;

/// Chooses the richest view of each thread, and gives it its roles. `is_idle` is asked of a role rule.
pub fn choose(threads: &mut Threads, is_idle: impl Fn(usize) -> bool) {
    let mut seen = std::mem::take(&mut threads.threads);
    for thread in &mut seen {
        thread.chosen = (0..thread.views.len()).max_by_key(|&view| (wealth(threads, thread, view), Reverse(view)));
    }
    prefer_shared_views(threads, &mut seen);
    for thread in &mut seen {
        add_roles(threads, thread, &is_idle);
    }
    threads.threads = seen;
}

/// How much a view tells: frames of the application first, then names that can be trusted, then how many.
fn wealth(threads: &Threads, thread: &SeenThread, view: usize) -> (bool, bool, usize, usize) {
    let Some(shape) = thread.views[view].shape else { return (false, false, 0, 0) };
    let frames = &threads.shapes[shape].frames;
    let named = frames.iter().filter(|&&frame| threads.frames[frame as usize].is_named).count();
    (threads.application_frame(shape).is_some(), !thread.views[view].is_bare, named, frames.len())
}

/// One thread of many is often printed once more by another command. By that view it would stand alone, although nothing
/// tells it from the others: where they have no such view, it is grouped by one that they share.
fn prefer_shared_views(threads: &Threads, seen: &mut [SeenThread]) {
    let bit = |dialect: Dialect| 1u32 << (dialect as u32);
    // By shape: how many threads are grouped by it, and the dialects in which these are seen.
    let mut users = vec![(0u32, 0u32); threads.shapes.len()];
    for thread in seen.iter() {
        if let Some(shape) = thread.shape() {
            let dialects = thread.views.iter().fold(0, |all, view| all | bit(view.dialect));
            users[shape] = (users[shape].0 + 1, users[shape].1 | dialects);
        }
    }
    for thread in seen.iter_mut() {
        let Some((view, shape)) = thread.chosen_view().and_then(|view| Some((view, view.shape?))) else { continue };
        if users[shape].0 > 1 {
            continue;
        }
        let shows_application = threads.application_frame(shape).is_some();
        let own = bit(view.dialect);
        let is_shared = |other: &usize| {
            let Some(shape) = thread.views[*other].shape else { return false };
            let (shows_it, _, named, _) = wealth(threads, thread, *other);
            users[shape].0 > 0 && users[shape].1 & own == 0 && shows_it == shows_application && named > 0
        };
        let shared = (0..thread.views.len()).filter(is_shared);
        thread.chosen = shared.max_by_key(|&other| (wealth(threads, thread, other), Reverse(other))).or(thread.chosen);
    }
}

/// The roles by the chosen view, then those by the others. A view that shows another stack of the same dialect is of
/// another moment.
fn add_roles(threads: &Threads, thread: &mut SeenThread, is_idle: &impl Fn(usize) -> bool) {
    let Some(chosen) = thread.chosen_view() else { return };
    let differs = |view: &View| match (view.shape, chosen.shape) {
        (Some(other), Some(shape)) if other != shape && shows_the_same(view, chosen) => {
            let (a, b) = (&threads.shapes[other], &threads.shapes[shape]);
            !is_part(threads, a, b) && !is_part(threads, b, a)
        }
        _ => false,
    };
    let mut roles = threads.roles[chosen.roles].clone();
    let mut has_moved = false;
    for view in &thread.views {
        if differs(view) {
            has_moved = true;
            continue;
        }
        for &role in &threads.roles[view.roles] {
            if !roles.contains(&role) {
                roles.push(role);
            }
        }
    }
    thread.has_moved = has_moved;
    thread.idle = roles.iter().copied().find(|&role| is_idle(role));
    thread.roles = roles;
}

/// Whether two commands show the same frames of a thread that stands still: `kL` and `kv` do, `!clrstack` and
/// `clrstack -f` do not.
fn shows_the_same(a: &View, b: &View) -> bool {
    a.dialect == b.dialect && (a.dialect == Dialect::K || a.command == b.command)
}

/// Whether the frames of `part` all are in `whole`, in this order: a command may leave frames out.
fn is_part(threads: &Threads, part: &Shape, whole: &Shape) -> bool {
    let mut rest = whole.frames.iter();
    let frames = part.frames.iter().filter(|&&frame| threads.frames[frame as usize].hole.is_none());
    frames.into_iter().all(|&frame| rest.any(|&other| threads.may_be_one(frame, other)))
}
