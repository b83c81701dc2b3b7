//! Questions about counters.

use super::answer::{Answer, said_of, state_of};
use crate::facts::in_words::{bytes, counts_in_row, minutes, percent};
use crate::facts::{CounterFact, CounterUnit, ProcessCounters, Tendency};
use crate::finding::{Evidence, EvidenceKind};
use crate::model::Amount;
use crate::rules::{Comparison, CounterQuestion, Truth, Unit};

/// The answer for one process. `why_none` says why there are no counters of it, where there are some of others.
pub fn answer(question: &CounterQuestion, counters: Option<&ProcessCounters>, why_none: Option<&str>) -> Answer {
    let Some(counters) = counters else {
        return Answer::missing(why_none.unwrap_or("no counters in these texts"));
    };
    let Some(fact) = counters.counters.iter().find(|fact| fact.name == question.name) else {
        return Answer::missing(format!("no counter {} of {}", question.name, counters.process.label()));
    };
    let checks = checks(question, fact, counters);
    let evidence = Evidence {
        kind: EvidenceKind::Counter,
        source: fact.source,
        line: fact.line,
        frame: None,
        text: format!("{}: {}", fact.printed, fact.in_words()),
    };
    Answer {
        chart: fact.sparkline(),
        evidence: vec![evidence],
        values: values(fact),
        ..Answer::new(state_of(&checks), said_of(fact.in_words(), checks))
    }
}

/// Whether each thing that is asked holds, and what there is to say when it does not.
fn checks(question: &CounterQuestion, fact: &CounterFact, all: &ProcessCounters) -> Vec<(Truth, String)> {
    let mut checks = Vec::new();
    if let Some(grows) = question.grows {
        checks.push(tendency(fact, grows));
    }
    let trend = fact.trend.ok();
    if let Some(asked) = &question.growth {
        let growth = |fact: &CounterFact| fact.trend.ok().map(|trend| trend.growth);
        checks.push(match (&asked.of, asked.unit) {
            (Some(of), _) => part_of(asked, growth(fact), of, all, growth, "growth"),
            (None, Unit::Percent) => {
                let part = trend.and_then(|trend| trend.growth.over(trend.start));
                compare(asked, part, "its growth")
            }
            _ => compare(asked, growth(fact), "its growth"),
        });
    }
    if let Some(asked) = &question.value {
        checks.push(match &asked.of {
            Some(of) => part_of(asked, fact.level(), of, all, CounterFact::level, "amount"),
            None if asked.unit == Unit::Percent => {
                compare(asked, fact.level().and_then(|level| in_parts(level, fact.unit)), "it")
            }
            None => compare(asked, fact.level(), "the amount"),
        });
    }
    if let Some(asked) = &question.rate {
        checks.push(compare(asked, fact.rate_per_hour(), "its rate"));
    }
    if let Some(asked) = &question.rises {
        checks.push(compare(asked, trend.map(|trend| Amount::exact(trend.rising)), "the part of its steps that go up"));
    }
    checks
}

/// Whether it does what is asked: grow, or (`wanted` false) stay flat or fall. The fact's own words say why not.
fn tendency(fact: &CounterFact, wanted: bool) -> (Truth, String) {
    let truth = match (fact.tendency(), wanted) {
        (Tendency::Grows, true) | (Tendency::Flat | Tendency::Falls, false) => Truth::Yes,
        (Tendency::Grows, false) | (Tendency::Flat | Tendency::Falls, true) => Truth::No,
        (Tendency::Between, _) | (Tendency::Unclear | Tendency::Unknown, _) => Truth::Unknown,
    };
    (truth, String::new())
}

/// What is counted in percent, as part of one; of other amounts no percentage is known.
fn in_parts(amount: Amount, unit: CounterUnit) -> Option<Amount> {
    let part = Amount { value: amount.value / 100.0, error: amount.error / 100.0 };
    (unit == CounterUnit::Percent).then_some(part)
}

fn compare(asked: &Comparison, amount: Option<Amount>, what: &str) -> (Truth, String) {
    let Some(amount) = amount else { return (Truth::Unknown, format!("{what} cannot be told")) };
    let shown = match asked.unit {
        Unit::Percent => percent(amount.value),
        Unit::Bytes => bytes(amount.value),
        _ => counts_in_row(&[amount.value]),
    };
    (asked.holds(amount), format!("{what} is {shown}, asked is {asked}"))
}

/// A figure as part of the same figure of another counter.
fn part_of(
    asked: &Comparison,
    own: Option<Amount>,
    of: &str,
    all: &ProcessCounters,
    figure: impl Fn(&CounterFact) -> Option<Amount>,
    what: &str,
) -> (Truth, String) {
    let Some(other) = all.counters.iter().find(|fact| fact.name == of) else {
        return (Truth::Unknown, format!("there is no counter {of} to compare with"));
    };
    // Of what does not grow nothing is a part.
    let whole = figure(other).filter(|whole| whole.lowest() > 0.0);
    let part = own.zip(whole).and_then(|(own, whole)| own.over(whole));
    let Some(part) = part else { return (Truth::Unknown, format!("its {what} cannot be compared with that of {of}")) };
    let shown = percent(part.value);
    (asked.holds(part), format!("its {what} is {shown} of that of {of}, asked is {asked}"))
}

fn values(fact: &CounterFact) -> Vec<(&'static str, String)> {
    let amount = |value: f64| match fact.unit {
        CounterUnit::Bytes => bytes(value),
        CounterUnit::Count => counts_in_row(&[value]),
        CounterUnit::Percent => percent(value / 100.0),
    };
    let Ok(trend) = fact.trend else {
        return fact.level().map(|level| ("last", amount(level.value))).into_iter().collect();
    };
    let mut values = vec![
        ("first", amount(trend.start.value)),
        ("last", amount(trend.end.value)),
        ("growth", amount(trend.growth.value)),
        ("span", minutes(trend.hours * 60.0)),
    ];
    values.extend(trend.growth.over(trend.start).map(|part| ("growth-part", percent(part.value))));
    values.extend(fact.rate_per_hour().map(|rate| ("rate", format!("{}/h", amount(rate.value)))));
    values
}
