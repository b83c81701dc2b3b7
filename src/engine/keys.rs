//! Rows of numbers by which stacks are told apart, each kept once.

use std::hash::BuildHasher;

use foldhash::fast::FixedState;
use hashbrown::HashTable;

/// Numbers held before it is time to start anew.
const NUMBERS_CAP: usize = 1024 * 1024;

/// The keys seen so far, numbered in the order in which they came.
#[derive(Default)]
pub struct Keys {
    hasher: FixedState,
    table: HashTable<(u64, u32)>,
    numbers: Vec<u32>,
    ends: Vec<usize>,
}

impl Keys {
    /// The number of a key that was inserted before.
    pub fn find(&self, key: &[u32]) -> Option<usize> {
        let hash = self.hasher.hash_one(key);
        let entry = self.table.find(hash, |&(other, index)| other == hash && self.get(index as usize) == key)?;
        Some(entry.1 as usize)
    }

    /// Keeps a key that is new.
    pub fn insert(&mut self, key: &[u32]) {
        let hash = self.hasher.hash_one(key);
        let index = self.ends.len() as u32;
        self.numbers.extend_from_slice(key);
        self.ends.push(self.numbers.len());
        self.table.insert_unique(hash, (hash, index), |&(hash, _)| hash);
    }

    pub fn is_full(&self) -> bool {
        self.numbers.len() > NUMBERS_CAP
    }

    pub fn clear(&mut self) {
        self.table.clear();
        self.numbers.clear();
        self.ends.clear();
    }

    fn get(&self, index: usize) -> &[u32] {
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.numbers[start..self.ends[index]]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_numbered_in_their_order() {
        let mut keys = Keys::default();
        let all: [&[u32]; 4] = [&[1, 2], &[1], &[], &[1, 2, 3]];
        for key in all {
            assert_eq!(keys.find(key), None);
            keys.insert(key);
        }
        assert_eq!(all.map(|key| keys.find(key)), [Some(0), Some(1), Some(2), Some(3)]);
        keys.clear();
        assert_eq!(keys.find(&[1]), None);
    }
}
