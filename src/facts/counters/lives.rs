//! Which tracks of one recording are of one process.
//!
//! `Process(w3wp#1)` and `.NET CLR Memory(w3wp)` may be the same process, for each object numbers in its own order; and
//! when one of several processes ends, the others move up. So ids decide where there are any, and numbers elsewhere.

use std::collections::{BTreeMap, BTreeSet};

use super::clock::at;
use super::joining::Life;
use super::owner::{Family, Owner};
use super::tracks::{Role, Track};
use super::{Notes, Point, note, seconds};
use crate::facts::Process;
use crate::model::NoteCode;

/// Ids of an instance, each from the point where it is seen first.
type Ids = Vec<(Point, u64)>;

/// The processes of one recording. Of those that had one instance after another, the one that had it longest is kept.
pub fn of_recording(tracks: Vec<Track>, notes: &mut Notes) -> Vec<Life> {
    let ids = ids(&tracks);
    note_numbers(&tracks, &ids, notes);
    let mut lives: BTreeMap<Process, Life> = BTreeMap::new();
    let mut tenants: BTreeMap<Owner, BTreeMap<Process, Vec<Point>>> = BTreeMap::new();
    for track in tracks {
        let of_owner = ids_of(&track.owner, &ids);
        for (id, piece) in pieces(track, of_owner) {
            let process = process_of(&piece.owner, id);
            if matches!(piece.role, Role::Named { .. }) {
                let tenants = tenants.entry(piece.owner.clone()).or_default();
                tenants.entry(process.clone()).or_default().extend(&piece.points);
            }
            let life = lives.entry(process.clone()).or_insert_with(|| Life::new(process));
            if id.is_some() {
                life.sources_with_id.insert(piece.source);
            }
            life.tracks.push(piece);
        }
    }
    let mut kept = BTreeSet::new();
    for tenants in tenants.values() {
        let longest = tenants.iter().max_by(|a, b| {
            let (a, b) = (span(a.1), span(b.1));
            a.0.total_cmp(&b.0).then_with(|| a.1.cmp(&b.1))
        });
        kept.extend(longest.map(|(process, _)| process.clone()));
    }
    for (owner, tenants) in &tenants {
        if tenants.keys().all(|process| kept.contains(process)) {
            continue;
        }
        for pair in ids_of(owner, &ids).unwrap_or_default().windows(2) {
            let (old, (point, new)) = (pair[0].1, pair[1]);
            let label = Process { id: None, ..owner.process.clone() }.label();
            let when = point.time.map(|time| format!(" at {}", at(time))).unwrap_or_default();
            let message = format!(
                "{label} is another process{when}: its id was {old} and is {new}; the longest stretch is judged"
            );
            note(notes, NoteCode::CounterRestart, point.source, point.line, message);
        }
    }
    for (owner, timeline) in &ids {
        bound(&mut lives, owner, timeline);
    }
    lives.into_values().filter(|life| kept.contains(&life.process)).map(with_ordinal).collect()
}

/// Marks where a process took the place of another, or another took its place.
fn bound(lives: &mut BTreeMap<Process, Life>, owner: &Owner, ids: &Ids) {
    for pair in ids.windows(2) {
        let ((_, old), (point, new)) = (pair[0], pair[1]);
        let Some(time) = point.time else { continue };
        for (id, begins) in [(old, false), (new, true)] {
            let Some(life) = lives.get_mut(&process_of(owner, Some(id))) else { continue };
            let mut times = life.tracks.iter().flat_map(|track| &track.points).filter_map(|point| point.time);
            if times.all(|own| if begins { own >= time } else { own < time }) {
                life.bounds.insert(time);
            }
        }
    }
}

/// The ids of each instance that has a series of them.
fn ids(tracks: &[Track]) -> BTreeMap<Owner, Ids> {
    let mut ids: BTreeMap<Owner, Ids> = BTreeMap::new();
    for track in tracks.iter().filter(|track| track.role == Role::Id) {
        let known = ids.entry(track.owner.clone()).or_default();
        for point in &track.points {
            let id = point.value.value;
            // Before its first collection .NET says zero.
            if id < 1.0 || id.fract() != 0.0 || id > f64::from(u32::MAX) {
                continue;
            }
            if known.last().is_none_or(|(_, last)| *last != id as u64) {
                known.push((*point, id as u64));
            }
        }
    }
    ids.retain(|_, ids| !ids.is_empty());
    ids
}

/// The ids of an instance: those of its own family, else of the instance with the same number in another.
fn ids_of(owner: &Owner, ids: &BTreeMap<Owner, Ids>) -> Option<Ids> {
    let families = [owner.family, Family::Process, Family::Clr];
    families.into_iter().find_map(|family| ids.get(&Owner { family, ..owner.clone() })).cloned()
}

fn process_of(owner: &Owner, id: Option<u64>) -> Process {
    let Some(id) = id else { return owner.process.clone() };
    // `w3wp_4312`, where the registry's `ProcessNameFormat` asks for it.
    let name = owner.process.name.as_deref();
    let name = name.map(|name| name.strip_suffix(&format!("_{id}")).unwrap_or(name).to_string());
    Process { name, id: Some(id), ordinal: None, ..owner.process.clone() }
}

/// A track cut where the id of its instance changes.
fn pieces(track: Track, ids: Option<Ids>) -> Vec<(Option<u64>, Track)> {
    let Some(ids) = ids else { return vec![(track.owner.process.id, track)] };
    let id_at = |point: &Point| {
        let later = ids.partition_point(|(since, _)| match (since.time, point.time) {
            (Some(since), Some(time)) => since <= time,
            _ => since.line <= point.line,
        });
        ids[later.saturating_sub(1)].1
    };
    let mut pieces: Vec<(Option<u64>, Track)> = Vec::new();
    for point in &track.points {
        let id = Some(id_at(point));
        match pieces.iter_mut().find(|(own, _)| *own == id) {
            Some((_, piece)) => piece.points.push(*point),
            None => pieces.push((id, Track { points: vec![*point], ..track.clone() })),
        }
    }
    pieces
}

/// Seconds that points span, or how many there are where they have no times; and the last one.
fn span(points: &[Point]) -> (f64, Option<(Option<jiff::civil::DateTime>, u32)>) {
    let times = || points.iter().filter_map(|point| point.time);
    let length = times().min().zip(times().max()).map(|(first, last)| seconds(first, last));
    (length.unwrap_or(points.len() as f64), points.iter().map(|point| (point.time, point.line)).max())
}

/// A process known by its id has a number all the same, unless it changed.
fn with_ordinal(mut life: Life) -> Life {
    if life.process.id.is_some() && life.process.ordinal.is_none() {
        let of_family = |family: Family| {
            let tracks = life.tracks.iter().filter(move |track| track.owner.family == family);
            tracks.map(|track| track.owner.process.ordinal).collect::<BTreeSet<_>>()
        };
        let numbers = of_family(Family::Process);
        life.process.ordinal = if numbers.len() == 1 { numbers.into_iter().flatten().next() } else { None };
    }
    life
}

/// Tells where numbers of two families had to be taken for the same.
fn note_numbers(tracks: &[Track], ids: &BTreeMap<Owner, Ids>, notes: &mut Notes) {
    let mut names: BTreeMap<Process, BTreeSet<(Family, Option<u32>, bool)>> = BTreeMap::new();
    for track in tracks.iter().filter(|track| matches!(track.owner.family, Family::Process | Family::Clr)) {
        let Owner { family, process } = &track.owner;
        let has_id =
            process.id.is_some() || ids.keys().any(|owner| owner.family == *family && owner.process == *process);
        let name = Process { id: None, ordinal: None, ..process.clone() };
        names.entry(name).or_default().insert((*family, process.ordinal, has_id));
    }
    for (name, seen) in names {
        let families: BTreeSet<Family> = seen.iter().map(|(family, ..)| *family).collect();
        let ordinals: BTreeSet<Option<u32>> = seen.iter().map(|(_, ordinal, _)| *ordinal).collect();
        if families.len() < 2 || ordinals.len() < 2 || seen.iter().all(|(.., has_id)| *has_id) {
            continue;
        }
        let is_own = |track: &&Track| track.owner.process.name == name.name && track.owner.process.host == name.host;
        let Some(first) = tracks.iter().find(is_own) else { continue };
        let message = format!(
            "several processes are called {}, and not all counters have ids: that Process and .NET number them alike is \
             taken for granted",
            name.label()
        );
        note(notes, NoteCode::CounterProcess, first.source, first.line, message);
    }
}
