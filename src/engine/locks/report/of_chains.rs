//! The finding of one ring, and of one queue.

use std::collections::BTreeSet;

use super::asks;
use super::in_words::{count_of, in_words, locks_in_words, of_members, owner_in_words, rung};
use crate::engine::locks::{LockCollection, WaitProof};
use crate::engine::proof::{empty_finding, filled_in};
use crate::facts::locks::{Basis, Lock, Member, Queue, Ring, thread_label, threads_in_words};
use crate::finding::{Confidence, Evidence, EvidenceKind, EvidenceState, Finding, ThreadEvidence, Verdict};
use crate::model::ThreadRef;
use crate::rules::{Rule, RuleSet};

impl LockCollection {
    pub(super) fn ring(&self, rules: &RuleSet, index: usize, ring: &Ring<'_>) -> Finding {
        let rule = &rules.rules[index];
        let mut finding = self.of_basis(rule, index, ring.basis, ring.because.as_deref());
        for member in &ring.members {
            let proof = self.proof(member.view);
            self.add_proof(&mut finding, proof);
            finding.threads.extend(self.evidence_of(&member.thread, member.view));
        }
        match is_told_apart(ring) {
            true => finding.rungs.extend(ring.members.iter().map(|member| self.rung_of_member(member, ring))),
            false => finding.rungs.extend(self.rungs_by_method(ring)),
        }
        let locks = ring.members.iter().flat_map(|member| member.owns.iter().chain(&member.wants));
        add_locks(&mut finding, locks.copied(), &ring.members);
        finding.stacks = finding.threads.len() as u64;
        finding.behind.clone_from(&ring.behind);
        if !ring.behind.is_empty() {
            let wait = if ring.behind.len() == 1 { "waits" } else { "wait" };
            let said = format!("{wait} behind them: {}", threads_in_words(&ring.behind.iter().collect::<Vec<_>>()));
            finding.rungs.push(rung(count_of(ring.behind.len() as u64), EvidenceState::Holds, said, Vec::new()));
        }
        let threads = of_members(&ring.members.iter().collect::<Vec<_>>());
        let value = |name: &str| match name {
            "ring" => Some(self.ring_in_words(ring)),
            "threads" => Some(threads.clone()),
            "locks" => Some(locks_in_words(ring)),
            "waiters" => Some(count_of(behind_ring(ring))),
            _ => None,
        };
        finding.message = rule.message.as_ref().map(|message| filled_in(message, value).0);
        if let Some(member) = ring.members.iter().find(|member| member.view.is_some()) {
            finding.shown.thread = member.thread.clone();
        }
        finding.fingerprint = fingerprint(rule, ring.members.iter().map(|member| self.method(member.view)));
        let has_tables = matches!(ring.basis, Basis::Table | Basis::Assumed | Basis::OwnersUnseen);
        let has_stacks = ring.members.iter().all(|member| member.view.is_some());
        finding.ask = asks(rule, has_tables, has_stacks);
        finding
    }

    pub(super) fn queue(&self, rules: &RuleSet, index: usize, queue: &Queue<'_>) -> Option<Finding> {
        let rule = &rules.rules[index];
        let of_owner = |(of, view, _): &&(usize, usize, Finding)| *of == index && queue.owner_views.contains(view);
        let hit = self.owners.iter().find(of_owner).map(|(.., finding)| finding);
        if !rule.pattern.steps.is_empty() && hit.is_none() {
            return None;
        }
        let mut finding = self.of_basis(rule, index, queue.basis, queue.because.as_deref());
        if let Some(hit) = hit {
            finding.evidence.clone_from(&hit.evidence);
            finding.shown.clone_from(&hit.shown);
            if hit.lowered_because.is_some() && finding.lowered_because.is_none() {
                finding.confidence = finding.confidence.lowered();
                finding.verdict = Verdict::of_stack(finding.confidence);
                finding.lowered_because.clone_from(&hit.lowered_because);
            }
        }
        if let Some(owner) = &queue.owner {
            finding.threads.extend(self.evidence_of(owner, queue.owner_views.first().copied()));
        }
        let mut methods: BTreeSet<&str> = BTreeSet::new();
        for (thread, view) in &queue.named {
            self.add_proof(&mut finding, self.proof(Some(*view)));
            finding.threads.extend(self.evidence_of(thread, Some(*view)));
            methods.extend(self.method(Some(*view)));
        }
        add_locks(&mut finding, queue.locks.iter().copied(), &[]);
        finding.stacks = finding.threads.len() as u64;
        finding.behind = queue.named.iter().map(|(thread, _)| thread.clone()).collect();
        finding.rungs = self.rungs_of_queue(queue, &methods);
        let value = |name: &str| match name {
            "owner" => Some(owner_in_words(queue)),
            "lock" => Some(in_words(queue.locks.iter().map(|lock| lock.name.clone()))).filter(|text| !text.is_empty()),
            "waiters" => Some(count_of(queue.waiters)),
            "methods" => {
                Some(in_words(methods.iter().map(|method| method.to_string()))).filter(|text| !text.is_empty())
            }
            _ => None,
        };
        let value = |name: &str| value(name).or_else(|| FIGURES.contains(&name).then(|| unknown(name).to_string()));
        let message = hit.and_then(|hit| hit.message.as_ref()).or(rule.message.as_ref());
        finding.message = message.map(|message| filled_in(message, value).0);
        finding.fingerprint = fingerprint(rule, methods.iter().map(|method| Some(*method)));
        let has_stacks = queue.owner.is_none() || !queue.owner_views.is_empty();
        finding.ask = asks(rule, queue.basis != Basis::StacksAlone, has_stacks);
        Some(finding)
    }

    fn of_basis(&self, rule: &Rule, index: usize, basis: Basis, because: Option<&str>) -> Finding {
        let confidence = match basis {
            Basis::Table => rule.confidence,
            Basis::Among | Basis::Assumed | Basis::Counts => rule.confidence.lowered(),
            Basis::OwnersUnseen | Basis::StacksAlone => Confidence::Low,
        };
        Finding {
            confidence,
            verdict: Verdict::of_stack(confidence),
            lowered_because: because.map(str::to_string),
            ..empty_finding(index)
        }
    }

    pub(super) fn proof(&self, view: Option<usize>) -> Option<&WaitProof> {
        self.proofs.get(view?)?.as_ref()
    }

    /// The frames of one thread; the first one's stack is shown.
    fn add_proof(&self, finding: &mut Finding, proof: Option<&WaitProof>) {
        let Some(proof) = proof else { return };
        if finding.shown.rows.is_empty() && finding.evidence.is_empty() {
            finding.shown = proof.shown.clone();
        }
        finding.evidence.extend(proof.evidence.iter().cloned());
    }

    fn evidence_of(&self, thread: &ThreadRef, view: Option<usize>) -> Option<ThreadEvidence> {
        let view = &self.views[view?];
        Some(ThreadEvidence { thread: thread.clone(), source: view.source, line: view.line })
    }

    pub(super) fn method(&self, view: Option<usize>) -> Option<&str> {
        self.views.get(view?)?.wait.as_ref()?.method.as_deref()
    }
}

/// What a message says where a figure is not known.
fn unknown(figure: &str) -> &'static str {
    if figure == "methods" { "methods that the text does not show" } else { "unknown" }
}

/// What messages of `blocked-behind` may say.
const FIGURES: [&str; 4] = ["owner", "lock", "waiters", "methods"];

/// Threads that wait behind a ring: those that are named, or, where tables count more for its locks, those counted.
fn behind_ring(ring: &Ring<'_>) -> u64 {
    let locks = ring.members.iter().flat_map(|member| &member.owns);
    let counted: u64 = locks.filter_map(|lock| lock.waiters).sum();
    let others = counted.saturating_sub(ring.members.len() as u64);
    others.max(ring.behind.len() as u64)
}

/// Whether the text names the locks of a ring, so that its threads can be spoken of one by one.
pub fn is_told_apart(ring: &Ring<'_>) -> bool {
    !matches!(ring.basis, Basis::Counts | Basis::StacksAlone)
}

/// Each lock once, with the line of its table.
fn add_locks<'t>(finding: &mut Finding, locks: impl Iterator<Item = &'t Lock>, members: &[Member<'_>]) {
    let mut seen: Vec<(usize, u32)> = Vec::new();
    for lock in locks {
        if seen.contains(&(lock.source, lock.line)) {
            continue;
        }
        seen.push((lock.source, lock.line));
        let owner = members.iter().find(|member| member.owns.iter().any(|own| own.address == lock.address));
        let owner = owner.map(|member| format!(", owned by {}", thread_label(&member.thread))).unwrap_or_default();
        let waiters = lock.waiters.map(|waiters| format!(", {} waiting", count_of(waiters))).unwrap_or_default();
        let text = format!("{} {}{owner}{waiters}", lock.kind, lock.name);
        finding.evidence.push(Evidence {
            kind: EvidenceKind::Lock,
            source: lock.source,
            line: lock.line,
            frame: None,
            text,
        });
    }
}

/// Rule and methods: the same over runs.
fn fingerprint<'m>(rule: &Rule, methods: impl Iterator<Item = Option<&'m str>>) -> String {
    let mut names: Vec<&str> = methods.flatten().collect();
    names.sort_unstable();
    names.dedup();
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in names.join("\0").bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
    }
    format!("{}-{hash:016x}", rule.id)
}
