//! Recordings of counters: their samples, the page that tells of them, and what is left of them when they are damaged.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use stacklint::formats::{self, read_capture};
use stacklint::model::{Capture, CounterSeries, NoteCode};
use stacklint::report::render_capture_text;

/// What is understood of each sample, and what is skipped and why.
#[test]
fn samples_are_read_as_they_should_be() {
    insta::with_settings!({ snapshot_path => "../snapshots/counters", prepend_module_to_snapshot => false, omit_expression => true }, {
        for (name, bytes) in samples() {
            let (capture, accounts) = read_capture(&bytes[..], &name, true).unwrap();
            assert_eq!(accounts.lines(), capture.source.lines, "{name}: a line is not accounted for");
            assert!(!capture.counters.is_empty(), "{name}: no counters");
            assert!(capture.stacks.is_empty() && capture.tables.is_empty(), "{name}: more than counters");
            assert!(capture.notes.iter().all(|note| note.code != NoteCode::NothingRecognised), "{name}");
            let mut text = Vec::new();
            render_capture_text(&capture, true, &mut text).unwrap();
            let text = String::from_utf8(text).unwrap();
            let text = text.replace("\u{1b}[1m", "").replace("\u{1b}[2m", "").replace("\u{1b}[0m", "");
            insta::assert_snapshot!(name, text + &capture.counters.iter().map(in_full).collect::<String>());
        }
    });
}

/// `docs/dialects.md` names every format with its tools, and its sample holds counters.
#[test]
fn the_page_of_formats_is_true() {
    let page = fs::read_to_string(root("docs/dialects.md")).unwrap();
    for (name, tools) in formats::counter_formats() {
        let row = page.lines().find(|line| line.starts_with(&format!("| `{name}` |")));
        let cells: Vec<&str> = row.unwrap_or_else(|| panic!("`{name}` is not on the page")).split(" | ").collect();
        let named: Vec<&str> = cells[1].split('`').skip(1).step_by(2).collect();
        let named: Vec<String> = named.iter().map(|tool| tool.replace("\\|", "|")).collect();
        assert_eq!(named, tools, "tools of `{name}`");
        let sample = cells[cells.len() - 1].split('`').nth(1).unwrap();
        let bytes = fs::read(root("samples").join(sample)).unwrap();
        assert!(!read_capture(&bytes[..], sample, false).unwrap().0.counters.is_empty(), "{sample}");
    }
}

/// Of a file that ends too early, no value is other than it was.
#[test]
fn no_cut_makes_up_a_value() {
    for (name, bytes) in samples() {
        let whole = values(&read(&bytes), true);
        for cut in 0..bytes.len() {
            let damaged = values(&read(&bytes[..cut]), true);
            let made_up: Vec<_> = damaged.difference(&whole).collect();
            assert!(made_up.is_empty(), "{name} cut at {cut}: {made_up:?}");
        }
    }
}

/// Of a file in which a line is lost or doubled, no value stands at another time or belongs to another counter.
#[test]
fn no_lost_or_doubled_line_makes_up_a_value() {
    for (name, bytes) in samples() {
        let whole = values(&read(&bytes), false);
        let lines: Vec<&[u8]> = bytes.split_inclusive(|&byte| byte == b'\n').collect();
        // Half a character of UTF-16 is another text.
        if lines.len() < 3 || bytes.starts_with(b"\xff\xfe") {
            continue;
        }
        for at in 0..lines.len() {
            let (mut lost, mut doubled) = (lines.clone(), lines.clone());
            lost.remove(at);
            doubled.insert(at, lines[at]);
            for damaged in [lost, doubled] {
                let damaged = values(&read(&damaged.concat()), false);
                let made_up: Vec<_> = damaged.difference(&whole).collect();
                assert!(made_up.is_empty(), "{name}, line {}: {made_up:?}", at + 1);
            }
        }
    }
}

/// Whatever is put together, nothing panics and each line is accounted for.
#[test]
fn texts_are_spliced() {
    let junk = (String::from("junk"), (0..=255).chain(*b"\n\"09/22/2026 13:00:00.000\",\"").collect::<Vec<u8>>());
    let samples: Vec<_> = samples().into_iter().chain([junk]).collect();
    for (_, above) in &samples {
        for (_, below) in &samples {
            for cut in (0..above.len()).step_by(97) {
                for text in [[&above[..cut], below, b""], [&above[..cut], &below[below.len() / 3..], &above[cut..]]] {
                    // Junk, or UTF-16 among others, may be taken for a binary file.
                    if let Ok((capture, accounts)) = read_capture(&text.concat()[..], "spliced", true) {
                        assert_eq!(accounts.lines(), capture.source.lines);
                    }
                }
            }
        }
    }
}

/// A column that is lost from a row costs the row, and not the columns behind it.
#[test]
fn no_lost_cell_makes_up_a_value() {
    for (name, bytes) in samples().into_iter().filter(|(name, _)| name.ends_with("perfmon.csv")) {
        let whole = values(&read(&bytes), false);
        let text = String::from_utf8(bytes).unwrap();
        for (at, _) in text.match_indices("\",\"").skip(20) {
            let end = at + 3 + text[at + 3..].find('"').unwrap();
            let damaged = format!("{}{}", &text[..at], &text[end..]);
            let capture = read(damaged.as_bytes());
            assert!(values(&capture, false).is_subset(&whole), "{name} at {at}");
            assert!(capture.notes.iter().any(|note| note.code == NoteCode::CounterRows), "{name} at {at}");
        }
    }
}

/// A session of one line that is far longer than lines may be.
#[test]
fn one_line_may_be_longer_than_lines_are() {
    let json = String::from_utf8(fs::read(root("samples/counters/dotnet-counters.json")).unwrap()).unwrap();
    let (head, events) = json.split_once('[').unwrap();
    let events = events.trim_end_matches("]}");
    let long = format!("{head}[{}{events}]}}", format!("{events},").repeat(2_000));
    assert!(long.len() > 3 << 20);
    for bytes in [long.clone().into_bytes(), long.encode_utf16().flat_map(u16::to_le_bytes).collect()] {
        let capture = read(&bytes);
        assert_eq!(capture.counters.len(), 3);
        assert_eq!(capture.counters[0].samples.len(), 6_003);
        assert_eq!(capture.counters[0].process.as_deref(), Some("ShopService"));
    }
}

/// A series with its parts and every sample.
fn in_full(series: &CounterSeries) -> String {
    let or = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_string());
    let CounterSeries { host, process, object, instance, counter, unit, minutes_west, samples, .. } = series;
    let (host, process, instance, unit) = (or(host), or(process), or(instance), or(unit));
    let west = minutes_west.map_or("-".to_string(), |minutes| minutes.to_string());
    let mut text = format!("\n{host} | {process} | {object} | {instance} | {counter} | {unit} | {west}\n");
    for sample in samples {
        let time = sample.time.map_or("-".to_string(), |time| time.to_string());
        text += &format!("{:>6}  {time}  {} +- {}\n", sample.line, sample.value.value, sample.value.error);
    }
    text
}

fn read(bytes: &[u8]) -> Capture {
    let (capture, accounts) = read_capture(bytes, "damaged", true).unwrap();
    assert_eq!(accounts.lines(), capture.source.lines);
    capture
}

/// Every value with its counter and time, and its line where that tells something.
fn values(capture: &Capture, with_lines: bool) -> BTreeSet<String> {
    let mut values = BTreeSet::new();
    let assumed = capture.notes.iter().any(|note| note.message.starts_with("dates fit with"));
    for series in &capture.counters {
        for sample in &series.samples {
            // Where less is known a time may be assumed, and a note says so; it may not become another in silence.
            if let Some(time) = sample.time.filter(|_| !assumed) {
                values.insert(format!("{} at {time}", series.name));
            }
            let line = if with_lines { sample.line } else { 0 };
            values.insert(format!("{} {} line {line}", series.name, sample.value.value));
        }
    }
    values
}

fn samples() -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(root("samples/counters")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
        .iter()
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_string(), fs::read(path).unwrap()))
        .collect()
}

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}
