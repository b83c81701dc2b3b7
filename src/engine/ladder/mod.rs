//! Rules that ask for evidence of several kinds: how much of it there is, and what verdict that bears.

mod counter;
mod leak;
mod table;

use super::proof::{empty_finding, filled_in};
use crate::facts::{Process, ProcessCounters, ProcessLeaks, ProcessTables};
use crate::finding::{Ask, Evidence, EvidenceState, Finding, Refuted, RungState, Verdict};
use crate::rules::{Ladder, Question, Rule, RuleSet, Rung, Truth};

/// What the texts of a case measure, by process.
#[derive(Clone, Debug, Default)]
pub struct CaseFacts {
    pub leaks: Vec<ProcessLeaks>,
    pub counters: Vec<ProcessCounters>,
    pub tables: Vec<ProcessTables>,
    /// Rules that hold, and that settings suppress.
    pub suppressed: Vec<usize>,
}

/// All that is measured of one process.
struct View<'f> {
    process: Process,
    leaks: Option<&'f ProcessLeaks>,
    counters: Option<&'f ProcessCounters>,
    /// Why counters are not those of the process, though there are some.
    other_counters: Option<String>,
    tables: Option<&'f ProcessTables>,
    /// Why tables are not those of the process, though there are some.
    other_tables: Option<&'static str>,
}

/// The answer to one question.
#[derive(Clone, Debug)]
pub struct Answer {
    pub state: EvidenceState,
    pub said: String,
    pub chart: String,
    pub evidence: Vec<Evidence>,
    /// What messages may use of it: `share`, `growth`, ...
    pub values: Vec<(&'static str, String)>,
    /// Rules whose findings it rests on.
    pub findings: Vec<usize>,
    /// It was found, and settings suppress it: nothing needs to be collected.
    pub is_suppressed: bool,
}

impl Answer {
    fn new(state: EvidenceState, said: impl Into<String>) -> Self {
        let (said, chart) = (said.into(), String::new());
        Answer {
            state,
            said,
            chart,
            evidence: Vec::new(),
            values: Vec::new(),
            findings: Vec::new(),
            is_suppressed: false,
        }
    }

    /// The texts say nothing about it.
    fn missing(said: impl Into<String>) -> Self {
        Answer::new(EvidenceState::Missing, said)
    }
}

/// How an answer stands that rests on several checks: one that fails contradicts it, one that is open leaves it undecided.
fn state_of(checks: &[(Truth, String)]) -> EvidenceState {
    let any = |wanted: Truth| checks.iter().any(|(truth, _)| *truth == wanted);
    match (any(Truth::No), any(Truth::Unknown)) {
        (true, _) => EvidenceState::Contradicted,
        (false, true) => EvidenceState::Undecided,
        (false, false) => EvidenceState::Holds,
    }
}

/// What there is, then what keeps it from being enough.
fn said_of(what: String, checks: Vec<(Truth, String)>) -> String {
    let failed = checks.into_iter().filter(|(truth, why)| *truth != Truth::Yes && !why.is_empty());
    let all: Vec<String> = [what].into_iter().chain(failed.map(|(_, why)| why)).collect();
    all.join("; ")
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
            match finding(rules, index, ladder, &answers, &own) {
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
    let (holds, said) = match finding(rules, index, ladder, &best, &findings) {
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

/// Leak reports, counters and tables are put together where they can only be of one process.
fn views(facts: &CaseFacts) -> Vec<View<'_>> {
    let mut views = Vec::new();
    let mut joined: Vec<usize> = Vec::new();
    for leaks in &facts.leaks {
        let fits = |counters: &&ProcessCounters| counters.process.may_be(&leaks.process);
        let fitting: Vec<&ProcessCounters> = facts.counters.iter().filter(fits).collect();
        let mut view = View { leaks: Some(leaks), ..View::of(&leaks.process) };
        match fitting.as_slice() {
            [only] if facts.leaks.iter().filter(|other| only.process.may_be(&other.process)).count() == 1 => {
                joined.extend(facts.counters.iter().position(|counters| std::ptr::eq(counters, *only)));
                view.counters = Some(only);
            }
            [] if facts.counters.is_empty() => {}
            [] => view.other_counters = Some("the counters are those of other processes".to_string()),
            _ => {
                let said = "which of the counters are those of the process in the leak reports is not said";
                view.other_counters = Some(said.to_string());
            }
        }
        views.push(view);
    }
    for (number, counters) in facts.counters.iter().enumerate() {
        if !joined.contains(&number) {
            views.push(View { counters: Some(counters), ..View::of(&counters.process) });
        }
    }
    add_tables(&mut views, &facts.tables);
    if views.is_empty() {
        views.push(View::of(&Process::default()));
    }
    views
}

/// Tables are put beside what else is measured where both can only be of one process.
fn add_tables<'f>(views: &mut Vec<View<'f>>, all: &'f [ProcessTables]) {
    let measured = views.len();
    for tables in all {
        let fitting: Vec<usize> = (0..measured).filter(|&view| views[view].may_be(&tables.process)).collect();
        match fitting.as_slice() {
            [only] if all.iter().filter(|other| views[*only].may_be(&other.process)).count() == 1 => {
                views[*only].tables = Some(tables);
            }
            _ => views.push(View { tables: Some(tables), ..View::of(&tables.process) }),
        }
    }
    for view in views.iter_mut().filter(|view| view.tables.is_none() && !all.is_empty()) {
        let fits = all.iter().any(|tables| view.may_be(&tables.process));
        view.other_tables = Some(match fits {
            true => "which of the tables are those of this process is not said",
            false => "the tables are those of other processes",
        });
    }
}

impl View<'_> {
    fn of(process: &Process) -> Self {
        View {
            process: process.clone(),
            leaks: None,
            counters: None,
            other_counters: None,
            tables: None,
            other_tables: None,
        }
    }

    fn may_be(&self, process: &Process) -> bool {
        self.process.may_be(process) && self.counters.is_none_or(|counters| counters.process.may_be(process))
    }
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

/// The finding of a ladder, when one of its verdicts holds; or what refutes it.
fn finding(
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
