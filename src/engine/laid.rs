//! A rule laid over one stack: how it ended, why, and what is shown of both.

use std::cmp::Reverse;

use super::evaluate::{Evaluator, Hit};
use super::furthest::{Furthest, frames_between};
use super::likeness::{Likeness, likeness};
use super::matcher::{Match, Stance};
use super::near_miss::stopping_line;
use super::proof::reasons as doubts_in_words;
use super::stop::{Stop, frame_name, reason};
use crate::facts::FrameName;
use crate::finding::{CloseFrame, Explanation, FrameAt, Mark, Outcome, PatternLine, StackRow};
use crate::model::{CallSites, Stack};
use crate::rules::{Step, Truth};

/// Frames shown above and below the place where a pattern stops.
const AROUND: usize = 3;
/// Frames that are most like the one wanted.
const CLOSEST: usize = 3;

/// How it ended, steps matched, frames matched, certain, and how few frames are skipped: the greatest is the best.
pub type Rank = (Outcome, usize, usize, bool, Reverse<u32>);

/// A rule laid over one stack.
pub struct Laid<'a, 'r> {
    evaluator: &'a Evaluator<'r>,
    rule: usize,
    stack: &'a Stack,
    furthest: Furthest,
    outcome: Outcome,
    /// The role rules that hold.
    roles: Vec<Hit>,
    hit: Option<Hit>,
}

impl<'a, 'r> Laid<'a, 'r> {
    pub fn new(evaluator: &'a Evaluator<'r>, rule: usize, stack: &'a Stack) -> Self {
        let furthest = evaluator.furthest(rule, stack);
        let roles = evaluator.roles(stack);
        let hit = if furthest.is_whole { evaluator.hit(rule, stack, &roles) } else { None };
        let is_role = evaluator.rules.rules[rule].role.is_some();
        let is_shown = |hit: &Hit| hit.rule == rule && hit.suppressed.is_none();
        let is_reported = hit.is_some() && (is_role || evaluator.evaluate_classified(stack).hits.iter().any(is_shown));
        let outcome = match (furthest.is_whole, is_reported) {
            (_, true) => Outcome::Matches,
            (true, false) => Outcome::TakenBack,
            (false, false) => Outcome::Stopped,
        };
        Laid { evaluator, rule, stack, furthest, outcome, roles, hit }
    }

    pub fn rank(&self) -> Rank {
        let pattern = &self.evaluator.rules.rules[self.rule].pattern;
        let doubts = self.hit.as_ref().is_some_and(|hit| !hit.doubts.is_empty());
        let certain = !self.furthest.found.uncertain && !doubts;
        let frames = self.furthest.matched(pattern).len();
        (self.outcome, self.furthest.steps(), frames, certain, Reverse(self.furthest.found.skipped))
    }

    /// No pattern line has found a frame.
    pub fn is_nowhere(&self) -> bool {
        self.outcome == Outcome::Stopped
            && self.furthest.matched(&self.evaluator.rules.rules[self.rule].pattern).is_empty()
    }

    pub fn explanation(mut self, sites: &CallSites, source: usize) -> Explanation {
        let pattern = &self.evaluator.rules.rules[self.rule].pattern;
        let (matched, of) = self.furthest.required(pattern);
        let (mut reasons, mut closest, mut at_top) = (Vec::new(), Vec::new(), false);
        match self.outcome {
            Outcome::Matches => {
                let doubts = self.hit.as_ref().map_or(&[][..], |hit| &hit.doubts);
                reasons.extend((!doubts.is_empty()).then(|| doubts_in_words(doubts, self.stack)));
            }
            Outcome::TakenBack => reasons = self.taken_back(),
            Outcome::Stopped => {
                let stop = reason(self.evaluator, self.rule, self.stack, &self.furthest);
                self.move_to(&stop);
                (reasons, at_top) = (stop.reasons, stop.at_top);
                // Where the anchor fails, the line behind it has its frame.
                closest = if at_top { Vec::new() } else { self.closest(sites) };
            }
        }
        Explanation {
            rule: self.rule,
            outcome: self.outcome,
            matched,
            of,
            lines: self.lines(sites, at_top),
            reasons,
            rows: self.rows(sites),
            closest,
            kind: self.stack.kind,
            dialect: self.stack.dialect,
            thread: self.stack.thread.clone(),
            source,
            line: self.stack.line,
            conditions: Vec::new(),
        }
    }

    /// Shows the pattern where the reason speaks of it.
    fn move_to(&mut self, stop: &Stop) {
        let steps = self.furthest.steps();
        if let Some(place) = &stop.place {
            let bounds = place.bounds[..=steps].to_vec();
            self.furthest.found = Match { bounds, ..self.furthest.found.clone() };
        }
    }

    /// What keeps a pattern that matches from being reported.
    fn taken_back(&self) -> Vec<String> {
        let rules = &self.evaluator.rules.rules;
        let rule = &rules[self.rule];
        if self.hit.is_none() {
            return [self.roles_not_held(), self.vetoes(), self.no_cycle()].concat();
        }
        let result = self.evaluator.evaluate_classified(self.stack);
        let mut reasons = Vec::new();
        if let Some(role) = result.role {
            let name = &rules[role].id;
            reasons.push(format!("`{name}` explains this thread as waiting for work, and such threads are not blamed"));
        }
        for hit in result.hits.iter().filter(|hit| hit.rule == self.rule) {
            let suppression = hit.suppressed.map(|index| &self.evaluator.rules.suppressions[index]);
            reasons.extend(suppression.map(|found| format!("settings suppress it here: {}", found.reason)));
        }
        for &other in rule.yields_to.iter().filter(|&&other| !rules[other].is_decided_in_case()) {
            if self.evaluator.hit(other, self.stack, &self.roles).is_some() {
                reasons.push(format!("it yields to `{}`, which matches this stack too", rules[other].id));
            }
        }
        reasons
    }

    /// The roles that the rule asks for or refuses, where the thread is different.
    fn roles_not_held(&self) -> Vec<String> {
        let rules = &self.evaluator.rules.rules;
        let rule = &rules[self.rule];
        let holds = |name: &String| self.roles.iter().any(|hit| rules[hit.rule].role.as_ref() == Some(name));
        let missing = rule.on.iter().filter(|name| !holds(name));
        let missing = missing.map(|name| format!("it asks for the role `{name}`, which this thread does not have"));
        let refused = rule.unless_roles.iter().filter(|name| holds(name));
        missing.chain(refused.map(|name| format!("this thread has the role `{name}`, and `unless` names it"))).collect()
    }

    fn no_cycle(&self) -> Vec<String> {
        let rule = &self.evaluator.rules.rules[self.rule];
        let Some(cycle) = &rule.cycle else { return Vec::new() };
        let (repeats, period) = (cycle.repeats, cycle.period);
        vec![format!("it asks for frames that repeat: {repeats} rounds or more, of {period} frames or fewer")]
    }

    /// The `unless` patterns that match, with the frames on which they do.
    fn vetoes(&self) -> Vec<String> {
        let unless = &self.evaluator.rules.rules[self.rule].unless;
        let mut reasons = Vec::new();
        for (number, (pattern, naming)) in
            unless.iter().zip(&self.evaluator.sieve.naming.rules[self.rule].1).enumerate()
        {
            let tape = self.evaluator.tape(pattern, naming, self.stack);
            let veto = self.evaluator.best(pattern, &tape, Stance::Possibility);
            let Some(veto) = veto.filter(|veto| !veto.uncertain) else { continue };
            let lines = pattern.steps.iter().zip(veto.bounds.windows(2)).filter(|(step, _)| !step.is_gap);
            let places = lines.filter_map(|(step, bounds)| {
                let first = *frames_between(&tape, bounds[0], bounds[1]).first()?;
                let line = pattern.text.lines().nth(step.line).unwrap_or_default().trim();
                let (name, at) = (frame_name(self.stack, first), self.stack.frames[first].line);
                Some(format!("`{line}` is {name} (line {at})"))
            });
            let places: Vec<String> = places.collect();
            reasons.push(format!("its `unless` pattern {} matches: {}", number + 1, places.join(", ")));
        }
        reasons
    }

    fn frame_at(&self, position: usize, sites: &CallSites) -> FrameAt {
        let frame = &self.stack.frames[position];
        let number = frame.number().unwrap_or(position as u32);
        FrameAt { number, line: frame.line, text: sites.get(frame.site).text.to_string() }
    }

    /// The pattern's lines with their marks.
    fn lines(&self, sites: &CallSites, at_top: bool) -> Vec<PatternLine> {
        let pattern = &self.evaluator.rules.rules[self.rule].pattern;
        let steps = self.furthest.steps();
        let stopped = match (self.outcome, at_top) {
            (Outcome::Stopped, false) => Some(stopping_line(pattern, steps).0),
            _ => None,
        };
        let lines = pattern.text.lines().enumerate().map(|(index, line)| {
            let text = line.trim().to_string();
            let step = pattern.steps.iter().position(|step| step.line == index);
            let mark = match (step, text.as_str()) {
                _ if stopped == Some(index) => Mark::Stopped,
                (Some(step), _) if step < steps && !at_top => self.mark(&pattern.steps[step], step, sites),
                (Some(_), _) => Mark::NotReached,
                (None, "<top>") if at_top => Mark::Stopped,
                (None, "<top>") => Mark::Holds,
                (None, "<bottom>") if self.furthest.is_whole => Mark::Holds,
                (None, "<bottom>") => Mark::NotReached,
                (None, _) => Mark::Plain,
            };
            PatternLine { text, mark }
        });
        lines.collect()
    }

    fn mark(&self, step: &Step, index: usize, sites: &CallSites) -> Mark {
        let frames = self.furthest.frames_of(index);
        let is_last = self.outcome == Outcome::Stopped && index + 1 == self.furthest.steps();
        match (step.is_gap, frames.is_empty()) {
            // How far this gap would reach is what nobody knows.
            (true, _) if is_last => Mark::Plain,
            (true, _) => Mark::Skipped(frames.len(), self.noise_in(index)),
            (false, true) => Mark::Holds,
            (false, false) => Mark::Matched(frames.iter().map(|&frame| self.frame_at(frame, sites)).collect()),
        }
    }

    /// Frames of noise in a gap: they lie between what the lines around it matched, and the pattern does not see them.
    fn noise_in(&self, gap: usize) -> usize {
        let above = (0..gap).rev().find_map(|step| self.furthest.frames_of(step).last().copied());
        let below = (gap + 1..self.furthest.steps()).find_map(|step| self.furthest.frames_of(step).first().copied());
        match (above, below) {
            (Some(above), Some(below)) => below - above - 1 - self.furthest.frames_of(gap).len(),
            _ => 0,
        }
    }

    /// The frames that matched, and on a near miss those around the place where it stopped.
    fn rows(&self, sites: &CallSites) -> Vec<StackRow> {
        let pattern = &self.evaluator.rules.rules[self.rule].pattern;
        let matched = self.furthest.matched(pattern);
        let place = match self.outcome {
            Outcome::Stopped => matched.iter().max().copied().or(Some(0)),
            _ => None,
        };
        let is_near = |frame: usize| place.is_some_and(|place| frame.abs_diff(place) <= AROUND);
        let mut rows = Vec::new();
        let mut holes = self.stack.holes.iter().peekable();
        for position in 0..=self.stack.frames.len() {
            while let Some(hole) = holes.next_if(|hole| hole.before == position) {
                rows.push(StackRow::Missing(hole.missing));
            }
            if position == self.stack.frames.len() {
                break;
            }
            if matched.contains(&position) || is_near(position) {
                rows.push(StackRow::Frame(self.frame_at(position, sites), matched.contains(&position)));
            } else if let Some(StackRow::Skipped(frames)) = rows.last_mut() {
                *frames += 1;
            } else {
                rows.push(StackRow::Skipped(1));
            }
        }
        rows
    }

    /// The frames most like what the line that failed asks for.
    fn closest(&self, sites: &CallSites) -> Vec<CloseFrame> {
        let pattern = &self.evaluator.rules.rules[self.rule].pattern;
        let Some(step) = pattern.steps.get(self.furthest.steps()).filter(|step| !step.negated) else {
            return Vec::new();
        };
        let (rules, matched) = (self.evaluator.rules, self.furthest.matched(pattern));
        let mut alike: Vec<(Likeness, usize)> = Vec::new();
        let mut names: Vec<FrameName> = Vec::new();
        for (position, frame) in self.stack.frames.iter().enumerate() {
            if matched.contains(&position) {
                continue;
            }
            let name = FrameName::of(&sites.get(frame.site), &rules.aliases);
            // A function that stands there several times is shown once.
            if names.contains(&name) {
                continue;
            }
            let likeness = match self.evaluator.truth()(step.test, position) {
                Truth::Yes => Some((0, "fits, but not at this place")),
                Truth::No | Truth::Unknown => likeness(step.test, &name, rules),
            };
            alike.extend(likeness.map(|likeness| (likeness, position)));
            names.push(name);
        }
        alike.sort();
        let closest = alike.into_iter().take(CLOSEST);
        closest
            .map(|((_, likeness), position)| CloseFrame { frame: self.frame_at(position, sites), likeness })
            .collect()
    }
}
