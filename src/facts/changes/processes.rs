//! Of which process and what time each case is, and which of its processes is which of the other's.

use std::collections::BTreeSet;

use jiff::civil::DateTime;

use super::Look;
use crate::facts::{Process, ProcessMoment};

/// Seconds by which two accounts of when a process began may differ.
const SAME_START: f64 = 120.0;

/// What two cases measure of one process; or of two that are put side by side, and why no difference is made.
pub struct Pair<'a, T> {
    pub old: Option<&'a T>,
    pub new: Option<&'a T>,
    pub apart: Option<String>,
}

/// Pairs what is measured by process: where nothing tells two apart, and no other is meant.
pub fn pairs<'a, T>(old: &'a [T], new: &'a [T], process: impl Fn(&T) -> &Process) -> Vec<Pair<'a, T>> {
    // A number names a process within one recording only.
    let bare = |item: &T| Process { ordinal: None, ..process(item).clone() };
    let mut of_old: Vec<Option<usize>> = vec![None; old.len()];
    let mut apart: Vec<bool> = vec![false; old.len()];
    let mut taken = vec![false; new.len()];
    let same_id = |a: &Process, b: &Process| a.id.is_some() && a.id == b.id && a.may_be(b);
    let same_name = |a: &Process, b: &Process| a.name.is_some() && a.name == b.name && a.host == b.host;
    type Fits<'f> = (&'f dyn Fn(&Process, &Process) -> bool, bool);
    let steps: [Fits<'_>; 4] =
        [(&same_id, false), (&|a, b| a.may_be(b), false), (&same_name, true), (&|_, _| true, true)];
    for (fits, is_apart) in steps {
        let left_old: Vec<usize> = (0..old.len()).filter(|&at| of_old[at].is_none()).collect();
        let left_new: Vec<usize> = (0..new.len()).filter(|&at| !taken[at]).collect();
        let fit = |a: usize, b: usize| fits(&bare(&old[a]), &bare(&new[b]));
        for &a in &left_old {
            let others: Vec<usize> = left_new.iter().copied().filter(|&b| fit(a, b)).collect();
            if let [b] = others[..]
                && left_old.iter().filter(|&&a| fit(a, b)).count() == 1
            {
                (of_old[a], taken[b], apart[a]) = (Some(b), true, is_apart);
            }
        }
    }
    let mut all: Vec<Pair<'a, T>> = Vec::new();
    for (at, item) in old.iter().enumerate() {
        let other = of_old[at].map(|other| &new[other]);
        let why = other.filter(|_| apart[at]).map(|other| why(process(item), process(other)));
        all.push(Pair { old: Some(item), new: other, apart: why });
    }
    let left = new.iter().zip(&taken).filter(|(_, taken)| !**taken);
    all.extend(left.map(|(item, _)| Pair { old: None, new: Some(item), apart: None }));
    all
}

fn why(old: &Process, new: &Process) -> String {
    match old.may_be(new) {
        true => "which of several processes is meant is not told".to_string(),
        false => format!("different processes: {} and {}", old.label(), new.label()),
    }
}

/// Why the two cases are of different processes, where what they say of ids and of when the process began tells.
pub fn apart(old: &Look<'_>, new: &Look<'_>) -> Option<String> {
    let (old_ids, new_ids) = (ids(old), ids(new));
    if !old_ids.is_empty() && !new_ids.is_empty() && old_ids.is_disjoint(&new_ids) {
        return Some(format!("different processes: {} and {}", labels(old).join(", "), labels(new).join(", ")));
    }
    let (a, b) = (names(old), names(new));
    if !a.is_empty() && !b.is_empty() && a.is_disjoint(&b) {
        return Some(format!("different processes: {} and {}", labels(old).join(", "), labels(new).join(", ")));
    }
    let (a, b) = (started(old)?, started(new)?);
    let seconds = a.duration_until(b).as_secs_f64();
    let began = |time: DateTime| time.strftime("%Y-%m-%d %H:%M");
    (seconds.abs() > SAME_START)
        .then(|| format!("different processes: one began at {}, the other at {}", began(a), began(b)))
}

fn processes(look: &Look<'_>) -> Vec<Process> {
    let mut all: Vec<Process> = look.leaks.iter().map(|leaks| leaks.process.clone()).collect();
    all.extend(look.counters.iter().map(|counters| counters.process.clone()));
    all.extend(look.tables.iter().flat_map(|tables| tables.processes()));
    let of_stacks = look.captures.moments.iter().flat_map(|moment| moment.process_ids.iter().copied());
    all.extend(of_stacks.map(|id| Process { id: Some(id), ..Process::default() }));
    all
}

fn ids(look: &Look<'_>) -> BTreeSet<u64> {
    processes(look).iter().filter_map(|process| process.id).collect()
}

fn names(look: &Look<'_>) -> BTreeSet<String> {
    processes(look).into_iter().filter_map(|process| process.name).collect()
}

/// `w3wp (4312)`: each process once, by all that is known of it.
pub fn labels(look: &Look<'_>) -> Vec<String> {
    let mut known: Vec<Process> = Vec::new();
    for process in processes(look) {
        let bare = Process { ordinal: None, ..process };
        if bare == Process::default() {
            continue;
        }
        match known.iter_mut().find(|other| other.may_be(&bare)) {
            Some(other) => {
                other.host = other.host.take().or(bare.host);
                other.name = other.name.take().or(bare.name);
                other.id = other.id.or(bare.id);
            }
            None => known.push(bare),
        }
    }
    known.sort();
    let label = |process: &Process| match (&process.name, process.id) {
        (None, Some(id)) => format!("process {id}"),
        _ => process.label(),
    };
    known.iter().map(label).collect()
}

/// When its process began, where all that is said of it agrees.
fn started(look: &Look<'_>) -> Option<DateTime> {
    let of_moment = |moment: &ProcessMoment| {
        let ((first, _), uptime) = (moment.time?, moment.uptime?);
        first.checked_sub(jiff::SignedDuration::try_from_secs_f64(uptime).ok()?).ok()
    };
    let mut all = look.captures.moments.iter().filter_map(of_moment);
    let first = all.next()?;
    all.all(|other| first.duration_until(other).as_secs_f64().abs() <= SAME_START).then_some(first)
}

/// The first and the last time that its texts say.
pub fn times(look: &Look<'_>) -> Option<(DateTime, DateTime)> {
    let mut times: Vec<DateTime> = Vec::new();
    times.extend(look.captures.moments.iter().filter_map(|moment| moment.time).flat_map(|(first, last)| [first, last]));
    times.extend(look.leaks.iter().flat_map(|leaks| &leaks.reports).filter_map(|(_, report)| report.taken));
    let counters = look.counters.iter().flat_map(|process| &process.counters);
    times.extend(counters.flat_map(|counter| &counter.points).filter_map(|point| point.time));
    times.extend(look.tables.iter().flat_map(|tables| tables.times()));
    Some((times.iter().copied().min()?, times.iter().copied().max()?))
}
