//! What a case would have to say as well before its silence on a rule proves anything.

use super::view::views;
use super::{Answer, CaseFacts, answers};
use crate::finding::{EvidenceState, Finding};
use crate::rules::{Question, RuleSet, Rung};

/// What the texts lack to rule out every verdict of a rule: `no leak reports`. A verdict is ruled out where they say the
/// opposite of a part of it, or where a finding that it asks for would have been seen; `why_silent` says of a rule why it
/// would not. `None` where all are ruled out.
pub fn open_question(
    rules: &RuleSet,
    index: usize,
    facts: &CaseFacts,
    findings: &[Finding],
    why_silent: &dyn Fn(usize) -> Option<String>,
) -> Option<String> {
    let ladder = rules.rules[index].ladder.as_ref()?;
    let findings: Vec<&Finding> = findings.iter().collect();
    let lacks_of = |answers: &[Answer], when: &[usize]| {
        let mut lacks: Vec<String> = Vec::new();
        for &rung in when {
            let is_folded = |rule: usize| findings.iter().any(|finding| finding.folded.contains(&rule));
            match lack(&ladder.rungs[rung], &answers[rung], facts, &|rule| (is_folded(rule), why_silent(rule))) {
                Lack::RuledOut => return None,
                Lack::Nothing => {}
                Lack::Of(what) if lacks.contains(&what) => {}
                Lack::Of(what) => lacks.push(what),
            }
        }
        Some(lacks)
    };
    let mut open: Vec<Vec<String>> = Vec::new();
    for view in views(facts) {
        let answers = answers(ladder, &view, &findings, facts, rules);
        open.extend(ladder.verdicts.iter().filter_map(|(_, when)| lacks_of(&answers, when)));
    }
    let least = open.into_iter().filter(|lacks| !lacks.is_empty()).min_by_key(Vec::len)?;
    Some(least.join(" and "))
}

/// What keeps a part of the evidence from being decided.
enum Lack {
    /// The texts say the opposite.
    RuledOut,
    /// It holds.
    Nothing,
    Of(String),
}

/// `told` says of a rule whether its finding is part of another, and why there might be one though there is none.
fn lack(rung: &Rung, answer: &Answer, facts: &CaseFacts, told: &dyn Fn(usize) -> (bool, Option<String>)) -> Lack {
    match answer.state {
        EvidenceState::Holds => return Lack::Nothing,
        EvidenceState::Contradicted => return Lack::RuledOut,
        EvidenceState::Missing | EvidenceState::Undecided => {}
    }
    Lack::Of(match &rung.question {
        Question::Finding(wanted) if answer.is_suppressed || wanted.iter().any(|&rule| told(rule).0) => {
            return Lack::Nothing;
        }
        Question::Finding(wanted) => match wanted.iter().find_map(|&rule| told(rule).1) {
            Some(why) => why,
            None => return Lack::RuledOut,
        },
        Question::Leak(_) if facts.leaks.is_empty() => "no leak reports".to_string(),
        Question::Counter(_) if facts.counters.is_empty() => "no counters".to_string(),
        Question::Table(_) if facts.tables.is_empty() => "no tables of heaps".to_string(),
        _ => format!("no proof of `{}` ({})", rung.name, answer.said),
    })
}
