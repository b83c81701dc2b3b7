//! A counter in words: `private-bytes grew from 3.0 GB to 4.0 GB (+33%) in 1 h 56 min`, and as a line of blocks.

use super::{CounterFact, CounterUnit, NoTrend, Tendency, median, seconds};

const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const MOST_CELLS: usize = 24;

impl CounterFact {
    /// How it went, in a sentence without an end.
    pub fn in_words(&self) -> String {
        let name = &self.name;
        let trend = match self.trend {
            Ok(trend) => trend,
            Err(NoTrend::NoTimes) => return format!("{name} has no times, so how it went is unknown"),
            Err(NoTrend::TooFew(samples)) => {
                return format!("{name} has {samples} of the 6 samples that are needed, so how it went is unknown");
            }
            Err(NoTrend::TooShort(minutes)) => {
                let minutes = minutes.floor();
                return format!("{name} covers {minutes} of the 30 minutes that are needed, so how it went is unknown");
            }
        };
        let (from, to) = (figure(trend.start.value, self.unit), figure(trend.end.value, self.unit));
        let way =
            format!("from {from} to {to}{} in {}", share(trend.start.value, trend.growth.value), time(trend.hours));
        match self.tendency() {
            Tendency::Grows => format!("{name} grew {way}"),
            Tendency::Falls => format!("{name} fell {way}"),
            Tendency::Flat => format!("{name} stayed flat at {from}"),
            Tendency::Unclear => format!("{name} went {way}, too coarse to tell whether it grew"),
            _ if trend.growth.value > 0.0 && trend.growth.value >= self.limits.growth(trend.start) => {
                format!("{name} went {way}, but not steadily")
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

/// `3.07 GB`, `440 MB`, `1418`, `12.5%`: three digits that count, and no more zeros than one behind the point.
fn figure(value: f64, unit: CounterUnit) -> String {
    match unit {
        CounterUnit::Percent => format!("{}%", digits(value)),
        CounterUnit::Count if value.abs() >= 100.0 => format!("{value:.0}"),
        CounterUnit::Count => digits(value).trim_end_matches(".0").to_string(),
        CounterUnit::Bytes => {
            let mut value = value;
            let mut units = ["B", "KB", "MB", "GB", "TB", "PB"].into_iter();
            let mut unit = units.next().unwrap_or_default();
            // `1000 KB` is no figure of three digits, and `0.98 MB` no help.
            while value.abs() >= 1023.5 {
                let Some(next) = units.next() else { break };
                (value, unit) = (value / 1024.0, next);
            }
            let digits = digits(value);
            let digits = if unit == "B" { digits.trim_end_matches(".0") } else { &digits };
            format!("{digits} {unit}")
        }
    }
}

fn digits(value: f64) -> String {
    let places = match value.abs() {
        size if size >= 99.95 => 0,
        size if size >= 9.995 => 1,
        _ => 2,
    };
    let text = format!("{value:.places$}");
    let text = if places == 2 { text.strip_suffix('0').unwrap_or(&text).to_string() } else { text };
    if text.trim_start_matches(['-', '0', '.']).is_empty() { "0.0".to_string() } else { text }
}

/// ` (+33%)`; nothing where it started at nothing.
fn share(start: f64, growth: f64) -> String {
    let share = growth / start * 100.0;
    let usual = start > 0.0 && share.is_finite() && share.abs() < 100_000.0;
    if usual { format!(" ({share:+.0}%)") } else { String::new() }
}

/// `1 h 56 min`, `45 min`, `3 d 2 h`.
fn time(hours: f64) -> String {
    let minutes = (hours * 60.0).round() as u64;
    match (minutes / 1440, minutes / 60 % 24, minutes % 60) {
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, 0) => format!("{hours} h"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, 0, _) => format!("{days} d"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_written_as_people_read_them() {
        for (value, unit, want) in [
            (3221225472.0, CounterUnit::Bytes, "3.0 GB"),
            (3301234567.0, CounterUnit::Bytes, "3.07 GB"),
            (445614544.0, CounterUnit::Bytes, "425 MB"),
            (10.0 * 1024.0 * 1024.0, CounterUnit::Bytes, "10.0 MB"),
            (1023.0 * 1024.0, CounterUnit::Bytes, "1023 KB"),
            (1024.0 * 1024.0 - 1.0, CounterUnit::Bytes, "1.0 MB"),
            (17.0, CounterUnit::Bytes, "17 B"),
            (0.0, CounterUnit::Bytes, "0 B"),
            (-2048.0, CounterUnit::Bytes, "-2.0 KB"),
            (1418.0, CounterUnit::Count, "1418"),
            (42.0, CounterUnit::Count, "42"),
            (12.5, CounterUnit::Percent, "12.5%"),
        ] {
            assert_eq!(figure(value, unit), want, "{value}");
        }
        for (hours, want) in [(1.94, "1 h 56 min"), (0.75, "45 min"), (2.0, "2 h"), (74.0, "3 d 2 h"), (24.0, "1 d")] {
            assert_eq!(time(hours), want, "{hours}");
        }
        assert_eq!(share(3.0, 1.0), " (+33%)");
        assert_eq!(share(0.0, 1.0), "");
    }
}
