//! Rules that ask for evidence of several kinds.

use std::fs;
use std::path::Path;

use stacklint::engine::{CaseScan, Sieve};
use stacklint::finding::{EvidenceState, Finding, Severity, Verdict};
use stacklint::formats::read;
use stacklint::rules::{Origin, Question, RuleSet, builtin_sources, compile};
use stacklint::text::Source;

use crate::pack::builtin;

pub const HEAD: &str = "title: t\nseverity: high\nconfidence: high\nwhy: w\nfix: f\n";

pub fn rules(text: &str) -> RuleSet {
    let mut files: Vec<_> =
        builtin_sources().into_iter().map(|source| (source, Origin::Builtin { with_rules: false })).collect();
    files.push((Source::new("rules.yml", text.replace("HEAD\n", HEAD)), Origin::User));
    let loaded = compile(files);
    loaded.rules.unwrap_or_else(|| panic!("{:#?}\n{text}", loaded.diagnostics.list))
}

pub fn findings(rules: &RuleSet, texts: &[&str]) -> Vec<Finding> {
    let sieve = Sieve::new(rules);
    let mut scan = CaseScan::new(rules, &sieve);
    for (source, text) in texts.iter().enumerate() {
        scan.begin_source(source);
        read(text.as_bytes(), "text", &mut scan).unwrap();
    }
    scan.finish().findings
}

/// A leak report: minutes tracked, all allocations, handles and gigabytes, and what GdiPlus has of them.
fn report(process: &str, minutes: u32, all: (u32, u32, f64), gdiplus: (u32, f64)) -> String {
    let process = if process.is_empty() { String::new() } else { format!("Process Image   {process}\n") };
    format!(
        "{process}Number of allocations   {} allocations\n\
         Total outstanding handle count   {} handles\nTotal size of allocations   {} GBytes\n\
         Tracking duration   00:{minutes:02}:00\n\n\
         Module Name   GdiPlus\nAllocation Count   {} allocation(s)\nAllocation Size   {} GBytes\n\n",
        all.0, all.1, all.2, gdiplus.0, gdiplus.1
    )
}

/// Rule, verdict, confidence and message of each finding.
pub fn check(yaml: &str, texts: &[&str], want: &[&str]) {
    let set = rules(yaml);
    let shown = |finding: &Finding| {
        let mut shown =
            format!("{} {} {}", set.rules[finding.rule].id, finding.verdict.name(), finding.confidence.name());
        let folded: Vec<&str> = finding.folded.iter().map(|&rule| set.rules[rule].id.as_str()).collect();
        if !folded.is_empty() {
            shown.push_str(&format!(" with {}", folded.join(" ")));
        }
        shown.extend(finding.ask.iter().map(|ask| format!(" ask {}", ask.text)));
        shown.extend(finding.message.iter().map(|message| format!(": {message}")));
        shown
    };
    let got: Vec<String> = findings(&set, texts).iter().map(shown).collect();
    assert_eq!(got, want, "{yaml}");
}

/// One question about leak reports: how its answer stands.
fn state(question: &str, texts: &[&str]) -> (EvidenceState, String) {
    let yaml = format!(
        "id: r\nHEAD\nevidence:\n  seen: {{leak: {{total: size}}}}\n  asked: {question}\n\
         verdicts: [{{verdict: suspected, when: [seen]}}]\n"
    );
    let set = rules(&yaml);
    let found = findings(&set, texts);
    let rung = &found.first().unwrap_or_else(|| panic!("nothing found: {question}")).rungs[1];
    (rung.state, rung.said.clone())
}

#[test]
fn leak_reports_answer_with_their_rounding_in_mind() {
    let first = report("", 10, (1000, 400, 2.0), (300, 1.0));
    let second = report("", 40, (1010, 410, 3.0), (500, 2.0));
    let both = format!("{first}{second}");
    use EvidenceState::*;
    for (question, text, want) in [
        ("{leak: {module: gdiplus, grows: true}}", &both, Holds),
        ("{leak: {module: gdiplus, grows: false}}", &both, Contradicted),
        ("{leak: {module: gdiplus, grows: true}}", &first, Undecided),
        ("{leak: {module: other, grows: true}}", &both, Contradicted),
        ("{leak: {function: \"gdiplus!*\"}}", &both, Missing),
        ("{leak: {module: \"gdi*\", share: \">= 66%\"}}", &both, Holds),
        // 2.00 of 3.00 GB: between 66.4% and 67.0%.
        ("{leak: {module: gdiplus, share: \">= 66.7%\"}}", &both, Undecided),
        ("{leak: {module: gdiplus, share: \">= 70%\"}}", &both, Contradicted),
        ("{leak: {module: gdiplus, growth: \">= 100% of total\"}}", &both, Undecided),
        ("{leak: {module: gdiplus, growth: \">= 95% of total\"}}", &both, Holds),
        ("{leak: {module: gdiplus, growth: \">= 500 MB\"}}", &both, Holds),
        ("{leak: {module: gdiplus, growth: \">= 90%\"}}", &both, Holds),
        ("{leak: {module: gdiplus, measure: count, growth: \">= 200\"}}", &both, Holds),
        ("{leak: {module: gdiplus, average: \">= 4 MB\"}}", &both, Holds),
        ("{leak: {total: count, grows: false}}", &both, Holds),
        ("{leak: {total: handles, grows: false}}", &both, Holds),
        ("{leak: {total: size, reports: \">= 2\"}}", &first, Contradicted),
        ("{leak: {total: size, tracking: \"< 15 min\"}}", &first, Holds),
        ("{leak: {total: size, tracking: \"< 15 min\"}}", &both, Contradicted),
    ] {
        assert_eq!(state(question, &[text]).0, want, "{question}");
    }
    // What only the first report lists is not known of the last.
    let unlisted = format!("{first}{}", second.replace("GdiPlus", "Other"));
    for question in ["share: \">= 10%\"", "value: \">= 10 MB\"", "average: \">= 1 KB\""] {
        assert_eq!(
            state(&format!("{{leak: {{module: gdiplus, {question}}}}}"), &[&unlisted]).0,
            Undecided,
            "{question}"
        );
    }
    let blocks =
        format!("{second}Top 2 allocation sizes by total size\n\n8.3 MBytes   1.16 GBytes\n64 KBytes   0.2 GBytes\n");
    assert_eq!(state("{leak: {block: \"*\", share: \">= 38%\"}}", &[&blocks]).0, Holds);
    assert_eq!(state("{leak: {block: \"64 *\", share: \">= 38%\"}}", &[&blocks]).0, Contradicted);
    assert_eq!(state("{leak: {block: \"*\"}}", &[&second]).0, Missing);
    let (_, said) = state("{leak: {block: \"*\"}}", &[&blocks]);
    assert_eq!(said, "blocks of 8.3 MBytes hold 38.7% of outstanding bytes (1.16 GB)");
    let (_, said) = state("{leak: {module: gdiplus}}", &[&both]);
    assert_eq!(said, "GdiPlus holds 50% → 66.7% of outstanding bytes (1 → 2 GB, +100%), about 2.0 GB/h");
}

#[test]
fn the_strongest_verdict_whose_evidence_is_there_counts() {
    let ladder = "id: ladder\nHEAD\nevidence:\n  drawing: {finding: draws}\n  owner: {leak: {module: GdiPlus, grows: true}}\n\
                  verdicts:\n  - {verdict: confirmed, when: [drawing, owner]}\n  - {verdict: suspected, when: [owner]}\n\
                  ask: {drawing: Take stacks., owner: Take reports.}\n\
                  message: \"{{owner.name}} grew by {{owner.growth}}\"\n---\nid: draws\nHEAD\nmatch: GdiPlus!*\n";
    let stack = "0:001> kc\nGdiPlus!GdipDrawImage\nsvc!main\n";
    let (first, second) = (report("", 10, (9, 9, 2.0), (3, 1.0)), report("", 40, (9, 9, 3.0), (5, 2.0)));
    check(ladder, &[&first, &second, stack], &["ladder confirmed high with draws: GdiPlus grew by 1 GB"]);
    check(ladder, &[&first, &second], &["ladder suspected high ask Take stacks.: GdiPlus grew by 1 GB"]);
    // Without a verdict the finding stays alone.
    check(ladder, &[stack], &["draws likely high"]);
    check(ladder, &[&first, stack], &["draws likely high"]);
}

#[test]
fn what_speaks_against_it_lowers_the_verdict() {
    let ladder = "id: ladder\nHEAD\nevidence:\n  owner: {leak: {module: GdiPlus, grows: true}}\n  flat: {leak: {total: count, grows: false}}\n\
                  verdicts:\n  - {verdict: confirmed, when: [owner, flat]}\n  - {verdict: likely, when: [owner]}\n";
    let reports = |count| [report("", 10, (100, 9, 2.0), (3, 1.0)), report("", 40, (count, 9, 3.0), (5, 2.0))].concat();
    check(ladder, &[&reports(100)], &["ladder confirmed high"]);
    check(ladder, &[&reports(200)], &["ladder suspected medium"]);
    let set = rules(ladder);
    let found = findings(&set, &[&reports(200)]);
    let because = found[0].lowered_because.as_deref().unwrap();
    assert!(because.contains("100 → 200 allocations, +100%"), "{because}");
}

#[test]
fn reports_of_different_processes_are_never_subtracted() {
    let ladder = "id: ladder\nHEAD\nevidence:\n  owner: {leak: {module: GdiPlus, grows: true}}\n\
                  verdicts: [{verdict: likely, when: [owner]}]\n";
    let of = |process: &str, minutes, size| report(process, minutes, (9, 9, 4.0), (3, size));
    check(ladder, &[&of("a.exe", 10, 1.0), &of("b.exe", 40, 3.0)], &[]);
    check(ladder, &[&of("a.exe", 10, 1.0), &of("b.exe", 40, 3.0), &of("a.exe", 20, 2.0)], &["ladder likely high"]);
    // In tracking order, whatever the order of the texts.
    check(ladder, &[&of("a.exe", 40, 1.0), &of("a.exe", 10, 3.0)], &[]);
    check(ladder, &[&of("a.exe", 40, 3.0), &of("a.exe", 10, 1.0)], &["ladder likely high"]);
}

#[test]
fn a_ladder_may_be_evidence_of_another_and_yields_to_the_special() {
    let low = "id: low\nHEAD\nyields-to: [top]\nevidence:\n  owner: {leak: {module: \"*\", grows: true}}\n\
               verdicts: [{verdict: likely, when: [owner]}]\n---\n";
    let top = "id: top\nHEAD\nevidence:\n  any: {finding: low}\n  gdiplus: {leak: {module: GdiPlus}}\n\
               verdicts: [{verdict: likely, when: [any, gdiplus]}]\n";
    let reports = [report("", 10, (100, 9, 2.0), (3, 1.0)), report("", 40, (100, 9, 3.0), (5, 2.0))].concat();
    check(&format!("{low}{top}"), &[&reports], &["top likely high with low"]);
    check(&low.replace("yields-to: [top]\n", "").replace("---\n", ""), &[&reports], &["low likely high"]);
}

/// A recording with a row each five minutes: columns without the machine, values in MB where they are bytes.
pub fn recording(columns: &[(&str, &[u32])]) -> String {
    let mut text = "\"(PDH-CSV 4.0) (UTC)(0)\"".to_string();
    columns.iter().for_each(|(column, _)| text += &format!(",\"\\\\WEB01\\{column}\""));
    for row in 0..columns[0].1.len() {
        text += &format!("\n\"03/10/2016 {:02}:{:02}:00.000\"", 13 + row / 12, row % 12 * 5);
        for (column, values) in columns {
            let unit = if column.contains("Bytes") { 1 << 20 } else { 1 };
            text += &format!(",\"{}\"", u64::from(values[row]) * unit);
        }
    }
    text + "\n"
}

/// So many values, each greater by the same.
pub fn steady(from: u32, by: u32) -> Vec<u32> {
    (0..14).map(|at| from + at * by).collect()
}

#[test]
fn another_line_of_proof_is_not_held_against_a_verdict() {
    let ladder = "id: ladder\nHEAD\nevidence:\n  handles: {counter: {name: handles, grows: true}}\n  \
                  threads: {counter: {name: threads, grows: true}}\n\
                  verdicts:\n  - {verdict: suspected, when: [handles]}\n  - {verdict: suspected, when: [threads]}\n";
    let of = |handles, threads| {
        recording(&[
            ("Process(w3wp)\\Handle Count", &steady(500, handles)),
            ("Process(w3wp)\\Thread Count", &steady(50, threads)),
        ])
    };
    check(ladder, &[&of(100, 0)], &["ladder suspected high"]);
    check(ladder, &[&of(0, 10)], &["ladder suspected high"]);
    check(ladder, &[&of(0, 0)], &[]);
}

#[test]
fn what_is_found_of_one_process_is_no_evidence_of_another() {
    let pack = "id: low\nHEAD\nyields-to: [special]\nevidence:\n  private: {counter: {name: private-bytes, grows: true}}\n\
                verdicts: [{verdict: likely, when: [private]}]\n---\n\
                id: top\nHEAD\nevidence:\n  low: {finding: low}\n  handles: {counter: {name: handles, grows: true}}\n\
                verdicts: [{verdict: confirmed, when: [low, handles]}]\n---\n\
                id: special\nHEAD\nevidence:\n  threads: {counter: {name: threads, grows: true}}\n\
                verdicts: [{verdict: likely, when: [threads]}]\n";
    let of = |svc: u32, handles, threads| {
        recording(&[
            ("Process(svc)\\Private Bytes", &steady(500, svc)),
            ("Process(w3wp)\\Private Bytes", &steady(500, 50)),
            ("Process(w3wp)\\Handle Count", &steady(500, handles)),
            ("Process(w3wp)\\Thread Count", &steady(50, threads)),
        ])
    };
    check(pack, &[&of(0, 0, 0)], &["low likely high"]);
    check(pack, &[&of(0, 100, 0)], &["top confirmed high with low"]);
    check(pack, &[&of(50, 0, 0)], &["low likely high", "low likely high"]);
    check(pack, &[&of(50, 100, 0)], &["top confirmed high with low", "low likely high"]);
    check(pack, &[&of(50, 0, 10)], &["low likely high", "special likely high"]);
}

#[test]
fn what_is_counted_in_percent_is_held_against_a_percentage() {
    let of = |percent: u32| {
        let mut text = "Timestamp,Provider,Counter Name,Counter Type,Mean/Increment\n".to_string();
        for row in 0..14 {
            let time = format!("03/10/2016 {:02}:{:02}:00", 13 + row / 12, row % 12 * 5);
            text += &format!("{time},System.Runtime,GC Fragmentation (%),Metric,{percent}\n");
        }
        text
    };
    let ladder = "id: ladder\nHEAD\nevidence:\n  free: {counter: {name: gc-fragmentation, value: \"> 20%\"}}\n\
                  verdicts: [{verdict: suspected, when: [free]}]\n";
    check(ladder, &[&of(30)], &["ladder suspected high"]);
    check(ladder, &[&of(10)], &[]);
    // Of bytes no percentage is known.
    check(&ladder.replace("gc-fragmentation", "private-bytes"), &[&of(30)], &[]);
}

#[test]
fn one_moment_tells_a_value_and_no_growth() {
    let of = |percent: &str, size: &str| {
        format!(
            "[System.Runtime]\n    Allocation Rate (B / 1 sec)    76,640,368\n    GC Fragmentation (%)    {percent}\n    GC Heap Size (MB)    {size}\n"
        )
    };
    let asks = |part: &str| {
        format!(
            "id: ladder\nHEAD\nevidence:\n  part: {{counter: {{{part}}}}}\nverdicts: [{{verdict: suspected, when: [part]}}]\n"
        )
    };
    for (part, holds) in [
        ("name: gc-fragmentation, value: \"> 20%\"", true),
        ("name: gc-fragmentation, value: \"> 80%\"", false),
        ("name: gc-fragmentation, grows: false", false),
        ("name: gc-fragmentation, value: \"> 20%\", rises: \">= 0%\"", false),
        ("name: managed-heap, value: \">= 2000 MB\"", true),
        ("name: managed-heap, growth: \"<= 1 MB\"", false),
    ] {
        let want: &[&str] = if holds { &["ladder suspected high"] } else { &[] };
        check(&asks(part), &[&of("75.124", "2,791")], want);
    }
}

/// Rule, severity and verdict of what the pack finds at medium or above.
pub fn found_by_the_pack(texts: &[&str]) -> Vec<String> {
    let pack = builtin();
    let mut found: Vec<(Severity, String)> = findings(&pack, texts)
        .iter()
        .map(|finding| {
            let rule = &pack.rules[finding.rule];
            (rule.severity, format!("{} {} {}", rule.id, rule.severity.name(), finding.verdict.name()))
        })
        .filter(|(severity, _)| *severity >= Severity::Medium)
        .collect();
    found.sort_by_key(|(severity, _)| std::cmp::Reverse(*severity));
    found.into_iter().map(|(_, found)| found).collect()
}

pub fn sample(name: &str) -> String {
    let bytes = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("samples").join(name)).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn the_founding_case_has_one_cause() {
    let names = ["counters.csv", "kL.log", "leaktrack-1.txt", "leaktrack-2.txt", "leaktrack-3.txt"];
    let files: Vec<String> = names.iter().map(|name| sample(&format!("founding-case/{name}"))).collect();
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    assert_eq!(found_by_the_pack(&files), ["native-leak-gdiplus critical confirmed"]);
    let text = sample("leak-reports/founding-text.txt");
    assert_eq!(found_by_the_pack(&[&text]), ["native-leak-gdiplus critical likely"]);
    assert_eq!(found_by_the_pack(&[files[0]]), ["counter-native-or-loader-leak high likely"]);
}

#[test]
fn managed_heaps_that_grow_as_fast_speak_against_a_native_leak() {
    let text = sample("leak-reports/founding-text.txt");
    let private = ("Process(w3wp)\\Private Bytes", steady(3000, 100));
    let heaps = (".NET CLR Memory(w3wp)\\# Bytes in all Heaps", steady(400, 95));
    let csv = recording(&[(private.0, &private.1), (heaps.0, &heaps.1)]);
    let want = ["native-leak-gdiplus critical suspected", "counter-gc-heap-growth medium likely"];
    assert_eq!(found_by_the_pack(&[&text, &csv]), want);
    let pack = builtin();
    let found = findings(&pack, &[&text, &csv]);
    let gdiplus = found.iter().find(|finding| pack.rules[finding.rule].id == "native-leak-gdiplus").unwrap();
    let because = gdiplus.lowered_because.as_deref().unwrap();
    assert!(because.contains("managed-heap grew") && because.contains("95% of that of private-bytes"), "{because}");
}

#[test]
fn one_kind_of_evidence_confirms_nothing() {
    let pack = builtin();
    for rule in pack.rules.iter().filter(|rule| rule.ladder.is_some()) {
        let ladder = rule.ladder.as_ref().unwrap();
        for (verdict, when) in &ladder.verdicts {
            let kinds = |is: fn(&Question) -> bool| when.iter().any(|&rung| is(&ladder.rungs[rung].question));
            let counter = kinds(|question| matches!(question, Question::Counter(_)));
            let leak = kinds(|question| matches!(question, Question::Leak(_)));
            let table = kinds(|question| matches!(question, Question::Table(_)));
            let finding = kinds(|question| matches!(question, Question::Finding(_)));
            let most = match (counter, leak, table, finding) {
                (false, true, false, false) | (false, false, true, false) => Verdict::Suspected,
                (true, false, false, false) => Verdict::Likely,
                _ => Verdict::Confirmed,
            };
            assert!(*verdict <= most, "{}: {}", rule.id, ladder.in_words(&(*verdict, when.clone())));
        }
    }
}

#[test]
fn healthy_processes_stay_silent() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/healthy");
    let mut seen = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let found = found_by_the_pack(&[&sample(&format!("healthy/{name}"))]);
        assert!(found.is_empty(), "{name}: {found:?}");
        seen += 1;
    }
    assert!(seen >= 6, "{seen}");
}
