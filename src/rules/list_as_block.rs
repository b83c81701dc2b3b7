//! Frames written as a YAML list, which YAML mangles, made into a block that it leaves alone.

use crate::diagnostic::Fix;
use crate::text::Span;

/// The list around a place as a block: `match:` / `- @gdiplus` becomes `match: |` / `  @gdiplus`. Only for the lists of
/// frames under `match:` and `stack:`, with one frame a line.
pub(super) fn list_as_block(text: &str, at: usize) -> Option<Fix> {
    let lines: Vec<(usize, &str)> = lines_of(text);
    let here = lines.iter().rposition(|(start, _)| *start <= at)?;
    let is_item = |&(_, line): &(usize, &str)| line.trim_start().starts_with("- ");
    let is_aside = |&(_, line): &(usize, &str)| line.trim().is_empty() || line.trim_start().starts_with('#');
    if !is_item(&lines[here]) {
        return None;
    }
    let item_indent = indent_of(lines[here].1);
    let of_list = |line: &(usize, &str)| is_aside(line) || (is_item(line) && indent_of(line.1) == item_indent);
    let first = lines[..here].iter().rposition(|line| !of_list(line))? + 1;
    let (key_start, key) = lines[first - 1];
    let last = lines[here..].iter().position(|line| !of_list(line)).map_or(lines.len(), |behind| here + behind) - 1;
    let last = lines[..=last].iter().rposition(is_item)?;
    // `match:` at the left margin is a pattern; the one under `examples:` is a list of texts.
    let is_pattern = key.trim_end() == "match:" || matches!(key.trim(), "stack:" | "- stack:");
    let goes_on = lines.get(last + 1).is_some_and(|(_, line)| !line.trim().is_empty() && indent_of(line) > item_indent);
    if !is_pattern || goes_on {
        return None;
    }
    let key_column = key.len() - key.trim_start().trim_start_matches("- ").len();
    let indent = " ".repeat(item_indent.max(key_column + 2));
    let mut block = format!("{} |", key.trim_end());
    for &(_, line) in &lines[first..=last] {
        block.push_str(if text.contains("\r\n") { "\r\n" } else { "\n" });
        if is_item(&(0, line)) {
            block.push_str(&indent);
            block.push_str(unquoted(line.trim().strip_prefix("- ")?.trim())?);
        } else if !line.trim().is_empty() {
            block.push_str(&indent);
            block.push_str(line.trim());
        }
    }
    let (last_start, last_line) = lines[last];
    Some(Fix::new(Span::new(key_start, last_start + last_line.trim_end().len()), block))
}

/// An element without its quotes; `None` where something in it stands for something else.
fn unquoted(item: &str) -> Option<&str> {
    for quote in ['"', '\''] {
        if let Some(inside) = item.strip_prefix(quote) {
            return inside.strip_suffix(quote).filter(|inside| !inside.contains([quote, '\\']));
        }
    }
    Some(item)
}

fn lines_of(text: &str) -> Vec<(usize, &str)> {
    let mut start = 0;
    let with_start = |line: &'_ str| {
        start += line.len();
        start - line.len()
    };
    let starts: Vec<usize> = text.split_inclusive('\n').map(with_start).collect();
    starts.into_iter().zip(text.split_inclusive('\n').map(|line| line.trim_end_matches(['\n', '\r']))).collect()
}

fn indent_of(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::mend;

    #[test]
    fn only_lists_of_frames_become_blocks() {
        for (text, want) in [
            ("match:\n  - @a\n  - b!c\nwhy: w\n", "match: |\n  @a\n  b!c\nwhy: w\n"),
            ("match:\n- '@a'\n# why\n- \"b!c\"\n", "match: |\n  @a\n  # why\n  b!c\n"),
            ("match:\r\n  - @a\r\n  - b!c #1\r\n", "match: |\r\n  @a\r\n  b!c #1\r\n"),
            ("unless:\n  - stack:\n      - @a\n", "unless:\n  - stack: |\n      @a\n"),
            ("match:\n  - @a\n\n  - b!c\n\nfix: f\n", "match: |\n  @a\n\n  b!c\n\nfix: f\n"),
            ("tags:\n  - @a\n", ""),
            ("examples:\n  match:\n    - @a\n", ""),
            ("match:\n  - @a\n  - b!c\n    d!e\n", ""),
            ("match:\n  - @a\n  - \"b\\tc\"\n", ""),
        ] {
            let fix = list_as_block(text, text.find('@').unwrap());
            let got = fix.map(|fix| mend(text, &[&fix]).0).unwrap_or_default();
            assert_eq!(got, want, "{text}");
        }
    }
}
