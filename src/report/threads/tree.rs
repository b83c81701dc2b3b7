//! Stacks merged to trees, callers first.

use std::io::{self, Write};

use super::groups::write_left_out;
use super::names::{frame_text, thread_names};
use super::{Extent, ThreadsCase};
use crate::facts::threads::{CallTree, TreeNode};
use crate::report::layout::{BOLD, DIM, paragraph, styled};

/// Frames of a run that are shown at its beginning and at its end.
const AT_BEGINNING: usize = 2;
const AT_END: usize = 3;

/// Branches within branches that are indented; those below keep to the same column.
const DEEPEST: usize = 24;

/// Writes the trees of a case; without `all`, idle threads are in none.
pub fn write_tree(case: &ThreadsCase, extent: Extent, out: &mut dyn Write, width: usize) -> io::Result<()> {
    let threads = &case.threads;
    let of = (0..threads.threads.len()).filter(|&thread| extent.all || threads.threads[thread].idle.is_none());
    let tree = CallTree::new(threads, of);
    for node in &tree.nodes {
        if node.parent.is_none() {
            writeln!(out, "{}", styled(DIM, "_".repeat(48).as_str()))?;
        }
        write_node(case, node, extent.full, out, width)?;
    }
    if !tree.nodes.is_empty() {
        writeln!(out)?;
    }
    Ok(())
}

fn write_node(case: &ThreadsCase, node: &TreeNode, full: bool, out: &mut dyn Write, width: usize) -> io::Result<()> {
    let number = node.count.to_string();
    let indent = "   ".repeat(node.depth.min(DEEPEST));
    let blanks = format!("{indent}{:<width$} ", "", width = number.len().max(3));
    let length = node.frames.len();
    let mut left_out = 0;
    for (position, &frame) in node.frames.iter().enumerate() {
        let frame = &case.threads.frames[frame as usize];
        let is_short = length <= AT_BEGINNING + AT_END + 1;
        let is_shown = full || is_short || position < AT_BEGINNING || position + AT_END >= length;
        if !is_shown && frame.hole.is_none() && !frame.is_application {
            left_out += 1;
            continue;
        }
        write_left_out(&mut left_out, &blanks, out)?;
        let first = match position {
            0 => format!("{indent}{} ", styled(BOLD, &format!("{number:>3}"))),
            _ => blanks.clone(),
        };
        let text = frame_text(frame);
        let text = if frame.is_application { styled(BOLD, &text) } else { text };
        writeln!(out, "{first}{text}")?;
    }
    if !node.threads.is_empty() {
        paragraph(out, &format!("{blanks}= "), &thread_names(case, &node.threads), width)?;
    }
    Ok(())
}
