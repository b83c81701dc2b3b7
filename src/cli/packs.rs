//! Loads rules: the built-in pack and the user's files.

use std::path::PathBuf;

use jiff::Zoned;
use jiff::civil::Date;

use super::exit::{Stop, complain};
use super::output;
use super::rule_file::read_all;
use super::settings::Settings;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Weight};
use crate::report::render_diagnostics;
use crate::rules::{InSettings, Loaded, Origin, RuleSet, Suppression, builtin_sources, compile_with};
use crate::text::Source;

/// Loads the rules that settings ask for, or prints every mistake in them and in the settings. Suppressions that expired
/// before `today` are said and left out.
pub fn load(settings: &mut Settings, today: Option<Date>) -> Result<RuleSet, Stop> {
    let paths: Vec<PathBuf> = settings.rules.iter().map(|rules| rules.value.clone()).collect();
    let in_settings = std::mem::take(&mut settings.in_settings);
    // Rules that are not there would be a second mistake for the same line.
    let settings_are_wrong = in_settings.read.has_mistakes();
    let paths: &[PathBuf] = if settings_are_wrong { &[] } else { &paths };
    let Loaded { rules, diagnostics } = read_with(paths, settings.builtin.value, in_settings)?;
    let Some(mut rules) = rules else {
        print(&diagnostics)?;
        let of_settings = |found: &Diagnostic| found.code.code().starts_with('S');
        let mistakes = diagnostics.list.iter().filter(|found| found.code.weight() == Weight::Mistake);
        let what = if settings_are_wrong || mistakes.clone().all(of_settings) { "settings" } else { "rules" };
        return Err(Stop::Usage(format!("the {what} have mistakes; nothing was scanned")));
    };
    for empty in diagnostics.list.iter().filter(|found| found.code == Code::NoRule) {
        complain(&empty.message);
    }
    let today = today.unwrap_or_else(|| Zoned::now().date());
    let has_expired = |suppression: &Suppression| suppression.expires.is_some_and(|last| last < today);
    for suppression in rules.suppressions.iter().filter(|suppression| has_expired(suppression)) {
        let last = suppression.expires.map(|last| last.to_string()).unwrap_or_default();
        complain(format_args!(
            "the suppression of `{}` ended on {last}, so it is reported again; it was suppressed because: {}",
            suppression.id, suppression.reason
        ));
    }
    rules.suppressions.retain(|suppression| !has_expired(suppression));
    Ok(rules)
}

/// Compiles the built-in pack together with the user's files.
pub fn read(paths: &[PathBuf], with_builtin_rules: bool) -> Result<Loaded, Stop> {
    read_with(paths, with_builtin_rules, InSettings::default())
}

fn read_with(paths: &[PathBuf], with_builtin_rules: bool, settings: InSettings) -> Result<Loaded, Stop> {
    let builtin = Origin::Builtin { with_rules: with_builtin_rules };
    let mut files: Vec<(Source, Origin)> = builtin_sources().into_iter().map(|source| (source, builtin)).collect();
    files.extend(read_all(paths)?.into_iter().map(|file| (file.source, Origin::User)));
    Ok(compile_with(files, settings))
}

/// Draws diagnostics on standard error.
pub fn print(diagnostics: &Diagnostics) -> Result<(), Stop> {
    // Where nobody can be told, the exit code still says that something is wrong.
    let _ = render_diagnostics(diagnostics, &mut output::stderr());
    Ok(())
}
