//! Two cases that were scanned, compared: their findings and what they measure.

use std::collections::HashSet;

use super::case::CaseResult;
use super::measures::{Measures, Texts};
use crate::facts::{Changes, Look, changes, is_managed};
use crate::finding::{ComparedFinding, EvidenceKind, Fate, Finding, FindingPlace, compare};
use crate::model::ThreadRef;
use crate::rules::{IDLE, RuleSet};

/// A case that was scanned, to be compared with another.
pub struct Side {
    pub result: CaseResult,
    pub measures: Measures,
    /// How many sources it has.
    pub sources: usize,
}

/// What became of the findings of the old case, what is new, and how the figures changed.
pub fn diff(rules: &RuleSet, old: &Side, new: &Side) -> (Vec<Fate>, Changes) {
    let compared = |side: &Side, other: &Side| {
        let findings = side.result.findings.iter();
        findings.map(|finding| compared(rules, finding, side, other)).collect::<Vec<_>>()
    };
    let fates = compare(compared(old, new), compared(new, old));
    (fates, changes(&look(rules, old), &look(rules, new)))
}

fn look<'s>(rules: &RuleSet, side: &'s Side) -> Look<'s> {
    let activity = &side.result.activity;
    let mut threads = vec![("threads".to_string(), activity.threads), (IDLE.to_string(), 0)];
    for &(rule, count) in &activity.roles {
        let role = rules.rules[rule].role.as_deref().unwrap_or_default();
        match threads.iter_mut().find(|(known, _)| known == role) {
            Some((_, known)) => *known += count,
            None => threads.push((role.to_string(), count)),
        }
    }
    threads[2..].sort();
    threads.push(("unexplained".to_string(), activity.unexplained()));
    let Measures { leaks, counters, tables, .. } = &side.measures;
    Look { threads, captures: &side.result.captures, leaks, counters, tables: Some(tables), sources: side.sources }
}

fn compared(rules: &RuleSet, finding: &Finding, side: &Side, other: &Side) -> ComparedFinding {
    let rule = &rules.rules[finding.rule];
    let ids = |indices: &[usize]| indices.iter().map(|&index| rules.rules[index].id.clone()).collect();
    let place = finding.evidence.first().map(|evidence| FindingPlace {
        source: evidence.source,
        line: evidence.line,
        text: evidence.text.clone(),
    });
    let silent = other.measures.silent[finding.rule].clone();
    let lacks = silent.or_else(|| lacks(finding, &side.measures.texts, side, other).map(str::to_string));
    ComparedFinding {
        rule: rule.id.clone(),
        title: rule.title.clone(),
        severity: rule.severity,
        verdict: finding.verdict,
        confidence: finding.confidence,
        fingerprint: finding.fingerprint.clone(),
        group: finding.group.clone(),
        message: finding.message.clone(),
        threads: threads(finding),
        place,
        folded: ids(&finding.folded),
        yields_to: ids(&rule.yields_to),
        other_lacks: lacks,
    }
}

/// What the texts of the other case lack, beside what the rule asks of any, to show the stack of this finding.
fn lacks(finding: &Finding, own: &Texts, side: &Side, other: &Side) -> Option<&'static str> {
    let there = &other.measures.texts;
    let frames = || finding.evidence.iter().filter(|evidence| evidence.kind == EvidenceKind::Frame);
    if finding.stacks == 0 || frames().next().is_none() || there.stacks == 0 {
        return None;
    }
    let threads = |side: &Side| side.result.activity.threads;
    if threads(other) == 1 && threads(side) > 1 {
        return Some("the stack of one thread only");
    }
    let is_managed = |text: &str| is_managed(text.rsplit('!').next().unwrap_or(text));
    if own.has_managed && !there.has_managed && frames().any(|evidence| is_managed(&evidence.text)) {
        return Some("no managed stacks");
    }
    if own.has_native && !there.has_native && frames().any(|evidence| !is_managed(&evidence.text)) {
        return Some("no native stacks");
    }
    None
}

/// Threads that show it, each once; those that nothing names are told apart by their stacks.
fn threads(finding: &Finding) -> u64 {
    let key = |thread: &ThreadRef| match (thread.os_id, thread.index) {
        (None, None) => None,
        (Some(id), _) => Some((thread.process_id, Some(id), None)),
        (None, index) => Some((thread.process_id, None, index)),
    };
    let mut seen = HashSet::new();
    let keys = finding.threads.iter().filter_map(|evidence| key(&evidence.thread));
    let repeated = keys.filter(|key| !seen.insert(*key)).count() as u64;
    finding.stacks.saturating_sub(repeated)
}
