//! All stacks of a case against all rules: stacks that no rule can tell apart are matched once and counted.

use super::evaluate::{Evaluator, Hit};
use super::exceptions::{Exception, exceptions_of};
use super::ladder::{CaseFacts, climb, states as ladder_states};
use super::memo::{Memo, Seen, write_key};
use super::near_miss::NearMisses;
use super::proof::{empty_finding, exception_finding, finding, group_of};
use super::sieve::Sieve;
use super::threads::ThreadIds;
use crate::facts::{CounterCollection, LeakCollection, TableCollection};
use crate::finding::{
    CaseCondition, EvidenceState, Finding, NearMiss, Refuted, RungState, Summary, SuppressedFinding, ThreadEvidence,
};
use crate::formats::Sink;
use crate::model::{CallSites, CounterSeries, LeakReport, Note, Stack, StackKind, Table};
use crate::rules::{RuleSet, Suppression, ThreadsCondition};

/// Threads listed per finding; beyond, they are only counted.
const THREADS_LISTED: usize = 10_000;

/// Groups of threads kept for a rule.
const GROUPS: usize = 1_000;

/// What the rules say of a case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaseResult {
    pub summary: Summary,
    /// Worst first.
    pub findings: Vec<Finding>,
    /// By suppression.
    pub suppressed: Vec<SuppressedFinding>,
    pub refuted: Vec<Refuted>,
    /// The rules that came closest, when none holds; one for each rule, the nearest first.
    pub near_misses: Vec<NearMiss>,
    /// What there is to say of the inputs together: index of the source, and the note.
    pub notes: Vec<(usize, Note)>,
}

/// Takes in stacks, source by source.
pub struct CaseScan<'r> {
    rules: &'r RuleSet,
    evaluator: Evaluator<'r>,
    memo: Memo,
    seen: Seen,
    source: usize,
    summary: Summary,
    /// The findings of each rule, one for each group of threads where it groups them.
    found: Vec<Vec<Found>>,
    suppressed: Vec<SuppressedFinding>,
    /// Stacks that rules were matched with, and that no role explains as idle.
    busy: u64,
    thread_ids: ThreadIds,
    exceptions: Vec<Exception>,
    leaks: LeakCollection,
    counters: CounterCollection,
    tables: TableCollection,
    near_misses: NearMisses,
    key: Vec<u32>,
}

struct Found {
    finding: Finding,
    /// Uncertain, skipped frames: the less, the better it shows the pattern.
    cost: (bool, u32),
}

impl<'r> CaseScan<'r> {
    /// `sieve` is made from the same rules; cases share it.
    pub fn new(rules: &'r RuleSet, sieve: &'r Sieve) -> Self {
        CaseScan {
            rules,
            evaluator: Evaluator::new(rules, sieve),
            memo: Memo::default(),
            seen: Seen::default(),
            source: 0,
            summary: Summary::default(),
            found: rules.rules.iter().map(|_| Vec::new()).collect(),
            suppressed: Vec::new(),
            busy: 0,
            thread_ids: ThreadIds::default(),
            exceptions: Vec::new(),
            leaks: LeakCollection::default(),
            counters: CounterCollection::default(),
            tables: TableCollection::default(),
            near_misses: NearMisses::default(),
            key: Vec::new(),
        }
    }

    /// Does not look for near misses.
    pub fn without_near_misses(mut self) -> Self {
        self.near_misses.turn_off();
        self
    }

    /// The stacks that follow come from this source, by its index in the case. Call site numbers begin anew.
    pub fn begin_source(&mut self, source: usize) {
        self.source = source;
        self.forget_sites();
    }

    pub fn finish(mut self) -> CaseResult {
        let mut findings: Vec<Finding> = Vec::new();
        for (index, found) in std::mem::take(&mut self.found).into_iter().enumerate() {
            let of_rule = found.into_iter().map(|found| found.finding);
            findings
                .extend(of_rule.filter(|finding| self.holds_in_case(finding.rule, finding.stacks, &finding.threads)));
            findings.extend(self.by_exception_alone(index));
        }
        for finding in &mut findings {
            finding.threads.iter_mut().for_each(|evidence| self.thread_ids.complete(&mut evidence.thread));
            self.thread_ids.complete(&mut finding.shown.thread);
        }
        let mut suppressed = self.suppressed_in_case();
        let (facts, notes) = self.facts();
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
        let near_misses = match findings.is_empty() && suppressed.is_empty() {
            true => self.near_misses.finish(&self.evaluator),
            false => Vec::new(),
        };
        CaseResult { summary: self.summary, findings, suppressed, refuted, near_misses, notes }
    }

    /// What a rule asks of the case as a whole: enough threads, and its exception.
    fn holds_in_case(&self, rule: usize, stacks: u64, threads: &[ThreadEvidence]) -> bool {
        let written = &self.rules.rules[rule];
        let enough = written.threads.as_ref().is_none_or(|asked| self.are_enough(asked, stacks, threads).1);
        enough && (written.exception.is_none() || self.exception_of(rule).is_some())
    }

    /// How many threads there are, and whether that is what a rule asks for.
    fn are_enough(&self, asked: &ThreadsCondition, stacks: u64, threads: &[ThreadEvidence]) -> (u64, bool) {
        let distinct = self.thread_ids.count(threads, stacks);
        let share = stacks as f64 / self.busy.max(1) as f64;
        (distinct, distinct >= asked.at_least && share >= asked.share)
    }

    fn suppressed_in_case(&self) -> Vec<SuppressedFinding> {
        let mut suppressed = self.suppressed.clone();
        suppressed.retain(|found| self.holds_in_case(found.rule, found.stacks, &[]));
        for rule in 0..self.rules.rules.len() {
            let told = self.exception_alone(rule).is_some();
            let suppression = self.suppression_without_stack(rule).filter(|_| told);
            suppressed.extend(suppression.map(|suppression| SuppressedFinding { rule, suppression, stacks: 0 }));
        }
        suppressed.sort_by_key(|found| (found.suppression, found.rule));
        suppressed
    }

    /// What the texts measure, and what there is to say about that; asked once, when all is read.
    fn facts(&mut self) -> (CaseFacts, Vec<(usize, Note)>) {
        let leaks = std::mem::take(&mut self.leaks).finish();
        let (counters, mut notes) = std::mem::take(&mut self.counters).finish(&self.rules.counters);
        let (tables, of_tables) = std::mem::take(&mut self.tables).finish();
        notes.extend(of_tables);
        let suppressed = self.suppressed.iter().map(|found| found.rule).collect();
        (CaseFacts { leaks, counters, tables, suppressed }, notes)
    }

    /// What a rule asks of the case as a whole, and what there is.
    pub(super) fn conditions(&mut self, rule: usize) -> Vec<CaseCondition> {
        let mut conditions = self.rungs(rule);
        let written = &self.rules.rules[rule];
        if let Some(threads) = &written.threads {
            let groups = self.found[rule].iter().map(|found| &found.finding);
            let largest = groups.max_by_key(|finding| finding.stacks);
            let stacks = largest.map_or(0, |finding| finding.stacks);
            let of_largest = largest.map_or(&[][..], |finding| &finding.threads);
            let (distinct, holds) = self.are_enough(threads, stacks, of_largest);
            let group = largest.and_then(|finding| finding.group.as_ref());
            let group = group.map(|group| format!(" with {group}")).unwrap_or_default();
            conditions.push(CaseCondition {
                asked: threads.in_words(),
                holds,
                found: match distinct == stacks {
                    true => format!("{stacks} of {} threads that are not idle match{group}", self.busy),
                    false => format!(
                        "{distinct} threads match{group}, on {stacks} of {} stacks that are not idle",
                        self.busy
                    ),
                },
            });
        }
        if let Some(exception) = &written.exception {
            let mut names: Vec<&str> = self.exceptions.iter().map(|exception| exception.name.as_str()).collect();
            names.dedup();
            let found = match self.exception_of(rule) {
                Some(exception) => format!("{}, line {}", exception.name, exception.line),
                None if names.is_empty() => "the log tells of none".to_string(),
                None => format!("the log tells of {}", names.join(", ")),
            };
            let holds = self.exception_of(rule).is_some();
            conditions.push(CaseCondition { asked: exception.in_words(), holds, found });
        }
        conditions
    }

    /// The parts of the evidence of a rule that asks for several.
    fn rungs(&mut self, rule: usize) -> Vec<CaseCondition> {
        if self.rules.rules[rule].ladder.is_none() {
            return Vec::new();
        }
        let groups =
            self.found.iter().enumerate().flat_map(|(rule, found)| found.iter().map(move |found| (rule, found)));
        let held =
            groups.filter(|(rule, found)| self.holds_in_case(*rule, found.finding.stacks, &found.finding.threads));
        let findings: Vec<Finding> = held.map(|(_, found)| found.finding.clone()).collect();
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

    /// The first exception that a rule asks for.
    fn exception_of(&self, rule: usize) -> Option<&Exception> {
        let condition = self.rules.rules[rule].exception.as_ref()?;
        self.exceptions.iter().find(|exception| condition.holds(Some(&exception.name), exception.code))
    }

    fn by_exception_alone(&self, rule: usize) -> Option<Finding> {
        let exception = self.exception_alone(rule)?;
        let shown = self.suppression_without_stack(rule).is_none();
        shown.then(|| exception_finding(self.rules, rule, exception))
    }

    /// The exception of a rule that asks for nothing else.
    fn exception_alone(&self, rule: usize) -> Option<&Exception> {
        if self.rules.rules[rule].asks_of_stacks() || self.rules.rules[rule].role.is_some() {
            return None;
        }
        self.exception_of(rule)
    }

    /// The suppression of a rule where there is no stack to look at.
    fn suppression_without_stack(&self, rule: usize) -> Option<usize> {
        let without_stack =
            |suppression: &Suppression| suppression.pattern.is_none() && suppression.rules.contains(&rule);
        self.rules.suppressions.iter().position(without_stack)
    }

    /// Takes away the findings of ladders that settings suppress.
    fn suppress_ladders(&self, findings: &mut Vec<Finding>, suppressed: &mut Vec<SuppressedFinding>) {
        findings.retain(|&Finding { rule, stacks, .. }| {
            let has_ladder = self.rules.rules[rule].ladder.is_some();
            let suppression = self.suppression_without_stack(rule).filter(|_| has_ladder);
            suppressed.extend(suppression.map(|suppression| SuppressedFinding { rule, suppression, stacks }));
            suppression.is_none()
        });
    }

    fn forget_sites(&mut self) {
        self.evaluator.forget_sites();
        self.seen.clear();
    }

    fn count(&mut self, stack: &Stack) {
        self.summary.stacks += 1;
        self.summary.frames += stack.frames.len() as u64;
        self.summary.missing_frames += stack.missing();
        self.summary.empty += u64::from(stack.frames.is_empty());
    }

    fn count_suppressed(&mut self, rule: usize, suppression: usize) {
        let same = |found: &&mut SuppressedFinding| (found.rule, found.suppression) == (rule, suppression);
        match self.suppressed.iter_mut().find(same) {
            Some(found) => found.stacks += 1,
            None => self.suppressed.push(SuppressedFinding { rule, suppression, stacks: 1 }),
        }
    }

    fn record(&mut self, hit: &Hit, stack: &Stack, sites: &CallSites) {
        let cost = (!hit.doubts.is_empty(), hit.skipped);
        let group = group_of(&self.rules.rules[hit.rule], &hit.captures);
        let thread = ThreadEvidence { thread: stack.thread.clone(), source: self.source, line: stack.line };
        let groups = &mut self.found[hit.rule];
        if let Some(found) = groups.iter_mut().find(|found| found.finding.group.as_deref() == group) {
            found.finding.stacks += 1;
            if found.finding.threads.len() < THREADS_LISTED {
                found.finding.threads.push(thread);
            }
            if found.cost <= cost {
                return;
            }
            let Finding { stacks, threads, .. } = std::mem::replace(&mut found.finding, empty_finding(hit.rule));
            found.finding = finding(self.rules, hit, stack, sites, self.source);
            found.finding.stacks = stacks;
            found.finding.threads = threads;
            found.cost = cost;
            return;
        }
        if groups.len() >= GROUPS {
            return;
        }
        let mut finding = finding(self.rules, hit, stack, sites, self.source);
        finding.stacks = 1;
        finding.threads.push(thread);
        groups.push(Found { finding, cost });
    }
}

impl Sink for CaseScan<'_> {
    fn stack(&mut self, stack: &Stack, sites: &CallSites) {
        self.count(stack);
        self.tables.stack(self.source, stack, sites);
        // Where memory was allocated no thread stands, and raw words are no stack.
        let is_judged = matches!(stack.kind, StackKind::Thread | StackKind::Exception);
        if stack.frames.is_empty() || !is_judged {
            return;
        }
        self.thread_ids.learn(&stack.thread);
        self.summary.distinct_stacks += u64::from(self.seen.is_new(stack));
        let (classes, names) = self.evaluator.classify(stack, sites);
        write_key(stack, classes, names, &mut self.key);
        let result = match self.memo.find(&self.key) {
            Some(result) => result,
            None => {
                let result = self.evaluator.evaluate_classified(stack);
                self.near_misses.look(&self.evaluator, &result, stack, self.source);
                self.memo.insert(&self.key, result)
            }
        };
        let idle = self.memo.results[result].role.is_some();
        self.summary.idle += u64::from(idle);
        self.busy += u64::from(!idle && stack.kind == StackKind::Thread);
        let hits = std::mem::take(&mut self.memo.results[result].hits);
        for hit in &hits {
            match hit.suppressed {
                Some(suppression) => self.count_suppressed(hit.rule, suppression),
                None => self.record(hit, stack, sites),
            }
        }
        self.memo.results[result].hits = hits;
    }

    fn table(&mut self, table: &Table) {
        self.exceptions.extend(exceptions_of(table, self.source));
        self.tables.table(self.source, table);
        self.summary.heap_tables = self.tables.len() as u64;
    }

    fn leak_report(&mut self, report: &LeakReport) {
        self.summary.leak_reports += 1;
        self.leaks.add(self.source, report);
        self.tables.leak_report(self.source, report);
    }

    fn counters(&mut self, series: &CounterSeries) {
        self.summary.counters += 1;
        self.counters.add(self.source, series);
    }

    fn may_forget_sites(&mut self) -> bool {
        self.forget_sites();
        true
    }
}
