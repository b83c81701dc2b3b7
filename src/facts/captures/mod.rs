//! Captures in time: which stacks and figures were printed at one moment of one process, in which order the moments come,
//! and whether the texts show that time passed between them.
//!
//! A source is one capture unless its signs show several; sources of one moment are one capture. What the texts do not
//! order is left out of every course, never guessed.

mod courses;
mod cpu;
mod figures;
mod segments;
mod series;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::DateTime;

use crate::model::{Dialect, Sign, Stack, Table, ThreadRef};

pub use cpu::Cpu;
pub use figures::CaptureFigure;
pub use series::{SeriesPlace, series};

/// Stacks of which the thread is remembered.
const STACKS: usize = 250_000;

/// A process at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProcessMoment {
    /// Indices of the sources it is told in.
    pub sources: Vec<usize>,
    /// Where it begins in the first of them.
    pub line: u32,
    /// The first and the last time that the texts say of it.
    pub time: Option<(DateTime, DateTime)>,
    /// For how long the process had run, in seconds.
    pub uptime: Option<f64>,
    /// The processes that it is of, as far as they are named.
    pub process_ids: BTreeSet<u64>,
    /// Processor time of its threads.
    pub cpu: BTreeMap<ThreadKey, Cpu>,
    /// Threads, queued work and the like.
    pub figures: Vec<CaptureFigure>,
    places: Vec<segments::Segment>,
}

/// What a thread goes by over the captures of one process.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ThreadKey {
    OsId(u64),
    /// The debugger's number, where no text gives the thread an id.
    Index(u32),
    /// Where nothing but a name is known.
    Name(String),
}

/// Captures of one process, in the order of time, between any two of which time passed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Course {
    pub process_id: Option<u64>,
    /// Indices of its moments.
    pub moments: Vec<usize>,
    /// Seconds from each to the next, where the texts tell.
    pub steps: Vec<Option<f64>>,
    /// The stacks of each thread: place among the moments, and number of the stack.
    pub threads: BTreeMap<ThreadKey, Vec<(usize, usize)>>,
}

impl Course {
    /// Seconds from one of its moments to another.
    pub fn seconds(&self, from: usize, to: usize) -> Option<f64> {
        self.steps[from..to].iter().copied().sum()
    }
}

/// All captures of a case.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Captures {
    pub moments: Vec<ProcessMoment>,
    pub courses: Vec<Course>,
    /// Of each stack the moment, the dialect, and its thread.
    stacks: Vec<(Option<usize>, Dialect, Option<ThreadKey>)>,
}

impl Captures {
    /// The moment of the stack with this number.
    pub fn moment(&self, stack: usize) -> Option<usize> {
        self.stacks.get(stack).and_then(|(moment, ..)| *moment)
    }

    pub fn dialect(&self, stack: usize) -> Option<Dialect> {
        self.stacks.get(stack).map(|(_, dialect, _)| *dialect)
    }

    /// What its thread goes by in its moment.
    pub fn key(&self, stack: usize) -> Option<&ThreadKey> {
        self.stacks.get(stack).and_then(|(.., key)| key.as_ref())
    }
}

/// A thread as one stack shows it.
#[derive(Clone, Debug, PartialEq)]
struct Standing {
    source: usize,
    line: u32,
    dialect: Dialect,
    thread: ThreadRef,
}

/// Collects what a case tells of time.
#[derive(Clone, Debug, Default)]
pub struct CaptureCollection {
    series: Vec<Option<SeriesPlace>>,
    signs: Vec<(usize, Sign)>,
    standings: Vec<Standing>,
    cpu: Vec<(usize, u32, cpu::Row)>,
    figures: Vec<CaptureFigure>,
    /// Debugger's number and system's id of a thread, where a table gives both.
    ids: Vec<(usize, u32, u32, u64)>,
}

impl CaptureCollection {
    /// What the names of the sources tell: those that differ by a number only were taken one after the other.
    pub fn name(&mut self, series: Vec<Option<SeriesPlace>>) {
        self.series = series;
    }

    pub fn sign(&mut self, source: usize, sign: &Sign) {
        self.signs.push((source, sign.clone()));
    }

    /// Remembers whose stack it is; its number, or `None` when there are too many.
    pub fn stack(&mut self, source: usize, stack: &Stack) -> Option<usize> {
        if self.standings.len() >= STACKS {
            return None;
        }
        let thread = stack.thread.clone();
        self.standings.push(Standing { source, line: stack.line, dialect: stack.dialect, thread });
        Some(self.standings.len() - 1)
    }

    pub fn table(&mut self, source: usize, table: &Table) {
        match table.name {
            "runaway" => cpu::add(source, table, &mut self.cpu, &mut self.ids),
            "threads" | "clrthreads" => figures::add_ids(source, table, &mut self.ids),
            _ => {}
        }
        figures::add(source, table, &mut self.figures);
    }

    pub fn finish(self) -> Captures {
        let lowest = self.standings.iter().map(|standing| standing.source);
        let sources = lowest.chain(self.cpu.iter().map(|row| row.0)).chain(self.figures.iter().map(|it| it.source));
        let sources: BTreeSet<usize> = sources.collect();
        let mut segments = segments::segments(&sources, &self.signs);
        for standing in &self.standings {
            let Some(segment) = segments.at(standing.source, standing.line) else { continue };
            segment.process_ids.extend(standing.thread.process_id);
            segment.is_used = true;
        }
        for (source, line) in self.cpu.iter().map(|row| (row.0, row.1)).chain(self.figures.iter().map(place)) {
            if let Some(segment) = segments.at(source, line) {
                segment.is_used = true;
            }
        }
        let (mut moments, of_segment) = segments::join(segments.all(), &self.series);
        let moment_at = |source: usize, line: u32| segments.index_at(source, line).and_then(|at| of_segment[at]);
        let moment_of: Vec<Option<usize>> =
            self.standings.iter().map(|standing| moment_at(standing.source, standing.line)).collect();
        let ids = courses::Ids::new(&self, &moment_of, &moment_at);
        cpu::put(&self.cpu, &moment_at, &ids, &mut moments);
        figures::put(&self, &moment_of, &moment_at, &ids, &mut moments);
        let courses = courses::courses(&self, &moments, &moment_of, &ids);
        let of_stack = |(standing, moment): (&Standing, &Option<usize>)| {
            let key = moment.and_then(|moment| ids.key_of(moment, &standing.thread));
            (*moment, standing.dialect, key)
        };
        let stacks = self.standings.iter().zip(&moment_of).map(of_stack).collect();
        Captures { moments, courses, stacks }
    }
}

fn place(figure: &CaptureFigure) -> (usize, u32) {
    (figure.source, figure.line)
}
