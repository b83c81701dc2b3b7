//! `stacklint scan`

use std::io::{IsTerminal, Write};
use std::path::Path;

use super::args::{Color, Format, ScanArgs};
use super::exit::{Exit, Stop, complain};
use super::inputs::{self, Input};
use super::settings::{Origin, Setting, Settings, complain_of_unused};
use super::side_by_side::{SourcesRead, Turn, each_case, read_sources};
use super::{output, packs};
use crate::engine::{CaseResult, CaseScan, Sieve};
use crate::facts::series;
use crate::finding::Severity;
use crate::model::NoteCode;
use crate::report::{CaseReport, Report, render_json, render_text};
use crate::rules::{Glob, Rule, RuleSet};

pub fn run(args: ScanArgs, color: Color) -> Result<Exit, Stop> {
    let mut settings = Settings::of(&args.settings, &args.paths)?;
    let mut rules = packs::load(&mut settings, args.settings.today)?;
    let wanted = Wanted::new(&settings, &mut rules)?;
    for path in &args.output {
        format_of(path, args.format)?;
    }
    let found = inputs::find(&args.paths, settings.case.value);
    for failure in &found.failures {
        complain(failure);
    }
    if !args.settings.packs.no_settings {
        complain_of_unused(&found.settings, settings.file.as_deref());
    }
    let sieve = Sieve::new(&rules);
    let mut failed = !found.failures.is_empty();
    if args.paths.is_empty() && std::io::stdin().is_terminal() {
        complain("reading from the terminal: paste the text, then end it with Ctrl+Z and Enter (Ctrl+D on Linux)");
    }
    let mut cases = Vec::new();
    let scanned = each_case(&found.cases, settings.jobs.value, |turn| scan_case(turn, &rules, &sieve, &settings));
    for (mut report, failures) in scanned {
        report.findings.retain(|finding| wanted.has(&rules.rules[finding.rule]));
        report.suppressed.retain(|found| wanted.has(&rules.rules[found.rule]));
        report.refuted.retain(|refuted| wanted.has(&rules.rules[refuted.rule]));
        report.near_misses.retain(|near| wanted.has(&rules.rules[near.rule]));
        report.near_misses.truncate(settings.near_misses.value);
        failed |= !failures.is_empty();
        failures.iter().for_each(complain);
        cases.push(report);
    }
    if !args.quiet {
        explain_emptiness(&cases);
    }
    let nothing_recognised = nothing_recognised(&cases);
    let report = Report { rules: &rules, cases, lists_unexplained: args.threads };
    if !report.cases.is_empty() {
        write_report(&report, &args, color)?;
    }
    let fails = settings.fail_on.value.is_some_and(|least| report.worst().is_some_and(|worst| worst >= least));
    Ok(match (failed || nothing_recognised, fails) {
        (true, _) => Exit::Failed,
        (false, true) => Exit::Findings,
        (false, false) => Exit::Clean,
    })
}

/// A case's report, and what could not be read of it.
type Scanned = (CaseReport, Vec<String>);

/// Scans the sources of a case; those that cannot be read become notes.
fn scan_case(turn: Turn<'_>, rules: &RuleSet, sieve: &Sieve, settings: &Settings) -> Scanned {
    let case = turn.case;
    let names: Vec<String> = case.inputs.iter().map(Input::name).collect();
    let mut scan = CaseScan::new(rules, sieve).in_series(series(&names));
    if settings.near_misses.value == 0 {
        scan = scan.without_near_misses();
    }
    let SourcesRead { sources, mut notes, failures } = read_sources(turn, &mut scan, CaseScan::begin_source);
    let result = scan.finish();
    let CaseResult {
        summary,
        findings,
        suppressed,
        refuted,
        near_misses,
        notes: of_facts,
        activity,
        made_good,
        captures: _,
        standings: _,
    } = result;
    // What breaks off is shown by another command.
    notes.retain(|(source, note)| note.code != NoteCode::BreaksOff || !made_good.contains(source));
    notes.extend(of_facts);
    (
        CaseReport {
            name: case.name.clone(),
            sources,
            summary,
            activity,
            findings,
            suppressed,
            refuted,
            near_misses,
            notes,
        },
        failures,
    )
}

/// The report on standard output, or in each of the files asked for.
fn write_report(report: &Report<'_>, args: &ScanArgs, color: Color) -> Result<(), Stop> {
    if args.output.is_empty() {
        let mut out = output::stdout(color);
        write_as(args.format.unwrap_or(Format::Text), report, &mut out)?;
        return Ok(out.flush()?);
    }
    for path in &args.output {
        let format = format_of(path, args.format)?;
        let mut out = output::file(path)?;
        write_as(format, report, &mut out)?;
        out.flush()?;
    }
    Ok(())
}

fn write_as(format: Format, report: &Report<'_>, out: &mut dyn Write) -> Result<(), Stop> {
    match format {
        Format::Text => render_text(report, out, output::width())?,
        Format::Json => render_json(report, out)?,
    }
    Ok(())
}

/// The format of a file by its extension, unless it was asked for.
pub fn format_of(path: &Path, asked: Option<Format>) -> Result<Format, Stop> {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    match (asked, extension) {
        (Some(format), _) => Ok(format),
        (None, "json") => Ok(Format::Json),
        (None, "" | "txt" | "log") => Ok(Format::Text),
        (None, _) => {
            let message = "reports are written as .txt or .json; --format text or json overrules the extension";
            Err(Stop::Usage(format!("{}: {message}", path.display())))
        }
    }
}

/// Text was there, and not one stack in any of it.
fn nothing_recognised(cases: &[CaseReport]) -> bool {
    let stacks: u64 = cases.iter().map(|case| case.summary.stacks).sum();
    let has = |code: NoteCode| cases.iter().flat_map(|case| &case.notes).any(|(_, note)| note.code == code);
    stacks == 0 && has(NoteCode::NothingRecognised)
}

fn explain_emptiness(cases: &[CaseReport]) {
    if nothing_recognised(cases) {
        complain(
            "no call stack was found in any input; stacklint reads the output of `~*kL`, `k` and `~*e !clrstack` \
             (`stacklint parse --show-skipped` tells what it made of each line)",
        );
    }
}

/// Which findings are reported.
pub struct Wanted {
    select: Vec<Glob>,
    ignore: Vec<Glob>,
    min_severity: Option<Severity>,
}

impl Wanted {
    /// A selection that no rule fits is a mistake, most often a misspelt id. Those of the settings file were checked with
    /// the rules. Rules no longer yield to those that are not wanted.
    pub fn new(settings: &Settings, rules: &mut RuleSet) -> Result<Self, Stop> {
        let globs = |ids: &[Setting<String>]| ids.iter().map(|id| Glob::new(&id.value)).collect::<Vec<_>>();
        let (select, ignore) = (globs(&settings.select), globs(&settings.ignore));
        let typed = settings.select.iter().zip(&select).chain(settings.ignore.iter().zip(&ignore));
        for (id, glob) in typed.filter(|(id, _)| matches!(id.origin, Origin::Option(_))) {
            if !rules.finding_rules().any(|rule| glob.matches(&rule.id)) {
                let message = format!("no rule is called `{}`; `stacklint rules list` shows them", id.value);
                return Err(Stop::Usage(message));
            }
        }
        let wanted = Wanted { select, ignore, min_severity: settings.min_severity.value };
        // A rule that is not reported takes no other's place.
        let shown: Vec<bool> = rules.rules.iter().map(|rule| rule.role.is_some() || wanted.has(rule)).collect();
        rules.rules.iter_mut().for_each(|rule| rule.yields_to.retain(|&other| shown[other]));
        Ok(wanted)
    }

    pub fn has(&self, rule: &Rule) -> bool {
        let one_of = |globs: &[Glob]| globs.iter().any(|glob| glob.matches(&rule.id));
        (self.select.is_empty() || one_of(&self.select))
            && !one_of(&self.ignore)
            && self.min_severity.is_none_or(|least| rule.severity >= least)
    }
}
