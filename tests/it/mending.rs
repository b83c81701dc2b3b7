//! `stacklint rules check --fix`: what is mended, what is left alone, and that every other byte stays.

use std::fs;
use std::path::Path;

use stacklint::authoring::check_rules;
use stacklint::diagnostic::{self as fixing, Fix};
use stacklint::report::render_diagnostics;
use stacklint::rules::{Origin, builtin_sources, compile};
use stacklint::text::Source;

use crate::cli::{code, run, text};

/// What the file becomes, and what is said.
fn mend(name: &str, bytes: &[u8]) -> (Vec<u8>, String, i32) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    let output = run(&["rules", "check", "--fix", path.to_str().unwrap(), "--color", "never"]);
    let said = text(&output.stdout).replace(path.to_str().unwrap(), name);
    (fs::read(&path).unwrap(), said, code(&output))
}

#[test]
fn every_file_is_mended_as_written() {
    insta::glob!("../data/mending", "*.yml", |path| {
        let name = path.file_name().unwrap().to_string_lossy().to_string();
        let (mended, said, _) = mend(&name, &fs::read(path).unwrap());
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(path.parent().unwrap());
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        let both = format!("{}\n======== said\n{said}", String::from_utf8(mended.clone()).unwrap());
        settings.bind(|| insta::assert_snapshot!("after", both));
        // What was mended once has nothing more to mend.
        let (again, said, _) = mend(&name, &mended);
        assert!(again == mended && said.starts_with("fixed 0 of "), "{name}: {said}");
    });
}

#[test]
fn every_other_byte_stays() {
    let head = "id: a\r\ntitle: T  # why\r\n";
    let tail = "severity: low\r\nwhy: \"w\"\r\nfix: f";
    for (before, after) in [
        ("matsch: |\r\n  svc!a \r\n  svc!b\r\n", "match: |\r\n  svc!a \r\n  svc!b\r\n"),
        ("match:\r\n  svc!a \r\n  svc!b\r\n", "match: |\r\n  svc!a \r\n  svc!b\r\n"),
        ("match:\r\n  - @gdiplus\r\n  - svc!b\r\n", "match: |\r\n  @gdiplus\r\n  svc!b\r\n"),
        ("match: |\r\n\tsvc!a\r\n\tsvc!b\r\n", "match: |\r\n  svc!a\r\n  svc!b\r\n"),
    ] {
        let (mended, ..) = mend("crlf.yml", format!("\u{feff}{head}{before}{tail}").as_bytes());
        assert_eq!(String::from_utf8(mended).unwrap(), format!("\u{feff}{head}{after}{tail}"));
    }
}

#[test]
fn what_is_right_or_no_utf8_is_not_written() {
    let right = "id: a\ntitle: T\nseverity: low\nwhy: w\nfix: f\nmatch: |\n  svc!a\n";
    let (mended, said, exit) = mend("right.yml", right.as_bytes());
    assert_eq!((mended.as_slice(), exit), (right.as_bytes(), 0));
    assert!(said.ends_with("fixed 0 of 2\n"), "{said}");
    let wide = right.replace("match", "matsch");
    let wide: Vec<u8> = [0xFF, 0xFE].into_iter().chain(wide.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let (mended, said, exit) = mend("utf16.yml", &wide);
    assert_eq!((mended, exit), (wide, 2), "{said}");
    assert_eq!(code(&run(&["rules", "check", "--fix"])), 2);
}

/// Whatever stands in a rule file, something is said of it, and what is mended is still text.
#[test]
fn no_damage_stops_the_check() {
    const SIGNS: [&str; 12] = ["\t", "\"", ":", "\u{a0}", "\u{2014}", "\u{200b}", " #", "\u{e9}", "`", "[", "!", "\n"];
    for folder in ["tests/data/errors", "tests/data/mending"] {
        for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|extension| extension != "yml") {
                continue;
            }
            let text = fs::read_to_string(path).unwrap();
            for (number, (at, _)) in text.char_indices().enumerate() {
                let sign = SIGNS[number % SIGNS.len()];
                for damaged in [text[..at].to_string(), format!("{}{sign}{}", &text[..at], &text[at..])] {
                    let mut loaded = compile(vec![(Source::new("rules.yml", damaged.clone()), Origin::User)]);
                    if let Some(rules) = &loaded.rules {
                        check_rules(rules, false, &mut loaded.diagnostics);
                    }
                    let found = loaded.diagnostics;
                    render_diagnostics(&found, &mut Vec::new()).unwrap();
                    let fixes: Vec<&Fix> = found.list.iter().filter_map(|found| found.fix.as_ref()).collect();
                    let (mended, made) = fixing::mend(&damaged, &fixes);
                    assert!(made.is_empty() == fixes.is_empty() && (made.is_empty() || mended != damaged), "{damaged}");
                }
            }
        }
    }
}

#[test]
fn nothing_in_the_built_in_pack_is_mended() {
    let loaded =
        compile(builtin_sources().into_iter().map(|source| (source, Origin::Builtin { with_rules: true })).collect());
    for found in &loaded.diagnostics.list {
        assert!(found.fix.is_none(), "{}", found.message);
    }
}

#[test]
fn files_that_hold_no_rule_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_string()
    };
    let wide = "id: a\ntitle: T\nseverity: low\nwhy: w\nfix: f\nmatch: svc!a\n".encode_utf16();
    let wide: Vec<u8> = [0xFF, 0xFE].into_iter().chain(wide.flat_map(u16::to_le_bytes)).collect();
    for (name, bytes, exit, said) in [
        ("empty.yml", &b""[..], 0, "there is no rule in"),
        ("comments.yml", b"# nothing\n---\n", 0, "there is no rule in"),
        ("log.txt", b"0:000> kL\nsvc!a: b: c\n", 2, "this is not a rule file"),
        ("words.txt", b"just words\n", 2, "this is not a rule file"),
        ("latin.yml", b"title: M\xfcller\n", 2, "save it as UTF-8"),
        ("binary.yml", b"MDMP\x93\0\0", 2, "no text has"),
        ("wide.yml", &wide, 0, "1 rule checked"),
    ] {
        let path = write(name, bytes);
        let output = run(&["rules", "check", &path]);
        let both = text(&output.stdout) + &text(&output.stderr);
        assert!(code(&output) == exit && both.contains(said), "{name}: {both}");
    }
    let empty = folder.path().join("empty.yml");
    let output = run(&["rules", "list", "--rules", empty.to_str().unwrap()]);
    assert!(text(&output.stderr).contains("there is no rule in"), "{}", text(&output.stderr));
    let one = write("one.yml", b"id: a\ntitle: T\nseverity: low\nwhy: w\nfix: f\nmatch: svc!a\n");
    let output = run(&["rules", "check", &one, &one]);
    assert!(code(&output) == 0 && text(&output.stderr).contains("given twice"), "{}", text(&output.stderr));
}
