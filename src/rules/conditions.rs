//! Conditions on a stack or a case besides the pattern.

use super::{Glob, TestId};

/// `threads: {at-least: 10, share: ">= 30%", same: caller}`
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ThreadsCondition {
    pub at_least: u64,
    /// Part of the threads that are not idle, from 0 to 1.
    pub share: f64,
    /// Threads count together only when the pattern kept the same name: position in its captures.
    pub same: Option<usize>,
}

impl ThreadsCondition {
    /// `at least 10 threads, and 30% of those that are not idle`
    pub fn in_words(&self) -> String {
        let share = match self.share > 0.0 {
            true => format!(", and {:.0}% of those that are not idle", self.share * 100.0),
            false => String::new(),
        };
        let threads = if self.at_least > 1 { "threads" } else { "thread" };
        format!("at least {} {threads}{share}", self.at_least.max(1))
    }
}

/// `exception: {type: System.OutOfMemoryException, code: 0xc00000fd}`: given both, both must hold of one exception.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExceptionCondition {
    /// In lower case.
    pub type_name: Option<Glob>,
    pub code: Option<u64>,
}

impl ExceptionCondition {
    /// `an exception System.OutOfMemoryException with code 0xc00000fd`
    pub fn in_words(&self) -> String {
        let name = self.type_name.as_ref().map(|glob| format!(" {}", glob.text())).unwrap_or_default();
        let code = self.code.map(|code| format!(" with code {code:#x}")).unwrap_or_default();
        format!("an exception{name}{code}")
    }

    /// Whether an exception is one of those meant.
    pub fn holds(&self, type_name: Option<&str>, code: Option<u64>) -> bool {
        let named = self
            .type_name
            .as_ref()
            .is_none_or(|glob| type_name.is_some_and(|name| glob.matches(&name.to_ascii_lowercase())));
        named && self.code.is_none_or(|wanted| code == Some(wanted))
    }
}

/// `cycle: {repeats: ">= 50", period: "<= 12", contains: "{{f=*}}"}`: the same frames over and over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CycleCondition {
    pub repeats: u32,
    pub period: u32,
    /// A frame that must be one of those that repeat; its name may be kept.
    pub contains: Option<(TestId, Option<usize>)>,
}
