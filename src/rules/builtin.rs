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
