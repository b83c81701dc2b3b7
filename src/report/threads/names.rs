//! How threads, frames and shares are named.

use super::ThreadsCase;
use crate::facts::threads::{Owner, SeenThread, ThreadFrame};
use crate::report::layout::count;
use crate::report::printable;

/// `thread 3`, `threads 3, 5-9`
pub fn thread_names(case: &ThreadsCase, threads: &[usize]) -> String {
    let list = thread_list(case, threads);
    let is_one = threads.len() == 1 && case.threads.threads[threads[0]].count == 1;
    if is_one { format!("thread {list}") } else { format!("threads {list}") }
}

/// `3, 5-9, 0x1a2c`: all threads of a list, by the debugger's index, else the system's id, else where they stand. Where
/// the case has several processes, each is named behind its threads.
pub fn thread_list(case: &ThreadsCase, threads: &[usize]) -> String {
    let several = case.processes > 1;
    let mut lists: Vec<(Owner, Vec<&SeenThread>)> = Vec::new();
    for thread in threads.iter().map(|&thread| &case.threads.threads[thread]) {
        // They come by process.
        match lists.last_mut() {
            Some((owner, list)) if *owner == thread.owner => list.push(thread),
            _ => lists.push((thread.owner, vec![thread])),
        }
    }
    let list = |(owner, threads): (Owner, Vec<&SeenThread>)| match several {
        true => format!("{} of {}", of_one_process(case, threads), owner_name(owner)),
        false => of_one_process(case, threads),
    };
    lists.into_iter().map(list).collect::<Vec<_>>().join("; ")
}

pub fn owner_name(owner: Owner) -> String {
    match owner {
        Owner::Process(process) => format!("process {process:#x}"),
        Owner::Unnamed(0) => "a process not named".to_string(),
        Owner::Unnamed(number) => format!("another process not named ({})", number + 1),
    }
}

fn of_one_process(case: &ThreadsCase, threads: Vec<&SeenThread>) -> String {
    let mut indices: Vec<u32> = Vec::new();
    let (mut others, mut unlisted) = (Vec::new(), 0);
    for seen in threads {
        let thread = &seen.thread;
        match (thread.index, thread.os_id, &thread.name) {
            _ if seen.count > 1 => unlisted += seen.count,
            (Some(index), ..) => indices.push(index),
            (None, Some(os_id), _) => others.push(format!("{os_id:#x}")),
            (None, None, Some(name)) => others.push(format!("\"{}\"", printable(name))),
            (None, None, None) => match seen.views.first() {
                Some(view) if case.sources.len() > 1 => {
                    let source = case.sources.get(view.source).map_or("", |source| source.name.as_str());
                    others.push(format!("at {}:{}", printable(source), view.line));
                }
                Some(view) => others.push(format!("at line {}", view.line)),
                None => others.push("not named".to_string()),
            },
        }
    }
    indices.sort_unstable();
    let mut parts = ranges(&indices);
    parts.extend(others);
    if unlisted > 0 {
        parts.push(format!("{} not named by the tool", count(unlisted, "thread")));
    }
    parts.join(", ")
}

/// Three or more in a row are a range.
fn ranges(indices: &[u32]) -> Vec<String> {
    let mut parts = Vec::new();
    let mut rest = indices;
    while let Some((&first, behind)) = rest.split_first() {
        let follows = |(at, index): &(usize, &u32)| u64::from(**index) == u64::from(first) + *at as u64 + 1;
        let more = behind.iter().enumerate().take_while(follows).count();
        match more {
            0 => parts.push(first.to_string()),
            1 => parts.extend([first.to_string(), behind[0].to_string()]),
            _ => parts.push(format!("{first}-{}", behind[more - 1])),
        }
        rest = &behind[more..];
    }
    parts
}

/// A frame as it is printed: control characters do nothing.
pub fn frame_text(frame: &ThreadFrame) -> String {
    match frame.hole {
        Some(Some(missing)) => format!("--- {} missing from the text ---", count(u64::from(missing), "frame")),
        Some(None) => "--- frames missing from the text ---".to_string(),
        None => printable(&frame.shown).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_a_row_are_ranges() {
        for (indices, want) in [
            (vec![1, 2, 3, 5, 7, 8], "1-3, 5, 7, 8"),
            (vec![4], "4"),
            (vec![u32::MAX - 1, u32::MAX], "4294967294, 4294967295"),
        ] {
            assert_eq!(ranges(&indices).join(", "), want);
        }
    }
}
