//! The pack that is part of the program.

use include_dir::{Dir, include_dir};

use crate::text::Source;

static PACK: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/rules");

/// Every file of the pack, by path.
pub fn builtin_sources() -> Vec<Source> {
    let mut sources = Vec::new();
    collect(&PACK, &mut sources);
    sources.sort_by(|a: &Source, b: &Source| a.name.cmp(&b.name));
    sources
}

/// Every file of the pack, by path, without the examples: most of the text, and nothing that finding a pattern needs.
pub fn builtin_sources_to_scan() -> Vec<Source> {
    let without = |source: Source| Source::new(source.name, without_examples(&source.text));
    builtin_sources().into_iter().map(without).collect()
}

/// Lines stay what they are, up to the first that is left out.
fn without_examples(text: &str) -> String {
    let (mut kept, mut rest) = (String::new(), text);
    while let Some(start) = rest.find("\nexamples:\n") {
        kept.push_str(&rest[..=start]);
        rest = &rest[start + 1..];
        // The next document, or the next key of this one.
        let ends = memchr::memchr_iter(b'\n', rest.as_bytes()).map(|at| at + 1);
        let is_outside = |&at: &usize| !matches!(rest.as_bytes().get(at), Some(b' ' | b'\n' | b'#' | b'\r'));
        rest = ends.filter(|&at| at < rest.len()).find(is_outside).map_or("", |end| &rest[end..]);
    }
    kept + rest
}

fn collect(folder: &Dir<'_>, sources: &mut Vec<Source>) {
    for file in folder.files() {
        let is_rules = file.path().extension().is_some_and(|extension| extension == "yml" || extension == "yaml");
        if let (true, Some(text)) = (is_rules, file.contents_utf8()) {
            // A name that is the same on every system.
            let name = file.path().to_string_lossy().replace('\\', "/");
            sources.push(Source::new(format!("builtin/{name}"), text));
        }
    }
    for folder in folder.dirs() {
        collect(folder, sources);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, want: &str) {
        assert_eq!(without_examples(text), want, "{text}");
    }

    #[test]
    fn examples_are_left_out_and_nothing_else_is() {
        check("id: a\nmatch: b\n", "id: a\nmatch: b\n");
        check("id: a\nexamples:\n  match:\n    - |\n      x!y\n", "id: a\n");
        check("id: a\nexamples:\n  match:\n    # why\n\n# out\n    - x\nnotes: n\n", "id: a\nnotes: n\n");
        check("id: a\nexamples:\n  match: x\n---\nid: b\nexamples:\n  match: y\n", "id: a\n---\nid: b\n");
        check("why: |\n  examples:\n  none\n", "why: |\n  examples:\n  none\n");
    }

    #[test]
    fn no_file_of_the_pack_keeps_its_examples() {
        for (whole, brief) in builtin_sources().iter().zip(builtin_sources_to_scan()) {
            assert!(!brief.text.contains("\nexamples:"), "{}", whole.name);
            assert!(whole.text.starts_with(&brief.text) || whole.text.contains("\n---\n"), "{}", whole.name);
        }
    }
}
