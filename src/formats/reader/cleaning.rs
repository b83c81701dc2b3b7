//! From chunks of text to clean lines: the fast path of plain frames, line ends, odd spaces, markup, copy marks, and lines
//! that were several.

use std::borrow::Cow;

use memchr::{memchr, memchr_iter};

use super::Reader;
use crate::formats::shape::{self, Shape};
use crate::formats::stacks::told_exception::leads_to_frames;
use crate::formats::stacks::whole_call;
use crate::formats::tokens::{is_no_space, is_odd_space};
use crate::formats::{call_site, markup};
use crate::model::{Dialect, Frame, Symbol};

/// Only longer lines can be several frames whose line ends were lost.
const SEVERAL_FRAMES: usize = 80;

impl Reader<'_> {
    pub(super) fn chunk(&mut self, text: &str) {
        let mut start = 0;
        for end in memchr_iter(b'\n', text.as_bytes()) {
            self.line(&text[start..end]);
            start = end + 1;
        }
        if start < text.len() {
            self.unended = true;
            self.line(&text[start..]);
        }
    }

    #[inline]
    fn line(&mut self, line: &str) {
        self.line += 1;
        if !self.plain_frame(line) {
            self.other_line(line);
        }
    }

    /// The fast path: a frame in the shape of the stack that is being read, following directly.
    #[inline]
    fn plain_frame(&mut self, line: &str) -> bool {
        let current = &mut self.current;
        if !current.open || current.after_prose || current.complete || current.unfinished || current.odd_columns {
            return false;
        }
        let shape = match current.stack.dialect {
            Dialect::K => shape::k64(line.as_bytes()),
            Dialect::Clrstack => shape::sos64(line.as_bytes()),
            _ => None,
        };
        let Some(Shape { number, child_sp, is_last, site }) = shape else { return false };
        let first = current.stack.frames.is_empty();
        if number != current.next_number && !(first && matches!(number, None | Some(0))) {
            return false;
        }
        let Some(text) = line.get(site..) else { return false };
        let text = without_line_end(text);
        let above = current.stack.frames.last().map(|above| above.site);
        // What is unclean (a lone CR is a line end, odd spaces are blanks), the grammar's path sees to.
        let Some(site) = self.sites.intern_below(above, text, parse_site) else { return false };
        current.stack.frames.push(Frame::new(site, self.line, number));
        current.next_number = number.map(|number| number + 1);
        current.complete = is_last;
        current.returns_somewhere = current.stack.dialect == Dialect::K;
        current.raw.clear();
        current.last_line_length = line.len();
        self.margin = self.margin.max(line.len());
        current.after_blank = false;
        current.child_sp = child_sp;
        self.accounts.frames += 1;
        true
    }

    fn other_line(&mut self, line: &str) {
        let text = without_line_end(line);
        if let Some((_, header)) = self.last_header.as_ref().filter(|(last, _)| last == text) {
            let header = *header;
            self.drop_pending();
            self.drop_told();
            self.column_header(header);
            self.accounts.headers += 1;
            return;
        }
        if let Some(at) = memchr(b'\r', text.as_bytes()) {
            self.some_line(&text[..at]);
            return self.line(&text[at + 1..]);
        }
        self.some_line(text);
    }

    fn some_line(&mut self, text: &str) {
        // Paths of counters have backslashes, and `#` behind them: they come before all that takes marks off a line.
        if self.recording.may_take(text) && self.counter_line(text) {
            return;
        }
        if !text.is_ascii() && text.contains(is_odd_space) {
            let plain = text.chars().filter(|c| !is_no_space(*c)).map(|c| if is_odd_space(c) { ' ' } else { c });
            return self.some_line(&plain.collect::<String>());
        }
        // `RaiseException+0×53`: word processors make a sign of multiplication of it.
        if !text.is_ascii() && text.contains("+0×") {
            return self.some_line(&text.replace("+0×", "+0x"));
        }
        // `kernel32!RaiseException + 0x48`, as COM+ writes into the event log.
        if let Some((site, offset)) = text.trim_end().rsplit_once(" + 0x")
            && site.contains('!')
            && offset.bytes().all(|byte| byte.is_ascii_hexdigit())
            && whole_call::is_call_site(site.trim())
        {
            return self.some_line(&format!("{site}+0x{offset}"));
        }
        if let Some(plain) = markup::strip(text) {
            // A `<br>` at the end of a line begins none.
            let plain = plain.trim_matches('\n');
            return match plain.contains('\n') {
                true => self.pieces(&plain.lines().collect::<Vec<_>>()),
                false => self.some_line(plain),
            };
        }
        let plain = self.table_bars.strip(text);
        let marked = plain.as_deref().unwrap_or(text);
        let text = without_line_end(self.copy_marks.strip(marked));
        if text.len() < marked.len() && self.recording.may_take(text) && self.counter_line(text) {
            return;
        }
        if text.is_empty() {
            if !self.pending_may_be_spaced() {
                self.drop_pending();
            }
            self.current.after_blank = true;
            self.accounts.blank += 1;
            return;
        }
        // An arrow points from the object that `!gcroot` names to the next.
        let may_hold_several = text.len() > SEVERAL_FRAMES || text.ends_with("->");
        match may_hold_several.then(|| self.lost_line_ends(text)).flatten() {
            Some(pieces) => self.pieces(&pieces.iter().map(Cow::as_ref).collect::<Vec<_>>()),
            None => self.known_line(text),
        }
    }

    /// Several lines on one: in the accounts they are one line.
    fn pieces(&mut self, pieces: &[&str]) {
        self.drop_half_line();
        self.drop_pending();
        if let Some(first) = pieces.iter().find(|piece| !leads_to_frames(piece)) {
            self.settle_told(first);
        }
        let before = self.accounts;
        for piece in pieces {
            self.some_line(piece);
        }
        self.drop_half_line();
        self.drop_pending();
        self.drop_told();
        let has_frames = self.accounts.frames > before.frames;
        let has_rows = self.accounts.tables > before.tables;
        self.accounts = before;
        *(match (has_frames, has_rows) {
            (true, _) => &mut self.accounts.frames,
            (false, true) => &mut self.accounts.tables,
            (false, false) => &mut self.accounts.skipped,
        }) += 1;
    }
}

/// The line without blanks and the CR at its end.
#[inline]
fn without_line_end(line: &str) -> &str {
    let mut end = line.len();
    while end > 0 && matches!(line.as_bytes()[end - 1], b' ' | b'\r' | b'\t') {
        end -= 1;
    }
    &line[..end]
}

/// Takes a call site apart, and marks one that is none as it stands.
pub(super) fn parse_site(text: &str) -> Symbol {
    let is_unclean = text.contains(|c| c == '\r' || is_odd_space(c))
        || (text.contains(['&', '<']) && markup::strip(text).is_some())
        || (text.len() > SEVERAL_FRAMES && call_site::lost_line_ends(text).is_some());
    Symbol { is_unclean, ..call_site::parse(text) }
}
