//! Evidence of several kinds, and how far each part of it carries: `evidence`, `verdicts`, `ask`.

use super::{Comparison, Glob};
use crate::facts::{ListingKind, Measured};
use crate::finding::Verdict;

/// What messages may say of leak reports: `{{owner.share}}`.
pub const LEAK_FIGURES: &[&str] =
    &["name", "first", "last", "growth", "growth-part", "share", "rate", "average", "averages", "span", "reports"];
/// What messages may say of a counter.
pub const COUNTER_FIGURES: &[&str] = &["first", "last", "growth", "growth-part", "rate", "span"];

/// What messages may say of tables.
pub const TABLE_FIGURES: &[&str] =
    &["name", "first", "last", "growth", "growth-part", "share", "rate", "average", "count", "span", "captures"];

/// The evidence that a rule asks for, part by part, and the verdicts that parts of it bear.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ladder {
    pub rungs: Vec<Rung>,
    /// The first whose rungs all hold counts. Each has the positions of its rungs.
    pub verdicts: Vec<(Verdict, Vec<usize>)>,
}

/// One part of the evidence.
#[derive(Clone, Debug, PartialEq)]
pub struct Rung {
    pub name: String,
    pub question: Question,
    /// What to collect when it is missing.
    pub ask: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Question {
    /// One of these rules, by index, was reported.
    Finding(Vec<usize>),
    Leak(LeakQuestion),
    Counter(CounterQuestion),
    Table(TableQuestion),
}

/// What is asked of the leak reports of a process; all of it must hold.
#[derive(Clone, Debug, PartialEq)]
pub struct LeakQuestion {
    pub of: LeakSubject,
    pub measured: Measured,
    pub grows: Option<bool>,
    /// Part of the whole in the last report; of `module`, part of the function's module.
    pub share: Option<Comparison>,
    /// From the first report to the last: an amount, a part of the first, or (`of total`) a part of the growth in all.
    pub growth: Option<Comparison>,
    /// Bytes of one allocation.
    pub average: Option<Comparison>,
    /// In the last report.
    pub value: Option<Comparison>,
    /// How many reports there are.
    pub reports: Option<Comparison>,
    /// How long the last report looks back.
    pub tracking: Option<Comparison>,
}

/// Whose allocations or handles are meant. Of several that fit, the greatest.
#[derive(Clone, Debug, PartialEq)]
pub enum LeakSubject {
    Total,
    Module(Vec<Glob>),
    Function(Vec<Glob>),
    /// All blocks of one size, by the size as printed.
    Block(Vec<Glob>),
}

/// What is asked of a counter; all of it must hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CounterQuestion {
    pub name: String,
    pub grows: Option<bool>,
    /// An amount, a part of the start, or a part of another counter's growth.
    pub growth: Option<Comparison>,
    /// At the end of the recording: an amount, or a part of another counter.
    pub value: Option<Comparison>,
    pub rate: Option<Comparison>,
    /// The part of its steps that go up.
    pub rises: Option<Comparison>,
}

/// What is asked of the tables of a process; all of it must hold.
#[derive(Clone, Debug, PartialEq)]
pub struct TableQuestion {
    pub kind: ListingKind,
    pub of: TableSubject,
    pub measured: Measured,
    pub grows: Option<bool>,
    /// Part of the whole in the last capture.
    pub share: Option<Comparison>,
    /// From the first capture to the last: an amount, a part of the first, or (`of total`) a part of the growth in all.
    pub growth: Option<Comparison>,
    pub rate: Option<Comparison>,
    /// Bytes of one object, in the last capture.
    pub average: Option<Comparison>,
    /// In the last capture.
    pub size: Option<Comparison>,
    pub count: Option<Comparison>,
    /// How many captures there are.
    pub captures: Option<Comparison>,
}

/// Whose memory, objects or handles are meant. Of several that fit, the one that grew by most.
#[derive(Clone, Debug, PartialEq)]
pub enum TableSubject {
    Total,
    /// Any of the first, and none of the second.
    Owner(Vec<Glob>, Vec<Glob>),
}

impl Question {
    /// `module gdiplus in leak reports: share >= 40%, grows`. `id` gives the id of a rule.
    pub fn in_words(&self, id: impl Fn(usize) -> String) -> String {
        let mut asked: Vec<String> = Vec::new();
        let mut add = |what: &str, comparison: &Option<Comparison>| {
            asked.extend(comparison.as_ref().map(|comparison| format!("{what} {comparison}").trim().to_string()));
        };
        let (subject, grows) = match self {
            Question::Finding(rules) => {
                let ids: Vec<String> = rules.iter().map(|&rule| id(rule)).collect();
                return format!("a finding of {}", ids.join(" or "));
            }
            Question::Leak(leak) => {
                add("share", &leak.share);
                add("growth", &leak.growth);
                add("blocks", &leak.average);
                add("", &leak.value);
                add("reports", &leak.reports);
                add("tracked", &leak.tracking);
                let measured = match leak.measured {
                    Measured::Size => "bytes",
                    Measured::Count => "allocations",
                    Measured::Handles => "handles",
                };
                let globs = |globs: &[Glob]| globs.iter().map(Glob::text).collect::<Vec<_>>().join(" or ");
                let of = match &leak.of {
                    LeakSubject::Total => "in all".to_string(),
                    LeakSubject::Module(modules) => format!("of module {}", globs(modules)),
                    LeakSubject::Function(functions) => format!("of function {}", globs(functions)),
                    LeakSubject::Block(sizes) => format!("in blocks of {}", globs(sizes)),
                };
                (format!("{measured} {of} in leak reports"), leak.grows)
            }
            Question::Counter(counter) => {
                add("growth", &counter.growth);
                add("", &counter.value);
                add("rate", &counter.rate);
                add("rises in", &counter.rises);
                (format!("counter {}", counter.name), counter.grows)
            }
            Question::Table(table) => {
                add("share", &table.share);
                add("growth", &table.growth);
                add("rate", &table.rate);
                add("average", &table.average);
                add("size", &table.size);
                add("count", &table.count);
                add("captures", &table.captures);
                let measured = if table.measured == Measured::Size { "bytes" } else { table.kind.unit() };
                let of = match &table.of {
                    TableSubject::Total => "in all".to_string(),
                    TableSubject::Owner(globs, not) => {
                        let or = |globs: &[Glob]| globs.iter().map(Glob::text).collect::<Vec<_>>().join(" or ");
                        let but = if not.is_empty() { String::new() } else { format!(" but not {}", or(not)) };
                        format!("of {}{but}", or(globs))
                    }
                };
                (format!("{measured} {of} in `{}`", table.kind.command()), table.grows)
            }
        };
        asked.extend(grows.map(|grows| if grows { "grows" } else { "is flat" }.to_string()));
        format!("{subject}: {}", asked.join(", "))
    }
}

impl Ladder {
    /// `likely with drawing, owner`
    pub fn in_words(&self, (verdict, when): &(Verdict, Vec<usize>)) -> String {
        let names: Vec<&str> = when.iter().map(|&rung| self.rungs[rung].name.as_str()).collect();
        format!("{} with {}", verdict.name(), names.join(", "))
    }

    /// Rules have got other numbers; those that are gone are no evidence.
    pub fn renumber(&mut self, new_index: &[Option<usize>]) {
        for rung in &mut self.rungs {
            if let Question::Finding(rules) = &mut rung.question {
                *rules = rules.iter().filter_map(|&rule| new_index[rule]).collect();
            }
        }
    }

    /// Rules whose findings are evidence.
    pub fn findings(&self) -> impl Iterator<Item = usize> + '_ {
        self.rungs
            .iter()
            .flat_map(|rung| match &rung.question {
                Question::Finding(rules) => rules.as_slice(),
                _ => &[],
            })
            .copied()
    }
}
