//! Lines that tell of another time or another process: `Debug session time: ...`, `Loading Dump File [...]`, `g` at a prompt,
//! `Process 24501 stopped`, `Full thread dump`, `== dump 2 ==`.

use jiff::civil::{Date, DateTime, Time};

use super::prompt::Prompt;
use crate::model::SignKind;

/// Commands of WinDbg, lldb and gdb that let the target run.
const RUNNING: &[&str] = &["g", "gc", "gh", "gn", "c", "continue", "cont", "process continue", "run", "r"];
/// Commands that stop a process which ran until then.
const ATTACHING: &[&str] = &["process attach", "attach", ".attach"];
/// Commands that end with one target, or begin with another.
const OPENING: &[&str] = &[".restart", ".opendump", ".detach", "detach", "qd", "q"];
/// What scripts call one of several captures, before its number.
const CAPTURES: &[&str] =
    &["dump", "capture", "snapshot", "sample", "iteration", "run", "round", "attempt", "try", "stacktrace", "stacks"];

/// What a line says, where it is a sign. `command` is the one at the prompt above.
pub fn of_line(text: &str, command: Option<&str>) -> Vec<SignKind> {
    let text = text.trim();
    let sign = match text.as_bytes().first() {
        Some(b'L') => dump(text),
        Some(b'D') => session_time(text, command),
        Some(b'O') if text.starts_with("Opened log file") => Some(SignKind::Session),
        Some(b'q') if text == "quit:" => Some(SignKind::Session),
        Some(b'P') => return process(text, command),
        Some(b'A') => return attached(text),
        Some(b'F') if text.starts_with("Full thread dump") => Some(SignKind::Ran),
        Some(b'[') if text.starts_with("[Inferior ") && text.ends_with("detached]") => Some(SignKind::Session),
        Some(b'*') if text.starts_with("*** wait with pending attach") => Some(SignKind::Session),
        Some(b'=' | b'-' | b'#' | b'*' | b'~' | b'>' | b'2') => separator(text),
        _ => None,
    };
    sign.into_iter().collect()
}

/// What a prompt says: its target, and whether its command lets that run.
pub fn of_prompt(prompt: &Prompt<'_>) -> Vec<SignKind> {
    let target = prompt.target.map(|(system, process)| SignKind::Target { system, process });
    let mut signs: Vec<SignKind> = target.into_iter().collect();
    // Registers are called `r` too, in WinDbg.
    let has_r = prompt.target.is_none();
    for part in prompt.command.split(';').map(str::trim) {
        if (RUNNING.contains(&part) && (part != "r" || has_r)) || begins_with(part, ATTACHING) {
            signs.push(SignKind::Ran);
        } else if begins_with(part, OPENING) {
            signs.push(SignKind::Session);
        }
    }
    signs
}

fn begins_with(command: &str, names: &[&str]) -> bool {
    names.iter().any(|name| {
        let behind = command.strip_prefix(name);
        behind.is_some_and(|behind| behind.is_empty() || behind.starts_with(' '))
    })
}

/// `Loading Dump File [C:\dumps\a.dmp]`, `Loading core dump: ./core_1234 ...`
fn dump(text: &str) -> Option<SignKind> {
    if let Some(path) = text.strip_prefix("Loading Dump File [") {
        return Some(SignKind::Dump(path.trim_end_matches(']').to_string()));
    }
    let path = text.strip_prefix("Loading core dump: ")?;
    Some(SignKind::Dump(path.trim_end_matches("...").trim().to_string()))
}

fn session_time(text: &str, command: Option<&str>) -> Option<SignKind> {
    let at = time_in(text.strip_prefix("Debug session time:")?)?;
    Some(SignKind::Time { at, asked: command.is_some() })
}

/// `Process Uptime: 0 days 0:00:02.654`, `Process 24501 stopped`, `Process 24501 resuming`. lldb says that a process is
/// stopped in answer to `thread list` and `process status` too, where it did not run.
fn process(text: &str, command: Option<&str>) -> Vec<SignKind> {
    if let Some(uptime) = text.strip_prefix("Process Uptime:") {
        return seconds(uptime).map(SignKind::Uptime).into_iter().collect();
    }
    let Some((id, what)) = text.strip_prefix("Process ").and_then(|behind| behind.split_once(' ')) else {
        return Vec::new();
    };
    let Ok(id) = id.parse() else { return Vec::new() };
    match what {
        "stopped" if command.is_some() => vec![SignKind::ProcessId(id)],
        "stopped" => vec![SignKind::Ran, SignKind::ProcessId(id)],
        "resuming" => vec![SignKind::Ran, SignKind::ProcessId(id)],
        "detached" => vec![SignKind::Session],
        _ => Vec::new(),
    }
}

/// `Attaching to process 24501`, `Attaching to program: /usr/bin/svc, process 24501`
fn attached(text: &str) -> Vec<SignKind> {
    let id = text.strip_prefix("Attaching to ").and_then(|behind| behind.rsplit_once("process ")).map(|(_, id)| id);
    match id.and_then(|id| id.trim().parse().ok()) {
        Some(id) => vec![SignKind::Ran, SignKind::ProcessId(id)],
        None => Vec::new(),
    }
}

/// `== dump 2 ==`, `# capture 3 of 5`, `--- 2026-03-02 14:00:30 ---`, `2026-03-02T14:00:30Z` alone.
fn separator(text: &str) -> Option<SignKind> {
    let is_mark = |c: char| matches!(c, '=' | '-' | '#' | '*' | '~' | '>' | '<' | ' ');
    let inner = text.trim_matches(is_mark);
    if inner.len() > 80 {
        return None;
    }
    let time = time_in(inner);
    if inner.len() == text.len() {
        // Nothing but a time.
        let is_alone = time.is_some() && inner.split_whitespace().count() <= 3;
        return is_alone.then_some(SignKind::Separator(time));
    }
    let mut words = inner.split([' ', ':', '#']).filter(|word| !word.is_empty());
    let named = words.next().is_some_and(|word| CAPTURES.contains(&word.to_ascii_lowercase().as_str()));
    let numbered = words.next().is_some_and(|word| {
        let digits = word.split('/').next().unwrap_or(word);
        digits.len() <= 4 && !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    });
    (named && numbered || time.is_some()).then_some(SignKind::Separator(time))
}

/// A date and time among words: `2026-03-02 14:00:30.5`, `2026-03-02T14:00:30Z`, `Sun Nov 22 10:58:17.986 2026 (UTC + 0:00)`,
/// `Mon Mar  2 14:00:30 CET 2026`. Time zones are left out: a machine has one.
fn time_in(text: &str) -> Option<DateTime> {
    let words: Vec<&str> = text.split(|c: char| c.is_whitespace() || c == 'T' && text.contains("-")).collect();
    let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
    for (at, word) in words.iter().enumerate() {
        let Some(time) = time_of_day(word) else { continue };
        let before = |back: usize| at.checked_sub(back).and_then(|at| words.get(at)).copied().unwrap_or_default();
        if let Ok(date) = before(1).parse::<Date>() {
            return Some(date.to_datetime(time));
        }
        let month = MONTHS.iter().position(|month| *month == before(2));
        let year = words[at + 1..].iter().take(2).find_map(|word| word.parse::<i16>().ok());
        if let (Some(month), Ok(day), Some(year)) = (month, before(1).parse::<i8>(), year) {
            let date = Date::new(year, month as i8 + 1, day).ok()?;
            return Some(date.to_datetime(time));
        }
    }
    None
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// `14:00:30.5`, with what zone stands behind it left out.
fn time_of_day(word: &str) -> Option<Time> {
    let end = word.find(|c: char| !c.is_ascii_digit() && !matches!(c, ':' | '.' | ',')).unwrap_or(word.len());
    let digits = word[..end].trim_end_matches([':', '.', ',']);
    (digits.split(':').count() == 3).then(|| digits.replace(',', ".").parse().ok()).flatten()
}

/// `0 days 0:36:13.759` in seconds.
fn seconds(text: &str) -> Option<f64> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let (days, time) = match words.as_slice() {
        [days, "day" | "days", time, ..] => (days.parse::<f64>().ok()?, time),
        [time] => (0.0, time),
        _ => return None,
    };
    let mut seconds = 0.0;
    let parts: Vec<&str> = time.split(':').collect();
    for part in &parts {
        seconds = seconds * 60.0 + part.parse::<f64>().ok().filter(|part| part.is_finite() && *part >= 0.0)?;
    }
    (parts.len() == 3).then_some(days * 86_400.0 + seconds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::prompt;

    fn shown(kind: &SignKind) -> String {
        match kind {
            SignKind::Separator(Some(time)) => format!("separator {time}"),
            SignKind::Separator(None) => "separator".to_string(),
            SignKind::Dump(path) => format!("dump {path}"),
            SignKind::Time { at, asked: true } => format!("time {at} asked"),
            SignKind::Time { at, asked: false } => format!("time {at}"),
            SignKind::Uptime(seconds) => format!("uptime {seconds}"),
            SignKind::Target { system, process } => format!("target {system} {process}"),
            SignKind::ProcessId(id) => format!("process {id}"),
            SignKind::Ran => "ran".to_string(),
            SignKind::Session => "session".to_string(),
        }
    }

    #[test]
    fn lines() {
        for (text, command, want) in [
            ("Debug session time: Sun Nov 22 10:58:17.986 2026 (UTC + 0:00)", None, "time 2026-11-22T10:58:17.986"),
            ("Debug session time: Mon Mar  2 14:00:30 2026", Some(".time"), "time 2026-03-02T14:00:30 asked"),
            ("Process Uptime: 1 days 0:00:02.5", None, "uptime 86402.5"),
            ("Process Uptime: not available", None, ""),
            ("Loading Dump File [C:\\dumps\\w3wp 1.dmp]", None, "dump C:\\dumps\\w3wp 1.dmp"),
            ("Loading core dump: ./core_1234 ...", None, "dump ./core_1234"),
            ("Opened log file 'c:\\a.log'", None, "session"),
            ("Process 24501 stopped", Some("process attach -p 24501"), "process 24501"),
            ("Process 24501 stopped", Some("thread list"), "process 24501"),
            ("Process 24501 stopped", None, "ran, process 24501"),
            ("Process 24501 resuming", Some("c"), "ran, process 24501"),
            ("Attaching to process 24501", None, "ran, process 24501"),
            ("[Inferior 1 (process 24501) detached]", None, "session"),
            ("Full thread dump:", None, "ran"),
            ("== dump 2 ==", None, "separator"),
            ("# == Dump #2 of 3 ==", None, "separator"),
            ("### capture 3: after a minute", None, "separator"),
            ("--- 2026-03-02 14:00:30 ---", None, "separator 2026-03-02T14:00:30"),
            ("=== Mon Mar  2 14:00:30 CET 2026 ===", None, "separator 2026-03-02T14:00:30"),
            ("2026-03-02T14:00:30.123Z", None, "separator 2026-03-02T14:00:30.123"),
            ("2026-03-02 14:00:30 INFO  the request took 3 seconds", None, ""),
            ("----- Thread 3 -----", None, ""),
            ("*** WARNING: Unable to verify checksum", None, ""),
            ("-- dump of 3 objects", None, ""),
            ("24 frames", None, ""),
        ] {
            let got: Vec<String> = of_line(text, command).iter().map(shown).collect();
            assert_eq!(got.join(", "), want, "{text}");
        }
    }

    #[test]
    fn prompts() {
        for (line, want) in [
            ("0:000> g", "target 0 0, ran"),
            ("||1:0:003> ~*k", "target 1 0"),
            ("0:000> r", "target 0 0"),
            ("(lldb) c", "ran"),
            ("(lldb) process attach -p 24501", "ran"),
            ("0:000> .opendump a.dmp", "target 0 0, session"),
            ("0:000> !runaway; g", "target 0 0, ran"),
        ] {
            let prompt = prompt::parse(line).expect(line);
            let got: Vec<String> = of_prompt(&prompt).iter().map(shown).collect();
            assert_eq!(got.join(", "), want, "{line}");
        }
    }
}
