//! Recordings of counters: their lines, and the JSON that has none.

use std::io::Read;

use super::Reader;
use crate::formats::counters::Taken;
use crate::formats::counters::dotnet_json::DotnetJson;
use crate::formats::section::Section;
use crate::model::SkipReason;
use crate::text::{TextError, TextReader};

impl Reader<'_> {
    /// A line of a recording.
    pub(super) fn counter_line(&mut self, text: &str) -> bool {
        if text.is_empty() {
            return false;
        }
        if self.recording.begins_other(text) {
            self.drop_pending();
            self.finish_section();
            self.finish_counters();
            self.section = Section::unprompted();
        }
        let Some(taken) = self.recording.line(self.line, text, self.unended) else { return false };
        self.drop_pending();
        self.current.after_prose = true;
        match taken {
            Taken::Row => self.accounts.counters += 1,
            Taken::Damaged => self.skip(text, SkipReason::DamagedRow),
        }
        true
    }

    /// A source that is a session of dotnet-counters from end to end, whose lines have no bound.
    pub(super) fn json(&mut self, text: &mut TextReader<impl Read>) -> Result<(), TextError> {
        let mut session = DotnetJson::new();
        while let Some(bytes) = text.next_bytes()? {
            session.bytes(bytes);
        }
        let (counters, sink) = (&mut self.counters, &mut self.sink);
        session.finish(&mut self.notes, |series| {
            *counters += 1;
            sink.counters(&series);
        });
        let lines = session.lines;
        self.accounts.counters += lines.counters;
        self.accounts.blank += lines.blank;
        self.accounts.skipped += lines.other;
        Ok(())
    }

    pub(super) fn finish_counters(&mut self) {
        let (counters, sink) = (&mut self.counters, &mut self.sink);
        self.recording.finish(&mut self.notes, |series| {
            *counters += 1;
            sink.counters(&series);
        });
    }
}
