//! The pack that is part of the program.

use std::ops::Range;

use include_dir::{Dir, include_dir};

use super::node::Node;
use crate::text::Source;

static PACK: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/rules");

/// What `src/build.rs` made of the pack: reading YAML takes longer than all else that is done before the first line.
static DOCUMENTS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/pack.bin"));
include!(concat!(env!("OUT_DIR"), "/pack_files.rs"));

/// Every file of the pack, by path.
pub fn builtin_sources() -> Vec<Source> {
    let mut sources = Vec::new();
    collect(&PACK, &mut sources);
    sources.sort_by(|a: &Source, b: &Source| a.name.cmp(&b.name));
    sources
}

/// The documents of a file of the pack, as the build read them; `None` for a text that it did not see.
pub fn documents_of(source: &Source) -> Option<Vec<Node>> {
    let place = FILES.binary_search_by(|(name, ..)| (*name).cmp(source.name.as_str())).ok()?;
    let (_, length, range) = &FILES[place];
    let is_same = source.text.len() == *length;
    is_same.then(|| postcard::from_bytes(&DOCUMENTS[range.clone()]).ok()).flatten()
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
    use super::super::node;
    use super::*;

    #[test]
    fn the_build_read_every_file_as_it_is() {
        let sources = builtin_sources();
        for source in &sources {
            assert_eq!(documents_of(source), node::documents(source).ok(), "{}", source.name);
        }
        assert_eq!(sources.len(), FILES.len());
    }
}
