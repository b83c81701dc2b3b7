//! How the examples of rules went, as JUnit XML, which build servers show: a suite for each file, a case for each example.
//!
//! There is no standard; this keeps to what Jenkins, GitLab and Azure DevOps all read. Nobody here knows the time, so
//! there is none.

use std::io::{self, Write};

use crate::authoring::{ExampleOutcome, TestRun, TestedExample, TestedFile, TestedRule};

/// Writes the whole document.
pub fn render_test_junit(run: &TestRun, out: &mut dyn Write) -> io::Result<()> {
    let tests = run.examples().count();
    let failures = tests - run.count(ExampleOutcome::Right);
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(out, r#"<testsuites name="stacklint rules test" tests="{tests}" failures="{failures}" errors="0">"#)?;
    for file in &run.files {
        write_suite(file, out)?;
    }
    writeln!(out, "</testsuites>")
}

fn write_suite(file: &TestedFile, out: &mut dyn Write) -> io::Result<()> {
    let examples: Vec<_> =
        file.rules.iter().flat_map(|rule| rule.examples.iter().map(move |example| (rule, example))).collect();
    let failures = examples.iter().filter(|(_, example)| example.outcome != ExampleOutcome::Right).count();
    let name = escaped(&file.name);
    let tests = examples.len();
    writeln!(out, r#"  <testsuite name="{name}" tests="{tests}" failures="{failures}" errors="0" skipped="0">"#)?;
    for (rule, example) in examples {
        write_case(file, rule, example, out)?;
    }
    writeln!(out, "  </testsuite>")
}

fn write_case(file: &TestedFile, rule: &TestedRule, example: &TestedExample, out: &mut dyn Write) -> io::Result<()> {
    let id = escaped(&rule.id);
    let (path, line) = (escaped(&file.name), example.line);
    let name = example.name();
    let case = format!(r#"    <testcase classname="{id}" name="{id}: {name}" file="{path}" line="{line}""#);
    let Some(complaint) = example.complaint() else { return writeln!(out, "{case}/>") };
    let kind = match example.outcome {
        ExampleOutcome::Missing => "missing",
        ExampleOutcome::Noisy => "noisy",
        ExampleOutcome::Empty => "without-stack",
        ExampleOutcome::Right => "right",
    };
    let message = escaped(&complaint);
    writeln!(out, "{case}>")?;
    writeln!(out, r#"      <failure type="{kind}" message="{message}">{path}:{line}: {message}</failure>"#)?;
    writeln!(out, "    </testcase>")
}

/// Text made fit for an attribute or an element. Control characters have no place in XML 1.0, not even escaped.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&apos;"),
            '\t' | '\n' | '\r' => safe.push_str(&format!("&#{};", u32::from(c))),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => safe.push('\u{fffd}'),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_breaks_out_of_an_attribute() {
        assert_eq!(
            escaped("a<b> & \"c\"\n\u{1b}[0m 'd'"),
            "a&lt;b&gt; &amp; &quot;c&quot;&#10;\u{fffd}[0m &apos;d&apos;"
        );
    }
}
