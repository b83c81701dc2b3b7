//! The command line: the only room that touches files, standard input and output, and the terminal.

mod args;
mod config;
mod diff;
mod exit;
mod explain;
mod inputs;
mod output;
mod packs;
mod parse;
mod read_ahead;
mod rule_file;
mod rules;
mod rules_docs;
mod rules_fix;
mod rules_new;
mod rules_stats;
mod rules_test;
mod scan;
mod settings;
mod side_by_side;
mod threads;

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use clap::Parser;

use args::{Args, Command, ScanArgs};
use exit::{Exit, Stop};

/// Runs the program with the process's arguments.
pub fn main() -> ExitCode {
    let args = Args::parse();
    let color = args.color;
    let result = match args.command {
        Some(Command::Scan(scan)) => scan::run(scan, color),
        Some(Command::Config(config)) => config::run(config, color),
        Some(Command::Diff(diff)) => diff::run(diff, color),
        Some(Command::Explain(explain)) => explain::run(explain, color),
        Some(Command::Parse(parse)) => parse::run(parse, color),
        Some(Command::Threads(threads)) => threads::run(threads, color),
        Some(Command::Rules { command }) => rules::run(command, color),
        None if std::io::stdin().is_terminal() => {
            let help = writeln!(output::stdout(color), "{}", args::SHORT_HELP);
            help.map(|()| Exit::Clean).map_err(Stop::Io)
        }
        None => scan::run(ScanArgs::default(), color),
    };
    exit::code(result)
}
