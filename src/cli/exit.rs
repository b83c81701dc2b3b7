//! Exit codes: 0 clean, 1 findings, 2 the work could not be done.

use std::io::{self, Write};
use std::process::ExitCode;

use super::output;
use crate::report::printable;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    Clean,
    Findings,
    /// Some of the work could not be done; the reason was printed.
    Failed,
}

/// Why a command could not go on.
#[derive(Debug, thiserror::Error)]
pub enum Stop {
    #[error("{0}")]
    Usage(String),
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Says on standard error what went wrong.
pub fn complain(message: impl std::fmt::Display) {
    let message = message.to_string();
    let lines: Vec<_> = message.lines().map(printable).collect();
    // Where nobody can be told, there is nothing else to do about it.
    let _ = writeln!(output::stderr(), "stacklint: {}", lines.join("\n"));
}

pub fn code(result: Result<Exit, Stop>) -> ExitCode {
    match result {
        Ok(Exit::Clean) => ExitCode::SUCCESS,
        Ok(Exit::Findings) => ExitCode::from(1),
        Ok(Exit::Failed) => ExitCode::from(2),
        Err(stop) => {
            complain(stop);
            ExitCode::from(2)
        }
    }
}
