//! A counter in words: `private-bytes grew from 3.0 GB to 4.0 GB (+33%) in 1 h 56 min`, and as a line of blocks.

use super::{CounterFact, CounterUnit, NoTrend, median, seconds};
use crate::facts::Tendency;
use crate::facts::in_words::{bytes, counts_in_row, minutes, percent};

const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const MOST_CELLS: usize = 24;

impl CounterFact {
    /// How it went, in a sentence without an end.
    pub fn in_words(&self) -> String {
        let name = &self.name;
        let trend = match self.trend {
            Ok(trend) => trend,
            Err(NoTrend::NoTimes | NoTrend::TooFew(_)) if self.points.len() == 1 => {
                let value = figure(self.points[0].value.value, self.unit);
                return format!("{name} was {value} at one moment, so how it went is unknown");
            }
            Err(NoTrend::NoTimes) => return format!("{name} has no times, so how it went is unknown"),
            Err(NoTrend::TooFew(samples)) => {
                return format!("{name} has {samples} of the 6 samples that are needed, so how it went is unknown");
            }
            Err(NoTrend::TooShort(covered)) => {
                let covered = covered.floor();
                return format!("{name} covers {covered} of the 30 minutes that are needed, so how it went is unknown");
            }
        };
        let (from, to) = (figure(trend.start.value, self.unit), figure(trend.end.value, self.unit));
        let way = format!(
            "from {from} to {to}{} in {}",
            share(trend.start.value, trend.growth.value),
            minutes(trend.hours * 60.0)
        );
        match self.tendency() {
            Tendency::Grows => format!("{name} grew {way}"),
            Tendency::Falls => format!("{name} fell {way}"),
            Tendency::Flat => format!("{name} stayed flat at {from}"),
            Tendency::Unclear => format!("{name} went {way}, too coarse to tell whether it grew"),
            _ if trend.growth.value > 0.0 && trend.growth.value >= self.limits.growth(trend.start) => {
                let how = match () {
                    () if trend.is_one_step() => "in one step",
                    () if trend.levelled_off() => "but found its level",
                    () => "but not steadily",
                };
                format!("{name} went {way}, {how}")
            }
            _ => format!("{name} went {way}, which is neither flat nor growth"),
        }
    }

    /// Its course in at most 24 blocks: medians of equal stretches of time, blanks where nothing was recorded. What is less
    /// than growth does not fill the height.
    pub fn sparkline(&self) -> String {
        let points = &self.points;
        let cells = points.len().min(MOST_CELLS);
        let times = points.first().and_then(|point| point.time).zip(points.last().and_then(|point| point.time));
        let length = times.map_or(0.0, |(first, last)| seconds(first, last));
        let mut values: Vec<Vec<f64>> = vec![Vec::new(); cells];
        for (index, point) in points.iter().enumerate() {
            let part = match (times, point.time) {
                (Some((first, _)), Some(time)) if length > 0.0 => seconds(first, time) / length,
                _ => index as f64 / points.len() as f64,
            };
            let cell = ((part * cells as f64) as usize).min(cells.saturating_sub(1));
            values[cell].push(point.value.value);
        }
        let medians: Vec<Option<f64>> =
            values.into_iter().map(|values| (!values.is_empty()).then(|| median(values))).collect();
        let known = || medians.iter().flatten().copied();
        let lowest = known().fold(f64::INFINITY, f64::min);
        let height = known().fold(f64::NEG_INFINITY, f64::max) - lowest;
        let start = self.trend.map(|trend| trend.start).unwrap_or_default();
        let height = height.max(self.limits.growth(start));
        let block = |value: f64| {
            let part = if height > 0.0 { (value - lowest) / height } else { 0.0 };
            BLOCKS[((part * BLOCKS.len() as f64) as usize).min(BLOCKS.len() - 1)]
        };
        medians.iter().map(|value| value.map_or(' ', block)).collect()
    }
}

fn figure(value: f64, unit: CounterUnit) -> String {
    match unit {
        CounterUnit::Percent => percent(value / 100.0),
        CounterUnit::Count => counts_in_row(&[value]),
        CounterUnit::Bytes => bytes(value),
    }
}

/// ` (+33%)`; nothing where it started at nothing.
fn share(start: f64, growth: f64) -> String {
    let share = growth / start * 100.0;
    let usual = start > 0.0 && share.is_finite() && share.abs() < 100_000.0;
    if usual { format!(" ({share:+.0}%)") } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_nothing_is_not_said() {
        assert_eq!(share(3.0, 1.0), " (+33%)");
        assert_eq!(share(0.0, 1.0), "");
    }
}
