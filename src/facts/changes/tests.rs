use super::processes::pairs;
use super::*;
use crate::facts::{LeakCollection, Process};
use crate::model::{LeakFigure, LeakOwner, LeakOwnerKind, LeakReport};

const GB: f64 = 1024.0 * 1024.0 * 1024.0;

#[test]
fn what_lies_within_the_error_is_no_change() {
    let figure = |value: f64, error: f64| Some(Figure::of(Amount { value, error }, None));
    for (old, new, flat, want) in [
        (figure(5.0, 0.0), figure(5.0, 0.0), 0.0, "same"),
        (figure(5.0, 0.1), figure(5.0, 0.1), 0.0, "unclear"),
        (figure(5.0, 0.1), figure(5.1, 0.1), 0.0, "unclear"),
        (figure(5.0, 0.1), figure(5.3, 0.1), 0.0, "grew 0.3 6%"),
        (figure(5.0, 0.0), figure(4.0, 0.0), 0.0, "fell -1.0 -20%"),
        (figure(5.0, 0.0), figure(5.4, 0.0), 0.5, "unclear"),
        (figure(0.0, 0.0), figure(4.0, 0.0), 0.0, "grew 4.0"),
        (None, figure(4.0, 0.0), 0.0, "one-sided"),
    ] {
        let part = |difference: &Difference| {
            difference.part.map(|part| format!(" {:.0}%", part.value * 100.0)).unwrap_or_default()
        };
        let got = match Change::of(old, new, flat, None) {
            Change::Same => "same".to_string(),
            Change::Unclear(_) => "unclear".to_string(),
            Change::Grew(difference) => format!("grew {:.1}{}", difference.amount.value, part(&difference)),
            Change::Fell(difference) => format!("fell {:.1}{}", difference.amount.value, part(&difference)),
            Change::NotCompared(why) => why,
            Change::OneSided => "one-sided".to_string(),
        };
        assert_eq!(got, want, "{old:?} {new:?}");
    }
}

#[test]
fn an_hour_is_not_foretold_from_minutes() {
    let figure = |value: f64| Some(Figure::of(Amount::exact(value), None));
    for (hours, want) in [(None, None), (Some(0.1), None), (Some(0.5), Some(4.0)), (Some(-1.0), None)] {
        let Change::Grew(difference) = Change::of(figure(1.0), figure(3.0), 0.0, hours) else { panic!("{hours:?}") };
        assert_eq!(difference.per_hour.map(|rate| rate.value), want, "{hours:?}");
    }
}

/// `w3wp 4312` or `w3wp` or `- 4312` or `-`
fn process(text: &str) -> Process {
    let mut words = text.split(' ');
    let name = words.next().filter(|name| *name != "-").map(str::to_string);
    Process { name, id: words.next().map(|id| id.parse().unwrap()), ..Process::default() }
}

#[test]
fn figures_are_paired_by_process_where_no_other_is_meant() {
    for (old, new, want) in [
        (vec!["-"], vec!["-"], "0+0"),
        (vec!["w3wp"], vec!["w3wp 7"], "0+0"),
        (vec!["w3wp 7", "w3wp 8"], vec!["w3wp 8", "w3wp 7"], "0+1 1+0"),
        (vec!["w3wp 7"], vec!["w3wp 8"], "0+0 apart"),
        (vec!["w3wp 7"], vec!["svc 8"], "0+0 apart"),
        // Which of the two it was is not told.
        (vec!["w3wp"], vec!["w3wp 7", "w3wp 8"], "0 0 1"),
        (vec!["w3wp 7", "svc 9"], vec!["svc 9"], "0 1+0"),
        (vec!["w3wp 7"], vec![], "0"),
    ] {
        let processes = |texts: &[&str]| texts.iter().map(|text| process(text)).collect::<Vec<_>>();
        let (old, new) = (processes(&old), processes(&new));
        let place = |all: &[Process], one: Option<&Process>| {
            let at = one.and_then(|one| all.iter().position(|other| std::ptr::eq(one, other)));
            at.map(|at| at.to_string())
        };
        let shown = pairs(&old, &new, |process| process).into_iter().map(|pair| {
            let both = [place(&old, pair.old), place(&new, pair.new)].into_iter().flatten().collect::<Vec<_>>();
            format!("{}{}", both.join("+"), if pair.apart.is_some() { " apart" } else { "" })
        });
        assert_eq!(shown.collect::<Vec<_>>().join(" "), want, "{old:?} {new:?}");
    }
}

/// Reports of minutes of tracking, bytes in all, and bytes of GdiPlus, both in GB.
fn leaks(process: Option<&str>, reports: &[(f64, f64, Option<f64>)]) -> Vec<ProcessLeaks> {
    let size = |value: f64| Some(LeakFigure { line: 3, amount: Amount::rounded(value * GB, 0.01 * GB) });
    let mut collection = LeakCollection::default();
    for (source, (minutes, total, gdiplus)) in reports.iter().enumerate() {
        let owner = gdiplus.map(|gdiplus| LeakOwner {
            kind: LeakOwnerKind::Module,
            module: None,
            name: "GdiPlus".to_string(),
            line: 4,
            count: None,
            size: size(gdiplus),
            handles: None,
            probability: None,
            allocated: None,
        });
        let report = LeakReport {
            process: process.map(str::to_string),
            tracking: Some(LeakFigure { line: 2, amount: Amount::exact(minutes * 60.0) }),
            size: size(*total),
            owners: owner.into_iter().collect(),
            ..LeakReport::default()
        };
        collection.add(source, &report);
    }
    collection.finish()
}

fn check_leaks(old: &[ProcessLeaks], new: &[ProcessLeaks], want: &[&str]) {
    let captures = Captures::default();
    let look =
        |leaks| Look { threads: Vec::new(), captures: &captures, leaks, counters: &[], tables: None, sources: 3 };
    let changes = changes(&look(old), &look(new));
    let shown = |figure: &FigureChange| {
        let name = if figure.name.is_empty() { "all" } else { &figure.name };
        let change = match &figure.change {
            Change::Grew(difference) => {
                let rate = difference.per_hour.map(|rate| format!(", {:.1}/h", rate.value / GB)).unwrap_or_default();
                format!("{:+.2}{rate}", difference.amount.value / GB)
            }
            Change::NotCompared(why) => why.clone(),
            other => format!("{other:?}").split('(').next().unwrap_or_default().to_string(),
        };
        format!("{name}: {change}")
    };
    assert_eq!(changes.figures.iter().map(shown).collect::<Vec<_>>(), want);
}

#[test]
fn leak_reports_are_compared_within_one_tracking_of_one_process() {
    let old = leaks(Some("w3wp.exe"), &[(30.0, 1.0, Some(0.5)), (60.0, 1.5, Some(1.0))]);
    let later = leaks(Some("w3wp.exe"), &[(120.0, 2.5, Some(2.0))]);
    check_leaks(&old, &later, &["all: +1.00, 1.0/h", "GdiPlus: +1.00, 1.0/h"]);
    // An owner that the list does not name may be there all the same.
    check_leaks(&old, &leaks(Some("w3wp.exe"), &[(120.0, 1.5, None)]), &["all: Unclear", "GdiPlus: OneSided"]);
    let anew = "less was tracked than before (1 h, then 40 min), so tracking began anew";
    let restarted = leaks(Some("w3wp.exe"), &[(40.0, 0.5, Some(0.1))]);
    check_leaks(&old, &restarted, &[&format!("all: {anew}"), &format!("GdiPlus: {anew}")]);
    let other = "different processes: w3wp and svc";
    let of_other = leaks(Some("svc.exe"), &[(120.0, 2.5, Some(2.0))]);
    check_leaks(&old, &of_other, &[&format!("all: {other}"), &format!("GdiPlus: {other}")]);
}
