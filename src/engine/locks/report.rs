//! Rings and queues made into findings, for each rule that asks for them.

mod in_words;
mod of_chains;

use std::collections::BTreeSet;

use super::LockCollection;
use crate::facts::locks::{
    Basis, CRITICAL_SECTION, Chains, LOADER_LOCK, MONITOR, Queue, READER_WRITER_LOCK, Ring, ThreadView, chains,
    moments, thread_label, threads_in_words,
};
use crate::finding::{Ask, CaseCondition, Finding};
use crate::model::{Note, NoteCode, ThreadRef};
use crate::rules::{Rule, RuleSet, Via, WantedOwner};
use in_words::{count_of, in_words, in_words_by, owner_in_words};

impl LockCollection {
    /// The findings of all rules that ask of locks, and what there is to say of the texts.
    pub fn findings(&self, rules: &RuleSet) -> (Vec<Finding>, Vec<(usize, Note)>) {
        let (moments, unclear) = moments(&self.tables, &self.views);
        let all: Vec<Chains<'_>> = moments.iter().map(chains).collect();
        let mut findings = Vec::new();
        for index in 0..rules.rules.len() {
            findings.extend(self.of_rule(rules, index, &all));
        }
        give_way(rules, &mut findings);
        (findings, notes(&all, &unclear))
    }

    /// What a rule asks of locks, and what there is.
    pub fn condition(&self, rules: &RuleSet, index: usize) -> Option<CaseCondition> {
        let rule = &rules.rules[index];
        let (moments, _) = moments(&self.tables, &self.views);
        let all: Vec<Chains<'_>> = moments.iter().map(chains).collect();
        let found = self.of_rule(rules, index, &all);
        let asked = match (&rule.deadlock, &rule.blocked_behind) {
            (Some(deadlock), _) => deadlock.in_words(),
            (_, Some(blocked)) => blocked.in_words(),
            _ => return None,
        };
        let (reported, _) = self.findings(rules);
        if !found.is_empty() && reported.iter().all(|finding| finding.rule != index) {
            let others = rule.yields_to.iter().filter(|&&other| reported.iter().any(|finding| finding.rule == other));
            let names = others.map(|&other| format!("`{}`", rules.rules[other].id));
            return Some(CaseCondition { asked, holds: false, found: format!("it yields to {}", in_words(names)) });
        }
        let held = found.iter().flat_map(|finding| &finding.rungs).map(|rung| format!("{}: {}", rung.name, rung.said));
        let found_words = match found.is_empty() {
            false => in_words_by("; ", held),
            true => self.nothing_found(rule, &all),
        };
        Some(CaseCondition { asked, holds: !found.is_empty(), found: found_words })
    }

    /// What there is of locks, where it is not what a rule asks for.
    fn nothing_found(&self, rule: &Rule, all: &[Chains<'_>]) -> String {
        let waiting = self.views.iter().filter(|view| view.wait.is_some()).count();
        let locks = self.tables.locks.len();
        let mut said = vec![match (locks, self.tables.printed.is_empty()) {
            (_, true) => "no table of locks was printed".to_string(),
            (0, false) => "the tables of locks list none that is held".to_string(),
            (1, false) => "tables list 1 lock that is held".to_string(),
            (locks, false) => format!("tables list {locks} locks that are held"),
        }];
        said.push(match waiting {
            0 => "no stack shows a thread that waits for a lock".to_string(),
            1 => "1 stack shows a thread that waits for a lock".to_string(),
            _ => format!("{waiting} stacks show threads that wait for locks"),
        });
        let queues = all.iter().flat_map(|chains| &chains.queues);
        let longest = queues.max_by_key(|queue| queue.waiters);
        if let Some(queue) = longest.filter(|_| rule.blocked_behind.is_some()) {
            said.push(format!("{} wait for {}", count_of(queue.waiters), owner_in_words(queue)));
            if !rule.pattern.steps.is_empty() {
                said.push("the owner's stack must match the pattern".to_string());
            }
        }
        in_words_by("; ", said.into_iter())
    }

    /// Adds what to collect to the finding of a rule that does not ask of locks itself, where no table tells who owns those
    /// that its threads wait for.
    pub fn ask(&self, rules: &RuleSet, finding: &mut Finding) {
        let rule = &rules.rules[finding.rule];
        if rule.asks_of_locks() || rule.ask.is_empty() {
            return;
        }
        let is_shown = |view: &&ThreadView| {
            finding.threads.iter().any(|thread| (thread.source, thread.line) == (view.source, view.line))
        };
        let kinds = self.views.iter().filter(is_shown).filter_map(|view| view.wait.as_ref());
        let is_printed = |kind: &str| self.tables.printed.iter().any(|(_, printed, _)| *printed == kind);
        let has_tables = kinds.map(|wait| wait.kind.as_str()).any(is_printed);
        finding.ask = asks(rule, has_tables, true);
    }

    /// The findings of one rule.
    fn of_rule(&self, rules: &RuleSet, index: usize, all: &[Chains<'_>]) -> Vec<Finding> {
        let rule = &rules.rules[index];
        let mut found: Vec<Finding> = Vec::new();
        if let Some(asked) = &rule.deadlock {
            let mut rings: Vec<&Ring<'_>> = all.iter().flat_map(|chains| &chains.rings).collect();
            rings.retain(|ring| {
                reaches(&asked.via, ring.basis, ring.kinds.iter().all(|kind| is_named(&asked.via, kind)))
            });
            rings.sort_by_key(|ring| ring.basis);
            let mut seen: BTreeSet<String> = BTreeSet::new();
            for ring in rings {
                let threads = ring.members.iter().map(|member| &member.thread).chain(&ring.behind);
                let keys: Vec<String> = threads.map(key).collect();
                // The same ring in another text, or less of it.
                if keys.iter().any(|key| seen.contains(key)) {
                    continue;
                }
                seen.extend(keys);
                found.push(self.ring(rules, index, ring));
            }
        }
        if let Some(asked) = &rule.blocked_behind {
            let mut queues: Vec<&Queue<'_>> = all.iter().flat_map(|chains| &chains.queues).collect();
            queues.retain(|queue| {
                // One of the locks is enough: it names the owner.
                let is_named = queue.kinds.iter().any(|kind| is_named(&asked.via, kind));
                let fits = reaches(&asked.via, queue.basis, is_named);
                fits && queue.waiters >= asked.waiters && owner_of(queue) == asked.owner
            });
            queues.sort_by_key(|queue| queue.basis);
            let mut seen: BTreeSet<String> = BTreeSet::new();
            for queue in queues {
                let Some(finding) = self.queue(rules, index, queue) else { continue };
                let owner = queue.owner.as_ref().map(key);
                if seen.insert(owner.unwrap_or_else(|| in_words(queue.locks.iter().map(|lock| lock.name.clone())))) {
                    found.push(finding);
                }
            }
        }
        if found.len() > 1 {
            for finding in &mut found {
                let threads: Vec<&ThreadRef> =
                    finding.threads.iter().take(3).map(|evidence| &evidence.thread).collect();
                finding.group = Some(threads_in_words(&threads));
            }
        }
        found
    }
}

/// Where a more special rule tells of the same ring or queue, it alone does.
fn give_way(rules: &RuleSet, findings: &mut Vec<Finding>) {
    let places = |finding: &Finding| -> BTreeSet<(usize, u32)> {
        finding.evidence.iter().map(|evidence| (evidence.source, evidence.line)).collect()
    };
    let told: Vec<(usize, BTreeSet<(usize, u32)>)> =
        findings.iter().map(|finding| (finding.rule, places(finding))).collect();
    findings.retain(|finding| {
        let here = places(finding);
        let is_said = |(rule, there): &(usize, BTreeSet<(usize, u32)>)| {
            rules.rules[finding.rule].yields_to.contains(rule) && !there.is_disjoint(&here)
        };
        !told.iter().any(is_said)
    });
}

fn owner_of(queue: &Queue<'_>) -> WantedOwner {
    match (&queue.owner, &queue.gone) {
        (Some(_), _) => WantedOwner::Thread,
        (None, Some(_)) => WantedOwner::Gone,
        (None, None) => WantedOwner::Nobody,
    }
}

/// Whether a rule asks for locks of this kind.
fn is_named(via: &[Via], kind: &str) -> bool {
    match kind {
        MONITOR => via.contains(&Via::Syncblk),
        CRITICAL_SECTION | LOADER_LOCK => via.contains(&Via::CriticalSection),
        READER_WRITER_LOCK => via.contains(&Via::ReaderWriter),
        _ => false,
    }
}

/// Whether a rule asks for what a ring or queue rests on.
fn reaches(via: &[Via], basis: Basis, is_named: bool) -> bool {
    let by_stacks = matches!(basis, Basis::Counts | Basis::StacksAlone);
    let any_kind = via.is_empty() || by_stacks && via == [Via::StackOwner];
    (any_kind || is_named) && (!by_stacks || via.is_empty() || via.contains(&Via::StackOwner))
}

fn asks(rule: &Rule, has_tables: bool, has_stacks: bool) -> Vec<Ask> {
    let wanted = |(name, _): &&(String, String)| match name.as_str() {
        "owners" => !has_tables,
        _ => !has_stacks,
    };
    let asked = rule.ask.iter().filter(wanted);
    asked.map(|(name, text)| Ask { rung: name.clone(), text: text.clone() }).collect()
}

/// What a thread is known by from text to text.
fn key(thread: &ThreadRef) -> String {
    match thread.os_id {
        Some(id) => format!("{id:x}"),
        None => thread_label(thread),
    }
}

fn notes(all: &[Chains<'_>], unclear: &[(usize, u32)]) -> Vec<(usize, Note)> {
    let mut notes: Vec<(usize, Note)> = Vec::new();
    let said = all.iter().flat_map(|chains| chains.contradictions.iter().cloned());
    let unclear = unclear.iter().map(|&(source, line)| {
        let said = "this table may be of any of several processes in these texts: it is put together with none of them";
        (source, line, said.to_string())
    });
    for (source, line, message) in said.chain(unclear) {
        let is_known = notes.iter().any(|(_, note)| note.message == message);
        if !is_known {
            notes.push((source, Note { code: NoteCode::Locks, line, message }));
        }
    }
    notes
}
