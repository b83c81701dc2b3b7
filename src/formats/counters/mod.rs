//! Performance counters: recordings of perfmon, typeperf, Get-Counter and dotnet-counters, one format a file.
//!
//! A format takes lines and puts values into a [`Recording`]; at its end the series are complete. What dates and decimal
//! marks mean depends on the locale of the machine, which no file names: it is decided for each recording as a whole.

mod cells;
mod clock;
mod dotnet_csv;
pub mod dotnet_json;
mod dotnet_screen;
mod get_counter;
mod number;
mod path;
mod pdh;
mod recording;
mod samples_csv;
mod stamp;

use super::notes::Notes;
use crate::model::{CounterSeries, NoteCode};
use clock::Habit;
use recording::Recording;

/// The formats by their names, with the tools that write them.
pub const FORMATS: [(&str, &[&str]); 6] = [
    ("pdh", &["typeperf", "perfmon", "logman", "relog", "Export-Counter"]),
    ("get-counter", &["Get-Counter"]),
    ("get-counter-csv", &["Get-Counter | Export-Csv"]),
    ("dotnet-counters-csv", &["dotnet-counters collect --format csv"]),
    ("dotnet-counters-screen", &["dotnet-counters monitor"]),
    ("dotnet-counters-json", &["dotnet-counters collect --format json"]),
];

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// A header, a row, or a part of one.
    Row,
    /// A row that cannot be read.
    Damaged,
}

/// The recording being read, if any.
#[derive(Default)]
pub struct Counters {
    open: Option<(Format, Recording)>,
}

enum Format {
    Pdh(pdh::Pdh),
    GetCounter(get_counter::GetCounter),
    SamplesCsv(samples_csv::SamplesCsv),
    DotnetCsv(dotnet_csv::DotnetCsv),
    DotnetScreen(dotnet_screen::DotnetScreen),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Pdh,
    GetCounter,
    SamplesCsv,
    DotnetCsv,
    DotnetScreen,
}

impl Counters {
    /// Whether a line must be asked about; most are told by this alone.
    #[inline]
    pub fn may_take(&self, text: &str) -> bool {
        self.open.is_some() || may_begin(text)
    }

    /// Whether a line begins a recording of another format than the one being read, which is complete then.
    pub fn begins_other(&self, text: &str) -> bool {
        let kind = begun_by(text);
        kind.is_some() && kind != self.open.as_ref().map(|(format, _)| format.kind())
    }

    /// Takes a line of the recording. `cut` tells that the source ends within it. `None` when it is no part of it.
    pub fn line(&mut self, line: u32, text: &str, cut: bool) -> Option<Taken> {
        let text = text.trim_start_matches('\u{feff}');
        if self.open.is_none() {
            let (format, habit) = match begun_by(text)? {
                Kind::Pdh => (Format::Pdh(pdh::Pdh::new()), Habit::Pdh),
                Kind::GetCounter => (Format::GetCounter(get_counter::GetCounter::default()), Habit::Locale),
                Kind::SamplesCsv => (Format::SamplesCsv(samples_csv::SamplesCsv::new()), Habit::Locale),
                Kind::DotnetCsv => (Format::DotnetCsv(dotnet_csv::DotnetCsv::new()), Habit::Invariant),
                Kind::DotnetScreen => (Format::DotnetScreen(dotnet_screen::DotnetScreen::default()), Habit::Locale),
            };
            self.open = Some((format, Recording::new(habit)));
        }
        let (format, recording) = self.open.as_mut()?;
        match format {
            Format::Pdh(pdh) => pdh.line(line, text, cut, recording),
            Format::GetCounter(get_counter) => get_counter.line(line, text, cut, recording),
            Format::SamplesCsv(samples) => samples.line(line, text, cut, recording),
            Format::DotnetCsv(dotnet) => dotnet.line(line, text, cut, recording),
            Format::DotnetScreen(screen) => screen.line(line, text, cut, recording),
        }
    }

    /// Gives out the series of the recording.
    pub fn finish(&mut self, notes: &mut Notes, mut give: impl FnMut(CounterSeries)) {
        let Some((format, recording)) = self.open.take() else { return };
        let mut nameless = None;
        recording.finish(notes, |series| match &format {
            Format::GetCounter(get_counter) => {
                let line = series.line;
                match get_counter.name(series) {
                    Some(series) => give(series),
                    None => nameless = nameless.or(Some(line)),
                }
            }
            _ => give(series),
        });
        if let Some(line) = nameless {
            notes.add(NoteCode::CounterRows, line, || {
                "counters left out: where their paths are wrapped, a blank may be missing or not; a wider console shows them"
                    .to_string()
            });
        }
    }
}

impl Format {
    fn kind(&self) -> Kind {
        match self {
            Format::Pdh(_) => Kind::Pdh,
            Format::GetCounter(_) => Kind::GetCounter,
            Format::SamplesCsv(_) => Kind::SamplesCsv,
            Format::DotnetCsv(_) => Kind::DotnetCsv,
            Format::DotnetScreen(_) => Kind::DotnetScreen,
        }
    }
}

/// Whether a recording begins with this line.
pub fn begins(text: &str) -> bool {
    begun_by(text).is_some()
}

/// The first bytes of a header; asked of every line that is no plain frame.
#[inline]
fn may_begin(text: &str) -> bool {
    match text.as_bytes() {
        [b'"', first, ..] => first.is_ascii_uppercase() || *first == b'(',
        [b'(', b'P', b'D', ..] | [b'T', b'i', b'm', ..] | [b'#', b'T', b'Y', ..] => true,
        // Columns of `Select-Object`, in the user's order, and a byte order mark where files were put together.
        [b'P', b'a', b't', ..] | [b'C', b'o', b'o', ..] | [b'I', b'n', b's', ..] | [b'R', b'e', b'a', ..] => true,
        // `[System.Runtime]`
        [b'[', b'S' | b'M', ..] => true,
        [0xEF, 0xBB, 0xBF, ..] => true,
        // Parts that were pasted without the lines above them.
        [b'0'..=b'9', ..] => dotnet_csv::is_row(text),
        [b' ', b' ', ..] => dotnet_screen::is_row(text),
        _ => false,
    }
}

fn begun_by(text: &str) -> Option<Kind> {
    let text = text.trim_start_matches('\u{feff}');
    if !may_begin(text) {
        return None;
    }
    let is = |begins: fn(&str) -> bool, kind: Kind| begins(text).then_some(kind);
    is(pdh::begins, Kind::Pdh)
        .or_else(|| is(get_counter::begins, Kind::GetCounter))
        .or_else(|| is(dotnet_csv::begins, Kind::DotnetCsv))
        .or_else(|| is(dotnet_screen::begins, Kind::DotnetScreen))
        .or_else(|| is(samples_csv::begins, Kind::SamplesCsv))
}

#[cfg(test)]
pub mod tests {
    use crate::formats::read_capture;

    /// Compares the values of each counter, and the codes of the notes but for those on dates that fit twice and on
    /// nothing, with `X 1 2 | Y 3 | N012`.
    pub fn check(file: &str, want: &str) {
        let (capture, accounts) = read_capture(file.as_bytes(), "test", false).expect("text in memory");
        assert_eq!(accounts.lines(), file.lines().count() as u64, "{file}");
        let series = capture.counters.iter().map(|series| {
            let instance = series.instance.as_ref().filter(|_| series.name.contains('[') && series.host.is_none());
            let mut text = series.counter.clone() + &instance.map(|tags| format!("[{tags}]")).unwrap_or_default();
            for sample in &series.samples {
                text += &format!(" {}", sample.value.value);
            }
            text
        });
        let notes = capture.notes.iter().filter(|note| !note.message.starts_with("dates fit with"));
        let notes = notes.map(|note| note.code.code()).filter(|code| *code != "N007");
        let parts: Vec<String> = series.chain(notes.map(str::to_string)).collect();
        assert_eq!(parts.join(" | "), want, "{file}");
    }
}
