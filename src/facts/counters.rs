//! Counters of processes over time: the names that rules use, and how each went.

use std::collections::BTreeMap;

use jiff::civil::DateTime;

use super::Process;
use crate::model::{Amount, CounterSeries, Note};

/// The counters that rules may name, and what each is called in the tools. Filled from the rule pack.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CounterNames {
    pub counters: BTreeMap<String, CounterKind>,
}

/// One counter that rules may name: `private-bytes`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CounterKind {
    /// Where it comes from, the best first: `\Process(*)\Private Bytes`, `System.Runtime\GC Heap Size`. Case does not
    /// matter; `(*)` is any instance.
    pub from: Vec<String>,
    pub unit: CounterUnit,
    pub limits: Limits,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CounterUnit {
    #[default]
    Bytes,
    Count,
    Percent,
}

/// From where on a counter is said to grow, and up to where it is flat. In the counter's unit, and as part of its start.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Limits {
    /// It grows when it gains this part of its start or more...
    pub grows_by: f64,
    /// ...and as much as this.
    pub grows_at_least: f64,
    /// It is flat when it moves by less than this part of its start...
    pub flat_within: f64,
    /// ...or by less than this.
    pub flat_at_most: f64,
}

/// All counters of one process that rules may name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProcessCounters {
    pub process: Process,
    pub counters: Vec<CounterFact>,
}

/// How one counter went.
#[derive(Clone, Debug, PartialEq)]
pub struct CounterFact {
    /// The name that rules use: `private-bytes`.
    pub name: String,
    /// The counter as printed.
    pub printed: String,
    /// Index of the source in its case, and the line that names the counter there.
    pub source: usize,
    pub line: u32,
    pub unit: CounterUnit,
    pub limits: Limits,
    /// In bytes, or as they are counted; in order of time.
    pub points: Vec<Point>,
    /// How it went, or why that cannot be said.
    pub trend: Result<Trend, NoTrend>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    pub source: usize,
    pub line: u32,
    pub time: Option<DateTime>,
    pub value: Amount,
}

/// How a counter went, by medians: one peak does not make a trend.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Trend {
    /// Median of the first fifth of the samples, and of the last.
    pub start: Amount,
    pub end: Amount,
    pub growth: Amount,
    /// From the middle of the first fifth to that of the last.
    pub hours: f64,
    /// Of the steps of a moving median that go up or down, the part that goes up.
    pub rising: f64,
    /// Samples that it rests on.
    pub samples: usize,
}

/// Why nothing can be said of a counter's course.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum NoTrend {
    #[default]
    NoTimes,
    /// So many samples, of six that are needed.
    TooFew(usize),
    /// So many minutes, of thirty that are needed.
    TooShort(f64),
}

/// Collects the counters of a case.
#[derive(Clone, Debug, Default)]
pub struct CounterCollection {
    series: Vec<(usize, CounterSeries)>,
}

impl CounterCollection {
    /// Adds a series of the source with this index.
    pub fn add(&mut self, source: usize, series: &CounterSeries) {
        self.series.push((source, series.clone()));
    }

    /// The counters by process, and what there is to say of the recordings: restarts, and what cannot be told.
    pub fn finish(self, _names: &CounterNames) -> (Vec<ProcessCounters>, Vec<(usize, Note)>) {
        (Vec::new(), Vec::new())
    }
}
