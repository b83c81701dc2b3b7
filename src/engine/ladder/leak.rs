//! Questions about leak reports.

use super::answer::{Answer, said_of, state_of};
use crate::facts::in_words::{
    bars, bytes, bytes_in_row, counts_in_row, minutes, percent, shares_in_row, signed, two_digits,
};
use crate::facts::{Course, Measured, ProcessLeaks, Tendency};
use crate::finding::{Evidence, EvidenceKind, EvidenceState};
use crate::model::{Amount, LeakOwner, LeakOwnerKind};
use crate::rules::{Comparison, Glob, LeakQuestion, LeakSubject, Truth, Unit};

pub fn answer(question: &LeakQuestion, leaks: Option<&ProcessLeaks>) -> Answer {
    let Some(leaks) = leaks else { return Answer::missing("no leak report in these texts") };
    let subject = match Subject::of(question, leaks) {
        Ok(subject) => subject,
        Err(answer) => return *answer,
    };
    let checks = subject.checks(question);
    let figures: Vec<f64> = subject.course.figures.iter().map(|reading| reading.figure.amount.value).collect();
    Answer {
        chart: if figures.len() > 1 { bars(&figures) } else { String::new() },
        evidence: subject.evidence(),
        values: subject.values(),
        ..Answer::new(state_of(&checks), said_of(subject.said(), checks))
    }
}

/// What a question is about: a module, a function, or everything.
struct Subject<'f> {
    leaks: &'f ProcessLeaks,
    owner: Option<&'f LeakOwner>,
    measured: Measured,
    course: Course,
    /// What it is a part of, and what that is called.
    whole: Course,
    whole_name: String,
}

impl<'f> Subject<'f> {
    fn of(question: &LeakQuestion, leaks: &'f ProcessLeaks) -> Result<Self, Box<Answer>> {
        let (kind, globs, what) = match &question.of {
            LeakSubject::Total => {
                let course = leaks.total(question.measured);
                if course.figures.is_empty() {
                    return Err(Box::new(Answer::missing("the leak reports give no total")));
                }
                let (measured, whole) = (question.measured, course.clone());
                return Ok(Subject { leaks, owner: None, measured, course, whole, whole_name: String::new() });
            }
            LeakSubject::Module(globs) => (LeakOwnerKind::Module, globs, "module"),
            LeakSubject::Function(globs) => (LeakOwnerKind::Function, globs, "function"),
            LeakSubject::Block(globs) => (LeakOwnerKind::BlockSize, globs, "size of block"),
        };
        let owners = leaks.owners(kind);
        if owners.is_empty() {
            return Err(Box::new(Answer::missing(format!("the leak reports name no {what}"))));
        }
        let fits = |owner: &&&LeakOwner| globs.iter().any(|glob: &Glob| glob.matches(&bare_name(&owner.name)));
        let Some(owner) = owners.iter().find(fits) else {
            let greatest = &owners[0].name;
            let said = format!("no such {what} among the owners; the greatest is {greatest}");
            return Err(Box::new(Answer::new(EvidenceState::Contradicted, said)));
        };
        let course = leaks.course_of(owner, question.measured);
        let of_module = question.share.as_ref().is_some_and(|share| share.of.is_some());
        let module = of_module.then(|| module_of(owner, leaks)).flatten();
        let (whole, whole_name) = match module {
            Some(module) => (leaks.course_of(module, question.measured), module.name.clone()),
            None => (leaks.total(question.measured), String::new()),
        };
        Ok(Subject { leaks, owner: Some(owner), measured: question.measured, course, whole, whole_name })
    }

    /// Whether each thing that is asked holds, and what there is to say when it does not.
    fn checks(&self, question: &LeakQuestion) -> Vec<(Truth, String)> {
        let mut checks = Vec::new();
        if let Some(grows) = question.grows {
            checks.push(self.grows(grows));
        }
        let shares = self.course.shares_of(&self.whole);
        let mut compare = |asked: &Option<Comparison>, what: &str, amount: Option<Amount>| {
            let Some(asked) = asked else { return };
            match amount {
                Some(amount) => checks.push((asked.holds(amount), format!("{what} is not surely {asked}"))),
                None => checks.push((Truth::Unknown, format!("{what} cannot be told"))),
            }
        };
        // An owner that the last report does not list has an unknown part there: lists name the greatest only.
        let is_in_last = self.course.figures.last().is_some_and(|reading| reading.report + 1 == self.course.reports);
        let in_last = |amount: Option<Amount>| amount.filter(|_| is_in_last);
        compare(&question.share, "its share", in_last(shares.last().copied()));
        let growth = question.growth.as_ref().and_then(|asked| match (&asked.of, asked.unit) {
            (Some(_), _) => self.course.growth()?.over(self.leaks.total(self.measured).growth()?),
            (None, Unit::Percent) => self.course.growth_part(),
            _ => self.course.growth(),
        });
        compare(&question.growth, "its growth", growth);
        compare(&question.average, "the size of a block", in_last(self.averages().last().copied()));
        compare(&question.value, "the amount", in_last(self.course.last()));
        compare(&question.reports, "the number of reports", Some(Amount::exact(self.leaks.reports.len() as f64)));
        let tracked =
            self.leaks.tracked().map(|seconds| Amount { value: seconds.value / 60.0, error: seconds.error / 60.0 });
        compare(&question.tracking, "the tracking time", tracked);
        checks
    }

    fn grows(&self, wanted: bool) -> (Truth, String) {
        let (truth, why) = match (self.course.tendency(), wanted) {
            (Tendency::Grows, true) | (Tendency::Flat | Tendency::Falls, false) => (Truth::Yes, ""),
            (Tendency::Grows, false) => (Truth::No, "it grows from report to report"),
            (Tendency::Flat, true) => (Truth::No, "it stays within 10%"),
            (Tendency::Falls, true) => (Truth::No, "it falls"),
            (Tendency::Between, true) => (Truth::No, "it does not rise steadily by more than 10%"),
            (Tendency::Between, false) => (Truth::Unknown, "it is neither flat nor growing steadily"),
            (Tendency::Unknown, _) if self.course.reports < 2 => (Truth::Unknown, "one report cannot show growth"),
            (Tendency::Unclear, _) => (Truth::Unknown, "rounding hides whether it grows"),
            (Tendency::Unknown, _) => (Truth::Unknown, "whether it grows cannot be told: figures are missing"),
        };
        (truth, why.to_string())
    }

    /// Bytes of one allocation, report by report.
    fn averages(&self) -> Vec<Amount> {
        let Some(owner) = self.owner else { return Vec::new() };
        let (size, count) = (self.leaks.course_of(owner, Measured::Size), self.leaks.course_of(owner, Measured::Count));
        size.shares_of(&count)
    }

    /// `7.54 to 7.66 MB`
    fn span_of_averages(&self) -> Option<String> {
        let averages = self.averages();
        let least = averages.iter().map(|average| average.value).reduce(f64::min)?;
        let greatest = averages.iter().map(|average| average.value).reduce(f64::max)?;
        Some(bytes_in_row(&[least, greatest]).replace(" → ", " to "))
    }

    /// `GdiPlus holds 69.6% → 76.2% → 81.1% of outstanding bytes (1.17 → 1.63 → 2.19 GB), about 1.3 GB/h`
    fn said(&self) -> String {
        let figures: Vec<f64> = self.course.figures.iter().map(|reading| reading.figure.amount.value).collect();
        if figures.is_empty() {
            let name = self.owner.map_or("it", |owner| owner.name.as_str());
            return format!("no figure of {name} in the leak reports");
        }
        let mut amounts = match self.measured {
            Measured::Size => bytes_in_row(&figures),
            Measured::Count => format!("{} allocations", counts_in_row(&figures)),
            Measured::Handles => format!("{} handles", counts_in_row(&figures)),
        };
        if let Some(part) = self.course.growth_part() {
            amounts.push_str(&format!(", {}", signed(part.value)));
        }
        let Some(owner) = self.owner else { return format!("{amounts}, outstanding in all") };
        let name = shown_name(owner);
        let holds = if owner.kind == LeakOwnerKind::BlockSize { "hold" } else { "holds" };
        let shares = self.course.shares_of(&self.whole);
        let of = match (self.whole_name.is_empty(), self.measured) {
            (false, _) => format!("what {} holds", self.whole_name),
            (true, Measured::Size) => "outstanding bytes".to_string(),
            (true, Measured::Count) => "outstanding allocations".to_string(),
            (true, Measured::Handles) => "outstanding handles".to_string(),
        };
        let mut said = match shares.is_empty() {
            true => format!("{name} {holds} {amounts}"),
            false => format!("{name} {holds} {} of {of} ({amounts})", shares_in_row(&shares)),
        };
        if let Some(rate) = self.rate() {
            said.push_str(&format!(", about {rate}"));
        }
        let averages: Vec<f64> = self.averages().iter().map(|average| average.value).collect();
        if owner.kind == LeakOwnerKind::Function && self.measured == Measured::Size && !averages.is_empty() {
            said.push_str(&format!(", in blocks of {}", bytes_in_row(&averages)));
        }
        said
    }

    /// `1.3 GB/h`, of what grows.
    fn rate(&self) -> Option<String> {
        if self.course.tendency() != Tendency::Grows {
            return None;
        }
        let hours = self.leaks.span()?.value / 3600.0;
        let rate = self.course.growth()?.value / hours;
        Some(match self.measured {
            Measured::Size => format!("{}/h", two_digits(&bytes(rate))),
            _ => format!("{} per hour", counts_in_row(&[rate])),
        })
    }

    fn values(&self) -> Vec<(&'static str, String)> {
        let amount = |amount: Amount| match self.measured {
            Measured::Size => bytes(amount.value),
            _ => counts_in_row(&[amount.value]),
        };
        let mut values = Vec::new();
        let mut add = |name: &'static str, value: Option<String>| values.extend(value.map(|value| (name, value)));
        add("name", self.owner.map(shown_name));
        add("first", self.course.first().map(amount));
        add("last", self.course.last().map(amount));
        add("growth", self.course.growth().map(amount));
        add("growth-part", self.course.growth_part().map(|part| signed(part.value)));
        add("share", self.course.shares_of(&self.whole).last().map(|share| percent(share.value)));
        add("rate", self.rate());
        add("average", self.averages().last().map(|average| bytes(average.value)));
        add("averages", self.span_of_averages());
        add("span", self.leaks.span().map(|span| minutes(span.value / 60.0)));
        add("reports", Some(self.leaks.reports.len().to_string()));
        values
    }

    fn evidence(&self) -> Vec<Evidence> {
        let name = self.owner.map_or("outstanding in all".to_string(), shown_name);
        let evidence = self.course.figures.iter().map(|reading| {
            let value = reading.figure.amount.value;
            let figure = match self.measured {
                Measured::Size => bytes(value),
                Measured::Count => format!("{} allocations", counts_in_row(&[value])),
                Measured::Handles => format!("{} handles", counts_in_row(&[value])),
            };
            let text = format!("{name}: {figure}");
            Evidence { kind: EvidenceKind::Leak, source: reading.source, line: reading.figure.line, frame: None, text }
        });
        evidence.collect()
    }
}

/// The module that a function belongs to.
fn module_of<'f>(owner: &LeakOwner, leaks: &'f ProcessLeaks) -> Option<&'f LeakOwner> {
    let name = owner.module.as_deref().or_else(|| owner.name.split_once('!').map(|(module, _)| module))?;
    leaks.owners(LeakOwnerKind::Module).into_iter().find(|module| bare_name(&module.name) == bare_name(name))
}

fn shown_name(owner: &LeakOwner) -> String {
    match owner.kind {
        LeakOwnerKind::BlockSize => format!("blocks of {}", owner.name),
        _ => bare_offset(&owner.name).to_string(),
    }
}

/// `GdiPlus!GpMemoryBitmap::AllocBitmapData+c2` without its offset.
fn bare_offset(name: &str) -> &str {
    match name.rsplit_once('+') {
        Some((bare, offset)) if name.contains('!') && offset.bytes().all(|byte| byte.is_ascii_hexdigit()) => bare,
        _ => name,
    }
}

/// In lower case, without extension and offset.
fn bare_name(name: &str) -> String {
    let name = bare_offset(name).to_ascii_lowercase();
    name.strip_suffix(".dll").map(str::to_string).unwrap_or(name)
}
