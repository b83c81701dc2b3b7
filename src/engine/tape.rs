//! A stack as one pattern sees it: frames and holes in order, without the noise that the pattern does not name.

use crate::model::Stack;
use crate::rules::{Pattern, Step};

/// One place of a tape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    /// Position of a frame in its stack.
    Frame(usize),
    /// Position of a hole in its stack's list of holes. A hole takes as many places as frames are missing in it, so far as
    /// the pattern has lines for them; each of them may hold a frame, or none.
    Hole(usize),
}

/// The hole below the last frame, where the text does not show what called it: it is none of the stack's list.
pub const BELOW: usize = usize::MAX;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tape {
    pub items: Vec<Item>,
    /// What lies below the last frame is not in the text.
    pub open_below: bool,
}

impl Tape {
    /// Lays out a stack for a pattern, leaving out the frames for which `is_transparent` holds.
    pub fn new(stack: &Stack, pattern: &Pattern, is_transparent: impl Fn(usize) -> bool) -> Self {
        let mut items = Vec::with_capacity(stack.frames.len() + stack.holes.len());
        let mut holes = stack.holes.iter().enumerate().peekable();
        for frame in 0..=stack.frames.len() {
            while let Some((number, hole)) = holes.next_if(|(_, hole)| hole.before == frame) {
                let wanted = frames_wanted(pattern);
                let places = hole.missing.map_or(wanted, |missing| wanted.min(missing.max(1) as usize));
                items.extend(std::iter::repeat_n(Item::Hole(number), places));
            }
            if frame < stack.frames.len() && !is_transparent(frame) {
                items.push(Item::Frame(frame));
            }
        }
        // Which frame called the last one cannot be seen; that it is none of those excluded may be so, and one it is.
        let ends_excluding = |step: &Step| step.negated && !step.is_gap && step.min > 0;
        let is_open = pattern.steps.last().is_some_and(|step| ends_excluding(step) || step.is_open_end);
        if stack.cut_off && is_open {
            items.push(Item::Hole(BELOW));
        }
        Tape { items, open_below: stack.cut_off }
    }
}

/// The most places that a hole takes.
const LONGEST_HOLE: usize = 10_000;

/// How many frames a pattern could look for in a hole.
fn frames_wanted(pattern: &Pattern) -> usize {
    let frames = pattern.steps.iter().filter(|step| !step.is_gap).map(|step| step.min as usize);
    frames.fold(0, usize::saturating_add).clamp(1, LONGEST_HOLE)
}
