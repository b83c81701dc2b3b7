//! YAML nodes to rules as written. Nothing that an author wrote is passed over: what is not understood is a mistake.

use super::Link;
use super::nearest::nearest;
use super::node::{Key, Node, Value};
use super::written::{Block, Example, Examples, RuleFile, Spot, WrittenRule};
use crate::diagnostic::{Code, Diagnostics};
use crate::finding::{Confidence, Severity};
use crate::text::{Source, Span};

/// Keys of a rule, in the order in which they are best written.
const RULE_KEYS: &[&str] = &[
    "id",
    "title",
    "extends",
    "role",
    "severity",
    "confidence",
    "category",
    "tags",
    "match",
    "evidence",
    "verdicts",
    "ask",
    "unless",
    "yields-to",
    "strict",
    "message",
    "why",
    "fix",
    "notes",
    "links",
    "examples",
];
const SHARED_KEYS: &[&str] = &["lists", "noise", "aliases", "counters"];

/// Reads the documents of one file.
pub fn rule_file(documents: &[Node], source: &Source, index: usize, diagnostics: &mut Diagnostics) -> RuleFile {
    let mut reader = FileReader { source, index, diagnostics };
    let mut file = RuleFile::default();
    for document in documents {
        reader.document(document, &mut file);
    }
    file
}

pub(super) struct FileReader<'a> {
    source: &'a Source,
    index: usize,
    diagnostics: &'a mut Diagnostics,
}

impl FileReader<'_> {
    fn document(&mut self, document: &Node, file: &mut RuleFile) {
        let entries = match &document.value {
            Value::Map(entries) => entries,
            Value::Null => return,
            other => {
                let message = format!("a rule is a map of keys, this is {}", other.describe());
                self.mistake(Code::BadValue, document.span, message);
                return;
            }
        };
        self.check_keys(entries);
        let mut rule = WrittenRule { span: document.span, ..WrittenRule::default() };
        let mut is_rule = false;
        for (key, node) in entries {
            match key.name.as_str() {
                "lists" => file.lists.extend(self.lists(node)),
                "noise" => file.noise = self.block(node),
                "aliases" => file.aliases.extend(self.aliases(node)),
                "counters" => file.counters.extend(self.counter_kinds(node)),
                _ => {
                    is_rule = true;
                    self.rule_key(key, node, &mut rule);
                }
            }
        }
        if is_rule {
            self.check_required(entries, &rule);
            file.rules.push(rule);
        }
    }

    fn rule_key(&mut self, key: &Key, node: &Node, rule: &mut WrittenRule) {
        match key.name.as_str() {
            "id" => rule.id = self.id(node),
            "title" => rule.title = self.text(node).unwrap_or_default(),
            "role" => rule.role = Some(self.id(node)),
            "extends" => rule.extends = Some(self.id(node)),
            "severity" => {
                let words = Severity::ALL.map(Severity::name);
                rule.severity = self.word(node, "a severity", &words, Severity::from_name);
            }
            "confidence" => {
                let words = Confidence::ALL.map(Confidence::name);
                rule.confidence = self.word(node, "a confidence", &words, Confidence::from_name);
            }
            "category" => rule.category = self.text(node).unwrap_or_default(),
            "tags" => rule.tags = self.texts(node).into_iter().map(|tag| tag.value).collect(),
            "match" => self.pattern(node, rule),
            "unless" => self.unless(node, rule),
            "yields-to" => rule.yields_to = self.texts(node),
            "strict" => rule.strict = Some(self.truth(node)),
            "message" => rule.message = self.text(node).map(|value| Spot { value, span: node.span }),
            "why" => rule.why = self.text(node).unwrap_or_default(),
            "fix" => rule.fix = self.texts(node).into_iter().map(|step| step.value).collect(),
            "notes" => rule.notes = self.text(node),
            "links" => rule.links = self.links(node),
            "examples" => rule.examples = self.examples(node),
            _ => {
                self.ladder_key(key, node, rule);
            }
        }
    }

    /// Reports keys that do not exist, and keys that occur twice.
    fn check_keys(&mut self, entries: &[(Key, Node)]) {
        let mut seen: Vec<&str> = Vec::new();
        for (key, _) in entries {
            let name = key.name.as_str();
            if seen.contains(&name) {
                self.mistake(Code::DuplicateKey, key.span, format!("the key `{name}` occurs twice"));
            }
            seen.push(name);
            if !RULE_KEYS.contains(&name) && !SHARED_KEYS.contains(&name) {
                self.unknown_key(key, &[RULE_KEYS, SHARED_KEYS].concat());
            }
        }
    }

    pub(super) fn unknown_key(&mut self, key: &Key, known: &[&str]) {
        let near = nearest(&key.name, known.iter().copied());
        let help = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("the keys are: {}", known.join(", ")),
        };
        self.diagnostics.add(Code::UnknownKey, self.index, key.span, format!("unknown key `{}`", key.name)).help(help);
    }

    fn check_required(&mut self, entries: &[(Key, Node)], rule: &WrittenRule) {
        let has = |name: &str| entries.iter().any(|(key, node)| key.name == name && !is_nothing(node));
        let is_role = has("role");
        if let Some((key, _)) = entries.iter().find(|(key, _)| is_role && key.name == "severity") {
            self.mistake(Code::BadValue, key.span, "a rule has a `role` or a `severity`, not both");
        }
        let has_ladder = has("evidence") || has("verdicts");
        let required: &[&str] = match (has("extends"), is_role) {
            (true, _) => &["id"],
            (false, true) => &["id", "title", "match"],
            (false, false) if has_ladder => &["id", "title", "severity", "evidence", "verdicts", "why", "fix"],
            (false, false) => &["id", "title", "severity", "match", "why", "fix"],
        };
        if let Some((key, _)) = entries.iter().find(|(key, _)| has_ladder && key.name == "match") {
            let help = "put the pattern into a rule of its own, and name that as evidence: `{finding: ID}`";
            let message = "a rule has a `match` or `evidence`, not both".to_string();
            self.diagnostics_at(Code::BadValue, key.span, message, help);
        }
        let missing: Vec<&str> = required.iter().copied().filter(|name| !has(name)).collect();
        if missing.is_empty() {
            return;
        }
        let names = missing.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let (span, of) = match rule.id.value.as_str() {
            "" => (rule.span, String::new()),
            id => (rule.id.span, format!(" of `{id}`")),
        };
        let keys = if missing.len() == 1 { "key" } else { "keys" };
        self.mistake(Code::MissingKey, span, format!("missing {keys}{of}: {names}"));
    }

    fn id(&mut self, node: &Node) -> Spot<String> {
        let id = self.text(node).unwrap_or_default();
        let is_id = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if !id.chars().all(is_id) {
            let diagnostic =
                self.diagnostics.add(Code::BadValue, self.index, node.span, format!("`{id}` is no rule id"));
            diagnostic.help("an id has lower-case letters, digits and `-`, as in `gdiplus-in-asmx`");
        }
        Spot { value: id, span: node.span }
    }

    /// A pattern: a block, a list of lines, or a map with `stack:` and more conditions.
    fn pattern(&mut self, node: &Node, rule: &mut WrittenRule) {
        let Value::Map(entries) = &node.value else {
            rule.pattern = self.block(node).unwrap_or_default();
            return;
        };
        for (key, node) in entries {
            match key.name.as_str() {
                "stack" => rule.pattern = self.block(node).unwrap_or_default(),
                "on" => rule.on = self.texts(node),
                "threads" => rule.threads = self.threads(node),
                "exception" => rule.exception = self.exception(node),
                "cycle" => rule.cycle = self.cycle(node),
                "deadlock" | "blocked-behind" | "stuck" => {
                    let message = format!("`{}` is not in this version of stacklint", key.name);
                    self.mistake(Code::NotYet, key.span, message);
                }
                _ => self.unknown_key(key, &["stack", "on", "threads", "exception", "cycle"]),
            }
        }
    }

    fn unless(&mut self, node: &Node, rule: &mut WrittenRule) {
        let Value::List(items) = &node.value else {
            self.wrong_kind(node, "a list of `- stack: |`");
            return;
        };
        for item in items {
            let Value::Map(entries) = &item.value else {
                self.wrong_kind(item, "`stack: |` with a pattern, or `role:`");
                continue;
            };
            if let [_, (second, _), ..] = entries.as_slice() {
                let message = "an entry of `unless` asks for one thing";
                let help = "each of the entries takes a match back by itself: begin another one with `- `";
                self.diagnostics.add(Code::BadValue, self.index, second.span, message).help(help);
            }
            for (key, node) in entries {
                match key.name.as_str() {
                    "stack" => rule.unless.extend(self.block(node)),
                    "role" => rule.unless_roles.extend(self.texts(node)),
                    _ => self.unknown_key(key, &["stack", "role"]),
                }
            }
        }
    }

    /// A text of several lines, or a list with a line in each element.
    fn block(&mut self, node: &Node) -> Option<Block> {
        let mut lines = Vec::new();
        match &node.value {
            Value::Text(text) => {
                self.refuse_folded(node);
                for (number, line) in text.lines().enumerate() {
                    let span = self.source.line_span(node.line + number);
                    let span = if text.contains('\n') { span } else { node.span };
                    lines.push(Spot { value: line.to_string(), span });
                }
            }
            Value::List(items) => {
                for item in items {
                    match &item.value {
                        Value::Text(text) => {
                            self.refuse_cut_by_comment(item);
                            lines.push(Spot { value: text.clone(), span: item.span });
                        }
                        other => {
                            let message = format!("YAML made {} of this line", other.describe());
                            let diagnostic = self.diagnostics.add(Code::BadValue, self.index, item.span, message);
                            diagnostic.help("write it as a block: `match: |` with a frame on each line");
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

    /// `match: >` folds the lines of the pattern into one.
    fn refuse_folded(&mut self, node: &Node) {
        let above = self.source.line_span(node.line.saturating_sub(1).max(1));
        let head = &self.source.text[above.start..above.end];
        if node.line > 1 && head.trim_end_matches(['-', '+']).ends_with(": >") {
            let diagnostic =
                self.diagnostics.add(Code::BadValue, self.index, above, "`>` folds the lines of this block into one");
            diagnostic.help("write `|`, which keeps every line");
        }
    }

    /// `- a #b` loses what is behind the `#`.
    fn refuse_cut_by_comment(&mut self, item: &Node) {
        let rest = &self.source.text[item.span.end..];
        let rest = rest.lines().next().unwrap_or_default();
        if rest.trim_start().starts_with('#') {
            let message = "YAML takes what is behind `#` for a comment";
            let diagnostic = self.diagnostics.add(Code::BadValue, self.index, item.span, message);
            diagnostic.help("write it as a block: `match: |` with a frame on each line");
        }
    }

    fn lists(&mut self, node: &Node) -> Vec<(Spot<String>, Block)> {
        let Value::Map(entries) = &node.value else {
            self.wrong_kind(node, "a map of list names and blocks");
            return Vec::new();
        };
        let mut lists = Vec::new();
        for (key, node) in entries {
            if let Some(block) = self.block(node) {
                lists.push((Spot { value: key.name.clone(), span: key.span }, block));
            }
        }
        lists
    }

    fn aliases(&mut self, node: &Node) -> Vec<(String, Vec<String>)> {
        let Value::Map(entries) = &node.value else {
            self.wrong_kind(node, "a map of module names and lists of their other names");
            return Vec::new();
        };
        let names = |reader: &mut Self, node: &Node| reader.texts(node).into_iter().map(|name| name.value).collect();
        entries.iter().map(|(key, node)| (key.name.clone(), names(self, node))).collect()
    }

    fn links(&mut self, node: &Node) -> Vec<Link> {
        let Value::List(items) = &node.value else {
            self.wrong_kind(node, "a list of links, each with `title` and `url`");
            return Vec::new();
        };
        let mut links = Vec::new();
        for item in items {
            let Value::Map(entries) = &item.value else {
                self.wrong_kind(item, "a link with `title` and `url`");
                continue;
            };
            let mut link = Link::default();
            for (key, node) in entries {
                match key.name.as_str() {
                    "title" => link.title = self.text(node).unwrap_or_default(),
                    "url" => link.url = self.text(node).unwrap_or_default(),
                    _ => self.unknown_key(key, &["title", "url"]),
                }
            }
            if !link.url.starts_with("https://") && !link.url.starts_with("http://") {
                self.mistake(Code::BadValue, item.span, "a link needs a `url` that begins with https:// or http://");
            }
            links.push(link);
        }
        links
    }

    fn examples(&mut self, node: &Node) -> Examples {
        let Value::Map(entries) = &node.value else {
            self.wrong_kind(node, "a map with `match` and `no-match`");
            return Examples::default();
        };
        let mut examples = Examples::default();
        for (key, node) in entries {
            let texts = |reader: &mut Self| {
                let texts = reader.texts(node).into_iter();
                texts.map(|text| Example { span: text.span, text: text.value }).collect()
            };
            match key.name.as_str() {
                "match" => examples.matching = texts(self),
                "no-match" => examples.not_matching = texts(self),
                _ => self.unknown_key(key, &["match", "no-match"]),
            }
        }
        examples
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
        match &node.value {
            Value::Text(text) | Value::Number(text) => Some(text.trim_end().to_string()),
            _ => {
                self.wrong_kind(node, "a text");
                None
            }
        }
    }

    pub(super) fn truth(&mut self, node: &Node) -> bool {
        match node.value {
            Value::Bool(value) => value,
            _ => {
                self.wrong_kind(node, "`true` or `false`");
                false
            }
        }
    }

    pub(super) fn word<T>(&mut self, node: &Node, what: &str, words: &[&str], parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        let text = self.text(node)?;
        let value = parse(&text);
        if value.is_none() {
            let message = format!("`{text}` is not {what}");
            let help = match nearest(&text, words.iter().copied()) {
                Some(near) => format!("did you mean `{near}`? The words are: {}", words.join(", ")),
                None => format!("the words are: {}", words.join(", ")),
            };
            self.diagnostics.add(Code::BadValue, self.index, node.span, message).help(help);
        }
        value
    }

    pub(super) fn wrong_kind(&mut self, node: &Node, wanted: &str) {
        let message = format!("expected {wanted}, found {}", node.value.describe());
        self.mistake(Code::BadValue, node.span, message);
    }

    pub(super) fn diagnostics_at(&mut self, code: Code, span: Span, message: String, help: &str) {
        self.diagnostics.add(code, self.index, span, message).help(help);
    }

    pub(super) fn mistake(&mut self, code: Code, span: Span, message: impl Into<String>) {
        self.diagnostics.add(code, self.index, span, message);
    }
}

/// No value, or one without content.
fn is_nothing(node: &Node) -> bool {
    match &node.value {
        Value::Null => true,
        Value::Text(text) => text.trim().is_empty(),
        Value::List(items) => items.is_empty(),
        Value::Map(entries) => entries.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}
