//! `stacklint parse`

use std::io::Write;

use super::args::{Color, Format, ParseArgs};
use super::exit::{Exit, Stop, complain};
use super::{inputs, output};
use crate::formats;
use crate::model::{Capture, NoteCode};
use crate::report::{CaptureJson, render_capture_json, render_capture_text};
use crate::settings::Grouping;

pub fn run(args: ParseArgs, color: Color) -> Result<Exit, Stop> {
    let found = inputs::find(&args.paths, Grouping::Folder);
    let mut failed = !found.failures.is_empty();
    for failure in &found.failures {
        complain(failure);
    }
    let mut captures: Vec<Capture> = Vec::new();
    for input in found.cases.iter().flat_map(|case| &case.inputs) {
        let text = input.open().map_err(|error| error.to_string());
        let capture = text.and_then(|text| {
            formats::read_capture(text, &input.name(), args.show_skipped).map_err(|error| error.to_string())
        });
        match capture {
            Ok((capture, _)) => captures.push(capture),
            Err(reason) => {
                failed = true;
                complain(format_args!("{}: {reason}", input.name()));
            }
        }
    }
    let mut out = output::stdout(color);
    match args.format {
        Format::Text => {
            for capture in &captures {
                render_capture_text(capture, args.show_skipped, &mut out)?;
            }
        }
        Format::Json => {
            let sources: Vec<CaptureJson<'_>> = captures.iter().map(CaptureJson::from).collect();
            render_capture_json(&sources, &mut out)?;
        }
    }
    out.flush()?;
    Ok(if failed || nothing_recognised(&captures) { Exit::Failed } else { Exit::Clean })
}

fn nothing_recognised(captures: &[Capture]) -> bool {
    let found = captures.iter().any(|capture| !capture.stacks.is_empty() || !capture.leak_reports.is_empty());
    let notes = captures.iter().flat_map(|capture| &capture.notes);
    !found && notes.into_iter().any(|note| note.code == NoteCode::NothingRecognised)
}
