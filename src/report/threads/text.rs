//! The threads of each case, for people.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io::{self, Write};

use super::groups::write_groups;
use super::names::{frame_text, thread_list};
use super::tree::write_tree;
use super::{Extent, Standing, Tally, ThreadsCase, ThreadsReport, standing, tally};
use crate::facts::threads::{Level, SeenThread};
use crate::model::NoteCode;
use crate::report::layout::{BOLD, DIM, count, paragraph, styled};
use crate::report::printable;

/// Writes groups or trees, then what is idle, and how all threads divide.
pub fn render_threads_text(
    report: &ThreadsReport<'_>,
    extent: Extent,
    out: &mut dyn Write,
    width: usize,
) -> io::Result<()> {
    for case in &report.cases {
        if report.cases.len() > 1 {
            writeln!(out, "{}\n", styled(BOLD, &format!("== {} ==", printable(&case.name))))?;
        }
        let tally = tally(&case.threads, report.rules);
        match extent.tree {
            true => write_tree(case, extent, out, width)?,
            false => write_groups(report, case, extent, out, width)?,
        }
        if !extent.all {
            write_idle(report, &tally, out)?;
        }
        write_places(report, case, true, out, width)?;
        write_places(report, case, false, out, width)?;
        write_end(report, case, &tally, out, width)?;
        write_notes(case, out, width)?;
        writeln!(out)?;
    }
    Ok(())
}

/// `   120  .NET thread-pool worker waiting for work  [clr-worker-idle]`
fn write_idle(report: &ThreadsReport<'_>, tally: &Tally, out: &mut dyn Write) -> io::Result<()> {
    let idle: u64 = tally.idle.iter().map(|(_, count)| count).sum();
    if idle == 0 {
        return Ok(());
    }
    writeln!(out, "{}", styled(BOLD, &format!("Idle: {} (--all shows them)", count(idle, "thread"))))?;
    for (rule, number) in &tally.idle {
        let rule = &report.rules.rules[*rule];
        let id = styled(DIM, &format!("[{}]", printable(&rule.id)));
        writeln!(out, "  {number:>5}  {}  {id}", printable(&rule.title))?;
    }
    writeln!(out)
}

/// Threads that are not idle, those with a role or those without one, by the first frame of the application.
fn write_places(
    report: &ThreadsReport<'_>,
    case: &ThreadsCase,
    with_role: bool,
    out: &mut dyn Write,
    width: usize,
) -> io::Result<()> {
    let threads = &case.threads;
    let mut places: BTreeMap<String, (u64, Vec<usize>)> = BTreeMap::new();
    for (index, thread) in threads.threads.iter().enumerate() {
        let is_wanted = match standing(thread, report.rules) {
            Standing::Role(_) => with_role,
            Standing::Unexplained => !with_role,
            _ => false,
        };
        let Some(shape) = thread.shape().filter(|_| is_wanted) else { continue };
        let place = match threads.application(shape) {
            Some(name) => printable(name).into_owned(),
            None => {
                let top = threads.shapes[shape].frames.first().map(|&frame| &threads.frames[frame as usize]);
                format!("no frame of an application; on top is {}", top.map(frame_text).unwrap_or_default())
            }
        };
        let (number, list) = places.entry(place).or_default();
        *number += thread.count;
        list.push(index);
    }
    let mut places: Vec<_> = places.into_iter().collect();
    places.sort_by_key(|(_, (number, _))| Reverse(*number));
    if places.is_empty() {
        return Ok(());
    }
    let who = if with_role { "With a role" } else { "Unexplained" };
    writeln!(out, "{}", styled(BOLD, &format!("{who}, by the first frame of the application")))?;
    for (place, (number, list)) in &places {
        let text = format!("{place}  ({})", thread_list(case, list));
        paragraph(out, &format!("  {number:>5}  "), &text, width)?;
    }
    writeln!(out)
}

/// `212 threads in 14 groups: 180 idle, 12 request, 20 unexplained`
fn write_end(
    report: &ThreadsReport<'_>,
    case: &ThreadsCase,
    tally: &Tally,
    out: &mut dyn Write,
    width: usize,
) -> io::Result<()> {
    let idle: u64 = tally.idle.iter().map(|(_, count)| count).sum();
    let mut parts = Vec::new();
    let mut say = |number: u64, words: &str| parts.extend((number > 0).then(|| format!("{number} {words}")));
    say(idle, "idle");
    for (role, number) in &tally.with_role {
        say(*number, &printable(role));
    }
    say(tally.unexplained, "unexplained");
    say(tally.without_frames, "without a frame in the text");
    say(tally.of_another, "with the stack of another thread, the text does not say of which");
    let grouped = &case.grouped;
    let groups = match report.level {
        Level::Exact => grouped.exact,
        Level::Top => grouped.top,
        Level::Functions => grouped.functions,
    };
    let mut end = format!("{} in {}", count(tally.total, "thread"), count(groups as u64, "group"));
    if tally.total == 0 {
        end = "no stack of a thread".to_string();
    }
    if !parts.is_empty() {
        end.push_str(&format!(": {}", parts.join(", ")));
    }
    if case.processes > 1 {
        end.push_str(&format!("; of {} processes", case.processes));
    }
    let mut first = String::new();
    std::mem::swap(&mut first, &mut end);
    let mut text = Vec::new();
    paragraph(&mut text, "", &first, width)?;
    out.write_all(styled(BOLD, String::from_utf8_lossy(&text).trim_end()).as_bytes())?;
    writeln!(out)?;
    write_remarks(case, out, width)
}

/// What the counts leave out.
fn write_remarks(case: &ThreadsCase, out: &mut dyn Write, width: usize) -> io::Result<()> {
    let threads = &case.threads;
    if !threads.listed_only.is_empty() {
        let more = count(threads.listed_only.len() as u64, "more thread");
        paragraph(out, "  ", &format!("{more} in lists of threads, without a stack in the text"), width)?;
    }
    if threads.other_stacks > 0 {
        let others = count(threads.other_stacks, "other stack");
        let text = format!("{others} not of threads: exceptions, allocations, asynchronous methods or raw stack words");
        paragraph(out, "  ", &text, width)?;
    }
    let those = |of: fn(&SeenThread) -> bool| {
        threads.threads.iter().enumerate().filter(|(_, seen)| of(seen)).map(|(at, _)| at).collect::<Vec<usize>>()
    };
    let doubtful = those(|seen| seen.may_be_another);
    if !doubtful.is_empty() {
        let text = format!(
            "{} known by a number alone that other texts give to several threads, so some may be counted twice: {}",
            count(doubtful.len() as u64, "thread"),
            thread_list(case, &doubtful)
        );
        paragraph(out, "  ", &text, width)?;
    }
    let moved = those(|seen| seen.has_moved);
    if !moved.is_empty() {
        let text = format!(
            "{} stood elsewhere in another part of the text (shown is the richest stack; --case file looks at each \
             file alone): {}",
            count(moved.len() as u64, "thread"),
            thread_list(case, &moved)
        );
        paragraph(out, "  ", &text, width)?;
    }
    if threads.overflow > 0 {
        let text = format!(
            "{} counted without frames: there were more different stacks than are kept",
            count(threads.overflow, "stack")
        );
        paragraph(out, "  ", &text, width)?;
    }
    Ok(())
}

fn write_notes(case: &ThreadsCase, out: &mut dyn Write, width: usize) -> io::Result<()> {
    for (source, note) in &case.notes {
        // Tables and counters are no threads, and nothing is amiss about them. What breaks off in one view may be whole in
        // another.
        let is_moot = match note.code {
            NoteCode::NothingRecognised => true,
            NoteCode::BreaksOff => !is_grouped_by_cut_stacks(case, *source),
            _ => false,
        };
        if is_moot {
            continue;
        }
        let name = case.sources.get(*source).map_or("", |source| source.name.as_str());
        let line = if note.line > 0 { format!(", line {}", note.line) } else { String::new() };
        let text = format!("note {}  {}{line}: {}", note.code.code(), printable(name), printable(&note.message));
        paragraph(out, "  ", &text, width)?;
    }
    Ok(())
}

/// Whether some thread is grouped by a stack of this source that breaks off.
fn is_grouped_by_cut_stacks(case: &ThreadsCase, source: usize) -> bool {
    let chosen = case.threads.threads.iter().filter_map(|thread| thread.chosen_view());
    let shapes = chosen.filter(|view| view.source == source).filter_map(|view| view.shape);
    shapes.into_iter().any(|shape| case.threads.shapes[shape].is_cut_off)
}
