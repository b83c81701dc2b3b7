//! Doubts about a pattern: what is likely wrong with it, found by trying what its author may have meant.

use super::examples::{ExampleOutcome, ExampleResult, run_on, source_of};
use crate::diagnostic::{Code, Diagnostics};
use crate::engine::{CaseScan, Sieve};
use crate::finding::Finding;
use crate::formats::read_example;
use crate::rules::{IDLE, Pattern, Rule, RuleSet, Step};
use crate::text::Span;

/// Every thread of a web server that has nothing to do.
pub(super) const HEALTHY: &str = include_str!("../../samples/healthy/w3wp-at-rest.log");

/// Why an example that should match does not, where turning the pattern over or adding gaps makes it match.
pub fn check_missing(rules: &RuleSet, result: &ExampleResult, source: usize, diagnostics: &mut Diagnostics) {
    let rule = &rules.rules[result.rule];
    let Some(example) = rule.examples.matching.iter().find(|example| example.span == result.span) else { return };
    let mut varied = rules.clone();
    let mut matches = |pattern: Pattern| {
        varied.rules[result.rule].pattern = pattern;
        let sieve = Sieve::new(&varied);
        run_on(&varied, &sieve, result.rule, example, true).outcome == ExampleOutcome::Right
    };
    let places = gap_places(&rule.pattern);
    let reversed = reversed(&rule.pattern);
    let all_places = gap_places(&reversed);
    if frames_of(&rule.pattern) > 1 && !matches(with_gaps(&rule.pattern, &places)) {
        if matches(with_gaps(&reversed, &all_places)) {
            let message = format!("`{}` is upside down: read from the bottom up, it matches its example", rule.id);
            let help = "the frame that was called last comes first, as debuggers print stacks";
            diagnostics.add(Code::UpsideDown, source, line_span(rule, 0), message).help(help);
        }
        return;
    }
    for place in needed(&rule.pattern, &places, |pattern| matches(with_gaps(&rule.pattern, pattern))) {
        let (above, below) = (&rule.pattern.steps[place - 1], &rule.pattern.steps[place]);
        let message = format!("`{}` would match its example with a gap above this line", rule.id);
        let help = format!(
            "there are other frames between `{}` and `{}`: write `...` on a line of its own between them",
            line_text(rule, above.line),
            line_text(rule, below.line)
        );
        diagnostics.add(Code::MissingGap, source, line_span(rule, below.line), message).help(help);
    }
}

/// Adds a doubt about every rule that is reported on a thread at rest: only roles keep it quiet on healthy processes.
pub fn check_healthy(rules: &RuleSet, of_builtin: bool, diagnostics: &mut Diagnostics) {
    let mut awake = rules.clone();
    for rule in awake.rules.iter_mut().filter(|rule| rule.is_idle()) {
        // Not to hide what the other rules say of such threads.
        rule.role = Some("at-rest".to_string());
    }
    let sieve = Sieve::new(&awake);
    let mut scan = CaseScan::new(&awake, &sieve);
    read_example(HEALTHY, &mut scan);
    for Finding { rule, stacks, .. } in scan.finish().findings {
        let rule = &rules.rules[rule];
        let knows_idle = rule.unless_roles.iter().any(|role| role == IDLE);
        if rule.is_builtin == of_builtin && !knows_idle {
            let message = format!("`{}` matches {stacks} threads of a healthy web server at rest", rule.id);
            let help = "name a frame that only the trouble has; threads that wait for work are not enough";
            let source = source_of(rule, diagnostics);
            diagnostics.add(Code::MatchesHealthy, source, line_span(rule, 0), message).help(help);
        }
    }
}

fn frames_of(pattern: &Pattern) -> usize {
    pattern.steps.iter().filter(|step| !step.is_gap).count()
}

fn reversed(pattern: &Pattern) -> Pattern {
    let steps = pattern.steps.iter().rev().cloned().collect();
    Pattern { steps, from_top: pattern.to_bottom, to_bottom: pattern.from_top, ..pattern.clone() }
}

/// Positions of steps above which there is no gap yet.
fn gap_places(pattern: &Pattern) -> Vec<usize> {
    let steps = &pattern.steps;
    (1..steps.len()).filter(|&at| !steps[at].is_gap && !steps[at - 1].is_gap).collect()
}

fn with_gaps(pattern: &Pattern, places: &[usize]) -> Pattern {
    let mut varied = pattern.clone();
    for &place in places.iter().rev() {
        varied.steps.insert(place, Step::free_gap(0));
    }
    varied
}

/// The places that cannot be left out; none when all of them together do not help.
fn needed(pattern: &Pattern, places: &[usize], mut matches: impl FnMut(&[usize]) -> bool) -> Vec<usize> {
    let mut kept = places.to_vec();
    if pattern.steps.is_empty() || !matches(&kept) {
        return Vec::new();
    }
    for place in places {
        let without: Vec<usize> = kept.iter().copied().filter(|other| other != place).collect();
        if matches(&without) {
            kept = without;
        }
    }
    kept
}

fn line_span(rule: &Rule, line: usize) -> Span {
    rule.pattern_spans.get(line).copied().unwrap_or(rule.span)
}

fn line_text(rule: &Rule, line: usize) -> &str {
    rule.pattern.text.lines().nth(line).unwrap_or_default().trim()
}
