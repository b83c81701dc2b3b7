//! Listings of one process, in order.
//!
//! Two figures are compared only where nothing says that they are of different processes: other ids, other names, other
//! times at which the process began, or `System.String` at another address.

use std::collections::BTreeMap;

use super::listing::{Cut, Listing, ListingKind};
use super::series::Order;
use super::session::{SAME_START, Session, Sessions};
use super::{ProcessTables, Series};
use crate::facts::Process;
use crate::facts::in_words::counts_in_row;
use crate::model::{Note, NoteCode};

pub fn join(sessions: Sessions, mut listings: Vec<Listing>) -> (Vec<ProcessTables>, Vec<(usize, Note)>) {
    let mut notes = Vec::new();
    listings.iter().for_each(|listing| notes.extend(note_of_listing(listing)));
    listings.retain(|listing| !listing.is_unclear);
    name_traces(&sessions, &mut listings);
    let groups = groups(&sessions.list, &listings);
    notes.extend(note_of_groups(&sessions.list, &groups, &listings));
    let mut all = Vec::new();
    for group in groups {
        let own = listings.iter().filter(|listing| group.contains(&listing.session));
        let own = own.map(|listing| {
            let taken = sessions.list[listing.session].time_at(listing.line);
            Listing { taken, ..listing.clone() }
        });
        if group.iter().any(|&number| sessions.list[number].is_mixed) {
            // Each may be of another process.
            all.extend(own.map(|listing| ProcessTables {
                process: Process::default(),
                series: series(vec![listing], &sessions.list),
            }));
            continue;
        }
        let process = group.iter().fold(Process::default(), |known, &number| {
            let process = &sessions.list[number].process;
            Process {
                name: known.name.or_else(|| process.name.clone()),
                id: known.id.or(process.id),
                ..Process::default()
            }
        });
        all.push(ProcessTables { process, series: series(own.collect(), &sessions.list) });
    }
    (all, notes)
}

/// Owners of UMDH are named by who allocated; the trace tells stacks of one function apart.
fn name_traces(sessions: &Sessions, listings: &mut [Listing]) {
    for listing in listings.iter_mut().filter(|listing| listing.kind == ListingKind::Umdh) {
        for owner in &mut listing.owners {
            if let Some(allocator) = sessions.allocators.get(&(listing.source, owner.line)) {
                owner.name = format!("{allocator} ({})", owner.name);
            }
        }
    }
}

/// Sessions that have tables, by process.
fn groups(sessions: &[Session], listings: &[Listing]) -> Vec<Vec<usize>> {
    let mut with_tables: Vec<usize> = listings.iter().map(|listing| listing.session).collect();
    with_tables.sort_unstable();
    with_tables.dedup();
    let is_named = |session: &Session| session.process.id.is_some() || session.process.name.is_some();
    let any_named = with_tables.iter().any(|&number| is_named(&sessions[number]));
    // Where one thing tells two processes apart, texts that say nothing may be of either.
    let pairs = with_tables.iter().flat_map(|&one| with_tables.iter().map(move |&other| (one, other)));
    let are_several = pairs.into_iter().any(|(one, other)| one < other && is_other(&sessions[one], &sessions[other]));
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for number in with_tables {
        let session = &sessions[number];
        let belongs = |group: &&mut Vec<usize>| {
            let others = || group.iter().map(|&other| &sessions[other]);
            let same = |other: &Session| {
                let nameless = !is_named(session) && !is_named(other);
                let nothing_tells = (!any_named && !are_several) || session.source == other.source;
                is_same(session, other) || (nameless && (nothing_tells || have_same_landmark(session, other)))
            };
            others().all(|other| !is_other(session, other)) && others().any(same)
        };
        match groups.iter_mut().find(belongs) {
            Some(group) => group.push(number),
            None => groups.push(vec![number]),
        }
    }
    groups
}

/// Whether two sessions look at different processes, for all that is known.
fn is_other(one: &Session, other: &Session) -> bool {
    fn differ<T: PartialEq>(one: &Option<T>, other: &Option<T>) -> bool {
        one.is_some() && other.is_some() && one != other
    }
    one.is_mixed
        || other.is_mixed
        || differ(&one.process.id, &other.process.id)
        || differ(&one.process.name, &other.process.name)
        || one.differing_landmark(other).is_some()
        || one.starts_apart(other).is_some_and(|seconds| seconds > SAME_START)
}

/// Whether something says that they look at the same one.
fn is_same(one: &Session, other: &Session) -> bool {
    let (a, b) = (&one.process, &other.process);
    let same_id = a.id.is_some() && a.id == b.id;
    let same_name = a.name.is_some() && a.name == b.name && a.id.is_none() && b.id.is_none();
    same_id || same_name || one.starts_apart(other).is_some_and(|seconds| seconds <= SAME_START)
}

fn have_same_landmark(one: &Session, other: &Session) -> bool {
    one.landmarks.iter().any(|(name, place)| other.landmarks.get(name) == Some(place))
}

/// What listings have in common that can be compared: their kind, what was to be left out, and the UMDH difference that both
/// are halves of.
type Comparable = (ListingKind, String, Option<(usize, u32)>);

/// Listings of a kind in order: by their times where all are known, else by source and line.
fn series(listings: Vec<Listing>, sessions: &[Session]) -> Vec<Series> {
    let mut kinds: BTreeMap<Comparable, Vec<Listing>> = BTreeMap::new();
    for listing in listings {
        let difference = listing.difference.map(|line| (listing.source, line));
        kinds.entry((listing.kind, listing.narrowed.clone(), difference)).or_default().push(listing);
    }
    let mut all = Vec::new();
    for ((_, _, difference), mut listings) in kinds {
        let is_timed = listings.iter().all(|listing| listing.taken.is_some());
        if is_timed && difference.is_none() {
            listings.sort_by_key(|listing| listing.taken);
        }
        if difference.is_none() {
            listings.dedup_by(|next, known| {
                let is_repeated = is_repeated(known, next, sessions);
                if is_repeated && known.is_cut.is_some() && next.is_cut.is_none() {
                    std::mem::swap(known, next);
                }
                is_repeated
            });
        }
        let order = match (difference, is_timed) {
            (Some(_), _) => Order::Difference,
            (None, true) => Order::Times,
            (None, false) => Order::Sources,
        };
        all.push(Series::new(listings, order));
    }
    all
}

/// The same table printed again: a dump does not change, and a text that gives no time in between looks at one moment.
fn is_repeated(known: &Listing, next: &Listing, sessions: &[Session]) -> bool {
    let same_figures = known.owners.len() == next.owners.len()
        && known.owners.iter().zip(&next.owners).all(|(a, b)| (&a.name, a.count, a.size) == (&b.name, b.count, b.size));
    if sessions[known.session].is_of_second != sessions[next.session].is_of_second {
        return false;
    }
    let same_session = known.session == next.session;
    let of_dump = same_session && sessions[known.session].dump.is_some();
    let same_time = known.taken.is_some() && known.taken == next.taken;
    of_dump || ((same_session || same_time) && same_figures)
}

fn note_of_listing(listing: &Listing) -> Option<(usize, Note)> {
    let command = listing.kind.command();
    let message = match listing.is_cut {
        _ if listing.is_unclear => format!(
            "whether the figures of this difference of `{command}` are decimal or hexadecimal cannot be told; they are \
             left out"
        ),
        Some(Cut { rows, total: Some(total) }) => format!(
            "this table of `{command}` is not whole: its rows come to {} of {}; what is not listed is unknown",
            counts_in_row(&[rows]),
            counts_in_row(&[total])
        ),
        Some(Cut { total: None, .. }) => {
            format!("this table of `{command}` has no line with its total; what is not listed is unknown")
        }
        None => return None,
    };
    Some((listing.source, Note { code: NoteCode::TableFigures, line: listing.line, message }))
}

/// Said once: why tables that look alike are not compared.
fn note_of_groups(sessions: &[Session], groups: &[Vec<usize>], listings: &[Listing]) -> Option<(usize, Note)> {
    let of = |group: &Vec<usize>| listings.iter().find(|listing| group.contains(&listing.session));
    let mixed = groups.iter().find(|group| group.iter().any(|&number| sessions[number].is_mixed));
    if let Some(listing) = mixed.and_then(of) {
        let message = "this text speaks of several processes, and of which its tables are is not told; they are compared \
                       with no others";
        return Some((listing.source, note(listing.line, message)));
    }
    let group_of = |listing: &Listing| groups.iter().position(|group| group.contains(&listing.session));
    let mut first_of: BTreeMap<ListingKind, usize> = BTreeMap::new();
    let (listing, first, second) = listings.iter().find_map(|listing| {
        let group = group_of(listing)?;
        let first = *first_of.entry(listing.kind).or_insert(group);
        (first != group).then_some((listing, first, group))
    })?;
    let why = why_apart(&sessions[groups[first][0]], &sessions[groups[second][0]]);
    let message = format!("these tables are not compared with those of another process: {why}");
    Some((listing.source, note(listing.line, &message)))
}

/// Why two sessions are not of one process, as far as the texts tell.
fn why_apart(one: &Session, other: &Session) -> String {
    if one.process.id.is_some() && other.process.id.is_some() && one.process.id != other.process.id {
        return "the process ids differ".to_string();
    }
    if one.process.name.is_some() && other.process.name.is_some() && one.process.name != other.process.name {
        return "the names of the processes differ".to_string();
    }
    if one.starts_apart(other).is_some_and(|seconds| seconds > SAME_START) {
        return "the processes began at different times".to_string();
    }
    match one.differing_landmark(other) {
        Some(landmark) => format!("{landmark} is at different addresses"),
        None => "the texts are of several processes, and not all say of which".to_string(),
    }
}

/// Why the tables of two cases are not of one process, where none are.
pub fn why_cases_differ(sessions: &Sessions, listings: &[Listing]) -> Option<String> {
    let of = |is_of_second: bool| {
        let sessions = listings.iter().map(|listing| &sessions.list[listing.session]);
        sessions.filter(move |session| session.is_of_second == is_of_second)
    };
    let (first, second) = (of(false).next()?, of(true).next()?);
    Some(match is_other(first, second) && !first.is_mixed && !second.is_mixed {
        true => format!("different processes: {}", why_apart(first, second)),
        false => "the texts do not say that both are of one process".to_string(),
    })
}

fn note(line: u32, message: &str) -> Note {
    Note { code: NoteCode::TableFigures, line, message: message.to_string() }
}
