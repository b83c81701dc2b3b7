//! What the threads of a case do: each thread once, however many commands printed it.

use crate::model::ThreadRef;

/// What one thread does, as far as its stacks tell.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// The role of a rule, by index: for idle threads the rule that explains it.
    Role(usize),
    /// No role, but a finding.
    Found,
    /// Neither. The first frame of the application, where there is one.
    Unexplained(Option<String>),
    /// The text shows no frame.
    Empty,
}

/// The threads of a case by what they do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Activity {
    pub threads: u64,
    /// Threads by the rule that gives them their role: index of the rule, and how many. The most come first.
    pub roles: Vec<(usize, u64)>,
    /// Threads without a role on which something was found.
    pub found: u64,
    pub empty: u64,
    /// Threads that neither a role nor a finding explains, by the first frame of the application. The most come first.
    pub unexplained: Vec<Unexplained>,
}

/// Threads that nothing explains: they wait or work, and no rule knows for what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unexplained {
    /// The first frame of the application; `None` where no frame is known to be the application's.
    pub frame: Option<String>,
    pub count: u64,
    /// The first of them; index of the source and line where each stands.
    pub threads: Vec<(ThreadRef, usize, u32)>,
}

impl Activity {
    pub fn unexplained(&self) -> u64 {
        self.unexplained.iter().map(|group| group.count).sum()
    }
}
