//! `stacklint diff`: what is fixed, still there, new, and how much it grew.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::cli::{code, json, run, run_with, text};

const RULE: &str = "id: mine\ntitle: Mine\nseverity: high\nwhy: w\nfix: f\nmatch: |\n  mine!*\n";

/// Two texts in a folder, and a rule that every function of the module `mine` fits.
fn pasted(old: &str, new: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("rule.yml"), RULE).unwrap();
    fs::write(folder.path().join("old.txt"), old).unwrap();
    fs::write(folder.path().join("new.txt"), new).unwrap();
    folder
}

/// Threads with these numbers and call sites.
fn stacks(threads: &[(u32, &str)]) -> String {
    let stack = |(thread, site): &(u32, &str)| {
        format!(
            " {thread}  Id: 10d4.{thread:x}0 Suspend: 1 Teb: 0 Unfrozen\n # Child-SP RetAddr Call Site\n00 00000000`0b99b2f0 000007fe`fbae2c48 {site}+0x14\n01 00000000`0b99b3f0 00000000`00000000 host!main+0x26\n\n"
        )
    };
    format!("0:000> ~*k\n\n{}", threads.iter().map(stack).collect::<String>())
}

fn diff_of(folder: &Path, more: &[&str]) -> std::process::Output {
    let path = |name: &str| folder.join(name).display().to_string();
    let (old, new, rule) = (path("old.txt"), path("new.txt"), path("rule.yml"));
    run(&[&["diff", &old, &new, "--no-settings", "--no-builtin", "--rules", &rule], more].concat())
}

/// `STATE RULE then OLD now NEW`, of each finding.
fn states(report: &Value) -> Vec<String> {
    let findings = report["cases"].as_array().unwrap().iter().flat_map(|case| case["findings"].as_array().unwrap());
    let threads = |side: &Value| side["threads"].as_u64().map_or("-".to_string(), |threads| threads.to_string());
    let shown = |finding: &Value| {
        let word = |name: &str| finding[name].as_str().unwrap_or_default().to_string();
        let by = if finding["same_by"].is_null() { String::new() } else { format!(" by {}", word("same_by")) };
        let worse = if finding["worse"] == true { " worse" } else { "" };
        let lacks = if finding["lacks"].is_null() { String::new() } else { format!(": {}", word("lacks")) };
        format!(
            "{} {} {}/{}{by}{worse}{lacks}",
            word("state"),
            word("rule"),
            threads(&finding["old"]),
            threads(&finding["new"])
        )
    };
    findings.map(shown).collect()
}

#[test]
fn a_service_before_and_after_a_change() {
    insta::with_settings!({ snapshot_path => "../snapshots/diff", prepend_module_to_snapshot => false, omit_expression => true }, {
        for (name, old, new) in [
            ("orders", "samples/diff/before.log", "samples/diff/after.log"),
            ("backwards", "samples/diff/after.log", "samples/diff/before.log"),
            ("same", "samples/diff/before.log", "samples/diff/before.log"),
            ("same-process-grows", "samples/managed-leak/shop-9.log", "samples/managed-leak/shop-10.log"),
            ("leak-reports", "samples/founding-case/leaktrack-1.txt", "samples/founding-case/leaktrack-3.txt"),
            ("other-process", "samples/founding-case", "samples/stalled-orders"),
        ] {
            let output = run(&["diff", old, new, "--color", "never"]);
            let shown = format!("{}exit {}\n{}", text(&output.stdout), code(&output), text(&output.stderr));
            insta::assert_snapshot!(name, shown.replace('\\', "/"));
        }
        let output = run(&["diff", "samples/diff/before.log", "samples/diff/after.log", "--format", "json"]);
        // The pack grows, and versions pass.
        let is_lasting = |line: &&str| !line.contains("\"loaded\"") && !line.contains("\"version\"");
        let lasting: Vec<String> = text(&output.stdout).lines().filter(is_lasting).map(str::to_string).collect();
        insta::assert_snapshot!("orders-json", lasting.join("\n"));
    });
}

#[test]
fn every_finding_has_a_fate() {
    let (one, two, other) = ("mine!Draw", "mine!Paint", "host!rest");
    for (old, new, want_code, want) in [
        (stacks(&[(1, one), (2, one)]), stacks(&[(1, one), (2, one)]), 0, "still-there mine 2/2 by fingerprint"),
        (stacks(&[(1, one), (2, one)]), stacks(&[(1, one), (2, other)]), 0, "still-there mine 2/1 by fingerprint"),
        (
            stacks(&[(1, one), (2, other)]),
            stacks(&[(1, one), (2, one)]),
            1,
            "still-there mine 1/2 by fingerprint worse",
        ),
        (stacks(&[(1, one), (2, other)]), stacks(&[(1, two), (2, other)]), 0, "still-there mine 1/1 by rule"),
        (stacks(&[(1, one), (2, other)]), stacks(&[(1, other), (2, other)]), 0, "fixed mine 1/-"),
        (stacks(&[(1, other), (2, other)]), stacks(&[(1, one), (2, other)]), 1, "new mine -/1"),
        // One thread of many shows nothing of the others.
        (
            stacks(&[(1, one), (2, other)]),
            stacks(&[(2, other)]),
            0,
            "cannot-tell mine 1/-: the stack of one thread only",
        ),
    ] {
        let folder = pasted(&old, &new);
        let output = diff_of(folder.path(), &["--format", "json"]);
        assert_eq!(states(&json(&output)), [want], "{}", text(&output.stderr));
        assert_eq!(code(&output), want_code, "{want}");
    }
}

#[test]
fn nothing_is_fixed_by_texts_that_could_not_show_it() {
    let counters = fs::read_to_string("samples/counters/perfmon.csv").unwrap();
    let with_stack = stacks(&[(1, "mine!Draw")]);
    let folder = pasted(&with_stack, &counters);
    let output = diff_of(folder.path(), &["--format", "json"]);
    assert_eq!(states(&json(&output)), ["cannot-tell mine 1/-: no thread stacks"]);
    assert_eq!(code(&output), 0);
    let shown = text(&diff_of(folder.path(), &[]).stdout);
    assert!(shown.contains("NEW has no thread stacks"), "{shown}");
    assert!(shown.contains("OLD has threads, NEW has counters: nothing of the one can be compared"), "{shown}");
    // The other way round it need not be new.
    let folder = pasted(&counters, &with_stack);
    let output = diff_of(folder.path(), &["--format", "json"]);
    assert_eq!(states(&json(&output)), ["new mine -/1: no thread stacks"]);
}

#[test]
fn a_leak_is_fixed_only_where_reports_refute_it() {
    let check = |new: &[&str], want: &[&str]| {
        let folder = tempfile::tempdir().unwrap();
        for name in new {
            let file = Path::new(name).file_name().unwrap();
            fs::copy(Path::new("samples").join(name), folder.path().join(file)).unwrap();
        }
        let new = folder.path().display().to_string();
        let output = run(&[
            "diff",
            "samples/founding-case",
            &new,
            "--no-settings",
            "--select",
            "native-leak-gdiplus",
            "--format",
            "json",
        ]);
        assert_eq!(states(&json(&output)), want, "{new}");
    };
    check(&["founding-case/kL.log"], &["cannot-tell native-leak-gdiplus 1/-: no leak reports"]);
    // No GDI+ among the owners refutes every verdict.
    check(&["leak-reports/tabs.txt"], &["fixed native-leak-gdiplus 1/-"]);
    check(&["diff/after.log"], &["cannot-tell native-leak-gdiplus 1/-: no leak reports"]);
    check(&["founding-case/counters.csv"], &["cannot-tell native-leak-gdiplus 1/-: no leak reports"]);
}

#[test]
fn counters_are_compared_on_average_and_at_the_end() {
    let all = fs::read_to_string("samples/founding-case/counters.csv").unwrap();
    let (header, rows) = all.split_once('\n').unwrap();
    let rows: Vec<&str> = rows.lines().collect();
    let part = |rows: &[&str]| format!("{header}\n{}\n", rows.join("\n"));
    let folder = pasted(&part(&rows[..rows.len() / 2]), &part(&rows[rows.len() / 2..]));
    let path = |name: &str| folder.path().join(name).display().to_string();
    let output = run(&["diff", &path("old.txt"), &path("new.txt"), "--no-settings", "--format", "json"]);
    let report = json(&output);
    let shown = |figure: &Value| {
        let word = |name: &str| figure[name].as_str().unwrap().to_string();
        format!("{} {}: {}", word("name"), word("of"), word("change"))
    };
    let figures: Vec<String> = report["cases"][0]["figures"].as_array().unwrap().iter().map(shown).collect();
    assert_eq!(
        figures,
        [
            "assemblies average: same",
            "assemblies last: same",
            "handles average: unclear",
            "handles last: unclear",
            "managed-heap average: unclear",
            "managed-heap last: unclear",
            "private-bytes average: grew",
            "private-bytes last: grew",
            "virtual-bytes average: grew",
            "virtual-bytes last: grew",
        ]
    );
    let private = &report["cases"][0]["figures"][6];
    assert_eq!(private["old"]["tendency"], "grows");
    let rate = private["difference"]["per_hour"]["value"].as_f64().unwrap() / (1024.0 * 1024.0 * 1024.0);
    assert!((1.2..1.5).contains(&rate), "{rate}");
}

#[test]
fn exit_codes_and_files() {
    let pair = ["diff", "samples/diff/before.log", "samples/diff/after.log"];
    let with = |more: &[&str]| run(&[&pair, more].concat());
    assert_eq!(code(&with(&[])), 1);
    for (more, want) in [
        (vec!["--fail-on", "never"], 0),
        (vec!["--fail-on", "high"], 0),
        (vec!["--fail-on", "medium"], 1),
        (vec!["--ignore", "sync-over-async-*"], 0),
        (vec!["--select", "no-such-rule"], 2),
        (vec!["-o", "report.pdf"], 2),
    ] {
        assert_eq!(code(&with(&more)), want, "{more:?}");
    }
    let folder = tempfile::tempdir().unwrap();
    let (page, data) = (folder.path().join("diff.txt"), folder.path().join("diff.json"));
    let output = with(&["-o", page.to_str().unwrap(), "-o", data.to_str().unwrap()]);
    assert_eq!((code(&output), output.stdout.len()), (1, 0));
    assert!(fs::read_to_string(page).unwrap().starts_with("OLD  samples/diff/before.log; 2026-11-02 10:31"));
    let data: Value = serde_json::from_str(&fs::read_to_string(data).unwrap()).unwrap();
    assert_eq!(data["schema"], "stacklint.diff/1");
}

#[test]
fn what_cannot_be_compared_is_said() {
    for (args, said) in [
        (
            vec!["diff", "samples/diff/before.log", "no-such-file.log", "--no-settings"],
            "no-such-file.log: no such file or folder",
        ),
        (
            vec!["diff", "no-such-file.log", "samples/diff/before.log", "--no-settings"],
            "no-such-file.log: no such file or folder",
        ),
        (vec!["diff", "-", "-"], "standard input can be OLD or NEW, not both"),
        (vec!["diff", "samples/diff/before.log", "Cargo.lock"], "nothing was recognised in Cargo.lock"),
    ] {
        let output = run(&args);
        assert_eq!(code(&output), 2, "{args:?}");
        assert!(text(&output.stderr).contains(said), "{args:?}: {}", text(&output.stderr));
    }
    let folder = tempfile::tempdir().unwrap();
    let output = run(&["diff", "samples/diff/before.log", folder.path().to_str().unwrap(), "--no-settings"]);
    assert_eq!(code(&output), 2);
    assert!(text(&output.stderr).contains("there is no file in it"), "{}", text(&output.stderr));
    let after = fs::read("samples/diff/after.log").unwrap();
    let output = run_with(&["diff", "samples/diff/before.log", "-", "--format", "json"], &after);
    assert_eq!(json(&output)["cases"][0]["summary"]["new"], 1);
}

#[test]
fn folders_of_several_servers_are_paired_by_name() {
    let folder = tempfile::tempdir().unwrap();
    for (place, sample) in
        [("old/web1", "before"), ("new/web1", "after"), ("old/web2", "before"), ("new/web3", "after")]
    {
        fs::create_dir_all(folder.path().join(place)).unwrap();
        let from = Path::new("samples/diff").join(format!("{sample}.log"));
        fs::copy(from, folder.path().join(place).join("all.log")).unwrap();
    }
    let path = |name: &str| folder.path().join(name).display().to_string();
    let output = run(&["diff", &path("old"), &path("new"), "--case", "folder", "--no-settings", "--format", "json"]);
    let report = json(&output);
    let cases = report["cases"].as_array().unwrap();
    let shown: Vec<String> = cases
        .iter()
        .map(|case| {
            let summary = |name: &str| case["summary"][name].as_u64().unwrap();
            format!(
                "{} {} new {} still {} fixed {} unknown",
                case["name"].as_str().unwrap(),
                summary("new"),
                summary("still_there"),
                summary("fixed"),
                summary("cannot_tell")
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            "web1 1 new 1 still 1 fixed 0 unknown",
            "web2 0 new 0 still 0 fixed 2 unknown",
            "web3 2 new 0 still 0 fixed 0 unknown"
        ]
    );
}
