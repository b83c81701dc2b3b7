//! Rules that ask for an exception, of which some text of the case tells.

use super::CaseScan;
use crate::engine::exceptions::{Exception, of_stacks, tells_of_another, without_unknown_site};
use crate::engine::proof::{exception_evidence, exception_finding, filled_in};
use crate::finding::{Finding, ThreadEvidence};

impl CaseScan<'_> {
    /// The first exception that a rule asks for, held by none but these threads as far as is known; of the stacks of
    /// exceptions none but their own.
    /// Of several texts about it the first that has its message.
    pub(super) fn exception_of(&self, rule: usize, threads: &[ThreadEvidence]) -> Option<&Exception> {
        let condition = self.rules.rules[rule].exception.as_ref()?;
        let may_hold = |holder: u64| {
            let ids = || threads.iter().filter_map(|evidence| self.thread_ids.key(&evidence.thread)?.2);
            ids().count() < threads.len() || threads.is_empty() || ids().any(|id| id == holder)
        };
        let is_taken_back = |exception: &Exception| {
            let thrown = exception.thrown.as_ref().filter(|_| !self.taken_back.is_empty());
            thrown.is_some_and(|thrown| self.taken_back.contains(&(rule, thrown.source, thrown.stack_line)))
        };
        let is_asked = |exception: &&Exception| {
            exception.is_asked_by(condition) && exception.holder.is_none_or(may_hold) && !is_taken_back(exception)
        };
        let places = threads.iter().map(|evidence| (evidence.source, evidence.line)).collect();
        let mut all = of_stacks(&self.exceptions, &places).into_iter().filter(is_asked);
        let first = all.next()?;
        let has_message = |other: &&Exception| other.name == first.name && !other.message.is_empty();
        Some(Some(first).filter(has_message).or_else(|| all.find(has_message)).unwrap_or(first))
    }

    /// Adds the exception that the finding's rule asks for beside a stack.
    pub(super) fn add_exception(&self, finding: &mut Finding) {
        let Some(exception) = self.exception_of(finding.rule, &finding.threads) else { return };
        finding.evidence.push(exception_evidence(exception));
        let figure = |name: &str| exception.figure(name);
        let message = finding.message.take();
        finding.message = message.map(|message| filled_in(without_unknown_site(&message, exception), figure).0);
    }

    /// Adds the findings of rules that ask for an exception and nothing else, so far as no rule that they yield to is
    /// reported.
    pub(super) fn add_exceptions_alone(&self, findings: &mut Vec<Finding>) {
        let alone =
            |&rule: &usize| self.exception_alone(rule).is_some() && self.suppression_without_stack(rule).is_none();
        let held = (0..self.rules.rules.len()).filter(alone);
        let held = held.filter_map(|rule| Some(exception_finding(self.rules, rule, self.exception_alone(rule)?)));
        let held: Vec<Finding> = held.collect();
        let yields = |finding: &Finding| {
            let special = &self.rules.rules[finding.rule].yields_to;
            let mut reported = findings.iter().chain(&held).filter(|other| special.contains(&other.rule));
            reported.any(|other| !tells_of_another(&self.exceptions, finding, other))
        };
        let stay: Vec<bool> = held.iter().map(|finding| !yields(finding)).collect();
        findings.extend(held.into_iter().zip(stay).filter_map(|(finding, stays)| stays.then_some(finding)));
    }

    /// The exception of a rule that asks for nothing else.
    pub(super) fn exception_alone(&self, rule: usize) -> Option<&Exception> {
        if self.rules.rules[rule].asks_of_stacks() || self.rules.rules[rule].role.is_some() {
            return None;
        }
        self.exception_of(rule, &[])
    }
}
