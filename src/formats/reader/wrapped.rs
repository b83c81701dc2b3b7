//! Frames that windows and mail clients wrapped: a line that goes on with the one above is read with it again.

use super::Reader;
use super::cleaning::parse_site;
use super::frames::write_sos_site;
use crate::formats::call_site;
use crate::formats::stacks::{clrstack, k};
use crate::formats::wrapping::{self, Join, Margin};
use crate::model::Dialect;

/// Widths at which windows and mail clients wrap lines.
const WINDOW_WIDTHS: std::ops::RangeInclusive<usize> = 60..=132;

impl Reader<'_> {
    /// A line that goes on with the frame above: the two are read again as one.
    pub(super) fn continuation(&mut self, text: &str) -> bool {
        let current = &self.current;
        if !current.open || current.after_prose {
            return false;
        }
        let Some(last) = current.stack.frames.last() else { return false };
        let site = self.sites.get(last.site).text;
        let by_columns = matches!(current.stack.dialect, Dialect::K | Dialect::Clrstack);
        let above = if by_columns { site } else { current.raw.as_str() };
        let above = call_site::without_glued_warning(above);
        let managed = current.stack.dialect.is_managed();
        let margin = self.margin_at(text);
        // A message on symbols or the end of the line came between a frame's columns and its call site.
        let no_site = site.is_empty() || above.ends_with(", calling");
        let moved = !by_columns && no_site && text.contains(['!', '+', '(']);
        let join = match current.unfinished {
            _ if moved => Some(Join::WithBlank),
            true if current.after_blank => None,
            true => Some(margin.join(text)),
            false => wrapping::continues(above, managed, margin, text, current.after_blank),
        };
        let exception = current.stack.dialect == Dialect::ExceptionText && !current.after_blank;
        let Some(join) = join
            .or_else(|| (exception && !site.contains(" @ ") && wraps_source(above, text)).then(|| margin.join(text)))
        else {
            return false;
        };
        let join =
            if exception && above.matches('(').count() > above.matches(')').count() { margin.join(text) } else { join };
        let base = if current.raw.is_empty() { above } else { call_site::without_glued_warning(&current.raw) };
        let blank = if join == Join::WithBlank { " " } else { "" };
        let joined = format!("{base}{blank}{}", text.trim());
        if !self.read_again(&joined) {
            return false;
        }
        self.current.last_line_length = text.len();
        self.margin = self.margin.max(text.len());
        self.current.after_blank = false;
        true
    }

    /// How the line above and this one lie to the width at which lines are wrapped here.
    fn margin_at(&self, text: &str) -> Margin {
        let length = self.current.last_line_length;
        let first_word = text.split_whitespace().next().unwrap_or_default().len();
        let wraps = WINDOW_WIDTHS.contains(&self.margin);
        Margin { reached: wraps && length + 1 + first_word > self.margin, exactly: length >= self.margin }
    }

    /// Takes the joined line for the frame at hand.
    fn read_again(&mut self, joined: &str) -> bool {
        if !matches!(self.current.stack.dialect, Dialect::K | Dialect::Clrstack) {
            let Some(site) = self.format_site(joined) else { return false };
            if let Some(frame) = self.current.stack.frames.last_mut() {
                frame.site = site;
            }
            self.keep_line(joined);
            return true;
        }
        let from_columns = !self.current.raw.is_empty();
        let managed = self.current.stack.dialect == Dialect::Clrstack;
        let mut scratch = std::mem::take(&mut self.scratch);
        scratch.clear();
        let mut again = None;
        if from_columns && managed {
            match clrstack::row(joined) {
                Some(row) => {
                    write_sos_site(&row, &mut scratch);
                    self.current.unfinished = row.in_marker();
                }
                None => scratch.push_str(joined),
            }
        } else if from_columns {
            let columns = self.section.columns.unwrap_or_default();
            again = k::frame(joined, columns).or_else(|| k::frame_without_header(joined));
            scratch.push_str(again.as_ref().map_or("", |frame| frame.site));
        } else {
            scratch.push_str(joined);
        }
        let understood = !from_columns || managed || again.is_some();
        if understood {
            let site = self.sites.intern(&scratch, parse_site);
            if let Some(frame) = self.current.stack.frames.last_mut() {
                frame.site = site;
            }
            if let Some(frame) = &again {
                self.finish_k_frame(frame);
            }
            if from_columns {
                self.current.raw.clear();
                self.current.raw.push_str(joined);
            }
        }
        self.scratch = scratch;
        understood
    }
}

/// Whether a line goes on with the path behind a frame of exception text: `... in c:\src\con` / `toso\a.cs:line 12`.
fn wraps_source(above: &str, text: &str) -> bool {
    let Some((_, behind)) = above.rsplit_once(')') else { return false };
    let begun = behind.contains(['\\', '/']) || behind.trim().split(' ').count() == 1 && !behind.trim().is_empty();
    let text = text.trim();
    let is_end = text.trim_end_matches('.').ends_with(|c: char| c.is_ascii_digit());
    begun && (is_end || !text.contains(' '))
}
