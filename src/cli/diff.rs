//! `stacklint diff`

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::args::{Color, DiffArgs, Format};
use super::exit::{Exit, Stop, complain};
use super::inputs::{self, CaseInput, Input};
use super::scan::{Wanted, format_of};
use super::settings::{Origin, Settings, complain_of_unused};
use super::side_by_side::{SourcesRead, Turn, each_case, read_sources};
use super::{output, packs};
use crate::engine::{CaseScan, Side, Sieve, diff};
use crate::facts::series;
use crate::model::NoteCode;
use crate::report::{DiffCase, DiffReport, DiffSide, render_diff_json, render_diff_text};
use crate::rules::RuleSet;
use crate::settings::Grouping;

pub fn run(args: DiffArgs, color: Color) -> Result<Exit, Stop> {
    for path in &args.output {
        format_of(path, args.format)?;
    }
    let paths = [args.old.clone(), args.new.clone()];
    if paths.iter().all(|path| path.as_os_str() == "-") {
        return Err(Stop::Usage("standard input can be OLD or NEW, not both".to_string()));
    }
    let mut settings = Settings::of(&args.settings, &paths)?;
    let mut rules = packs::load(&mut settings, args.settings.today)?;
    let wanted = Wanted::new(&settings, &mut rules)?;
    // All that was collected at one time belongs together, unless somebody says otherwise.
    let by = if settings.case.origin == Origin::Default { Grouping::All } else { settings.case.value };
    let mut failed = false;
    let mut sides = Vec::new();
    for path in &paths {
        let found = inputs::find(std::slice::from_ref(path), by);
        found.failures.iter().for_each(complain);
        failed |= !found.failures.is_empty();
        if !args.settings.packs.no_settings {
            complain_of_unused(&found.settings, settings.file.as_deref());
        }
        if found.cases.is_empty() {
            let nothing = if found.failures.is_empty() { ": there is no file in it" } else { "" };
            return Err(Stop::Usage(format!("nothing to compare in {}{nothing}", path.display())));
        }
        sides.push(found.cases);
    }
    let pairs = pairs(sides, &paths);
    let sieve = Sieve::new(&rules);
    let cases: Vec<CaseInput> = pairs.iter().flat_map(|(_, old, new)| [old.clone(), new.clone()]).collect();
    let mut scanned =
        each_case(&cases, settings.jobs.value, |turn| scan_side(turn, &rules, &sieve, &wanted)).into_iter();
    let mut report = DiffReport { rules: &rules, cases: Vec::new() };
    for (name, ..) in &pairs {
        let (Some(old), Some(new)) = (scanned.next(), scanned.next()) else { continue };
        for scanned in [&old, &new] {
            failed |= !scanned.failures.is_empty();
            scanned.failures.iter().for_each(complain);
            if scanned.has_nothing() {
                failed = true;
                complain(format_args!("nothing was recognised in {}", scanned.shown.name));
            }
        }
        let (fates, changes) = diff(&rules, &old.side, &new.side);
        report.cases.push(DiffCase { name: name.clone(), old: old.shown, new: new.shown, fates, changes });
    }
    write_report(&report, &args, color)?;
    let fails = settings.fail_on.value.is_some_and(|least| report.fails(least));
    Ok(match (failed, fails) {
        (true, _) => Exit::Failed,
        (false, true) => Exit::Findings,
        (false, false) => Exit::Clean,
    })
}

/// Cases that belong together, by their names below OLD and NEW. What one of them lacks is an empty case.
fn pairs(sides: Vec<Vec<CaseInput>>, paths: &[PathBuf; 2]) -> Vec<(String, CaseInput, CaseInput)> {
    let is_one = sides.iter().all(|cases| cases.len() == 1);
    let mut by_name: BTreeMap<String, [Option<CaseInput>; 2]> = BTreeMap::new();
    for (number, (cases, path)) in sides.into_iter().zip(paths).enumerate() {
        for case in cases {
            let below = Path::new(&case.name).strip_prefix(path).unwrap_or(Path::new(&case.name));
            let name = if is_one { String::new() } else { below.display().to_string() };
            let shown = if is_one { path.display().to_string() } else { case.name };
            by_name.entry(name).or_default()[number] = Some(CaseInput { name: shown, inputs: case.inputs });
        }
    }
    let pair = |(name, [old, new]): (String, [Option<CaseInput>; 2])| {
        let or_none = |case: Option<CaseInput>, path: &Path| {
            case.unwrap_or_else(|| CaseInput { name: path.join(&name).display().to_string(), inputs: Vec::new() })
        };
        let (old, new) = (or_none(old, &paths[0]), or_none(new, &paths[1]));
        (if name.is_empty() { ".".to_string() } else { name }, old, new)
    };
    by_name.into_iter().map(pair).collect()
}

/// A side that was scanned: to be compared, and as it is shown.
struct Scanned {
    side: Side,
    shown: DiffSide,
    failures: Vec<String>,
}

impl Scanned {
    /// Text was there, and nothing in any of it.
    fn has_nothing(&self) -> bool {
        let summary = &self.shown.summary;
        let figures = summary.leak_reports + summary.counters + summary.heap_tables;
        let is_strange = |code: NoteCode| code == NoteCode::NothingRecognised;
        summary.stacks + figures == 0
            && self.side.result.findings.is_empty()
            && self.shown.notes.iter().any(|(_, note)| is_strange(note.code))
    }
}

fn scan_side(turn: Turn<'_>, rules: &RuleSet, sieve: &Sieve, wanted: &Wanted) -> Scanned {
    let case = turn.case;
    let names: Vec<String> = case.inputs.iter().map(Input::name).collect();
    let mut scan = CaseScan::new(rules, sieve).in_series(series(&names)).without_near_misses();
    let SourcesRead { sources, mut notes, failures } = read_sources(turn, &mut scan, CaseScan::begin_source);
    let (mut result, measures) = scan.finish_to_compare();
    result.findings.retain(|finding| wanted.has(&rules.rules[finding.rule]));
    // What breaks off is shown by another command.
    notes.retain(|(source, note)| note.code != NoteCode::BreaksOff || !result.made_good.contains(source));
    notes.append(&mut result.notes);
    let shown =
        DiffSide { name: case.name.clone(), summary: result.summary, threads: result.activity.threads, notes, sources };
    Scanned { side: Side { result, measures, sources: names.len() }, shown, failures }
}

/// The report on standard output, or in each of the files asked for.
fn write_report(report: &DiffReport<'_>, args: &DiffArgs, color: Color) -> Result<(), Stop> {
    if args.output.is_empty() {
        let mut out = output::stdout(color);
        write_as(args.format.unwrap_or(Format::Text), report, &mut out)?;
        return Ok(out.flush()?);
    }
    for path in &args.output {
        let mut out = output::file(path)?;
        write_as(format_of(path, args.format)?, report, &mut out)?;
        out.flush()?;
    }
    Ok(())
}

fn write_as(format: Format, report: &DiffReport<'_>, out: &mut dyn Write) -> Result<(), Stop> {
    match format {
        Format::Text => render_diff_text(report, out, output::width())?,
        Format::Json => render_diff_json(report, out)?,
    }
    Ok(())
}
