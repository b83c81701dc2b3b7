//! What `Get-Counter | Export-Csv` writes: a row for each sample, when the samples were expanded, or one for each time.
//!
//! ```text
//! "Path","InstanceName","CookedValue","RawValue","SecondValue","MultipleCount","CounterType","Timestamp",...
//! "\\web01\process(w3wp)\private bytes","w3wp","3221225472","3221225472","0","1","NumberOfItems64","9/22/2026 1:02:03 PM",...
//! ```
//!
//! ```text
//! "Readings","Timestamp","CounterSamples"
//! "\\web01\process(w3wp)\private bytes :
//! 3221225472
//! ","9/22/2026 1:02:03 PM","Microsoft.PowerShell.Commands.GetCounter.PerformanceCounterSample[]"
//! ```

use super::Taken;
use super::cells::{self, Cells, Record};
use super::number::Number;
use super::path;
use super::recording::Recording;
use super::stamp::Stamp;

/// A record of readings that goes on over more bytes than these has lost a quotation mark.
const LONGEST_RECORD: usize = 64 * 1024;

pub struct SamplesCsv {
    cells: Cells,
    columns: usize,
    /// Where in a row its parts stand.
    path: Option<usize>,
    value: Option<usize>,
    status: Option<usize>,
    readings: Option<usize>,
    time: Option<usize>,
    /// The first lines of a record that goes on.
    open: String,
}

/// Whether a line is the header, or the type above it.
pub fn begins(text: &str) -> bool {
    if text.starts_with("#TYPE ") {
        return text.contains("PerformanceCounterSample");
    }
    let has = |name: &str| text.split([',', ';', '\t']).any(|cell| cell.trim().trim_matches('"') == name);
    match text.strip_prefix('"').unwrap_or(text).bytes().next() {
        Some(b'A'..=b'Z') => (has("Path") && has("CookedValue")) || (has("Readings") && has("Timestamp")),
        _ => false,
    }
}

impl SamplesCsv {
    pub fn new() -> Self {
        SamplesCsv {
            cells: Cells::new(b','),
            columns: 0,
            path: None,
            value: None,
            status: None,
            readings: None,
            time: None,
            open: String::new(),
        }
    }

    pub fn line(&mut self, line: u32, text: &str, cut: bool, recording: &mut Recording) -> Option<Taken> {
        if self.open.is_empty() && begins(text) {
            self.header(text, recording);
            return Some(Taken::Row);
        }
        if !self.open.is_empty() {
            return self.rest_of_record(line, text, recording);
        }
        let starts = text.starts_with(|c: char| matches!(c, '"' | '\\') || c.is_ascii_digit());
        if self.columns == 0 || !starts || !text.contains(self.cells.delimiter as char) && self.readings.is_none() {
            return None;
        }
        self.record(line, text, cut, recording)
    }

    fn header(&mut self, text: &str, recording: &mut Recording) {
        if text.starts_with('#') {
            return;
        }
        if !text.starts_with('"') {
            recording.separates_thousands();
        }
        self.cells = Cells::new(cells::delimiter(text).unwrap_or(b','));
        self.columns = if self.cells.split(text) == Record::Whole { self.cells.len() } else { 0 };
        let find = |name: &str| self.cells.iter().position(|cell| cell == name);
        (self.path, self.value, self.status) = (find("Path"), find("CookedValue"), find("Status"));
        (self.readings, self.time) = (find("Readings"), find("Timestamp"));
    }

    /// Lines of readings within quotation marks: paths and numbers, nothing else.
    fn rest_of_record(&mut self, line: u32, text: &str, recording: &mut Recording) -> Option<Taken> {
        let bare = text.trim_start();
        let before_mark = bare.split('"').next().unwrap_or_default();
        let is_path = bare.starts_with('\\') && (before_mark.trim_end().ends_with(':') || bare.contains('"'));
        let expected = is_path || bare.starts_with('"') || Number::parse(before_mark).is_some();
        if !expected || bare.starts_with("\"\\\\") || self.open.len() > LONGEST_RECORD {
            self.open.clear();
            recording.damaged(line);
            return self.line(line, text, false, recording);
        }
        self.open.push('\n');
        self.open.push_str(text);
        if !text.contains('"') {
            return Some(Taken::Row);
        }
        let record = std::mem::take(&mut self.open);
        self.record(line, &record, false, recording)
    }

    fn record(&mut self, line: u32, text: &str, cut: bool, recording: &mut Recording) -> Option<Taken> {
        match self.cells.split(text) {
            Record::Open if self.readings.is_some() && !cut => {
                self.open = text.to_string();
                return Some(Taken::Row);
            }
            Record::Whole if self.cells.len() == self.columns && (!cut || text.ends_with('"')) => {}
            _ => {
                recording.damaged(line);
                return Some(Taken::Damaged);
            }
        }
        let cell = |at: Option<usize>| at.map_or("", |at| self.cells.get(at));
        let stamp = Stamp::parse(cell(self.time));
        recording.tick(line, stamp);
        let mut add = |path: &str, value: &str| {
            let Some(named) = path::parse(path) else { return };
            if let Some(series) = recording.series(line, path, || named) {
                recording.value(series, line, stamp, value);
            }
        };
        // A status other than zero says that the value is not valid.
        if self.value.is_some() && matches!(cell(self.status), "" | "0") {
            add(cell(self.path), cell(self.value));
        } else if self.value.is_none() {
            let mut readings = cell(self.readings).lines().map(str::trim).filter(|line| !line.is_empty());
            while let Some(path) = readings.next() {
                let Some(path) = path.strip_suffix(':') else { continue };
                add(path.trim_end(), readings.next().unwrap_or_default());
            }
        }
        Some(Taken::Row)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn rows_and_readings() {
        for (file, want) in [
            (
                "\"Path\",\"CookedValue\",\"Timestamp\",\"Status\"\n\"\\\\a\\p(w)\\x\",\"1\",\"9/22/2026 1:02:03 PM\",\"0\"\n\
                 \"\\\\a\\p(w)\\x\",\"7\",\"9/22/2026 1:02:04 PM\",\"3221228474\"\n",
                "x 1",
            ),
            (
                "Timestamp;Path;CookedValue\n22.09.2026 13:02:03;\\\\a\\p(w)\\x;0,5\n22.09.2026 13:02:04;\\\\a\\p(w)\\x;1,",
                "x 0.5 | N012",
            ),
            (
                "#TYPE Microsoft.PowerShell.Commands.GetCounter.PerformanceCounterSampleSet\n\
                 \"Readings\",\"Timestamp\",\"CounterSamples\"\n\
                 \"\\\\a\\p(w)\\x :\n12\n\n\\\\a\\m\\y :\n3\n\",\"9/22/2026 1:02:03 PM\",\"Sample[]\"\n",
                "x 12 | y 3",
            ),
            // A record that was never closed.
            (
                "\"Readings\",\"Timestamp\",\"CounterSamples\"\n\"\\\\a\\p(w)\\x :\n12\nwords\n\
                 \"\\\\a\\p(w)\\x :\n4\n\",\"9/22/2026 1:02:03 PM\",\"Sample[]\"\n",
                "x 4 | N012",
            ),
        ] {
            check(file, want);
        }
    }
}
