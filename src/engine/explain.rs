//! One rule laid over every stack: where it matches, or else where it gets furthest and why not further.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::case::CaseScan;
use super::evaluate::Evaluator;
use super::laid::{Laid, Rank};
use super::likeness::{Likeness, likeness};
use super::sieve::Sieve;
use crate::facts::{FrameName, SeriesPlace};
use crate::finding::{Explanation, Outcome};
use crate::formats::Sink;
use crate::model::{CallSites, CounterSeries, LeakReport, Sign, SiteId, Stack, Table};
use crate::rules::{RuleSet, TestId};

/// Call sites whose likeness to the first line is worked out.
const COMPARED: usize = 5000;

/// Takes in stacks, source by source, and explains one rule on the best of them.
pub struct ExplainScan<'r> {
    evaluator: Evaluator<'r>,
    rule: usize,
    source: usize,
    /// All stacks against all rules: what the rule asks of the log as a whole shows only there.
    case: CaseScan<'r>,
    best: Option<(Best, Explanation)>,
    nearness: Nearness,
}

/// Of stacks on which the first line is nowhere, the best has the frame that is most like it: a misspelt name shows.
type Best = (Rank, Reverse<usize>);

impl<'r> ExplainScan<'r> {
    /// Explains the rule with this index. `sieve` is made from the same rules.
    pub fn new(rules: &'r RuleSet, sieve: &'r Sieve, rule: usize) -> Self {
        let nearness = Nearness {
            first: rules.rules[rule].pattern.steps.iter().find(|step| step.is_required()).map(|step| step.test),
            of_site: HashMap::new(),
            compared: 0,
        };
        let evaluator = Evaluator::new(rules, sieve);
        let case = CaseScan::new(rules, sieve).without_near_misses();
        ExplainScan { evaluator, rule, source: 0, case, best: None, nearness }
    }

    /// See [`CaseScan::in_series`].
    pub fn in_series(mut self, series: Vec<Option<SeriesPlace>>) -> Self {
        self.case = self.case.in_series(series);
        self
    }

    /// The stacks that follow come from this source, by its index in the case.
    pub fn begin_source(&mut self, source: usize) {
        self.source = source;
        self.case.begin_source(source);
        self.forget_sites();
    }

    /// The rule on the stack where it gets furthest, the first of equal ones; `None` when there was no stack.
    pub fn finish(mut self) -> Option<Explanation> {
        let conditions = self.case.conditions(self.rule);
        // Of a ladder the verdict decides, which comes last.
        let has_ladder = self.evaluator.rules.rules[self.rule].ladder.is_some();
        let decisive = if has_ladder { &conditions[conditions.len() - 1..] } else { &conditions[..] };
        let all_hold = decisive.iter().all(|condition| condition.holds);
        let mut explanation = match self.best {
            Some((_, explanation)) => explanation,
            // The rule asks nothing of stacks.
            None if !self.evaluator.rules.rules[self.rule].asks_of_stacks() => Explanation::of_case(self.rule),
            None => return None,
        };
        if explanation.outcome == Outcome::Matches && !all_hold {
            explanation.outcome = Outcome::TakenBack;
        }
        explanation.conditions = conditions;
        Some(explanation)
    }

    fn forget_sites(&mut self) {
        self.evaluator.forget_sites();
        self.nearness.of_site.clear();
    }
}

impl Sink for ExplainScan<'_> {
    fn stack(&mut self, stack: &Stack, sites: &CallSites) {
        self.case.stack(stack, sites);
        let rule = &self.evaluator.rules.rules[self.rule];
        if !rule.asks_of_stacks() || stack.frames.is_empty() || !rule.is_asked_of(stack) {
            return;
        }
        self.evaluator.classify(stack, sites);
        let laid = Laid::new(&self.evaluator, self.rule, stack);
        let nearest = match laid.is_nowhere() {
            true => self.nearness.of(stack, sites, self.evaluator.rules),
            false => usize::MAX,
        };
        let rank = (laid.rank(), Reverse(nearest));
        if self.best.as_ref().is_none_or(|(best, _)| rank > *best) {
            self.best = Some((rank, laid.explanation(sites, self.source)));
        }
    }

    fn table(&mut self, table: &Table) {
        self.case.table(table);
    }

    fn sign(&mut self, sign: &Sign) {
        self.case.sign(sign);
    }

    fn leak_report(&mut self, report: &LeakReport) {
        self.case.leak_report(report);
    }

    fn counters(&mut self, series: &CounterSeries) {
        self.case.counters(series);
    }

    fn may_forget_sites(&mut self) -> bool {
        self.case.may_forget_sites();
        self.forget_sites();
        true
    }
}

/// How like the first line's frame the frames of a stack are.
struct Nearness {
    first: Option<TestId>,
    of_site: HashMap<SiteId, usize>,
    compared: usize,
}

impl Nearness {
    /// The likeness of the nearest frame, the less the more.
    fn of(&mut self, stack: &Stack, sites: &CallSites, rules: &RuleSet) -> usize {
        let Some(first) = self.first else { return usize::MAX };
        stack.frames.iter().map(|frame| self.of_frame(first, frame.site, sites, rules)).min().unwrap_or(usize::MAX)
    }

    fn of_frame(&mut self, first: TestId, site: SiteId, sites: &CallSites, rules: &RuleSet) -> usize {
        if let Some(&known) = self.of_site.get(&site) {
            return known;
        }
        if self.compared == COMPARED {
            return usize::MAX;
        }
        self.compared += 1;
        let name = FrameName::of(&sites.get(site), &rules.aliases);
        let likeness: Option<Likeness> = likeness(first, &name, rules);
        let nearness = likeness.map_or(usize::MAX, |(nearness, _)| nearness);
        self.of_site.insert(site, nearness);
        nearness
    }
}
