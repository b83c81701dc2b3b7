//! `stacklint rules stats`: what the rules make of many logs.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::cli::{code, json, run, run_with, sample, text};

/// A thread of `~*k`: `INDEX frame frame ...`.
fn stack(line: &str) -> String {
    let (index, frames) = line.split_once(' ').unwrap();
    let index: u32 = index.parse().unwrap();
    let mut stack = format!("   {index}  Id: 20.{:x} Suspend: 1 Teb: 00000000`67fe0000 Unfrozen\n", 0x100 + index);
    stack.push_str(" # Child-SP          RetAddr           Call Site\n");
    let frames: Vec<&str> = frames.split_whitespace().collect();
    for (number, frame) in frames.iter().enumerate() {
        let returns = if number + 1 == frames.len() { 0 } else { 0x1000 };
        stack.push_str(&format!("{number:02x} 00000000`{:08x} 00000000`{returns:08x} {frame}\n", 0x9000 + number * 64));
    }
    stack + "\n"
}

fn log(folder: &Path, name: &str, stacks: &[&str]) {
    let stacks: String = stacks.iter().map(|line| stack(line)).collect();
    fs::write(folder.join(name), format!("0:000> ~*k\n\n{stacks}")).unwrap();
}

/// Rules of one frame: `id frame`, and a role.
fn write_rules(path: &Path) {
    let mut rules = String::new();
    for (id, frame) in [("app-renders", "Render"), ("app-draws", "Draw"), ("app-prints", "Print")] {
        let said = "severity: low\ncategory: app\nwhy: It is slow.\nfix: Do it once.";
        rules.push_str(&format!("id: {id}\ntitle: It {id}\n{said}\nmatch: |\n  svc!{frame}\n---\n"));
    }
    rules.push_str("id: app-waits\ntitle: Waits\nrole: app-wait\nwhy: A service waits.\nmatch: |\n  svc!WaitForWork\n");
    fs::write(path, rules).unwrap();
}

/// The counts of a folder by these rules, with these options.
fn stats_of(folder: &Path, options: &[&str]) -> Value {
    let rules = folder.join("rules.yml");
    write_rules(&rules);
    let given = ["rules", "stats", folder.to_str().unwrap(), "--format", "json", "--no-builtin"];
    let args = [&given[..], &["--rules", rules.to_str().unwrap()], options].concat();
    json(&run(&args))
}

/// `rule: cases findings threads`
fn hits(stats: &Value) -> Vec<String> {
    let hit = |rule: &Value| {
        let number = |name: &str| rule[name].as_u64().unwrap();
        format!("{}: {} {} {}", rule["rule"].as_str().unwrap(), number("cases"), number("findings"), number("threads"))
    };
    stats["rules"].as_array().unwrap().iter().map(hit).collect()
}

#[test]
fn rules_roles_and_groups_are_counted_over_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    log(
        path,
        "a.log",
        &[
            "1 svc!Draw+0x1 svc!Render+0x1",
            "2 svc!Draw+0x9 svc!Render+0x1",
            "3 ntdll!NtWaitForSingleObject+0x1 svc!Take+0x1",
        ],
    );
    log(
        path,
        "b.log",
        &[
            "1 svc!Render+0x7",
            "4 ntdll!NtWaitForSingleObject+0x1 svc!Take+0x7 svc!Main+0x1",
            "5 ntdll!NtWaitForSingleObject+0x3 svc!WaitForWork+0x1",
        ],
    );
    log(path, "c.log", &["7 ntdll!NtWaitForSingleObject+0x1 svc!Take+0x99 svc!Start+0x1", "8 0x7ff81230 0x7ff84560"]);
    fs::write(path.join("empty.txt"), "").unwrap();
    fs::write(path.join("notes.txt"), "The customer called twice.\n").unwrap();
    let stats = stats_of(path, &[]);
    assert_eq!(hits(&stats), ["app-renders: 2 2 3", "app-draws: 1 1 2"]);
    let role = stats["roles"].as_array().unwrap().iter().find(|role| role["rule"] == "app-waits").unwrap();
    assert_eq!((role["cases"].as_u64(), role["threads"].as_u64()), (Some(1), Some(1)));
    assert_eq!(stats["rules_without_hit"][0]["rule"], "app-prints");
    let threads = &stats["threads"];
    let number = |name: &str| threads[name].as_u64().unwrap();
    assert_eq!((number("total"), number("rule_alone"), number("role_alone"), number("unexplained")), (8, 3, 1, 4));
    let inputs = &stats["inputs"];
    assert_eq!((inputs["files"].as_u64(), inputs["without_stack"].as_u64()), (Some(5), Some(2)));
    let unexplained = &stats["unexplained"];
    assert_eq!(unexplained["threads_without_names"], 1);
    let group = &unexplained["largest"][0];
    assert_eq!((group["threads"].as_u64(), group["files"].as_u64()), (Some(3), Some(3)));
    assert_eq!(group["first_application_frame"], "svc!Take");
    assert!(group["example"]["source"].as_str().unwrap().ends_with("a.log"), "{group}");
    assert_eq!(
        (&unexplained["called"][0]["name"], &unexplained["called"][0]["threads"]),
        (&"ntdll!NtWaitForSingleObject".into(), &3.into())
    );
    let pair = &stats["pairs"][0];
    let named = (pair["rule"].as_str().unwrap(), pair["other"].as_str().unwrap());
    assert_eq!(
        (named, pair["threads"].as_u64(), &pair["always"]),
        (("app-draws", "app-renders"), Some(2), &true.into())
    );
}

#[test]
fn only_the_rules_that_are_asked_for_explain() {
    let folder = tempfile::tempdir().unwrap();
    log(folder.path(), "a.log", &["1 svc!Draw+0x1 svc!Main+0x1", "2 svc!Render+0x1"]);
    for (options, want, unexplained) in [
        (&["--select", "app-d*"][..], &["app-draws: 1 1 1"][..], 1),
        (&["--ignore", "app-draws"], &["app-renders: 1 1 1"], 1),
        (&["--ignore", "app-*"], &[], 2),
    ] {
        let stats = stats_of(folder.path(), options);
        assert_eq!(hits(&stats), want, "{options:?}");
        assert_eq!(stats["threads"]["unexplained"], unexplained, "{options:?}");
        assert_eq!(stats["unexplained"]["largest"].as_array().unwrap().len(), unexplained, "{options:?}");
    }
}

#[test]
fn a_suppressed_rule_hits_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    log(folder.path(), "a.log", &["1 svc!Draw+0x1"]);
    let settings = "case = \"folder\"\nmin-severity = \"high\"\n[[suppress]]\nid = \"app-draws\"\nreason = \"known\"\n";
    fs::write(folder.path().join("stacklint.toml"), settings).unwrap();
    let stats = stats_of(folder.path(), &[]);
    assert_eq!(hits(&stats), ["app-draws: 1 1 1"]);
}

#[test]
fn each_file_is_a_case_unless_told_otherwise() {
    let folder = tempfile::tempdir().unwrap();
    log(folder.path(), "a.log", &["1 svc!Draw+0x1"]);
    log(folder.path(), "b.log", &["2 svc!Draw+0x1", "3 ntdll!NtWaitForSingleObject+0x1 svc!Take+0x1"]);
    for (options, want) in [(&[][..], "app-draws: 2 2 2"), (&["--case", "folder"], "app-draws: 1 1 2")] {
        let stats = stats_of(folder.path(), options);
        assert_eq!(hits(&stats), [want], "{options:?}");
        let group = &stats["unexplained"]["largest"][0];
        assert!(group["example"]["source"].as_str().unwrap().ends_with("b.log"), "{options:?}: {group}");
    }
}

#[test]
fn what_cannot_be_read_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    let empty = run(&["rules", "stats", path]);
    assert_eq!(code(&empty), 0, "{}", text(&empty.stderr));
    assert!(text(&empty.stderr).contains("no file to read"), "{}", text(&empty.stderr));
    fs::write(folder.path().join("w3wp.dmp"), b"MDMP\x93\xa7\0\0\x11\0\0\0\x20\0\0\0\0\0\0\0").unwrap();
    let nothing = run(&["rules", "stats", path]);
    assert_eq!(code(&nothing), 2, "{}", text(&nothing.stdout));
    log(folder.path(), "a.log", &["1 svc!Draw+0x1"]);
    let some = run(&["rules", "stats", path, "--format", "json"]);
    assert_eq!(code(&some), 0);
    assert!(text(&some.stderr).contains("w3wp.dmp"), "{}", text(&some.stderr));
    let inputs = &json(&some)["inputs"];
    assert_eq!((inputs["files"].as_u64(), inputs["unreadable"].as_u64()), (Some(2), Some(1)));
    let missing = run(&["rules", "stats", path, "no-such-folder"]);
    assert_eq!(code(&missing), 2);
    let rules = folder.path().join("broken.yml");
    fs::write(&rules, "id: broken\n").unwrap();
    assert_eq!(code(&run(&["rules", "stats", path, "--rules", rules.to_str().unwrap()])), 2);
}

/// Without what changes whenever the built-in pack grows.
fn steady(report: &str) -> String {
    let mut kept = String::new();
    let is_of_pack =
        |block: &&str| block.starts_with("Rules that never hit") || block.starts_with("Roles that never hold");
    for block in report.replace('\\', "/").split("\n\n").filter(|block| !is_of_pack(block)) {
        let (first, rest) = block.split_once('\n').unwrap_or((block, ""));
        let first = match first.split_once(" that h").and_then(|_| first.split_once(" of ")) {
            Some((head, _)) => format!("{head} of those loaded"),
            None => first.to_string(),
        };
        kept.push_str(&[first.as_str(), rest].join("\n"));
        kept.push_str("\n\n");
    }
    kept
}

#[test]
fn samples_are_counted() {
    insta::with_settings!({ snapshot_path => "../snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
        let folder = sample("stalled-orders");
        let output = run(&["rules", "stats", folder.to_str().unwrap(), "--top", "3", "--color", "never"]);
        assert_eq!(code(&output), 0);
        insta::assert_snapshot!("stats-text", steady(&text(&output.stdout)));
        let output = run(&["rules", "stats", folder.to_str().unwrap(), "--top", "1", "--format", "json"]);
        let stats = text(&output.stdout).replace("\\\\", "/");
        let (head, rest) = stats.split_once("  \"rules_without_hit\"").unwrap();
        let (_, tail) = rest.split_once("  \"pairs\"").unwrap();
        let stats = format!("{head}  \"pairs\"{tail}").replace(env!("CARGO_PKG_VERSION"), "VERSION");
        insta::assert_snapshot!("stats-json", stats);
    });
}

#[test]
fn the_same_whatever_the_number_of_workers() {
    let with = |jobs: &str| run(&["rules", "stats", "samples", "--format", "json", "-j", jobs]).stdout;
    assert_eq!(text(&with("1")), text(&with("7")));
}

#[test]
fn standard_input_and_a_file_to_write_to() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("stats.json");
    let log = format!("0:000> ~*k\n\n{}", stack("3 ntdll!NtWaitForSingleObject+0x1 svc!Take+0x1"));
    let output = run_with(&["rules", "stats", "-", "-o", target.to_str().unwrap()], log.as_bytes());
    assert_eq!((code(&output), text(&output.stdout).as_str()), (0, ""));
    let stats: Value = serde_json::from_slice(&fs::read(&target).unwrap()).unwrap();
    assert_eq!(stats["unexplained"]["largest"][0]["example"]["source"], "stdin");
}
