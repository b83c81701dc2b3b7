//! Errors of the YAML reader in plain words: what was written, where, and what to write instead.
//!
//! The reader tells what it wanted ("simple key expected ':'"); somebody who wrote `match |` wants to know what is wrong
//! with it. So the text around the place is looked at.

use super::list_as_block::list_as_block;
use super::read::{CONDITION_KEYS, RULE_KEYS, SHARED_KEYS};
use super::yaml_spaces::{no_break_space, tabs};
use crate::diagnostic::Fix;
use crate::text::Span;

const NO_RULE_FILE: &str = "this is not a rule file";
const NO_RULE_FILE_HELP: &str =
    "a rule file is YAML with `id:`, `title:`, `match:` and other keys; logs are what `stacklint scan` reads";

/// What is said of a file that is not YAML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct YamlHelp {
    /// Where the caret stands.
    pub at: usize,
    pub message: String,
    pub help: Option<String>,
    pub fix: Option<Fix>,
}

/// The text, the place where its reader gave up, and why.
pub(super) struct Broken<'a> {
    pub text: &'a str,
    pub at: usize,
    pub reason: &'a str,
    pub line_start: usize,
    /// The line of the place, without its line end.
    pub line: &'a str,
}

impl YamlHelp {
    pub fn new(at: usize, message: impl Into<String>, help: impl Into<String>) -> Option<Self> {
        Some(YamlHelp { at, message: message.into(), help: Some(help.into()), fix: None })
    }
}

/// Finds words for an error of the YAML reader at byte `at`.
pub(super) fn yaml_help(text: &str, at: usize, reason: &str) -> YamlHelp {
    let at = text.floor_char_boundary(at);
    let line_start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let line = text[line_start..].lines().next().unwrap_or_default();
    let broken = Broken { text, at, reason, line_start, line };
    const CHECKS: [fn(&Broken) -> Option<YamlHelp>; 13] = [
        no_rule_file,
        fence,
        tabs,
        no_break_space,
        open_quote,
        open_bracket,
        document_dashes,
        colon_without_blank,
        key_without_colon,
        colon_in_text,
        uneven_block,
        quoted_part,
        reserved_sign,
    ];
    CHECKS.iter().find_map(|check| check(&broken)).unwrap_or_else(|| {
        if !reason.contains("simple key expected") {
            return YamlHelp { at, message: reason.to_string(), help: None, fix: None };
        }
        let help = "a key and its value belong here, as in `why: because`; a text of several lines goes below `why: >`, \
                    indented";
        let message = "this line is no key, and not part of the text above".to_string();
        YamlHelp { at, message, help: Some(help.to_string()), fix: None }
    })
}

/// Whether some line begins with a key that rules have.
fn names_a_key(text: &str) -> bool {
    let is_key = |word: &str| known(word.trim_start_matches("- ").trim().trim_matches(['"', '\'']));
    text.lines().any(|line| {
        let line = line.trim_start().trim_start_matches("- ");
        line.split_once([':', ' ', '|', '\u{a0}']).is_some_and(|(word, _)| is_key(word))
    })
}

fn known(word: &str) -> bool {
    RULE_KEYS.contains(&word) || SHARED_KEYS.contains(&word) || CONDITION_KEYS.contains(&word)
}

fn no_rule_file(broken: &Broken) -> Option<YamlHelp> {
    let first = broken.text.find(|c: char| !c.is_whitespace()).unwrap_or_default();
    (!names_a_key(broken.text)).then(|| YamlHelp::new(first, NO_RULE_FILE, NO_RULE_FILE_HELP)).flatten()
}

/// ```` ```yaml ````, copied with the rule from a page.
fn fence(broken: &Broken) -> Option<YamlHelp> {
    let is_fence = broken.line.trim_start().starts_with("```");
    let help = "delete this line, and the same signs behind the rule";
    is_fence.then(|| YamlHelp::new(broken.line_start, "this line is Markdown, not YAML", help)).flatten()
}

/// `title: "Deadlock`: YAML reads on, to the next quote it can find.
fn open_quote(broken: &Broken) -> Option<YamlHelp> {
    let mut start = 0;
    for line in broken.text.split_inclusive('\n') {
        if start > broken.at {
            break;
        }
        let body = line.trim();
        let value =
            body.trim_start_matches("- ").split_once(": ").filter(|(key, _)| known(key)).map(|(_, value)| value.trim());
        let quote = value.and_then(|value| value.chars().next()).filter(|c| matches!(c, '"' | '\''));
        if let (Some(value), Some(quote)) = (value, quote)
            && !value[1..].contains(quote)
        {
            let at = start + line.rfind(value).unwrap_or_default();
            let help = format!("close the quote behind the text: `{value}{quote}`, or leave both out");
            return YamlHelp::new(at, "a quote that is not closed", help);
        }
        start += line.len();
    }
    None
}

/// `tags: [a, b`: YAML reads on, to the next bracket it can find.
fn open_bracket(broken: &Broken) -> Option<YamlHelp> {
    let is_misplaced = broken.reason.contains("illegal placement of ':'") || broken.reason.contains("flow");
    let above = broken.text[..broken.line_start].split_inclusive('\n').rev().filter(|_| is_misplaced);
    let mut start = broken.line_start;
    for line in above {
        start -= line.len();
        let value = line.split_once(": ").map_or("", |(_, value)| value.trim());
        for (open, close) in [('[', ']'), ('{', '}')] {
            if value.starts_with(open) && value.matches(open).count() > value.matches(close).count() {
                let at = start + line.rfind(value).unwrap_or_default();
                let help = format!("close it: `{value}{close}`; a text that begins with `{open}` is put in quotes");
                return YamlHelp::new(at, format!("a `{open}` that is not closed"), help);
            }
        }
    }
    None
}

/// `—` or `--` in place of `---`.
fn document_dashes(broken: &Broken) -> Option<YamlHelp> {
    let line = broken.line.trim();
    let is_dashes =
        !line.is_empty() && line != "---" && line.chars().all(|c| matches!(c, '-' | '\u{2013}' | '\u{2014}'));
    if !is_dashes {
        return None;
    }
    let start = broken.line_start + broken.line.find(line).unwrap_or_default();
    let fix = Fix::new(Span::new(start, start + line.len()), "---");
    let message = format!("`{line}` does not separate two rules");
    let help = Some("write three hyphens: `---`".to_string());
    Some(YamlHelp { at: start, message, help, fix: Some(fix) })
}

/// `title:X`, `match:|`
fn colon_without_blank(broken: &Broken) -> Option<YamlHelp> {
    let (key, value) = broken.line.split_once(':')?;
    let word = key.trim().trim_start_matches("- ");
    if !known(word) || value.is_empty() || value.starts_with([' ', '\t']) {
        return None;
    }
    let at = broken.line_start + key.len() + 1;
    let help = Some(format!("write `{word}: {}`", value.trim()));
    Some(YamlHelp {
        at: at - 1,
        message: "a blank is missing behind the colon".to_string(),
        help,
        fix: Some(Fix::insert(at, " ")),
    })
}

/// `why because`, `match |`
fn key_without_colon(broken: &Broken) -> Option<YamlHelp> {
    let line = broken.line.trim().trim_start_matches("- ");
    let word = line.split([' ', '|']).next().unwrap_or_default();
    let is_key = broken.reason.contains("expected") && known(word) && !line[word.len()..].starts_with(':');
    let rest = line.get(word.len()..).unwrap_or_default().trim();
    let help = format!("write `{word}: {rest}`");
    is_key.then(|| YamlHelp::new(broken.at, format!("a colon is missing behind `{word}`"), help.trim_end())).flatten()
}

/// `title: Deadlock: ab waits`, or a key that is indented too deep.
fn colon_in_text(broken: &Broken) -> Option<YamlHelp> {
    if !broken.reason.contains("mapping values are not allowed") {
        return None;
    }
    let bare = broken.line.trim_start();
    let (key, value) = bare.trim_start_matches("- ").split_once(':')?;
    let column = broken.line.len() - bare.len();
    if known(key) && broken.line_start + column + key.len() + 1 >= broken.at {
        let help = format!("begin `{key}:` in the same column as the keys above it");
        return YamlHelp::new(broken.line_start + column, format!("`{key}:` is indented too deep"), help);
    }
    let value = value.trim().replace('"', "'");
    let help = match known(key) && !value.is_empty() {
        true => format!("put the text in quotes: `{key}: \"{value}\"`"),
        false => "a text with `: ` in it is written in quotes, or below `why: >`, indented".to_string(),
    };
    YamlHelp::new(broken.at, "a second colon in one line", help)
}

/// A line of a block that begins further left than the block's first line.
fn uneven_block(broken: &Broken) -> Option<YamlHelp> {
    if !broken.reason.contains("did not find expected") && !broken.reason.contains("simple key expected") {
        return None;
    }
    let indent = |line: &str| line.len() - line.trim_start().len();
    let here = indent(broken.line);
    let above: Vec<&str> = broken.text[..broken.line_start].lines().filter(|line| !line.trim().is_empty()).collect();
    let is_head = |line: &&str| line.trim_end().ends_with(['|', '>']) && indent(line) <= here;
    let head = above.iter().rposition(is_head)?;
    let block = &above[head + 1..];
    let frame = broken.line.trim();
    if here <= indent(above[head]) && (frame.contains('!') || frame.starts_with("...")) && !frame.starts_with('-') {
        let help = "put two blanks more than the key has before every line of the block";
        return YamlHelp::new(broken.at, "this line is not indented, so it is no part of the block", help);
    }
    let is_deeper =
        block.first().is_some_and(|first| indent(first) > here) && block.iter().all(|line| indent(line) > here);
    let help = "begin all lines of the block in one column; where the first line is meant to begin further right, \
                write `|2` in place of `|` and indent the block by two";
    is_deeper
        .then(|| YamlHelp::new(broken.at, "this line begins further left than the first line of its block", help))
        .flatten()
}

/// `title: "A" waits for "B"`, `title: [x] waits`, `title: "D:\work"`
fn quoted_part(broken: &Broken) -> Option<YamlHelp> {
    let (key, value) = broken.line.trim().trim_start_matches("- ").split_once(": ")?;
    let value = value.trim();
    let sign = value.chars().next().filter(|c| matches!(c, '"' | '\'' | '[' | '{'))?;
    if broken.reason.contains("escape") {
        let inside = value.trim_matches('"');
        let help = format!("a `\\` in double quotes begins an escape; write single quotes: `'{inside}'`");
        return YamlHelp::new(broken.at, "a backslash in double quotes", help);
    }
    let whole = match sign {
        '[' | '{' if value.ends_with([']', '}']) && !value.starts_with("{{") => return None,
        '[' | '{' => format!("\"{}\"", value.replace('"', "'")),
        '"' => format!("'{value}'"),
        _ => format!("\"{value}\""),
    };
    let message = format!("`{sign}` at the start of a text means something to YAML");
    YamlHelp::new(broken.at, message, format!("put the whole text in quotes: `{key}: {whole}`"))
}

/// `- @gdiplus`, `- *!Draw*`, `why: %of it`
fn reserved_sign(broken: &Broken) -> Option<YamlHelp> {
    const SIGNS: [char; 6] = ['@', '`', '*', '!', '&', '%'];
    let line = broken.line.trim_start().trim_start_matches("- ");
    let before = &broken.text[broken.line_start..broken.at];
    let is_frame = before.trim_start().trim_start_matches('-').trim().is_empty() && line.starts_with(SIGNS);
    if is_frame || broken.reason.contains("alias") || broken.reason.contains("tag") {
        let help = "YAML takes `*`, `!`, `&`, `@` and `` ` `` at the start of a value for itself; \
                    write the frames as a block: `match: |`";
        let fix = list_as_block(broken.text, broken.at);
        return Some(YamlHelp { at: broken.at, message: broken.reason.to_string(), help: Some(help.to_string()), fix });
    }
    let (key, value) = line.split_once(": ").filter(|(_, value)| value.trim_start().starts_with(SIGNS))?;
    let help = match matches!(key, "match" | "stack") {
        true => format!("write the frames as a block: `{key}: |`, with each frame on a line of its own below"),
        false => format!("put the text in quotes: `{key}: \"{}\"`", value.trim().replace('"', "'")),
    };
    YamlHelp::new(broken.at, "YAML takes this sign at the start of a value for itself", help)
}

#[cfg(test)]
mod tests;
