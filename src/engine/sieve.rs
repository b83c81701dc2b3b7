//! The sieve: one walk over a stack that tells for all rules together which of them can match.
//!
//! A pattern can match only if its required frames occur in its order, whatever lies between. Every rule has one bit that
//! stands at the required frame it waits for; a frame moves all bits that wait for it at once. Noise, gaps and counts only
//! narrow this down further, so no match is lost.
//!
//! What else follows from the rules alone ([`AtomIndex`], [`Naming`]) is kept beside it.

use super::atom_index::{AtomIndex, Naming};
use super::bits::Bits;
use super::classes::{Class, ClassId, Classes};
use crate::rules::{RuleSet, Step, TestId, Truth};

/// `x10+` waits for this many frames and no more: enough to sift.
const REPEATS: u32 = 3;

pub struct Sieve {
    /// The required frames of all rules, one rule after the other, each rule followed by a place that nothing matches:
    /// the bit of a rule that can match comes to rest there.
    places: Vec<Option<TestId>>,
    start: Bits,
    /// Where each rule's bit comes to rest.
    ends: Vec<usize>,
    /// The same places, of rules that ask something of single stacks.
    asking: Bits,
    pub(super) atoms: AtomIndex,
    pub(super) naming: Naming,
}

impl Sieve {
    pub fn new(rules: &RuleSet) -> Self {
        let (mut places, mut starts, mut ends) = (Vec::new(), Vec::new(), Vec::new());
        for rule in &rules.rules {
            starts.push(places.len());
            for step in rule.pattern.steps.iter().filter(|step| step.is_required()) {
                let Step { test, min, .. } = step;
                places.extend((0..(*min).min(REPEATS)).map(|_| Some(*test)));
            }
            ends.push(places.len());
            places.push(None);
        }
        let mut start = Bits::new(places.len());
        starts.into_iter().for_each(|place| start.insert(place));
        let mut asking = Bits::new(places.len());
        let asks = rules.rules.iter().zip(&ends).filter(|(rule, _)| rule.asks_of_stacks());
        asks.for_each(|(_, &end)| asking.insert(end));
        Sieve { places, start, ends, asking, atoms: AtomIndex::new(rules), naming: Naming::new(rules) }
    }

    /// The places whose frame a call site of this class is.
    pub fn required_of(&self, class: &Class) -> Bits {
        let mut required = Bits::new(self.places.len());
        for (place, test) in self.places.iter().enumerate() {
            if test.is_some_and(|test| class.truth(test) == Truth::Yes) {
                required.insert(place);
            }
        }
        required
    }

    /// For each rule the most required frames that occur in its order, and how many it has, counting no more than
    /// `REPEATS` for a line.
    pub fn reached(&self, frames: &[ClassId], classes: &Classes<'_>) -> impl Iterator<Item = (usize, usize)> {
        let waiting = self.walk(frames, classes);
        let starts = std::iter::once(0).chain(self.ends.iter().map(|end| end + 1));
        starts.zip(&self.ends).map(move |(start, &end)| {
            let stands = (start..=end).find(|&place| waiting.contains(place)).unwrap_or(start);
            (stands - start, end - start)
        })
    }

    /// Indexes of the rules that can match a stack with frames of these classes.
    pub fn candidates(&self, frames: &[ClassId], classes: &Classes<'_>) -> Vec<usize> {
        let waiting = self.walk(frames, classes);
        let arrived = waiting.in_both(&self.asking);
        arrived.map(|end| self.ends.partition_point(|&other| other < end)).collect()
    }

    /// Where the rules' bits stand when the frames have passed.
    fn walk(&self, frames: &[ClassId], classes: &Classes<'_>) -> Bits {
        let mut waiting = self.start.clone();
        for &class in frames {
            let class = classes.get(class);
            if class.is_relevant {
                waiting.advance(&class.required);
            }
        }
        waiting
    }
}
