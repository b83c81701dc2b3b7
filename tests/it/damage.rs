//! Damaged text: cut, lines lost or doubled, two texts spliced. Nothing panics, no line is lost from the accounts, and what
//! lies outside the damage is read as before.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::sample::Index;
use stacklint::formats::read_capture;

/// The call site of each frame with its number, by line.
type Frames = BTreeMap<u32, String>;

#[test]
fn every_cut_is_survived() {
    for (name, text) in samples() {
        let whole = read(&text);
        // Long samples are cut at lines only.
        let cuts: Vec<usize> = match text.len() {
            0..12_000 => (0..text.len()).filter(|&at| text.is_char_boundary(at)).collect(),
            _ => text.match_indices('\n').map(|(at, _)| at).collect(),
        };
        for cut in cuts {
            let line = 1 + text[..cut].matches('\n').count() as u32;
            compare(&name, &whole, &read(&text[..cut]), line, |_| None);
        }
    }
}

#[test]
fn every_line_can_be_lost_or_doubled() {
    for (name, text) in samples() {
        let whole = read(&text);
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        for at in 0..lines.len() {
            let line = at as u32 + 1;
            let next_prompt =
                lines[at + 1..].iter().position(|line| is_prompt(line)).map(|more| line + 1 + more as u32);
            let mut lost = lines.clone();
            lost.remove(at);
            let moved = |here: u32| next_prompt.filter(|&prompt| here >= prompt).map(|_| here - 1);
            compare(&name, &whole, &read(&lost.concat()), line, moved);
            let mut doubled = lines.clone();
            doubled.insert(at, lines[at]);
            let moved = |here: u32| next_prompt.filter(|&prompt| here >= prompt).map(|_| here + 1);
            compare(&name, &whole, &read(&doubled.concat()), line, moved);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn two_texts_are_spliced(first in any::<Index>(), second in any::<Index>(), to in any::<Index>(), from in any::<Index>()) {
        let samples = samples();
        let ((one, above), (other, below)) = (first.get(&samples), second.get(&samples));
        let above_lines: Vec<&str> = above.split_inclusive('\n').collect();
        let below_lines: Vec<&str> = below.split_inclusive('\n').collect();
        let (to, from) = (to.index(above_lines.len()), from.index(below_lines.len()));
        let text = above_lines[..to].concat() + &below_lines[from..].concat();
        let name = format!("{one} to {to}, {other} from {from}");
        let spliced = read(&text);
        compare(&name, &read(above), &spliced, to as u32 + 1, |_| None);
        let prompt = below_lines[from..].iter().position(|line| is_prompt(line)).map(|more| (from + more) as u32 + 1);
        let moved = |here: u32| prompt.filter(|&prompt| here >= prompt).map(|_| here - from as u32 + to as u32);
        compare(&name, &read(below), &spliced, 0, moved);
    }
}

/// Frames above the damaged line, but for the last, are the same; so are those that `moved` gives another place.
fn compare(name: &str, whole: &Frames, damaged: &Frames, line: u32, moved: impl Fn(u32) -> Option<u32>) {
    let mut above: Vec<(&u32, &String)> = whole.range(..line).collect();
    // A frame may go on in lines below it.
    above.pop();
    for (here, site) in above {
        assert_eq!(damaged.get(here), Some(site), "{name}: line {here}, damaged at {line}");
    }
    for (here, site) in whole {
        if let Some(there) = moved(*here) {
            assert_eq!(damaged.get(&there), Some(site), "{name}: line {here}, damaged at {line}");
        }
    }
}

fn read(text: &str) -> Frames {
    let (capture, accounts) = read_capture(text.as_bytes(), "damaged", true).unwrap();
    let mut lines = text.replace("\r\n", "\n").replace('\r', "\n").matches('\n').count() as u64;
    lines += u64::from(!text.is_empty() && !text.ends_with(['\n', '\r']));
    assert_eq!(accounts.lines(), lines, "lines lost from the accounts of\n{text}");
    let mut frames = Frames::new();
    for frame in capture.stacks.iter().flat_map(|stack| &stack.frames) {
        let site = capture.sites.get(frame.site).text;
        frames.insert(frame.line, format!("{:?} {site}", frame.number()));
    }
    frames
}

fn is_prompt(line: &str) -> bool {
    let user_mode = line.starts_with("0:") && line.contains("> ");
    user_mode || line.starts_with("(lldb) ") || line.contains("kd> ")
}

/// All texts below `samples/` with their paths.
fn samples() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    let mut folders = vec![root.clone()];
    let mut files: Vec<PathBuf> = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "txt" || end == "log") {
                files.push(path);
            }
        }
    }
    files.sort();
    let name = |path: &PathBuf| path.strip_prefix(&root).unwrap().display().to_string();
    files.iter().map(|path| (name(path), fs::read_to_string(path).unwrap())).collect()
}
