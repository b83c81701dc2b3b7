//! Reads the conditions besides the pattern: `threads`, `exception`, `cycle`.

use super::node::{Node, Value};
use super::read::FileReader;
use super::written::{Spot, WrittenCycle, WrittenException, WrittenThreads};
use crate::diagnostic::Code;

impl FileReader<'_> {
    pub(super) fn threads(&mut self, node: &Node) -> Option<WrittenThreads> {
        let mut threads = WrittenThreads { span: node.span, ..WrittenThreads::default() };
        let entries = self.entries(node, "`{at-least: 10}`")?;
        for (key, node) in entries {
            match key.name.as_str() {
                "at-least" => threads.at_least = self.count(node).map_or(0, u64::from),
                "share" => threads.share = self.share(node).unwrap_or_default(),
                "same" => threads.same = self.text(node).map(|value| Spot { value, span: node.span }),
                _ => self.unknown_key(key, entries, &["at-least", "share", "same"]),
            }
        }
        Some(threads)
    }

    pub(super) fn exception(&mut self, node: &Node) -> Option<WrittenException> {
        let mut exception = WrittenException::default();
        let entries = self.entries(node, "`{type: System.OutOfMemoryException}`")?;
        for (key, node) in entries {
            match key.name.as_str() {
                "type" => exception.type_name = self.text(node),
                "code" => exception.code = self.code(node),
                _ => self.unknown_key(key, entries, &["type", "code"]),
            }
        }
        // A value that cannot be read has been reported by now.
        if !entries.iter().any(|(key, _)| matches!(key.name.as_str(), "type" | "code")) {
            self.mistake(Code::BadValue, node.span, "an exception needs a `type`, a `code`, or both");
        }
        Some(exception)
    }

    pub(super) fn cycle(&mut self, node: &Node) -> Option<WrittenCycle> {
        let mut cycle = WrittenCycle { repeats: 2, period: 12, contains: None };
        let entries = self.entries(node, "`{repeats: \">= 50\", period: \"<= 12\"}`")?;
        for (key, node) in entries {
            match key.name.as_str() {
                "repeats" => cycle.repeats = self.bound(node, ">=").unwrap_or(cycle.repeats),
                "period" => cycle.period = self.bound(node, "<=").unwrap_or(cycle.period),
                "contains" => cycle.contains = self.text(node).map(|line| self.block_line(&line, node.span, false)),
                _ => self.unknown_key(key, entries, &["repeats", "period", "contains"]),
            }
        }
        Some(cycle)
    }

    fn entries<'n>(&mut self, node: &'n Node, wanted: &str) -> Option<&'n [(super::node::Key, Node)]> {
        match &node.value {
            Value::Map(entries) => Some(entries),
            _ => {
                self.wrong_kind(node, &format!("a map, as in {wanted}"));
                None
            }
        }
    }

    fn count(&mut self, node: &Node) -> Option<u32> {
        self.bound(node, ">=")
    }

    /// `10`, `">= 10"`
    fn bound(&mut self, node: &Node, sign: &str) -> Option<u32> {
        let text = self.text(node)?;
        let number = text.strip_prefix(sign).unwrap_or(&text).trim().parse().ok();
        if number.is_none_or(|number: u32| number == 0) {
            let message = format!("`{text}` is no number from 1 on");
            self.diagnostics_at(Code::BadValue, node.span, message, &format!("write `10` or `\"{sign} 10\"`"));
        }
        number.filter(|&number| number > 0)
    }

    /// `30%`, `">= 30%"`, `0.3`
    fn share(&mut self, node: &Node) -> Option<f64> {
        let text = self.text(node)?;
        let bare = text.strip_prefix(">=").unwrap_or(&text).trim();
        let share = match bare.strip_suffix('%') {
            Some(percent) => percent.trim().parse::<f64>().ok().map(|percent| percent / 100.0),
            None => bare.parse::<f64>().ok(),
        };
        let share = share.filter(|share| (0.0..=1.0).contains(share));
        if share.is_none() {
            let message = format!("`{text}` is no share");
            self.diagnostics_at(Code::BadValue, node.span, message, "write `\">= 30%\"`");
        }
        share
    }

    /// `0xc00000fd`, `c00000fd`
    fn code(&mut self, node: &Node) -> Option<u64> {
        let text = self.text(node)?;
        let digits = text.trim_start_matches("0x").trim_start_matches("0X");
        // YAML reads `0xc00000fd` as a number, and keeps it as it was written or in decimal.
        let code = match (text.starts_with("0x") || text.starts_with("0X"), text.parse::<u64>()) {
            (false, Ok(decimal)) if text.len() > 8 => Some(decimal),
            _ => u64::from_str_radix(digits, 16).ok(),
        };
        if code.is_none() {
            let message = format!("`{text}` is no exception code");
            self.diagnostics_at(Code::BadValue, node.span, message, "write it in hexadecimal, as in `0xc00000fd`");
        }
        code
    }
}
