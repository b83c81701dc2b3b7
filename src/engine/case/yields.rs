//! Rules that give way to more special ones of which the case as a whole decides whether they hold.

use foldhash::HashSet;

use super::CaseScan;
use crate::engine::found::{Found, FoundThread};
use crate::engine::stuck::Stuck;
use crate::engine::views::Settled;
use crate::facts::Captures;
use crate::finding::{CaseCondition, Finding, SuppressedFinding};
use crate::rules::RuleSet;

/// Threads, and stacks of which it is not known whose they are.
#[derive(Default)]
struct Threads {
    numbers: HashSet<u32>,
    places: HashSet<(usize, u32)>,
}

impl Threads {
    fn add<'f>(&mut self, threads: impl IntoIterator<Item = &'f FoundThread>, settled: &Settled) {
        for FoundThread { evidence, view, .. } in threads {
            self.places.insert((evidence.source, evidence.line));
            self.numbers.extend(view.map(|view| settled.thread(view)));
        }
    }

    fn has(&self, place: (usize, u32), view: Option<usize>, settled: &Settled) -> bool {
        self.places.contains(&place) || view.is_some_and(|view| self.numbers.contains(&settled.thread(view)))
    }

    fn is_empty(&self) -> bool {
        self.places.is_empty()
    }
}

impl CaseScan<'_> {
    /// Threads that are stuck become findings like others.
    pub(super) fn add_stuck(&mut self, captures: &Captures) {
        for rule in 0..self.rules.rules.len() {
            for (Stuck { finding, views }, suppressed) in self.stuck.findings(self.rules, rule, captures) {
                if let Some(suppression) = suppressed {
                    let stacks = finding.stacks;
                    self.suppressed.push(SuppressedFinding { rule, suppression, stacks });
                    continue;
                }
                let mut found = Found::of(finding.group.clone());
                for (evidence, view) in finding.threads.iter().zip(views) {
                    let thread = FoundThread { evidence: evidence.clone(), view, is_lacking: false };
                    found.add(thread, (false, 0), || finding.clone());
                }
                self.found[rule].push(found);
            }
        }
    }

    /// Takes back what was found on threads of which a more special rule says more. Rules that a stack alone decides have
    /// given way already.
    pub(super) fn give_way(&mut self, of_locks: &[Finding], settled: &Settled) {
        let rules = self.rules;
        // By rule: where it holds, and where it held before it gave way itself.
        let mut said: Vec<Threads> = rules.rules.iter().map(|_| Threads::default()).collect();
        for rule in special_first(rules) {
            let others: Vec<&Threads> =
                rules.rules[rule].yields_to.iter().map(|&other| &said[other]).filter(|said| !said.is_empty()).collect();
            let is_said = |place: (usize, u32), view: Option<usize>| {
                others.iter().any(|threads| threads.has(place, view, settled))
            };
            let mut of_rule = Threads::default();
            if !others.is_empty() {
                for found in &mut self.found[rule] {
                    of_rule.add(&found.take_back(is_said), settled);
                }
                self.found[rule].retain(|found| found.stacks > 0);
            }
            if rules.rules[rule].is_decided_in_case() {
                for found in self.found[rule].iter().filter(|found| self.is_reported(rule, found, settled)) {
                    of_rule.add(found.threads(), settled);
                }
                for finding in of_locks.iter().filter(|finding| finding.rule == rule) {
                    of_rule.places.extend(finding.threads.iter().map(|thread| (thread.source, thread.line)));
                }
            }
            said[rule] = of_rule;
        }
    }

    fn is_reported(&self, rule: usize, found: &Found, settled: &Settled) -> bool {
        self.holds_in_case(rule, found.stacks, &found.evidence(), settled.busy)
    }

    /// That nothing is left of a rule, which was found on so many stacks, since others say more of these.
    pub(super) fn gave_way_wholly(
        &self,
        rule: usize,
        stacks_before: u64,
        of_locks: &[Finding],
        settled: &Settled,
    ) -> Option<CaseCondition> {
        if stacks_before == 0 || !self.found[rule].is_empty() {
            return None;
        }
        let holds = |&&other: &&usize| {
            of_locks.iter().any(|finding| finding.rule == other)
                || self.found[other].iter().any(|found| self.is_reported(other, found, settled))
        };
        let others = self.rules.rules[rule].yields_to.iter().filter(holds);
        let names: Vec<String> = others.map(|&other| format!("`{}`", self.rules.rules[other].id)).collect();
        Some(CaseCondition {
            asked: "no more special rule holds on the same threads".to_string(),
            holds: false,
            found: format!("it yields to {}", names.join(", ")),
        })
    }
}

/// Every rule behind those that it yields to.
fn special_first(rules: &RuleSet) -> Vec<usize> {
    fn visit(rule: usize, rules: &RuleSet, seen: &mut [bool], order: &mut Vec<usize>) {
        if std::mem::replace(&mut seen[rule], true) {
            return;
        }
        rules.rules[rule].yields_to.iter().for_each(|&other| visit(other, rules, seen, order));
        order.push(rule);
    }
    let (mut seen, mut order) = (vec![false; rules.rules.len()], Vec::new());
    (0..rules.rules.len()).for_each(|rule| visit(rule, rules, &mut seen, &mut order));
    order
}
