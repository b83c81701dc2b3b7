//! Joins lines into stacks while the text streams past, and accounts for every line.

mod broken_off;
mod current;
mod frames;
mod lines;
mod tables;

use std::io::Read;

use memchr::{memchr, memchr_iter};

use super::copy_marks::CopyMarks;
use super::message::{is_cut_mark, is_debugger_message, is_root_chain};
use super::notes::{Notes, missing_frames, plural};
use super::section::Section;
use super::shape::{self, Shape};
use super::stacks::k::{self, Columns};
use super::stacks::parallel_stacks::Tree;
use super::stacks::{bare, clrstack};
use super::tokens::{self, is_no_space, is_odd_space};
use super::{Sink, call_site, markup, prompt, thread_header};
use crate::model::{CallSites, Dialect, Frame, NoteCode, SiteId, SkipReason, SourceInfo, Symbol, Table, ThreadRef};
use crate::text::{Encoding, TextError, TextReader};
use broken_off::BrokenOff;
use current::Current;

/// Call sites held before the sink is asked whether they may be forgotten.
const SITES_CAP: usize = 24 * 1024 * 1024;

/// More lines than these that should be known, but were not, are worth a note.
const NOT_UNDERSTOOD: u64 = 5;

/// Only longer lines can be several frames whose line ends were lost.
const SEVERAL_FRAMES: usize = 80;

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
    /// Rows, fields and headers of tables.
    pub tables: u64,
    pub skipped: u64,
    pub blank: u64,
}

impl Accounts {
    pub fn lines(&self) -> u64 {
        self.frames + self.continuations + self.headers + self.tables + self.skipped + self.blank
    }
}

/// The state of a reading.
pub struct Reader<'s> {
    name: String,
    sink: &'s mut dyn Sink,
    sites: CallSites,
    section: Section,
    current: Current,
    /// The table being read.
    table: Option<Table>,
    /// A row of it belongs to the stack being read.
    has_row: bool,
    /// The `pstacks` tree being read: call sites with their lines.
    tree: Tree<(SiteId, u32)>,
    line: u32,
    stacks: u64,
    tables: u64,
    /// Lines of known commands that were not understood, and where the first was.
    not_understood: (u64, u32),
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
    copy_marks: CopyMarks,
    /// The longest line of a frame so far: where lines are wrapped, that is how wide the window was.
    margin: usize,
}

/// A column header, by the dialect that prints it.
#[derive(Clone, Copy)]
enum Header {
    K(Columns),
    Clrstack,
}

impl<'s> Reader<'s> {
    pub fn new(name: &str, sink: &'s mut dyn Sink) -> Self {
        Reader {
            name: name.to_string(),
            sink,
            sites: CallSites::default(),
            section: Section::unprompted(),
            current: Current::default(),
            table: None,
            has_row: false,
            tree: Tree::default(),
            line: 0,
            stacks: 0,
            tables: 0,
            not_understood: (0, 0),
            accounts: Accounts::default(),
            notes: Notes::default(),
            broken_off: BrokenOff::default(),
            last_header: None,
            scratch: String::new(),
            pending: None,
            allocations: false,
            is_example: false,
            copy_marks: CopyMarks::default(),
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
        self.last_notes();
        let source = SourceInfo { name: self.name, encoding: text.encoding(), lines: self.accounts.lines() };
        Ok(Reading { source, sites: self.sites, notes: self.notes.finish(), accounts: self.accounts })
    }

    /// Notes on the source as a whole.
    fn last_notes(&mut self) {
        if let Some((line, message)) = self.broken_off.note() {
            self.notes.add(NoteCode::BreaksOff, line, || message);
        }
        let (lines, first) = self.not_understood;
        if lines > NOT_UNDERSTOOD {
            let name = &self.name;
            self.notes.add(NoteCode::NotUnderstood, first, || {
                format!(
                    "{lines} lines of the debugger's output were not understood; \
                     `stacklint parse --show-skipped {name}` shows them"
                )
            });
        }
        if self.accounts.lines() == self.accounts.blank {
            self.notes.add(NoteCode::Empty, 1, || "the input is empty".to_string());
        } else if self.stacks == 0 && self.tables == 0 {
            self.notes
                .add(NoteCode::NothingRecognised, 1, || "no call stack or table was found in this text".to_string());
        }
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
        if !current.open || current.after_prose || current.complete || current.unfinished {
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
        if !text.is_ascii() && text.contains(is_odd_space) {
            let plain = text.chars().filter(|c| !is_no_space(*c)).map(|c| if is_odd_space(c) { ' ' } else { c });
            return self.some_line(&plain.collect::<String>());
        }
        if let Some(plain) = markup::strip(text) {
            return match plain.contains('\n') {
                true => self.pieces(&plain.lines().collect::<Vec<_>>()),
                false => self.some_line(&plain),
            };
        }
        let text = without_line_end(self.copy_marks.strip(text));
        if text.is_empty() {
            self.drop_pending();
            self.current.after_blank = true;
            self.accounts.blank += 1;
            return;
        }
        match (text.len() > SEVERAL_FRAMES).then(|| self.lost_line_ends(text)).flatten() {
            Some(pieces) => self.pieces(&pieces),
            None => self.known_line(text),
        }
    }

    /// Several lines on one: in the accounts they are one line.
    fn pieces(&mut self, pieces: &[&str]) {
        self.drop_pending();
        let before = self.accounts;
        for piece in pieces {
            self.some_line(piece);
        }
        self.drop_pending();
        let has_frames = self.accounts.frames > before.frames;
        self.accounts = before;
        *(if has_frames { &mut self.accounts.frames } else { &mut self.accounts.skipped }) += 1;
    }

    fn known_line(&mut self, text: &str) {
        if self.in_known_output(text) {
            return;
        }
        if self.section.dialect.is_none() && self.section.skips_all().is_none() && self.bare_frame(text) {
            return;
        }
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
            if !known {
                self.skip(text, reason);
            }
            return;
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
        let clrstack = self.current.open && self.current.stack.dialect == Dialect::Clrstack;
        if clrstack && clrstack::is_frame_detail(text) {
            return self.skip(text, SkipReason::FrameDetail);
        }
        let failed = clrstack::WALK_FAILED.iter().any(|start| trimmed.starts_with(start));
        if clrstack && (failed || clrstack::is_failed_row(text)) {
            return self.walk_failed(text);
        }
        if self.shown_line(text) {
            return;
        }
        if self.site_below_header(text) {
            self.accounts.frames += 1;
            return;
        }
        // `!gcroot` names the frame that holds an object, and the chain of objects below it.
        let one_frame = self.current.open && !self.current.announced && self.current.stack.frames.len() == 1;
        self.current.is_location |= one_frame && is_root_chain(trimmed);
        if self.current.open && is_cut_mark(trimmed) {
            self.current.cut_mark = true;
        }
        self.allocations |= bare::announces_allocations(trimmed);
        self.current.after_prose = true;
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
        if let Some((above, _)) = &self.last_header
            && self.current.open
            && self.current.stack.frames.is_empty()
            && k::is_rest_of_header(above, text)
        {
            return true;
        }
        let columns = k::header(text).map(Header::K);
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
        self.current.headed = true;
        self.current.announced |= waiting;
    }

    fn begin(&mut self, dialect: Dialect, thread: ThreadRef, announced: bool) {
        self.finish_stack();
        if self.tree.is_empty() && self.sites.bytes() > SITES_CAP && self.sink.may_forget_sites() {
            self.sites.clear();
        }
        let Section { command, .. } = &self.section;
        self.current.begin(dialect, thread, announced, command, self.line);
    }

    fn finish_stack(&mut self) {
        if self.take_back_location() {
            return;
        }
        self.keep_thread_row();
        let Some(broken) = self.current.finish(&self.sites) else { return };
        let stack = &self.current.stack;
        self.stacks += 1;
        self.broken_off.count(broken.then_some(stack.line));
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
        self.finish_tree();
        self.finish_table();
        self.broken_off.end_section(self.section.command.as_deref());
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

/// Whether a line holds what debuggers print and people do not write: an address or a symbol. What people write between
/// the output of commands need not be understood.
fn looks_like_output(line: &str) -> bool {
    line.split_whitespace().any(|word| {
        let symbol = word.split_once('!').is_some_and(|(module, name)| !module.is_empty() && !name.is_empty());
        symbol || word.starts_with("0x") || matches!(tokens::address(word), Ok(("", _)))
    })
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

pub(super) use frames::sos_site_text;

fn parse_site(text: &str) -> Symbol {
    let is_unclean = text.contains(|c| c == '\r' || is_odd_space(c))
        || (text.contains(['&', '<']) && markup::strip(text).is_some())
        || (text.len() > SEVERAL_FRAMES && call_site::lost_line_ends(text).is_some());
    Symbol { is_unclean, ..call_site::parse(text) }
}
