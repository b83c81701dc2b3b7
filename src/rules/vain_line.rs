//! Lines of a pattern that ask for nothing, or for what no frame can have.

use super::pattern::{self, Alternative, Line};
use super::written::Spot;
use crate::text::Span;

pub(super) struct Vain {
    pub span: Span,
    pub message: &'static str,
    pub help: &'static str,
}

const FLOATS: &str = "delete it: a pattern floats, any frames may lie above and below";

/// The vain lines of one pattern. One without frames is refused elsewhere.
pub(super) fn vain_lines(lines: &[Spot<String>]) -> Vec<Vain> {
    let parsed: Vec<(Span, Line)> =
        lines.iter().filter_map(|line| Some((line.span, pattern::parse(&line.value).ok()??))).collect();
    let is_frame = |line: &Line| matches!(line, Line::Frames { .. } | Line::Capture { .. });
    if !parsed.iter().any(|(_, line)| is_frame(line)) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (number, (span, line)) in parsed.iter().enumerate() {
        let above = number.checked_sub(1).map(|above| &parsed[above].1);
        let said = match line {
            Line::Gap { max, without } => {
                let is_last = number + 1 == parsed.len();
                vain_gap(*max, !without.is_empty(), above, is_last)
            }
            Line::Frames { alternatives, .. } | Line::Capture { alternatives, .. } => {
                alternatives.iter().find_map(vain_alternative)
            }
            Line::Top | Line::Bottom => None,
        };
        found.extend(said.map(|(message, help)| Vain { span: *span, message, help }));
    }
    found
}

type Said = (&'static str, &'static str);

fn vain_gap(max: Option<u32>, excludes: bool, above: Option<&Line>, is_last: bool) -> Option<Said> {
    let is_free = max.is_none() && !excludes;
    match above {
        _ if max == Some(0) => Some((
            "no frame may stand in this gap",
            "delete it: lines that stand one below the other mean a direct call",
        )),
        None => Some(("a gap at the beginning does nothing", FLOATS)),
        Some(Line::Top) if is_free => {
            Some(("`<top>` with `...` below it does nothing", "delete both: a pattern floats, unless it is anchored"))
        }
        _ if is_last => Some(("a gap at the end does nothing", FLOATS)),
        Some(Line::Gap { max: above_max, without }) => {
            let above_is_free = above_max.is_none() && without.is_empty();
            // Of two gaps that both exclude or bound something, each may mean its own stretch.
            (is_free || above_is_free)
                .then_some(("two gaps in a row", "keep one: `...` alone allows any frames already"))
        }
        _ => None,
    }
}

fn vain_alternative(alternative: &Alternative) -> Option<Said> {
    let Alternative::Frame(frame) = alternative else { return None };
    let name = frame.split('(').next().unwrap_or_default();
    if name.contains("**") {
        return Some(("`**` is no more than `*`", "write one `*`, which stands for any text, of any length"));
    }
    let (module, function) = name.split_once('!')?;
    if (module, function) == ("*", "*") {
        return Some(("`*!*` is any frame", "write `*` for any one frame, or `...` for any number of them"));
    }
    // Two frames on one line are another mistake.
    let is_one = |at: &usize| {
        !module.is_empty() && !function[..*at].contains(char::is_whitespace) && !function[..*at].ends_with("operator")
    };
    let again = function.find('!').filter(is_one);
    again.map(|_| ("no name has `!` twice", "write `module!function`, and each frame on a line of its own"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_asks_for_nothing_and_what_does_not() {
        for (pattern, want) in [
            ("a!b / ... / c!d", vec![]),
            ("<top> / ... max 3 / c!d / ... / <bottom>", vec![]),
            ("<top> / ... without x!y / c!d", vec![]),
            ("... / ...", vec![]),
            ("* / a!b", vec![]),
            ("a!operator!= / b!c", vec![]),
            ("a!b / ... max 0 / c!d", vec!["no frame may stand"]),
            ("... / a!b / ...", vec!["at the beginning", "at the end"]),
            ("... max 3 / a!b", vec!["at the beginning"]),
            ("<top> / ... / a!b", vec!["`<top>` with"]),
            ("a!b / ... / ... max 3 / c!d", vec!["two gaps"]),
            ("a!b / ... without x!y / ... without u!v / c!d", vec![]),
            ("a!** / *!* / a!b!c", vec!["`**`", "any frame", "twice"]),
        ] {
            let lines: Vec<Spot<String>> =
                pattern.split(" / ").map(|line| Spot { value: line.to_string(), ..Spot::default() }).collect();
            let got: Vec<&str> = vain_lines(&lines).iter().map(|vain| vain.message).collect();
            let fits = got.len() == want.len() && got.iter().zip(&want).all(|(got, want)| got.contains(want));
            assert!(fits, "{pattern}: {got:?}");
        }
    }
}
