//! The rule language the slow and obvious way: every way of laying a pattern over a stack is tried, and every frame's
//! name is compared anew. Only for tests; its time is exponential.

use super::matcher::{Match, Stance};
use super::tape::{Item, Tape};
use crate::facts::FrameName;
use crate::model::{CallSites, Stack};
use crate::rules::{AtomId, Pattern, RuleSet, Step, Test, Truth};

/// The best match of a pattern on a stack.
pub fn best_match(pattern: &Pattern, stack: &Stack, sites: &CallSites, rules: &RuleSet, stance: Stance) -> Option<Match> {
    let names: Vec<FrameName> =
        stack.frames.iter().map(|frame| FrameName::of(&sites.get(frame.site), &rules.aliases)).collect();
    let yes = |atom: &AtomId, frame: usize| rules.atoms[atom.0 as usize].test(&names[frame]) == Truth::Yes;
    let named_by_pattern = |frame: usize| {
        let positive = pattern.steps.iter().filter(|step| !step.is_gap && !step.test.negated);
        let mut atoms = positive.flat_map(|step| &step.test.atoms);
        atoms.any(|atom| rules.atoms[atom.0 as usize].names_function() && yes(atom, frame))
    };
    let is_noise = |frame: usize| rules.noise.iter().any(|atom| yes(atom, frame));
    let tape = Tape::new(stack, |frame| !pattern.strict && is_noise(frame) && !named_by_pattern(frame));
    let truth = |test: &Test, frame: usize| truth(test, &names[frame], rules);
    let mut best: Option<Candidate> = None;
    let starts = if pattern.from_top { 0..=0 } else { 0..=tape.items.len() };
    for start in starts {
        let candidate = Candidate { uncertain: false, skipped: 0, bounds: vec![start] };
        try_steps(pattern, &tape, stance, &truth, candidate, &mut best);
    }
    best.map(|best| Match { uncertain: best.uncertain, skipped: best.skipped, bounds: best.bounds })
}

/// Compared field by field: certain before uncertain, then tight, then near the top.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    uncertain: bool,
    skipped: u32,
    bounds: Vec<usize>,
}

fn try_steps(
    pattern: &Pattern,
    tape: &Tape,
    stance: Stance,
    truth: &impl Fn(&Test, usize) -> Truth,
    so_far: Candidate,
    best: &mut Option<Candidate>,
) {
    let begin = so_far.bounds[so_far.bounds.len() - 1];
    let Some(step) = pattern.steps.get(so_far.bounds.len() - 1) else {
        let rest = &tape.items[begin..];
        if pattern.to_bottom && rest.iter().any(|item| matches!(item, Item::Frame(_))) {
            return;
        }
        let unknown_end = pattern.to_bottom && (!rest.is_empty() || tape.open_below);
        let done = Candidate { uncertain: so_far.uncertain || unknown_end, ..so_far };
        if best.as_ref().is_none_or(|best| done < *best) {
            *best = Some(done);
        }
        return;
    };
    for end in begin..=tape.items.len() {
        if let Some((uncertain, skipped)) = run(step, &tape.items[begin..end], stance, truth) {
            let mut next = so_far.clone();
            next.uncertain |= uncertain;
            next.skipped += skipped;
            next.bounds.push(end);
            try_steps(pattern, tape, stance, truth, next, best);
        }
    }
}

/// Whether the items can be the step's run; if so, whether that is uncertain, and how many frames it skips.
fn run(step: &Step, items: &[Item], stance: Stance, truth: &impl Fn(&Test, usize) -> Truth) -> Option<(bool, u32)> {
    let lenient = step.test.negated || stance == Stance::Possibility;
    let (mut uncertain, mut frames, mut holes) = (false, 0, 0);
    for item in items {
        match item {
            Item::Hole(_) => {
                holes += 1;
                let free = step.is_gap && step.max.is_none() && step.test.is_any();
                uncertain |= !free;
            }
            Item::Frame(frame) => {
                frames += 1;
                match truth(&step.test, *frame) {
                    Truth::Yes => {}
                    Truth::Unknown if lenient => uncertain = true,
                    _ => return None,
                }
            }
        }
    }
    let enough = frames >= step.min || (lenient && !step.is_gap && holes > 0);
    let not_too_many = step.max.is_none_or(|max| frames <= max);
    (enough && not_too_many).then_some((uncertain, if step.is_gap { frames } else { 0 }))
}

fn truth(test: &Test, name: &FrameName, rules: &RuleSet) -> Truth {
    let answers: Vec<Truth> = test.atoms.iter().map(|atom| rules.atoms[atom.0 as usize].test(name)).collect();
    let positive = if answers.contains(&Truth::Yes) {
        Truth::Yes
    } else if answers.contains(&Truth::Unknown) {
        Truth::Unknown
    } else {
        Truth::No
    };
    match positive {
        Truth::Yes if test.negated => Truth::No,
        Truth::No if test.negated => Truth::Yes,
        other => other,
    }
}
