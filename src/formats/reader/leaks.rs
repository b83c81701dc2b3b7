//! Leak reports among the lines: what the report at hand says to a line, and the lines that are halves of one.

use super::Reader;
use crate::formats::leak_reports::Understood;
use crate::model::{NoteCode, SkipReason};

impl Reader<'_> {
    /// A line of a leak report; where none is being read, one that shows that one begins.
    pub(super) fn leak_line(&mut self, text: &str) -> bool {
        if let Some((line, above)) = self.half_line.take() {
            let joined = format!("{above}\t{}", text.trim());
            let understood = self.leaks.joined(&joined, self.line);
            self.give_out_leak_reports();
            match understood {
                Understood::Stack => {
                    let here = std::mem::replace(&mut self.line, line);
                    let known = self.shown_line(&joined) || self.format_line(&joined);
                    self.line = here;
                    if known {
                        self.accounts.continuations += 1;
                        return true;
                    }
                }
                Understood::No | Understood::Half => {}
                _ => {
                    self.leak_accounts(understood, &above, line);
                    self.leak_accounts(understood, text, self.line);
                    return true;
                }
            }
            self.line_alone(line, &above);
        }
        let understood = self.leaks.line(text, self.line);
        self.give_out_leak_reports();
        match understood {
            Understood::No => return false,
            Understood::Stack => return self.shown_line(text) || self.format_line(text),
            Understood::Half => {
                self.drop_pending();
                self.half_line = Some((self.line, text.trim().to_string()));
            }
            _ => {
                self.drop_pending();
                // What stood open is over: samples are followed by the next function.
                self.finish_stack();
                self.has_row = false;
                self.leak_accounts(understood, text, self.line);
            }
        }
        self.allocations = true;
        true
    }

    /// Whether a line that nothing else knows begins a leak report.
    pub(super) fn leak_report_begins(&mut self, text: &str) -> bool {
        !self.leaks.is_open() && !self.half_alone && self.leak_line(text)
    }

    fn leak_accounts(&mut self, understood: Understood, text: &str, line: u32) {
        match understood {
            Understood::Title => self.accounts.headers += 1,
            Understood::Detail => {
                let here = std::mem::replace(&mut self.line, line);
                self.skip(text, SkipReason::LeakDetail);
                self.line = here;
            }
            _ => self.accounts.tables += 1,
        }
    }

    /// The line that was held back for the next one goes its own way.
    pub(super) fn drop_half_line(&mut self) {
        if let Some((line, text)) = self.half_line.take() {
            self.line_alone(line, &text);
        }
    }

    fn line_alone(&mut self, line: u32, text: &str) {
        let here = std::mem::replace(&mut self.line, line);
        self.half_alone = true;
        self.line_of_no_report(text);
        self.half_alone = false;
        self.line = here;
    }

    pub(super) fn finish_leak_reports(&mut self) {
        self.drop_half_line();
        self.leaks.finish();
        self.give_out_leak_reports();
    }

    fn give_out_leak_reports(&mut self) {
        for finished in self.leaks.take_finished() {
            self.leak_reports += 1;
            for (line, message) in finished.doubts {
                self.notes.add(NoteCode::LeakFigures, line, || message);
            }
            self.sink.leak_report(&finished.report);
        }
    }
}
