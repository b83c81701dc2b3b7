//! What threads do: healthy processes are explained to the last thread, and one thread is one thread, whichever commands
//! print it.

use std::fs;
use std::path::Path;

use stacklint::engine::{CaseResult, CaseScan, Sieve};
use stacklint::formats::read;
use stacklint::rules::{Origin, RuleSet, compile};
use stacklint::text::Source;

use crate::pack::builtin;

fn scan(rules: &RuleSet, sources: &[&str]) -> CaseResult {
    let sieve = Sieve::new(rules);
    let mut scan = CaseScan::new(rules, &sieve).without_near_misses();
    for (index, source) in sources.iter().enumerate() {
        scan.begin_source(index);
        read(source.as_bytes(), "log", &mut scan).unwrap();
    }
    scan.finish()
}

/// `3 clr-worker-idle, 1 with findings, 2 unexplained`
fn activity(rules: &RuleSet, result: &CaseResult) -> String {
    let activity = &result.activity;
    let mut roles: Vec<(u64, &str)> =
        activity.roles.iter().map(|&(rule, threads)| (threads, rules.rules[rule].id.as_str())).collect();
    roles.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
    let mut parts: Vec<String> = roles.iter().map(|(threads, rule)| format!("{threads} {rule}")).collect();
    for (threads, what) in
        [(activity.found, "with findings"), (activity.unexplained(), "unexplained"), (activity.empty, "empty")]
    {
        if threads > 0 {
            parts.push(format!("{threads} {what}"));
        }
    }
    parts.join(", ")
}

#[test]
fn healthy_processes_are_explained_to_the_last_thread() {
    let rules = builtin();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/healthy");
    let mut names: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.retain(|path| path.extension().is_some_and(|extension| extension == "log"));
    names.sort();
    assert!(names.len() > 8, "{names:?}");
    let mut shown = String::new();
    for path in names {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let result = scan(&rules, &[&fs::read_to_string(&path).unwrap()]);
        let found: Vec<_> = result.findings.iter().map(|finding| &rules.rules[finding.rule].id).collect();
        assert!(found.is_empty(), "{name}: {found:?}");
        assert_eq!(result.activity.unexplained, [], "{name}");
        shown.push_str(&format!("{name}: {} threads: {}\n", result.activity.threads, activity(&rules, &result)));
    }
    insta::with_settings!({ snapshot_path => "../snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("roles", shown);
    });
}

const PACK: &str = "\
id: resting
title: t
role: idle
match: |
  <top>
  ntdll!NtWait*
  clr!Rest or System.Rest
---
id: finalizer
title: t
role: finalizer
match: |
  clr!Finalize
---
id: parked
title: t
role: idle
match:
  stack: |
    <top>
    System.WaitOne
    {{caller=App.*}}
  threads: {at-most: 2, same: caller}
---
id: waits
title: t
severity: medium
why: w
fix: f
match: |
  ntdll!NtWait* or System.WaitOne
---
id: finalizer-waits
title: t
severity: medium
why: w
fix: f
match:
  stack: |
    App.Finalize
  on: [finalizer]
---
id: native-and-managed
title: t
severity: medium
why: w
fix: f
match: |
  ntdll!NtRead
  ...
  App.Host
";

fn pack() -> RuleSet {
    compile(vec![(Source::new("rules.yml", PACK.to_string()), Origin::User)]).rules.unwrap()
}

/// `k` of some threads, `index/id frame frame` a line; frames without `!` are addresses.
fn k(threads: &str) -> String {
    let mut text = "0:000> ~*kL\n".to_string();
    for thread in threads.lines() {
        let (thread, frames) = thread.trim().split_once(' ').unwrap();
        let (index, id) = thread.split_once('/').unwrap();
        text.push_str(&format!("  {index}  Id: 1.{id} Suspend: 1 Teb: 00000000`67fe0000 Unfrozen\n"));
        text.push_str(" # Child-SP          RetAddr           Call Site\n");
        let frames: Vec<&str> = frames.split_whitespace().collect();
        for (number, frame) in frames.iter().enumerate() {
            let below = u32::from(number + 1 < frames.len());
            text.push_str(&format!("{number:02x} 00000000`0019{number:04x} 00000000`{below:08x} {frame}\n"));
        }
    }
    text
}

fn clrstack(threads: &str) -> String {
    let mut text = "0:000> ~*e !clrstack\n".to_string();
    for thread in threads.lines() {
        let (thread, frames) = thread.trim().split_once(' ').unwrap();
        let (index, id) = thread.split_once('/').unwrap();
        text.push_str(&format!("OS Thread Id: 0x{id} ({index})\n        Child SP               IP Call Site\n"));
        for (number, frame) in frames.split_whitespace().enumerate() {
            text.push_str(&format!("00000000001900{number:02x} 00007ff700000001 {frame}()\n"));
        }
    }
    text
}

/// What is found, with the number of stacks and the view that is shown; then what the threads do.
fn check(sources: &[&str], findings: &[&str], threads: &str) {
    let rules = pack();
    let result = scan(&rules, sources);
    let shown = |finding: &stacklint::finding::Finding| {
        let view = finding.shown.view.map(|view| format!(" {}", view.name())).unwrap_or_default();
        format!("{} {}{view}", rules.rules[finding.rule].id, finding.stacks)
    };
    let mut found: Vec<String> = result.findings.iter().map(shown).collect();
    found.sort();
    assert_eq!(found, findings, "{sources:#?}");
    assert_eq!(activity(&rules, &result), threads, "{sources:#?}");
}

#[test]
fn an_idle_thread_is_blamed_in_no_view_of_it() {
    let native = k("4/f4 ntdll!NtWaitForSingleObject clr!Unknown 0x00007ff7`00000001");
    check(&[&native], &["waits 1"], "1 with findings");
    let managed = clrstack("4/f4 System.Rest App.Run");
    // The managed view alone shows no wait above the rest, so by itself it is not idle.
    check(&[&native, &managed], &["waits 1 native"], "1 with findings");
    let resting = k("4/f4 ntdll!NtWaitForSingleObject clr!Rest");
    let blamed = clrstack("4/f4 System.WaitOne Lib.Run");
    check(&[&blamed], &["waits 1"], "1 with findings");
    check(&[&resting, &blamed], &[], "1 resting");
    check(&[&blamed, &resting], &[], "1 resting");
    check(&[&format!("{blamed}{resting}")], &[], "1 resting");
    // It is another thread that rests.
    check(&[&k("5/f8 ntdll!NtWaitForSingleObject clr!Rest"), &blamed], &["waits 1"], "1 resting, 1 with findings");
    // It moved on: there are two stacks of the same kind.
    let moved = k("4/f4 ntdll!NtWaitForSingleObject clr!Rest clr!Start");
    let later = k("4/f4 clr!Work clr!Start");
    check(&[&moved, &later, &blamed], &["waits 1"], "1 with findings");
}

#[test]
fn a_role_seen_in_one_view_holds_for_the_thread() {
    let managed = clrstack("2/f0 App.Finalize");
    check(&[&managed], &[], "1 unexplained");
    let native = k("2/f0 clr!Work clr!Finalize");
    check(&[&managed, &native], &["finalizer-waits 1 managed"], "1 finalizer");
    check(&[&native, &managed], &["finalizer-waits 1 managed"], "1 finalizer");
    check(&[&k("3/f4 clr!Work clr!Finalize"), &managed], &[], "1 finalizer, 1 unexplained");
}

#[test]
fn one_parked_thread_is_idle_and_three_are_not() {
    let parked = |threads: &str| clrstack(threads);
    check(&[&parked("2/f0 System.WaitOne App.Loop")], &[], "1 parked");
    check(&[&parked("2/f0 System.WaitOne App.Loop\n3/f4 System.WaitOne App.Loop")], &[], "2 parked");
    let three = "2/f0 System.WaitOne App.Loop\n3/f4 System.WaitOne App.Loop\n4/f8 System.WaitOne App.Loop";
    check(&[&parked(three)], &["waits 3"], "3 with findings");
    // Three stacks of one thread are one thread.
    let one = parked("2/f0 System.WaitOne App.Loop");
    check(&[&one, &one, &one], &[], "1 parked");
    let others = "2/f0 System.WaitOne App.Loop\n3/f4 System.WaitOne App.Loop\n4/f8 System.WaitOne App.Other";
    check(&[&parked(others)], &[], "3 parked");
}

#[test]
fn a_native_stack_is_completed_by_the_managed_one() {
    let native = k("4/f4 ntdll!NtRead clr!Stub 0x00007ff7`00000001 0x00007ff7`00000002 clr!Start");
    let managed = clrstack("4/f4 App.Read App.Host");
    check(&[&native], &[], "1 unexplained");
    check(&[&native, &managed], &["native-and-managed 1 completed"], "1 with findings");
    let rules = pack();
    let result = scan(&rules, &[&native, &managed]);
    let places: Vec<(usize, u32)> =
        result.findings[0].evidence.iter().map(|evidence| (evidence.source, evidence.line)).collect();
    assert_eq!(places, [(0, 4), (1, 5)]);
    // The managed view of another thread completes nothing.
    check(&[&native, &clrstack("5/f8 App.Read App.Host")], &[], "2 unexplained");
}

#[test]
fn a_native_stack_that_breaks_off_is_made_good_by_the_managed_one() {
    let rules = pack();
    let native = k("4/f4 ntdll!NtRead clr!Stub 0x00007ff7`00000001");
    let managed = clrstack("4/f4 App.Read App.Host");
    for (sources, want) in [
        (&[native.as_str()][..], &[][..]),
        (&[&native, &managed], &[0]),
        (&[&managed, &native], &[1]),
        (&[&native, &clrstack("5/f8 App.Read")], &[]),
    ] {
        assert_eq!(scan(&rules, sources).made_good, want, "{sources:#?}");
    }
}
