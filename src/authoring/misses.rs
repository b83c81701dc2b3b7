//! Why an example is not as its rule says, in a sentence.

use super::examples::{ExampleOutcome, ExampleResult};
use crate::engine::{ExplainScan, Sieve};
use crate::finding::{Explanation, Mark, Outcome};
use crate::formats::read_example;
use crate::rules::RuleSet;

/// What to look at where an example went wrong.
pub fn why_wrong(rules: &RuleSet, result: &ExampleResult) -> String {
    let rule = &rules.rules[result.rule];
    let mut examples = rule.examples.matching.iter().chain(&rule.examples.not_matching);
    let text = examples.find(|example| example.span == result.span).map_or("", |example| example.text.as_str());
    let said = match result.outcome {
        ExampleOutcome::Missing if text.trim().lines().count() == 1 => {
            Some("this example is one line; a whole stack goes below `- |`, a frame on each line".to_string())
        }
        ExampleOutcome::Missing => explained(rules, result.rule, text).and_then(|explanation| stopped(&explanation)),
        ExampleOutcome::Noisy => explained(rules, result.rule, text).and_then(|explanation| matched(&explanation)),
        ExampleOutcome::Right | ExampleOutcome::Empty => Some(
            "paste a stack as the debugger prints it, or call sites alone, one a line and at least two".to_string(),
        ),
    };
    said.unwrap_or_else(|| format!("`stacklint explain {} FILE` shows more, with the example in a file", rule.id))
}

/// The rule laid over a text.
fn explained(rules: &RuleSet, rule: usize, text: &str) -> Option<Explanation> {
    let sieve = Sieve::new(rules);
    let mut scan = ExplainScan::new(rules, &sieve, rule);
    read_example(text, &mut scan);
    scan.finish()
}

fn stopped(explanation: &Explanation) -> Option<String> {
    let reason = explanation.reasons.first()?;
    match explanation.outcome {
        Outcome::Stopped => {
            let line = explanation.stopped_at()?.text.trim();
            let is_absent = reason.contains("no frame");
            let like = explanation
                .closest
                .first()
                .filter(|_| is_absent)
                .map(|close| format!("; most like it is `{}`", close.frame.text));
            Some(format!("the pattern stops at `{line}`: {reason}{}", like.unwrap_or_default()))
        }
        Outcome::TakenBack => Some(format!("the pattern matches, but {reason}")),
        Outcome::Matches => None,
    }
}

fn matched(explanation: &Explanation) -> Option<String> {
    let frame_of = |mark: &Mark| match mark {
        Mark::Matched(frames) => frames.first().map(|frame| format!("frame {:02x}", frame.number)),
        _ => None,
    };
    let frames: Vec<String> = explanation
        .lines
        .iter()
        .filter_map(|line| Some(format!("`{}` is {}", line.text.trim(), frame_of(&line.mark)?)))
        .collect();
    let said = format!("{}; narrow the pattern, or add an `unless`", frames.join(", "));
    (explanation.outcome == Outcome::Matches && !frames.is_empty()).then_some(said)
}
