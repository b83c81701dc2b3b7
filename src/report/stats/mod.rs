//! What rules make of many cases: which hit, which never do, and where the threads stand that nothing explains.

mod groups;
mod text;

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::printable;
use crate::finding::{NearMisses, PairHits, RoleHits, RuleHits, Tally, TopGroup};
use crate::rules::{Rule, RuleSet};

pub use text::render_stats_text;

/// Everything that was counted.
pub struct StatsReport<'a> {
    pub rules: &'a RuleSet,
    pub tally: Tally,
    /// Names of all inputs, by the numbers that the tally has for them.
    pub sources: Vec<String>,
    /// By rule: whether it was asked for.
    pub wanted: Vec<bool>,
    /// How many groups of unexplained threads are shown.
    pub top: usize,
    /// Every rule that never hits is named.
    pub verbose: bool,
}

/// A frame, and how many groups and threads of unexplained ones have it at some place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CountedFrame<'a> {
    pub name: &'a str,
    pub groups: u64,
    pub threads: u64,
}

/// Two rules that are reported on the same threads, and what each of them has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair<'a> {
    /// The one that has no more threads than the other.
    pub rule: (usize, &'a RuleHits),
    pub other: (usize, &'a RuleHits),
    pub hits: PairHits,
}

impl Pair<'_> {
    /// One is never there without the other on its threads.
    pub fn is_always(&self) -> bool {
        self.hits.threads >= self.rule.1.threads
    }
}

impl StatsReport<'_> {
    pub fn id(&self, rule: usize) -> &str {
        &self.rules.rules[rule].id
    }

    /// The name of an input.
    pub fn source(&self, source: usize) -> &str {
        self.sources.get(source).map_or("", String::as_str)
    }

    /// `logs/a.log:1204`
    fn place(&self, source: usize, line: u32) -> String {
        format!("{}:{line}", printable(self.source(source)))
    }

    /// Rules that hit, those of most cases first.
    pub fn hits(&self) -> Vec<(usize, &RuleHits)> {
        let mut hits: Vec<(usize, &RuleHits)> = self.tally.rules.iter().map(|(&rule, hits)| (rule, hits)).collect();
        hits.sort_by_key(|&(rule, hits)| (Reverse(hits.cases), self.id(rule)));
        hits
    }

    /// Role rules that hold, those of most cases first.
    pub fn roles(&self) -> Vec<(usize, &RoleHits)> {
        let mut hits: Vec<(usize, &RoleHits)> = self.tally.roles.iter().map(|(&rule, hits)| (rule, hits)).collect();
        hits.sort_by_key(|&(rule, hits)| (Reverse(hits.cases), self.id(rule)));
        hits
    }

    /// Rules that were asked for and never hit, by id.
    pub fn silent_rules(&self) -> Vec<&Rule> {
        self.silent(|index, rule| rule.role.is_none() && !self.tally.rules.contains_key(&index))
    }

    /// Role rules that never hold, by id.
    pub fn silent_roles(&self) -> Vec<&Rule> {
        self.silent(|index, rule| rule.role.is_some() && !self.tally.roles.contains_key(&index))
    }

    fn silent(&self, is_silent: impl Fn(usize, &Rule) -> bool) -> Vec<&Rule> {
        let rules = self.rules.rules.iter().enumerate();
        let rules = rules.filter(|&(index, rule)| self.wanted.get(index) == Some(&true) && is_silent(index, rule));
        let mut rules: Vec<&Rule> = rules.map(|(_, rule)| rule).collect();
        rules.sort_by_key(|rule| &rule.id);
        rules
    }

    /// Rules that never hit and came close where nothing was found, those of most cases first.
    pub fn near_misses(&self) -> Vec<(usize, &NearMisses)> {
        let near = self.tally.near_misses.iter().map(|(&rule, near)| (rule, near));
        let mut near: Vec<_> = near.filter(|(rule, _)| !self.tally.rules.contains_key(rule)).collect();
        near.sort_by_key(|&(rule, near)| (Reverse(near.cases), self.id(rule)));
        near
    }

    /// Rules that are reported side by side, those of most threads first.
    pub fn pairs(&self) -> Vec<Pair<'_>> {
        let pair = |(&(one, other), &hits): (&(usize, usize), &PairHits)| {
            let hits_of = |rule: usize| Some((rule, self.tally.rules.get(&rule)?));
            let mut both = [hits_of(one)?, hits_of(other)?];
            both.sort_by_key(|&(rule, hits)| (hits.threads, self.id(rule)));
            Some(Pair { rule: both[0], other: both[1], hits })
        };
        let mut pairs: Vec<Pair<'_>> = self.tally.pairs.iter().filter_map(pair).collect();
        pairs.sort_by_key(|pair| (Reverse(pair.hits.threads), self.id(pair.rule.0), self.id(pair.other.0)));
        pairs
    }

    /// Groups of unexplained threads, the largest first; of two that are as large first the one of which all is known.
    pub fn groups(&self) -> Vec<&TopGroup> {
        let named = self.tally.groups.iter().filter(|(_, group)| group.is_named());
        let mut groups: Vec<(&String, &TopGroup)> = named.collect();
        groups.sort_by_key(|&(key, group)| (Reverse((group.threads, group.files, group.is_whole())), key));
        groups.into_iter().map(|(_, group)| group).collect()
    }

    /// Unexplained threads none of whose frames has a name.
    pub fn nameless(&self) -> u64 {
        self.tally.groups.values().filter(|group| !group.is_named()).map(|group| group.threads).sum()
    }

    /// Frames at the top of unexplained threads.
    pub fn top_frames(&self) -> Vec<CountedFrame<'_>> {
        self.counted(|group| group.frames.first()?.name())
    }

    /// What the application called: the frames above its first one.
    pub fn called(&self) -> Vec<CountedFrame<'_>> {
        self.counted(|group| group.called()?.name())
    }

    /// The frames with their groups and threads, the most frequent first.
    fn counted<'s>(&'s self, frame: impl Fn(&'s TopGroup) -> Option<&'s str>) -> Vec<CountedFrame<'s>> {
        let mut frames: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
        for group in self.tally.groups.values() {
            if let Some(frame) = frame(group) {
                let (groups, threads) = frames.entry(frame).or_default();
                (*groups, *threads) = (*groups + 1, *threads + group.threads);
            }
        }
        let frames = frames.into_iter();
        let mut frames: Vec<CountedFrame<'_>> =
            frames.map(|(name, (groups, threads))| CountedFrame { name, groups, threads }).collect();
        frames.sort_by_key(|frame| (Reverse((frame.threads, frame.groups)), frame.name));
        frames
    }
}
