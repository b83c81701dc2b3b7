//! Lines that are frames, or go on with one.

use std::borrow::Cow;

use super::cleaning::parse_site;
use super::current::digits_of;
use super::{PENDING, Reader};
use crate::formats::stacks::bare::Alone;
use crate::formats::stacks::clrstack::{self, ClrRow};
use crate::formats::stacks::k::{self, Columns, KLine};
use crate::formats::stacks::{self, Line, bare, debugdiag, visual_studio};
use crate::formats::tables;
use crate::formats::wrapping::{self, Join, Margin};
use crate::formats::{call_site, tokens};
use crate::model::{Dialect, SkipReason, ThreadRef};

/// Widths at which windows and mail clients wrap lines.
const WINDOW_WIDTHS: std::ops::RangeInclusive<usize> = 60..=132;

/// Where pages set each line apart, one blank line stands between two.
const SPACED: u32 = 2;

impl Reader<'_> {
    /// Reads a frame in the dialect at hand, or in any when none is known.
    pub(super) fn frame(&mut self, text: &str) -> bool {
        let site_only = self.section.columns.is_some_and(|columns| columns.site_only);
        let dialect = self.section.dialect.or(self.current.open.then_some(self.current.stack.dialect));
        let has_columns = text.trim_start().starts_with(|c: char| c.is_ascii_hexdigit() || c == '(');
        let found = (has_columns || site_only)
            && match dialect {
                Some(Dialect::Clrstack) => self.clrstack_row(text) || self.k_frame(text),
                Some(Dialect::K) => self.k_frame(text) || self.managed_row(text),
                Some(_) | None => self.managed_row(text) || self.k_frame(text),
            };
        found || (self.section.prints_k() && self.section.columns.is_none() && self.lone_site(text))
    }

    /// A call site alone below a header of columns: people cut the addresses out.
    pub(super) fn site_below_header(&mut self, text: &str) -> bool {
        let headed = self.section.columns.is_some_and(|columns| !columns.site_only);
        headed && self.current.open && !self.current.after_prose && !self.current.after_blank && self.lone_site(text)
    }

    fn k_frame(&mut self, text: &str) -> bool {
        let Some(frame) = self.read_k(text) else { return false };
        let site = self.sites.intern(frame.site, parse_site);
        let child_sp = frame.child_sp.unwrap_or_default();
        let numbered = self.section.columns.is_some_and(|columns| columns.numbered);
        let number = frame.number.filter(|&number| !(numbered && self.current.has_lost_numbers(number, child_sp)));
        if !self.current.goes_on(Dialect::K, number, child_sp) {
            self.begin(Dialect::K, self.section.thread.clone(), false);
        }
        self.current.child_sp = digits_of(child_sp);
        self.cut_on_top();
        self.current.push(site, self.line, number, frame.inline);
        self.keep_line(text);
        self.finish_k_frame(&frame);
        true
    }

    /// Whether the line above the first frame said that others were cut out.
    pub(super) fn cut_on_top(&mut self) {
        if self.current.stack.frames.is_empty() {
            let hidden = self.hidden_top.take().is_some_and(|line| line + 1 == self.line);
            self.current.cut_mark |= hidden;
        }
    }

    /// The frame on a line, when it can be believed to be one.
    fn read_k<'t>(&self, text: &'t str) -> Option<KLine<'t>> {
        match self.section.columns {
            Some(columns @ Columns { site_only: false, .. }) => {
                // Behind a gap, what has the columns of a frame must have the rest of one too.
                let apart = self.current.after_blank || self.current.after_prose;
                let is_frame = |frame: &KLine<'_>| !apart || bare::is_plausible(frame.site);
                k::frame(text, columns).filter(|frame| is_frame(frame) && !self.is_memory_row(frame)).or_else(|| {
                    k::frame_without_child_sp(text).filter(|frame| !apart && bare::is_call_site(frame.site))
                })
            }
            Some(columns) => k::frame(text, columns).filter(|frame| is_plain_site(frame.site)),
            None => k::frame_without_header(text).filter(|frame| bare::is_call_site(frame.site)),
        }
    }

    /// A row of `dps` or `kd` behind the stack.
    fn is_memory_row(&self, frame: &KLine<'_>) -> bool {
        let two_blanks = self.section.columns.is_some_and(|columns| columns.frame_ptr);
        !two_blanks && !self.current.stack.frames.is_empty() && k::is_memory_row(frame)
    }

    fn finish_k_frame(&mut self, frame: &KLine<'_>) {
        self.current.complete = frame.ret_addr.is_some_and(tokens::is_zero);
        self.current.returns_somewhere = frame.ret_addr.is_some();
        self.current.unfinished = frame.in_arguments;
        // A line that goes on with another one is read again.
        if !self.current.last_has_values() {
            for argument in frame.arguments.split([' ', '.', '\t']).filter(|argument| !argument.is_empty()) {
                self.current.push_value(tokens::hex_value(argument));
            }
        }
    }

    /// A row of `!clrstack` where nothing said that one would come: it must look managed.
    fn managed_row(&mut self, text: &str) -> bool {
        let Some(row) = clrstack::row(text) else { return false };
        let wide = row.child_sp.len() == 16;
        let managed = row.marker.is_some() || bare::is_managed_call(row.method);
        managed && (wide || !row.method.contains('!')) && self.clrstack_row(text)
    }

    fn clrstack_row(&mut self, text: &str) -> bool {
        let Some(row) = clrstack::row(text) else { return false };
        if !self.current.goes_on(Dialect::Clrstack, None, row.child_sp) {
            self.begin(Dialect::Clrstack, self.section.thread.clone(), false);
        }
        let mut scratch = std::mem::take(&mut self.scratch);
        scratch.clear();
        write_sos_site(&row, &mut scratch);
        let site = self.sites.intern(&scratch, parse_site);
        self.scratch = scratch;
        self.current.child_sp = digits_of(row.child_sp);
        self.cut_on_top();
        self.current.push(site, self.line, None, false);
        self.current.complete = false;
        self.current.returns_somewhere = false;
        self.current.unfinished = row.in_marker();
        self.keep_line(text);
        true
    }

    /// The line of the frame at hand, should the next one go on with it.
    pub(super) fn keep_line(&mut self, text: &str) {
        self.current.raw.clear();
        self.current.raw.push_str(text);
        self.current.last_line_length = text.len();
        self.margin = self.margin.max(text.len());
    }

    /// A call site without columns, where the command says that a stack is printed.
    fn lone_site(&mut self, text: &str) -> bool {
        let bare_text = call_site::without_remarks(text.trim());
        let raw = call_site::is_raw_address(bare_text).then_some((None, bare_text));
        let Some((number, site)) = bare::frame(text).or(raw) else { return false };
        if !self.current.goes_on(Dialect::K, number, "") {
            self.begin(Dialect::K, self.section.thread.clone(), false);
        }
        self.push_bare(number, site);
        true
    }

    /// A call site alone on its line, where nothing says that a stack is printed. One could be a word of prose; two in a
    /// row are a stack.
    pub(super) fn bare_frame(&mut self, text: &str) -> bool {
        if self.allocations || !self.may_be_bare(text) || stacks::shown_by(text).is_some() || tables::is_event(text) {
            return false;
        }
        if self.goes_on_bare(text) {
            return true;
        }
        let current = &self.current;
        let in_columns = current.open && !current.bare && !current.after_prose && !current.after_blank;
        if in_columns {
            return current.stack.dialect == Dialect::VisualStudio && self.visual_studio_site(text);
        }
        let Some((kind, ..)) = bare::alone(text) else { return false };
        let first_is_name = self.pending.first().is_some_and(|(_, first)| bare::is_name_alone(first));
        let joins = match kind {
            Alone::Site => true,
            Alone::Noted => !first_is_name,
            Alone::Name => first_is_name,
        };
        if !joins || self.pending.len() >= PENDING || !self.is_as_far_below(kind) {
            self.drop_pending();
        }
        if self.pending.is_empty() && !bare::may_begin(text) {
            return false;
        }
        self.pending.push((self.line, text.to_string()));
        let lines: Vec<&str> = self.pending.iter().map(|(_, line)| line.as_str()).collect();
        // Two paragraphs may name a function each; three, or two with their offsets, are a stack that a page has spaced out.
        let are_enough = self.pending_distance() != Some(SPACED)
            || lines.len() >= 3
            || lines.iter().all(|line| bare::has_offset(line));
        if are_enough && bare::are_stack(&lines) || (self.is_example && kind == Alone::Site) {
            self.believe_pending();
        }
        true
    }

    /// Whether a line is worth a closer look: most lines of most texts stand in no stack and are no name.
    fn may_be_bare(&self, text: &str) -> bool {
        let in_stack = !self.current.after_prose || self.current.cut_mark;
        self.current.open && in_stack || bare::alone(text).is_some()
    }

    /// How far the lines that are kept stand apart.
    fn pending_distance(&self) -> Option<u32> {
        let [(first, _), (second, _), ..] = self.pending.as_slice() else { return None };
        Some(second - first)
    }

    /// Whether this line stands as far below the last line that is kept as those stand apart.
    fn is_as_far_below(&self, kind: Alone) -> bool {
        let Some((last, _)) = self.pending.last() else { return true };
        let distance = self.line - last;
        let fits = distance == 1 || (distance == SPACED && kind == Alone::Site);
        fits && self.pending_distance().is_none_or(|known| known == distance)
    }

    /// Whether the blank line at hand may stand between two call sites of a stack.
    pub(super) fn pending_may_be_spaced(&self) -> bool {
        let last_is_above = self.pending.last().is_some_and(|(last, _)| last + 1 == self.line);
        last_is_above && self.pending_distance().is_none_or(|distance| distance == SPACED)
    }

    /// A frame that goes on with call sites alone.
    fn goes_on_bare(&mut self, text: &str) -> bool {
        let current = &self.current;
        // A mark for lines that were cut out stands for frames of this stack.
        let in_stack = !current.after_prose || current.cut_mark;
        if !current.open || !current.bare || !in_stack {
            return false;
        }
        let spaced = current.spaced && current.stack.frames.last().is_some_and(|last| last.line + SPACED == self.line);
        let directly = (!current.after_blank || spaced) && !current.after_prose;
        let raw = call_site::is_raw_address(text.trim()) && !current.after_prose;
        let (number, sites) = match bare::alone(text) {
            Some((Alone::Site, number, site)) => (number, vec![site]),
            Some((Alone::Noted, number, site)) if directly => (number, vec![site]),
            Some((Alone::Name, _, name)) if directly && current.names => (None, vec![name]),
            _ if raw => (None, vec![Cow::Borrowed(text.trim())]),
            _ => match bare::frames_on_one_line(text) {
                Some(sites) if directly => (None, sites.into_iter().map(Cow::Borrowed).collect()),
                _ => return false,
            },
        };
        let near = !current.after_blank || spaced || number.is_some() || current.cut_mark;
        if !near || !current.goes_on(Dialect::K, number, "") {
            return false;
        }
        for site in sites {
            self.push_bare(number, &site);
        }
        self.accounts.frames += 1;
        true
    }

    /// The lines kept are a stack.
    pub(super) fn believe_pending(&mut self) {
        let here = self.line;
        let names = self.pending.first().is_some_and(|(_, first)| bare::is_name_alone(first));
        let spaced = self.pending_distance() == Some(SPACED);
        for (at, (line, text)) in std::mem::take(&mut self.pending).into_iter().enumerate() {
            self.line = line;
            if at == 0 {
                self.begin_bare();
                self.current.bare = true;
                self.current.names = names;
                self.current.spaced = spaced;
            }
            if let Some((_, number, site)) = bare::alone(&text) {
                self.push_bare(number, &site);
                self.accounts.frames += 1;
            }
        }
        self.line = here;
    }

    /// A line that only Visual Studio or DebugDiag prints stands below call sites that were alone until now.
    pub(super) fn believe_above(&mut self, text: &str) {
        if self.pending.is_empty() {
            return;
        }
        let is_frame = |line: &str| matches!((visual_studio::FORMAT.line)(line), Some(Line::Frame(_)));
        let of_visual_studio =
            visual_studio::is_between_frames(text) && self.pending.iter().all(|(_, line)| is_frame(line));
        let with_source = debugdiag::has_source(text) && self.is_as_far_below(Alone::Site);
        if of_visual_studio || with_source {
            self.believe_pending();
        }
    }

    /// A stack of call sites alone; it may be that of the thread whose header stands above.
    fn begin_bare(&mut self) {
        let waiting =
            self.current.open && self.current.stack.frames.is_empty() && self.current.stack.dialect == Dialect::K;
        if !waiting || self.current.stack.thread == ThreadRef::default() {
            self.begin(Dialect::K, self.section.thread.clone(), false);
        }
    }

    fn push_bare(&mut self, number: Option<u32>, site: &str) {
        let id = self.sites.intern(site, parse_site);
        self.current.push(id, self.line, number, false);
        self.current.raw.clear();
        self.current.last_line_length = site.len();
        self.margin = self.margin.max(site.len());
    }

    /// A call site alone directly below a frame of Visual Studio, which may name a module without its extension.
    fn visual_studio_site(&mut self, text: &str) -> bool {
        let Some((None, site)) = bare::frame(text) else { return false };
        if !self.current.goes_on(Dialect::VisualStudio, None, "") {
            return false;
        }
        self.push_bare(None, site);
        self.accounts.frames += 1;
        true
    }

    /// A lone call site directly above a frame of Visual Studio is the first of its stack.
    pub(super) fn pending_is_visual_studio(&mut self, text: &str) -> bool {
        let [(line, above)] = self.pending.as_slice() else { return false };
        let (line, found) = (*line, bare::frame(above).map(|(_, site)| site.to_string()));
        let shown = stacks::shown_by(text).is_some_and(|format| format.dialect == Dialect::VisualStudio);
        let Some(site) = found.filter(|_| shown && line + 1 == self.line) else { return false };
        self.pending.clear();
        let here = std::mem::replace(&mut self.line, line);
        if !self.current.goes_on(Dialect::VisualStudio, None, "") {
            self.begin(Dialect::VisualStudio, self.section.thread.clone(), false);
        }
        self.push_bare(None, &site);
        self.accounts.frames += 1;
        self.line = here;
        self.shown_line(text)
    }

    /// What looked like call sites were none, since nothing that follows shows it.
    pub(super) fn drop_pending(&mut self) {
        for (line, text) in std::mem::take(&mut self.pending) {
            self.current.after_prose = true;
            self.accounts.skipped += 1;
            self.sink.skipped(line, &text, &SkipReason::Prose);
        }
    }

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

/// The text under which a SOS row's call site is stored: the marker without its address, which differs every time.
pub fn sos_site_text(row: &ClrRow<'_>) -> String {
    let mut text = String::new();
    write_sos_site(row, &mut text);
    text
}

fn write_sos_site(row: &ClrRow<'_>, text: &mut String) {
    if let Some(marker) = row.marker {
        text.push('[');
        text.push_str(marker);
        text.push(']');
        if !row.method.is_empty() {
            text.push(' ');
        }
    }
    text.push_str(row.method);
}

/// Whether a line goes on with the path behind a frame of exception text: `... in c:\src\con` / `toso\a.cs:line 12`.
fn wraps_source(above: &str, text: &str) -> bool {
    let Some((_, behind)) = above.rsplit_once(')') else { return false };
    let begun = behind.contains(['\\', '/']) || behind.trim().split(' ').count() == 1 && !behind.trim().is_empty();
    let text = text.trim();
    let is_end = text.trim_end_matches('.').ends_with(|c: char| c.is_ascii_digit());
    begun && (is_end || !text.contains(' '))
}

/// A `kc` line: one call site and nothing else.
fn is_plain_site(site: &str) -> bool {
    let symbol = call_site::parse(site);
    let is_word = site.starts_with(|c: char| c.is_alphanumeric() || "_<?".contains(c)) && !site.contains(' ');
    call_site::is_credible(site, &symbol) || is_word
}
