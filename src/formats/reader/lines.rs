//! Dialects that are read line by line: their lines become stacks.

use std::borrow::Cow;

use super::Reader;
use crate::formats::call_site;
use crate::formats::copy_marks::is_known_or_site;
use crate::formats::stacks::parallel_stacks::{self, FORMAT, Part};
use crate::formats::stacks::{self, Begin, Format, FrameLine, Line, exception_frame};
use crate::formats::tables;
use crate::model::{Dialect, SiteId, SkipReason, StackKind, ThreadRef};

/// Frames follow what they prove within so many lines: a message has few.
const HELD_FOR: u32 = 4;

/// What a line says of the exception below, it says near it: ASP.NET sets the ids of application and process between, each
/// behind a blank line.
const SAID_ABOVE: u32 = 8;

impl Reader<'_> {
    /// A line of the dialect that is being read, or that the command prints.
    pub(super) fn format_line(&mut self, text: &str) -> bool {
        let asked = [self.section.format, self.section.commanded];
        for format in asked.into_iter().flatten() {
            if self.line_of(format, text) {
                self.section.format = Some(format);
                return true;
            }
        }
        false
    }

    /// A line that shows by itself which dialect or table begins.
    pub(super) fn shown_line(&mut self, text: &str) -> bool {
        if let Some(format) = stacks::shown_by(text) {
            self.section.format = Some(format);
            return self.line_of(format, text);
        }
        if let Some(table) = tables::shown_by(text) {
            // `!dso` prints a thread's id too; it is no stack without frames.
            self.current.announced &= !self.current.stack.frames.is_empty();
            self.finish_stack();
            self.section.table = Some(table);
            return self.line_of_table(table, text);
        }
        false
    }

    fn line_of(&mut self, format: &'static Format, text: &str) -> bool {
        if format.dialect == Dialect::ParallelStacks {
            return self.parallel_line(text);
        }
        let Some(line) = (format.line)(text) else {
            let is_part = self.rule_of_repeat(format, text) || self.local_of_frame(format, text);
            return is_part || self.call_of_trace(format, text);
        };
        match line {
            Line::Repeat(times) => {
                if !self.current.open || self.current.stack.dialect != format.dialect {
                    return false;
                }
                self.keep_held_row(format);
                self.current.repeat = Some((times, self.current.stack.frames.len()));
                self.accounts.headers += 1;
            }
            Line::Begin(begin) if format.dialect == Dialect::GcRoot && !self.is_place_of_root(&begin) => return false,
            Line::Begin(begin) => {
                let frames = begin.frame.is_some();
                self.begin_as(format, begin, text);
                *(if frames { &mut self.accounts.frames } else { &mut self.accounts.headers }) += 1;
            }
            Line::Frame(frame) => {
                self.format_frame(format, &frame, text);
                self.accounts.frames += 1;
            }
            // Log lines say `Message=` too.
            Line::Cell(..) if format.dialect == Dialect::ExceptionText && !self.awaits_frames() => return false,
            Line::Cell(column, value) => {
                if !self.has_row {
                    self.begin_as(format, Begin::default(), text);
                }
                self.add_cell(format.dialect.name(), format.columns, column, value);
                self.has_row = true;
                self.accounts.tables += 1;
            }
            Line::Detail => self.skip(text, SkipReason::FrameDetail),
            Line::Source(path, number) => return self.source_of_frame(format, path, number),
            Line::Hole => {
                // Below words that stand apart, the mark begins another stack.
                if self.has_frames_of(format) && self.current.after_prose && self.current.after_blank {
                    self.finish_stack();
                }
                self.current.cut_mark |= self.current.open;
                self.hidden_top = (!self.has_frames_of(format)).then_some(self.line);
                self.accounts.headers += 1;
            }
            Line::Hidden => {
                self.adopt(format, format.kind);
                let inside = self.has_frames_of(format) && !self.current.after_prose;
                self.hidden_top = (!inside).then_some(self.line);
                self.accounts.headers += 1;
            }
            Line::Header => {
                self.adopt(format, format.kind);
                self.accounts.headers += 1;
            }
            Line::Again => {
                self.begin_again(format);
                self.accounts.headers += 1;
            }
            Line::End => {
                self.finish_stack();
                self.accounts.headers += 1;
            }
        }
        true
    }

    /// `!gcroot` names the method whose local holds an object in the columns of `!clrstack`: below its thread, never apart
    /// from what it printed before.
    fn is_place_of_root(&self, begin: &Begin<'_>) -> bool {
        let Some(frame) = begin.frame.as_ref().filter(|frame| !frame.site.starts_with('[')) else { return true };
        let current = &self.current;
        let directly = current.open && !current.after_blank && !current.after_prose;
        frame.location && directly && current.stack.dialect == Dialect::GcRoot
    }

    /// Whether the stack at hand is of this dialect and has begun.
    fn has_frames_of(&self, format: &Format) -> bool {
        let stack = &self.current.stack;
        self.current.open && stack.dialect == format.dialect && !stack.frames.is_empty()
    }

    /// An exception whose frames are still to come.
    pub(super) fn awaits_frames(&self) -> bool {
        let stack = &self.current.stack;
        self.has_row && self.current.open && stack.dialect == Dialect::ExceptionText && stack.frames.is_empty()
    }

    pub(super) fn begin_as(&mut self, format: &Format, begin: Begin<'_>, text: &str) {
        let kind = begin.kind.unwrap_or(format.kind);
        let says_more = begin.announced || begin.thread != ThreadRef::default();
        let waiting = self.current.open && self.current.stack.frames.is_empty() && self.current.announced;
        if says_more || !waiting || self.current.stack.dialect != format.dialect {
            let same = self.current.stack.dialect == format.dialect;
            // Of what keeps objects alive, only locals of methods are a thread's.
            let is_of_handle = || begin.frame.as_ref().is_some_and(|frame| frame.site.starts_with('['));
            let no_thread = match kind {
                StackKind::Allocation | StackKind::Async => true,
                StackKind::Root => !same || is_of_handle(),
                _ => false,
            };
            let thread = match (says_more, no_thread) {
                (true, _) => begin.thread,
                (false, true) => ThreadRef::default(),
                (false, false) if same => self.current.stack.thread.clone(),
                (false, false) => self.section.thread.clone(),
            };
            self.begin(format.dialect, thread, begin.announced);
        }
        self.current.stack.kind = kind;
        self.held_row = None;
        self.has_row = false;
        if begin.held {
            self.held_row = Some((self.line, begin.row.iter().map(|cell| cell.to_string()).collect()));
        } else if !begin.row.is_empty() {
            self.add_row(format.dialect.name(), format.columns, &begin.row);
            // Only now: the table that ends here leaves no row open.
            self.has_row = true;
            self.add_unhandled(format, &begin.row);
            self.may_go_on(format.dialect, text);
        }
        if let Some(frame) = begin.frame {
            self.format_frame(format, &frame, text);
        }
    }

    /// Another stack with the first frame of the one at hand, unless that has nothing but this frame yet.
    fn begin_again(&mut self, format: &Format) {
        let stack = &self.current.stack;
        let is_same = self.current.open && stack.dialect == format.dialect && stack.frames.len() > 1;
        let Some(&first) = stack.frames.first().filter(|_| is_same) else { return };
        let thread = stack.thread.clone();
        self.begin(format.dialect, thread, false);
        self.current.stack.kind = format.kind;
        self.current.push(first.site, first.line, None, false);
        self.current.shares_first = true;
    }

    fn format_frame(&mut self, format: &Format, frame: &FrameLine<'_>, text: &str) {
        self.adopt(format, self.current.stack.kind);
        if !self.current.goes_on(format.dialect, frame.number, "") {
            self.begin(format.dialect, self.section.thread.clone(), false);
            self.current.stack.kind = format.kind;
        }
        self.keep_held_row(format);
        self.cut_on_top();
        if self.current.stack.frames.is_empty() {
            self.current.next_number = Some(format.first_number);
            self.current.is_location = frame.location;
        }
        let parse = if frame.without_module { call_site::parse_function } else { super::cleaning::parse_site };
        let site = self.sites.intern(&frame.site, parse);
        self.current.push(site, self.line, frame.number, frame.inline);
        self.keep_line(text);
    }

    /// The line above said that nobody caught what this row tells of.
    fn add_unhandled(&mut self, format: &Format, row: &[&str]) {
        let Some(at) = format.columns.iter().position(|column| *column == "unhandled") else { return };
        let Some((line, words)) = self.said_unhandled.take() else { return };
        if self.line <= line + SAID_ABOVE && row.get(at).is_none_or(|cell| cell.is_empty()) {
            self.add_cell(format.dialect.name(), format.columns, "unhandled", &words);
        }
    }

    /// Frames follow: the row that waits for them is believed.
    fn keep_held_row(&mut self, format: &Format) {
        let Some((line, row)) = self.held_row.take() else { return };
        if self.line > line + HELD_FOR {
            return;
        }
        let here = std::mem::replace(&mut self.line, line);
        let cells: Vec<&str> = row.iter().map(String::as_str).collect();
        self.add_row(format.dialect.name(), format.columns, &cells);
        self.has_row = true;
        self.add_unhandled(format, &cells);
        self.line = here;
    }

    /// A line that tells where the frame directly above stands in the sources.
    fn source_of_frame(&mut self, format: &Format, path: &str, number: u32) -> bool {
        let current = &self.current;
        let above = current.open && current.stack.dialect == format.dialect;
        let directly = !current.after_blank && !current.after_prose && !current.has_source_line;
        let Some(frame) = current.stack.frames.last().filter(|_| above && directly) else { return false };
        let site = self.sites.get(frame.site);
        let line = format!(" Line {number}");
        let name = site.text.strip_suffix(line.as_str()).unwrap_or(site.text);
        let text = format!("{name} [{path} @ {number}]");
        let site = self.sites.intern(&text, super::cleaning::parse_site);
        if let Some(frame) = self.current.stack.frames.last_mut() {
            frame.site = site;
        }
        self.current.has_source_line = true;
        self.accounts.continuations += 1;
        true
    }

    /// A local of the frame above: it stands below that frame's source, farther to the right than frames do.
    fn local_of_frame(&mut self, format: &Format, text: &str) -> bool {
        let current = &self.current;
        let below = current.open && current.stack.dialect == format.dialect && current.has_source_line;
        let indent = |text: &str| text.len() - text.trim_start().len();
        if !below || current.after_blank || current.after_prose || indent(text) <= indent(&current.raw) {
            return false;
        }
        self.skip(text, SkipReason::FrameDetail);
        true
    }

    /// A frame of an exception that was written without `at`.
    fn call_of_trace(&mut self, format: &Format, text: &str) -> bool {
        let current = &self.current;
        let is_trace = format.dialect == Dialect::ExceptionText && current.stack.dialect == format.dialect;
        let directly = current.open && !current.after_blank && !current.after_prose;
        if !is_trace || !directly || !(current.stack.frames.is_empty() || current.without_at) {
            return false;
        }
        let Some(call) = exception_frame::indented_call(text) else { return false };
        self.current.without_at = true;
        self.format_frame(format, &FrameLine::of(call), text);
        self.accounts.frames += 1;
        true
    }

    /// A rule of dashes around frames that come back.
    fn rule_of_repeat(&mut self, format: &Format, text: &str) -> bool {
        let text = text.trim();
        let is_rule = text.len() >= 5 && text.bytes().all(|byte| byte == b'-');
        if !is_rule || self.current.stack.dialect != format.dialect || !self.current.open {
            return false;
        }
        let known = self.current.repeat_rule();
        self.accounts.headers += u64::from(known);
        known
    }

    /// A thread's header, or call sites alone, turn out to be of this dialect.
    fn adopt(&mut self, format: &Format, kind: StackKind) {
        let current = &mut self.current;
        // `!gcroot` names the method whose local holds an object.
        let is_root = format.dialect == Dialect::GcRoot && !current.announced && current.stack.frames.len() == 1;
        if current.open && is_root && current.stack.dialect == Dialect::Clrstack {
            current.stack.dialect = format.dialect;
            current.stack.kind = format.kind;
            current.after_prose = false;
        }
        let header_only = current.announced && current.stack.frames.is_empty();
        if current.open
            && (header_only || (current.bare && !current.after_prose))
            && current.stack.dialect != format.dialect
        {
            current.stack.dialect = format.dialect;
            current.stack.kind = if header_only { format.kind } else { kind };
        }
    }

    /// The frame at hand read again, with the line that goes on with it. `None` when that is no frame.
    pub(super) fn format_site(&mut self, joined: &str) -> Option<SiteId> {
        let format = stacks::format_of(self.current.stack.dialect)?;
        match (format.line)(joined)? {
            Line::Frame(frame) => {
                let parse = if frame.without_module { call_site::parse_function } else { super::cleaning::parse_site };
                Some(self.sites.intern(&frame.site, parse))
            }
            _ => None,
        }
    }

    fn parallel_line(&mut self, text: &str) -> bool {
        match parallel_stacks::part(text) {
            Some(Part::Threads(first, threads)) => {
                self.finish_stack();
                self.tree.begin(first, self.line);
                self.add_row(FORMAT.dialect.name(), FORMAT.columns, &["", threads]);
                self.has_row = true;
                self.accounts.headers += 1;
            }
            Some(Part::Frame { count, column, method }) if !self.tree.is_empty() => {
                // The topmost frame of a branch tells how many threads there are.
                if std::mem::take(&mut self.has_row) {
                    self.add_cell(FORMAT.dialect.name(), FORMAT.columns, "count", count);
                }
                let site = self.sites.intern(method, super::cleaning::parse_site);
                self.tree.frame(column, (site, self.line));
                self.accounts.frames += 1;
            }
            Some(Part::Rule) => {
                self.finish_tree();
                self.accounts.headers += 1;
            }
            _ => return false,
        }
        true
    }

    /// Gives out the stacks of a `pstacks` tree: one for each group of threads.
    pub(super) fn finish_tree(&mut self) {
        for leaf in self.tree.finish() {
            self.finish_stack();
            self.current.begin(Dialect::ParallelStacks, leaf.thread, true, &self.section.command, leaf.line);
            for &(site, line) in &leaf.frames {
                self.current.push(site, line, None, false);
            }
        }
        self.finish_stack();
    }

    /// A frame that shows where a thread stands, without its stack: it is taken back.
    pub(super) fn take_back_location(&mut self) -> bool {
        let current = &self.current;
        let alone = current.open && current.is_location && current.stack.frames.len() == 1;
        let command = self.section.command.as_deref().unwrap_or_default();
        let whole = stacks::format_of(current.stack.dialect).is_some_and(|format| (format.whole)(command));
        if !alone || whole {
            return false;
        }
        let Some(frame) = self.current.stack.frames.pop() else { return false };
        self.current.open = false;
        self.accounts.frames -= 1;
        if self.sites.get(frame.site).text.starts_with('[') {
            // A root of `!gcroot` with nothing below it: a heading.
            self.accounts.headers += 1;
            return true;
        }
        self.accounts.skipped += 1;
        let text = std::mem::take(&mut self.current.raw);
        self.sink.skipped(frame.line, &text, &SkipReason::Location);
        true
    }

    /// Where several lines were put on one: its pieces, each a line of its own.
    pub(super) fn lost_line_ends<'t>(&self, text: &'t str) -> Option<Vec<Cow<'t, str>>> {
        let borrowed = |pieces: Vec<&'t str>| pieces.into_iter().map(Cow::Borrowed).collect();
        let escaped = || {
            let pieces: Vec<&str> = text.split("\\n").map(|piece| piece.trim_end_matches("\\r")).collect();
            (pieces.iter().filter(|piece| is_known_or_site(piece)).count() >= 2).then_some(pieces)
        };
        call_site::lost_line_ends(text)
            .map(borrowed)
            .or_else(|| stacks::lost_line_ends(text))
            .or_else(|| tables::fault_labels::lost_line_ends(text).map(borrowed))
            .or_else(|| text.contains("\\n").then(escaped).flatten().map(borrowed))
    }
}
