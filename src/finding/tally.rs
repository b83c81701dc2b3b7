//! Counts over many cases: how often each rule hits, how many threads something explains, and where those stand that
//! nothing does. Of a case no more is kept than counts and, up to a limit, where unexplained threads stand.

use std::collections::{BTreeMap, BTreeSet};

use super::{Finding, NearMiss, Standing, Standings};
use crate::facts::threads::ThreadFrame;
use crate::model::ThreadRef;

/// Bytes of the names by which groups are told apart. Groups beyond are only counted.
const BYTES_CAP: usize = 64 * 1024 * 1024;

/// Frames kept of a group: those at the top, and those at the end.
const AT_TOP: usize = 30;
const AT_END: usize = 10;

/// What cases come to. A case alone has a tally too, and tallies add up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub cases: u64,
    pub cases_with_findings: u64,
    /// Inputs that were opened.
    pub files: u64,
    pub files_without_stack: u64,
    pub files_unreadable: u64,
    pub stacks: u64,
    pub explained: Explained,
    /// By rule.
    pub rules: BTreeMap<usize, RuleHits>,
    /// By role rule.
    pub roles: BTreeMap<usize, RoleHits>,
    /// By two rules that are reported on the same thread, the smaller number first.
    pub pairs: BTreeMap<(usize, usize), PairHits>,
    /// By rule, in cases in which no rule hits.
    pub near_misses: BTreeMap<usize, NearMisses>,
    /// Threads that nothing explains, by the names of their frames.
    pub groups: BTreeMap<String, TopGroup>,
    bytes: usize,
    /// Threads whose group is not kept.
    pub ungrouped: u64,
}

/// Threads, each in one of these.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Explained {
    /// A role says that the thread waits for work, and no rule was found on it.
    pub idle: u64,
    /// It has another role, and no rule was found on it.
    pub role: u64,
    /// A rule was found on it, and it has no role.
    pub rule: u64,
    pub both: u64,
    pub unexplained: u64,
    /// The text shows no frame of it.
    pub without_frames: u64,
    /// Beyond the threads that are kept of one case.
    pub beyond: u64,
}

impl Explained {
    /// Threads that were looked at.
    pub fn threads(&self) -> u64 {
        self.idle + self.role + self.rule + self.both + self.unexplained
    }
}

/// How often a rule hits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RuleHits {
    /// Cases with a finding of the rule, one that other findings explain among them.
    pub cases: u64,
    /// Of these, cases in which every finding is explained by another.
    pub explained: u64,
    /// Findings that are reported.
    pub findings: u64,
    pub threads: u64,
    /// Findings by verdict and by confidence, the least first.
    pub verdicts: [u64; 3],
    pub confidences: [u64; 3],
    /// Findings that are less sure than the rule is where nothing is doubtful.
    pub lowered: u64,
}

/// How often a role rule holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RoleHits {
    pub cases: u64,
    pub threads: u64,
}

/// How often two rules are reported on the same threads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PairHits {
    pub cases: u64,
    pub threads: u64,
}

/// How often a rule came close where nothing was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NearMisses {
    pub cases: u64,
    /// Pattern lines of the nearest, and of the pattern.
    pub matched: usize,
    pub of: usize,
    /// Where the nearest stands: number of the source, and line.
    pub source: usize,
    pub line: u32,
}

/// Unexplained threads that are the same from the top down to the first frame of the application.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TopGroup {
    pub threads: u64,
    pub files: u64,
    /// Innermost call first.
    pub frames: Vec<TopFrame>,
    /// Frames that are not kept, behind the first ones of a long stack.
    pub left_out: usize,
    /// The last frame is the first one of the application, and the text names it.
    pub ends_in_application: bool,
    /// The first of the threads.
    pub thread: ThreadRef,
    /// Number of the source over all cases, and line.
    pub source: usize,
    pub line: u32,
}

/// A frame of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TopFrame {
    /// Without offset and arguments.
    Named(String),
    /// Frames in a row of which the text has no more than addresses: code without symbols.
    Nameless,
    /// Frames are missing here: how many, when the text tells.
    Hole(Option<u32>),
}

impl TopFrame {
    pub fn name(&self) -> Option<&str> {
        match self {
            TopFrame::Named(name) => Some(name),
            TopFrame::Nameless | TopFrame::Hole(_) => None,
        }
    }
}

impl Tally {
    /// The tally of one case. `is_idle` is asked of a role rule.
    pub fn of_case(standings: &Standings, findings: &[Finding], is_idle: impl Fn(usize) -> bool) -> Self {
        let mut tally = Tally { cases: 1, cases_with_findings: u64::from(!findings.is_empty()), ..Tally::default() };
        tally.stacks = standings.stacks.iter().sum();
        tally.explained.beyond = standings.beyond;
        tally.add_findings(findings);
        let reported: BTreeSet<usize> = findings.iter().map(|finding| finding.rule).collect();
        for standing in &standings.threads {
            tally.explain(standing, &is_idle);
            tally.add_pairs(standing, &reported);
            for &role in &standing.roles {
                let hits = tally.roles.entry(role).or_default();
                (hits.cases, hits.threads) = (1, hits.threads + 1);
            }
            for &rule in &standing.rules {
                let hits = tally.rules.entry(rule).or_default();
                (hits.cases, hits.threads) = (1, hits.threads + 1);
            }
        }
        tally.add_groups(standings);
        for (rule, hits) in &mut tally.rules {
            hits.explained = u64::from(!reported.contains(rule));
        }
        tally
    }

    /// Adds the rules that came close; cases in which some rule hits have none.
    pub fn with_near_misses(mut self, near_misses: &[NearMiss]) -> Self {
        for near in near_misses {
            let &NearMiss { matched, of, source, line, .. } = near;
            self.near_misses.insert(near.rule, NearMisses { cases: 1, matched, of, source, line });
        }
        self
    }

    /// Adds another case. Its sources come behind those that are known, of which there are `sources`.
    pub fn add(&mut self, case: Tally, sources: usize) {
        self.cases += case.cases;
        self.cases_with_findings += case.cases_with_findings;
        self.files += case.files;
        self.files_without_stack += case.files_without_stack;
        self.files_unreadable += case.files_unreadable;
        self.stacks += case.stacks;
        self.ungrouped += case.ungrouped;
        self.explained.add(&case.explained);
        for (rule, hits) in case.rules {
            self.rules.entry(rule).or_default().add(&hits);
        }
        for (role, hits) in case.roles {
            let known = self.roles.entry(role).or_default();
            *known = RoleHits { cases: known.cases + hits.cases, threads: known.threads + hits.threads };
        }
        for (pair, hits) in case.pairs {
            let known = self.pairs.entry(pair).or_default();
            *known = PairHits { cases: known.cases + hits.cases, threads: known.threads + hits.threads };
        }
        for (rule, near) in case.near_misses {
            self.near_misses.entry(rule).or_default().add(NearMisses { source: near.source + sources, ..near });
        }
        for (key, group) in case.groups {
            let (threads, files) = (group.threads, group.files);
            let source = group.source + sources;
            self.add_to_group(key, threads, files, || TopGroup { source, ..group });
        }
    }

    fn add_findings(&mut self, findings: &[Finding]) {
        for finding in findings {
            let hits = self.rules.entry(finding.rule).or_default();
            hits.cases = 1;
            hits.findings += 1;
            hits.lowered += u64::from(finding.lowered_because.is_some());
            hits.verdicts[finding.verdict as usize] += 1;
            hits.confidences[finding.confidence as usize] += 1;
            for &rule in &finding.folded {
                self.rules.entry(rule).or_default().cases = 1;
            }
        }
    }

    fn explain(&mut self, standing: &Standing, is_idle: &impl Fn(usize) -> bool) {
        let explained = &mut self.explained;
        let (role, found) = (standing.roles.first(), !standing.rules.is_empty());
        *match (role, found) {
            (Some(_), true) => &mut explained.both,
            (Some(&role), false) if is_idle(role) => &mut explained.idle,
            (Some(_), false) => &mut explained.role,
            (None, true) => &mut explained.rule,
            (None, false) if standing.top.is_none() => &mut explained.without_frames,
            (None, false) => &mut explained.unexplained,
        } += 1;
    }

    /// Rules whose findings are reported side by side.
    fn add_pairs(&mut self, standing: &Standing, reported: &BTreeSet<usize>) {
        let rules: Vec<usize> = standing.rules.iter().copied().filter(|rule| reported.contains(rule)).collect();
        for (at, &one) in rules.iter().enumerate() {
            for &other in &rules[at + 1..] {
                let hits = self.pairs.entry((one.min(other), one.max(other))).or_default();
                (hits.cases, hits.threads) = (1, hits.threads + 1);
            }
        }
    }

    /// Groups the threads of a case that nothing explains.
    fn add_groups(&mut self, standings: &Standings) {
        let mut by_top: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (index, standing) in standings.threads.iter().enumerate() {
            if let Some(top) = standing.top.filter(|_| standing.roles.is_empty() && standing.rules.is_empty()) {
                by_top.entry(top).or_default().push(index);
            }
        }
        let mut by_top: Vec<(usize, Vec<usize>)> = by_top.into_iter().collect();
        by_top.sort_by_key(|(_, threads)| threads[0]);
        // Several stacks may be one group, of which a file counts once.
        let mut files: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
        for (top, threads) in by_top {
            let (key, group) = group(&standings.tops[top], standings);
            let first = &standings.threads[threads[0]];
            let (thread, source, line) = (first.thread.clone(), first.source, first.line);
            let sources = threads.iter().map(|&thread| standings.threads[thread].source);
            let group = TopGroup { threads: threads.len() as u64, thread, source, line, ..group };
            if self.add_to_group(key.clone(), group.threads, 0, || group) {
                files.entry(key).or_default().extend(sources);
            }
        }
        for (key, files) in files {
            if let Some(group) = self.groups.get_mut(&key) {
                group.files = files.len() as u64;
            }
        }
    }

    /// `group` makes the group with its threads and files, if it is new and there is room for it. Returns whether there is.
    fn add_to_group(&mut self, key: String, threads: u64, files: u64, group: impl FnOnce() -> TopGroup) -> bool {
        if let Some(known) = self.groups.get_mut(&key) {
            known.threads += threads;
            known.files += files;
        } else if self.bytes + key.len() <= BYTES_CAP {
            self.bytes += key.len();
            self.groups.insert(key, group());
        } else {
            self.ungrouped += threads;
            return false;
        }
        true
    }
}

impl TopGroup {
    /// The frame above the application's first one; `None` where the application's is on top, or none is known.
    pub fn called(&self) -> Option<&TopFrame> {
        let above = self.frames.len().checked_sub(2).filter(|_| self.ends_in_application)?;
        self.frames.get(above)
    }

    /// Some frame has a name: of others no rule can tell anything.
    pub fn is_named(&self) -> bool {
        self.frames.iter().any(|frame| frame.name().is_some())
    }

    /// No frame is missing, and all have names.
    pub fn is_whole(&self) -> bool {
        self.frames.iter().all(|frame| frame.name().is_some())
    }

    /// Behind how many of its frames some are left out.
    pub fn left_out_behind(&self) -> usize {
        if self.left_out > 0 { AT_TOP } else { self.frames.len() }
    }
}

impl Explained {
    fn add(&mut self, other: &Explained) {
        self.idle += other.idle;
        self.role += other.role;
        self.rule += other.rule;
        self.both += other.both;
        self.unexplained += other.unexplained;
        self.without_frames += other.without_frames;
        self.beyond += other.beyond;
    }
}

impl RuleHits {
    fn add(&mut self, other: &RuleHits) {
        self.cases += other.cases;
        self.explained += other.explained;
        self.findings += other.findings;
        self.threads += other.threads;
        self.lowered += other.lowered;
        for step in 0..3 {
            self.verdicts[step] += other.verdicts[step];
            self.confidences[step] += other.confidences[step];
        }
    }
}

impl NearMisses {
    /// The nearest is that of which the least is missing; of two the first.
    fn add(&mut self, other: NearMisses) {
        let cases = self.cases + other.cases;
        let is_nearer = other.of.saturating_sub(other.matched) < self.of.saturating_sub(self.matched);
        if self.cases == 0 || is_nearer {
            *self = other;
        }
        self.cases = cases;
    }
}

/// A group of threads with this stack, and the names by which threads of several cases are in one.
fn group(top: &[u32], standings: &Standings) -> (String, TopGroup) {
    let (mut keys, mut frames) = (Vec::new(), Vec::new());
    for known in top.iter().map(|&frame| &standings.frames[frame as usize]) {
        let frame = top_frame(&known.frame);
        // Addresses are others in every process.
        if frame == TopFrame::Nameless && frames.last() == Some(&TopFrame::Nameless) {
            continue;
        }
        keys.push(if frame == TopFrame::Nameless { "" } else { known.key.as_str() });
        frames.push(frame);
    }
    let last = top.last().map(|&frame| &standings.frames[frame as usize].frame);
    let ends_in_application =
        last.is_some_and(|last| last.is_application) && frames.last().is_some_and(|frame| frame.name().is_some());
    let left_out = frames.len().saturating_sub(AT_TOP + AT_END);
    if left_out > 0 {
        frames.drain(AT_TOP..AT_TOP + left_out);
    }
    let group = TopGroup { frames, left_out, ends_in_application, ..TopGroup::default() };
    (keys.join("\n"), group)
}

fn top_frame(frame: &ThreadFrame) -> TopFrame {
    let is_marker = frame.shown.starts_with('[');
    match frame.hole {
        Some(missing) => TopFrame::Hole(missing),
        None if frame.is_named || frame.module.is_some() || is_marker => TopFrame::Named(frame.shown.clone()),
        None => TopFrame::Nameless,
    }
}

#[cfg(test)]
mod tests;
