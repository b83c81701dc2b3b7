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

    /// The members, the least first.
    pub fn iter(&self) -> impl Iterator<Item = usize> {
        self.in_both(self)
    }

    /// The members that another set has too, the least first.
    pub fn in_both(&self, other: &Bits) -> impl Iterator<Item = usize> {
        self.words.iter().zip(&other.words).enumerate().flat_map(|(index, (one, other))| {
            let word = one & other;
            let next = |left: &u64| Some(left & (left - 1)).filter(|&left| left != 0);
            let lefts = std::iter::successors(Some(word).filter(|&word| word != 0), next);
            lefts.map(move |left| index * 64 + left.trailing_zeros() as usize)
        })
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

/// A set of few numbers, to be held against a large one.
#[derive(Clone, Debug, Default)]
pub struct FewBits {
    /// Those of the words of [`Bits`] that are not empty, with their places.
    words: Vec<(usize, u64)>,
}

impl FewBits {
    pub fn insert(&mut self, index: usize) {
        let (place, bit) = (index / 64, 1 << (index % 64));
        match self.words.iter_mut().find(|(known, _)| *known == place) {
            Some((_, word)) => *word |= bit,
            None => self.words.push((place, bit)),
        }
    }

    pub fn intersects(&self, other: &Bits) -> bool {
        self.words.iter().any(|&(place, word)| other.words[place] & word != 0)
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
        assert_eq!(bits.iter().collect::<Vec<usize>>(), [3, 64, 101]);
        for (index, want) in [(3, true), (4, false), (64, true), (100, false), (129, false)] {
            let mut few = FewBits::default();
            few.insert(index);
            assert_eq!(few.intersects(&bits), want, "{index}");
        }
    }
}
