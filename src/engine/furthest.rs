//! How far a pattern gets on a stack: the longest row of its first steps that matches.
//!
//! It is found by the engine's own search, with ever fewer steps, so that an explanation can never disagree with what is
//! reported.

use super::evaluate::Evaluator;
use super::matcher::{Match, Stance};
use super::tape::{Item, Tape};
use crate::model::Stack;
use crate::rules::Pattern;

/// The furthest point of a pattern.
pub struct Furthest {
    pub tape: Tape,
    /// Where the steps that match lie; it has as many runs as there are such steps.
    pub found: Match,
    /// All of the pattern matches.
    pub is_whole: bool,
}

impl Furthest {
    /// How many of the pattern's first steps match.
    pub fn steps(&self) -> usize {
        self.found.bounds.len() - 1
    }

    /// Positions of the frames in the run of a step.
    pub fn frames_of(&self, step: usize) -> Vec<usize> {
        frames_between(&self.tape, self.found.bounds[step], self.found.bounds[step + 1])
    }

    /// Positions of the frames that the first steps matched, gaps left out.
    pub fn matched(&self, pattern: &Pattern) -> Vec<usize> {
        let steps = pattern.steps.iter().enumerate().take(self.steps());
        steps.filter(|(_, step)| !step.is_gap).flat_map(|(index, _)| self.frames_of(index)).collect()
    }

    /// Lines that ask for a frame: how many of them match, of how many.
    pub fn required(&self, pattern: &Pattern) -> (usize, usize) {
        let count = |steps: usize| pattern.steps[..steps].iter().filter(|step| step.is_required()).count();
        (count(self.steps()), count(pattern.steps.len()))
    }
}

impl Evaluator<'_> {
    /// How far the pattern of a rule gets on the stack that was classified last.
    pub(super) fn furthest(&self, rule: usize, stack: &Stack) -> Furthest {
        let pattern = &self.rules.rules[rule].pattern;
        let tape = self.tape(pattern, &self.sieve.naming.rules[rule].0, stack);
        if let Some(found) = self.best(pattern, &tape, Stance::Proof) {
            return Furthest { tape, found, is_whole: true };
        }
        for steps in (1..=pattern.steps.len()).rev() {
            if let Some(found) = self.best(&first_steps(pattern, steps), &tape, Stance::Proof) {
                return Furthest { tape, found, is_whole: false };
            }
        }
        let nowhere = Match { uncertain: false, skipped: 0, bounds: vec![0] };
        Furthest { tape, found: nowhere, is_whole: false }
    }
}

/// The pattern cut off behind its first steps: what follows is free.
pub fn first_steps(pattern: &Pattern, steps: usize) -> Pattern {
    Pattern { steps: pattern.steps[..steps].to_vec(), to_bottom: false, ..pattern.clone() }
}

/// Positions of the frames between two places of a tape.
pub fn frames_between(tape: &Tape, from: usize, to: usize) -> Vec<usize> {
    let frame = |item: &Item| match item {
        Item::Frame(frame) => Some(*frame),
        Item::Hole(_) => None,
    };
    tape.items[from..to].iter().filter_map(frame).collect()
}
