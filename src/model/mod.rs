//! The nouns of a debugger session: what was read from one source.

mod amount;
mod call_site;
mod capture;
mod counters;
mod dump_name;
mod leak_report;
mod note_pages;
mod sign;
mod stack;
mod table;

pub use amount::Amount;
pub use call_site::{CallSite, CallSites, Offset, SiteId, SourcePosition, Symbol};
pub use capture::{Capture, Note, NoteCode, SkipReason, Skipped, SourceInfo};
pub use counters::{CounterSeries, Sample};
pub use dump_name::{DumpName, dump_name, file_name};
pub use leak_report::{LeakFigure, LeakOwner, LeakOwnerKind, LeakReport};
pub use sign::{Sign, SignKind};
pub use stack::{Dialect, Frame, FrameKind, FrameValue, Hole, Stack, StackKind, ThreadRef};
pub use table::{Field, Row, Table};
