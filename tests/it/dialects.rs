//! Every dialect and every kind of table: its sample, and the page that tells of it.

use std::fs;
use std::path::{Path, PathBuf};

use stacklint::formats::{self, read_capture};
use stacklint::model::Capture;
use stacklint::report::render_capture_text;

/// What is understood of each sample, and what is skipped and why.
#[test]
fn samples_are_read_as_they_should_be() {
    check_samples("samples/dialects", "../snapshots/dialects");
}

#[test]
fn samples_of_leak_reports_are_read_as_they_should_be() {
    check_samples("samples/leak-reports", "../snapshots/leak-reports");
}

fn check_samples(folder: &str, snapshots: &str) {
    let mut files: Vec<PathBuf> = fs::read_dir(root(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    insta::with_settings!({ snapshot_path => snapshots, prepend_module_to_snapshot => false, omit_expression => true }, {
        for file in &files {
            let name = file.file_name().unwrap().to_str().unwrap();
            let name = name.strip_suffix(".txt").unwrap_or(name);
            let (capture, accounts) = read_capture(fs::File::open(file).unwrap(), name, true).unwrap();
            assert_eq!(accounts.lines(), capture.source.lines, "{name}: a line is not accounted for");
            let mut text = Vec::new();
            render_capture_text(&capture, true, &mut text).unwrap();
            insta::assert_snapshot!(name, without_styles(&String::from_utf8(text).unwrap()));
        }
    });
}

/// `docs/dialects.md` names every dialect and table with its commands, and each of its samples is what it says.
#[test]
fn the_page_of_dialects_is_true() {
    let page = fs::read_to_string(root("docs/dialects.md")).unwrap();
    for (name, commands) in formats::dialects() {
        let cells = row(&page, name);
        assert_eq!(quoted(&cells[1]), commands, "commands of `{name}`");
        let capture = sample(&cells);
        assert!(capture.stacks.iter().any(|stack| stack.dialect.name() == name), "no stack of `{name}` in its sample");
        for stack in capture.stacks.iter().filter(|stack| stack.dialect.name() == name) {
            assert!(cells[3].contains(stack.kind.name()), "`{name}` also gives stacks of kind {}", stack.kind.name());
        }
    }
    for (name, columns, commands) in formats::tables() {
        let cells = row(&page, name);
        assert_eq!(quoted(&cells[1]), commands, "commands of `{name}`");
        let named: Vec<&str> = cells[2].split(", ").filter(|column| !column.is_empty() && *column != "none").collect();
        assert_eq!(named, columns, "columns of `{name}`");
        assert!(sample(&cells).tables.iter().any(|table| table.name == name), "no table `{name}` in its sample");
    }
}

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The cells of the row whose first cell is the name.
fn row(page: &str, name: &str) -> Vec<String> {
    let first = format!("| `{name}` |");
    let line =
        page.lines().find(|line| line.starts_with(&first)).unwrap_or_else(|| panic!("`{name}` is not on the page"));
    line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_string()).collect()
}

/// The words in backticks.
fn quoted(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

fn sample(cells: &[String]) -> Capture {
    let last = cells.last().unwrap();
    let path = quoted(last)[0];
    let file = fs::File::open(root("samples").join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    read_capture(file, path, false).unwrap().0
}

fn without_styles(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(start) = rest.find('\u{1b}') {
        plain.push_str(&rest[..start]);
        rest = rest[start..].split_once('m').map_or("", |(_, behind)| behind);
    }
    plain + rest
}
