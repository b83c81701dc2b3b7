//! What was said of a stack before: stacks that no rule can tell apart get the same answer.

use std::hash::{BuildHasher, Hasher};

use foldhash::fast::FixedState;
use hashbrown::HashTable;

use super::evaluate::{Evaluator, StackResult};
use super::keys::Keys;
use crate::model::Stack;

/// Stacks held to count how many differ.
const SEEN_CAP: usize = 1024 * 1024;

/// The results of the distinct stacks.
#[derive(Default)]
pub struct Memo {
    keys: Keys,
    /// Index into `results` of each distinct stack: nearly all have the empty result.
    result_of: Vec<usize>,
    pub results: Vec<StackResult>,
    /// Each time, the indices given before became void.
    pub times_cleared: u32,
    /// Kept for its memory.
    written: Vec<u32>,
}

impl Memo {
    /// Index of the answer for the stack that the evaluator classified last. `judge` finds it where no stack like this one
    /// was seen.
    pub fn answer(&mut self, evaluator: &Evaluator, stack: &Stack, judge: impl FnOnce() -> StackResult) -> usize {
        let mut key = std::mem::take(&mut self.written);
        key.clear();
        evaluator.write_key(stack, &mut key);
        let answer = match self.find(&key) {
            Some(known) if !self.results[known].by_names => known,
            Some(_) => {
                evaluator.write_names(&mut key);
                self.find(&key).unwrap_or_else(|| self.insert(&key, judge()))
            }
            None => {
                let result = judge();
                if result.by_names {
                    self.insert(&key, StackResult { by_names: true, ..StackResult::default() });
                    evaluator.write_names(&mut key);
                }
                self.insert(&key, result)
            }
        };
        self.written = key;
        answer
    }

    fn find(&self, key: &[u32]) -> Option<usize> {
        Some(self.result_of[self.keys.find(key)?])
    }

    /// Keeps an answer; its index.
    fn insert(&mut self, key: &[u32], result: StackResult) -> usize {
        if self.keys.is_full() {
            self.clear();
        }
        self.keys.insert(key);
        let result_index =
            match self.results.iter().take(64).position(|known| known.hits.is_empty() && *known == result) {
                Some(same) => same,
                None => {
                    self.results.push(result);
                    self.results.len() - 1
                }
            };
        self.result_of.push(result_index);
        result_index
    }

    fn clear(&mut self) {
        self.keys.clear();
        self.result_of.clear();
        self.results.clear();
        self.times_cleared += 1;
    }
}

/// Hashes of the stacks seen, for counting those that differ.
#[derive(Default)]
pub struct Seen {
    hasher: FixedState,
    hashes: HashTable<u64>,
}

impl Seen {
    /// Call site numbers have become void.
    pub fn clear(&mut self) {
        self.hashes.clear();
    }

    pub fn is_new(&mut self, stack: &Stack) -> bool {
        let mut hasher = self.hasher.build_hasher();
        for frame in &stack.frames {
            hasher.write_u32(frame.site.0);
        }
        let hash = hasher.finish();
        if self.hashes.find(hash, |&other| other == hash).is_some() {
            return false;
        }
        if self.hashes.len() >= SEEN_CAP {
            self.hashes.clear();
        }
        self.hashes.insert_unique(hash, hash, |&hash| hash);
        true
    }
}
