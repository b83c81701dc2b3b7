//! Rules as their authors wrote them, with the place of every part.

use jiff::civil::Date;

use super::{Comparison, Subject, Via, WantedOwner};
use crate::facts::{CounterUnit, Limits, ListingKind, Measured};
use crate::finding::{Confidence, Severity, Verdict};
use crate::text::Span;

/// All that one rule file holds.
#[derive(Clone, Debug, Default)]
pub struct RuleFile {
    pub rules: Vec<WrittenRule>,
    /// `lists:`, one alternative a line.
    pub lists: Vec<(Spot<String>, Block)>,
    /// `noise:`, one frame a line.
    pub noise: Option<Block>,
    /// `aliases:`: the canonical name of a module, and the names it also goes by.
    pub aliases: Vec<(String, Vec<String>)>,
    /// `counters:`: the counters that rules may name.
    pub counters: Vec<(Spot<String>, WrittenCounterKind)>,
}

/// A value and where it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spot<T> {
    pub value: T,
    pub span: Span,
}

/// Lines of text, each with its place in the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Block {
    pub span: Span,
    pub lines: Vec<Spot<String>>,
}

/// One rule, role rules included.
#[derive(Clone, Debug, Default)]
pub struct WrittenRule {
    /// Where the rule begins.
    pub span: Span,
    pub id: Spot<String>,
    pub title: String,
    /// What a match makes of the thread, instead of a finding.
    pub role: Option<Spot<String>>,
    /// The rule that this one takes what it does not say itself from.
    pub extends: Option<Spot<String>>,
    pub severity: Option<Severity>,
    pub confidence: Option<Confidence>,
    pub category: String,
    pub tags: Vec<String>,
    pub pattern: Block,
    /// The pattern is one of what keeps an object alive, not of a stack.
    pub subject: Subject,
    pub unless: Vec<Block>,
    pub unless_roles: Vec<Spot<String>>,
    /// Roles that the thread must have.
    pub on: Vec<Spot<String>>,
    pub yields_to: Vec<Spot<String>>,
    pub threads: Option<WrittenThreads>,
    pub exception: Option<WrittenException>,
    pub cycle: Option<WrittenCycle>,
    pub deadlock: Option<WrittenDeadlock>,
    pub blocked_behind: Option<WrittenBlockedBehind>,
    /// Rules or categories whose findings are a consequence of this rule's.
    pub explains: Vec<Spot<String>>,
    pub stuck: Option<WrittenStuck>,
    pub ladder: WrittenLadder,
    pub strict: Option<bool>,
    pub message: Option<Spot<String>>,
    pub why: String,
    pub fix: Vec<String>,
    pub notes: Option<String>,
    pub links: Vec<crate::rules::Link>,
    pub examples: Examples,
}

/// `threads:`
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WrittenThreads {
    pub span: Span,
    pub at_least: u64,
    pub at_most: Option<u64>,
    pub share: f64,
    pub same: Option<Spot<String>>,
}

/// `exception:`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WrittenException {
    /// Any of them, as of the other lists.
    pub types: Vec<String>,
    pub messages: Vec<String>,
    pub at: Vec<String>,
    pub codes: Vec<u64>,
    pub unhandled: bool,
}

/// `cycle:`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenCycle {
    pub repeats: u32,
    pub period: u32,
    pub contains: Option<Spot<String>>,
}

/// `deadlock:`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WrittenDeadlock {
    pub via: Vec<Via>,
}

/// `blocked-behind:`; the pattern of its owner is kept as that of the rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WrittenBlockedBehind {
    pub waiters: u64,
    pub via: Vec<Via>,
    pub owner: WantedOwner,
}

/// `stuck:`; its pattern is that of the rule.
#[derive(Clone, Debug, PartialEq)]
pub struct WrittenStuck {
    pub captures: u32,
    pub cpu: Option<f64>,
    pub once: Option<Confidence>,
}

/// `evidence:`, `verdicts:` and `ask:`
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WrittenLadder {
    pub rungs: Vec<WrittenRung>,
    pub verdicts: Vec<WrittenVerdict>,
    /// What to collect, by the name of the evidence that is missing.
    pub ask: Vec<(Spot<String>, String)>,
}

/// `owner: {leak: {module: GdiPlus, grows: true}}`
#[derive(Clone, Debug, PartialEq)]
pub struct WrittenRung {
    pub name: Spot<String>,
    pub question: WrittenQuestion,
}

#[derive(Clone, Debug, PartialEq)]
pub enum WrittenQuestion {
    Finding(Vec<Spot<String>>),
    Leak(WrittenLeak),
    Counter(WrittenCounter),
    Table(WrittenTable),
}

/// `leak:`
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WrittenLeak {
    pub span: Span,
    pub modules: Vec<Spot<String>>,
    pub functions: Vec<Spot<String>>,
    pub blocks: Vec<Spot<String>>,
    pub total: Option<Measured>,
    pub measured: Option<Measured>,
    pub grows: Option<bool>,
    pub share: Option<Spot<Comparison>>,
    pub growth: Option<Spot<Comparison>>,
    pub average: Option<Spot<Comparison>>,
    pub value: Option<Spot<Comparison>>,
    pub reports: Option<Spot<Comparison>>,
    pub tracking: Option<Spot<Comparison>>,
}

/// `counter:`
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WrittenCounter {
    pub span: Span,
    pub name: Option<Spot<String>>,
    pub grows: Option<bool>,
    pub growth: Option<Spot<Comparison>>,
    pub value: Option<Spot<Comparison>>,
    pub rate: Option<Spot<Comparison>>,
    pub rises: Option<Spot<Comparison>>,
}

/// `table:`
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WrittenTable {
    pub span: Span,
    /// `None` where the name is missing or wrong.
    pub kind: Option<ListingKind>,
    pub is_named: bool,
    pub owners: Vec<Spot<String>>,
    /// `not System.*`
    pub not_owners: Vec<Spot<String>>,
    pub total: Option<Measured>,
    pub measured: Option<Measured>,
    pub grows: Option<bool>,
    pub share: Option<Spot<Comparison>>,
    pub growth: Option<Spot<Comparison>>,
    pub rate: Option<Spot<Comparison>>,
    pub average: Option<Spot<Comparison>>,
    pub size: Option<Spot<Comparison>>,
    pub count: Option<Spot<Comparison>>,
    pub captures: Option<Spot<Comparison>>,
}

/// `{verdict: likely, when: [drawing, owner]}`
#[derive(Clone, Debug, PartialEq)]
pub struct WrittenVerdict {
    pub span: Span,
    pub verdict: Verdict,
    pub when: Vec<Spot<String>>,
}

/// One of `counters:`: where it comes from, its unit, and from where on it is said to grow.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WrittenCounterKind {
    pub from: Vec<String>,
    pub unit: CounterUnit,
    pub limits: Limits,
}

/// A finding that a team knows of and does not want to see: `[[suppress]]` in its settings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WrittenSuppression {
    pub span: Span,
    /// A rule's id, or a glob for several.
    pub id: Spot<String>,
    /// Only on stacks that this pattern matches.
    pub stack: Option<Block>,
    pub reason: String,
    /// The last day on which it holds.
    pub expires: Option<Date>,
}

/// `[limits.private-bytes]` of settings: from where on a counter grows or is flat, where it is said anew.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WrittenLimits {
    pub counter: Spot<String>,
    pub grows_by: Option<f64>,
    pub grows_at_least: Option<f64>,
    pub flat_within: Option<f64>,
    pub flat_at_most: Option<f64>,
}

/// Texts that the rule must match, and texts that it must not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Examples {
    pub matching: Vec<Example>,
    pub not_matching: Vec<Example>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Example {
    pub span: Span,
    pub text: String,
}

impl WrittenRule {
    /// This rule with what it leaves to `base`: words and texts replace those of the base, lists are added to its lists.
    /// A pattern is taken whole from one of the two.
    pub fn extending(&self, base: &WrittenRule) -> WrittenRule {
        let base = &base.seen_from(self.extends.as_ref().map_or(self.id.span, |extends| extends.span));
        let text = |own: &String, base: &String| if own.is_empty() { base.clone() } else { own.clone() };
        let mut rule = self.clone();
        rule.title = text(&self.title, &base.title);
        rule.category = text(&self.category, &base.category);
        rule.why = text(&self.why, &base.why);
        if self.severity.is_none() {
            rule.role = self.role.clone().or_else(|| base.role.clone());
        }
        rule.severity = self.severity.or(base.severity);
        rule.confidence = self.confidence.or(base.confidence);
        rule.strict = self.strict.or(base.strict);
        rule.message = self.message.clone().or_else(|| base.message.clone());
        rule.notes = self.notes.clone().or_else(|| base.notes.clone());
        if self.pattern.lines.is_empty() {
            rule.pattern = base.pattern.clone();
            rule.subject = base.subject;
            // Its examples are examples of this pattern too.
            rule.examples = joined_examples(&base.examples, &self.examples);
        }
        rule.threads = self.threads.clone().or_else(|| base.threads.clone());
        rule.exception = self.exception.clone().or_else(|| base.exception.clone());
        rule.cycle = self.cycle.clone().or_else(|| base.cycle.clone());
        rule.deadlock = self.deadlock.clone().or_else(|| base.deadlock.clone());
        rule.blocked_behind = self.blocked_behind.clone().or_else(|| base.blocked_behind.clone());
        rule.explains = joined(&base.explains, &self.explains);
        rule.stuck = self.stuck.clone().or_else(|| base.stuck.clone());
        if self.ladder.rungs.is_empty() {
            rule.ladder = base.ladder.clone();
            if !self.ladder.ask.is_empty() {
                rule.ladder.ask.clone_from(&self.ladder.ask);
            }
        }
        rule.tags = joined(&base.tags, &self.tags);
        rule.unless = joined(&base.unless, &self.unless);
        rule.unless_roles = joined(&base.unless_roles, &self.unless_roles);
        rule.on = joined(&base.on, &self.on);
        rule.yields_to = joined(&base.yields_to, &self.yields_to);
        rule.fix = joined(&base.fix, &self.fix);
        rule.links = joined(&base.links, &self.links);
        rule
    }
}

impl WrittenRule {
    /// Whatever is wrong with what a rule takes over is shown at this place: the base may be in another file.
    fn seen_from(&self, span: Span) -> WrittenRule {
        let mut rule = self.clone();
        for block in rule.unless.iter_mut().chain([&mut rule.pattern]) {
            block.span = span;
            block.lines.iter_mut().for_each(|line| line.span = span);
        }
        let words =
            [&mut rule.unless_roles, &mut rule.on, &mut rule.yields_to, &mut rule.explains].into_iter().flatten();
        words.chain(&mut rule.message).chain(&mut rule.role).for_each(|word| word.span = span);
        for example in rule.examples.matching.iter_mut().chain(&mut rule.examples.not_matching) {
            example.span = span;
        }
        if let Some(threads) = &mut rule.threads {
            threads.span = span;
            threads.same.iter_mut().for_each(|same| same.span = span);
        }
        if let Some(cycle) = &mut rule.cycle {
            cycle.contains.iter_mut().for_each(|contains| contains.span = span);
        }
        rule.ladder.put_at(span);
        rule
    }
}

impl WrittenLadder {
    /// Moves all of it to one place.
    fn put_at(&mut self, span: Span) {
        for rung in &mut self.rungs {
            rung.name.span = span;
            match &mut rung.question {
                WrittenQuestion::Finding(ids) => ids.iter_mut().for_each(|id| id.span = span),
                WrittenQuestion::Leak(leak) => leak.span = span,
                WrittenQuestion::Table(table) => table.span = span,
                WrittenQuestion::Counter(counter) => {
                    counter.span = span;
                    for part in [&mut counter.growth, &mut counter.value].into_iter().flatten() {
                        part.span = span;
                    }
                    counter.name.iter_mut().for_each(|name| name.span = span);
                }
            }
        }
        for verdict in &mut self.verdicts {
            verdict.span = span;
            verdict.when.iter_mut().for_each(|name| name.span = span);
        }
        self.ask.iter_mut().for_each(|(name, _)| name.span = span);
    }
}

fn joined<T: Clone>(base: &[T], own: &[T]) -> Vec<T> {
    [base, own].concat()
}

fn joined_examples(base: &Examples, own: &Examples) -> Examples {
    Examples {
        matching: joined(&base.matching, &own.matching),
        not_matching: joined(&base.not_matching, &own.not_matching),
    }
}
