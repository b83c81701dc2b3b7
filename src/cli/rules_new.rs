//! `stacklint rules new`

use std::fs::OpenOptions;
use std::io::{self, IsTerminal, Write};
use std::path::Path;

use super::args::NewArgs;
use super::exit::{Exit, Stop, complain};
use super::inputs::Input;
use crate::authoring::{Chosen, Drafting};
use crate::formats::read_capture;
use crate::model::{Capture, StackKind};
use crate::text::TextReader;

/// Prints a draft, and on standard error which stack it was made from when there are several.
pub fn run(args: &NewArgs) -> Result<Exit, Stop> {
    let input = match &args.file {
        Some(path) if path.as_os_str() != "-" => Input::File(path.clone()),
        _ => Input::Stdin,
    };
    if input == Input::Stdin && io::stdin().is_terminal() {
        complain("reading from the terminal: paste a stack, then end it with Ctrl+Z and Enter (Ctrl+D on Linux)");
    }
    let text = read_text(&input)?;
    let name = input.name();
    let stop = |error: &dyn std::fmt::Display| Stop::Usage(format!("{name}: {error}"));
    let (capture, _) = read_capture(text.as_bytes(), &name, false).map_err(|error| stop(&error))?;
    let drafting = Drafting::new().map_err(|error| stop(&error))?;
    let chosen = drafting.choose(&capture, args.thread.as_deref()).map_err(|error| stop(&error))?;
    let draft = drafting.draft(&capture, chosen.stack, &text).map_err(|error| stop(&error))?;
    if chosen.others > 0 {
        complain(say_which(&capture, chosen));
    }
    match &args.output {
        Some(path) => write_new(path, &draft)?,
        None => io::stdout().write_all(draft.as_bytes())?,
    }
    Ok(Exit::Clean)
}

/// The whole input as text, whatever its encoding.
fn read_text(input: &Input) -> Result<String, Stop> {
    let stop = |error: &dyn std::fmt::Display| Stop::Usage(format!("{}: {error}", input.name()));
    let mut reader = TextReader::new(input.open().map_err(|error| stop(&error))?);
    let mut text = String::new();
    while let Some(chunk) = reader.next_chunk().map_err(|error| stop(&error))? {
        text.push_str(chunk.text);
    }
    Ok(text)
}

fn say_which(capture: &Capture, chosen: Chosen) -> String {
    let stack = &capture.stacks[chosen.stack];
    let thread = match (stack.kind, stack.thread.index, stack.thread.os_id) {
        (StackKind::Exception, ..) => "an exception".to_string(),
        (_, Some(index), _) => format!("thread {index}"),
        (_, None, Some(os_id)) => format!("thread {os_id:#x}"),
        (_, None, None) => "a thread".to_string(),
    };
    let others = match chosen.others {
        1 => "there is 1 other stack".to_string(),
        others => format!("there are {others} other stacks"),
    };
    if stack.kind == StackKind::Root {
        return format!("drafted from the root in line {}; {others}", stack.line);
    }
    format!(
        "drafted from the stack of {thread}, line {}: it has most frames of the application; {others} (`--thread N` \
         takes another)",
        stack.line
    )
}

/// A draft is the beginning of somebody's work, and so may be what it would overwrite.
fn write_new(path: &Path, draft: &str) -> Result<(), Stop> {
    let file = OpenOptions::new().write(true).create_new(true).open(path);
    let mut file = file.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            Stop::Usage(format!("{}: is there already; choose another name", path.display()))
        }
        _ => Stop::Usage(format!("{}: {error}", path.display())),
    })?;
    Ok(file.write_all(draft.as_bytes())?)
}
