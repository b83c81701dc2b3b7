//! Reads `match` and `unless`: the pattern, and what else must hold or takes it back.

use super::Subject;
use super::node::{Key, Node, Value};
use super::read::FileReader;
use super::written::WrittenRule;
use crate::diagnostic::Code;

/// Keys of `match`.
const MATCH_KEYS: &[&str] =
    &["stack", "root", "allocation", "on", "threads", "exception", "cycle", "deadlock", "blocked-behind", "stuck"];
/// Those of them that ask of something else than stacks: locks, what keeps objects alive, and who allocated.
const ALONE: &[&str] = &["root", "allocation", "deadlock", "blocked-behind"];

const UNLESS_SAMPLE: &str = "\
write it like this:
unless:
  - stack: |
      MyApp!Main
  - role: idle";
impl FileReader<'_> {
    /// A pattern: a block, a list of lines, or a map with `stack:` and more conditions.
    pub(super) fn pattern(&mut self, node: &Node, rule: &mut WrittenRule) {
        let Value::Map(entries) = &node.value else {
            rule.pattern = self.pattern_block(node).unwrap_or_default();
            return;
        };
        for (key, node) in entries {
            match key.name.as_str() {
                "stack" => rule.pattern = self.pattern_block(node).unwrap_or_default(),
                "root" | "allocation" => {
                    rule.pattern = self.pattern_block(node).unwrap_or_default();
                    rule.subject = if key.name == "root" { Subject::Root } else { Subject::Allocation };
                }
                "on" => rule.on = self.texts(node),
                "threads" => rule.threads = self.threads(node),
                "exception" => rule.exception = self.exception(node),
                "cycle" => rule.cycle = self.cycle(node),
                "deadlock" => rule.deadlock = self.deadlock(node),
                "blocked-behind" => self.blocked_behind(node, rule),
                "stuck" => self.stuck(node, rule),
                _ => self.unknown_key(key, entries, MATCH_KEYS),
            }
        }
        let alone = entries.iter().find(|(key, _)| ALONE.contains(&key.name.as_str()));
        let other = entries.iter().find(|(key, _)| Some(&key.name) != alone.map(|(key, _)| &key.name));
        if let (Some((key, _)), Some((other, _))) = (alone, other) {
            let message = format!("`{}` stands alone, and `{}` is no part of it", key.name, other.name);
            let help = match key.name.as_str() {
                "blocked-behind" => "what the owner's stack must show is said with `owner: |` below it",
                _ => "put the other condition into a rule of its own",
            };
            self.diagnostics_at(Code::BadValue, other.span, message, help);
            return;
        }
        let patterns = entries.iter().filter(|(key, _)| key.name == "stack" || key.name == "stuck").collect::<Vec<_>>();
        if let [_, (second, _), ..] = patterns.as_slice() {
            let message = "`stuck` has the pattern, so `match` has no `stack` of its own".to_string();
            self.diagnostics_at(Code::BadValue, second.span, message, "move the frames into `stuck: {stack: ...}`");
        }
        let of_threads = entries.iter().find(|(key, _)| key.name == "threads" || key.name == "on");
        let asks_of_stacks = entries.iter().any(|(key, _)| matches!(key.name.as_str(), "stack" | "cycle" | "stuck"));
        if let Some((key, _)) = of_threads.filter(|_| !asks_of_stacks) {
            let message = format!("`{}` asks for threads on which a `stack` matches, and there is none", key.name);
            self.diagnostics_at(Code::BadValue, key.span, message, "add the pattern: `stack: |`");
        }
    }

    pub(super) fn unless(&mut self, node: &Node, rule: &mut WrittenRule) {
        let Value::List(items) = &node.value else {
            self.wrong_kind_as(node, "a list of exceptions", UNLESS_SAMPLE);
            return;
        };
        for item in items {
            let Value::Map(entries) = &item.value else {
                self.wrong_kind_as(item, "`stack: |` with a pattern, or `role:`", UNLESS_SAMPLE);
                continue;
            };
            if let [_, (second, _), ..] = entries.as_slice() {
                let message = "an entry of `unless` asks for one thing";
                let help = "each of the entries takes a match back by itself: begin another one with `- `";
                self.diagnostics.add(Code::BadValue, self.index, second.span, message).help(help);
            }
            for (key, node) in entries {
                match key.name.as_str() {
                    "stack" | "root" | "allocation" => rule.unless.extend(self.pattern_block(node)),
                    "role" => rule.unless_roles.extend(self.texts(node)),
                    _ => self.unknown_key(key, entries, &["stack", "root", "allocation", "role"]),
                }
            }
        }
    }

    /// What takes a match back is said of the same thing as the match.
    pub(super) fn check_unless(&mut self, entries: &[(Key, Node)], rule: &WrittenRule) {
        let Some((_, Node { value: Value::List(items), .. })) = entries.iter().find(|(key, _)| key.name == "unless")
        else {
            return;
        };
        if !entries.iter().any(|(key, _)| key.name == "match") {
            return;
        }
        let wanted = rule.subject.key();
        let is_other = |name: &str| Subject::ALL.iter().any(|subject| subject.key() == name) && name != wanted;
        for item in items {
            let Value::Map(keys) = &item.value else { continue };
            if let Some((key, _)) = keys.iter().find(|(key, _)| is_other(&key.name)) {
                let other = &key.name;
                let message = format!("`match` asks of a `{wanted}`, and this entry of a `{other}`");
                self.diagnostics_at(Code::BadValue, key.span, message, &format!("write `{wanted}: |`"));
            }
        }
    }
}
