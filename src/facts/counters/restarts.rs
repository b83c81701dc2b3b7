//! Where a process restarted: what it holds before and behind says nothing of each other.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::DateTime;

use super::clock::at;
use super::joining::Life;
use super::tracks::{Role, Track};
use super::{Notes, Point, median, note, seconds, trend};
use crate::model::NoteCode;

/// Values before and behind a fall that are looked at, and how many there must be.
const AROUND: usize = 5;
const LEAST_AROUND: usize = 3;
/// Seconds by which the age of a process may be off.
const AGE_OFF: f64 = 60.0;
/// Seconds until a process has loaded its code and filled its caches.
const WARM_UP: i64 = 600;

/// Keeps the longest stretch between two restarts; the later one of two that are equal.
pub fn keep_longest(life: &mut Life, notes: &mut Notes) {
    let mut cuts: BTreeMap<DateTime, (Point, &str)> = BTreeMap::new();
    for point in born_again(life) {
        cuts.extend(point.time.map(|time| (time, (point, "its elapsed time begins anew"))));
    }
    let has_age = life.tracks.iter().filter(|track| track.role == Role::Elapsed).flat_map(|track| &track.points);
    let mut telling = life.sources_with_id.clone();
    telling.extend(has_age.map(|point| point.source));
    for point in falls(life) {
        if !telling.contains(&point.source) {
            cuts.extend(point.time.map(|time| (time, (point, "its memory falls to less than half at once"))));
        }
    }
    if cuts.is_empty() && life.bounds.is_empty() {
        return;
    }
    for (time, (point, why)) in &cuts {
        let message =
            format!("{} restarted at {}: {why}; the longest stretch is judged", life.process.label(), at(*time));
        note(notes, NoteCode::CounterRestart, point.source, point.line, message);
    }
    let cuts: BTreeSet<DateTime> = cuts.into_keys().chain(life.bounds.iter().copied()).collect();
    let stretch = |time: DateTime| cuts.range(..=time).count();
    let named = || life.tracks.iter().filter(|track| matches!(track.role, Role::Named { .. }));
    let mut spans: BTreeMap<usize, (DateTime, DateTime)> = BTreeMap::new();
    for time in named().flat_map(|track| &track.points).filter_map(|point| point.time) {
        let (first, last) = spans.entry(stretch(time)).or_insert((time, time));
        (*first, *last) = (time.min(*first), time.max(*last));
    }
    let length = |span: &(DateTime, DateTime)| seconds(span.0, span.1);
    let longest = spans.iter().max_by(|a, b| length(a.1).total_cmp(&length(b.1))).map(|(stretch, _)| *stretch);
    for track in &mut life.tracks {
        track.points.retain(|point| point.time.map(stretch) == longest);
    }
}

/// Where the process is younger than it was, or than the time since it was seen last.
fn born_again(life: &Life) -> Vec<Point> {
    let mut points = Vec::new();
    for track in life.tracks.iter().filter(|track| track.role == Role::Elapsed) {
        for pair in track.points.windows(2) {
            let (Some(before), Some(behind)) = (pair[0].time, pair[1].time) else { continue };
            let falls = pair[1].value.highest() < pair[0].value.lowest();
            let is_born_between = pair[1].value.highest() + AGE_OFF < seconds(before, behind);
            if falls || is_born_between {
                points.push(pair[1]);
            }
        }
    }
    points
}

/// Where memory falls to less than half in one step and stays there. Private bytes and the working set must both fall:
/// a working set is emptied when memory runs short. Address space is asked alone only, for much of it is reserved at
/// once by each new process.
fn falls(life: &Life) -> Vec<Point> {
    let of_name = |name: &str| life.tracks.iter().find(|track| track.is_named(name));
    let mut drivers: Vec<&Track> = ["private-bytes", "working-set"].into_iter().filter_map(of_name).collect();
    if drivers.is_empty() {
        drivers.extend(of_name("virtual-bytes"));
    }
    let Some(first) = drivers.first() else { return Vec::new() };
    let mut points = Vec::new();
    for pair in first.points.windows(2) {
        let Some(time) = pair[1].time else { continue };
        let at_once = pair[1].value.value >= 0.0 && pair[1].value.highest() * 2.0 < pair[0].value.lowest();
        // Another counter that lacks values there says nothing.
        let others = || drivers[1..].iter().all(|driver| stays_low(&driver.points, time).unwrap_or(true));
        if at_once && stays_low(&first.points, time) == Some(true) && others() {
            points.push(pair[1]);
        }
    }
    points
}

/// Whether values from a time on are less than half of those before it. `None` where there are too few of them.
fn stays_low(points: &[Point], time: DateTime) -> Option<bool> {
    let at = points.partition_point(|point| point.time < Some(time));
    let (before, behind) = points.split_at(at);
    let before = &before[before.len().saturating_sub(AROUND)..];
    let behind = &behind[..behind.len().min(AROUND)];
    if before.len() < LEAST_AROUND || behind.len() < LEAST_AROUND {
        return None;
    }
    let middle = |points: &[Point]| median(points.iter().map(|point| point.value.value));
    Some(middle(behind) * 2.0 < middle(before))
}

/// Drops what was recorded before the process was ten minutes old, if enough remains.
pub fn drop_warm_up(life: &mut Life) {
    let ages = life.tracks.iter().filter(|track| track.role == Role::Elapsed).flat_map(|track| &track.points);
    let ages: Vec<(DateTime, f64)> = ages.filter_map(|point| Some((point.time?, point.value.value))).collect();
    let Some(&(first, _)) = ages.first() else { return };
    let age = median(ages.iter().map(|(time, age)| age - seconds(first, *time)));
    for track in &mut life.tracks {
        let is_warm = |point: &&Point| point.time.is_none_or(|time| age + seconds(first, time) >= WARM_UP as f64);
        let warm: Vec<Point> = track.points.iter().filter(is_warm).copied().collect();
        if trend::of(&warm).is_ok() {
            track.points = warm;
        }
    }
}
