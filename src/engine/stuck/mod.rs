//! `stuck`: the same thread at the same frames in several captures of one process.
//!
//! What is compared begins at the first frame whose name the pattern keeps, or else at the first that it matched: what that
//! calls may differ, since a thread that spins is somewhere else at every look. From there on names are equal, and offsets below the first frame where both
//! stacks print them.

mod frames;
mod processor;
mod said;

use std::collections::BTreeMap;

use super::evaluate::Hit;
use super::names::NameId;
use super::views::Settled;
use crate::facts::{CaptureCourse, Captures, ThreadKey};
use crate::finding::{CaseCondition, Finding, ThreadEvidence};
use crate::model::{CallSites, Dialect, Stack};
use crate::rules::{RuleSet, StuckCondition};
use frames::Frames;
use processor::{is_another, used};
use said::in_words_captures;

/// Candidates that are remembered, for all rules together.
const CANDIDATES: usize = 100_000;
/// Findings that are kept for them; beyond, one stands for all with the same frames.
const FINDINGS: usize = 2_000;

/// A stack on which the pattern of a rule matches that asks for more than one capture.
struct Candidate {
    rule: usize,
    group: Option<String>,
    /// Number of the stack among those of the case.
    stack: usize,
    frames: Frames,
    finding: usize,
    evidence: ThreadEvidence,
    /// Its number among the views of threads; without one it is not known to lack a role that the rule asks for.
    view: Option<usize>,
    is_lacking: bool,
    suppressed: Option<usize>,
}

/// A finding of a rule that asks for several captures.
pub struct Stuck {
    pub finding: Finding,
    /// The view of each of its threads.
    pub views: Vec<Option<usize>>,
}

/// Collects candidates, and decides when all captures are read.
#[derive(Default)]
pub struct StuckThreads {
    candidates: Vec<Candidate>,
    findings: Vec<Finding>,
    /// The finding that stands for all with these frames.
    of_frames: BTreeMap<(usize, u64), usize>,
}

/// A thread at the same frames over captures.
struct Stay<'c> {
    course: &'c CaptureCourse,
    key: &'c ThreadKey,
    /// The first and the last place among the moments of its course, and where it is seen there.
    seen: Vec<(usize, usize)>,
    /// What it used of a processor meanwhile: seconds, and its part of the time.
    used: Option<(f64, Option<f64>)>,
}

/// What became of the candidates of a rule.
enum Fate<'c> {
    Stays(Stay<'c>),
    /// In another capture the thread stands elsewhere, or the processor was not used.
    Moved,
    /// The captures show too little of it; what they show, where it is more than one of them.
    Open(Option<String>),
}

/// A stack on which the pattern of a rule matches.
pub struct Sighting<'s> {
    pub hit: &'s Hit,
    pub stack: &'s Stack,
    /// Its number among the stacks of the case.
    pub number: usize,
    pub source: usize,
    pub names: &'s [Option<NameId>],
    pub sites: &'s CallSites,
    pub group: Option<&'s str>,
    pub view: Option<usize>,
    /// The stack does not show a role that the rule asks for.
    pub is_lacking: bool,
}

impl StuckThreads {
    /// Takes in a candidate, and the finding that it would be.
    pub fn add(&mut self, sighting: &Sighting<'_>, finding: impl FnOnce() -> Finding) {
        if self.candidates.len() >= CANDIDATES {
            return;
        }
        let Sighting { hit, stack, number, source, names, sites, group, view, is_lacking } = *sighting;
        let frames = Frames::of(hit, stack, names, sites);
        let next = self.findings.len();
        let known = *self.of_frames.entry((hit.rule, frames.names)).or_insert(next);
        let finding = match known == next || next < FINDINGS {
            true => {
                self.findings.push(finding());
                next
            }
            false => known,
        };
        self.candidates.push(Candidate {
            rule: hit.rule,
            group: group.map(str::to_string),
            stack: number,
            frames,
            finding,
            evidence: ThreadEvidence { thread: stack.thread.clone(), source, line: stack.line },
            view,
            is_lacking,
            suppressed: hit.suppressed,
        });
    }

    /// Takes back the stacks of threads that turn out to be others than their rules are about.
    pub fn settle(&mut self, settled: &Settled, rules: &RuleSet) {
        self.candidates.retain(|candidate| match candidate.view {
            Some(view) => settled.looks_at(&rules.rules[candidate.rule], view, rules),
            None => !candidate.is_lacking,
        });
    }

    /// The findings of a rule, one for each of its groups; those that settings suppress come with their suppression.
    pub fn findings(&self, rules: &RuleSet, rule: usize, captures: &Captures) -> Vec<(Stuck, Option<usize>)> {
        let Some(condition) = &rules.rules[rule].stuck else { return Vec::new() };
        let mut groups: BTreeMap<(&Option<String>, Option<usize>), Vec<usize>> = BTreeMap::new();
        for (index, candidate) in self.candidates.iter().enumerate().filter(|(_, candidate)| candidate.rule == rule) {
            groups.entry((&candidate.group, candidate.suppressed)).or_default().push(index);
        }
        let mut findings = Vec::new();
        for ((_, suppressed), candidates) in groups {
            let fates = self.fates(condition, &candidates, captures);
            let of_stays = self.of_stays(rules, rule, &fates, captures);
            let stuck = of_stays.or_else(|| self.of_once(rules, rule, &fates, captures));
            findings.extend(stuck.map(|stuck| (stuck, suppressed)));
        }
        findings
    }

    /// What the rule asks of captures, and what there is.
    pub fn condition(&self, rules: &RuleSet, rule: usize, captures: &Captures) -> Option<CaseCondition> {
        let condition = rules.rules[rule].stuck.as_ref()?;
        let found = self.findings(rules, rule, captures);
        let said_of = |stuck: &Stuck| stuck.finding.rungs.iter().map(|rung| rung.said.clone()).collect::<Vec<_>>();
        let rungs = found.first().map(|(stuck, _)| said_of(stuck));
        let any = self.candidates.iter().any(|candidate| candidate.rule == rule);
        let said = match rungs {
            Some(said) => said.join("; "),
            None if !any => format!("no stack matches, in {}", in_words_captures(captures)),
            None if captures.courses.is_empty() => in_words_captures(captures),
            None => format!("{}, and no thread stays where the pattern matches", in_words_captures(captures)),
        };
        Some(CaseCondition { asked: condition.in_words(), holds: !found.is_empty(), found: said })
    }

    /// The fate of each candidate's thread.
    fn fates<'c>(
        &self,
        condition: &StuckCondition,
        candidates: &[usize],
        captures: &'c Captures,
    ) -> Vec<(Vec<usize>, Fate<'c>)> {
        let by_stack: BTreeMap<usize, usize> =
            candidates.iter().map(|&candidate| (self.candidates[candidate].stack, candidate)).collect();
        let mut fates: Vec<(Vec<usize>, Fate<'c>)> = Vec::new();
        let mut placed: Vec<usize> = Vec::new();
        for course in &captures.courses {
            for (key, stacks) in &course.threads {
                let here: Vec<usize> = stacks.iter().filter_map(|(_, stack)| by_stack.get(stack).copied()).collect();
                if here.is_empty() {
                    continue;
                }
                placed.extend(&here);
                let fate = self.fate(condition, course, key, &by_stack, captures);
                fates.push((here, fate));
            }
        }
        placed.sort_unstable();
        let left = candidates.iter().filter(|candidate| placed.binary_search(candidate).is_err());
        fates.extend(left.map(|&candidate| (vec![candidate], Fate::Open(None))));
        fates
    }

    fn fate<'c>(
        &self,
        condition: &StuckCondition,
        course: &'c CaptureCourse,
        key: &'c ThreadKey,
        by_stack: &BTreeMap<usize, usize>,
        captures: &'c Captures,
    ) -> Fate<'c> {
        let stacks = &course.threads[key];
        let mut best: Vec<(usize, usize)> = Vec::new();
        let mut is_seen_again = false;
        for (_, stack) in stacks.iter().filter(|(_, stack)| by_stack.contains_key(stack)) {
            let dialect = self.candidates[by_stack[stack]].frames.dialect;
            let places = self.places(course, key, dialect, captures);
            is_seen_again |= places.len() > 1;
            let stay = self.longest_stay(&places, by_stack, course, key, captures);
            if stay.len() > best.len() {
                best = stay;
            }
        }
        if best.len() < 2 {
            return if is_seen_again { Fate::Moved } else { Fate::Open(None) };
        }
        let (first, last) = (best[0].0, best[best.len() - 1].0);
        let used = used(course, key, first, last, captures);
        let stay = Stay { course, key, seen: best, used };
        match condition.cpu {
            _ if stay.seen.len() < condition.captures as usize => {
                Fate::Open(Some(format!("{}, and {} are asked for", self.said(&stay, None), condition.captures)))
            }
            Some(least) => match used.and_then(|(_, share)| share) {
                Some(share) if share >= least => Fate::Stays(stay),
                Some(_) => Fate::Moved,
                // Nothing says how much it used.
                None => Fate::Open(Some(format!(
                    "{}, and how much it used of a processor is not said",
                    self.said(&stay, None)
                ))),
            },
            None => Fate::Stays(stay),
        }
    }

    /// Where the thread is seen in a dialect: place among the moments, and its stacks there.
    fn places(
        &self,
        course: &CaptureCourse,
        key: &ThreadKey,
        dialect: Dialect,
        captures: &Captures,
    ) -> Vec<(usize, Vec<usize>)> {
        let mut places: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (place, stack) in &course.threads[key] {
            if captures.dialect(*stack) == Some(dialect) {
                places.entry(*place).or_default().push(*stack);
            }
        }
        places.into_iter().collect()
    }

    /// The longest run of places where the same frames are seen; of equal ones the last.
    fn longest_stay(
        &self,
        places: &[(usize, Vec<usize>)],
        by_stack: &BTreeMap<usize, usize>,
        course: &CaptureCourse,
        key: &ThreadKey,
        captures: &Captures,
    ) -> Vec<(usize, usize)> {
        let mut best: Vec<(usize, usize)> = Vec::new();
        let mut run: Vec<(usize, usize)> = Vec::new();
        for (place, stacks) in places {
            let here: Vec<usize> = stacks.iter().filter_map(|stack| by_stack.get(stack).copied()).collect();
            let next = run.last().and_then(|&(before, candidate)| {
                let frames = &self.candidates[candidate].frames;
                let same = here.iter().find(|&&other| self.candidates[other].frames.agree(frames));
                same.copied().filter(|_| !is_another(course, key, before, *place, captures))
            });
            match next {
                Some(candidate) => run.push((*place, candidate)),
                None => run = here.first().map(|&candidate| (*place, candidate)).into_iter().collect(),
            }
            if run.len() >= best.len() {
                best.clone_from(&run);
            }
        }
        best
    }
}
