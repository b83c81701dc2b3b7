//! Lines of patterns that are accepted and can hardly be meant: `- svc!rec`, `svc!a OR svc!b`, `svc!rec 10x`.
//!
//! Whatever some tool prints as a frame must pass. So each check looks for a shape that names of functions do not have.

use super::odd_frame::odd_frame;
use super::odd_words::{misspelt_count, operator};
use super::pattern::{self, Alternative, Line};
use crate::formats::clean_frame_line;

/// What is odd about a line, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Odd {
    pub message: String,
    pub help: String,
    /// The line as it was certainly meant.
    pub better: Option<String>,
}

pub(super) fn odd(message: impl Into<String>, help: impl Into<String>, better: Option<String>) -> Option<Odd> {
    Some(Odd { message: message.into(), help: help.into(), better })
}

/// What is odd about a line of a pattern or a list (trimmed). `keys` are the keys of a rule. A line that is refused
/// anyway is not looked at.
pub fn odd_line(line: &str, keys: &[&str]) -> Option<Odd> {
    if let Some(found) = numbered_comment(line) {
        return Some(found);
    }
    let parsed = pattern::parse(line).ok().flatten()?;
    let alternatives = match &parsed {
        Line::Top | Line::Bottom => return None,
        Line::Gap { without, .. } => without,
        Line::Capture { alternatives, .. } => alternatives,
        Line::Frames { alternatives, .. } => {
            let is_foreign = line.starts_with('/') || is_other_dialect(line);
            let whole =
                header(line).or_else(|| if is_foreign { None } else { key(line, keys).or_else(|| odd_whole(line)) });
            if whole.is_some() {
                return whole;
            }
            alternatives
        }
    };
    alternatives.iter().find_map(|alternative| match alternative {
        Alternative::Frame(frame) if !is_other_dialect(frame) => {
            let Odd { message, help, better } = odd_frame(frame)?;
            let better = better.map(|better| line.replacen(frame.as_str(), &better, 1));
            Some(Odd { message, help, better })
        }
        _ => None,
    })
}

fn odd_whole(line: &str) -> Option<Odd> {
    const CHECKS: [fn(&str) -> Option<Odd>; 9] = [
        full_width,
        quoted,
        leading_mark,
        torn_address,
        single_braces,
        misspelt_gap,
        half_regex,
        trailing_comment,
        operator,
    ];
    CHECKS.iter().find_map(|check| check(line)).or_else(|| misspelt_count(line))
}

/// ``frame #11: 0x0 libcoreclr.so`Thread::Block`` and `at Contoso.Labels.Print() in Labels.cs:line 5`: as other tools
/// print frames.
fn is_other_dialect(line: &str) -> bool {
    let is_joint = |at: usize| {
        let sides = (line[..at].chars().next_back(), line[at + 1..].chars().next());
        matches!(sides, (Some(left), Some(right)) if !left.is_whitespace() && !right.is_whitespace())
    };
    let of_lldb = !line.contains('!') && line.match_indices('`').any(|(at, _)| is_joint(at));
    let name = line.strip_prefix("at ").map_or("", |rest| rest.split('(').next().unwrap_or_default());
    of_lldb || (line.contains('(') && name.contains('.') && !name.contains('!')) || line.contains(" in ")
}

/// `#3 svc!rec` is a comment to a pattern.
fn numbered_comment(line: &str) -> Option<Odd> {
    let rest = line.strip_prefix('#')?;
    let frame = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    let is_frame = frame.len() < rest.len() && frame.starts_with(' ') && frame.contains('!');
    let better = frame.trim().to_string();
    is_frame.then(|| odd("`#` makes a comment of this line", format!("write `{better}`"), Some(better))).flatten()
}

/// `Child-SP RetAddr Call Site`, `0:000> kL`, `OS Thread Id: 0x1c70 (8)`
fn header(line: &str) -> Option<Odd> {
    const COLUMNS: [&str; 6] = ["Child-SP", "Child SP", "ChildEBP", "RetAddr", "Call Site", "Args to Child"];
    let columns = COLUMNS.iter().filter(|column| line.contains(**column)).count();
    let before_prompt = line.split('>').next().unwrap_or_default();
    let is_prompt = line.contains('>')
        && before_prompt.split(':').count() >= 2
        && before_prompt.split(':').take(2).all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit()));
    let is_thread = line.starts_with("OS Thread Id:") || (line.contains(" Id: ") && line.contains(" Suspend: "));
    let is_rule = line.len() >= 3 && line.chars().all(|c| matches!(c, '-' | '=' | '_'));
    let is_column = COLUMNS.contains(&line);
    if columns < 2
        && !is_column
        && !is_rule
        && !is_prompt
        && !is_thread
        && !line.starts_with("(lldb) ")
        && !line.starts_with("(gdb) ")
    {
        return None;
    }
    odd("this line was pasted with the stack and is no frame", "delete this line", None)
}

/// `confidence: high` in the block of `match`.
fn key(line: &str, keys: &[&str]) -> Option<Odd> {
    let (word, value) = line.split_once(':')?;
    let is_key = keys.contains(&word) && (value.is_empty() || value.starts_with(' '));
    let message = format!("`{word}:` stands inside the block here, as if it were a frame");
    is_key
        .then(|| odd(message, "it is indented too deep: begin it in the column of the rule's other keys", None))
        .flatten()
}

/// `svc！rec`: signs of a wide font, and dashes that a word processor made.
fn full_width(line: &str) -> Option<Odd> {
    const WIDE: [(char, char); 7] =
        [('！', '!'), ('＊', '*'), ('．', '.'), ('：', ':'), ('＠', '@'), ('（', '('), ('）', ')')];
    let wide = WIDE.iter().find(|(wide, _)| line.contains(*wide));
    if let Some((wide, plain)) = wide {
        let better: String =
            line.chars().map(|c| WIDE.iter().find(|(wide, _)| *wide == c).map_or(c, |(_, plain)| *plain)).collect();
        return odd(format!("`{wide}` is not `{plain}`"), format!("write `{better}`"), Some(better));
    }
    let dash = line.chars().find(|c| matches!(c, '\u{2013}' | '\u{2014}' | '\u{2212}'))?;
    odd(format!("`{dash}` is another sign than `-`"), "write `-`, where the frame has one", None)
}

/// `"svc!rec"`, with straight or curly quotes.
fn quoted(line: &str) -> Option<Odd> {
    const PAIRS: [(char, &[char]); 8] = [
        ('"', &['"']),
        ('\'', &['\'']),
        ('\u{201c}', &['\u{201d}', '\u{201c}']),
        ('\u{201e}', &['\u{201c}', '\u{201d}']),
        ('\u{2018}', &['\u{2019}']),
        ('\u{2019}', &['\u{2019}']),
        ('\u{ab}', &['\u{bb}']),
        ('`', &['`']),
    ];
    let begun = PAIRS.iter().find(|(open, _)| line.starts_with(*open));
    let inside = begun.and_then(|(open, closing)| line[open.len_utf8()..].strip_suffix(*closing));
    // A straight double quote is part of no name.
    let inside = inside.or_else(|| line.strip_prefix('"')).or_else(|| line.strip_suffix('"'))?.trim();
    odd("a frame in quotes", format!("write `{inside}`: in a block nothing needs quotes"), Some(inside.to_string()))
}

/// `- svc!rec`, `at svc!rec`, `frame #3: svc!rec`, `3. svc!rec`, `[03] svc!rec`
fn leading_mark(line: &str) -> Option<Odd> {
    let number = |text: &str| text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let behind = |mark: char| line.strip_prefix(mark).filter(|rest| rest.starts_with([' ', '\t']));
    let behind_number = || {
        let rest = &line[line.len() - number(line)..];
        let has_number = rest.len() < line.len();
        rest.strip_prefix(['.', ')', ':']).filter(|rest| has_number && rest.starts_with([' ', '\t']))
    };
    let behind_brackets = || {
        let inside = line.strip_prefix('[')?;
        let rest = &inside[inside.len() - number(inside)..];
        rest.strip_prefix("] ").filter(|_| rest.len() < inside.len())
    };
    let behind_frame = || line.strip_prefix("frame #").and_then(|rest| rest.split_once(": ")).map(|(_, frame)| frame);
    let frame = None
        .or_else(|| behind('-'))
        .or_else(|| behind('>'))
        .or_else(|| line.strip_prefix("at "))
        .or_else(behind_frame)
        .or_else(behind_number)
        .or_else(behind_brackets)?
        .trim();
    // What the cleaner takes away does no harm.
    if frame.is_empty() || clean_frame_line(line) == clean_frame_line(frame) {
        return None;
    }
    let mark = line[..line.len() - frame.len()].trim();
    odd(
        format!("`{mark}` is taken for a part of the frame's name"),
        format!("write `{frame}`: a line of a pattern begins with the frame"),
        Some(frame.to_string()),
    )
}

/// `00000000´0b99b2f0`: mail programs make another sign of the backtick.
fn torn_address(line: &str) -> Option<Odd> {
    let is_half = |text: &str| text.len() == 8 && text.chars().all(|c| c.is_ascii_hexdigit());
    let torn = |c: char| matches!(c, '\u{b4}' | '\'' | '\u{2019}' | '\u{2018}');
    let found = line.match_indices(torn).find(|(at, sign)| {
        let left = at.checked_sub(8).and_then(|start| line.get(start..*at));
        let right = line.get(at + sign.len()..at + sign.len() + 8);
        left.is_some_and(is_half) && right.is_some_and(is_half)
    });
    let (_, sign) = found?;
    let better = line.replace(sign, "`");
    odd(
        format!("`{sign}` in this address was a backtick once"),
        format!("write `{}`", clean_frame_line(&better)),
        Some(better),
    )
}

/// `{m=MyApp!*}`
fn single_braces(line: &str) -> Option<Odd> {
    let inside = line.strip_prefix('{')?.strip_suffix('}')?;
    let name = inside.split('=').next().unwrap_or_default().trim();
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_');
    let better = format!("{{{line}}}");
    is_name.then(|| odd("a frame's name is kept with two braces", format!("write `{better}`"), Some(better))).flatten()
}

/// `..`, `. . .`, `[...]`, `..*`
fn misspelt_gap(line: &str) -> Option<Odd> {
    let inner = line.trim_matches(['[', ']', '(', ')', '<', '>', '*', ' ']);
    let dots: String = inner.chars().filter(|c| !c.is_whitespace()).collect();
    let is_dots = dots.len() >= 2 && dots.chars().all(|c| c == '.') || inner == "\u{2026}";
    let is_word = ["[snip]", "[cut]", "etc.", "(snip)"].contains(&line);
    (is_dots || is_word)
        .then(|| odd("this is no gap", "write `...` for any frames that lie between", Some("...".to_string())))
        .flatten()
}

/// `GdiPlus!Gdip(Draw|Fill).*/`
fn half_regex(line: &str) -> Option<Odd> {
    if let Some(inside) = line.strip_prefix('^').and_then(|rest| rest.strip_suffix('$')) {
        let help = format!("a regular expression is written `/{inside}/`; it matches the whole name");
        return odd("`^` and `$` are taken for parts of the name", help, None);
    }
    let is_half = line.ends_with('/') && line.len() > 1;
    is_half
        .then(|| odd("a `/` behind and none before", format!("a regular expression is written `/{line}`"), None))
        .flatten()
}

/// `svc!rec # the loop`
fn trailing_comment(line: &str) -> Option<Odd> {
    let begins =
        |word: &str| word.starts_with('#') || word == ";" || word.starts_with("//") || word == "<-" || word == "<--";
    let bare = without_groups(line);
    if let Some(frame) = line.strip_suffix([',', ';']).filter(|frame| frame.contains('!') && !frame.contains('(')) {
        return odd(
            "the sign at the end is taken for a part of the name",
            format!("write `{frame}`"),
            Some(frame.to_string()),
        );
    }
    let mut words = bare.split_whitespace();
    let first = words.next()?;
    let is_cut = first.ends_with(';') && first.contains('!');
    let comment = if is_cut { words.next() } else { words.find(|word| begins(word)) }?;
    let at = line.find(comment).unwrap_or(line.len());
    let frame = line[..at].trim_end().trim_end_matches(';').trim_end();
    odd(
        "what stands behind the frame is taken for a part of its name",
        format!("write `{frame}`, and the comment on a line of its own, behind `#`"),
        None,
    )
}

/// The line without what stands in brackets: arguments, generics, source lines.
pub(super) fn without_groups(line: &str) -> String {
    let mut bare = String::new();
    let mut rest = line;
    while let Some(at) = rest.find(['(', '<', '[']) {
        let (open, close) = match rest.as_bytes()[at] {
            b'(' => ('(', ')'),
            b'<' => ('<', '>'),
            _ => ('[', ']'),
        };
        let mut depth = 0;
        let end = rest[at..].char_indices().find(|(_, c)| {
            depth += i32::from(*c == open) - i32::from(*c == close);
            depth == 0
        });
        // An opening sign without its other is one of `operator<<`, and stays.
        let (kept, end) = end.map_or((at + 1, at + 1), |(end, _)| (at, at + end + 1));
        bare.push_str(&rest[..kept]);
        rest = &rest[end..];
    }
    bare.push_str(rest);
    bare
}

#[cfg(test)]
mod tests;
