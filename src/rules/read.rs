//! YAML nodes to rules as written. Nothing that an author wrote is passed over: what is not understood is a mistake.

use super::Link;
use super::documents::Documents;
use super::nearest::{nearest, only_nearest};
use super::node::{Key, Node, Value};
use super::written::{Block, Example, Examples, RuleFile, Spot, WrittenRule};
use super::yaml_help::{YamlHelp, yaml_help};
use crate::diagnostic::{Code, Diagnostics, Fix};
use crate::finding::{Confidence, Severity};
use crate::text::{Source, Span};

/// Keys of a rule, in the order in which they are best written.
pub(super) const RULE_KEYS: &[&str] = &[
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
    "explains",
    "strict",
    "message",
    "why",
    "fix",
    "notes",
    "links",
    "examples",
];
/// Keys that stand below those of a rule.
pub(super) const CONDITION_KEYS: &[&str] = &[
    "stack",
    "root",
    "allocation",
    "on",
    "threads",
    "exception",
    "cycle",
    "deadlock",
    "blocked-behind",
    "owner",
    "stuck",
    "no-match",
    "lists",
];
pub(super) const SHARED_KEYS: &[&str] = &["lists", "noise", "aliases", "counters"];

const EXAMPLES_SAMPLE: &str = "\
write it like this:
examples:
  match:
    - |
      GdiPlus!GdipDrawImage+0x12
      MyApp!Paint+0x1
  no-match:
    - |
      gdi32!FillPath+0x4
      MyApp!Paint+0x1";

/// Reads the documents of one file.
pub fn rule_file(documents: &Documents, source: &Source, index: usize, diagnostics: &mut Diagnostics) -> RuleFile {
    let said = diagnostics.list.len();
    let mut reader = FileReader { source, index, diagnostics, doubts: !documents.are_of_build };
    let mut file = RuleFile::default();
    for document in &documents.nodes {
        reader.document(document, &mut file);
    }
    let has_names = file.noise.is_some() || !file.aliases.is_empty() || !file.counters.is_empty();
    let is_empty = file.rules.is_empty() && file.lists.is_empty() && !has_names;
    let is_read = !reader.diagnostics.list[..said].iter().any(|found| found.source == index);
    if is_empty && is_read && reader.diagnostics.list.len() == said {
        let message = format!("there is no rule in {}", source.name);
        let doubt = reader.diagnostics.add(Code::NoRule, index, Span::new(0, 0), message);
        doubt.help("`stacklint rules new` drafts one from a pasted stack");
    }
    file
}

pub(super) struct FileReader<'a> {
    pub(super) source: &'a Source,
    pub(super) index: usize,
    pub(super) diagnostics: &'a mut Diagnostics,
    /// Lines of frames are looked at for what can hardly be meant.
    pub(super) doubts: bool,
}

impl FileReader<'_> {
    fn document(&mut self, document: &Node, file: &mut RuleFile) {
        let entries = match &document.value {
            Value::Map(entries) => entries,
            Value::Null => return,
            other => {
                let message = format!("a rule is a map of keys, this is {}", other.describe());
                let YamlHelp { at, message, help, fix } = yaml_help(&self.source.text, document.span.start, &message);
                let span = Span::new(at, document.span.end.max(at));
                let mistake = self.diagnostics.add(Code::BadValue, self.index, span, message).fix(fix);
                mistake.help = help;
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
            self.check_unless(entries, &rule);
            self.doubt_marks(entries, &rule.id.value);
            file.rules.push(rule);
        }
    }

    fn rule_key(&mut self, key: &Key, node: &Node, rule: &mut WrittenRule) {
        match key.name.as_str() {
            "id" => rule.id = self.id(node),
            "title" => rule.title = self.prose(node).unwrap_or_default(),
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
            "explains" => rule.explains = self.texts(node),
            "strict" => rule.strict = Some(self.truth(node)),
            "message" => rule.message = self.prose(node).map(|value| Spot { value, span: node.span }),
            "why" => rule.why = self.prose(node).unwrap_or_default(),
            "fix" => rule.fix = self.steps(node),
            "notes" => rule.notes = self.prose(node),
            "links" => rule.links = self.links(node),
            "examples" => rule.examples = self.examples(node),
            _ => {
                self.ladder_key(key, node, rule);
            }
        }
    }

    /// Reports keys that do not exist, and keys that occur twice.
    fn check_keys(&mut self, entries: &[(Key, Node)]) {
        let ids: Vec<&Key> = entries.iter().map(|(key, _)| key).filter(|key| key.name == "id").collect();
        if let [_, second, ..] = ids.as_slice() {
            let message = "`---` is missing between two rules: the key `id` occurs twice";
            let mistake = self.diagnostics.add(Code::DuplicateKey, self.index, second.span, message);
            mistake.help("write `---` on a line of its own where the next rule begins");
        }
        let mut seen: Vec<&str> = Vec::new();
        for (key, _) in entries {
            let name = key.name.as_str();
            if seen.contains(&name) && ids.len() < 2 {
                self.mistake(Code::DuplicateKey, key.span, format!("the key `{name}` occurs twice"));
            }
            seen.push(name);
            if !RULE_KEYS.contains(&name) && !SHARED_KEYS.contains(&name) {
                self.unknown_key(key, entries, &[RULE_KEYS, SHARED_KEYS].concat());
            }
        }
    }

    /// `siblings` are the keys it stands among: a key that is there already was not meant.
    pub(super) fn unknown_key(&mut self, key: &Key, siblings: &[(Key, Node)], known: &[&str]) {
        let near = nearest(&key.name, known.iter().copied());
        let help = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("the keys are: {}", known.join(", ")),
        };
        let is_free = |near: &&str| !siblings.iter().any(|(other, _)| other.name == *near);
        // A key in quotes is longer in the file.
        let is_plain = self.source.text.get(key.span.start..key.span.end) == Some(key.name.as_str());
        let meant = only_nearest(&key.name, known.iter().copied()).filter(|near| is_free(near) && is_plain);
        let fix = meant.map(|near| Fix::new(key.span, near));
        let message = format!("unknown key `{}`", key.name);
        self.diagnostics.add(Code::UnknownKey, self.index, key.span, message).help(help).fix(fix);
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
        if !id.chars().all(is_id) || id.starts_with('-') {
            let diagnostic =
                self.diagnostics.add(Code::BadValue, self.index, node.span, format!("`{id}` is no rule id"));
            diagnostic.help("an id has lower-case letters, digits and `-` between them, as in `gdiplus-in-asmx`");
        }
        Spot { value: id, span: node.span }
    }

    fn lists(&mut self, node: &Node) -> Vec<(Spot<String>, Block)> {
        let Value::Map(entries) = &node.value else {
            self.wrong_kind(node, "a map of list names and blocks");
            return Vec::new();
        };
        let mut lists = Vec::new();
        for (key, node) in entries {
            let is_name = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
            if !key.name.chars().all(is_name) {
                let message = format!("`{}` is no name for a list: `@{}` cannot be written", key.name, key.name);
                let help = "a list's name has letters, digits, `-` and `_`, as in `our-canvas`";
                self.diagnostics.add(Code::BadValue, self.index, key.span, message).help(help);
            }
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
                    _ => self.unknown_key(key, entries, &["title", "url"]),
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
            self.wrong_kind_as(node, "`match:` and `no-match:`", EXAMPLES_SAMPLE);
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
                _ => self.unknown_key(key, entries, &["match", "no-match"]),
            }
        }
        examples
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

    pub(super) fn word<T>(
        &mut self,
        node: &Node,
        what: &str,
        words: &[&str],
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.text(node)?;
        let value = parse(&text);
        if value.is_none() {
            let message = format!("`{text}` is not {what}");
            let help = match nearest(&text, words.iter().copied()) {
                Some(near) => format!("did you mean `{near}`? The words are: {}", words.join(", ")),
                None => format!("the words are: {}", words.join(", ")),
            };
            let lower = text.to_ascii_lowercase();
            let is_plain = self.source.text.get(node.span.start..node.span.end) == Some(text.as_str());
            let fix = words.contains(&lower.as_str()).then(|| Fix::new(node.span, lower)).filter(|_| is_plain);
            self.diagnostics.add(Code::BadValue, self.index, node.span, message).help(help).fix(fix);
        }
        value
    }

    /// As [`Self::wrong_kind`], with a sample of what is right.
    pub(super) fn wrong_kind_as(&mut self, node: &Node, wanted: &str, sample: &str) {
        let message = format!("expected {wanted}, found {}", node.value.describe());
        self.diagnostics.add(Code::BadValue, self.index, node.span, message).help(sample);
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
