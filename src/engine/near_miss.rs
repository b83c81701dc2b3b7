//! The rules that came closest, for a case in which none holds.

use super::evaluate::{Evaluator, StackResult};
use super::furthest::Furthest;
use super::matcher::Stance;
use crate::finding::NearMiss;
use crate::model::Stack;
use crate::rules::{Pattern, Rule, Step};

/// Distinct stacks that are looked at: near misses must not cost what the scan itself does.
const STACKS: usize = 2000;
/// Required lines that may be without a frame.
const MISSING: usize = 2;
/// Frames that required lines must have matched: with a single one, every stack would nearly match something.
const FRAMES: usize = 2;

/// The nearest miss of each rule, until something is found.
#[derive(Default)]
pub struct NearMisses {
    best: Vec<(Rank, NearMiss)>,
    stacks: usize,
    is_off: bool,
}

/// Lines missing, uncertain, frames matched (the more the better), frames skipped: the least is the nearest.
type Rank = (usize, bool, std::cmp::Reverse<usize>, u32);

impl NearMisses {
    pub fn turn_off(&mut self) {
        self.is_off = true;
        self.best.clear();
    }

    /// Looks at the stack that the evaluator classified last.
    pub fn look(&mut self, evaluator: &Evaluator<'_>, result: &StackResult, stack: &Stack, source: usize) {
        if self.is_off || result.role.is_some() || self.stacks == STACKS {
            return;
        }
        // Whether a rule holds that asks something of the whole case is not known yet.
        let is_sure = |rule: &Rule| {
            let of_case = rule.threads.is_some() || rule.exception.is_some() || rule.stuck.is_some();
            !of_case && !rule.asks_of_locks()
        };
        if result.hits.iter().any(|hit| is_sure(&evaluator.rules.rules[hit.rule])) {
            self.turn_off();
            return;
        }
        self.stacks += 1;
        // What the sieve cannot bring near, the exact search cannot either.
        let reached = evaluator.sieve.reached(&evaluator.of_frame, &evaluator.classes);
        let near = reached.enumerate().filter(|(_, (frames, _))| *frames >= FRAMES).map(|(rule, _)| rule);
        let is_one = |rule: &Rule| rule.role.is_none() && !rule.asks_of_locks() && rule.is_asked_of(stack);
        for rule in near.filter(|&rule| is_one(&evaluator.rules.rules[rule])) {
            self.measure(evaluator, rule, stack, source);
        }
    }

    fn measure(&mut self, evaluator: &Evaluator<'_>, rule: usize, stack: &Stack, source: usize) {
        let pattern = &evaluator.rules.rules[rule].pattern;
        let furthest = evaluator.furthest(rule, stack);
        let (matched, of) = furthest.required(pattern);
        let frames = required_frames(pattern, &furthest);
        // A rule that matches and is taken back (`unless`, `yields-to`) is right, not near.
        let is_near = frames >= FRAMES && of - matched <= MISSING;
        // In a rule of the user's own a `...` may have been forgotten.
        let lacks_gap = || !evaluator.rules.rules[rule].is_builtin && matches_with_gaps(evaluator, rule, stack);
        if furthest.is_whole || !(is_near || lacks_gap()) {
            return;
        }
        let near = NearMiss {
            rule,
            matched,
            of,
            stopped_at: stopping_line(pattern, furthest.steps()).1.to_string(),
            kind: stack.kind,
            thread: stack.thread.clone(),
            source,
            line: stack.line,
        };
        let rank = (of - matched, furthest.found.uncertain, std::cmp::Reverse(frames), furthest.found.skipped);
        match self.best.iter_mut().find(|(_, best)| best.rule == rule) {
            Some(best) if rank < best.0 => *best = (rank, near),
            Some(_) => {}
            None => self.best.push((rank, near)),
        }
    }

    /// One for each rule, the nearest first; of equal ones the more severe rule.
    pub fn finish(mut self, evaluator: &Evaluator<'_>) -> Vec<NearMiss> {
        let rules = &evaluator.rules.rules;
        self.best.sort_by_key(|(rank, near)| {
            let rule = &rules[near.rule];
            (*rank, std::cmp::Reverse(rule.severity), rule.id.as_str())
        });
        self.best.into_iter().map(|(_, near)| near).collect()
    }
}

/// Whether the pattern matches when its frames need not call each other directly.
fn matches_with_gaps(evaluator: &Evaluator<'_>, rule: usize, stack: &Stack) -> bool {
    let pattern = &evaluator.rules.rules[rule].pattern;
    let mut loose = Pattern { steps: Vec::new(), ..pattern.clone() };
    for step in &pattern.steps {
        if loose.steps.last().is_some_and(|above| !above.is_gap && !step.is_gap) {
            loose.steps.push(Step::free_gap(step.line));
        }
        loose.steps.push(step.clone());
    }
    let tape = evaluator.tape(&loose, &evaluator.sieve.naming.rules[rule].0, stack);
    evaluator.best(&loose, &tape, Stance::Proof).is_some()
}

fn required_frames(pattern: &Pattern, furthest: &Furthest) -> usize {
    let steps = pattern.steps.iter().enumerate().take(furthest.steps());
    steps.filter(|(_, step)| step.is_required()).map(|(index, _)| furthest.frames_of(index).len()).sum()
}

/// Index and text of the pattern line behind the first steps: where a search that found these came to a stop.
pub fn stopping_line(pattern: &Pattern, steps: usize) -> (usize, &str) {
    let mut lines = pattern.text.lines().enumerate().map(|(index, line)| (index, line.trim()));
    let found = match pattern.steps.get(steps) {
        Some(step) => lines.nth(step.line),
        None => lines.find(|(_, line)| *line == "<bottom>"),
    };
    found.unwrap_or_default()
}
