//! A flame graph: one picture of where the threads stand, callers below, as wide as there are threads.

use std::io::{self, Write};

use inferno::flamegraph::{Options, from_lines};

use super::{Extent, ThreadsReport, names::frame_text};
use crate::report::layout::count;
use crate::report::printable;

/// Writes the flame graph of all cases as an SVG; without `all`, idle threads are left out. Returns false, and writes
/// nothing, when no thread is left.
pub fn render_flame(report: &ThreadsReport<'_>, extent: Extent, out: &mut dyn Write) -> io::Result<bool> {
    let mut lines: Vec<String> = Vec::new();
    let mut total = 0;
    for case in &report.cases {
        let threads = &case.threads;
        for thread in threads.threads.iter().filter(|thread| extent.all || thread.idle.is_none()) {
            let Some(shape) = thread.shape() else { continue };
            let mut line = String::new();
            if report.cases.len() > 1 {
                line.push_str(&one_word(&printable(&case.name)));
            }
            for &frame in threads.shapes[shape].frames.iter().rev() {
                if !line.is_empty() {
                    line.push(';');
                }
                line.push_str(&one_word(&frame_text(&threads.frames[frame as usize])));
            }
            line.push_str(&format!(" {}", thread.count));
            total += thread.count;
            lines.push(line);
        }
    }
    if lines.is_empty() {
        return Ok(false);
    }
    lines.sort();
    let mut options = Options::default();
    options.title = format!("Where {} stand", count(total, "thread"));
    options.count_name = "threads".to_string();
    options.deterministic = true;
    options.hash = true;
    from_lines(&mut options, lines.iter().map(String::as_str), out).map_err(io::Error::other)?;
    Ok(true)
}

/// A blank would part a name from its count, a semicolon from the frame above it; at the ends blanks are cut off, and
/// nothing must not be left. What XML cannot hold is replaced too.
fn one_word(text: &str) -> String {
    let safe = |c: char| match c {
        ' ' => '\u{a0}',
        ';' => ',',
        '\u{fffe}' | '\u{ffff}' => '\u{fffd}',
        c => c,
    };
    match text.trim() {
        "" => "?".to_string(),
        text => text.chars().map(safe).collect(),
    }
}
