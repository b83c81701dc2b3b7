//! Paragraphs, counts and colours of the text reports.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

use crate::finding::Severity;
use crate::model::{Dialect, StackKind, ThreadRef};

pub const BOLD: Style = Style::new().bold();
pub const DIM: Style = Style::new().dimmed();

/// Text in a style; the front end strips the style where nothing can show it.
pub fn styled(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

pub fn severity_style(severity: Severity) -> Style {
    let colour = match severity {
        Severity::Critical | Severity::High => AnsiColor::Red,
        Severity::Medium => AnsiColor::Yellow,
        Severity::Low => AnsiColor::Cyan,
        Severity::Info => AnsiColor::Blue,
    };
    colour.on_default().bold()
}

/// Writes words wrapped at `width` columns; the first line begins with `first`, the others are indented as far.
pub fn paragraph(out: &mut dyn Write, first: &str, text: &str, width: usize) -> io::Result<()> {
    let indent = first.chars().count();
    let mut column = indent;
    write!(out, "{first}")?;
    for (number, word) in text.split_whitespace().enumerate() {
        let length = word.chars().count();
        if number > 0 && column + 1 + length > width.max(indent + 20) {
            write!(out, "\n{:indent$}", "")?;
            column = indent;
        } else if number > 0 {
            write!(out, " ")?;
            column += 1;
        }
        write!(out, "{word}")?;
        column += length;
    }
    writeln!(out)
}

/// `1 stack`, `1,204 stacks`.
pub fn count(number: u64, word: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {word}{plural}", grouped(number))
}

/// `12 %`, of what is less than one `0.4 %`.
pub fn share(part: u64, whole: u64) -> String {
    let tenths = (part * 1000 + whole / 2) / whole.max(1);
    match tenths {
        0 if part > 0 => "under 0.1 %".to_string(),
        1..10 => format!("0.{tenths} %"),
        _ => format!("{} %", (tenths + 5) / 10),
    }
}

/// `1,204`
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `thread 57 (0x1a2c)`, or what there is of it; what is no thread says so.
pub fn stack_label(kind: StackKind, thread: &ThreadRef) -> String {
    match kind {
        StackKind::Thread => thread_label(thread),
        StackKind::Exception => "an exception".to_string(),
        StackKind::Allocation => "an allocation".to_string(),
        StackKind::Async => "asynchronous methods".to_string(),
        StackKind::Root => "a root".to_string(),
        StackKind::Unreliable => format!("{}, raw words of its stack", thread_label(thread)),
    }
}

/// A frame number as the tool prints it: the `k` family in hexadecimal, all others in decimal.
pub fn frame_label(dialect: Dialect, number: u32) -> String {
    match dialect {
        Dialect::K | Dialect::Clrstack => format!("{number:02x}"),
        _ => format!("{number:2}"),
    }
}

fn thread_label(thread: &ThreadRef) -> String {
    match (thread.index, thread.os_id) {
        (Some(index), Some(os_id)) => format!("thread {index} ({os_id:#x})"),
        (Some(index), None) => format!("thread {index}"),
        (None, Some(os_id)) => format!("thread {os_id:#x}"),
        (None, None) => match &thread.name {
            Some(name) => format!("thread \"{name}\""),
            None => "a thread".to_string(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_wrap_and_counts_group() {
        let mut out = Vec::new();
        paragraph(&mut out, "  Why  ", "one two three four five six seven eight", 28).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "  Why  one two three four\n       five six seven eight\n");
        assert_eq!(count(1, "stack"), "1 stack");
        assert_eq!(count(1_234_567, "stack"), "1,234,567 stacks");
        for (part, whole, want) in
            [(1, 3, "33 %"), (1, 1, "100 %"), (4, 1000, "0.4 %"), (1, 100_000, "under 0.1 %"), (0, 0, "0 %")]
        {
            assert_eq!(share(part, whole), want, "{part} of {whole}");
        }
    }
}
