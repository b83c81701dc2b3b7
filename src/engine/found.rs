//! What was found on threads, until all is read and it is known what the threads are.

use super::views::{Settled, Views};
use crate::finding::{Finding, ThreadEvidence};
use crate::rules::{Rule, RuleSet};

/// Threads listed per finding; beyond, they are only counted.
const THREADS_LISTED: usize = 10_000;

/// Findings of a rule and group that are kept until the best of them is known.
const SHOWN: usize = 8;

/// The threads on which a rule was found, those of one group where it groups them.
#[derive(Default)]
pub struct Found {
    pub group: Option<String>,
    pub stacks: u64,
    threads: Vec<FoundThread>,
    /// The findings that show the pattern best, the best first. The thread of the first may turn out to be idle.
    shown: Vec<Shown>,
}

pub struct FoundThread {
    pub evidence: ThreadEvidence,
    pub view: Option<usize>,
    /// The stack does not show a role that the rule asks for.
    pub is_lacking: bool,
}

impl FoundThread {
    /// Source and line of its stack.
    fn place(&self) -> (usize, u32) {
        (self.evidence.source, self.evidence.line)
    }
}

struct Shown {
    finding: Finding,
    place: (usize, u32),
    view: Option<usize>,
    cost: (bool, u32),
}

impl Found {
    pub fn of(group: Option<String>) -> Self {
        Found { group, ..Found::default() }
    }

    /// Adds a thread. `cost` is whether the match is uncertain and how many frames it skips: the less, the better it shows
    /// the pattern. `finding` makes the finding, if it is one of the best.
    pub fn add(&mut self, thread: FoundThread, cost: (bool, u32), finding: impl FnOnce() -> Finding) {
        let (place_of, view) = (thread.place(), thread.view);
        if self.threads.len() < THREADS_LISTED {
            self.stacks += 1;
            self.threads.push(thread);
        } else if !thread.is_lacking {
            self.stacks += 1;
        }
        let place = self.shown.partition_point(|shown| shown.cost <= cost);
        if place < SHOWN {
            self.shown.truncate(SHOWN - 1);
            self.shown.insert(place, Shown { finding: finding(), place: place_of, view, cost });
        }
    }

    /// Takes back the threads that the rule is not about; none may be left.
    pub fn settle(&mut self, rule: &Rule, settled: &Settled, rules: &RuleSet) {
        let before = self.threads.len();
        self.threads.retain(|thread| match thread.view {
            Some(view) => settled.looks_at(rule, view, rules),
            None => !thread.is_lacking,
        });
        self.stacks -= (before - self.threads.len()) as u64;
        if self.threads.is_empty() {
            self.stacks = 0;
        }
    }

    /// Takes back the threads, and those alone, of which another rule says more: given the source and line of the stack, and
    /// the view. Returns them.
    pub fn take_back(&mut self, is_said: impl Fn((usize, u32), Option<usize>) -> bool) -> Vec<FoundThread> {
        let is_taken = |thread: &mut FoundThread| is_said(thread.place(), thread.view);
        let taken: Vec<FoundThread> = self.threads.extract_if(.., is_taken).collect();
        self.stacks -= taken.len() as u64;
        if self.threads.is_empty() {
            self.stacks = 0;
        }
        let is_left = |shown: &Shown| !is_said(shown.place, shown.view);
        if self.shown.iter().any(is_left) {
            self.shown.retain(is_left);
        }
        taken
    }

    pub fn threads(&self) -> &[FoundThread] {
        &self.threads
    }

    pub fn evidence(&self) -> Vec<ThreadEvidence> {
        self.threads.iter().map(|thread| thread.evidence.clone()).collect()
    }

    /// The views of the threads that are known.
    pub fn views(&self) -> impl Iterator<Item = usize> {
        self.threads.iter().filter_map(|thread| thread.view)
    }

    /// The finding on the thread that shows the pattern best.
    pub fn finding(&self, views: &Views, settled: &Settled, rules: &RuleSet) -> Option<Finding> {
        let is_left = |shown: &&Shown| {
            shown.view.is_none_or(|view| settled.looks_at(&rules.rules[shown.finding.rule], view, rules))
        };
        let shown = self.shown.iter().find(is_left).or(self.shown.first())?;
        let mut finding = Finding { stacks: self.stacks, threads: self.evidence(), ..shown.finding.clone() };
        let of_view = || shown.view.and_then(|view| views.shown(view, settled));
        finding.shown.view = finding.shown.view.or_else(of_view);
        Some(finding)
    }
}
