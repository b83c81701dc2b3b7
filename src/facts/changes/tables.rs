//! Tables of heaps and objects of both cases: the last of each kind, in all and by owner.

use std::collections::BTreeSet;

use super::leaks::last_of;
use super::{Change, Figure, FigureChange, Look, Measurer, hours_between};
use crate::facts::{CounterUnit, Course, ListingKind, Measured, Series};

/// What of tables of different processes is shown: the greatest owners of each case.
const SHOWN_APART: usize = 3;

pub fn figures(old: &Look<'_>, new: &Look<'_>) -> Vec<FigureChange> {
    let (Some(of_old), Some(of_new)) = (old.tables, new.tables) else { return Vec::new() };
    let (all, why) = of_old.clone().finish_beside(of_new.clone(), old.sources);
    let mut series: Vec<&Series> = all.iter().flat_map(|tables| &tables.series).collect();
    series.retain(|series| !series.is_difference());
    let second = |series: &Series| series.sources().map(|source| source >= old.sources).collect::<BTreeSet<bool>>();
    let mut figures = Vec::new();
    let kinds: BTreeSet<(ListingKind, &str)> =
        series.iter().map(|series| (series.kind, series.narrowed.as_str())).collect();
    for (kind, narrowed) in kinds {
        let of_kind = || series.iter().filter(|series| series.kind == kind && series.narrowed == narrowed);
        let joined: Vec<&&Series> = of_kind().filter(|series| second(series).len() == 2).collect();
        if !joined.is_empty() {
            joined.iter().for_each(|series| figures.extend(of_series(series, old.sources)));
            continue;
        }
        let of_side = |is_second: bool| of_kind().rfind(|series| second(series).contains(&is_second));
        figures.extend(of_apart(of_side(false).copied(), of_side(true).copied(), old.sources, &why));
    }
    figures
}

/// A figure of both cases, from the listings of one process.
fn of_series(series: &Series, first_source: usize) -> Vec<FigureChange> {
    let mut figures = Vec::new();
    let hours = hours(series, first_source);
    for (measured, of) in totals(series.kind) {
        let both = split(&series.total(measured), series, first_source);
        figures.extend(change(series.kind, "", of, both, |old, new| Change::of(old, new, 0.0, hours)));
    }
    let measured = series.kind.usual_measure();
    let mut owners: Vec<FigureChange> = Vec::new();
    for owner in series.owners.iter().filter(|owner| !owner.by_name_only) {
        let both = split(&series.course_of(owner, measured), series, first_source);
        // What a table that is cut does not list is unknown.
        if both.0.is_none() || both.1.is_none() {
            continue;
        }
        let of = name_of(series.kind, measured);
        owners.extend(change(series.kind, &owner.name, of, both, |old, new| Change::of(old, new, 0.0, hours)));
    }
    owners.sort_by(|a, b| b.distance().total_cmp(&a.distance()).then_with(|| a.name.cmp(&b.name)));
    figures.extend(owners);
    figures
}

/// What each case says for itself, where the tables are of different processes, or only one case has them.
fn of_apart(old: Option<&Series>, new: Option<&Series>, first_source: usize, why: &str) -> Vec<FigureChange> {
    let Some(any) = new.or(old) else { return Vec::new() };
    let measured = any.kind.usual_measure();
    let side = |series: Option<&Series>, course: &dyn Fn(&Series) -> Course, is_second: bool| {
        let series = series?;
        let (old, new) = split(&course(series), series, first_source);
        if is_second { new } else { old }
    };
    let both = |course: &dyn Fn(&Series) -> Course| (side(old, course, false), side(new, course, true));
    let verdict = |old: Option<Figure>, new: Option<Figure>| match (old, new) {
        (Some(_), Some(_)) => Change::NotCompared(why.to_string()),
        _ => Change::OneSided,
    };
    let mut figures = Vec::new();
    for (measured, of) in totals(any.kind) {
        figures.extend(change(any.kind, "", of, both(&|series| series.total(measured)), verdict));
    }
    if old.is_none() || new.is_none() {
        return figures;
    }
    let mut names: Vec<String> = Vec::new();
    for (series, is_second) in [(new, true), (old, false)] {
        let Some(series) = series else { continue };
        let owners = series.owners.iter().filter(|owner| !owner.by_name_only);
        let mut sizes: Vec<(&str, f64)> = Vec::new();
        for owner in owners {
            let figure = side(Some(series), &|series: &Series| series.course_of(owner, measured), is_second);
            sizes.push((&owner.name, figure.map_or(0.0, |figure| figure.amount.value)));
        }
        sizes.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(b.0)));
        names.extend(sizes.into_iter().take(SHOWN_APART).map(|(name, _)| name.to_string()));
    }
    let mut seen = BTreeSet::new();
    names.retain(|name| seen.insert(name.clone()));
    for name in names {
        let course = |series: &Series| {
            let owner = series.owners.iter().find(|owner| owner.name == name);
            owner.map(|owner| series.course_of(owner, measured)).unwrap_or_default()
        };
        figures.extend(change(any.kind, &name, name_of(any.kind, measured), both(&course), verdict));
    }
    figures
}

fn totals(kind: ListingKind) -> Vec<(Measured, &'static str)> {
    let all = [Measured::Size, Measured::Count].into_iter().filter(|&measured| kind.has_total(measured));
    all.map(|measured| (measured, name_of(kind, measured))).collect()
}

fn name_of(kind: ListingKind, measured: Measured) -> &'static str {
    if measured == Measured::Size { "size" } else { kind.unit() }
}

fn change(
    kind: ListingKind,
    name: &str,
    of: &'static str,
    (old, new): (Option<Figure>, Option<Figure>),
    verdict: impl Fn(Option<Figure>, Option<Figure>) -> Change,
) -> Option<FigureChange> {
    (old.is_some() || new.is_some()).then(|| FigureChange {
        measurer: Measurer::Table(kind),
        process: None,
        name: name.to_string(),
        of,
        unit: if of == "size" { CounterUnit::Bytes } else { CounterUnit::Count },
        old,
        new,
        change: verdict(old, new),
    })
}

/// The last figure of each case, with what it did within that.
fn split(course: &Course, series: &Series, first_source: usize) -> (Option<Figure>, Option<Figure>) {
    let sources: Vec<usize> = series.sources().collect();
    let part = |is_second: bool| {
        let of_side: Vec<usize> = (0..sources.len()).filter(|&at| (sources[at] >= first_source) == is_second).collect();
        let figures = course.figures.iter().filter_map(|reading| {
            let report = of_side.iter().position(|&at| at == reading.report)?;
            Some(crate::facts::Reading { report, ..*reading })
        });
        let course = Course { figures: figures.collect(), reports: of_side.len() };
        let mut figure = last_of(&course)?;
        figure.place = figure.place.map(|(source, line)| (source - if is_second { first_source } else { 0 }, line));
        Some(figure)
    };
    (part(false), part(true))
}

/// From the last listing of one case to the last of the other.
fn hours(series: &Series, first_source: usize) -> Option<f64> {
    let listings = || series.sources().zip(series.times());
    let old = listings().filter(|(source, _)| *source < first_source).last()?.1;
    let new = listings().filter(|(source, _)| *source >= first_source).last()?.1;
    hours_between(old, new)
}
