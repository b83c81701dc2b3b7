//! What `explain` says, and the near misses of `scan`.

use std::fs;

use stacklint::diagnostic::Code;
use stacklint::engine::{ExplainScan, Sieve};
use stacklint::finding::{Explanation, Outcome};
use stacklint::formats::read_example;
use stacklint::model::NoteCode;
use stacklint::rules::{Origin, compile};
use stacklint::text::Source;

use crate::cli::{code, json, run, run_with, sample, text, text_of_any_pack};
use crate::errors::check;

/// A rule with this pattern, and the rest of its file, over a stack of call sites: `a b c` is `m!a`, `m!b`, `m!c`.
fn explain(pattern: &str, rest: &str, frames: &str) -> Explanation {
    let lines: String = pattern.split(" / ").map(|line| format!("  {line}\n")).collect();
    let rule = format!("id: r\ntitle: t\nseverity: low\nwhy: w\nfix: f\nmatch: |\n{lines}{rest}");
    let loaded = compile(vec![(Source::new("rules.yml", rule), Origin::User)]);
    let rules = loaded.rules.unwrap_or_else(|| panic!("{:#?}", loaded.diagnostics.list));
    let mut stack = "0:001> kL\n".to_string();
    let mut number = 0;
    for frame in frames.split(' ') {
        match frame.strip_prefix('-') {
            Some(missing) => number += missing.parse::<u32>().unwrap(),
            None => {
                let site = if frame.contains(['!', '`']) { frame.to_string() } else { format!("m!{frame}+0x1") };
                stack.push_str(&format!(
                    "{number:02x} 00000000`{:08x} 00000000`00000001 {site}\n",
                    0x1000 + number * 64
                ));
                number += 1;
            }
        }
    }
    let sieve = Sieve::new(&rules);
    let mut scan = ExplainScan::new(&rules, &sieve, 0);
    read_example(&stack, &mut scan);
    scan.finish().unwrap()
}

#[test]
fn a_reason_is_given_for_every_way_to_stop() {
    for (pattern, frames, stopped, reason) in [
        (
            "m!a / m!b",
            "a x b",
            "m!b",
            "frame 02 fits, but is not called directly: 1 frame lies between (frame 01). A `...` after the line `m!a`",
        ),
        ("m!a / m!b", "a -3 x y", "m!b", "no frame below frame 00 fits"),
        ("m!a / m!b", "a -3 x y", "m!b", "3 frames are missing between 00 and 04: it may be among them"),
        ("m!a / m!b", "a 0x000007ff`01014aa0 x", "m!b", "frame 01 has no symbols, and may be the frame wanted"),
        ("m!a / m!b", "x a", "m!b", "the stack ends at frame 01"),
        (
            "m!a / ... / m!b",
            "b x a y",
            "m!b",
            "above it frame 00 would fit; a pattern goes from the innermost call down",
        ),
        ("m!a / ... max 1 / m!b", "a x y b", "m!b", "2 frames lie before frame 03, and `... max 1` allows 1"),
        (
            "m!a / ... without m!y / m!b",
            "a x y b",
            "m!b",
            "`... without m!y` excludes frame 02, before frame 03 would fit",
        ),
        ("m!a / m!b x3 / m!c", "a b b c", "m!b x3", "3 are asked for in a row, only 2 are there (frame 01, frame 02)"),
        (
            "<top> / m!b",
            "a b",
            "<top>",
            "the pattern must begin at the first frame, but 1 frame lies above the frames that fit (frame 00)",
        ),
        (
            "m!a / <bottom>",
            "a b",
            "<bottom>",
            "the pattern must end at the last frame, but 1 frame lies below frame 00",
        ),
        ("m!a / not m!b", "a b", "not m!b", "the next frame, frame 01, is what the line excludes"),
        ("m!a / ... / clr!*", "a clr!stub x", "clr!*", "frame 01 would fit, but patterns do not see noise"),
        ("m!z / m!a", "a b", "m!z", "no frame of this stack fits"),
    ] {
        let explanation = explain(pattern, "---\nnoise: |\n  clr!stub*\n", frames);
        assert_eq!(explanation.outcome, Outcome::Stopped, "{pattern} on {frames}");
        assert_eq!(explanation.stopped_at().unwrap().text, stopped, "{pattern} on {frames}");
        assert!(explanation.reasons.iter().any(|said| said.contains(reason)), "{:#?}", explanation.reasons);
    }
}

#[test]
fn what_takes_a_match_back_is_named() {
    let idle = "---\nid: waits\ntitle: t\nrole: idle\nmatch: m!b\n";
    let special = "yields-to: [special]\n---\nid: special\ntitle: t\nseverity: low\nwhy: w\nfix: f\nmatch: m!b\n";
    let unless = "unless:\n  - stack: |\n      m!z\n  - stack: |\n      m!b\n      ...\n      m!c\n";
    for (rest, reason) in [
        (idle, "`waits` explains this thread as waiting for work"),
        (special, "it yields to `special`"),
        (unless, "its `unless` pattern 2 matches: `m!b` is frame 01 (line 3), `m!c` is frame 03 (line 5)"),
    ] {
        let explanation = explain("m!a", rest, "a b x c");
        assert_eq!(explanation.outcome, Outcome::TakenBack, "{rest}");
        assert!(explanation.reasons.iter().any(|said| said.contains(reason)), "{:#?}", explanation.reasons);
    }
}

#[test]
fn what_is_asked_of_the_log_as_a_whole_is_answered() {
    let rule = |asked: &str| format!("id: r\ntitle: t\nseverity: low\nwhy: w\nfix: f\nmatch:\n{asked}");
    let log = "0:001> kc\nm!a\nm!b\n0:002> kc\nm!c\nm!d\n\nN.OneException: no ---> N.TwoException: no\n   at N.T.M()\n";
    for (asked, outcome, said) in [
        ("  stack: m!a\n  threads: {at-least: 1}", Outcome::Matches, "1 of 2 threads that are not idle match"),
        ("  stack: m!a\n  threads: {at-least: 2}", Outcome::TakenBack, "1 of 2 threads that are not idle match"),
        ("  exception: {type: N.OneException}", Outcome::Matches, "N.OneException, line 8"),
        ("  exception: {type: N.Three}", Outcome::TakenBack, "the log tells of N.TwoException, N.OneException"),
    ] {
        let rules = compile(vec![(Source::new("rules.yml", rule(asked)), Origin::User)]).rules.unwrap();
        let sieve = Sieve::new(&rules);
        let mut scan = ExplainScan::new(&rules, &sieve, 0);
        read_example(log, &mut scan);
        let explanation = scan.finish().unwrap();
        let found: Vec<&str> = explanation.conditions.iter().map(|condition| condition.found.as_str()).collect();
        assert_eq!((explanation.outcome, found), (outcome, vec![said]), "{asked}");
    }
}

#[test]
fn the_frames_most_alike_are_shown_first() {
    let explanation = explain("m!Draw / m!PaintLabel", "", "Draw m!PaintLabels n!PaintLabel m!Main");
    let closest: Vec<_> = explanation.closest.iter().map(|close| (close.frame.number, close.likeness)).collect();
    assert_eq!(closest, [(2, "same function, other module"), (1, "same module, similar name"), (3, "same module")]);
}

#[test]
fn where_no_line_matches_the_stack_with_the_likest_frame_is_shown() {
    let rule = "id: r\ntitle: t\nseverity: low\nwhy: w\nfix: f\nmatch: |\n  m!PaintLabel\n";
    let rules = compile(vec![(Source::new("rules.yml", rule), Origin::User)]).rules.unwrap();
    let stack = |thread: u32, frame: &str| {
        let header = format!("0:{thread:03}> kL\n00 00000000`00001000 00000000`00000001 ");
        format!("{header}{frame}+0x1\n01 00000000`00001040 00000000`00000000 z!Main+0x1\n")
    };
    let log = stack(1, "z!Wait") + &stack(2, "m!PaintLabels") + &stack(3, "m!Send");
    let sieve = Sieve::new(&rules);
    let mut scan = ExplainScan::new(&rules, &sieve, 0);
    read_example(&log, &mut scan);
    assert_eq!(scan.finish().unwrap().thread.index, Some(2));
}

#[test]
fn every_code_has_a_page_whose_example_earns_it() {
    for &code in Code::ALL {
        let page = code.page();
        let name = if code.code().starts_with('S') { "stacklint.toml" } else { "rules.yml" };
        let earned = |text: &str| check(name, text).list.iter().any(|diagnostic| diagnostic.code == code);
        assert!(!page.meaning.is_empty() && earned(page.example), "{} is not earned by its example", code.code());
        assert!(!earned(page.instead), "{} is still earned by what to write instead", code.code());
    }
    let written = |page: stacklint::diagnostic::Page| [page.meaning, page.example, page.instead].map(str::len);
    assert!(NoteCode::ALL.iter().all(|note| !written(note.page()).contains(&0)));
}

/// The founding case without the frame of the thread pool, which is what its rule ends with.
fn near_miss() -> String {
    let log = fs::read_to_string(sample("founding-case/kL.log")).unwrap();
    let kept = log.lines().filter(|line| !line.contains("WorkerThreadStart") && !line.contains("GpRecolor"));
    kept.map(|line| format!("{line}\n")).collect()
}

#[test]
fn pages_are_printed_as_they_should_be() {
    let rule = "gdiplus-in-web-service-by-name";
    insta::with_settings!({ snapshot_path => "../snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
        let path = sample("founding-case/kL.log");
        let output = run(&["explain", rule, path.to_str().unwrap(), "--color", "never"]);
        insta::assert_snapshot!("explain-match", text(&output.stdout).replace('\\', "/"));
        let output = run_with(&["explain", rule, "--color", "never"], near_miss().as_bytes());
        insta::assert_snapshot!("explain-near-miss", text(&output.stdout));
        let output = run_with(&["scan", "--color", "never"], near_miss().as_bytes());
        insta::assert_snapshot!("scan-near-miss", text_of_any_pack(&output.stdout));
    });
}

#[test]
fn without_a_log_the_page_of_a_rule_or_a_code_is_printed() {
    let page = run(&["explain", "gdiplus-in-asmx", "--color", "never"]);
    assert_eq!(text(&page.stdout), text(&run(&["rules", "show", "gdiplus-in-asmx", "--color", "never"]).stdout));
    let codes = Code::ALL.iter().map(|code| code.code()).chain(NoteCode::ALL.iter().map(|note| note.code()));
    for known in codes {
        let output = run(&["explain", &known.to_lowercase(), "--color", "never"]);
        assert!(code(&output) == 0 && text(&output.stdout).starts_with(known), "{known}");
    }
    for (args, want) in [
        (vec!["explain", "no-such-rule"], 2),
        (vec!["explain", "gdiplus-in-asmx", "no-such-file.log"], 2),
        (vec!["explain", "gdiplus-in-asmx", "Cargo.toml"], 2),
        // Raw words of a stack, of which no rule is asked.
        (vec!["explain", "gdiplus-in-asmx", "samples/dialects/dumpstack.txt"], 2),
        (vec!["explain", "gdiplus-in-asmx", "samples/asmx-clrstack.log"], 0),
    ] {
        assert_eq!(code(&run(&args)), want, "{args:?}");
    }
}

#[test]
fn near_misses_are_named_only_where_nothing_is_found() {
    let near = |args: &[&str], log: &str| {
        let output = run_with(&[&["scan", "--format", "json"], args].concat(), log.as_bytes());
        json(&output)["cases"][0]["near_misses"].clone()
    };
    let found = near(&[], &near_miss());
    assert_eq!(found.as_array().unwrap().len(), 1);
    let first = &found[0];
    assert_eq!(first["rule"], "gdiplus-in-web-service-by-name");
    assert_eq!((first["matched"].as_u64(), first["of"].as_u64()), (Some(2), Some(3)));
    assert_eq!((&first["stopped_at"], &first["source"]), (&"@pool-worker".into(), &"stdin".into()));
    assert_eq!((first["thread"]["index"].as_u64(), first["line"].as_u64()), (Some(57), Some(3)));
    assert!(near(&["--near-misses", "0"], &near_miss()).as_array().unwrap().is_empty());
    assert!(near(&["--ignore", "gdiplus-in-web*"], &near_miss()).as_array().unwrap().is_empty());
    let whole = fs::read_to_string(sample("founding-case/kL.log")).unwrap();
    assert!(near(&[], &whole).as_array().unwrap().is_empty());
}

#[test]
fn a_forgotten_gap_is_a_near_miss_of_a_rule_of_ones_own() {
    let folder = tempfile::TempDir::new().unwrap();
    let rule = folder.path().join("ours.yml");
    fs::write(&rule, "id: ours\ntitle: t\nseverity: low\nwhy: w\nfix: f\nmatch: |\n  svc!a\n  svc!b\n  svc!c\n")
        .unwrap();
    let args = ["scan", "--format", "json", "--rules", rule.to_str().unwrap()];
    let near = |log: &str| json(&run_with(&args, log.as_bytes()))["cases"][0]["near_misses"].clone();
    let found = near("0:001> kc\nsvc!a\nsvc!x\nsvc!b\nsvc!y\nsvc!c\n");
    assert_eq!((&found[0]["rule"], &found[0]["stopped_at"]), (&"ours".into(), &"svc!b".into()));
    assert!(near("0:001> kc\nsvc!c\nsvc!x\nsvc!b\nsvc!y\nsvc!a\n").as_array().unwrap().is_empty());
}

#[test]
fn healthy_stacks_come_near_nothing() {
    for entry in fs::read_dir(sample("healthy")).unwrap() {
        let log = fs::read(entry.unwrap().path()).unwrap();
        let report = json(&run_with(&["scan", "--format", "json"], &log));
        assert_eq!(report["cases"][0]["near_misses"].as_array().unwrap().len(), 0);
    }
}
