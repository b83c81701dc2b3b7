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

/// `exception: {type: System.OutOfMemoryException, code: 0xc00000fd}`: given both, both must hold of one exception.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExceptionCondition {
    /// In lower case.
    pub type_name: Option<Glob>,
    pub code: Option<u64>,
}

impl ExceptionCondition {
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
