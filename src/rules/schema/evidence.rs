//! What a rule's evidence may ask: findings, leak reports, counters and tables; its verdicts, and the names of counters.

use std::collections::BTreeMap;

use schemars::JsonSchema;

use super::words::TableWord;
use super::{NumberOrText, OneOrMany};

/// One part of the evidence.
#[derive(JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Evidence {
    /// One of these rules is reported.
    Finding(OneOrMany),
    /// What leak reports say.
    Leak(Leak),
    /// What a counter says.
    Counter(Counter),
    /// What tables of heaps and objects say, over captures of one process.
    Table(HeapTable),
}

/// What leak reports say of a module, a function, or in all; everything given must hold.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Leak {
    /// The module that holds the memory; `*` is any text. Of several that fit, the greatest is meant.
    module: Option<OneOrMany>,
    /// The function that allocated it.
    function: Option<OneOrMany>,
    /// All blocks of one size, as printed: `8.3 MBytes`; with `*`, the size that most bytes are in.
    block: Option<OneOrMany>,
    /// All outstanding bytes, allocations or handles.
    total: Option<Figure>,
    /// Bytes, allocations or handles of the module or function; bytes when nothing is said.
    measure: Option<Figure>,
    /// From report to report it rises, or (false) stays within 10%.
    grows: Option<bool>,
    /// Part of all outstanding bytes in the last report: `">= 40%"`; of the function's module: `">= 70% of module"`.
    share: Option<NumberOrText>,
    /// `">= 20%"`, `">= 100 MB"`, or part of the growth in all: `">= 60% of total"`.
    growth: Option<NumberOrText>,
    /// Bytes of one allocation: `">= 1 MB"`.
    average: Option<NumberOrText>,
    /// In the last report.
    value: Option<NumberOrText>,
    /// How many reports there are.
    reports: Option<NumberOrText>,
    /// How long the last report looks back: `">= 15 min"`.
    tracking: Option<NumberOrText>,
}

/// A figure of leak reports.
#[derive(JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Figure {
    Size,
    Count,
    Handles,
}

/// What a counter says; everything given must hold.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Counter {
    /// One of `counters:`, such as `private-bytes`.
    name: String,
    /// It grows, or (false) is flat, by the limits of the counter.
    grows: Option<bool>,
    /// `">= 128 MB"`, `">= 20%"` of its start, or part of another's growth: `"<= 10% of private-bytes"`.
    growth: Option<NumberOrText>,
    /// At the end: `">= 800 MB"`, or part of another: `">= 50% of managed-heap"`.
    value: Option<NumberOrText>,
    /// `">= 60 per hour"`
    rate: Option<NumberOrText>,
    /// The part of its steps that go up: `">= 70%"`.
    rises: Option<NumberOrText>,
}

/// What a table of heaps or objects says of an owner, or in all; everything given must hold.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HeapTable {
    name: TableWord,
    /// A type, a heap, a usage, a type of handle, or who allocated; `*` is any text. Of several that fit, the one that grew
    /// by most is meant. `not System.*` takes away; what is free is meant only where it is written out.
    owner: Option<OneOrMany>,
    /// All bytes, or all objects or handles.
    total: Option<SizeOrCount>,
    /// Bytes, or how many; bytes when nothing is said and the table has them.
    measure: Option<SizeOrCount>,
    /// From capture to capture it rises and goes on to the end, or (false) it stays within 10%.
    grows: Option<bool>,
    /// Part of the whole in the last capture: `">= 30%"`.
    share: Option<NumberOrText>,
    /// `">= 20%"`, `">= 100 MB"`, `">= 500"`, or part of the growth in all: `">= 60% of total"`.
    growth: Option<NumberOrText>,
    /// `">= 100 MB per hour"`, `">= 500 per hour"`; only where the texts give times.
    rate: Option<NumberOrText>,
    /// Bytes of one object: `">= 85 KB"`.
    average: Option<NumberOrText>,
    /// Bytes in the last capture.
    size: Option<NumberOrText>,
    /// How many there are in the last capture.
    count: Option<NumberOrText>,
    /// How many captures there are.
    captures: Option<NumberOrText>,
}

/// A figure of tables.
#[derive(JsonSchema)]
#[serde(rename_all = "lowercase")]
enum SizeOrCount {
    Size,
    Count,
}

/// How far the proof reaches when these parts of the evidence hold.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VerdictLine {
    verdict: VerdictWord,
    /// Names of parts of the evidence.
    when: OneOrMany,
}

#[derive(JsonSchema)]
#[serde(rename_all = "lowercase")]
enum VerdictWord {
    Suspected,
    Likely,
    Confirmed,
}

/// What tools call a counter, and from where on it grows or is flat.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CounterNames {
    /// The best source first: `\\Process(*)\\Private Bytes`, `System.Runtime\\GC Heap Size`.
    from: Option<OneOrMany>,
    unit: Option<CounterUnitWord>,
    /// `{by: 20%, at-least: 128 MB}`
    grows: Option<BTreeMap<String, NumberOrText>>,
    /// `{by: 5%, at-most: 32 MB}`
    flat: Option<BTreeMap<String, NumberOrText>>,
}

#[derive(JsonSchema)]
#[serde(rename_all = "lowercase")]
enum CounterUnitWord {
    Bytes,
    Count,
    Percent,
}
