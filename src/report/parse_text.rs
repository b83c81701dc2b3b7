//! What was understood of a source, for people.

use std::io::{self, Write};

use super::layout::{BOLD, DIM, count, styled, thread_label};
use super::printable;
use crate::model::{Capture, SkipReason, Stack};

/// Writes the stacks of a capture, its notes, and (when they were kept) the skipped lines with their reasons.
pub fn render_capture_text(capture: &Capture, show_skipped: bool, out: &mut dyn Write) -> io::Result<()> {
    let source = &capture.source;
    let name = printable(&source.name);
    let frames: usize = capture.stacks.iter().map(|stack| stack.frames.len()).sum();
    let stacks = count(capture.stacks.len() as u64, "stack");
    let head = format!("{name}: {stacks}, {} ({})", count(frames as u64, "frame"), source.encoding.name());
    writeln!(out, "{}", styled(BOLD, &head))?;
    for stack in &capture.stacks {
        write_stack(stack, capture, out)?;
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
    let thread = thread_label(&stack.thread);
    writeln!(out, "\n{} line {}, {}{command}", styled(BOLD, &thread), stack.line, stack.dialect.name())?;
    let mut holes = stack.holes.iter().peekable();
    for (position, frame) in stack.frames.iter().enumerate() {
        while let Some(hole) = holes.next_if(|hole| hole.before == position) {
            let missing = hole.missing.map_or("some frames".to_string(), |missing| count(u64::from(missing), "frame"));
            writeln!(out, "          --- {missing} missing from the text ---")?;
        }
        let number = frame.number().unwrap_or(position as u32);
        let text = printable(capture.sites.get(frame.site).text);
        let line = styled(DIM, &format!("line {:<6}", frame.line));
        writeln!(out, "  {number:02x}  {line} {text}")?;
    }
    if stack.frames.is_empty() {
        writeln!(out, "      {}", styled(DIM, "no frames in the text"))?;
    }
    Ok(())
}
