//! Reads blocks of frames, and tells where YAML or a slip made something else of them.

use std::sync::LazyLock;

use super::list_as_block::list_as_block;
use super::node::{Node, Value};
use super::odd_line::{Odd, odd_line};
use super::read::{CONDITION_KEYS, FileReader, RULE_KEYS};
use super::vain_line::vain_lines;
use super::written::{Block, Spot};
use crate::diagnostic::{Code, Fix};
use crate::text::Span;

/// Every key that may stand in a rule.
static KEYS: LazyLock<Vec<&str>> = LazyLock::new(|| [RULE_KEYS, CONDITION_KEYS].concat());

impl FileReader<'_> {
    /// The block of a pattern.
    pub(super) fn pattern_block(&mut self, node: &Node) -> Option<Block> {
        let block = self.block(node)?;
        if !self.doubts {
            return Some(block);
        }
        for vain in vain_lines(&block.lines) {
            self.diagnostics.add(Code::VainLine, self.index, vain.span, vain.message).help(vain.help);
        }
        Some(block)
    }

    /// A text of several lines, or a list with a line in each element.
    pub(super) fn block(&mut self, node: &Node) -> Option<Block> {
        let mut lines = Vec::new();
        match &node.value {
            Value::Text(text) => {
                let is_folded = self.doubts && self.doubt_folded(node, text);
                let mut spans = self.source.line_spans(node.line);
                for line in text.lines() {
                    // `"a\nb"` has more lines than the file.
                    let span = spans.next().unwrap_or(node.span);
                    let span = if text.contains('\n') { span } else { node.span };
                    lines.push(self.block_line(line, span, is_folded));
                }
            }
            Value::List(items) => {
                for item in items {
                    match &item.value {
                        Value::Text(text) => {
                            self.refuse_cut_by_comment(item);
                            lines.push(self.block_line(text, item.span, false));
                        }
                        other => {
                            let message = format!("YAML made {} of this line", other.describe());
                            self.refuse_mangled(item.span, message);
                        }
                    }
                }
            }
            _ => {
                self.wrong_kind(node, "a block of frames, as in `match: |`");
                return None;
            }
        }
        Some(Block { span: node.span, lines })
    }

    /// One line, without the signs that nobody sees; a doubt if it hardly says what is meant.
    pub(super) fn block_line(&mut self, line: &str, span: Span, is_known: bool) -> Spot<String> {
        let value = visible(line);
        if self.doubts
            && !is_known
            && let Some(Odd { message, help, better }) = odd_line(value.trim(), &KEYS)
        {
            // Only what stands in the file as it was read can be written anew.
            let is_plain = self.source.text.get(span.start..span.end) == Some(line.trim());
            let fix = better.filter(|_| is_plain).map(|better| Fix::new(span, better));
            self.diagnostics.add(Code::NotAFrame, self.index, span, message).help(help).fix(fix);
        }
        Spot { value, span }
    }

    /// `match: >` folds the lines of the pattern into one, and so does YAML of its own accord without `|`. Whether the
    /// lines were folded.
    fn doubt_folded(&mut self, node: &Node, text: &str) -> bool {
        let above = self.source.line_span(node.line.saturating_sub(1).max(1));
        let head = &self.source.text[above.start..above.end];
        if let Some(sign) = folding_sign(head).filter(|_| node.line > 1) {
            let message = "`>` folds the lines of this block into one";
            let at = above.start + sign;
            let fix = Fix::new(Span::new(at, at + 1), "|");
            let mistake = self.diagnostics.add(Code::BadValue, self.index, above, message);
            mistake.help("write `|`, which keeps every line").fix(Some(fix));
            return true;
        }
        let rest = &self.source.text[node.span.start..];
        let written = rest.lines().next().unwrap_or_default().trim_end().trim_start_matches(['"', '\'']);
        let folded = text.lines().next().unwrap_or_default().trim_end();
        if folded.len() <= written.len() || !folded.starts_with(written) {
            return false;
        }
        // An alternative that goes on in the next line is one line.
        if written.ends_with(" or") || folded[written.len()..].trim_start().starts_with("or ") {
            return false;
        }
        let fix = head.ends_with(':').then(|| Fix::insert(above.end, " |")).filter(|_| !rest.starts_with(['"', '\'']));
        let message = "without `|`, YAML folds these lines into one";
        let mistake = self.diagnostics.add(Code::BadValue, self.index, node.span, message);
        mistake.help("write `match: |`, and each frame on a line of its own below").fix(fix);
        true
    }

    /// `- a #b` loses what is behind the `#`.
    fn refuse_cut_by_comment(&mut self, item: &Node) {
        let rest = &self.source.text[item.span.end..];
        let rest = rest.lines().next().unwrap_or_default();
        if rest.trim_start().starts_with('#') {
            self.refuse_mangled(item.span, "YAML takes what is behind `#` for a comment".to_string());
        }
    }

    fn refuse_mangled(&mut self, span: Span, message: String) {
        let fix = list_as_block(&self.source.text, span.start);
        let mistake = self.diagnostics.add(Code::BadValue, self.index, span, message);
        mistake.help("write it as a block: `match: |` with a frame on each line").fix(fix);
    }
}

/// Where `>` stands in `match: >`, `match: >-` or `match: >  # why`.
fn folding_sign(head: &str) -> Option<usize> {
    let at = head.find(": >")? + 2;
    let rest = head[at + 1..].trim_start_matches(|c: char| matches!(c, '-' | '+') || c.is_ascii_digit());
    (rest.is_empty() || rest.trim_start().starts_with('#')).then_some(at)
}

/// A line without soft hyphens and signs of no width, which come with text from mails and web pages.
fn visible(line: &str) -> String {
    if line.is_ascii() {
        return line.to_string();
    }
    let is_seen =
        |c: &char| !matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{feff}');
    line.chars().filter(is_seen).map(|c| if c == '\u{a0}' { ' ' } else { c }).collect()
}
