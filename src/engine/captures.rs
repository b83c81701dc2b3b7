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
    let mut best: Option<Match> = None;
    let mut fixed: Vec<Option<NameId>> = vec![None; pattern.captures.len()];
    for_each_choice(&candidates, 0, &mut vec![], &mut |choice| {
        for (&capture, &wanted) in repeated.iter().zip(choice) {
            fixed[capture] = Some(wanted);
        }
        let fixed = &fixed;
        let found = best_match(pattern, tape, stance, |test, frame| {
            let plain = truth(test, frame);
            let Some(capture) = rules.tests[test.0 as usize].capture else { return plain };
            match (plain, name(frame), fixed[capture]) {
                (Truth::No, ..) => Truth::No,
                (_, None, _) => Truth::Unknown,
                (_, Some(here), Some(wanted)) if here != wanted => Truth::No,
                _ => plain,
            }
        });
        let rank = |found: &Match| (found.uncertain, found.skipped, found.bounds.clone());
        if let Some(found) = found
            && best.as_ref().is_none_or(|best| rank(&found) < rank(best))
        {
            best = Some(found);
        }
    });
    best
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
    for item in &tape.items {
        let Item::Frame(frame) = item else { continue };
        let fits = |test| truth(test, *frame) == Truth::Yes;
        if pattern.steps.iter().any(|step| step.capture == Some(capture) && fits(step.test)) {
            names.extend(name(*frame));
        }
    }
    names.sort_unstable();
    names.dedup();
    names
}

/// Calls `found` with every way of taking one from each list.
fn for_each_choice(lists: &[Vec<NameId>], from: usize, taken: &mut Vec<NameId>, found: &mut impl FnMut(&[NameId])) {
    let Some(list) = lists.get(from) else { return found(taken) };
    for &name in list {
        taken.push(name);
        for_each_choice(lists, from + 1, taken, found);
        taken.pop();
    }
}
