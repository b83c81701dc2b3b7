//! Recursion: the same frames over and over, whatever their number in one round.

use super::names::NameId;
use super::tape::{Item, Tape};

/// Frames that repeat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cycle {
    /// Place of the tape where the first round begins.
    pub start: usize,
    /// Frames in one round.
    pub period: usize,
    /// Whole rounds.
    pub repeats: usize,
}

/// The cycle of the shortest period that repeats often enough; of several the one nearest the top. Time is linear in the
/// frames for each period.
pub fn find(
    tape: &Tape,
    name: impl Fn(usize) -> Option<NameId>,
    repeats: usize,
    max_period: usize,
    accepts: impl Fn(&[Item]) -> bool,
) -> Option<Cycle> {
    let name_at = |place: usize| match tape.items[place] {
        Item::Frame(frame) => name(frame),
        Item::Hole(_) => None,
    };
    let names: Vec<Option<NameId>> = (0..tape.items.len()).map(name_at).collect();
    for period in 1..=max_period.min(names.len() / 2) {
        let mut start = 0;
        while start + period < names.len() {
            let same =
                (start..names.len() - period).take_while(|&at| names[at].is_some() && names[at] == names[at + period]);
            let run = same.count();
            let rounds = (run + period) / period;
            if run >= period && rounds >= repeats && accepts(&tape.items[start..start + period]) {
                return Some(Cycle { start, period, repeats: rounds });
            }
            start += run + 1;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(names: &str, repeats: usize, period: usize, want: Option<(usize, usize, usize)>) {
        let items = (0..names.len()).map(Item::Frame).collect();
        let tape = Tape { items, open_below: false };
        let bytes = names.as_bytes();
        let name = |frame: usize| (bytes[frame] != b'?').then(|| NameId(u32::from(bytes[frame])));
        let found = find(&tape, name, repeats, period, |_| true);
        assert_eq!(found.map(|found| (found.start, found.period, found.repeats)), want, "{names}");
    }

    #[test]
    fn cycles() {
        for (names, repeats, period, want) in [
            ("xabababy", 3, 4, Some((1, 2, 3))),
            ("xaaaay", 4, 4, Some((1, 1, 4))),
            ("xaaaay", 5, 4, None),
            ("abcabcab", 2, 3, Some((0, 3, 2))),
            ("abcabcab", 2, 2, None),
            ("a?a?a?", 2, 2, None),
            ("abab", 3, 2, None),
            ("", 2, 2, None),
        ] {
            check(names, repeats, period, want);
        }
    }
}
