//! Where each thread of a case stands, and what is known of it: what counts over many cases are made of.

use crate::facts::threads::ThreadFrame;
use crate::model::ThreadRef;

/// The threads of a case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standings {
    pub threads: Vec<Standing>,
    /// The distinct stacks that the threads name by position: the frames, by number, from the top down to the first one of
    /// the application, else all of them.
    pub tops: Vec<Vec<u32>>,
    /// The frames.
    pub frames: Vec<KnownFrame>,
    /// By source: how many stacks there are in its text, whatever they are of.
    pub stacks: Vec<u64>,
    /// Threads beyond those that are kept.
    pub beyond: u64,
}

/// What is known of one thread.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    pub thread: ThreadRef,
    /// Index of the source in its case, and the line of the stack.
    pub source: usize,
    pub line: u32,
    /// Role rules that hold, the one that tells most first.
    pub roles: Vec<usize>,
    /// Rules whose findings are on the thread, those too that other findings explain.
    pub rules: Vec<usize>,
    /// Its stack, where it has no role; `None` too where the text shows none.
    pub top: Option<usize>,
}

/// A frame, and the key by which it is the same in another case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownFrame {
    pub key: String,
    pub frame: ThreadFrame,
}
