//! `stacklint.toml`: where it is looked for, what comes before what, and what is suppressed.

use std::fs;
use std::path::Path;

use serde_json::Value;
use stacklint::engine::{CaseScan, Sieve};
use stacklint::formats;
use stacklint::rules::{InSettings, Origin, builtin_sources, compile_with};
use stacklint::settings;
use stacklint::text::Source;
use tempfile::TempDir;

use crate::cli::{code, json, run, sample, text, text_of_any_pack};

const RULE: &str = "id: ours\ntitle: Ours\nseverity: low\nmatch: MyDrawing!*\nwhy: w\nfix: f\n";

/// A folder with a log, a rule beside it, and settings.
fn case(settings: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    let put = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    put("logs/kL.log", &fs::read_to_string(sample("founding-case/kL.log")).unwrap());
    put("our-rules/ours.yml", RULE);
    put("logs/stacklint.toml", settings);
    folder
}

fn scan(folder: &Path, args: &[&str]) -> (i32, Value, String) {
    let logs = folder.join("logs");
    let output = run(&[&["scan", logs.to_str().unwrap(), "--format", "json"], args].concat());
    (code(&output), json(&output)["cases"][0].clone(), text(&output.stderr))
}

fn rules(case: &Value, of: &str) -> Vec<String> {
    case[of].as_array().unwrap().iter().map(|found| found["rule"].as_str().unwrap().to_string()).collect()
}

const FOUND: [&str; 2] = ["gdiplus-in-web-service-by-name", "gdiplus-recolor-copy"];

#[test]
fn the_command_line_comes_before_the_file_and_the_file_before_the_default() {
    let folder = case("rules = ['../our-rules']\nfail-on = 'critical'\nignore = 'gdiplus-recolor*'\n");
    let (exit, found, _) = scan(folder.path(), &[]);
    assert_eq!((exit, rules(&found, "findings")), (0, vec![FOUND[0].to_string(), "ours".to_string()]));
    let (exit, found, _) = scan(folder.path(), &["--fail-on", "low", "--ignore", "ours"]);
    assert_eq!((exit, rules(&found, "findings")), (1, vec![FOUND[0].to_string()]));
    let (exit, found, _) = scan(folder.path(), &["--no-settings"]);
    assert_eq!((exit, rules(&found, "findings")), (1, FOUND.map(String::from).to_vec()));
    let (_, found, _) = scan(folder.path(), &["--select", "ours"]);
    assert_eq!(rules(&found, "findings"), ["ours"]);
    let (_, found, _) = scan(folder.path(), &["--min-severity", "high"]);
    assert_eq!(rules(&found, "findings"), [FOUND[0]]);
}

#[test]
fn settings_are_those_beside_the_inputs_or_above_them() {
    let folder = case("rules = '../our-rules'");
    fs::create_dir(folder.path().join("logs/sub")).unwrap();
    let log = folder.path().join("logs/sub/kL.log");
    fs::copy(sample("founding-case/kL.log"), &log).unwrap();
    let output = run(&["scan", log.to_str().unwrap(), "--format", "json"]);
    assert!(rules(&json(&output)["cases"][0], "findings").contains(&"ours".to_string()));
    // A log from elsewhere: which settings hold is not guessed.
    let elsewhere = sample("asmx-clrstack.log");
    let output = run(&["scan", log.to_str().unwrap(), elsewhere.to_str().unwrap()]);
    assert_eq!(code(&output), 2);
    assert!(text(&output.stderr).contains("name one file with --settings"), "{}", text(&output.stderr));
    // Settings below the folder that is scanned hold for nothing.
    fs::write(folder.path().join("logs/sub/stacklint.toml"), "fail-on = 'never'").unwrap();
    let (exit, _, said) = scan(folder.path(), &[]);
    assert!(exit == 1 && said.contains("is not used"), "{said}");
}

#[test]
fn what_is_suppressed_is_counted_with_its_reason() {
    let suppress = |id: &str, more: &str| format!("[[suppress]]\nid = '{id}'\nreason = 'known'\n{more}\n");
    for (settings, suppressed) in [
        (suppress("gdiplus-in-web-service-by-name", ""), vec![FOUND[0]]),
        (suppress("gdiplus-*", ""), FOUND.to_vec()),
        (suppress("gdiplus-*", "stack = 'MyDrawing!*'"), FOUND.to_vec()),
        (suppress("gdiplus-*", "stack = 'Other!*'"), vec![]),
        // What a hole may hide suppresses nothing.
        (suppress("gdiplus-*", "stack = '''\n<top>\n... without Other!*\nkernel32!*\n'''"), vec![]),
        (suppress("gdiplus-*", "expires = 2031-01-31"), FOUND.to_vec()),
        (suppress("gdiplus-*", "expires = '2031-02-01'"), FOUND.to_vec()),
        (suppress("gdiplus-*", "expires = 2031-01-30"), vec![]),
    ] {
        let folder = case(&settings);
        let (exit, found, said) = scan(folder.path(), &["--today", "2031-01-31"]);
        let mut shown = FOUND.to_vec();
        shown.retain(|rule| !suppressed.contains(rule));
        assert_eq!(rules(&found, "findings"), shown, "{settings}");
        let mut got = rules(&found, "suppressed");
        got.sort();
        assert_eq!(got, suppressed, "{settings}");
        assert_eq!(exit, i32::from(!shown.is_empty()), "{settings}");
        assert_eq!(said.contains("ended on"), settings.contains("01-30"), "{said}");
    }
}

#[test]
fn an_exception_is_suppressed_too() {
    let rule =
        "id: oom\ntitle: t\nseverity: low\nwhy: w\nfix: f\nmatch: {exception: {type: System.OutOfMemoryException}}";
    let source = Source::new("stacklint.toml", "[[suppress]]\nid = 'oom'\nreason = 'known'");
    let mut read = stacklint::diagnostic::Diagnostics::default();
    let file = settings::read(&source, 0, &mut read);
    let mut files: Vec<_> =
        builtin_sources().into_iter().map(|source| (source, Origin::Builtin { with_rules: false })).collect();
    files.push((Source::new("oom.yml", rule), Origin::User));
    let loaded = compile_with(files, InSettings { read, suppressions: file.suppress, ..InSettings::default() });
    let rules = loaded.rules.expect("no mistakes");
    let sieve = Sieve::new(&rules);
    let mut scan = CaseScan::new(&rules, &sieve);
    let log = "Exception type:   System.OutOfMemoryException\nMessage:          none\nHResult: 8007000e\n";
    formats::read(log.as_bytes(), "log", &mut scan).unwrap();
    let result = scan.finish();
    assert_eq!((result.findings.len(), result.suppressed.len()), (0, 1));
}

#[test]
fn config_names_the_origin_of_every_setting() {
    let folder = case(
        "rules = '../our-rules'\nnear-misses = 1\n\n[[suppress]]\nid = 'ours'\nreason = 'known'\nexpires = 2031-01-31\n",
    );
    let logs = folder.path().join("logs");
    let output = run(&["config", logs.to_str().unwrap(), "--fail-on", "high", "--today", "2026-01-01"]);
    let printed = text_of_any_pack(&output.stdout).replace(logs.to_str().unwrap(), "LOGS").replace('\\', "/");
    // How far a path is padded depends on where the folder lies.
    let printed: String =
        printed.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ") + "\n").collect();
    insta::with_settings!({ snapshot_path => "../snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("config", printed);
    });
}

#[test]
fn settings_name_modules_of_the_application() {
    let folder = case("rules = '../our-rules'\nbuiltin = false\napp = ['System.Web']\n");
    let first = "id: ours\ntitle: Ours\nseverity: low\nmatch: |\n  <top>\n  ... without @app\n  {{f=@app}}\nmessage: \"{{f}}\"\nwhy: w\nfix: f\n";
    fs::write(folder.path().join("our-rules/ours.yml"), first).unwrap();
    let log = "ntdll!NtWaitForSingleObject+0xa\nSystem_Web_ni!System.Web.HttpRuntime.Go()+0x1\nContoso.Web!Contoso.Page.Load()+0x2\n";
    fs::write(folder.path().join("logs/kL.log"), log).unwrap();
    let (_, found, _) = scan(folder.path(), &[]);
    assert_eq!(found["findings"][0]["message"], "System.Web.HttpRuntime.Go");
    let (_, found, _) = scan(
        folder.path(),
        &["--no-settings", "--no-builtin", "--rules", folder.path().join("our-rules").to_str().unwrap()],
    );
    assert_eq!(found["findings"][0]["message"], "Contoso.Page.Load");
}

#[test]
fn limits_of_counters_are_said_anew() {
    let rule = "id: grows\ntitle: t\nseverity: high\nwhy: w\nfix: f\nevidence:\n  private: {counter: {name: private-bytes, grows: true}}\n\
                verdicts: [{verdict: likely, when: [private]}]\n";
    for (settings, want) in [("", 1), ("[limits.private-bytes]\ngrows-by = '80%'\n", 0)] {
        let folder = case(&format!("rules = ['../our-rules']\nbuiltin = false\n{settings}"));
        fs::write(folder.path().join("our-rules/ours.yml"), rule).unwrap();
        fs::copy(sample("founding-case/counters.csv"), folder.path().join("logs/counters.csv")).unwrap();
        let (_, found, _) = scan(folder.path(), &[]);
        assert_eq!(found["findings"].as_array().unwrap().len(), want, "{settings}");
    }
}

#[test]
fn rules_and_settings_are_no_logs() {
    let folder = case("");
    fs::copy(folder.path().join("our-rules/ours.yml"), folder.path().join("logs/ours.yml")).unwrap();
    let (_, found, _) = scan(folder.path(), &[]);
    assert_eq!(found["sources"].as_array().unwrap().len(), 1);
}
