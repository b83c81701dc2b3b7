//! The pack that is part of the program.

use std::ops::Range;

use super::node::Node;
use crate::text::Source;

/// What `src/build.rs` made of the pack: reading YAML takes longer than all else that is done before the first line.
static DOCUMENTS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/pack.bin"));
// Name, text and place in `DOCUMENTS` of every file, by name.
include!(concat!(env!("OUT_DIR"), "/pack_files.rs"));

/// Every file of the pack, by path.
pub fn builtin_sources() -> Vec<Source> {
    FILES.iter().map(|(name, text, _)| Source::new(*name, *text)).collect()
}

/// The documents of a file of the pack, as the build read them; `None` for a text that it did not see or could not read.
pub fn documents_of(source: &Source) -> Option<Vec<Node>> {
    let place = FILES.binary_search_by(|(name, ..)| (*name).cmp(source.name.as_str())).ok()?;
    let (_, text, documents) = &FILES[place];
    let is_same = source.text == *text && !documents.is_empty();
    is_same.then(|| postcard::from_bytes(&DOCUMENTS[documents.clone()]).ok()).flatten()
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
