//! `!runaway`: the processor time of each thread.
//!
//! ```text
//!  User Mode Time
//!   Thread       Time
//!   12:1a2c      0 days 0:00:01.234
//!  Kernel Mode Time
//!   Thread       Time
//!    0:8ac       4 days 11:42:14.484
//! ```
//!
//! A thread is the debugger's index and its id, hexadecimal; old debuggers print the id alone (`4e0  0:12:16.0312`) and no
//! days. Each kind of time is a block; its title is a field, and the rows below it belong to it.

use super::{TableFormat, TableLine, is_count, is_hex, words_are};

pub const FORMAT: TableFormat =
    TableFormat { name: "runaway", commands: &["runaway"], columns: &["index", "os id", "days", "time"], line, shows };

const MODES: [&str; 3] = ["User Mode Time", "Kernel Mode Time", "Elapsed Time"];

fn line(text: &str) -> Option<TableLine<'_>> {
    if MODES.contains(&text.trim()) {
        return Some(TableLine::Field("mode", text.trim()));
    }
    if words_are(text, &["Thread", "Time"]) {
        return Some(TableLine::Header);
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    let (thread, days, time) = match words.as_slice() {
        [thread, days, "day" | "days", time, ..] if is_count(days) => (thread, *days, *time),
        [thread, time] => (thread, "", *time),
        _ => return None,
    };
    let (index, os_id) = thread.split_once(':').unwrap_or(("", thread));
    let fits = is_time(time) && is_hex(os_id) && (index.is_empty() || is_count(index));
    fits.then(|| TableLine::Row(vec![index, os_id, days, time]))
}

/// `0:12:16.0312`
fn is_time(word: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    word.split(':').count() == 3 && word.split(':').all(digits)
}

fn shows(text: &str) -> bool {
    MODES[..2].contains(&text.trim())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::tables::tests::check;

    #[test]
    fn lines() {
        for (text, want) in [
            (" User Mode Time", "field mode = User Mode Time"),
            ("  Thread       Time", "header"),
            ("  12:1a2c      0 days 0:00:01.234", "row 12 | 1a2c | 0 | 0:00:01.234"),
            (" 0:55c        0:00:00.0093", "row 0 | 55c |  | 0:00:00.0093"),
            (" 4e0  0:12:16.0312", "row  | 4e0 |  | 0:12:16.0312"),
            ("words of prose", "nothing"),
            ("at 12:30:01", "nothing"),
        ] {
            check(&FORMAT, text, want);
        }
    }
}
