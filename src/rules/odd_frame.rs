//! Frames of patterns that can hardly be meant: two on one line, `Gdip?raw`, `svc!`, an address in front.

use super::odd_line::{Odd, odd, without_groups};
use crate::formats::clean_frame_line;

/// What is odd about one frame of a line, as pasted or with stars.
pub(super) fn odd_frame(frame: &str) -> Option<Odd> {
    let cleaned = clean_frame_line(frame);
    if cleaned.starts_with('[') {
        return None;
    }
    let bare = without_groups(&cleaned);
    two_frames(&bare)
        .or_else(|| half_name(frame, &cleaned))
        .or_else(|| leading_address(frame, &cleaned))
        .or_else(|| blank_at_bang(frame, &cleaned))
        .or_else(|| bad_module(&bare))
        .or_else(|| wildcard(&cleaned, &bare))
}

/// `svc!rec svc!deep`
fn two_frames(bare: &str) -> Option<Odd> {
    let is_frame =
        |word: &&str| word.split_once('!').is_some_and(|(module, name)| !module.is_empty() && !name.is_empty());
    let frames: Vec<&str> = bare.split_whitespace().filter(is_frame).collect();
    if frames.len() < 2 {
        return None;
    }
    odd("two frames on one line", "write each frame on a line of its own, in a block: `match: |`", None)
}

/// `!rec`, `svc!`
fn half_name(frame: &str, cleaned: &str) -> Option<Odd> {
    if let Some(name) = cleaned.strip_prefix('!') {
        let help = format!(
            "write `{name}` for a function of any module, `{name}!*` for a module, or `not {name}` for any other frame"
        );
        return odd("no module before the `!`", help, None);
    }
    let is_open = cleaned.ends_with('!') && !cleaned.ends_with("operator!");
    let help = format!("write `{cleaned}*` for any function of this module");
    is_open.then(|| odd("no function behind the `!`", help, Some(format!("{frame}*")))).flatten()
}

/// ``00007ff9`a1b2c3d4 svc!rec``
fn leading_address(frame: &str, cleaned: &str) -> Option<Odd> {
    let (first, rest) = cleaned.split_once(' ')?;
    let digits = first.strip_prefix("0x").unwrap_or(first).replace('`', "");
    let is_address = digits.len() >= 8 && digits.chars().all(|c| c.is_ascii_hexdigit());
    let at = frame.find(rest.trim()).filter(|_| is_address && rest.contains('!'))?;
    let better = frame[at..].to_string();
    odd("the address is taken for a part of the module's name", format!("write `{better}`"), Some(better))
}

/// `svc! rec`. Some names of compilers do begin with a blank: ``ntdll! ?? ::FNODOBFM::`string'``.
fn blank_at_bang(frame: &str, cleaned: &str) -> Option<Odd> {
    let (module, function) = cleaned.split_once('!')?;
    let name = function.trim_start();
    let has_blank = module.ends_with(' ') || (name.len() < function.len() && name.starts_with(char::is_alphanumeric));
    let joined = format!("{}!{name}", module.trim_end());
    let better = frame.contains(cleaned).then(|| frame.replacen(cleaned, &joined, 1));
    has_blank.then(|| odd("a blank beside the `!`", format!("write `{joined}`"), better)).flatten()
}

/// `my svc!rec`, `~svc!rec`
fn bad_module(bare: &str) -> Option<Odd> {
    let (module, _) = bare.split_once('!')?;
    let module = module.trim();
    let help = "begin the line with `module!function`, or with `not` for a frame that must not be there";
    if module.contains(char::is_whitespace) {
        return odd(format!("`{module}` is no module: modules have no blanks"), help, None);
    }
    let sign = module.chars().next().filter(|c| matches!(c, '-' | '+' | '~' | '='))?;
    odd(format!("`{sign}` is taken for a part of the module's name"), help, None)
}

/// `svc!Gdip?raw`, `svc!Gdip[DF]raw`. Decorated names have `?` in them, and begin with it.
fn wildcard(cleaned: &str, bare: &str) -> Option<Odd> {
    let function = bare.split_once('!').map_or(bare, |(_, function)| function).trim();
    let has_question = function.contains('?') && !function.starts_with('?') && !function.contains("@@");
    if has_question {
        return odd("`?` is no wildcard", "`*` is the only one, and stands for any text", None);
    }
    let set = cleaned.match_indices('[').find(|(at, _)| {
        let before = cleaned[..*at].chars().next_back();
        let Some((inside, behind)) = cleaned[at + 1..].split_once(']') else { return false };
        let is_set = (2..=8).contains(&inside.len()) && inside.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        let in_a_word = before.is_some_and(char::is_alphanumeric) && behind.starts_with(|c: char| c.is_alphanumeric());
        is_set && in_a_word && !cleaned[..*at].contains('(')
    });
    set.and_then(|_| odd("`[...]` is no set of letters", "`*` is the only wildcard; `A or B` names two frames", None))
}
