//! Patterns made to be slow, over stacks that suit them: time must grow with the frames and with the pattern, and not with
//! any power of either. `cargo bench` prints a table, and fails where it does not.

use std::time::{Duration, Instant};

use stacklint::engine::{Evaluator, Sieve};
use stacklint::formats::{Sink, read_example};
use stacklint::model::{CallSites, Stack};
use stacklint::rules::{Origin, RuleSet, compile};
use stacklint::text::Source;

/// Frames of the stacks: each four times the one before.
const FRAMES: [usize; 3] = [1_250, 5_000, 20_000];
/// From one length to the next, time may grow by this much: four, and what noise and caches add.
const GROWTH: f64 = 10.0;
/// Times below are not compared: they are mostly the clock.
const FLOOR: Duration = Duration::from_micros(200);

/// A name, rules, and the call sites that the stack repeats.
struct Case {
    name: &'static str,
    rules: String,
    sites: Vec<String>,
}

fn main() {
    println!("{:<28} {:>10} {:>10} {:>10}   frames: {FRAMES:?}", "pattern", "", "", "");
    let mut is_slow = false;
    for case in cases() {
        let rules = rules(&case.rules);
        let times: Vec<Duration> = FRAMES.iter().map(|&frames| time(&rules, &text(&case.sites, frames))).collect();
        let shown: Vec<String> = times.iter().map(|time| format!("{:>8.2}ms", time.as_secs_f64() * 1e3)).collect();
        let growth = |pair: &[Duration]| pair[1].as_secs_f64() / pair[0].max(FLOOR).as_secs_f64();
        let worst = times.windows(2).map(growth).fold(0.0, f64::max);
        println!("{:<28} {}   grows by {worst:.1}", case.name, shown.join(" "));
        is_slow |= worst > GROWTH;
    }
    assert!(!is_slow, "time grows faster than the stack");
}

fn cases() -> Vec<Case> {
    let alike = |count: usize| (0..count).map(|number| format!("m!f{number}")).collect::<Vec<_>>();
    let long_name = format!("m!{}", "a".repeat(200));
    let gaps = vec!["m!f1"; 21].join("\n...\n");
    let narrow = vec!["m!f1 or m!f2"; 21].join("\n... max 7 without m!f9\n");
    let nested = vec!["m!f1 or m!f2 or m!*1 or m!f* x1..5"; 20].join("\n");
    let many: Vec<String> =
        (0..5_000).map(|number| rule(number, &format!("m!f{}\n...\nm!x{number}", number % 7))).collect();
    let one = |pattern: &str| rule(0, pattern);
    vec![
        Case { name: "*a*a*a*b", rules: one("m!*a*a*a*a*a*a*b"), sites: vec![long_name] },
        Case { name: "twenty gaps, no match", rules: one(&format!("{gaps}\n...\nm!none")), sites: alike(7) },
        Case {
            name: "twenty gaps, the end last",
            rules: one(&format!("{gaps}\n...\nm!f6\n<bottom>")),
            sites: alike(7),
        },
        Case { name: "twenty narrow gaps", rules: one(&format!("{narrow}\nm!none or m!f3 x9+")), sites: alike(7) },
        Case {
            name: "x2..500",
            rules: one("m!f* x2..500\nm!f* x2..500\nm!f* x2..500\nm!none or m!f0 x2"),
            sites: alike(7),
        },
        Case { name: "nested alternatives", rules: one(&format!("{nested}\nnot m!f*")), sites: alike(7) },
        Case {
            name: "not, in a row",
            rules: one("m!f1\n...\nnot m!f2 x2..50\n...\nnot m!f3 x2..50\nm!none or m!f9"),
            sites: alike(7),
        },
        Case {
            name: "a name kept twice",
            rules: one("{{a=m!f*}}\n...\n{{b=m!f*}}\n{{a}}\n{{b}}\n{{b}}"),
            sites: alike(7),
        },
        Case {
            name: "many names, kept twice",
            rules: one("{{a}}\n...\n{{b}}\n{{a}}\n{{b}}\n{{b}}"),
            sites: alike(100),
        },
        Case { name: "a cycle that is none", rules: cycle(), sites: alike(100) },
        Case { name: "5,000 rules", rules: many.join("---\n"), sites: alike(7) },
    ]
}

fn rule(number: usize, pattern: &str) -> String {
    let lines: String = pattern.lines().map(|line| format!("  {line}\n")).collect();
    format!("id: r{number}\ntitle: t\nseverity: low\nwhy: w\nfix: f\nmatch: |\n{lines}")
}

fn cycle() -> String {
    "id: r\ntitle: t\nseverity: low\nwhy: w\nfix: f\nmatch:\n  cycle: {repeats: 50, period: 12}\n".to_string()
}

fn rules(text: &str) -> RuleSet {
    let loaded = compile(vec![(Source::new("rules.yml", text), Origin::User)]);
    loaded.rules.unwrap_or_else(|| panic!("{:#?}", loaded.diagnostics.list))
}

fn text(sites: &[String], frames: usize) -> String {
    let lines = (0..frames).map(|number| {
        let site = &sites[number % sites.len()];
        format!("{number:02x} 00000000`{:08x} 00000000`00401000 {site}+0x{:x}\n", 0x1000 + number * 16, number % 64)
    });
    lines.collect()
}

/// The least time of several rounds that the rules take over the one stack of this text; its call sites are known by then.
fn time(rules: &RuleSet, text: &str) -> Duration {
    let sieve = Sieve::new(rules);
    let mut rounds = Rounds { evaluator: Evaluator::new(rules, &sieve), best: Duration::MAX, stacks: 0 };
    read_example(text, &mut rounds);
    assert_eq!(rounds.stacks, 1, "the text is one stack");
    rounds.best
}

struct Rounds<'r> {
    evaluator: Evaluator<'r>,
    best: Duration,
    stacks: usize,
}

impl Sink for Rounds<'_> {
    fn stack(&mut self, stack: &Stack, sites: &CallSites) {
        self.stacks += 1;
        self.evaluator.evaluate(stack, sites);
        for _ in 0..5 {
            let start = Instant::now();
            std::hint::black_box(self.evaluator.evaluate(stack, sites));
            self.best = self.best.min(start.elapsed());
        }
    }
}
