//! A section: a stretch of a source in one dialect, as its prompt and headers tell.

use std::sync::Arc;

use super::kstack::Columns;
use super::prompt::{self, Output, Prompt};
use crate::model::{Dialect, SkipReason, ThreadRef};

/// What is known of the lines being read.
#[derive(Debug)]
pub struct Section {
    /// The command typed, when a prompt shows it.
    pub command: Option<Arc<str>>,
    pub output: Output,
    /// The current thread by the prompt, for stacks that name none themselves.
    pub thread: ThreadRef,
    /// The dialect announced by the command or a header.
    pub dialect: Option<Dialect>,
    /// Columns announced by a `k` header.
    pub columns: Option<Columns>,
}

impl Section {
    /// Text before the first prompt: judged by its shape.
    pub fn unprompted() -> Self {
        Section { command: None, output: Output::Unknown, thread: ThreadRef::default(), dialect: None, columns: None }
    }

    pub fn from_prompt(prompt: &Prompt<'_>) -> Self {
        let output = prompt::output(prompt.command);
        let dialect = match output {
            Output::K => Some(Dialect::K),
            Output::Clrstack => Some(Dialect::Clrstack),
            _ => None,
        };
        Section {
            command: (!prompt.command.is_empty()).then(|| prompt.command.into()),
            output,
            thread: ThreadRef {
                index: prompt::commanded_thread(prompt.command).or(prompt.thread),
                ..ThreadRef::default()
            },
            dialect,
            columns: None,
        }
    }

    /// A header shows that stacks follow, whatever the command was.
    pub fn announce(&mut self, dialect: Dialect, columns: Option<Columns>) {
        if matches!(self.output, Output::NoStack | Output::RawStackWords) {
            self.output = Output::Unknown;
            self.command = None;
        }
        self.dialect = Some(dialect);
        self.columns = columns;
    }

    /// The command prints stacks of the `k` family.
    pub fn prints_k(&self) -> bool {
        self.output == Output::K
    }

    /// Why no line of this section is a frame, if that is so.
    pub fn skips_all(&self) -> Option<SkipReason> {
        match self.output {
            Output::NoStack => Some(SkipReason::CommandOutput(self.command.clone().unwrap_or_default())),
            Output::RawStackWords => Some(SkipReason::RawStackWords),
            _ => None,
        }
    }
}
