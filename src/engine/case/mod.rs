//! All stacks of a case against all rules: stacks that no rule can tell apart are matched once and counted.

mod conditions;
mod exceptions;
mod yields;

use foldhash::{HashMap, HashSet};

use super::evaluate::{Evaluator, Hit};
use super::exceptions::{Exception, Thrown, exceptions_of, thrown_of};
use super::found::{Found, FoundThread};
use super::known::KnownStacks;
use super::ladder::{CaseFacts, climb};
use super::locks::{LockCollection, LockSigns, fold, signs};
use super::measures::{Measures, Texts, why_silent};
use super::memo::{Memo, Seen};
use super::near_miss::NearMisses;
use super::proof::finding;
use super::sieve::Sieve;
use super::standings::StandingCollection;
use super::stuck::{Sighting, StuckThreads};
use super::threads::ThreadIds;
use super::views::{Completed, Held, Judged, Kept, Settled, Side, Views, held, shape};
use crate::facts::{CaptureCollection, Captures, CounterCollection, LeakCollection, SeriesPlace, TableCollection};
use crate::finding::{
    Activity, Finding, NearMiss, Refuted, ShownView, Standings, Summary, SuppressedFinding, ThreadEvidence,
};
use crate::formats::Sink;
use crate::model::{CallSites, CounterSeries, LeakReport, Note, Sign, Stack, StackKind, Table};
use crate::rules::{RuleSet, Suppression, ThreadsCondition};

/// Groups of threads kept for a rule.
const GROUPS: usize = 1_000;

/// Stacks of exceptions that are kept.
const EXCEPTIONS: usize = 10_000;

/// What the rules say of a case.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CaseResult {
    pub summary: Summary,
    /// What the threads do.
    pub activity: Activity,
    /// Sources whose native stacks break off and are completed by managed ones.
    pub made_good: Vec<usize>,
    /// Worst first.
    pub findings: Vec<Finding>,
    /// By suppression.
    pub suppressed: Vec<SuppressedFinding>,
    pub refuted: Vec<Refuted>,
    /// The rules that came closest, when none holds; one for each rule, the nearest first.
    pub near_misses: Vec<NearMiss>,
    /// What there is to say of the inputs together: index of the source, and the note.
    pub notes: Vec<(usize, Note)>,
    /// What the case is over time.
    pub captures: Captures,
    /// Thread by thread, where it was asked for.
    pub standings: Standings,
}

/// What holds for all stacks that are equal.
#[derive(Clone)]
struct Known<'r> {
    /// Index of what the rules say.
    answer: usize,
    judged: Judged,
    /// Some frame has no name.
    has_unreadable: bool,
    locks: LockSigns<'r>,
}

/// Takes in stacks, source by source.
pub struct CaseScan<'r> {
    rules: &'r RuleSet,
    evaluator: Evaluator<'r>,
    memo: Memo,
    seen: Seen,
    known: KnownStacks<Known<'r>>,
    source: usize,
    summary: Summary,
    /// The findings of each rule, one for each group of threads where it groups them.
    found: Vec<Vec<Found>>,
    /// By rule: where each of its groups stands.
    group_at: Vec<HashMap<Option<String>, usize>>,
    suppressed: Vec<SuppressedFinding>,
    thread_ids: ThreadIds,
    views: Views,
    kept: Kept,
    exceptions: Vec<Exception>,
    /// Where exceptions were thrown, in the order of the sources and lines.
    thrown: Vec<Thrown>,
    leaks: LeakCollection,
    counters: CounterCollection,
    locks: LockCollection,
    captures: CaptureCollection,
    stuck: StuckThreads,
    tables: TableCollection,
    near_misses: NearMisses,
    standings: Option<StandingCollection<'r>>,
    texts: Texts,
}

impl<'r> CaseScan<'r> {
    /// `sieve` is made from the same rules; cases share it.
    pub fn new(rules: &'r RuleSet, sieve: &'r Sieve) -> Self {
        CaseScan {
            rules,
            evaluator: Evaluator::new(rules, sieve).with_names(),
            memo: Memo::default(),
            seen: Seen::default(),
            known: KnownStacks::default(),
            source: 0,
            summary: Summary::default(),
            found: rules.rules.iter().map(|_| Vec::new()).collect(),
            group_at: rules.rules.iter().map(|_| HashMap::default()).collect(),
            suppressed: Vec::new(),
            thread_ids: ThreadIds::default(),
            views: Views::default(),
            kept: Kept::default(),
            exceptions: Vec::new(),
            thrown: Vec::new(),
            leaks: LeakCollection::default(),
            counters: CounterCollection::default(),
            locks: LockCollection::default(),
            captures: CaptureCollection::default(),
            stuck: StuckThreads::default(),
            tables: TableCollection::default(),
            near_misses: NearMisses::default(),
            standings: None,
            texts: Texts::default(),
        }
    }

    /// Does not look for near misses.
    pub fn without_near_misses(mut self) -> Self {
        self.near_misses.turn_off();
        self
    }

    /// Tells of each thread where it stands.
    pub fn with_standings(mut self) -> Self {
        self.standings = Some(StandingCollection::new(self.rules));
        self
    }

    /// What the names of the sources tell of their order: see [`crate::facts::series`].
    pub fn in_series(mut self, series: Vec<Option<SeriesPlace>>) -> Self {
        self.captures.name(series);
        self
    }

    /// The stacks that follow come from this source, by its index in the case. Call site numbers begin anew.
    pub fn begin_source(&mut self, source: usize) {
        self.source = source;
        self.forget_sites();
    }

    pub fn finish(self) -> CaseResult {
        self.finish_with_facts().0
    }

    /// The result, and what a comparison with another case needs beside it.
    pub fn finish_to_compare(mut self) -> (CaseResult, Measures) {
        let (rules, tables) = (self.rules, self.tables.clone());
        let mut texts = std::mem::take(&mut self.texts);
        texts.has_exceptions = !self.exceptions.is_empty() || !self.thrown.is_empty();
        texts.lock_tables = self.locks.has_tables();
        texts.waiting = self.locks.waiting();
        let (result, facts) = self.finish_with_facts();
        texts.has_courses = !result.captures.courses.is_empty();
        let silent = (0..rules.rules.len()).map(|rule| why_silent(rules, rule, &texts, &facts, &result.findings));
        let silent = silent.collect();
        let CaseFacts { leaks, counters, .. } = facts;
        (result, Measures { texts, silent, leaks, counters, tables })
    }

    fn finish_with_facts(mut self) -> (CaseResult, CaseFacts) {
        let settled = self.settle();
        let captures = std::mem::take(&mut self.captures).finish();
        self.place_exceptions();
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
        fold(self.rules, &mut findings, &self.thread_ids);
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
    fn standings(&mut self, findings: &[Finding], settled: &Settled) -> Standings {
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
    fn near_misses_at_work(&mut self, settled: &Settled) -> Vec<NearMiss> {
        let mut near_misses = std::mem::take(&mut self.near_misses).finish(&self.evaluator);
        near_misses.retain(|near| {
            let view = self.views.at(near.source, near.line);
            view.is_none_or(|view| !settled.rests(view, self.rules))
        });
        near_misses
    }

    /// Adds what tables and stacks show of locks.
    fn add_lock_findings(
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
    fn holds_in_case(&self, rule: usize, stacks: u64, threads: &[ThreadEvidence], busy: u64) -> bool {
        let written = &self.rules.rules[rule];
        let enough = written.threads.as_ref().is_none_or(|asked| self.are_enough(asked, stacks, threads, busy).1);
        enough && (written.exception.is_none() || self.exception_of(rule, threads).is_some())
    }

    /// How many threads there are, and whether that is what a rule asks for.
    fn are_enough(&self, asked: &ThreadsCondition, stacks: u64, threads: &[ThreadEvidence], busy: u64) -> (u64, bool) {
        let distinct = self.thread_ids.count(threads, stacks);
        let share = distinct as f64 / busy.max(1) as f64;
        let few = asked.at_most.is_none_or(|most| distinct <= most);
        (distinct, few && distinct >= asked.at_least && share >= asked.share)
    }

    /// Puts the views of each thread together, and takes back what was found on threads that turn out to be others than
    /// the rules are about.
    fn settle(&mut self) -> Settled {
        let settled = self.views.settle(&self.thread_ids, self.rules);
        for (rule, groups) in self.found.iter_mut().enumerate() {
            groups.iter_mut().for_each(|found| found.settle(&self.rules.rules[rule], &settled, self.rules));
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
    fn judge_completed(&mut self, completed: &Completed, settled: &Settled) {
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

    fn suppressed_in_case(&self, busy: u64) -> Vec<SuppressedFinding> {
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

    /// What the texts measure, and what there is to say about that; asked once, when all is read.
    fn facts(&mut self) -> (CaseFacts, Vec<(usize, Note)>) {
        let leaks = std::mem::take(&mut self.leaks).finish();
        let (counters, mut notes) = std::mem::take(&mut self.counters).finish(&self.rules.counters);
        let (tables, of_tables) = std::mem::take(&mut self.tables).finish();
        notes.extend(of_tables);
        let suppressed = self.suppressed.iter().map(|found| found.rule).collect();
        (CaseFacts { leaks, counters, tables, suppressed }, notes)
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
        self.known.clear();
        self.kept.forget_sites();
        if let Some(standings) = &mut self.standings {
            standings.forget_sites();
        }
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

    fn record_on(
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
        let evidence = ThreadEvidence { thread: stack.thread.clone(), source, line: stack.line };
        let thread = FoundThread { evidence, view, is_lacking };
        if let Some(found) = group_among(&mut self.found[hit.rule], &mut self.group_at[hit.rule], group) {
            found.add(thread, hit.cost(), finding);
        }
    }

    /// Works out what holds for all stacks that are equal to this one.
    fn get_to_know(&mut self, stack: &Stack, sites: &CallSites) -> Known<'r> {
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
    fn see(&mut self, stack: &Stack, sites: &CallSites, known: &Known<'_>) -> Option<usize> {
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
fn group_among<'f>(
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

impl Sink for CaseScan<'_> {
    fn stack(&mut self, stack: &Stack, sites: &CallSites) {
        self.count(stack);
        if let Some(standings) = &mut self.standings {
            standings.count(self.source);
        }
        self.tables.stack(self.source, stack, sites);
        // Where memory was allocated no thread stands, and raw words are no stack.
        let is_judged = matches!(stack.kind, StackKind::Thread | StackKind::Exception);
        if !is_judged {
            return;
        }
        self.thread_ids.learn(&stack.thread);
        if stack.kind == StackKind::Exception && self.thrown.len() < EXCEPTIONS {
            self.thrown.extend(thrown_of(stack, sites, self.source));
        }
        self.texts.look(stack, sites);
        if stack.frames.is_empty() {
            let roles = self.views.role_list(Vec::new());
            let side = Side::of(stack, sites);
            let judged = Judged { side, shape: 0, roles, has_hit: false, application: None };
            self.views.add(stack, sites, self.source, judged);
            return;
        }
        let (known, is_new) = match self.known.find(stack) {
            Some(known) => (known, false),
            None => (self.get_to_know(stack, sites), true),
        };
        let result = std::mem::take(&mut self.memo.results[known.answer]);
        let is_found = !result.hits.is_empty() || !result.lacking.is_empty();
        // Most often nothing more is asked about its frames.
        if !is_new && (is_found || known.locks.waits() || self.standings.is_some()) {
            self.evaluator.classify(stack, sites);
        }
        let idle = result.role.is_some();
        self.summary.idle += u64::from(idle);
        let view = match stack.kind {
            StackKind::Thread => self.see(stack, sites, &known),
            _ => None,
        };
        let of_locks = self.locks.stack(&self.evaluator, &known.locks, stack, sites, self.source, idle);
        let number = match stack.kind {
            StackKind::Thread => self.captures.stack(self.source, stack),
            _ => None,
        };
        for hit in &result.hits {
            match hit.suppressed {
                // What is found in the end is suppressed then.
                Some(_) if self.rules.rules[hit.rule].stuck.is_some() => {
                    self.record_on(hit, (stack, number), sites, view, false);
                }
                // It matches the owner of a lock; whether it is one, and others wait, is known in the end.
                _ if self.rules.rules[hit.rule].blocked_behind.is_some() => {
                    let finding = finding(&self.evaluator, hit, stack, sites, self.source);
                    of_locks.into_iter().for_each(|view| self.locks.owner(hit.rule, view, finding.clone()));
                }
                Some(suppression) => self.count_suppressed(hit.rule, suppression),
                None => self.record_on(hit, (stack, number), sites, view, false),
            }
        }
        for hit in result.lacking.iter().filter(|hit| hit.suppressed.is_none()) {
            self.record_on(hit, (stack, number), sites, view, true);
        }
        self.memo.results[known.answer] = result;
    }

    fn table(&mut self, table: &Table) {
        self.captures.table(self.source, table);
        self.exceptions.extend(exceptions_of(table, self.source));
        self.thread_ids.learn_from(table);
        self.locks.table(self.source, table);
        self.tables.table(self.source, table);
        self.summary.heap_tables = self.tables.len() as u64;
    }

    fn sign(&mut self, sign: &Sign) {
        self.captures.sign(self.source, sign);
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
