//! The clock of a recording: where it goes back, times before and behind cannot be set against each other.
//!
//! When summer time ends, an hour comes twice: `02:59:30`, `02:00:30`. Then time goes on, and only the clock does not.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use jiff::civil::DateTime;

use super::tracks::Track;
use super::{Notes, Point, median, note, seconds};
use crate::model::NoteCode;

/// Seconds by which a clock may be put right without a word.
const PUT_RIGHT: f64 = 5.0;
const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// Makes times go on through the hour that comes twice, and keeps the longest part of a recording whose clock goes back
/// otherwise.
pub fn straighten(tracks: &mut [Track], notes: &mut Notes) {
    let (mut summer_ends, mut jumps) = (BTreeSet::new(), BTreeSet::new());
    for track in tracks.iter() {
        let usual = usual_step(&track.points);
        for (before, behind, step) in steps(&track.points).filter(|(.., step)| *step < -PUT_RIGHT) {
            let real = step + HOUR.as_secs_f64();
            let goes_on = real >= 0.0 && real <= usual * 3.0 + PUT_RIGHT;
            let jump = (behind.line, before.line, before.time, behind.time);
            if goes_on {
                summer_ends.insert(jump)
            } else {
                jumps.insert(jump)
            };
        }
    }
    if let Some((line, ..)) = summer_ends.first() {
        let lines = cuts(&summer_ends);
        for track in tracks.iter_mut() {
            go_on(&mut track.points, &lines);
        }
        let message =
            "the clock goes back an hour, as at the end of summer time: later times are counted on".to_string();
        note(notes, NoteCode::CounterTimes, tracks[0].source, *line, message);
    }
    if let Some((line, _, Some(before), Some(behind))) = jumps.first() {
        let message = format!(
            "the clock goes back here, from {} to {}: only the longest part is judged",
            at(*before),
            at(*behind)
        );
        note(notes, NoteCode::CounterTimes, tracks[0].source, *line, message);
        keep_longest(tracks, &cuts(&jumps));
    }
}

/// A step back: the line behind it, the line before it, and the times there.
type Jump = (u32, u32, Option<DateTime>, Option<DateTime>);

/// The lines at which the clock goes back. Each counter may have a line of its own, or lack a value: one line stands for
/// all steps that lie around it.
fn cuts(jumps: &BTreeSet<Jump>) -> BTreeSet<u32> {
    let mut cuts = BTreeSet::new();
    for (behind, before, ..) in jumps.iter().filter(|(behind, before, ..)| before < behind) {
        if cuts.last().is_none_or(|cut| before >= cut) {
            cuts.insert(*behind);
        }
    }
    cuts
}

/// A time as notes show it.
pub fn at(time: DateTime) -> String {
    time.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// Seconds between samples as they mostly are.
pub fn usual_step(points: &[Point]) -> f64 {
    median(steps(points).map(|(.., step)| step).filter(|step| *step > 0.0))
}

fn steps(points: &[Point]) -> impl Iterator<Item = (&Point, &Point, f64)> {
    let mut last: Option<&Point> = None;
    points.iter().filter(|point| point.time.is_some()).filter_map(move |point| {
        let before = last.replace(point)?;
        Some((before, point, seconds(before.time?, point.time?)))
    })
}

fn go_on(points: &mut [Point], lines: &BTreeSet<u32>) {
    let parts = parts(points, lines);
    for (point, part) in points.iter_mut().zip(&parts) {
        let Some(time) = &mut point.time else { continue };
        for _ in 0..*part {
            *time = time.checked_add(HOUR).unwrap_or(*time);
        }
    }
}

/// To which part each point belongs: the number of jumps before it. Jumps are found by the lines at which the clock goes
/// back in any series; where the text has a single line, by the times of the series itself.
fn parts(points: &[Point], lines: &BTreeSet<u32>) -> Vec<usize> {
    let one_line = points.first().map(|point| point.line) == points.last().map(|point| point.line);
    let mut own = 0;
    let mut last: Option<DateTime> = None;
    let part = points.iter().map(|point| {
        let back = last.zip(point.time).is_some_and(|(last, time)| seconds(last, time) < -PUT_RIGHT);
        own += usize::from(back);
        last = point.time.or(last);
        if one_line { own } else { lines.range(..=point.line).count() }
    });
    part.collect()
}

fn keep_longest(tracks: &mut [Track], lines: &BTreeSet<u32>) {
    let of_tracks: Vec<Vec<usize>> = tracks.iter().map(|track| parts(&track.points, lines)).collect();
    let most = of_tracks.iter().flatten().copied().max().unwrap_or_default();
    let length = |part: usize| {
        let all = tracks.iter().zip(&of_tracks).flat_map(|(track, parts)| track.points.iter().zip(parts));
        let times: Vec<DateTime> = all.filter(|(_, own)| **own == part).filter_map(|(point, _)| point.time).collect();
        times.iter().min().zip(times.iter().max()).map_or(-1.0, |(first, last)| seconds(*first, *last))
    };
    // The later of two that are equal.
    let longest = (0..=most).map(|part| (length(part), part)).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, part)| part);
    for (track, parts) in tracks.iter_mut().zip(&of_tracks) {
        let mut parts = parts.iter();
        track.points.retain(|_| parts.next().copied() == longest);
    }
}
