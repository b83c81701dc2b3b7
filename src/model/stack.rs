//! One thread's frames, top (innermost call) first.

use std::sync::Arc;

use super::SiteId;

/// What a stack shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum StackKind {
    /// A thread as it stood when the debugger looked.
    #[default]
    Thread,
    /// Where an exception was thrown, down to where it was caught.
    Exception,
    /// Who allocated a block, opened a handle or entered a lock: no thread stands there.
    Allocation,
    /// Asynchronous methods that wait for each other: no thread stands there either.
    Async,
    /// What keeps an object alive: its root, and the objects from there down to it.
    Root,
    /// Raw words of a stack (`!dumpstack`): false frames among the true ones.
    Unreliable,
}

impl StackKind {
    pub fn name(self) -> &'static str {
        match self {
            StackKind::Thread => "thread",
            StackKind::Exception => "exception",
            StackKind::Allocation => "allocation",
            StackKind::Async => "async",
            StackKind::Root => "root",
            StackKind::Unreliable => "unreliable",
        }
    }
}

/// Which tool's way of writing a stack it was read from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// The debugger engine's `k` family.
    #[default]
    K,
    /// `!clrstack` of SOS.
    Clrstack,
    /// `!dumpstack`, `!eestack` of SOS.
    Dumpstack,
    /// `!printexception`, `!dumpexceptions` of SOS.
    PrintException,
    /// `clrma`, SOS's part of `!analyze`.
    Clrma,
    /// `pstacks` of SOS.
    ParallelStacks,
    /// `dumpasync` of SOS.
    DumpAsync,
    /// `!gcroot` of SOS.
    GcRoot,
    /// .NET exception text.
    ExceptionText,
    /// Mono's thread dump.
    Mono,
    /// `dotnet-stack report`.
    DotnetStack,
    /// The Call Stack window of Visual Studio.
    VisualStudio,
    /// `bt` of lldb.
    Lldb,
    /// `bt` of gdb.
    Gdb,
    /// minidump-stackwalk.
    Minidump,
    /// `!findstack`.
    FindStack,
    /// `!us` of the extension mex.
    Mex,
    /// `!mk` of the extension SOSEX.
    Mk,
    /// `!stacks` of the kernel debugger.
    KernelStacks,
    /// Logs and differences of UMDH.
    Umdh,
    /// `dx` on the frames of a stack, and WinDbg's Stack window.
    Dx,
    /// Backtraces of Rust's panics.
    Rust,
    /// Traces of `!heap -p -a`, `!htrace`, `!cs`, `!avrf`.
    Trace,
    /// Call stack samples in DebugDiag's leak reports.
    Leaktrack,
    /// Threads in DebugDiag's reports.
    DebugDiag,
    /// Crash reports of Dr. Mingw.
    DrMingw,
    /// The call stack that Visual Studio Code copies.
    VsCode,
}

impl Dialect {
    pub fn name(self) -> &'static str {
        match self {
            Dialect::K => "k",
            Dialect::Clrstack => "clrstack",
            Dialect::Dumpstack => "dumpstack",
            Dialect::PrintException => "printexception",
            Dialect::Clrma => "clrma",
            Dialect::ParallelStacks => "pstacks",
            Dialect::DumpAsync => "dumpasync",
            Dialect::GcRoot => "gcroot",
            Dialect::ExceptionText => "exception-text",
            Dialect::Mono => "mono",
            Dialect::DotnetStack => "dotnet-stack",
            Dialect::VisualStudio => "visual-studio",
            Dialect::Lldb => "lldb",
            Dialect::Gdb => "gdb",
            Dialect::Minidump => "minidump-stackwalk",
            Dialect::FindStack => "findstack",
            Dialect::Mex => "mex",
            Dialect::Mk => "mk",
            Dialect::KernelStacks => "stacks",
            Dialect::Umdh => "umdh",
            Dialect::Dx => "dx",
            Dialect::Rust => "rust",
            Dialect::Trace => "trace",
            Dialect::Leaktrack => "leaktrack",
            Dialect::DebugDiag => "debugdiag",
            Dialect::DrMingw => "drmingw",
            Dialect::VsCode => "vs-code",
        }
    }

    /// Native frames end in an offset, managed ones of SOS in their arguments; this tells where a wrapped line breaks.
    pub fn is_managed(self) -> bool {
        matches!(self, Dialect::Clrstack | Dialect::ExceptionText | Dialect::Mono | Dialect::DotnetStack)
    }
}

/// What a frame's code is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum FrameKind {
    Native,
    Managed,
    /// Inlined by the compiler: a call that has no frame of its own on the stack.
    Inline,
    /// A marker the runtime leaves on the stack, printed by SOS in brackets.
    Runtime,
    #[default]
    Unknown,
}

impl FrameKind {
    pub fn name(self) -> &'static str {
        match self {
            FrameKind::Native => "native",
            FrameKind::Managed => "managed",
            FrameKind::Inline => "inline",
            FrameKind::Runtime => "runtime",
            FrameKind::Unknown => "unknown",
        }
    }
}

/// One call on a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    pub site: SiteId,
    /// Line of the source, from 1; of a wrapped frame the first.
    pub line: u32,
    number: u32,
    inline: bool,
}

impl Frame {
    const UNNUMBERED: u32 = u32::MAX;

    #[inline]
    pub fn new(site: SiteId, line: u32, number: Option<u32>) -> Self {
        Frame { site, line, number: number.unwrap_or(Self::UNNUMBERED), inline: false }
    }

    pub fn inlined(self) -> Self {
        Frame { inline: true, ..self }
    }

    /// The frame number: 16 where the text has `10` of the `k` family or `#16` of lldb.
    #[inline]
    pub fn number(&self) -> Option<u32> {
        (self.number != Self::UNNUMBERED).then_some(self.number)
    }

    pub fn is_inline(&self) -> bool {
        self.inline
    }
}

/// Frames that were there but are not in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hole {
    /// The hole lies above the frame at this position; equal to the number of frames when it is at the bottom.
    pub before: usize,
    /// How many frames are missing; `None` when only their absence shows.
    pub missing: Option<u32>,
}

/// What the text prints of a frame's arguments and variables: `Args to Child` of `kb` and `kv`, what `!clrstack -a`, `-p`
/// and `-l` print below a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameValue {
    /// Position of the frame.
    pub frame: u32,
    /// Which of the frame's it is, from 0; those that the debugger could not tell are counted.
    pub place: u32,
    pub value: u64,
}

/// Whose stack it is, as far as the text says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ThreadRef {
    /// The debugger's decimal thread index.
    pub index: Option<u32>,
    pub os_id: Option<u64>,
    pub process_id: Option<u64>,
    pub name: Option<String>,
}

/// One thread's frames.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stack {
    pub kind: StackKind,
    pub dialect: Dialect,
    pub thread: ThreadRef,
    /// The command whose output it is, when a prompt shows it.
    pub command: Option<Arc<str>>,
    /// Line of its first header or frame.
    pub line: u32,
    pub frames: Vec<Frame>,
    pub holes: Vec<Hole>,
    /// In the order of the text; of the topmost frames only.
    pub values: Vec<FrameValue>,
    /// The text ends before the thread's first frame: what called the last frame shown is not known.
    pub cut_off: bool,
}

impl Stack {
    /// Whether rules are asked of it. Raw words are no stack, and where memory was allocated no thread stands: of such
    /// traces only those are asked about that the debugger printed for one block or handle, since logs of UMDH and LeakTrack
    /// hold thousands and have figures.
    pub fn is_judged(&self) -> bool {
        match self.kind {
            StackKind::Thread | StackKind::Exception | StackKind::Root => true,
            StackKind::Allocation => self.dialect == Dialect::Trace,
            StackKind::Async | StackKind::Unreliable => false,
        }
    }

    /// How many frames are known to be missing.
    pub fn missing(&self) -> u64 {
        self.holes.iter().filter_map(|hole| hole.missing).map(u64::from).sum()
    }
}
