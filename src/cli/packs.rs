//! Loads rules: the built-in pack and the user's files.

use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::args::PackArgs;
use super::exit::Stop;
use crate::diagnostic::Diagnostics;
use crate::report::render_diagnostics;
use crate::rules::{Loaded, Origin, RuleSet, builtin_sources, compile};
use crate::text::Source;

/// Loads the rules asked for, or prints every mistake in them.
pub fn load(packs: &PackArgs) -> Result<RuleSet, Stop> {
    let Loaded { rules, diagnostics } = read(&packs.rules, !packs.no_builtin)?;
    match rules {
        Some(rules) => Ok(rules),
        None => {
            print(&diagnostics)?;
            Err(Stop::Usage("the rules have mistakes; nothing was scanned".to_string()))
        }
    }
}

/// Compiles the built-in pack together with the user's files.
pub fn read(paths: &[PathBuf], with_builtin_rules: bool) -> Result<Loaded, Stop> {
    let builtin = Origin::Builtin { with_rules: with_builtin_rules };
    let mut files: Vec<(Source, Origin)> = builtin_sources().into_iter().map(|source| (source, builtin)).collect();
    for path in paths {
        for file in rule_files(path)? {
            files.push((read_file(&file)?, Origin::User));
        }
    }
    Ok(compile(files))
}

/// Draws diagnostics on standard error.
pub fn print(diagnostics: &Diagnostics) -> Result<(), Stop> {
    Ok(render_diagnostics(diagnostics, &mut anstream::stderr())?)
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
