//! The dialects of stacks, one file each, and what the reader needs to know of them.
//!
//! The two that long logs are full of, `k` and `clrstack`, have columns, wrapped lines and a fast path of their own in the
//! reader. All others are read line by line: a [`Format`] says what one line is, the reader makes stacks of it.

use std::borrow::Cow;

use crate::model::{Dialect, StackKind, ThreadRef};

mod assistants;
pub mod bare;
mod clr20r3;
mod clrma;
pub mod clrstack;
pub mod debugdiag;
mod demystified;
mod dotnet_stack;
mod drmingw;
mod dump_async;
mod dumpstack;
mod dx;
pub mod exception_frame;
mod exception_head;
mod exception_text;
mod find_stack;
pub mod gcroot;
pub mod gdb;
mod host_words;
pub mod k;
pub mod k_header;
mod kernel_stacks;
mod known_message;
pub mod last_words;
mod leaktrack;
pub mod lldb;
pub mod mex;
mod minidump;
mod mk;
mod mono;
mod native_words;
pub mod parallel_stacks;
mod one_line;
mod print_exception;
mod runtime_words;
mod rust;
pub mod short_names;
pub mod told_exception;
mod trace;
mod umdh;
pub mod visual_studio;
mod vs_code;
pub mod whole_call;

/// A dialect that is read line by line.
pub struct Format {
    pub dialect: Dialect,
    pub kind: StackKind,
    /// Commands that print it: names in lower case without `!`, as `prompt` cuts them.
    pub commands: &'static [&'static str],
    /// What one line is, where this dialect is expected; `None` when it is nothing of its own.
    pub line: fn(&str) -> Option<Line<'_>>,
    /// Whether a line shows by itself that this dialect begins. Asked of any line of any text, so it must be sure.
    pub shows: fn(&str) -> bool,
    /// Whether a command prints whole stacks, so that one frame alone is one too.
    pub whole: fn(&str) -> bool,
    /// Frame number of the innermost frame, where frames are numbered.
    pub first_number: u32,
    /// Names of the cells in [`Begin::row`]; empty when there are none.
    pub columns: &'static [&'static str],
}

impl Format {
    /// What a dialect need not say: stacks of threads, without a command of their own, frames numbered from 0.
    const fn of_threads(dialect: Dialect, line: fn(&str) -> Option<Line<'_>>, shows: fn(&str) -> bool) -> Self {
        Format {
            dialect,
            kind: StackKind::Thread,
            commands: &[],
            line,
            shows,
            whole: |_| true,
            first_number: 0,
            columns: &[],
        }
    }
}

/// Every dialect that is read line by line. Of those that would know the same line the surer one comes first.
pub static FORMATS: &[Format] = &[
    dumpstack::FORMAT,
    print_exception::FORMAT,
    clrma::FORMAT,
    parallel_stacks::FORMAT,
    dump_async::FORMAT,
    gcroot::FORMAT,
    mono::FORMAT,
    exception_text::FORMAT,
    dotnet_stack::FORMAT,
    visual_studio::FORMAT,
    lldb::FORMAT,
    gdb::FORMAT,
    minidump::FORMAT,
    dx::FORMAT,
    rust::FORMAT,
    find_stack::FORMAT,
    mex::FORMAT,
    mk::FORMAT,
    kernel_stacks::FORMAT,
    umdh::FORMAT,
    leaktrack::FORMAT,
    debugdiag::FORMAT,
    drmingw::FORMAT,
    vs_code::FORMAT,
    trace::FORMAT,
];

/// What a line is to a dialect.
#[derive(Debug, PartialEq, Eq)]
pub enum Line<'t> {
    /// A stack begins: its thread, exception or allocation.
    Begin(Begin<'t>),
    Frame(FrameLine<'t>),
    /// Part of the dialect, neither frame nor detail: column headers, rules of dashes, separators.
    Header,
    /// More about what [`Begin`] began: a cell by its column.
    Cell(&'static str, &'t str),
    /// A parameter, local or register of the frame above.
    Detail,
    /// Where the frame above stands in the sources.
    Source(&'t str, u32),
    /// Frames were left out here.
    Hole,
    /// Frames are hidden where this line is the first of its stack; among frames it is a header.
    Hidden,
    /// The frames between this line and the second rule of dashes below it come so many times.
    Repeat(u32),
    /// Another stack that has its first frame in common with the one above.
    Again,
    /// The stack is over, and frames that follow belong to another.
    End,
}

/// The beginning of a stack.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Begin<'t> {
    pub thread: ThreadRef,
    /// When it is not what the format says.
    pub kind: Option<StackKind>,
    /// It counts as a stack even when no frame follows.
    pub announced: bool,
    /// A row of the table that goes with the stacks, when the dialect has one.
    pub row: Vec<&'t str>,
    /// The row is believed only where frames follow.
    pub held: bool,
    /// The first frame, when it stands on the same line.
    pub frame: Option<FrameLine<'t>>,
}

impl Begin<'_> {
    /// A thread, with or without frames.
    pub fn thread(thread: ThreadRef) -> Self {
        Begin { thread, announced: true, ..Begin::default() }
    }
}

/// One frame.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct FrameLine<'t> {
    pub number: Option<u32>,
    /// Its call site, put into the one form that `call_site` reads: `module!function+0x1f [source @ line]`.
    pub site: Cow<'t, str>,
    pub inline: bool,
    /// The tool named no module: a name without one is no module.
    pub without_module: bool,
    /// Where a debugger stops or changes threads it shows this one frame; by itself it is no stack.
    pub location: bool,
}

impl<'t> FrameLine<'t> {
    pub fn of(site: impl Into<Cow<'t, str>>) -> Self {
        FrameLine { site: site.into(), ..FrameLine::default() }
    }
}

/// Joins the parts of a call site to the form in which all of them are kept.
pub fn call_site(module: Option<&str>, function: &str, offset: Option<u64>, source: Option<(&str, u32)>) -> String {
    let mut site = String::new();
    if let Some(module) = module.filter(|module| !module.is_empty()) {
        site.push_str(module);
        if !function.is_empty() {
            site.push('!');
        }
    }
    site.push_str(function);
    if let Some(offset) = offset {
        site.push_str(&format!("+{offset:#x}"));
    }
    if let Some((path, line)) = source {
        site.push_str(&format!(" [{path} @ {line}]"));
    }
    site
}

/// A call site and where it stands in the sources, where the line ends in `open path @ line close`.
pub fn site_and_source<'t>(text: &'t str, open: &str, close: char) -> (&'t str, Option<(&'t str, u32)>) {
    let source_of = |place: &'t str| {
        let (path, line) = place.rsplit_once(" @ ")?;
        Some((path, line.parse().ok()?))
    };
    let split = text.strip_suffix(close).and_then(|inner| inner.rsplit_once(open));
    match split.and_then(|(site, place)| Some((site, source_of(place)?))) {
        Some((site, source)) => (site.trim_end(), Some(source)),
        None => (text, None),
    }
}

/// Where a text holds several frames of exception text because its line ends were lost, or the objects of a root: the pieces.
pub fn lost_line_ends(text: &str) -> Option<Vec<Cow<'_, str>>> {
    gcroot::lost_line_ends(text).or_else(|| one_line::lost_line_ends(text))
}

/// The format of a dialect; `None` for the two that have a path of their own.
pub fn format_of(dialect: Dialect) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.dialect == dialect)
}

/// The format whose output a line shows to begin.
pub fn shown_by(line: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| (format.shows)(line))
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// Compares what a line is with its description: `frame 3 site`, `begin 4 0x24 "name"`, `header`, `nothing`, ...
    pub fn check(format: &Format, text: &str, want: &str) {
        assert_eq!(describe((format.line)(text)), want, "{text}");
    }

    fn describe(line: Option<Line<'_>>) -> String {
        match line {
            None => "nothing".to_string(),
            Some(Line::Header) => "header".to_string(),
            Some(Line::Detail) => "detail".to_string(),
            Some(Line::Source(path, line)) => format!("source {path} @ {line}"),
            Some(Line::Hole) => "hole".to_string(),
            Some(Line::Hidden) => "hidden".to_string(),
            Some(Line::Repeat(times)) => format!("repeat {times}"),
            Some(Line::End) => "end".to_string(),
            Some(Line::Again) => "again".to_string(),
            Some(Line::Cell(column, value)) => format!("cell {column} = {value}"),
            Some(Line::Frame(frame)) => describe_frame(&frame),
            Some(Line::Begin(begin)) => describe_begin(&begin),
        }
    }

    fn describe_frame(frame: &FrameLine<'_>) -> String {
        let number = frame.number.map(|number| format!("{number} ")).unwrap_or_default();
        let inline = if frame.inline { "inline " } else { "" };
        let location = if frame.location { "location " } else { "" };
        format!("frame {location}{inline}{number}{}", frame.site)
    }

    fn describe_begin(begin: &Begin<'_>) -> String {
        let ThreadRef { index, os_id, name, .. } = &begin.thread;
        let index = index.map(|index| format!(" {index}"));
        let os_id = os_id.map(|os_id| format!(" {os_id:#x}"));
        let name = name.as_ref().map(|name| format!(" \"{name}\""));
        let row = (!begin.row.is_empty()).then(|| format!(" [{}]", begin.row.join(" | ")));
        let frame = begin.frame.as_ref().map(|frame| format!(", {}", describe_frame(frame)));
        let parts = [index, os_id, name, row, frame];
        format!("begin{}", parts.into_iter().flatten().collect::<String>())
    }
}
