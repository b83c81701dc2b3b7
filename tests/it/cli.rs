//! The program as it is run: what it prints, and how it ends.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

pub fn sample(name: &str) -> PathBuf {
    Path::new("samples").join(name)
}

pub fn run_with(args: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_stacklint"))
        // Paths are printed as they were given: a report must not depend on where the project lies.
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The program may end before it has read all of it.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

pub fn run(args: &[&str]) -> Output {
    run_with(args, b"")
}

pub fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).to_string()
}

/// The same without the number of rules, which changes with each rule that is added to the pack.
pub fn text_of_any_pack(bytes: &[u8]) -> String {
    let count = regex::Regex::new("[0-9]+ rules").unwrap();
    count.replace_all(&text(bytes), "N rules").to_string()
}

pub fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", text(&output.stdout)))
}

fn rules_of(report: &Value) -> Vec<(String, String, String)> {
    let findings = report["cases"].as_array().unwrap().iter().flat_map(|case| case["findings"].as_array().unwrap());
    let field = |finding: &Value, name: &str| finding[name].as_str().unwrap().to_string();
    findings.map(|finding| (field(finding, "rule"), field(finding, "severity"), field(finding, "confidence"))).collect()
}

#[test]
fn the_founding_case_names_the_web_service_and_says_what_it_has_not_seen() {
    let log = fs::read(sample("founding-case/kL.log")).unwrap();
    let output = run_with(&["scan", "--format", "json"], &log);
    let report = json(&output);
    assert_eq!(code(&output), 1);
    let case = &report["cases"][0];
    assert_eq!((case["summary"]["frames"].as_u64(), case["summary"]["missing_frames"].as_u64()), (Some(28), Some(50)));
    let found = rules_of(&report);
    let bad: Vec<_> = found.iter().filter(|(_, severity, _)| severity != "low" && severity != "info").collect();
    assert_eq!(bad, [&("gdiplus-in-web-service-by-name".to_string(), "high".to_string(), "medium".to_string())]);
    let finding = &case["findings"][0];
    assert!(finding["lowered_because"].as_str().unwrap().contains("47 frames are missing between 1a and 4a"));
    assert_eq!(finding["threads"][0]["index"], 57);
    assert_eq!(finding["evidence"][1]["frame"], 0x19);
}

#[test]
fn samples_are_reported_as_they_should_be() {
    insta::with_settings!({ snapshot_path => "../snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
        for (name, path) in [
            ("founding-case", "founding-case/kL.log"),
            ("asmx-clrstack", "asmx-clrstack.log"),
            ("wrapped-mail", "wrapped-mail.txt"),
            ("healthy", "healthy"),
            ("managed-leak", "managed-leak"),
        ] {
            let path = sample(path);
            let output = run(&["scan", path.to_str().unwrap(), "--color", "never"]);
            insta::assert_snapshot!(format!("scan-{name}"), text_of_any_pack(&output.stdout).replace('\\', "/"));
        }
        for (name, path) in [("founding-case", "founding-case/kL.log"), ("wrapped-mail", "wrapped-mail.txt")] {
            let output = run_with(&["parse", "--format", "json"], &fs::read(sample(path)).unwrap());
            insta::assert_snapshot!(format!("parse-{name}"), text(&output.stdout));
        }
    });
}

#[test]
fn healthy_threads_are_not_blamed() {
    let output = run(&["scan", sample("healthy").to_str().unwrap(), "--format", "json"]);
    let report = json(&output);
    assert_eq!((code(&output), rules_of(&report).len()), (0, 0));
    let output = run(&["scan", sample("healthy/w3wp-at-rest.log").to_str().unwrap(), "--format", "json"]);
    let report = json(&output);
    let summary = &report["cases"][0]["summary"];
    assert_eq!((summary["stacks"].as_u64(), summary["idle"].as_u64()), (Some(24), Some(24)));
    assert_eq!((summary["threads"].as_u64(), &summary["unexplained"]), (Some(24), &Value::Array(Vec::new())));
    assert_eq!(summary["roles"][0]["role"].as_str(), Some("idle"));
    assert_eq!(summary["roles"][0]["threads"].as_u64(), Some(24));
}

#[test]
fn a_rule_pasted_with_its_addresses_matches() {
    let folder = tempfile::tempdir().unwrap();
    let rules = folder.path().join("mine.yml");
    fs::write(
        &rules,
        "id: monochrome\ntitle: Conversion to monochrome\nseverity: medium\nwhy: It is slow.\nfix: Do it once.\nmatch: |\n  \
         0c 00000000`0b99b490 000007fe`f99117c7 GdiPlus!GdipDrawImageRectRectI+0xfc\n  ...\n  \
         12 00000000`0b99b960 000007ff`010148fe MyDrawing!MyDrawing.GdiPlusCanvas.BitmapToMonochrome(System.Drawing.Bitmap)+0x2da\n",
    )
    .unwrap();
    let log = fs::read(sample("founding-case/kL.log")).unwrap();
    let output = run_with(&["scan", "--no-builtin", "--format", "json", "--rules", rules.to_str().unwrap()], &log);
    assert_eq!(rules_of(&json(&output)), [("monochrome".to_string(), "medium".to_string(), "medium".to_string())]);
    // The hole lies inside the gap, which crosses it at no cost.
    assert!(json(&output)["cases"][0]["findings"][0]["lowered_because"].is_null());
}

#[test]
fn exit_codes_do_not_depend_on_the_format() {
    let bad = sample("asmx-clrstack.log");
    let bad = bad.to_str().unwrap();
    for (args, want) in [
        (vec!["scan", bad], 1),
        (vec!["scan", bad, "--format", "json"], 1),
        (vec!["scan", bad, "--fail-on", "critical"], 0),
        (vec!["scan", bad, "--fail-on", "never"], 0),
        (vec!["scan", bad, "--ignore", "*"], 0),
        (vec!["scan", bad, "--select", "no-such-rule"], 2),
        (vec!["scan", "no-such-file.log"], 2),
        (vec!["scan", bad, "no-such-file.log"], 2),
        (vec!["scan", bad, "--severity"], 2),
        (vec!["rules", "list"], 0),
        (vec!["rules", "show", "gdiplus-in-asmx"], 0),
        (vec!["rules", "show", "no-such-rule"], 2),
        (vec!["rules", "check"], 0),
        (vec!["rules", "check", "tests/data/errors/doubts.yml"], 0),
        (vec!["rules", "check", "tests/data/errors/bad-values.yml"], 2),
        (vec!["scan", bad, "--rules", "tests/data/errors/bad-values.yml"], 2),
    ] {
        assert_eq!(code(&run(&args)), want, "{args:?}");
    }
}

#[test]
fn inputs_that_hold_nothing_are_named() {
    for (input, want, message) in [
        (&b""[..], 0, "empty"),
        (b"\n \n", 0, "empty"),
        (b"just words\n", 2, "no call stack was found"),
        (b"MDMP\x93\xa7\0\0\x0d\0\0\0\x20\0\0\0", 2, "memory dump"),
        (b"\x01\x02\0\0\0\x03", 2, "binary"),
    ] {
        let output = run_with(&["scan"], input);
        let said = text(&output.stdout) + &text(&output.stderr);
        assert_eq!(code(&output), want, "{said}");
        assert!(said.contains(message), "{said}");
    }
}

#[test]
fn one_unreadable_file_does_not_stop_the_others() {
    let folder = tempfile::tempdir().unwrap();
    fs::copy(sample("asmx-clrstack.log"), folder.path().join("good.log")).unwrap();
    fs::write(folder.path().join("w3wp.dmp"), b"MDMP\x93\xa7\0\0\x0d\0\0\0\x20\0\0\0").unwrap();
    let output = run(&["scan", folder.path().to_str().unwrap(), "--format", "json"]);
    assert_eq!(code(&output), 2);
    assert!(text(&output.stderr).contains("w3wp.dmp: this is a memory dump"));
    let report = json(&output);
    assert!(!rules_of(&report).is_empty());
    let notes = report["cases"][0]["notes"].as_array().unwrap();
    assert!(notes.iter().any(|note| note["code"] == "N008"), "{notes:?}");
}

#[test]
fn an_overlong_line_is_noted_and_the_rest_read() {
    let mut input = vec![b'x'; 3 << 20];
    input.push(b'\n');
    input.extend(fs::read(sample("founding-case/kL.log")).unwrap());
    let report = json(&run_with(&["scan", "--format", "json"], &input));
    assert_eq!(report["cases"][0]["summary"]["frames"], 28);
    let notes = report["cases"][0]["notes"].as_array().unwrap();
    assert!(notes.iter().any(|note| note["code"] == "N005"), "{notes:?}");
}

#[test]
fn a_folder_is_a_case() {
    let samples = sample("");
    let names = |extra: &[&str]| -> Vec<String> {
        let mut args = vec!["scan", samples.to_str().unwrap(), "--format", "json"];
        args.extend(extra);
        let report = json(&run(&args));
        let cases = report["cases"].as_array().unwrap().iter();
        cases.map(|case| case["name"].as_str().unwrap().rsplit(['/', '\\']).next().unwrap().to_string()).collect()
    };
    let folders =
        ["counters", "dialects", "diff", "founding-case", "healthy", "leak-reports", "managed-leak", "stalled-orders"];
    assert_eq!(names(&[])[1..], folders);
    assert_eq!(names(&["--case", "all"]), ["all"]);
    assert!(names(&["--case", "file"]).len() >= 8);
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let args = ["scan", "samples", "--format", "json"];
    let one = run(&[&args[..], &["--jobs", "1"]].concat()).stdout;
    for jobs in ["2", "7"] {
        assert_eq!(run(&[&args[..], &["--jobs", jobs]].concat()).stdout, one, "{jobs} jobs");
    }
    assert_eq!(run(&args).stdout, one);
}

#[test]
fn no_escape_sequence_of_a_log_reaches_the_terminal() {
    let log = "0:001> kL\n00 00000000`0b99b580 000007fe`dd416da4 gdiplus!Gdip\u{1b}[31mDraw\u{7}+0x1\n";
    for command in [&["scan", "--color", "never"][..], &["parse", "--color", "never"]] {
        let output = run_with(command, log.as_bytes());
        assert!(!output.stdout.contains(&0x1b) && !output.stdout.contains(&7), "{command:?}");
    }
}

#[test]
fn output_that_is_not_understood_is_noted() {
    let frame = "00 00000000`0b99b580 00000000`00000000 a!b+0x1\n";
    let odd = "00000000`0b99b580 ?? odd\n";
    let note = "not understood; `stacklint parse --show-skipped` shows them";
    for (lines, said) in [(5, false), (6, true)] {
        let output =
            run_with(&["scan", "--color", "never"], format!("0:000> kL\n{frame}{}", odd.repeat(lines)).as_bytes());
        let text = text(&output.stdout).replace("\n  ", " ");
        assert_eq!(text.contains(note), said, "{text}");
    }
}

#[test]
fn skipped_lines_are_listed_with_their_reason() {
    let output = run_with(
        &["parse", "--show-skipped", "--color", "never"],
        b"hello\n0:000> dps @rsp\n00000000`0011fcb8  00000001`40001609 a!b\n0:000> k\n00000000`0b99b580 00000000`00000000 a!b+0x1\n",
    );
    let said = text(&output.stdout);
    for part in [
        "1  hello",
        "not a frame, header or table",
        "3  00000000`0011fcb8  00000001`40001609 a!b",
        "output of `dps @rsp`",
    ] {
        assert!(said.contains(part), "{said}");
    }
}
