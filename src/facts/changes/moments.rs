//! Threads, and what is counted at a moment: queued work, threads that wait for locks.

use super::processes::times;
use super::{Change, Figure, FigureChange, Look, Measurer, hours_between};
use crate::facts::{CaptureFigure, Captures, CounterUnit};

/// Threads in all, then by what they do. Where one case shows no thread, nothing follows from that.
pub fn threads(old: &Look<'_>, new: &Look<'_>) -> Vec<FigureChange> {
    let total = |look: &Look<'_>| look.threads.first().map(|(_, count)| *count).filter(|&count| count > 0);
    let (of_old, of_new) = (total(old), total(new));
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in old.threads.iter().chain(&new.threads) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    if of_old.is_none() || of_new.is_none() {
        names.truncate(1);
    }
    if of_old.is_none() && of_new.is_none() {
        return Vec::new();
    }
    let hours = hours_between(times(old).map(|(_, last)| last), times(new).map(|(_, last)| last));
    let figure = |look: &Look<'_>, name: &str| {
        total(look)?;
        let known = look.threads.iter().find(|(known, _)| known == name);
        Some(Figure::counted(known.map_or(0, |(_, count)| *count)))
    };
    let all = names.first().copied();
    let change = |name: &str| {
        let hours = hours.filter(|_| Some(name) == all);
        let (old, new) = (figure(old, name), figure(new, name));
        FigureChange {
            measurer: Measurer::Threads,
            process: None,
            name: name.to_string(),
            of: "",
            unit: CounterUnit::Count,
            old,
            new,
            change: Change::of(old, new, 0.0, hours),
        }
    };
    let mut changes: Vec<FigureChange> = names.into_iter().map(change).collect();
    let is_none = |figure: Option<Figure>| figure.is_none_or(|figure| figure.amount.value == 0.0);
    changes.retain(|change| !is_none(change.old) || !is_none(change.new));
    changes
}

/// What is counted at the last moment of each case.
pub fn figures(old: &Look<'_>, new: &Look<'_>) -> Vec<FigureChange> {
    let mut figures = Vec::new();
    for name in ["pool-threads", "pool-queue", "lock-waiters"] {
        let (of_old, of_new) = (last(old.captures, name), last(new.captures, name));
        if of_old.is_none() && of_new.is_none() {
            continue;
        }
        let time = |captures: &Captures, found: &Option<(usize, &CaptureFigure)>| {
            let (moment, _) = found.as_ref()?;
            captures.moments[*moment].time.map(|(first, _)| first)
        };
        let hours = hours_between(time(old.captures, &of_old), time(new.captures, &of_new));
        let figure = |(_, found): (usize, &CaptureFigure)| Figure {
            place: Some((found.source, found.line)),
            ..Figure::counted(found.value)
        };
        let (old, new) = (of_old.map(figure), of_new.map(figure));
        figures.push(FigureChange {
            measurer: Measurer::Moment,
            process: None,
            name: name.to_string(),
            of: "",
            unit: CounterUnit::Count,
            old,
            new,
            change: Change::of(old, new, 0.0, hours),
        });
    }
    figures
}

/// The figure of the last moment that has it; `None` where the moments are of several processes.
fn last<'c>(captures: &'c Captures, name: &str) -> Option<(usize, &'c CaptureFigure)> {
    let ids = captures.moments.iter().flat_map(|moment| &moment.process_ids);
    let first = ids.clone().next();
    if ids.clone().any(|id| Some(id) != first) {
        return None;
    }
    // A moment that the texts put in no order comes as it was read.
    let in_course = captures.courses.first().map(|course| course.moments.clone()).unwrap_or_default();
    let mut order: Vec<usize> = (0..captures.moments.len()).filter(|moment| !in_course.contains(moment)).collect();
    order.extend(in_course);
    let figure = |&moment: &usize| captures.moments[moment].figures.iter().find(|figure| figure.name == name);
    order.iter().rev().find_map(|moment| Some((*moment, figure(moment)?)))
}
