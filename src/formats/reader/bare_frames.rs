//! Call sites alone on their lines, where nothing says that a stack is printed: they wait until enough of them make one.

use std::borrow::Cow;

use super::cleaning::parse_site;
use super::{PENDING, Reader};
use crate::formats::stacks::bare::Alone;
use crate::formats::stacks::short_names::{is_short_name, short_name};
use crate::formats::stacks::{self, Line, bare, debugdiag, visual_studio};
use crate::formats::{call_site, tables};
use crate::model::{Dialect, SkipReason, ThreadRef};

/// Where pages set each line apart, one blank line stands between two.
const SPACED: u32 = 2;

impl Reader<'_> {
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
        if let Some(sites) = bare::sites_on_one_line(text) {
            self.drop_pending();
            self.begin_bare();
            self.current.bare = true;
            sites.into_iter().for_each(|site| self.push_bare(None, site));
            self.accounts.frames += 1;
            return true;
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
        self.current.open && in_stack || bare::alone(text).is_some() || bare::sites_on_one_line(text).is_some()
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
        let short = if current.short_names && directly { short_name(text) } else { None };
        let (number, sites) = match bare::alone(text) {
            _ if short.is_some() => (None, short.into_iter().collect()),
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
        self.current.short_names |= is_short_name(text);
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
                self.current.short_names |= is_short_name(&text);
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

    pub(super) fn push_bare(&mut self, number: Option<u32>, site: &str) {
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
}
