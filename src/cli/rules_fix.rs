//! `stacklint rules check --fix`: mends what can be mended without asking, and writes the files back.

use std::io::Write;
use std::path::PathBuf;

use super::args::Color;
use super::exit::{Exit, Stop, complain};
use super::rule_file::{RuleFileText, read_all};
use super::{output, packs};
use crate::authoring::check_rules;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Fix, mend};
use crate::rules::{Loaded, Origin, builtin_sources, compile};

/// What was mended may show what it hid: so it is checked and mended again, this often at most.
const ROUNDS: usize = 8;

pub fn run(paths: &[PathBuf], color: Color) -> Result<Exit, Stop> {
    if paths.is_empty() {
        return Err(Stop::Usage(
            "name the files that are to be mended; the built-in rules are part of the program".into(),
        ));
    }
    let mut files = read_all(paths)?;
    let as_read = files.clone();
    let mut changes = Vec::new();
    let mut found = check(&files).diagnostics;
    for _ in 0..ROUNDS {
        let before = files.clone();
        let made = mend_files(&mut files, &found);
        let after = check(&files).diagnostics;
        // A change that makes the file unreadable is none that anybody wanted.
        if made.is_empty() || unreadable(&after) > unreadable(&found) {
            files = before;
            break;
        }
        changes.extend(made);
        found = after;
    }
    for (file, old) in files.iter().zip(&as_read).filter(|(file, old)| file.source.text != old.source.text) {
        if std::fs::read(&file.path).is_ok_and(|bytes| bytes.ends_with(old.source.text.as_bytes())) {
            file.write()?;
        } else {
            return Err(Stop::Usage(format!(
                "{}: changed while it was checked; nothing was written",
                file.source.name
            )));
        }
    }
    let mut out = output::stdout(color);
    for change in &changes {
        writeln!(out, "{change}")?;
    }
    out.flush()?;
    packs::print(&found)?;
    writeln!(out, "fixed {} of {}", changes.len(), changes.len() + found.list.len())?;
    out.flush()?;
    Ok(if found.has_mistakes() { Exit::Failed } else { Exit::Clean })
}

fn check(files: &[RuleFileText]) -> Loaded {
    let builtin = Origin::Builtin { with_rules: true };
    let mut sources: Vec<_> = builtin_sources().into_iter().map(|source| (source, builtin)).collect();
    sources.extend(files.iter().map(|file| (file.source.clone(), Origin::User)));
    let mut loaded = compile(sources);
    if let Some(rules) = &loaded.rules {
        check_rules(rules, false, &mut loaded.diagnostics);
    }
    loaded
}

fn unreadable(found: &Diagnostics) -> usize {
    found.list.iter().filter(|diagnostic| diagnostic.code == Code::YamlSyntax).count()
}

/// Changes the texts, and says what was changed.
fn mend_files(files: &mut [RuleFileText], found: &Diagnostics) -> Vec<String> {
    // The user's files come behind the built-in ones.
    let first = found.sources.len() - files.len();
    let mut changes = Vec::new();
    for (number, file) in files.iter_mut().enumerate() {
        let of_file = found.list.iter().filter(|diagnostic| diagnostic.source == first + number);
        let (offered, fixes): (Vec<&Diagnostic>, Vec<&Fix>) =
            of_file.filter_map(|diagnostic| Some((diagnostic, diagnostic.fix.as_ref()?))).unzip();
        if fixes.is_empty() {
            continue;
        }
        if !file.is_utf8 {
            complain(format_args!(
                "{}: only a UTF-8 file is written; save it as UTF-8 to have it mended",
                file.source.name
            ));
            continue;
        }
        let (text, made) = mend(&file.source.text, &fixes);
        changes.extend(made.iter().map(|&index| describe(offered[index], fixes[index], file)));
        file.source.text = text;
    }
    changes
}

/// `labels.yml:4: R002 unknown key `sevrity`: now `severity``
fn describe(diagnostic: &Diagnostic, fix: &Fix, file: &RuleFileText) -> String {
    let (line, _) = file.source.position(fix.span.start);
    let now = match fix.text.trim() {
        new if new.is_empty() || new.contains('\n') => String::new(),
        new => format!(": now `{new}`"),
    };
    format!("{}:{line}: {} {}{now}", file.source.name, diagnostic.code.code(), diagnostic.message)
}
