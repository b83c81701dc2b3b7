//! `stacklint rules stats`: what the rules make of many saved logs.

use std::io::{IsTerminal, Write};

use super::args::{Color, Format, SettingArgs, StatsArgs};
use super::exit::{Exit, Stop, complain};
use super::inputs::{self, Input};
use super::scan::{Wanted, format_of};
use super::settings::{Origin, Settings, complain_of_unused};
use super::side_by_side::{Turn, each_case, read_sources};
use super::{output, packs};
use crate::engine::{CaseScan, Sieve};
use crate::facts::series;
use crate::finding::Tally;
use crate::report::{StatsReport, render_stats_json, render_stats_text};
use crate::rules::RuleSet;
use crate::settings::Grouping;

/// Cases whose tallies are held at a time, before they are added up.
const AT_ONCE: usize = 256;

pub fn run(args: &StatsArgs, color: Color) -> Result<Exit, Stop> {
    for path in &args.output {
        format_of(path, args.format)?;
    }
    let mut settings = settings(args)?;
    let mut rules = packs::load(&mut settings, None)?;
    // What a team does not want to see hits all the same.
    rules.suppressions.clear();
    let wanted = Wanted::new(&settings, &mut rules)?;
    let found = inputs::find(&args.paths, settings.case.value);
    found.failures.iter().for_each(complain);
    if !args.packs.no_settings {
        complain_of_unused(&found.settings, settings.file.as_deref());
    }
    if args.paths.is_empty() && std::io::stdin().is_terminal() {
        complain("reading from the terminal: paste the text, then end it with Ctrl+Z and Enter (Ctrl+D on Linux)");
    }
    let sieve = Sieve::new(&rules);
    let mut tally = Tally::default();
    let mut sources: Vec<String> = Vec::new();
    for cases in found.cases.chunks(AT_ONCE) {
        let counted = each_case(cases, settings.jobs.value, |turn| count_case(turn, &rules, &sieve, &wanted));
        for (case, (of_case, failures)) in cases.iter().zip(counted) {
            failures.iter().for_each(complain);
            tally.add(of_case, sources.len());
            sources.extend(case.inputs.iter().map(Input::name));
        }
    }
    let none_read = tally.files_unreadable == tally.files && tally.files > 0;
    if tally.files == 0 {
        complain("there is no file to read");
    }
    let is_wanted = rules.rules.iter().map(|rule| rule.role.is_some() || wanted.has(rule)).collect();
    let report = StatsReport { rules: &rules, tally, sources, wanted: is_wanted, top: args.top, verbose: args.verbose };
    write_report(&report, args, color)?;
    Ok(if none_read || !found.failures.is_empty() { Exit::Failed } else { Exit::Clean })
}

/// Every file is a case of its own, unless the command line or the settings file says otherwise. How severe rules are does
/// not matter here.
fn settings(args: &StatsArgs) -> Result<Settings, Stop> {
    let asked = SettingArgs {
        packs: args.packs.clone(),
        select: args.select.clone(),
        ignore: args.ignore.clone(),
        case: args.case,
        jobs: args.jobs,
        ..SettingArgs::default()
    };
    let mut settings = Settings::of(&asked, &args.paths)?;
    settings.min_severity.value = None;
    if settings.case.origin == Origin::Default {
        settings.case.value = Grouping::File;
    }
    Ok(settings)
}

/// What the rules make of a case, in numbers, and what could not be read of it.
fn count_case(turn: Turn<'_>, rules: &RuleSet, sieve: &Sieve, wanted: &Wanted) -> (Tally, Vec<String>) {
    let case = turn.case;
    let names: Vec<String> = case.inputs.iter().map(Input::name).collect();
    let mut scan = CaseScan::new(rules, sieve).in_series(series(&names)).with_standings();
    let read = read_sources(turn, &mut scan, CaseScan::begin_source);
    let mut result = scan.finish();
    let is_wanted = |rule: usize| wanted.has(&rules.rules[rule]);
    result.findings.retain(|finding| is_wanted(finding.rule));
    result.near_misses.retain(|near| is_wanted(near.rule));
    for finding in &mut result.findings {
        finding.folded.retain(|&rule| is_wanted(rule));
    }
    for standing in &mut result.standings.threads {
        standing.rules.retain(|&rule| is_wanted(rule));
    }
    let is_idle = |role: usize| rules.rules[role].is_idle();
    let mut tally = Tally::of_case(&result.standings, &result.findings, is_idle).with_near_misses(&result.near_misses);
    let with_stacks = result.standings.stacks.iter().filter(|&&stacks| stacks > 0).count() as u64;
    tally.files = case.inputs.len() as u64;
    tally.files_unreadable = read.failures.len() as u64;
    tally.files_without_stack = (tally.files - tally.files_unreadable).saturating_sub(with_stacks);
    (tally, read.failures)
}

/// The report on standard output, or in each of the files asked for.
fn write_report(report: &StatsReport<'_>, args: &StatsArgs, color: Color) -> Result<(), Stop> {
    if args.output.is_empty() {
        let mut out = output::stdout(color);
        write_as(args.format.unwrap_or(Format::Text), report, &mut out)?;
        out.flush()?;
    }
    for path in &args.output {
        let mut file = output::file(path)?;
        write_as(format_of(path, args.format)?, report, &mut file)?;
        file.flush()?;
    }
    Ok(())
}

fn write_as(format: Format, report: &StatsReport<'_>, out: &mut dyn Write) -> Result<(), Stop> {
    match format {
        Format::Text => render_stats_text(report, out, output::width())?,
        Format::Json => render_stats_json(report, out)?,
    }
    Ok(())
}
