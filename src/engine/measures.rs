//! What a case has to say beside its findings when it is compared with another: its figures, and of each rule whether its
//! silence proves anything. A text without a leak report does not show that a leak is gone.

use super::ladder::{CaseFacts, open_question};
use crate::facts::{ProcessCounters, ProcessLeaks, TableCollection};
use crate::finding::Finding;
use crate::model::{CallSites, FrameKind, Stack, StackKind};
use crate::rules::{Rule, RuleSet, Subject};

/// What a case measures, and what its texts could have shown.
#[derive(Clone, Debug)]
pub struct Measures {
    pub texts: Texts,
    /// By rule: what the texts lack, so that nothing follows from it when the rule is not found. `None`: it is not there.
    pub silent: Vec<Option<String>>,
    pub leaks: Vec<ProcessLeaks>,
    pub counters: Vec<ProcessCounters>,
    /// As they were read: put together they are with those of the other case.
    pub tables: TableCollection,
}

/// Which kinds of evidence the texts of a case hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Texts {
    /// Stacks of threads that have a frame.
    pub stacks: u64,
    pub has_native: bool,
    pub has_managed: bool,
    pub has_exceptions: bool,
    /// What keeps objects alive.
    pub has_roots: bool,
    /// Who allocated a block or opened a handle.
    pub has_allocations: bool,
    /// Tables that tell who owns locks.
    pub lock_tables: bool,
    /// Stacks of threads that wait for a lock.
    pub waiting: usize,
    /// Captures of one process in order of time, two or more.
    pub has_courses: bool,
}

impl Texts {
    pub fn look(&mut self, stack: &Stack, sites: &CallSites) {
        self.has_roots |= stack.kind == StackKind::Root;
        self.has_allocations |= stack.kind == StackKind::Allocation;
        if stack.kind != StackKind::Thread || stack.frames.is_empty() {
            return;
        }
        self.stacks += 1;
        self.has_managed |= stack.dialect.is_managed();
        if self.has_native && self.has_managed {
            return;
        }
        for frame in &stack.frames {
            match sites.get(frame.site).kind() {
                FrameKind::Native => self.has_native = true,
                FrameKind::Managed => self.has_managed = true,
                _ => {}
            }
        }
    }
}

/// What the texts lack to show that a rule does not hold: `no thread stacks`. `None` where they would have shown it.
pub fn why_silent(
    rules: &RuleSet,
    index: usize,
    texts: &Texts,
    facts: &CaseFacts,
    findings: &[Finding],
) -> Option<String> {
    let rule = &rules.rules[index];
    if rule.ladder.is_some() {
        // A rule is evidence of others in one direction only: this ends.
        let why_silent = |other: usize| why_silent(rules, other, texts, facts, findings);
        return open_question(rules, index, facts, findings, &why_silent);
    }
    lack(rule, texts).map(str::to_string)
}

fn lack(rule: &Rule, texts: &Texts) -> Option<&'static str> {
    match rule.subject {
        Subject::Stack => {}
        Subject::Root => return (!texts.has_roots).then_some("no output of `!gcroot`"),
        Subject::Allocation => {
            return (!texts.has_allocations).then_some("no trace of `!heap -p -a` or `!htrace`");
        }
    }
    let asks_exception = rule.exception.is_some();
    if asks_exception && !texts.has_exceptions {
        return Some("no exception");
    }
    if asks_exception && !rule.asks_of_stacks() {
        return None;
    }
    if texts.stacks == 0 && !(rule.asks_of_locks() && texts.lock_tables) {
        return Some("no thread stacks");
    }
    if rule.asks_of_locks() && !texts.lock_tables && texts.waiting > 0 {
        return Some("no table of locks, and threads that wait for one");
    }
    if rule.stuck.is_some() && !texts.has_courses {
        return Some("one capture only, where it takes two to see that a thread does not move");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{Origin, compile};
    use crate::text::Source;

    fn check(conditions: &str, texts: Texts, want: Option<&str>) {
        let rule = format!("id: r\ntitle: t\nseverity: low\nwhy: w\nfix: f\n{conditions}");
        let compiled = compile(vec![(Source::new("r.yml".to_string(), &rule), Origin::User)]);
        let rules = compiled.rules.unwrap_or_else(|| panic!("{rule}: {:?}", compiled.diagnostics.list));
        let got = why_silent(&rules, 0, &texts, &CaseFacts::default(), &[]);
        assert_eq!(got.as_deref(), want, "{conditions}: {texts:?}");
    }

    #[test]
    fn silence_proves_something_only_where_the_texts_would_tell() {
        let none = Texts::default();
        let stacks = Texts { stacks: 3, ..none };
        let stack = "match: a!b\n";
        let stuck = "match: {stuck: {captures: \">= 2\", stack: a!b}}\n";
        let deadlock = "match: {deadlock: {via: [syncblk]}}\n";
        let exception = "match: {exception: {type: X}}\n";
        let root = "match: {root: a!b}\n";
        let leak = "evidence: {owner: {leak: {module: GdiPlus, share: \">= 40%\"}}}\n\
                    verdicts: [{verdict: likely, when: [owner]}]\n";
        for (conditions, texts, want) in [
            (stack, none, Some("no thread stacks")),
            (stack, stacks, None),
            (stuck, stacks, Some("one capture only, where it takes two to see that a thread does not move")),
            (stuck, Texts { has_courses: true, ..stacks }, None),
            (deadlock, none, Some("no thread stacks")),
            (deadlock, Texts { lock_tables: true, ..none }, None),
            (deadlock, Texts { waiting: 2, ..stacks }, Some("no table of locks, and threads that wait for one")),
            (deadlock, stacks, None),
            (root, stacks, Some("no output of `!gcroot`")),
            (root, Texts { has_roots: true, ..none }, None),
            (exception, stacks, Some("no exception")),
            (exception, Texts { has_exceptions: true, ..none }, None),
            (leak, stacks, Some("no leak reports")),
        ] {
            check(conditions, texts, want);
        }
    }
}
