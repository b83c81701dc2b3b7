//! `stacklint rules test`

use std::io::Write;
use std::path::Path;

use super::args::{Color, TestArgs, TestFormat};
use super::exit::{Exit, Stop};
use super::{output, packs};
use crate::authoring::test_rules;
use crate::report::{render_test_junit, render_test_text};

/// Runs examples: those of the files named, or else those of the built-in pack. The built-in rules are there in both
/// cases, since rules may yield to them and use their lists.
pub fn run(args: &TestArgs, color: Color) -> Result<Exit, Stop> {
    let format = format_of(args.output.as_deref(), args.format)?;
    let loaded = packs::read(&args.paths, true)?;
    let Some(rules) = &loaded.rules else {
        packs::print(&loaded.diagnostics)?;
        return Ok(Exit::Failed);
    };
    let run = test_rules(rules, args.paths.is_empty(), &loaded.diagnostics.sources);
    let mut out = match &args.output {
        Some(path) => output::file(path)?,
        None => output::stdout(color),
    };
    match format {
        TestFormat::Text => render_test_text(&run, &mut out)?,
        TestFormat::Junit => render_test_junit(&run, &mut out)?,
    }
    out.flush()?;
    Ok(if run.all_right() { Exit::Clean } else { Exit::Findings })
}

fn format_of(output: Option<&Path>, asked: Option<TestFormat>) -> Result<TestFormat, Stop> {
    let extension = output.and_then(Path::extension).map(|extension| extension.to_string_lossy().to_lowercase());
    match (asked, output, extension.as_deref()) {
        (Some(format), ..) => Ok(format),
        (None, None, _) | (None, _, Some("txt" | "log") | None) => Ok(TestFormat::Text),
        (None, _, Some("xml")) => Ok(TestFormat::Junit),
        (None, Some(path), _) => {
            let message = "results are written as .txt or .xml; --format text or junit overrules the extension";
            Err(Stop::Usage(format!("{}: {message}", path.display())))
        }
    }
}
