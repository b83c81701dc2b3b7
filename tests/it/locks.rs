//! Rules that ask who owns locks and who waits for them: what is reported, what is folded, what is said.

use stacklint::engine::{CaseResult, CaseScan, ExplainScan, Sieve};
use stacklint::finding::{Confidence, EvidenceKind};
use stacklint::formats::read;
use stacklint::model::NoteCode;
use stacklint::rules::{Origin, RuleSet, compile};
use stacklint::text::Source;

const RULES: &str = "\
lists:
  waits-for-monitor: |
    Monitor.Enter
  above-lock-waits: |
    ntdll!*
---
id: ring
title: Ring
severity: critical
confidence: high
category: deadlock
match:
  deadlock: {via: [syncblk, stack-owner]}
explains: [waits]
message: \"{{ring}}; {{threads}}; {{locks}}; {{waiters}}\"
ask:
  owners: Run !syncblk
why: w
fix: f
---
id: queue
title: Queue
severity: high
confidence: high
category: waits
match:
  blocked-behind:
    waiters: \">= 2\"
    owner: |
      {{call=Disk.*}}
message: \"{{owner}} in {{call}} stops {{waiters}} in {{methods}} for {{lock}}\"
why: w
fix: f
---
id: waiter
title: Waiter
severity: low
category: waits
match: |
  Monitor.Enter
why: w
fix: f
---
id: draws
title: Draws
severity: low
category: drawing
match: |
  App.Draw
why: w
fix: f
";

fn rules() -> RuleSet {
    let loaded = compile(vec![(Source::new("rules.yml", RULES.to_string()), Origin::User)]);
    loaded.rules.unwrap_or_else(|| panic!("{:#?}", loaded.diagnostics.list))
}

/// A thread's stack of `!clrstack`: index, and frames.
fn stack(index: u32, frames: &str) -> String {
    let mut text =
        format!("OS Thread Id: {:#x} ({index})\n        Child SP               IP Call Site\n", 0x100 + index);
    for (number, frame) in frames.split_whitespace().enumerate() {
        text.push_str(&format!(
            "{:016x} 00007ff881230000 {frame}()\n",
            0x1bf1_f000 + index as usize * 0x10_0000 + number * 0x80
        ));
    }
    text
}

/// `!syncblk`: owner, object, and how many wait.
fn syncblk(rows: &[(u32, u64, u64)]) -> String {
    let mut text =
        "0:000> !syncblk\nIndex SyncBlock MonitorHeld Recursion Owning Thread Info  SyncBlock Owner\n".to_string();
    for (owner, object, waiters) in rows {
        let (held, id) = (1 + 2 * waiters, 0x100 + owner);
        text.push_str(&format!(
            "   10 0000000000337110 {held:12} 1 000000000034cce0 {id:x} {owner}   {object:016x} N.Lock\n"
        ));
    }
    text + "-----------------------------\nTotal           14\n"
}

fn scan(rules: &RuleSet, texts: &[String]) -> CaseResult {
    let sieve = Sieve::new(rules);
    let mut scan = CaseScan::new(rules, &sieve);
    for (source, text) in texts.iter().enumerate() {
        scan.begin_source(source);
        read(text.as_bytes(), "log", &mut scan).unwrap();
    }
    scan.finish()
}

/// `id confidence message (folded ids)`
fn check(texts: &[String], want: &[&str]) {
    let rules = rules();
    let shown = |finding: &stacklint::finding::Finding| {
        let folded: Vec<&str> = finding.folded.iter().map(|&rule| rules.rules[rule].id.as_str()).collect();
        let message = finding.message.as_deref().unwrap_or_default();
        format!("{} {} {message} ({})", rules.rules[finding.rule].id, finding.confidence.name(), folded.join(","))
    };
    let got: Vec<String> = scan(&rules, texts).findings.iter().map(shown).collect();
    assert_eq!(got, want, "{texts:#?}");
}

fn two_in_a_ring() -> String {
    let table = syncblk(&[(4, 0xa0, 2), (5, 0xb0, 1)]);
    stack(4, "Monitor.Enter App.Pay")
        + &stack(5, "Monitor.Enter App.Book")
        + &stack(6, "Monitor.Enter App.Draw")
        + &table
}

#[test]
fn a_ring_is_reported_once_and_what_follows_is_folded() {
    let ring = "ring high thread 4 (0x104) holds N.Lock 0xa0 and waits in App.Pay for N.Lock 0xb0; thread 5 (0x105) holds \
                N.Lock 0xb0 and waits in App.Book for N.Lock 0xa0; threads 4 (0x104), 5 (0x105); N.Lock 0xa0, N.Lock 0xb0; \
                1 thread (waiter)";
    let draws = "draws medium  ()";
    check(&[two_in_a_ring()], &[ring, draws]);
    // The same in two texts of a case is one, and a waiting thread of its own stays.
    let table = syncblk(&[(4, 0xa0, 2), (5, 0xb0, 1)]);
    check(&[two_in_a_ring(), table], &[ring, draws]);
    // The table counts two more who wait, and their stacks are not in the text.
    let pair = stack(4, "Monitor.Enter App.Pay") + &stack(5, "Monitor.Enter App.Book");
    let counted = ring.replace("1 thread (", "2 threads (");
    check(&[pair + &syncblk(&[(4, 0xa0, 3), (5, 0xb0, 1)])], &[counted.as_str()]);
    let other = two_in_a_ring() + "\n" + &stack(9, "Monitor.Enter App.Else") + &stack(8, "App.Work");
    let result = scan(&rules(), &[other]);
    assert!(result.notes.iter().any(|(_, note)| note.code == NoteCode::Locks), "{:?}", result.notes);
}

/// A method whose name SOS does not know, with its variables at the beginning of the line, and a table without its totals.
#[test]
fn variables_of_code_without_a_name_tell_the_lock() {
    let table = syncblk(&[(4, 0xa0, 1), (5, 0xb0, 1), (6, 0xc0, 1)]);
    let table = table.split("-----").next().unwrap().to_string();
    let unnamed = |index: u32, locals: &[u64]| {
        let mut text = stack(index, "Monitor.Enter");
        text.push_str(&format!(
            "{:016x} 00007ff854ee3749\nLOCALS:\n",
            0x1bf1_f000 + index as usize * 0x10_0000 + 0x100
        ));
        for value in locals {
            text.push_str(&format!("0x000000001407f988 = {value:#018x}\n"));
        }
        text
    };
    let ring = "ring high thread 4 (0x104) holds N.Lock 0xa0 and waits for N.Lock 0xb0; thread 5 (0x105) holds N.Lock 0xb0 \
                and waits for N.Lock 0xa0; threads 4 (0x104), 5 (0x105); N.Lock 0xa0, N.Lock 0xb0; nobody (waiter)";
    check(&[unnamed(4, &[0xb0, 0xa0]) + &unnamed(5, &[0xa0, 1, 0xb0]) + &table], &[ring]);
}

#[test]
fn evidence_has_frames_and_rows_of_tables() {
    let rules = rules();
    let result = scan(&rules, &[two_in_a_ring()]);
    let finding = &result.findings[0];
    let lines: Vec<(EvidenceKind, u32)> =
        finding.evidence.iter().map(|evidence| (evidence.kind, evidence.line)).collect();
    let (frame, lock) = (EvidenceKind::Frame, EvidenceKind::Lock);
    assert_eq!(lines, [(frame, 3), (frame, 4), (frame, 7), (frame, 8), (lock, 15), (lock, 16)]);
    assert_eq!(finding.evidence[4].text, "monitor N.Lock 0xa0, owned by thread 4 (0x104), 2 threads waiting");
    assert_eq!(finding.behind.iter().filter_map(|thread| thread.index).collect::<Vec<_>>(), [6]);
}

#[test]
fn without_a_table_confidence_falls_and_the_table_is_asked_for() {
    let text =
        stack(0, "") + &stack(1, "App.Main") + &stack(4, "Monitor.Enter App.Pay") + &stack(5, "Monitor.Enter App.Book");
    // Thread 1 may own what the others wait for.
    assert!(scan(&rules(), &[text]).findings.iter().all(|finding| finding.confidence != Confidence::Low));
    let with_join = RULES.replace("  above-lock-waits", "  waits-for-thread: |\n    Thread.Join\n  above-lock-waits");
    let loaded = compile(vec![(Source::new("rules.yml", with_join), Origin::User)]);
    let rules = loaded.rules.unwrap();
    let text =
        stack(1, "Thread.Join App.Main") + &stack(4, "Monitor.Enter App.Pay") + &stack(5, "Monitor.Enter App.Book");
    let result = scan(&rules, &[text]);
    let finding = &result.findings[0];
    assert_eq!((rules.rules[finding.rule].id.as_str(), finding.confidence), ("ring", Confidence::Low));
    assert_eq!(finding.ask.iter().map(|ask| ask.text.as_str()).collect::<Vec<_>>(), ["Run !syncblk"]);
    let want =
        "thread 4 (0x104) waits in App.Pay; thread 5 (0x105) waits in App.Book, for locks that the text does not name";
    assert!(finding.message.as_ref().unwrap().starts_with(want), "{:?}", finding.message);
}

#[test]
fn an_owner_must_do_what_the_rule_says() {
    let waiting = stack(4, "Monitor.Enter App.Get") + &stack(5, "Monitor.Enter App.Get");
    let queue = "queue high thread 6 (0x106) in Disk.Read stops 2 threads in App.Get for N.Lock 0xa0 ()";
    check(&[stack(6, "Disk.Read App.Load") + &waiting + &syncblk(&[(6, 0xa0, 2)])], &[queue, "waiter medium  ()"]);
    check(&[stack(6, "App.Load") + &waiting + &syncblk(&[(6, 0xa0, 2)])], &["waiter medium  ()"]);
    // Somebody else reads.
    check(
        &[stack(7, "Disk.Read App.Load") + &stack(6, "App.Load") + &waiting + &syncblk(&[(6, 0xa0, 2)])],
        &["waiter medium  ()"],
    );
    // Tables and stacks of different texts that both have stacks and tables are not put together.
    let one = stack(6, "Disk.Read App.Load") + &syncblk(&[(6, 0xa0, 0)]);
    let other = waiting + &stack(6, "App.Load") + &syncblk(&[(6, 0xa0, 2)]);
    check(&[one, other], &["waiter medium  ()"]);
}

#[test]
fn what_keeps_a_rule_from_being_reported_is_explained() {
    let rules = rules();
    let explain = |id: &str, text: String| {
        let index = rules.rules.iter().position(|rule| rule.id == id).unwrap();
        let sieve = Sieve::new(&rules);
        let mut scan = ExplainScan::new(&rules, &sieve, index);
        read(text.as_bytes(), "log", &mut scan).unwrap();
        let condition = scan.finish().unwrap().conditions.remove(0);
        (condition.holds, condition.found)
    };
    let waiting = stack(4, "Monitor.Enter App.Get") + &stack(6, "App.Load");
    let (holds, found) = explain("ring", waiting.clone());
    assert!(!holds);
    assert_eq!(found, "no table of locks was printed; 1 stack shows a thread that waits for a lock");
    let (holds, found) = explain("ring", waiting + &syncblk(&[(6, 0xa0, 1)]));
    assert!(!holds);
    assert_eq!(found, "tables list 1 lock that is held; 1 stack shows a thread that waits for a lock");
    let (holds, found) = explain("ring", two_in_a_ring());
    assert!(
        holds && found.starts_with("thread 4 (0x104): waits in App.Pay for N.Lock 0xb0; holds N.Lock 0xa0"),
        "{found}"
    );
}

#[test]
fn a_rule_on_locks_gives_way_to_a_more_special_one() {
    let any = "---\nid: any-ring\ntitle: Any\nseverity: high\nmatch:\n  deadlock: {via: [syncblk, critical-section]}\n\
               yields-to: [ring]\nwhy: w\nfix: f\n";
    let source = Source::new("rules.yml", RULES.to_string() + any);
    let rules = compile(vec![(source, Origin::User)]).rules.unwrap();
    let sieve = Sieve::new(&rules);
    let ring_of_monitors = two_in_a_ring();
    // `!dlk` names a section too.
    let ring_of_both = "0:007> !dlk\n*DEADLOCK DETECTED*\n\
        CLR thread 0x1 holds the lock on SyncBlock 011e59b0 OBJ:02e93410[N.Lock]\n...and is waiting on CriticalSection 01216a58\n\
        CLR thread 0x3 holds CriticalSection 01216a58\n\
        ...and is waiting for the lock on SyncBlock 011e59b0 OBJ:02e93410[N.Lock]\n";
    for (text, want) in [(ring_of_monitors.as_str(), "ring"), (ring_of_both, "any-ring")] {
        let mut scan = CaseScan::new(&rules, &sieve);
        read(text.as_bytes(), "log", &mut scan).unwrap();
        let mut found: Vec<String> =
            scan.finish().findings.iter().map(|found| rules.rules[found.rule].id.clone()).collect();
        found.retain(|id| id.ends_with("ring"));
        assert_eq!(found, [want]);
    }
    let index = rules.rules.iter().position(|rule| rule.id == "any-ring").unwrap();
    let mut scan = ExplainScan::new(&rules, &sieve, index);
    read(ring_of_monitors.as_bytes(), "log", &mut scan).unwrap();
    let condition = scan.finish().unwrap().conditions.remove(0);
    assert_eq!((condition.holds, condition.found.as_str()), (false, "it yields to `ring`"));
}

/// One thread has a monitor and a reader-writer lock, and others wait for both: a rule that asks for one kind is told of it.
#[test]
fn an_owner_of_locks_of_two_kinds() {
    let of_kind = |via: &str| {
        format!(
            "---\nid: {via}-queue\ntitle: Queue\nseverity: high\nmatch:\n  blocked-behind: {{via: [{via}], waiters: 2}}\n\
             message: \"{{{{owner}}}} {{{{waiters}}}} {{{{lock}}}}\"\nwhy: w\nfix: f\n"
        )
    };
    let written = of_kind("syncblk") + &of_kind("reader-writer") + &of_kind("critical-section");
    let rules = compile(vec![(Source::new("rules.yml", written), Origin::User)]).rules.unwrap();
    let found = |texts: &[String]| -> Vec<String> {
        let result = scan(&rules, texts);
        let shown = |finding: &stacklint::finding::Finding| {
            format!("{} {}", rules.rules[finding.rule].id, finding.message.as_deref().unwrap_or_default())
        };
        result.findings.iter().map(shown).collect()
    };
    let holds = "0:000> !mlocks\n0x1f 6 0x106 RWLockSlim 00000001a0213d48 Writer\n".to_string();
    let waits = "0:000> !rwlock 00000001a0213d48\nWriteLockOwnerThread:             0x1f\n\
        WaitingReaderCount:               3\n";
    let monitors = syncblk(&[(6, 0xa0, 2)]);
    // That it has a lock for which nobody waits takes nothing away.
    assert_eq!(found(&[holds.clone() + &monitors]), ["syncblk-queue thread 6 (0x106) 2 threads N.Lock 0xa0"]);
    let both = "thread 6 (0x106) 5 threads 0x1a0213d48, N.Lock 0xa0";
    assert_eq!(
        found(&[holds + waits + &monitors]),
        [format!("reader-writer-queue {both}"), format!("syncblk-queue {both}")]
    );
}
