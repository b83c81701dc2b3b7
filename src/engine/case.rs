//! All stacks of a case against all rules: stacks that no rule can tell apart are matched once and counted.

use std::hash::{BuildHasher, Hasher};

use foldhash::fast::FixedState;
use hashbrown::HashTable;

use super::classes::ClassId;
use super::evaluate::{Doubt, Evaluator, Hit, StackResult};
use super::sieve::Sieve;
use crate::facts::{FrameName, Generics};
use crate::finding::{Evidence, Finding, ShownRow, ShownStack, Summary, ThreadEvidence, Verdict};
use crate::formats::Sink;
use crate::model::{CallSites, Hole, Stack};
use crate::rules::RuleSet;

/// Threads listed per finding; beyond, they are only counted.
const THREADS_LISTED: usize = 10_000;
/// Numbers held to recognise equal stacks, before the table starts anew.
const KEYS_CAP: usize = 1024 * 1024;
/// Stacks held to count how many differ.
const SEEN_CAP: usize = 1024 * 1024;

/// What the rules say of a case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaseResult {
    pub summary: Summary,
    /// Worst first.
    pub findings: Vec<Finding>,
}

/// Takes in stacks, source by source.
pub struct CaseScan<'r> {
    rules: &'r RuleSet,
    evaluator: Evaluator<'r>,
    memo: Memo,
    seen: Seen,
    source: usize,
    summary: Summary,
    /// The finding of each rule, with the cost of the match it shows.
    found: Vec<Option<Found>>,
    key: Vec<u32>,
}

struct Found {
    finding: Finding,
    /// Uncertain, skipped frames: the less, the better it shows the pattern.
    cost: (bool, u32),
}

impl<'r> CaseScan<'r> {
    /// `sieve` is made from the same rules; cases share it.
    pub fn new(rules: &'r RuleSet, sieve: &'r Sieve) -> Self {
        CaseScan {
            rules,
            evaluator: Evaluator::new(rules, sieve),
            memo: Memo::default(),
            seen: Seen::default(),
            source: 0,
            summary: Summary::default(),
            found: rules.rules.iter().map(|_| None).collect(),
            key: Vec::new(),
        }
    }

    /// The stacks that follow come from this source, by its index in the case. Call site numbers begin anew.
    pub fn begin_source(&mut self, source: usize) {
        self.source = source;
        self.forget_sites();
    }

    pub fn finish(self) -> CaseResult {
        let mut findings: Vec<Finding> = self.found.into_iter().flatten().map(|found| found.finding).collect();
        let rank = |finding: &Finding| {
            let rule = &self.rules.rules[finding.rule];
            (rule.severity, finding.verdict, finding.confidence, finding.stacks)
        };
        findings.sort_by(|a, b| {
            let by_id = self.rules.rules[a.rule].id.cmp(&self.rules.rules[b.rule].id);
            rank(b).cmp(&rank(a)).then(by_id)
        });
        CaseResult { summary: self.summary, findings }
    }

    fn forget_sites(&mut self) {
        self.evaluator.forget_sites();
        self.seen.hashes.clear();
    }

    fn count(&mut self, stack: &Stack) {
        self.summary.stacks += 1;
        self.summary.frames += stack.frames.len() as u64;
        self.summary.missing_frames += stack.missing();
        self.summary.empty += u64::from(stack.frames.is_empty());
    }

    fn record(&mut self, hit: &Hit, stack: &Stack, sites: &CallSites) {
        let cost = (!hit.doubts.is_empty(), hit.skipped);
        let slot = &mut self.found[hit.rule];
        let thread = ThreadEvidence { thread: stack.thread.clone(), source: self.source, line: stack.line };
        if let Some(found) = slot {
            found.finding.stacks += 1;
            if found.finding.threads.len() < THREADS_LISTED {
                found.finding.threads.push(thread);
            }
            if found.cost <= cost {
                return;
            }
            let Finding { stacks, threads, .. } = std::mem::replace(&mut found.finding, empty_finding(hit.rule));
            found.finding = finding(self.rules, hit, stack, sites, self.source);
            found.finding.stacks = stacks;
            found.finding.threads = threads;
            found.cost = cost;
            return;
        }
        let mut finding = finding(self.rules, hit, stack, sites, self.source);
        finding.stacks = 1;
        finding.threads.push(thread);
        *slot = Some(Found { finding, cost });
    }
}

impl Sink for CaseScan<'_> {
    fn stack(&mut self, stack: &Stack, sites: &CallSites) {
        self.count(stack);
        if stack.frames.is_empty() {
            return;
        }
        self.summary.distinct_stacks += u64::from(self.seen.is_new(stack));
        write_key(stack, self.evaluator.classify(stack, sites), &mut self.key);
        let result = match self.memo.find(&self.key) {
            Some(result) => result,
            None => {
                let result = self.evaluator.evaluate_classified(stack);
                self.memo.insert(&self.key, result)
            }
        };
        self.summary.idle += u64::from(self.memo.results[result].role.is_some());
        let hits = std::mem::take(&mut self.memo.results[result].hits);
        for hit in &hits {
            self.record(hit, stack, sites);
        }
        self.memo.results[result].hits = hits;
    }

    fn may_forget_sites(&mut self) -> bool {
        self.forget_sites();
        true
    }
}

/// The results of the distinct stacks.
#[derive(Default)]
struct Memo {
    hasher: FixedState,
    table: HashTable<(u64, u32)>,
    keys: Vec<u32>,
    ends: Vec<usize>,
    /// Index into `results` of each distinct stack: nearly all have the empty result.
    result_of: Vec<usize>,
    results: Vec<StackResult>,
}

impl Memo {
    fn find(&self, key: &[u32]) -> Option<usize> {
        let hash = self.hasher.hash_one(key);
        let entry = self.table.find(hash, |&(other, index)| other == hash && self.key(index) == key)?;
        Some(self.result_of[entry.1 as usize])
    }

    fn key(&self, index: u32) -> &[u32] {
        let index = index as usize;
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.keys[start..self.ends[index]]
    }

    fn insert(&mut self, key: &[u32], result: StackResult) -> usize {
        if self.keys.len() > KEYS_CAP {
            self.clear();
        }
        let hash = self.hasher.hash_one(key);
        let index = self.ends.len() as u32;
        self.keys.extend_from_slice(key);
        self.ends.push(self.keys.len());
        self.table.insert_unique(hash, (hash, index), |&(hash, _)| hash);
        let result_index =
            match self.results.iter().take(64).position(|known| known.hits.is_empty() && *known == result) {
                Some(same) => same,
                None => {
                    self.results.push(result);
                    self.results.len() - 1
                }
            };
        self.result_of.push(result_index);
        result_index
    }

    fn clear(&mut self) {
        self.table.clear();
        self.keys.clear();
        self.ends.clear();
        self.result_of.clear();
        self.results.clear();
    }
}

/// All that the rules can tell of a stack: classes of frames, holes, and whether the bottom is missing.
fn write_key(stack: &Stack, classes: &[ClassId], key: &mut Vec<u32>) {
    key.clear();
    key.extend(classes.iter().map(|class| class.0));
    for hole in &stack.holes {
        key.extend([u32::MAX, hole.before as u32, hole.missing.unwrap_or(u32::MAX)]);
    }
    if stack.cut_off {
        key.push(u32::MAX - 1);
    }
}

/// Hashes of the stacks seen, for counting those that differ.
#[derive(Default)]
struct Seen {
    hasher: FixedState,
    hashes: HashTable<u64>,
}

impl Seen {
    fn is_new(&mut self, stack: &Stack) -> bool {
        let mut hasher = self.hasher.build_hasher();
        for frame in &stack.frames {
            hasher.write_u32(frame.site.0);
        }
        let hash = hasher.finish();
        if self.hashes.find(hash, |&other| other == hash).is_some() {
            return false;
        }
        if self.hashes.len() >= SEEN_CAP {
            self.hashes.clear();
        }
        self.hashes.insert_unique(hash, hash, |&hash| hash);
        true
    }
}

fn empty_finding(rule: usize) -> Finding {
    Finding {
        rule,
        confidence: crate::finding::Confidence::Low,
        verdict: Verdict::Suspected,
        lowered_because: None,
        fingerprint: String::new(),
        stacks: 0,
        threads: Vec::new(),
        evidence: Vec::new(),
        shown: ShownStack::default(),
    }
}

fn finding(rules: &RuleSet, hit: &Hit, stack: &Stack, sites: &CallSites, source: usize) -> Finding {
    let rule = &rules.rules[hit.rule];
    let certain = hit.doubts.is_empty();
    let confidence = if certain { rule.confidence } else { rule.confidence.lowered() };
    let evidence = hit.frames.iter().map(|&position| {
        let frame = &stack.frames[position];
        let number = frame.number().unwrap_or(position as u32);
        Evidence { source, line: frame.line, frame: number, text: sites.get(frame.site).text.to_string() }
    });
    Finding {
        rule: hit.rule,
        confidence,
        verdict: Verdict::of_stack(confidence),
        lowered_because: (!certain).then(|| reasons(&hit.doubts, stack)),
        fingerprint: fingerprint(rules, hit, stack, sites),
        evidence: evidence.collect(),
        shown: ShownStack {
            thread: stack.thread.clone(),
            source,
            line: stack.line,
            rows: shown_rows(stack, &hit.frames),
        },
        ..empty_finding(hit.rule)
    }
}

/// The whole stack as matched frames, counts of other frames, and holes.
fn shown_rows(stack: &Stack, matched: &[usize]) -> Vec<ShownRow> {
    let mut rows = Vec::new();
    let mut skipped = 0;
    let flush = |rows: &mut Vec<ShownRow>, skipped: &mut usize| {
        if *skipped > 0 {
            rows.push(ShownRow::Skipped(std::mem::take(skipped)));
        }
    };
    let mut holes = stack.holes.iter().peekable();
    for position in 0..=stack.frames.len() {
        while let Some(hole) = holes.next_if(|hole| hole.before == position) {
            flush(&mut rows, &mut skipped);
            rows.push(ShownRow::Missing(hole.missing));
        }
        match matched.iter().position(|&frame| frame == position) {
            Some(evidence) => {
                flush(&mut rows, &mut skipped);
                rows.push(ShownRow::Matched(evidence));
            }
            None => skipped += usize::from(position < stack.frames.len()),
        }
    }
    flush(&mut rows, &mut skipped);
    rows
}

/// Why the confidence is lower, in words. At most one step is taken off, whatever the number of reasons.
fn reasons(doubts: &[Doubt], stack: &Stack) -> String {
    let mut reasons: Vec<String> = Vec::new();
    for doubt in doubts {
        let reason = match doubt {
            Doubt::Hole(hole) => missing_between(&stack.holes[*hole], stack),
            Doubt::Unreadable(frame) => format!("frame {} has no symbol", frame_label(stack, *frame)),
            Doubt::OpenBelow => "the bottom of the stack is not in the text".to_string(),
            Doubt::Unless => {
                "frames that would make it harmless may be among those missing or without symbols".to_string()
            }
        };
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    reasons.join("; ")
}

fn missing_between(hole: &Hole, stack: &Stack) -> String {
    let what = match hole.missing {
        Some(1) => "1 frame is missing".to_string(),
        Some(count) => format!("{count} frames are missing"),
        None => "frames are missing".to_string(),
    };
    let above = hole.before.checked_sub(1).map(|above| frame_label(stack, above));
    let below = (hole.before < stack.frames.len()).then(|| frame_label(stack, hole.before));
    match (above, below) {
        (Some(above), Some(below)) => format!("{what} between {above} and {below}"),
        (Some(above), None) => format!("{what} below {above}"),
        (None, Some(below)) => format!("{what} above {below}"),
        (None, None) => what,
    }
}

fn frame_label(stack: &Stack, position: usize) -> String {
    match stack.frames[position].number() {
        Some(number) => format!("{number:02x}"),
        None => format!("frame {position}"),
    }
}

/// Rule and names of the matched frames, hashed: the same over runs, machines and offsets. FNV-1a, 64 bits.
fn fingerprint(rules: &RuleSet, hit: &Hit, stack: &Stack, sites: &CallSites) -> String {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    let mut add = |text: &str| {
        for byte in text.bytes().chain([0]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
        }
    };
    add(&rules.rules[hit.rule].id);
    for &position in &hit.frames {
        let name = FrameName::of(&sites.get(stack.frames[position].site), &rules.aliases);
        add(name.canonical.as_deref().unwrap_or_default());
        add(&name.function.map(|function| function.view(Generics::Ignored, false).into_owned()).unwrap_or_default());
    }
    format!("{hash:016x}")
}
