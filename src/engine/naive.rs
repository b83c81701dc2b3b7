//! The rule language the slow and obvious way: every way of laying a pattern over a stack is tried, and every frame's
//! name is compared anew. Only for tests; its time is exponential.

mod case;

use super::matcher::{Match, Stance};
use super::names::name_key;
use super::tape::{BELOW, Item, Tape};
use crate::facts::FrameName;
use crate::model::{CallSites, Stack};
use crate::rules::{AtomId, Pattern, Rule, RuleSet, Step, TestId, Truth};

pub use case::{PlainFinding, findings};

/// What is held against the engine's hits: rule, whether it is uncertain, skipped frames, matched frames.
pub type PlainHit = (usize, bool, u32, Vec<usize>);

/// All rules on one stack, as the engine evaluates them.
pub fn evaluate(stack: &Stack, sites: &CallSites, rules: &RuleSet) -> Vec<PlainHit> {
    let asked = |(_, rule): &(usize, &Rule)| rule.is_asked_of(stack);
    let mut roles: Vec<(usize, bool)> = Vec::new();
    for (index, _) in rules.rules.iter().enumerate().filter(asked).filter(|(_, rule)| rule.role.is_some()) {
        let found = hit(index, stack, sites, rules);
        roles.extend(found.map(|(rule, uncertain, ..)| (rule, uncertain)));
    }
    if roles.iter().any(|(rule, _)| rules.rules[*rule].is_idle()) {
        return Vec::new();
    }
    let mut held: Vec<PlainHit> = Vec::new();
    for (index, rule) in rules.rules.iter().enumerate().filter(asked).filter(|(_, rule)| rule.role.is_none()) {
        // Sure when one rule that gives the role is.
        let of = |name: &String| {
            let given = roles.iter().filter(|(role, _)| rules.rules[*role].role.as_ref() == Some(name));
            given.map(|(_, uncertain)| !uncertain).max()
        };
        let asked: Vec<Option<bool>> = rule.on.iter().map(of).collect();
        let refused: Vec<Option<bool>> = rule.unless_roles.iter().map(of).collect();
        if asked.contains(&None) || refused.contains(&Some(true)) {
            continue;
        }
        let doubtful = asked.contains(&Some(false)) || refused.contains(&Some(false));
        let found = hit(index, stack, sites, rules);
        held.extend(found.map(|(rule, uncertain, skipped, frames)| (rule, uncertain || doubtful, skipped, frames)));
    }
    let decides =
        |rule: usize| !rules.rules[rule].is_decided_in_case() || case::is_suppressed(rule, stack, sites, rules);
    let mut all: Vec<usize> = held.iter().map(|(rule, ..)| *rule).filter(|&rule| decides(rule)).collect();
    all.extend(roles.iter().map(|(rule, _)| *rule));
    let yields = |rule: usize, all: &[usize]| rules.rules[rule].yields_to.iter().any(|other| all.contains(other));
    for _ in 0..rules.rules.len() {
        let also: Vec<usize> = held.iter().map(|(rule, ..)| *rule).filter(|&rule| yields(rule, &all)).collect();
        all.extend(also);
    }
    held.retain(|(rule, ..)| !yields(*rule, &all));
    held
}

/// One rule on one stack, whatever the thread's roles.
pub fn hit(index: usize, stack: &Stack, sites: &CallSites, rules: &RuleSet) -> Option<PlainHit> {
    let rule = &rules.rules[index];
    if !rule.asks_of_stacks() {
        return None;
    }
    let (found, tape) = best_match(&rule.pattern, stack, sites, rules, Stance::Proof)?;
    let vetoes = rule.unless.iter().filter_map(|unless| best_match(unless, stack, sites, rules, Stance::Possibility));
    let vetoes: Vec<bool> = vetoes.map(|(veto, _)| veto.uncertain).collect();
    if vetoes.contains(&false) {
        return None;
    }
    let mut frames = Vec::new();
    for (step, bounds) in rule.pattern.steps.iter().zip(found.bounds.windows(2)) {
        for item in &tape.items[bounds[0]..bounds[1]] {
            match item {
                Item::Frame(frame) if !step.is_gap => frames.push(*frame),
                _ => {}
            }
        }
    }
    if let Some(cycle) = &rule.cycle {
        let names = names_of(stack, sites, rules);
        let truth = |test: TestId, frame: usize| truth_of(test, &names[frame], rules);
        frames.extend(case::first_round(cycle, &tape, &names, truth)?);
        frames.sort_unstable();
        frames.dedup();
    }
    Some((index, found.uncertain || vetoes.contains(&true), found.skipped, frames))
}

/// The best match of a pattern on a stack, and the tape it lies on.
pub fn best_match(
    pattern: &Pattern,
    stack: &Stack,
    sites: &CallSites,
    rules: &RuleSet,
    stance: Stance,
) -> Option<(Match, Tape)> {
    let names = names_of(stack, sites, rules);
    let yes =
        |atom: &AtomId, frame: usize| rules.atoms[atom.0 as usize].test(&names[frame], &rules.atoms) == Truth::Yes;
    let named_by_pattern = |frame: usize| {
        let positive = pattern.steps.iter().filter(|step| !step.is_gap && !step.negated);
        let mut atoms = positive.flat_map(|step| &rules.tests[step.test.0 as usize].atoms);
        atoms.any(|atom| rules.atoms[atom.0 as usize].names_function() && yes(atom, frame))
    };
    let is_noise = |frame: usize| rules.noise.iter().any(|atom| yes(atom, frame));
    let tape = Tape::new(stack, pattern, |frame| !pattern.strict && is_noise(frame) && !named_by_pattern(frame));
    let truth = |test: TestId, frame: usize| {
        let truth = truth_of(test, &names[frame], rules);
        // A frame without a name cannot be compared with others.
        let is_compared = rules.tests[test.0 as usize].capture.is_some_and(|kept| pattern.compared.contains(&kept));
        let nameless = is_compared && name_key(&names[frame]).is_none() && truth != Truth::No;
        if nameless { Truth::Unknown } else { truth }
    };
    let keys: Vec<Option<String>> = names.iter().map(name_key).collect();
    let equal = |tape: &Tape, bounds: &[usize]| captures_are_equal(pattern, tape, bounds, &keys);
    let mut best: Option<Candidate> = None;
    let starts = if pattern.from_top { 0..=0 } else { 0..=tape.items.len() };
    for start in starts {
        let candidate = Candidate { uncertain: false, skipped: 0, bounds: vec![start] };
        try_steps(pattern, &tape, stance, &truth, &equal, candidate, &mut best);
    }
    let best = best?;
    Some((Match { uncertain: best.uncertain, skipped: best.skipped, bounds: best.bounds }, tape))
}

fn names_of(stack: &Stack, sites: &CallSites, rules: &RuleSet) -> Vec<FrameName> {
    stack.frames.iter().map(|frame| FrameName::of(&sites.get(frame.site), &rules.aliases)).collect()
}

fn truth_of(test: TestId, name: &FrameName, rules: &RuleSet) -> Truth {
    rules.tests[test.0 as usize].truth(|atom| rules.atoms[atom.0 as usize].test(name, &rules.atoms))
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
    truth: &impl Fn(TestId, usize) -> Truth,
    equal: &impl Fn(&Tape, &[usize]) -> bool,
    so_far: Candidate,
    best: &mut Option<Candidate>,
) {
    let begin = so_far.bounds[so_far.bounds.len() - 1];
    let Some(step) = pattern.steps.get(so_far.bounds.len() - 1) else {
        let rest = &tape.items[begin..];
        if pattern.to_bottom && rest.iter().any(|item| matches!(item, Item::Frame(_))) {
            return;
        }
        if !equal(tape, &so_far.bounds) {
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
            try_steps(pattern, tape, stance, truth, equal, next, best);
        }
    }
}

/// Whether all frames that the layout keeps under one name have the same name.
fn captures_are_equal(pattern: &Pattern, tape: &Tape, bounds: &[usize], keys: &[Option<String>]) -> bool {
    (0..pattern.captures.len()).all(|capture| {
        let mut seen: Vec<&String> = Vec::new();
        for (step, ends) in pattern.steps.iter().zip(bounds.windows(2)) {
            for item in &tape.items[ends[0]..ends[1]] {
                match item {
                    Item::Frame(frame) if step.capture == Some(capture) => seen.extend(&keys[*frame]),
                    _ => {}
                }
            }
        }
        seen.windows(2).all(|pair| pair[0] == pair[1])
    })
}

/// Whether the items can be the step's run; if so, whether that is uncertain, and how many frames it skips.
fn run(step: &Step, items: &[Item], stance: Stance, truth: &impl Fn(TestId, usize) -> Truth) -> Option<(bool, u32)> {
    let lenient = step.negated || stance == Stance::Possibility;
    let holds = |hole: usize| lenient || step.is_open_end && hole == BELOW;
    let (mut uncertain, mut frames, mut holes) = (false, 0, 0);
    for item in items {
        match item {
            Item::Hole(hole) => {
                holes += u32::from(holds(*hole));
                uncertain |= !step.is_free;
            }
            Item::Frame(frame) => {
                frames += 1;
                match truth(step.test, *frame) {
                    Truth::Yes => {}
                    Truth::Unknown if lenient => uncertain = true,
                    _ => return None,
                }
            }
        }
    }
    // Each place of a hole may hold one.
    let enough = frames + if step.is_gap { 0 } else { holes } >= step.min;
    let not_too_many = step.max.is_none_or(|max| frames <= max);
    (enough && not_too_many).then_some((uncertain, if step.is_gap { frames } else { 0 }))
}
