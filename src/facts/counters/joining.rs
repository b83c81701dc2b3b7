//! Recordings of one process, in several files of a case, come together.
//!
//! An id tells a process; a name only does where each recording has a single process of it. What two recordings say of
//! one counter at the same time must fit as well.

use std::collections::BTreeSet;

use jiff::civil::DateTime;

use super::clock::usual_step;
use super::tracks::{Role, Track};
use super::{Notes, Point, note, seconds};
use crate::facts::Process;
use crate::model::NoteCode;

/// What was recorded of one process.
#[derive(Clone, Debug)]
pub struct Life {
    pub process: Process,
    pub tracks: Vec<Track>,
    /// The sources that tell its id at any time.
    pub sources_with_id: BTreeSet<usize>,
    /// Times at which another process took its place, or it took that of another.
    pub bounds: BTreeSet<DateTime>,
}

/// Of the values of one recording, so many must lie between those of the other around them...
const FITTING: f64 = 0.8;
/// ...give or take this part of them.
const GIVE: f64 = 0.1;

impl Life {
    pub fn new(process: Process) -> Self {
        Life { process, tracks: Vec::new(), sources_with_id: BTreeSet::new(), bounds: BTreeSet::new() }
    }

    fn sources(&self) -> BTreeSet<usize> {
        self.tracks.iter().map(|track| track.source).collect()
    }

    /// Whether the values of counters that both have do not contradict each other.
    fn fits(&self, other: &Life) -> bool {
        self.tracks.iter().all(|own| {
            let is_named = matches!(own.role, Role::Named { .. });
            let mut same = other.tracks.iter().filter(|other| is_named && other.role == own.role);
            same.all(|other| fits_into(&own.points, &other.points) && fits_into(&other.points, &own.points))
        })
    }
}

/// Joins what is surely of one process: first by ids, then by names.
pub fn join(lives: Vec<Life>, notes: &mut Notes) -> Vec<Life> {
    let same_id = |a: &Life, b: &Life| a.process.id.is_some() && a.process.id == b.process.id;
    let lives = join_where(lives, notes, |a, b| same_id(a, b) && a.process.may_be(&b.process));
    let same_name = |a: &Life, b: &Life| {
        // A number names a process within one recording only.
        let process = |life: &Life| Process { ordinal: None, ..life.process.clone() };
        a.process.name.is_some() && a.process.name == b.process.name && process(a).may_be(&process(b))
    };
    let lives =
        join_where(lives, notes, |a, b| !same_id(a, b) && a.sources().is_disjoint(&b.sources()) && same_name(a, b));
    let nameless = lives.iter().filter(|life| life.process.name.is_none() && life.process.id.is_none());
    for track in nameless.filter(|_| lives.len() > 1).filter_map(|life| life.tracks.first()) {
        let message = "whose counters these are is not said; they are judged for themselves".to_string();
        note(notes, NoteCode::CounterProcess, track.source, track.line, message);
    }
    lives
}

/// Joins the lives that are linked, where each of them may be the same as all others.
fn join_where(lives: Vec<Life>, notes: &mut Notes, linked: impl Fn(&Life, &Life) -> bool) -> Vec<Life> {
    let mut group: Vec<usize> = (0..lives.len()).collect();
    for (a, one) in lives.iter().enumerate() {
        for (b, other) in lives.iter().enumerate().skip(a + 1) {
            if group[a] != group[b] && linked(one, other) {
                let (keep, drop) = (group[a].min(group[b]), group[a].max(group[b]));
                group.iter_mut().filter(|group| **group == drop).for_each(|group| *group = keep);
            }
        }
    }
    let mut joined = Vec::new();
    let mut members: Vec<Vec<Life>> = lives.iter().map(|_| Vec::new()).collect();
    for (life, group) in lives.into_iter().zip(group) {
        members[group].push(life);
    }
    for members in members.into_iter().filter(|members| !members.is_empty()) {
        let pairs = || members.iter().enumerate().flat_map(|(at, a)| members[at + 1..].iter().map(move |b| (a, b)));
        let why = if !pairs().all(|(a, b)| linked(a, b) && a.process.may_be(&b.process)) {
            Some("may be that of one of several others; which cannot be told, and each is judged for itself")
        } else if !pairs().all(|(a, b)| a.fits(b)) {
            Some("differs from another of this process at the same time; each is judged for itself")
        } else {
            None
        };
        let Some(why) = why else {
            joined.push(one_of(members));
            continue;
        };
        for life in &members {
            if let Some(track) = life.tracks.first() {
                let message = format!("the recording of {} {why}", life.process.label());
                note(notes, NoteCode::CounterProcess, track.source, track.line, message);
            }
        }
        joined.extend(members);
    }
    joined
}

fn one_of(members: Vec<Life>) -> Life {
    let known = |of: fn(&Process) -> Option<String>| members.iter().find_map(|life| of(&life.process));
    let ordinals: BTreeSet<Option<u32>> = members.iter().map(|life| life.process.ordinal).collect();
    let process = Process {
        host: known(|process| process.host.clone()),
        name: known(|process| process.name.clone()),
        id: members.iter().find_map(|life| life.process.id),
        ordinal: if ordinals.len() == 1 { ordinals.into_iter().next().flatten() } else { None },
    };
    let mut life = Life::new(process);
    for member in members {
        life.tracks.extend(member.tracks);
        life.sources_with_id.extend(member.sources_with_id);
        life.bounds.extend(member.bounds);
    }
    life
}

/// Whether values lie between those of another recording around them, where the other has any.
fn fits_into(points: &[Point], other: &[Point]) -> bool {
    let others: Vec<(DateTime, &Point)> = other.iter().filter_map(|point| Some((point.time?, point))).collect();
    let longest = usual_step(other) * 3.0;
    let (mut fitting, mut asked) = (0, 0);
    for point in points {
        let Some(time) = point.time else { continue };
        let behind = others.partition_point(|(other, _)| *other < time);
        let (Some((to, behind)), Some((from, before))) =
            (others.get(behind), others.get(behind.saturating_sub(1)).or(others.first()))
        else {
            continue;
        };
        if *from > time || seconds(*from, *to) > longest {
            continue;
        }
        let lowest = before.value.lowest().min(behind.value.lowest());
        let highest = before.value.highest().max(behind.value.highest());
        let give = lowest.abs().max(highest.abs()) * GIVE;
        asked += 1;
        fitting += usize::from(point.value.highest() >= lowest - give && point.value.lowest() <= highest + give);
    }
    fitting as f64 >= f64::from(asked) * FITTING
}

/// Leaves one track of each name: from the best counter that was recorded, by all who recorded it.
pub fn choose_best(life: &mut Life) {
    let mut chosen: Vec<Track> = Vec::new();
    let mut tracks = std::mem::take(&mut life.tracks);
    let rank = |track: &Track| if let Role::Named { rank, .. } = track.role { rank } else { 0 };
    // The longest first, so that it is the one that others must fit with.
    tracks.sort_by_key(|track| (rank(track), usize::MAX - track.points.len(), track.source, track.line));
    for track in tracks {
        let same = |other: &Track| match (&other.role, &track.role) {
            (Role::Named { name: a, .. }, Role::Named { name: b, .. }) => a == b,
            (a, b) => a == b,
        };
        let Some(other) = chosen.iter_mut().find(|other| same(other)) else {
            chosen.push(track);
            continue;
        };
        let fits = || fits_into(&track.points, &other.points) && fits_into(&other.points, &track.points);
        if rank(other) == rank(&track) && fits() {
            other.heads.extend(track.heads);
            other.points.extend(track.points);
        }
    }
    for track in &mut chosen {
        let order = |point: &Point| (point.time, point.value.value.to_bits(), point.source, point.line);
        // Recordings in text order, whose clock was put right by a little; a second copy of a file adds nothing.
        track.points.sort_by_key(|point| (point.time, point.source, point.line));
        if track.heads.len() > 1 {
            track.points.sort_by_key(order);
            track.points.dedup_by(|b, a| a.time.is_some() && a.time == b.time && a.value == b.value);
        }
    }
    life.tracks = chosen;
}
