//! What `rules test` has to say: every example by file, with its place, how it went, and what was reported instead.

use super::examples::{ExampleOutcome, ExampleResult, run_examples};
use crate::rules::{Rule, RuleSet};
use crate::text::Source;

/// The examples of the built-in rules, or of the user's, by file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TestRun {
    pub files: Vec<TestedFile>,
}

/// A file that holds a rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TestedFile {
    pub name: String,
    pub rules: Vec<TestedRule>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TestedRule {
    pub id: String,
    pub examples: Vec<TestedExample>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestedExample {
    /// Line of the file on which it begins, from 1.
    pub line: usize,
    pub should_match: bool,
    /// Which of the rule's examples of this kind it is, from 1.
    pub number: usize,
    pub outcome: ExampleOutcome,
    /// Ids of the other rules that are reported on it, each once.
    pub others: Vec<String>,
}

/// Runs the examples of the built-in rules or of the user's. `sources` are the files that the rules came from.
pub fn test_rules(rules: &RuleSet, of_builtin: bool, sources: &[Source]) -> TestRun {
    let mut run = TestRun::default();
    let mut places: Vec<Option<(usize, usize)>> = Vec::new();
    for rule in &rules.rules {
        places.push((rule.is_builtin == of_builtin).then(|| run.add_rule(rule)));
    }
    for result in run_examples(rules) {
        if let Some((file, rule)) = places[result.rule] {
            let text = sources.iter().find(|source| source.name == run.files[file].name);
            let line = text.map_or(0, |source| source.position(result.span.start).0);
            run.files[file].rules[rule].add_example(result, line);
        }
    }
    run
}

impl TestRun {
    /// Every example with its rule and its file, in the order of the files.
    pub fn examples(&self) -> impl Iterator<Item = (&TestedFile, &TestedRule, &TestedExample)> {
        let rules = self.files.iter().flat_map(|file| file.rules.iter().map(move |rule| (file, rule)));
        rules.flat_map(|(file, rule)| rule.examples.iter().map(move |example| (file, rule, example)))
    }

    /// How many examples went this way.
    pub fn count(&self, outcome: ExampleOutcome) -> usize {
        self.examples().filter(|(_, _, example)| example.outcome == outcome).count()
    }

    pub fn rules(&self) -> impl Iterator<Item = &TestedRule> {
        self.files.iter().flat_map(|file| &file.rules)
    }

    pub fn all_right(&self) -> bool {
        self.examples().all(|(_, _, example)| example.outcome == ExampleOutcome::Right)
    }

    /// Where the rule stands in the run: file and rule.
    fn add_rule(&mut self, rule: &Rule) -> (usize, usize) {
        let known = self.files.iter().position(|file| file.name == rule.file);
        let file = known.unwrap_or_else(|| {
            self.files.push(TestedFile { name: rule.file.clone(), rules: Vec::new() });
            self.files.len() - 1
        });
        let rules = &mut self.files[file].rules;
        rules.push(TestedRule { id: rule.id.clone(), examples: Vec::new() });
        (file, rules.len() - 1)
    }
}

impl TestedRule {
    fn add_example(&mut self, result: ExampleResult, line: usize) {
        let ExampleResult { should_match, outcome, reported, .. } = result;
        let same_kind = self.examples.iter().filter(|example| example.should_match == should_match);
        let number = same_kind.count() + 1;
        let mut others: Vec<String> = Vec::new();
        for id in reported {
            if id != self.id && !others.contains(&id) {
                others.push(id);
            }
        }
        self.examples.push(TestedExample { line, should_match, number, outcome, others });
    }
}

impl TestedExample {
    /// `match 1`, `no-match 2`.
    pub fn name(&self) -> String {
        let kind = if self.should_match { "match" } else { "no-match" };
        format!("{kind} {}", self.number)
    }

    /// What is wrong with it, in words; `None` when it is right.
    pub fn complaint(&self) -> Option<String> {
        let others = self.others.join(", ");
        let wrong = match self.outcome {
            ExampleOutcome::Right => return None,
            ExampleOutcome::Empty => "no call stack was found in it",
            ExampleOutcome::Missing => "should match and does not",
            ExampleOutcome::Noisy => "should not match and does",
        };
        Some(match (self.outcome, others.as_str()) {
            (ExampleOutcome::Empty, _) | (ExampleOutcome::Noisy, "") => wrong.to_string(),
            (ExampleOutcome::Missing, "") => format!("{wrong}; nothing else is reported on it"),
            (ExampleOutcome::Missing, others) => format!("{wrong}; reported instead: {others}"),
            (_, others) => format!("{wrong}; also reported: {others}"),
        })
    }
}
