//! Leak reports of one process in tracking order: what grows, how fast, and what part of the whole it is.

use super::{Process, Tendency, process_name};
use crate::model::{Amount, LeakFigure, LeakOwner, LeakOwnerKind, LeakReport};

/// Counts and handles within this part of the first are flat.
const FLAT: f64 = 0.10;
/// The part of steady growth that the second half must bring: what has found its level grows no more.
const GOES_ON: f64 = 0.4;

/// The reports of one process, in the order in which they were taken.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProcessLeaks {
    pub process: Process,
    /// Index of the source in its case, and the report.
    pub reports: Vec<(usize, LeakReport)>,
}

/// Which figure of a report is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Measured {
    #[default]
    Size,
    Count,
    Handles,
}

/// One figure, report by report; only those that are in the texts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Course {
    pub figures: Vec<Reading>,
    /// Reports there are.
    pub reports: usize,
}

/// A figure of one report.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    /// Index of the report among those of the process.
    pub report: usize,
    pub source: usize,
    pub figure: LeakFigure,
    /// When it was taken, in hours from some moment that is the same for all; `None` where the texts do not say.
    pub hours: Option<f64>,
}

/// Collects the leak reports of a case.
#[derive(Clone, Debug, Default)]
pub struct LeakCollection {
    reports: Vec<(usize, LeakReport)>,
}

impl LeakCollection {
    pub fn add(&mut self, source: usize, report: &LeakReport) {
        self.reports.push((source, report.clone()));
    }

    /// The reports by process. Those that name no process are of one process where they stand in one source, or where
    /// no report of the case names one.
    pub fn finish(self) -> Vec<ProcessLeaks> {
        let any_named = self.reports.iter().any(|(_, report)| process_of(report) != Process::default());
        let mut found: Vec<(Option<usize>, ProcessLeaks)> = Vec::new();
        for (source, report) in self.reports {
            let process = process_of(&report);
            let unnamed_in = (process == Process::default() && any_named).then_some(source);
            let same =
                |(place, leaks): &(Option<usize>, ProcessLeaks)| *place == unnamed_in && leaks.process == process;
            match found.iter().position(same) {
                Some(known) => found[known].1.reports.push((source, report)),
                None => found.push((unnamed_in, ProcessLeaks { process, reports: vec![(source, report)] })),
            }
        }
        let mut all: Vec<ProcessLeaks> = found.into_iter().map(|(_, leaks)| leaks).collect();
        all.iter_mut().for_each(ProcessLeaks::put_in_order);
        all
    }
}

fn process_of(report: &LeakReport) -> Process {
    Process { host: None, name: report.process.as_deref().map(process_name), id: report.process_id, ordinal: None }
}

impl ProcessLeaks {
    /// By the times of the dumps where all are known, else by how long had been tracked. Tracking that began anew is another
    /// story: the reports before it are left out.
    fn put_in_order(&mut self) {
        let tracking = |report: &LeakReport| report.tracking.map_or(0.0, |tracking| tracking.amount.value);
        if self.reports.iter().all(|(_, report)| report.taken.is_some()) {
            self.reports.sort_by_key(|(_, report)| report.taken);
            let restarts = |pair: &[(usize, LeakReport)]| tracking(&pair[1].1) < tracking(&pair[0].1);
            if let Some(at) = self.reports.windows(2).rposition(restarts) {
                self.reports.drain(..=at);
            }
        } else {
            self.reports.sort_by(|(_, a), (_, b)| tracking(a).total_cmp(&tracking(b)));
        }
    }

    /// Outstanding in all.
    pub fn total(&self, measured: Measured) -> Course {
        self.course(|report| match measured {
            Measured::Size => report.size,
            Measured::Count => report.allocations,
            Measured::Handles => report.handles,
        })
    }

    /// Names of all owners of a kind, each once, the greatest of the last reports first.
    pub fn owners(&self, kind: LeakOwnerKind) -> Vec<&LeakOwner> {
        let mut owners: Vec<&LeakOwner> = Vec::new();
        for (_, report) in self.reports.iter().rev() {
            let mut here: Vec<&LeakOwner> = report.owners.iter().filter(|owner| owner.kind == kind).collect();
            let size = |owner: &LeakOwner| owner.size.map_or(0.0, |size| size.amount.value);
            here.sort_by(|a, b| size(b).total_cmp(&size(a)));
            for owner in here {
                if !owners.iter().any(|known| known.name.eq_ignore_ascii_case(&owner.name)) {
                    owners.push(owner);
                }
            }
        }
        owners
    }

    /// What is attributed to one owner.
    pub fn course_of(&self, owner: &LeakOwner, measured: Measured) -> Course {
        self.course(|report| {
            let same = |other: &&LeakOwner| other.kind == owner.kind && other.name.eq_ignore_ascii_case(&owner.name);
            let mut entries = report.owners.iter().filter(same);
            entries.find_map(|entry| match measured {
                Measured::Size => entry.size,
                Measured::Count => entry.count,
                Measured::Handles => entry.handles,
            })
        })
    }

    /// Seconds from the first report to the last, as tracking was timed.
    pub fn span(&self) -> Option<Amount> {
        let (_, first) = self.reports.first()?;
        let (_, last) = self.reports.last()?;
        Some(last.tracking?.amount.minus(first.tracking?.amount)).filter(|span| span.lowest() > 0.0)
    }

    /// Seconds that the last report looks back on.
    pub fn tracked(&self) -> Option<Amount> {
        Some(self.reports.last()?.1.tracking?.amount)
    }

    fn course(&self, figure: impl Fn(&LeakReport) -> Option<LeakFigure>) -> Course {
        let readings = self.reports.iter().enumerate().filter_map(|(index, (source, report))| {
            let hours = report.tracking.map(|tracking| tracking.amount.value / 3600.0);
            Some(Reading { report: index, source: *source, figure: figure(report)?, hours })
        });
        Course { figures: readings.collect(), reports: self.reports.len() }
    }
}

impl Course {
    pub fn first(&self) -> Option<Amount> {
        self.figures.first().map(|reading| reading.figure.amount)
    }

    pub fn last(&self) -> Option<Amount> {
        self.figures.last().map(|reading| reading.figure.amount)
    }

    /// From the first report to the last; both must tell.
    pub fn growth(&self) -> Option<Amount> {
        let whole = self.figures.len() >= 2
            && self.figures[0].report == 0
            && self.figures[self.figures.len() - 1].report + 1 == self.reports;
        if !whole {
            return None;
        }
        Some(self.last()?.minus(self.first()?))
    }

    /// Growth as part of the first figure.
    pub fn growth_part(&self) -> Option<Amount> {
        let (first, last) = (self.first()?, self.last()?);
        self.growth()?;
        // Of a quotient the errors are smaller than of a difference divided.
        last.over(first).map(|ratio| Amount { value: ratio.value - 1.0, error: ratio.error })
    }

    /// It grows where it rises from each report to the next by more than rounding, and by more than 10% in all, and goes
    /// on to the end; it is flat where it moves by 10% or less from the first to the last.
    pub fn tendency(&self) -> Tendency {
        let (Some(growth), Some(first)) = (self.growth(), self.first()) else { return Tendency::Unknown };
        let steps: Vec<Amount> =
            self.figures.windows(2).map(|pair| pair[1].figure.amount.minus(pair[0].figure.amount)).collect();
        if self.figures.len() == self.reports
            && steps.iter().all(|step| step.lowest() > 0.0)
            && growth.value > FLAT * first.value
            && !self.levelled_off(growth)
        {
            return Tendency::Grows;
        }
        if growth.value.abs() + growth.error <= FLAT * first.value {
            return Tendency::Flat;
        }
        match () {
            () if growth.highest() < 0.0 => Tendency::Falls,
            () if growth.lowest() <= 0.0 && growth.highest() >= 0.0 => Tendency::Unclear,
            () => Tendency::Between,
        }
    }

    /// Whether it found its level: the second half brings less than two fifths of what steady growth would.
    fn levelled_off(&self, growth: Amount) -> bool {
        let count = self.figures.len();
        if count < 3 {
            return false;
        }
        let (first, middle, last) = (&self.figures[0], &self.figures[(count - 1) / 2], &self.figures[count - 1]);
        let lately = last.figure.amount.value - middle.figure.amount.value;
        let by_time = || {
            let whole = last.hours? - first.hours?;
            (whole > 0.0).then_some((last.hours? - middle.hours?) / whole)
        };
        let by_count = (count - 1 - (count - 1) / 2) as f64 / (count - 1) as f64;
        lately < GOES_ON * by_time().unwrap_or(by_count) * growth.value
    }

    /// What part of another course this one is, report by report.
    pub fn shares_of(&self, whole: &Course) -> Vec<Amount> {
        let shares = self.figures.iter().filter_map(|reading| {
            let other = whole.figures.iter().find(|other| other.report == reading.report)?;
            reading.figure.amount.over(other.figure.amount)
        });
        shares.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GB: f64 = 1024.0 * 1024.0 * 1024.0;

    fn gigabytes(value: f64) -> Option<LeakFigure> {
        Some(LeakFigure { line: 1, amount: Amount::rounded(value * GB, 0.01 * GB) })
    }

    fn report(process: Option<&str>, minutes: f64, total: f64, gdiplus: f64) -> LeakReport {
        let owner = LeakOwner {
            kind: LeakOwnerKind::Module,
            module: None,
            name: "GdiPlus".to_string(),
            line: 2,
            count: None,
            size: gigabytes(gdiplus),
            handles: None,
            probability: None,
            allocated: None,
        };
        LeakReport {
            process: process.map(str::to_string),
            tracking: Some(LeakFigure { line: 1, amount: Amount::exact(minutes * 60.0) }),
            size: gigabytes(total),
            owners: vec![owner],
            ..LeakReport::default()
        }
    }

    fn leaks(reports: Vec<(usize, LeakReport)>) -> Vec<ProcessLeaks> {
        let mut collection = LeakCollection::default();
        reports.iter().for_each(|(source, report)| collection.add(*source, report));
        collection.finish()
    }

    #[test]
    fn growth_share_and_rate_carry_their_errors() {
        let reports = vec![
            (0, report(None, 99.15, 1.68, 1.17)),
            (0, report(None, 146.08, 2.7, 2.19)),
            (0, report(None, 121.57, 2.14, 1.63)),
        ];
        let all = leaks(reports);
        let owner = all[0].owners(LeakOwnerKind::Module)[0];
        let (course, total) = (all[0].course_of(owner, Measured::Size), all[0].total(Measured::Size));
        let shares: Vec<f64> =
            course.shares_of(&total).iter().map(|share| (share.value * 1000.0).round() / 10.0).collect();
        assert_eq!(shares, [69.6, 76.2, 81.1]);
        assert_eq!(course.tendency(), Tendency::Grows);
        let growth = course.growth().unwrap();
        assert!((growth.value / GB - 1.02).abs() < 1e-9 && (growth.error / GB - 0.01).abs() < 1e-9);
        let part = course.growth_part().unwrap();
        assert!((part.value - 0.8718).abs() < 1e-4 && part.error < 0.013, "{part:?}");
        assert!((all[0].span().unwrap().value - 2815.8).abs() < 1.0);
    }

    #[test]
    fn reports_of_different_processes_are_never_joined() {
        let w3wp = |minutes, size| report(Some("w3wp.exe"), minutes, 3.0, size);
        let (unnamed, svc) = (report(None, 30.0, 3.0, 1.0), report(Some("svc.exe"), 60.0, 3.0, 2.0));
        for (reports, want) in [
            (vec![(0, w3wp(10.0, 1.0)), (1, w3wp(20.0, 2.0)), (2, svc.clone())], vec![2, 1]),
            (vec![(0, unnamed.clone()), (0, unnamed.clone()), (1, unnamed.clone())], vec![3]),
            (vec![(0, unnamed.clone()), (0, unnamed.clone()), (1, unnamed.clone()), (2, svc)], vec![2, 1, 1]),
        ] {
            let got: Vec<usize> = leaks(reports).iter().map(|leaks| leaks.reports.len()).collect();
            assert_eq!(got, want);
        }
    }

    #[test]
    fn what_moves_less_than_rounding_is_not_growth() {
        for (first, last, want) in [
            (1.0, 1.01, Tendency::Flat),
            (0.02, 0.03, Tendency::Unclear),
            (1.0, 1.5, Tendency::Grows),
            (1.5, 1.0, Tendency::Falls),
            (1.0, 1.09, Tendency::Between),
        ] {
            let all = leaks(vec![(0, report(None, 10.0, 3.0, first)), (0, report(None, 60.0, 3.0, last))]);
            let owner = all[0].owners(LeakOwnerKind::Module)[0];
            assert_eq!(all[0].course_of(owner, Measured::Size).tendency(), want, "{first} to {last}");
        }
        let one = leaks(vec![(0, report(None, 10.0, 3.0, 1.0))]);
        assert_eq!(one[0].total(Measured::Size).tendency(), Tendency::Unknown);
    }
}
