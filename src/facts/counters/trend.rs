//! How a counter went: from the median of its first fifth to that of its last, and whether steadily.

use jiff::civil::DateTime;

use super::{CounterFact, Limits, NoTrend, Point, Trend, median, seconds};
use crate::facts::Tendency;
use crate::model::Amount;

const LEAST_SAMPLES: usize = 6;
const LEAST_MINUTES: f64 = 30.0;
/// Samples under the moving median.
const WINDOW: usize = 5;
/// Samples of which each counts; of longer series, medians of so many parts do. In samples a second apart, each
/// collection of garbage is a fall, whatever the hours show.
const MOST_STEPS: usize = 120;
/// The part of the steps that must go up where a counter grows, or down where it falls.
const STEADILY: f64 = 0.7;
/// The part of its growth that the second half must bring: what has found its level grows no more.
const GOES_ON: f64 = 0.2;
/// Growth of which one step brings more than this part is that step.
const ONE_STEP: f64 = 0.9;

pub fn of(points: &[Point]) -> Result<Trend, NoTrend> {
    let timed: Vec<(DateTime, Amount)> = points.iter().filter_map(|point| Some((point.time?, point.value))).collect();
    let samples = timed.len();
    let (Some(&(first, _)), Some(&(last, _))) = (timed.first(), timed.last()) else {
        return Err(if points.is_empty() { NoTrend::TooFew(0) } else { NoTrend::NoTimes });
    };
    if samples < LEAST_SAMPLES {
        return Err(NoTrend::TooFew(samples));
    }
    let minutes = seconds(first, last) / 60.0;
    if minutes < LEAST_MINUTES {
        return Err(NoTrend::TooShort(minutes));
    }
    let fifth = (samples / 5).max(1);
    let (firsts, lasts) = (&timed[..fifth], &timed[samples - fifth..]);
    let (start, end) = (middle(firsts), middle(lasts));
    let into = |part: &[(DateTime, Amount)]| (seconds(first, part[0].0) + seconds(first, part[part.len() - 1].0)) / 2.0;
    let hours = (into(lasts) - into(firsts)) / 3600.0;
    let rising = upward(timed.iter().map(|(_, value)| value.value));
    let (lately, at_once) = shape(&timed);
    Ok(Trend { start, end, growth: end.minus(start), hours, rising, lately, at_once, samples })
}

/// Of the way from the first fifth to the last, the part behind the middle, and the greatest part from one to the next.
fn shape(timed: &[(DateTime, Amount)]) -> (f64, f64) {
    // The lower one of two in the middle: half a step would look like two.
    let level = |part: usize| {
        let part = &timed[part * timed.len() / 5..(part + 1) * timed.len() / 5];
        let mut values: Vec<f64> = part.iter().map(|(_, value)| value.value).collect();
        values.sort_by(f64::total_cmp);
        values[(values.len() - 1) / 2]
    };
    let levels: Vec<f64> = (0..5).map(level).collect();
    let whole = levels[4] - levels[0];
    if whole == 0.0 {
        return (0.0, 0.0);
    }
    let steps = levels.windows(2).map(|pair| (pair[1] - pair[0]) / whole);
    ((levels[4] - levels[2]) / whole, steps.fold(0.0, f64::max))
}

/// The median, as far off as the least exact of its samples.
fn middle(part: &[(DateTime, Amount)]) -> Amount {
    median_of(part.iter().map(|(_, value)| *value))
}

fn median_of(amounts: impl Iterator<Item = Amount> + Clone) -> Amount {
    let error = amounts.clone().map(|amount| amount.error).fold(0.0, f64::max);
    Amount { value: median(amounts.map(|amount| amount.value)), error }
}

/// Of the steps of a moving median that go up or down, the part that goes up; 0.0 where none does either.
fn upward(values: impl Iterator<Item = f64>) -> f64 {
    let values: Vec<f64> = values.collect();
    let part = values.len().div_ceil(MOST_STEPS).max(1);
    let values: Vec<f64> = values.chunks(part).map(|part| median(part.iter().copied())).collect();
    let medians: Vec<f64> = values.windows(WINDOW).map(|window| median(window.iter().copied())).collect();
    let count = |is: fn(&[f64]) -> bool| medians.windows(2).filter(|pair| is(pair)).count() as f64;
    let (up, down) = (count(|pair| pair[1] > pair[0]), count(|pair| pair[1] < pair[0]));
    if up + down == 0.0 { 0.0 } else { up / (up + down) }
}

impl Limits {
    /// From which growth on a counter that started here grows.
    pub fn growth(&self, start: Amount) -> f64 {
        (self.grows_by * start.value.abs()).max(self.grows_at_least)
    }

    /// Up to which growth it is flat.
    pub fn flat(&self, start: Amount) -> f64 {
        (self.flat_within * start.value.abs()).max(self.flat_at_most)
    }
}

impl Trend {
    /// Whether it found its level in the first half.
    pub fn levelled_off(&self) -> bool {
        self.lately < GOES_ON
    }

    /// Whether it went up once.
    pub fn is_one_step(&self) -> bool {
        self.at_once > ONE_STEP
    }
}

impl CounterFact {
    /// How high it stood at the end: as the trend says, or where there is none, by the same median of what was recorded. One
    /// moment is enough for this; of growth it says nothing.
    pub fn level(&self) -> Option<Amount> {
        if let Ok(trend) = self.trend {
            return Some(trend.end);
        }
        let timed: Vec<Amount> = self.points.iter().map(|point| point.value).collect();
        let lasts = &timed[timed.len() - (timed.len() / 5).max(1).min(timed.len())..];
        (!lasts.is_empty()).then(|| median_of(lasts.iter().copied()))
    }

    /// Whether it grows, steadily and to the end. `None` where there is no trend, or the error is too large to tell.
    pub fn grows(&self) -> Option<bool> {
        let trend = self.trend.ok()?;
        let least = self.limits.growth(trend.start);
        if trend.rising < STEADILY || trend.levelled_off() || trend.is_one_step() {
            return Some(false);
        }
        if trend.growth.highest() < least || trend.growth.highest() <= 0.0 {
            return Some(false);
        }
        (trend.growth.lowest() >= least && trend.growth.lowest() > 0.0).then_some(true)
    }

    /// Whether it stays where it is. `None` where there is no trend, or the error is too large to tell.
    pub fn is_flat(&self) -> Option<bool> {
        let trend = self.trend.ok()?;
        let most = self.limits.flat(trend.start);
        let (lowest, highest) = (trend.growth.lowest(), trend.growth.highest());
        if lowest >= -most && highest <= most {
            return Some(true);
        }
        (lowest > most || highest < -most).then_some(false)
    }

    /// Whether it falls by as much, and as steadily, as one that grows rises.
    pub fn falls(&self) -> Option<bool> {
        let trend = self.trend.ok()?;
        let least = self.limits.growth(trend.start);
        let falling = upward(self.points.iter().filter(|point| point.time.is_some()).map(|point| -point.value.value));
        if falling < STEADILY || trend.growth.lowest() > -least || trend.growth.lowest() >= 0.0 {
            return Some(false);
        }
        (trend.growth.highest() <= -least && trend.growth.highest() < 0.0).then_some(true)
    }

    /// What it did, in one word.
    pub fn tendency(&self) -> Tendency {
        if self.trend.is_err() {
            return Tendency::Unknown;
        }
        match (self.grows(), self.is_flat(), self.falls()) {
            (Some(true), ..) => Tendency::Grows,
            (_, Some(true), _) => Tendency::Flat,
            (.., Some(true)) => Tendency::Falls,
            (Some(false), Some(false), Some(false)) => Tendency::Between,
            _ => Tendency::Unclear,
        }
    }

    /// Growth in an hour.
    pub fn rate_per_hour(&self) -> Option<Amount> {
        let trend = self.trend.ok()?;
        trend.growth.over(Amount::exact(trend.hours))
    }
}
