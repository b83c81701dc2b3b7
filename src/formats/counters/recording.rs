//! A recording: all series of one file or paste, until its end tells how dates and numbers are to be read.

use std::collections::HashMap;

use super::clock::{Clock, Dates, Habit};
use super::number::{Decimal, Marks, Number};
use super::stamp::{DateOrder, Stamp};
use crate::formats::notes::{Notes, plural};
use crate::model::{CounterSeries, NoteCode, Sample};

/// Samples that are kept of a series, and of all series together.
const SERIES_CAP: usize = 20_000;
const TOTAL_CAP: usize = 2_000_000;
/// Fewer than these are not kept of a series, however many series there are.
const LEAST_CAP: usize = 16;
/// Series of a recording; more come from tags that differ each time.
const MOST_SERIES: usize = 50_000;

/// The series of a recording.
#[derive(Debug)]
pub struct Recording {
    habit: Habit,
    series: Vec<Gathered>,
    by_name: HashMap<String, usize, foldhash::fast::FixedState>,
    clock: Clock,
    marks: Marks,
    separates_thousands: bool,
    /// Samples held.
    held: usize,
    cap: usize,
    /// Rows that could not be read, and the line of the first.
    damaged: (u64, u32),
    /// Values that are no numbers, rows without a time that is understood, and the line of the first of each.
    odd: (u64, u32),
    untimed: (u64, u32),
    /// Series beyond the cap, and the line of the first.
    beyond: (u64, u32),
}

#[derive(Debug)]
struct Gathered {
    series: CounterSeries,
    values: Vec<Value>,
    /// One of so many values is kept.
    stride: u64,
    seen: u64,
    last: Option<Value>,
    /// Values at the same time as the one before.
    at_once: u64,
}

#[derive(Clone, Copy, Debug)]
struct Value {
    line: u32,
    stamp: Option<Stamp>,
    number: Number,
}

impl Recording {
    pub fn new(habit: Habit) -> Self {
        Recording {
            habit,
            series: Vec::new(),
            by_name: HashMap::default(),
            clock: Clock::default(),
            marks: Marks::default(),
            separates_thousands: false,
            held: 0,
            cap: SERIES_CAP,
            damaged: (0, 0),
            odd: (0, 0),
            untimed: (0, 0),
            beyond: (0, 0),
        }
    }

    /// Thousands may be separated: by a spreadsheet that saved the text again, as the lack of quotation marks shows, or by
    /// the tool, where it writes for people.
    pub fn separates_thousands(&mut self) {
        self.separates_thousands = true;
    }

    /// The series of this name, made when it is new. `None` for one too many.
    pub fn series(&mut self, line: u32, name: &str, new: impl FnOnce() -> CounterSeries) -> Option<usize> {
        if let Some(&at) = self.by_name.get(name) {
            return Some(at);
        }
        if self.series.len() >= MOST_SERIES {
            count(&mut self.beyond, line);
            return None;
        }
        let series = CounterSeries { line, ..new() };
        self.by_name.insert(name.to_string(), self.series.len());
        self.series.push(Gathered { series, values: Vec::new(), stride: 1, seen: 0, last: None, at_once: 0 });
        Some(self.series.len() - 1)
    }

    /// The time of a row.
    pub fn tick(&mut self, line: u32, stamp: Option<Stamp>) {
        match stamp {
            Some(stamp) => self.clock.tick(line, stamp),
            None => count(&mut self.untimed, line),
        }
    }

    /// A value of a series; text that is no number is a sample that is missing.
    pub fn value(&mut self, series: usize, line: u32, stamp: Option<Stamp>, text: &str) {
        let Some(gathered) = self.series.get_mut(series) else { return };
        let Some(number) = Number::parse(text) else {
            if !is_missing(text) {
                count(&mut self.odd, line);
            }
            return;
        };
        self.marks.count(&number);
        self.held += gathered.add(Value { line, stamp, number });
        if gathered.values.len() > self.cap {
            self.held -= gathered.thin();
        }
        while self.held > TOTAL_CAP && self.cap > LEAST_CAP {
            self.cap /= 2;
            for gathered in &mut self.series {
                while gathered.values.len() > self.cap {
                    self.held -= gathered.thin();
                }
            }
        }
    }

    /// A row that looks like one of the recording, and cannot be read.
    pub fn damaged(&mut self, line: u32) {
        count(&mut self.damaged, line);
    }

    /// All series, now that everything was seen; `process` is whose they are, where the file says it.
    pub fn finish(self, notes: &mut Notes, mut give: impl FnMut(CounterSeries)) {
        let dates = self.clock.dates(self.habit);
        let decimal = self.marks.decide(self.separates_thousands);
        self.note_dates(dates, notes);
        self.note_rows(notes);
        let (mut thinned, mut left_out, mut mixed) = (Vec::new(), (0, 0), None);
        for gathered in self.series {
            if gathered.stride > 1 {
                thinned.push((gathered.series.line, gathered.seen));
            }
            if gathered.at_once * 4 > gathered.seen {
                mixed = mixed.or(Some(gathered.series.line));
            }
            give(gathered.finish(dates, decimal, &mut left_out));
        }
        if let Some(&(line, most)) = thinned.iter().max_by_key(|(line, seen)| (*seen, u32::MAX - line)) {
            notes.add(NoteCode::CountersThinned, line, || {
                let series = plural(thinned.len(), "counter");
                format!("{series} thinned out evenly, up to {most} samples each: peaks between those kept are lost")
            });
        }
        if left_out.0 > 0 {
            let message = match decimal {
                Decimal::Unknown => "whether commas or points are the decimal mark in this file is unknown",
                _ => "the decimal mark is not that of the other values in this file",
            };
            notes.add(NoteCode::CounterRows, left_out.1, || {
                format!("{} left out: {message}", plural(left_out.0, "value"))
            });
        }
        if let Some(line) = mixed {
            notes.add(NoteCode::CounterTimes, line, || {
                "counters have several values at the same time: the recordings of more than one process may be mixed"
                    .to_string()
            });
        }
    }

    fn note_dates(&self, dates: Dates, notes: &mut Notes) {
        match dates {
            Dates::Certain(_) => {}
            Dates::Assumed(order, line) => notes.add(NoteCode::CounterTimes, line, || {
                let order = if order == DateOrder::MonthFirst { "month" } else { "day" };
                format!("dates fit with the month first and with the day first; the {order} was taken to be first")
            }),
            Dates::Unknown(line) => notes.add(NoteCode::CounterTimes, line, || {
                "dates fit neither with the month first nor with the day first; times in doubt were left out"
                    .to_string()
            }),
        }
        if let Some((times, line)) = self.clock.set_back(dates) {
            notes.add(NoteCode::CounterTimes, line, || {
                let times = if times == 1 { "once".to_string() } else { format!("{times} times") };
                format!("the clock of these counters goes back {times}, here first")
            });
        }
    }

    fn note_rows(&self, notes: &mut Notes) {
        let (rows, line) = self.damaged;
        if rows > 0 {
            notes.add(NoteCode::CounterRows, line, || {
                let rows = plural(rows as usize, "row");
                format!(
                    "{rows} of counters could not be read, here first: which value belongs to which counter is unknown"
                )
            });
        }
        let (values, line) = self.odd;
        if values > 0 {
            notes.add(NoteCode::CounterRows, line, || {
                format!("{} of counters left out that are no numbers, here first", plural(values as usize, "value"))
            });
        }
        let (rows, line) = self.untimed;
        if rows > 0 {
            notes.add(NoteCode::CounterTimes, line, || {
                format!("{} of counters without a time that is understood, here first", plural(rows as usize, "row"))
            });
        }
        let (values, line) = self.beyond;
        if values > 0 {
            notes.add(NoteCode::CountersThinned, line, || {
                format!(
                    "more than {MOST_SERIES} different counters; {} of others left out",
                    plural(values as usize, "value")
                )
            });
        }
    }
}

/// Counts one more, and keeps the line of the first.
fn count(of: &mut (u64, u32), line: u32) {
    *of = (of.0 + 1, if of.0 == 0 { line } else { of.1 });
}

/// A sample that is missing: nothing, a blank, or what .NET and C print where there is no number.
fn is_missing(text: &str) -> bool {
    let text = text.trim();
    text.is_empty() || ["NaN", "Infinity", "\u{221e}", "#"].iter().any(|word| text.contains(word))
}

impl Gathered {
    /// Keeps a value when it is its turn; how many more are held.
    fn add(&mut self, value: Value) -> usize {
        let same_time = self.last.is_some_and(|last| last.stamp.is_some() && last.stamp == value.stamp);
        self.at_once += u64::from(same_time);
        let turn = self.seen.is_multiple_of(self.stride);
        self.seen += 1;
        self.last = Some(value);
        if turn {
            self.values.push(value);
        }
        usize::from(turn)
    }

    /// Drops every other value; how many.
    fn thin(&mut self) -> usize {
        let before = self.values.len();
        let mut keep = false;
        self.values.retain(|_| {
            keep = !keep;
            keep
        });
        self.stride *= 2;
        before - self.values.len()
    }

    fn finish(mut self, dates: Dates, decimal: Decimal, left_out: &mut (usize, u32)) -> CounterSeries {
        // The last one is kept in any case: it tells how far a series has come.
        if !(self.seen.wrapping_sub(1)).is_multiple_of(self.stride) {
            self.values.extend(self.last);
        }
        let time = |stamp: Stamp| match dates {
            Dates::Certain(order) | Dates::Assumed(order, _) => stamp.time(order),
            Dates::Unknown(_) if stamp.order().is_some() || stamp.same_in_both() => stamp.time(DateOrder::MonthFirst),
            Dates::Unknown(_) => None,
        };
        let samples = self.values.iter().filter_map(|value| {
            let amount = decimal.read(&value.number);
            if amount.is_none() {
                *left_out = (left_out.0 + 1, if left_out.0 == 0 { value.line } else { left_out.1.min(value.line) });
            }
            Some(Sample { line: value.line, time: value.stamp.and_then(time), value: amount? })
        });
        CounterSeries { samples: samples.collect(), ..self.series }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_series_are_thinned_evenly() {
        let mut recording = Recording::new(Habit::Pdh);
        let at = recording.series(1, "a", CounterSeries::default).expect("the first is never too many");
        for line in 0..50_000_u32 {
            recording.value(at, line, None, &line.to_string());
        }
        let (mut notes, mut given) = (Notes::default(), Vec::new());
        recording.finish(&mut notes, |series| given.push(series));
        let lines: Vec<u32> = given[0].samples.iter().map(|sample| sample.line).collect();
        assert!(lines.len() > SERIES_CAP / 2 && lines.len() <= SERIES_CAP + 1, "{}", lines.len());
        assert_eq!((lines[0], lines[1], lines.last()), (0, 4, Some(&49_999)));
        let notes = notes.finish();
        assert_eq!(notes.iter().map(|note| note.code).collect::<Vec<_>>(), [NoteCode::CountersThinned]);
    }

    #[test]
    fn many_series_share_a_budget() {
        let mut recording = Recording::new(Habit::Pdh);
        let names: Vec<String> = (0..300).map(|number| number.to_string()).collect();
        for row in 0..10_000 {
            for name in &names {
                let at = recording.series(1, name, CounterSeries::default).expect("few");
                recording.value(at, row, None, "1");
            }
        }
        assert!(recording.held <= TOTAL_CAP);
        let held: usize = recording.series.iter().map(|gathered| gathered.values.len()).sum();
        assert_eq!(recording.held, held);
    }
}
