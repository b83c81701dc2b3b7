//! The end of `!uniqstack`: how many threads have a stack that was shown for another one.
//!
//! ```text
//! Total threads: 14
//! Duplicate callstacks: 11 (windbg thread #s follow):
//! 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12
//! ```
//!
//! What comes before are stacks; therefore no command announces this table.

use super::{TableFormat, TableLine, is_count, labelled};

pub const FORMAT: TableFormat = TableFormat { name: "uniqstack", commands: &[], columns: &["threads"], line, shows };

fn line(text: &str) -> Option<TableLine<'_>> {
    if let Some((name, value)) = labelled(text, &["Total threads", "Duplicate callstacks"]) {
        let counts = value.split_whitespace().next().is_some_and(is_count);
        return counts.then_some(TableLine::Field(name, value));
    }
    let text = text.trim();
    let list = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b',' | b' '));
    list.then_some(TableLine::Field("Duplicate threads", text))
}

fn shows(text: &str) -> bool {
    labelled(text, &["Total threads"]).is_some_and(|(_, count)| is_count(count))
        || text.trim_start().starts_with("Duplicate callstacks:") && text.contains("thread #s follow")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::tables::tests::check;

    #[test]
    fn lines() {
        for (text, want) in [
            ("Total threads: 14", "field Total threads = 14"),
            (
                "Duplicate callstacks: 11 (windbg thread #s follow):",
                "field Duplicate callstacks = 11 (windbg thread #s follow):",
            ),
            ("2, 3, 4, 5", "field Duplicate threads = 2, 3, 4, 5"),
            ("12", "field Duplicate threads = 12"),
            ("Total threads: many", "nothing"),
            ("words of prose", "nothing"),
        ] {
            check(&FORMAT, text, want);
        }
    }
}
