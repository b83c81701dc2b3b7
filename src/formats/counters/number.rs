//! Values of counters as printed, in any locale: `1234.560000`, `1234,56`, `1.234,56`, `1,234.56`, `2.5E-05`.
//!
//! What a comma means cannot be told from one value: `1,234` is a thousand or one and a bit. So each value is read with
//! what it leaves open, and [`Marks`] decides when all values of a file were seen.

use crate::model::Amount;

/// A value, and what its separators say of the file it is from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Number {
    /// As if its last separator were a decimal mark, unless it must be something else.
    amount: Amount,
    mark: Mark,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    /// No separator.
    None,
    /// The decimal mark is surely a point: `0.5`, `1,234.5`, `1,234,567`.
    Point,
    Comma,
    /// One separator, before three digits: a decimal mark or one of thousands.
    PointBeforeThree,
    CommaBeforeThree,
}

impl Number {
    /// Reads a value. `None` when it is none: empty, `NaN`, damaged.
    pub fn parse(text: &str) -> Option<Number> {
        let text = text.trim();
        // Nearly all values are so long at most; what is longer is none.
        if text.is_empty() || text.len() > 64 {
            return None;
        }
        let (digits, exponent) = match text.find(['e', 'E']) {
            Some(at) => (&text[..at], text[at + 1..].parse::<i32>().ok()?),
            None => (text, 0),
        };
        let unsigned = digits.strip_prefix(['-', '\u{2212}']).unwrap_or(digits);
        let (whole, fraction, mark) = split(unsigned, exponent != 0)?;
        let value = if matches!(mark, Mark::None | Mark::Point | Mark::PointBeforeThree) && is_plain(text) {
            text.parse::<f64>()
        } else {
            let plain: String = whole.chars().filter(char::is_ascii_digit).collect();
            let sign = if unsigned.len() < digits.len() { "-" } else { "" };
            format!("{sign}{plain}.{fraction}e{exponent}").parse()
        };
        let value = value.ok().filter(|value| value.is_finite())?;
        let decimals = i32::try_from(fraction.len()).ok()?;
        let amount = match exponent - decimals {
            _ if decimals == 0 && exponent == 0 => Amount::exact(value),
            power => Amount::rounded(value, 10f64.powi(power)),
        };
        Some(Number { amount, mark })
    }
}

/// Written as a program would write it, as nearly all values are: `-1234.5`, `2.5E-05`.
fn is_plain(text: &str) -> bool {
    let points = text.bytes().filter(|byte| *byte == b'.').count();
    points <= 1 && text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+' | b'e' | b'E'))
}

/// Whole digits (with their separators), digits behind the decimal mark, and what the separators say.
fn split(text: &str, has_exponent: bool) -> Option<(&str, &str, Mark)> {
    let is_mark = |c: char| c == '.' || c == ',';
    let Some(last) = text.rfind(is_mark) else {
        return is_grouped(text, is_blank).then_some((text, "", Mark::None));
    };
    let (whole, fraction) = (&text[..last], &text[last + 1..]);
    let mark = &text[last..=last];
    let (own, other) = if mark == "." { (Mark::Point, Mark::Comma) } else { (Mark::Comma, Mark::Point) };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(fraction) || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    if whole.contains(mark) {
        // `1.234.567`: the mark stands more than once, so it separates thousands, and the other is the decimal mark.
        let grouped = is_grouped(text, |c| mark.contains(c)) && !has_exponent;
        return grouped.then_some((text, "", other));
    }
    if whole.contains(is_mark) {
        return is_grouped(whole, is_mark).then_some((whole, fraction, own));
    }
    if whole.contains(is_blank) {
        return is_grouped(whole, is_blank).then_some((whole, fraction, own));
    }
    if !digits(whole) {
        return None;
    }
    let open = fraction.len() == 3 && (1..=3).contains(&whole.len()) && !whole.starts_with('0') && !has_exponent;
    let mark = match (open, own) {
        (true, Mark::Point) => Mark::PointBeforeThree,
        (true, _) => Mark::CommaBeforeThree,
        (false, own) => own,
    };
    Some((whole, fraction, mark))
}

/// Windows separates thousands by a blank that does not break in some locales.
fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\u{a0}' | '\u{202f}')
}

/// Digits alone, or in groups of three.
fn is_grouped(text: &str, is_mark: impl Fn(char) -> bool + Copy) -> bool {
    let mut groups = text.split(is_mark);
    let first = groups.next().unwrap_or_default();
    let digits = |group: &str| !group.is_empty() && group.bytes().all(|byte| byte.is_ascii_digit());
    let alone = !text.contains(is_mark);
    digits(first) && (alone || first.len() <= 3) && groups.all(|group| group.len() == 3 && digits(group))
}

/// How many values of a file say what its decimal mark is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Marks {
    point: u64,
    comma: u64,
    point_before_three: u64,
    comma_before_three: u64,
}

/// The decimal mark of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decimal {
    Point,
    Comma,
    /// Values contradict each other, or tell nothing: only those without separators can be believed.
    Unknown,
}

/// Out of so many values one may contradict the others, and is damaged then.
const ONE_IN: u64 = 10;

impl Marks {
    pub fn count(&mut self, number: &Number) {
        match number.mark {
            Mark::None => {}
            Mark::Point => self.point += 1,
            Mark::Comma => self.comma += 1,
            Mark::PointBeforeThree => self.point_before_three += 1,
            Mark::CommaBeforeThree => self.comma_before_three += 1,
        }
    }

    /// No tool separates thousands in a recording: a lone separator is a decimal mark there. On a screen, and where another
    /// program saved the recording again (`separates_thousands`), that may be otherwise.
    pub fn decide(&self, separates_thousands: bool) -> Decimal {
        match (self.point, self.comma) {
            (0, 0) if separates_thousands => Decimal::Unknown,
            (0, 0) if self.comma_before_three == 0 => Decimal::Point,
            (0, 0) if self.point_before_three == 0 => Decimal::Comma,
            (0, 0) => Decimal::Unknown,
            (point, comma) if comma * ONE_IN <= point => Decimal::Point,
            (point, comma) if point * ONE_IN <= comma => Decimal::Comma,
            _ => Decimal::Unknown,
        }
    }
}

impl Decimal {
    /// The value, now that the decimal mark is known; `None` for one that contradicts it.
    pub fn read(self, number: &Number) -> Option<Amount> {
        let thousands = || Amount::exact((number.amount.value * 1000.0).round());
        match (number.mark, self) {
            (Mark::None, _) => Some(number.amount),
            (_, Decimal::Unknown) => None,
            (Mark::Point | Mark::PointBeforeThree, Decimal::Point) => Some(number.amount),
            (Mark::Comma | Mark::CommaBeforeThree, Decimal::Comma) => Some(number.amount),
            (Mark::PointBeforeThree, Decimal::Comma) | (Mark::CommaBeforeThree, Decimal::Point) => Some(thousands()),
            (Mark::Point, Decimal::Comma) | (Mark::Comma, Decimal::Point) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_with_the_error_of_their_last_digit() {
        for (text, want) in [
            ("1234", Some((1234.0, 0.0))),
            ("-5", Some((-5.0, 0.0))),
            ("1073741824.000000", Some((1073741824.0, 0.0000005))),
            ("0.5", Some((0.5, 0.05))),
            (".5", Some((0.5, 0.05))),
            ("2.5E-05", Some((0.000025, 0.0000005))),
            ("1.5E+10", Some((1.5e10, 0.5e9))),
            ("1 234 567", Some((1234567.0, 0.0))),
            ("", None),
            (" ", None),
            ("NaN", None),
            ("1.2.3", None),
            ("12,34,5", None),
            ("0x10", None),
            ("1e999", None),
            ("-", None),
            (".", None),
        ] {
            let number = Number::parse(text);
            let got = number.and_then(|number| {
                let mut marks = Marks::default();
                marks.count(&number);
                marks.decide(false).read(&number)
            });
            match (got, want) {
                (Some(got), Some((value, error))) => {
                    assert!(got.value == value && (got.error - error).abs() <= error * 1e-9, "{text}: {got:?}");
                }
                (got, want) => assert_eq!(got.is_some(), want.is_some(), "{text}: {got:?}"),
            }
        }
    }

    #[test]
    fn the_decimal_mark_is_decided_for_the_whole_file() {
        for (file, want) in [
            (&["1.234,56", "7"][..], "1234.56 7"),
            (&["1,234.56", "7"], "1234.56 7"),
            (&["1,234", "0.5"], "1234 0.5"),
            (&["1,234", "0,5"], "1.234 0.5"),
            (&["1.234", "0,5"], "1234 0.5"),
            (&["1.234.567", "1.234", "1,5"], "1234567 1234 1.5"),
            (&["1.234", "12.345"], "1.234 12.345"),
            (&["1,234", "12,345"], "1.234 12.345"),
            (&["1,234", "1.234", "3"], "- - 3"),
            (&["1,5", "1.5", "3"], "- - 3"),
            (
                &["0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7", "0.8", "0.9", "1.1", "1,5"],
                "0.1 0.2 0.3 0.4 0.5 0.6 0.7 0.8 0.9 1.1 -",
            ),
            (&["1\u{202f}234,5"], "1234.5"),
        ] {
            let numbers: Vec<Number> = file.iter().map(|text| Number::parse(text).expect(text)).collect();
            let mut marks = Marks::default();
            numbers.iter().for_each(|number| marks.count(number));
            let decimal = marks.decide(false);
            let read = |number| decimal.read(number).map_or("-".to_string(), |amount| amount.value.to_string());
            assert_eq!(numbers.iter().map(read).collect::<Vec<_>>().join(" "), want, "{file:?}");
        }
    }

    #[test]
    fn what_separates_thousands_may_have_marks_of_them() {
        for (file, want) in [(&["1.234", "2"][..], Decimal::Unknown), (&["1.234", "0,5"], Decimal::Comma)] {
            let mut marks = Marks::default();
            file.iter().for_each(|text| marks.count(&Number::parse(text).expect(text)));
            assert_eq!(marks.decide(true), want, "{file:?}");
        }
    }
}
