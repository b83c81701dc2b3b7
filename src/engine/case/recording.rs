//! What is kept of each stack while the case is read.

use foldhash::HashMap;

use super::{CaseScan, EXCEPTIONS, GROUPS, Known};
use crate::engine::evaluate::Hit;
use crate::engine::found::{Found, FoundThread};
use crate::engine::locks::signs;
use crate::engine::proof::finding;
use crate::engine::stuck::Sighting;
use crate::engine::views::{Held, Judged, Side, held, shape};
use crate::finding::ThreadEvidence;
use crate::model::{CallSites, Stack};

impl<'r> CaseScan<'r> {
    pub(super) fn count(&mut self, stack: &Stack) {
        self.summary.stacks += 1;
        self.summary.frames += stack.frames.len() as u64;
        self.summary.missing_frames += stack.missing();
        self.summary.empty += u64::from(stack.frames.is_empty());
    }

    pub(super) fn record_on(
        &mut self,
        hit: &Hit,
        stack: (&Stack, Option<usize>),
        sites: &CallSites,
        view: Option<usize>,
        is_lacking: bool,
    ) {
        let (evaluator, source, (stack, number)) = (&self.evaluator, self.source, stack);
        let group = evaluator.group_of(hit);
        let finding = || finding(evaluator, hit, stack, sites, source);
        if self.rules.rules[hit.rule].stuck.is_some() {
            // Other captures tell whether the thread stays there.
            let names = evaluator.names_of_frames();
            if let Some(number) = number {
                let sighting = Sighting { hit, stack, number, source, names, sites, group, view, is_lacking };
                self.stuck.add(&sighting, finding);
            }
            return;
        }
        if self.rules.rules[hit.rule].exception.is_some() {
            self.throwers.keep(stack, sites, source);
        }
        let evidence = ThreadEvidence { thread: stack.thread.clone(), source, line: stack.line };
        let thread = FoundThread { evidence, view, is_lacking };
        if let Some(found) = group_among(&mut self.found[hit.rule], &mut self.group_at[hit.rule], group) {
            found.add(thread, hit.cost(), finding);
        }
    }

    /// Keeps which rules on exceptions alone the stack of this one takes back.
    pub(super) fn take_back_exception(&mut self, stack: &Stack, sites: &CallSites) {
        if self.taking_back.is_empty() || self.taken_back.len() >= EXCEPTIONS {
            return;
        }
        self.evaluator.classify(stack, sites);
        let taken_back = self.taking_back.iter().filter(|&&rule| self.evaluator.takes_back(rule, stack));
        self.taken_back.extend(taken_back.map(|&rule| (rule, self.source, stack.line)));
    }

    /// Works out what holds for all stacks that are equal to this one.
    pub(super) fn get_to_know(&mut self, stack: &Stack, sites: &CallSites) -> Known<'r> {
        self.summary.distinct_stacks += u64::from(self.seen.is_new(stack));
        self.evaluator.classify(stack, sites);
        let times_cleared = self.memo.times_cleared;
        let answer = self.memo.answer(&self.evaluator, stack, || {
            let result = self.evaluator.evaluate_classified(stack);
            self.near_misses.look(&self.evaluator, &result, stack, self.source);
            result
        });
        if self.memo.times_cleared != times_cleared {
            self.known.clear();
        }
        let result = &self.memo.results[answer];
        let role = |&rule: &usize| Held { rule, certain: result.certain_roles.contains(&rule), group: None };
        let mut roles: Vec<Held> = result.roles.iter().map(role).collect();
        for hit in &result.roles_of_few {
            let group = Some(self.views.name(self.evaluator.group_of(hit).unwrap_or_default()));
            roles.extend(held(std::slice::from_ref(hit)).map(|held| Held { group, ..held }));
        }
        let known = Known {
            answer,
            judged: Judged {
                side: Side::of(stack, sites),
                shape: shape(self.evaluator.names_of_frames(), stack),
                roles: self.views.role_list(roles),
                has_hit: !result.hits.is_empty(),
                application: self.evaluator.application(stack, sites).map(|name| self.views.name(name)),
            },
            has_unreadable: stack.frames.iter().any(|frame| sites.get(frame.site).is_unreadable()),
            locks: signs(&self.evaluator, stack, sites, result.role.is_some()),
        };
        self.known.insert(known.clone());
        known
    }

    /// Keeps the stack as a view of its thread.
    pub(super) fn see(&mut self, stack: &Stack, sites: &CallSites, known: &Known<'_>) -> Option<usize> {
        let (view, is_new) = self.views.add(stack, sites, self.source, known.judged)?;
        if is_new {
            self.kept.keep(view, known.judged.side, known.has_unreadable, stack, sites);
            if let Some(standings) = &mut self.standings {
                let (of_frame, classes) = (&self.evaluator.of_frame, &self.evaluator.classes);
                standings.keep(view, stack, sites, |position| classes.get(of_frame[position]));
            }
        }
        Some(view)
    }
}

/// The threads of a group among those of a rule; `None` where there are too many groups.
pub(super) fn group_among<'f>(
    groups: &'f mut Vec<Found>,
    at_group: &mut HashMap<Option<String>, usize>,
    group: Option<&str>,
) -> Option<&'f mut Found> {
    let group = group.map(str::to_string);
    let at = match at_group.get(&group) {
        Some(&at) => at,
        None if groups.len() >= GROUPS => return None,
        None => {
            at_group.insert(group.clone(), groups.len());
            groups.push(Found::of(group));
            groups.len() - 1
        }
    };
    groups.get_mut(at)
}
