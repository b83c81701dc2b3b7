//! `stacklint threads`: which threads stand where, each counted once.

use std::collections::BTreeSet;
use std::fs;

use proptest::prelude::*;
use serde_json::Value;
use stacklint::engine::{Sieve, ThreadScan};
use stacklint::facts::threads::{CallTree, Grouped, Level, Threads, group};
use stacklint::formats::read;
use stacklint::report::{Extent, ThreadsCase, ThreadsReport, render_flame};
use stacklint::rules::{Origin, RuleSet, builtin_sources, compile};

use crate::cli::{code, json, run, run_with, sample, text};

fn builtin() -> RuleSet {
    let pack = builtin_sources().into_iter().map(|source| (source, Origin::Builtin { with_rules: true }));
    compile(pack.collect()).rules.unwrap()
}

/// The threads of a case with these sources.
fn threads_of(rules: &RuleSet, sources: &[&str]) -> Threads {
    let sieve = Sieve::new(rules);
    let mut scan = ThreadScan::new(rules, &sieve);
    for (index, source) in sources.iter().enumerate() {
        scan.begin_source(index);
        read(source.as_bytes(), "text", &mut scan).unwrap();
    }
    scan.finish()
}

/// Groups as `COUNT: names of threads: frames`; `!` marks the first frame of the application.
fn described(threads: &Threads, grouped: &Grouped) -> Vec<String> {
    let name = |&thread: &usize| {
        let seen = &threads.threads[thread];
        match (seen.thread.index, seen.thread.os_id) {
            (Some(index), _) => index.to_string(),
            (None, Some(os_id)) => format!("{os_id:x}"),
            _ => format!("?{}", seen.count),
        }
    };
    let frames = |shape: usize| {
        let shape = &threads.shapes[shape];
        let frames = shape.frames.iter().map(|&frame| &threads.frames[frame as usize]);
        frames.map(|frame| frame.shown.rsplit(['!', '.']).next().unwrap().to_string()).collect::<Vec<_>>().join(" ")
    };
    let described = grouped.groups.iter().map(|group| {
        let names: Vec<String> = group.threads.iter().map(name).collect();
        let stack = group.shapes.first().map_or("-".to_string(), |&shape| frames(shape));
        format!("{}: {}: {stack}", group.count, names.join(" "))
    });
    described.collect()
}

fn check(sources: &[&str], level: Level, want: &[&str]) {
    let rules = builtin();
    let threads = threads_of(&rules, sources);
    assert_eq!(described(&threads, &group(&threads, level)), want, "{level:?} of {sources:#?}");
}

/// `k` of a thread, with a thread header: `INDEX frame frame ...`.
fn stack(text: &str) -> String {
    let (index, frames) = text.split_once(' ').unwrap();
    let index: u32 = index.parse().unwrap();
    let mut stack = format!("   {index}  Id: 20.{:x} Suspend: 1 Teb: 00000000`67fe0000 Unfrozen\n", 0x100 + index);
    stack.push_str(" # Child-SP          RetAddr           Call Site\n");
    for (number, frame) in frames.split_whitespace().enumerate() {
        let last = frames.split_whitespace().count() == number + 1;
        let returns = if last { 0 } else { 0x1000 };
        stack.push_str(&format!("{number:02x} 00000000`{:08x} 00000000`{returns:08x} {frame}\n", 0x9000 + number * 64));
    }
    stack + "\n"
}

fn stacks(texts: &[&str]) -> String {
    format!("0:000> ~*k\n\n{}", texts.iter().map(|text| stack(text)).collect::<String>())
}

#[test]
fn three_levels_from_fine_to_coarse() {
    let text = stacks(&[
        "1 ntdll!NtWaitForSingleObject+0x14 svc!take+0x10 svc!run+0x1 kernel32!BaseThreadInitThunk+0x9",
        // Offsets do not count.
        "2 ntdll!NtWaitForSingleObject+0x14 svc!take+0x99 svc!run+0x1 kernel32!BaseThreadInitThunk+0x9",
        // Another caller below the application's first frame.
        "3 ntdll!NtWaitForSingleObject+0x14 svc!take+0x10 svc!main+0x1 kernel32!BaseThreadInitThunk+0x9",
        // The same functions in another order.
        "4 ntdll!NtWaitForSingleObject+0x14 svc!run+0x10 svc!take+0x1 svc!run+0x1 kernel32!BaseThreadInitThunk+0x9",
    ]);
    check(
        &[&text],
        Level::Exact,
        &[
            "2: 1 2: NtWaitForSingleObject take run BaseThreadInitThunk",
            "1: 3: NtWaitForSingleObject take main BaseThreadInitThunk",
            "1: 4: NtWaitForSingleObject run take run BaseThreadInitThunk",
        ],
    );
    check(
        &[&text],
        Level::Top,
        &[
            "3: 1 2 3: NtWaitForSingleObject take run BaseThreadInitThunk",
            "1: 4: NtWaitForSingleObject run take run BaseThreadInitThunk",
        ],
    );
    check(&[&text], Level::Functions, &["4: 1 2 3 4: NtWaitForSingleObject take run BaseThreadInitThunk"]);
}

#[test]
fn frames_without_names_are_told_apart_by_their_place() {
    let text = stacks(&["1 svc+0x1200 svc!run+0x1", "2 svc+0x1300 svc!run+0x1", "3 svc+0x1200 svc!run+0x9"]);
    check(&[&text], Level::Exact, &["2: 1 3: svc+0x1200 run", "1: 2: svc+0x1300 run"]);
    // So far behind a name lies another function.
    let text = stacks(&["1 svc!a+0x51a00 svc!run+0x1", "2 svc!a+0x52a00 svc!run+0x1"]);
    check(&[&text], Level::Exact, &["1: 1: a+0x51a00 run", "1: 2: a+0x52a00 run"]);
}

#[test]
fn holes_are_part_of_a_stack() {
    let whole = "   1  Id: 20.101 Suspend: 1 Teb: 00000000`67fe0000 Unfrozen
00 00000000`00009000 00000000`00001000 svc!a+0x1
01 00000000`00009040 00000000`00001000 svc!b+0x1
";
    let holed = whole.replace("  1  Id: 20.101", "  2  Id: 20.102").replace("\n01 ", "\n04 ");
    check(&[&format!("0:000> ~*kn\n{whole}\n{holed}")], Level::Exact, &["1: 2: a  b", "1: 1: a b"]);
}

#[test]
fn a_thread_of_two_views_is_one() {
    let native = stacks(&[
        "4 ntdll!NtWaitForSingleObject+0x14 coreclr+0x1234 0x00007ffa`12345678",
        "5 ntdll!NtWaitForSingleObject+0x14 coreclr+0x1234 0x00007ffa`12345678",
    ]);
    let managed = "0:000> ~*e !clrstack
OS Thread Id: 0x104 (4)
        Child SP               IP Call Site
0000009f1eeff6e8 00007ff9c5d1d5ff System.Threading.Monitor.Enter(System.Object)
0000009f1eeff6f0 00007ff9aa5cf0a8 Contoso.Cache.Get(System.String)
";
    let threads = threads_of(&builtin(), &[&native, managed]);
    assert_eq!(
        described(&threads, &group(&threads, Level::Exact)),
        ["1: 4: Enter Get", "1: 5: NtWaitForSingleObject coreclr+0x1234 0x00007ffa`12345678"]
    );
    let thread = threads.threads.iter().find(|thread| thread.thread.index == Some(4)).unwrap();
    assert_eq!((thread.views.len(), thread.chosen, thread.has_moved), (2, Some(1), false));
}

#[test]
fn one_more_look_at_one_thread_does_not_part_it_from_its_like() {
    let managed = |index: u32| {
        format!(
            "OS Thread Id: 0x{:x} ({index})
        Child SP               IP Call Site
0000009f1eeff6e8 00007ff9c5d1d5ff System.Threading.Monitor.Enter(System.Object)
0000009f1eeff6f0 00007ff9aa5cf0a8 Contoso.Cache.Get(System.String)
",
            0x100 + index
        )
    };
    let all = format!("0:000> ~*e !clrstack\n{}{}", managed(4), managed(5));
    let one = stacks(&["4 ntdll!NtWaitForSingleObject+0x14 clr!JITutil_MonEnter+0x1 Contoso!Contoso.Cache.Get+0x1"]);
    check(&[&all, &one], Level::Exact, &["2: 4 5: Enter Get"]);
}

#[test]
fn what_tools_count_is_counted() {
    let dialect = |name: &str| fs::read_to_string(sample(&format!("dialects/{name}.txt"))).unwrap();
    check(
        &[&dialect("mex")],
        Level::Exact,
        &[
            "4: 3 6 7 11: NtWaitForWorkViaWorkerFactory TppWorkerThread BaseThreadInitThunk RtlUserThreadStart",
            "2: 4 5: NtWaitForAlertByThreadId RtlpWaitOnAddressWithTimeout RtlEnterCriticalSection \
             Contoso::Account::Transfer Contoso::Account::Worker BaseThreadInitThunk RtlUserThreadStart",
            "1: 0: NtWaitForSingleObject WaitForSingleObjectEx main",
        ],
    );
    check(
        &[&dialect("pstacks")],
        Level::Exact,
        &[
            "3: 2f30 2f44 2f58: Enter Reserve Run StartCallback",
            "1: 2f1c: Wait Take Run StartCallback",
            "1: 2e08: Join Main",
        ],
    );
    // Duplicates of one of three stacks: the text does not say of which.
    let uniqstack = dialect("uniqstack");
    let threads = threads_of(&builtin(), &[&uniqstack]);
    let grouped = group(&threads, Level::Exact);
    assert_eq!(described(&threads, &grouped).last().unwrap(), "3: 2 3 4: -");
    assert_eq!((threads.count(), grouped.exact), (6, 4));
    // What another command says of them counts.
    let more = "0:003> k
Child-SP          RetAddr               Call Site
00000084`2bcff878 00007ffb`0e4ebf07     svc!spin+0x14
00000084`2bcff880 00000000`00000000     svc!run+0x43
";
    let threads = threads_of(&builtin(), &[&format!("{uniqstack}{more}")]);
    let described = described(&threads, &group(&threads, Level::Exact));
    assert!(described.contains(&"1: 3: spin run".to_string()), "{described:#?}");
    assert_eq!(threads.count(), 6);
}

#[test]
fn threads_that_a_tool_counts_and_does_not_name() {
    let tree = |ids: &str| {
        format!(
            "> parallelstacks
________________________________________________
    ~~~~ {ids}
       9 System.Threading.Thread.Join()
       9 Contoso.Orders.Program.Main(String[])

==> 9 threads with 1 roots
"
        )
    };
    check(&[&tree("2e08,2e0c...")], Level::Exact, &["9: 2e08 2e0c ?7: Join Main"]);
    // Given twice, it counts the same threads twice.
    let twice = tree("2e08,2e0c...").repeat(2);
    check(&[&twice], Level::Exact, &["9: 2e08 2e0c ?7: Join Main"]);
    // One duplicate of the only stack that is shown.
    let uniqstack = "0:000> !uniqstack
.  0  Id: 1c50.1c54 Suspend: 1 Teb: 00000084`2b6d1000 Unfrozen
Child-SP          RetAddr               Call Site
00000084`2b4ff928 00007ffb`0c1b1a5e     svc!wait+0x14
00000084`2b4ff930 00000000`00000000     svc!main+0x69

Total threads: 3
Duplicate callstacks: 2 (windbg thread #s follow):
1, 2
";
    check(&[uniqstack], Level::Exact, &["3: 0 1 2: wait main"]);
}

#[test]
fn processes_are_kept_apart() {
    let one = stacks(&["4 svc!a+0x1 svc!run+0x1"]);
    let other = one.replace("Id: 20.", "Id: 30.");
    let threads = threads_of(&builtin(), &[&one, &other]);
    assert_eq!((threads.count(), threads.processes().len()), (2, 2));
    let again = threads_of(&builtin(), &[&one, &one]);
    assert_eq!((again.count(), again.threads[0].views.len(), again.threads[0].has_moved), (1, 2, false));
    let later = threads_of(&builtin(), &[&one, &stacks(&["4 svc!b+0x1 svc!run+0x1"])]);
    assert_eq!((later.count(), later.threads[0].has_moved), (1, true));
}

#[test]
fn what_is_printed() {
    insta::with_settings!({ snapshot_path => "../snapshots/threads", prepend_module_to_snapshot => false, omit_expression => true }, {
        for (name, args) in [
            ("stalled-orders", &["samples/stalled-orders"][..]),
            ("stalled-orders-top", &["--group", "top", "samples/stalled-orders"]),
            ("stalled-orders-tree", &["--tree", "samples/stalled-orders"]),
            ("mex-json", &["--format", "json", "samples/dialects/mex.txt"]),
            ("asmx-clrstack", &["samples/asmx-clrstack.log"]),
            ("uniqstack-all", &["--all", "--full", "samples/dialects/uniqstack.txt"]),
            ("kernel-stacks", &["samples/dialects/stacks.txt"]),
        ] {
            let args: Vec<&str> = ["threads", "--color", "never"].iter().chain(args).copied().collect();
            let output = run(&args);
            assert_eq!((code(&output), text(&output.stderr)), (0, String::new()), "{name}");
            insta::assert_snapshot!(name, text(&output.stdout).replace("\\\\", "/").replace('\\', "/"));
        }
    });
}

#[test]
fn every_sample_adds_up() {
    for folder in ["samples/dialects", "samples/healthy", "samples/leak-reports", "samples/founding-case"] {
        let output = run(&["threads", "--case", "file", "--format", "json", folder]);
        let report = json(&output);
        assert_eq!(report["schema"], "stacklint.threads/1");
        for case in report["cases"].as_array().unwrap() {
            check_case(case);
        }
    }
}

/// Groups, threads, tree and summary say the same.
fn check_case(case: &Value) {
    let number = |value: &Value| value.as_u64().unwrap();
    let list = |value: &Value| value.as_array().unwrap().clone();
    let summary = &case["summary"];
    let threads = list(&case["threads"]);
    let total = number(&summary["threads"]);
    let parts = ["idle", "with_role", "unexplained", "without_frames", "stack_of_another"];
    assert_eq!(parts.iter().map(|part| number(&summary[part])).sum::<u64>(), total, "{}", case["name"]);
    assert_eq!(threads.iter().map(|thread| number(&thread["count"])).sum::<u64>(), total);
    let mut seen = BTreeSet::new();
    for (place, group) in list(&case["groups"]).iter().enumerate() {
        let mut count = 0;
        for thread in list(&group["threads"]) {
            let thread = number(&thread) as usize;
            assert!(seen.insert(thread), "thread {thread} is in two groups");
            assert_eq!(number(&threads[thread]["group"]) as usize, place);
            count += number(&threads[thread]["count"]);
        }
        assert_eq!(count, number(&group["count"]));
    }
    assert_eq!(seen.len(), threads.len());
    let roots = list(&case["tree"]);
    let in_tree: u64 = roots.iter().filter(|node| node["parent"].is_null()).map(|node| number(&node["count"])).sum();
    let has_stack = |thread: &&Value| {
        thread["grouped_by"].as_u64().is_some_and(|view| !thread["views"][view as usize]["stack"].is_null())
    };
    assert_eq!(in_tree, threads.iter().filter(has_stack).map(|thread| number(&thread["count"])).sum::<u64>());
}

#[test]
fn a_flame_graph_is_harmless_whatever_the_names_are() {
    let hostile = [
        "1 svc!</text><script>alert(1)</script>+0x1 svc!run+0x1",
        "2 svc!a;b;c+0x1 svc!run+0x1",
        "3 svc!x]]>\u{7}&quot;\"'<!--+0x1 svc!run+0x1",
        "4 svc!\u{ffff}\u{fffe}+0x1 svc!run+0x1",
        "5 svc!n\u{a0}12\u{a0}7+0x1 svc!run+0x1",
    ];
    let rules = builtin();
    let threads = threads_of(&rules, &[&stacks(&hostile)]);
    let grouped = group(&threads, Level::Exact);
    let case =
        ThreadsCase { name: String::new(), sources: Vec::new(), threads, grouped, notes: Vec::new(), processes: 1 };
    let report = ThreadsReport { rules: &rules, level: Level::Exact, cases: vec![case] };
    let mut svg = Vec::new();
    assert!(render_flame(&report, Extent::default(), &mut svg).unwrap());
    let svg = text(&svg);
    assert!(!svg.contains("<script>alert"), "{svg}");
    assert!(svg.contains("&lt;script&gt;alert"), "{svg}");
    assert!(!svg.contains(['\u{7}', '\u{ffff}', '\u{fffe}']));
    assert!(svg.contains("Where 5 threads stand"));
    // One box for each thread and one for their caller; a name with a semicolon is no two frames.
    assert!(svg.contains("svc!run (5 threads"), "{svg}");
    assert!(svg.contains("a,b,c"), "{svg}");
}

#[test]
fn the_command_ends_as_it_should() {
    let prose = run_with(&["threads"], b"nothing but words\nand more of them\n");
    assert_eq!(code(&prose), 2);
    assert!(text(&prose.stderr).contains("no stack of a thread was found"), "{}", text(&prose.stderr));
    assert_eq!(code(&run_with(&["threads"], b"")), 0);
    assert_eq!(code(&run(&["threads", "samples/no-such-file"])), 2);
    let folder = tempfile::tempdir().unwrap();
    let (svg, report) = (folder.path().join("out.svg"), folder.path().join("out.json"));
    let args =
        ["threads", "samples/dialects/mex.txt", "--flame", svg.to_str().unwrap(), "-o", report.to_str().unwrap()];
    let output = run(&args);
    assert_eq!((code(&output), output.stdout.len()), (0, 0));
    assert!(fs::read_to_string(&svg).unwrap().starts_with("<?xml"));
    assert_eq!(serde_json::from_str::<Value>(&fs::read_to_string(&report).unwrap()).unwrap()["grouped_by"], "exact");
    let page = run(&["threads", "samples/dialects/mex.txt", "-o", "out.pdf"]);
    assert_eq!(code(&page), 2);
}

#[test]
fn a_hundred_thousand_frames_are_one_node() {
    let mut deep = String::from("0:000> k\n");
    for number in 0..100_000 {
        deep.push_str(&format!("svc!f{}+0x1\n", number % 7));
    }
    let rules = builtin();
    let threads = threads_of(&rules, &[&deep]);
    let tree = CallTree::new(&threads, 0..threads.threads.len());
    let lengths: Vec<usize> = tree.nodes.iter().map(|node| node.frames.len()).collect();
    assert_eq!(lengths, [100_000]);
}

/// A few threads with few functions, so that they often are alike; some are printed twice, some in another process.
fn session() -> impl Strategy<Value = String> {
    let frame =
        prop::sample::select(vec!["svc!a+0x1", "svc!b+0x2", "ntdll!NtWaitForSingleObject+0x14", "svc+0x10", "dll!c"]);
    let thread = (0u32..12, prop::bool::ANY, prop::collection::vec(frame, 0..5));
    prop::collection::vec(thread, 0..14).prop_map(|threads| {
        let mut text = String::from("0:000> ~*k\n");
        for (index, other, frames) in threads {
            let stack = stack(&format!("{index} {}", frames.join(" ")));
            text.push_str(&if other { stack.replace("Id: 20.", "Id: 30.") } else { stack });
        }
        text
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn groups_partition_the_threads(text in session()) {
        let rules = RuleSet::default();
        let threads = threads_of(&rules, &[&text]);
        let mut last: Option<Vec<usize>> = None;
        for level in [Level::Exact, Level::Top, Level::Functions] {
            let grouped = group(&threads, level);
            let mut group_of = vec![usize::MAX; threads.threads.len()];
            for (number, group) in grouped.groups.iter().enumerate() {
                let count: u64 = group.threads.iter().map(|&thread| threads.threads[thread].count).sum();
                prop_assert_eq!(count, group.count);
                for &thread in &group.threads {
                    prop_assert_eq!(std::mem::replace(&mut group_of[thread], number), usize::MAX);
                }
            }
            prop_assert!(group_of.iter().all(|&number| number != usize::MAX));
            let counts = [grouped.exact, grouped.top, grouped.functions];
            prop_assert_eq!(grouped.groups.len(), counts[level as usize]);
            // A coarser level joins groups and never parts them.
            if let Some(finer) = last {
                for (a, b) in finer.iter().enumerate().flat_map(|(a, _)| (0..a).map(move |b| (a, b))) {
                    prop_assert!(finer[a] != finer[b] || group_of[a] == group_of[b]);
                }
            }
            last = Some(group_of);
        }
        let with_frames = threads.threads.iter().filter(|thread| thread.shape().is_some()).map(|thread| thread.count);
        let tree = CallTree::new(&threads, 0..threads.threads.len());
        let roots = tree.nodes.iter().filter(|node| node.parent.is_none()).map(|node| node.count);
        prop_assert_eq!(roots.sum::<u64>(), with_frames.sum::<u64>());
        for (place, node) in tree.nodes.iter().enumerate() {
            let below: u64 = tree.nodes.iter().filter(|child| child.parent == Some(place)).map(|child| child.count).sum();
            let here: u64 = node.threads.iter().map(|&thread| threads.threads[thread].count).sum();
            prop_assert_eq!(below + here, node.count);
        }
    }
}
