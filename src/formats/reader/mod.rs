//! Joins lines into stacks while the text streams past, and accounts for every line.

mod bare_frames;
mod broken_off;
mod cleaning;
mod counters;
mod current;
mod frames;
mod known;
mod leaks;
mod lines;
mod tables;
mod told;
mod torn_message;
mod wrapped;

use std::io::Read;

use super::Sink;
use super::copy_marks::CopyMarks;
use super::counters::{Counters, dotnet_json};
use super::leak_reports::LeakReading;
use super::notes::{Notes, missing_frames, plural};
use super::saved_page::SavedPage;
use super::section::Section;
use super::stacks::k_header::Columns;
use super::stacks::parallel_stacks::Tree;
use super::table_bars::TableBars;
use crate::model::{CallSites, Dialect, NoteCode, SiteId, SkipReason, SourceInfo, Table, ThreadRef};
use crate::text::{Encoding, TextError, TextReader};
use broken_off::BrokenOff;
use current::Current;

/// Call sites held before the sink is asked whether they may be forgotten.
const SITES_CAP: usize = 24 * 1024 * 1024;

/// More lines than these that should be known, but were not, are worth a note.
const NOT_UNDERSTOOD: u64 = 5;

/// Lines that are kept until it shows whether they are a stack.
const PENDING: usize = 8;

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
    /// Rows, fields and headers of tables; figures of leak reports.
    pub tables: u64,
    /// Rows and headers of counters.
    pub counters: u64,
    pub skipped: u64,
    pub blank: u64,
}

impl Accounts {
    pub fn lines(&self) -> u64 {
        self.frames + self.continuations + self.headers + self.tables + self.counters + self.skipped + self.blank
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
    /// A row that is believed when frames follow, and its line.
    held_row: Option<(u32, Vec<String>)>,
    /// The line that said that nobody caught the exception below.
    said_unhandled: Option<(u32, String)>,
    /// The last line that told of an exception or went on with its message, where it ends at the edge of a console: its
    /// number and width.
    torn: Option<(u32, usize)>,
    /// The `pstacks` tree being read: call sites with their lines.
    tree: Tree<(SiteId, u32)>,
    line: u32,
    leaks: LeakReading,
    /// One cell of a leak report, whose value may stand on the next line.
    half_line: Option<(u32, String)>,
    /// Such a line has found no other half, and goes the way of all lines.
    half_alone: bool,
    stacks: u64,
    tables: u64,
    /// The recording of counters being read.
    recording: Counters,
    counters: u64,
    /// The source ends within the line at hand.
    unended: bool,
    leak_reports: u64,
    /// Lines of known commands that were not understood, and where the first was.
    not_understood: (u64, u32),
    accounts: Accounts,
    notes: Notes,
    broken_off: BrokenOff,
    /// The last column header: it recurs above every thread.
    last_header: Option<(String, Header)>,
    scratch: String,
    /// Lines, each directly below the other, that become a stack when what follows shows that they are one: most often a
    /// lone call site. No more than [`PENDING`].
    pending: Vec<(u32, String)>,
    /// A line `Thread 5` that may head a stack, and where it stands.
    thread_above: Option<(u32, ThreadRef)>,
    /// The line of a mark for hidden frames, above which its stack has none.
    hidden_top: Option<u32>,
    /// The line of the last prompt.
    prompt_line: u32,
    /// Between two fences of Markdown.
    in_fence: bool,
    /// Lines that tell of an exception if frames follow.
    told: Vec<(u32, String)>,
    /// Lone call sites belong to allocations here.
    allocations: bool,
    is_example: bool,
    copy_marks: CopyMarks,
    table_bars: TableBars,
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
            torn: None,
            held_row: None,
            said_unhandled: None,
            tree: Tree::default(),
            line: 0,
            leaks: LeakReading::default(),
            half_line: None,
            half_alone: false,
            stacks: 0,
            tables: 0,
            recording: Counters::default(),
            counters: 0,
            unended: false,
            leak_reports: 0,
            not_understood: (0, 0),
            accounts: Accounts::default(),
            notes: Notes::default(),
            broken_off: BrokenOff::default(),
            last_header: None,
            scratch: String::new(),
            pending: Vec::new(),
            thread_above: None,
            hidden_top: None,
            prompt_line: 0,
            in_fence: false,
            told: Vec::new(),
            allocations: false,
            is_example: false,
            copy_marks: CopyMarks::default(),
            table_bars: TableBars::default(),
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
        if dotnet_json::begins(text.head()?) {
            self.json(&mut text)?;
        }
        let mut begun = false;
        let mut page = None;
        while let Some(chunk) = text.next_chunk()? {
            if !std::mem::replace(&mut begun, true) {
                page = SavedPage::begins(chunk.text);
            }
            let fits = page.as_mut().map(|page| page.push(chunk.text) && chunk.overlong.is_none());
            match fits {
                None => self.chunk(chunk.text),
                Some(true) => {}
                Some(false) => self.page_as_text(page.take()),
            }
            if let Some(bytes) = chunk.overlong {
                self.overlong(bytes);
            }
            if utf8 && text.encoding() == Encoding::Windows1252 {
                utf8 = false;
                let message = || "some lines are not UTF-8 and were read as Windows-1252".to_string();
                self.notes.add(NoteCode::Windows1252, self.line, message);
            }
        }
        self.page(page);
        self.drop_pending();
        self.drop_told();
        self.finish_section();
        self.finish_counters();
        self.last_notes();
        let source = SourceInfo { name: self.name, encoding: text.encoding(), lines: self.accounts.lines() };
        Ok(Reading { source, sites: self.sites, notes: self.notes.finish(), accounts: self.accounts })
    }

    /// Reads a page that was saved by DebugDiag; any other is text.
    fn page(&mut self, page: Option<SavedPage>) {
        let Some(text) = page.as_ref().and_then(SavedPage::render) else { return self.page_as_text(page) };
        self.notes.add(NoteCode::SavedPage, 1, || {
            "this is a saved web page; line numbers are those of its text, with one row of a table a line".to_string()
        });
        self.chunk(&text);
    }

    /// A page that is too large to be turned to text, or not DebugDiag's.
    fn page_as_text(&mut self, page: Option<SavedPage>) {
        let Some(page) = page else { return };
        if page.is_too_large() {
            self.notes.add(NoteCode::SavedPage, 1, || {
                "this web page is too large to be turned to text, so it was read as it stands".to_string()
            });
        }
        self.chunk(&page.into_source());
    }

    /// Notes on the source as a whole.
    fn last_notes(&mut self) {
        if let Some((line, message)) = self.broken_off.note() {
            self.notes.add(NoteCode::BreaksOff, line, || message);
        }
        let (lines, first) = self.not_understood;
        if lines > NOT_UNDERSTOOD {
            let file = if self.name == "stdin" { String::new() } else { format!(" {}", self.name) };
            self.notes.add(NoteCode::NotUnderstood, first, || {
                format!(
                    "{lines} lines of the debugger's output were not understood; \
                     `stacklint parse --show-skipped{file}` shows them"
                )
            });
        }
        if self.accounts.lines() == self.accounts.blank {
            self.notes.add(NoteCode::Empty, 1, || "the input is empty".to_string());
        } else if self.stacks + self.tables + self.counters + self.leak_reports == 0 {
            self.notes
                .add(NoteCode::NothingRecognised, 1, || "no call stack or table was found in this text".to_string());
        }
    }

    fn begin(&mut self, dialect: Dialect, thread: ThreadRef, announced: bool) {
        self.finish_stack();
        self.held_row = None;
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
                let places = plural(stack.holes.len(), "place");
                let frames = if missing == 0 { "frames".to_string() } else { plural(missing, "frame") };
                format!("{frames} missing from this stack in {places}: {}", missing_frames(stack))
            });
        }
        if self.current.short_names {
            self.notes.add(NoteCode::ShortNames, stack.line, || {
                "names of this stack lack their namespaces; those of known types of .NET were added (`System.Threading` \
                 before `Monitor`), and rules on other types do not see it"
                    .to_string()
            });
        }
        self.sink.stack(stack, &self.sites);
    }

    fn finish_section(&mut self) {
        self.finish_leak_reports();
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

pub(super) use frames::sos_site_text;
