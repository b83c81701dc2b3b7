//! All that was read from one source.

use std::sync::Arc;

use super::{CallSites, CounterSeries, LeakReport, Stack, Table};
use crate::text::Encoding;

/// Everything read from one source, held in memory.
#[derive(Debug)]
pub struct Capture {
    pub source: SourceInfo,
    pub sites: CallSites,
    pub stacks: Vec<Stack>,
    pub tables: Vec<Table>,
    pub leak_reports: Vec<LeakReport>,
    pub counters: Vec<CounterSeries>,
    pub notes: Vec<Note>,
    pub skipped: Vec<Skipped>,
}

/// What is known of a source as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceInfo {
    pub name: String,
    pub encoding: Encoding,
    pub lines: u64,
}

/// What stacklint has to say about the input itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    pub code: NoteCode,
    /// Where it first shows, from 1.
    pub line: u32,
    pub message: String,
}

/// The kinds of notes. Their codes are stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NoteCode {
    /// Frame numbers jump: frames were cut out of the text.
    Holes,
    /// Stacks break off at frames without symbols.
    BreaksOff,
    /// SOS could not walk a managed stack to its end.
    WalkFailed,
    /// Some lines were not UTF-8.
    Windows1252,
    /// A line of over 1 MiB was left out.
    OverlongLine,
    /// The source holds no text.
    Empty,
    /// The source holds text, but no stack was found in it.
    NothingRecognised,
    /// The source could not be read.
    Unreadable,
    /// Many lines of a debugger's output were not understood.
    NotUnderstood,
    /// Series of counters were too long, or too many, to be kept whole.
    CountersThinned,
    /// The times of counters are in doubt.
    CounterTimes,
    /// Rows or values of counters could not be read.
    CounterRows,
    /// Figures of a leak report contradict each other, or cannot be told.
    LeakFigures,
    /// The source is a web page: lines are those of its text.
    SavedPage,
    /// A process whose counters were recorded restarted.
    CounterRestart,
    /// Of which process counters are, or whether two recordings are of one, cannot be told.
    CounterProcess,
    /// Tables of heaps and objects are cut, or are of processes that cannot be compared.
    TableFigures,
    /// What tables and stacks say of locks does not fit together, or is not all there.
    Locks,
    /// A stack was copied without the namespaces of its types.
    ShortNames,
}

impl NoteCode {
    pub const ALL: [NoteCode; 19] = [
        NoteCode::Holes,
        NoteCode::BreaksOff,
        NoteCode::WalkFailed,
        NoteCode::Windows1252,
        NoteCode::OverlongLine,
        NoteCode::Empty,
        NoteCode::NothingRecognised,
        NoteCode::Unreadable,
        NoteCode::NotUnderstood,
        NoteCode::CountersThinned,
        NoteCode::CounterTimes,
        NoteCode::CounterRows,
        NoteCode::LeakFigures,
        NoteCode::SavedPage,
        NoteCode::CounterRestart,
        NoteCode::CounterProcess,
        NoteCode::TableFigures,
        NoteCode::Locks,
        NoteCode::ShortNames,
    ];

    pub fn code(self) -> &'static str {
        match self {
            NoteCode::Holes => "N001",
            NoteCode::BreaksOff => "N002",
            NoteCode::WalkFailed => "N003",
            NoteCode::Windows1252 => "N004",
            NoteCode::OverlongLine => "N005",
            NoteCode::Empty => "N006",
            NoteCode::NothingRecognised => "N007",
            NoteCode::Unreadable => "N008",
            NoteCode::NotUnderstood => "N009",
            NoteCode::CountersThinned => "N010",
            NoteCode::CounterTimes => "N011",
            NoteCode::CounterRows => "N012",
            NoteCode::LeakFigures => "N013",
            NoteCode::SavedPage => "N014",
            NoteCode::CounterRestart => "N015",
            NoteCode::CounterProcess => "N016",
            NoteCode::TableFigures => "N017",
            NoteCode::Locks => "N018",
            NoteCode::ShortNames => "N019",
        }
    }
}

/// A line, or a run of lines, that is no part of what was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// From 1.
    pub line: u32,
    pub text: String,
    pub reason: SkipReason,
}

/// Why a line was skipped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SkipReason {
    Blank,
    /// Words around the debugger's output, or a banner.
    Prose,
    /// The debugger talking about itself: symbol warnings, module loads, dots of progress.
    DebuggerMessage,
    /// A frame's parameters, locals, registers or source line.
    FrameDetail,
    /// SOS reported that it could not walk the stack (further).
    WalkFailed,
    /// A frame's place without its stack, as debuggers show it when they stop or change threads.
    Location,
    /// Output of a command that prints no stack, or one that is not read.
    CommandOutput(Arc<str>),
    Overlong(u64),
    /// A row of counters that was cut, or lacks a column.
    DamagedRow,
    /// Part of a leak report, but none of its figures: the version of a module, the name of a machine.
    LeakDetail,
}

impl SkipReason {
    /// The reason in words, for `parse --show-skipped`.
    pub fn describe(&self) -> String {
        match self {
            SkipReason::Blank => "blank line".to_string(),
            SkipReason::Prose => "not a frame, header or table".to_string(),
            SkipReason::DebuggerMessage => "message of the debugger about itself".to_string(),
            SkipReason::FrameDetail => "parameter, local, register or source line of a frame".to_string(),
            SkipReason::WalkFailed => "SOS could not walk this stack".to_string(),
            SkipReason::Location => "where a thread stands, without its stack".to_string(),
            SkipReason::CommandOutput(command) => format!("output of `{command}`, which is not a stack"),
            SkipReason::LeakDetail => "part of a leak report, but no figure of it".to_string(),
            SkipReason::DamagedRow => "row of counters with other columns than its header, or cut".to_string(),
            SkipReason::Overlong(bytes) => format!("line of {bytes} bytes, longer than debugger output gets"),
        }
    }
}
