//! Counters of processes over time: the names that rules use, and how each went.
//!
//! `\\WEB01\Process(w3wp)\Private Bytes` becomes `private-bytes` of `w3wp on web01`. Whatever was recorded of one process,
//! in one file or several, comes together; what may be of two processes stays apart, for a figure of one set beside a
//! figure of another proves anything.

mod clock;
mod joining;
mod lives;
mod owner;
mod restarts;
mod tracks;
mod trend;
mod words;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::civil::DateTime;

use super::Process;
use crate::model::{Amount, CounterSeries, Note, NoteCode};
use joining::Life;
use tracks::{Role, Track};

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
    /// Local time of the machine. Behind the hour that comes twice when summer time ends, it goes on as before.
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
    /// Of the growth, the part that came in the second half...
    pub lately: f64,
    /// ...and the greatest part that came from one fifth to the next.
    pub at_once: f64,
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

/// Notes of one kind on one source beyond this number are only counted.
const NOTES_IN_FULL: usize = 20;

/// What there is to say of the recordings, by source.
type Notes = Vec<(usize, Note)>;

impl CounterCollection {
    /// Adds a series of the source with this index.
    pub fn add(&mut self, source: usize, series: &CounterSeries) {
        self.series.push((source, series.clone()));
    }

    /// The counters by process, and what there is to say of the recordings: restarts, and what cannot be told.
    pub fn finish(mut self, names: &CounterNames) -> (Vec<ProcessCounters>, Vec<(usize, Note)>) {
        let order = |series: &CounterSeries| (series.line, series.name.clone(), series.process.clone());
        self.series.sort_by_cached_key(|(source, series)| (*source, order(series)));
        let mut notes = Vec::new();
        let mut by_source: BTreeMap<usize, Vec<Track>> = BTreeMap::new();
        for track in tracks::gather(&self.series, names, &mut notes) {
            by_source.entry(track.source).or_default().push(track);
        }
        let mut lives = Vec::new();
        for mut tracks in by_source.into_values() {
            clock::straighten(&mut tracks, &mut notes);
            lives.extend(lives::of_recording(tracks, &mut notes));
        }
        let lives = joining::join(lives, &mut notes);
        let mut processes: Vec<ProcessCounters> =
            lives.into_iter().filter_map(|life| counters(life, names, &mut notes)).collect();
        processes.sort_by_cached_key(|process| {
            let first = process.counters.iter().flat_map(|counter| &counter.points).map(|point| point.time).min();
            (process.process.clone(), first, process.counters.first().map(|counter| (counter.source, counter.line)))
        });
        (processes, in_full(notes))
    }
}

/// The counters of one process in the stretch that is judged.
fn counters(mut life: Life, names: &CounterNames, notes: &mut Notes) -> Option<ProcessCounters> {
    joining::choose_best(&mut life);
    restarts::keep_longest(&mut life, notes);
    restarts::drop_warm_up(&mut life);
    let facts = life.tracks.into_iter().filter_map(|track| {
        let tracks::Head { source, line, printed } = track.head()?.clone();
        let Role::Named { name, .. } = track.role else { return None };
        let kind = names.counters.get(&name)?;
        let (trend, points) = (trend::of(&track.points), track.points);
        Some(CounterFact { name, printed, source, line, unit: kind.unit, limits: kind.limits, points, trend })
    });
    let mut counters: Vec<CounterFact> = facts.collect();
    counters.sort_by(|a, b| a.name.cmp(&b.name));
    (!counters.is_empty()).then_some(ProcessCounters { process: life.process, counters })
}

fn note(notes: &mut Notes, code: NoteCode, source: usize, line: u32, message: String) {
    notes.push((source, Note { code, line, message }));
}

/// Notes by source and line; of each kind the first few, then how many more.
fn in_full(mut notes: Notes) -> Notes {
    notes.sort_by(|(a, x), (b, y)| (a, x.line, x.code, &x.message).cmp(&(b, y.line, y.code, &y.message)));
    notes.dedup();
    let mut counts: BTreeMap<(usize, NoteCode), (usize, u32)> = BTreeMap::new();
    notes.retain(|(source, note)| {
        let (count, line) = counts.entry((*source, note.code)).or_default();
        *count += 1;
        *line = if *count == NOTES_IN_FULL + 1 { note.line } else { *line };
        *count <= NOTES_IN_FULL
    });
    for ((source, code), (count, line)) in counts.into_iter().filter(|(_, (count, _))| *count > NOTES_IN_FULL) {
        let message =
            format!("{} more notes like the {NOTES_IN_FULL} notes {} above", count - NOTES_IN_FULL, code.code());
        notes.push((source, Note { code, line, message }));
    }
    notes
}

fn seconds(from: DateTime, to: DateTime) -> f64 {
    to.duration_since(from).as_secs_f64()
}

/// The middle one of some numbers, or the mean of the two in the middle. Zero of none.
fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match (values.get(middle), values.len() % 2) {
        (None, _) => 0.0,
        (Some(&value), 1) => value,
        (Some(&value), _) => (values[middle - 1] + value) / 2.0,
    }
}
