//! What a rule asks of a case as a whole, in words: for the explanation of one rule.

use super::CaseScan;
use crate::engine::found::Found;
use crate::engine::ladder::states as ladder_states;
use crate::engine::views::Settled;
use crate::finding::{CaseCondition, EvidenceState, Finding, RungState, ThreadEvidence};

impl CaseScan<'_> {
    /// What a rule asks of the case as a whole, and what there is.
    pub(in crate::engine) fn conditions(&mut self, rule: usize) -> Vec<CaseCondition> {
        let settled = self.settle();
        let captures = std::mem::take(&mut self.captures).finish();
        self.add_stuck(&captures);
        let stacks_before: u64 = self.found[rule].iter().map(|found| found.stacks).sum();
        let (of_locks, _) = self.locks.findings(self.rules);
        self.give_way(&of_locks, &settled);
        let mut conditions = self.rungs(rule, &settled);
        conditions.extend(self.stuck.condition(self.rules, rule, &captures));
        conditions.extend(self.gave_way_wholly(rule, stacks_before, &of_locks, &settled));
        let written = &self.rules.rules[rule];
        if let Some(threads) = &written.threads {
            let largest = self.found[rule].iter().max_by_key(|found| found.stacks);
            let stacks = largest.map_or(0, |found| found.stacks);
            let of_largest = largest.map_or(Vec::new(), Found::evidence);
            let (distinct, holds) = self.are_enough(threads, stacks, &of_largest, settled.busy);
            let group = largest.and_then(|found| found.group.as_ref());
            let group = group.map(|group| format!(" with {group}")).unwrap_or_default();
            conditions.push(CaseCondition {
                asked: threads.in_words(),
                holds,
                found: match distinct == stacks {
                    true => format!("{stacks} of {} threads that are not idle match{group}", settled.busy),
                    false => format!(
                        "{distinct} of {} threads that are not idle match{group}, on {stacks} stacks",
                        settled.busy
                    ),
                },
            });
        }
        conditions.extend(self.locks.condition(self.rules, rule));
        if let Some(exception) = &written.exception {
            let mut names: Vec<&str> = self.exceptions.iter().map(|exception| exception.name.as_str()).collect();
            names.dedup();
            let of_found: Vec<ThreadEvidence> = self.found[rule].iter().flat_map(Found::evidence).collect();
            let is_of_others = of_found.is_empty() && self.throwers.of_others.contains(&rule);
            let asked_for = self.exception_of(rule, &of_found);
            let found = match asked_for {
                Some(exception) if is_of_others => {
                    format!(
                        "{}, line {}, happened elsewhere: not on a thread that matches",
                        exception.name, exception.line
                    )
                }
                Some(exception) => format!("{}, line {}", exception.name, exception.line),
                None if names.is_empty() => "the log tells of none".to_string(),
                None => format!("the log tells of {}", names.join(", ")),
            };
            let holds = asked_for.is_some() && !is_of_others;
            conditions.push(CaseCondition { asked: exception.in_words(), holds, found });
        }
        conditions
    }

    /// The parts of the evidence of a rule that asks for several.
    fn rungs(&mut self, rule: usize, settled: &Settled) -> Vec<CaseCondition> {
        if self.rules.rules[rule].ladder.is_none() {
            return Vec::new();
        }
        let found = self.found.iter().flatten();
        let found = found.filter_map(|found| found.finding(&self.views, settled, self.rules));
        let held = |finding: &Finding| self.holds_in_case(finding.rule, finding.stacks, &finding.threads, settled.busy);
        let findings: Vec<Finding> = found.filter(held).collect();
        let (facts, _) = self.facts();
        let (states, holds, said) = ladder_states(self.rules, rule, &facts, &findings);
        let condition = |state: RungState| CaseCondition {
            asked: state.name,
            holds: state.state == EvidenceState::Holds,
            found: format!("{}: {}", state.state.name(), state.said),
        };
        let mut conditions: Vec<CaseCondition> = states.into_iter().map(condition).collect();
        conditions.push(CaseCondition { asked: "a verdict".to_string(), holds, found: said });
        conditions
    }
}
