//! The stack being read, and whether the next frame goes on with it.

use std::sync::Arc;

use crate::formats::tokens;
use crate::model::{CallSites, Dialect, Frame, FrameValue, Hole, SiteId, Stack, StackKind, ThreadRef};

/// Child-SP of neighbouring frames lies no farther apart than this.
const STACK_REACH: u64 = 1 << 20;

/// Frames from the top whose values are kept, and how many of each: a thread that waits does so near the top.
const VALUED_FRAMES: usize = 48;
const VALUES: u32 = 32;

/// The stack being read.
#[derive(Default)]
pub struct Current {
    pub open: bool,
    /// A thread header came before it, so it counts even without frames.
    pub announced: bool,
    pub stack: Stack,
    /// The number the next frame must have to follow directly.
    pub next_number: Option<u32>,
    /// The last frame's return address is zero.
    pub complete: bool,
    /// The last frame has a return address column that is not zero.
    pub returns_somewhere: bool,
    /// Digits of the last frame's Child-SP; understood only when something else than a frame follows.
    pub child_sp: [u8; 16],
    /// Of the whole line, addresses and all.
    pub last_line_length: usize,
    pub after_blank: bool,
    pub after_prose: bool,
    pub cut_mark: bool,
    /// Its lines look like those of other columns, and are read by the grammar only.
    pub odd_columns: bool,
    /// A column header came before it.
    pub headed: bool,
    /// Call sites alone, without columns or header.
    pub bare: bool,
    /// Of names without arguments, as far as it is bare.
    pub names: bool,
    /// Some of its names lack their namespaces, or got them here.
    pub short_names: bool,
    /// Of call sites alone, a blank line between each two.
    pub spaced: bool,
    /// The last frame's whole line, where its columns may have to be read again together with the next line.
    pub raw: String,
    /// So many times the frames from this position on come, up to the second rule of dashes.
    pub repeat: Option<(u32, usize)>,
    /// Its first frame is that of the stack above, and counts only where others follow.
    pub shares_first: bool,
    /// Its first frame may be nothing but the place where a thread stands.
    pub is_location: bool,
    /// Of an exception, whose frames are calls without `at`.
    pub without_at: bool,
    /// A line below the last frame told where it stands in the sources.
    pub has_source_line: bool,
    /// The last frame's line ends within its columns.
    pub unfinished: bool,
    /// The frame that values were printed with last, and how many.
    values_at: (usize, u32),
}

impl Current {
    /// Starts over with an empty stack.
    pub fn begin(
        &mut self,
        dialect: Dialect,
        thread: ThreadRef,
        announced: bool,
        command: &Option<Arc<str>>,
        line: u32,
    ) {
        let mut stack = std::mem::take(&mut self.stack);
        let mut raw = std::mem::take(&mut self.raw);
        raw.clear();
        stack.frames.clear();
        stack.holes.clear();
        stack.values.clear();
        stack.kind = StackKind::Thread;
        stack.dialect = dialect;
        stack.thread = thread;
        stack.command.clone_from(command);
        stack.line = line;
        stack.cut_off = false;
        *self = Current { open: true, announced, stack, raw, ..Current::default() };
    }

    /// Ends the stack. `None` when there is none; otherwise whether it breaks off at code without symbols.
    pub fn finish(&mut self, sites: &CallSites) -> Option<bool> {
        if !std::mem::take(&mut self.open) || (self.stack.frames.is_empty() && !self.announced) {
            return None;
        }
        if self.shares_first && self.stack.frames.len() == 1 {
            return None;
        }
        let stack = &mut self.stack;
        let bottom = stack.frames.last().map(|frame| sites.get(frame.site));
        let breaks_off = bottom.is_some_and(|site| site.is_unreadable()) && stack.dialect == Dialect::K;
        // An exception's stack ends where it was caught.
        stack.cut_off |= stack.kind == StackKind::Exception && bottom.is_some();
        stack.cut_off |= breaks_off || self.cut_mark || (self.returns_somewhere && !self.complete && bottom.is_some());
        Some(breaks_off)
    }

    /// Whether a frame with this number and Child-SP belongs to the stack.
    pub fn goes_on(&self, dialect: Dialect, number: Option<u32>, child_sp: &str) -> bool {
        if !self.open || self.stack.dialect != dialect {
            return false;
        }
        let Some(last) = self.stack.frames.last() else { return true };
        match (last.number(), number) {
            (Some(last), Some(number)) => number > last,
            // One more below the first frame of a thread, right below it: the engine lost its way.
            (None, None) if self.complete => self.headed && !self.after_blank && !self.after_prose,
            // Lines that someone cut out belong to the stack, however many.
            (None, None) if self.cut_mark => child_sp.is_empty() || is_below(&self.child_sp, child_sp),
            (None, None) if !self.after_prose => true,
            (None, None) => lies_below(&self.child_sp, child_sp),
            _ => false,
        }
    }

    /// Whether the frame above has no number where all have one, and the one with this Child-SP is directly below it: a
    /// copy made of `00` to `09` the numbers of a list, and `0a` is left. What numbers are there tell of no holes.
    pub fn has_lost_numbers(&self, number: u32, child_sp: &str) -> bool {
        let directly = self.open && self.headed && !self.after_blank && !self.after_prose && !self.complete;
        let frames = &self.stack.frames;
        let unnumbered = frames.last().is_some_and(|frame| frame.number().is_none()) && number as usize >= frames.len();
        let below_inline = self.child_sp == digits_of("");
        directly && unnumbered && (child_sp.is_empty() || below_inline || lies_below(&self.child_sp, child_sp))
    }

    /// Whether values were printed with the last frame.
    pub fn last_has_values(&self) -> bool {
        self.values_at.0 + 1 == self.stack.frames.len() && self.values_at.1 > 0
    }

    /// Adds a value that is printed with the last frame; `None` for one that the debugger could not tell.
    pub fn push_value(&mut self, value: Option<u64>) {
        let Some(frame) = self.stack.frames.len().checked_sub(1).filter(|&frame| frame < VALUED_FRAMES) else { return };
        if self.values_at.0 != frame {
            self.values_at = (frame, 0);
        }
        let place = self.values_at.1;
        self.values_at.1 += 1;
        if let Some(value) = value.filter(|_| place < VALUES) {
            self.stack.values.push(FrameValue { frame: frame as u32, place, value });
        }
    }

    /// A rule of dashes: the first below `Repeat 7 times:` begins the frames that come back, the second ends them. Those that
    /// are not printed are missing.
    pub fn repeat_rule(&mut self) -> bool {
        let Some((times, from)) = self.repeat else { return false };
        let before = self.stack.frames.len();
        if before > from {
            let missing = (before - from) as u64 * u64::from(times.saturating_sub(1));
            if missing > 0 {
                self.stack.holes.push(Hole { before, missing: Some(u32::try_from(missing).unwrap_or(u32::MAX)) });
            }
            self.repeat = None;
        }
        true
    }

    /// Adds a frame, and a hole before it when frames are missing.
    pub fn push(&mut self, site: SiteId, line: u32, number: Option<u32>, inline: bool) {
        let before = self.stack.frames.len();
        let expected = match self.next_number {
            None if before == 0 => Some(0),
            next => next,
        };
        match (number, expected) {
            (Some(number), Some(expected)) if number > expected => {
                self.stack.holes.push(Hole { before, missing: Some(number - expected) });
            }
            (None, _) if self.cut_mark => self.stack.holes.push(Hole { before, missing: None }),
            _ => {}
        }
        let frame = Frame::new(site, line, number);
        self.stack.frames.push(if inline { frame.inlined() } else { frame });
        self.next_number = number.map(|number| number + 1);
        self.after_blank = false;
        self.after_prose = false;
        self.cut_mark = false;
        self.unfinished = false;
        self.has_source_line = false;
    }
}

/// The digits of an address, filled up with zeros in front; all zero when there is none.
pub fn digits_of(address: &str) -> [u8; 16] {
    let mut digits = [b'0'; 16];
    let places = (0..16).rev();
    for (place, digit) in places.zip(address.bytes().rev().filter(|&byte| byte != b'`')) {
        digits[place] = digit;
    }
    digits
}

/// Whether a frame at `child_sp` can be a caller of the frame whose Child-SP is `above`.
fn lies_below(above: &[u8; 16], child_sp: &str) -> bool {
    distance(above, child_sp).is_some_and(|distance| distance < STACK_REACH)
}

fn is_below(above: &[u8; 16], child_sp: &str) -> bool {
    distance(above, child_sp).is_some()
}

fn distance(above: &[u8; 16], child_sp: &str) -> Option<u64> {
    let above = std::str::from_utf8(above).ok().and_then(tokens::hex_value).filter(|&above| above != 0)?;
    let here = tokens::hex_value(child_sp)?;
    here.checked_sub(above).filter(|&distance| distance > 0)
}
