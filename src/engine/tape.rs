//! A stack as one pattern sees it: frames and holes in order, without the noise that the pattern does not name.

use crate::model::Stack;

/// One place of a tape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    /// Position of a frame in its stack.
    Frame(usize),
    /// Position of a hole in its stack's list of holes.
    Hole(usize),
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tape {
    pub items: Vec<Item>,
    /// What lies below the last frame is not in the text.
    pub open_below: bool,
}

impl Tape {
    /// Lays out a stack, leaving out the frames for which `is_transparent` holds.
    pub fn new(stack: &Stack, is_transparent: impl Fn(usize) -> bool) -> Self {
        let mut items = Vec::with_capacity(stack.frames.len() + stack.holes.len());
        let mut holes = stack.holes.iter().enumerate().peekable();
        for frame in 0..=stack.frames.len() {
            while let Some((hole, _)) = holes.next_if(|(_, hole)| hole.before == frame) {
                items.push(Item::Hole(hole));
            }
            if frame < stack.frames.len() && !is_transparent(frame) {
                items.push(Item::Frame(frame));
            }
        }
        Tape { items, open_below: stack.cut_off }
    }
}
