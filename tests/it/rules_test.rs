//! `stacklint rules test`: what it says of examples that are wrong, and how it ends.

use std::fs;

use stacklint::authoring::{TestRun, test_rules};
use stacklint::report::{render_test_junit, render_test_text};
use stacklint::rules::{Origin, builtin_sources, compile};
use stacklint::text::Source;

use crate::cli::{code, run, text};

fn test(name: &str, rules: &str) -> TestRun {
    let builtin = builtin_sources().into_iter().map(|source| (source, Origin::Builtin { with_rules: true }));
    let mut files: Vec<_> = builtin.collect();
    files.push((Source::new(name, rules), Origin::User));
    let loaded = compile(files);
    let rules = loaded.rules.unwrap_or_else(|| panic!("{:#?}", loaded.diagnostics.list));
    test_rules(&rules, false, &loaded.diagnostics.sources)
}

/// One rule whose examples are right, one where each is wrong in its own way, and names that XML would trip over.
const RULES: &str = r#"
id: draws-at-all
title: A title
severity: high
why: because
fix: do this
match: |
  GdiPlus!GdipDraw*
examples:
  match:
    - |
      GdiPlus!GdipDrawImage+0x12
      MyApp!Paint+0x1
---
id: fills
title: A title
severity: high
why: because
fix: do this
match: |
  GdiPlus!GdipFill*
examples:
  match:
    - |
      GdiPlus!GdipDrawImage+0x12
      MyApp!Paint+0x1
    - |
      MyApp!Paint+0x1
      MyApp!Main+0x1
    - nothing here looks like a stack
  no-match:
    - |
      MyApp!Paint+0x1
      MyApp!Main+0x1
    - |
      GdiPlus!GdipFillPath+0x12
      GdiPlus!GdipDrawImage+0x12
      MyApp!Paint+0x1
    - |
      GdiPlus!GdipFillPath+0x12
      MyApp!Paint+0x1
---
id: untested
title: A title
severity: high
why: because
fix: do this
match: |
  MyApp!Paint
"#;

#[test]
fn each_way_to_be_wrong_is_told() {
    let run = test("<our> \"rules\" & more.yml", RULES);
    let (mut plain, mut junit) = (Vec::new(), Vec::new());
    render_test_text(&run, &mut anstream::StripStream::new(&mut plain)).unwrap();
    render_test_junit(&run, &mut junit).unwrap();
    insta::with_settings!({ snapshot_path => "../snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("rules-test-text", text(&plain));
        insta::assert_snapshot!("rules-test-junit", text(&junit));
    });
}

#[test]
fn the_built_in_pack_is_right() {
    let output = run(&["rules", "test"]);
    assert_eq!(code(&output), 0, "{}", text(&output.stdout));
    for line in ["  missing                    0", "  noisy                      0", "rules without an example     0"] {
        assert!(text(&output.stdout).contains(line), "{}", text(&output.stdout));
    }
}

#[test]
fn the_exit_code_tells_wrong_examples_from_broken_files() {
    let folder = tempfile::tempdir().unwrap();
    let good = folder.path().join("good.yml");
    fs::write(&good, RULES.split("---").next().unwrap()).unwrap();
    let good = good.to_str().unwrap();
    for (args, want) in [
        (vec!["rules", "test", good], 0),
        (vec!["rules", "test", folder.path().to_str().unwrap(), "--format", "junit"], 0),
        (vec!["rules", "test", "tests/data/errors/doubts.yml"], 1),
        (vec!["rules", "test", "tests/data/errors/doubts.yml", "--format", "junit"], 1),
        (vec!["rules", "test", "tests/data/errors/bad-values.yml"], 2),
        (vec!["rules", "test", "no-such-file.yml"], 2),
        (vec!["rules", "test", good, "-o", "result.doc"], 2),
    ] {
        let output = run(&args);
        assert_eq!(code(&output), want, "{args:?}: {}{}", text(&output.stdout), text(&output.stderr));
    }
    let output = run(&["rules", "test", "tests/data/errors/three-at-once.yml"]);
    for mistake in ["R002", "R006", "R007", "3 mistakes"] {
        assert!(text(&output.stderr).contains(mistake), "{mistake}: {}", text(&output.stderr));
    }
    assert_eq!(text(&output.stdout), "");
}

#[test]
fn the_extension_of_the_output_chooses_the_format() {
    let folder = tempfile::tempdir().unwrap();
    for (name, begins) in [("result.xml", "<?xml "), ("result.txt", "tests/data/errors/doubts.yml:")] {
        let path = folder.path().join(name);
        let output = run(&["rules", "test", "tests/data/errors/doubts.yml", "-o", path.to_str().unwrap()]);
        assert_eq!((code(&output), text(&output.stdout).as_str()), (1, ""));
        assert!(fs::read_to_string(&path).unwrap().starts_with(begins), "{name}");
    }
}
