//! Loads rules: the built-in pack and the user's files.

use std::path::{Path, PathBuf};

use jiff::Zoned;
use jiff::civil::Date;
use walkdir::WalkDir;

use super::exit::{Stop, complain};
use super::output;
use super::settings::Settings;
use crate::diagnostic::Diagnostics;
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
        let what = if settings_are_wrong { "settings" } else { "rules" };
        return Err(Stop::Usage(format!("the {what} have mistakes; nothing was scanned")));
    };
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
    for path in paths {
        for file in rule_files(path)? {
            files.push((read_file(&file)?, Origin::User));
        }
    }
    Ok(compile_with(files, settings))
}

/// Draws diagnostics on standard error.
pub fn print(diagnostics: &Diagnostics) -> Result<(), Stop> {
    // Where nobody can be told, the exit code still says that something is wrong.
    let _ = render_diagnostics(diagnostics, &mut output::stderr());
    Ok(())
}

fn read_file(path: &Path) -> Result<Source, Stop> {
    let name = path.display().to_string();
    let bytes = std::fs::read(path).map_err(|error| Stop::Usage(format!("{name}: {error}")))?;
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Source::new(name, text.strip_prefix('\u{feff}').unwrap_or(&text))),
        Err(_) => Err(Stop::Usage(format!("{name}: a rule file must be UTF-8 text"))),
    }
}

/// A file as it is; of a folder every `.yml` and `.yaml` below it.
fn rule_files(path: &Path) -> Result<Vec<PathBuf>, Stop> {
    if !path.is_dir() {
        if !path.exists() {
            return Err(Stop::Usage(format!("{}: no such file or folder", path.display())));
        }
        return Ok(vec![path.to_path_buf()]);
    }
    let mut files = Vec::new();
    for entry in WalkDir::new(path).sort_by_file_name() {
        let entry = entry.map_err(|error| Stop::Usage(error.to_string()))?;
        let extension = entry.path().extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        if entry.file_type().is_file() && ["yml", "yaml"].iter().any(|known| extension.eq_ignore_ascii_case(known)) {
            files.push(entry.into_path());
        }
    }
    if files.is_empty() {
        return Err(Stop::Usage(format!("{}: no .yml or .yaml file in this folder", path.display())));
    }
    Ok(files)
}
