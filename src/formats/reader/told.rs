//! Lines that may tell of an exception: they wait until it is known whether frames follow.

use super::Reader;
use crate::formats::stacks::{self, Begin, told_exception};
use crate::model::{Dialect, SkipReason};

/// Only headings stand between the words and the frames.
const HEADINGS: usize = 8;

impl Reader<'_> {
    /// Keeps a line of prose that may tell of an exception.
    pub(super) fn may_tell_exception(&mut self, text: &str) -> bool {
        let tells = told_exception::row(text).is_some();
        if tells {
            self.told.push((self.line, text.to_string()));
        }
        tells
    }

    /// Takes such a line for the beginning of a stack when this line is a frame of it. Tells whether this line is kept
    /// with it, as a heading.
    pub(super) fn settle_told(&mut self, text: &str) -> bool {
        if self.told.is_empty() {
            return false;
        }
        if self.told.len() <= HEADINGS && told_exception::leads_to_frames(text) {
            self.told.push((self.line, text.to_string()));
            return true;
        }
        // Below the name of an exception, what Mono prints is its trace and no thread.
        let is_trace = |dialect| matches!(dialect, Dialect::ExceptionText | Dialect::Mono);
        let shown = stacks::shown_by(text).filter(|format| is_trace(format.dialect));
        let shown = shown.and_then(|_| stacks::format_of(Dialect::ExceptionText));
        let is_frame = stacks::exception_frame::frame(text, true).is_some();
        let is_call = self.told.len() == 1 && stacks::exception_frame::indented_call(text).is_some();
        let shown = shown.filter(|_| is_frame).or_else(|| {
            let directly = self.told.last().is_some_and(|(line, _)| line + 1 == self.line);
            stacks::format_of(Dialect::ExceptionText).filter(|_| is_call && directly)
        });
        if let Some(format) = shown {
            let (line, words) = self.told.remove(0);
            let here = std::mem::replace(&mut self.line, line);
            let mut row = told_exception::row(&words).map(Vec::from).unwrap_or_default();
            let message = self.told.iter().find_map(|(_, text)| told_exception::json_message(text)).map(str::to_string);
            if let (Some(cell), Some(message)) = (row.get_mut(1).filter(|cell| cell.is_empty()), &message) {
                *cell = message;
            }
            self.begin_as(format, Begin { row, ..Begin::default() }, &words);
            self.section.format = Some(format);
            self.accounts.headers += 1;
            self.line = here;
        }
        self.drop_told();
        false
    }

    /// The lines that wait are prose.
    pub(super) fn drop_told(&mut self) {
        for (line, text) in std::mem::take(&mut self.told) {
            self.accounts.skipped += 1;
            self.sink.skipped(line, &text, &SkipReason::Prose);
        }
    }
}
