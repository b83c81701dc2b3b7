//! Figures of both cases, by what measures them: those that moved, those that did not, and those that stand side by side.

use std::io::{self, Write};

use super::DiffCase;
use crate::facts::in_words::{bytes, bytes_in_row, counts_in_row, percent, signed, two_digits};
use crate::facts::{Change, CounterUnit, Difference, Figure, FigureChange, Measurer, Tendency};
use crate::model::Amount;
use crate::report::layout::{BOLD, DIM, count, paragraph, styled};
use crate::report::printable;

/// Figures of one measurer that are listed; the others are counted.
const LISTED: usize = 10;
/// Figures that are named in a list.
const NAMED: usize = 6;
/// What moved by less than this part of what moved most is only counted.
const TRIFLE: f64 = 0.01;

pub fn write_figures(case: &DiffCase, out: &mut dyn Write, width: usize) -> io::Result<()> {
    let figures = &case.changes.figures;
    let mut measurers: Vec<Measurer> = Vec::new();
    for figure in figures {
        if !measurers.contains(&figure.measurer) {
            measurers.push(figure.measurer);
        }
    }
    if measurers.is_empty() {
        return Ok(());
    }
    writeln!(out, "{}", styled(BOLD, "Figures, OLD → NEW"))?;
    for measurer in measurers {
        let own: Vec<&FigureChange> = figures.iter().filter(|figure| figure.measurer == measurer).collect();
        write_measurer(measurer, &own, case.changes.apart.as_deref(), out, width)?;
    }
    let is_memory = |figure: &FigureChange| matches!(figure.measurer, Measurer::LeakReport | Measurer::Table(_));
    if figures.iter().any(|figure| is_memory(figure) && matches!(figure.change, Change::Grew(_))) {
        let (old, new) = (printable(&case.old.name), printable(&case.new.name));
        let text =
            format!("If both are of one process, `stacklint scan --case all {old} {new}` judges its growth over time.");
        writeln!(out)?;
        paragraph(out, "", &text, width)?;
    }
    Ok(())
}

fn write_measurer(
    measurer: Measurer,
    figures: &[&FigureChange],
    apart: Option<&str>,
    out: &mut dyn Write,
    width: usize,
) -> io::Result<()> {
    writeln!(out, "  {}", title(measurer))?;
    let moved: Vec<&FigureChange> = figures.iter().copied().filter(|figure| figure.has_moved()).collect();
    let shown: Vec<&FigureChange> =
        moved.iter().copied().filter(|figure| matters(figure, &moved)).take(LISTED).collect();
    write_rows(&shown, out)?;
    if moved.len() > shown.len() {
        writeln!(out, "    {} by less", count((moved.len() - shown.len()) as u64, "other"))?;
    }
    let still = figures.iter().copied().filter(|figure| matches!(figure.change, Change::Same | Change::Unclear(_)));
    write_list("no clear change: ", &still.collect::<Vec<_>>(), out, width)?;
    write_apart(figures, apart, out, width)?;
    for (is_old, who) in [(true, "OLD"), (false, "NEW")] {
        let of_one = figures
            .iter()
            .copied()
            .filter(|figure| figure.change == Change::OneSided && figure.old.is_some() == is_old);
        write_list(&format!("only {who} says: "), &of_one.collect::<Vec<_>>(), out, width)?;
    }
    Ok(())
}

/// Whether it moved by more than a trifle of what moved most in the same unit.
fn matters(figure: &FigureChange, moved: &[&FigureChange]) -> bool {
    let alike = moved.iter().filter(|other| other.unit == figure.unit && other.of == figure.of);
    figure.distance() >= TRIFLE * alike.map(|other| other.distance()).fold(0.0, f64::max)
}

/// `no clear change: threads 17; idle 10; 3 others`. Owners of memory are only counted.
fn write_list(first: &str, figures: &[&FigureChange], out: &mut dyn Write, width: usize) -> io::Result<()> {
    let is_named = |figure: &&&FigureChange| {
        figure.name.is_empty() || matches!(figure.measurer, Measurer::Threads | Measurer::Moment | Measurer::Counter)
    };
    let mut said: Vec<String> = figures.iter().filter(is_named).take(NAMED).map(|figure| now(figure)).collect();
    let others = figures.len() - said.len();
    if others > 0 {
        said.push(count(others as u64, if said.is_empty() { "figure" } else { "other" }));
    }
    if said.is_empty() { Ok(()) } else { paragraph(out, "    ", &format!("{first}{}", said.join("; ")), width) }
}

/// Figures of which no difference is made, with the reason said once for each.
fn write_apart(figures: &[&FigureChange], apart: Option<&str>, out: &mut dyn Write, width: usize) -> io::Result<()> {
    let mut reasons: Vec<&str> = Vec::new();
    for figure in figures {
        if let Change::NotCompared(why) = &figure.change
            && !reasons.contains(&why.as_str())
        {
            reasons.push(why);
        }
    }
    for why in reasons {
        let of_reason = |figure: &&FigureChange| matches!(&figure.change, Change::NotCompared(own) if own == why);
        let own: Vec<&FigureChange> = figures.iter().copied().filter(of_reason).collect();
        write_rows(&own[..own.len().min(LISTED)], out)?;
        if own.len() > LISTED {
            writeln!(out, "    {}", count((own.len() - LISTED) as u64, "other"))?;
        }
        let why = if apart == Some(why) { "different processes" } else { why };
        paragraph(out, "    ", &format!("not subtracted: {}", printable(why)), width)?;
    }
    Ok(())
}

fn title(measurer: Measurer) -> String {
    match measurer {
        Measurer::Threads => "Threads".to_string(),
        Measurer::Moment => "Thread pool and locks".to_string(),
        Measurer::Counter => "Counters".to_string(),
        Measurer::LeakReport => "Leak reports".to_string(),
        Measurer::Table(kind) => kind.command().to_string(),
    }
}

/// Difference, part, both figures, and name.
fn row(figure: &FigureChange) -> [String; 4] {
    let both = match (figure.old, figure.new) {
        (Some(old), Some(new)) => in_row(figure.unit, &[old.amount.value, new.amount.value]),
        (Some(one), None) | (None, Some(one)) => in_row(figure.unit, &[one.amount.value]),
        (None, None) => String::new(),
    };
    let (change, part) = match &figure.change {
        Change::Grew(difference) | Change::Fell(difference) => (
            with_error(figure.unit, difference.amount),
            difference.part.map(|part| signed(part.value)).unwrap_or_default(),
        ),
        _ => (String::new(), String::new()),
    };
    let mut name = label(figure);
    if let Change::Grew(difference) = &figure.change {
        name.push_str(&rate(figure.unit, difference));
    }
    name.push_str(&courses(figure));
    [change, part, both, name]
}

fn write_rows(figures: &[&FigureChange], out: &mut dyn Write) -> io::Result<()> {
    let rows: Vec<[String; 4]> = figures.iter().map(|figure| row(figure)).collect();
    let widest = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let widths = [widest(0), widest(1), widest(2)];
    for [change, part, both, name] in rows {
        write!(out, "    ")?;
        for (text, width) in [change, part, both].into_iter().zip(widths).filter(|(_, width)| *width > 0) {
            write!(out, "{text:>width$}  ")?;
        }
        writeln!(out, "{name}")?;
    }
    Ok(())
}

/// `GdiPlus`, `private-bytes, average`, `all objects`
fn label(figure: &FigureChange) -> String {
    let name = printable(&figure.name);
    let name = match (figure.measurer, name.is_empty(), figure.of) {
        (Measurer::LeakReport | Measurer::Table(_), true, "size") => "all of it".to_string(),
        (_, true, of) => format!("all {of}"),
        (Measurer::Counter, false, of) => format!("{name} ({of})"),
        (..) => name.into_owned(),
    };
    match &figure.process {
        Some(process) => format!("{name} of {}", printable(process)),
        None => name,
    }
}

/// `GdiPlus 2.19 GB`
fn now(figure: &FigureChange) -> String {
    let amount = figure.new.or(figure.old).map(|figure| figure.amount.value).unwrap_or_default();
    format!("{} {}", label(figure), in_row(figure.unit, &[amount]))
}

/// `, 1.3 GB/h`
fn rate(unit: CounterUnit, difference: &Difference) -> String {
    match difference.per_hour {
        Some(rate) => styled(DIM, &format!("  {}", per_hour(unit, rate))),
        None => String::new(),
    }
}

fn per_hour(unit: CounterUnit, rate: Amount) -> String {
    match unit {
        CounterUnit::Bytes => format!("{}/h", two_digits(&bytes(rate.value))),
        _ if rate.value.abs() < 10.0 => format!("{:.1}/h", rate.value),
        _ => format!("{}/h", counts_in_row(&[three_digits(rate.value)])),
    }
}

/// 1,180,000 of 1,175,376: a rate is no more exact than that.
fn three_digits(number: f64) -> f64 {
    let step = 10f64.powi((number.abs().log10().floor() as i32 - 2).max(0));
    (number / step).round() * step
}

/// What a figure did within each case, where it moved in one: `  (OLD grows 1.3 GB/h, NEW flat)`.
fn courses(figure: &FigureChange) -> String {
    let moves = |side: Option<Figure>| {
        side.is_some_and(|side| matches!(side.tendency, Some(Tendency::Grows | Tendency::Falls)))
    };
    if !moves(figure.old) && !moves(figure.new) {
        return String::new();
    }
    let said = |who: &str, side: Option<Figure>| {
        let side = side?;
        let rate = side.per_hour.map(|rate| format!(" {}", per_hour(figure.unit, rate))).unwrap_or_default();
        Some(match side.tendency? {
            Tendency::Grows => format!("{who} grows{rate}"),
            Tendency::Falls => format!("{who} falls{rate}"),
            Tendency::Flat => format!("{who} flat"),
            Tendency::Between | Tendency::Unclear | Tendency::Unknown => return None,
        })
    };
    let both: Vec<String> = [said("OLD", figure.old), said("NEW", figure.new)].into_iter().flatten().collect();
    if both.is_empty() { String::new() } else { styled(DIM, &format!("  ({})", both.join(", "))) }
}

fn in_row(unit: CounterUnit, amounts: &[f64]) -> String {
    match unit {
        CounterUnit::Bytes => bytes_in_row(amounts),
        CounterUnit::Count => counts_in_row(amounts),
        CounterUnit::Percent => amounts.iter().map(|amount| percent(amount / 100.0)).collect::<Vec<_>>().join(" → "),
    }
}

/// `+1.02 GB ± 10.2 MB`
fn with_error(unit: CounterUnit, amount: Amount) -> String {
    let sign = if amount.value > 0.0 { "+" } else { "" };
    let error = match amount.error / amount.value.abs() > 0.001 {
        true => format!(" ± {}", in_row(unit, &[amount.error])),
        false => String::new(),
    };
    format!("{sign}{}{error}", in_row(unit, &[amount.value]))
}
