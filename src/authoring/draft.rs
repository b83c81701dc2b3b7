//! A draft of a rule from a pasted stack, as a person would write it: the call by which the work or the wait is
//! recognised, the application's frames below it, `...` for the rest, and the paste as the example.

use super::sift::{Share, Sifted};
use super::spelling::id_of;
use crate::model::StackKind;

/// Lines of frames in a draft.
const MOST_FRAMES: usize = 8;
/// Of many application frames, how many are taken from the outer end: where the work came from.
const OUTERMOST: usize = 2;
/// Frames taken from the top of a stack of which none tells anything.
const UNTELLING: usize = 4;
/// From here on the number of repeated frames is chance.
const MANY: usize = 10;

/// How much of the stack goes into the pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// The telling frames, and this many of those around them.
    Telling { more: usize },
    /// The same with `...` between all of them.
    Loose,
    /// The first telling frame only.
    One,
}

/// Writes a rule file with one rule. `example` is the paste; `None` when no frame can be named.
pub fn write_draft(
    kind: StackKind,
    frames: &[Sifted],
    shape: Shape,
    example: &str,
    is_taken: impl Fn(&str) -> bool,
) -> Option<String> {
    let items = items(frames, shape);
    let top = items.first()?;
    let application = items.iter().map(|item| &frames[item.start]).find(|frame| frame.share == Share::Application);
    let api = Some(&frames[top.start]).filter(|frame| frame.share != Share::Application);
    // What the application calls, which need not be what that does in the end.
    let calls: Vec<&Sifted> =
        items.iter().map(|item| &frames[item.start]).take_while(|frame| frame.share != Share::Application).collect();
    let title = title(kind, &calls, application, top);
    let names: Vec<&str> = [api, application].into_iter().flatten().map(|frame| frame.human.as_str()).collect();
    let mut id = id_of(&names);
    if is_taken(&id) {
        id.push_str("-draft");
    }
    let lines: String = lines(frames, &items, shape).iter().map(|line| format!("  {line}\n")).collect();
    let pattern = format!("match: |\n{lines}");
    let healthy = "a healthy stack that looks like the one above";
    Some(written(&Words { id: &id, title: &title, pattern: &pattern, example, healthy }))
}

/// What differs from draft to draft.
pub struct Words<'w> {
    pub id: &'w str,
    pub title: &'w str,
    /// `match` with its block.
    pub pattern: &'w str,
    /// The paste.
    pub example: &'w str,
    /// What the author puts below `no-match`.
    pub healthy: &'w str,
}

/// The file, with a note wherever its author has something to say.
pub fn written(words: &Words<'_>) -> String {
    let Words { id, title, pattern, healthy, .. } = words;
    let title = quoted(title);
    let (indicator, example) = block(words.example);
    format!(
        "\
# Drafted from a pasted stack. Delete the lines of `match` that do not matter, write * for what differs from case to
# case, and answer every FILL IN. Then run `stacklint rules check` and `stacklint rules test` with this file.
id: {id}
title: {title}
severity: medium  # FILL IN: critical, high, medium, low or info
category: todo  # FILL IN: a word of yours, such as locking or native-memory
{pattern}# FILL IN: why this is bad, in a few sentences.
why: todo
# FILL IN: what to do about it, one step after the other.
fix:
  - todo
# FILL IN: where to read more.
# links:
#   - title: A page that explains it
#     url: https://
examples:
  match:
    - |{indicator}
{example}  # FILL IN: {healthy} and must not be reported, put in the same way.
  no-match: []
"
    )
}

/// A pattern line to be: a run of frames with one name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Item {
    start: usize,
    end: usize,
    count: usize,
}

fn items(frames: &[Sifted], shape: Shape) -> Vec<Item> {
    let first_own = frames.iter().position(|frame| frame.share == Share::Application);
    let above = &frames[..first_own.unwrap_or(frames.len())];
    let mut chosen = telling_calls(above, first_own.is_some());
    let own: Vec<Item> = runs(frames).into_iter().filter(|run| frames[run.start].share == Share::Application).collect();
    let room = MOST_FRAMES - chosen.len();
    if own.len() > room {
        chosen.extend(&own[..room - OUTERMOST]);
        chosen.extend(&own[own.len() - OUTERMOST..]);
    } else {
        chosen.extend(own);
    }
    if chosen.is_empty() {
        add_neighbours(frames, &mut chosen, UNTELLING);
    }
    match shape {
        Shape::Telling { more } => add_neighbours(frames, &mut chosen, more),
        Shape::Loose => {}
        Shape::One => chosen.truncate(1),
    }
    chosen
}

/// The calls that tell what the thread does: what the application calls, and the innermost call of another kind. Of a run
/// within one class or module, its entry: the inner ones are the library's own affair.
fn telling_calls(above: &[Sifted], has_own: bool) -> Vec<Item> {
    let single = |at: usize| Item { start: at, end: at, count: 1 };
    let Some(entry) = above.iter().rposition(|frame| frame.share == Share::Api) else {
        // A bare wait: the system's function that the application calls.
        let is_native = |frame: &Sifted| frame.line.contains('!') || !frame.line.contains('.');
        let bottom = above.iter().rposition(|frame| frame.share == Share::Plumbing);
        return bottom.filter(|&at| has_own && is_native(&above[at])).map(single).into_iter().collect();
    };
    let Some(first) = above.iter().position(|frame| frame.share == Share::Api) else { return Vec::new() };
    let mut inner = first;
    for (at, frame) in above.iter().enumerate().skip(first) {
        match frame.share {
            Share::Api if frame.family == above[first].family => inner = at,
            Share::Noise => {}
            _ => break,
        }
    }
    // Of one namespace, what the application calls is enough.
    let namespace = |at: usize| above[at].family.rsplit_once('.').map(|(namespace, _)| namespace);
    let is_inside = namespace(inner).is_some() && namespace(inner) == namespace(entry);
    if is_inside || above[inner].family == above[entry].family {
        vec![single(entry)]
    } else {
        vec![single(inner), single(entry)]
    }
}

/// Neighbours with one pattern line are one item; noise between them is not seen, a hole is.
fn runs(frames: &[Sifted]) -> Vec<Item> {
    let mut runs: Vec<Item> = Vec::new();
    let mut hole = false;
    for (at, frame) in frames.iter().enumerate() {
        hole |= frame.below_hole;
        if frame.share == Share::Noise {
            continue;
        }
        match runs.last_mut() {
            Some(run) if !hole && !frame.line.is_empty() && frames[run.start].line == frame.line => {
                run.end = at;
                run.count += 1;
            }
            _ => runs.push(Item { start: at, end: at, count: 1 }),
        }
        hole = false;
    }
    runs
}

/// Adds named frames that are not chosen yet, those nearest to the chosen first.
fn add_neighbours(frames: &[Sifted], chosen: &mut Vec<Item>, more: usize) {
    let is_named = |run: &Item| !matches!(frames[run.start].share, Share::Noise | Share::Nameless);
    let covered = |run: &Item| chosen.iter().any(|item| item.start <= run.end && run.start <= item.end);
    let mut others: Vec<Item> = runs(frames).into_iter().filter(|run| is_named(run) && !covered(run)).collect();
    others.sort_by_key(|run| chosen.iter().map(|item| item.start.abs_diff(run.start)).min().unwrap_or(run.start));
    chosen.extend(others.into_iter().take(more));
    chosen.sort_by_key(|item| item.start);
}

fn lines(frames: &[Sifted], items: &[Item], shape: Shape) -> Vec<String> {
    let mut lines = Vec::new();
    for (number, item) in items.iter().enumerate() {
        if number > 0 && (shape == Shape::Loose || is_apart(frames, items[number - 1].end, item.start)) {
            lines.push("...".to_string());
        }
        let name = &frames[item.start].line;
        lines.push(match item.count {
            _ if shape == Shape::Loose => name.clone(),
            1 => name.clone(),
            // Frames without symbols: how many there are means nothing.
            _ if name.ends_with("!*") => format!("{name} x1+"),
            count if count >= MANY => format!("{name} x{MANY}+"),
            count => format!("{name} x{count}"),
        });
    }
    lines
}

/// Whether something that a pattern sees lies between two frames.
fn is_apart(frames: &[Sifted], above: usize, below: usize) -> bool {
    let between = &frames[above + 1..=below];
    let (last, skipped) = between.split_last().map_or((false, between), |(last, rest)| (last.below_hole, rest));
    last || skipped.iter().any(|frame| frame.share != Share::Noise || frame.below_hole)
}

fn title(kind: StackKind, calls: &[&Sifted], application: Option<&Sifted>, top: &Item) -> String {
    const WAITS: [&str; 9] = ["Wait", "Enter", "Sleep", "Join", "Lock", "_lock", "Acquire", "futex", "poll"];
    let waits = calls.iter().any(|call| WAITS.iter().any(|word| call.human.contains(word)));
    let called = calls.last().map(|call| call.human.as_str());
    let own = application.map(|frame| match frame.human.strip_prefix("new ") {
        Some(class) => format!("The constructor of {class}"),
        None => frame.human.clone(),
    });
    match (called, own) {
        (Some(called), Some(own)) if kind == StackKind::Exception => format!("{own} gets an exception from {called}"),
        (None, Some(own)) if kind == StackKind::Exception => format!("{own} throws an exception"),
        (Some(called), Some(own)) if waits => format!("{own} waits in {called}"),
        (Some(called), Some(own)) => match called.strip_prefix("new ") {
            Some(class) => format!("{own} makes a new {class}"),
            None => format!("{own} calls {called}"),
        },
        (None, Some(own)) if top.count >= MANY => format!("{own} calls itself again and again"),
        (None, Some(own)) => format!("A thread is in {own}"),
        (Some(_), None) if waits => format!("A thread waits in {}", calls[0].human),
        (Some(called), None) => format!("A thread is in {called}"),
        (None, None) => "A thread".to_string(),
    }
}

/// Plain where YAML takes it for a text, else in quotes.
fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '.' | '_' | ',');
    if text.chars().all(is_plain) && text.starts_with(|c: char| c.is_alphabetic()) {
        return text.to_string();
    }
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The lines of a literal block below `    - |`, and its indentation indicator, which a first line with blanks needs.
fn block(text: &str) -> (&'static str, String) {
    let is_fit = |c: char| c == '\t' || !(c.is_control() || matches!(c, '\u{feff}' | '\u{fffe}' | '\u{ffff}'));
    let mut block = String::new();
    for line in text.lines() {
        let line: String = line.trim_end().chars().map(|c| if is_fit(c) { c } else { '\u{fffd}' }).collect();
        if !line.is_empty() {
            block.push_str("      ");
            block.push_str(&line);
        }
        block.push('\n');
    }
    let indicator = if text.starts_with([' ', '\t']) { "2" } else { "" };
    (indicator, block)
}
