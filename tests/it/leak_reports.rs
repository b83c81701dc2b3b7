//! Leak reports: one report in every spelling, the founding text, and what damage does to figures.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use stacklint::formats::read_capture;
use stacklint::model::{Capture, LeakFigure, LeakReport, StackKind};

const GB: f64 = 1024.0 * 1024.0 * 1024.0;

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn sample(name: &str) -> Vec<u8> {
    fs::read(root("samples/leak-reports").join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn read(bytes: &[u8]) -> Capture {
    let (capture, accounts) = read_capture(bytes, "test", true).unwrap();
    assert_eq!(accounts.lines(), capture.source.lines);
    capture
}

/// What a report says, without lines.
fn said(report: &LeakReport) -> Vec<String> {
    let figure = |name: &str, figure: Option<LeakFigure>| {
        figure.map(|figure| format!("{name} {} ± {}", figure.amount.value, figure.amount.error))
    };
    let totals = [
        figure("tracking", report.tracking),
        figure("allocations", report.allocations),
        figure("handles", report.handles),
        figure("size", report.size),
    ];
    let mut said: Vec<String> = totals.into_iter().flatten().collect();
    for owner in &report.owners {
        let name = format!("{} {:?} {}", owner.kind.name(), owner.module, owner.name);
        let figures = [
            figure("count", owner.count),
            figure("size", owner.size),
            figure("handles", owner.handles),
            figure("probability", owner.probability),
        ];
        said.extend(figures.into_iter().flatten().map(|figure| format!("{name}: {figure}")));
    }
    said
}

fn frames(capture: &Capture) -> Vec<Vec<&str>> {
    let sites =
        |stack: &stacklint::model::Stack| stack.frames.iter().map(|frame| capture.sites.get(frame.site).text).collect();
    capture.stacks.iter().map(sites).collect()
}

#[test]
fn every_spelling_says_the_same() {
    let first = read(&sample("tabs.txt"));
    let whole = said(&first.leak_reports[0]);
    assert_eq!(whole.len(), 11, "{whole:#?}");
    for name in ["blanks.txt", "line-ends.txt", "colons.txt", "equal-signs.txt"] {
        let capture = read(&sample(name));
        assert_eq!(said(&capture.leak_reports[0]), whole, "{name}");
        assert_eq!(capture.leak_reports[0].owners[2].allocated.as_deref(), Some("Heap"), "{name}");
        assert_eq!(frames(&capture), frames(&first), "{name}");
        assert_eq!(capture.stacks[0].kind, StackKind::Allocation, "{name}");
        assert_eq!(capture.skipped, [], "{name}");
        let cells = |capture: &Capture| capture.tables[0].rows[0].cells.clone();
        assert_eq!(cells(&capture), cells(&first), "{name}");
    }
    let report = &first.leak_reports[0];
    assert_eq!((report.process.as_deref(), report.process_id), (Some("svc.exe"), Some(2210)));
    assert_eq!(report.taken.unwrap().to_string(), "2018-12-03T16:05:06");
}

#[test]
fn the_founding_text_has_three_reports_and_a_stack() {
    let bytes = sample("founding-text.txt");
    let capture = read(&bytes);
    let lines: Vec<String> = String::from_utf8(bytes).unwrap().lines().map(str::to_string).collect();
    let at = |figure: LeakFigure| lines[figure.line as usize - 1].clone();
    let mut dumps = Vec::new();
    for report in &capture.leak_reports {
        let [module, function] = report.owners.as_slice() else { panic!("{:?}", report.owners) };
        assert_eq!((module.name.as_str(), function.module.as_deref()), ("GdiPlus", Some("GdiPlus")));
        assert_eq!(function.name, "GdiPlus!GpMemoryBitmap::AllocBitmapData+c2");
        let size = report.size.unwrap();
        assert!((size.amount.error - 0.005 * GB).abs() < 1.0, "{size:?}");
        assert!(at(size).starts_with("Total size of allocations"));
        assert!(at(function.size.unwrap()).contains("takes"));
        let value = |figure: Option<LeakFigure>| figure.unwrap().amount.value;
        let hundredths = |figure| (value(figure) / GB * 100.0).round();
        dumps.push((
            report.dump.as_deref().unwrap(),
            [value(report.allocations), value(report.handles), value(report.tracking), hundredths(report.size)],
            [value(module.count), hundredths(module.size), value(function.count), hundredths(function.size)],
        ));
    }
    assert_eq!(
        dumps,
        [
            ("Dump 1", [13155.0, 469.0, 5949.0, 168.0], [1370.0, 117.0, 155.0, 116.0]),
            ("Dump 2", [13150.0, 541.0, 7294.0, 214.0], [1783.0, 163.0, 220.0, 162.0]),
            ("Dump 3", [12862.0, 493.0, 8765.0, 270.0], [2283.0, 219.0, 290.0, 217.0]),
        ]
    );
    assert_eq!((capture.stacks.len(), capture.stacks[0].frames.len()), (1, 28));
    assert_eq!(capture.stacks[0].thread.index, Some(57));
}

#[test]
fn saved_pages_say_the_same_in_every_wrapping() {
    let html = sample("memory-report.html");
    let page = read(&html);
    let whole = said(&page.leak_reports[0]);
    assert_eq!(said(&read(&sample("memory-report.mht")).leak_reports[0]), whole);
    let text = String::from_utf8(html).unwrap();
    let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let wide = read(&utf16);
    assert_eq!(said(&wide.leak_reports[0]), whole);
    assert_eq!(frames(&wide), frames(&page));
    // The same figures as the text, which has no graph of counts.
    let text = said(&read(&sample("tabs.txt")).leak_reports[0]);
    assert!(text[..4] == whole[..4], "{text:#?}\n{whole:#?}");
}

/// Half a page is read as far as it goes; nothing in it stops the reading.
#[test]
fn damaged_pages_are_survived() {
    // With a line that no text has, a page is read as it stands.
    let long = format!("<html>\n<p>LeakTrack</p>\n{}\n<p>more</p>\n", "x".repeat(3 << 20));
    assert_eq!(read(long.as_bytes()).source.lines, 4);
    for name in ["memory-report.html", "memory-report.mht", "hang-report.html"] {
        let whole = sample(name);
        for cut in (0..whole.len()).step_by(37) {
            read(&whole[..cut]);
            let mut changed = whole.clone();
            changed[cut] = [b'<', b'=', b'&', 0xff][cut % 4];
            read(&changed);
        }
    }
}

/// A page that DebugDiag did not make is read line by line, each line where it stands in the file.
#[test]
fn other_pages_are_read_as_text() {
    let page = "<html>\n<body>\n<pre>\n0:000> kL\n # Child-SP          RetAddr           Call Site\n\
                00 00000000`0b99a320 000007fe`fbbfcb6b svc!Vec&lt;int&gt;::at+0x2b<br>\n\
                01 00000000`0b99a360 00000000`00000000 svc!main+0x1\n</pre></body></html>\n";
    let capture = read(page.as_bytes());
    assert_eq!(frames(&capture), [["svc!Vec<int>::at+0x2b", "svc!main+0x1"]]);
    assert_eq!(capture.stacks[0].frames[0].line, 6);
    assert_eq!(capture.source.lines, 8);
}

/// Documentation, rules, other samples: nothing of it is a leak report.
#[test]
fn nothing_else_is_a_leak_report() {
    let mut folders = ["docs", "rules", "src", "tests/it", "samples/dialects", "samples/healthy"].map(root).to_vec();
    let mut files = vec![root("README.md"), root("samples/README.md"), root("Cargo.toml")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            // Rules about leak reports have some as examples.
            match path.is_dir() {
                _ if path.ends_with("ladders") || path.ends_with("writing-rules.md") => {}
                true => folders.push(path),
                false => files.push(path),
            }
        }
    }
    for file in files {
        let capture = read(&fs::read(&file).unwrap());
        assert_eq!(capture.leak_reports, [], "{}", file.display());
    }
    for prose in [
        "Process ID   4312\nModule Name   GdiPlus\nFunction   svc!f+1e\n",
        "Leak analysis\n\nWe looked for leaks. Total size of allocations was 1.68 GBytes.\n",
        "Our team is responsible for 3 GB worth of outstanding allocations of budget\n",
        "Allocation Count   1370\nAllocation Size   1.17 GBytes\n",
        "Top 10 modules by downloads\n\nserde   7,615\n",
        "In dump 3 case, the size of memory dump is 3.16GB. Out of which, 2.19GB GdiPlus module allocations are done.\n",
    ] {
        assert_eq!(read(prose.as_bytes()).leak_reports, [], "{prose}");
    }
}

/// Cut anywhere, or with a line lost or doubled: what is said is said by the whole text too, and a doubled line adds
/// nothing.
#[test]
fn damage_invents_no_figures() {
    for name in ["tabs.txt", "line-ends.txt", "colons.txt", "founding-text.txt", "two-dumps.txt", "handles.txt"] {
        let text = String::from_utf8(sample(name)).unwrap();
        // The founding text's stack is damaged elsewhere.
        let text = text.split("We need to watch").next().unwrap();
        let figures =
            |text: &str| -> Vec<String> { read(text.as_bytes()).leak_reports.iter().flat_map(said).collect() };
        let whole: BTreeSet<String> = figures(text).into_iter().collect();
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        for at in 0..lines.len() {
            for figure in figures(&lines[..at].concat()) {
                assert!(whole.contains(&figure), "{name} cut at line {}: {figure}", at + 1);
            }
            let mut lost = lines.clone();
            lost.remove(at);
            for figure in figures(&lost.concat()) {
                // Without the line of its name a figure may be counted to the part above.
                let value = figure.rsplit(": ").next().unwrap();
                assert!(whole.iter().any(|known| known.ends_with(value)), "{name} without line {}: {figure}", at + 1);
            }
            let mut doubled = lines.clone();
            doubled.insert(at, lines[at]);
            if name != "line-ends.txt" {
                let doubled: BTreeSet<String> = figures(&doubled.concat()).into_iter().collect();
                assert_eq!(doubled, whole, "{name} with line {} twice", at + 1);
            }
        }
    }
}
