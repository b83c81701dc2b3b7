//! Text to model: the dialects in which debuggers print stacks.
//!
//! A paste mixes dialects, so nothing is guessed per file: prompts and headers cut the text into sections first, then
//! each dialect reads its own lines. nom reads inside a line; [`Reader`] joins lines into stacks.
//!
//! | file | what it reads |
//! |---|---|
//! | `prompt` | `0:057> kL`: prompts, and what a command prints |
//! | `thread_header` | `.  0  Id: 1f4.1f8 Suspend: 1 Teb: ...` |
//! | `stacks/` | the dialects of stacks, one file each |
//! | `tables/` | what debuggers print besides stacks, one file each |
//! | `counters/` | recordings of performance counters, one file for each format |
//! | `leak_reports/` | DebugDiag's leak reports, which are no tables: one figure stands in several places |
//! | `saved_page` | reports that DebugDiag saved as web pages, turned to text |
//! | `call_site` | `module!function+offset [source @ line]` |
//! | `wrapping` | lines that a mail client broke |
//! | `pasted_line` | the call site of a line in a rule's pattern |
//! | `copy_marks` | `> ` of quoted mails, line numbers of listings |
//! | `table_bars` | the bars of a Markdown table |
//! | `markup` | DML and HTML around a line |
//! | `message` | what the debugger says about itself |
//! | `sign` | when, and of which process, the lines below were printed |
//! | `shape` | the byte test that most lines pass instead of all of the above |

mod call_site;
mod copy_marks;
mod counters;
mod leak_reports;
mod marks;
mod markup;
mod message;
mod notes;
mod pasted_line;
mod prompt;
mod reader;
mod saved_page;
mod section;
mod shape;
mod sign;
mod stacks;
mod table_bars;
mod tables;
mod thread_header;
mod tokens;
mod wrapping;

use std::io::Read;

use crate::model::{
    CallSites, Capture, CounterSeries, Dialect, LeakReport, Sign, SkipReason, Skipped, Stack, Symbol, Table,
};
use crate::text::TextError;

pub use pasted_line::clean_frame_line;
pub use reader::{Accounts, Reader, Reading};
pub use tables::fault_reports::bucket_code;
pub use tables::is_address;

/// Receives what is read, stack by stack, while the text streams past.
pub trait Sink {
    /// A stack is complete. `sites` resolves its call sites.
    fn stack(&mut self, stack: &Stack, sites: &CallSites);

    /// A table is complete.
    fn table(&mut self, _table: &Table) {}

    /// A leak report is complete.
    fn leak_report(&mut self, _report: &LeakReport) {}

    /// A counter's samples are complete.
    fn counters(&mut self, _series: &CounterSeries) {}

    /// A line tells of another time or another process. What stands below it may be given out before what stands above:
    /// lines tell the order.
    fn sign(&mut self, _sign: &Sign) {}

    /// A line was skipped.
    fn skipped(&mut self, _line: u32, _text: &str, _reason: &SkipReason) {}

    /// The table of call sites has grown past its cap. Returning true lets the reader forget all call sites, and void
    /// the numbers given so far.
    fn may_forget_sites(&mut self) -> bool {
        false
    }
}

/// Streams a source into `sink`. `name` is what notes and reports call it.
pub fn read(input: impl Read, name: &str, sink: &mut dyn Sink) -> Result<Reading, TextError> {
    Reader::new(name, sink).read(input)
}

/// Reads an example of a rule: any text that [`read`] reads, or call sites alone, one a line.
pub fn read_example(text: &str, sink: &mut dyn Sink) {
    // Text in memory is read without errors.
    let _ = Reader::of_example("example", sink).read(text.as_bytes());
}

/// Reads a source as a whole and keeps everything, skipped lines included when `keep_skipped` asks for them.
pub fn read_capture(input: impl Read, name: &str, keep_skipped: bool) -> Result<(Capture, Accounts), TextError> {
    let mut keep = Keep { keep_skipped, ..Keep::default() };
    let reading = read(input, name, &mut keep)?;
    let Reading { source, sites, notes, accounts } = reading;
    let Keep { stacks, tables, leak_reports, counters, skipped, .. } = keep;
    Ok((Capture { source, sites, stacks, tables, leak_reports, counters, notes, skipped }, accounts))
}

/// The dialects of stacks that are read: their names, and the commands that print them.
pub fn dialects() -> Vec<(&'static str, &'static [&'static str])> {
    let mut known: Vec<(&str, &[&str])> = vec![
        (Dialect::K.name(), &["k", "kb", "kc", "kf", "kL", "kn", "kp", "kP", "kv"]),
        (Dialect::Clrstack.name(), &["clrstack"]),
    ];
    known.extend(stacks::FORMATS.iter().map(|format| (format.dialect.name(), format.commands)));
    known
}

/// The kinds of tables that are read: their names, columns, and the commands that print them.
pub fn tables() -> Vec<(&'static str, &'static [&'static str], &'static [&'static str])> {
    tables::TABLES.iter().map(|table| (table.name, table.columns, table.commands)).collect()
}

/// The formats of counters that are read: their names, and the tools that write them.
pub fn counter_formats() -> Vec<(&'static str, &'static [&'static str])> {
    counters::FORMATS.to_vec()
}

/// Takes a call site's text apart: what a frame line holds behind its addresses.
pub fn parse_call_site(text: &str) -> Symbol {
    call_site::parse(text)
}

#[derive(Default)]
struct Keep {
    stacks: Vec<Stack>,
    tables: Vec<Table>,
    leak_reports: Vec<LeakReport>,
    counters: Vec<CounterSeries>,
    skipped: Vec<Skipped>,
    keep_skipped: bool,
}

impl Sink for Keep {
    fn stack(&mut self, stack: &Stack, _sites: &CallSites) {
        self.stacks.push(stack.clone());
    }

    fn table(&mut self, table: &Table) {
        self.tables.push(table.clone());
    }

    fn leak_report(&mut self, report: &LeakReport) {
        self.leak_reports.push(report.clone());
    }

    fn counters(&mut self, series: &CounterSeries) {
        self.counters.push(series.clone());
    }

    fn skipped(&mut self, line: u32, text: &str, reason: &SkipReason) {
        if self.keep_skipped {
            self.skipped.push(Skipped { line, text: text.to_string(), reason: reason.clone() });
        }
    }
}
