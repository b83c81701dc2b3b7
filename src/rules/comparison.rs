//! `>= 40%`, `<= 10% of private-bytes`, `>= 128 MB`, `>= 60 per hour`: what a figure is held against.

use std::fmt;

use nom::branch::alt;
use nom::bytes::complete::{tag, tag_no_case, take_while1};
use nom::character::complete::{multispace0, multispace1};
use nom::combinator::{all_consuming, map, opt, value};
use nom::number::complete::double;
use nom::sequence::{preceded, terminated};
use nom::{IResult, Parser};

use super::Truth;
use crate::model::Amount;

/// A figure and how another must compare with it.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    pub relation: Relation,
    /// In bytes, minutes, per hour, or as part of one where it is a percentage.
    pub limit: f64,
    pub unit: Unit,
    /// What it is a part of: `private-bytes`, `total`, `module`.
    pub of: Option<String>,
    /// As written.
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    AtLeast,
    AtMost,
    Above,
    Below,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Plain,
    Percent,
    Bytes,
    Minutes,
    PerHour,
}

impl Comparison {
    /// Reads a comparison; without a sign it means at least.
    pub fn parse(text: &str) -> Option<Self> {
        let (_, (relation, number, (scale, unit), of)) = all_consuming(comparison).parse(text.trim()).ok()?;
        let of = of.map(str::to_ascii_lowercase);
        Some(Comparison { relation, limit: number * scale, unit, of, text: text.trim().to_string() })
    }

    /// Whether an amount compares so, whatever its true value within its error is.
    pub fn holds(&self, amount: Amount) -> Truth {
        let (lowest, highest) = (amount.lowest(), amount.highest());
        let (yes, no) = match self.relation {
            Relation::AtLeast => (lowest >= self.limit, highest < self.limit),
            Relation::Above => (lowest > self.limit, highest <= self.limit),
            Relation::AtMost => (highest <= self.limit, lowest > self.limit),
            Relation::Below => (highest < self.limit, lowest >= self.limit),
        };
        match (yes, no) {
            (true, _) => Truth::Yes,
            (_, true) => Truth::No,
            _ => Truth::Unknown,
        }
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

type Parts<'t> = (Relation, f64, (f64, Unit), Option<&'t str>);

fn comparison(input: &str) -> IResult<&str, Parts<'_>> {
    let of = preceded((multispace1, tag("of"), multispace1), word);
    let (rest, relation) = terminated(opt(relation), multispace0).parse(input)?;
    let (rest, number) = terminated(double, multispace0).parse(rest)?;
    let (rest, unit) = unit(rest)?;
    let (rest, unit) = match unit {
        (scale, Unit::Bytes) => map(opt(preceded(multispace0, tag("per hour"))), |hourly| match hourly {
            Some(_) => (scale, Unit::PerHour),
            None => (scale, Unit::Bytes),
        })
        .parse(rest)?,
        unit => (rest, unit),
    };
    let (rest, of) = opt(of).parse(rest)?;
    Ok((rest, (relation.unwrap_or(Relation::AtLeast), number, unit, of)))
}

fn relation(input: &str) -> IResult<&str, Relation> {
    alt((
        value(Relation::AtLeast, tag(">=")),
        value(Relation::AtMost, tag("<=")),
        value(Relation::Above, tag(">")),
        value(Relation::Below, tag("<")),
    ))
    .parse(input)
}

/// What one stands for, and of what.
fn unit(input: &str) -> IResult<&str, (f64, Unit)> {
    const KB: f64 = 1024.0;
    alt((
        value((0.01, Unit::Percent), tag("%")),
        value((KB * KB * KB, Unit::Bytes), tag_no_case("GB")),
        value((KB * KB, Unit::Bytes), tag_no_case("MB")),
        value((KB, Unit::Bytes), tag_no_case("KB")),
        value((1.0, Unit::PerHour), tag("per hour")),
        value((60.0, Unit::PerHour), tag("per minute")),
        value((60.0, Unit::Minutes), alt((tag("hours"), tag("hour"), tag("h")))),
        value((1.0, Unit::Minutes), alt((tag("minutes"), tag("min")))),
        value((1.0, Unit::Bytes), alt((tag_no_case("bytes"), tag("B")))),
        map(tag(""), |_| (1.0, Unit::Plain)),
    ))
    .parse(input)
}

fn word(input: &str) -> IResult<&str, &str> {
    take_while1(|c: char| c.is_ascii_alphanumeric() || c == '-').parse(input)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comparisons() {
        for (text, want) in [
            (">= 40%", Some((Relation::AtLeast, 0.4, Unit::Percent, None))),
            ("40%", Some((Relation::AtLeast, 0.4, Unit::Percent, None))),
            ("<= 10% of private-bytes", Some((Relation::AtMost, 0.1, Unit::Percent, Some("private-bytes")))),
            ("> 128 MB", Some((Relation::Above, 128.0 * 1024.0 * 1024.0, Unit::Bytes, None))),
            (">= 1 per minute", Some((Relation::AtLeast, 60.0, Unit::PerHour, None))),
            (">= 2 MB per hour", Some((Relation::AtLeast, 2.0 * 1024.0 * 1024.0, Unit::PerHour, None))),
            ("< 15 min", Some((Relation::Below, 15.0, Unit::Minutes, None))),
            (">= 2", Some((Relation::AtLeast, 2.0, Unit::Plain, None))),
            ("many", None),
            ("~ 3", None),
            (">= 3 apples", None),
        ] {
            let got = Comparison::parse(text);
            let got = got.map(|it| (it.relation, (it.limit * 1e6).round() / 1e6, it.unit, it.of));
            assert_eq!(got, want.map(|(a, b, c, d)| (a, b, c, d.map(str::to_string))), "{text}");
        }
    }

    #[test]
    fn a_value_is_never_compared_without_its_error() {
        let least = Comparison::parse(">= 1 GB").unwrap();
        let gb = 1024.0 * 1024.0 * 1024.0;
        for (value, want) in [(1.01, Truth::Yes), (1.0, Truth::Unknown), (0.996, Truth::Unknown), (0.99, Truth::No)] {
            assert_eq!(least.holds(Amount::rounded(value * gb, 0.01 * gb)), want, "{value}");
        }
    }
}
