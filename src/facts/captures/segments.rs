//! Stretches of a source that are of one moment, and which of them are one capture.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::DateTime;

use super::{ProcessMoment, SeriesPlace};
use crate::model::{Sign, SignKind};

/// Stretches compared with each other; those beyond stand alone.
const COMPARED: usize = 300;

/// A stretch of a source that is of one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Segment {
    pub source: usize,
    pub line: u32,
    /// Counts the times that the source begins with another capture.
    part: u32,
    /// Counts the signs so far that the target ran.
    pub ran: u32,
    /// System and process, by the debugger's numbers.
    pub target: (u32, u32),
    pub time: Option<(DateTime, DateTime)>,
    pub uptime: Option<f64>,
    pub process_ids: BTreeSet<u64>,
    dump: Option<String>,
    /// Its source's place among others.
    pub series: Option<SeriesPlace>,
    /// Something that matters stands in it.
    pub is_used: bool,
}

/// The stretches of all sources.
pub struct Segments {
    all: Vec<Segment>,
    /// For each source: from which line on which stretch goes on.
    places: BTreeMap<usize, Vec<(u32, usize)>>,
}

impl Segments {
    pub fn all(&self) -> &[Segment] {
        &self.all
    }

    pub fn at(&mut self, source: usize, line: u32) -> Option<&mut Segment> {
        let index = self.index_at(source, line)?;
        self.all.get_mut(index)
    }

    pub fn index_at(&self, source: usize, line: u32) -> Option<usize> {
        let places = self.places.get(&source)?;
        let at = places.partition_point(|(start, _)| *start <= line);
        places.get(at.checked_sub(1)?).map(|(_, index)| *index)
    }

    /// The stretch that goes on from a line: one that was left before, or a new one.
    fn go_on(&mut self, state: &Segment, line: u32) -> usize {
        let same =
            |known: &Segment| (known.source, known.part, known.target) == (state.source, state.part, state.target);
        let index = match self.all.iter().rposition(same) {
            Some(index) => index,
            None => {
                self.all.push(Segment { line, ..state.clone() });
                self.all.len() - 1
            }
        };
        self.places.entry(state.source).or_default().push((line, index));
        index
    }
}

/// Cuts the sources at their signs, which come in the order of their lines for each source.
pub fn segments(sources: &BTreeSet<usize>, signs: &[(usize, Sign)]) -> Segments {
    let mut segments = Segments { all: Vec::new(), places: BTreeMap::new() };
    for &source in sources {
        let mut state = Segment { source, ..Segment::default() };
        let mut at = segments.go_on(&state, 0);
        for (_, sign) in signs.iter().filter(|(of, _)| *of == source) {
            let segment = &mut segments.all[at];
            match &sign.kind {
                SignKind::Time { at: time, asked } => {
                    let is_other = segment.time.is_some_and(|(first, last)| *time < first || *time > last);
                    if is_other && !*asked {
                        state.part += 1;
                        at = segments.go_on(&state, sign.line);
                    }
                    widen(&mut segments.all[at].time, *time);
                    continue;
                }
                SignKind::Uptime(seconds) => {
                    segment.uptime = segment.uptime.or(Some(*seconds));
                    continue;
                }
                SignKind::ProcessId(id) => {
                    segment.process_ids.insert(*id);
                    continue;
                }
                SignKind::Target { system, process } if state.target == (*system, *process) => continue,
                SignKind::Target { system, process } => state.target = (*system, *process),
                SignKind::Ran | SignKind::Separator(_) => (state.part, state.ran) = (state.part + 1, state.ran + 1),
                SignKind::Dump(_) | SignKind::Session => state.part += 1,
            }
            at = segments.go_on(&state, sign.line);
            match &sign.kind {
                SignKind::Separator(Some(time)) => widen(&mut segments.all[at].time, *time),
                SignKind::Dump(path) => segments.all[at].dump = Some(path.clone()),
                _ => {}
            }
        }
    }
    segments
}

fn widen(interval: &mut Option<(DateTime, DateTime)>, time: DateTime) {
    let (first, last) = interval.unwrap_or((time, time));
    *interval = Some((first.min(time), last.max(time)));
}

/// The moments, and which of them each stretch is part of. A source that names a process once speaks of it throughout.
pub fn join(segments: &[Segment], series: &[Option<SeriesPlace>]) -> (Vec<ProcessMoment>, Vec<Option<usize>>) {
    let mut moments: Vec<ProcessMoment> = Vec::new();
    let mut of_segment: Vec<Option<usize>> = vec![None; segments.len()];
    let mut of_source: BTreeMap<usize, BTreeSet<u64>> = BTreeMap::new();
    for segment in segments {
        of_source.entry(segment.source).or_default().extend(&segment.process_ids);
    }
    for (index, segment) in segments.iter().enumerate().filter(|(_, segment)| segment.is_used) {
        let mut segment = segment.clone();
        segment.series = series.get(segment.source).cloned().flatten();
        let of_source = &of_source[&segment.source];
        if segment.process_ids.is_empty() && of_source.len() == 1 {
            segment.process_ids = of_source.clone();
        }
        let same = |moment: &ProcessMoment| moment.places.iter().any(|other| is_one(other, &segment));
        let found = if index < COMPARED { moments.iter().position(same) } else { None };
        let at = found.unwrap_or_else(|| {
            moments.push(ProcessMoment { line: segment.line, ..ProcessMoment::default() });
            moments.len() - 1
        });
        moments[at].add(segment);
        of_segment[index] = Some(at);
    }
    (moments, of_segment)
}

impl ProcessMoment {
    fn add(&mut self, segment: Segment) {
        if !self.sources.contains(&segment.source) {
            self.sources.push(segment.source);
        }
        if let Some((first, last)) = segment.time {
            widen(&mut self.time, first);
            widen(&mut self.time, last);
        }
        self.uptime = self.uptime.or(segment.uptime);
        self.process_ids.extend(&segment.process_ids);
        self.places.push(segment);
    }
}

/// Whether two stretches are of one moment.
fn is_one(one: &Segment, other: &Segment) -> bool {
    let same_source = one.source == other.source;
    if same_source && (one.target != other.target || one.ran != other.ran) {
        return false;
    }
    let named = !one.process_ids.is_empty() && !other.process_ids.is_empty();
    if named && one.process_ids.is_disjoint(&other.process_ids) {
        return false;
    }
    match (one.time, other.time) {
        (Some((first, last)), Some((other_first, other_last))) => first <= other_last && other_first <= last,
        _ if one.dump.is_some() && other.dump.is_some() => one.dump == other.dump,
        // Another command's output of the same capture: `k-1.txt` and `runaway-1.txt`.
        _ => match (&one.series, &other.series) {
            (Some(one), Some(other)) => one.series != other.series && one.numbers == other.numbers,
            _ => false,
        },
    }
}
