//! Words of the pattern language as other languages write them: `OR`, `&&`, `10x`.

use super::odd_line::{Odd, odd};
use super::pattern;

/// `svc!a OR svc!b`, `NOT svc!a`, `svc!a, svc!b`
pub(super) fn operator(line: &str) -> Option<Odd> {
    let is_frame = |text: &str| text.contains(['!', '*', '.']) || text.trim_start().starts_with('@');
    for (word, right) in [("NOT ", "not "), ("Not ", "not "), ("OR ", ""), ("Or ", "")] {
        if let Some(frame) = line.strip_prefix(word).filter(|frame| is_frame(frame)) {
            let better = format!("{right}{}", frame.trim_start());
            let help = match right {
                "" => "write `A or B` on one line".to_string(),
                _ => format!("write `{better}`: words of the language are in lower case"),
            };
            return odd(
                format!("`{}` is taken for a part of a name", word.trim()),
                help,
                (!right.is_empty()).then_some(better),
            );
        }
    }
    let is_number = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    if line.strip_prefix("without ").is_some_and(is_frame) || line.strip_prefix("max ").is_some_and(is_number) {
        let word = line.split(' ').next().unwrap_or_default();
        return odd(
            format!("`{word}` belongs behind `...`"),
            format!("write `... {line}`"),
            Some(format!("... {line}")),
        );
    }
    for word in [" OR ", " Or ", " || ", " | "] {
        if let Some((left, right)) = line.split_once(word).filter(|(left, right)| is_frame(left) && is_frame(right)) {
            let better = format!("{} or {}", left.trim_end(), right.trim_start());
            return odd(
                format!("`{}` is taken for a part of a name", word.trim()),
                format!("write `{better}`"),
                Some(better),
            );
        }
    }
    for word in [" AND ", " And ", " and ", " && ", " & "] {
        if line.split_once(word).is_some_and(|(left, right)| left.contains('!') && right.contains('!')) {
            let help = "a frame on each line: the lower line calls the upper one; `...` where others lie between";
            return odd(format!("`{}` is taken for a part of a name", word.trim()), help, None);
        }
    }
    let (left, right) = line.split_once(',')?;
    let is_list = left.contains('!') && right.contains('!') && !left.contains(['(', '<', '[', '{']);
    is_list
        .then(|| odd("`,` is taken for a part of a name", "write `A or B`, or each frame on a line of its own", None))
        .flatten()
}

/// `svc!rec X10+`, `svc!rec x 10`, `svc!rec x10-20`, `svc!rec 10x`, `svc!rec *10`
pub(super) fn misspelt_count(line: &str) -> Option<Odd> {
    let is_counted = |line: &str| pattern::split_count(line).1.is_some();
    if is_counted(line) {
        return None;
    }
    let (frame, last) = line.rsplit_once(char::is_whitespace)?;
    let (frame, last) = match frame.rsplit_once(char::is_whitespace) {
        Some((frame, sign @ ("x" | "X" | "\u{d7}" | "*"))) => (frame, format!("{sign}{last}")),
        _ => (frame, last.to_string()),
    };
    let body = last
        .strip_prefix(['x', 'X', '\u{d7}', '*'])
        .or_else(|| last.strip_suffix(['x', 'X', '\u{d7}']))
        .or_else(|| last.strip_suffix("x+"))
        .or_else(|| last.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')))?;
    let is_count = body.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && body.contains(|c: char| c.is_ascii_digit())
        && body.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | '-' | '.' | ',' | '\u{2013}'));
    if !is_count || frame.is_empty() {
        return None;
    }
    let plus = if last.ends_with("x+") { "+" } else { "" };
    let range = body.replace(['-', ',', '\u{2013}'], "..").replace("...", "..");
    let range = range.strip_suffix("..").map_or(range.clone(), |least| format!("{least}+"));
    let better = format!("{} x{range}{plus}", frame.trim_end());
    let is_right = is_counted(&better);
    odd(
        format!("`{last}` is no count, and is taken for a part of the name"),
        if is_right {
            format!("write `{better}`")
        } else {
            "write `x3`, `x10+` or `x2..5` behind the frame".to_string()
        },
        is_right.then_some(better),
    )
}
