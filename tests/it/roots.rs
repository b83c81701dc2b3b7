//! Rules on what keeps objects alive: chains of `!gcroot`, apart from the stacks of threads.

use stacklint::engine::{CaseResult, CaseScan, ExplainScan, Sieve, naive};
use stacklint::formats::{read, read_capture};
use stacklint::rules::{Origin, RuleSet, compile};
use stacklint::text::Source;

const RULES: &str = "\
id: event
title: An event keeps it
severity: medium
match:
  root: |
    [pinned handle] or [strong handle]
    System.Object[]
    ...
    *EventHandler
    ...
    {{object=*}}
    <bottom>
unless:
  - root: |
      Contoso.Window
message: \"{{object}} is held\"
why: w
fix: f
---
id: own
title: A type of the application
severity: low
yields-to: [event]
match:
  root: |
    Contoso.*
why: w
fix: f
---
id: stack
title: A method of the application
severity: low
match: |
  Contoso.*
why: w
fix: f
---
id: idle
title: Idle
role: idle
match: |
  System.EventHandler
";

const STATIC: &str = "\
0:005> !gcroot 018aeb48
HandleTable:
    00a513ec (pinned handle)
    -> 036d34c8 System.Object[]
    -> 08f799c0 System.EventHandler`1[[Contoso.Price, Contoso]]
    -> 018aeb48 Contoso.Watcher
Found 1 unique roots (run '!GCRoot -all' to see all roots).
";

fn rules() -> RuleSet {
    let compiled = compile(vec![(Source::new("rules.yml", RULES), Origin::User)]);
    compiled.rules.unwrap_or_else(|| panic!("{:?}", compiled.diagnostics.list))
}

fn scan(rules: &RuleSet, text: &str) -> CaseResult {
    let sieve = Sieve::new(rules);
    let mut scan = CaseScan::new(rules, &sieve);
    read(text.as_bytes(), "log", &mut scan).unwrap();
    scan.finish()
}

/// What is found in a text, by the engine and by the plain matcher.
fn check(text: &str, want: &[&str]) {
    let rules = rules();
    let mut found: Vec<&str> =
        scan(&rules, text).findings.iter().map(|finding| rules.rules[finding.rule].id.as_str()).collect();
    found.sort_unstable();
    assert_eq!(found, want, "{text}");
    let (capture, _) = read_capture(text.as_bytes(), "log", false).unwrap();
    let plain = naive::findings(&capture, &rules);
    let mut plain: Vec<&str> = plain.iter().map(|(rule, ..)| rules.rules[*rule].id.as_str()).collect();
    plain.sort_unstable();
    assert_eq!(plain, want, "the plain matcher: {text}");
}

#[test]
fn stacks_and_what_keeps_objects_alive_are_asked_by_rules_of_their_own() {
    check(STATIC, &["event"]);
    // The same names as frames of a thread.
    let stack = "0:005> !clrstack\nOS Thread Id: 0x1a2c (5)\nChild SP       IP Call Site\n\
        0000001a 7ff8a1b0 Contoso.Watcher.Run()\n0000001b 7ff8a1c0 Contoso.Program.Main()\n";
    check(stack, &["stack"]);
    check(&STATIC.replace("Contoso.Watcher", "Contoso.Window"), &["own"]);
    // Another object than the one that was asked for stands at the event.
    check(
        &STATIC.replace("08f799c0 System.EventHandler`1[[Contoso.Price, Contoso]]", "08f799c0 Contoso.Cache"),
        &["own"],
    );
    // The method whose local holds the object.
    let local = "0:005> !gcroot 018aeb48\nThread 29fc:\n    00d9ef18 040ecf9a Contoso.Job.Run()\n        ebp+50: 0096f2f4\n\
        \x20           ->  018aeb48 System.String\n";
    check(local, &["own"]);
}

#[test]
fn a_root_is_no_thread() {
    let rules = rules();
    let result = scan(&rules, STATIC);
    assert_eq!((result.activity.threads, result.summary.idle), (0, 0));
    assert_eq!(result.findings[0].message.as_deref(), Some("Contoso.Watcher is held"));
    assert!(result.findings[0].threads.iter().all(|thread| thread.thread == Default::default()));
}

#[test]
fn an_explanation_shows_the_chain_that_comes_nearest() {
    let rules = rules();
    let text = STATIC.replace("System.EventHandler", "System.Action") + "0:005> k\nChild-SP RetAddr Call Site\n";
    let sieve = Sieve::new(&rules);
    let mut scan = ExplainScan::new(&rules, &sieve, 0);
    read(text.as_bytes(), "log", &mut scan).unwrap();
    let explanation = scan.finish().unwrap();
    assert_eq!(explanation.line, 3);
    // A rule on stacks is laid over no chain.
    let mut scan = ExplainScan::new(&rules, &sieve, 2);
    read(STATIC.as_bytes(), "log", &mut scan).unwrap();
    assert!(scan.finish().is_none());
}
