//! Stacks that were seen before. Most stacks of a long log stand in it many times, call site by call site; what was worked
//! out for one holds for all that are equal.

use super::keys::Keys;
use crate::model::Stack;

/// What is known of each distinct stack.
pub struct KnownStacks<F> {
    keys: Keys,
    facts: Vec<F>,
    /// The key of the stack that was asked for last.
    key: Vec<u32>,
}

impl<F> Default for KnownStacks<F> {
    fn default() -> Self {
        KnownStacks { keys: Keys::default(), facts: Vec::new(), key: Vec::new() }
    }
}

impl<F: Clone> KnownStacks<F> {
    /// What is known of the stack, where an equal one was inserted.
    pub fn find(&mut self, stack: &Stack) -> Option<F> {
        self.key.clear();
        self.key.extend([stack.dialect as u32, u32::from(stack.cut_off)]);
        self.key.extend(stack.frames.iter().map(|frame| frame.site.0));
        for hole in &stack.holes {
            self.key.extend([u32::MAX, hole.before as u32, hole.missing.unwrap_or(u32::MAX)]);
        }
        self.keys.find(&self.key).map(|number| self.facts[number].clone())
    }

    /// Keeps what is known of the stack that was asked for last.
    pub fn insert(&mut self, facts: F) {
        if self.keys.is_full() {
            self.clear();
        }
        self.keys.insert(&self.key);
        self.facts.push(facts);
    }

    /// Call site numbers, or what was known, have become void.
    pub fn clear(&mut self) {
        self.keys.clear();
        self.facts.clear();
    }
}
