//! The rules that came closest, one line each, for people.

use std::io::{self, Write};

use super::layout::{BOLD, stack_label, styled};
use super::{CaseReport, printable};
use crate::finding::NearMiss;
use crate::rules::RuleSet;

/// Writes the near misses of a case, each with the command that explains it.
pub fn write_near_misses(case: &CaseReport, rules: &RuleSet, out: &mut dyn Write) -> io::Result<()> {
    if case.near_misses.is_empty() {
        return Ok(());
    }
    writeln!(out, "{}", styled(BOLD, "Near misses: nothing is known to be bad here, but these rules came close"))?;
    for near in &case.near_misses {
        let rule = &rules.rules[near.rule];
        let thread = stack_label(near.kind, &near.thread);
        let stopped = format!("{} of {} frames, stopped at `{}`", near.matched, near.of, near.stopped_at);
        let command = command(near, case, rules);
        let line = format!("  {}  {thread}, line {}: {stopped}; {command}", rule.id, near.line);
        writeln!(out, "{}", printable(&line))?;
    }
    writeln!(out)
}

/// `stacklint explain gdiplus-in-asmx w3wp.log`
fn command(near: &NearMiss, case: &CaseReport, rules: &RuleSet) -> String {
    let rule = &rules.rules[near.rule];
    let mut command = format!("stacklint explain {}", rule.id);
    match case.sources.get(near.source) {
        // Standard input has to be piped in again.
        Some(source) if source.name != "stdin" => command.push_str(&format!(" {}", quoted(&source.name))),
        _ => {}
    }
    if !rule.is_builtin {
        command.push_str(&format!(" --rules {}", quoted(&rule.file)));
    }
    command
}

/// In quotes where a shell would take the name for several words.
fn quoted(name: &str) -> String {
    if name.contains(char::is_whitespace) { format!("\"{name}\"") } else { name.to_string() }
}
