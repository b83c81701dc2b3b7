//! The cause before what follows from it: findings on threads that only wait behind another are folded into it.

use std::collections::HashSet;

use super::super::exceptions::{Exception, tells_of_another};
use super::super::threads::ThreadIds;
use crate::finding::{Finding, ThreadEvidence};
use crate::model::ThreadRef;
use crate::rules::{Rule, RuleSet};

/// Folds findings into those that explain them. A rule that asks of locks explains what stands on its threads and on those
/// behind them, and one that asks for many threads what stands on these; any other rule explains what there is of the whole
/// process.
pub fn fold(rules: &RuleSet, findings: &mut Vec<Finding>, ids: &ThreadIds, exceptions: &[Exception]) {
    let mut folded_into: Vec<Option<usize>> = vec![None; findings.len()];
    for cause in 0..findings.len() {
        for effect in 0..findings.len() {
            let is_free = cause != effect && folded_into[cause] != Some(effect) && folded_into[effect].is_none();
            let explains = || {
                explains(rules, &findings[cause], &findings[effect], ids)
                    && !tells_of_another(exceptions, &findings[effect], &findings[cause])
            };
            if is_free && explains() {
                folded_into[effect] = Some(cause);
            }
        }
    }
    for effect in 0..findings.len() {
        let Some(mut cause) = folded_into[effect] else { continue };
        // What explains the explanation is the cause of both.
        for _ in 0..findings.len() {
            cause = folded_into[cause].unwrap_or(cause);
        }
        if cause != effect {
            let rule = findings[effect].rule;
            if !findings[cause].folded.contains(&rule) {
                findings[cause].folded.push(rule);
            }
        }
    }
    let mut folded_into = folded_into.into_iter();
    findings.retain(|_| folded_into.next().flatten().is_none());
}

fn explains(rules: &RuleSet, cause: &Finding, effect: &Finding, ids: &ThreadIds) -> bool {
    let (rule, other) = (&rules.rules[cause.rule], &rules.rules[effect.rule]);
    if cause.rule == effect.rule || !names(rule, effect.rule, other) {
        return false;
    }
    if !rule.asks_of_locks() && rule.threads.is_none() {
        return true;
    }
    let own = cause.threads.iter().map(|evidence| &evidence.thread).chain(&cause.behind);
    let own: HashSet<Key> = own.filter_map(|thread| key(thread, ids)).collect();
    let places: HashSet<(usize, u32)> = cause.threads.iter().map(|own| (own.source, own.line)).collect();
    // Threads without names are known by their stacks.
    let is_own = |evidence: &ThreadEvidence| {
        let of_name = key(&evidence.thread, ids).is_some_and(|key| own.contains(&key));
        of_name || places.contains(&(evidence.source, evidence.line))
    };
    !effect.threads.is_empty() && effect.threads.iter().all(is_own)
}

fn names(rule: &Rule, index: usize, other: &Rule) -> bool {
    rule.explains.rules.contains(&index) || rule.explains.categories.contains(&other.category)
}

/// What a thread is known by: its id before its index, and that before its name.
type Key = (Option<u64>, Option<u32>, Option<String>);

fn key(thread: &ThreadRef, ids: &ThreadIds) -> Option<Key> {
    let mut thread = thread.clone();
    ids.complete(&mut thread);
    match (thread.os_id, thread.index, thread.name) {
        (Some(id), ..) => Some((Some(id), None, None)),
        (None, Some(index), _) => Some((None, Some(index), None)),
        (None, None, Some(name)) => Some((None, None, Some(name))),
        (None, None, None) => None,
    }
}
