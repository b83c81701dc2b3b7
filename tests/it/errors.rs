//! Every diagnostic has a pair of files: a rule file that earns it, and what is printed about it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use stacklint::authoring::check_rules;
use stacklint::diagnostic::{Code, Diagnostic, Diagnostics};
use stacklint::formats::read_capture;
use stacklint::report::render_diagnostics;
use stacklint::rules::{InSettings, Origin, builtin_sources, compile, compile_with};
use stacklint::settings;
use stacklint::text::Source;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/errors")
}

/// What is said of a rule file, or of settings.
pub fn check(name: &str, text: &str) -> Diagnostics {
    let builtin = builtin_sources().into_iter().map(|source| (source, Origin::Builtin { with_rules: true }));
    let mut files: Vec<_> = builtin.collect();
    if name.ends_with(".toml") {
        return compile_with(files, in_settings(name, text)).diagnostics;
    }
    files.push((Source::new(name, text), Origin::User));
    let mut loaded = compile(files);
    if let Some(rules) = &loaded.rules {
        check_rules(rules, false, &mut loaded.diagnostics);
    }
    loaded.diagnostics
}

fn in_settings(name: &str, text: &str) -> InSettings {
    let source = Source::new(name, text);
    let mut read = Diagnostics::default();
    let file = settings::read(&source, 0, &mut read);
    read.sources.push(source);
    let named = file.select.iter().flat_map(|select| &select.value).chain(&file.ignore).cloned().collect();
    InSettings { read, named, app: file.app, suppressions: file.suppress, limits: file.limits }
}

fn printed(diagnostics: &Diagnostics) -> String {
    let mut out = Vec::new();
    render_diagnostics(diagnostics, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    // Without the colours.
    let mut plain = String::new();
    let mut rest = text.as_str();
    while let Some(at) = rest.find('\u{1b}') {
        plain.push_str(&rest[..at]);
        rest = rest[at..].split_once('m').map_or("", |(_, after)| after);
    }
    plain.push_str(rest);
    plain.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

#[test]
fn every_file_of_mistakes_is_answered_as_written() {
    insta::glob!("../data/errors", "*.{yml,toml}", |path| {
        let name = path.file_name().unwrap().to_string_lossy().to_string();
        let text = fs::read_to_string(path).unwrap();
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(folder());
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!("out", printed(&check(&name, &text))));
    });
}

#[test]
fn every_code_has_a_pair() {
    let mut earned = Vec::new();
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "yml" || extension == "toml") {
            let text = fs::read_to_string(&path).unwrap();
            earned.extend(check(&path.to_string_lossy(), &text).list.iter().map(|diagnostic| diagnostic.code));
        }
    }
    let without: Vec<&str> = Code::ALL.iter().filter(|code| !earned.contains(code)).map(|code| code.code()).collect();
    assert!(without.is_empty(), "no file under tests/data/errors earns {without:?}");
}

#[test]
fn three_mistakes_in_one_file_are_three_messages() {
    let text = fs::read_to_string(folder().join("three-at-once.yml")).unwrap();
    let codes: Vec<&str> = check("rules.yml", &text).list.iter().map(|diagnostic| diagnostic.code.code()).collect();
    assert_eq!(codes, ["R002", "R006", "R007"]);
}

/// Whatever a debugger printed as a frame may stand in a pattern without a doubt.
#[test]
fn no_frame_that_was_recorded_is_odd() {
    let mut frames = 0;
    for folder in ["tests/data/recordings/dbgeng", "tests/data/recordings/sos", "samples/dialects", "samples/healthy"] {
        for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let (capture, _) = read_capture(&fs::read(&path).unwrap()[..], "recorded", false).unwrap();
            let sites: BTreeSet<&str> = capture
                .stacks
                .iter()
                .flat_map(|stack| &stack.frames)
                .map(|frame| capture.sites.get(frame.site).text)
                .collect();
            frames += sites.len();
            let lines: String = sites.iter().map(|site| format!("  {site}\n")).collect();
            let rule = format!("id: r\ntitle: t\nseverity: low\nwhy: w\nfix: f\nmatch: |\n{lines}");
            let said = compile(vec![(Source::new("recorded.yml", rule.clone()), Origin::User)]).diagnostics.list;
            let odd = |found: &&Diagnostic| matches!(found.code, Code::NotAFrame | Code::VainLine | Code::YamlSyntax);
            let odd: Vec<_> = said
                .iter()
                .filter(odd)
                .map(|found| (&rule[found.span.start..found.span.end], &found.message))
                .collect();
            assert!(odd.is_empty(), "{}: {odd:#?}", path.display());
        }
    }
    assert!(frames > 1_000, "{frames}");
}

/// A soft hyphen, a sign of no width and a no-break space, as text from web pages has them.
#[test]
fn signs_that_nobody_sees_do_no_harm() {
    for line in ["svc!Re\u{ad}cord", "\u{200b}svc!Record", "svc!Record\u{a0}", "svc!Record x1\u{feff}"] {
        let rule = format!(
            "id: r\ntitle: t\nseverity: low\nwhy: w\nfix: f\nmatch: |\n  {line}\nexamples:\n  match:\n    - |\n      \
             svc!Record+0x1\n      svc!Main+0x1\n"
        );
        let codes: Vec<&str> = check("rules.yml", &rule).list.iter().map(|found| found.code.code()).collect();
        assert_eq!(codes, ["R101", "R102"], "{line:?}");
    }
}

#[test]
fn one_file_may_hold_thousands_of_rules() {
    let rule = |number| format!("id: r{number}\ntitle: t\nseverity: low\nwhy: w\nfix: f\nmatch: m!f{number}\n---\n");
    let text: String = (0..3_000).map(rule).collect();
    let loaded = compile(vec![(Source::new("rules.yml", text), Origin::User)]);
    assert_eq!(loaded.rules.map(|rules| rules.rules.len()), Some(3_000), "{:?}", loaded.diagnostics.list);
}
