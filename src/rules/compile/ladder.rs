//! Ladders: names of rules, evidence and counters resolved.

use std::collections::BTreeMap;

use super::{Compiler, Origin};
use crate::diagnostic::Code;
use crate::facts::{CounterKind, ListingKind};
use crate::finding::Verdict;
use crate::rules::ladder::{
    CounterQuestion, Ladder, LeakQuestion, LeakSubject, Question, Rung, TableQuestion, TableSubject,
};
use crate::rules::nearest::nearest;
use crate::rules::rule_set::Rule;
use crate::rules::written::{
    RuleFile, Spot, WrittenCounter, WrittenLeak, WrittenQuestion, WrittenRule, WrittenTable, WrittenVerdict,
};
use crate::rules::{Comparison, Glob};

impl Compiler {
    /// The counters that rules may name; a later file says anew what an earlier one said.
    pub(super) fn counters(&mut self, written: &[(RuleFile, Origin)]) {
        for (file, _) in written {
            for (name, kind) in &file.counters {
                let kind = CounterKind { from: kind.from.clone(), unit: kind.unit, limits: kind.limits };
                self.rules.counters.counters.insert(name.value.clone(), kind);
            }
        }
    }

    pub(super) fn ladders(
        &mut self,
        compiled: &mut [(usize, Origin, &WrittenRule, Rule)],
        ids: &BTreeMap<&str, usize>,
    ) {
        for (source, _, written, rule) in compiled.iter_mut() {
            if !written.ladder.rungs.is_empty() {
                rule.ladder = Some(self.ladder(*source, written, ids));
            }
        }
        self.refuse_circles(compiled);
    }

    fn ladder(&mut self, source: usize, written: &WrittenRule, ids: &BTreeMap<&str, usize>) -> Ladder {
        let names: Vec<&str> = written.ladder.rungs.iter().map(|rung| rung.name.value.as_str()).collect();
        let mut ladder = Ladder::default();
        for rung in &written.ladder.rungs {
            let question = match &rung.question {
                WrittenQuestion::Finding(rules) => Question::Finding(self.yields_to(source, rules, ids)),
                WrittenQuestion::Leak(leak) => Question::Leak(leak_question(leak)),
                WrittenQuestion::Counter(counter) => Question::Counter(self.counter_question(source, counter)),
                WrittenQuestion::Table(table) => Question::Table(table_question(table)),
            };
            ladder.rungs.push(Rung { name: rung.name.value.clone(), question, ask: None });
        }
        for (name, text) in &written.ladder.ask {
            if let Some(rung) = self.rung(source, name, &names) {
                ladder.rungs[rung].ask = Some(text.clone());
            }
        }
        for verdict in &written.ladder.verdicts {
            let when: Vec<usize> = verdict.when.iter().filter_map(|name| self.rung(source, name, &names)).collect();
            self.doubt_order(source, verdict, &when, &ladder);
            ladder.verdicts.push((verdict.verdict, when));
        }
        ladder
    }

    /// The first line that holds counts: one that asks for more than a line above it is never reached.
    fn doubt_order(&mut self, source: usize, verdict: &WrittenVerdict, when: &[usize], ladder: &Ladder) {
        let hides =
            |(_, above): &&(Verdict, Vec<usize>)| !above.is_empty() && above.iter().all(|rung| when.contains(rung));
        if let Some((above, _)) = ladder.verdicts.iter().find(hides) {
            let message =
                format!("this verdict is never reached: `{}` above it asks for no more than this", above.name());
            let help = "the first line that holds counts: write the one that asks for most first";
            self.diagnostics.add(Code::NeverReported, source, verdict.span, message).help(help);
        }
    }

    fn rung(&mut self, source: usize, name: &Spot<String>, names: &[&str]) -> Option<usize> {
        let found = names.iter().position(|known| *known == name.value);
        if found.is_none() {
            let help = match nearest(&name.value, names.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the evidence is: {}", names.join(", ")),
            };
            let message = format!("there is no evidence `{}`", name.value);
            self.diagnostics.add(Code::UnknownEvidence, source, name.span, message).help(help);
        }
        found
    }

    fn counter_question(&mut self, source: usize, written: &WrittenCounter) -> CounterQuestion {
        let name = written.name.clone().unwrap_or_default();
        self.known_counter(source, &name);
        for part in [&written.growth, &written.value].into_iter().flatten() {
            if let Some(of) = &part.value.of {
                self.known_counter(source, &Spot { value: of.clone(), span: part.span });
            }
        }
        CounterQuestion {
            name: name.value,
            grows: written.grows,
            growth: bare(&written.growth),
            value: bare(&written.value),
            rate: bare(&written.rate),
            rises: bare(&written.rises),
        }
    }

    fn known_counter(&mut self, source: usize, name: &Spot<String>) {
        if self.rules.counters.counters.contains_key(&name.value) {
            return;
        }
        let known = || self.rules.counters.counters.keys().map(String::as_str);
        let help = match nearest(&name.value, known()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("the counters are: {}", known().collect::<Vec<_>>().join(", ")),
        };
        let message = format!("there is no counter `{}`", name.value);
        self.diagnostics.add(Code::UnknownCounter, source, name.span, message).help(help);
    }

    /// A rule cannot be evidence of itself.
    fn refuse_circles(&mut self, compiled: &[(usize, Origin, &WrittenRule, Rule)]) {
        let findings = |rule: usize| compiled[rule].3.ladder.iter().flat_map(Ladder::findings).collect::<Vec<_>>();
        for (start, (source, _, written, _)) in compiled.iter().enumerate() {
            let mut reached: Vec<usize> = Vec::new();
            let mut next = findings(start);
            while let Some(rule) = next.pop() {
                if !reached.contains(&rule) {
                    reached.push(rule);
                    next.extend(findings(rule));
                }
            }
            if reached.contains(&start) {
                let message = format!("`{}` is evidence of itself, by way of the rules it names", written.id.value);
                self.diagnostics.add(Code::EvidenceCycle, *source, written.id.span, message);
            }
        }
    }
}

fn globs(names: &[Spot<String>]) -> Vec<Glob> {
    names.iter().map(|name| Glob::new(&name.value.to_ascii_lowercase())).collect()
}

fn table_question(written: &WrittenTable) -> TableQuestion {
    let kind = written.kind.unwrap_or(ListingKind::Dumpheap);
    TableQuestion {
        kind,
        of: match written.owners.is_empty() {
            true => TableSubject::Total,
            false => TableSubject::Owner(globs(&written.owners), globs(&written.not_owners)),
        },
        measured: written.total.or(written.measured).unwrap_or(kind.usual_measure()),
        grows: written.grows,
        share: bare(&written.share),
        growth: bare(&written.growth),
        rate: bare(&written.rate),
        average: bare(&written.average),
        size: bare(&written.size),
        count: bare(&written.count),
        captures: bare(&written.captures),
    }
}

fn leak_question(written: &WrittenLeak) -> LeakQuestion {
    let of = match (written.modules.is_empty(), written.functions.is_empty()) {
        (false, _) => LeakSubject::Module(globs(&written.modules)),
        (_, false) => LeakSubject::Function(globs(&written.functions)),
        _ if !written.blocks.is_empty() => LeakSubject::Block(globs(&written.blocks)),
        _ => LeakSubject::Total,
    };
    LeakQuestion {
        of,
        measured: written.total.or(written.measured).unwrap_or_default(),
        grows: written.grows,
        share: bare(&written.share),
        growth: bare(&written.growth),
        average: bare(&written.average),
        value: bare(&written.value),
        reports: bare(&written.reports),
        tracking: bare(&written.tracking),
    }
}

fn bare(comparison: &Option<Spot<Comparison>>) -> Option<Comparison> {
    comparison.as_ref().map(|spot| spot.value.clone())
}
