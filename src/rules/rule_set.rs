//! Rules as the engine uses them.

use jiff::civil::Date;

use super::{
    Atom, AtomId, BlockedBehindCondition, CycleCondition, DeadlockCondition, Examples, ExceptionCondition, Explains,
    Ladder, LockWaitFrames, StuckCondition, ThreadsCondition, Truth,
};
use crate::facts::{Aliases, CounterNames};
use crate::finding::{Confidence, Severity};
use crate::model::{Stack, StackKind};
use crate::text::Span;

/// Every rule that is loaded, with the atoms that their patterns share.
#[derive(Clone, Debug, Default)]
pub struct RuleSet {
    /// Some rule asks who owns locks and who waits for them.
    pub asks_of_locks: bool,
    pub rules: Vec<Rule>,
    pub atoms: Vec<Atom>,
    /// The questions of all pattern lines, each once.
    pub tests: Vec<Test>,
    /// Frames that patterns do not see unless they name them.
    pub noise: Vec<AtomId>,
    /// Frames that are the application's own.
    pub app: Vec<AtomId>,
    pub aliases: Aliases,
    pub suppressions: Vec<Suppression>,
    /// The counters that rules may name.
    pub counters: CounterNames,
    /// Functions that wait for locks, by kind of lock: the lists `waits-for-...`.
    pub lock_waits: Vec<LockWaitFrames>,
    /// What may lie above them while they wait: the list `above-lock-waits`.
    pub above_lock_waits: Option<TestId>,
}

/// Findings that a team knows of and does not want to see: they are counted apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Suppression {
    /// The rules it is about, by index.
    pub rules: Vec<usize>,
    /// The id as written, which may be a glob.
    pub id: String,
    /// Only on stacks that this matches for certain.
    pub pattern: Option<Pattern>,
    pub reason: String,
    /// The last day on which it holds.
    pub expires: Option<Date>,
}

/// What patterns are laid over; each rule is asked of one of these alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Subject {
    /// Stacks of threads and exceptions.
    #[default]
    Stack,
    /// What keeps an object alive, from the root down.
    Root,
    /// Who allocated a block of a heap, or opened a handle.
    Allocation,
}

impl Subject {
    pub const ALL: [Subject; 3] = [Subject::Stack, Subject::Root, Subject::Allocation];

    pub fn of(kind: StackKind) -> Self {
        match kind {
            StackKind::Root => Subject::Root,
            StackKind::Allocation => Subject::Allocation,
            StackKind::Thread | StackKind::Exception | StackKind::Async | StackKind::Unreliable => Subject::Stack,
        }
    }

    /// The key with which rules say it.
    pub fn key(self) -> &'static str {
        match self {
            Subject::Stack => "stack",
            Subject::Root => "root",
            Subject::Allocation => "allocation",
        }
    }
}

impl RuleSet {
    /// Rules that report findings; the others give threads a role.
    pub fn finding_rules(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter().filter(|rule| rule.role.is_none())
    }

    /// Some rule compares or keeps names of frames.
    pub fn needs_names(&self) -> bool {
        let suppressed = self.suppressions.iter().filter_map(|suppression| suppression.pattern.as_ref());
        let asked = |rule: &Rule| {
            let of_case = rule.cycle.is_some() || rule.stuck.is_some() || rule.asks_of_locks();
            of_case || rule.uses_names()
        };
        suppressed.into_iter().any(Pattern::uses_names) || self.rules.iter().any(asked)
    }

    pub fn find(&self, id: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.id == id)
    }
}

/// One rule.
#[derive(Clone, Debug)]
pub struct Rule {
    pub id: String,
    pub title: String,
    /// What the rule makes of a thread, instead of reporting it.
    pub role: Option<String>,
    pub severity: Severity,
    pub confidence: Confidence,
    pub category: String,
    pub tags: Vec<String>,
    pub pattern: Pattern,
    /// What the pattern is laid over.
    pub subject: Subject,
    /// A stack on which one of these matches is not reported.
    pub unless: Vec<Pattern>,
    /// A thread that has one of these roles is not reported.
    pub unless_roles: Vec<String>,
    /// Roles that the thread must have, all of them.
    pub on: Vec<String>,
    pub threads: Option<ThreadsCondition>,
    pub exception: Option<ExceptionCondition>,
    pub cycle: Option<CycleCondition>,
    pub deadlock: Option<DeadlockCondition>,
    /// The pattern is that of the owner.
    pub blocked_behind: Option<BlockedBehindCondition>,
    /// Findings that are no more than a consequence of this rule's.
    pub explains: Explains,
    /// What to collect when it is missing, by name; of a ladder the rungs have their own.
    pub ask: Vec<(String, String)>,
    pub stuck: Option<StuckCondition>,
    /// Evidence of several kinds, instead of a pattern.
    pub ladder: Option<Ladder>,
    /// Rules (by index) that are more special: where one of them holds, this one does not.
    pub yields_to: Vec<usize>,
    pub message: Option<String>,
    pub why: String,
    pub fix: Vec<String>,
    pub notes: Option<String>,
    pub links: Vec<Link>,
    pub examples: Examples,
    /// File the rule came from.
    pub file: String,
    pub is_builtin: bool,
    /// Where the pattern's lines stand.
    pub pattern_spans: Vec<Span>,
    pub span: Span,
}

/// The role of threads that wait for work, as they should: they are counted and never blamed.
pub const IDLE: &str = "idle";

impl Rule {
    /// A pattern of it keeps names of frames, or compares them.
    pub fn uses_names(&self) -> bool {
        self.pattern.uses_names() || self.unless.iter().any(Pattern::uses_names)
    }

    /// A pattern of it asks for the same name twice.
    pub fn compares_names(&self) -> bool {
        self.pattern.compares_names() || self.unless.iter().any(Pattern::compares_names)
    }

    /// It asks for an exception and nothing else, and something on the exception's own stack takes it back.
    pub fn takes_back_exceptions(&self) -> bool {
        self.exception.is_some() && !self.asks_of_stacks() && !self.unless.is_empty()
    }

    /// Whether it is asked of this stack.
    pub fn is_asked_of(&self, stack: &Stack) -> bool {
        stack.is_judged() && self.subject == Subject::of(stack.kind)
    }

    /// It says something about single stacks, and not only about the case as a whole.
    pub fn asks_of_stacks(&self) -> bool {
        !self.pattern.steps.is_empty() || self.cycle.is_some()
    }

    /// Whether it holds on a stack that matches, other stacks and texts of the case decide.
    pub fn is_decided_in_case(&self) -> bool {
        let of_case = self.threads.is_some() || self.exception.is_some() || self.stuck.is_some();
        self.role.is_none() && (of_case || self.asks_of_locks())
    }

    /// It asks who owns locks and who waits for them.
    pub fn asks_of_locks(&self) -> bool {
        self.deadlock.is_some() || self.blocked_behind.is_some()
    }

    pub fn is_idle(&self) -> bool {
        self.role.as_deref() == Some(IDLE)
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Link {
    pub title: String,
    pub url: String,
}

/// A compiled stack pattern: runs of frames, one behind the other. It floats: frames above and below are free, unless it
/// is anchored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pattern {
    pub steps: Vec<Step>,
    pub from_top: bool,
    pub to_bottom: bool,
    /// Noise frames are seen like any other.
    pub strict: bool,
    /// Names of the frames that are kept.
    pub captures: Vec<String>,
    /// Those of them, by position, whose names are compared: on this stack or between threads. A frame without a name may
    /// stand for any other.
    pub compared: Vec<usize>,
    /// The pattern as written.
    pub text: String,
}

impl Pattern {
    /// It keeps names of frames, or compares them.
    pub fn uses_names(&self) -> bool {
        !self.captures.is_empty() && !self.steps.is_empty()
    }

    /// Compares these names, by their positions, too: a frame without a name, or one that the text does not show, is none
    /// of them.
    pub fn compare_too(&mut self, captures: impl Iterator<Item = usize>) {
        for capture in captures {
            self.compared.push(capture);
            let of_capture = self.steps.iter_mut().filter(|step| step.capture == Some(capture));
            of_capture.for_each(|step| step.is_open_end = false);
        }
    }

    /// It asks for the same name twice.
    pub fn compares_names(&self) -> bool {
        let is_kept_below = |(at, step): (usize, &Step)| {
            step.capture.is_some() && self.steps[at + 1..].iter().any(|below| below.capture == step.capture)
        };
        self.steps.iter().enumerate().any(is_kept_below)
    }
}

/// A run of frames in a row that all pass a test. A gap is one too: its frames are skipped, not matched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub test: TestId,
    /// The test is negated: it passes what none of the atoms is.
    pub negated: bool,
    pub min: u32,
    /// `None` for any number.
    pub max: Option<u32>,
    /// The frame's name is kept: position in the pattern's captures.
    pub capture: Option<usize>,
    pub is_gap: bool,
    /// A gap that any frame may stand in, as many as there are.
    pub is_free: bool,
    /// `{{caller}}` at the end: any frame may stand here, and there is one below every frame but the last of a thread.
    pub is_open_end: bool,
    /// Which pattern line it came from, counted from 0 over the lines as written.
    pub line: usize,
}

/// Number of a test in its rule set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TestId(pub u32);

/// One of the atoms, or (negated) none of them. Negated without atoms, everything passes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Test {
    pub atoms: Vec<AtomId>,
    pub negated: bool,
    /// The capture that the frame's name goes to: by it, steps with the same atoms are told apart.
    pub capture: Option<usize>,
}

impl Test {
    /// The answer for a frame, from the answers of the atoms.
    pub fn truth(&self, atom: impl Fn(AtomId) -> Truth) -> Truth {
        let mut positive = Truth::No;
        for &id in &self.atoms {
            match atom(id) {
                Truth::Yes => return if self.negated { Truth::No } else { Truth::Yes },
                Truth::Unknown => positive = Truth::Unknown,
                Truth::No => {}
            }
        }
        match positive {
            Truth::No if self.negated => Truth::Yes,
            truth => truth,
        }
    }
}

impl Step {
    /// A step of exactly one frame; its test is the caller's to set.
    pub fn frame(line: usize) -> Self {
        let test = TestId(0);
        Step {
            test,
            negated: false,
            min: 1,
            max: Some(1),
            capture: None,
            is_gap: false,
            is_free: false,
            is_open_end: false,
            line,
        }
    }

    /// A gap that any frames may stand in: its test is not asked.
    pub fn free_gap(line: usize) -> Self {
        Step { negated: true, min: 0, max: None, is_gap: true, is_free: true, ..Step::frame(line) }
    }

    /// A frame that must be in the text for the pattern to match.
    pub fn is_required(&self) -> bool {
        !self.is_gap && self.min > 0 && !self.negated && !self.is_open_end
    }
}
