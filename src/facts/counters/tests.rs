//! Recordings as text, and what becomes of them.

use proptest::prelude::*;

use super::*;
use crate::formats::read_capture;
use crate::model::Sample;

const MB: f64 = 1024.0 * 1024.0;

fn names() -> CounterNames {
    let bytes = Limits { grows_by: 0.2, grows_at_least: 128.0 * MB, flat_within: 0.05, flat_at_most: 32.0 * MB };
    let count = Limits { grows_by: 0.5, grows_at_least: 500.0, flat_within: 0.05, flat_at_most: 50.0 };
    let kind = |from: &[&str], unit, limits| CounterKind {
        from: from.iter().map(|from| from.to_string()).collect(),
        unit,
        limits,
    };
    let heaps = [
        r"\.NET CLR Memory(*)\# Total committed Bytes",
        r"\.NET CLR Memory(*)\# Bytes in all Heaps",
        r"System.Runtime\GC Heap Size",
        r"System.Runtime\dotnet.gc.last_collection.heap.size",
    ];
    let counters = [
        ("private-bytes", kind(&[r"\Process(*)\Private Bytes"], CounterUnit::Bytes, bytes)),
        ("virtual-bytes", kind(&[r"\Process(*)\Virtual Bytes"], CounterUnit::Bytes, bytes)),
        ("working-set", kind(&[r"\Process(*)\Working Set"], CounterUnit::Bytes, bytes)),
        ("heaps", kind(&heaps, CounterUnit::Bytes, bytes)),
        ("handles", kind(&[r"\Process(*)\Handle Count"], CounterUnit::Count, count)),
    ];
    CounterNames { counters: counters.map(|(name, kind)| (name.to_string(), kind)).into_iter().collect() }
}

fn collect(files: &[&str]) -> CounterCollection {
    let mut collection = CounterCollection::default();
    for (source, file) in files.iter().enumerate() {
        let (capture, _) = read_capture(file.as_bytes(), "test", false).expect("text in memory");
        capture.counters.iter().for_each(|series| collection.add(source, series));
    }
    collection
}

/// One line a counter, `w3wp (4312): private-bytes 10 points: ... in words`, and a line of the codes of notes.
fn told(files: &[&str]) -> String {
    let (processes, notes) = collect(files).finish(&names());
    let mut lines = Vec::new();
    for process in &processes {
        for counter in &process.counters {
            let (label, points) = (process.process.label(), counter.points.len());
            lines.push(format!("{label}: {} [{points}]", counter.in_words()));
        }
    }
    lines.extend(notes.iter().map(|(source, note)| format!("{} {source}:{}", note.code.code(), note.line)));
    lines.join("\n")
}

/// A recording that begins at `hour`, with a row each five minutes; values of memory are in MB.
fn file(hour: usize, columns: &[&str], rows: &[&[f64]]) -> String {
    let mut text = "\"(PDH-CSV 4.0) (UTC)(0)\"".to_string();
    columns.iter().for_each(|column| text += &format!(",\"\\\\WEB01\\{column}\""));
    for (index, row) in rows.iter().enumerate() {
        let minutes = hour * 60 + index * 5;
        text +=
            &format!("\n\"03/{:02}/2016 {:02}:{:02}:00.000\"", 10 + minutes / 1440, minutes / 60 % 24, minutes % 60);
        for (value, column) in row.iter().zip(columns) {
            let unit = if column.contains("Bytes") || column.contains("Working") { MB } else { 1.0 };
            text += &if value.is_nan() { ",\" \"".to_string() } else { format!(",\"{}\"", value * unit) };
        }
    }
    text + "\n"
}

const PRIVATE: &str = "Process(w3wp)\\Private Bytes";

/// One process whose private bytes have these values.
fn course(values: &[f64]) -> String {
    let rows: Vec<[f64; 1]> = values.iter().map(|value| [*value]).collect();
    file(13, &[PRIVATE], &rows.iter().map(|row| row.as_slice()).collect::<Vec<_>>())
}

fn only(files: &[&str]) -> CounterFact {
    let (mut processes, _) = collect(files).finish(&names());
    assert_eq!(processes.len(), 1, "{processes:?}");
    processes.remove(0).counters.remove(0)
}

#[test]
fn the_founding_case() {
    let csv = include_str!("../../../samples/founding-case/counters.csv");
    let (processes, notes) = collect(&[csv]).finish(&names());
    assert_eq!((processes.len(), notes.len()), (1, 0), "{notes:?}");
    assert_eq!(processes[0].process.label(), "w3wp on web01");
    let words: Vec<String> = processes[0].counters.iter().map(CounterFact::in_words).collect();
    let want = [
        "handles stayed flat at 1,414",
        "heaps stayed flat at 430 MB",
        "private-bytes grew from 3.25 GB to 5.35 GB (+65%) in 1 h 37 min",
        "virtual-bytes grew from 9.66 GB to 11.8 GB (+22%) in 1 h 37 min",
    ];
    assert_eq!(words, want);
}

#[test]
fn courses() {
    use crate::facts::Tendency::*;
    let stairs: Vec<f64> = (0..30).map(|at| 1000.0 + f64::from(at / 6) * 200.0).collect();
    let steady: Vec<f64> = (0..20).map(|at| 1000.0 + f64::from(at) * 50.0).collect();
    let falling: Vec<f64> = steady.iter().rev().copied().collect();
    let up_and_down: Vec<f64> =
        (0..33).map(|at| 1000.0 + f64::from((at % 12 - 6_i32).abs()) * -200.0 + f64::from(at) * 20.0).collect();
    let mut spike = vec![1000.0; 20];
    (spike[18], spike[4]) = (9000.0, 9000.0);
    let mut late = vec![1000.0; 7];
    late[6] = 9000.0;
    let step: Vec<f64> = (0..20).map(|at| if at < 9 { 1000.0 } else { 3000.0 }).collect();
    let warm_up: Vec<f64> = (0..24).map(|at| 1000.0 + f64::from(at.min(9)) * 100.0).collect();
    let small: Vec<f64> = (0..20).map(|at| 1000.0 + f64::from(at) * 5.0).collect();
    for (values, want, line) in [
        (stairs, Grows, "▁▁▁▁▂▃▃▃▃▄▅▅▅▅▆▇▇▇▇█████"),
        (steady, Grows, ""),
        (falling, Falls, ""),
        (vec![1000.0; 20], Flat, ""),
        (up_and_down, Between, ""),
        (spike, Flat, ""),
        (late, Between, ""),
        (step, Between, ""),
        (warm_up, Between, ""),
        (small, Between, ""),
        (vec![1000.0; 5], Unknown, ""),
        (vec![0.0; 12], Flat, ""),
        (vec![-5.0; 12], Flat, ""),
    ] {
        let fact = only(&[&course(&values)]);
        assert_eq!(fact.tendency(), want, "{}", fact.in_words());
        assert!(line.is_empty() || fact.sparkline() == line, "{}", fact.sparkline());
    }
}

#[test]
fn growth_that_came_at_once_or_came_to_an_end_is_said_to() {
    let step: Vec<f64> = (0..20).map(|at| if at < 14 { 1000.0 } else { 3000.0 }).collect();
    let warm_up: Vec<f64> = (0..24).map(|at| 1000.0 + f64::from(at.min(9)) * 100.0).collect();
    for (values, want) in [(step, ", in one step"), (warm_up, ", but found its level")] {
        let said = only(&[&course(&values)]).in_words();
        assert!(said.ends_with(want), "{said}");
    }
}

#[test]
fn figures_of_a_trend() {
    // 15 samples: fifths of three; 12 steps between their middles.
    let values: Vec<f64> = (0..15).map(|at| 1000.0 + f64::from(at) * 50.0).collect();
    let fact = only(&[&course(&values)]);
    let trend = fact.trend.expect("an hour");
    let want = (1050.0 * MB, 1650.0 * MB, 600.0 * MB, 1.0, 1.0, 15);
    assert_eq!(
        (trend.start.value, trend.end.value, trend.growth.value, trend.hours, trend.rising, trend.samples),
        want
    );
    assert_eq!(fact.rate_per_hour().map(|rate| rate.value), Some(600.0 * MB));
    assert_eq!((fact.grows(), fact.is_flat(), fact.falls()), (Some(true), Some(false), Some(false)));
    for (values, want) in [
        (&[1.0; 5][..], NoTrend::TooFew(5)),
        (&[1.0; 6], NoTrend::TooShort(25.0)),
        (&[1.0, f64::NAN, 1.0, f64::NAN, f64::NAN, f64::NAN, 1.0, 1.0, 1.0], NoTrend::TooFew(5)),
    ] {
        assert_eq!(only(&[&course(values)]).trend, Err(want));
    }
    let gaps = [1.0, f64::NAN, 1.0, f64::NAN, f64::NAN, 1.0, 1.0, 1.0, f64::NAN, 1.0];
    assert_eq!(only(&[&course(&gaps)]).trend.map(|trend| trend.samples), Ok(6));
}

/// Rows of dotnet-counters, one each five minutes.
fn dotnet<Row: AsRef<[R]>, R: AsRef<str>>(rows: &[Row]) -> String {
    let mut text = "Timestamp,Provider,Counter Name,Counter Type,Mean/Increment\n".to_string();
    for (index, row) in rows.iter().enumerate() {
        for counter in row.as_ref().iter().map(AsRef::as_ref) {
            text += &format!("09/22/2026 13:{:02}:00,System.Runtime,{counter}\n", index * 5);
        }
    }
    text
}

#[test]
fn units_and_their_errors() {
    let coarse = ["104.5", "104.5", "150.5", "200.5", "230.5", "250.5", "250.5", "250.5"];
    let rows = coarse.map(|mb| [format!("GC Heap Size (MB),Metric,{mb}")]);
    let fact = only(&[&dotnet(&rows)]);
    let trend = fact.trend.expect("enough");
    assert_eq!((trend.start.value, trend.end.value), (104.5e6, 250.5e6));
    assert!((trend.growth.error - 0.1e6).abs() < 1.0, "{trend:?}");
    assert_eq!(fact.grows(), Some(true));
    // Whole MB may be cut off: 134.2 MB are asked for, and 135 may be 133.
    let whole = [100, 122, 145, 167, 190, 212, 235].map(|mb| [format!("GC Heap Size (MB),Metric,{mb}")]);
    let fact = only(&[&dotnet(&whole)]);
    assert_eq!((fact.grows(), fact.tendency()), (None, crate::facts::Tendency::Unclear));
    assert!(fact.in_words().ends_with("too coarse to tell whether it grew"), "{}", fact.in_words());
    // Tags are summed where all have a value.
    let name = "dotnet.gc.last_collection.heap.size (By)";
    let (a, b) = (format!("{name}[g=gen0],Metric,100"), format!("{name}[g=loh],Metric,23"));
    let (both, one) = ([a.as_str(), b.as_str()], [a.as_str()]);
    let rows: [&[&str]; 8] = [&both, &both, &one, &both, &both, &both, &both, &both];
    let fact = only(&[&dotnet(&rows)]);
    assert_eq!(fact.points.iter().map(|point| point.value.value).collect::<Vec<_>>(), [123.0; 7]);
    assert_eq!(fact.printed, format!("System.Runtime / {name}"));
}

/// A table of rows from columns.
fn table(hour: usize, columns: &[(&str, &[f64])]) -> String {
    let length = columns.iter().map(|(_, values)| values.len()).max().unwrap_or_default();
    let value = |values: &[f64], at: usize| values.get(at).copied().unwrap_or(f64::NAN);
    let rows: Vec<Vec<f64>> =
        (0..length).map(|at| columns.iter().map(|(_, values)| value(values, at)).collect()).collect();
    let rows: Vec<&[f64]> = rows.iter().map(Vec::as_slice).collect();
    file(hour, &columns.iter().map(|(name, _)| *name).collect::<Vec<_>>(), &rows)
}

/// So many values after each other: `run(&[(3, 1.0), (2, 9.0)])`.
fn run(parts: &[(usize, f64)]) -> Vec<f64> {
    parts.iter().flat_map(|(times, value)| std::iter::repeat_n(*value, *times)).collect()
}

#[test]
fn restarts() {
    let fell = run(&[(8, 3000.0), (12, 500.0)]);
    let id = run(&[(8, 100.0), (12, 300.0)]);
    let ages: Vec<f64> =
        (0..20).map(|at| if at < 8 { 9000.0 + at as f64 * 300.0 } else { (at - 8) as f64 * 300.0 }).collect();
    let age_only: Vec<f64> = (0..20).map(|at| 9000.0 + at as f64 * 300.0).collect();
    let flat = run(&[(20, 700.0)]);
    let heap = ".NET CLR Memory(w3wp)\\# Bytes in all Heaps";
    let (ws, of_id, of_age) =
        ("Process(w3wp)\\Working Set", "Process(w3wp)\\ID Process", "Process(w3wp)\\Elapsed Time");
    for (columns, want) in [
        (&[(PRIVATE, &fell), (heap, &flat)][..], "heaps 12 private-bytes 12 N015:10"),
        (&[(PRIVATE, &fell), (ws, &fell)], "private-bytes 12 working-set 12 N015:10"),
        // A working set that was emptied.
        (&[(PRIVATE, &flat), (ws, &fell)], "private-bytes 20 working-set 20"),
        (&[(PRIVATE, &fell), (ws, &flat)], "private-bytes 20 working-set 20"),
        (&[(PRIVATE, &flat), (heap, &flat), (of_id, &id)], "heaps 12 private-bytes 12 N015:10"),
        // The first ten minutes are left out as well.
        (&[(PRIVATE, &flat), (of_age, &ages)], "private-bytes 10 N015:10"),
        // The process tells that it is the same.
        (&[(PRIVATE, &fell), (of_age, &age_only)], "private-bytes 20"),
        (&[(PRIVATE, &fell), (of_id, &run(&[(20, 100.0)]))], "private-bytes 20"),
        // Not in one step, not for long, too late.
        (&[(PRIVATE, &(0..20).map(|at| 3000.0 / f64::from(at + 1).sqrt()).collect())], "private-bytes 20"),
        (&[(PRIVATE, &run(&[(9, 3000.0), (2, 500.0), (9, 3000.0)]))], "private-bytes 20"),
        (&[(PRIVATE, &run(&[(18, 3000.0), (2, 500.0)]))], "private-bytes 20"),
        // Of two that are equally long, the later.
        (&[(PRIVATE, &run(&[(6, 3000.0), (6, 500.0)]))], "private-bytes 6 N015:8"),
    ] {
        let columns: Vec<(&str, &[f64])> = columns.iter().map(|(name, values)| (*name, values.as_slice())).collect();
        let (processes, notes) = collect(&[&table(13, &columns)]).finish(&names());
        let facts = processes.iter().flat_map(|process| &process.counters);
        let told = facts.map(|fact| format!("{} {}", fact.name, fact.points.len()));
        let notes = notes.iter().map(|(_, note)| format!("{}:{}", note.code.code(), note.line));
        assert_eq!(told.chain(notes).collect::<Vec<_>>().join(" "), want, "{columns:?}");
    }
    assert_eq!(only(&[&table(13, &[(PRIVATE, &run(&[(6, 3000.0), (6, 500.0)]))])]).points[0].value.value, 500.0 * MB);
}

#[test]
fn ids_decide_and_numbers_do_not() {
    let grows: Vec<f64> = (0..12).map(|at| 1000.0 + f64::from(at) * 100.0).collect();
    let (flat, one, two) = (run(&[(12, 500.0)]), run(&[(12, 100.0)]), run(&[(12, 200.0)]));
    let other = "Process(w3wp#1)\\Private Bytes";
    let heaps = [".NET CLR Memory(w3wp)\\# Bytes in all Heaps", ".NET CLR Memory(W3WP#1)\\# Bytes in all Heaps"];
    let ids = ["Process(w3wp)\\ID Process", "Process(w3wp#1)\\ID Process"];
    let clr_ids = [".NET CLR Memory(w3wp)\\Process ID", ".NET CLR Memory(w3wp#1)\\Process ID"];
    let memory: [(&str, &[f64]); 4] = [(PRIVATE, &grows), (other, &flat), (heaps[0], &flat), (heaps[1], &grows)];
    let more = [
        (ids[0], one.as_slice()),
        (ids[1], &two),
        (clr_ids[0], &two),
        (clr_ids[1], &one),
        ("Process(_Total)\\Private Bytes", &flat),
        (".NET CLR Memory(_Global_)\\# Bytes in all Heaps", &flat),
    ];
    let went = "from 1.03 GB to 2 GB (+95%) in 50 min [12]";
    let want = format!(
        "w3wp (100) on web01: heaps grew {went}\nw3wp (100) on web01: private-bytes grew {went}\n\
         w3wp#1 (200) on web01: heaps stayed flat at 500 MB [12]\n\
         w3wp#1 (200) on web01: private-bytes stayed flat at 500 MB [12]"
    );
    assert_eq!(told(&[&table(13, &[&memory[..], &more].concat())]), want);
    let want = format!(
        "w3wp on web01: heaps stayed flat at 500 MB [12]\nw3wp on web01: private-bytes grew {went}\n\
         w3wp#1 on web01: heaps grew {went}\nw3wp#1 on web01: private-bytes stayed flat at 500 MB [12]\nN016 0:1"
    );
    assert_eq!(told(&[&table(13, &memory)]), want);
    // The first of two ends: the second takes its name, and a new one that of the second.
    let (first, second) = (run(&[(4, 100.0), (12, 200.0)]), run(&[(4, 200.0), (12, 300.0)]));
    let (small, large) = (run(&[(4, 10.0), (12, 2000.0)]), run(&[(4, 2000.0), (12, 10.0)]));
    let moved = table(13, &[(PRIVATE, &small), (other, &large), (ids[0], &first), (ids[1], &second)]);
    let want = "w3wp (200) on web01: private-bytes stayed flat at 2000 MB [16]\n\
                w3wp#1 (300) on web01: private-bytes stayed flat at 10 MB [12]\nN015 0:6";
    assert_eq!(told(&[&moved]), want.replace("2000 MB", "1.95 GB"));
}

#[test]
fn recordings_of_one_process_are_joined() {
    let early = course(&run(&[(6, 1000.0), (6, 1100.0)]));
    let late = table(15, &[(PRIVATE, &run(&[(6, 1300.0), (6, 1500.0)]))]);
    let shown = |files: &[&str]| {
        let (processes, notes) = collect(files).finish(&names());
        let facts = processes.iter().flat_map(|process| process.counters.iter().map(move |fact| (process, fact)));
        let facts =
            facts.map(|(process, fact)| format!("{}: {} {}", process.process.label(), fact.name, fact.points.len()));
        let notes = notes.iter().map(|(source, note)| format!("{} {source}", note.code.code()));
        facts.chain(notes).collect::<Vec<_>>().join(", ")
    };
    let one = "w3wp on web01: private-bytes 24";
    assert_eq!(shown(&[&early, &late]), one);
    assert_eq!(shown(&[&late, &early]), one);
    assert_eq!(only(&[&early, &late]).trend, only(&[&late, &early]).trend);
    // A second copy adds nothing.
    assert_eq!(shown(&[&early, &early]), "w3wp on web01: private-bytes 12");
    let heaps = table(13, &[(".NET CLR Memory(w3wp)\\# Bytes in all Heaps", &run(&[(12, 400.0)]))]);
    let two = table(15, &[(PRIVATE, &run(&[(12, 1300.0)])), ("Process(w3wp#1)\\Private Bytes", &run(&[(12, 100.0)]))]);
    let with_id =
        |id: f64| table(15, &[(PRIVATE, &run(&[(12, 1300.0)])), ("Process(w3wp)\\ID Process", &run(&[(12, id)]))]);
    let at_once = course(&run(&[(12, 5000.0)]));
    let nameless = dotnet(&[["GC Heap Size (MB),Metric,104.2"]; 8]);
    for (files, want) in [
        (&[&early, &heaps][..], "w3wp on web01: heaps 12, w3wp on web01: private-bytes 12"),
        (
            &[&early, &late.replace("WEB01", "WEB02")],
            "w3wp on web01: private-bytes 12, w3wp on web02: private-bytes 12",
        ),
        (&[&early, &with_id(7.0)], "w3wp (7) on web01: private-bytes 24"),
        (&[&with_id(8.0), &with_id(7.0)], "w3wp (7) on web01: private-bytes 12, w3wp (8) on web01: private-bytes 12"),
        (
            &[&early, &two],
            "w3wp on web01: private-bytes 12, w3wp on web01: private-bytes 12, w3wp#1 on web01: private-bytes 12, \
             N016 0, N016 1, N016 1",
        ),
        (&[&early, &at_once], "w3wp on web01: private-bytes 12, w3wp on web01: private-bytes 12, N016 0, N016 1"),
        (&[&early, &nameless], "a process: heaps 8, w3wp on web01: private-bytes 12, N016 1"),
    ] {
        let files: Vec<&str> = files.iter().map(|file| file.as_str()).collect();
        assert_eq!(shown(&files), want);
    }
}

#[test]
fn clocks_that_go_back() {
    let row = |time: &str, mb: usize| format!("\"10/30/2016 {time}:00.000\",\"{}\"\n", mb * 1_048_576);
    let header = format!("\"(PDH-CSV 4.0) (UTC)(0)\",\"\\\\WEB01\\{PRIVATE}\"\n");
    let rows = |times: &[&str]| header.clone() + &times.iter().map(|time| row(time, 1000)).collect::<String>();
    let summer = ["02:20", "02:30", "02:40", "02:50", "02:00", "02:10", "02:20", "02:30"];
    let fact = only(&[&rows(&summer)]);
    assert_eq!((fact.points.len(), fact.trend.map(|trend| trend.hours)), (8, Ok(70.0 / 60.0)));
    let back = ["02:20", "02:30", "02:40", "01:00", "01:10", "01:20", "01:30", "01:40", "01:50"];
    let fact = only(&[&rows(&back)]);
    assert_eq!((fact.points.len(), fact.points[0].line, fact.line), (6, 5, 1));
    assert_eq!(told(&[&rows(&back)]), "w3wp on web01: private-bytes stayed flat at 1000 MB [6]\nN011 0:5");
    // Each counter on a line of its own, and all on one: the clock goes back once.
    for lines_of_tick in [2, 0] {
        let mut collection = CounterCollection::default();
        for (nth, counter) in ["Private Bytes", "Working Set"].into_iter().enumerate() {
            let minutes = [0, 10, 20, 30, 40, 50, 0, 10, 20];
            let samples = minutes.iter().zip(0..).map(|(minutes, tick)| Sample {
                line: 10 + tick * lines_of_tick + if lines_of_tick > 0 { nth as u32 } else { 0 },
                time: Some(jiff::civil::date(2016, 10, 30).at(2, *minutes, 0, 0)),
                value: Amount::exact(1000.0),
            });
            let series = CounterSeries {
                name: format!("\\Process(w3wp)\\{counter}"),
                object: "Process".to_string(),
                instance: Some("w3wp".to_string()),
                counter: counter.to_string(),
                samples: samples.collect(),
                ..CounterSeries::default()
            };
            collection.add(0, &series);
        }
        let (processes, notes) = collection.finish(&names());
        let trends: Vec<f64> =
            processes[0].counters.iter().map(|fact| fact.trend.map_or(0.0, |trend| trend.hours)).collect();
        assert_eq!((trends, notes.len()), (vec![80.0 / 60.0; 2], 1), "{notes:?}");
    }
    // Two processes that wrote into one file.
    let mixed = dotnet(&[["GC Heap Size (MB),Metric,104.2", "GC Heap Size (MB),Metric,900.1"]; 8]);
    assert_eq!(told(&[&mixed]), "N016 0:2");
}

fn any_series() -> impl Strategy<Value = CounterSeries> {
    let names = [
        "\\\\A\\Process(w3wp)\\Private Bytes",
        "\\\\A\\Process(w3wp#1)\\Private Bytes",
        "\\\\A\\Process(w3wp)\\ID Process",
        "\\\\A\\Process(w3wp)\\Elapsed Time",
        "\\\\A\\.NET CLR Memory(w3wp)\\# Bytes in all Heaps",
        "\\\\A\\.NET CLR Memory(w3wp)\\Process ID",
    ];
    let value = prop_oneof![
        4 => 0.0..5e9_f64,
        2 => (0..4u8).prop_map(f64::from),
        1 => prop::sample::select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, f64::MAX, f64::MIN, 1e-300]),
    ];
    let minutes = prop_oneof![8 => 0..9i64, 1 => -90..0i64, 1 => Just(i64::MAX / 1_000_000_000_000)];
    let samples = prop::collection::vec((minutes, value, prop::bool::weighted(0.9)), 0..40);
    (prop::sample::select(names.to_vec()), samples, 0..3i64).prop_map(|(name, samples, hour)| {
        let (object, counter) = name[4..].split_once(")\\").expect("an instance");
        let (object, instance) = object.split_once('(').expect("an instance");
        let object = object.trim_start_matches('\\').to_string();
        let mut time = jiff::civil::date(2016, 3, 10).at(13, 0, 0, 0) + jiff::SignedDuration::from_hours(hour);
        let samples = samples.into_iter().enumerate().map(|(index, (minutes, value, is_timed))| {
            time = time.saturating_add(jiff::SignedDuration::from_mins(minutes));
            let value = Amount { value, error: value.abs() / 1e6 };
            Sample { line: index as u32 + 2, time: is_timed.then_some(time), value }
        });
        CounterSeries {
            name: name.to_string(),
            host: Some("A".to_string()),
            object,
            instance: Some(instance.to_string()),
            counter: counter.to_string(),
            line: 1,
            samples: samples.collect(),
            ..CounterSeries::default()
        }
    })
}

proptest! {
    #[test]
    fn the_order_of_sources_does_not_matter(series in prop::collection::vec((0..3usize, any_series()), 0..8)) {
        let judged = |series: &[(usize, CounterSeries)]| {
            let mut collection = CounterCollection::default();
            series.iter().for_each(|(source, series)| collection.add(*source, series));
            let (processes, notes) = collection.finish(&names());
            let facts = processes.iter().flat_map(|process| &process.counters);
            let words: Vec<String> = facts.map(|fact| fact.in_words() + &fact.sparkline()).collect();
            format!("{processes:?} {notes:?} {words:?}")
        };
        let mut sorted = series;
        sorted.sort_by(|(a, x), (b, y)| (a, &x.name).cmp(&(b, &y.name)));
        sorted.dedup_by(|(a, x), (b, y)| a == b && x.name == y.name);
        let turned: Vec<_> = sorted.iter().rev().cloned().collect();
        prop_assert_eq!(judged(&sorted), judged(&turned));
    }
}
