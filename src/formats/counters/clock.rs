//! The clock of a recording: whether its dates have the month or the day first, told from the times themselves, and
//! whether it was set back.

use jiff::SignedDuration;
use jiff::civil::DateTime;

use super::stamp::{DateOrder, Form, Stamp};

/// What the times of a recording say, gathered row by row.
#[derive(Debug, Default)]
pub struct Clock {
    last: Option<Stamp>,
    /// The last stamp that does not tell its own order, and its line.
    open: Option<(u32, Stamp)>,
    /// Stamps that can only be read in one order.
    month_only: u64,
    day_only: u64,
    /// A stamp is not in the form in which PDH itself prints.
    other_form: bool,
    half_days: bool,
    month_first: Track,
    day_first: Track,
}

/// The times as they are in one of the orders.
#[derive(Debug, Default)]
struct Track {
    last: Option<DateTime>,
    step: Option<SignedDuration>,
    backward: u64,
    /// Line of the first step back.
    first_backward: u32,
    /// Steps unlike the one before them.
    unsteady: u64,
    /// Seconds of all steps together, back or forth.
    way: u64,
}

/// In which order the dates of a recording are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dates {
    /// Nothing is in doubt.
    Certain(DateOrder),
    /// Both orders fit; this is the usual one. The line where the first such date stands.
    Assumed(DateOrder, u32),
    /// Neither fits; only dates that tell their own order are read.
    Unknown(u32),
}

/// Which order a tool prints where nothing tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Habit {
    /// PDH prints `MM/DD/YYYY` in every locale; only another program writes it in another form.
    Pdh,
    /// As the locale of the user wants it; the one with AM and PM and slashes is mostly that of the United States.
    Locale,
    /// As the locale wants it, or, in a container without locales, the month first.
    Invariant,
}

impl Clock {
    /// Takes the time of the next row.
    pub fn tick(&mut self, line: u32, stamp: Stamp) {
        if self.last == Some(stamp) {
            return;
        }
        self.last = Some(stamp);
        self.other_form |= stamp.form != Form::Pdh;
        self.half_days |= stamp.form == Form::Half;
        if stamp.year_is_last() {
            match stamp.order() {
                Some(DateOrder::MonthFirst) => self.month_only += 1,
                Some(DateOrder::DayFirst) => self.day_only += 1,
                None if stamp.same_in_both() => {}
                None => self.open = self.open.or(Some((line, stamp))),
            }
        }
        self.month_first.tick(line, stamp.time(DateOrder::MonthFirst));
        self.day_first.tick(line, stamp.time(DateOrder::DayFirst));
    }

    /// The order of the dates: a number over 12 tells it; otherwise the order in which time goes on steadily.
    pub fn dates(&self, habit: Habit) -> Dates {
        let Some((line, _)) = self.open else { return Dates::Certain(DateOrder::MonthFirst) };
        match (self.month_only, self.day_only) {
            (0, 0) => {}
            (_, 0) => return Dates::Certain(DateOrder::MonthFirst),
            (0, _) => return Dates::Certain(DateOrder::DayFirst),
            _ => return Dates::Unknown(line),
        }
        let (month, day) = (&self.month_first, &self.day_first);
        if (month.backward, month.unsteady, month.way) == (day.backward, day.unsteady, day.way) {
            return match habit {
                Habit::Pdh if !self.other_form => Dates::Certain(DateOrder::MonthFirst),
                Habit::Locale if !self.half_days => Dates::Assumed(DateOrder::DayFirst, line),
                _ => Dates::Assumed(DateOrder::MonthFirst, line),
            };
        }
        match (month.is_likelier_than(day), day.is_likelier_than(month)) {
            (true, false) => Dates::Certain(DateOrder::MonthFirst),
            (false, true) => Dates::Certain(DateOrder::DayFirst),
            _ => Dates::Unknown(line),
        }
    }

    /// How often the clock was set back, and the line where it first was.
    pub fn set_back(&self, dates: Dates) -> Option<(u64, u32)> {
        let track = match dates {
            Dates::Certain(DateOrder::DayFirst) | Dates::Assumed(DateOrder::DayFirst, _) => &self.day_first,
            _ => &self.month_first,
        };
        let known = !matches!(dates, Dates::Unknown(_));
        (known && track.backward > 0).then_some((track.backward, track.first_backward))
    }
}

impl Track {
    /// Whether time goes on better here than in another order, where a day is taken for a month: less back, and by far
    /// not as long, or about as long with steps more alike.
    fn is_likelier_than(&self, other: &Track) -> bool {
        let shorter = self.way.saturating_mul(4) < other.way;
        let longer = other.way.saturating_mul(4) < self.way;
        self.backward <= other.backward && (shorter || (!longer && self.unsteady < other.unsteady))
    }

    fn tick(&mut self, line: u32, time: Option<DateTime>) {
        let Some(time) = time else { return };
        let Some(last) = self.last.replace(time) else { return };
        let step = time.duration_since(last);
        if step.is_negative() {
            self.first_backward = if self.backward == 0 { line } else { self.first_backward };
            self.backward += 1;
        }
        self.way += step.as_secs().unsigned_abs();
        if let Some(before) = self.step.replace(step) {
            let apart = (step.as_secs() - before.as_secs()).abs();
            // Timers are late by some milliseconds, and months differ by a day or more.
            self.unsteady += u64::from(apart > (before.as_secs().abs() / 100).max(2));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_told_by_the_times() {
        use DateOrder::{DayFirst, MonthFirst};
        for (times, habit, want) in [
            (&["03/04/2026 10:00:00.000", "03/04/2026 10:01:00.000"][..], Habit::Pdh, Dates::Certain(MonthFirst)),
            (&["03/04/2026 10:00", "03/04/2026 10:01"], Habit::Pdh, Dates::Assumed(MonthFirst, 1)),
            (&["03/04/2026 10:00:00", "03/04/2026 10:01:00"], Habit::Locale, Dates::Assumed(DayFirst, 1)),
            (&["3/4/2026 1:00:00 PM", "3/4/2026 1:01:00 PM"], Habit::Locale, Dates::Assumed(MonthFirst, 1)),
            (&["12/04/2026 10:00:00", "13/04/2026 10:00:00"], Habit::Pdh, Dates::Certain(DayFirst)),
            (&["04/12/2026 10:00:00", "04/13/2026 10:00:00"], Habit::Locale, Dates::Certain(MonthFirst)),
            // Midnight passes.
            (
                &["11/03/2026 23:40:00", "11/03/2026 23:50:00", "12/03/2026 00:00:00", "12/03/2026 00:10:00"],
                Habit::Pdh,
                Dates::Certain(DayFirst),
            ),
            // A row is lost before midnight.
            (
                &["11/03/2026 23:40:00", "11/03/2026 23:45:00", "12/03/2026 00:00:00", "12/03/2026 00:05:00"],
                Habit::Pdh,
                Dates::Certain(DayFirst),
            ),
            // One row a day.
            (
                &["03/04/2026 06:00:00", "03/05/2026 06:00:00", "03/06/2026 06:00:00"],
                Habit::Locale,
                Dates::Certain(MonthFirst),
            ),
            (&["13/04/2026 10:00:00", "04/13/2026 10:00:00", "03/04/2026 10:00:00"], Habit::Pdh, Dates::Unknown(3)),
            (&["2026-03-04 10:00:00", "2026-03-04 10:00:01"], Habit::Locale, Dates::Certain(MonthFirst)),
            (&["04.03.2026 10:00:00", "04.03.2026 10:00:01"], Habit::Locale, Dates::Certain(MonthFirst)),
        ] {
            let mut clock = Clock::default();
            for (text, line) in times.iter().zip(1..) {
                clock.tick(line, Stamp::parse(text).expect(text));
            }
            assert_eq!(clock.dates(habit), want, "{times:?}");
        }
    }

    #[test]
    fn a_clock_that_is_set_back_is_told() {
        let mut clock = Clock::default();
        for (text, line) in ["2026-03-04 10:00:00", "2026-03-04 10:01:00", "2026-03-04 09:02:00"].iter().zip(1..) {
            clock.tick(line, Stamp::parse(text).expect(text));
        }
        assert_eq!(clock.set_back(clock.dates(Habit::Locale)), Some((1, 3)));
    }
}
