//! Finds the best match of a pattern on a tape, in time linear in frames times pattern lines.
//!
//! A pattern is a row of steps, each a run of frames. The cost of a step at a place of the tape is the least number of
//! skipped frames with which the steps from it on can match when they begin there; it is computed from the last step to
//! the first. The run that begins at a place may end anywhere in a window, and both ends of the window only move up the
//! stack as the place does, so the least cost within it is kept in a queue instead of being searched.
//!
//! A match that is certain comes first, however much it skips. So what is missing or unreadable is not crossed at all
//! first, and only when nothing is found that way is it taken for what the pattern wants. Reading the steps forwards
//! again, taking the first place of equal cost each time, gives the match nearest the top.

use std::collections::VecDeque;

use super::tape::{BELOW, Item, Tape};
use crate::rules::{Pattern, Step, TestId, Truth};

/// The best match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// It holds only if frames that are missing or unreadable are what the pattern wants.
    pub uncertain: bool,
    /// Frames in explicit gaps.
    pub skipped: u32,
    /// Places of the tape: where each step begins, and where the last one ends.
    pub bounds: Vec<usize>,
}

/// How missing and unreadable frames are taken when no certain match exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stance {
    /// A frame that must be there must be seen.
    Proof,
    /// A hole or an unreadable frame may be the frame wanted. For `unless`: what cannot be excluded.
    Possibility,
}

type Cost = u32;
const NEVER: Cost = u32::MAX;

/// Finds the best match of `pattern`, or `None`. `truth` answers a step's test for a frame of the stack.
pub fn best_match(
    pattern: &Pattern,
    tape: &Tape,
    stance: Stance,
    truth: impl Fn(TestId, usize) -> Truth,
) -> Option<Match> {
    let certain = Search { pattern, tape, doubting: None, truth: &truth };
    if let Some(found) = certain.best() {
        return Some(found);
    }
    let unreadable = |frame: &usize| pattern.steps.iter().any(|step| truth(step.test, *frame) == Truth::Unknown);
    let casts_doubt = |item: &Item| match item {
        Item::Hole(_) => true,
        Item::Frame(frame) => unreadable(frame),
    };
    let open_end = pattern.to_bottom && tape.open_below;
    if !open_end && !tape.items.iter().any(casts_doubt) {
        return None;
    }
    Search { doubting: Some(stance), ..certain }.best()
}

/// One search over a tape.
#[derive(Clone, Copy)]
struct Search<'a, T> {
    pattern: &'a Pattern,
    tape: &'a Tape,
    /// `None` crosses nothing that is not known.
    doubting: Option<Stance>,
    truth: &'a T,
}

impl<T: Fn(TestId, usize) -> Truth> Search<'_, T> {
    fn best(&self) -> Option<Match> {
        let width = self.tape.items.len() + 1;
        let steps = &self.pattern.steps;
        // One row for each step and one for the end; `costs[step * width + place]`.
        let mut costs = vec![NEVER; (steps.len() + 1) * width];
        self.write_end_costs(&mut costs[steps.len() * width..]);
        for (index, step) in steps.iter().enumerate().rev() {
            let (upper, next) = costs.split_at_mut((index + 1) * width);
            let row = &mut upper[index * width..];
            self.laid(step).write_costs(row, &next[..width]);
            if row.iter().all(|&cost| cost == NEVER) {
                return None;
            }
        }
        let first = &costs[..width];
        let start = if self.pattern.from_top { 0 } else { (0..width).min_by_key(|&place| first[place])? };
        if first[start] == NEVER {
            return None;
        }
        let mut bounds = vec![start];
        for (index, step) in steps.iter().enumerate() {
            let (row, next) = (&costs[index * width..][..width], &costs[(index + 1) * width..][..width]);
            let place = bounds[index];
            bounds.push(self.laid(step).first_end(place, row[place], next));
        }
        Some(Match { uncertain: self.doubting.is_some(), skipped: first[start], bounds })
    }

    fn laid<'a>(&'a self, step: &'a Step) -> Laid<'a, T> {
        let lenient = match self.doubting {
            None => false,
            Some(Stance::Proof) => step.negated,
            Some(Stance::Possibility) => true,
        };
        let crosses_holes = step.is_free || self.doubting.is_some();
        Laid { step, tape: self.tape, lenient, crosses_holes, truth: self.truth }
    }

    /// The cost of being done at each place: nothing, unless the pattern must reach the bottom.
    fn write_end_costs(&self, costs: &mut [Cost]) {
        if !self.pattern.to_bottom {
            costs.fill(0);
            return;
        }
        let mut cost = if self.tape.open_below && self.doubting.is_none() { NEVER } else { 0 };
        for place in (0..costs.len()).rev() {
            cost = match self.tape.items.get(place) {
                Some(Item::Hole(_)) if self.doubting.is_some() => cost,
                Some(_) => NEVER,
                None => cost,
            };
            costs[place] = cost;
        }
    }
}

/// A step laid over a tape.
struct Laid<'a, T> {
    step: &'a Step,
    tape: &'a Tape,
    /// A hole or an unreadable frame may be what the step wants.
    lenient: bool,
    crosses_holes: bool,
    truth: &'a T,
}

impl<T: Fn(TestId, usize) -> Truth> Laid<'_, T> {
    fn passes(&self, frame: usize) -> bool {
        match (self.truth)(self.step.test, frame) {
            Truth::Yes => true,
            Truth::Unknown => self.lenient,
            Truth::No => false,
        }
    }

    /// A place in a hole may hold a frame that the run must have.
    fn hole_suffices(&self, hole: usize) -> bool {
        let is_caller = self.step.is_open_end && self.crosses_holes && hole == BELOW;
        (self.lenient || is_caller) && !self.step.is_gap
    }

    /// The cost at every place, from the costs of what follows.
    fn write_costs(&self, row: &mut [Cost], next: &[Cost]) {
        match (self.step.is_free, self.step.min, self.step.max) {
            (true, ..) => self.write_free_gap(row, next),
            (false, 1, Some(1)) => self.write_single_frame(row, next),
            _ => Run::new(self).write_costs(row, next),
        }
    }

    /// Any number of frames: stop here, or skip the next frame. Holes cost nothing.
    fn write_free_gap(&self, row: &mut [Cost], next: &[Cost]) {
        let mut cost = NEVER;
        for place in (0..next.len()).rev() {
            if let Some(Item::Frame(_)) = self.tape.items.get(place) {
                cost = cost.saturating_add(1);
            }
            cost = cost.min(next[place]);
            row[place] = cost;
        }
    }

    fn write_single_frame(&self, row: &mut [Cost], next: &[Cost]) {
        for (place, item) in self.tape.items.iter().enumerate().rev() {
            row[place] = match item {
                Item::Frame(frame) if self.passes(*frame) => next[place + 1],
                Item::Frame(_) => NEVER,
                Item::Hole(hole) if self.hole_suffices(*hole) => row[place + 1].min(next[place + 1]),
                Item::Hole(_) if self.crosses_holes => row[place + 1],
                Item::Hole(_) => NEVER,
            };
        }
    }

    /// The first end of the run that begins at `place` which has the cost.
    fn first_end(&self, place: usize, cost: Cost, next: &[Cost]) -> usize {
        let (mut frames, mut held) = (0, 0);
        let mut end = place;
        loop {
            let skipped = if self.step.is_gap { frames } else { 0 };
            let enough = frames + held >= self.step.min;
            if enough && next[end] != NEVER && next[end] + skipped == cost {
                return end;
            }
            match self.tape.items.get(end) {
                Some(Item::Hole(hole)) => held += u32::from(self.hole_suffices(*hole)),
                Some(Item::Frame(_)) => frames += 1,
                None => return end,
            }
            end += 1;
        }
    }
}

/// A counted run: what bounds its windows.
struct Run {
    /// Frames before each place.
    frames_before: Vec<u32>,
    /// Frames before each place, with those that holes may hold.
    held_before: Vec<u32>,
    /// The first place at or below each place that the run cannot cross.
    blocked: Vec<usize>,
    min: u32,
    max: Option<u32>,
    cost_of_frame: Cost,
}

impl Run {
    fn new<T: Fn(TestId, usize) -> Truth>(laid: &Laid<'_, T>) -> Self {
        let length = laid.tape.items.len();
        let mut run = Run {
            frames_before: vec![0; length + 1],
            held_before: vec![0; length + 1],
            blocked: vec![length; length + 1],
            min: laid.step.min,
            max: laid.step.max,
            cost_of_frame: Cost::from(laid.step.is_gap),
        };
        for (place, item) in laid.tape.items.iter().enumerate() {
            let (is_frame, counts) = match item {
                Item::Frame(_) => (true, true),
                Item::Hole(hole) => (false, laid.hole_suffices(*hole)),
            };
            run.frames_before[place + 1] = run.frames_before[place] + u32::from(is_frame);
            run.held_before[place + 1] = run.held_before[place] + u32::from(counts);
        }
        for (place, item) in laid.tape.items.iter().enumerate().rev() {
            let crossed = match item {
                Item::Hole(_) => laid.crosses_holes,
                Item::Frame(frame) => laid.passes(*frame),
            };
            run.blocked[place] = if crossed { run.blocked[place + 1] } else { place };
        }
        run
    }

    fn length(&self) -> usize {
        self.blocked.len() - 1
    }

    fn write_costs(&self, row: &mut [Cost], next: &[Cost]) {
        let skipped_until = |place: usize| self.cost_of_frame * self.frames_before[place];
        let key = |place: usize| next[place].saturating_add(skipped_until(place));
        let keys: Vec<Cost> = (0..next.len()).map(key).collect();
        let mut window = Window::new(&keys);
        let (mut nearest, mut farthest) = (self.length() + 1, self.length());
        for place in (0..next.len()).rev() {
            nearest = self.nearest_end(place, nearest);
            farthest = self.farthest_end(place, farthest);
            row[place] = window.least(nearest, farthest).map_or(NEVER, |key| key - skipped_until(place));
        }
    }

    /// The first place at which a run that begins at `place` is long enough; `from` is the answer for the place below.
    fn nearest_end(&self, place: usize, from: usize) -> usize {
        let wanted = self.held_before[place].saturating_add(self.min);
        let mut end = from;
        while end > place && self.held_before[end - 1] >= wanted {
            end -= 1;
        }
        end
    }

    /// The last place at which a run that begins at `place` may end; `from` is the answer for the place below.
    fn farthest_end(&self, place: usize, from: usize) -> usize {
        let mut end = from.min(self.blocked[place]);
        if let Some(max) = self.max {
            let allowed = self.frames_before[place].saturating_add(max);
            while self.frames_before[end] > allowed {
                end -= 1;
            }
        }
        end
    }
}

/// The least key within a window whose ends only move up the stack.
struct Window<'a> {
    keys: &'a [Cost],
    /// Places of the window whose key is less than every key above them; the least is last.
    queue: VecDeque<usize>,
    added: usize,
}

impl<'a> Window<'a> {
    fn new(keys: &'a [Cost]) -> Self {
        Window { keys, queue: VecDeque::new(), added: keys.len() }
    }

    fn least(&mut self, nearest: usize, farthest: usize) -> Option<Cost> {
        while self.added > nearest {
            self.added -= 1;
            let key = self.keys[self.added];
            while self.queue.front().is_some_and(|&front| self.keys[front] >= key) {
                self.queue.pop_front();
            }
            self.queue.push_front(self.added);
        }
        while self.queue.back().is_some_and(|&back| back > farthest) {
            self.queue.pop_back();
        }
        let least = self.keys[*self.queue.back()?];
        (least != NEVER).then_some(least)
    }
}
