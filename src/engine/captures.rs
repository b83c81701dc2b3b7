//! Captures: the same name twice must be the same frame name. A pattern that keeps a name twice is matched once for each
//! name that it could be; one that keeps each name once needs nothing of this.

use super::matcher::{Match, Stance, best_match};
use super::names::NameId;
use super::tape::{Item, Tape};
use crate::rules::{Pattern, RuleSet, TestId, Truth};

/// A name that no frame in the text has: where everything that is kept lies in a hole, any name would do.
const UNSEEN: NameId = NameId(u32::MAX);

/// As [`best_match`], with equal captures. `name` gives the name of a frame of the stack.
pub fn best_captured_match(
    pattern: &Pattern,
    tape: &Tape,
    stance: Stance,
    rules: &RuleSet,
    truth: impl Fn(TestId, usize) -> Truth,
    name: impl Fn(usize) -> Option<NameId>,
) -> Option<Match> {
    let repeated: Vec<usize> = (0..pattern.captures.len()).filter(|&capture| occurs(pattern, capture) > 1).collect();
    let candidates: Vec<Vec<NameId>> = repeated
        .iter()
        .map(|&capture| {
            let mut names = possible_names(pattern, capture, tape, &truth, &name);
            if stance == Stance::Possibility {
                names.push(UNSEEN);
            }
            names
        })
        .collect();
    let search = |fixed: &[Option<NameId>]| {
        best_match(pattern, tape, stance, |test, frame| {
            let plain = truth(test, frame);
            let Some(capture) = rules.tests[test.0 as usize].capture else { return plain };
            match (plain, fixed[capture], name(frame)) {
                (Truth::No, ..) => Truth::No,
                (_, _, None) if pattern.compared.contains(&capture) => Truth::Unknown,
                (_, _, None) => plain,
                (_, Some(wanted), Some(here)) if here != wanted => Truth::No,
                // This name; or none is chosen, or the name is kept only once.
                _ => plain,
            }
        })
    };
    if repeated.is_empty() {
        return search(&vec![None; pattern.captures.len()]);
    }
    let mut choices = Choices {
        repeated: &repeated,
        candidates: &candidates,
        fixed: vec![None; pattern.captures.len()],
        best: None,
        budget: BUDGET / (tape.items.len().max(1) * pattern.steps.len().max(1)),
    };
    choices.try_all(0, &search);
    choices.best
}

/// Places of pattern and tape that all searches of one pattern on one stack may look at together. Stacks on which names
/// repeat have few different names; this keeps one of thousands, all of which repeat, from taking minutes.
const BUDGET: usize = 100_000_000;

/// The ways of choosing a name for each capture that occurs more than once.
struct Choices<'a> {
    repeated: &'a [usize],
    candidates: &'a [Vec<NameId>],
    fixed: Vec<Option<NameId>>,
    best: Option<Match>,
    /// Searches left.
    budget: usize,
}

impl Choices<'_> {
    /// Tries every name for the captures from this one on. A name with which nothing matches, whatever the names of the
    /// others are, is left at once.
    fn try_all(&mut self, depth: usize, search: &impl Fn(&[Option<NameId>]) -> Option<Match>) {
        for &name in &self.candidates[depth] {
            if self.budget == 0 {
                return;
            }
            self.budget -= 1;
            self.fixed[self.repeated[depth]] = Some(name);
            let Some(found) = search(&self.fixed) else { continue };
            if depth + 1 < self.repeated.len() {
                self.try_all(depth + 1, search);
            } else if self.best.as_ref().is_none_or(|best| rank(&found) < rank(best)) {
                self.best = Some(found);
            }
        }
        self.fixed[self.repeated[depth]] = None;
    }
}

fn rank(found: &Match) -> (bool, u32, &[usize]) {
    (found.uncertain, found.skipped, &found.bounds)
}

fn occurs(pattern: &Pattern, capture: usize) -> usize {
    pattern.steps.iter().filter(|step| step.capture == Some(capture)).count()
}

/// The names of the frames that can stand at some line of this capture.
fn possible_names(
    pattern: &Pattern,
    capture: usize,
    tape: &Tape,
    truth: &impl Fn(TestId, usize) -> Truth,
    name: &impl Fn(usize) -> Option<NameId>,
) -> Vec<NameId> {
    let mut names = Vec::new();
    let mut is_all_seen = true;
    for item in &tape.items {
        let Item::Frame(frame) = item else {
            is_all_seen = false;
            continue;
        };
        let lines = pattern.steps.iter().filter(|step| step.capture == Some(capture));
        let answers: Vec<Truth> = lines.map(|step| truth(step.test, *frame)).collect();
        is_all_seen &= !answers.contains(&Truth::Unknown) && name(*frame).is_some();
        if answers.contains(&Truth::Yes) {
            names.extend(name(*frame));
        }
    }
    names.sort_unstable();
    // Each line of the capture needs a frame of its own.
    let needed = if is_all_seen { occurs(pattern, capture) } else { 1 };
    let often = names.chunk_by(|a, b| a == b).filter(|alike| alike.len() >= needed);
    often.map(|alike| alike[0]).collect()
}
