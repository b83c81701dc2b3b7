//! Evidence of several kinds, and how far each part of it carries: `evidence`, `verdicts`, `ask`.

use super::{Comparison, Glob};
use crate::facts::Measured;
use crate::finding::Verdict;

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
}

/// What is asked of a counter; all of it must hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CounterQuestion {
    pub name: String,
    pub grows: Option<bool>,
    /// An amount, a part of the start, or a part of another counter's growth.
    pub growth: Option<Comparison>,
    /// At the end: an amount, or a part of another counter.
    pub value: Option<Comparison>,
    pub rate: Option<Comparison>,
    /// The part of its steps that go up.
    pub rises: Option<Comparison>,
}

impl Ladder {
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
