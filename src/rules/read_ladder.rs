//! Reads ladders: `evidence`, `verdicts`, `ask`; and the counters that rules may name.

use super::node::{Key, Node, Value};
use super::read::FileReader;
use super::written::{
    Spot, WrittenCounter, WrittenCounterKind, WrittenLeak, WrittenQuestion, WrittenRule, WrittenRung, WrittenVerdict,
};
use super::{Comparison, Unit};
use crate::diagnostic::Code;
use crate::facts::{CounterUnit, Measured};
use crate::finding::Verdict;

const QUESTIONS: &[&str] = &["finding", "leak", "counter", "table"];
const LEAK_KEYS: &[&str] = &[
    "module", "function", "block", "total", "measure", "grows", "share", "growth", "average", "value", "reports",
    "tracking",
];
const COUNTER_KEYS: &[&str] = &["name", "grows", "growth", "value", "rate", "rises"];
const KIND_KEYS: &[&str] = &["from", "unit", "grows", "flat"];

impl FileReader<'_> {
    /// A key of a ladder; false when it is none.
    pub(super) fn ladder_key(&mut self, key: &Key, node: &Node, rule: &mut WrittenRule) -> bool {
        match key.name.as_str() {
            "evidence" => {
                for (key, node) in self.map(node, "`owner: {leak: {module: GdiPlus, grows: true}}`") {
                    let name = Spot { value: key.name.clone(), span: key.span };
                    let question = self.question(node);
                    rule.ladder.rungs.extend(question.map(|question| WrittenRung { name, question }));
                }
            }
            "verdicts" => rule.ladder.verdicts = self.verdicts(node),
            "ask" => {
                for (key, node) in self.map(node, "`owner: Take two LeakTrack reports`") {
                    let name = Spot { value: key.name.clone(), span: key.span };
                    rule.ladder.ask.extend(self.text(node).map(|text| (name, text)));
                }
            }
            _ => return false,
        }
        true
    }

    fn question(&mut self, node: &Node) -> Option<WrittenQuestion> {
        let entries = self.map(node, "`{leak: {module: GdiPlus, grows: true}}`");
        let [(key, node)] = entries else {
            if !entries.is_empty() {
                let message = "each part of the evidence is one question";
                self.diagnostics_at(
                    Code::BadValue,
                    node.span,
                    message.to_string(),
                    "give the others names of their own",
                );
            }
            return None;
        };
        match key.name.as_str() {
            "finding" => Some(WrittenQuestion::Finding(self.texts(node))),
            "leak" => self.leak(node).map(WrittenQuestion::Leak),
            "counter" => self.counter(node).map(WrittenQuestion::Counter),
            "table" => self.table(node).map(WrittenQuestion::Table),
            _ => {
                self.unknown_key(key, entries, QUESTIONS);
                None
            }
        }
    }

    fn leak(&mut self, node: &Node) -> Option<WrittenLeak> {
        let mut leak = WrittenLeak { span: node.span, ..WrittenLeak::default() };
        let entries = self.map(node, "`{module: GdiPlus, share: \">= 40%\", grows: true}`");
        for (key, node) in entries {
            match key.name.as_str() {
                "module" => leak.modules = self.texts(node),
                "function" => leak.functions = self.texts(node),
                "block" => leak.blocks = self.texts(node),
                "total" => leak.total = self.measured(node),
                "measure" => leak.measured = self.measured(node),
                "grows" => leak.grows = Some(self.truth(node)),
                "share" => {
                    leak.share =
                        self.comparison(node, &[Unit::Percent], &["module"]).filter(|share| self.is_part(share))
                }
                "growth" => leak.growth = self.comparison(node, &[Unit::Percent, Unit::Bytes, Unit::Plain], &["total"]),
                "average" => leak.average = self.comparison(node, &[Unit::Bytes], &[]),
                "value" => leak.value = self.comparison(node, &[Unit::Bytes, Unit::Plain], &[]),
                "reports" => leak.reports = self.comparison(node, &[Unit::Plain], &[]),
                "tracking" => leak.tracking = self.comparison(node, &[Unit::Minutes], &[]),
                _ => self.unknown_key(key, entries, LEAK_KEYS),
            }
        }
        let subjects =
            [!leak.modules.is_empty(), !leak.functions.is_empty(), !leak.blocks.is_empty(), leak.total.is_some()];
        if subjects.iter().filter(|given| **given).count() != 1 {
            let message =
                "a leak is that of a `module`, of a `function`, of a size of `block`, or the `total`".to_string();
            self.diagnostics_at(
                Code::BadValue,
                node.span,
                message,
                "write one of them: `module: GdiPlus`, `total: size`",
            );
            return None;
        }
        Some(leak)
    }

    fn measured(&mut self, node: &Node) -> Option<Measured> {
        let words = ["size", "count", "handles"];
        self.word(node, "a figure of leak reports", &words, |word| match word {
            "size" => Some(Measured::Size),
            "count" => Some(Measured::Count),
            "handles" => Some(Measured::Handles),
            _ => None,
        })
    }

    fn counter(&mut self, node: &Node) -> Option<WrittenCounter> {
        let mut counter = WrittenCounter { span: node.span, ..WrittenCounter::default() };
        // Of which counter something may be a part is known when all are.
        let any: &[&str] = &["*"];
        let entries = self.map(node, "`{name: private-bytes, grows: true}`");
        for (key, node) in entries {
            match key.name.as_str() {
                "name" => counter.name = self.text(node).map(|value| Spot { value, span: node.span }),
                "grows" => counter.grows = Some(self.truth(node)),
                "growth" => counter.growth = self.comparison(node, &[Unit::Percent, Unit::Bytes, Unit::Plain], any),
                "value" => counter.value = self.comparison(node, &[Unit::Percent, Unit::Bytes, Unit::Plain], any),
                "rate" => counter.rate = self.comparison(node, &[Unit::PerHour], &[]),
                "rises" => counter.rises = self.comparison(node, &[Unit::Percent], &[]),
                _ => self.unknown_key(key, entries, COUNTER_KEYS),
            }
        }
        if counter.name.is_none() {
            let message = "a counter needs its `name`".to_string();
            self.diagnostics_at(Code::BadValue, node.span, message, "write `{name: private-bytes, grows: true}`");
            return None;
        }
        Some(counter)
    }

    pub(super) fn comparison(&mut self, node: &Node, units: &[Unit], of: &[&str]) -> Option<Spot<Comparison>> {
        let text = self.text(node)?;
        let found = Comparison::parse(&text).filter(|found| units.contains(&found.unit));
        let found = found.filter(|found| match &found.of {
            None => true,
            Some(name) => found.unit == Unit::Percent && (of == ["*"] || of.contains(&name.as_str())),
        });
        if found.is_none() {
            let unit = |unit: &Unit| match unit {
                Unit::Percent => "`\">= 40%\"`",
                Unit::Bytes => "`\">= 128 MB\"`",
                Unit::Plain => "`\">= 2\"`",
                Unit::Minutes => "`\">= 15 min\"`",
                Unit::PerHour => "`\">= 60 per hour\"`",
            };
            let ways: Vec<&str> = units.iter().map(unit).collect();
            let help = format!("write {}; the signs are >=, <=, > and <", ways.join(" or "));
            self.diagnostics_at(Code::BadValue, node.span, format!("`{text}` is no comparison that fits here"), &help);
        }
        found.map(|value| Spot { value, span: node.span })
    }

    /// No part is more than the whole.
    pub(super) fn is_part(&mut self, share: &Spot<Comparison>) -> bool {
        let fits = share.value.limit <= 1.0;
        if !fits {
            let message = format!("`{}`: no share is more than 100%", share.value.text);
            self.diagnostics_at(Code::BadValue, share.span, message, "write `\">= 40%\"`");
        }
        fits
    }

    fn verdicts(&mut self, node: &Node) -> Vec<WrittenVerdict> {
        let Value::List(items) = &node.value else {
            self.wrong_kind(node, "a list of `- {verdict: likely, when: [owner]}`");
            return Vec::new();
        };
        let mut verdicts = Vec::new();
        for item in items {
            let (mut verdict, mut when) = (None, Vec::new());
            let entries = self.map(item, "`{verdict: likely, when: [owner]}`");
            for (key, node) in entries {
                match key.name.as_str() {
                    "verdict" => {
                        let words = Verdict::ALL.map(Verdict::name);
                        verdict = self.word(node, "a verdict", &words, Verdict::from_name);
                    }
                    "when" => when = self.texts(node),
                    _ => self.unknown_key(key, entries, &["verdict", "when"]),
                }
            }
            if let (Some(verdict), false) = (verdict, when.is_empty()) {
                verdicts.push(WrittenVerdict { span: item.span, verdict, when });
            } else if verdict.is_some() {
                let message = "a verdict needs `when`: the parts of the evidence it rests on".to_string();
                self.diagnostics_at(Code::BadValue, item.span, message, "write `{verdict: likely, when: [owner]}`");
            }
        }
        verdicts
    }

    /// `counters:`
    pub(super) fn counter_kinds(&mut self, node: &Node) -> Vec<(Spot<String>, WrittenCounterKind)> {
        let mut kinds = Vec::new();
        for (key, node) in self.map(node, "`private-bytes: {from: ['\\Process(*)\\Private Bytes']}`") {
            let mut kind = WrittenCounterKind::default();
            let entries = self.map(node, "`{from: ['\\Process(*)\\Private Bytes'], unit: bytes}`");
            for (key, node) in entries {
                match key.name.as_str() {
                    "from" => kind.from = self.texts(node).into_iter().map(|from| from.value).collect(),
                    "unit" => {
                        let unit = self.word(node, "a unit", &["bytes", "count", "percent"], |word| match word {
                            "bytes" => Some(CounterUnit::Bytes),
                            "count" => Some(CounterUnit::Count),
                            "percent" => Some(CounterUnit::Percent),
                            _ => None,
                        });
                        kind.unit = unit.unwrap_or_default();
                    }
                    "grows" => (kind.limits.grows_by, kind.limits.grows_at_least) = self.limits(node, "at-least"),
                    "flat" => (kind.limits.flat_within, kind.limits.flat_at_most) = self.limits(node, "at-most"),
                    _ => self.unknown_key(key, entries, KIND_KEYS),
                }
            }
            kinds.push((Spot { value: key.name.clone(), span: key.span }, kind));
        }
        kinds
    }

    /// `{by: 20%, at-least: 128 MB}`
    fn limits(&mut self, node: &Node, amount: &str) -> (f64, f64) {
        let (mut part, mut whole) = (0.0, 0.0);
        let entries = self.map(node, "`{by: 20%, at-least: 128 MB}`");
        for (key, node) in entries {
            let units: &[Unit] = if key.name == "by" { &[Unit::Percent] } else { &[Unit::Bytes, Unit::Plain] };
            match key.name.as_str() {
                "by" => part = self.comparison(node, units, &[]).map_or(0.0, |found| found.value.limit),
                name if name == amount => {
                    whole = self.comparison(node, units, &[]).map_or(0.0, |found| found.value.limit);
                }
                _ => self.unknown_key(key, entries, &["by", amount]),
            }
        }
        (part, whole)
    }

    /// The entries of a map; none, and a mistake, when it is something else.
    pub(super) fn map<'n>(&mut self, node: &'n Node, wanted: &str) -> &'n [(Key, Node)] {
        match &node.value {
            Value::Map(entries) => entries,
            _ => {
                self.wrong_kind(node, &format!("a map, as in {wanted}"));
                &[]
            }
        }
    }
}
