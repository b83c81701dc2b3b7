//! The order of captures, and which threads stand in several of them.

use std::collections::{BTreeMap, BTreeSet};

use super::{CaptureCollection, Course, ProcessMoment, ThreadKey};
use crate::model::ThreadRef;

/// Moments put in order; those beyond are left out.
const ORDERED: usize = 300;
/// Two times at which a process is said to have begun are one within this many seconds.
const SAME_START: f64 = 10.0;

/// Which of the debugger's numbers is which of the system's ids, moment by moment.
pub struct Ids {
    /// `None` where texts disagree.
    of_moment: BTreeMap<(usize, u32), Option<u64>>,
}

impl Ids {
    pub fn new(
        all: &CaptureCollection,
        moment_of: &[Option<usize>],
        moment_at: &dyn Fn(usize, u32) -> Option<usize>,
    ) -> Ids {
        let mut of_moment = BTreeMap::new();
        let mut learn = |moment: Option<usize>, index: Option<u32>, id: Option<u64>| {
            let (Some(moment), Some(index), Some(id)) = (moment, index, id) else { return };
            let known = of_moment.entry((moment, index)).or_insert(Some(id));
            *known = known.filter(|known| *known == id);
        };
        for (standing, moment) in all.standings.iter().zip(moment_of) {
            learn(*moment, standing.thread.index, standing.thread.os_id);
        }
        for &(source, line, index, id) in &all.ids {
            learn(moment_at(source, line), Some(index), Some(id));
        }
        Ids { of_moment }
    }

    pub fn key_of(&self, moment: usize, thread: &ThreadRef) -> Option<ThreadKey> {
        self.key(moment, thread.index, thread.os_id, thread.name.as_deref())
    }

    /// What a thread goes by; `None` where nothing is known of it.
    pub fn key(&self, moment: usize, index: Option<u32>, os_id: Option<u64>, name: Option<&str>) -> Option<ThreadKey> {
        let known = index.and_then(|index| self.of_moment.get(&(moment, index)).copied().flatten());
        let by_id = os_id.or(known).map(ThreadKey::OsId);
        by_id.or(index.map(ThreadKey::Index)).or(name.map(|name| ThreadKey::Name(name.to_string())))
    }

    /// The id that a number has in all moments that know one.
    fn everywhere(&self, moments: &[usize], index: u32) -> Option<u64> {
        let mut found = moments.iter().filter_map(|&moment| self.of_moment.get(&(moment, index)));
        let first = found.next().copied().flatten()?;
        found.all(|id| *id == Some(first)).then_some(first)
    }
}

/// The courses of all processes, each of two moments or more.
pub fn courses(
    all: &CaptureCollection,
    moments: &[ProcessMoment],
    moment_of: &[Option<usize>],
    ids: &Ids,
) -> Vec<Course> {
    let mut courses = Vec::new();
    for (process_id, members) in by_process(moments) {
        let mut left: Vec<usize> = members.into_iter().take(ORDERED).collect();
        // A process that was restarted under the same name has a course of its own.
        loop {
            let chain = longest_chain(&left, moments);
            if chain.len() < 2 {
                break;
            }
            left.retain(|moment| !chain.contains(moment));
            let pairs = chain.windows(2);
            let steps = pairs.map(|pair| passed(&moments[pair[0]], &moments[pair[1]]).flatten()).collect();
            let mut course = Course { process_id, moments: chain, steps, threads: BTreeMap::new() };
            add_threads(&mut course, all, moment_of, moments, ids);
            courses.push(course);
        }
    }
    courses
}

/// Moments by process. Those that name none are of the only one that the case names, or of one where it names none.
fn by_process(moments: &[ProcessMoment]) -> Vec<(Option<u64>, Vec<usize>)> {
    let named: BTreeSet<u64> = moments.iter().flat_map(|moment| moment.process_ids.iter().copied()).collect();
    let all = || (0..moments.len()).collect();
    match named.len() {
        0 => vec![(None, all())],
        1 => vec![(named.first().copied(), all())],
        _ => {
            let of = |id: u64| (0..moments.len()).filter(|&at| moments[at].process_ids.contains(&id)).collect();
            named.into_iter().map(|id| (Some(id), of(id))).collect()
        }
    }
}

/// As many moments as possible, each of which comes after the one before.
fn longest_chain(members: &[usize], moments: &[ProcessMoment]) -> Vec<usize> {
    let after = |one: usize, other: usize| passed(&moments[one], &moments[other]).is_some();
    let earlier = |moment: usize| members.iter().filter(|&&other| after(other, moment)).count();
    let mut order: Vec<(usize, usize)> = members.iter().map(|&moment| (earlier(moment), moment)).collect();
    order.sort_unstable();
    let order: Vec<usize> = order.into_iter().map(|(_, moment)| moment).collect();
    // For each the length of the longest chain that ends there, and the one before in it.
    let mut best: Vec<(usize, Option<usize>)> = vec![(1, None); order.len()];
    for at in 0..order.len() {
        for before in 0..at {
            if best[before].0 + 1 > best[at].0 && after(order[before], order[at]) {
                best[at] = (best[before].0 + 1, Some(before));
            }
        }
    }
    let longest = best.iter().map(|(length, _)| *length).max();
    let mut at = longest.and_then(|longest| best.iter().position(|(length, _)| *length == longest));
    let mut chain = Vec::new();
    while let Some(place) = at {
        chain.push(order[place]);
        at = best[place].1;
    }
    chain.reverse();
    chain
}

/// Whether time passed from one moment of a process to the other, and how many seconds; `None` where the texts do not
/// say so, or say the opposite.
fn passed(one: &ProcessMoment, other: &ProcessMoment) -> Option<Option<f64>> {
    if !may_be_one_process(one, other) {
        return None;
    }
    if let (Some((from, _)), Some((to, _))) = (one.time, other.time) {
        let seconds = from.duration_until(to).as_secs_f64();
        let is_apart = one.time.is_some_and(|(_, last)| last.duration_until(to).as_secs_f64() >= 1.0);
        return is_apart.then_some(Some(seconds));
    }
    if let (Some(from), Some(to)) = (one.uptime, other.uptime) {
        return (to - from >= 1.0).then_some(Some(to - from));
    }
    let in_row = one.places.iter().flat_map(|a| other.places.iter().map(move |b| (a, b)));
    for (a, b) in in_row {
        match (&a.series, &b.series) {
            (Some(x), Some(y)) if a.source != b.source && x.series == y.series => {
                return (x.numbers < y.numbers).then_some(None);
            }
            _ => {}
        }
        if a.source == b.source && a.ran != b.ran {
            return (a.ran < b.ran).then_some(None);
        }
    }
    used_more(one, other).then_some(None)
}

/// A moment's process began when the other's did, as far as the texts tell.
fn may_be_one_process(one: &ProcessMoment, other: &ProcessMoment) -> bool {
    let same_target = |a: &super::segments::Segment, b: &super::segments::Segment| {
        a.source != b.source || a.target.1 == b.target.1 || a.target.0 != b.target.0
    };
    if !one.places.iter().all(|a| other.places.iter().all(|b| same_target(a, b))) {
        return false;
    }
    let (Some((from, _)), Some((to, _))) = (one.time, other.time) else { return true };
    let (Some(before), Some(after)) = (one.uptime, other.uptime) else { return true };
    (from.duration_until(to).as_secs_f64() - (after - before)).abs() <= SAME_START
}

/// Whether threads of both have used processor time between them, and none less.
fn used_more(one: &ProcessMoment, other: &ProcessMoment) -> bool {
    let both = other.cpu.iter().filter_map(|(key, after)| one.cpu.get(key).map(|before| (before, after)));
    let both: Vec<_> = both.collect();
    !both.iter().any(|(before, after)| after.is_reset(before))
        && both.iter().filter_map(|(before, after)| after.since(before)).sum::<f64>() >= 0.5
}

fn add_threads(
    course: &mut Course,
    all: &CaptureCollection,
    moment_of: &[Option<usize>],
    moments: &[ProcessMoment],
    ids: &Ids,
) {
    let place: BTreeMap<usize, usize> = course.moments.iter().enumerate().map(|(at, &moment)| (moment, at)).collect();
    for (number, (standing, moment)) in all.standings.iter().zip(moment_of).enumerate() {
        let Some(moment) = *moment else { continue };
        let Some(&at) = place.get(&moment) else { continue };
        let of_other = moments[moment].process_ids.len() > 1 && standing.thread.process_id != course.process_id;
        let named_other = standing.thread.process_id.is_some() && course.process_id != standing.thread.process_id;
        let key = ids.key_of(moment, &standing.thread).map(|key| match key {
            ThreadKey::Index(index) => {
                ids.everywhere(&course.moments, index).map_or(ThreadKey::Index(index), ThreadKey::OsId)
            }
            key => key,
        });
        if let Some(key) = key.filter(|_| !of_other && !named_other) {
            course.threads.entry(key).or_default().push((at, number));
        }
    }
    course.threads.values_mut().for_each(|stacks| stacks.sort_unstable());
}
