//! The house rules: rooms use only the rooms above them, and only `cli` touches the world.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Rooms in reading order, as `lib.rs` lists them.
fn rooms() -> Vec<String> {
    let lib = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let name = |line: &str| Some(line.strip_prefix("pub mod ")?.strip_suffix(';')?.to_string());
    lib.lines().filter_map(name).collect()
}

/// Every source file with the room it belongs to; test code and comments are left out.
fn sources() -> Vec<(String, PathBuf, String)> {
    let mut files = Vec::new();
    collect(&root().join("src"), &mut files);
    let mut sources = Vec::new();
    for path in files {
        let inside = path.strip_prefix(root().join("src")).unwrap().to_path_buf();
        let first = inside.components().next().unwrap().as_os_str().to_string_lossy().to_string();
        let room = first.trim_end_matches(".rs").to_string();
        let text = fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap_or_default().lines();
        let text = code.filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
        sources.push((room, inside, text));
    }
    sources
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs") {
            // `tests.rs` is test code as a whole.
            files.push(path);
        }
    }
}

#[test]
fn rooms_use_only_the_rooms_above_them() {
    let rooms = rooms();
    let place: BTreeMap<&str, usize> = rooms.iter().enumerate().map(|(index, room)| (room.as_str(), index)).collect();
    for (room, path, text) in sources() {
        let Some(&here) = place.get(room.as_str()) else { continue };
        for used in text.split("crate::").skip(1) {
            let used: String = used.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            let Some(&there) = place.get(used.as_str()) else { continue };
            assert!(there <= here, "{}: `{room}` uses `{used}`, which lies below it", path.display());
        }
    }
}

#[test]
fn rooms_that_never_meet() {
    for (room, never) in [("facts", "formats"), ("report", "formats"), ("report", "engine"), ("engine", "cli")] {
        for (here, path, text) in sources() {
            assert!(
                here != room || !text.contains(&format!("crate::{never}")),
                "{}: {room} uses {never}",
                path.display()
            );
        }
    }
}

#[test]
fn only_the_command_line_touches_the_world() {
    for (room, path, text) in sources() {
        // The build reads the pack's files, long before the program runs.
        if ["cli", "main", "build"].contains(&room.as_str()) {
            continue;
        }
        for world in [
            "std::fs",
            "std::env",
            "std::process",
            "stdin()",
            "stdout()",
            "stderr()",
            "println!",
            "SystemTime",
            "Instant",
        ] {
            assert!(!text.contains(world), "{}: {world}", path.display());
        }
    }
}

#[test]
fn nothing_unwraps_outside_tests() {
    for (_, path, text) in sources() {
        for sudden in [".unwrap()", ".expect(", "todo!", "unimplemented!", "dbg!"] {
            assert!(!text.contains(sudden), "{}: {sudden}", path.display());
        }
    }
}
