//! What `explain` prints: a rule laid over a stack, and the page on a code.

use std::io::{self, Write};

use super::layout::{BOLD, DIM, count, frame_label, paragraph, stack_label, styled};
use super::printable;
use crate::diagnostic::Page;
use crate::finding::{Explanation, FrameAt, Mark, Outcome, StackRow};
use crate::rules::{Rule, RuleSet, Subject};

/// Columns after which a pattern line no longer moves its mark to the right.
const PATTERN: usize = 44;

/// Writes how far a rule gets. `sources` are the names of the case's sources.
pub fn render_explanation(
    explanation: &Explanation,
    rules: &RuleSet,
    sources: &[String],
    out: &mut dyn Write,
    width: usize,
) -> io::Result<()> {
    let rule = &rules.rules[explanation.rule];
    writeln!(out, "{}  {}", styled(BOLD, &rule.id), printable(&rule.title))?;
    paragraph(out, "  ", &printable(&verdict(explanation, rule, sources)), width)?;
    if !explanation.lines.is_empty() {
        let order = if rule.subject == Subject::Root { "the root first" } else { "innermost call first" };
        writeln!(out, "\n  Pattern ({order})")?;
        write_pattern(explanation, out)?;
    }
    write_conditions(explanation, out, width)?;
    write_reasons(explanation, out, width)?;
    if !explanation.rows.is_empty() {
        writeln!(out, "\n  Stack")?;
    }
    for row in &explanation.rows {
        write_row(row, explanation, out)?;
    }
    write_closest(explanation, out)
}

/// What the rule asks of the log as a whole.
fn write_conditions(explanation: &Explanation, out: &mut dyn Write, width: usize) -> io::Result<()> {
    if !explanation.conditions.is_empty() {
        writeln!(out, "\n  Of the log as a whole")?;
    }
    let widest = explanation.conditions.iter().map(|condition| condition.asked.chars().count()).max();
    let widest = widest.unwrap_or_default();
    for condition in &explanation.conditions {
        let sign = if condition.holds { "+" } else { "X" };
        let first = format!("    {sign} {:<widest$}  ", printable(&condition.asked));
        paragraph(out, &first, &printable(&condition.found), width)?;
    }
    Ok(())
}

fn verdict(explanation: &Explanation, rule: &Rule, sources: &[String]) -> String {
    let source = sources.get(explanation.source).map_or("", String::as_str);
    let place =
        format!("{} in {source}, line {}", stack_label(explanation.kind, &explanation.thread), explanation.line);
    let Explanation { matched, of, .. } = explanation;
    let unmet = explanation.conditions.iter().any(|condition| !condition.holds);
    match explanation.outcome {
        Outcome::Matches if explanation.line == 0 => "is reported".to_string(),
        Outcome::TakenBack if explanation.line == 0 => "is not reported".to_string(),
        Outcome::TakenBack if unmet => format!("its pattern matches {place}, but the log as a whole is not as it asks"),
        Outcome::Matches if rule.role.is_some() => format!("matches: the role of {place}"),
        Outcome::Matches => format!("matches {place}"),
        Outcome::TakenBack => format!("its pattern matches {place}, but it is not reported there"),
        Outcome::Stopped if *matched == 0 => format!("does not match: its first line is nowhere. Shown is {place}"),
        Outcome::Stopped => format!("does not match; it gets furthest ({matched} of {of} frames) on {place}"),
    }
}

/// Every line with its mark: `+` matched, `X` where it stopped, `-` never reached.
fn write_pattern(explanation: &Explanation, out: &mut dyn Write) -> io::Result<()> {
    let widest = explanation.lines.iter().map(|line| line.text.chars().count()).max().unwrap_or_default();
    let widest = widest.min(PATTERN);
    for line in &explanation.lines {
        let text = printable(&line.text);
        let (sign, said) = match &line.mark {
            Mark::Plain => (" ", String::new()),
            Mark::Holds => ("+", "holds".to_string()),
            Mark::Matched(frames) => ("+", matched(frames, explanation)),
            Mark::Skipped(frames, 0) => (" ", count(*frames as u64, "frame")),
            Mark::Skipped(frames, noise) => (" ", format!("{}, and {noise} of noise", count(*frames as u64, "frame"))),
            Mark::Stopped => ("X", "stopped here".to_string()),
            Mark::NotReached => ("-", "not reached".to_string()),
        };
        let row = match (&line.mark, said.is_empty()) {
            (_, true) => format!("    {sign} {text}"),
            (Mark::Stopped, _) => styled(BOLD, &format!("    {sign} {text:<widest$}  {said}")),
            _ => format!("    {sign} {text:<widest$}  {}", styled(DIM, &said)),
        };
        writeln!(out, "{}", row.trim_end())?;
    }
    Ok(())
}

/// `frame 0b (line 15)`, or the first and the last of a run.
fn matched(frames: &[FrameAt], explanation: &Explanation) -> String {
    let label = |frame: &FrameAt| frame_label(explanation.dialect, frame.number).trim().to_string();
    match frames {
        [] => String::new(),
        [frame] => format!("frame {} (line {})", label(frame), frame.line),
        [first, .., last] => {
            format!("frames {} to {} (lines {} to {})", label(first), label(last), first.line, last.line)
        }
    }
}

fn write_reasons(explanation: &Explanation, out: &mut dyn Write, width: usize) -> io::Result<()> {
    let title = match explanation.outcome {
        Outcome::Matches => "  Not certain  ",
        Outcome::TakenBack | Outcome::Stopped => "  Because  ",
    };
    for (number, reason) in explanation.reasons.iter().enumerate() {
        let first = if number == 0 { title.to_string() } else { " ".repeat(title.len()) };
        if number == 0 {
            writeln!(out)?;
        }
        paragraph(out, &first, &printable(reason), width)?;
    }
    Ok(())
}

fn write_row(row: &StackRow, explanation: &Explanation, out: &mut dyn Write) -> io::Result<()> {
    match row {
        StackRow::Frame(frame, is_matched) => {
            let sign = if *is_matched { "+" } else { " " };
            writeln!(out, "  {sign} {}", frame_row(frame, explanation))
        }
        StackRow::Skipped(frames) => {
            writeln!(out, "        {}", styled(DIM, &format!("... {}", count(*frames as u64, "frame"))))
        }
        StackRow::Missing(frames) => {
            let what = frames.map_or("frames".to_string(), |frames| count(u64::from(frames), "frame"));
            writeln!(out, "        {}", styled(BOLD, &format!("--- {what} missing from the text ---")))
        }
    }
}

fn frame_row(frame: &FrameAt, explanation: &Explanation) -> String {
    let number = frame_label(explanation.dialect, frame.number);
    format!("{number}  {} {}", styled(DIM, &format!("line {:<6}", frame.line)), printable(&frame.text))
}

fn write_closest(explanation: &Explanation, out: &mut dyn Write) -> io::Result<()> {
    let Some(line) = explanation.stopped_at() else { return Ok(()) };
    if explanation.closest.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n  Most like `{}`", printable(&line.text))?;
    for close in &explanation.closest {
        writeln!(out, "    {}", frame_row(&close.frame, explanation))?;
        writeln!(out, "                    {}", styled(DIM, close.likeness))?;
    }
    Ok(())
}

/// Writes the page on a code: `R005` of a rule file, `N001` of an input.
pub fn render_code_page(code: &str, what: &str, page: &Page, out: &mut dyn Write, width: usize) -> io::Result<()> {
    writeln!(out, "{}  {what}\n", styled(BOLD, code))?;
    paragraph(out, "  ", page.meaning, width)?;
    for (title, text) in [("For example", page.example), ("Instead", page.instead)] {
        writeln!(out, "\n  {title}")?;
        for line in text.lines() {
            writeln!(out, "      {line}")?;
        }
    }
    Ok(())
}
