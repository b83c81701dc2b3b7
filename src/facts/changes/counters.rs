//! Counters of both cases: on average, and at the end.

use jiff::civil::DateTime;

use super::processes::pairs;
use super::{Change, Figure, FigureChange, Look, Measurer, hours_between};
use crate::facts::{CounterFact, Point};
use crate::model::Amount;

/// A figure, and its time where that is told.
type Timed = (Figure, Option<DateTime>);

pub fn figures(old: &Look<'_>, new: &Look<'_>) -> Vec<FigureChange> {
    let mut figures = Vec::new();
    let pairs = pairs(old.counters, new.counters, |counters| &counters.process);
    let is_one_of_several = pairs.len() > 1;
    for pair in pairs {
        let counters =
            |side: Option<&super::ProcessCounters>| side.map(|side| side.counters.clone()).unwrap_or_default();
        let (of_old, of_new) = (counters(pair.old), counters(pair.new));
        let process = pair.new.or(pair.old).map(|side| side.process.label()).filter(|_| is_one_of_several);
        let mut names: Vec<&str> = of_old.iter().chain(&of_new).map(|counter| counter.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            let find = |counters: &'_ [CounterFact]| counters.iter().position(|counter| counter.name == name);
            let (a, b) = (find(&of_old).map(|at| &of_old[at]), find(&of_new).map(|at| &of_new[at]));
            let mut both = of_counter(a, b);
            for figure in &mut both {
                figure.process.clone_from(&process);
                if let Some(why) = &pair.apart {
                    figure.keep_apart(why);
                }
            }
            figures.extend(both);
        }
    }
    figures
}

/// The average of all samples, and the last one. Of a single sample only that.
fn of_counter(old: Option<&CounterFact>, new: Option<&CounterFact>) -> Vec<FigureChange> {
    let Some(any) = old.or(new) else { return Vec::new() };
    let several = [old, new].into_iter().flatten().all(|counter| counter.points.len() > 1);
    let change = |of: &'static str, figure: fn(&CounterFact) -> Option<Timed>| {
        let (a, b) = (old.and_then(figure), new.and_then(figure));
        let time = |side: Option<Timed>| side.and_then(|(_, time)| time);
        let hours = hours_between(time(a), time(b));
        let (old, new) = (a.map(|(figure, _)| figure), b.map(|(figure, _)| figure));
        // What a counter moves by that stays flat is no clear change.
        let flat = old.map_or(0.0, |old| any.limits.flat(old.amount));
        FigureChange {
            measurer: Measurer::Counter,
            process: None,
            name: any.name.clone(),
            of,
            unit: any.unit,
            old,
            new,
            change: Change::of(old, new, flat, hours),
        }
    };
    let mut both = Vec::new();
    if several {
        both.push(change("average", average));
    }
    // What one case says for itself is said once.
    if !several || (old.is_some() && new.is_some()) {
        both.push(change("last", last));
    }
    both
}

/// The time of an average is that of the middle of the recording.
fn average(counter: &CounterFact) -> Option<Timed> {
    let points = &counter.points;
    let mean = |value: fn(&Point) -> f64| points.iter().map(value).sum::<f64>() / points.len() as f64;
    let first = points.first()?;
    let amount = Amount { value: mean(|point| point.value.value), error: mean(|point| point.value.error) };
    let middle = points[points.len() / 2].time;
    let figure = Figure {
        tendency: Some(counter.tendency()),
        per_hour: counter.rate_per_hour(),
        ..Figure::of(amount, Some((first.source, first.line)))
    };
    Some((figure, middle))
}

fn last(counter: &CounterFact) -> Option<Timed> {
    let point = counter.points.last()?;
    Some((Figure::of(point.value, Some((point.source, point.line))), point.time))
}
