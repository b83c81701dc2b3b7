//! The verdict that answers bear: the finding, or what refutes it.

use super::{Answer, rung_states};
use crate::engine::proof::{empty_finding, filled_in};
use crate::finding::{Ask, EvidenceState, Finding, Verdict};
use crate::rules::{Ladder, Rule, RuleSet};

/// The finding of a ladder, when one of its verdicts holds; or what refutes it.
pub fn of_answers(
    rules: &RuleSet,
    index: usize,
    ladder: &Ladder,
    answers: &[Answer],
    findings: &[&Finding],
) -> Option<Result<Finding, String>> {
    let rule = &rules.rules[index];
    let holds = |rung: &usize| answers[*rung].state == EvidenceState::Holds;
    let (verdict, resting_on) = ladder.verdicts.iter().find(|(_, when)| when.iter().all(holds))?;
    // What the strongest verdict that rests on all of this, and more, would need. Another line of proof is not wanted.
    let contains = |(_, when): &&(Verdict, Vec<usize>)| resting_on.iter().all(|rung| when.contains(rung));
    let wanted = &ladder.verdicts.iter().find(contains)?.1;
    let against = wanted.iter().find(|&&rung| answers[rung].state == EvidenceState::Contradicted);
    let mut found = Finding { confidence: rule.confidence, verdict: *verdict, ..empty_finding(index) };
    if let Some(&rung) = against {
        let because = format!("{}: {}", ladder.rungs[rung].name, answers[rung].said);
        let Some(lowered) = verdict.lowered() else { return Some(Err(because)) };
        found.verdict = lowered;
        found.confidence = rule.confidence.lowered();
        found.lowered_because = Some(because);
    }
    take_stack(&mut found, answers, findings);
    for answer in answers.iter().filter(|answer| answer.state == EvidenceState::Holds) {
        found.evidence.extend(answer.evidence.iter().cloned());
        found.folded.extend(&answer.findings);
    }
    found.folded.dedup();
    found.rungs = rung_states(ladder, answers);
    found.ask = asks(ladder, wanted, answers);
    found.message = message(rule, ladder, answers);
    let names = resting_on.iter().map(|&rung| ladder.rungs[rung].name.as_str());
    found.fingerprint = format!("{}-{}", rule.id, names.collect::<Vec<_>>().join("-"));
    Some(Ok(found))
}

/// The stack of the first finding that became evidence is shown with the ladder's.
fn take_stack(found: &mut Finding, answers: &[Answer], findings: &[&Finding]) {
    let folded: Vec<usize> = answers.iter().flat_map(|answer| answer.findings.iter().copied()).collect();
    let of_stack = findings.iter().find(|finding| folded.contains(&finding.rule) && finding.stacks > 0);
    if let Some(finding) = of_stack {
        found.stacks = finding.stacks;
        found.threads = finding.threads.clone();
        found.evidence = finding.evidence.clone();
        found.shown = finding.shown.clone();
    }
}

/// What to collect for a stronger verdict.
fn asks(ladder: &Ladder, wanted: &[usize], answers: &[Answer]) -> Vec<Ask> {
    let open = |rung: &&usize| {
        let answer = &answers[**rung];
        matches!(answer.state, EvidenceState::Missing | EvidenceState::Undecided) && !answer.is_suppressed
    };
    let ask = |&rung: &usize| {
        let rung = &ladder.rungs[rung];
        rung.ask.as_ref().map(|text| Ask { rung: rung.name.clone(), text: text.clone() })
    };
    wanted.iter().filter(open).filter_map(ask).collect()
}

/// The lines of the rule's message whose figures are all there, and proven.
fn message(rule: &Rule, ladder: &Ladder, answers: &[Answer]) -> Option<String> {
    let value = |name: &str| {
        let (rung, value) = name.split_once('.')?;
        let answer = &answers[ladder.rungs.iter().position(|known| known.name == rung)?];
        let found = answer.values.iter().find(|(known, _)| *known == value)?;
        (answer.state == EvidenceState::Holds).then(|| found.1.clone())
    };
    let lines = rule.message.as_ref()?.lines().map(|line| filled_in(line, value));
    let lines: Vec<String> = lines.filter(|(_, all)| *all).map(|(line, _)| line).collect();
    (!lines.is_empty()).then(|| lines.join(" "))
}
