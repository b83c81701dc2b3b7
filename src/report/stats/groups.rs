//! The work list for the next rule: where unexplained threads stand.

use std::io::{self, Write};

use super::{CountedFrame, StatsReport};
use crate::finding::{TopFrame, TopGroup};
use crate::model::{StackKind, ThreadRef};
use crate::report::layout::{BOLD, DIM, count, grouped, share, stack_label, styled};
use crate::report::printable;

/// A top up to this long is shown whole; of a longer one the first frames and the last.
const SHOWN_WHOLE: usize = 12;
const AT_TOP: usize = 6;
const AT_END: usize = 5;

/// Frames of unexplained stacks that are counted and shown.
const FRAMES: usize = 8;

/// Writes the largest groups, and what was left out.
pub fn write_groups(report: &StatsReport<'_>, out: &mut dyn Write) -> io::Result<()> {
    let groups = report.groups();
    let all = report.tally.explained.unexplained;
    if all == 0 {
        return Ok(());
    }
    let head = format!("{} in {}", count(all, "unexplained thread"), count(groups.len() as u64, "group"));
    let what = "the same down to the first frame of the application, marked >";
    writeln!(out, "{}  {}\n", styled(BOLD, &head), styled(DIM, what))?;
    for (at, group) in groups.iter().take(report.top).enumerate() {
        write_group(report, at + 1, group, all, out)?;
    }
    let rest = groups.get(report.top..).unwrap_or_default();
    let mut more = Vec::new();
    if !rest.is_empty() {
        let threads: u64 = rest.iter().map(|group| group.threads).sum();
        let rest = format!("{} of {}", count(rest.len() as u64, "more group"), count(threads, "thread"));
        more.push(format!("{rest} (--top {} shows them)", groups.len()));
    }
    if report.nameless() > 0 {
        let threads = count(report.nameless(), "thread");
        more.push(format!("{threads} none of whose frames has a name (symbols, or SOS, may tell what they do)"));
    }
    if report.tally.ungrouped > 0 {
        let threads = count(report.tally.ungrouped, "thread");
        more.push(format!("{threads} in groups beyond those that are kept"));
    }
    for more in &more {
        writeln!(out, "and {more}")?;
    }
    if !more.is_empty() {
        writeln!(out)?;
    }
    write_frames("What the application calls there", &report.called(), out)?;
    write_frames("What is at the top", &report.top_frames(), out)
}

/// `      19       3  System.Threading.Thread.Sleep`
fn write_frames(what: &str, frames: &[CountedFrame<'_>], out: &mut dyn Write) -> io::Result<()> {
    if frames.is_empty() {
        return Ok(());
    }
    writeln!(out, "{}", styled(BOLD, what))?;
    writeln!(out, "{}", styled(DIM, "  threads  groups"))?;
    for frame in frames.iter().take(FRAMES) {
        let (threads, groups) = (grouped(frame.threads), grouped(frame.groups));
        writeln!(out, "  {threads:>7}  {groups:>6}  {}", printable(frame.name))?;
    }
    let rest = frames.get(FRAMES..).unwrap_or_default();
    if !rest.is_empty() {
        let threads: u64 = rest.iter().map(|frame| frame.threads).sum();
        writeln!(out, "  {:>7}          in {}", grouped(threads), count(rest.len() as u64, "other"))?;
    }
    writeln!(out)
}

fn write_group(
    report: &StatsReport<'_>,
    number: usize,
    group: &TopGroup,
    all: u64,
    out: &mut dyn Write,
) -> io::Result<()> {
    let (threads, files) = (count(group.threads, "thread"), count(group.files, "file"));
    let head = format!("{threads} in {files}, {}", share(group.threads, all));
    let place = report.place(group.source, group.line);
    let thread = printable(&stack_label(StackKind::Thread, &group.thread)).into_owned();
    writeln!(out, "{number:>3}  {}  {}", styled(BOLD, &head), styled(DIM, &format!("{thread} at {place}")))?;
    let length = group.frames.len();
    let mut left_out = 0;
    for (position, frame) in group.frames.iter().enumerate() {
        let is_middle = position >= AT_TOP && position + AT_END < length;
        if length + group.left_out > SHOWN_WHOLE && is_middle {
            left_out += 1;
            continue;
        }
        if left_out > 0 {
            let frames = count((left_out + group.left_out) as u64, "frame");
            writeln!(out, "       {}", styled(DIM, &format!("... {frames}")))?;
            left_out = 0;
        }
        let is_last = position + 1 == length && group.ends_in_application;
        let (mark, text) = (if is_last { ">" } else { " " }, frame_text(frame));
        let text = if is_last { styled(BOLD, &text) } else { text };
        writeln!(out, "     {mark} {text}")?;
    }
    writeln!(out)
}

fn frame_text(frame: &TopFrame) -> String {
    match frame {
        TopFrame::Named(name) => printable(name).into_owned(),
        TopFrame::Nameless => "--- code without symbols ---".to_string(),
        TopFrame::Hole(Some(missing)) => {
            format!("--- {} missing from the text ---", count(u64::from(*missing), "frame"))
        }
        TopFrame::Hole(None) => "--- frames missing from the text ---".to_string(),
    }
}

/// The commands that go on from here.
pub fn write_next(report: &StatsReport<'_>, out: &mut dyn Write) -> io::Result<()> {
    let groups = report.groups();
    let is_file = |group: &TopGroup| report.source(group.source) != "stdin";
    // A draft needs the application's frames.
    let files = || groups.iter().take(report.top.max(1)).enumerate().filter(|(_, group)| is_file(group));
    let Some((at, group)) = files().find(|(_, group)| group.ends_in_application).or_else(|| files().next()) else {
        return Ok(());
    };
    let name = quoted(report.source(group.source));
    let thread = thread_name(&group.thread).map(|thread| format!(" --thread {thread}")).unwrap_or_default();
    writeln!(out, "Next: draft a rule from group {}, or look at its whole stack", at + 1)?;
    writeln!(out, "  {}", styled(BOLD, &format!("stacklint rules new {name}{thread}")))?;
    writeln!(out, "  {}", styled(BOLD, &format!("stacklint threads {name}")))
}

/// What `rules new --thread` takes.
fn thread_name(thread: &ThreadRef) -> Option<String> {
    match (thread.index, thread.os_id) {
        (Some(index), _) => Some(index.to_string()),
        (None, Some(os_id)) => Some(format!("{os_id:#x}")),
        (None, None) => None,
    }
}

fn quoted(name: &str) -> String {
    let name = printable(name);
    if name.contains(char::is_whitespace) { format!("\"{name}\"") } else { name.into_owned() }
}
