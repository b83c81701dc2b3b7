//! The built-in pack: every example is right, and every file is where its name says.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use stacklint::authoring::{ExampleOutcome, check_rules, run_examples};
use stacklint::rules::{Loaded, Origin, Rule, RuleSet, Subject, builtin_sources, compile};

use crate::cli::{code, run};

pub fn builtin() -> RuleSet {
    let files = builtin_sources().into_iter().map(|source| (source, Origin::Builtin { with_rules: true }));
    let Loaded { rules, diagnostics } = compile(files.collect());
    rules.unwrap_or_else(|| panic!("{:#?}", diagnostics.list))
}

#[test]
fn every_example_is_right() {
    let rules = builtin();
    let wrong: Vec<_> = run_examples(&rules)
        .into_iter()
        .filter(|result| result.outcome != ExampleOutcome::Right)
        .map(|result| (&rules.rules[result.rule].id, result.should_match, result.outcome, result.reported))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn no_doubt_is_left_about_the_pack() {
    // Of files that the build has read, nobody asks again what can be doubted in them.
    let files = builtin_sources().into_iter().map(|source| (source, Origin::User));
    let mut loaded = compile(files.collect());
    check_rules(&loaded.rules.unwrap(), true, &mut loaded.diagnostics);
    let doubts: Vec<_> = loaded.diagnostics.list.iter().map(|doubt| (&doubt.code, &doubt.message)).collect();
    assert!(doubts.is_empty(), "{doubts:#?}");
}

#[test]
fn a_rule_lies_in_the_file_of_its_name() {
    for rule in &builtin().rules {
        let folder = match (&rule.role, &rule.ladder) {
            (Some(_), _) => "builtin/roles",
            (_, Some(_)) => "builtin/ladders",
            _ if rule.subject == Subject::Root => "builtin/roots",
            _ if rule.subject == Subject::Allocation => "builtin/allocations",
            _ if is_of_message(rule) => "builtin/messages",
            _ => "builtin",
        };
        assert_eq!(rule.file, format!("{folder}/{}.yml", rule.id));
    }
}

/// Asks for one exception, most by the message; those that were there before stand beside the rules on the same fault.
fn is_of_message(rule: &Rule) -> bool {
    rule.exception.is_some() && rule.file.starts_with("builtin/messages/")
}

#[test]
fn leaving_out_the_built_in_rules_keeps_the_roles() {
    let files = builtin_sources().into_iter().map(|source| (source, Origin::Builtin { with_rules: false }));
    let rules = compile(files.collect()).rules.unwrap();
    assert_eq!(rules.finding_rules().count(), 0);
    assert!(rules.rules.len() >= 15 && !rules.noise.is_empty());
}

/// Regenerate with `cargo run -- rules docs docs/rules`.
#[test]
fn the_pages_on_rules_are_those_of_the_pack() {
    let folder = tempfile::TempDir::new().unwrap();
    let written = run(&["rules", "docs", folder.path().to_str().unwrap()]);
    assert_eq!(code(&written), 0);
    let files = |folder: &Path| -> BTreeSet<String> {
        let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
        names.map(|name| name.to_string_lossy().into_owned()).collect()
    };
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rules");
    let (there, wanted) = (files(&kept), files(folder.path()));
    let differing: Vec<_> = there.symmetric_difference(&wanted).collect();
    let help = "run `cargo run -- rules docs docs/rules`, and delete pages of rules that are gone";
    assert!(differing.is_empty(), "{help}: {differing:?}");
    for name in wanted {
        let text = |folder: &Path| fs::read_to_string(folder.join(&name)).unwrap().replace("\r\n", "\n");
        assert_eq!(text(&kept), text(folder.path()), "{name}: run `cargo run -- rules docs docs/rules`");
    }
}
