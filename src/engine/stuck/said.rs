//! What is said of threads that are stuck, or may be.

use super::processor::{cpu_at, leads};
use super::{Fate, Stay, Stuck, StuckThreads};
use crate::engine::proof::filled_in;
use crate::facts::{Captures, ThreadKey, in_words};
use crate::finding::{Ask, EvidenceState, Finding, RungState, Verdict};
use crate::rules::RuleSet;

/// Places that the report names.
const PLACES: usize = 12;

const ASK: &str = "take two or three captures of the process, 10 to 30 seconds apart, each into a file of its own: `.time`, \
                   `!runaway 7`, `~*k` (and `~*e !clrstack` of a managed program)";

impl StuckThreads {
    pub(super) fn of_stays(
        &self,
        rules: &RuleSet,
        rule: usize,
        fates: &[(Vec<usize>, Fate<'_>)],
        captures: &Captures,
    ) -> Option<Stuck> {
        let stays: Vec<&Stay<'_>> =
            fates.iter().filter_map(|(_, fate)| if let Fate::Stays(stay) = fate { Some(stay) } else { None }).collect();
        let share = |stay: &Stay<'_>| stay.used.and_then(|(_, share)| share).unwrap_or_default();
        let best = stays.iter().copied().reduce(|best, other| {
            let is_better = (other.seen.len(), share(other)) > (best.seen.len(), share(best));
            if is_better { other } else { best }
        })?;
        let mut finding = self.finding_of(best.seen[best.seen.len() - 1].1);
        let views = self.put_threads(&mut finding, stays.iter().flat_map(|stay| &stay.seen).map(|(_, at)| *at));
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
        Some(Stuck { finding, views })
    }

    /// What one capture shows, where the rule is content with it.
    pub(super) fn of_once(
        &self,
        rules: &RuleSet,
        rule: usize,
        fates: &[(Vec<usize>, Fate<'_>)],
        captures: &Captures,
    ) -> Option<Stuck> {
        let condition = rules.rules[rule].stuck.as_ref()?;
        let once = condition.once?;
        let open = fates.iter().filter(|(_, fate)| matches!(fate, Fate::Open(_)));
        let mut seen: Vec<usize> = open.clone().flat_map(|(candidates, _)| candidates.iter().copied()).collect();
        let leading = |at: &usize| leads(&self.candidates[*at].evidence, self.candidates[*at].stack, captures);
        if condition.cpu.is_some() {
            seen.retain(|at| leading(at).is_some());
        }
        let best = seen.iter().copied().min_by_key(|at| {
            (leading(at).is_none(), self.findings[self.candidates[*at].finding].lowered_because.is_some())
        })?;
        let mut finding = self.finding_of(best);
        let views = self.put_threads(&mut finding, seen.iter().copied());
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
        Some(Stuck { finding, views })
    }

    /// Names the threads of these candidates; their views.
    fn put_threads(&self, finding: &mut Finding, candidates: impl Iterator<Item = usize>) -> Vec<Option<usize>> {
        finding.threads.clear();
        let mut views = Vec::new();
        for candidate in candidates.map(|candidate| &self.candidates[candidate]) {
            finding.threads.push(candidate.evidence.clone());
            views.push(candidate.view);
        }
        finding.stacks = finding.threads.len() as u64;
        views
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

    pub(super) fn said(&self, stay: &Stay<'_>, span: Option<f64>) -> String {
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
pub fn in_words_captures(captures: &Captures) -> String {
    let longest = captures.courses.iter().map(|course| course.moments.len()).max();
    match (longest, captures.moments.len()) {
        (Some(longest), _) => format!("{longest} captures of one process"),
        (None, 0 | 1) => "there is one capture only".to_string(),
        (None, several) => format!(
            "there are {several} texts, and nothing in them or in their names says that time passed between them"
        ),
    }
}
