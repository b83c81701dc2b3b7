//! Corners of the rule language, one line each: a pattern, a stack, and the frames that evidence names, with the
//! confidence when it is lowered.

use stacklint::engine::{CaseScan, Sieve};
use stacklint::formats::read;
use stacklint::rules::{Origin, compile};
use stacklint::text::Source;

/// Pattern lines are separated by ` / `; frames by blanks, each with the number of frames missing above it: `3:m!a`. Behind
/// `...` the stack goes on, and the text does not show it.
fn check(pattern: &str, frames: &str, want: &str) {
    let lines: String = pattern.split(" / ").map(|line| format!("  {line}\n")).collect();
    let rule = format!("id: r\ntitle: t\nseverity: low\nconfidence: high\nwhy: w\nfix: f\nmatch: |\n{lines}");
    let shared = "---\nnoise: |\n  clr!stub*\nlists:\n  two: |\n    m!a\n    m!b\n";
    let loaded = compile(vec![(Source::new("rules.yml", rule + shared), Origin::User)]);
    let rules = loaded.rules.unwrap_or_else(|| panic!("{pattern}: {:#?}", loaded.diagnostics.list));
    let sieve = Sieve::new(&rules);
    let mut scan = CaseScan::new(&rules, &sieve);
    scan.begin_source(0);
    read(log(frames).as_bytes(), "log", &mut scan).unwrap();
    let findings = scan.finish().findings;
    let got = findings.first().map_or("none".to_string(), |finding| {
        let frames: Vec<String> = finding.evidence.iter().filter_map(|it| Some(it.frame?.to_string())).collect();
        let lowered = if finding.lowered_because.is_some() { ", lowered" } else { "" };
        format!("{}{lowered}", frames.join(" "))
    });
    assert_eq!(got, want, "{pattern} on {frames}");
}

fn log(frames: &str) -> String {
    let mut text = "0:001> kL\n # Child-SP          RetAddr           Call Site\n".to_string();
    let mut number = 0;
    let frames: Vec<&str> = frames.split(' ').collect();
    for (index, frame) in frames.iter().enumerate().filter(|(_, frame)| **frame != "...") {
        let (missing, site) = match frame.split_once(':') {
            Some((missing, site)) if missing.parse::<u32>().is_ok() => (missing.parse().unwrap(), site),
            _ => (0, *frame),
        };
        number += missing;
        let below = u32::from(index + 1 < frames.len());
        text.push_str(&format!("{number:02x} 00000000`0019{number:04x} 00000000`{below:08x} {site}\n"));
        number += 1;
    }
    text
}

#[test]
fn holes_hold_no_more_frames_than_are_missing() {
    for (pattern, frames, want) in [
        ("m!a / not m!f x10 / m!b", "m!a 3:m!b", "none"),
        ("m!a / not m!f x3 / m!b", "m!a 3:m!b", "0 4, lowered"),
        ("m!a / not m!f / not m!f / m!b", "m!a 3:m!b", "0 4, lowered"),
        ("m!a / not m!f / not m!f / m!b", "m!a 1:m!b", "none"),
        ("m!a / not m!f x2 / m!b", "m!a m!c 1:m!b", "0 1 3, lowered"),
        ("m!a / not m!f x2 / m!b", "m!a 1:m!f 1:m!b", "none"),
        ("m!a / ... max 1 / m!b", "m!a m!c 9:m!b", "0 11, lowered"),
        ("m!a / m!b", "2:m!a m!b", "2 3"),
        ("<top> / m!a / m!b", "2:m!a m!b", "2 3, lowered"),
        // What called the last frame is not known where the text breaks off.
        ("m!a / not m!f", "m!a ...", "0, lowered"),
        ("m!a / not m!f", "m!a", "none"),
        ("m!a / not m!f", "m!a m!f ...", "none"),
        ("m!a / not m!f", "m!a m!c m!a ...", "0 1"),
        ("m!a x1+ / not m!f x2", "m!a m!c ...", "0 1, lowered"),
        ("m!a / not m!f / <bottom>", "m!a ...", "0, lowered"),
        ("m!a / m!b", "m!a ...", "none"),
    ] {
        check(pattern, frames, want);
    }
}

#[test]
fn the_hole_that_matters_is_named() {
    let rule = "id: r\ntitle: t\nseverity: low\nwhy: w\nfix: f\nmatch: |\n  m!a\n  m!b\n";
    let rules = compile(vec![(Source::new("rules.yml", rule), Origin::User)]).rules.unwrap();
    let sieve = Sieve::new(&rules);
    let mut scan = CaseScan::new(&rules, &sieve);
    scan.begin_source(0);
    read(log("m!x 2:m!a 2:m!b").as_bytes(), "log", &mut scan).unwrap();
    let findings = scan.finish().findings;
    assert_eq!(findings[0].lowered_because.as_deref(), Some("2 frames are missing between 03 and 06"));
}

#[test]
fn what_names_noise_sees_it() {
    for (pattern, want) in [
        ("m!a / m!b", "0 2"),
        ("m!a / * / m!b", "none"),
        ("m!a / /.*/ / m!b", "none"),
        ("m!a / /.*!.*/ / m!b", "none"),
        ("m!a / not m!f / m!b", "none"),
        ("m!a / clr!* / m!b", "none"),
        ("m!a / clr!stub* / m!b", "0 1 2"),
        ("m!a / /clr!.*/ / m!b", "0 1 2"),
        ("m!a / ... max 0 / m!b", "0 2"),
        ("m!a / ... without clr!* / m!b", "0 2"),
    ] {
        check(pattern, "m!a clr!stub m!b", want);
    }
}

#[test]
fn lines_of_other_tools_are_frames() {
    for (pattern, frames, want) in [
        ("frame #3: 0x00007f5dfe308611 m`a + 32 at a.cpp:12:1 / m!b", "m!a+0x20 m!b", "0 1"),
        ("m.dll`a / m!b", "m!a+0x20 m!b", "0 1"),
        ("at N.T.Go(String s, Int32 n) in c:\\x\\y.cs:line 12 / m!b", "App!N.T.Go(System.String,Int32)+0x3 m!b", "0 1"),
    ] {
        check(pattern, frames, want);
    }
}
