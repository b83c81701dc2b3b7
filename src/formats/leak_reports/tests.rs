use super::*;

/// What each line is, and how many reports came out.
fn check(lines: &[(&str, Understood)], reports: usize) {
    let mut reading = LeakReading::default();
    let mut finished = Vec::new();
    for (at, (text, want)) in lines.iter().enumerate() {
        assert_eq!(reading.line(text, at as u32 + 1), *want, "line {}: {text}", at + 1);
        finished.extend(reading.take_finished());
    }
    reading.finish();
    finished.extend(reading.take_finished());
    let found: Vec<_> = finished.iter().map(|finished| &finished.report).collect();
    assert_eq!(found.len(), reports, "{found:#?}");
}

#[test]
fn a_figure_opens_a_report_and_a_title_alone_makes_none() {
    use Understood::{Detail, Figure, Half, No, Stack, Title};
    check(&[("Dump 1", No), ("words", No), ("Process ID   12", No)], 0);
    check(&[("Leak analysis", Title), ("Back to Top", Title)], 0);
    check(
        &[
            ("Number of allocations   1,204 allocations", Figure),
            ("Number of allocations   1,204 allocations", Figure),
            ("Machine Name   WEB01", Detail),
            ("Total size of allocations", Half),
            ("Number of allocations   1,204 allocations", Figure),
            ("Tracking duration   01:39:09", Figure),
            ("Number of allocations   1,204 allocations", Figure),
        ],
        2,
    );
    check(&[("Total size of allocations", Half), ("words", No)], 0);
    check(
        &[
            ("Module Name   GdiPlus", No),
            ("Allocation Count   1370 allocation(s)", Figure),
            ("Function   GdiPlus!f+1e", Figure),
            ("Leak Probability   97%", Figure),
            ("Allocation Size   8.3 MBytes", No),
            ("Call stack sample 1", Stack),
            ("Allocation Size   8.3 MBytes", Stack),
            ("Function   Destination", Stack),
            ("Dump 2", Title),
            ("Total size of allocations   2.14 GBytes", Figure),
        ],
        2,
    );
}

#[test]
fn words_between_the_rows_of_a_graph_make_it_stricter() {
    use Understood::{Figure, Half, No, Title};
    check(
        &[
            ("Top 2 modules by allocation count", Title),
            ("clr   7,615 allocation(s)", Figure),
            ("GdiPlus", Half),
            ("the rest is of no interest", No),
            ("sni 12 allocation(s)", No),
            ("nativerd", No),
            ("nativerd   1,456 allocation(s)", Figure),
            ("sni 12 allocation(s)", Figure),
        ],
        1,
    );
}

#[test]
fn warnings_belong_to_the_dump_they_name() {
    use Understood::{Figure, Title};
    check(
        &[
            ("a.dll is responsible for 1.5 GBytes worth of outstanding allocations. The following", Figure),
            ("This was detected in one.dmp", Figure),
            ("b.dll is responsible for 1.6 GBytes worth of outstanding allocations. The following", Figure),
            ("This was detected in other.dmp", Figure),
            ("Report for one.dmp", Title),
            ("Total size of allocations   2.14 GBytes", Figure),
        ],
        2,
    );
}

#[test]
fn the_most_exact_figure_is_kept() {
    let mut reading = LeakReading::default();
    for (at, text) in [
        "Top 1 modules by allocation size",
        "a   1.5 MBytes",
        "b   1.5 MBytes",
        "Module Name   a",
        "Allocation Size   1572870 Bytes",
        "Module Name   b",
        "Allocation Size   1.6 MBytes",
    ]
    .iter()
    .enumerate()
    {
        reading.line(text, at as u32 + 1);
    }
    reading.finish();
    let finished = reading.take_finished().remove(0);
    let sizes: Vec<_> = finished.report.owners.iter().filter_map(|owner| owner.size).collect();
    assert_eq!((sizes[0].line, sizes[0].amount.value, sizes[0].amount.error), (5, 1572870.0, 0.0));
    assert_eq!(sizes[1].line, 3);
    assert_eq!(finished.doubts.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [7]);
}
