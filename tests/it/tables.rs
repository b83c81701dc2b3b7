//! Tables of heaps and objects as evidence: what is compared with what, and what is left open.

use stacklint::engine::{CaseScan, Sieve};
use stacklint::finding::EvidenceState::{self, *};
use stacklint::formats::read;

use crate::ladders::{findings, found_by_the_pack, recording, rules, sample, steady};

/// `!dumpheap -stat` as SOS prints it: types in order of size, then the total.
fn dumpheap(types: &[(&str, u64, u64)]) -> String {
    let mut text =
        "0:000> !dumpheap -stat\nStatistics:\n              MT    Count    TotalSize Class Name\n".to_string();
    for (number, (class, count, size)) in types.iter().enumerate() {
        let number = if *class == "System.String" { 0 } else { number + 1 };
        text += &format!("00007ffa1bf0{number:04x} {count:8} {size:12} {class}\n");
    }
    text + &format!("Total {} objects\n", types.iter().map(|(_, count, _)| count).sum::<u64>())
}

/// What `vertarget` says of the time, and since when the process runs.
fn at(clock: &str, minutes_up: u32) -> String {
    format!(
        "0:000> vertarget\nDebug session time: Tue Nov  3 {clock}:00.000 2026 (UTC + 1:00)\n\
         Process Uptime: 0 days {}:{:02}:00.000\n",
        minutes_up / 60,
        minutes_up % 60
    )
}

fn thread_of(process: &str) -> String {
    format!("0:000> ~0k\n.  0  Id: {process}.1f8 Suspend: 1 Teb: 00000000`7efdb000 Unfrozen\n")
}

const FIRST: &[(&str, u64, u64)] =
    &[("Contoso.Order", 1000, 100_000), ("System.String", 5000, 500_000), ("System.Byte[]", 2000, 400_000_000)];
const SECOND: &[(&str, u64, u64)] =
    &[("Contoso.Order", 9000, 900_000), ("System.String", 5100, 510_000), ("System.Byte[]", 2500, 500_000_000)];

/// One question about tables: how its answer stands, and what it says.
fn state(question: &str, texts: &[&str]) -> (EvidenceState, String) {
    let yaml = format!(
        "id: r\nHEAD\nevidence:\n  asked: {{table: {question}}}\n  seen: {{finding: any}}\n\
         verdicts: [{{verdict: suspected, when: [seen]}}]\n---\nid: any\nHEAD\nmatch: seen!it\n"
    );
    let set = rules(&yaml);
    let seen = "0:000> kc\nseen!it\n";
    let texts: Vec<&str> = texts.iter().copied().chain([seen]).collect();
    let found = findings(&set, &texts);
    let rung = &found.first().unwrap_or_else(|| panic!("nothing found: {question}")).rungs[0];
    (rung.state, rung.said.clone())
}

fn check(texts: &[&str], table: &[(&str, EvidenceState)]) {
    for (question, want) in table {
        let (got, said) = state(question, texts);
        assert_eq!(got, *want, "{question}: {said}");
    }
}

fn notes(texts: &[&str]) -> Vec<String> {
    let set = rules("id: any\nHEAD\nmatch: seen!it\n");
    let sieve = Sieve::new(&set);
    let mut scan = CaseScan::new(&set, &sieve);
    for (source, text) in texts.iter().enumerate() {
        scan.begin_source(source);
        read(text.as_bytes(), "text", &mut scan).unwrap();
    }
    scan.finish().notes.into_iter().map(|(source, note)| format!("{source}: {}", note.message)).collect()
}

#[test]
fn two_captures_show_what_grows() {
    let (first, second) = (dumpheap(FIRST), dumpheap(SECOND));
    let texts = [first.as_str(), &second];
    check(
        &texts,
        &[
            ("{name: dumpheap, owner: \"System.Byte[]\", grows: true}", Holds),
            ("{name: dumpheap, owner: \"*\", grows: true, growth: \">= 100 MB\"}", Contradicted),
            ("{name: dumpheap, owner: \"*\", grows: true, growth: \">= 90 MB\"}", Holds),
            ("{name: dumpheap, owner: \"Contoso.*\", growth: \">= 800%\"}", Holds),
            ("{name: dumpheap, owner: \"contoso.order\", measure: count, growth: \">= 8000\"}", Holds),
            ("{name: dumpheap, owner: \"contoso.order\", average: \"<= 100 bytes\"}", Holds),
            ("{name: dumpheap, owner: System.String, grows: false}", Holds),
            ("{name: dumpheap, owner: System.String, grows: true}", Contradicted),
            ("{name: dumpheap, owner: \"System.Byte[]\", share: \">= 99%\"}", Holds),
            ("{name: dumpheap, owner: \"System.Byte[]\", growth: \">= 95% of total\"}", Holds),
            ("{name: dumpheap, owner: \"System.Byte[]\", growth: \"<= 50% of total\"}", Contradicted),
            ("{name: dumpheap, total: size, grows: true, captures: \">= 2\"}", Holds),
            ("{name: dumpheap, total: count, growth: \">= 8600\"}", Holds),
            // No times, no rate.
            ("{name: dumpheap, total: size, rate: \">= 1 MB per hour\"}", Undecided),
            ("{name: dumpheap, owner: No.Such.Type}", Contradicted),
            ("{name: dumpheap, owner: [\"*\", not System.*], grows: true, growth: \"<= 1 MB\"}", Holds),
            ("{name: eeheap-gc, total: size}", Missing),
        ],
    );
    let (_, said) = state("{name: dumpheap, owner: \"*\"}", &texts);
    assert_eq!(
        said,
        "System.Byte[]: 381 → 477 MB (+25%), 99.9% → 99.7% of the managed heap, 2,000 → 2,500 objects, in the order of \
         the texts, which give no times"
    );
}

#[test]
fn the_times_of_the_texts_decide_which_came_first() {
    let early = format!("{}{}", at("09:00", 60), dumpheap(FIRST));
    let late = format!("{}{}", at("09:45", 105), dumpheap(SECOND));
    let question = "{name: dumpheap, owner: \"System.Byte[]\", grows: true, rate: \">= 120 MB per hour\"}";
    for texts in [[early.as_str(), &late], [&late, &early], [&format!("{early}{late}"), ""]] {
        let (got, said) = state(question, &texts);
        assert_eq!(got, Holds, "{said}");
        assert!(said.ends_with("about 127 MB/h, in 45 min"), "{said}");
    }
    // Without times the order of the texts counts.
    check(
        &[&dumpheap(SECOND), &dumpheap(FIRST)],
        &[("{name: dumpheap, owner: \"System.Byte[]\", grows: true}", Contradicted)],
    );
}

#[test]
fn tables_of_two_processes_are_never_compared() {
    let grows = "{name: dumpheap, owner: \"System.Byte[]\", grows: true}";
    let (first, second) = (dumpheap(FIRST), dumpheap(SECOND));
    let other_runtime = second.replace("00007ffa1bf00000", "00007ffb3bf00000");
    let text = |process: &str, table: &str| format!("{}{table}", thread_of(process));
    for (one, other, want, why) in [
        (text("1f4", &first), text("1f4", &second), Holds, ""),
        (text("1f4", &first), text("2a8", &second), Undecided, "the process ids differ"),
        (
            text("1f4", &first),
            second.clone(),
            Undecided,
            "the texts are of several processes, and not all say of which",
        ),
        (first.clone(), other_runtime.clone(), Undecided, "System.String is at different addresses"),
        (
            format!("{}{first}", at("09:00", 60)),
            format!("{}{second}", at("09:45", 10)),
            Undecided,
            "the processes began at different times",
        ),
    ] {
        let (got, said) = state(grows, &[&one, &other]);
        assert_eq!(got, want, "{why}: {said}");
        let notes = notes(&[&one, &other]).join("\n");
        assert!(notes.contains(why) && notes.is_empty() == why.is_empty(), "{why}: {notes}");
    }
    // In one text, too.
    let both = format!("{}{}", text("1f4", &first), text("2a8", &second));
    assert_eq!(state(grows, &[&both]).0, Undecided);
    assert!(notes(&[&both])[0].contains("several processes"));
    assert_eq!(state(grows, &[&format!("{first}{other_runtime}")]).0, Undecided);
    // A log that opens one dump after the other.
    let dump = |name: &str, table: &str| {
        format!(
            "Loading Dump File [D:\\{name}]\n0:000> vertarget\nWindows 10 Version 19045 MP (8 procs) Free x64\n{table}"
        )
    };
    let name = |process: u32, minute: u32| {
        format!("w3wp__Shop__PID__{process}__Date__11_03_2026__Time_09_{minute:02}_00AM__1__Leak.dmp")
    };
    let of = |one: &str, other: &str| {
        let log = format!(
            "Microsoft (R) Windows Debugger Version 10.0.1 AMD64\n{}Microsoft (R) Windows Debugger Version 10.0.1 AMD64\n{}",
            dump(one, &second),
            dump(other, &first)
        );
        state(grows, &[&log]).0
    };
    assert_eq!(of(&name(12, 30), &name(12, 5)), Holds);
    assert_eq!(of(&name(12, 30), &name(13, 5)), Undecided);
}

#[test]
fn a_table_that_is_cut_grows_nothing() {
    let (first, second) = (dumpheap(FIRST), dumpheap(SECOND));
    let without = |text: &str, class: &str| {
        text.lines().filter(|line| !line.ends_with(class)).map(|line| format!("{line}\n")).collect::<String>()
    };
    let cut = without(&first, "Contoso.Order");
    check(
        &[&cut, &second],
        &[
            // What the cut table does not list is unknown, not nothing.
            ("{name: dumpheap, owner: Contoso.Order, grows: true}", Undecided),
            ("{name: dumpheap, owner: \"System.Byte[]\", grows: true}", Holds),
            ("{name: dumpheap, total: size, grows: true}", Undecided),
            ("{name: dumpheap, owner: \"System.Byte[]\", share: \">= 99%\"}", Holds),
        ],
    );
    assert_eq!(
        notes(&[&cut, &second]),
        [
            "0: this table of `!dumpheap -stat` is not whole: its rows come to 7,000 of 8,000; what is not listed is unknown"
        ]
    );
    // Of a table that is whole, it is nothing.
    let new = dumpheap(&[FIRST[1], FIRST[2]]);
    check(&[&new, &second], &[("{name: dumpheap, owner: Contoso.Order, grows: true, growth: \">= 800 KB\"}", Holds)]);
    // Nor is it known where no prompt says what was left out.
    let pasted = |text: &str| text.replace("0:000> !dumpheap -stat\n", "");
    check(&[&pasted(&new), &pasted(&second)], &[("{name: dumpheap, owner: Contoso.Order, grows: true}", Undecided)]);
    // Half of it: the total is gone, and the greatest types with it.
    let half: String = second.lines().take(5).map(|line| format!("{line}\n")).collect();
    check(
        &[&first, &half],
        &[
            ("{name: dumpheap, owner: \"System.Byte[]\", grows: true}", Undecided),
            ("{name: dumpheap, owner: \"System.Byte[]\", grows: false}", Undecided),
            ("{name: dumpheap, owner: \"System.Byte[]\", share: \">= 10%\"}", Undecided),
            ("{name: dumpheap, owner: Contoso.Order, share: \">= 10%\"}", Undecided),
            ("{name: dumpheap, owner: Contoso.Order, grows: true}", Holds),
        ],
    );
    assert_eq!(
        notes(&[&first, &half]),
        ["1: this table of `!dumpheap -stat` has no line with its total; what is not listed is unknown"]
    );
    // A name that was cut is found by its method table.
    let wrapped = first.replace("Contoso.Order", "Contoso.Or");
    check(&[&wrapped, &second], &[("{name: dumpheap, owner: Contoso.Order, growth: \">= 800%\"}", Holds)]);
}

#[test]
fn a_total_in_bytes_is_that_of_a_table_that_is_cut_too() {
    let text = "0:000> !dumpheap -stat\nStatistics:\n          MT     Count   TotalSize Class Name\n\
                ...\n00007ffa1bf00001    10,432 606,044,160 Contoso.Price\nTotal 96,881 objects, 1,543,229,112 bytes\n";
    check(
        &[text],
        &[
            (r#"{name: dumpheap, owner: Contoso.Price, share: ">= 39%"}"#, Holds),
            (r#"{name: dumpheap, owner: Contoso.Price, share: ">= 40%"}"#, Contradicted),
            (r#"{name: dumpheap, total: size, size: ">= 1400 MB"}"#, Holds),
            (r#"{name: dumpheap, total: size, size: ">= 1500 MB"}"#, Contradicted),
        ],
    );
}

#[test]
fn what_finds_its_level_grows_no_more() {
    let of = |size: u64| dumpheap(&[("System.String", 10, 1000), ("System.Byte[]", 10, size)]);
    let grows = "{name: dumpheap, owner: \"System.Byte[]\", grows: true}";
    for (sizes, want) in [
        (vec![100_000, 200_000, 300_000], Holds),
        (vec![100_000, 290_000, 300_000], Contradicted),
        (vec![100_000, 300_000, 200_000], Contradicted),
        (vec![100_000, 105_000], Contradicted),
        (vec![100_000], Undecided),
        // The same table, printed twice in one text.
        (vec![100_000, 100_000], Contradicted),
    ] {
        let texts: Vec<String> = sizes.iter().map(|&size| of(size)).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        assert_eq!(state(grows, &texts).0, want, "{sizes:?}");
    }
    let twice = format!("{}{}", of(1000), of(1000));
    check(&[&twice], &[("{name: dumpheap, owner: \"System.Byte[]\", grows: false}", Undecided)]);
}

#[test]
fn what_is_free_is_meant_only_by_name() {
    let of = |free: u64| dumpheap(&[("System.String", 10, 1_000_000), ("Free", 10, free)]);
    check(
        &[&of(1_000_000), &of(3_000_000)],
        &[
            ("{name: dumpheap, owner: \"*\", grows: true}", Contradicted),
            ("{name: dumpheap, owner: Free, grows: true, share: \">= 75%\"}", Holds),
        ],
    );
}

#[test]
fn tables_that_leave_owners_out_are_compared_with_no_others() {
    let narrow = dumpheap(&SECOND[2..]).replace("-stat", "-stat -min 85000");
    let question = "{name: dumpheap, owner: \"System.Byte[]\", grows: true}";
    assert_eq!(state(question, &[&dumpheap(FIRST), &narrow]).0, Undecided);
    assert_eq!(
        state(question, &[&narrow]),
        (Missing, "`!dumpheap -stat` was printed with `-min 85000` only".to_string())
    );
    // What nobody holds any more is in no question, but is in the tables with which it is compared.
    let live = |types| dumpheap(types).replace("-stat", "-stat -live");
    check(&[&live(FIRST), &live(SECOND)], &[("{name: dumpheap, owner: \"System.Byte[]\", grows: true}", Holds)]);
    check(
        &[&dumpheap(FIRST), &live(SECOND)],
        &[("{name: dumpheap, owner: \"System.Byte[]\", grows: true}", Undecided)],
    );
}

#[test]
fn the_memory_of_the_runtime() {
    let gc = |large: u64| {
        format!(
            "0:000> !eeheap -gc\nNumber of GC Heaps: 1\ngeneration 0 starts at 0x00000000027c1030\n\
             ephemeral segment allocation context: none\n         segment             begin         allocated              size\n\
             00000000027c0000  00000000027c1000  00000000027effe8  0x2efe8(192488)\n\
             Large object heap starts at 0x00000000127c1000\n         segment             begin         allocated              size\n\
             00000000127c0000  00000000127c1000  00000000127c9478  {large:#x}({large})\n\
             Total Size:              Size: {0:#x} ({0}) bytes.\n------------------------------\n\
             GC Heap Size:            Size: {0:#x} ({0}) bytes.\n",
            192_488 + large
        )
    };
    check(
        &[&gc(300_000_000), &gc(400_000_000)],
        &[
            (
                "{name: eeheap-gc, owner: Large object heap, share: \">= 99%\", grows: true, growth: \">= 90 MB\"}",
                Holds,
            ),
            ("{name: eeheap-gc, owner: Small object heap, grows: false}", Holds),
            ("{name: eeheap-gc, total: size, size: \">= 380 MB\", grows: true}", Holds),
        ],
    );
    // A segment is missing: the sums of its heaps are not known, the total is.
    let cut = gc(300_000_000).replace("00000000027c0000  00000000027c1000  00000000027effe8  0x2efe8(192488)\n", "");
    check(
        &[&cut, &gc(400_000_000)],
        &[
            ("{name: eeheap-gc, owner: Large object heap, grows: true}", Undecided),
            ("{name: eeheap-gc, total: size, grows: true}", Holds),
        ],
    );
    let regions = "> eeheap -gc\n\n========================================\nNumber of GC Heaps: 1\n----------------------------------------\n\
         generation 0:\n         segment            begin        allocated        committed allocated size          committed size         \n\
         02b5ae7cf1a8 02b5a7400028   02b5a7c9e4f0    02b5a7ca1000  0x89e4c8 (9037000)     0x8a1000 (9048064)    \n\
         Large object heap\n         segment            begin        allocated        committed allocated size          committed size         \n\
         02b5ae7cf200 02b5b7400028   02b5b7c9e4f0    02b5b7ca1000  0xf4240 (1000000)     0x8a1000 (9048064)    \n\
         ------------------------------\nGC Allocated Heap Size:    Size: 0x992708 (10037000) bytes.\nGC Committed Heap Size:    Size: 0x1142000 (18096128) bytes.\n";
    check(
        &[regions],
        &[
            ("{name: eeheap-gc, owner: generation 0, share: \">= 90%\"}", Holds),
            ("{name: eeheap-gc, owner: Large object heap, size: \"<= 1000000 bytes\"}", Holds),
            ("{name: eeheap-gc, total: size, size: \">= 10037000 bytes\"}", Holds),
        ],
    );
    assert_eq!(notes(&[regions]), [""; 0]);
}

#[test]
fn free_space_by_generation() {
    let stat = |total: &str, more: &str| {
        format!(
            "0:031> !heapstat\nHeap             Gen0         Gen1         Gen2          LOH\n\
             Heap0        10459456      4186432    310452224    262144336\nHeap1         9437208      3145880    298844160    241172560\n\
             Total        19896664      7332312    609296384    {total}\n\n\
             Free space:                                                 Percentage\n\
             Heap0          179288           24     12017128    188743696SOH:  3% LOH: 72%\n\
             Heap1           50464           24      9119224    161061344SOH:  2% LOH: 66%\n{more}"
        )
    };
    check(
        &[&stat("503316896", "")],
        &[
            ("{name: gcheapstat, owner: Free in LOH, share: \">= 69%\", size: \">= 300 MB\"}", Holds),
            ("{name: gcheapstat, owner: Free in Gen2, share: \">= 10%\"}", Contradicted),
            ("{name: gcheapstat, owner: LOH, size: \"<= 503316896 bytes\"}", Holds),
            ("{name: gcheapstat, owner: Free in POH, share: \">= 10%\"}", Undecided),
            ("{name: gcheapstat, owner: Free in LOH, grows: true}", Undecided),
        ],
    );
    // A heap is missing: the sums are not known.
    check(
        &[&stat("703316896", "")],
        &[("{name: gcheapstat, owner: Free in LOH, share: \">= 69%\", size: \">= 300 MB\"}", Undecided)],
    );
    // Two tables that nothing parts.
    check(
        &[&stat("503316896", "Heap0          179288           24     12017128    188743696SOH:  3% LOH: 72%\n")],
        &[("{name: gcheapstat, owner: Free in LOH, share: \">= 69%\"}", Missing)],
    );
}

#[test]
fn dotnet_gcdump_counts_what_is_alive_and_sizes_one_object() {
    let report = "     41,229,480  GC Heap bytes\n      12,023  GC Heap objects\n\n   Object Bytes     Count  Type\n\
        \x20     1,191,000         2  System.Byte[] (Bytes > 1M)  [System.Private.CoreLib.dll]\n\
        \x20        32,792        21  System.Byte[] (Bytes > 10K)  [System.Private.CoreLib.dll]\n\
        \x20           264    12,000  N.Basket  [N.dll]\n";
    check(
        &[report],
        &[
            ("{name: dumpheap, owner: \"N.Basket\", measure: count, count: \">= 12000\"}", Holds),
            ("{name: dumpheap, owner: \"System.Byte[]\", measure: count, count: \">= 23\"}", Holds),
            ("{name: dumpheap, owner: \"System.Byte[]\", measure: count, count: \">= 24\"}", Contradicted),
            ("{name: dumpheap, total: size, size: \">= 40 MB\"}", Contradicted),
            ("{name: dumpheap, total: size, size: \">= 39 MB\"}", Holds),
            // What all objects of a type hold it does not say.
            ("{name: dumpheap, owner: \"N.Basket\", size: \">= 1 KB\"}", Undecided),
        ],
    );
}

#[test]
fn tables_of_the_debugger() {
    let address = |heap: u64| {
        format!(
            "0:000> !address -summary\n--- Usage Summary ---------------- RgnCount ----------- Total Size -------- %ofBusy %ofTotal\n\
             Free                                    579     7df9`74541000 ( 125.974 TB)           98.42%\n\
             Heap                                    181        0`{heap:08x} (  90.152 MB)   40.00%    0.00%\n"
        )
    };
    check(
        &[&address(0x0500_0000), &address(0x0a00_0000)],
        &[
            ("{name: address-summary, owner: Heap, grows: true, growth: \">= 80 MB\", share: \">= 39.9%\"}", Holds),
            ("{name: address-summary, owner: Heap, share: \">= 40%\"}", Undecided),
            ("{name: address-summary, owner: \"*\", measure: count, count: \">= 182\"}", Contradicted),
        ],
    );
    let heaps = |committed: u32| {
        format!(
            "0:000> !heap -s\n  Heap     Flags   Reserv  Commit  Virt   Free  List   UCR  Virt  Lock  Fast \n                    (k)     (k)    (k)     (k) length      blocks cont. heap \n\
             039d0000 08000002 1016576 {committed} 916364  90190   828    45    0     1f   LFH\n"
        )
    };
    check(
        &[&heaps(1024), &heaps(2048)],
        &[
            ("{name: heap-summary, owner: \"*\", grows: true, growth: \">= 1000 KB\"}", Holds),
            ("{name: heap-summary, owner: \"*\", growth: \">= 1 MB\"}", Undecided),
        ],
    );
    let handles = |events: u32| {
        format!(
            "0:000> !handle 0 0\n{} Handles\nType           \tCount\nNone           \t3\nEvent          \t{events}\nFile           \t40\n",
            events + 40
        )
    };
    check(
        &[&handles(100), &handles(900)],
        &[
            ("{name: handles, owner: \"*\", grows: true, growth: \">= 800\", share: \">= 90%\"}", Holds),
            ("{name: handles, owner: File, grows: false}", Holds),
            ("{name: handles, owner: Thread, count: \"<= 0\"}", Contradicted),
            ("{name: handles, total: count, grows: true}", Holds),
        ],
    );
    assert_eq!(notes(&[&handles(100)]), [""; 0]);
    // Copied from below the line that has the number of all; `Priority 10` is no type of handle.
    check(
        &["0:000> !handle 0 0\nType           \tCount\nEvent          \t26762\nPriority       \t10\n"],
        &[
            ("{name: handles, owner: Event, count: \">= 20000\"}", Holds),
            ("{name: handles, owner: Priority, count: \">= 1\"}", Undecided),
        ],
    );
}

#[test]
fn differences_of_umdh_are_two_captures() {
    let difference = |row: &str| {
        format!(
            "{row}\n+       8 (     18 -      10)\tBackTrace00053\tallocations\n\n\tntdll!RtlAllocateHeap+0000027A\n\tsvc!operator new+0000001A\n\tsvc!Contoso::Session::Open+000000C4\n\nTotal increase ==   5320\n"
        )
    };
    let of = |row: &str, question: &str| state(&format!("{{name: umdh, {question}}}"), &[&difference(row)]);
    let hexadecimal = "+    5320 (   f110 -    9df0)     3a allocs\tBackTrace00053";
    assert_eq!(of(hexadecimal, "owner: \"svc!contoso::session::*\", grows: true, growth: \">= 21280 bytes\"").0, Holds);
    assert_eq!(of(hexadecimal, "owner: \"svc!operator*\", grows: true").0, Undecided);
    // 8000 less 1234 is 6766 in decimal only, and 7 less 1 is 6 in both.
    assert_eq!(
        of("+    6766 (   8000 -    1234)     58 allocs\tBackTrace00053", "owner: \"*\", growth: \"<= 6766 bytes\"").0,
        Holds
    );
    let unclear = difference("+       6 (      7 -       1)      2 allocs\tBackTrace00053");
    assert_eq!(state("{name: umdh, owner: \"*\", grows: true}", &[&unclear]).0, Missing);
    assert!(notes(&[&unclear])[0].contains("decimal or hexadecimal"));
    let log = |bytes: &str| {
        format!(
            "{bytes} bytes in 0x14 allocations (@ 0x00000428) by: BackTrace00B53\n\tntdll!RtlAllocateHeap+0x27a\n\tmsvcrt!malloc+0x1a\n\tsvc!Contoso::Render+0xe1\n\n"
        )
    };
    check(
        &[&log("00005320"), &log("00007320")],
        &[("{name: umdh, owner: \"svc!Contoso::Render*\", grows: true, growth: \">= 8 KB\"}", Holds)],
    );
}

#[test]
fn two_dumps_and_counters_prove_a_managed_leak() {
    let (first, second) = (sample("managed-leak/shop-9.log"), sample("managed-leak/shop-10.log"));
    let found = |texts: &[&str]| found_by_the_pack(texts);
    assert_eq!(found(&[&first, &second]), ["managed-leak high suspected"]);
    assert_eq!(found(&[&second, &first]), ["managed-leak high suspected"]);
    assert_eq!(found(&[&first]), [""; 0]);
    let counters = |heaps: u32| {
        let (private, heaps) = (steady(900, 40), steady(300, heaps));
        recording(&[
            ("Process(w3wp)\\Private Bytes", &private),
            (".NET CLR Memory(w3wp)\\# Bytes in all Heaps", &heaps),
        ])
    };
    assert_eq!(found(&[&first, &second, &counters(38)]), ["managed-leak high confirmed"]);
    // Managed heaps that stay as they are refute it.
    let refuted = found(&[&first, &second, &counters(0)]);
    assert!(!refuted.iter().any(|rule| rule.starts_with("managed-leak")), "{refuted:?}");
    // Of another process, or of the same one after a restart, nothing is known.
    let other = second.replace("PID__4312", "PID__4313");
    assert_eq!(found(&[&first, &other]), [""; 0]);
    let restarted = second.replace("0 days 1:55:40", "0 days 0:20:00");
    assert_eq!(found(&[&first, &restarted]), [""; 0]);
    // What was cut at the end has no total; the types that are left are small.
    let cut: String = second.lines().take(33).map(|line| format!("{line}\n")).collect();
    assert_eq!(found(&[&first, &cut]), [""; 0]);
}
