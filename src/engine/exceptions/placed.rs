//! Which stack is that of which exception.

use foldhash::HashSet;

use super::{Exception, Thrown, has_its_stack};
use crate::engine::throwers::functions_of;
use crate::model::{CallSites, Dialect, Stack};

/// The stack of an exception, as its first frame.
pub fn thrown_of(stack: &Stack, sites: &CallSites, source: usize) -> Option<Thrown> {
    let first = stack.frames.first()?;
    let is_of_sos = stack.dialect == Dialect::PrintException;
    let site = sites.get(first.site);
    Some(Thrown {
        source,
        stack_line: stack.line,
        line: first.line,
        call_site: site.text.to_string(),
        function: site.function().map(|function| function.split('(').next().unwrap_or(function).to_string()),
        functions: if is_of_sos { functions_of(stack, sites) } else { Vec::new() },
        dialect: stack.dialect,
    })
}

/// Finds the stack of each exception: the first that follows its text, before that of another. What was thrown is in the
/// order of the sources and lines. Takes out what was survived, and objects kept ready that were never thrown.
pub fn place(exceptions: &mut Vec<Exception>, thrown: &[Thrown]) {
    let mut lines: Vec<(usize, u32)> = exceptions.iter().map(|exception| (exception.source, exception.line)).collect();
    lines.sort_unstable();
    for exception in exceptions.iter_mut() {
        let begin = (exception.source, exception.line);
        let end = lines.get(lines.partition_point(|line| *line <= begin));
        let at = thrown.partition_point(|thrown| (thrown.source, thrown.stack_line) < begin);
        let is_before = |thrown: &&Thrown| end.is_none_or(|end| (thrown.source, thrown.stack_line) < *end);
        let is_here = |thrown: &&Thrown| thrown.source == exception.source;
        exception.thrown = thrown.get(at).filter(is_here).filter(is_before).cloned();
    }
    drop_survived(exceptions);
    exceptions.retain(|exception| !exception.is_premade || exception.thrown.is_some());
    place_outer(exceptions);
}

/// Takes out what a debugger saw at the first chance, where a later event of the same process shows that it went on:
/// somebody handled it. A null reference of managed code is such an access violation.
fn drop_survived(exceptions: &mut Vec<Exception>) {
    let seen: Vec<(usize, u32, u64)> = exceptions
        .iter()
        .filter_map(|exception| Some((exception.source, exception.line, exception.first_seen_in?)))
        .collect();
    let went_on = |exception: &Exception, process: u64| {
        seen.iter().any(|&(source, line, of)| (source, of) == (exception.source, process) && line > exception.line)
    };
    exceptions.retain(|exception| !exception.first_seen_in.is_some_and(|process| went_on(exception, process)));
}

/// A SqlException that wraps the code of Windows has its frames behind that one's line. Of other exceptions the text does not
/// tell whether the one above wraps the one below, or was logged before it.
fn place_outer(exceptions: &mut [Exception]) {
    let mut order: Vec<usize> = (0..exceptions.len()).collect();
    order.sort_by_key(|&at| (exceptions[at].source, exceptions[at].line));
    for pair in order.windows(2) {
        let (outer, inner) = (&exceptions[pair[0]], &exceptions[pair[1]]);
        let lines = inner.line.saturating_sub(outer.line);
        let follows = outer.source == inner.source && (1..=WRAPPED_WITHIN).contains(&lines);
        if follows && outer.thrown.is_none() && has_its_stack(outer, &inner.name) {
            exceptions[pair[0]].thrown = inner.thrown.clone();
        }
    }
}

/// The line behind that of an exception, or the one behind a message of two lines.
const WRAPPED_WITHIN: u32 = 2;

/// Source and line of the stacks that are those of exceptions by their types: where they were thrown, no thread stands any
/// more. Frames alone may as well be those of a thread.
pub fn stacks_of_exceptions(exceptions: &[Exception]) -> HashSet<(usize, u32)> {
    let typed = exceptions.iter().filter(|exception| exception.name.ends_with("Exception"));
    typed.filter_map(|exception| exception.thrown.as_ref()).map(|thrown| (thrown.source, thrown.stack_line)).collect()
}

/// The exceptions whose stacks begin at these places; all of them, where a place is not that of an exception's stack.
pub fn of_stacks<'e>(exceptions: &'e [Exception], places: &HashSet<(usize, u32)>) -> Vec<&'e Exception> {
    let is_own = |exception: &&Exception| {
        let place = exception.thrown.as_ref().map(|thrown| (thrown.source, thrown.stack_line));
        !exception.is_outer && place.is_some_and(|place| places.contains(&place))
    };
    let own: Vec<&Exception> = exceptions.iter().filter(is_own).collect();
    let placed: HashSet<(usize, u32)> =
        own.iter().flat_map(|own| &own.thrown).map(|thrown| (thrown.source, thrown.stack_line)).collect();
    match !own.is_empty() && places.iter().all(|place| placed.contains(place)) {
        true => own,
        false => exceptions.iter().collect(),
    }
}
