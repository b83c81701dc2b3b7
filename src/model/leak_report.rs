//! Leak reports: what DebugDiag's LeakTrack says of memory and handles that were not given back.

use jiff::civil::DateTime;

use super::Amount;

/// One report on one process at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LeakReport {
    /// Line of its first statement.
    pub line: u32,
    /// Image name (`w3wp.exe`) or the dump's, as printed; `None` where the text names no process.
    pub process: Option<String>,
    pub process_id: Option<u64>,
    /// The dump that was analysed.
    pub dump: Option<String>,
    /// When the dump was taken, where the text or the dump's name says so.
    pub taken: Option<DateTime>,
    /// How long allocations had been tracked, in seconds.
    pub tracking: Option<LeakFigure>,
    /// Outstanding allocations in all.
    pub allocations: Option<LeakFigure>,
    /// Outstanding handles in all.
    pub handles: Option<LeakFigure>,
    /// Bytes of outstanding allocations in all.
    pub size: Option<LeakFigure>,
    /// What the figures are attributed to, in the order of the text.
    pub owners: Vec<LeakOwner>,
}

/// A figure and the line where it is printed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LeakFigure {
    pub line: u32,
    pub amount: Amount,
}

/// One thing that outstanding allocations or handles are attributed to; its figures may be printed in several places.
#[derive(Clone, Debug, PartialEq)]
pub struct LeakOwner {
    pub kind: LeakOwnerKind,
    /// The module that a function or a block size belongs to, where the text says so.
    pub module: Option<String>,
    /// `GdiPlus`, `GdiPlus!GpMemoryBitmap::AllocBitmapData+c2`, `Virtual memory manager`, `0x0000000000230000`.
    pub name: String,
    pub line: u32,
    /// Outstanding allocations.
    pub count: Option<LeakFigure>,
    /// Bytes of them.
    pub size: Option<LeakFigure>,
    /// Outstanding handles.
    pub handles: Option<LeakFigure>,
    /// From 0 to 1, as the tool guesses.
    pub probability: Option<LeakFigure>,
    /// `Virtual memory`, `Heap`, `Event`: what was allocated.
    pub allocated: Option<String>,
}

/// What kind of thing an owner is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LeakOwnerKind {
    Module,
    Function,
    /// All blocks of one size; the name is the size as printed.
    BlockSize,
    Heap,
    MemoryManager,
    HandleType,
}

impl LeakOwnerKind {
    pub fn name(self) -> &'static str {
        match self {
            LeakOwnerKind::Module => "module",
            LeakOwnerKind::Function => "function",
            LeakOwnerKind::BlockSize => "block-size",
            LeakOwnerKind::Heap => "heap",
            LeakOwnerKind::MemoryManager => "memory-manager",
            LeakOwnerKind::HandleType => "handle-type",
        }
    }
}
