//! All stacks of a case against all rules: stacks that no rule can tell apart are matched once and counted.

mod conditions;
mod ending;
mod exceptions;
mod recording;
mod suppressing;
mod yields;

use foldhash::{HashMap, HashSet};

use super::evaluate::Evaluator;
use super::exceptions::{Exception, Thrown, exceptions_of, thrown_of};
use super::found::Found;
use super::known::KnownStacks;
use super::ladder::CaseFacts;
use super::locks::{LockCollection, LockSigns};
use super::measures::{Measures, Texts, why_silent};
use super::memo::{Memo, Seen};
use super::near_miss::NearMisses;
use super::proof::finding;
use super::sieve::Sieve;
use super::standings::StandingCollection;
use super::stuck::StuckThreads;
use super::threads::ThreadIds;
use super::throwers::Throwers;
use super::views::{Judged, Kept, Side, Views};
use crate::facts::{CaptureCollection, Captures, CounterCollection, LeakCollection, SeriesPlace, TableCollection};
use crate::finding::{Activity, Finding, NearMiss, Refuted, Standings, Summary, SuppressedFinding};
use crate::formats::Sink;
use crate::model::{CallSites, CounterSeries, LeakReport, Note, Sign, Stack, StackKind, Table};
use crate::rules::RuleSet;

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
    throwers: Throwers,
    /// Rules that the stack of an exception may take back, and where one did: rule, source and line of the stack.
    taking_back: Vec<usize>,
    taken_back: HashSet<(usize, usize, u32)>,
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
            throwers: Throwers::default(),
            taking_back: (0..rules.rules.len()).filter(|&rule| rules.rules[rule].takes_back_exceptions()).collect(),
            taken_back: HashSet::default(),
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

    fn forget_sites(&mut self) {
        self.evaluator.forget_sites();
        self.seen.clear();
        self.known.clear();
        self.kept.forget_sites();
        if let Some(standings) = &mut self.standings {
            standings.forget_sites();
        }
    }
}

impl Sink for CaseScan<'_> {
    fn stack(&mut self, stack: &Stack, sites: &CallSites) {
        self.count(stack);
        if let Some(standings) = &mut self.standings {
            standings.count(self.source);
        }
        self.tables.stack(self.source, stack, sites);
        if !stack.is_judged() {
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
        if stack.kind == StackKind::Exception {
            self.take_back_exception(stack, sites);
        }
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
