//! How far a rule gets on a stack, line by line, and why not further.

use crate::model::{Dialect, StackKind, ThreadRef};

/// A rule laid over the stack on which it gets furthest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// Index of the rule in its rule set.
    pub rule: usize,
    pub outcome: Outcome,
    /// Pattern lines that ask for a frame and found it, and how many such lines there are.
    pub matched: usize,
    pub of: usize,
    /// The pattern as written, line by line.
    pub lines: Vec<PatternLine>,
    /// Why the rule does not hold, or not for certain. Sentences without a full stop.
    pub reasons: Vec<String>,
    /// The stack where it matters.
    pub rows: Vec<StackRow>,
    /// The frames most like what the line that failed asks for, the most like first.
    pub closest: Vec<CloseFrame>,
    pub kind: StackKind,
    pub dialect: Dialect,
    pub thread: ThreadRef,
    /// Index of the source in its case.
    pub source: usize,
    /// Line of the stack; 0 when the rule is laid over none.
    pub line: u32,
    /// What the rule asks of the log as a whole.
    pub conditions: Vec<CaseCondition>,
}

/// Something that a rule asks of a log as a whole: enough threads, an exception.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseCondition {
    /// `at least 10 threads`
    pub asked: String,
    pub holds: bool,
    /// `3 match`
    pub found: String,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Some pattern line found no frame.
    Stopped,
    /// Every pattern line matched, but something else keeps the rule from being reported.
    TakenBack,
    /// The engine reports the rule on this stack.
    Matches,
}

/// One line of a pattern, with what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternLine {
    pub text: String,
    pub mark: Mark,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mark {
    /// A blank line or a comment.
    Plain,
    /// An anchor that holds, or a frame that may be left out and is.
    Holds,
    Matched(Vec<FrameAt>),
    /// A gap, with the number of frames in it, and of noise among them that the pattern does not see.
    Skipped(usize, usize),
    /// The furthest point: this line found no frame.
    Stopped,
    NotReached,
}

/// A frame of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameAt {
    /// The printed frame number, else the position from 0.
    pub number: u32,
    /// Line of the source.
    pub line: u32,
    /// The call site.
    pub text: String,
}

/// A row of the stack as it is shown beside the pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StackRow {
    /// A frame, and whether a pattern line matched it.
    Frame(FrameAt, bool),
    /// Frames that are not shown.
    Skipped(usize),
    /// Frames that are not in the text; `None` when their number is not known.
    Missing(Option<u32>),
}

/// A frame that is like the one wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloseFrame {
    pub frame: FrameAt,
    /// In what: `same function, other module`.
    pub likeness: &'static str,
}

impl Explanation {
    /// Of a rule that asks something of the log as a whole, and nothing of stacks.
    pub fn of_case(rule: usize) -> Self {
        Explanation {
            rule,
            outcome: Outcome::Matches,
            matched: 0,
            of: 0,
            lines: Vec::new(),
            reasons: Vec::new(),
            rows: Vec::new(),
            closest: Vec::new(),
            kind: StackKind::Thread,
            dialect: Dialect::default(),
            thread: ThreadRef::default(),
            source: 0,
            line: 0,
            conditions: Vec::new(),
        }
    }

    /// The pattern line that found no frame.
    pub fn stopped_at(&self) -> Option<&PatternLine> {
        self.lines.iter().find(|line| line.mark == Mark::Stopped)
    }
}

/// A rule that nearly held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NearMiss {
    /// Index of the rule in its rule set.
    pub rule: usize,
    /// Pattern lines that ask for a frame and found it, and how many such lines there are.
    pub matched: usize,
    pub of: usize,
    /// The pattern line where it stopped, as written.
    pub stopped_at: String,
    pub kind: StackKind,
    pub thread: ThreadRef,
    /// Index of the source in its case.
    pub source: usize,
    /// Line of the stack.
    pub line: u32,
}
