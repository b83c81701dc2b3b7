//! Conditions on a stack or a case besides the pattern.

use super::{Glob, TestId};
use crate::finding::Confidence;

/// `threads: {at-least: 10, share: ">= 30%", same: caller}`
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ThreadsCondition {
    pub at_least: u64,
    /// More threads than these are too many.
    pub at_most: Option<u64>,
    /// Part of the threads that are not idle, from 0 to 1.
    pub share: f64,
    /// Threads count together only when the pattern kept the same name: position in its captures.
    pub same: Option<usize>,
}

impl ThreadsCondition {
    /// One thread is enough, whatever the others do.
    pub fn is_any(&self) -> bool {
        self.at_least <= 1 && self.at_most.is_none() && self.share <= 0.0
    }

    /// `at least 10 threads, and 30% of those that are not idle`
    pub fn in_words(&self) -> String {
        let share = match self.share > 0.0 {
            true => format!(", and {:.0}% of those that are not idle", self.share * 100.0),
            false => String::new(),
        };
        let threads = |count: u64| if count > 1 { "threads" } else { "thread" };
        let least = self.at_least.max(1);
        match self.at_most {
            Some(most) if least > 1 => format!("{least} to {most} {}{share}", threads(most)),
            Some(most) => format!("at most {most} {}{share}", threads(most)),
            None if self.is_any() => "a thread".to_string(),
            None => format!("at least {least} {}{share}", threads(least)),
        }
    }
}

/// `exception: {type: System.OutOfMemoryException, message: "*pool*", code: 0xc00000fd, unhandled: true}`: all that is given
/// must hold of one exception.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExceptionCondition {
    /// In lower case; any of them, as of the other lists.
    pub types: Vec<Glob>,
    /// In lower case. A text without the message says nothing of it.
    pub messages: Vec<Glob>,
    pub codes: Vec<u64>,
    /// Where native code faulted, in lower case: `clr!*gc_heap::*`.
    pub at: Vec<Glob>,
    /// The text must say that nobody caught it.
    pub unhandled: bool,
}

impl ExceptionCondition {
    /// `an exception System.OutOfMemoryException with code 0xc00000fd that nobody caught`
    pub fn in_words(&self) -> String {
        let listed = |before: &str, values: Vec<String>| match values.is_empty() {
            true => String::new(),
            false => format!("{before}{}", values.join(" or ")),
        };
        let texts = |globs: &[Glob]| globs.iter().map(|glob| glob.text().to_string()).collect();
        let name = listed(" ", texts(&self.types));
        let code = listed(" with code ", self.codes.iter().map(|code| format!("{code:#x}")).collect());
        let at = listed(" at ", texts(&self.at));
        let unhandled = if self.unhandled { " that nobody caught" } else { "" };
        let quoted = self.messages.iter().map(|glob| format!("\"{}\"", glob.text())).collect();
        let message = listed(" whose message is ", quoted);
        format!("an exception{name}{code}{at}{unhandled}{message}")
    }

    /// Whether an exception is one of those meant.
    pub fn holds(&self, type_name: &str, message: &str, code: Option<u64>, at: &str, unhandled: bool) -> bool {
        let is_named = || {
            let name = type_name.to_ascii_lowercase();
            self.types.is_empty() || self.types.iter().any(|glob| is_of_type(glob, &name))
        };
        let is_coded = || self.codes.is_empty() || code.is_some_and(|code| self.codes.contains(&code));
        let says = || {
            let message = message.to_lowercase();
            self.messages.is_empty() || self.messages.iter().any(|glob| glob.matches(&message))
        };
        let is_there = || self.at.is_empty() || self.at.iter().any(|glob| glob.matches(&at.to_ascii_lowercase()));
        (unhandled || !self.unhandled) && is_coded() && is_named() && is_there() && says()
    }
}

/// Error pages print `OutOfMemoryException` for `System.OutOfMemoryException`: where a text gives no namespace, the rest of
/// the name decides, so far as a rule says which namespace it means.
fn is_of_type(glob: &Glob, name: &str) -> bool {
    let text = glob.text();
    let short = || text.rsplit_once('.').filter(|(namespace, _)| !namespace.is_empty() && !namespace.contains('*'));
    let is_short = name.ends_with("exception") && !name.contains(['.', ' ']);
    glob.matches(name) || (is_short && short().is_some_and(|(_, last)| Glob::new(last).matches(name)))
}

/// `cycle: {repeats: ">= 50", period: "<= 12", contains: "{{f=*}}"}`: the same frames over and over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CycleCondition {
    pub repeats: u32,
    pub period: u32,
    /// A frame that must be one of those that repeat; its name may be kept.
    pub contains: Option<(TestId, Option<usize>)>,
}

/// What names the owners of locks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// Tables of monitors: `!syncblk`, `!dlk`.
    Syncblk,
    /// Tables of critical sections: `!locks`, `!cs`, `dt`, `!dlk`, `!mlocks`.
    CriticalSection,
    /// Tables of reader-writer locks: `!rwlock`, `!mlocks`, `!dlk`.
    ReaderWriter,
    /// Stacks alone: a suspicion.
    StackOwner,
}

impl Via {
    pub const ALL: [Via; 4] = [Via::Syncblk, Via::CriticalSection, Via::ReaderWriter, Via::StackOwner];

    pub fn name(self) -> &'static str {
        match self {
            Via::Syncblk => "syncblk",
            Via::CriticalSection => "critical-section",
            Via::ReaderWriter => "reader-writer",
            Via::StackOwner => "stack-owner",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Via::ALL.into_iter().find(|via| via.name() == name)
    }
}

/// `deadlock: {via: [syncblk, stack-owner]}`: a ring of threads, each of which waits for a lock of the next.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeadlockCondition {
    /// Anything when empty.
    pub via: Vec<Via>,
}

/// `blocked-behind: {waiters: ">= 5", owner: | ...}`: one owner, and threads that wait for it. The pattern of the owner's
/// own stack is that of the rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BlockedBehindCondition {
    pub waiters: u64,
    pub via: Vec<Via>,
    pub owner: WantedOwner,
}

/// What must be known of the owner of a lock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WantedOwner {
    #[default]
    Thread,
    /// `owner-gone: true`: it has ended.
    Gone,
    /// `no-owner: true`: the table says that nobody owns the lock.
    Nobody,
}

impl DeadlockCondition {
    /// `threads in a ring, each waiting for a lock of the next (syncblk, stack-owner)`
    pub fn in_words(&self) -> String {
        format!("threads in a ring, each waiting for a lock that the next one holds{}", via_in_words(&self.via))
    }
}

impl BlockedBehindCondition {
    /// `at least 5 threads that wait for a lock of one owner (syncblk)`
    pub fn in_words(&self) -> String {
        let threads = if self.waiters > 1 { "threads that wait" } else { "thread that waits" };
        let lock = match self.owner {
            WantedOwner::Thread => "a lock of one owner",
            WantedOwner::Gone => "a lock of a thread that has ended",
            WantedOwner::Nobody => "a lock that nobody owns",
        };
        format!("at least {} {threads} for {lock}{}", self.waiters.max(1), via_in_words(&self.via))
    }
}

fn via_in_words(via: &[Via]) -> String {
    let names: Vec<&str> = via.iter().map(|via| via.name()).collect();
    if names.is_empty() { String::new() } else { format!(" ({})", names.join(", ")) }
}

/// Whose findings a rule explains: those of rules, or of a category.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Explains {
    /// By index.
    pub rules: Vec<usize>,
    pub categories: Vec<String>,
}

/// A function that waits for a lock: the list `waits-for-monitor` names those that wait for monitors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockWaitFrames {
    /// `monitor`
    pub kind: String,
    pub test: TestId,
}

/// What a message may say of the exception that a rule asks for: its type, its message, and the frame that threw it.
pub const EXCEPTION_FIGURES: &[&str] = &["exception.type", "exception.message", "exception.site"];

/// What a message may say of frames that repeat.
pub const CYCLE_FIGURES: &[&str] = &["repeats", "period"];

/// `stuck: {captures: ">= 2", cpu: ">= 50%", once: low}`: the same thread at the same frames in several captures.
#[derive(Clone, Debug, PartialEq)]
pub struct StuckCondition {
    /// In so many captures or more.
    pub captures: u32,
    /// Part of the time between them that the thread used of a processor, from 0 to 1.
    pub cpu: Option<f64>,
    /// How sure a match is where the texts show one capture only; left out, it counts for nothing.
    pub once: Option<Confidence>,
}

/// What a message may say of a thread that is stuck.
pub const STUCK_FIGURES: &[&str] = &["captures", "span", "cpu", "thread"];

impl StuckCondition {
    /// `a thread at the same frames in at least 2 captures, using at least 50% of a processor meanwhile`
    pub fn in_words(&self) -> String {
        let cpu = self.cpu.map(|cpu| format!(", using at least {:.0}% of a processor meanwhile", cpu * 100.0));
        format!("a thread at the same frames in at least {} captures{}", self.captures, cpu.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_without_their_namespace() {
        for (glob, name, want) in [
            ("system.outofmemoryexception", "System.OutOfMemoryException", true),
            ("system.outofmemoryexception", "OutOfMemoryException", true),
            ("system.outofmemoryexception", "Contoso.OutOfMemoryException", false),
            ("system.missing*exception", "MissingMethodException", true),
            ("system.missing*exception", "FormatException", false),
            ("*.*exception", "FormatException", false),
            ("*timeoutexception", "RedisTimeoutException", true),
            ("system.exception", "CLR exception", false),
        ] {
            let condition = ExceptionCondition { types: vec![Glob::new(glob)], ..ExceptionCondition::default() };
            assert_eq!(condition.holds(name, "", None, "", false), want, "{glob} on {name}");
        }
    }

    #[test]
    fn messages_are_compared_whole_whatever_the_case() {
        for (globs, message, want) in [
            (
                &["*prior to obtaining a connection from the pool*"][..],
                "Timeout expired.  The timeout period elapsed PRIOR to obtaining a connection from the pool.  This",
                true,
            ),
            (&["the pool"], "Timeout: the pool is empty", false),
            (&["no", "*pool*"], "Timeout: the pool is empty", true),
            (&["*"], "", true),
            (&["*pool*"], "", false),
            (&[], "", true),
        ] {
            let messages = globs.iter().map(|glob| Glob::new(glob)).collect();
            let condition = ExceptionCondition { messages, ..ExceptionCondition::default() };
            assert_eq!(condition.holds("N.AnyException", message, None, "", false), want, "{globs:?} on {message}");
        }
    }
}
