//! A rule that held, with its proof, and the counts over what was looked at.

mod activity;
mod comparison;
mod explanation;
mod standing;
mod tally;

use crate::model::{Dialect, StackKind, ThreadRef};

pub use activity::{Activity, State, Unexplained};
pub use comparison::{ComparedFinding, Fate, FindingPlace, SameBy, compare};
pub use explanation::{
    CaseCondition, CloseFrame, Explanation, FrameAt, Mark, NearMiss, Outcome, PatternLine, StackRow,
};
pub use standing::{KnownFrame, Standing, Standings};
pub use tally::{Explained, NearMisses, PairHits, RoleHits, RuleHits, Tally, TopFrame, TopGroup};

/// How bad the pattern is for the process, when it is what happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    Info,
    Low,
    Medium,
    High,
    Critical,
}

impl Severity {
    pub const ALL: [Severity; 5] =
        [Severity::Critical, Severity::High, Severity::Medium, Severity::Low, Severity::Info];

    pub fn name(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Low => "low",
            Severity::Medium => "medium",
            Severity::High => "high",
            Severity::Critical => "critical",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Severity::ALL.into_iter().find(|severity| severity.name() == name)
    }
}

/// How surely a match of the pattern means what the rule says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    Low,
    Medium,
    High,
}

impl Confidence {
    pub const ALL: [Confidence; 3] = [Confidence::High, Confidence::Medium, Confidence::Low];

    pub fn name(self) -> &'static str {
        match self {
            Confidence::Low => "low",
            Confidence::Medium => "medium",
            Confidence::High => "high",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Confidence::ALL.into_iter().find(|confidence| confidence.name() == name)
    }

    /// One step less; low stays low.
    pub fn lowered(self) -> Self {
        match self {
            Confidence::High => Confidence::Medium,
            Confidence::Medium | Confidence::Low => Confidence::Low,
        }
    }
}

/// How far the proof reaches. One stack alone confirms nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    Suspected,
    Likely,
    Confirmed,
}

impl Verdict {
    pub const ALL: [Verdict; 3] = [Verdict::Suspected, Verdict::Likely, Verdict::Confirmed];

    pub fn from_name(name: &str) -> Option<Self> {
        Verdict::ALL.into_iter().find(|verdict| verdict.name() == name)
    }

    /// One step less; nothing is less than suspected.
    pub fn lowered(self) -> Option<Self> {
        match self {
            Verdict::Confirmed => Some(Verdict::Likely),
            Verdict::Likely => Some(Verdict::Suspected),
            Verdict::Suspected => None,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Verdict::Suspected => "suspected",
            Verdict::Likely => "likely",
            Verdict::Confirmed => "confirmed",
        }
    }

    /// The verdict of a rule that has nothing but a stack.
    pub fn of_stack(confidence: Confidence) -> Self {
        if confidence == Confidence::High { Verdict::Likely } else { Verdict::Suspected }
    }
}

/// One rule's result in one case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Index of the rule in its rule set.
    pub rule: usize,
    pub confidence: Confidence,
    pub verdict: Verdict,
    /// Why the confidence is a step lower than the rule's, when it is.
    pub lowered_because: Option<String>,
    /// What the rule says of this finding.
    pub message: Option<String>,
    /// The name by which threads are grouped, where the rule groups them: there is one finding for each.
    pub group: Option<String>,
    /// Stays the same while the matched frames do, whatever offsets, addresses and threads are.
    pub fingerprint: String,
    /// How many stacks hold the pattern.
    pub stacks: u64,
    pub threads: Vec<ThreadEvidence>,
    pub evidence: Vec<Evidence>,
    /// The parts of the evidence, where the rule asks for several.
    pub rungs: Vec<RungState>,
    /// Threads that wait behind those of the finding.
    pub behind: Vec<ThreadRef>,
    /// Rules, by index, whose findings are part of this one.
    pub folded: Vec<usize>,
    pub ask: Vec<Ask>,
    /// The whole of the stack the evidence is from, for the reader's eye.
    pub shown: ShownStack,
}

/// A finding that settings suppress: it is counted and not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SuppressedFinding {
    /// Index of the rule in its rule set.
    pub rule: usize,
    /// Index of the suppression there.
    pub suppression: usize,
    /// How many stacks hold the pattern.
    pub stacks: u64,
}

/// A rule whose evidence is there, and refuted by other evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refuted {
    /// Index of the rule in its rule set.
    pub rule: usize,
    /// The part of the evidence that refutes it, and what it says.
    pub because: String,
}

/// A thread whose stack holds the pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThreadEvidence {
    pub thread: ThreadRef,
    pub source: usize,
    pub line: u32,
}

/// What a piece of evidence is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EvidenceKind {
    #[default]
    Frame,
    Exception,
    /// A figure of a leak report.
    Leak,
    /// A counter.
    Counter,
    /// A lock, in a table of the debugger.
    Lock,
    /// A row of a table of heaps or objects.
    Table,
}

impl EvidenceKind {
    pub fn name(self) -> &'static str {
        match self {
            EvidenceKind::Frame => "frame",
            EvidenceKind::Exception => "exception",
            EvidenceKind::Leak => "leak",
            EvidenceKind::Counter => "counter",
            EvidenceKind::Lock => "lock",
            EvidenceKind::Table => "table",
        }
    }
}

/// One part of the evidence that a rule asks for, and what there is of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RungState {
    pub name: String,
    pub state: EvidenceState,
    /// What there is, in words.
    pub said: String,
    /// The figures as bars, where there are several.
    pub chart: String,
    /// Where the figures stand: index of the source, and line.
    pub places: Vec<(usize, u32)>,
}

/// How a part of the evidence stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EvidenceState {
    Holds,
    /// The texts say the opposite.
    Contradicted,
    /// The texts speak of it, but do not decide it.
    Undecided,
    /// The texts say nothing about it.
    Missing,
}

impl EvidenceState {
    pub fn name(self) -> &'static str {
        match self {
            EvidenceState::Holds => "holds",
            EvidenceState::Contradicted => "contradicted",
            EvidenceState::Undecided => "undecided",
            EvidenceState::Missing => "missing",
        }
    }
}

/// What to collect, because a part of the evidence is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// The part of the evidence.
    pub rung: String,
    pub text: String,
}

/// A frame that a pattern element matched, an exception, or a figure.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    pub kind: EvidenceKind,
    /// Index of the source in its case.
    pub source: usize,
    pub line: u32,
    /// The printed frame number, else the position from 0; `None` for what is no frame.
    pub frame: Option<u32>,
    /// The call site, type and message of the exception, or the figure in words.
    pub text: String,
}

/// The stack that shows a finding best: matched frames, and how much lies between them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShownStack {
    pub kind: StackKind,
    pub dialect: Dialect,
    pub thread: ThreadRef,
    pub source: usize,
    pub line: u32,
    pub rows: Vec<ShownRow>,
    /// Which view of the thread it is, where the case has several.
    pub view: Option<ShownView>,
}

/// What a command shows of a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShownView {
    Native,
    Managed,
    /// One stack with native and managed frames.
    Mixed,
    /// A native stack, with the managed frames of the stack in this source and line.
    Completed {
        source: usize,
        line: u32,
    },
}

impl ShownView {
    pub fn name(self) -> &'static str {
        match self {
            ShownView::Native => "native",
            ShownView::Managed => "managed",
            ShownView::Mixed => "mixed",
            ShownView::Completed { .. } => "completed",
        }
    }
}

/// A row of a [`ShownStack`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShownRow {
    /// Index of the evidence.
    Matched(usize),
    Skipped(usize),
    /// Frames that are not in the text; `None` when their number is not known.
    Missing(Option<u32>),
}

/// Counts over a case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    pub stacks: u64,
    pub frames: u64,
    /// Frames known to be missing from the text.
    pub missing_frames: u64,
    /// Stacks that differ from all before them in their source (counted anew where the table of stacks was full).
    pub distinct_stacks: u64,
    /// Stacks that a role explains as waiting for work.
    pub idle: u64,
    /// Threads of which the text shows no frame.
    pub empty: u64,
    pub leak_reports: u64,
    pub counters: u64,
    /// Tables of heaps, objects and handles.
    pub heap_tables: u64,
}
