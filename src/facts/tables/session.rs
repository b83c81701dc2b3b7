//! Of which process, and of what time, the tables of a text are.
//!
//! A session is one look at one process: a source, or the part of it from one `Loading Dump File` to the next. What it
//! says of its process may stand above its tables or below: ids of threads, the name of a dump, times, how long the
//! process had run, and where the runtime put a type.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::SignedDuration;
use jiff::civil::DateTime;

use super::listing::Listing;
use super::numbers::address;
use crate::facts::{Process, process_name};
use crate::model::{CallSites, Dialect, LeakReport, Stack, Table, dump_name};

/// Stacks of UMDH whose owner is remembered.
const MOST_TRACES: usize = 100_000;

/// Seconds by which two accounts of when a process began may differ.
pub const SAME_START: i64 = 120;

/// Things that each process has once, remembered of a session.
const MOST_LANDMARKS: usize = 64;

/// What is known of a session.
#[derive(Clone, Debug, Default)]
pub struct Session {
    pub source: usize,
    /// Of two cases that are compared, the second.
    pub is_of_second: bool,
    pub process: Process,
    /// Ids of several processes stand in it.
    pub is_mixed: bool,
    /// Times that it prints, by line.
    pub times: Vec<(u32, DateTime)>,
    /// When the process began.
    pub started: Option<DateTime>,
    /// What each process has once, mostly at an address of its own: the type `System.String`, application domains, the
    /// heaps of a server GC.
    pub landmarks: BTreeMap<String, u64>,
    /// The dump that it looks at; a dump does not change.
    pub dump: Option<String>,
}

#[derive(Clone, Debug, Default)]
pub struct Sessions {
    pub list: Vec<Session>,
    /// Who allocated, by source and line of the stack.
    pub allocators: BTreeMap<(usize, u32), Arc<str>>,
}

impl Sessions {
    /// Adds the sessions of a second case, whose sources are counted on from this number.
    pub fn add_second(&mut self, other: Sessions, first_source: usize) {
        let second = other.list.into_iter();
        let source = |session: &Session| session.source + first_source;
        self.list.extend(second.map(|session| Session { source: source(&session), is_of_second: true, ..session }));
        let allocators = other.allocators.into_iter();
        self.allocators.extend(allocators.map(|((source, line), name)| ((source + first_source, line), name)));
    }

    /// The session that goes on in a source.
    pub fn current(&mut self, source: usize) -> usize {
        if self.list.last().is_none_or(|session| session.source != source) {
            self.list.push(Session { source, ..Session::default() });
        }
        self.list.len() - 1
    }

    pub fn learn_from_table(&mut self, source: usize, table: &Table) {
        match table.name {
            "version" => self.learn_from_version(source, table),
            "threads" => {
                let ids: Vec<u64> =
                    table.rows.iter().filter_map(|row| table.cell(row, "process id")).filter_map(address).collect();
                ids.into_iter().for_each(|id| self.learn_id(source, id));
            }
            "eeheap" => {
                let is_landmark = |name: &str| {
                    name.ends_with(" Domain")
                        || ["Domain ", "Heap "].iter().any(|start| name.starts_with(start)) && !name.ends_with("Size")
                };
                let places = table.fields.iter().filter(|field| is_landmark(&field.name));
                places.for_each(|field| self.learn_place(source, &field.name, address(&field.value)));
            }
            _ => {}
        }
    }

    pub fn learn_from_stack(&mut self, source: usize, stack: &Stack, sites: &CallSites) {
        if let Some(id) = stack.thread.process_id {
            self.learn_id(source, id);
        }
        if stack.dialect == Dialect::Umdh && self.allocators.len() < MOST_TRACES {
            let allocator = allocator(stack, sites);
            self.allocators.extend(allocator.map(|name| ((source, stack.line), name)));
        }
    }

    pub fn learn_from_report(&mut self, source: usize, report: &LeakReport) {
        if let Some(id) = report.process_id {
            self.learn_id(source, id);
        }
    }

    pub fn learn_from_listing(&mut self, source: usize, listing: &Listing) {
        let string = listing.owners.iter().find(|owner| owner.name == "System.String");
        self.learn_place(source, "System.String", string.and_then(|owner| owner.address));
    }

    fn learn_place(&mut self, source: usize, name: &str, place: Option<u64>) {
        let Some(place) = place else { return };
        let number = self.current(source);
        let session = &mut self.list[number];
        if session.landmarks.len() >= MOST_LANDMARKS {
            return;
        }
        let known = *session.landmarks.entry(name.to_string()).or_insert(place);
        session.is_mixed |= known != place;
    }

    fn learn_id(&mut self, source: usize, id: u64) {
        let number = self.current(source);
        let session = &mut self.list[number];
        session.is_mixed |= session.process.id.is_some_and(|known| known != id);
        session.process.id.get_or_insert(id);
    }

    fn learn_from_version(&mut self, source: usize, table: &Table) {
        if let Some(dump) = table.field("Loading Dump File") {
            let number = self.current(source);
            let known = self.list[number].dump.as_deref();
            if known.is_some_and(|known| known != dump) {
                self.list.push(Session { source, ..Session::default() });
            }
            self.learn_dump(source, dump);
        }
        let number = self.current(source);
        let session = &mut self.list[number];
        for field in &table.fields {
            if field.name == "Debug session time" {
                session.times.extend(session_time(&field.value).map(|time| (field.line, time)));
            }
        }
        let uptime = table.field("Process Uptime").and_then(duration);
        if let (Some(uptime), Some((_, now))) = (uptime, session.times.last()) {
            let started = now.checked_sub(uptime).ok();
            // Another process took its place while the text went on.
            session.is_mixed |= seconds_apart(session.started, started).is_some_and(|seconds| seconds > SAME_START);
            session.started = started.or(session.started);
        }
    }

    fn learn_dump(&mut self, source: usize, dump: &str) {
        let named = dump_name(dump);
        if let Some(id) = named.process_id {
            self.learn_id(source, id);
        }
        let number = self.current(source);
        let session = &mut self.list[number];
        session.dump = Some(dump.to_string());
        session.process.name = named.process.as_deref().map(process_name).or(session.process.name.take());
        session.times.extend(named.taken.map(|time| (0, time)));
    }
}

impl Session {
    /// How far apart the processes of two sessions began, where both tell.
    pub fn starts_apart(&self, other: &Session) -> Option<i64> {
        seconds_apart(self.started, other.started)
    }

    /// Something that each process has once lies at different addresses.
    pub fn differing_landmark(&self, other: &Session) -> Option<&str> {
        let differs = |(name, place): &(&String, &u64)| other.landmarks.get(*name).is_some_and(|known| known != *place);
        self.landmarks.iter().find(differs).map(|(name, _)| name.as_str())
    }

    /// The time of what stands on a line: the last one printed above, or the first below.
    pub fn time_at(&self, line: u32) -> Option<DateTime> {
        let above = self.times.iter().rev().find(|(at, _)| *at <= line);
        above.or(self.times.first()).map(|(_, time)| *time)
    }
}

/// `Tue Nov  3 08:14:55.000 2026 (UTC + 1:00)`: local time, as the rest of the session prints it.
fn session_time(text: &str) -> Option<DateTime> {
    let text = text.split('(').next()?;
    let words: Vec<&str> = text.split_whitespace().collect();
    let [_, month, day, clock, year] = words.as_slice() else { return None };
    let clock = clock.split('.').next()?;
    DateTime::strptime("%Y %b %d %H:%M:%S", format!("{year} {month} {day} {clock}")).ok()
}

/// `0 days 1:10:11.000`
fn duration(text: &str) -> Option<SignedDuration> {
    let (days, clock) = text.trim().split_once(" days ")?;
    let mut parts = clock.split('.').next()?.split(':').map(|part| part.trim().parse::<i64>().ok());
    let (hours, minutes, seconds) = (parts.next()??, parts.next()??, parts.next()??);
    let days: i64 = days.trim().parse().ok().filter(|days| (0..100_000).contains(days))?;
    (hours < 24 && minutes < 60 && seconds < 60)
        .then(|| SignedDuration::from_secs(((days * 24 + hours) * 60 + minutes) * 60 + seconds))
}

fn seconds_apart(one: Option<DateTime>, other: Option<DateTime>) -> Option<i64> {
    Some(one?.duration_since(other?).as_secs().abs())
}

/// The first frame that is no allocator: who asked for the memory.
fn allocator(stack: &Stack, sites: &CallSites) -> Option<Arc<str>> {
    let names = stack.frames.iter().map(|frame| {
        let site = sites.get(frame.site);
        (site.module().unwrap_or_default(), site.function().unwrap_or(site.text))
    });
    let mut first = None;
    for (module, function) in names {
        let name = if module.is_empty() { function.to_string() } else { format!("{module}!{function}") };
        if !is_allocator(&module.to_ascii_lowercase(), &function.to_ascii_lowercase()) {
            return Some(name.into());
        }
        first.get_or_insert(name);
    }
    first.map(Arc::from)
}

fn is_allocator(module: &str, function: &str) -> bool {
    const MODULES: [&str; 4] = ["ntdll", "verifier", "vrfcore", "vfbasics"];
    const RUNTIMES: [&str; 4] = ["msvcr", "ucrtbase", "libcmt", "vcruntime"];
    const FUNCTIONS: [&str; 20] = [
        "malloc",
        "calloc",
        "realloc",
        "_malloc",
        "_calloc",
        "_realloc",
        "_heap_alloc",
        "_nh_malloc",
        "operator new",
        "heapalloc",
        "heaprealloc",
        "localalloc",
        "globalalloc",
        "virtualalloc",
        "cotaskmemalloc",
        "sysallocstring",
        "std::allocator",
        "std::_allocate",
        "_aligned_malloc",
        "_recalloc",
    ];
    MODULES.contains(&module)
        || RUNTIMES.iter().any(|runtime| module.starts_with(runtime))
        || FUNCTIONS.iter().any(|name| function.starts_with(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_durations() {
        let time = |text| session_time(text).map(|time| time.to_string());
        for (text, want) in [
            ("Tue Nov  3 08:14:55.000 2026 (UTC + 1:00)", Some("2026-11-03T08:14:55")),
            ("Sun Nov 22 10:58:17.986 2026 (UTC + 0:00)", Some("2026-11-22T10:58:17")),
            ("Tue Nov 31 08:14:55.000 2026", None),
            ("2026", None),
            ("", None),
        ] {
            assert_eq!(time(text).as_deref(), want, "{text}");
        }
        for (text, want) in [
            ("0 days 1:10:11.000", Some(4211)),
            ("12 days 3:07:44.120", Some(1_048_064)),
            ("not available", None),
            ("9999999999999 days 1:10:11.000", None),
        ] {
            assert_eq!(duration(text).map(|time| time.as_secs()), want, "{text}");
        }
    }
}
