//! Every rule carries texts that it must match and texts that it must not.

use super::bare_module::check_bare_modules;
use super::doubts::{check_healthy, check_missing};
use super::hidden::check_hidden;
use super::misses::why_wrong;
use crate::diagnostic::{Code, Diagnostics};
use crate::engine::{CaseScan, Evaluator, Hit, Sieve};
use crate::formats::{Sink, read_example};
use crate::model::{CallSites, Stack};
use crate::rules::{Example, Rule, RuleSet};
use crate::text::Span;

/// How an example went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExampleOutcome {
    /// It should match and does, or should not and does not.
    Right,
    /// It should match and does not.
    Missing,
    /// It should not match and does.
    Noisy,
    /// No stack was found in it.
    Empty,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExampleResult {
    /// Index of the rule.
    pub rule: usize,
    pub span: Span,
    pub should_match: bool,
    pub outcome: ExampleOutcome,
    /// Ids of the rules that are reported on it.
    pub reported: Vec<String>,
}

/// Runs the examples of all rules.
pub fn run_examples(rules: &RuleSet) -> Vec<ExampleResult> {
    run_examples_of(rules, |_| true)
}

/// Runs the examples of the rules that are `wanted`.
fn run_examples_of(rules: &RuleSet, wanted: impl Fn(&Rule) -> bool) -> Vec<ExampleResult> {
    let sieve = Sieve::new(rules);
    let mut results = Vec::new();
    for (index, rule) in rules.rules.iter().enumerate().filter(|(_, rule)| wanted(rule)) {
        let matching = rule.examples.matching.iter().map(|example| (example, true));
        let not_matching = rule.examples.not_matching.iter().map(|example| (example, false));
        for (example, should_match) in matching.chain(not_matching) {
            results.push(run_on(rules, &sieve, index, example, should_match));
        }
    }
    results
}

/// Runs one example of a rule. `sieve` is made from the same rules.
pub(super) fn run_on(
    rules: &RuleSet,
    sieve: &Sieve,
    rule: usize,
    example: &Example,
    should_match: bool,
) -> ExampleResult {
    let is_role = rules.rules[rule].role.is_some();
    let (has_stack, reported) =
        if is_role { roles_in(rules, sieve, example) } else { findings_in(rules, sieve, example) };
    let matches = reported.contains(&rule);
    // Words alone are an example too, where any rule knows them.
    let outcome = match (has_stack || !reported.is_empty(), should_match, matches) {
        (false, _, _) => ExampleOutcome::Empty,
        (_, true, false) => ExampleOutcome::Missing,
        (_, false, true) => ExampleOutcome::Noisy,
        _ => ExampleOutcome::Right,
    };
    let reported = reported.iter().map(|&rule| rules.rules[rule].id.clone()).collect();
    ExampleResult { rule, span: example.span, should_match, outcome, reported }
}

/// Whether an example holds a stack, and the rules that are reported on it: an example is a case of its own.
fn findings_in(rules: &RuleSet, sieve: &Sieve, example: &Example) -> (bool, Vec<usize>) {
    let mut scan = CaseScan::new(rules, sieve);
    scan.begin_source(0);
    read_example(&example.text, &mut scan);
    let result = scan.finish();
    let counts = result.summary;
    (
        counts.frames + counts.leak_reports + counts.counters + counts.heap_tables > 0,
        result.findings.iter().map(|finding| finding.rule).collect(),
    )
}

/// As [`findings_in`], for the roles that the threads of an example are given.
fn roles_in(rules: &RuleSet, sieve: &Sieve, example: &Example) -> (bool, Vec<usize>) {
    let mut watch =
        Watch { evaluator: Evaluator::new(rules, sieve), stacks: 0, reported: Vec::new(), of_few: Vec::new() };
    read_example(&example.text, &mut watch);
    let few = watch.of_few.iter().filter(|(rule, group)| {
        let alike = watch.of_few.iter().filter(|other| **other == (*rule, group.clone())).count() as u64;
        let at_most = rules.rules[*rule].threads.as_ref().and_then(|asked| asked.at_most);
        at_most.is_none_or(|most| alike <= most)
    });
    let few: Vec<usize> = few.map(|(rule, _)| *rule).collect();
    watch.reported.extend(few);
    (watch.stacks > 0, watch.reported)
}

struct Watch<'r> {
    evaluator: Evaluator<'r>,
    stacks: usize,
    reported: Vec<usize>,
    /// Roles that only few threads can have, each with the names by which it tells threads apart.
    of_few: Vec<(usize, Vec<String>)>,
}

impl Sink for Watch<'_> {
    fn stack(&mut self, stack: &Stack, sites: &CallSites) {
        self.stacks += usize::from(!stack.frames.is_empty());
        let result = self.evaluator.evaluate(stack, sites);
        let held = result.roles.into_iter().chain(result.hits.iter().map(|hit| hit.rule));
        self.reported.extend(held);
        let names = |hit: &Hit| {
            (0..hit.captures.len()).filter_map(|at| self.evaluator.name_kept(hit, at)).map(str::to_string).collect()
        };
        self.of_few.extend(result.roles_of_few.iter().map(|hit| (hit.rule, names(hit))));
    }
}

/// Adds the doubts there are about the user's rules, or about the built-in ones: examples and links.
pub fn check_rules(rules: &RuleSet, of_builtin: bool, diagnostics: &mut Diagnostics) {
    for rule in rules.rules.iter().filter(|rule| rule.is_builtin == of_builtin) {
        check_completeness(rule, diagnostics);
    }
    let results = run_examples_of(rules, |rule| rule.is_builtin == of_builtin);
    for result in &results {
        let rule = &rules.rules[result.rule];
        let (code, message) = match result.outcome {
            ExampleOutcome::Right => continue,
            ExampleOutcome::Missing => (Code::ExampleMissing, format!("`{}` does not match this example", rule.id)),
            ExampleOutcome::Noisy => (Code::ExampleNoisy, format!("`{}` matches this example and should not", rule.id)),
            ExampleOutcome::Empty => (
                Code::EmptyExample,
                match rule.ladder {
                    Some(_) => "no stack, leak report, counter or heap table was found in this example".to_string(),
                    None => "no call stack was found in this example".to_string(),
                },
            ),
        };
        let source = source_of(rule, diagnostics);
        diagnostics.add(code, source, result.span, message).help(why_wrong(rules, result));
        if result.outcome == ExampleOutcome::Missing {
            check_missing(rules, result, source, diagnostics);
        }
    }
    check_hidden(rules, of_builtin, &results, diagnostics);
    check_bare_modules(rules, of_builtin, diagnostics);
    check_healthy(rules, of_builtin, diagnostics);
    diagnostics.sort();
}

fn check_completeness(rule: &Rule, diagnostics: &mut Diagnostics) {
    let source = source_of(rule, diagnostics);
    if rule.examples.matching.is_empty() || rule.examples.not_matching.is_empty() {
        let missing = match (rule.examples.matching.is_empty(), rule.examples.not_matching.is_empty()) {
            (true, false) => "no example that it matches",
            (false, true) => "no example that it does not match",
            _ => "no examples",
        };
        let message = format!("`{}` has {missing}", rule.id);
        let help = "paste a stack under `examples:` / `match:`, and a healthy one that looks like it under `no-match:`";
        diagnostics.add(Code::NoExamples, source, rule.span, message).help(help);
    }
    if rule.links.is_empty() && rule.role.is_none() {
        let message = format!("`{}` has no link", rule.id);
        diagnostics.add(Code::NoLink, source, rule.span, message).help("add `links:` with a `title` and a `url`");
    }
}

/// Which of the files that were read a rule is from.
pub(super) fn source_of(rule: &Rule, diagnostics: &Diagnostics) -> usize {
    diagnostics.sources.iter().position(|source| source.name == rule.file).unwrap_or_default()
}
