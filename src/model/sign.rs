//! Signs in a text of when, and of which process, the lines below were printed.

use jiff::civil::DateTime;

/// A line that tells of another time or another target. Which captures there are follows from all of them together.
#[derive(Clone, Debug, PartialEq)]
pub struct Sign {
    pub line: u32,
    pub kind: SignKind,
}

/// What a sign says.
#[derive(Clone, Debug, PartialEq)]
pub enum SignKind {
    /// The target ran since what stands above: `g` at a prompt, another attach, another `Full thread dump`.
    Ran,
    /// A numbered or dated separator of a script: `== dump 2 ==`.
    Separator(Option<DateTime>),
    /// A dump was opened: its path as printed.
    Dump(String),
    /// Another session or log begins. Time may have passed, or the same dump was opened again.
    Session,
    /// `Debug session time: ...`; `asked` where a command at a prompt printed it. The clock of a live session goes on
    /// while its target stands still.
    Time { at: DateTime, asked: bool },
    /// `Process Uptime: ...`, in seconds.
    Uptime(f64),
    /// A prompt names the target by the debugger's numbers: `||1:0:003>`.
    Target { system: u32, process: u32 },
    /// The process by its id: `Process 24501 stopped`.
    ProcessId(u64),
}
