//! Several captures of one process: threads that stay where they are, threads that spin, and what is neither.

use stacklint::engine::{CaseScan, Sieve};
use stacklint::facts::series;
use stacklint::formats::read;
use stacklint::rules::{Origin, RuleSet, compile};
use stacklint::text::Source;

fn rules(text: &str) -> RuleSet {
    let loaded = compile(vec![(Source::new("rules.yml", text.to_string()), Origin::User)]);
    loaded.rules.unwrap_or_else(|| panic!("{:#?}\n{text}", loaded.diagnostics.list))
}

/// A rule that asks for `svc!lookup` in several captures.
fn rule(stuck: &str) -> String {
    format!(
        "id: r\ntitle: t\nseverity: low\nconfidence: high\nwhy: w\nfix: f\nmatch:\n  stuck:\n    {stuck}\n    stack: |\n      \
         {{{{f=svc!lookup}}}}\nmessage: |\n  {{{{f}}}}\n  {{{{thread}}}} in {{{{captures}}}}\n  {{{{span}}}}\n  {{{{cpu}}}}\n\
         ---\nid: idle\ntitle: t\nrole: idle\nmatch: |\n  <top>\n  svc!rest\n"
    )
}

/// One source: `@` and a time, `!` and a thread's user time, `>` and a line as it is, else a thread and its frames.
fn text(said: &str) -> String {
    let mut text = String::new();
    for part in said.split(';').map(str::trim).filter(|part| !part.is_empty()) {
        if let Some(time) = part.strip_prefix('@') {
            text.push_str(&format!("Debug session time: Mon Mar  2 {time}.000 2026 (UTC + 1:00)\n"));
        } else if let Some((id, time)) = part.strip_prefix('!').and_then(|row| row.split_once(' ')) {
            text.push_str(&format!(" User Mode Time\n  Thread       Time\n   5:{id}      0 days {time}\n"));
        } else if let Some(line) = part.strip_prefix('>') {
            text.push_str(&format!("{line}\n"));
        } else {
            let (thread, frames) = part.split_once(' ').unwrap();
            let header = match thread.split_once(':') {
                Some((process, id)) => format!("   5  Id: {process}.{id} Suspend: 1 Teb: 000000d8`6a2f6000 Unfrozen"),
                None => format!("0:{thread:0>3}> kL"),
            };
            text.push_str(&format!("{header}\n # Child-SP          RetAddr           Call Site\n"));
            let frames: Vec<&str> = frames.split_whitespace().collect();
            for (number, frame) in frames.iter().enumerate() {
                let below = u32::from(number + 1 < frames.len());
                text.push_str(&format!("{number:02x} 00000000`0019{number:04x} 00000000`{below:08x} {frame}\n"));
            }
        }
    }
    text
}

/// Confidence, stacks, message, and how the parts of the evidence stand.
fn check(stuck: &str, sources: &[(&str, &str)], want: &str) {
    let set = rules(&rule(stuck));
    let sieve = Sieve::new(&set);
    let names: Vec<String> = sources.iter().map(|(name, _)| name.to_string()).collect();
    let mut scan = CaseScan::new(&set, &sieve).in_series(series(&names));
    for (index, (name, said)) in sources.iter().enumerate() {
        scan.begin_source(index);
        read(text(said).as_bytes(), name, &mut scan).unwrap();
    }
    let findings = scan.finish().findings;
    let shown = findings.iter().map(|finding| {
        let rungs: Vec<String> =
            finding.rungs.iter().map(|rung| format!("{} {}", rung.name, rung.state.name())).collect();
        let message = finding.message.clone().unwrap_or_default();
        format!("{} on {}: {message} [{}]", finding.confidence.name(), finding.stacks, rungs.join(", "))
    });
    assert_eq!(shown.collect::<Vec<_>>().join("\n"), want, "{stuck}\n{sources:#?}");
}

const TWO: &str = "captures: \">= 2\"";

#[test]
fn the_same_thread_at_the_same_frames() {
    let stay = "10d8:1a2c svc!hash+0x5 svc!lookup+0x9a svc!worker+0x12";
    let timed = |time: &str, frames: &str| format!("@{time}; {frames}");
    let (first, second) =
        (timed("14:00:00", stay), timed("14:00:30", "10d8:1a2c svc!other+0x77 svc!lookup+0x5 svc!worker+0x12"));
    let held = "high on 2: svc!lookup 5 (0x1a2c) in 2 30 s [captures holds]";
    check(TWO, &[("hang-1", &first), ("hang-2", &second)], held);
    // Times say more than names.
    check(TWO, &[("hang-2", &first), ("hang-1", &second)], held);
    // Names tell that time passed, and not how much.
    check(TWO, &[("hang-1", stay), ("hang-2", stay)], "medium on 2: svc!lookup 5 (0x1a2c) in 2 [captures holds]");
    check(
        TWO,
        &[("hang-1", stay), ("hang-2", stay), ("hang-3", stay)],
        "high on 3: svc!lookup 5 (0x1a2c) in 3 [captures holds]",
    );
    check("captures: \">= 3\"", &[("hang-1", &first), ("hang-2", &second)], "");
    // One file.
    let both = format!("{first}; {second}");
    check(TWO, &[("log", &both)], held);
    // By the debugger's number where no text has ids.
    let index = "5 svc!lookup+0x9a svc!worker+0x12";
    check(TWO, &[("hang-1", index), ("hang-2", index)], "medium on 2: svc!lookup 5 in 2 [captures holds]");
}

#[test]
fn what_is_not_stuck() {
    let stay = "10d8:1a2c svc!lookup+0x9a svc!worker+0x12";
    for sources in [
        // Several commands of one capture.
        vec![("k.txt", stay.to_string()), ("kv.txt", stay.to_string())],
        vec![("log", format!("{stay}; {stay}"))],
        vec![("log", format!("> 0:000> .time; @14:00:00; {stay}; > 0:000> .time; @14:01:00; {stay}"))],
        // One dump, read twice.
        vec![("hang-1", format!("@14:00:00; {stay}")), ("hang-2", format!("@14:00:00; {stay}"))],
        // It moved, and came back.
        vec![
            ("hang-1", stay.to_string()),
            ("hang-2", "10d8:1a2c svc!read+0x1 svc!worker+0x12".to_string()),
            ("hang-3", stay.to_string()),
        ],
        // Called from another place.
        vec![("hang-1", stay.to_string()), ("hang-2", "10d8:1a2c svc!lookup+0x9a svc!worker+0x44".to_string())],
        vec![("hang-1", stay.to_string()), ("hang-2", "10d8:1a2c svc!lookup+0x9a svc!other+0x12".to_string())],
        // Other threads, other processes.
        vec![("hang-1", stay.to_string()), ("hang-2", "10d8:2b40 svc!lookup+0x9a svc!worker+0x12".to_string())],
        vec![("hang-1", stay.to_string()), ("hang-2", "2214:1a2c svc!lookup+0x9a svc!worker+0x12".to_string())],
        // Its processor time fell: the id was given to another thread.
        vec![("hang-1", format!("!1a2c 0:00:40.000; {stay}")), ("hang-2", format!("!1a2c 0:00:01.000; {stay}"))],
        // Idle threads stay where they are.
        vec![
            ("hang-1", "10d8:1a2c svc!rest svc!lookup+0x9a".to_string()),
            ("hang-2", "10d8:1a2c svc!rest svc!lookup+0x9a".to_string()),
        ],
    ] {
        let sources: Vec<(&str, &str)> = sources.iter().map(|(name, said)| (*name, said.as_str())).collect();
        check(TWO, &sources, "");
    }
    // The process was restarted.
    let up = |time: &str, up: &str| format!("@{time}; >Process Uptime: 0 days {up}; 5 svc!lookup+0x9a svc!worker+0x12");
    check(TWO, &[("h-1", &up("14:00:00", "0:40:00.000")), ("h-2", &up("14:01:00", "0:00:20.000"))], "");
    let same = "high on 2: svc!lookup 5 in 2 60 s [captures holds]";
    check(TWO, &[("h-1", &up("14:00:00", "0:40:00.000")), ("h-2", &up("14:01:00", "0:41:00.000"))], same);
}

#[test]
fn threads_that_spin() {
    let spin = "captures: \">= 2\"\n    cpu: \">= 50%\"";
    let said = |time: &str, used: &str| {
        format!("@{time}; !1a2c {used}; 10d8:1a2c svc!hash+0x5 svc!lookup+0x9a svc!worker+0x12")
    };
    let (first, busy, idle) =
        (said("14:00:00", "0:00:05.000"), said("14:00:30", "0:00:34.000"), said("14:00:30", "0:00:05.100"));
    let held = "high on 2: svc!lookup 5 (0x1a2c) in 2 30 s 96.7% [captures holds, cpu holds]";
    check(spin, &[("h-1", &first), ("h-2", &busy)], held);
    check(spin, &[("h-1", &first), ("h-2", &idle)], "");
    // The same without `cpu` holds, and says what was used.
    let waits = "high on 2: svc!lookup 5 (0x1a2c) in 2 30 s 0.3% [captures holds, cpu holds]";
    check(TWO, &[("h-1", &first), ("h-2", &idle)], waits);
    // Nothing tells what was used.
    let stay = "10d8:1a2c svc!lookup+0x9a svc!worker+0x12";
    check(spin, &[("h-1", stay), ("h-2", stay)], "");
}

#[test]
fn one_capture_says_less() {
    let once = "captures: \">= 2\"\n    once: low";
    let stay = "10d8:1a2c svc!lookup+0x9a svc!worker+0x12";
    let open = "low on 1: svc!lookup [captures missing]";
    check(once, &[("log", stay)], open);
    check(once, &[("k.txt", stay), ("kv.txt", stay)], "low on 2: svc!lookup [captures missing]");
    // Other captures refute it.
    check(once, &[("h-1", stay), ("h-2", "10d8:1a2c svc!read+0x9a svc!worker+0x12")], "");
    check(once, &[("h-1", stay), ("h-2", "10d8:77 svc!read+0x9a svc!worker+0x12")], open);
    // Where processor time is asked for, the thread that leads is a suspicion.
    let spin = "captures: \">= 2\"\n    once: low\n    cpu: \">= 50%\"";
    check(spin, &[("log", stay)], "");
    let leads = format!("!1a2c 0:05:00.000; {stay}");
    check(spin, &[("log", &leads)], "low on 1: svc!lookup [captures missing, cpu undecided]");
}
