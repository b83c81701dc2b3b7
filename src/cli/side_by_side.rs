//! Cases side by side: as many at once as there are processors, or as asked for.

use std::num::NonZero;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::inputs::{CaseInput, Input};
use super::read_ahead::read_ahead;
use crate::formats::{Reading, Sink, read};
use crate::model::{Note, NoteCode, SourceInfo};
use crate::text::Encoding;

/// A case, and how its sources are read.
#[derive(Clone, Copy)]
pub struct Turn<'c> {
    pub case: &'c CaseInput,
    /// There are more processors than cases: one of them reads while another judges.
    reads_ahead: bool,
}

/// Does the same for every case; the results come in the order of the cases.
pub fn each_case<T: Send>(cases: &[CaseInput], jobs: Option<u16>, work: impl Fn(Turn<'_>) -> T + Sync) -> Vec<T> {
    let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
    let jobs = jobs.map_or(processors, usize::from);
    let reads_ahead = jobs > cases.len();
    let work = |case| work(Turn { case, reads_ahead });
    let jobs = jobs.min(cases.len());
    if jobs <= 1 {
        return cases.iter().map(work).collect();
    }
    let next = AtomicUsize::new(0);
    let mut done: Vec<(usize, T)> = std::thread::scope(|scope| {
        let worker = || {
            let mut mine = Vec::new();
            while let Some((index, case)) = cases.iter().enumerate().nth(next.fetch_add(1, Ordering::Relaxed)) {
                mine.push((index, work(case)));
            }
            mine
        };
        let workers: Vec<_> = (0..jobs).map(|_| scope.spawn(worker)).collect();
        let results = workers.into_iter().map(|worker| worker.join().unwrap_or_else(|panic| resume_unwind(panic)));
        results.flatten().collect()
    });
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

/// What the sources of a case leave behind.
#[derive(Default)]
pub struct SourcesRead {
    pub sources: Vec<SourceInfo>,
    /// Index of the source, and the note.
    pub notes: Vec<(usize, Note)>,
    /// What could not be read.
    pub failures: Vec<String>,
}

/// Reads the sources of a case one after the other; those that cannot be read become notes. `begin` is told which one
/// begins.
pub fn read_sources<S: Sink>(turn: Turn<'_>, sink: &mut S, begin: impl Fn(&mut S, usize)) -> SourcesRead {
    let mut done = SourcesRead::default();
    for (index, input) in turn.case.inputs.iter().enumerate() {
        begin(sink, index);
        match read_source(input, turn.reads_ahead, sink) {
            Ok(reading) => {
                done.notes.extend(reading.notes.into_iter().map(|note| (index, note)));
                done.sources.push(reading.source);
            }
            Err(reason) => {
                done.failures.push(format!("{}: {reason}", input.name()));
                done.notes.push((index, Note { code: NoteCode::Unreadable, line: 0, message: reason }));
                done.sources.push(SourceInfo { name: input.name(), encoding: Encoding::Utf8, lines: 0 });
            }
        }
    }
    done
}

fn read_source(input: &Input, reads_ahead: bool, sink: &mut dyn Sink) -> Result<Reading, String> {
    let text = input.open().map_err(|error| error.to_string())?;
    let reading = match reads_ahead && input.is_long() {
        true => read_ahead(text, &input.name(), sink),
        false => read(text, &input.name(), sink),
    };
    reading.map_err(|error| error.to_string())
}
