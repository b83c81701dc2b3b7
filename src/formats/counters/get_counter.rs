//! What Get-Counter of PowerShell prints.
//!
//! ```text
//! Timestamp                 CounterSamples
//! ---------                 --------------
//! 9/22/2026 1:02:03 PM      \\web01\process(w3wp)\private bytes :
//!                           3221225472
//!
//!                           \\web01\.net clr memory(w3wp)\# bytes in all hea
//!                           ps :
//!                           104857600
//! ```
//!
//! Paths are in lower case; the value stands below its path. Narrow consoles wrap the right column at its width, within
//! words too; a blank at the break is not printed.

use super::Taken;
use super::number::Number;
use super::path;
use super::recording::Recording;
use super::stamp::Stamp;
use crate::model::CounterSeries;

/// Lines of a path, wrapped in the narrowest of consoles.
const MOST_PIECES: usize = 16;
/// The column of a wrapped line is found by its blanks; a line with less of them is another program's.
const LEAST_INDENT: usize = 8;

#[derive(Default)]
pub struct GetCounter {
    /// Where the right column begins.
    column: usize,
    stamp: Option<Stamp>,
    /// Series that have a value at this time.
    seen: Vec<usize>,
    /// The path whose value is awaited: one piece a line.
    pieces: Vec<String>,
    /// Line of the path.
    named: u32,
    /// Length of the longest piece: the width of the right column, where anything is wrapped.
    width: usize,
    /// Two different pieces of that length, or one that goes on with a blank: the width is no chance.
    full: Vec<String>,
}

/// Whether a line is the header.
pub fn begins(text: &str) -> bool {
    text.strip_prefix("Timestamp").is_some_and(|rest| rest.trim() == "CounterSamples" && rest.starts_with(' '))
}

impl GetCounter {
    pub fn line(&mut self, line: u32, text: &str, cut: bool, recording: &mut Recording) -> Option<Taken> {
        if begins(text) {
            self.column = text.find('C').unwrap_or_default();
            self.stamp = None;
            self.seen.clear();
            self.pieces.clear();
            return Some(Taken::Row);
        }
        if text.starts_with("---") && text.bytes().all(|byte| byte == b'-' || byte == b' ') {
            return Some(Taken::Row);
        }
        let taken = match text.find("\\\\") {
            Some(at) => self.path(line, text[..at].trim(), &text[at..], recording),
            None if self.pieces.is_empty() => return None,
            None if self.is_complete() => self.value(line, text, cut, recording),
            None => self.more_of_path(text),
        };
        if taken.is_none() {
            self.pieces.clear();
        }
        taken
    }

    /// A path, the first of a row behind the time.
    fn path(&mut self, line: u32, left: &str, path: &str, recording: &mut Recording) -> Option<Taken> {
        let is_time = left.starts_with(|c: char| c.is_ascii_digit()) && left.contains([':', '.']);
        if !left.is_empty() && !is_time {
            return None;
        }
        if left.is_empty() && self.column == 0 {
            return None;
        }
        if !self.pieces.is_empty() {
            // The value of the path above is missing.
            recording.damaged(line);
        }
        if is_time {
            self.stamp = Stamp::parse(left);
            self.seen.clear();
            recording.tick(line, self.stamp);
        }
        self.pieces.clear();
        self.named = line;
        self.push(path);
        Some(Taken::Row)
    }

    fn more_of_path(&mut self, text: &str) -> Option<Taken> {
        let indent = text.len() - text.trim_start().len();
        if indent < self.column.min(LEAST_INDENT) || self.pieces.len() >= MOST_PIECES {
            return None;
        }
        let at_column = text.get(..self.column).is_some_and(|left| left.trim().is_empty());
        self.push(if at_column { text.get(self.column..)? } else { text.trim_start() });
        Some(Taken::Row)
    }

    fn value(&mut self, line: u32, text: &str, cut: bool, recording: &mut Recording) -> Option<Taken> {
        Number::parse(text)?;
        let name = self.pieces.join("\n");
        self.pieces.clear();
        if cut {
            return Some(Taken::Row);
        }
        let series =
            recording.series(self.named, &name, || CounterSeries { name: name.clone(), ..CounterSeries::default() });
        if let Some(series) = series {
            // A counter that comes again belongs to a later time, whose line was lost.
            self.stamp = self.stamp.filter(|_| !self.seen.contains(&series));
            self.seen.push(series);
            recording.value(series, line, self.stamp, text);
        }
        Some(Taken::Row)
    }

    fn push(&mut self, piece: &str) {
        let piece = piece.trim_end();
        if let Some(above) = self.pieces.last()
            && above.chars().count() == self.width
            && self.full.len() < 2
            && !self.full.contains(above)
        {
            self.full.push(above.clone());
            if piece.starts_with(' ') {
                self.full.push(String::new());
            }
        }
        if piece.chars().count() > self.width {
            self.width = piece.chars().count();
            self.full.clear();
        }
        self.pieces.push(piece.to_string());
    }

    fn is_complete(&self) -> bool {
        self.pieces.last().is_some_and(|piece| piece.ends_with(':'))
    }

    /// The series with its whole name: only now the width is known at which its path was wrapped. `None` where it is not,
    /// so that a blank may be missing at a break.
    pub fn name(&self, series: CounterSeries) -> Option<CounterSeries> {
        let mut name = String::new();
        let mut above = self.width;
        for piece in series.name.split('\n') {
            if above < self.width && !piece.starts_with(' ') {
                name.push(' ');
            }
            if above == self.width && !name.is_empty() && self.full.len() < 2 {
                return None;
            }
            name.push_str(piece);
            above = piece.chars().count();
        }
        let named = path::parse(name.trim_end_matches(':').trim_end())?;
        Some(CounterSeries { line: series.line, samples: series.samples, ..named })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn values_stand_below_their_paths() {
        let header = "Timestamp                 CounterSamples\n---------                 --------------\n";
        let indent = " ".repeat(26);
        for (rows, want) in [
            (
                format!(
                    "9/22/2026 1:02:03 PM      \\\\a\\p(w)\\x :\n{indent}12\n\n{indent}\\\\a\\m\\y :\n{indent}0,5\n"
                ),
                "x 12 | y 0.5",
            ),
            // Wrapped at 20 columns.
            (
                format!(
                    "22.09.2026 13:02:03       \\\\a\\memory(total of\n{indent}all)\\bytes in all he\n{indent}aps of it, and in it\n{indent} now :\n{indent}41,63\n"
                ),
                "bytes in all heaps of it, and in it now 41.63",
            ),
            // Wrapped once: whether behind a blank is anyone's guess.
            (format!("22.09.2026 13:02:03       \\\\a\\m\\bytes\n{indent}all :\n{indent}41,63\n"), "N012"),
            // The end is cut: within a value, behind a path.
            (format!("9/22/2026 1:02:03 PM      \\\\a\\p(w)\\x :\n{indent}12"), ""),
            ("9/22/2026 1:02:03 PM      \\\\a\\p(w)\\x :\n".to_string(), ""),
            // A value is lost.
            (format!("9/22/2026 1:02:03 PM      \\\\a\\p(w)\\x :\n{indent}\\\\a\\m\\y :\n{indent}3\n"), "y 3 | N012"),
        ] {
            check(&format!("{header}{rows}"), want);
        }
    }
}
