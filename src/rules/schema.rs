//! A rule file as editors see it: the JSON Schema of its YAML, made from the types below and their comments.
//!
//! The reader knows the place of every value and reports all mistakes at once, so it does not read through these types;
//! a test holds the keys of both against each other, and every rule of the built-in pack against the schema.

#![allow(dead_code, reason = "the types are read by nobody but the generator")]

mod evidence;
mod words;

use std::collections::BTreeMap;

use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema};
use serde_json::{Value, json};

use evidence::{CounterNames, Evidence, VerdictLine};
use words::{ConfidenceWord, SeverityWord};

/// The JSON Schema of one document of a rule file, with a line end.
pub fn json_schema_of_rules() -> String {
    let settings = SchemaSettings::draft07().with_transform(RecursiveTransform(without_null));
    let generator = settings.into_generator();
    let schema = generator.into_root_schema_for::<RuleDocument>();
    // Two spaces, keys in one order: the same text on every machine.
    let text = serde_json::to_string_pretty(schema.as_value()).unwrap_or_default();
    format!("{text}\n")
}

/// A key that is left out is not there; with nothing behind it, it is a mistake.
fn without_null(schema: &mut Schema) {
    let null = json!({"type": "null"});
    let Some(object) = schema.as_object_mut() else { return };
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            object.insert("type".to_string(), only);
        }
    }
    if let Some(Value::Array(words)) = object.get_mut("enum") {
        words.retain(|word| !word.is_null());
    }
    let Some(Value::Array(choices)) = object.get_mut("anyOf") else { return };
    choices.retain(|choice| *choice != null);
    if let [Value::Object(only)] = choices.as_slice() {
        let only = only.clone();
        object.remove("anyOf");
        object.extend(only);
    }
}

/// A rule of stacklint, or what several rules share: lists, noise, aliases.
#[derive(JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(title = "stacklint rule", extend("anyOf" = whole_documents()))]
struct RuleDocument {
    /// The rule's name: lower-case letters, digits and `-`. It stays the same for ever; reports and settings use it.
    #[schemars(regex(pattern = r"^[a-z0-9-]+$"))]
    id: Option<String>,
    /// What is wrong, in one line.
    title: Option<String>,
    /// Takes from this rule whatever is not said here. With the same id it takes that rule's place.
    extends: Option<String>,
    /// What the thread is for or doing. A rule has a role or a severity; `idle` threads are counted and never blamed.
    role: Option<String>,
    /// How bad it is where it is found.
    severity: Option<SeverityWord>,
    /// How sure one match is. `medium` when nothing is said.
    confidence: Option<ConfidenceWord>,
    /// A heading for lists of rules: free text.
    category: Option<String>,
    /// Words to find the rule by.
    tags: Option<OneOrMany>,
    /// The frames, the one that was called last first. Write it as a block: `match: |`.
    #[serde(rename = "match")]
    matches: Option<Match>,
    /// Evidence of several kinds, instead of a pattern: a name for each part, and what it asks.
    evidence: Option<BTreeMap<String, Evidence>>,
    /// How far the proof reaches; the first whose parts all hold counts.
    verdicts: Option<Vec<VerdictLine>>,
    /// What to collect when a part of the evidence is missing, by its name; without `evidence`, `owners` (tables that name
    /// the owners of locks) and `stacks` (of threads that are not in the text).
    ask: Option<BTreeMap<String, Text>>,
    /// Any of these takes the match back.
    unless: Option<Vec<Unless>>,
    /// Not reported on a stack where one of these rules holds: the special before the general.
    yields_to: Option<OneOrMany>,
    /// Rules (ids, or globs of ids) and categories whose findings are no more than a consequence of this rule's: they are
    /// folded into it. A rule that asks of locks explains what stands on its threads and on those that wait behind them, a
    /// rule with `threads` what stands on its threads; any other rule explains what there is of the process.
    explains: Option<OneOrMany>,
    /// Frames that are noise to other rules are seen like any other.
    strict: Option<bool>,
    /// What is said of one finding; `{{name}}` is a frame that the pattern keeps.
    message: Option<Text>,
    /// Why it is bad, in plain words.
    why: Option<Text>,
    /// What to do, step by step.
    fix: Option<OneOrMany>,
    /// For those who maintain the rule; not printed.
    notes: Option<Text>,
    /// Where to read more.
    links: Option<Vec<LinkEntry>>,
    /// Texts that the rule must match and must not match; `stacklint rules test` runs them.
    examples: Option<ExampleTexts>,
    /// Named lists of frames, one alternative a line; patterns use them as `@name`.
    lists: Option<BTreeMap<String, Lines>>,
    /// Frames that patterns do not see unless they name them, one a line.
    noise: Option<Lines>,
    /// Modules that go by several names: the name that patterns use, and the others.
    aliases: Option<BTreeMap<String, OneOrMany>>,
    /// The counters that rules may name.
    counters: Option<BTreeMap<String, CounterNames>>,
}

/// What a document must have at the least.
fn whole_documents() -> Value {
    json!([
        {"required": ["id", "title", "severity", "match", "why", "fix"], "not": {"required": ["evidence"]}},
        {"required": ["id", "title", "severity", "evidence", "verdicts", "why", "fix"], "not": {"required": ["match"]}},
        {"required": ["id", "title", "role", "match"]},
        {"required": ["id", "extends"]},
        {"required": ["lists"]},
        {"required": ["noise"]},
        {"required": ["aliases"]},
        {"required": ["counters"]},
    ])
}

/// A stack pattern alone, or with further conditions.
#[derive(JsonSchema)]
#[serde(untagged)]
enum Match {
    Pattern(Lines),
    Conditions(Box<Conditions>),
}

/// A stack pattern and what else must hold.
#[derive(JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(extend("anyOf" = json!([{"required": ["stack"]}, {"required": ["root"]}, {"required": ["allocation"]}, {"required": ["cycle"]}, {"required": ["deadlock"]}, {"required": ["blocked-behind"]}, {"required": ["stuck"]}, {
    "required": ["exception"],
    "not": {"anyOf": [{"required": ["threads"]}, {"required": ["on"]}]},
}])))]
struct Conditions {
    /// The frames, the one that was called last first.
    stack: Option<Lines>,
    /// What keeps an object alive, as `!gcroot` prints it: the root first, the object last. It stands alone.
    root: Option<Lines>,
    /// Who allocated a block of a heap or opened a handle, as `!heap -p -a` and `!htrace` print it. It stands alone.
    allocation: Option<Lines>,
    /// Roles that the thread must have, all of them.
    on: Option<OneOrMany>,
    /// How many threads must match.
    threads: Option<Threads>,
    /// An exception that the log must tell of.
    exception: Option<Exception>,
    /// The same frames over and over.
    cycle: Option<Cycle>,
    /// The same thread at the same frames in several captures of one process.
    stuck: Option<Stuck>,
    /// Threads in a ring, each waiting for a lock that the next one holds.
    deadlock: Option<Deadlock>,
    /// One owner of a lock, and threads that wait for it.
    blocked_behind: Option<BlockedBehind>,
}

/// Threads in a ring, each waiting for a lock that the next one holds.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
struct Deadlock {
    /// What may name the owners; anything when nothing is said.
    via: Option<Sources>,
}

/// One owner of a lock, and threads that wait for it.
#[derive(JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct BlockedBehind {
    /// So many threads or more: `">= 5"`.
    waiters: Option<NumberOrText>,
    /// What may name the owner; anything when nothing is said.
    via: Option<Sources>,
    /// What the owner's own stack must show.
    owner: Option<Lines>,
    /// The owner has ended.
    owner_gone: Option<bool>,
    /// The table says that nobody owns the lock.
    no_owner: Option<bool>,
}

/// One source of owners, or several.
#[derive(JsonSchema)]
#[serde(untagged)]
enum Sources {
    One(SourceWord),
    Many(Vec<SourceWord>),
}

/// `syncblk`: tables of monitors; `critical-section`: tables of critical sections; `reader-writer`: tables of reader-writer locks;
/// `stack-owner`: stacks alone, a suspicion.
#[derive(JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum SourceWord {
    Syncblk,
    CriticalSection,
    ReaderWriter,
    StackOwner,
}

/// How many threads must match.
#[derive(JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Threads {
    /// So many threads or more.
    at_least: Option<NumberOrText>,
    /// Not more threads than these.
    at_most: Option<NumberOrText>,
    /// Part of the threads that are not idle: `">= 30%"`.
    share: Option<NumberOrText>,
    /// Threads count together only when the pattern keeps the same frame under this name.
    same: Option<String>,
}

/// An exception that the log must tell of: from `!pe`, exception text, `!analyze` or an event line.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("anyOf" = json!([{"required": ["type"]}, {"required": ["message"]}, {"required": ["code"]}, {"required": ["at"]}, {"required": ["unhandled"]}])))]
struct Exception {
    /// Its type with its namespace, or several types of which any will do; `*` is any text.
    #[serde(rename = "type")]
    types: Option<OneOrMany>,
    /// What it says, or several texts of which any will do; `*` is any text, and case does not matter.
    message: Option<OneOrMany>,
    /// Its code in hexadecimal, or several of which any will do: `0xc00000fd`.
    code: Option<OneOrManyCodes>,
    /// Where native code faulted, `module!function`, or several of which any will do; `*` is any text. Of the event log only the
    /// module is known: `gdiplus!*`.
    at: Option<OneOrMany>,
    /// The text says that nobody caught it.
    #[schemars(extend("const" = true))]
    unhandled: Option<bool>,
}

/// The same frames over and over; how many there are in one round is found.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
struct Cycle {
    /// So many rounds or more: `">= 50"`.
    repeats: Option<NumberOrText>,
    /// So many frames in one round or fewer: `"<= 12"`.
    period: Option<NumberOrText>,
    /// A frame that must be among them; `{{name=...}}` keeps it.
    contains: Option<String>,
}

/// The same thread at the same frames in several captures of one process, between which time passed.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
struct Stuck {
    /// In so many captures or more: `">= 2"`.
    captures: Option<NumberOrText>,
    /// The frames, the one that was called last first. What the first of them calls may differ.
    stack: Lines,
    /// Part of the time between the captures that it used of a processor, by `!runaway`: `">= 50%"`.
    cpu: Option<NumberOrText>,
    /// How sure a match in one capture is; without it, one capture counts for nothing.
    once: Option<ConfidenceWord>,
}

/// A stack pattern or a role that takes a match back.
#[derive(JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Unless {
    /// A pattern that matches the same stack.
    Stack(Lines),
    /// A pattern that matches the same chain from a root.
    Root(Lines),
    /// A pattern that matches the same trace of an allocation.
    Allocation(Lines),
    /// A role that the thread has.
    Role(OneOrMany),
}

/// Where to read more.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
struct LinkEntry {
    title: Option<String>,
    #[schemars(regex(pattern = "^https?://"))]
    url: String,
}

/// Any text that `stacklint scan` reads, or call sites alone, one a line.
#[derive(JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct ExampleTexts {
    /// Stacks that the rule matches.
    #[serde(rename = "match")]
    matching: Option<OneOrMany>,
    /// Healthy stacks, as like as possible, that it does not match.
    no_match: Option<OneOrMany>,
}

/// A block of lines, or a list with a line in each element.
#[derive(JsonSchema)]
#[serde(untagged)]
enum Lines {
    Block(String),
    List(Vec<String>),
}

/// One text, or a list of them.
#[derive(JsonSchema)]
#[serde(untagged)]
enum OneOrMany {
    One(Text),
    Many(Vec<Text>),
}

/// One code or several.
#[derive(JsonSchema)]
#[serde(untagged)]
enum OneOrManyCodes {
    One(NumberOrText),
    Many(Vec<NumberOrText>),
}

/// A text; YAML takes `2010` for a number, which is a text all the same.
#[derive(JsonSchema)]
#[serde(untagged)]
enum Text {
    Text(String),
    Number(f64),
}

/// A number, alone or with a sign in quotes.
#[derive(JsonSchema)]
#[serde(untagged)]
enum NumberOrText {
    Number(f64),
    Text(String),
}
