//! Who owns a lock, and who waits for it, as far as the text says so.
//!
//! Tables name owners (`!syncblk`, `!locks`, `!cs`, `dt`, `!dlk`, `!mlocks`, `!rwlock`), stacks name those who wait. The two are put
//! together for one process at one moment only; what the text does not say stays unknown.

mod chains;
mod moments;
mod roster;
mod sosex;
mod stack_owner;
#[cfg(test)]
mod table_tests;
mod tables;
#[cfg(test)]
mod tests;
mod unseen;
mod waits;

use std::sync::Arc;

use crate::model::ThreadRef;

pub use chains::{Basis, Chains, Member, Queue, Ring, chains};
pub use moments::{Moment, moments};
pub use tables::LockTables;

/// Kinds of locks that tables tell of.
pub const MONITOR: &str = "monitor";
pub const CRITICAL_SECTION: &str = "critical-section";
pub const LOADER_LOCK: &str = "loader-lock";
pub const READER_WRITER_LOCK: &str = "reader-writer-lock";

/// One lock, as a table shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lock {
    pub kind: &'static str,
    /// Of the object whose monitor it is, of the reader-writer lock, or of the critical section.
    pub address: u64,
    /// `System.Object 0x27e2088`, `svc!g_lock 0x68c2c298`.
    pub name: String,
    pub owner: LockOwner,
    /// How many threads wait for it, where the table counts them.
    pub waiters: Option<u64>,
    pub source: usize,
    pub line: u32,
    /// The table lists every lock of its kind that is held.
    pub is_of_all: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LockOwner {
    Nobody,
    Thread(ThreadRef),
    /// A thread that has ended, and left the lock locked.
    Gone(ThreadRef),
}

/// A thread in the list of `!threads`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ManagedThread {
    pub thread: ThreadRef,
    /// The runtime's number of it.
    pub managed_id: Option<u64>,
    /// Address of the runtime's own object.
    pub object: Option<u64>,
    /// How many locks it holds; `None` where the text does not say.
    pub locks: Option<u64>,
    pub source: usize,
    pub line: u32,
}

/// What one stack shows of a thread.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ThreadView {
    pub thread: ThreadRef,
    pub source: usize,
    /// Line of the stack.
    pub line: u32,
    /// A stack of managed frames only, as SOS prints it.
    pub is_managed: bool,
    pub wait: Option<LockWait>,
    /// A role explains it as waiting for work.
    pub is_idle: bool,
    /// The stack has frames of managed code.
    pub has_managed: bool,
    /// The stack has frames that the debugger could not name.
    pub has_unreadable: bool,
    /// Numbers of the topmost names, by which two views of one thread are compared, and by which a method is found again.
    pub names: Arc<[u32]>,
}

/// A thread stands in a function that waits for a lock.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LockWait {
    /// The kind of lock, as the list of frames is called that knows the function: `monitor` of `waits-for-monitor`.
    pub kind: String,
    /// What called it, in words; `None` for code without symbols.
    pub method: Option<String>,
    /// Number of the name.
    pub method_name: Option<u32>,
    /// Place and value of the method's arguments and variables, as far as printed.
    pub values: Vec<(u32, u64)>,
    /// Values printed with the functions that wait.
    pub own_values: Vec<u64>,
}

/// `thread 4 (0x110)`
pub fn thread_label(thread: &ThreadRef) -> String {
    match (thread.index, thread.os_id, &thread.name) {
        (Some(index), Some(id), _) => format!("thread {index} ({id:#x})"),
        (Some(index), None, _) => format!("thread {index}"),
        (None, Some(id), _) => format!("thread {id:#x}"),
        (None, None, Some(name)) => format!("thread \"{name}\""),
        (None, None, None) => "a thread".to_string(),
    }
}

/// `threads 4 (0x110), 5 (0x114)`; those without a name or number are counted.
pub fn threads_in_words(threads: &[&ThreadRef]) -> String {
    if let [only] = threads {
        return thread_label(only);
    }
    let labels: Vec<String> = threads.iter().map(|thread| thread_label(thread)).collect();
    let named = labels.iter().filter_map(|label| label.strip_prefix("thread ")).take(NAMED).collect::<Vec<_>>();
    let others = threads.len() - named.len();
    match (named.len(), others) {
        (0, others) => format!("{others} threads"),
        (_, 0) => format!("threads {}", named.join(", ")),
        (_, others) => format!("threads {} and {others} more", named.join(", ")),
    }
}

/// Threads named in full.
const NAMED: usize = 12;
