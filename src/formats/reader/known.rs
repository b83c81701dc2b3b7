//! What a clean line is: part of the output that is being read, a header, a message, a frame, the rest of one, or nothing.

use super::{Header, Reader};
use crate::formats::message::{is_cut_mark, is_debugger_message, is_dots};
use crate::formats::section::Section;
use crate::formats::stacks::last_words::says_unhandled;
use crate::formats::stacks::{self, bare, clrstack, k_header, mex};
use crate::formats::{prompt, sign, thread_header, tokens};
use crate::model::{Dialect, NoteCode, Sign, SkipReason, StackKind};

impl Reader<'_> {
    pub(super) fn known_line(&mut self, text: &str) {
        for kind in sign::of_line(text, self.section.command.as_deref()) {
            self.sink.sign(&Sign { line: self.line, kind });
        }
        // What a command printed ends with the listing that it stands in; a listing of the command alone is followed by
        // another one of what it printed.
        let ends = self.closes_fence(text) && self.prompt_line + 1 != self.line;
        if ends && self.section.skips_all().is_some() {
            self.finish_section();
            self.section = Section::unprompted();
        }
        if self.settle_told(text) {
            return;
        }
        // A held half of a line goes on with this one.
        if (self.leaks.is_open() || self.half_line.is_some()) && self.leak_line(text) {
            return;
        }
        self.line_of_no_report(text);
    }

    /// A line that is no part of the leak report at hand.
    pub(super) fn line_of_no_report(&mut self, text: &str) {
        if self.pending_is_visual_studio(text) {
            return;
        }
        if self.in_known_output(text) {
            return;
        }
        if self.section.dialect.is_none() && self.section.skips_all().is_none() && self.bare_frame(text) {
            return;
        }
        self.believe_above(text);
        self.drop_pending();
        if self.current.unfinished && self.continuation(text) {
            self.accounts.continuations += 1;
            return;
        }
        if self.header(text) {
            self.accounts.headers += 1;
            return;
        }
        // `STACK_TEXT:` of `!analyze` is open: its frames are no rows.
        let in_stack = self.current.open && self.section.table.is_some();
        if let Some(reason) = self.section.skips_all().filter(|_| !in_stack) {
            // Traces may stand among the rows of a table (`!cs -s`), but not among the output of `dps`.
            let known = self.section.table.is_some() && self.shown_line(text);
            if !known && !self.leak_report_begins(text) {
                self.skip(text, reason);
            }
            return;
        }
        let trimmed = text.trim();
        if is_debugger_message(trimmed) && !self.is_left_out(trimmed) && stacks::shown_by(trimmed).is_none() {
            // Dots right above the first frame stand for those that were cut out.
            self.hidden_top = is_dots(trimmed).then_some(self.line);
            return self.skip(text, SkipReason::DebuggerMessage);
        }
        if self.frame(text) {
            self.accounts.frames += 1;
            return;
        }
        if self.continuation(text) {
            self.accounts.continuations += 1;
            return;
        }
        self.not_a_frame(text, trimmed);
    }

    /// Lines of the dialect or table that is being read.
    fn in_known_output(&mut self, text: &str) -> bool {
        let reading = self.section.format.is_some() || self.section.commanded.is_some() || self.section.table.is_some();
        if !reading || prompt::parse(text).is_some() {
            return false;
        }
        let known = self.format_line(text) || self.table_line(text);
        if known {
            self.drop_pending();
        }
        known
    }

    fn not_a_frame(&mut self, text: &str, trimmed: &str) {
        if self.rest_of_message(text) {
            return;
        }
        let clrstack = self.current.open && self.current.stack.dialect == Dialect::Clrstack;
        if clrstack && clrstack::is_frame_detail(text) {
            if clrstack::is_variable(text) {
                self.current.push_value(clrstack::value_of(text));
            }
            return self.skip(text, SkipReason::FrameDetail);
        }
        let failed = clrstack::WALK_FAILED.iter().any(|start| trimmed.starts_with(start));
        if clrstack && (failed || clrstack::is_failed_row(text)) {
            return self.walk_failed(text);
        }
        if self.shown_line(text) || self.leak_report_begins(text) {
            return;
        }
        if self.site_below_header(text) {
            self.accounts.frames += 1;
            return;
        }
        if self.current.open && (is_cut_mark(trimmed) || self.is_left_out(trimmed)) {
            self.current.cut_mark = true;
        } else if is_cut_mark(trimmed) {
            self.hidden_top = Some(self.line);
        } else if self.current.bare && !trimmed.is_empty() {
            // Call sites below other words are another stack.
            self.current.cut_mark = false;
        }
        self.thread_above = clrstack::thread_line(trimmed).map(|thread| (self.line, thread));
        self.allocations |= bare::announces_allocations(trimmed);
        self.current.after_prose = true;
        if says_unhandled(trimmed) {
            self.said_unhandled = Some((self.line, trimmed.to_string()));
        }
        // Between the groups of a tree `...` stands for others.
        if !self.tree.is_empty() && !trimmed.starts_with("...") {
            self.finish_tree();
        }
        if self.section.is_known() && looks_like_output(trimmed) {
            self.not_understood.1 = if self.not_understood.0 == 0 { self.line } else { self.not_understood.1 };
            self.not_understood.0 += 1;
        }
        if self.section.columns.is_some_and(|columns| columns.site_only) {
            self.section.columns = None;
        }
        if !self.may_tell_exception(text) {
            self.skip(text, SkipReason::Prose);
        }
    }

    /// Whether a line is the second of two fences of Markdown.
    fn closes_fence(&mut self, text: &str) -> bool {
        let is_fence = text.trim_start().starts_with("```") || text.trim() == "~~~";
        self.in_fence ^= is_fence;
        is_fence && !self.in_fence
    }

    /// Dots among frames that no engine printed, or that somebody copied without their columns.
    fn is_left_out(&self, trimmed: &str) -> bool {
        let current = &self.current;
        let by_engine = matches!(current.stack.dialect, Dialect::K | Dialect::Clrstack) && !current.bare;
        current.open && !by_engine && !current.stack.frames.is_empty() && is_dots(trimmed)
    }

    fn walk_failed(&mut self, text: &str) {
        if !self.current.stack.frames.is_empty() {
            self.current.stack.cut_off = true;
            let message = || "SOS reported that it could not walk this stack to its end".to_string();
            self.notes.add(NoteCode::WalkFailed, self.line, message);
        }
        self.skip(text, SkipReason::WalkFailed);
    }

    /// Prompts, thread headers and column headers.
    fn header(&mut self, text: &str) -> bool {
        if let Some(prompt) = prompt::parse(text) {
            self.finish_section();
            for kind in sign::of_prompt(&prompt) {
                self.sink.sign(&Sign { line: self.line, kind });
            }
            self.section = Section::from_prompt(&prompt);
            self.prompt_line = self.line;
            // Another command's output may come from another window, and is no part of a report above.
            self.margin = 0;
            self.allocations = false;
            return true;
        }
        if let Some((above, _)) = &self.last_header
            && self.current.open
            && self.current.stack.frames.is_empty()
            && k_header::is_rest_of_header(above, text)
        {
            return true;
        }
        let columns = k_header::header(text).map(Header::K);
        if let Some(header) = columns.or_else(|| clrstack::is_header(text).then_some(Header::Clrstack)) {
            self.column_header(header);
            self.last_header = Some((text.to_string(), header));
            return true;
        }
        if self.section.skips_all().is_some() {
            return false;
        }
        if let Some(thread) = thread_header::parse(text) {
            // `~` lists threads without their stacks; a column header shows that a stack follows.
            self.begin(Dialect::K, thread, false);
            return true;
        }
        if let Some(thread) = mex::thread_row(text) {
            self.begin(Dialect::K, thread, false);
            return true;
        }
        if let Some(thread) = thread_header::kernel(text) {
            self.begin(Dialect::K, thread, true);
            return true;
        }
        if let Some(thread) = clrstack::thread_header(text) {
            self.begin(Dialect::Clrstack, thread, true);
            return true;
        }
        false
    }

    pub(super) fn column_header(&mut self, header: Header) {
        let (dialect, columns) = match header {
            Header::K(columns) => (Dialect::K, Some(columns)),
            Header::Clrstack => (Dialect::Clrstack, None),
        };
        self.section.announce(dialect, columns);
        // A thread header came just before. What began as anything else (an exception, an allocation) has no columns.
        let stack = &self.current.stack;
        let waiting = self.current.open && stack.frames.is_empty() && stack.kind == StackKind::Thread;
        if !waiting {
            let above =
                self.thread_above.take().filter(|(line, _)| dialect == Dialect::Clrstack && line + 1 == self.line);
            let thread = above.map_or_else(|| self.section.thread.clone(), |(_, thread)| thread);
            self.begin(dialect, thread, false);
        }
        self.current.stack.dialect = dialect;
        self.current.headed = true;
        self.current.odd_columns = columns.is_some_and(|columns| columns.bsp);
        self.current.announced |= waiting;
    }
}

/// Whether a line holds what debuggers print and people do not write: an address or a symbol. What people write between
/// the output of commands need not be understood.
fn looks_like_output(line: &str) -> bool {
    line.split_whitespace().any(|word| {
        let symbol = word.split_once('!').is_some_and(|(module, name)| !module.is_empty() && !name.is_empty());
        symbol || word.starts_with("0x") || matches!(tokens::address(word), Ok(("", _)))
    })
}
