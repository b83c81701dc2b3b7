//! Rules that are never reported, or twice: another takes all they match, or they take it back themselves.

use super::examples::{ExampleOutcome, ExampleResult, source_of};
use crate::diagnostic::{Code, Diagnostics};
use crate::rules::{IDLE, Pattern, Rule, RuleSet, Step};

/// Adds a doubt about every rule that cannot be reported. `results` are those of their examples.
pub fn check_hidden(rules: &RuleSet, of_builtin: bool, results: &[ExampleResult], diagnostics: &mut Diagnostics) {
    for (index, rule) in rules.rules.iter().enumerate() {
        if rule.is_builtin != of_builtin || rule.role.is_some() {
            continue;
        }
        let said = silenced(rules, index, results)
            .or_else(|| takes_itself_back(rule))
            .or_else(|| asks_for_idle(rule))
            .or_else(|| twin(rules, index));
        if let Some((message, help)) = said {
            let source = source_of(rule, diagnostics);
            diagnostics.add(Code::NeverReported, source, rule.span, message).help(help);
        }
    }
}

type Said = (String, String);

/// A rule it yields to is reported on each of its own examples.
fn silenced(rules: &RuleSet, index: usize, results: &[ExampleResult]) -> Option<Said> {
    let rule = &rules.rules[index];
    let own: Vec<&ExampleResult> =
        results.iter().filter(|result| result.rule == index && result.should_match).collect();
    let special = rule.yields_to.iter().map(|&other| &rules.rules[other].id).find(|id| {
        let is_silent =
            |result: &&ExampleResult| result.outcome == ExampleOutcome::Missing && result.reported.contains(id);
        !own.is_empty() && own.iter().all(is_silent)
    })?;
    Some((
        format!("`{}` is not reported on any of its examples: it yields to `{special}`, which is", rule.id),
        "a rule yields to a more special one; give it an example that only this rule matches, or turn the two round"
            .to_string(),
    ))
}

fn takes_itself_back(rule: &Rule) -> Option<Said> {
    let same = rule.unless.iter().any(|unless| is_same(unless, &rule.pattern));
    same.then(|| {
        let message = format!("`{}` is never reported: its `unless` is the same pattern as its `match`", rule.id);
        (message, "write under `unless:` what makes such a stack harmless".to_string())
    })
}

fn asks_for_idle(rule: &Rule) -> Option<Said> {
    rule.on.iter().any(|role| role == IDLE).then(|| {
        let message = format!("`{}` asks for idle threads, and nothing is reported on these", rule.id);
        (message, "leave `on: idle` out; to name the thread, write a rule with `role:`".to_string())
    })
}

/// Another rule that asks the very same. Of two rules of one author the second is told.
fn twin(rules: &RuleSet, index: usize) -> Option<Said> {
    let rule = &rules.rules[index];
    if !rule.asks_of_stacks() {
        return None;
    }
    let is_told = |other: usize| other < index || rules.rules[other].is_builtin;
    let other = (0..rules.rules.len()).filter(|&other| other != index && is_told(other)).find(|&other| {
        let other = &rules.rules[other];
        other.role.is_none()
            && is_same(&rule.pattern, &other.pattern)
            && rule.unless.len() == other.unless.len()
            && rule.unless.iter().zip(&other.unless).all(|(one, other)| is_same(one, other))
            && (&rule.on, &rule.unless_roles) == (&other.on, &other.unless_roles)
            && (&rule.threads, &rule.exception, &rule.cycle) == (&other.threads, &other.exception, &other.cycle)
            && rule.stuck == other.stuck
    })?;
    Some((
        format!("`{}` asks for the same as `{}`, so each such stack is reported twice", rule.id, rules.rules[other].id),
        "keep one of the two; to change what the other says, write `extends:` with its id as your own".to_string(),
    ))
}

/// Whether two patterns ask the same, however they are laid out.
fn is_same(one: &Pattern, other: &Pattern) -> bool {
    let is_same_step = |(one, other): (&Step, &Step)| Step { line: other.line, ..one.clone() } == *other;
    (one.from_top, one.to_bottom, one.strict) == (other.from_top, other.to_bottom, other.strict)
        && one.steps.len() == other.steps.len()
        && one.steps.iter().zip(&other.steps).all(is_same_step)
}
