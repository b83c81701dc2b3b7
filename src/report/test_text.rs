//! How the examples of rules went, for people: a line for each that is wrong, then the counts.
//!
//! `my-rules.yml:31: my-rule, match 1: should match and does not; reported instead: gdiplus-in-asmx`

use std::io::{self, Write};

use anstyle::AnsiColor;

use super::layout::{BOLD, DIM, styled};
use super::printable;
use crate::authoring::{ExampleOutcome, TestRun};

/// Writes what is wrong and a table of counts.
pub fn render_test_text(run: &TestRun, out: &mut dyn Write) -> io::Result<()> {
    for (file, rule, example) in run.examples() {
        let Some(complaint) = example.complaint() else { continue };
        let place = format!("{}:{}", printable(&file.name), example.line);
        let wrong = styled(AnsiColor::Red.on_default(), &printable(&complaint));
        writeln!(out, "{}: {}, {}: {wrong}", styled(BOLD, &place), rule.id, example.name())?;
        if example.outcome == ExampleOutcome::Missing {
            let hint = format!(
                "`stacklint explain {} --rules {} --example {}` shows the line at which it stops",
                rule.id,
                printable(&file.name),
                example.number
            );
            writeln!(out, "    {}", styled(DIM, &hint))?;
        }
    }
    if !run.all_right() {
        writeln!(out)?;
    }
    write_counts(run, out)
}

fn write_counts(run: &TestRun, out: &mut dyn Write) -> io::Result<()> {
    for (label, count) in [
        ("rules", run.rules().count()),
        ("examples", run.examples().count()),
        ("  right", run.count(ExampleOutcome::Right)),
        ("  missing", run.count(ExampleOutcome::Missing)),
        ("  noisy", run.count(ExampleOutcome::Noisy)),
        ("  without a stack", run.count(ExampleOutcome::Empty)),
    ] {
        writeln!(out, "{label:<24}{count:>6}")?;
    }
    let bare: Vec<&str> = run.rules().filter(|rule| rule.examples.is_empty()).map(|rule| rule.id.as_str()).collect();
    let named = if bare.is_empty() { String::new() } else { format!("  {}", bare.join(", ")) };
    writeln!(out, "{:<24}{:>6}{named}", "rules without an example", bare.len())
}
