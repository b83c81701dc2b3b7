//! `stacklint threads`

use std::io::{IsTerminal, Write};
use std::path::Path;

use super::args::{Color, Format, GroupBy, SettingArgs, ThreadsArgs};
use super::exit::{Exit, Stop, complain};
use super::inputs;
use super::settings::Settings;
use super::side_by_side::{SourcesRead, Turn, each_case, read_sources};
use super::{output, packs, scan};
use crate::engine::{Sieve, ThreadScan};
use crate::facts::threads::{Level, group};
use crate::model::NoteCode;
use crate::report::{Extent, ThreadsCase, ThreadsReport, render_flame, render_threads_json, render_threads_text};
use crate::rules::RuleSet;

pub fn run(args: ThreadsArgs, color: Color) -> Result<Exit, Stop> {
    for path in &args.output {
        scan::format_of(path, args.format)?;
    }
    let asked = SettingArgs { packs: args.packs.clone(), case: args.case, jobs: args.jobs, ..SettingArgs::default() };
    let mut settings = Settings::of(&asked, &args.paths)?;
    let rules = packs::load(&mut settings, None)?;
    let found = inputs::find(&args.paths, settings.case.value);
    found.failures.iter().for_each(complain);
    if args.paths.is_empty() && std::io::stdin().is_terminal() {
        complain("reading from the terminal: paste the text, then end it with Ctrl+Z and Enter (Ctrl+D on Linux)");
    }
    let level = level(args.group);
    let sieve = Sieve::new(&rules);
    let read = each_case(&found.cases, settings.jobs.value, |turn| read_case(turn, &rules, &sieve, level));
    let mut failed = !found.failures.is_empty();
    let mut cases = Vec::new();
    for (case, failures) in read {
        failed |= !failures.is_empty();
        failures.iter().for_each(complain);
        cases.push(case);
    }
    let nothing = nothing_recognised(&cases);
    if nothing {
        complain(
            "no stack of a thread was found in any input; stacklint reads the output of `~*kL`, `k` and \
             `~*e !clrstack` (`stacklint parse --show-skipped` tells what it made of each line)",
        );
    }
    let report = ThreadsReport { rules: &rules, level, cases };
    let extent = Extent { tree: args.tree, full: args.full, all: args.all };
    if !report.cases.is_empty() {
        write_report(&report, extent, &args, color)?;
        if let Some(path) = &args.flame {
            write_flame(&report, extent, path)?;
        }
    }
    Ok(if failed || nothing { Exit::Failed } else { Exit::Clean })
}

fn level(by: Option<GroupBy>) -> Level {
    match by {
        None | Some(GroupBy::Exact) => Level::Exact,
        Some(GroupBy::Top) => Level::Top,
        Some(GroupBy::Functions) => Level::Functions,
    }
}

fn read_case(turn: Turn<'_>, rules: &RuleSet, sieve: &Sieve, level: Level) -> (ThreadsCase, Vec<String>) {
    let mut scan = ThreadScan::new(rules, sieve);
    let SourcesRead { sources, notes, failures } = read_sources(turn, &mut scan, ThreadScan::begin_source);
    let threads = scan.finish();
    let (grouped, processes) = (group(&threads, level), threads.processes().len());
    (ThreadsCase { name: turn.case.name.clone(), sources, threads, grouped, notes, processes }, failures)
}

/// The report on standard output, or in each of the files asked for.
fn write_report(report: &ThreadsReport<'_>, extent: Extent, args: &ThreadsArgs, color: Color) -> Result<(), Stop> {
    if args.output.is_empty() {
        let mut out = output::stdout(color);
        write_as(args.format.unwrap_or(Format::Text), report, extent, &mut out)?;
        out.flush()?;
    }
    for path in &args.output {
        let mut file = output::file(path)?;
        write_as(scan::format_of(path, args.format)?, report, extent, &mut file)?;
        file.flush()?;
    }
    Ok(())
}

fn write_as(format: Format, report: &ThreadsReport<'_>, extent: Extent, out: &mut dyn Write) -> Result<(), Stop> {
    match format {
        Format::Text => render_threads_text(report, extent, out, output::width())?,
        Format::Json => render_threads_json(report, out)?,
    }
    Ok(())
}

fn write_flame(report: &ThreadsReport<'_>, extent: Extent, path: &Path) -> Result<(), Stop> {
    let mut picture = Vec::new();
    if !render_flame(report, extent, &mut picture)? {
        let hint = if extent.all { "" } else { "; with --all, idle threads are drawn too" };
        complain(format_args!("{}: not written, there is no stack to draw{hint}", path.display()));
        return Ok(());
    }
    std::fs::write(path, picture).map_err(|error| Stop::Usage(format!("{}: {error}", path.display())))
}

/// Text was there, and no thread in any of it.
fn nothing_recognised(cases: &[ThreadsCase]) -> bool {
    let is_empty = |case: &ThreadsCase| {
        let threads = &case.threads;
        threads.threads.is_empty() && threads.listed_only.is_empty() && threads.other_stacks == 0
    };
    let has = |code: NoteCode| cases.iter().flat_map(|case| &case.notes).any(|(_, note)| note.code == code);
    cases.iter().all(is_empty) && has(NoteCode::NothingRecognised)
}
