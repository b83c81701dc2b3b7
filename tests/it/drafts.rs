//! `stacklint rules new`: what it makes of stacks as people have them, and that each draft holds.

use std::fs;
use std::path::Path;

use stacklint::authoring::{Drafting, NoDraft, check_rules};
use stacklint::diagnostic::Code;
use stacklint::engine::{CaseScan, Sieve};
use stacklint::formats::{self, read_capture};
use stacklint::rules::{Loaded, Origin, builtin_sources, compile};
use stacklint::text::Source;

use crate::cli::{code, run, run_with, text};

fn file(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

fn draft(text: &str, thread: Option<&str>) -> Result<String, NoDraft> {
    let drafting = Drafting::new()?;
    let (capture, _) = read_capture(text.as_bytes(), "paste", false).unwrap();
    let chosen = drafting.choose(&capture, thread)?;
    drafting.draft(&capture, chosen.stack, text)
}

fn compiled(draft: &str, with_rules: bool) -> Loaded {
    let builtin = builtin_sources().into_iter().map(|source| (source, Origin::Builtin { with_rules }));
    let mut files: Vec<_> = builtin.collect();
    files.push((Source::new("draft.yml", draft), Origin::User));
    compile(files)
}

/// No mistake, no doubt but those that the author is asked to clear, its example right, and nothing healthy reported.
fn check(name: &str, draft: &str) {
    let mut loaded = compiled(draft, true);
    let mut rules = loaded.rules.take().unwrap_or_else(|| panic!("{name}: {:#?}\n{draft}", loaded.diagnostics.list));
    // The examples of the pack have a test of their own.
    let builtin = rules.rules.iter_mut().filter(|rule| rule.is_builtin);
    builtin.for_each(|rule| rule.examples = Default::default());
    check_rules(&rules, false, &mut loaded.diagnostics);
    let doubts: Vec<Code> = loaded.diagnostics.list.iter().map(|doubt| doubt.code).collect();
    assert_eq!(doubts, [Code::NoExamples, Code::NoLink, Code::FillIn], "{name}\n{draft}");
    let alone = compiled(draft, false).rules.unwrap();
    let sieve = Sieve::new(&alone);
    let mut case = CaseScan::new(&alone, &sieve);
    formats::read(file("samples/healthy/w3wp-at-rest.log").as_bytes(), "healthy", &mut case).unwrap();
    assert!(case.finish().findings.is_empty(), "{name} matches a healthy thread\n{draft}");
}

#[test]
fn drafts_are_what_a_person_would_write() {
    insta::with_settings!({ snapshot_path => "../snapshots/drafts", prepend_module_to_snapshot => false, omit_expression => true }, {
        for (name, path, thread) in [
            ("asmx-sql", "samples/asmx-clrstack.log", Some("8")),
            ("asmx-drawing", "samples/asmx-clrstack.log", None),
            ("founding-case", "samples/founding-case/kL.log", None),
            ("wrapped-mail", "samples/wrapped-mail.txt", None),
            ("monitor-enter", "samples/dialects/clrstack.txt", None),
            ("native-wait", "samples/dialects/k-x64.txt", Some("3")),
            ("exception", "samples/dialects/exception-text.txt", None),
            ("root", "samples/dialects/gcroot.txt", None),
            ("pstacks", "samples/dialects/pstacks.txt", Some("0x2f30")),
            ("dotnet-stack", "samples/dialects/dotnet-stack.txt", Some("0x1b08")),
            ("gdb-abort", "samples/dialects/gdb.txt", Some("1")),
            ("lldb-mutex", "samples/dialects/lldb.txt", Some("2")),
            ("visual-studio", "samples/dialects/visual-studio.txt", None),
            ("recursion", "tests/data/recordings/dbgeng/each-thread-kL.txt", None),
            ("export-symbols", "tests/data/recordings/sos/each-thread-kL.txt", None),
            ("core-clrstack", "tests/data/recordings/sos/each-thread-e_bang-clrstack.txt", None),
        ] {
            let draft = draft(&file(path), thread).unwrap_or_else(|error| panic!("{name}: {error}"));
            check(name, &draft);
            insta::assert_snapshot!(name, draft);
        }
    });
}

/// Whatever the stack, a draft that comes out holds.
#[test]
fn every_sample_gives_a_draft_that_holds_or_says_why_not() {
    let mut drafted = 0;
    for folder in
        ["samples/dialects", "tests/data/recordings/dbgeng", "tests/data/recordings/sos", "tests/data/recordings/lldb"]
    {
        for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.display().to_string();
            match draft(&fs::read_to_string(&path).unwrap(), None) {
                Ok(draft) => {
                    drafted += 1;
                    check(&name, &draft);
                }
                Err(NoDraft::NoStack | NoDraft::Idle(_) | NoDraft::NoNames) => {}
                Err(error) => panic!("{name}: {error}"),
            }
        }
    }
    assert!(drafted > 35, "{drafted}");
}

#[test]
fn what_cannot_be_drafted_from_is_told() {
    for (text, thread, want) in [
        ("just words\n".to_string(), None, NoDraft::NoStack),
        (file("samples/asmx-clrstack.log"), Some("99"), NoDraft::NoSuchThread("99".to_string())),
        (file("samples/healthy/w3wp-at-rest.log"), Some("0"), NoDraft::Idle("w3wp-main".to_string())),
    ] {
        assert_eq!(draft(&text, thread), Err(want));
    }
}

#[test]
fn the_command_says_which_stack_it_took_and_overwrites_nothing() {
    let log = file("samples/asmx-clrstack.log");
    let output = run_with(&["rules", "new", "--thread", "6"], log.as_bytes());
    assert_eq!((code(&output), text(&output.stderr).as_str()), (0, ""));
    assert!(
        text(&output.stdout).contains("\n  Oakfern.Labels.Rendering.LabelCanvas..ctor\n"),
        "{}",
        text(&output.stdout)
    );
    let output = run(&["rules", "new", "samples/asmx-clrstack.log"]);
    let said = text(&output.stderr);
    assert!(said.contains("thread 6, line 70") && said.contains("other stacks"), "{said}");

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.yml");
    let path = path.to_str().unwrap();
    let args = ["rules", "new", "samples/wrapped-mail.txt", "-o", path];
    assert_eq!((code(&run(&args)), code(&run(&["rules", "test", path]))), (0, 0));
    let again = run(&args);
    assert_eq!(code(&again), 2);
    assert!(text(&again.stderr).contains("there already"), "{}", text(&again.stderr));
    assert_eq!(code(&run_with(&["rules", "new"], b"just words\n")), 2);
}
