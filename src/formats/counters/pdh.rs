//! CSV and TSV of the performance data helper, as typeperf, perfmon, logman, relog and Export-Counter write it.
//!
//! ```text
//! "(PDH-CSV 4.0) (Romance Standard Time)(-60)","\\WEB01\Process(w3wp)\Private Bytes","\\WEB01\Memory\Available MBytes"
//! "09/22/2026 13:02:03.123","3221225472.000000"," "
//! ```
//!
//! Behind the zone stands how many minutes its clock lies west of UTC. The description of a data collector set may be
//! one more cell of the header. A missing sample is an empty cell or a blank.

use std::collections::HashSet;

use super::Taken;
use super::cells::{self, Cells, Record};
use super::path;
use super::recording::Recording;
use super::stamp::Stamp;
use crate::model::CounterSeries;

/// The columns of the header above.
pub struct Pdh {
    cells: Cells,
    /// The series of each column; `None` for a cell of the header that names no counter.
    columns: Vec<Option<usize>>,
    /// Columns up to the last that names a counter: rows may end there.
    counters: usize,
    /// Values of the first row: where a description stands in the header, only this tells whether rows have a cell for it.
    row: Option<usize>,
    quoted: bool,
}

/// Whether a line is a header.
pub fn begins(text: &str) -> bool {
    let text = text.strip_prefix('"').unwrap_or(text);
    text.starts_with("(PDH-CSV ") || text.starts_with("(PDH-TSV ")
}

impl Pdh {
    pub fn new() -> Self {
        Pdh { cells: Cells::new(b','), columns: Vec::new(), counters: 0, row: None, quoted: false }
    }

    pub fn line(&mut self, line: u32, text: &str, cut: bool, recording: &mut Recording) -> Option<Taken> {
        if begins(text) {
            return Some(self.header(line, text, recording));
        }
        let starts_like_row = text.trim_start().starts_with(|c: char| c == '"' || c.is_ascii_digit());
        if self.columns.is_empty() || !starts_like_row {
            return None;
        }
        let record = self.cells.split(text);
        let time = self.cells.get(0);
        let stamp = Stamp::parse(time);
        let cells = self.cells.len().saturating_sub(1);
        let fits = (self.counters..=self.columns.len()).contains(&cells)
            || (cells == self.columns.len() + 1 && self.cells.get(cells).is_empty());
        let is_time = stamp.is_some() || is_like_time(time);
        let fits = fits && self.row.is_none_or(|row| row == cells);
        if record != Record::Whole || !fits || !is_time {
            // Of what is quoted only a row has quotation marks on both sides of a delimiter.
            let between = ['"', self.cells.delimiter as char, '"'];
            let is_row = stamp.is_some() || (self.quoted && text.contains(&String::from_iter(between)));
            return is_row.then(|| {
                recording.damaged(line);
                Taken::Damaged
            });
        }
        self.row = Some(cells);
        recording.tick(line, stamp);
        // Without quotation marks nothing shows whether the last value of a cut line is whole.
        let cut_cell = (cut && !text.ends_with('"')).then_some(cells);
        for (column, series) in self.columns.iter().enumerate() {
            if let Some(series) = series.filter(|_| cut_cell != Some(column + 1)) {
                recording.value(series, line, stamp, self.cells.get(column + 1));
            }
        }
        Some(Taken::Row)
    }

    fn header(&mut self, line: u32, text: &str, recording: &mut Recording) -> Taken {
        let by_name = if text.contains("(PDH-TSV ") { b'\t' } else { b',' };
        self.cells = Cells::new(cells::delimiter(text).unwrap_or(by_name));
        self.quoted = text.starts_with('"');
        if !self.quoted {
            recording.separates_thousands();
        }
        self.columns.clear();
        (self.counters, self.row) = (0, None);
        if self.cells.split(text) != Record::Whole {
            recording.damaged(line);
            return Taken::Damaged;
        }
        let minutes_west = minutes_west(self.cells.get(0));
        let mut named = HashSet::new();
        for cell in self.cells.iter().skip(1) {
            let series = path::parse(cell).and_then(|series| {
                // Files of two zones put together are recordings of two clocks.
                let name = format!("{cell}\t{minutes_west:?}");
                let first = recording.series(line, &name, || CounterSeries { minutes_west, ..series.clone() })?;
                // Two columns of one name are two instances, whose values must not be mixed.
                if named.insert(first) {
                    return Some(first);
                }
                let name = format!("{name}\t{}", self.columns.len());
                recording.series(line, &name, || CounterSeries { minutes_west, ..series })
            });
            self.columns.push(series);
        }
        self.counters = self.columns.iter().rposition(Option::is_some).map_or(0, |last| last + 1);
        Taken::Row
    }
}

/// A date of another calendar: it is not understood; the values behind it are.
fn is_like_time(text: &str) -> bool {
    let starts_with_digit = text.starts_with(|c: char| c.is_ascii_digit());
    let separators = text.bytes().filter(|byte| matches!(byte, b'/' | b'.' | b'-')).count();
    let other = text.contains(['>', '!', '`', '(', '[']);
    starts_with_digit && text.len() <= 40 && text.contains(':') && separators >= 2 && !other
}

/// The last number of `(PDH-CSV 4.0) (Romance Standard Time)(-60)`.
fn minutes_west(cell: &str) -> Option<i32> {
    let (_, minutes) = cell.strip_suffix(')')?.rsplit_once('(')?;
    minutes.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn files_of_many_kinds() {
        let header = "\"(PDH-CSV 4.0)\",\"\\\\A\\P(w)\\X\",\"\\\\A\\M\\Y\"";
        for (rows, want) in [
            // Quoted, with blanks and missing samples.
            ("\"09/22/2026 13:00:00.000\",\" 1.5\",\" \"\n\"09/22/2026 13:00:01.000\",\"\",\"2\"", "X 1.5 | Y 2"),
            // Cut within the quotation marks; a column lost; one too many.
            ("\"09/22/2026 13:00:00.000\",\"1\",\"2", "X | Y | N012"),
            ("\"09/22/2026 13:00:00.000\",\"1\"", "X | Y | N012"),
            ("\"09/22/2026 13:00:00.000\",\"1\",\"2\",\"3\"", "X | Y | N012"),
            ("\"09/22/2026 13:00:00.000\",\"1\",\"2\",\"\"", "X 1 | Y 2"),
            // Junk, and a clock that is set back.
            ("\"\u{1}\u{2},\",\"9\",\"9\"\n\"09/22/2026 13:00:00.000\",\"1\",\"2\"", "X 1 | Y 2 | N012"),
            (
                "\"09/22/2026 13:00:00.000\",\"1\",\"2\"\n\"09/22/2026 12:00:00.000\",\"3\",\"4\"",
                "X 1 3 | Y 2 4 | N011",
            ),
            // Without quotation marks, as spreadsheets write it; the last line may be cut.
            ("9/22/2026 13:00,1,2\n9/22/2026 13:01,1,20", "X 1 1 | Y 2"),
            // A damaged value, and a date of another calendar.
            (
                "\"09/22/2026 13:00:00.000\",\"1x\",\"NaN\"\n\"22/09/69 13:00:00\",\"1\",\"2\"",
                "X 1 | Y 2 | N012 | N011",
            ),
            // The prompt of a debugger with a comma.
            ("0:000> db 1,2", "X | Y"),
            ("Exiting, please wait...\nThe command completed successfully.", "X | Y"),
            // Two instances of one name.
            (
                "\"(PDH-CSV 4.0)\",\"\\\\A\\M\\Y\",\"\\\\A\\M\\Y\"\n\"09/22/2026 13:00:00.000\",\"1\",\"2\"",
                "X | Y 1 | Y 2",
            ),
            // The files of two days, put together.
            (
                "\"09/22/2026 13:00:00.000\",\"1\",\"2\"\n\"(PDH-CSV 4.0)\",\"\\\\A\\M\\Y\"\n\"09/23/2026 13:00:00.000\",\"3\"",
                "X 1 | Y 2 3",
            ),
        ] {
            check(&format!("{header}\n{rows}"), want);
        }
    }

    #[test]
    fn delimiters_descriptions_and_decimal_commas() {
        for (file, want) in [
            (
                "\"(PDH-TSV 4.0) (UTC)(0)\"\t\"\\\\A\\M\\Y\"\t\"nightly\"\n\"09/22/2026 13:00:00.000\"\t\"1\"\t\"\"",
                "Y 1",
            ),
            ("\"(PDH-CSV 4.0)\",\"\\\\A\\M\\Y\",\"nightly\"\n\"09/22/2026 13:00:00.000\",\"1\"", "Y 1"),
            // The description has a cell in each row but the last, so that one has lost another.
            (
                "\"(PDH-CSV 4.0)\",\"\\\\A\\M\\Y\",\"\\\\A\\M\\Z\",\"nightly\"\n\"09/22/2026 13:00:00.000\",\"1\",\"2\",\"\"\n\
                 \"09/22/2026 13:00:01.000\",\"4\",\"\"",
                "Y 1 | Z 2 | N012",
            ),
            ("(PDH-CSV 4.0);\\\\A\\M\\Y\n22.09.2026 13:00:00;1.234,5\n22.09.2026 13:01:00;0,5\n", "Y 1234.5 0.5"),
            ("(PDH-CSV 4.0);\\\\A\\M\\Y\n22.09.2026 13:00:00;1.234\n22.09.2026 13:01:00;7\n", "Y 7 | N012"),
            ("\"(PDH-CSV 4.0)\",\"\\\\A\\M\\Y\"\n\"22/09/2026 13:00:00.000\",\"1,500000\"", "Y 1.5"),
        ] {
            check(file, want);
        }
    }
}
