//! Which stacks are of one thread. Debuggers number threads, systems give them ids; some texts say one, some the other,
//! some both. Processes are told apart first: each has a thread 4.

use std::collections::{BTreeMap, BTreeSet};

use foldhash::{HashMap, HashSet};

use super::{SeenThread, View};
use crate::model::{Dialect, ThreadRef};

/// Something that a text says of a thread: a stack, or a row of a list of threads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    pub thread: ThreadRef,
    /// Index of the source in its case.
    pub source: usize,
    /// `None` for a row of a list.
    pub view: Option<View>,
}

/// The process of a thread, as far as the texts tell processes apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Owner {
    Process(u64),
    /// Sources that name no process and nothing that tells them apart, by number.
    Unnamed(usize),
}

/// The threads, and the process of each observation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Joined {
    pub threads: Vec<SeenThread>,
    pub owners: Vec<Owner>,
}

/// What names one thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Key {
    Id(Owner, u64),
    Index(Owner, u32),
    /// Where a number means different threads in different sources.
    IndexIn(usize, Owner, u32),
    /// Nothing is known of it: it is told apart by its stack.
    Alone(usize),
}

/// Indices with the ids that texts give them.
type Pairs = BTreeSet<(u32, u64)>;

/// Joins all that is said of one thread. Threads come by process, then in the order of the texts; those without any view
/// are of lists only.
pub fn join(observations: Vec<Observation>) -> Joined {
    let owners = owners(&observations);
    let numbers = Numbers::new(&observations, &owners);
    let mut threads: Vec<SeenThread> = Vec::new();
    let mut places: HashMap<Key, usize> = HashMap::default();
    for (at, (observation, &owner)) in observations.into_iter().zip(&owners).enumerate() {
        let key = numbers.key(&observation, owner, at);
        let place = *places.entry(key).or_insert_with(|| {
            threads.push(SeenThread::of(owner));
            threads.len() - 1
        });
        let seen = &mut threads[place];
        seen.may_be_another |= matches!(key, Key::IndexIn(..));
        let said = observation.thread;
        seen.thread.index = seen.thread.index.or(said.index);
        seen.thread.os_id = seen.thread.os_id.or(said.os_id);
        seen.thread.process_id = seen.thread.process_id.or(said.process_id);
        seen.thread.name = seen.thread.name.take().or(said.name);
        seen.views.extend(observation.view);
    }
    for seen in &mut threads {
        if let Owner::Process(process) = seen.owner {
            seen.thread.process_id = Some(process);
        }
        numbers.complete(seen);
    }
    threads.sort_by_key(|seen| seen.owner);
    Joined { threads, owners }
}

/// What a source, or a process, says of its threads.
#[derive(Clone, Debug, Default)]
struct Said {
    processes: BTreeSet<u64>,
    pairs: Pairs,
    ids: BTreeSet<u64>,
}

impl Said {
    fn hear(&mut self, thread: &ThreadRef) {
        self.processes.extend(thread.process_id);
        self.ids.extend(thread.os_id);
        self.pairs.extend(thread.index.zip(thread.os_id));
    }

    fn join(&mut self, other: &Said) {
        self.pairs.extend(&other.pairs);
        self.ids.extend(&other.ids);
    }

    /// Whether both can be of one process. Between two captures a few numbers pass to other threads; of two processes
    /// nearly all differ.
    fn may_be(&self, other: &Said) -> bool {
        let ids: BTreeMap<u32, u64> = self.pairs.iter().copied().collect();
        let differ = other.pairs.iter().filter(|(index, id)| ids.get(index).is_some_and(|known| known != id)).count();
        differ == 0 || self.ids.intersection(&other.ids).count() > differ
    }
}

/// The process of each observation.
fn owners(observations: &[Observation]) -> Vec<Owner> {
    let mut sources: BTreeMap<usize, Said> = BTreeMap::new();
    for observation in observations {
        sources.entry(observation.source).or_default().hear(&observation.thread);
    }
    let mut processes: BTreeMap<u64, Said> = BTreeMap::new();
    for observation in observations {
        let only = &sources[&observation.source].processes;
        let only = only.first().copied().filter(|_| only.len() == 1);
        if let Some(process) = observation.thread.process_id.or(only) {
            processes.entry(process).or_default().hear(&observation.thread);
        }
    }
    let mut unnamed: Vec<Said> = Vec::new();
    let mut owner_of: BTreeMap<usize, Owner> = BTreeMap::new();
    for (&source, said) in &sources {
        let owner = match said.processes.len() {
            1 => said.processes.first().map(|&process| Owner::Process(process)),
            0 => process_of(said, &processes),
            _ => None,
        };
        owner_of.insert(source, owner.unwrap_or_else(|| Owner::Unnamed(unnamed_of(said, &mut unnamed))));
    }
    let owner = |observation: &Observation| match observation.thread.process_id {
        Some(process) => Owner::Process(process),
        None => owner_of[&observation.source],
    };
    observations.iter().map(owner).collect()
}

/// The process that a source is about which names none: the only one there is, or the only one that has all its threads.
fn process_of(said: &Said, processes: &BTreeMap<u64, Said>) -> Option<Owner> {
    let has_all = |process: &Said| processes.len() == 1 || (!said.ids.is_empty() && said.ids.is_subset(&process.ids));
    let mut fitting = processes.iter().filter(|(_, process)| has_all(process) && process.may_be(said));
    let first = fitting.next();
    first.filter(|_| fitting.next().is_none()).map(|(&process, _)| Owner::Process(process))
}

/// Sources that name no process are of one, unless what they say of its threads contradicts.
fn unnamed_of(said: &Said, unnamed: &mut Vec<Said>) -> usize {
    let several = said.processes.len() > 1;
    if let Some(at) = unnamed.iter().position(|known| !several && known.processes.is_empty() && known.may_be(said)) {
        unnamed[at].join(said);
        return at;
    }
    unnamed.push(said.clone());
    unnamed.len() - 1
}

/// What the texts say of numbers and ids. `None` where they disagree.
struct Numbers {
    in_source: HashMap<(Owner, usize, u32), Option<u64>>,
    /// All ids that texts give a number.
    in_process: HashMap<(Owner, u32), Vec<u64>>,
    index_of: HashMap<(Owner, u64), Option<u32>>,
    /// The stacks of a thread, by its id.
    stacks: HashSet<(Owner, u64, Dialect, usize)>,
}

impl Numbers {
    fn new(observations: &[Observation], owners: &[Owner]) -> Self {
        let mut numbers = Numbers {
            in_source: HashMap::default(),
            in_process: HashMap::default(),
            index_of: HashMap::default(),
            stacks: HashSet::default(),
        };
        for (observation, &owner) in observations.iter().zip(owners) {
            let (Some(index), Some(id)) = (observation.thread.index, observation.thread.os_id) else { continue };
            let known = numbers.in_source.entry((owner, observation.source, index)).or_insert(Some(id));
            *known = known.filter(|known| *known == id);
            let ids = numbers.in_process.entry((owner, index)).or_default();
            if !ids.contains(&id) {
                ids.push(id);
            }
            let known = numbers.index_of.entry((owner, id)).or_insert(Some(index));
            *known = known.filter(|known| *known == index);
        }
        for (observation, &owner) in observations.iter().zip(owners) {
            let of_source = |index: u32| numbers.in_source.get(&(owner, observation.source, index)).copied().flatten();
            let id = observation.thread.os_id.or_else(|| observation.thread.index.and_then(of_source));
            if let (Some(id), Some((dialect, shape))) = (id, stack_of(observation)) {
                numbers.stacks.insert((owner, id, dialect, shape));
            }
        }
        numbers
    }

    fn key(&self, observation: &Observation, owner: Owner, at: usize) -> Key {
        let (source, thread) = (observation.source, &observation.thread);
        let index = match (thread.os_id, thread.index) {
            (Some(id), _) => return Key::Id(owner, id),
            (None, Some(index)) => index,
            (None, None) => return Key::Alone(at),
        };
        match (self.in_source.get(&(owner, source, index)), self.in_process.get(&(owner, index)).map(Vec::as_slice)) {
            (Some(Some(id)), _) | (None, Some([id])) => Key::Id(owner, *id),
            (None, None) => Key::Index(owner, index),
            (_, ids) => {
                // Of several threads that have this number somewhere it is the one that stands there too.
                let stands = |id: &&u64| {
                    stack_of(observation)
                        .is_some_and(|(dialect, shape)| self.stacks.contains(&(owner, **id, dialect, shape)))
                };
                let same = ids.unwrap_or_default().iter().find(stands);
                same.map_or(Key::IndexIn(source, owner, index), |&id| Key::Id(owner, id))
            }
        }
    }

    /// Adds what is known of a thread by its other name; a number that it does not have everywhere is none.
    fn complete(&self, seen: &mut SeenThread) {
        if let Some(known) = seen.thread.os_id.and_then(|id| self.index_of.get(&(seen.owner, id))) {
            seen.thread.index = *known;
        }
    }
}

fn stack_of(observation: &Observation) -> Option<(Dialect, usize)> {
    let view = observation.view.as_ref()?;
    Some((view.dialect, view.shape?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `SOURCE PROCESS.ID/INDEX@SHAPE`; each part but the source may be `-`, and the shape may be left out.
    fn observation(text: &str) -> Observation {
        let (source, thread) = text.split_once(' ').unwrap();
        let (thread, shape) = thread.split_once('@').unwrap_or((thread, "-"));
        let (process, rest) = thread.split_once('.').unwrap();
        let (id, index) = rest.split_once('/').unwrap();
        let hex = |text: &str| u64::from_str_radix(text, 16).ok();
        let thread = ThreadRef { index: index.parse().ok(), os_id: hex(id), process_id: hex(process), name: None };
        let source = source.parse().unwrap();
        let view = View {
            source,
            line: 1,
            dialect: Dialect::K,
            command: None,
            shape: shape.parse().ok(),
            is_of_another: false,
            is_bare: false,
            roles: 0,
        };
        Observation { thread, source, view: Some(view) }
    }

    /// Threads as `owner:index/id views`.
    fn check(texts: &[&str], want: &[&str]) {
        let threads = join(texts.iter().map(|text| observation(text)).collect()).threads;
        let said = |seen: &SeenThread| {
            let owner = match seen.owner {
                Owner::Process(process) => format!("{process:x}"),
                Owner::Unnamed(number) => format!("?{number}"),
            };
            let index = seen.thread.index.map_or("-".to_string(), |index| index.to_string());
            let id = seen.thread.os_id.map_or("-".to_string(), |id| format!("{id:x}"));
            format!("{owner}:{index}/{id} {}", seen.views.len())
        };
        assert_eq!(threads.iter().map(said).collect::<Vec<_>>(), want, "{texts:?}");
    }

    #[test]
    fn one_thread_under_two_names_is_one() {
        check(&["0 20.f4/4", "0 -.-/4", "0 -.f4/-"], &["20:4/f4 3"]);
        // Known in another file only.
        check(&["0 -.-/4", "1 20.f4/4"], &["20:4/f4 2"]);
        check(&["0 -.-/57", "1 -.-/57"], &["?0:57/- 2"]);
        check(&["0 -.-/-", "0 -.-/-"], &["?0:-/- 1", "?0:-/- 1"]);
    }

    #[test]
    fn threads_of_different_processes_are_never_one() {
        check(&["0 20.f4/4", "1 30.f4/4"], &["20:4/f4 1", "30:4/f4 1"]);
        // One source with several processes, as the kernel debugger prints them.
        check(&["0 20.f4/-", "0 30.f8/-", "0 -.-/4"], &["20:-/f4 1", "30:-/f8 1", "?0:4/- 1"]);
        // No process is named, but the ids contradict.
        check(&["0 -.f4/4", "1 -.a0/4"], &["?0:4/f4 1", "?1:4/a0 1"]);
        // A source that could be of two processes is of neither.
        check(&["0 20.f4/4", "1 30.f8/4", "2 -.-/4"], &["20:4/f4 1", "30:4/f8 1", "?0:4/- 1"]);
        // Its ids tell.
        check(&["0 20.f4/4", "1 30.f8/4", "2 -.f8/4"], &["20:4/f4 1", "30:4/f8 2"]);
    }

    #[test]
    fn numbers_pass_to_other_threads_between_captures() {
        check(
            &["0 -.f0/3", "0 -.f4/4", "0 -.f8/5", "1 -.f0/3", "1 -.f8/4", "1 -.-/4"],
            &["?0:3/f0 2", "?0:4/f4 1", "?0:-/f8 3"],
        );
    }

    #[test]
    fn a_number_of_several_threads_is_the_one_that_stands_there() {
        let known = ["0 20.f4/4@1", "1 20.f4/3@1", "1 20.f8/4@2"];
        check(&[&known[..], &["2 -.-/4@2"]].concat(), &["20:-/f4 2", "20:4/f8 2"]);
        // Neither stands there.
        check(&[&known[..], &["2 -.-/4@3"]].concat(), &["20:-/f4 2", "20:4/f8 1", "20:4/- 1"]);
    }
}
