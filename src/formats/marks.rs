//! Words of which a line must hold one to be worth a closer look: they are looked for all at once, since the question is
//! asked of every line of any text.

use std::ops::Range;

use aho_corasick::AhoCorasick;

pub struct Marks(AhoCorasick);

impl Marks {
    pub fn new(words: impl IntoIterator<Item = impl AsRef<[u8]>>) -> Self {
        Marks(AhoCorasick::new(words).unwrap_or_else(|error| panic!("words of a reader: {error}")))
    }

    pub fn is_any_in(&self, text: &str) -> bool {
        self.0.is_match(text)
    }

    /// Where the words stand, by their ends; they may overlap.
    pub fn places(&self, text: &str) -> Vec<Range<usize>> {
        self.0.find_overlapping_iter(text).map(|found| found.range()).collect()
    }
}
