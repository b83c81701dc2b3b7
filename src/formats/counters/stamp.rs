//! Dates and times as tools print them in any locale: `09/22/2026 13:02:03.123`, `22.09.2026 13:02:03`,
//! `2010. 01. 24. 16:45:34`, `9/22/2026 1:02:03 PM`, `2026-09-22 13:02:03Z`.

use jiff::civil::DateTime;
use nom::branch::alt;
use nom::bytes::complete::{tag_no_case, take_while_m_n};
use nom::character::complete::{char, one_of, space0, space1};
use nom::combinator::{map_res, opt};
use nom::sequence::{preceded, terminated};
use nom::{IResult, Parser};

use crate::formats::tokens::is_odd_space;

/// A date and time whose day and month may not be told apart yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    year: i16,
    /// The two numbers beside the year, in the order of the text.
    first: u8,
    second: u8,
    /// Milliseconds of the day.
    millis: u32,
    /// The text itself tells which is the month.
    order: Option<DateOrder>,
    pub form: Form,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateOrder {
    MonthFirst,
    DayFirst,
}

/// What a stamp looks like besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `09/22/2026 13:02:03.123`: two digits each, and milliseconds.
    Pdh,
    /// With AM or PM.
    Half,
    Other,
}

impl Stamp {
    /// Reads a whole text; `None` when anything of it is left, or when it is no date in any order.
    pub fn parse(text: &str) -> Option<Stamp> {
        let text = text.trim();
        if !text.starts_with(|c: char| c.is_ascii_digit()) || text.len() > 64 {
            return None;
        }
        let plain;
        let text = if text.is_ascii() {
            text
        } else {
            plain = text.chars().map(|c| if is_odd_space(c) { ' ' } else { c }).collect::<String>();
            plain.as_str()
        };
        let (rest, stamp) = stamp(text).ok()?;
        (rest.is_empty() && (stamp.is_date(DateOrder::MonthFirst) || stamp.is_date(DateOrder::DayFirst)))
            .then_some(stamp)
    }

    /// The order, where this stamp alone tells it: by the year's place, by its separators, or by a number over 12.
    pub fn order(&self) -> Option<DateOrder> {
        let fits = (self.is_date(DateOrder::MonthFirst), self.is_date(DateOrder::DayFirst));
        self.order.or(match fits {
            (true, false) => Some(DateOrder::MonthFirst),
            (false, true) => Some(DateOrder::DayFirst),
            _ => None,
        })
    }

    /// The year stands behind day and month, so that their order can be in doubt: not with points between them.
    pub fn year_is_last(&self) -> bool {
        self.order.is_none()
    }

    /// Whether the order changes nothing: `09/09/2026`.
    pub fn same_in_both(&self) -> bool {
        self.first == self.second
    }

    /// The time, when the text has the order given. An order that the text itself tells goes before.
    pub fn time(&self, order: DateOrder) -> Option<DateTime> {
        let (month, day) = match self.order().unwrap_or(order) {
            DateOrder::MonthFirst => (self.first, self.second),
            DateOrder::DayFirst => (self.second, self.first),
        };
        let (seconds, millis) = (self.millis / 1000, self.millis % 1000);
        let [hour, minute, second] = [seconds / 3600, seconds / 60 % 60, seconds % 60].map(|part| part as i8);
        let nanos = millis as i32 * 1_000_000;
        DateTime::new(self.year, month as i8, day as i8, hour, minute, second, nanos).ok()
    }

    fn is_date(&self, order: DateOrder) -> bool {
        let bare = Stamp { order: None, ..*self };
        let (month, day) = match order {
            DateOrder::MonthFirst => (bare.first, bare.second),
            DateOrder::DayFirst => (bare.second, bare.first),
        };
        self.order.is_none_or(|own| own == order) && jiff::civil::Date::new(bare.year, month as i8, day as i8).is_ok()
    }
}

/// A number of some digits.
fn number<'t>(least: usize, most: usize) -> impl Parser<&'t str, Output = u16, Error = nom::error::Error<&'t str>> {
    map_res(take_while_m_n(least, most, |c: char| c.is_ascii_digit()), str::parse)
}

/// `09/22/2026 13:02:03.123`: a date, and a time behind a blank, a comma or a `T`.
fn stamp(text: &str) -> IResult<&str, Stamp> {
    let (rest, (mut stamp, padded)) = alt((year_first, year_last)).parse(text)?;
    let (rest, _) =
        alt((preceded(char('T'), space0), preceded((opt(char('.')), opt(char(','))), space1))).parse(rest)?;
    let (rest, (hour, separator, minute)) = (number(1, 2), one_of(":."), number(2, 2)).parse(rest)?;
    let (rest, second) = opt(preceded(char(separator), number(2, 2))).parse(rest)?;
    let (rest, fraction) =
        opt(preceded(one_of(".,"), take_while_m_n(1, 9, |c: char| c.is_ascii_digit()))).parse(rest)?;
    let (rest, half) = opt(preceded(space0, half_of_day)).parse(rest)?;
    let (rest, _) = opt(char('Z')).parse(rest)?;
    let failed = || nom::Err::Error(nom::error::Error::new(text, nom::error::ErrorKind::Verify));
    let hour24 = match half {
        None => hour,
        Some(_) if hour == 0 || hour > 12 => return Err(failed()),
        Some(afternoon) => hour % 12 + if afternoon { 12 } else { 0 },
    };
    let second = second.unwrap_or(0);
    if hour24 > 23 || minute > 59 || second > 59 {
        return Err(failed());
    }
    let millis: u32 = fraction.map_or(0, |digits| format!("{digits:0<3.3}").parse().unwrap_or(0));
    stamp.millis = ((u32::from(hour24) * 60 + u32::from(minute)) * 60 + u32::from(second)) * 1000 + millis;
    let three = fraction.is_some_and(|digits| digits.len() == 3);
    stamp.form = match half {
        Some(_) => Form::Half,
        None if padded && three && separator == ':' => Form::Pdh,
        None => Form::Other,
    };
    Ok((rest, stamp))
}

/// `2026-09-22`, `2026/9/22`, `2010. 01. 24.`: the month comes before the day wherever the year comes first.
fn year_first(text: &str) -> IResult<&str, (Stamp, bool)> {
    let (rest, (year, separator, first)) = (number(4, 4), one_of("-/."), preceded(space0, number(1, 2))).parse(text)?;
    let (rest, second) = preceded((char(separator), space0), number(1, 2)).parse(rest)?;
    Ok((rest, (date(year, first, second, Some(DateOrder::MonthFirst)), false)))
}

/// `09/22/2026`, `22.09.2026`, `22. 9. 2026`, `22-9-2026`. With points the day comes first, in every locale of Windows.
fn year_last(text: &str) -> IResult<&str, (Stamp, bool)> {
    let (rest, (first, separator)) = (number(1, 2), one_of("/.-")).parse(text)?;
    let (rest, (second, year)) =
        (preceded(space0, number(1, 2)), preceded((char(separator), space0), number(4, 4))).parse(rest)?;
    let order = (separator == '.').then_some(DateOrder::DayFirst);
    let padded = separator == '/' && text.len() - rest.len() == "09/22/2026".len();
    Ok((rest, (date(year, first, second, order), padded)))
}

fn date(year: u16, first: u16, second: u16, order: Option<DateOrder>) -> Stamp {
    let year = i16::try_from(year).unwrap_or(i16::MAX);
    // Two digits each.
    let [first, second] = [first, second].map(|number| u8::try_from(number).unwrap_or(u8::MAX));
    Stamp { year, first, second, millis: 0, order, form: Form::Other }
}

/// `AM`, `p.m.`, `a. m.`; true after noon.
fn half_of_day(text: &str) -> IResult<&str, bool> {
    let dot = || opt((opt(char('.')), space0));
    let (rest, half) = alt((tag_no_case("a"), tag_no_case("p"))).parse(text)?;
    let (rest, _) = terminated(preceded(dot(), tag_no_case("m")), opt(char('.'))).parse(rest)?;
    Ok((rest, half.eq_ignore_ascii_case("p")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_many_locales() {
        for (text, month_first, day_first) in [
            ("09/22/2026 21:42:32.824", "2026-09-22T21:42:32.824", "2026-09-22T21:42:32.824"),
            ("03/04/2026 21:42:32", "2026-03-04T21:42:32", "2026-04-03T21:42:32"),
            ("9/22/2026 1:02:03 PM", "2026-09-22T13:02:03", "2026-09-22T13:02:03"),
            ("9/2/2026 12:02:03\u{202f}am", "2026-09-02T00:02:03", "2026-02-09T00:02:03"),
            ("22.09.2026 13:02:03", "2026-09-22T13:02:03", "2026-09-22T13:02:03"),
            ("02.09.2026 13:02", "2026-09-02T13:02:00", "2026-09-02T13:02:00"),
            ("2. 9. 2026 13:02:03", "2026-09-02T13:02:03", "2026-09-02T13:02:03"),
            ("2010. 01. 24. 16:45:34", "2010-01-24T16:45:34", "2010-01-24T16:45:34"),
            ("22-9-2026 13:02:03", "2026-09-22T13:02:03", "2026-09-22T13:02:03"),
            ("22/09/2026 13.02.03", "2026-09-22T13:02:03", "2026-09-22T13:02:03"),
            ("22/09/2026 1:02:03 p. m.", "2026-09-22T13:02:03", "2026-09-22T13:02:03"),
            ("2026-09-22 13:02:03Z", "2026-09-22T13:02:03", "2026-09-22T13:02:03"),
            ("2026-09-22T13:02:03.1234567", "2026-09-22T13:02:03.123", "2026-09-22T13:02:03.123"),
            ("2026/9/22 13:02:03", "2026-09-22T13:02:03", "2026-09-22T13:02:03"),
            ("22/23/2026 13:02:03", "-", "-"),
            ("2/30/2026 13:02:03", "-", "-"),
            ("09/22/2026 25:02:03", "-", "-"),
            ("09/22/2026", "-", "-"),
            ("09/22/2026 13:02:03 odd", "-", "-"),
            ("09/22/2026 13:02:03 PM", "-", "-"),
            ("1234.5", "-", "-"),
        ] {
            let read = |order| {
                let time = Stamp::parse(text).and_then(|stamp| stamp.time(order));
                time.map_or("-".to_string(), |time| time.to_string())
            };
            let got = (read(DateOrder::MonthFirst), read(DateOrder::DayFirst));
            assert_eq!((got.0.as_str(), got.1.as_str()), (month_first, day_first), "{text}");
        }
    }

    #[test]
    fn the_form_of_pdh_is_known() {
        for (text, want) in [
            ("09/22/2026 21:42:32.824", Form::Pdh),
            ("9/22/2026 21:42:32.824", Form::Other),
            ("09/22/2026 21:42", Form::Other),
            ("9/22/2026 1:02:03 PM", Form::Half),
        ] {
            assert_eq!(Stamp::parse(text).map(|stamp| stamp.form), Some(want), "{text}");
        }
    }
}
