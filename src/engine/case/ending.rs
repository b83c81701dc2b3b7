//! What a case comes to when all of it was read.

use foldhash::HashSet;

use super::recording::group_among;
use super::{CaseResult, CaseScan};
use crate::engine::evaluate::Hit;
use crate::engine::exceptions::{place, stacks_of_exceptions};
use crate::engine::found::{Found, FoundThread};
use crate::engine::ladder::{CaseFacts, climb};
use crate::engine::locks::fold;
use crate::engine::proof::finding;
use crate::engine::views::{Completed, Settled};
use crate::finding::{Finding, NearMiss, ShownView, Standings, SuppressedFinding, ThreadEvidence};
use crate::model::Note;
use crate::rules::ThreadsCondition;

impl CaseScan<'_> {
    pub(super) fn finish_with_facts(mut self) -> (CaseResult, CaseFacts) {
        let settled = self.settle();
        let captures = std::mem::take(&mut self.captures).finish();
        self.add_stuck(&captures);
        let (of_locks, lock_notes) = self.locks.findings(self.rules);
        self.give_way(&of_locks, &settled);
        let mut findings: Vec<Finding> = Vec::new();
        let mut found_threads = HashSet::default();
        for (index, groups) in std::mem::take(&mut self.found).into_iter().enumerate() {
            for found in groups {
                let Some(mut finding) = found.finding(&self.views, &settled, self.rules) else { continue };
                if self.holds_in_case(index, finding.stacks, &finding.threads, settled.busy) {
                    found_threads.extend(found.views().map(|view| settled.thread(view)));
                    self.add_exception(&mut finding);
                    if let Some(standings) = &mut self.standings {
                        standings.found(index, found.views().map(|view| settled.thread(view)));
                    }
                    findings.push(finding);
                }
            }
        }
        let activity = self.views.activity(&settled, &found_threads, self.rules);
        let made_good = self.views.made_good(&settled);
        let mut suppressed = self.suppressed_in_case(settled.busy);
        self.add_lock_findings(of_locks, &mut findings, &mut suppressed);
        self.add_exceptions_alone(&mut findings);
        for finding in &mut findings {
            finding.threads.iter_mut().for_each(|evidence| self.thread_ids.complete(&mut evidence.thread));
            self.thread_ids.complete(&mut finding.shown.thread);
        }
        let (facts, mut notes) = self.facts();
        notes.extend(lock_notes);
        let refuted = climb(self.rules, &facts, &mut findings);
        self.suppress_ladders(&mut findings, &mut suppressed);
        let rank = |finding: &Finding| {
            let rule = &self.rules.rules[finding.rule];
            (rule.severity, finding.verdict, finding.confidence, finding.stacks)
        };
        findings.sort_by(|a, b| {
            let by_id = self.rules.rules[a.rule].id.cmp(&self.rules.rules[b.rule].id);
            rank(b).cmp(&rank(a)).then(by_id).then_with(|| a.group.cmp(&b.group))
        });
        let standings = self.standings(&findings, &settled);
        fold(self.rules, &mut findings, &self.thread_ids, &self.exceptions);
        let near_misses = match findings.is_empty() && suppressed.is_empty() {
            true => self.near_misses_at_work(&settled),
            false => Vec::new(),
        };
        let result = CaseResult {
            summary: self.summary,
            activity,
            made_good,
            findings,
            suppressed,
            refuted,
            near_misses,
            notes,
            captures,
            standings,
        };
        (result, facts)
    }

    /// Where the threads stand; findings of anything but stacks name theirs by place.
    pub(super) fn standings(&mut self, findings: &[Finding], settled: &Settled) -> Standings {
        let Some(mut standings) = self.standings.take() else { return Standings::default() };
        let of_rule = |finding: &&Finding| {
            let rule = &self.rules.rules[finding.rule];
            rule.asks_of_locks() || !rule.asks_of_stacks()
        };
        let found = findings.iter().filter(of_rule);
        let found = found.flat_map(|finding| finding.threads.iter().map(|thread| (finding.rule, thread)));
        standings.found_at(found, &self.views, settled, &self.thread_ids);
        standings.finish(&self.views, settled, &self.thread_ids, self.rules)
    }

    /// Near misses on threads that do not rest in another view.
    pub(super) fn near_misses_at_work(&mut self, settled: &Settled) -> Vec<NearMiss> {
        let mut near_misses = std::mem::take(&mut self.near_misses).finish(&self.evaluator);
        near_misses.retain(|near| {
            let view = self.views.at(near.source, near.line);
            view.is_none_or(|view| !settled.rests(view, self.rules))
        });
        near_misses
    }

    /// Adds what tables and stacks show of locks.
    pub(super) fn add_lock_findings(
        &self,
        of_locks: Vec<Finding>,
        findings: &mut Vec<Finding>,
        suppressed: &mut Vec<SuppressedFinding>,
    ) {
        for finding in of_locks {
            match self.suppression_without_stack(finding.rule) {
                Some(suppression) => {
                    suppressed.push(SuppressedFinding { rule: finding.rule, suppression, stacks: finding.stacks });
                }
                None => findings.push(finding),
            }
        }
        findings.iter_mut().for_each(|finding| self.locks.ask(self.rules, finding));
    }

    /// What a rule asks of the case as a whole: enough threads, and its exception.
    pub(super) fn holds_in_case(&self, rule: usize, stacks: u64, threads: &[ThreadEvidence], busy: u64) -> bool {
        let written = &self.rules.rules[rule];
        let enough = written.threads.as_ref().is_none_or(|asked| self.are_enough(asked, stacks, threads, busy).1);
        enough && (written.exception.is_none() || self.exception_of(rule, threads).is_some())
    }

    /// How many threads there are, and whether that is what a rule asks for.
    pub(super) fn are_enough(
        &self,
        asked: &ThreadsCondition,
        stacks: u64,
        threads: &[ThreadEvidence],
        busy: u64,
    ) -> (u64, bool) {
        let distinct = self.thread_ids.count(threads, stacks);
        let share = distinct as f64 / busy.max(1) as f64;
        let few = asked.at_most.is_none_or(|most| distinct <= most);
        (distinct, few && distinct >= asked.at_least && share >= asked.share)
    }

    /// Puts the views of each thread together, and takes back what was found on threads that turn out to be others than
    /// the rules are about.
    pub(super) fn settle(&mut self) -> Settled {
        let settled = self.views.settle(&self.thread_ids, self.rules);
        place(&mut self.exceptions, &self.thrown);
        let of_exceptions = stacks_of_exceptions(&self.exceptions);
        for (rule, groups) in self.found.iter_mut().enumerate() {
            let written = &self.rules.rules[rule];
            if let Some(condition) = &written.exception {
                for found in groups.iter_mut() {
                    let threw_none = |place| self.throwers.threw_none(&self.exceptions, condition, place);
                    if !found.take_back(|place, _| threw_none(place)).is_empty() {
                        self.throwers.of_others.insert(rule);
                    }
                }
            }
            groups.iter_mut().for_each(|found| found.settle(written, &settled, self.rules));
            if written.threads.is_some() {
                groups.iter_mut().for_each(|found| {
                    found.take_back(|place, _| of_exceptions.contains(&place));
                });
            }
            groups.retain(|found| found.stacks > 0);
            let places = groups.iter().enumerate().map(|(at, found)| (found.group.clone(), at));
            self.group_at[rule] = places.collect();
        }
        self.stuck.settle(&settled, self.rules);
        self.forget_sites();
        for completed in self.kept.complete(&self.views, &settled) {
            self.judge_completed(&completed, &settled);
        }
        settled
    }

    /// Rules on a stack that two views of a thread make together, so far as neither shows them alone.
    pub(super) fn judge_completed(&mut self, completed: &Completed, settled: &Settled) {
        let stack = &completed.stack;
        let result = self.evaluator.evaluate(stack, &self.kept.sites);
        let thread = settled.thread(completed.native);
        let managed = self.views.get(completed.managed);
        let view = ShownView::Completed { source: managed.source, line: managed.line };
        self.source = self.views.get(completed.native).source;
        let is_of_one = |hit: &&Hit| {
            let rule = &self.rules.rules[hit.rule];
            hit.suppressed.is_none() && rule.stuck.is_none() && rule.blocked_behind.is_none()
        };
        let hits: Vec<&Hit> = result.hits.iter().chain(&result.lacking).filter(is_of_one).collect();
        for hit in hits {
            let is_known =
                self.found[hit.rule].iter().flat_map(Found::views).any(|view| settled.thread(view) == thread);
            if is_known || !settled.looks_at(&self.rules.rules[hit.rule], completed.native, self.rules) {
                continue;
            }
            let mut finding = finding(&self.evaluator, hit, stack, &self.kept.sites, self.source);
            for (evidence, &frame) in finding.evidence.iter_mut().zip(&hit.frames) {
                evidence.source = self.views.get(completed.view_of[frame]).source;
            }
            finding.shown.view = Some(view);
            let evidence = ThreadEvidence { thread: stack.thread.clone(), source: self.source, line: stack.line };
            let thread = FoundThread { evidence, view: Some(completed.native), is_lacking: false };
            let group = self.evaluator.group_of(hit);
            if let Some(found) = group_among(&mut self.found[hit.rule], &mut self.group_at[hit.rule], group) {
                found.add(thread, hit.cost(), || finding);
            }
        }
    }

    /// What the texts measure, and what there is to say about that; asked once, when all is read.
    pub(super) fn facts(&mut self) -> (CaseFacts, Vec<(usize, Note)>) {
        let leaks = std::mem::take(&mut self.leaks).finish();
        let (counters, mut notes) = std::mem::take(&mut self.counters).finish(&self.rules.counters);
        let (tables, of_tables) = std::mem::take(&mut self.tables).finish();
        notes.extend(of_tables);
        let suppressed = self.suppressed.iter().map(|found| found.rule).collect();
        (CaseFacts { leaks, counters, tables, suppressed }, notes)
    }
}
