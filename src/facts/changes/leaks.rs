//! Leak reports of both cases: the last of each, in all and by owner.

use super::processes::pairs;
use super::{Change, Figure, FigureChange, Look, Measurer, hours_between};
use crate::facts::in_words::minutes;
use crate::facts::{CounterUnit, Course, Measured, ProcessLeaks};
use crate::model::{Amount, LeakOwner, LeakOwnerKind};

/// Seconds by which the time between two reports and what was tracked between them may differ.
const SAME_TRACKING: f64 = 120.0;

pub fn figures(old: &Look<'_>, new: &Look<'_>) -> Vec<FigureChange> {
    let mut figures = Vec::new();
    let pairs = pairs(old.leaks, new.leaks, |leaks| &leaks.process);
    let is_one_of_several = pairs.len() > 1;
    for pair in pairs {
        let process = pair.new.or(pair.old).map(|leaks| leaks.process.label()).filter(|_| is_one_of_several);
        let apart = pair.apart.clone().or_else(|| tracking_apart(pair.old?, pair.new?));
        let mut both = of_process(pair.old, pair.new);
        for figure in &mut both {
            figure.process.clone_from(&process);
            if let Some(why) = &apart {
                figure.keep_apart(why);
            }
        }
        figures.extend(both);
    }
    figures
}

/// What is outstanding is counted from when tracking began: figures of two trackings are not of one thing.
fn tracking_apart(old: &ProcessLeaks, new: &ProcessLeaks) -> Option<String> {
    let ((_, old), (_, new)) = (old.reports.last()?, new.reports.last()?);
    let (before, after) = (old.tracking?.amount, new.tracking?.amount);
    let since = after.minus(before);
    let in_words = |seconds: Amount| minutes(seconds.value / 60.0);
    let tracked = format!("{}, then {}", in_words(before), in_words(after));
    if since.highest() < 0.0 {
        return Some(format!("less was tracked than before ({tracked}), so tracking began anew"));
    }
    let between = old.taken.zip(new.taken).map(|(old, new)| old.duration_until(new).as_secs_f64())?;
    ((between - since.value).abs() > SAME_TRACKING + since.error).then(|| {
        let between = minutes(between.abs() / 60.0);
        format!("tracking ({tracked}) and the time between the two ({between}) do not fit, so tracking began anew")
    })
}

fn of_process(old: Option<&ProcessLeaks>, new: Option<&ProcessLeaks>) -> Vec<FigureChange> {
    let hours = old.zip(new).and_then(|(old, new)| hours(old, new));
    let mut figures = Vec::new();
    for (measured, of) in [(Measured::Size, "size"), (Measured::Count, "allocations"), (Measured::Handles, "handles")] {
        let total = |leaks: &ProcessLeaks| leaks.total(measured);
        figures.extend(change("", of, unit(measured), old.map(total), new.map(total), hours));
    }
    for kind in [LeakOwnerKind::Module, LeakOwnerKind::Function] {
        let mut owners: Vec<LeakOwner> = Vec::new();
        for owner in [new, old].into_iter().flatten().flat_map(|leaks| leaks.owners(kind)) {
            if !owners.iter().any(|known| known.name.eq_ignore_ascii_case(&owner.name)) {
                owners.push(owner.clone());
            }
        }
        let mut of_kind: Vec<FigureChange> = Vec::new();
        for owner in &owners {
            let course = |leaks: &ProcessLeaks| leaks.course_of(owner, Measured::Size);
            of_kind.extend(change(&owner.name, "size", CounterUnit::Bytes, old.map(course), new.map(course), hours));
        }
        of_kind.sort_by(|a, b| b.distance().total_cmp(&a.distance()));
        figures.extend(of_kind);
    }
    figures
}

fn unit(measured: Measured) -> CounterUnit {
    if measured == Measured::Size { CounterUnit::Bytes } else { CounterUnit::Count }
}

/// From the last report of one to the last of the other: by the times of the dumps, else by what was tracked.
fn hours(old: &ProcessLeaks, new: &ProcessLeaks) -> Option<f64> {
    let ((_, old), (_, new)) = (old.reports.last()?, new.reports.last()?);
    let tracked = || Some((new.tracking?.amount.value - old.tracking?.amount.value) / 3600.0);
    hours_between(old.taken, new.taken).or_else(tracked)
}

fn change(
    name: &str,
    of: &'static str,
    unit: CounterUnit,
    old: Option<Course>,
    new: Option<Course>,
    hours: Option<f64>,
) -> Option<FigureChange> {
    let figure = |course: Option<Course>| course.as_ref().and_then(last_of);
    let (old, new) = (figure(old), figure(new));
    (old.is_some() || new.is_some()).then(|| FigureChange {
        measurer: Measurer::LeakReport,
        process: None,
        name: name.to_string(),
        of,
        unit,
        old,
        new,
        change: Change::of(old, new, 0.0, hours),
    })
}

/// The figure of the last report; an owner that it does not list has an unknown part there.
pub fn last_of(course: &Course) -> Option<Figure> {
    let reading = course.figures.last().filter(|reading| reading.report + 1 == course.reports)?;
    let first = course.figures.first()?;
    let hours = reading.hours.zip(first.hours).map(|(last, first)| last - first).filter(|&hours| hours > 0.0);
    let several = course.reports > 1;
    Some(Figure {
        amount: reading.figure.amount,
        place: Some((reading.source, reading.figure.line)),
        tendency: several.then(|| course.tendency()),
        per_hour: hours.and_then(|hours| course.growth()?.over(Amount::exact(hours))).filter(|_| several),
    })
}
