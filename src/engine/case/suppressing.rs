//! Findings that settings suppress.

use super::CaseScan;
use crate::finding::{Finding, SuppressedFinding};
use crate::rules::Suppression;

impl CaseScan<'_> {
    pub(super) fn suppressed_in_case(&self, busy: u64) -> Vec<SuppressedFinding> {
        let mut suppressed = self.suppressed.clone();
        suppressed.retain(|found| self.holds_in_case(found.rule, found.stacks, &[], busy));
        for rule in 0..self.rules.rules.len() {
            let told = self.exception_alone(rule).is_some();
            let suppression = self.suppression_without_stack(rule).filter(|_| told);
            suppressed.extend(suppression.map(|suppression| SuppressedFinding { rule, suppression, stacks: 0 }));
        }
        suppressed.sort_by_key(|found| (found.suppression, found.rule));
        suppressed
    }

    /// The suppression of a rule where there is no stack to look at.
    pub(super) fn suppression_without_stack(&self, rule: usize) -> Option<usize> {
        let without_stack =
            |suppression: &Suppression| suppression.pattern.is_none() && suppression.rules.contains(&rule);
        self.rules.suppressions.iter().position(without_stack)
    }

    /// Takes away the findings of ladders that settings suppress.
    pub(super) fn suppress_ladders(&self, findings: &mut Vec<Finding>, suppressed: &mut Vec<SuppressedFinding>) {
        findings.retain(|&Finding { rule, stacks, .. }| {
            let has_ladder = self.rules.rules[rule].ladder.is_some();
            let suppression = self.suppression_without_stack(rule).filter(|_| has_ladder);
            suppressed.extend(suppression.map(|suppression| SuppressedFinding { rule, suppression, stacks }));
            suppression.is_none()
        });
    }

    pub(super) fn count_suppressed(&mut self, rule: usize, suppression: usize) {
        let same = |found: &&mut SuppressedFinding| (found.rule, found.suppression) == (rule, suppression);
        match self.suppressed.iter_mut().find(same) {
            Some(found) => found.stacks += 1,
            None => self.suppressed.push(SuppressedFinding { rule, suppression, stacks: 1 }),
        }
    }
}
