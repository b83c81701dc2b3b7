//! Texts for people: titles, reasons, steps. YAML reads some of them otherwise than they look.

use super::node::{Key, Node, Value};
use super::read::FileReader;
use super::written::Spot;
use crate::diagnostic::Code;

impl FileReader<'_> {
    /// A text that people read, with a doubt where part of it got lost.
    pub(super) fn prose(&mut self, node: &Node) -> Option<String> {
        let text = self.text(node)?;
        let rest = self.source.text[node.span.end..].lines().next().unwrap_or_default();
        // `# ` begins a comment that is meant; `#123` is the number of a bug.
        let lost = rest.trim_start().strip_prefix('#').filter(|rest| rest.starts_with(|c: char| c.is_alphanumeric()));
        if lost.is_some() && !text.contains('\n') {
            let message = format!("YAML takes `{}` for a comment and leaves it out", rest.trim());
            let help = "put the whole text in quotes";
            self.diagnostics.add(Code::OddText, self.index, node.span, message).help(help);
        }
        Some(text)
    }

    /// The steps of a fix.
    pub(super) fn steps(&mut self, node: &Node) -> Vec<String> {
        if let Value::Text(text) = &node.value {
            let is_numbered =
                |number: usize| text.contains(&format!("{number}. ")) || text.contains(&format!("{number}) "));
            let is_dashed = text.starts_with('-') && text[1..].starts_with(|c: char| c.is_alphabetic());
            if is_dashed {
                let message = "`-` without a blank behind it begins no list";
                let help = "write each step behind `- `, on a line of its own";
                self.diagnostics.add(Code::OddText, self.index, node.span, message).help(help);
            } else if text.starts_with('1') && is_numbered(1) && is_numbered(2) && !text.trim_end().contains('\n') {
                let message = "YAML folds these steps into one";
                let help = "write each step behind `- `, on a line of its own; the numbers come by themselves";
                self.diagnostics.add(Code::OddText, self.index, node.span, message).help(help);
            }
        }
        match &node.value {
            Value::List(items) => items.iter().filter_map(|item| self.prose(item)).collect(),
            _ => self.prose(node).into_iter().collect(),
        }
    }

    /// A list of texts; a single text is a list of one.
    pub(super) fn texts(&mut self, node: &Node) -> Vec<Spot<String>> {
        let spot = |text: String, node: &Node| Spot { value: text, span: node.span };
        match &node.value {
            Value::List(items) => {
                items.iter().filter_map(|item| self.text(item).map(|text| spot(text, item))).collect()
            }
            _ => self.text(node).map(|text| spot(text, node)).into_iter().collect(),
        }
    }

    pub(super) fn text(&mut self, node: &Node) -> Option<String> {
        let written = &self.source.text[node.span.start..node.span.end];
        let written = written.split(" #").next().unwrap_or_default().trim_end();
        match &node.value {
            Value::Text(text) | Value::Number(text) => return Some(text.trim_end().to_string()),
            Value::Bool(_) => {
                let message = format!("YAML reads `{written}` as true or false, and a text is wanted here");
                let help = format!("put it in quotes: `\"{written}\"`");
                self.diagnostics.add(Code::BadValue, self.index, node.span, message).help(help);
            }
            Value::List(_) | Value::Map(_) if written.starts_with(['[', '{']) => {
                let message = format!("expected a text, found {}", node.value.describe());
                let help = "YAML takes `[` and `{` at the start of a value for itself; put the text in quotes";
                self.diagnostics.add(Code::BadValue, self.index, node.span, message).help(help);
            }
            _ => self.wrong_kind(node, "a text"),
        }
        None
    }

    /// The marks that a draft leaves for its author: values that are `todo`, and a severity with its comment still there.
    pub(super) fn doubt_marks(&mut self, entries: &[(Key, Node)], id: &str) {
        let is_left = |reader: &Self, key: &Key, node: &Node| match key.name.as_str() {
            "severity" => {
                let rest = &reader.source.text[node.span.start..];
                rest.lines().next().is_some_and(|line| line.contains("# FILL IN"))
            }
            "title" | "category" | "tags" | "message" | "why" | "fix" | "notes" | "links" => holds_mark(node),
            _ => false,
        };
        let left: Vec<&Key> =
            entries.iter().filter(|(key, node)| is_left(self, key, node)).map(|(key, _)| key).collect();
        let Some(first) = left.first() else { return };
        let names: Vec<String> = left.iter().map(|key| format!("`{}`", key.name)).collect();
        let are = if left.len() == 1 { "is" } else { "are" };
        let message = format!("`{id}` is a draft: {} {are} still to be filled in", names.join(", "));
        let help = "write what you know in place of `todo`, and delete the FILL IN comment";
        self.diagnostics.add(Code::FillIn, self.index, first.span, message).help(help);
    }
}

fn holds_mark(node: &Node) -> bool {
    match &node.value {
        Value::Text(text) => text.trim().eq_ignore_ascii_case("todo") || text.contains("FILL IN"),
        Value::List(items) => items.iter().any(holds_mark),
        Value::Map(entries) => entries.iter().any(|(_, node)| holds_mark(node)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}
