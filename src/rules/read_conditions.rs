//! Reads the conditions besides the pattern: `threads`, `exception`, `cycle`, `deadlock`, `blocked-behind`, `stuck`.

use super::node::{Node, Value};
use super::read::FileReader;
use super::written::{
    Spot, WrittenBlockedBehind, WrittenCycle, WrittenDeadlock, WrittenException, WrittenRule, WrittenStuck,
    WrittenThreads,
};
use super::{Via, WantedOwner};
use crate::diagnostic::Code;
use crate::finding::Confidence;

const EXCEPTION_KEYS: &[&str] = &["type", "message", "code", "at", "unhandled"];

impl FileReader<'_> {
    pub(super) fn threads(&mut self, node: &Node) -> Option<WrittenThreads> {
        let mut threads = WrittenThreads { span: node.span, ..WrittenThreads::default() };
        let entries = self.entries(node, "`{at-least: 10}`")?;
        for (key, node) in entries {
            match key.name.as_str() {
                "at-least" => threads.at_least = self.count(node).map_or(0, u64::from),
                "at-most" => threads.at_most = self.bound(node, "<=").map(u64::from),
                "share" => threads.share = self.share(node).unwrap_or_default(),
                "same" => threads.same = self.text(node).map(|value| Spot { value, span: node.span }),
                _ => self.unknown_key(key, entries, &["at-least", "at-most", "share", "same"]),
            }
        }
        Some(threads)
    }

    pub(super) fn exception(&mut self, node: &Node) -> Option<WrittenException> {
        let mut exception = WrittenException::default();
        let entries = self.entries(node, "`{type: System.OutOfMemoryException}`")?;
        for (key, node) in entries {
            // A list of nothing would ask for nothing, and hold of every exception.
            if matches!(&node.value, Value::List(items) if items.is_empty()) {
                let message = format!("`{}` is an empty list", key.name);
                self.diagnostics_at(Code::BadValue, node.span, message, "write what is asked for, or leave it out");
            }
            match key.name.as_str() {
                "type" => exception.types = self.texts(node).into_iter().map(|text| text.value).collect(),
                "at" => exception.at = self.texts(node).into_iter().map(|text| text.value).collect(),
                "message" => exception.messages = self.texts(node).into_iter().map(|text| text.value).collect(),
                "code" => exception.codes = self.codes(node),
                "unhandled" => exception.unhandled = self.unhandled(node),
                _ => self.unknown_key(key, entries, EXCEPTION_KEYS),
            }
        }
        // A value that cannot be read has been reported by now.
        if !entries.iter().any(|(key, _)| EXCEPTION_KEYS.contains(&key.name.as_str())) {
            let message = "an exception needs a `type`, a `message`, a `code`, an `at`, or `unhandled: true`";
            self.mistake(Code::BadValue, node.span, message);
        }
        Some(exception)
    }

    /// `true`; a text that does not say so says nothing.
    fn unhandled(&mut self, node: &Node) -> bool {
        let said = self.truth(node);
        if matches!(node.value, Value::Bool(false)) {
            let message =
                "that an exception was caught cannot be asked for: where the text does not say, it is unknown";
            self.diagnostics_at(
                Code::BadValue,
                node.span,
                message.to_string(),
                "write `unhandled: true`, or leave it out",
            );
        }
        said
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

    pub(super) fn deadlock(&mut self, node: &Node) -> Option<WrittenDeadlock> {
        let mut deadlock = WrittenDeadlock::default();
        let entries = self.entries(node, "`{via: [syncblk, critical-section, stack-owner]}`")?;
        for (key, node) in entries {
            match key.name.as_str() {
                "via" => deadlock.via = self.via(node),
                _ => self.unknown_key(key, entries, &["via"]),
            }
        }
        Some(deadlock)
    }

    /// `{waiters: ">= 5", owner: | ...}`: the owner's pattern becomes that of the rule.
    pub(super) fn blocked_behind(&mut self, node: &Node, rule: &mut WrittenRule) {
        let mut blocked = WrittenBlockedBehind { waiters: 1, ..WrittenBlockedBehind::default() };
        let Some(entries) = self.entries(node, "`{waiters: \">= 5\"}`") else { return };
        for (key, node) in entries {
            match key.name.as_str() {
                "waiters" => blocked.waiters = self.count(node).map_or(1, u64::from),
                "via" => blocked.via = self.via(node),
                "owner" => rule.pattern = self.pattern_block(node).unwrap_or_default(),
                "owner-gone" if self.truth(node) => blocked.owner = WantedOwner::Gone,
                "no-owner" if self.truth(node) => blocked.owner = WantedOwner::Nobody,
                "owner-gone" | "no-owner" => {}
                _ => self.unknown_key(key, entries, &["waiters", "via", "owner", "owner-gone", "no-owner"]),
            }
        }
        let message = match blocked.owner {
            WantedOwner::Thread => None,
            WantedOwner::Gone => Some("an owner that has ended has no stack"),
            WantedOwner::Nobody => Some("where nobody owns the lock there is no stack of an owner"),
        };
        if let (Some((key, _)), Some(message)) = (entries.iter().find(|(key, _)| key.name == "owner"), message) {
            self.mistake(Code::BadValue, key.span, message);
        }
        rule.blocked_behind = Some(blocked);
    }

    fn via(&mut self, node: &Node) -> Vec<Via> {
        let words = Via::ALL.map(Via::name);
        let items = match &node.value {
            Value::List(items) => items.iter().collect(),
            _ => vec![node],
        };
        items.into_iter().filter_map(|item| self.word(item, "a source of owners", &words, Via::from_name)).collect()
    }

    /// `stuck` with the pattern that it asks for.
    pub(super) fn stuck(&mut self, node: &Node, rule: &mut WrittenRule) {
        let sample = "`{captures: \">= 2\", stack: ...}`";
        let Some(entries) = self.entries(node, sample) else { return };
        let mut stuck = WrittenStuck { captures: 2, cpu: None, once: None };
        for (key, node) in entries {
            match key.name.as_str() {
                "captures" => {
                    stuck.captures = self.bound(node, ">=").unwrap_or(stuck.captures);
                    if stuck.captures < 2 {
                        let message = "one capture does not show that a thread is stuck";
                        let help = "write `\">= 2\"`; `once: low` reports what one capture shows, with less confidence";
                        self.diagnostics_at(Code::BadValue, node.span, message.to_string(), help);
                    }
                }
                "stack" => rule.pattern = self.pattern_block(node).unwrap_or_default(),
                "cpu" => stuck.cpu = self.share(node),
                "once" => {
                    let words = Confidence::ALL.map(Confidence::name);
                    stuck.once = self.word(node, "a confidence", &words, Confidence::from_name);
                }
                _ => self.unknown_key(key, entries, &["captures", "stack", "cpu", "once"]),
            }
        }
        if !entries.iter().any(|(key, _)| key.name == "stack") {
            let message = "`stuck` has no `stack`: any thread that waits would be stuck".to_string();
            self.diagnostics_at(Code::BadValue, node.span, message, "add the frames where it is stuck: `stack: |`");
        }
        rule.stuck = Some(stuck);
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

    fn codes(&mut self, node: &Node) -> Vec<u64> {
        match &node.value {
            Value::List(items) => items.iter().filter_map(|item| self.code(item)).collect(),
            _ => self.code(node).into_iter().collect(),
        }
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
