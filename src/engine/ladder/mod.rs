//! Rules that ask for evidence of several kinds: how much of it there is, and what verdict that bears.

mod answer;
mod counter;
mod leak;
mod open_question;
mod table;
mod verdict;
mod view;

pub use answer::Answer;
pub use open_question::open_question;

use crate::facts::{ProcessCounters, ProcessLeaks, ProcessTables};
use crate::finding::{EvidenceState, Finding, Refuted, RungState};
use crate::rules::{Ladder, Question, RuleSet};
use view::{View, views};

/// What the texts of a case measure, by process.
#[derive(Clone, Debug, Default)]
pub struct CaseFacts {
    pub leaks: Vec<ProcessLeaks>,
    pub counters: Vec<ProcessCounters>,
    pub tables: Vec<ProcessTables>,
    /// Rules that hold, and that settings suppress.
    pub suppressed: Vec<usize>,
}

/// Adds the findings of ladders, and takes away those that became part of one.
/// Gives back the rules whose evidence is there, and refuted by other evidence.
pub fn climb(rules: &RuleSet, facts: &CaseFacts, findings: &mut Vec<Finding>) -> Vec<Refuted> {
    let mut refuted: Vec<Refuted> = Vec::new();
    let views = views(facts);
    // Of which process each finding is, where it is of one.
    let mut owners: Vec<Owner> = vec![None; findings.len()];
    let mut folded: Vec<(usize, Owner)> = Vec::new();
    for index in in_order(rules) {
        let Some(ladder) = &rules.rules[index].ladder else { continue };
        let mut found: Vec<(usize, Finding)> = Vec::new();
        for (number, view) in views.iter().enumerate() {
            let own = findings.iter().zip(&owners).filter(|(_, owner)| may_be_one(**owner, Some(number)));
            let own: Vec<&Finding> = own.map(|(finding, _)| finding).collect();
            let answers = answers(ladder, view, &own, facts, rules);
            match verdict::of_answers(rules, index, ladder, &answers, &own) {
                Some(Ok(finding)) => found.push((number, finding)),
                Some(Err(because)) => refuted.push(Refuted { rule: index, because }),
                None => {}
            }
        }
        // What no figure of a process bears is said once.
        let bears = |finding: &Finding| finding.evidence.iter().any(|evidence| evidence.frame.is_none());
        if found.iter().any(|(_, finding)| bears(finding)) {
            found.retain(|(_, finding)| bears(finding));
        } else {
            found.truncate(1);
        }
        let several = found.len() > 1;
        for (number, mut finding) in found {
            let owner = bears(&finding).then_some(number);
            finding.group = several.then(|| views[number].process.label());
            folded.extend(finding.folded.iter().map(|&rule| (rule, owner)));
            owners.push(owner);
            findings.push(finding);
        }
    }
    let held: Vec<(usize, Owner)> = findings.iter().map(|finding| finding.rule).zip(owners.iter().copied()).collect();
    let mut owners = owners.into_iter();
    findings.retain(|finding| {
        let owner = owners.next().flatten();
        let is_among = |those: &[(usize, Owner)], rule: usize| {
            those.iter().any(|(other, of)| *other == rule && may_be_one(*of, owner))
        };
        let rule = &rules.rules[finding.rule];
        let yields = rule.ladder.is_some() && rule.yields_to.iter().any(|&other| is_among(&held, other));
        !yields && !is_among(&folded, finding.rule)
    });
    refuted.retain(|refuted| !findings.iter().any(|finding| finding.rule == refuted.rule));
    refuted.dedup_by_key(|refuted| refuted.rule);
    refuted
}

/// The number of the view that a finding is of; `None` where it may be of any process, as that of a stack.
type Owner = Option<usize>;

fn may_be_one(one: Owner, other: Owner) -> bool {
    one.is_none() || other.is_none() || one == other
}

/// How the parts of a rule's evidence stand for the process of which most is known; whether a verdict holds, and which.
pub fn states(
    rules: &RuleSet,
    index: usize,
    facts: &CaseFacts,
    findings: &[Finding],
) -> (Vec<RungState>, bool, String) {
    let Some(ladder) = &rules.rules[index].ladder else { return (Vec::new(), false, String::new()) };
    let findings: Vec<&Finding> = findings.iter().collect();
    let of_views = views(facts).iter().map(|view| answers(ladder, view, &findings, facts, rules)).collect::<Vec<_>>();
    let holding = |answers: &Vec<Answer>| answers.iter().filter(|answer| answer.state == EvidenceState::Holds).count();
    let Some(best) = of_views.into_iter().rev().max_by_key(holding) else { return (Vec::new(), false, String::new()) };
    let (holds, said) = match verdict::of_answers(rules, index, ladder, &best, &findings) {
        Some(Ok(Finding { verdict, lowered_because: None, .. })) => (true, verdict.name().to_string()),
        Some(Ok(Finding { verdict, lowered_because: Some(because), .. })) => {
            (true, format!("{}, lowered because of {because}", verdict.name()))
        }
        Some(Err(because)) => (false, format!("refuted by {because}")),
        None => {
            let all: Vec<String> = ladder.verdicts.iter().map(|verdict| ladder.in_words(verdict)).collect();
            (false, format!("none of: {}", all.join("; ")))
        }
    };
    (rung_states(ladder, &best), holds, said)
}

/// Rules with ladders, those that are evidence of others first.
fn in_order(rules: &RuleSet) -> Vec<usize> {
    fn visit(index: usize, rules: &RuleSet, order: &mut Vec<usize>) {
        let Some(ladder) = &rules.rules[index].ladder else { return };
        if order.contains(&index) {
            return;
        }
        ladder.findings().for_each(|other| visit(other, rules, order));
        order.push(index);
    }
    let mut order = Vec::new();
    (0..rules.rules.len()).for_each(|index| visit(index, rules, &mut order));
    order
}

fn answers(ladder: &Ladder, view: &View<'_>, findings: &[&Finding], facts: &CaseFacts, rules: &RuleSet) -> Vec<Answer> {
    let answer = |question: &Question| match question {
        Question::Finding(wanted) => of_findings(wanted, findings, &facts.suppressed, rules),
        Question::Leak(question) => leak::answer(question, view.leaks),
        Question::Counter(question) => counter::answer(question, view.counters, view.other_counters.as_deref()),
        Question::Table(question) => table::answer(question, view.tables, view.other_tables),
    };
    ladder.rungs.iter().map(|rung| answer(&rung.question)).collect()
}

fn of_findings(wanted: &[usize], findings: &[&Finding], suppressed: &[usize], rules: &RuleSet) -> Answer {
    let held: Vec<&&Finding> = findings.iter().filter(|finding| wanted.contains(&finding.rule)).collect();
    if held.is_empty() {
        let known = wanted.iter().find(|rule| suppressed.contains(rule));
        let Some(&rule) = known else { return Answer::missing("not found in these texts") };
        let said = format!("found, and suppressed by settings [{}]", rules.rules[rule].id);
        return Answer { is_suppressed: true, ..Answer::missing(said) };
    }
    let said = held.iter().map(|finding| {
        let rule = &rules.rules[finding.rule];
        let on = match finding.stacks {
            0 => String::new(),
            1 => ", on 1 stack".to_string(),
            stacks => format!(", on {stacks} stacks"),
        };
        format!("{}{on} [{}]", rule.title, rule.id)
    });
    let mut answer = Answer::new(EvidenceState::Holds, said.collect::<Vec<_>>().join("; "));
    answer.findings = held.iter().map(|finding| finding.rule).collect();
    answer
}

fn rung_states(ladder: &Ladder, answers: &[Answer]) -> Vec<RungState> {
    let state = |(rung, answer): (&crate::rules::Rung, &Answer)| RungState {
        name: rung.name.clone(),
        state: answer.state,
        said: answer.said.clone(),
        chart: answer.chart.clone(),
        places: answer.evidence.iter().map(|evidence| (evidence.source, evidence.line)).collect(),
    };
    ladder.rungs.iter().zip(answers).map(state).collect()
}
