//! Lines that are frames, or go on with one.

use super::Reader;
use super::cleaning::parse_site;
use super::current::digits_of;
use crate::formats::stacks::clrstack::{self, ClrRow};
use crate::formats::stacks::k::{self, KLine};
use crate::formats::stacks::k_header::Columns;
use crate::formats::stacks::{bare, whole_call};
use crate::formats::{call_site, tokens};
use crate::model::Dialect;

impl Reader<'_> {
    /// Reads a frame in the dialect at hand, or in any when none is known.
    pub(super) fn frame(&mut self, text: &str) -> bool {
        let site_only = self.section.columns.is_some_and(|columns| columns.site_only);
        let dialect = self.section.dialect.or(self.current.open.then_some(self.current.stack.dialect));
        // An inline frame has dashes in place of its return address.
        let dashes = self.section.columns.is_some_and(|columns| columns.ret_addr_only);
        let begins = |c: char| c.is_ascii_hexdigit() || c == '(' || dashes && c == '-';
        let has_columns = text.trim_start().starts_with(begins);
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
                let is_frame = |frame: &KLine<'_>| !apart || whole_call::is_plausible(frame.site);
                k::frame(text, columns).filter(|frame| is_frame(frame) && !self.is_memory_row(frame)).or_else(|| {
                    k::frame_without_child_sp(text).filter(|frame| !apart && whole_call::is_call_site(frame.site))
                })
            }
            Some(columns) => k::frame(text, columns).filter(|frame| is_plain_site(frame.site)),
            None => k::frame_without_header(text).filter(|frame| whole_call::is_call_site(frame.site)),
        }
    }

    /// A row of `dps` or `kd` behind the stack.
    fn is_memory_row(&self, frame: &KLine<'_>) -> bool {
        let two_blanks = self.section.columns.is_some_and(|columns| columns.frame_ptr);
        !two_blanks && !self.current.stack.frames.is_empty() && k::is_memory_row(frame)
    }

    pub(super) fn finish_k_frame(&mut self, frame: &KLine<'_>) {
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
        let managed = row.marker.is_some() || whole_call::is_managed_call(row.method);
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
}

/// The text under which a SOS row's call site is stored: the marker without its address, which differs every time.
pub fn sos_site_text(row: &ClrRow<'_>) -> String {
    let mut text = String::new();
    write_sos_site(row, &mut text);
    text
}

pub(super) fn write_sos_site(row: &ClrRow<'_>, text: &mut String) {
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

/// A `kc` line: one call site and nothing else.
fn is_plain_site(site: &str) -> bool {
    let symbol = call_site::parse(site);
    let is_word = site.starts_with(|c: char| c.is_alphanumeric() || "_<?".contains(c)) && !site.contains(' ');
    call_site::is_credible(site, &symbol) || is_word
}
