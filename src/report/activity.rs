//! What the threads do, in a sentence: `212 threads: 180 idle (120 thread-pool workers, 20 RPC threads), 12 in requests,
//! 3 unexplained`.

use std::io::{self, Write};

use super::layout::{count, paragraph};
use super::{CaseReport, printable};
use crate::model::ThreadRef;
use crate::rules::{IDLE, RuleSet};

/// Kinds of idle threads that are named; the others are counted together.
const KINDS: usize = 5;

/// Threads that are named for each frame.
const THREADS: usize = 12;

/// Roles that threads have, and how many threads, the order being that of the sentence.
pub fn roles<'r>(case: &CaseReport, rules: &'r RuleSet) -> Vec<(&'r str, u64)> {
    let mut roles: Vec<(&str, u64)> = Vec::new();
    for &(rule, threads) in &case.activity.roles {
        let role = rules.rules[rule].role.as_deref().unwrap_or_default();
        match roles.iter_mut().find(|(known, _)| *known == role) {
            Some((_, known)) => *known += threads,
            None => roles.push((role, threads)),
        }
    }
    roles.sort_by_key(|&(role, threads)| (role != IDLE, std::cmp::Reverse(threads), role));
    roles
}

/// Writes the sentence; with `lists_unexplained` also the threads that nothing explains, by first frame of the
/// application.
pub fn write_activity(
    case: &CaseReport,
    rules: &RuleSet,
    lists_unexplained: bool,
    out: &mut dyn Write,
    width: usize,
) -> io::Result<()> {
    let activity = &case.activity;
    if activity.threads == 0 {
        return Ok(());
    }
    let mut parts: Vec<String> = Vec::new();
    for (role, threads) in roles(case, rules) {
        parts.push(match role {
            IDLE => format!("{threads} idle ({})", idle_kinds(case, rules)),
            _ => in_words(role, threads),
        });
    }
    if activity.found > 0 {
        parts.push(format!("{} with findings", activity.found));
    }
    if activity.unexplained() > 0 {
        parts.push(format!("{} unexplained", activity.unexplained()));
    }
    if activity.empty > 0 {
        parts.push(format!("{} without frames", activity.empty));
    }
    paragraph(out, "", &format!("{}: {}", count(activity.threads, "thread"), parts.join(", ")), width)?;
    if lists_unexplained {
        write_unexplained(case, out, width)?;
    }
    Ok(())
}

/// `120 thread-pool workers, 20 RPC threads, 5 others`
fn idle_kinds(case: &CaseReport, rules: &RuleSet) -> String {
    let mut kinds: Vec<(&str, u64)> = Vec::new();
    for &(rule, threads) in &case.activity.roles {
        let rule = &rules.rules[rule];
        if !rule.is_idle() {
            continue;
        }
        let kind = if rule.category.is_empty() { rule.id.as_str() } else { rule.category.as_str() };
        match kinds.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, known)) => *known += threads,
            None => kinds.push((kind, threads)),
        }
    }
    kinds.sort_by_key(|&(kind, threads)| (std::cmp::Reverse(threads), kind));
    let shown = if kinds.len() > KINDS + 1 { KINDS } else { kinds.len() };
    let mut words: Vec<String> =
        kinds[..shown].iter().map(|(kind, threads)| count(*threads, &printable(kind))).collect();
    let others: u64 = kinds[shown..].iter().map(|(_, threads)| threads).sum();
    if others > 0 {
        words.push(count(others, "other"));
    }
    words.join(", ")
}

/// The roles of the built-in pack have words of their own; any other is named as it is.
fn in_words(role: &str, threads: u64) -> String {
    let one = threads == 1;
    let words = match role {
        "request" if one => "in a request",
        "request" => "in requests",
        "lock-wait" => "waiting for a lock",
        "gc-waiting" => "stopped for the GC",
        "gc" => "collecting garbage",
        "finalizer" => "finalizing",
        "pool-worker" => "executing pool work",
        "ui" if one => "with a window",
        "ui" => "with windows",
        "main-wait" => "waiting in the main function",
        "runtime" => "of the runtime",
        _ => return format!("{threads} {}", printable(role)),
    };
    format!("{threads} {words}")
}

fn write_unexplained(case: &CaseReport, out: &mut dyn Write, width: usize) -> io::Result<()> {
    for group in &case.activity.unexplained {
        let frame = match &group.frame {
            Some(frame) => format!("in {}", printable(frame)),
            None => "no frame of the application".to_string(),
        };
        let mut names: Vec<String> = group
            .threads
            .iter()
            .take(THREADS)
            .map(|(thread, source, line)| name(case, thread, *source, *line))
            .collect();
        if group.count > names.len() as u64 {
            names.push(format!("{} more", group.count - names.len() as u64));
        }
        let text = format!("unexplained: {}, {frame}: {}", count(group.count, "thread"), names.join(", "));
        paragraph(out, "  ", &text, width)?;
    }
    Ok(())
}

/// `12`, `0x1a2c`, or where it stands.
fn name(case: &CaseReport, thread: &ThreadRef, source: usize, line: u32) -> String {
    match (thread.index, thread.os_id) {
        (Some(index), _) => index.to_string(),
        (None, Some(os_id)) => format!("{os_id:#x}"),
        (None, None) => {
            let source = case.sources.get(source).map_or("", |source| source.name.as_str());
            format!("{}:{line}", printable(source))
        }
    }
}
