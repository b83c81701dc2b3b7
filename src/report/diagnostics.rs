//! Mistakes and doubts in rule files, drawn with the line and a caret.

use std::io::{self, Write};

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use super::layout;
use crate::diagnostic::{Diagnostic, Diagnostics, Weight};

const MEND: &str = "`stacklint rules check --fix`";

/// Writes every diagnostic, then a line of totals.
pub fn render_diagnostics(diagnostics: &Diagnostics, out: &mut dyn Write) -> io::Result<()> {
    for diagnostic in &diagnostics.list {
        write_diagnostic(diagnostic, diagnostics, out)?;
    }
    let count = |weight: Weight| diagnostics.list.iter().filter(|found| found.code.weight() == weight).count();
    let (mistakes, doubts, fixable) = (count(Weight::Mistake), count(Weight::Doubt), diagnostics.fixable());
    let said: Vec<String> = [(mistakes, "mistake"), (doubts, "doubt")]
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, word)| layout::count(number as u64, word))
        .collect();
    if !said.is_empty() {
        let mendable = match fixable {
            0 => String::new(),
            1 if mistakes + doubts == 1 => format!("; {MEND} mends it"),
            all if all == mistakes + doubts => format!("; {MEND} mends them"),
            some => format!("; {MEND} mends {some} of them"),
        };
        writeln!(out, "{}{mendable}", said.join(", "))?;
    }
    Ok(())
}

fn write_diagnostic(diagnostic: &Diagnostic, diagnostics: &Diagnostics, out: &mut dyn Write) -> io::Result<()> {
    let source = &diagnostics.sources[diagnostic.source];
    let (start, end) = (diagnostic.span.start.min(source.text.len()), diagnostic.span.end.min(source.text.len()));
    let level = match diagnostic.code.weight() {
        Weight::Mistake => Level::ERROR,
        Weight::Doubt => Level::WARNING,
    };
    let snippet = Snippet::source(source.text.as_str())
        .path(source.name.as_str())
        .annotation(AnnotationKind::Primary.span(start..end.max(start)));
    let title = level.primary_title(diagnostic.message.as_str()).id(diagnostic.code.code());
    let group = title.element(snippet);
    let group = match &diagnostic.help {
        Some(help) => group.element(Level::HELP.message(help.as_str())),
        None => group,
    };
    writeln!(out, "{}\n", Renderer::styled().render(&[group]))
}
