//! Joins lines into stacks while the text streams past, and accounts for every line.

use std::io::Read;

use memchr::{memchr, memchr_iter};

use super::clrstack::{self, ClrRow};
use super::kstack::{self, Columns, KLine};
use super::message::{is_cut_mark, is_debugger_message};
use super::notes::{Notes, missing_frames, plural};
use super::section::Section;
use super::shape::{self, Shape};
use super::{Sink, call_site, prompt, thread_header, tokens, wrapping};
use crate::model::{
    CallSites, Dialect, Frame, Hole, NoteCode, SiteId, SkipReason, SourceInfo, Stack, Symbol, ThreadRef,
};
use crate::text::{Encoding, TextError, TextReader};

/// Call sites held before the sink is asked whether they may be forgotten.
const SITES_CAP: usize = 24 * 1024 * 1024;
/// Widths at which windows and mail clients wrap lines.
const WINDOW_WIDTHS: std::ops::RangeInclusive<usize> = 60..=132;
/// Child-SP of neighbouring frames lies no farther apart than this.
const STACK_REACH: u64 = 1 << 20;

/// What a reading leaves behind besides the stacks it gave to its sink.
#[derive(Debug)]
pub struct Reading {
    pub source: SourceInfo,
    pub sites: CallSites,
    pub notes: Vec<crate::model::Note>,
    pub accounts: Accounts,
}

/// Where every line went. The parts add up to the lines of the source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Accounts {
    pub frames: u64,
    /// Lines that go on with the frame above.
    pub continuations: u64,
    /// Prompts, thread headers and column headers.
    pub headers: u64,
    pub skipped: u64,
    pub blank: u64,
}

impl Accounts {
    pub fn lines(&self) -> u64 {
        self.frames + self.continuations + self.headers + self.skipped + self.blank
    }
}

/// The state of a reading.
pub struct Reader<'s> {
    name: String,
    sink: &'s mut dyn Sink,
    sites: CallSites,
    section: Section,
    current: Current,
    line: u32,
    stacks: u64,
    accounts: Accounts,
    notes: Notes,
    broken_off: BrokenOff,
    /// The last column header: it recurs above every thread.
    last_header: Option<(String, Header)>,
    scratch: String,
    /// A lone call site, which becomes a stack when another follows.
    pending: Option<(u32, String)>,
    /// Lone call sites belong to allocations here.
    allocations: bool,
    is_example: bool,
    /// The longest line of a frame so far: where lines are wrapped, that is how wide the window was.
    margin: usize,
}

/// The stack being read.
#[derive(Default)]
struct Current {
    open: bool,
    /// A thread header came before it, so it counts even without frames.
    announced: bool,
    stack: Stack,
    /// The number the next frame must have to follow directly.
    next_number: Option<u32>,
    /// The last frame's return address is zero.
    complete: bool,
    /// The last frame has a return address column that is not zero.
    returns_somewhere: bool,
    /// Digits of the last frame's Child-SP; understood only when something else than a frame follows.
    child_sp: [u8; 16],
    /// Of the whole line, addresses and all.
    last_line_length: usize,
    after_blank: bool,
    after_prose: bool,
    cut_mark: bool,
    /// Call sites alone, without columns or header.
    bare: bool,
}

/// A column header, by the dialect that prints it.
#[derive(Clone, Copy)]
enum Header {
    K(Columns),
    Clrstack,
}

/// Stacks that end in code without symbols.
#[derive(Default)]
struct BrokenOff {
    /// Line of the first.
    line: u32,
    broken: usize,
    /// All stacks of the sections in which some are broken off.
    stacks: usize,
    /// The commands of those sections.
    commands: Vec<String>,
    /// The section at hand.
    broken_here: usize,
    stacks_here: usize,
}

impl<'s> Reader<'s> {
    pub fn new(name: &str, sink: &'s mut dyn Sink) -> Self {
        Reader {
            name: name.to_string(),
            sink,
            sites: CallSites::default(),
            section: Section::unprompted(),
            current: Current::default(),
            line: 0,
            stacks: 0,
            accounts: Accounts::default(),
            notes: Notes::default(),
            broken_off: BrokenOff::default(),
            last_header: None,
            scratch: String::new(),
            pending: None,
            allocations: false,
            is_example: false,
            margin: 0,
        }
    }

    /// Reads an example of a rule: there, one call site is a stack already.
    pub fn of_example(name: &str, sink: &'s mut dyn Sink) -> Self {
        Reader { is_example: true, ..Reader::new(name, sink) }
    }

    /// Reads to the end.
    pub fn read(mut self, input: impl Read) -> Result<Reading, TextError> {
        let mut text = TextReader::new(input);
        let mut utf8 = true;
        while let Some(chunk) = text.next_chunk()? {
            self.chunk(chunk.text);
            if let Some(bytes) = chunk.overlong {
                self.overlong(bytes);
            }
            if utf8 && text.encoding() == Encoding::Windows1252 {
                utf8 = false;
                let message = || "some lines are not UTF-8 and were read as Windows-1252".to_string();
                self.notes.add(NoteCode::Windows1252, self.line, message);
            }
        }
        self.drop_pending();
        self.finish_section();
        self.note_broken_off();
        if self.accounts.lines() == self.accounts.blank {
            self.notes.add(NoteCode::Empty, 1, || "the input is empty".to_string());
        } else if self.stacks == 0 {
            self.notes.add(NoteCode::NothingRecognised, 1, || "no call stack was found in this text".to_string());
        }
        let source = SourceInfo { name: self.name, encoding: text.encoding(), lines: self.accounts.lines() };
        Ok(Reading { source, sites: self.sites, notes: self.notes.finish(), accounts: self.accounts })
    }

    fn chunk(&mut self, text: &str) {
        let mut start = 0;
        for end in memchr_iter(b'\n', text.as_bytes()) {
            self.line(&text[start..end]);
            start = end + 1;
        }
        if start < text.len() {
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
        if !current.open || current.after_prose || current.complete {
            return false;
        }
        let shape = match current.stack.dialect {
            Dialect::K => shape::k64(line.as_bytes()),
            Dialect::Clrstack => shape::sos64(line.as_bytes()),
        };
        let Some(Shape { number, child_sp, is_last, site }) = shape else { return false };
        let first = current.stack.frames.is_empty();
        if number != current.next_number && !(first && matches!(number, None | Some(0))) {
            return false;
        }
        let Some(text) = line.get(site..) else { return false };
        let text = without_line_end(text);
        let site = match current.stack.frames.last() {
            Some(above) => self.sites.intern_below(above.site, text, parse_site),
            None => self.sites.intern(text, parse_site),
        };
        if site.0 as usize + 1 == self.sites.len() && text.contains('\r') {
            // A lone CR inside a line is a line end; the grammar's path splits it.
            return false;
        }
        current.stack.frames.push(Frame::new(site, self.line, number));
        current.next_number = number.map(|number| number + 1);
        current.complete = is_last;
        current.returns_somewhere = true;
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
        if !text.is_ascii() && text.contains('\u{a0}') {
            // Mail clients and browsers put no-break spaces where blanks were.
            return self.some_line(&text.replace('\u{a0}', " "));
        }
        let text = without_line_end(text);
        if text.is_empty() {
            self.drop_pending();
            self.current.after_blank = true;
            self.accounts.blank += 1;
            return;
        }
        self.known_line(text);
    }

    fn known_line(&mut self, text: &str) {
        if self.section.dialect.is_none() && self.section.skips_all().is_none() && self.bare_frame(text) {
            return;
        }
        self.drop_pending();
        if self.header(text) {
            self.accounts.headers += 1;
            return;
        }
        if let Some(reason) = self.section.skips_all() {
            return self.skip(text, reason);
        }
        let trimmed = text.trim();
        if is_debugger_message(trimmed) {
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

    fn not_a_frame(&mut self, text: &str, trimmed: &str) {
        let clrstack = self.current.open && self.current.stack.dialect == Dialect::Clrstack;
        if clrstack && clrstack::is_frame_detail(text) {
            return self.skip(text, SkipReason::FrameDetail);
        }
        let failed = clrstack::WALK_FAILED.iter().any(|start| trimmed.starts_with(start));
        if clrstack && (failed || clrstack::is_failed_row(text)) {
            return self.walk_failed(text);
        }
        if self.current.open && is_cut_mark(trimmed) {
            self.current.cut_mark = true;
        }
        self.allocations |= super::bare::announces_allocations(trimmed);
        self.current.after_prose = true;
        if self.section.columns.is_some_and(|columns| columns.site_only) {
            self.section.columns = None;
        }
        self.skip(text, SkipReason::Prose);
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
            self.section = Section::from_prompt(&prompt);
            return true;
        }
        let columns = kstack::header(text).map(Header::K);
        if let Some(header) = columns.or_else(|| clrstack::is_header(text).then_some(Header::Clrstack)) {
            self.column_header(header);
            self.last_header = Some((text.to_string(), header));
            return true;
        }
        if self.section.skips_all().is_some() {
            return false;
        }
        if text.trim_end().ends_with("Caller, Callee") {
            self.finish_section();
            self.section = Section { output: prompt::Output::RawStackWords, ..Section::unprompted() };
            return true;
        }
        if let Some(thread) = thread_header::parse(text) {
            self.begin(Dialect::K, thread, true);
            return true;
        }
        if let Some(thread) = clrstack::thread_header(text) {
            self.begin(Dialect::Clrstack, thread, true);
            return true;
        }
        false
    }

    fn column_header(&mut self, header: Header) {
        let (dialect, columns) = match header {
            Header::K(columns) => (Dialect::K, Some(columns)),
            Header::Clrstack => (Dialect::Clrstack, None),
        };
        self.section.announce(dialect, columns);
        // A thread header came just before.
        let waiting = self.current.open && self.current.stack.frames.is_empty();
        if !waiting {
            self.begin(dialect, self.section.thread.clone(), false);
        }
        self.current.stack.dialect = dialect;
    }

    /// Reads a frame in the dialect at hand, or in any when none is known.
    fn frame(&mut self, text: &str) -> bool {
        let site_only = self.section.columns.is_some_and(|columns| columns.site_only);
        if !site_only && !text.trim_start().starts_with(|c: char| c.is_ascii_hexdigit() || c == '(') {
            return false;
        }
        match self.section.dialect.or(self.current.open.then_some(self.current.stack.dialect)) {
            Some(Dialect::Clrstack) => self.clrstack_row(text) || self.k_frame(text),
            Some(Dialect::K) => self.k_frame(text) || self.managed_row(text),
            None => self.managed_row(text) || self.k_frame(text),
        }
    }

    fn k_frame(&mut self, text: &str) -> bool {
        let columns = self.section.columns;
        let frame = match columns {
            Some(columns) => kstack::frame(text, columns),
            None => kstack::frame_without_header(text),
        };
        let Some(frame) = frame else { return false };
        let believed = match columns {
            Some(Columns { site_only: false, .. }) => true,
            Some(_) => is_plain_site(frame.site),
            None => call_site::is_credible(frame.site, &call_site::parse(frame.site)),
        };
        if !believed {
            return false;
        }
        let site = self.sites.intern(frame.site, parse_site);
        self.join_k_frame(&frame);
        self.push(site, frame.number, frame.inline, text.len());
        self.current.complete = frame.ret_addr.is_some_and(tokens::is_zero);
        self.current.returns_somewhere = frame.ret_addr.is_some();
        true
    }

    /// Opens a new stack unless the frame goes on with the one at hand.
    fn join_k_frame(&mut self, frame: &KLine<'_>) {
        let child_sp = frame.child_sp.unwrap_or_default();
        if !self.follows(Dialect::K, frame.number, child_sp) {
            self.begin(Dialect::K, self.section.thread.clone(), false);
        }
        self.current.child_sp = digits_of(child_sp);
    }

    fn follows(&self, dialect: Dialect, number: Option<u32>, child_sp: &str) -> bool {
        let current = &self.current;
        if !current.open || current.stack.dialect != dialect {
            return false;
        }
        let Some(last) = current.stack.frames.last() else { return true };
        match (last.number(), number) {
            (Some(last), Some(number)) => number > last,
            (None, None) if current.complete => false,
            (None, None) if !current.after_prose => true,
            (None, None) => lies_below(&current.child_sp, child_sp),
            _ => false,
        }
    }

    /// A row of `!clrstack` where nothing said that one would come: it must look managed.
    fn managed_row(&mut self, text: &str) -> bool {
        let Some(row) = clrstack::row(text) else { return false };
        let wide = row.child_sp.len() == 16;
        let managed = row.marker.is_some() || (row.method.contains('(') && row.method.contains('.'));
        managed && (wide || !row.method.contains('!')) && self.clrstack_row(text)
    }

    fn clrstack_row(&mut self, text: &str) -> bool {
        let Some(row) = clrstack::row(text) else { return false };
        if !self.follows(Dialect::Clrstack, None, row.child_sp) {
            self.begin(Dialect::Clrstack, self.section.thread.clone(), false);
        }
        let mut scratch = std::mem::take(&mut self.scratch);
        scratch.clear();
        write_sos_site(&row, &mut scratch);
        let site = self.sites.intern(&scratch, parse_site);
        self.scratch = scratch;
        self.current.child_sp = digits_of(row.child_sp);
        self.push(site, None, false, text.len());
        self.current.complete = false;
        self.current.returns_somewhere = false;
        true
    }

    /// A call site alone on its line. One could be a word of prose; two in a row are a stack.
    fn bare_frame(&mut self, text: &str) -> bool {
        if self.allocations {
            return false;
        }
        let Some((number, site)) = super::bare::frame(text) else { return false };
        let current = &self.current;
        let goes_on =
            current.open && current.bare && !current.after_prose && (!current.after_blank || number.is_some());
        if goes_on && self.follows(Dialect::K, number, "") {
            return self.push_bare(number, site);
        }
        let in_columns = current.open && !current.bare && !current.after_prose && !current.after_blank;
        if in_columns {
            return false;
        }
        match self.pending.take() {
            None if !self.is_example => {
                self.pending = Some((self.line, text.to_string()));
                return true;
            }
            None => self.begin(Dialect::K, self.section.thread.clone(), false),
            Some((line, above)) => {
                let here = std::mem::replace(&mut self.line, line);
                self.begin(Dialect::K, self.section.thread.clone(), false);
                if let Some((number, site)) = super::bare::frame(&above) {
                    self.push_bare(number, site);
                }
                self.line = here;
            }
        }
        self.current.bare = true;
        self.push_bare(number, site)
    }

    fn push_bare(&mut self, number: Option<u32>, site: &str) -> bool {
        let id = self.sites.intern(site, parse_site);
        self.push(id, number, false, site.len());
        self.accounts.frames += 1;
        true
    }

    /// The lone call site was none, since no other follows.
    fn drop_pending(&mut self) {
        let Some((line, text)) = self.pending.take() else { return };
        self.current.after_prose = true;
        self.accounts.skipped += 1;
        self.sink.skipped(line, &text, &SkipReason::Prose);
    }

    fn push(&mut self, site: SiteId, number: Option<u32>, inline: bool, length: usize) {
        let current = &mut self.current;
        let before = current.stack.frames.len();
        let expected = match current.next_number {
            None if before == 0 => Some(0),
            next => next,
        };
        match (number, expected) {
            (Some(number), Some(expected)) if number > expected => {
                current.stack.holes.push(Hole { before, missing: Some(number - expected) });
            }
            (None, _) if current.cut_mark => current.stack.holes.push(Hole { before, missing: None }),
            _ => {}
        }
        let frame = Frame::new(site, self.line, number);
        current.stack.frames.push(if inline { frame.inlined() } else { frame });
        current.next_number = number.map(|number| number + 1);
        current.last_line_length = length;
        self.margin = self.margin.max(length);
        current.after_blank = false;
        current.after_prose = false;
        current.cut_mark = false;
    }

    /// A line that goes on with the frame above: the frame's call site becomes the joined text.
    fn continuation(&mut self, text: &str) -> bool {
        let current = &self.current;
        if !current.open || current.after_prose {
            return false;
        }
        let Some(last) = current.stack.frames.last() else { return false };
        let above = self.sites.get(last.site).text;
        let open_warning = above.starts_with("*** ");
        let cleaned = if open_warning { "" } else { call_site::without_glued_warning(above) };
        let at_margin = current.last_line_length + 1 >= self.margin && WINDOW_WIDTHS.contains(&self.margin);
        let Some(join) = wrapping::continues(cleaned, at_margin, text, current.after_blank) else {
            return false;
        };
        let blank = if join == wrapping::Join::WithBlank { " " } else { "" };
        let joined = format!("{cleaned}{blank}{}", text.trim());
        let site = self.sites.intern(&joined, parse_site);
        if let Some(frame) = self.current.stack.frames.last_mut() {
            frame.site = site;
        }
        self.current.last_line_length = text.len();
        self.margin = self.margin.max(text.len());
        self.current.after_blank = false;
        true
    }

    fn begin(&mut self, dialect: Dialect, thread: ThreadRef, announced: bool) {
        self.finish_stack();
        if self.sites.bytes() > SITES_CAP && self.sink.may_forget_sites() {
            self.sites.clear();
        }
        let mut stack = std::mem::take(&mut self.current.stack);
        stack.frames.clear();
        stack.holes.clear();
        stack.dialect = dialect;
        stack.thread = thread;
        stack.command.clone_from(&self.section.command);
        stack.line = self.line;
        stack.cut_off = false;
        self.current = Current { open: true, announced, stack, ..Current::default() };
    }

    fn finish_stack(&mut self) {
        let current = &mut self.current;
        if !std::mem::take(&mut current.open) || (current.stack.frames.is_empty() && !current.announced) {
            return;
        }
        let stack = &mut current.stack;
        let bottom = stack.frames.last().map(|frame| self.sites.get(frame.site));
        let breaks_off = bottom.is_some_and(|site| site.is_unreadable()) && stack.dialect == Dialect::K;
        stack.cut_off |= breaks_off || (current.returns_somewhere && !current.complete && bottom.is_some());
        self.stacks += 1;
        self.broken_off.stacks_here += 1;
        if breaks_off {
            self.broken_off.broken_here += 1;
            if self.broken_off.line == 0 {
                self.broken_off.line = stack.line;
            }
        }
        if !stack.holes.is_empty() {
            let missing = stack.missing() as usize;
            self.notes.add(NoteCode::Holes, stack.line, || {
                let (frames, places) = (plural(missing, "frame"), plural(stack.holes.len(), "place"));
                format!("{frames} missing from this stack in {places}: {}", missing_frames(stack))
            });
        }
        self.sink.stack(stack, &self.sites);
    }

    fn finish_section(&mut self) {
        self.finish_stack();
        let broken_off = &mut self.broken_off;
        let broken = std::mem::take(&mut broken_off.broken_here);
        let stacks = std::mem::take(&mut broken_off.stacks_here);
        if broken == 0 {
            return;
        }
        broken_off.broken += broken;
        broken_off.stacks += stacks;
        if let Some(command) = &self.section.command {
            let command = format!("`{command}`");
            if !broken_off.commands.contains(&command) {
                broken_off.commands.push(command);
            }
        }
    }

    fn note_broken_off(&mut self) {
        let BrokenOff { line, broken, stacks, commands, .. } = std::mem::take(&mut self.broken_off);
        if broken == 0 {
            return;
        }
        let of = if commands.is_empty() { String::new() } else { format!(" of {}", commands.join(", ")) };
        self.notes.add(NoteCode::BreaksOff, line, || {
            format!(
                "{broken} of {}{of} break off at code without symbols, most often JIT-compiled managed code; \
                 to see the managed callers, load SOS and run `~*e !clrstack`",
                plural(stacks, "stack")
            )
        });
    }

    fn overlong(&mut self, bytes: u64) {
        self.line += 1;
        self.notes.add(NoteCode::OverlongLine, self.line, || {
            format!("a line of {bytes} bytes was left out: no debugger prints lines longer than 1 MiB")
        });
        self.skip("", SkipReason::Overlong(bytes));
    }

    fn skip(&mut self, text: &str, reason: SkipReason) {
        self.accounts.skipped += 1;
        self.sink.skipped(self.line, text, &reason);
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

/// The digits of an address, filled up with zeros in front; all zero when there is none.
fn digits_of(address: &str) -> [u8; 16] {
    let mut digits = [b'0'; 16];
    let places = (0..16).rev();
    for (place, digit) in places.zip(address.bytes().rev().filter(|&byte| byte != b'`')) {
        digits[place] = digit;
    }
    digits
}

/// Whether a frame at `child_sp` can be a caller of the frame whose Child-SP is `above`.
fn lies_below(above: &[u8; 16], child_sp: &str) -> bool {
    let above = std::str::from_utf8(above).ok().and_then(tokens::hex_value);
    match (above, tokens::hex_value(child_sp)) {
        (Some(above), Some(here)) => above != 0 && here > above && here - above < STACK_REACH,
        _ => false,
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

fn parse_site(text: &str) -> Symbol {
    call_site::parse(text)
}

/// A `kc` line: one call site and nothing else.
fn is_plain_site(site: &str) -> bool {
    let symbol = call_site::parse(site);
    call_site::is_credible(site, &symbol) || !site.contains(' ')
}
