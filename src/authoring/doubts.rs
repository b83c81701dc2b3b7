//! Doubts about a pattern: what is likely wrong with it, found by trying what its author may have meant.

use super::examples::{ExampleOutcome, ExampleResult, run_on, source_of};
use crate::diagnostic::{Code, Diagnostics, Fix};
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
            let fix = turned_over(rule, &diagnostics.sources[source].text);
            diagnostics.add(Code::UpsideDown, source, line_span(rule, 0), message).help(help).fix(fix);
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
        let fix = gap_above(rule, below.line, &diagnostics.sources[source].text);
        diagnostics.add(Code::MissingGap, source, line_span(rule, below.line), message).help(help).fix(fix);
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

/// The lines of a plain block in reverse, each where another stood. `None` for a pattern that stands elsewhere, or has
/// lines between its lines.
fn turned_over(rule: &Rule, text: &str) -> Option<Fix> {
    let spans = &rule.pattern_spans;
    let (first, last) = (spans.first()?, spans.last()?);
    let lines: Vec<&str> = spans.iter().map(|span| text.get(span.start..span.end)).collect::<Option<_>>()?;
    let indents: Vec<&str> = spans.iter().map(|span| indent_of(text, span.start)).collect::<Option<_>>()?;
    let is_plain = |line: &&str| !line.is_empty() && !line.starts_with(['#', '<']);
    if first.start >= last.start || !lines.iter().all(is_plain) || indents.iter().any(|indent| *indent != indents[0]) {
        return None;
    }
    let ends: Vec<&str> = spans.windows(2).map(|pair| text.get(pair[0].end..pair[1].start)).collect::<Option<_>>()?;
    let between = ends.first()?;
    let is_line_end = between.trim().is_empty() && between.matches('\n').count() == 1;
    let is_even = is_line_end && ends.iter().all(|end| end == between);
    let reversed: Vec<&str> = lines.into_iter().rev().collect();
    is_even.then(|| Fix::new(Span::new(first.start, last.end), reversed.join(between)))
}

/// `...` on a line of its own above a line of a block.
fn gap_above(rule: &Rule, line: usize, text: &str) -> Option<Fix> {
    let at = rule.pattern_spans.get(line)?.start;
    let indent = indent_of(text, at)?;
    let line_end = if text[..at].ends_with(&format!("\r\n{indent}")) { "\r\n" } else { "\n" };
    Some(Fix::insert(at, format!("...{line_end}{indent}")))
}

/// The blanks before a place that has only blanks before it.
fn indent_of(text: &str, at: usize) -> Option<&str> {
    let before = text.get(..at)?;
    let indent = &before[before.rfind('\n')? + 1..];
    (!indent.is_empty() && indent.trim().is_empty()).then_some(indent)
}

fn line_span(rule: &Rule, line: usize) -> Span {
    rule.pattern_spans.get(line).copied().unwrap_or(rule.span)
}

fn line_text(rule: &Rule, line: usize) -> &str {
    rule.pattern.text.lines().nth(line).unwrap_or_default().trim()
}
