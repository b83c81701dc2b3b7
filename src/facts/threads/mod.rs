//! The threads of a case: which stacks are of one thread, which threads stand at the same place, and where their calls
//! branch.
//!
//! A thread that several commands print (`kL`, then `!clrstack`) is one thread with several views. Frames are compared by
//! name: offsets, arguments and noise are left out when a stack becomes a [`Shape`].

mod choice;
mod grouping;
mod identity;
mod tree;

use std::sync::Arc;

use crate::model::{Dialect, Row, Table, ThreadRef};

pub use choice::choose;
pub use grouping::{Grouped, Level, ThreadGroup, group};
pub use identity::{Joined, Observation, Owner, join};
pub use tree::{CallTree, TreeNode};

/// A frame as threads are compared by it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ThreadFrame {
    /// Without offset and arguments; of a frame without a name, its module and offset, or its address.
    pub shown: String,
    /// The text names the function.
    pub is_named: bool,
    pub is_managed: bool,
    /// It belongs to the application, not to the system, the runtime or a framework.
    pub is_application: bool,
    /// Frames are missing here: how many, when the text tells. It is no frame then.
    pub hole: Option<Option<u32>>,
    /// Number of its module; `None` where the text names none.
    pub module: Option<u32>,
}

/// A distinct stack without its noise: numbers of frames, innermost call first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    pub frames: Vec<u32>,
    /// Lines of the frames in the stack that had this shape first; one for each frame.
    pub lines: Vec<u32>,
    /// What called the last frame is not in the text.
    pub is_cut_off: bool,
}

/// A thread's stack as one command printed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// Index of the source in its case.
    pub source: usize,
    pub line: u32,
    pub dialect: Dialect,
    pub command: Option<Arc<str>>,
    /// `None` where the text shows no frame.
    pub shape: Option<usize>,
    /// Its stack is one that was printed for another thread, and the text does not say for which.
    pub is_of_another: bool,
    /// It names native functions and says no offset of any: whether these are the true names or those of the nearest exports
    /// cannot be told.
    pub is_bare: bool,
    /// Role rules that hold on it: index into [`Threads::roles`].
    pub roles: usize,
}

/// What the frames of a view are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ViewKind {
    Native,
    Managed,
    /// One stack with both.
    Mixed,
}

impl ViewKind {
    pub fn name(self) -> &'static str {
        match self {
            ViewKind::Native => "native",
            ViewKind::Managed => "managed",
            ViewKind::Mixed => "mixed",
        }
    }
}

/// A thread, with all that the case shows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenThread {
    /// With both names where the case tells them.
    pub thread: ThreadRef,
    pub owner: Owner,
    /// More than one for threads that a tool counts but does not name.
    pub count: u64,
    /// In the order of the texts; empty for threads that are only listed.
    pub views: Vec<View>,
    /// The view by which the thread is grouped.
    pub chosen: Option<usize>,
    /// Two views show different stacks: the thread moved on between them.
    pub has_moved: bool,
    /// It is known by a number that other texts give to several threads, and may be one of these.
    pub may_be_another: bool,
    /// Rules whose role the thread has, by index.
    pub roles: Vec<usize>,
    /// The first of them that says the thread is idle.
    pub idle: Option<usize>,
}

impl SeenThread {
    /// One thread of a process, of which nothing else is known.
    pub fn of(owner: Owner) -> Self {
        SeenThread {
            thread: ThreadRef::default(),
            owner,
            count: 1,
            views: Vec::new(),
            chosen: None,
            has_moved: false,
            may_be_another: false,
            roles: Vec::new(),
            idle: None,
        }
    }

    pub fn chosen_view(&self) -> Option<&View> {
        self.views.get(self.chosen?)
    }

    pub fn shape(&self) -> Option<usize> {
        self.chosen_view()?.shape
    }
}

/// All threads of a case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Threads {
    pub frames: Vec<ThreadFrame>,
    pub shapes: Vec<Shape>,
    /// Lists of role rules that views refer to.
    pub roles: Vec<Vec<usize>>,
    /// By process, then in the order of the texts.
    pub threads: Vec<SeenThread>,
    /// Threads that some table lists, and of which no stack is in the text.
    pub listed_only: Vec<SeenThread>,
    /// Stacks that belong to no thread: of exceptions, allocations, asynchronous methods, raw words.
    pub other_stacks: u64,
    /// There were more different stacks than are kept: those beyond are counted, as threads without frames.
    pub overflow: u64,
}

impl Threads {
    /// How many threads there are.
    pub fn count(&self) -> u64 {
        self.threads.iter().map(|thread| thread.count).sum()
    }

    /// The processes that the texts name, in order.
    pub fn processes(&self) -> Vec<Owner> {
        let mut owners: Vec<Owner> = self.threads.iter().map(|thread| thread.owner).collect();
        owners.sort();
        owners.dedup();
        owners
    }

    /// Whether two frames may be one, printed by different commands: one of them may show less of its name.
    pub fn may_be_one(&self, a: u32, b: u32) -> bool {
        let (one, other) = (&self.frames[a as usize], &self.frames[b as usize]);
        a == b || ((!one.is_named || !other.is_named) && one.module.is_some() && one.module == other.module)
    }

    /// Position of the first frame of the application in a shape.
    pub fn application_frame(&self, shape: usize) -> Option<usize> {
        self.shapes[shape].frames.iter().position(|&frame| self.frames[frame as usize].is_application)
    }

    /// The name of the first frame of the application.
    pub fn application(&self, shape: usize) -> Option<&str> {
        let frame = self.shapes[shape].frames[self.application_frame(shape)?];
        Some(&self.frames[frame as usize].shown)
    }

    /// What the frames of a view are; `None` where it shows none.
    pub fn kind(&self, view: &View) -> Option<ViewKind> {
        let shape = &self.shapes[view.shape?];
        // Tools that walk managed code alone leave names out too.
        let is_managed = view.dialect.is_managed() || view.dialect == Dialect::ParallelStacks;
        let (mut managed, mut native) = (false, false);
        for frame in shape.frames.iter().map(|&frame| &self.frames[frame as usize]) {
            managed |= frame.is_managed;
            native |= !frame.is_managed && (frame.is_named || !is_managed);
        }
        Some(match (native, managed) {
            (true, true) => ViewKind::Mixed,
            (true, false) => ViewKind::Native,
            (false, _) => ViewKind::Managed,
        })
    }
}

/// The threads that a table knows by both names: `!threads`, `!syncblk`, `~`.
pub fn threads_of(table: &Table) -> Vec<ThreadRef> {
    let index = if table.name == "syncblk" { "thread index" } else { "index" };
    if !matches!(table.name, "syncblk" | "clrthreads" | "threads") {
        return Vec::new();
    }
    let of_row = |row: &Row| {
        let index = table.cell(row, index)?.parse().ok()?;
        let os_id =
            u64::from_str_radix(table.cell(row, "os id")?.trim_start_matches("0x"), 16).ok().filter(|&id| id > 0)?;
        Some(ThreadRef { index: Some(index), os_id: Some(os_id), ..ThreadRef::default() })
    };
    table.rows.iter().filter_map(of_row).collect()
}
