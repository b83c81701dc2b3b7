//! The numbers of a leak report: `1.17 GBytes`, `13,155 allocations`, `01:39:09`, `97%`.
//!
//! DebugDiag rounds sizes to two decimals and drops zeros at their end, counts in units of 1024, and prints counts with
//! at least two digits (`05`). Separators are those of the machine's language, so that what `1.234 MBytes` means is known
//! only when the rest of the report tells.

use crate::model::Amount;

/// A figure as printed.
#[derive(Clone, Debug, PartialEq)]
pub enum Figure {
    /// Counts: no language writes them with decimals.
    Count(String),
    /// A number and the bytes of its unit.
    Size(String, f64),
    /// A figure that reads the same in every language.
    Plain(Amount),
}

/// What a figure measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Measure {
    Allocations,
    Handles,
    Size,
    Probability,
}

/// A text that is one figure and nothing else, as it ends the row of a graph.
pub fn measured(text: &str) -> Option<(Measure, Figure)> {
    let text = text.trim();
    let counted = count(text).filter(|(.., rest)| rest.is_empty()).map(|(what, figure, _)| (what, figure));
    counted
        .or_else(|| size(text).filter(|(_, rest)| rest.is_empty()).map(|(figure, _)| (Measure::Size, figure)))
        .or_else(|| percentage(text).map(|figure| (Measure::Probability, figure)))
}

/// `13,155 allocations`, `1370 allocation(s)`, `05 handle(s)`: what is counted, how many, and what stands behind.
pub fn count(text: &str) -> Option<(Measure, Figure, &str)> {
    let (digits, rest) = number(text)?;
    let rest = rest.trim_start();
    for (word, measure) in [("allocation", Measure::Allocations), ("handle", Measure::Handles)] {
        let Some(rest) = without_prefix(rest, word) else { continue };
        let rest = rest.strip_prefix("(s)").or_else(|| rest.strip_prefix('s')).unwrap_or(rest);
        return (!continues_word(rest)).then(|| (measure, Figure::Count(digits.to_string()), rest.trim_start()));
    }
    None
}

/// A count without its unit.
pub fn bare_count(text: &str) -> Option<Figure> {
    number(text.trim()).filter(|(_, rest)| rest.is_empty()).map(|(digits, _)| Figure::Count(digits.to_string()))
}

/// `1.17 GBytes`, `112 Bytes`, `1.16GB`: a size, and what stands behind it.
pub fn size(text: &str) -> Option<(Figure, &str)> {
    // The shorter unit comes after the longer one that begins with it.
    const UNITS: [(&str, u32); 10] = [
        ("TBytes", 4),
        ("GBytes", 3),
        ("MBytes", 2),
        ("KBytes", 1),
        ("Bytes", 0),
        ("Byte", 0),
        ("TB", 4),
        ("GB", 3),
        ("MB", 2),
        ("KB", 1),
    ];
    let (digits, rest) = number(text)?;
    let rest = rest.trim_start();
    let (rest, power) = UNITS.iter().find_map(|(unit, power)| Some((without_prefix(rest, unit)?, *power)))?;
    let figure = Figure::Size(digits.to_string(), 1024f64.powi(power as i32));
    (!continues_word(rest)).then(|| (figure, rest.trim_start()))
}

/// `97%`, rounded to its last digit.
pub fn percentage(text: &str) -> Option<Figure> {
    let digits = text.trim().strip_suffix('%')?.trim_end().replace(',', ".");
    let decimals = digits.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    let value: f64 = is_number(&digits).then(|| digits.parse().ok())??;
    let step = 0.1f64.powi(decimals as i32 + 2);
    (value <= 100.0).then(|| Figure::Plain(Amount::rounded(value / 100.0, step)))
}

/// `01:39:09`, `26:05:03`, `1.02:03:04`, `12 day(s) 03:41:18`, in seconds. A fraction of a second is not printed.
pub fn duration(text: &str) -> Option<Figure> {
    let text = text.trim();
    let (days, time) = match text.split_once(' ') {
        Some((days, rest)) => {
            let word = rest.trim_start().split_once(' ').filter(|(word, _)| without_prefix(word, "day").is_some());
            (days.parse::<u32>().ok()?, word?.1.trim())
        }
        None => match text.split_once('.').filter(|(days, rest)| !days.contains(':') && rest.contains(':')) {
            Some((days, time)) => (days.parse().ok()?, time),
            None => (0, text),
        },
    };
    let time = time.split_once('.').map_or(time, |(time, _)| time);
    let mut parts = time.split(':').map(|part| part.parse::<u32>().ok().filter(|_| part.len() <= 6));
    let (hours, minutes, seconds) = (parts.next()??, parts.next()??, parts.next()??);
    if parts.next().is_some() || minutes >= 60 || seconds >= 60 {
        return None;
    }
    let hours = f64::from(days) * 24.0 + f64::from(hours);
    let value = hours * 3600.0 + f64::from(minutes) * 60.0 + f64::from(seconds);
    // Whether the tool rounds or cuts is not known, and either way a second holds the rest.
    Some(Figure::Plain(Amount { value, error: 1.0 }))
}

/// How the machine that wrote a report separates decimals, as far as its figures tell.
#[derive(Debug, Default)]
pub struct Separators {
    decimal: Option<char>,
    /// Figures say both.
    mixed: bool,
}

impl Separators {
    /// Takes in what a figure shows.
    pub fn learn(&mut self, figure: &Figure) {
        let shown = match figure {
            Figure::Count(digits) => grouping(digits).and_then(other),
            Figure::Size(digits, unit) if *unit == 1.0 => grouping(digits).and_then(other),
            Figure::Size(digits, _) => match split(digits) {
                Split::Decimal(_, at) => digits[at..].chars().next(),
                Split::Whole(_) => grouping(digits).and_then(other),
                Split::Either(_) | Split::Neither => None,
            },
            Figure::Plain(_) => None,
        };
        let Some(shown) = shown else { return };
        self.mixed |= self.decimal.is_some_and(|decimal| decimal != shown);
        self.decimal = Some(shown);
    }

    /// What a figure is worth; `None` where that cannot be told.
    pub fn amount(&self, figure: &Figure) -> Option<Amount> {
        match figure {
            Figure::Plain(amount) => Some(*amount),
            Figure::Count(digits) => Some(Amount::exact(whole(digits)?)),
            Figure::Size(digits, unit) if *unit == 1.0 => Some(Amount::exact(whole(digits)?)),
            Figure::Size(digits, unit) => {
                let value = match split(digits) {
                    Split::Whole(value) | Split::Decimal(value, _) => value,
                    Split::Either(separator) if !self.mixed => {
                        let decimal = self.decimal? == separator;
                        let plain = if decimal { digits.replace(separator, ".") } else { only_digits(digits) };
                        plain.parse().ok()?
                    }
                    Split::Either(_) | Split::Neither => return None,
                };
                Some(Amount::rounded(value * unit, 0.01 * unit))
            }
        }
    }
}

/// What the separators of a number can mean.
enum Split {
    Whole(f64),
    /// And where its decimal separator stands.
    Decimal(f64, usize),
    /// `1.234`: decimals or thousands.
    Either(char),
    Neither,
}

fn split(digits: &str) -> Split {
    let marks: Vec<(usize, char)> = digits.char_indices().filter(|(_, c)| !c.is_ascii_digit()).collect();
    let Some(&(last, mark)) = marks.last() else { return digits.parse().map_or(Split::Neither, Split::Whole) };
    if let Some(value) = whole(digits)
        && (marks.len() > 1 || !matches!(mark, '.' | ','))
    {
        return Split::Whole(value);
    }
    let (above, below) = (&digits[..last], &digits[last + mark.len_utf8()..]);
    let before = if marks.len() == 1 { Some(above.to_string()) } else { whole(above).map(|_| only_digits(above)) };
    let same = marks[..marks.len() - 1].iter().any(|(_, other)| *other == mark);
    let Some(before) = before.filter(|_| matches!(mark, '.' | ',') && !same) else { return Split::Neither };
    // Thousands leave no more than three digits before them, and no zero alone.
    if marks.len() == 1 && below.len() == 3 && before.len() <= 3 && before != "0" {
        return Split::Either(mark);
    }
    format!("{before}.{below}").parse().map_or(Split::Neither, |value| Split::Decimal(value, last))
}

/// A whole number, with separators between groups of three digits (in India two) or without.
fn whole(digits: &str) -> Option<f64> {
    let mark = digits.chars().find(|c| !c.is_ascii_digit());
    let Some(mark) = mark else { return digits.parse().ok() };
    let mut groups: Vec<&str> = digits.split(mark).collect();
    let last = groups.pop()?;
    let first = groups.first()?;
    let fits =
        last.len() == 3 && (1..=3).contains(&first.len()) && groups[1..].iter().all(|g| matches!(g.len(), 2 | 3));
    let all_digits = groups.iter().chain([&last]).all(|group| group.bytes().all(|byte| byte.is_ascii_digit()));
    (fits && all_digits).then(|| only_digits(digits).parse().ok())?
}

/// The separator of groups in a whole number.
fn grouping(digits: &str) -> Option<char> {
    whole(digits)?;
    digits.chars().find(|c| !c.is_ascii_digit())
}

/// Where one of the two separates groups, the other separates decimals.
fn other(mark: char) -> Option<char> {
    match mark {
        ',' => Some('.'),
        '.' => Some(','),
        _ => None,
    }
}

fn only_digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

/// The number that a text begins with: digits, and separators that have digits on both sides. A blank is one only before
/// three digits.
fn number(text: &str) -> Option<(&str, &str)> {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let mut end = 0;
    while digit(end) {
        end += 1;
        let mark = text[end..].chars().next().filter(|c| matches!(c, '.' | ',' | '\'' | '\u{2019}' | ' '));
        let Some(mark) = mark else { continue };
        let behind = end + mark.len_utf8();
        let group = digit(behind) && digit(behind + 1) && digit(behind + 2) && !digit(behind + 3);
        let joins = if matches!(mark, '.' | ',') { digit(behind) } else { group };
        end = if joins { behind } else { end };
    }
    (end > 0 && end <= 30).then(|| text.split_at(end))
}

fn without_prefix<'t>(text: &'t str, prefix: &str) -> Option<&'t str> {
    let (head, rest) = text.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then_some(rest)
}

fn continues_word(rest: &str) -> bool {
    rest.starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '/')
}

#[cfg(test)]
mod tests {
    use super::*;

    const GB: f64 = 1024.0 * 1024.0 * 1024.0;

    fn check(others: &[&str], text: &str, want: Option<(f64, f64)>) {
        let mut separators = Separators::default();
        let figure = measured(text).map(|(_, figure)| figure).or_else(|| duration(text));
        for other in others.iter().copied().chain([text]) {
            if let Some((_, figure)) = measured(other) {
                separators.learn(&figure);
            }
        }
        let got = figure.and_then(|figure| separators.amount(&figure)).map(|amount| (amount.value, amount.error));
        match (got, want) {
            (Some((value, error)), Some((wanted, wanted_error))) => {
                let near = |a: f64, b: f64| (a - b).abs() <= 1e-9 * b.abs().max(1.0);
                assert!(near(value, wanted) && near(error, wanted_error), "{text}: {value} ± {error}");
            }
            _ => assert_eq!(got, want, "{text} beside {others:?}"),
        }
    }

    #[test]
    fn figures() {
        for (text, want) in [
            ("1.17 GBytes", Some((1.17 * GB, 0.005 * GB))),
            ("2 GBytes", Some((2.0 * GB, 0.005 * GB))),
            ("1.16GB", Some((1.16 * GB, 0.005 * GB))),
            ("112 Bytes", Some((112.0, 0.0))),
            ("1,234 Bytes", Some((1234.0, 0.0))),
            ("1234567 bytes", Some((1234567.0, 0.0))),
            ("13,155 allocations", Some((13155.0, 0.0))),
            ("13.155 allocations", Some((13155.0, 0.0))),
            ("13 155 allocation(s)", Some((13155.0, 0.0))),
            ("13'155 allocation(s)", Some((13155.0, 0.0))),
            ("1,23,456 allocations", Some((123456.0, 0.0))),
            ("05 handle(s)", Some((5.0, 0.0))),
            ("1.5 allocations", None),
            ("1,23 allocations", None),
            ("97%", Some((0.97, 0.005))),
            ("97.5%", Some((0.975, 0.0005))),
            ("970%", None),
            ("01:39:09", Some((5949.0, 1.0))),
            ("26:05:03", Some((93903.0, 1.0))),
            ("1.02:03:04", Some((93784.0, 1.0))),
            ("12 day(s) 03:41:18", Some((1050078.0, 1.0))),
            ("01:99:09", None),
            ("1.17 GBytesx", None),
            ("GBytes", None),
            ("", None),
        ] {
            check(&[], text, want);
        }
    }

    /// `1.234 MBytes` means nothing alone.
    #[test]
    fn separators_are_learned_from_the_rest() {
        const MB: f64 = 1024.0 * 1024.0;
        for (others, text, want) in [
            (&[][..], "1.234 MBytes", None),
            (&["1.17 GBytes"], "1.234 MBytes", Some((1.234 * MB, 0.005 * MB))),
            (&["1,17 GBytes"], "1.234 MBytes", Some((1234.0 * MB, 0.005 * MB))),
            (&["13.155 allocations"], "1.234 MBytes", Some((1234.0 * MB, 0.005 * MB))),
            (&["13,155 allocations"], "1.234 MBytes", Some((1.234 * MB, 0.005 * MB))),
            (&["13 155 allocations"], "1.234 MBytes", None),
            (&["1,17 GBytes", "1.17 GBytes"], "1.234 MBytes", None),
            (&[], "1,17 MBytes", Some((1.17 * MB, 0.005 * MB))),
            (&[], "1.023,5 MBytes", Some((1023.5 * MB, 0.005 * MB))),
            (&[], "1 023,5 MBytes", Some((1023.5 * MB, 0.005 * MB))),
            (&[], "0.125 MBytes", Some((0.125 * MB, 0.005 * MB))),
            (&[], "1.2.3 MBytes", None),
        ] {
            check(others, text, want);
        }
    }
}
