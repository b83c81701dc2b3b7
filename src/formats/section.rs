//! A section: a stretch of a source in one dialect, as its prompt and headers tell.

use std::sync::Arc;

use super::prompt::{self, Output, Prompt};
use super::stacks::k_header::Columns;
use super::stacks::{self, Format};
use super::tables::{self, TableFormat};
use crate::model::{Dialect, SkipReason, ThreadRef};

/// What is known of the lines being read.
pub struct Section {
    /// The command typed, when a prompt shows it.
    pub command: Option<Arc<str>>,
    pub output: Output,
    /// The current thread by the prompt, for stacks that name none themselves.
    pub thread: ThreadRef,
    /// The `k` family or `clrstack`, announced by the command or a header.
    pub dialect: Option<Dialect>,
    /// Columns announced by a `k` header.
    pub columns: Option<Columns>,
    /// Another dialect that the command prints.
    pub commanded: Option<&'static Format>,
    /// The other dialect whose lines came last.
    pub format: Option<&'static Format>,
    pub table: Option<&'static TableFormat>,
}

impl Section {
    /// Text before the first prompt: judged by its shape.
    pub fn unprompted() -> Self {
        Section {
            command: None,
            output: Output::Unknown,
            thread: ThreadRef::default(),
            dialect: None,
            columns: None,
            commanded: None,
            format: None,
            table: None,
        }
    }

    pub fn from_prompt(prompt: &Prompt<'_>) -> Self {
        let output = prompt::output(prompt.command);
        // `~*e !pe` is run on every thread, and does not say on which.
        let os_id = prompt::commanded_os_id(prompt.command);
        let is_other = os_id.is_some() || prompt.command.trim_start().starts_with("~*");
        let here = prompt.thread.filter(|_| !is_other);
        let index = prompt::commanded_thread(prompt.command).or(here);
        let mut section = Section {
            command: (!prompt.command.is_empty()).then(|| prompt.command.into()),
            output,
            thread: ThreadRef { index, os_id, ..ThreadRef::default() },
            ..Section::unprompted()
        };
        match output {
            Output::Stacks(dialect) => {
                section.commanded = stacks::format_of(dialect);
                section.dialect = section.commanded.is_none().then_some(dialect);
                section.format = section.commanded;
            }
            Output::Table(name) => section.table = tables::named(name),
            Output::NoStack | Output::Unknown => {}
        }
        section
    }

    /// A header shows that stacks of the `k` family or of `clrstack` follow, whatever the command was.
    pub fn announce(&mut self, dialect: Dialect, columns: Option<Columns>) {
        if matches!(self.output, Output::NoStack | Output::Table(_)) {
            self.output = Output::Unknown;
            self.command = None;
        }
        self.dialect = Some(dialect);
        self.columns = columns;
        self.format = None;
        self.table = None;
    }

    /// The command prints stacks of the `k` family.
    pub fn prints_k(&self) -> bool {
        self.output == Output::Stacks(Dialect::K)
    }

    /// Why a line that the section's own reader does not know is no frame, if that is so.
    pub fn skips_all(&self) -> Option<SkipReason> {
        match self.output {
            Output::NoStack | Output::Table(_) => {
                Some(SkipReason::CommandOutput(self.command.clone().unwrap_or_default()))
            }
            _ => None,
        }
    }

    /// What the command prints is known, so that every line should be understood.
    pub fn is_known(&self) -> bool {
        matches!(self.output, Output::Stacks(_) | Output::Table(_))
    }
}
