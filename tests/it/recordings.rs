//! Output that real debuggers printed, counted by hand: every thread, every frame, and no frame where there is none.

use std::fs;
use std::path::{Path, PathBuf};

use stacklint::formats::read_capture;
use stacklint::model::Capture;

fn recording(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/recordings").join(name)
}

fn read(name: &str) -> Capture {
    let bytes = fs::read(recording(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    let (capture, accounts) = read_capture(bytes.as_slice(), name, true).unwrap();
    assert_eq!(accounts.lines(), capture.source.lines, "{name}");
    let lines = bytes.iter().filter(|&&byte| byte == b'\n').count() + usize::from(!bytes.ends_with(b"\n"));
    assert_eq!(accounts.lines(), lines as u64, "{name}: a line is not accounted for");
    capture
}

#[test]
fn threads_and_frames_are_all_there() {
    for (name, threads, frames) in [
        ("dbgeng/each-thread-k.txt", 6, 104),
        ("dbgeng/each-thread-kL.txt", 6, 104),
        ("dbgeng/each-thread-kv.txt", 6, 104),
        ("dbgeng/each-thread-kb.txt", 6, 104),
        ("dbgeng/each-thread-kc.txt", 6, 104),
        ("dbgeng/each-thread-kn.txt", 6, 104),
        ("dbgeng/each-thread-kp.txt", 6, 104),
        ("dbgeng/each-thread-kP.txt", 6, 104),
        ("dbgeng/kf.txt", 1, 6),
        ("sos/each-thread-kL.txt", 7, 78),
        ("sos/each-thread-e_bang-clrstack.txt", 7, 66),
        ("sos/bang-clrstack_-a.txt", 1, 5),
        ("sos/bang-clrstack_-all.txt", 6, 66),
        ("sos/clrstack_-f.txt", 1, 33),
        ("sos/session-each-thread-clrstack-f.txt", 8, 168),
        ("sos/bang-dumpstack.txt", 1, 62),
        ("sos/bang-eestack.txt", 6, 311),
        ("lldb/bt_all.txt", 7, 112),
        ("lldb/eestack_-short.txt", 4, 0),
        ("lldb/session-each-thread-pe.txt", 1, 2),
        ("others/mono-sigquit.txt", 8, 65),
        ("others/minidump-stackwalk.txt", 6, 152),
    ] {
        let capture = read(name);
        let found: usize = capture.stacks.iter().map(|stack| stack.frames.len()).sum();
        assert_eq!((capture.stacks.len(), found), (threads, frames), "{name}");
        assert!(capture.stacks.iter().all(|stack| stack.holes.is_empty()), "{name}: holes where there are none");
    }
}

/// Each row of a table is there, and nothing in its output is left over.
#[test]
fn tables_have_all_their_rows() {
    for (file, name, rows) in [
        ("sos/bang-threads.txt", "clrthreads", 6),
        ("lldb/clrthreads.txt", "clrthreads", 4),
        ("sos/bang-syncblk.txt", "syncblk", 3),
        ("sos/bang-gchandles.txt", "gchandles", 55),
        ("sos/bang-dumpheap_-stat.txt", "dumpheap", 143),
        ("sos/bang-finalizequeue.txt", "finalizequeue", 8),
        ("sos/bang-eeheap_-gc.txt", "eeheap", 2),
        ("sos/bang-threadpool.txt", "threadpool", 2),
        ("sos/bang-dso.txt", "objects", 32),
        ("dbgeng/lm.txt", "modules", 23),
        ("dbgeng/threads.txt", "threads", 6),
    ] {
        let capture = read(file);
        let tables: Vec<_> = capture.tables.iter().map(|table| (table.name, table.rows.len())).collect();
        assert_eq!(tables, [(name, rows)], "{file}");
        let left: Vec<_> = capture.skipped.iter().filter(|line| !line.text.starts_with("OS Thread Id")).collect();
        assert!(left.is_empty(), "{file}: {left:?}");
        assert_eq!(capture.stacks, [], "{file}");
    }
}

#[test]
fn what_looks_like_frames_is_none() {
    for name in [
        "dbgeng/dps_rsp_L10.txt",
        "dbgeng/u.txt",
        "dbgeng/lm.txt",
        "dbgeng/r.txt",
        "dbgeng/x_svcbang-_Render.txt",
        "dbgeng/threads.txt",
        "sos/bang-threads.txt",
    ] {
        assert_eq!(read(name).stacks, [], "{name}");
    }
}

/// The same threads printed by eight commands have the same functions.
#[test]
fn every_command_shows_the_same_functions() {
    let functions = |name: &str| -> Vec<String> {
        let capture = read(name);
        let frames = capture.stacks.iter().flat_map(|stack| &stack.frames);
        let short = |function: &str| function.split('(').next().unwrap_or_default().to_string();
        frames.map(|frame| short(capture.sites.get(frame.site).function().unwrap_or_default())).collect()
    };
    let plain = functions("dbgeng/each-thread-k.txt");
    for command in ["kL", "kv", "kb", "kc", "kn", "kp"] {
        assert_eq!(functions(&format!("dbgeng/each-thread-{command}.txt")), plain, "{command}");
    }
}
