//! Processor time of threads between captures, and in one.

use crate::facts::{CaptureCourse, Captures, Cpu, ThreadKey, in_words};
use crate::finding::ThreadEvidence;

/// A thread leads the others when it used so much of all processor time, and so many times what the next one did.
const LEADS: (f64, f64) = (0.5, 2.0);

/// Whether the thread of a later moment cannot be that of the earlier: its processor time fell.
pub fn is_another(course: &CaptureCourse, key: &ThreadKey, before: usize, after: usize, captures: &Captures) -> bool {
    match (cpu_at(course, key, before, captures), cpu_at(course, key, after, captures)) {
        (Some(before), Some(after)) => after.is_reset(before),
        _ => false,
    }
}

pub fn cpu_at<'c>(course: &CaptureCourse, key: &ThreadKey, place: usize, captures: &'c Captures) -> Option<&'c Cpu> {
    captures.moments[course.moments[place]].cpu.get(key)
}

/// What a thread used of a processor between two places of its course: seconds, and its part of the time.
pub fn used(
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
pub fn leads(evidence: &ThreadEvidence, stack: usize, captures: &Captures) -> Option<(String, (usize, u32))> {
    let cpu = &captures.moments[captures.moment(stack)?].cpu;
    let thread = &evidence.thread;
    let key = captures.key(stack)?;
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
