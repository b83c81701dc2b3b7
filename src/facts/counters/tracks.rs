//! Series that count for rules: those of a name that rules use, in its unit, and those that tell processes apart.

use std::collections::BTreeMap;

use jiff::civil::DateTime;

use super::owner::{Owner, is_of_windows};
use super::{CounterNames, CounterUnit, Notes, Point, note};
use crate::model::{Amount, CounterSeries, NoteCode};

/// No counter of a process is larger; what is, is damaged.
const LARGEST: f64 = 1e30;

/// One series, for one purpose.
#[derive(Clone, Debug)]
pub struct Track {
    pub owner: Owner,
    pub role: Role,
    pub source: usize,
    pub line: u32,
    /// The counter as printed, and its line, in each source that it is from.
    pub heads: Vec<Head>,
    pub points: Vec<Point>,
}

#[derive(Clone, Debug)]
pub struct Head {
    pub source: usize,
    pub line: u32,
    pub printed: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Role {
    /// A name that rules use, and the place of the counter among those that it may come from.
    Named { name: String, rank: usize },
    /// Process ids.
    Id,
    /// Seconds since the process began.
    Elapsed,
}

impl Track {
    pub fn is_named(&self, wanted: &str) -> bool {
        matches!(&self.role, Role::Named { name, .. } if name == wanted)
    }

    /// What names the counter where its points begin.
    pub fn head(&self) -> Option<&Head> {
        let first = self.points.first()?;
        self.heads.iter().rfind(|head| head.source == first.source && head.line <= first.line).or(self.heads.first())
    }
}

/// A counter that a name may come from, taken apart: `\Process(*)\Private Bytes`, `System.Runtime\GC Heap Size`,
/// `System.Runtime\dotnet.gc.last_collection.heap.size[gc.heap.generation=loh]`.
struct Pattern<'a> {
    of_windows: bool,
    object: &'a str,
    counter: &'a str,
    tags: Vec<&'a str>,
}

impl<'a> Pattern<'a> {
    fn parse(from: &'a str) -> Option<Self> {
        let from = from.trim();
        let rest = from.strip_prefix('\\');
        let (object, counter) = rest.unwrap_or(from).split_once('\\')?;
        let of_windows = rest.is_some() || object.contains('(');
        if of_windows {
            let object = object.split('(').next().unwrap_or(object);
            return Some(Pattern { of_windows, object, counter, tags: Vec::new() });
        }
        let (counter, tags) = match counter.strip_suffix(']').and_then(|counter| counter.split_once('[')) {
            Some((counter, tags)) => (counter, tags.split([',', ';']).map(str::trim).collect()),
            None => (counter, Vec::new()),
        };
        let counter = counter.strip_suffix(')').and_then(|text| text.rsplit_once(" (")).map_or(counter, |text| text.0);
        Some(Pattern { of_windows, object, counter, tags })
    }

    fn fits(&self, series: &CounterSeries) -> bool {
        let own = || series.instance.as_deref().unwrap_or_default().split([',', ';']).map(str::trim);
        self.of_windows == is_of_windows(series)
            && self.object.eq_ignore_ascii_case(&series.object)
            && self.counter.eq_ignore_ascii_case(&series.counter)
            && self.tags.iter().all(|tag| own().any(|own| own.eq_ignore_ascii_case(tag)))
    }
}

/// The tracks of all series; `_Total` and the like are of no process and left out.
pub fn gather(series: &[(usize, CounterSeries)], names: &CounterNames, notes: &mut Notes) -> Vec<Track> {
    let patterns: Vec<(&str, usize, CounterUnit, Pattern)> = names
        .counters
        .iter()
        .flat_map(|(name, kind)| kind.from.iter().enumerate().map(move |(rank, from)| (name, rank, kind.unit, from)))
        .filter_map(|(name, rank, unit, from)| Some((name.as_str(), rank, unit, Pattern::parse(from)?)))
        .collect();
    let mut tracks = Vec::new();
    let mut tagged: BTreeMap<(usize, &str, usize, Owner), Vec<Track>> = BTreeMap::new();
    for (source, series) in series {
        let Some(owner) = Owner::of(series) else { continue };
        let track = |role: Role, factor: f64| {
            let points = points(*source, series, factor);
            let (source, line) = (*source, series.line);
            let heads = vec![Head { source, line, printed: series.name.clone() }];
            (!points.is_empty()).then(|| Track { owner: owner.clone(), role, source, line, heads, points })
        };
        let fitting = patterns.iter().filter(|(.., pattern)| pattern.fits(series)).collect::<Vec<_>>();
        if !fitting.is_empty() && is_mixed(series) {
            note(
                notes,
                NoteCode::CounterProcess,
                *source,
                series.line,
                format!(
                    "{} has several values at the same time, of which process cannot be told: left out",
                    series.name
                ),
            );
            continue;
        }
        for (name, rank, unit, _) in fitting {
            let factor = if *unit == CounterUnit::Bytes { bytes_in(series) } else { 1.0 };
            let Some(track) = track(Role::Named { name: name.to_string(), rank: *rank }, factor) else { continue };
            if !is_of_windows(series) && series.instance.is_some() {
                tagged.entry((*source, name, *rank, owner.clone())).or_default().push(track);
            } else {
                tracks.push(track);
            }
        }
        tracks.extend(telling(series).and_then(|role| track(role, 1.0)));
    }
    tracks.extend(tagged.into_values().filter_map(sum));
    tracks
}

/// What else a series is good for: telling processes apart.
fn telling(series: &CounterSeries) -> Option<Role> {
    let is = |object: &str, counter: &str| {
        is_of_windows(series)
            && series.object.eq_ignore_ascii_case(object)
            && series.counter.eq_ignore_ascii_case(counter)
    };
    if is("Process", "ID Process") || is("Process V2", "Process ID") || is(".NET CLR Memory", "Process ID") {
        return Some(Role::Id);
    }
    (is("Process", "Elapsed Time") || is("Process V2", "Elapsed Time")).then_some(Role::Elapsed)
}

/// Two processes that wrote into one file have the same times; a clock of whole seconds has them now and then.
fn is_mixed(series: &CounterSeries) -> bool {
    let pairs = series.samples.windows(2);
    let same = pairs.filter(|pair| pair[0].time.is_some() && pair[0].time == pair[1].time).count();
    same * 4 > series.samples.len()
}

/// Bytes in the unit of a series. The runtime of .NET divides by 1,000,000 for its MB, Windows by 1,048,576.
fn bytes_in(series: &CounterSeries) -> f64 {
    let unit = series.unit.as_deref().unwrap_or_default();
    let unit = unit.split('/').next().unwrap_or_default().trim().to_ascii_lowercase();
    let thousand: f64 = if is_of_windows(series) { 1024.0 } else { 1000.0 };
    match unit.as_str() {
        "kb" | "kby" | "kbytes" => thousand,
        "mb" | "mby" | "mbytes" => thousand.powi(2),
        "gb" | "gby" | "gbytes" => thousand.powi(3),
        "kib" | "kiby" => 1024.0,
        "mib" | "miby" => 1024_f64.powi(2),
        "gib" | "giby" => 1024_f64.powi(3),
        _ => 1.0,
    }
}

/// The samples in bytes, or as they are counted. A whole number of MB was cut off below it by the tool, and may be as
/// much as one off.
fn points(source: usize, series: &CounterSeries, factor: f64) -> Vec<Point> {
    let points = series.samples.iter().map(|sample| {
        let Amount { value, error } = sample.value;
        let error = if factor > 1.0 && error == 0.0 { 1.0 } else { error };
        let value = Amount { value: value * factor, error: error * factor };
        Point { source, line: sample.line, time: sample.time, value }
    });
    let is_sound = |amount: Amount| amount.value.abs() <= LARGEST && (0.0..=LARGEST).contains(&amount.error);
    points.filter(|point| is_sound(point.value)).collect()
}

/// The sum of a counter's tags, at the times at which all of them have a value.
fn sum(tracks: Vec<Track>) -> Option<Track> {
    let [first, others @ ..] = tracks.as_slice() else { return None };
    if others.is_empty() {
        return tracks.into_iter().next();
    }
    let mut sums: BTreeMap<DateTime, (Point, usize)> = BTreeMap::new();
    for (at, track) in tracks.iter().enumerate() {
        for point in &track.points {
            let Some(time) = point.time else { continue };
            match sums.get_mut(&time) {
                None if at == 0 => {
                    sums.insert(time, (*point, 1));
                }
                Some((sum, seen)) if *seen == at => {
                    sum.value.value += point.value.value;
                    sum.value.error += point.value.error;
                    *seen += 1;
                }
                _ => {}
            }
        }
    }
    let points: Vec<Point> = sums.into_values().filter(|(_, seen)| *seen == tracks.len()).map(|(sum, _)| sum).collect();
    let mut track = Track { points, ..first.clone() };
    for head in &mut track.heads {
        head.printed = head.printed.split('[').next().unwrap_or_default().to_string();
    }
    (!track.points.is_empty()).then_some(track)
}
