//! `stuck`: the same thread at the same frames in several captures of one process.
//!
//! What is compared begins at the first frame that the pattern matched: what that calls may differ, since a thread that
//! spins is somewhere else at every look. From there on names are equal, and offsets below the first frame where both
//! stacks print them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::evaluate::Hit;
use super::names::NameId;
use super::proof::filled_in;
use crate::facts::{CaptureCourse, Captures, Cpu, ThreadKey, in_words};
use crate::finding::{Ask, CaseCondition, EvidenceState, Finding, RungState, ThreadEvidence, Verdict};
use crate::model::{CallSites, Dialect, Stack};
use crate::rules::{RuleSet, StuckCondition};

/// Candidates that are remembered, for all rules together.
const CANDIDATES: usize = 100_000;
/// Findings that are kept for them; beyond, one stands for all with the same frames.
const FINDINGS: usize = 2_000;
/// Places that the report names.
const PLACES: usize = 12;
/// A thread leads the others when it used so much of all processor time, and so many times what the next one did.
const LEADS: (f64, f64) = (0.5, 2.0);

const ASK: &str = "take two or three captures of the process, 10 to 30 seconds apart, each into a file of its own: `.time`, \
                   `!runaway 7`, `~*k` (and `~*e !clrstack` of a managed program)";

/// A stack on which the pattern of a rule matches that asks for more than one capture.
struct Candidate {
    rule: usize,
    group: Option<String>,
    /// Number of the stack among those of the case.
    stack: usize,
    frames: Frames,
    finding: usize,
    evidence: ThreadEvidence,
    suppressed: Option<usize>,
}

/// What is compared.
#[derive(Clone, PartialEq)]
struct Frames {
    dialect: Dialect,
    names: u64,
    /// Below the first frame.
    offsets: Arc<[Option<u64>]>,
    name: Option<String>,
}

impl Frames {
    /// From the first frame that matched to the bottom.
    fn of(hit: &Hit, stack: &Stack, names: &[Option<NameId>], sites: &CallSites) -> Frames {
        let first = hit.frames.iter().min().copied().unwrap_or_default();
        let mut hash = Fnv::default();
        let mut offsets = Vec::new();
        for position in first..stack.frames.len() {
            let site = sites.get(stack.frames[position].site);
            match names.get(position).copied().flatten() {
                Some(name) => hash.add(&name.0.to_le_bytes()),
                // Code without a name is the same at the same address.
                None => hash.add(site.text.as_bytes()),
            }
            if position > first {
                offsets.push(site.offset());
            }
        }
        for hole in stack.holes.iter().filter(|hole| hole.before > first) {
            hash.add(&(hole.before - first).to_le_bytes());
            hash.add(&hole.missing.unwrap_or_default().to_le_bytes());
        }
        Frames { dialect: stack.dialect, names: hash.0, offsets: offsets.into(), name: stack.thread.name.clone() }
    }

    fn agree(&self, other: &Frames) -> bool {
        let both = self.offsets.iter().zip(other.offsets.iter());
        let differs = |(one, other): (&Option<u64>, &Option<u64>)| one.is_some() && other.is_some() && one != other;
        (self.dialect, self.names) == (other.dialect, other.names)
            && !both.into_iter().any(differs)
            && (self.name.is_none() || other.name.is_none() || self.name == other.name)
    }
}

/// FNV-1a, 64 bits.
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Fnv(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes.iter().chain(&[0xff]) {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
        }
    }
}

/// Collects candidates, and decides when all captures are read.
#[derive(Default)]
pub struct StuckThreads {
    candidates: Vec<Candidate>,
    findings: Vec<Finding>,
    /// The finding that stands for all with these frames.
    of_frames: BTreeMap<(usize, u64), usize>,
}

/// A thread at the same frames over captures.
struct Stay<'c> {
    course: &'c CaptureCourse,
    key: &'c ThreadKey,
    /// The first and the last place among the moments of its course, and where it is seen there.
    seen: Vec<(usize, usize)>,
    /// What it used of a processor meanwhile: seconds, and its part of the time.
    used: Option<(f64, Option<f64>)>,
}

/// What became of the candidates of a rule.
enum Fate<'c> {
    Stays(Stay<'c>),
    /// In another capture the thread stands elsewhere, or the processor was not used.
    Moved,
    /// The captures show too little of it; what they show, where it is more than one of them.
    Open(Option<String>),
}

/// A stack on which the pattern of a rule matches.
pub struct Sighting<'s> {
    pub hit: &'s Hit,
    pub stack: &'s Stack,
    /// Its number among the stacks of the case.
    pub number: usize,
    pub source: usize,
    pub names: &'s [Option<NameId>],
    pub sites: &'s CallSites,
    pub group: Option<&'s str>,
}

impl StuckThreads {
    /// Takes in a candidate, and the finding that it would be.
    pub fn add(&mut self, sighting: &Sighting<'_>, finding: impl FnOnce() -> Finding) {
        if self.candidates.len() >= CANDIDATES {
            return;
        }
        let Sighting { hit, stack, number, source, names, sites, group } = *sighting;
        let frames = Frames::of(hit, stack, names, sites);
        let next = self.findings.len();
        let known = *self.of_frames.entry((hit.rule, frames.names)).or_insert(next);
        let finding = match known == next || next < FINDINGS {
            true => {
                self.findings.push(finding());
                next
            }
            false => known,
        };
        self.candidates.push(Candidate {
            rule: hit.rule,
            group: group.map(str::to_string),
            stack: number,
            frames,
            finding,
            evidence: ThreadEvidence { thread: stack.thread.clone(), source, line: stack.line },
            suppressed: hit.suppressed,
        });
    }

    /// The findings of a rule, one for each of its groups; those that settings suppress come with their suppression.
    pub fn findings(&self, rules: &RuleSet, rule: usize, captures: &Captures) -> Vec<(Finding, Option<usize>)> {
        let Some(condition) = &rules.rules[rule].stuck else { return Vec::new() };
        let mut groups: BTreeMap<(&Option<String>, Option<usize>), Vec<usize>> = BTreeMap::new();
        for (index, candidate) in self.candidates.iter().enumerate().filter(|(_, candidate)| candidate.rule == rule) {
            groups.entry((&candidate.group, candidate.suppressed)).or_default().push(index);
        }
        let mut findings = Vec::new();
        for ((_, suppressed), candidates) in groups {
            let fates = self.fates(condition, &candidates, captures);
            let finding =
                self.of_stays(rules, rule, &fates, captures).or_else(|| self.of_once(rules, rule, &fates, captures));
            findings.extend(finding.map(|finding| (finding, suppressed)));
        }
        findings
    }

    /// What the rule asks of captures, and what there is.
    pub fn condition(&self, rules: &RuleSet, rule: usize, captures: &Captures) -> Option<CaseCondition> {
        let condition = rules.rules[rule].stuck.as_ref()?;
        let found = self.findings(rules, rule, captures);
        let rungs =
            found.first().map(|(finding, _)| finding.rungs.iter().map(|rung| rung.said.clone()).collect::<Vec<_>>());
        let holds =
            found.iter().any(|(finding, _)| finding.rungs.iter().all(|rung| rung.state == EvidenceState::Holds));
        let any = self.candidates.iter().any(|candidate| candidate.rule == rule);
        let said = match rungs {
            Some(said) => said.join("; "),
            None if !any => format!("no stack matches, in {}", in_words_captures(captures)),
            None if captures.courses.is_empty() => in_words_captures(captures),
            None => format!("{}, and no thread stays where the pattern matches", in_words_captures(captures)),
        };
        Some(CaseCondition { asked: condition.in_words(), holds: holds || !found.is_empty(), found: said })
    }

    /// The fate of each candidate's thread.
    fn fates<'c>(
        &self,
        condition: &StuckCondition,
        candidates: &[usize],
        captures: &'c Captures,
    ) -> Vec<(Vec<usize>, Fate<'c>)> {
        let by_stack: BTreeMap<usize, usize> =
            candidates.iter().map(|&candidate| (self.candidates[candidate].stack, candidate)).collect();
        let mut fates: Vec<(Vec<usize>, Fate<'c>)> = Vec::new();
        let mut placed: Vec<usize> = Vec::new();
        for course in &captures.courses {
            for (key, stacks) in &course.threads {
                let here: Vec<usize> = stacks.iter().filter_map(|(_, stack)| by_stack.get(stack).copied()).collect();
                if here.is_empty() {
                    continue;
                }
                placed.extend(&here);
                let fate = self.fate(condition, course, key, &by_stack, captures);
                fates.push((here, fate));
            }
        }
        placed.sort_unstable();
        let left = candidates.iter().filter(|candidate| placed.binary_search(candidate).is_err());
        fates.extend(left.map(|&candidate| (vec![candidate], Fate::Open(None))));
        fates
    }

    fn fate<'c>(
        &self,
        condition: &StuckCondition,
        course: &'c CaptureCourse,
        key: &'c ThreadKey,
        by_stack: &BTreeMap<usize, usize>,
        captures: &'c Captures,
    ) -> Fate<'c> {
        let stacks = &course.threads[key];
        let mut best: Vec<(usize, usize)> = Vec::new();
        let mut is_seen_again = false;
        for (_, stack) in stacks.iter().filter(|(_, stack)| by_stack.contains_key(stack)) {
            let dialect = self.candidates[by_stack[stack]].frames.dialect;
            let places = self.places(course, key, dialect, captures);
            is_seen_again |= places.len() > 1;
            let stay = self.longest_stay(&places, by_stack, course, key, captures);
            if stay.len() > best.len() {
                best = stay;
            }
        }
        if best.len() < 2 {
            return if is_seen_again { Fate::Moved } else { Fate::Open(None) };
        }
        let (first, last) = (best[0].0, best[best.len() - 1].0);
        let used = used(course, key, first, last, captures);
        let stay = Stay { course, key, seen: best, used };
        match condition.cpu {
            _ if stay.seen.len() < condition.captures as usize => {
                Fate::Open(Some(format!("{}, and {} are asked for", self.said(&stay, None), condition.captures)))
            }
            Some(least) => match used.and_then(|(_, share)| share) {
                Some(share) if share >= least => Fate::Stays(stay),
                Some(_) => Fate::Moved,
                // Nothing says how much it used.
                None => Fate::Open(Some(format!(
                    "{}, and how much it used of a processor is not said",
                    self.said(&stay, None)
                ))),
            },
            None => Fate::Stays(stay),
        }
    }

    /// Where the thread is seen in a dialect: place among the moments, and its stacks there.
    fn places(
        &self,
        course: &CaptureCourse,
        key: &ThreadKey,
        dialect: Dialect,
        captures: &Captures,
    ) -> Vec<(usize, Vec<usize>)> {
        let mut places: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (place, stack) in &course.threads[key] {
            if captures.dialect(*stack) == Some(dialect) {
                places.entry(*place).or_default().push(*stack);
            }
        }
        places.into_iter().collect()
    }

    /// The longest run of places where the same frames are seen; of equal ones the last.
    fn longest_stay(
        &self,
        places: &[(usize, Vec<usize>)],
        by_stack: &BTreeMap<usize, usize>,
        course: &CaptureCourse,
        key: &ThreadKey,
        captures: &Captures,
    ) -> Vec<(usize, usize)> {
        let mut best: Vec<(usize, usize)> = Vec::new();
        let mut run: Vec<(usize, usize)> = Vec::new();
        for (place, stacks) in places {
            let here: Vec<usize> = stacks.iter().filter_map(|stack| by_stack.get(stack).copied()).collect();
            let next = run.last().and_then(|&(before, candidate)| {
                let frames = &self.candidates[candidate].frames;
                let same = here.iter().find(|&&other| self.candidates[other].frames.agree(frames));
                same.copied().filter(|_| !is_another(course, key, before, *place, captures))
            });
            match next {
                Some(candidate) => run.push((*place, candidate)),
                None => run = here.first().map(|&candidate| (*place, candidate)).into_iter().collect(),
            }
            if run.len() >= best.len() {
                best.clone_from(&run);
            }
        }
        best
    }

    fn of_stays(
        &self,
        rules: &RuleSet,
        rule: usize,
        fates: &[(Vec<usize>, Fate<'_>)],
        captures: &Captures,
    ) -> Option<Finding> {
        let stays: Vec<&Stay<'_>> =
            fates.iter().filter_map(|(_, fate)| if let Fate::Stays(stay) = fate { Some(stay) } else { None }).collect();
        let share = |stay: &Stay<'_>| stay.used.and_then(|(_, share)| share).unwrap_or_default();
        let best = stays.iter().copied().reduce(|best, other| {
            let is_better = (other.seen.len(), share(other)) > (best.seen.len(), share(best));
            if is_better { other } else { best }
        })?;
        let mut finding = self.finding_of(best.seen[best.seen.len() - 1].1);
        finding.threads =
            stays.iter().flat_map(|stay| &stay.seen).map(|(_, at)| self.candidates[*at].evidence.clone()).collect();
        finding.stacks = finding.threads.len() as u64;
        let (first, last) = (best.seen[0].0, best.seen[best.seen.len() - 1].0);
        let span = best.course.seconds(first, last);
        if span.is_none() && best.seen.len() < 3 && finding.lowered_because.is_none() {
            finding.confidence = finding.confidence.lowered();
            finding.verdict = Verdict::of_stack(finding.confidence);
            finding.lowered_because = Some("the texts do not say how much time lies between the captures".to_string());
        }
        finding.rungs = vec![self.rung_of_captures(best, stays.len(), span)];
        finding.rungs.extend(rung_of_cpu(best, span, captures));
        let figures = Figures { captures: best.seen.len(), span, share: best.used.and_then(|(_, share)| share) };
        let thread = self.label(best.key, best.seen[0].1);
        let asked = rules.rules[rule].stuck.as_ref().and_then(|stuck| stuck.cpu);
        if asked.is_none() && best.used.is_none() {
            finding.ask = vec![Ask {
                rung: "cpu".to_string(),
                text: "`!runaway 7` in each capture: it tells a thread that spins from one that waits".to_string(),
            }];
        }
        fill_message(&mut finding, Some(&figures), Some(&thread));
        Some(finding)
    }

    /// What one capture shows, where the rule is content with it.
    fn of_once(
        &self,
        rules: &RuleSet,
        rule: usize,
        fates: &[(Vec<usize>, Fate<'_>)],
        captures: &Captures,
    ) -> Option<Finding> {
        let condition = rules.rules[rule].stuck.as_ref()?;
        let once = condition.once?;
        let open = fates.iter().filter(|(_, fate)| matches!(fate, Fate::Open(_)));
        let mut seen: Vec<usize> = open.clone().flat_map(|(candidates, _)| candidates.iter().copied()).collect();
        let leading = |at: &usize| {
            captures
                .moment(self.candidates[*at].stack)
                .and_then(|moment| leads(&self.candidates[*at], moment, captures))
        };
        if condition.cpu.is_some() {
            seen.retain(|at| leading(at).is_some());
        }
        let best = seen.iter().copied().min_by_key(|at| {
            (leading(at).is_none(), self.findings[self.candidates[*at].finding].lowered_because.is_some())
        })?;
        let mut finding = self.finding_of(best);
        finding.threads = seen.iter().map(|at| self.candidates[*at].evidence.clone()).collect();
        finding.stacks = finding.threads.len() as u64;
        let said = open.filter(|(candidates, _)| candidates.contains(&best)).find_map(|(_, fate)| match fate {
            Fate::Open(said) => said.clone(),
            _ => None,
        });
        let why = match said {
            Some(said) => said,
            None if captures.courses.is_empty() => in_words_captures(captures),
            None => "one capture shows it there".to_string(),
        };
        finding.confidence = finding.confidence.min(once);
        finding.verdict = Verdict::Suspected;
        finding.lowered_because = Some("one capture shows where a thread stands, not that it stays there".to_string());
        let rung = |name: &str, said: String, places: Vec<(usize, u32)>, state| RungState {
            name: name.to_string(),
            state,
            said,
            chart: String::new(),
            places,
        };
        finding.rungs = vec![rung("captures", why, Vec::new(), EvidenceState::Missing)];
        if let Some((said, place)) = leading(&best) {
            finding.rungs.push(rung("cpu", said, vec![place], EvidenceState::Undecided));
        }
        finding.ask = vec![Ask { rung: "captures".to_string(), text: ASK.to_string() }];
        fill_message(&mut finding, None, None);
        Some(finding)
    }

    fn finding_of(&self, candidate: usize) -> Finding {
        self.findings[self.candidates[candidate].finding].clone()
    }

    fn rung_of_captures(&self, stay: &Stay<'_>, threads: usize, span: Option<f64>) -> RungState {
        let more = match threads {
            1 => String::new(),
            2 => "; 1 more thread stays too".to_string(),
            _ => format!("; {} more threads stay too", threads - 1),
        };
        let place = |(_, candidate): &(usize, usize)| {
            let evidence = &self.candidates[*candidate].evidence;
            (evidence.source, evidence.line)
        };
        RungState {
            name: "captures".to_string(),
            state: EvidenceState::Holds,
            said: format!("{}{more}", self.said(stay, span)),
            chart: String::new(),
            places: stay.seen.iter().take(PLACES).map(place).collect(),
        }
    }

    fn said(&self, stay: &Stay<'_>, span: Option<f64>) -> String {
        let thread = self.label(stay.key, stay.seen[0].1);
        let span = span.map(|span| format!(" over {}", in_words::seconds(span))).unwrap_or_default();
        format!("thread {thread} stands at the same frames in {} captures{span}", stay.seen.len())
    }

    fn label(&self, key: &ThreadKey, candidate: usize) -> String {
        let index = self.candidates[candidate].evidence.thread.index;
        match (key, index) {
            (ThreadKey::OsId(id), Some(index)) => format!("{index} ({id:#x})"),
            (ThreadKey::OsId(id), None) => format!("{id:#x}"),
            (ThreadKey::Index(index), _) => index.to_string(),
            (ThreadKey::Name(name), _) => format!("\"{name}\""),
        }
    }
}

/// Whether the thread of a later moment cannot be that of the earlier: its processor time fell.
fn is_another(course: &CaptureCourse, key: &ThreadKey, before: usize, after: usize, captures: &Captures) -> bool {
    match (cpu_at(course, key, before, captures), cpu_at(course, key, after, captures)) {
        (Some(before), Some(after)) => after.is_reset(before),
        _ => false,
    }
}

fn cpu_at<'c>(course: &CaptureCourse, key: &ThreadKey, place: usize, captures: &'c Captures) -> Option<&'c Cpu> {
    captures.moments[course.moments[place]].cpu.get(key)
}

/// What a thread used of a processor between two places of its course: seconds, and its part of the time.
fn used(
    course: &CaptureCourse,
    key: &ThreadKey,
    first: usize,
    last: usize,
    captures: &Captures,
) -> Option<(f64, Option<f64>)> {
    let (before, after) = (cpu_at(course, key, first, captures)?, cpu_at(course, key, last, captures)?);
    let seconds = after.since(before)?;
    let by_thread = after.elapsed.zip(before.elapsed).map(|(after, before)| after - before);
    let span = course.seconds(first, last).or(by_thread).filter(|span| *span > 0.0);
    Some((seconds, span.map(|span| seconds / span)))
}

/// What to say of a thread that used by far the most processor time of all, as far as one capture tells.
fn leads(candidate: &Candidate, moment: usize, captures: &Captures) -> Option<(String, (usize, u32))> {
    let cpu = &captures.moments[moment].cpu;
    let thread = &candidate.evidence.thread;
    let key = captures.key(candidate.stack)?;
    let own = cpu.get(key)?;
    let all: f64 = cpu.values().map(Cpu::total).sum();
    let next = cpu.iter().filter(|(other, _)| *other != key).map(|(_, cpu)| cpu.total()).fold(0.0, f64::max);
    let leads = own.total() > 1.0 && own.total() >= all * LEADS.0 && own.total() >= next * LEADS.1;
    let label = thread.index.map_or("it".to_string(), |index| format!("thread {index}"));
    let said = format!(
        "{label} used {} of the {} that all threads used since they began",
        in_words::seconds(own.total()),
        in_words::seconds(all)
    );
    leads.then_some((said, own.place))
}

fn rung_of_cpu(stay: &Stay<'_>, span: Option<f64>, captures: &Captures) -> Option<RungState> {
    let (seconds, share) = stay.used?;
    let of = span.map(|span| format!(" of {}", in_words::seconds(span))).unwrap_or_default();
    let share =
        share.map(|share| format!(", {} of a processor", in_words::percent(share.min(1.0)))).unwrap_or_default();
    let (first, last) = (stay.seen[0].0, stay.seen[stay.seen.len() - 1].0);
    let places = [first, last].into_iter().filter_map(|place| cpu_at(stay.course, stay.key, place, captures));
    Some(RungState {
        name: "cpu".to_string(),
        state: EvidenceState::Holds,
        said: format!("it used {}{of}{share}", in_words::seconds(seconds)),
        chart: String::new(),
        places: places.map(|cpu| cpu.place).collect(),
    })
}

struct Figures {
    captures: usize,
    span: Option<f64>,
    share: Option<f64>,
}

/// Keeps the lines of a message whose figures are all known.
fn fill_message(finding: &mut Finding, figures: Option<&Figures>, thread: Option<&str>) {
    let value = |name: &str| match name {
        "captures" => figures.map(|figures| figures.captures.to_string()),
        "span" => figures.and_then(|figures| figures.span).map(in_words::seconds),
        "cpu" => figures.and_then(|figures| figures.share).map(|share| in_words::percent(share.min(1.0))),
        "thread" => thread.map(str::to_string),
        _ => None,
    };
    let Some(message) = &finding.message else { return };
    let lines = message.lines().map(|line| filled_in(line, value)).filter(|(_, all)| *all);
    let lines: Vec<String> = lines.map(|(line, _)| line).collect();
    finding.message = (!lines.is_empty()).then(|| lines.join(" "));
}

/// How many captures there are, and whether the texts order them.
fn in_words_captures(captures: &Captures) -> String {
    let longest = captures.courses.iter().map(|course| course.moments.len()).max();
    match (longest, captures.moments.len()) {
        (Some(longest), _) => format!("{longest} captures of one process"),
        (None, 0 | 1) => "there is one capture only".to_string(),
        (None, several) => format!(
            "there are {several} texts, and nothing in them or in their names says that time passed between them"
        ),
    }
}
