//! Groups of threads with their stacks, those that are alike next to each other.

use std::io::{self, Write};

use super::names::{frame_text, thread_names};
use super::{Extent, ThreadsCase, ThreadsReport, role_names};
use crate::facts::threads::{Level, Shape, ThreadGroup, ViewKind};
use crate::report::layout::{BOLD, DIM, count, paragraph, share, styled};
use crate::report::printable;

/// A stack up to this long is shown whole.
const SHOWN_WHOLE: usize = 12;
/// Of a longer one: frames at the top, before and from the first frame of the application on, and at the bottom.
const AT_TOP: usize = 3;
const BEFORE_APPLICATION: usize = 1;
const FROM_APPLICATION: usize = 3;
const AT_BOTTOM: usize = 2;

/// Writes the groups; without `all`, those of idle threads are left out.
pub fn write_groups(
    report: &ThreadsReport<'_>,
    case: &ThreadsCase,
    extent: Extent,
    out: &mut dyn Write,
    width: usize,
) -> io::Result<()> {
    let shown: Vec<&ThreadGroup> =
        case.grouped.groups.iter().filter(|group| extent.all || group.idle.is_none()).collect();
    for family in shown.chunk_by(|a, b| report.level == Level::Exact && a.top == b.top) {
        if family.len() > 1 {
            write_family(case, family, out)?;
        }
        for (at, group) in family.iter().enumerate() {
            let above = at.checked_sub(1).map(|above| family[above]);
            write_group(report, case, group, above, extent, out, width)?;
        }
    }
    Ok(())
}

/// Says what the groups that follow have in common.
fn write_family(case: &ThreadsCase, family: &[&ThreadGroup], out: &mut dyn Write) -> io::Result<()> {
    let sum: u64 = family.iter().map(|group| group.count).sum();
    let application = family[0].shapes.first().and_then(|&shape| case.threads.application(shape));
    let what = match application {
        Some(name) => format!(": the same down to {}", printable(name)),
        None => String::new(),
    };
    let groups = count(family.len() as u64, "group");
    let head = format!("{} in the next {groups}{what}", count(sum, "thread"));
    writeln!(out, "{}\n", styled(DIM, &head))
}

/// `above` is the group before, where both are the same down to the application's frame.
fn write_group(
    report: &ThreadsReport<'_>,
    case: &ThreadsCase,
    group: &ThreadGroup,
    above: Option<&ThreadGroup>,
    extent: Extent,
    out: &mut dyn Write,
    width: usize,
) -> io::Result<()> {
    let head = format!("{}, {}", count(group.count, "thread"), share(group.count, case.grouped.count));
    let role = match group.idle {
        Some(rule) => format!("idle: {}", report.rules.rules[rule].title),
        None if group.roles.is_empty() => String::new(),
        None => role_names(&group.roles, report.rules).join(" + "),
    };
    let role = if role.is_empty() { role } else { format!("  {}", styled(DIM, &printable(&role))) };
    writeln!(out, "{}{role}", styled(BOLD, &head))?;
    paragraph(out, "  ", &thread_names(case, &group.threads), width)?;
    let Some(&first) = group.shapes.first() else {
        let of_another =
            |&thread: &usize| case.threads.threads[thread].chosen_view().is_some_and(|view| view.is_of_another);
        let words = match group.threads.iter().any(of_another) {
            true => "each has the stack of some other thread that is shown; the text does not say of which",
            false => "no frame of these threads is in the text",
        };
        return writeln!(out, "      {words}\n");
    };
    paragraph(out, "  ", &views(case, group), width)?;
    if group.shapes.len() > 1 {
        let text = format!("{} different stacks; that of most threads:", group.shapes.len());
        paragraph(out, "  ", &text, width)?;
    }
    let as_above = above.and_then(|above| above.shapes.first()).filter(|_| !extent.full);
    let as_above = as_above.and_then(|&above| same_top(case, above, first)).unwrap_or_default();
    write_shape(case, &case.threads.shapes[first], as_above, extent.full, out)?;
    writeln!(out)
}

/// How many frames, down to the one before the application's first, two stacks have in common.
fn same_top(case: &ThreadsCase, above: usize, here: usize) -> Option<usize> {
    let end = case.threads.application_frame(here)?;
    let (above, here) = (&case.threads.shapes[above].frames, &case.threads.shapes[here].frames);
    (above.get(..=end) == here.get(..=end) && end > 1).then_some(end)
}

/// `grouped by the managed view (clrstack); native view too (k)`
fn views(case: &ThreadsCase, group: &ThreadGroup) -> String {
    let mut chosen: Vec<(ViewKind, &str)> = Vec::new();
    let mut others: Vec<(ViewKind, &str)> = Vec::new();
    for thread in group.threads.iter().map(|&thread| &case.threads.threads[thread]) {
        for (at, view) in thread.views.iter().enumerate() {
            let Some(kind) = case.threads.kind(view) else { continue };
            let views = if thread.chosen == Some(at) { &mut chosen } else { &mut others };
            views.push((kind, view.dialect.name()));
        }
    }
    for views in [&mut chosen, &mut others] {
        views.sort_unstable();
        views.dedup();
    }
    others.retain(|other| !chosen.contains(other));
    let said = |views: &[(ViewKind, &str)]| {
        let view = |(kind, dialect): &(ViewKind, &str)| match kind {
            ViewKind::Mixed => format!("native and managed frames ({dialect})"),
            _ => format!("{} frames ({dialect})", kind.name()),
        };
        views.iter().map(view).collect::<Vec<_>>().join(", ")
    };
    match others.is_empty() {
        true => said(&chosen),
        false => format!("{}; printed too: {}", said(&chosen), said(&others)),
    }
}

/// The frames, innermost call first; `>` marks the first one of the application. The first `as_above` are those of the group
/// above.
fn write_shape(case: &ThreadsCase, shape: &Shape, as_above: usize, full: bool, out: &mut dyn Write) -> io::Result<()> {
    let threads = &case.threads;
    let application = shape.frames.iter().position(|&frame| threads.frames[frame as usize].is_application);
    if as_above > 0 {
        writeln!(out, "      {}", styled(DIM, &format!("... {} as above", count(as_above as u64, "frame"))))?;
    }
    let mut left_out = 0;
    for (position, &frame) in shape.frames.iter().enumerate().skip(as_above) {
        let frame = &threads.frames[frame as usize];
        if !full && frame.hole.is_none() && !is_shown(position, shape.frames.len(), application) {
            left_out += 1;
            continue;
        }
        write_left_out(&mut left_out, "      ", out)?;
        let mark = if application == Some(position) { ">" } else { " " };
        let text = frame_text(frame);
        let styled_text = if frame.is_application || frame.hole.is_some() { styled(BOLD, &text) } else { text };
        writeln!(out, "    {mark} {styled_text}")?;
    }
    write_left_out(&mut left_out, "      ", out)?;
    if shape.is_cut_off {
        writeln!(out, "      {}", styled(DIM, "--- what called this is not in the text ---"))?;
    }
    Ok(())
}

/// `... 12 frames`
pub fn write_left_out(left_out: &mut u64, indent: &str, out: &mut dyn Write) -> io::Result<()> {
    match std::mem::take(left_out) {
        0 => Ok(()),
        frames => writeln!(out, "{indent}{}", styled(DIM, &format!("... {}", count(frames, "frame")))),
    }
}

/// Whether a frame of a stack of this length is shown. No single frame is left out: its place would be taken by the words
/// that say so.
fn is_shown(position: usize, length: usize, application: Option<usize>) -> bool {
    let kept = |position: usize| {
        let near = application.is_some_and(|first| {
            (first.saturating_sub(BEFORE_APPLICATION)..first + FROM_APPLICATION).contains(&position)
        });
        length <= SHOWN_WHOLE || position < AT_TOP || position + AT_BOTTOM >= length || near
    };
    let alone = position > 0 && position + 1 < length && kept(position - 1) && kept(position + 1);
    kept(position) || alone
}
