//! Questions about tables of heaps and objects.

use super::answer::{Answer, said_of, state_of};
use crate::facts::in_words::{
    bars, bytes, bytes_in_row, counts_in_row, minutes, percent, shares_in_row, signed, two_digits,
};
use crate::facts::{Course, Measured, Order, ProcessTables, Series, SeriesOwner, Tendency};
use crate::finding::{Evidence, EvidenceKind, EvidenceState};
use crate::model::Amount;
use crate::rules::{Comparison, Glob, TableQuestion, TableSubject, Truth, Unit};

/// `!dumpheap -stat -live` leaves out what the next collection takes away, of which no question is.
const LIVE: &str = "-live";

/// The answer for one process. `why_none` says why there are no tables of it, where there are some of others.
pub fn answer(question: &TableQuestion, tables: Option<&ProcessTables>, why_none: Option<&str>) -> Answer {
    let command = question.kind.command();
    let Some(tables) = tables else {
        let none = format!("no `{command}` in these texts");
        return Answer::missing(why_none.unwrap_or(&none));
    };
    let of_kind: Vec<&Series> = tables.series.iter().filter(|series| series.kind == question.kind).collect();
    let can_say = |series: &&&Series| {
        let lists_what_is_held = series.narrowed.is_empty() || series.narrowed == LIVE;
        lists_what_is_held || (series.is_of_types() && is_of_owner_alone(question))
    };
    let answers = of_kind.iter().filter(can_say).map(|series| of_series(question, series));
    let rank = |answer: &Answer| match answer.state {
        EvidenceState::Holds => 3,
        EvidenceState::Contradicted => 2,
        EvidenceState::Undecided => 1,
        EvidenceState::Missing => 0,
    };
    // Of equal ones the first is taken: `max_by_key` takes the last.
    if let Some(best) = answers.collect::<Vec<_>>().into_iter().rev().max_by_key(rank) {
        return best;
    }
    match of_kind.first() {
        Some(series) => Answer::missing(format!("`{command}` was printed with `{}` only", series.narrowed)),
        None => Answer::missing(format!("no `{command}` in these texts")),
    }
}

/// Whether a question is about what an owner has, and not about its part of a whole.
fn is_of_owner_alone(question: &TableQuestion) -> bool {
    let of_whole = question.growth.as_ref().is_some_and(|growth| growth.of.is_some());
    matches!(question.of, TableSubject::Owner(..)) && question.share.is_none() && !of_whole
}

/// The answer for tables of one kind: of the owners that fit, the one that grew by most and is all that is asked.
fn of_series(question: &TableQuestion, series: &Series) -> Answer {
    let (globs, not) = match &question.of {
        TableSubject::Total => return Subject::new(question, series, None).answer(question),
        TableSubject::Owner(globs, not) => (globs, not),
    };
    let mut subjects: Vec<Subject<'_>> = series
        .owners
        .iter()
        .filter(|owner| fits(globs, not, owner))
        .map(|owner| Subject::new(question, series, Some(owner)))
        .filter(|subject| !subject.course.figures.is_empty())
        .collect();
    subjects.sort_by(|a, b| b.rank().partial_cmp(&a.rank()).unwrap_or(std::cmp::Ordering::Equal));
    let holds = |subject: &&Subject<'_>| state_of(&subject.checks(question)) == EvidenceState::Holds;
    match subjects.iter().find(holds).or(subjects.first()) {
        Some(subject) => subject.answer(question),
        None if series.lists_all() => {
            Answer::new(EvidenceState::Contradicted, format!("`{}` lists no such owner", series.kind.command()))
        }
        None => {
            let said = format!("no such owner in `{}`, which need not list all of them", series.kind.command());
            Answer::new(EvidenceState::Undecided, said)
        }
    }
}

fn fits(globs: &[Glob], not: &[Glob], owner: &SeriesOwner) -> bool {
    let name = owner.name.to_ascii_lowercase();
    let is_refused = not.iter().any(|glob| glob.matches(&name));
    !is_refused && globs.iter().any(|glob| (glob.exact().is_some() || !owner.by_name_only) && glob.matches(&name))
}

/// What a question is about: one owner, or all of them.
struct Subject<'f> {
    series: &'f Series,
    owner: Option<&'f SeriesOwner>,
    measured: Measured,
    course: Course,
}

impl<'f> Subject<'f> {
    fn new(question: &TableQuestion, series: &'f Series, owner: Option<&'f SeriesOwner>) -> Self {
        let measured = question.measured;
        let course = match owner {
            Some(owner) => series.course_of(owner, measured),
            None => series.total(measured),
        };
        Subject { series, owner, measured, course }
    }

    /// By growth, then by what there is at the end; what cannot be told comes last.
    fn rank(&self) -> (f64, f64) {
        let value = |amount: Option<Amount>| amount.map_or(f64::NEG_INFINITY, |amount| amount.value);
        (value(self.course.growth()), value(self.course.last()))
    }

    fn answer(&self, question: &TableQuestion) -> Answer {
        let checks = self.checks(question);
        let figures: Vec<f64> = values_of(&self.course);
        Answer {
            chart: if figures.len() > 1 { bars(&figures) } else { String::new() },
            evidence: self.evidence(),
            values: self.values(),
            ..Answer::new(state_of(&checks), said_of(self.said(), checks))
        }
    }

    /// Whether each thing that is asked holds, and what there is to say when it does not.
    fn checks(&self, question: &TableQuestion) -> Vec<(Truth, String)> {
        let mut checks = Vec::new();
        if let Some(grows) = question.grows {
            checks.push(self.grows(grows));
        }
        let mut compare = |asked: &Option<Comparison>, what: &str, amount: Option<Amount>| {
            let Some(asked) = asked else { return };
            match amount.map(|amount| asked.holds(amount)) {
                Some(Truth::Unknown) => checks.push((Truth::Unknown, format!("{what} is not surely {asked}"))),
                Some(truth) => checks.push((truth, format!("{what} is not {asked}"))),
                None => checks.push((Truth::Unknown, format!("{what} cannot be told"))),
            }
        };
        compare(&question.share, "its share", self.shares().last().copied().flatten());
        let growth = question.growth.as_ref().and_then(|asked| match (&asked.of, asked.unit) {
            (Some(_), _) => {
                let whole = self.series.total(self.measured).growth().filter(|whole| whole.lowest() > 0.0)?;
                self.course.growth()?.over(whole)
            }
            (None, Unit::Percent) => self.course.growth_part(),
            _ => self.course.growth(),
        });
        compare(&question.growth, "its growth", growth);
        compare(&question.rate, "its rate", self.rate_per_hour());
        compare(&question.average, "the average size", self.average());
        compare(&question.size, "its size", self.in_last(&self.course_of(Measured::Size)));
        compare(&question.count, "their number", self.in_last(&self.course_of(Measured::Count)));
        compare(&question.captures, "the number of captures", Some(Amount::exact(self.series.captures() as f64)));
        checks
    }

    fn grows(&self, wanted: bool) -> (Truth, String) {
        let (truth, why) = match (self.course.tendency(), wanted) {
            (Tendency::Grows, true) | (Tendency::Flat | Tendency::Falls, false) => (Truth::Yes, ""),
            (Tendency::Grows, false) => (Truth::No, "it grows from capture to capture"),
            (Tendency::Flat, true) => (Truth::No, "it stays within 10%"),
            (Tendency::Falls, true) => (Truth::No, "it falls"),
            (Tendency::Between, true) => (Truth::No, "it does not rise steadily, by more than 10% and to the end"),
            (Tendency::Between, false) => (Truth::Unknown, "it is neither flat nor growing steadily"),
            (Tendency::Unknown, _) if self.course.reports < 2 => (Truth::Unknown, "one capture cannot show growth"),
            (Tendency::Unclear, _) => (Truth::Unknown, "rounding hides whether it grows"),
            (Tendency::Unknown, _) => (Truth::Unknown, "whether it grows cannot be told: figures are missing"),
        };
        (truth, why.to_string())
    }

    fn course_of(&self, measured: Measured) -> Course {
        match self.owner {
            Some(owner) => self.series.course_of(owner, measured),
            None => self.series.total(measured),
        }
    }

    /// The last figure, where the last table has one.
    fn in_last(&self, course: &Course) -> Option<Amount> {
        let last = course.figures.last()?;
        (last.report + 1 == course.reports).then_some(last.figure.amount)
    }

    fn shares(&self) -> Vec<Option<Amount>> {
        let owner = self.owner.filter(|_| self.series.narrowed.is_empty());
        owner.map(|owner| self.series.shares_of(owner, self.measured)).unwrap_or_default()
    }

    /// Bytes of one object.
    fn average(&self) -> Option<Amount> {
        self.in_last(&self.course_of(Measured::Size))?.over(self.in_last(&self.course_of(Measured::Count))?)
    }

    fn rate_per_hour(&self) -> Option<Amount> {
        self.course.growth()?.over(Amount::exact(self.series.hours()?))
    }

    /// `300 MB/h`, of what grows.
    fn rate(&self) -> Option<String> {
        if self.course.tendency() != Tendency::Grows {
            return None;
        }
        let rate = self.rate_per_hour()?.value;
        Some(match self.measured {
            Measured::Size => format!("{}/h", two_digits(&bytes(rate))),
            _ => format!("{} per hour", counts_in_row(&[rate])),
        })
    }

    /// `System.Byte[]: 210 → 480 MB (+129%), 41% → 58% of the managed heap, 2,210 → 5,100 objects, about 300 MB/h`
    fn said(&self) -> String {
        let name = self.owner.map_or("in all", |owner| owner.name.as_str());
        let figures = values_of(&self.course);
        if figures.is_empty() {
            return format!("no total in `{}`", self.series.kind.command());
        }
        let mut said = format!("{name}: {}", self.amounts(&figures, self.measured));
        if let Some(part) = self.course.growth_part() {
            said.push_str(&format!(" ({})", signed(part.value)));
        }
        let shares: Vec<Amount> = self.shares().into_iter().flatten().collect();
        if !shares.is_empty() && shares.len() == figures.len() {
            said.push_str(&format!(", {} of {}", shares_in_row(&shares), self.series.kind.whole(self.measured)));
        }
        let counts = values_of(&self.course_of(Measured::Count));
        if self.measured == Measured::Size && !counts.is_empty() {
            said.push_str(&format!(", {}", self.amounts(&counts, Measured::Count)));
        }
        if let Some(rate) = self.rate() {
            said.push_str(&format!(", about {rate}"));
        }
        if figures.len() > 1 {
            said.push_str(&self.order_in_words());
        }
        said
    }

    /// Which capture came first, and how that is known.
    fn order_in_words(&self) -> String {
        match (self.series.order, self.series.hours()) {
            (Order::Times, Some(hours)) => format!(", in {}", minutes(hours * 60.0)),
            (Order::Sources, _) => ", in the order of the texts, which give no times".to_string(),
            _ => String::new(),
        }
    }

    fn amounts(&self, figures: &[f64], measured: Measured) -> String {
        match measured {
            Measured::Size => bytes_in_row(figures),
            _ if figures == [1.0] => format!("1 {}", self.series.kind.unit().trim_end_matches('s')),
            _ => format!("{} {}", counts_in_row(figures), self.series.kind.unit()),
        }
    }

    fn values(&self) -> Vec<(&'static str, String)> {
        let amount = |amount: Amount| match self.measured {
            Measured::Size => bytes(amount.value),
            _ => counts_in_row(&[amount.value]),
        };
        let mut values = Vec::new();
        let mut add = |name: &'static str, value: Option<String>| values.extend(value.map(|value| (name, value)));
        add("name", self.owner.map(|owner| owner.name.clone()));
        add("first", self.course.first().map(amount));
        add("last", self.course.last().map(amount));
        add("growth", self.course.growth().map(amount));
        add("growth-part", self.course.growth_part().map(|part| signed(part.value)));
        add("share", self.shares().last().copied().flatten().map(|share| percent(share.value)));
        add("rate", self.rate());
        add("average", self.average().map(|average| bytes(average.value)));
        add("count", self.in_last(&self.course_of(Measured::Count)).map(|count| counts_in_row(&[count.value])));
        add("span", self.series.hours().map(|hours| minutes(hours * 60.0)));
        add("captures", Some(self.series.captures().to_string()));
        values
    }

    fn evidence(&self) -> Vec<Evidence> {
        let name = self.owner.map_or("in all", |owner| owner.name.as_str());
        let evidence = self.course.figures.iter().map(|reading| Evidence {
            kind: EvidenceKind::Table,
            source: reading.source,
            line: reading.figure.line,
            frame: None,
            text: format!("{name}: {}", self.amounts(&[reading.figure.amount.value], self.measured)),
        });
        evidence.collect()
    }
}

fn values_of(course: &Course) -> Vec<f64> {
    course.figures.iter().map(|reading| reading.figure.amount.value).collect()
}
