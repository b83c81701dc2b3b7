//! What two cases measure, side by side: how much each figure grew from the old to the new one.
//!
//! `w3wp holds 1.17 GB` on Monday and `2.19 GB` on Tuesday: 1.02 GB more, give or take what both are rounded by. Figures of
//! different processes stand beside each other, and no difference is made of them.

mod counters;
mod leaks;
mod moments;
mod processes;
mod tables;
#[cfg(test)]
mod tests;

use jiff::civil::DateTime;

use super::{Captures, CounterUnit, ListingKind, ProcessCounters, ProcessLeaks, TableCollection, Tendency};
use crate::model::Amount;

/// What one of the two cases measures.
#[derive(Clone, Debug)]
pub struct Look<'a> {
    /// Threads by what they do: `idle`, and roles. The first is all of them.
    pub threads: Vec<(String, u64)>,
    pub captures: &'a Captures,
    pub leaks: &'a [ProcessLeaks],
    pub counters: &'a [ProcessCounters],
    pub tables: Option<&'a TableCollection>,
    /// How many sources the case has.
    pub sources: usize,
}

/// What two cases measure, and when.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes {
    pub figures: Vec<FigureChange>,
    /// The first and the last time that the texts say of each case.
    pub times: [Option<(DateTime, DateTime)>; 2],
    /// The processes of each case, as far as they are named.
    pub processes: [Vec<String>; 2],
    /// Why the cases are of different processes, where the texts say so.
    pub apart: Option<String>,
}

/// What kind of text measures a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measurer {
    /// Stacks: threads, and what they do.
    Threads,
    /// `!threadpool`, `!syncblk`.
    Moment,
    Counter,
    LeakReport,
    Table(ListingKind),
}

/// One figure of both cases.
#[derive(Clone, Debug, PartialEq)]
pub struct FigureChange {
    pub measurer: Measurer,
    /// The process, where a case measures several.
    pub process: Option<String>,
    /// `threads`, `private-bytes`, `GdiPlus`; empty for all that a leak report or a table measures.
    pub name: String,
    /// What of it: `average`, `size`, `count`. Empty where there is only one thing.
    pub of: &'static str,
    pub unit: CounterUnit,
    pub old: Option<Figure>,
    pub new: Option<Figure>,
    pub change: Change,
}

/// A figure of one case.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figure {
    pub amount: Amount,
    /// Index of the source in its case, and line.
    pub place: Option<(usize, u32)>,
    /// What it did within this case, where that measures it several times, and by how much in an hour.
    pub tendency: Option<Tendency>,
    pub per_hour: Option<Amount>,
}

/// What became of a figure.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// Exactly the same.
    Same,
    /// Less than the figures' own error, or than a counter moves that stays flat.
    Unclear(Difference),
    Grew(Difference),
    Fell(Difference),
    /// Why no difference is made.
    NotCompared(String),
    /// Only one of the two cases says it.
    OneSided,
}

/// New less old.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    pub amount: Amount,
    /// As part of the old one.
    pub part: Option<Amount>,
    /// Where enough time lies between them.
    pub per_hour: Option<Amount>,
    pub hours: Option<f64>,
}

/// All figures that the two cases measure. Threads come first, then what changed most within its kind.
pub fn changes(old: &Look<'_>, new: &Look<'_>) -> Changes {
    let apart = processes::apart(old, new);
    let mut figures = moments::threads(old, new);
    figures.extend(moments::figures(old, new));
    figures.extend(counters::figures(old, new));
    figures.extend(leaks::figures(old, new));
    figures.extend(tables::figures(old, new));
    if let Some(why) = &apart {
        figures.iter_mut().for_each(|figure| figure.keep_apart(why));
    }
    Changes {
        figures,
        times: [processes::times(old), processes::times(new)],
        processes: [processes::labels(old), processes::labels(new)],
        apart,
    }
}

/// From so many hours on a rate is told: minutes foretell no hour.
const LEAST_HOURS: f64 = 0.25;

impl Figure {
    pub fn of(amount: Amount, place: Option<(usize, u32)>) -> Self {
        Figure { amount, place, tendency: None, per_hour: None }
    }

    pub fn counted(count: u64) -> Self {
        Figure::of(Amount::exact(count as f64), None)
    }
}

impl FigureChange {
    /// Takes the difference back: the figures are of different processes.
    fn keep_apart(&mut self, why: &str) {
        if matches!(self.change, Change::Same | Change::Unclear(_) | Change::Grew(_) | Change::Fell(_)) {
            self.change = Change::NotCompared(why.to_string());
        }
    }

    /// Whether it moved by more than its error.
    pub fn has_moved(&self) -> bool {
        matches!(self.change, Change::Grew(_) | Change::Fell(_))
    }

    /// By how much it moved, whichever way.
    pub fn distance(&self) -> f64 {
        match &self.change {
            Change::Grew(difference) | Change::Fell(difference) => difference.amount.value.abs(),
            _ => 0.0,
        }
    }
}

impl Change {
    /// Of figures of one process, `hours` apart. Up to `flat`, whichever way, is no clear change.
    pub fn of(old: Option<Figure>, new: Option<Figure>, flat: f64, hours: Option<f64>) -> Change {
        let (Some(old), Some(new)) = (old, new) else { return Change::OneSided };
        let (old, new) = (old.amount, new.amount);
        let amount = new.minus(old);
        if amount.value == 0.0 {
            return if amount.error == 0.0 { Change::Same } else { Change::Unclear(Difference::of(old, new, None)) };
        }
        let difference = Difference::of(old, new, hours);
        match () {
            () if amount.lowest() > flat.max(0.0) => Change::Grew(difference),
            () if amount.highest() < -flat.max(0.0) => Change::Fell(difference),
            () => Change::Unclear(difference),
        }
    }
}

impl Difference {
    fn of(old: Amount, new: Amount, hours: Option<f64>) -> Self {
        // Of a quotient the errors are smaller than of a difference divided.
        let part = new.over(old).map(|ratio| Amount { value: ratio.value - 1.0, error: ratio.error });
        let amount = new.minus(old);
        let hours = hours.filter(|&hours| hours > 0.0);
        let long = hours.filter(|&hours| hours >= LEAST_HOURS);
        let per_hour = long.and_then(|hours| amount.over(Amount::exact(hours)));
        Difference { amount, part: part.filter(|_| old.value > 0.0), per_hour, hours }
    }
}

/// Hours from one time to a later one.
fn hours_between(old: Option<DateTime>, new: Option<DateTime>) -> Option<f64> {
    let hours = new?.duration_since(old?).as_secs_f64() / 3600.0;
    (hours > 0.0).then_some(hours)
}
