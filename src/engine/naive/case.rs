//! What rules ask of a case as a whole, the slow and obvious way: threads, groups, exceptions, cycles, suppressions.

use std::collections::BTreeMap;

use foldhash::HashSet;

use super::{best_match, evaluate};
use crate::engine::exceptions::{Exception, Thrown, exceptions_of, of_stacks, place, stacks_of_exceptions, thrown_of};
use crate::engine::matcher::Stance;
use crate::engine::names::{name_key, shown_name};
use crate::engine::tape::{Item, Tape};
use crate::engine::throwers::Throwers;
use crate::facts::FrameName;
use crate::model::{CallSites, Capture, Stack, StackKind};
use crate::rules::{CycleCondition, Rule, RuleSet, TestId, ThreadsCondition, Truth};

/// Rule, group, and how many stacks hold it.
pub type PlainFinding = (usize, Option<String>, u64);

/// All findings of a case of one source, by rule and group.
pub fn findings(capture: &Capture, rules: &RuleSet) -> Vec<PlainFinding> {
    let sites = &capture.sites;
    let mut exceptions: Vec<Exception> = capture.tables.iter().flat_map(|table| exceptions_of(table, 0)).collect();
    let thrown: Vec<Thrown> = (capture.stacks.iter())
        .filter(|stack| stack.kind == StackKind::Exception)
        .filter_map(|stack| thrown_of(stack, sites, 0))
        .collect();
    place(&mut exceptions, &thrown);
    let judged = |stack: &&Stack| !stack.frames.is_empty() && stack.is_judged();
    let stacks: Vec<&Stack> = capture.stacks.iter().filter(judged).collect();
    let busy =
        stacks.iter().filter(|stack| stack.kind == StackKind::Thread && !is_idle(stack, sites, rules)).count() as f64;
    // By rule, then group: the stacks it is found on.
    let mut on: Vec<BTreeMap<Option<String>, Vec<usize>>> = vec![BTreeMap::new(); rules.rules.len()];
    let of_exceptions = stacks_of_exceptions(&exceptions);
    for (number, stack) in stacks.iter().enumerate() {
        for (rule, ..) in evaluate(stack, sites, rules) {
            if rules.rules[rule].threads.is_some() && of_exceptions.contains(&(0, stack.line)) {
                continue;
            }
            let mut throwers = Throwers::default();
            throwers.keep(stack, sites, 0);
            let asked = rules.rules[rule].exception.as_ref();
            if asked.is_some_and(|asked| throwers.threw_none(&exceptions, asked, (0, stack.line))) {
                continue;
            }
            if !is_suppressed(rule, stack, sites, rules) {
                on[rule].entry(group(rule, stack, sites, rules)).or_default().push(number);
            }
        }
    }
    let is_taken_back = |rule: &Rule, exception: &Exception| {
        let own = exception.thrown.as_ref().map(|thrown| thrown.stack_line);
        let own = stacks.iter().find(|stack| stack.kind == StackKind::Exception && Some(stack.line) == own);
        let takes_back = |stack: &Stack| {
            let veto = |unless| best_match(unless, stack, sites, rules, Stance::Possibility);
            rule.unless.iter().filter_map(veto).any(|(found, _)| !found.uncertain)
        };
        rule.takes_back_exceptions() && own.is_some_and(|stack| takes_back(stack))
    };
    let tells = |rule: &Rule, on: &[usize]| {
        let places: HashSet<(usize, u32)> = on.iter().map(|&number| (0, stacks[number].line)).collect();
        // An exception of a thread whose id is known is none of threads that all have other ids.
        let is_of_others = |exception: &Exception| {
            let is_other = |&number: &usize| stacks[number].thread.os_id.is_some_and(|id| Some(id) != exception.holder);
            exception.holder.is_some() && !on.is_empty() && on.iter().all(is_other)
        };
        let holds = |asked: &crate::rules::ExceptionCondition| {
            let all = of_stacks(&exceptions, &places);
            let held = all.iter().filter(|exception| !is_taken_back(rule, exception) && !is_of_others(exception));
            held.into_iter().any(|exception| exception.is_asked_by(asked))
        };
        rule.exception.as_ref().is_none_or(holds)
    };
    let holds = |rule: &Rule, stacks: &[usize]| {
        let count = stacks.len() as f64;
        let enough = |asked: &ThreadsCondition| count >= asked.at_least as f64 && count / busy.max(1.0) >= asked.share;
        !stacks.is_empty() && rule.threads.as_ref().is_none_or(enough) && tells(rule, stacks)
    };
    // Rules that yield to none come first. A stack is taken from those that yield to a rule that holds on it, or that had
    // to give it up itself.
    let mut done: Vec<Option<Vec<usize>>> = vec![None; rules.rules.len()];
    while let Some(rule) = (0..done.len())
        .find(|&rule| done[rule].is_none() && rules.rules[rule].yields_to.iter().all(|&other| done[other].is_some()))
    {
        let said: Vec<usize> =
            rules.rules[rule].yields_to.iter().flat_map(|&other| done[other].clone().unwrap_or_default()).collect();
        let mut given: Vec<usize> = Vec::new();
        for stacks in on[rule].values_mut() {
            given.extend(stacks.iter().filter(|stack| said.contains(stack)));
            stacks.retain(|stack| !said.contains(stack));
            if rules.rules[rule].is_decided_in_case() && holds(&rules.rules[rule], stacks) {
                given.extend(stacks.iter());
            }
        }
        done[rule] = Some(given);
    }
    let mut found: Vec<PlainFinding> = Vec::new();
    for (index, groups) in on.into_iter().enumerate() {
        let held = groups.into_iter().filter(|(_, stacks)| holds(&rules.rules[index], stacks));
        found.extend(held.map(|(group, stacks)| (index, group, stacks.len() as u64)));
    }
    let is_alone = |&index: &usize| {
        let rule = &rules.rules[index];
        let alone = rule.exception.is_some() && !rule.asks_of_stacks() && rule.role.is_none();
        let suppressed = rules.suppressions.iter().any(|all| all.rules.contains(&index) && all.pattern.is_none());
        alone && tells(rule, &[]) && !suppressed
    };
    let alone: Vec<usize> = (0..rules.rules.len()).filter(is_alone).collect();
    let held: Vec<usize> = found.iter().map(|(rule, ..)| *rule).chain(alone.iter().copied()).collect();
    for rule in alone {
        if !rules.rules[rule].yields_to.iter().any(|other| held.contains(other)) {
            found.push((rule, None, 0));
        }
    }
    found.sort();
    found
}

fn is_idle(stack: &Stack, sites: &CallSites, rules: &RuleSet) -> bool {
    let idle = |index: &usize| rules.rules[*index].is_idle();
    (0..rules.rules.len()).filter(idle).any(|index| super::hit(index, stack, sites, rules).is_some())
}

pub(super) fn is_suppressed(rule: usize, stack: &Stack, sites: &CallSites, rules: &RuleSet) -> bool {
    rules.suppressions.iter().any(|suppression| {
        let certain = |pattern| {
            best_match(pattern, stack, sites, rules, Stance::Proof).is_some_and(|(found, _)| !found.uncertain)
        };
        suppression.rules.contains(&rule) && suppression.pattern.as_ref().is_none_or(certain)
    })
}

/// The name that the rule groups threads by, on this stack.
fn group(rule: usize, stack: &Stack, sites: &CallSites, rules: &RuleSet) -> Option<String> {
    let rule = &rules.rules[rule];
    let capture = rule.threads.as_ref()?.same?;
    let (found, tape) = best_match(&rule.pattern, stack, sites, rules, Stance::Proof)?;
    for (step, bounds) in rule.pattern.steps.iter().zip(found.bounds.windows(2)) {
        for item in &tape.items[bounds[0]..bounds[1]] {
            match item {
                Item::Frame(frame) if step.capture == Some(capture) => {
                    return Some(shown_name(&sites.get(stack.frames[*frame].site)));
                }
                _ => {}
            }
        }
    }
    Some(String::new())
}

/// The frames of the first round of a cycle: every period and every place is tried.
pub fn first_round(
    condition: &CycleCondition,
    tape: &Tape,
    names: &[FrameName],
    truth: impl Fn(TestId, usize) -> Truth,
) -> Option<Vec<usize>> {
    let key = |place: usize| match tape.items.get(place) {
        Some(Item::Frame(frame)) => name_key(&names[*frame]),
        _ => None,
    };
    let frames_of = |start: usize, period: usize| -> Vec<usize> {
        let items = &tape.items[start..start + period];
        let frame = |item: &Item| if let Item::Frame(frame) = item { Some(*frame) } else { None };
        items.iter().filter_map(frame).collect()
    };
    for period in 1..=condition.period as usize {
        for start in 0..tape.items.len().saturating_sub(period) {
            let mut rounds = 1;
            while (0..period).all(|at| {
                let above = key(start + (rounds - 1) * period + at);
                above.is_some() && above == key(start + rounds * period + at)
            }) {
                rounds += 1;
            }
            let round = frames_of(start, period);
            let wanted =
                condition.contains.is_none_or(|(test, _)| round.iter().any(|&at| truth(test, at) == Truth::Yes));
            if rounds >= 2 && rounds >= condition.repeats as usize && wanted {
                return Some(round);
            }
        }
    }
    None
}
