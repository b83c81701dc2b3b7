//! What was understood of a source, for people.

use std::io::{self, Write};

use super::layout::{BOLD, DIM, count, frame_label, stack_label, styled};
use super::parse_measured::{write_counter, write_leak_report};
use super::printable;
use crate::model::{Capture, SkipReason, Stack, Table};

/// Rows of a table that are printed; a heap has thousands of types. JSON has them all.
const ROWS_SHOWN: usize = 25;

/// Writes the stacks and tables of a capture, its notes, and (when they were kept) the skipped lines with their reasons.
pub fn render_capture_text(capture: &Capture, show_skipped: bool, out: &mut dyn Write) -> io::Result<()> {
    let source = &capture.source;
    let name = printable(&source.name);
    let frames: usize = capture.stacks.iter().map(|stack| stack.frames.len()).sum();
    let stacks = count(capture.stacks.len() as u64, "stack");
    let mut parts = vec![stacks, count(frames as u64, "frame")];
    if !capture.tables.is_empty() {
        parts.push(count(capture.tables.len() as u64, "table"));
    }
    if !capture.leak_reports.is_empty() {
        parts.push(count(capture.leak_reports.len() as u64, "leak report"));
    }
    if !capture.counters.is_empty() {
        parts.push(count(capture.counters.len() as u64, "counter"));
    }
    let head = format!("{name}: {} ({})", parts.join(", "), source.encoding.name());
    writeln!(out, "{}", styled(BOLD, &head))?;
    for stack in &capture.stacks {
        write_stack(stack, capture, out)?;
    }
    for table in &capture.tables {
        write_table(table, out)?;
    }
    for report in &capture.leak_reports {
        write_leak_report(report, out)?;
    }
    for series in &capture.counters {
        write_counter(series, out)?;
    }
    for note in &capture.notes {
        writeln!(out, "note {}  line {}: {}", note.code.code(), note.line, printable(&note.message))?;
    }
    if show_skipped {
        writeln!(out, "\nskipped lines:")?;
        for skipped in capture.skipped.iter().filter(|skipped| skipped.reason != SkipReason::Blank) {
            writeln!(out, "{:>7}  {}", skipped.line, printable(&skipped.text))?;
            writeln!(out, "         {}", styled(DIM, &printable(&skipped.reason.describe())))?;
        }
    }
    Ok(())
}

fn write_stack(stack: &Stack, capture: &Capture, out: &mut dyn Write) -> io::Result<()> {
    let command = stack.command.as_deref().map(|command| format!(" `{}`", printable(command))).unwrap_or_default();
    let label = stack_label(stack.kind, &stack.thread);
    let thread = printable(&label);
    writeln!(out, "\n{} line {}, {}{command}", styled(BOLD, &thread), stack.line, stack.dialect.name())?;
    let mut holes = stack.holes.iter().peekable();
    for (position, frame) in stack.frames.iter().enumerate() {
        while let Some(hole) = holes.next_if(|hole| hole.before == position) {
            let missing = hole.missing.map_or("some frames".to_string(), |missing| count(u64::from(missing), "frame"));
            writeln!(out, "          --- {missing} missing from the text ---")?;
        }
        let number = frame_label(stack.dialect, frame.number().unwrap_or(position as u32));
        let text = printable(capture.sites.get(frame.site).text);
        let line = styled(DIM, &format!("line {:<6}", frame.line));
        writeln!(out, "  {number}  {line} {text}")?;
    }
    if stack.frames.is_empty() {
        writeln!(out, "      {}", styled(DIM, "no frames in the text"))?;
    }
    Ok(())
}

fn write_table(table: &Table, out: &mut dyn Write) -> io::Result<()> {
    let command = table.command.as_deref().map(|command| format!(" `{}`", printable(command))).unwrap_or_default();
    let rows = count(table.rows.len() as u64, "row");
    writeln!(out, "\n{} line {}, {rows}{command}", styled(BOLD, &format!("table {}", table.name)), table.line)?;
    for field in &table.fields {
        let line = styled(DIM, &format!("line {:<6}", field.line));
        writeln!(out, "      {line} {}: {}", printable(&field.name), printable(&field.value))?;
    }
    for row in table.rows.iter().take(ROWS_SHOWN) {
        let named = table.columns.iter().zip(&row.cells).filter(|(_, cell)| !cell.is_empty());
        let cells: Vec<String> =
            named.map(|(name, cell)| format!("{name} {}", printable(&cell.replace('\n', " / ")))).collect();
        let line = styled(DIM, &format!("line {:<6}", row.line));
        writeln!(out, "      {line} {}", cells.join(", "))?;
    }
    if table.rows.len() > ROWS_SHOWN {
        let more = count((table.rows.len() - ROWS_SHOWN) as u64, "row");
        writeln!(out, "      {}", styled(DIM, &format!("... {more} more; `--format json` has all")))?;
    }
    Ok(())
}
