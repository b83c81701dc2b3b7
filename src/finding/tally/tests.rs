use super::super::{Confidence, Finding, KnownFrame, NearMiss, Standing, Standings, Verdict};
use super::{AT_END, AT_TOP, BYTES_CAP, Tally, TopFrame};
use crate::facts::threads::ThreadFrame;
use crate::model::{StackKind, ThreadRef};

/// Rules 0 to 9 report findings; 10 is a role of idle threads, 11 another role.
const IDLE: usize = 10;

/// A case with these threads, one in each line of its only source: `roles/rules/frames`, as `11/0,1/wait app!`. `!` marks a
/// frame of the application, `?` is an address, `~` a hole.
fn case(threads: &[&str]) -> Standings {
    let mut standings = Standings { stacks: vec![threads.len() as u64], ..Standings::default() };
    for (line, thread) in threads.iter().enumerate() {
        let parts: Vec<&str> = thread.split('/').collect();
        let numbers = |text: &str| text.split(',').filter_map(|number| number.parse().ok()).collect();
        let top: Vec<u32> = parts[2].split_whitespace().map(|frame| number_of(frame, &mut standings)).collect();
        let top = (!top.is_empty()).then(|| {
            standings.tops.push(top);
            standings.tops.len() - 1
        });
        let (roles, rules) = (numbers(parts[0]), numbers(parts[1]));
        standings.threads.push(Standing { roles, rules, top, line: line as u32 + 1, ..Standing::default() });
    }
    standings
}

fn number_of(word: &str, standings: &mut Standings) -> u32 {
    let frame = match word.chars().next() {
        Some('~') => ThreadFrame { hole: Some(None), ..ThreadFrame::default() },
        Some('?') => ThreadFrame { shown: format!("0x{}", &word[1..]), ..ThreadFrame::default() },
        _ => ThreadFrame {
            shown: word.trim_end_matches('!').to_string(),
            is_named: true,
            is_application: word.ends_with('!'),
            ..ThreadFrame::default()
        },
    };
    standings.frames.push(KnownFrame { key: word.to_lowercase(), frame });
    standings.frames.len() as u32 - 1
}

/// A finding of a rule, with the rules that it explains.
fn finding(rule: usize, folded: &[usize]) -> Finding {
    Finding {
        rule,
        confidence: Confidence::Low,
        verdict: Verdict::Likely,
        lowered_because: None,
        message: None,
        group: None,
        fingerprint: String::new(),
        stacks: 1,
        threads: Vec::new(),
        evidence: Vec::new(),
        rungs: Vec::new(),
        behind: Vec::new(),
        folded: folded.to_vec(),
        ask: Vec::new(),
        shown: Default::default(),
    }
}

fn tally(threads: &[&str], findings: &[Finding]) -> Tally {
    Tally::of_case(&case(threads), findings, |role| role == IDLE)
}

/// The sum of cases, each with one source.
fn sum(cases: impl IntoIterator<Item = Tally>) -> Tally {
    let mut sum = Tally::default();
    for (number, case) in cases.into_iter().enumerate() {
        sum.add(case, number);
    }
    sum
}

/// Groups as `THREADS in FILES: frames, SOURCE:LINE`, in the order of their names.
fn groups(tally: &Tally) -> Vec<String> {
    let frame = |frame: &TopFrame| match frame {
        TopFrame::Named(name) => name.clone(),
        TopFrame::Nameless => "?".to_string(),
        TopFrame::Hole(_) => "~".to_string(),
    };
    let group = |group: &super::TopGroup| {
        let frames: Vec<String> = group.frames.iter().map(frame).collect();
        format!("{} in {}: {}, {}:{}", group.threads, group.files, frames.join(" "), group.source, group.line)
    };
    tally.groups.values().map(group).collect()
}

#[test]
fn each_thread_is_explained_in_one_way() {
    // idle, role, rule, both, unexplained, without frames
    for (thread, want) in [
        ("10//wait", [1, 0, 0, 0, 0, 0]),
        ("10,11//wait", [1, 0, 0, 0, 0, 0]),
        ("11//wait", [0, 1, 0, 0, 0, 0]),
        ("/0/wait", [0, 0, 1, 0, 0, 0]),
        ("11/0/wait", [0, 0, 0, 1, 0, 0]),
        ("10/0/wait", [0, 0, 0, 1, 0, 0]),
        ("//wait", [0, 0, 0, 0, 1, 0]),
        ("//", [0, 0, 0, 0, 0, 1]),
    ] {
        let tally = tally(&[thread], &[]);
        let got = tally.explained;
        let counts = [got.idle, got.role, got.rule, got.both, got.unexplained, got.without_frames];
        assert_eq!(counts, want, "{thread}");
        assert_eq!(tally.groups.len() as u64, got.unexplained, "{thread}");
    }
}

#[test]
fn a_rule_that_another_explains_hits_too() {
    let one = tally(&["/0,1/a", "/1/a"], &[finding(0, &[1])]);
    let other = tally(&["/1/a"], &[finding(1, &[]), finding(1, &[])]);
    let sum = sum([one, other]);
    let hits = |rule: usize| {
        let hits = sum.rules[&rule];
        (hits.cases, hits.explained, hits.findings, hits.threads)
    };
    assert_eq!((hits(0), hits(1)), ((1, 0, 1, 1), (2, 1, 2, 3)));
    assert_eq!((sum.rules[&1].verdicts, sum.rules[&1].confidences), ([0, 2, 0], [2, 0, 0]));
    assert_eq!((sum.cases, sum.cases_with_findings, sum.stacks), (2, 2, 3));
    // What is part of another finding is not reported beside it.
    assert!(sum.pairs.is_empty());
}

#[test]
fn rules_side_by_side_are_pairs() {
    let found = [finding(2, &[]), finding(0, &[]), finding(5, &[])];
    let sum = sum([tally(&["/0,2/a", "/0/a", "/0,2,5/a"], &found), tally(&["/2,0/a"], &found)]);
    let pairs: Vec<_> = sum.pairs.iter().map(|(pair, hits)| (*pair, hits.cases, hits.threads)).collect();
    assert_eq!(pairs, [((0, 2), 2, 3), ((0, 5), 1, 1), ((2, 5), 1, 1)]);
}

#[test]
fn groups_are_the_same_in_other_cases() {
    for (cases, want) in [
        (vec![vec!["//wait app!", "//wait app!"], vec!["//Wait App!"]], vec!["3 in 2: wait app, 0:1"]),
        (vec![vec!["//wait app!"], vec!["//wait other!"]], vec!["1 in 1: wait app, 0:1", "1 in 1: wait other, 1:1"]),
        // Addresses are others in every process, and nobody knows how many of them are frames.
        (vec![vec!["11//a", "//wait ?1 ?2 app!"], vec!["//wait ?7 app!"]], vec!["2 in 2: wait ? app, 0:2"]),
        (vec![vec!["//~ app!"], vec!["//app!"]], vec!["1 in 1: app, 1:1", "1 in 1: ~ app, 0:1"]),
        (vec![vec!["//wait ?1 app!", "//wait ?2 ?1 app!"]], vec!["2 in 1: wait ? app, 0:1"]),
    ] {
        assert_eq!(groups(&sum(cases.iter().map(|threads| tally(threads, &[])))), want, "{cases:?}");
    }
}

#[test]
fn what_the_application_called() {
    for (thread, want) in [
        ("//wait read app!", Some("read")),
        ("//app!", None),
        ("//wait read", None),
        ("//wait ?1 app!", None),
        ("//wait ~ app!", None),
    ] {
        let tally = tally(&[thread], &[]);
        let group = tally.groups.values().next().unwrap();
        assert_eq!(group.called().and_then(TopFrame::name), want, "{thread}");
    }
}

#[test]
fn long_stacks_keep_their_ends() {
    let frames: Vec<String> = (0..100).map(|number| format!("f{number}")).collect();
    let tally = tally(&[&format!("//{}", frames.join(" "))], &[]);
    let group = tally.groups.values().next().unwrap();
    assert_eq!((group.frames.len(), group.left_out), (AT_TOP + AT_END, 60));
    assert_eq!((group.frames[AT_TOP - 1].name(), group.frames[AT_TOP].name()), (Some("f29"), Some("f90")));
}

#[test]
fn groups_beyond_the_limit_are_counted() {
    let mut sum = Tally { bytes: BYTES_CAP - 8, ..Tally::default() };
    sum.add(tally(&["//wait app!"], &[]), 0);
    assert_eq!((sum.groups.len(), sum.ungrouped), (0, 1));
    sum.add(tally(&["//app!"], &[]), 1);
    sum.add(tally(&["//app!", "//wait app!"], &[]), 2);
    assert_eq!((groups(&sum), sum.ungrouped), (vec!["2 in 2: app, 1:1".to_string()], 2));
    assert_eq!(sum.explained.unexplained, 4);
}

#[test]
fn the_nearest_miss_is_kept() {
    let near = |matched: usize, line: u32| NearMiss {
        rule: 3,
        matched,
        of: 5,
        stopped_at: String::new(),
        kind: StackKind::Thread,
        thread: ThreadRef::default(),
        source: 0,
        line,
    };
    let case = |matched: usize, line: u32| Tally::default().with_near_misses(&[near(matched, line)]);
    let sum = sum([case(2, 7), case(4, 8), case(4, 9)]);
    let kept = sum.near_misses[&3];
    assert_eq!((kept.cases, kept.matched, kept.source, kept.line), (3, 4, 1, 8));
}
