//! A set of small numbers.

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Bits {
    words: Vec<u64>,
}

impl Bits {
    pub fn new(size: usize) -> Self {
        Bits { words: vec![0; size.div_ceil(64)] }
    }

    pub fn insert(&mut self, index: usize) {
        self.words[index / 64] |= 1 << (index % 64);
    }

    pub fn contains(&self, index: usize) -> bool {
        self.words[index / 64] >> (index % 64) & 1 == 1
    }

    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|&word| word == 0)
    }

    pub fn intersects(&self, other: &Bits) -> bool {
        self.words.iter().zip(&other.words).any(|(a, b)| a & b != 0)
    }

    /// Moves every member that is in `matched` up by one.
    pub fn advance(&mut self, matched: &Bits) {
        let mut carry = 0;
        for (word, &matched) in self.words.iter_mut().zip(&matched.words) {
            let moving = *word & matched;
            *word = (*word & !moving) | moving << 1 | carry;
            carry = moving >> 63;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_advance_over_word_ends() {
        let mut bits = Bits::new(130);
        let mut matched = Bits::new(130);
        for index in [3, 63, 100] {
            bits.insert(index);
        }
        for index in [63, 100, 101] {
            matched.insert(index);
        }
        bits.advance(&matched);
        let members: Vec<usize> = (0..130).filter(|&index| bits.contains(index)).collect();
        assert_eq!(members, [3, 64, 101]);
    }
}
