//! The JSON Schema of rule files: the committed copy is the generated one, and it says of rule files what the reader says.

use std::fs;
use std::path::{Path, PathBuf};

use jsonschema::Validator;
use serde_json::Value;
use stacklint::diagnostic::Code;
use stacklint::rules::json_schema_of_rules;

use crate::cli::{run, text};
use crate::errors::check;

const COMMITTED: &str = "rules/stacklint-rule.schema.json";

fn validator() -> Validator {
    let schema: Value = serde_json::from_str(&json_schema_of_rules()).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

fn documents(text: &str) -> Vec<Value> {
    serde_yaml::from_multiple(text).unwrap()
}

fn yaml_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            yaml_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "yml") {
            files.push(path);
        }
    }
}

#[test]
fn the_committed_schema_is_the_generated_one() {
    let committed = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(COMMITTED)).unwrap();
    let same = committed.replace("\r\n", "\n") == json_schema_of_rules();
    assert!(same, "write it anew: cargo run -- rules schema > {COMMITTED}");
    assert_eq!(text(&run(&["rules", "schema"]).stdout), json_schema_of_rules());
}

#[test]
fn every_rule_of_the_pack_fits_the_schema() {
    let validator = validator();
    let mut files = Vec::new();
    yaml_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("rules"), &mut files);
    assert!(files.len() > 20);
    for file in files {
        for document in documents(&fs::read_to_string(&file).unwrap()) {
            let wrong: Vec<String> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
            assert!(wrong.is_empty(), "{}: {wrong:#?}", file.display());
        }
    }
}

#[test]
fn the_schema_and_the_reader_know_the_same_keys() {
    let schema: Value = serde_json::from_str(&json_schema_of_rules()).unwrap();
    let mut in_schema: Vec<&str> = schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
    let found = check("rules.yml", "zzzzzzzz: 1\n").list.iter().find_map(|found| found.help.clone()).unwrap();
    let mut in_reader: Vec<&str> = found.strip_prefix("the keys are: ").unwrap().split(", ").collect();
    in_schema.sort_unstable();
    in_reader.sort_unstable();
    assert_eq!(in_schema, in_reader);
}

/// What the reader takes, the schema takes; and what it refuses because of its keys or the kinds of its values, the schema
/// refuses.
#[test]
fn the_schema_says_what_the_reader_says() {
    let validator = validator();
    let head = "id: r\ntitle: t\nseverity: low\nwhy: w\nfix: f\n";
    for rest in [
        "match: m!a",
        "match: |\n  m!a\n  m!b",
        "match: [m!a, m!b]",
        "match:\n  stack: m!a\n  on: idle",
        "match:\n  stack: m!a\n  threads: {at-least: 10, share: \">= 30%\"}",
        "match:\n  stack: \"{{x}}\\n  m!a\"\n  threads: {at-least: \">= 10\", share: 0.3, same: x}",
        "match: {exception: {type: N.OneException}}",
        "match: {exception: {code: 0xc00000fd}}",
        "match: {exception: {type: N.OneException, unhandled: true}}",
        "match: {exception: {unhandled: true}}",
        "match: {exception: {unhandled: false}}",
        "match: {exception: {unhandled: perhaps}}",
        "match: {cycle: {repeats: 50, period: \"<= 12\", contains: m!a}}",
        "match: m!a\nunless:\n  - stack: m!b\n  - role: [idle]",
        "match: m!a\ntags: [a, b]\nlinks: [{title: t, url: https://example.com}]\nstrict: true\ncategory: c",
        "match: m!a\nexamples: {match: [m!a], no-match: m!b}\nlists: {l: m!a}\nnoise: m!z\naliases: {a: [b]}",
        "match: m!a\nyields-to: gdiplus-in-asmx\nconfidence: high\nmessage: 2010",
        "match: m!a\nseverty: low",
        "match: m!a\nconfidence: sure",
        "match: {threads: {at-least: 2}}",
        "match: {exception: {type: N.OneException}, on: idle}",
        "match: {stak: m!a}",
        "evidence: {owner: {leak: {module: m, share: \">= 40%\", grows: true}}}\nverdicts: [{verdict: likely, when: [owner]}]",
        "evidence: {a: {finding: [x]}, b: {counter: {name: private-bytes}}}\nverdicts: [{verdict: likely, when: a}]\nask: {a: b}",
        "evidence: {owner: {leek: {module: m}}}\nverdicts: [{verdict: likely, when: [owner]}]",
        "evidence: {owner: {leak: {module: m, grow: true}}}\nverdicts: [{verdict: likely, when: [owner]}]",
        "evidence: {owner: {leak: {module: m}}}\nverdicts: [{verdict: sure, when: [owner]}]",
        "evidence: {owner: {leak: {module: m}}}",
        "match: m!a\nevidence: {owner: {leak: {module: m}}}\nverdicts: [{verdict: likely, when: [owner]}]",
        "match: m!a\ncounters: {c: {from: x, unit: bytes, grows: {by: 5%, at-least: 3 MB}}}",
        "match: m!a\ncounters: {c: {unit: pounds}}",
        "match: {stack: m!a, threads: {atleast: 3}}",
        "match: {exception: {}}",
        "match: {exception: {kind: x}}",
        "match: {cycle: {times: 3}}",
        "match: m!a\nstrict: maybe",
        "match: m!a\nunless: m!b",
        "match: m!a\nunless:\n  - stacks: m!b",
        "match: m!a\nunless:\n  - stack: m!b\n    role: idle",
        "match: m!a\nlinks: [https://example.com]",
        "match: m!a\nlinks: [{title: t, url: example.com}]",
        "match: m!a\nexamples: {matches: [m!a]}",
        "match: m!a\nexamples: [m!a]",
        "why: w2\nmatch: m!a",
        "tags: [a]",
    ] {
        let text = format!("{head}{rest}\n");
        let refused = [Code::UnknownKey, Code::MissingKey, Code::BadValue];
        let by_reader = check("rules.yml", &text).list.iter().any(|found| refused.contains(&found.code));
        // A key twice is no JSON, so the schema never sees it.
        let Ok(documents) = serde_yaml::from_multiple::<Value>(&text) else { continue };
        let by_schema = documents.iter().any(|document| !validator.is_valid(document));
        assert_eq!(by_schema, by_reader, "{text}");
    }
}
