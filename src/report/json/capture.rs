//! What was understood of a source: `stacklint.capture/1`.

use std::io::{self, Write};

use serde::Serialize;

use super::measured::{CounterJson, LeakReportJson};
use super::{SourceJson, ThreadJson, source_json, write_pretty};
use crate::model::{Capture, FrameKind, Hole, Note, Stack, Table};

/// Writes what was understood: `stacklint.capture/1`.
pub fn render_capture_json(sources: &[CaptureJson<'_>], out: &mut dyn Write) -> io::Result<()> {
    write_pretty(&CapturesJson { schema: "stacklint.capture/1", sources }, out)
}

#[derive(Serialize)]
struct CapturesJson<'a> {
    schema: &'a str,
    sources: &'a [CaptureJson<'a>],
}

/// One source as read.
#[derive(Serialize)]
pub struct CaptureJson<'a> {
    #[serde(flatten)]
    source: SourceJson<'a>,
    stacks: Vec<StackJson<'a>>,
    tables: Vec<TableJson<'a>>,
    leak_reports: Vec<LeakReportJson<'a>>,
    counters: Vec<CounterJson<'a>>,
    notes: Vec<NoteJson<'a>>,
}

#[derive(Serialize)]
struct StackJson<'a> {
    kind: &'a str,
    thread: ThreadJson<'a>,
    command: Option<&'a str>,
    format: &'a str,
    line: u32,
    frames: Vec<FrameJson<'a>>,
    holes: Vec<HoleJson>,
}

#[derive(Serialize)]
struct TableJson<'a> {
    name: &'a str,
    command: Option<&'a str>,
    line: u32,
    columns: &'a [&'a str],
    rows: Vec<RowJson<'a>>,
    fields: Vec<FieldJson<'a>>,
}

#[derive(Serialize)]
struct RowJson<'a> {
    line: u32,
    cells: &'a [String],
}

#[derive(Serialize)]
struct FieldJson<'a> {
    line: u32,
    name: &'a str,
    value: &'a str,
}

#[derive(Serialize)]
struct FrameJson<'a> {
    number: Option<u32>,
    module: Option<&'a str>,
    function: Option<&'a str>,
    offset: Option<String>,
    line: u32,
    kind: &'a str,
    source_file: Option<&'a str>,
    source_line: Option<u32>,
}

#[derive(Serialize)]
struct HoleJson {
    /// Number of the frame above the hole.
    after: Option<u32>,
    missing: Option<u32>,
}

#[derive(Serialize)]
struct NoteJson<'a> {
    code: &'a str,
    line: u32,
    message: &'a str,
}

impl<'a> From<&'a Capture> for CaptureJson<'a> {
    fn from(capture: &'a Capture) -> Self {
        let note = |note: &'a Note| NoteJson { code: note.code.code(), line: note.line, message: &note.message };
        CaptureJson {
            source: source_json(&capture.source),
            stacks: capture.stacks.iter().map(|stack| stack_json(stack, capture)).collect(),
            tables: capture.tables.iter().map(table_json).collect(),
            leak_reports: capture.leak_reports.iter().map(LeakReportJson::from).collect(),
            counters: capture.counters.iter().map(CounterJson::from).collect(),
            notes: capture.notes.iter().map(note).collect(),
        }
    }
}

fn table_json(table: &Table) -> TableJson<'_> {
    TableJson {
        name: table.name,
        command: table.command.as_deref(),
        line: table.line,
        columns: table.columns,
        rows: table.rows.iter().map(|row| RowJson { line: row.line, cells: &row.cells }).collect(),
        fields: table
            .fields
            .iter()
            .map(|field| FieldJson { line: field.line, name: &field.name, value: &field.value })
            .collect(),
    }
}

fn stack_json<'a>(stack: &'a Stack, capture: &'a Capture) -> StackJson<'a> {
    let frames = stack.frames.iter().map(|frame| {
        let site = capture.sites.get(frame.site);
        let kind = if frame.is_inline() { FrameKind::Inline } else { site.kind() };
        FrameJson {
            number: frame.number(),
            module: site.module(),
            function: site.function(),
            offset: site.offset().map(|offset| format!("{offset:#x}")),
            line: frame.line,
            kind: kind.name(),
            source_file: site.source_file(),
            source_line: site.source_line(),
        }
    });
    let above = |hole: &Hole| {
        let above = hole.before.checked_sub(1)?;
        Some(stack.frames[above].number().unwrap_or(above as u32))
    };
    StackJson {
        kind: stack.kind.name(),
        thread: ThreadJson::from(&stack.thread),
        command: stack.command.as_deref(),
        format: stack.dialect.name(),
        line: stack.line,
        frames: frames.collect(),
        holes: stack.holes.iter().map(|hole| HoleJson { after: above(hole), missing: hole.missing }).collect(),
    }
}
