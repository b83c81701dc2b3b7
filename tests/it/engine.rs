//! The engine gives the same answers as the plain matcher, on random rules and random stacks.

use proptest::prelude::*;
use proptest::sample::select;

use stacklint::diagnostic::Diagnostics;
use stacklint::engine::{CaseScan, Evaluator, ExplainScan, Sieve, Stance, naive};
use stacklint::finding::{Explanation, Mark, Outcome};
use stacklint::formats::{Sink, read, read_capture, read_example};
use stacklint::model::{CallSites, Stack};
use stacklint::rules::{InSettings, Origin, RuleSet, compile, compile_with};
use stacklint::settings;
use stacklint::text::Source;

/// Few names, so that patterns match often; noise, a frame without symbols, and names that globs and lists share.
const FRAMES: &[&str] = &["m!a", "m!b", "n!ab", "n!c", "clr!stub", "clr!stub2", "0x000007ff`01014aa0", "m+0x12345"];
const ALTERNATIVES: &[&str] = &[
    "m!a",
    "m!b",
    "ab",
    "n!*",
    "*b",
    "m!*",
    "@two",
    "/m!(a|b)/",
    "clr!stub",
    "*",
    "m!a or n!c",
    "@two or *b",
    "z!z",
    "@rest",
];

fn frame_lines() -> impl Strategy<Value = String> {
    // (frame, how many numbers are skipped before it)
    let frame = (select(FRAMES), prop_oneof![8 => Just(0u32), 1 => Just(1), 1 => Just(4)]);
    prop::collection::vec(frame, 1..7).prop_map(|frames| {
        let mut number = 0;
        let mut text = String::new();
        for (index, (frame, gap)) in frames.iter().enumerate() {
            number += gap;
            let sp = 0x1000 + index * 0x40;
            text.push_str(&format!("{number:02x} 00000000`{sp:08x} 00000000`{:08x} {frame}\n", index % 2));
            number += 1;
        }
        text
    })
}

fn pattern_line() -> impl Strategy<Value = String> {
    let alternatives = || select(ALTERNATIVES);
    let count = select(&["", "", "", " x2", " x2+", " x1..2", " x0..1"][..]);
    prop_oneof![
        4 => (alternatives(), count).prop_map(|(frame, count)| format!("{frame}{count}")),
        2 => Just("...".to_string()),
        1 => (0u32..3).prop_map(|max| format!("... max {max}")),
        1 => alternatives().prop_map(|frame| format!("... without {frame}")),
        1 => (0u32..3, alternatives()).prop_map(|(max, frame)| format!("... max {max} without {frame}")),
        1 => alternatives().prop_map(|frame| format!("not {frame}")),
        1 => Just("{{x}}".to_string()),
        1 => alternatives().prop_map(|frame| format!("{{{{x={frame}}}}}")),
        1 => select(&["{{y}}", "{{y=*b}}"][..]).prop_map(str::to_string),
    ]
}

fn pattern() -> impl Strategy<Value = String> {
    let anchors = (prop::bool::weighted(0.15), prop::bool::weighted(0.15));
    (anchors, prop::collection::vec(pattern_line(), 1..5), select(ALTERNATIVES)).prop_map(
        |((top, bottom), lines, frame)| {
            let mut all = Vec::new();
            all.extend(top.then(|| "<top>".to_string()));
            all.extend(lines);
            // At least one frame that must be there.
            all.push(frame.to_string());
            all.extend(bottom.then(|| "<bottom>".to_string()));
            all.iter().map(|line| format!("  {line}\n")).collect()
        },
    )
}

fn rules() -> impl Strategy<Value = String> {
    let unless = prop::option::weighted(0.3, pattern());
    let rule = (pattern(), unless, prop::bool::weighted(0.1), prop::bool::weighted(0.3), 0..6u32);
    prop::collection::vec(rule, 1..4).prop_map(|rules| {
        let mut text =
            "lists:\n  two: |\n    m!b\n    n!c\n  rest: |\n    not @two\n    not clr!*\nnoise: |\n  clr!stub*\n"
                .to_string();
        text.push_str("---\nid: worker\ntitle: t\nrole: worker\nmatch: |\n  m!a\n  ... without n!c\n  m!b\n");
        for (index, (pattern, unless, strict, yields, roles)) in rules.iter().enumerate() {
            let kind = if *roles == 5 { "role: other" } else { "severity: low\nwhy: w\nfix: f" };
            text.push_str(&format!("---\nid: r{index}\ntitle: t\n{kind}\nstrict: {strict}\n"));
            let indented: String = pattern.lines().map(|line| format!("  {line}\n")).collect();
            let on = if *roles == 1 { "  on: worker\n" } else { "" };
            text.push_str(&format!("match:\n  stack: |\n{indented}{on}"));
            let role = if *roles == 2 { "  - role: [worker]\n" } else { "" };
            let indented: String =
                unless.iter().flat_map(|unless| unless.lines()).map(|line| format!("    {line}\n")).collect();
            let stack = if unless.is_some() { format!("  - stack: |\n{indented}") } else { String::new() };
            if !role.is_empty() || !stack.is_empty() {
                text.push_str(&format!("unless:\n{role}{stack}"));
            }
            if *yields && index > 0 {
                text.push_str("yields-to: [r0]\n");
            }
        }
        text
    })
}

/// Rules that ask something of the case as a whole, behind a rule that they may extend; and what settings suppress.
fn case_rules() -> impl Strategy<Value = (String, String)> {
    let captured = select(&["{{x}}", "{{x=*b}}", "{{x=m!*}}"][..]);
    let stack = (captured, select(ALTERNATIVES), select(&["\n    ...", ""][..]))
        .prop_map(|(kept, frame, gap)| format!("  stack: |\n    {frame}{gap}\n    {kept}\n"));
    let threads = (0u64..4, select(&["0%", "40%", "100%"][..]), select(&["", ", same: x"][..]))
        .prop_map(|(least, share, same)| format!("  threads: {{at-least: {}, share: {share}{same}}}\n", least.max(1)));
    let exception = select(
        &[
            "{type: N.OneException}",
            "{type: \"*Exception\"}",
            "{code: 0xc0000005}",
            "{type: N.TwoException, code: 0xc0000005}",
            "{unhandled: true}",
            "{type: N.OneException, unhandled: true}",
            "{code: 0xc0000005, unhandled: true}",
        ][..],
    )
    .prop_map(|asked| format!("  exception: {asked}\n"));
    let cycle = (1u32..4, 1u32..4, select(&["", ", contains: \"m!a\"", ", contains: \"{{f=*b}}\""][..])).prop_map(
        |(repeats, period, contains)| format!("  cycle: {{repeats: {repeats}, period: {period}{contains}}}\n"),
    );
    let condition = (
        prop::option::weighted(0.8, stack),
        prop::option::weighted(0.5, threads),
        prop::option::weighted(0.3, exception),
        prop::option::weighted(0.3, cycle),
        prop::bool::weighted(0.2),
        prop::option::weighted(0.5, select(&["base", "r0", "r1"][..])),
    );
    let suppress = prop::option::weighted(0.3, (select(&["r*", "r0", "r1"][..]), prop::option::of(select(FRAMES))));
    (prop::collection::vec(condition, 1..4), pattern(), suppress).prop_map(|(rules, base, suppress)| {
        let mut text =
            "lists:\n  two: |\n    m!b\n    n!c\n  rest: |\n    not @two\n    not clr!*\nnoise: |\n  clr!stub*\n"
                .to_string();
        text.push_str("---\nid: rest\ntitle: t\nrole: idle\nmatch: n!c\n");
        text.push_str(&format!("---\nid: base\ntitle: t\nseverity: low\nwhy: w\nfix: f\nmatch: |\n{base}"));
        for (index, (stack, threads, exception, cycle, extends, yields)) in rules.iter().enumerate() {
            text.push_str(&format!("---\nid: r{index}\n"));
            text.push_str(if *extends { "extends: base\n" } else { "title: t\nseverity: low\nwhy: w\nfix: f\n" });
            let parts = [stack, threads, exception, cycle].into_iter().flatten();
            let asked: String = parts.map(String::as_str).collect();
            match (asked.is_empty(), extends) {
                // On the exception's own stack, where it asks for nothing else.
                (false, _) if stack.is_none() && cycle.is_none() && exception.is_some() && index % 2 == 1 => {
                    text.push_str(&format!("match:\n{asked}unless:\n  - stack: N.T.M\n"));
                }
                (false, _) => text.push_str(&format!("match:\n{asked}")),
                (true, true) => text.push_str("unless:\n  - stack: m!b\n"),
                (true, false) => text.push_str("match: m!a\n"),
            }
            // Rules that yield to each other are refused.
            if let Some(other) = yields.filter(|other| *other == "base" || other[1..].parse::<usize>().unwrap() < index)
            {
                text.push_str(&format!("yields-to: {other}\n"));
            }
        }
        let suppress = suppress.map(|(id, stack)| {
            let stack = stack.map(|frame| format!("stack = '{frame}'\n")).unwrap_or_default();
            format!("[[suppress]]\nid = '{id}'\nreason = 'known'\n{stack}")
        });
        (text, suppress.unwrap_or_default())
    })
}

/// A log of several threads, with or without an exception.
fn case_log() -> impl Strategy<Value = String> {
    let exception = select(
        &[
            "",
            "N.OneException: no\n   at N.T.M()\n",
            "(1.1): Access violation - code c0000005 (first chance)\n",
            "Exception thrown at 0x00007FF8BF2F4FD9 (m.dll) in m.exe: 0xC0000005: Access violation.\n",
            "ExceptionAddress: 72c81a3a (m!b+0x0000000a)\n   ExceptionCode: c0000005 (Access violation)\n",
            "N.OneException: no ---> N.TwoException: no\n   at N.T.M()\n",
            "Unhandled exception. N.OneException: no\n   at N.T.M()\n",
            "(1.4c7): Access violation - code c0000005 (!!! second chance !!!)\n",
            "Unhandled exception at 0x00007FF8BF2F4FD9 (m.dll) in m.exe: 0xC0000005: Access violation.\n",
        ][..],
    );
    (prop::collection::vec(frame_lines(), 1..6), exception).prop_map(|(stacks, exception)| {
        let mut text = exception.to_string();
        for (index, stack) in stacks.iter().enumerate() {
            text.push_str(&format!("\n  {index}  Id: 1.{index:x} Suspend: 1 Teb: 00000000`67fe0000 Unfrozen\n"));
            text.push_str(&format!(" # Child-SP          RetAddr           Call Site\n{stack}"));
        }
        text
    })
}

fn suppressing(settings: &str) -> InSettings {
    let mut read = Diagnostics::default();
    let source = Source::new("stacklint.toml", settings);
    let file = settings::read(&source, 0, &mut read);
    read.sources.push(source);
    InSettings { read, suppressions: file.suppress, ..InSettings::default() }
}

struct Compare<'r> {
    rules: &'r RuleSet,
    sieve: &'r Sieve,
    stacks: usize,
}

impl Sink for Compare<'_> {
    fn stack(&mut self, stack: &Stack, sites: &CallSites) {
        self.stacks += 1;
        let mut evaluator = Evaluator::new(self.rules, self.sieve);
        let hits = evaluator.evaluate(stack, sites).hits.into_iter();
        let got: Vec<naive::PlainHit> =
            hits.map(|hit| (hit.rule, !hit.doubts.is_empty(), hit.skipped, hit.frames)).collect();
        assert_eq!(got, naive::evaluate(stack, sites, self.rules));
    }
}

/// Holds what is explained of every rule against the plain matcher.
struct Explain<'r> {
    rules: &'r RuleSet,
    sieve: &'r Sieve,
    explained: usize,
}

impl Sink for Explain<'_> {
    fn stack(&mut self, stack: &Stack, sites: &CallSites) {
        let mut reported = naive::evaluate(stack, sites, self.rules);
        for (index, rule) in self.rules.rules.iter().enumerate() {
            if rule.role.is_some() {
                reported.extend(naive::hit(index, stack, sites, self.rules));
            }
            let mut scan = ExplainScan::new(self.rules, self.sieve, index);
            scan.stack(stack, sites);
            let Some(explanation) = scan.finish() else { continue };
            let is_whole = naive::best_match(&rule.pattern, stack, sites, self.rules, Stance::Proof).is_some();
            let want = match (reported.iter().find(|(rule, ..)| *rule == index), is_whole) {
                (Some(_), _) => Outcome::Matches,
                (None, true) => Outcome::TakenBack,
                (None, false) => Outcome::Stopped,
            };
            assert_eq!(explanation.outcome, want, "{explanation:#?}");
            check_marks(&explanation);
            if let Some((_, _, _, frames)) = reported.iter().find(|(rule, ..)| *rule == index) {
                assert_eq!(frames_of(&explanation).len(), frames.len(), "{explanation:#?}");
            }
            self.explained += 1;
        }
    }
}

fn frames_of(explanation: &Explanation) -> Vec<u32> {
    let frames = explanation.lines.iter().filter_map(|line| match &line.mark {
        Mark::Matched(frames) => Some(frames.iter().map(|frame| frame.line)),
        _ => None,
    });
    frames.flatten().collect()
}

/// The lines before the one that failed found frames in order, those behind it were not reached, and a reason is given.
fn check_marks(explanation: &Explanation) {
    let frames = frames_of(explanation);
    assert!(frames.is_sorted_by(|a, b| a < b), "{explanation:#?}");
    let stopped: Vec<usize> =
        (0..explanation.lines.len()).filter(|&line| explanation.lines[line].mark == Mark::Stopped).collect();
    let is_stopped = explanation.outcome == Outcome::Stopped;
    assert_eq!(stopped.len(), usize::from(is_stopped), "{explanation:#?}");
    for (index, line) in explanation.lines.iter().enumerate() {
        let is_below = stopped.first().is_some_and(|&stopped| index > stopped);
        assert_eq!(line.mark == Mark::NotReached, is_below, "{explanation:#?}");
    }
    assert!(explanation.outcome == Outcome::Matches || !explanation.reasons.is_empty(), "{explanation:#?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_engine_agrees_with_the_plain_matcher(rules in rules(), stack in frame_lines()) {
        let loaded = compile(vec![(Source::new("rules.yml", rules.clone()), Origin::User)]);
        // Some random patterns are refused, rightly: `* x0..1` has no frame that must be there.
        let Some(set) = loaded.rules else { return Ok(()) };
        let sieve = Sieve::new(&set);
        let mut compare = Compare { rules: &set, sieve: &sieve, stacks: 0 };
        read_example(&stack, &mut compare);
        prop_assert!(compare.stacks > 0, "no stack in {stack}");
    }

    #[test]
    fn what_is_asked_of_a_case_is_judged_as_plainly((rules, settings) in case_rules(), log in case_log()) {
        let files = vec![(Source::new("rules.yml", rules.clone()), Origin::User)];
        let Some(set) = compile_with(files, suppressing(&settings)).rules else { return Ok(()) };
        let sieve = Sieve::new(&set);
        let mut scan = CaseScan::new(&set, &sieve);
        scan.begin_source(0);
        read(log.as_bytes(), "log", &mut scan).unwrap();
        let found = scan.finish().findings.into_iter();
        let mut found: Vec<naive::PlainFinding> =
            found.map(|finding| (finding.rule, finding.group, finding.stacks)).collect();
        found.sort();
        let (capture, _) = read_capture(log.as_bytes(), "log", false).unwrap();
        prop_assert_eq!(found, naive::findings(&capture, &set), "{}\n{}\n{}", rules, settings, log);
    }

    #[test]
    fn what_is_explained_is_what_is_reported(rules in rules(), stack in frame_lines()) {
        let loaded = compile(vec![(Source::new("rules.yml", rules.clone()), Origin::User)]);
        let Some(set) = loaded.rules else { return Ok(()) };
        let sieve = Sieve::new(&set);
        let mut explain = Explain { rules: &set, sieve: &sieve, explained: 0 };
        read_example(&stack, &mut explain);
        prop_assert!(explain.explained > 0, "no stack in {stack}");
    }
}
