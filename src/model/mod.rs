//! The nouns of a debugger session: what was read from one source.

mod call_site;
mod capture;
mod note_pages;
mod stack;
mod table;

pub use call_site::{CallSite, CallSites, Offset, SiteId, SourcePosition, Symbol};
pub use capture::{Capture, Note, NoteCode, SkipReason, Skipped, SourceInfo};
pub use stack::{Dialect, Frame, FrameKind, Hole, Stack, StackKind, ThreadRef};
pub use table::{Field, Row, Table};
