//! Finds the best match of a pattern on a tape, in time linear in frames times pattern lines.
//!
//! A pattern is a row of steps, each a run of frames. `cost[step][place]` is the least cost of matching the steps from
//! `step` on when they begin at `place`; it is computed from the last step to the first. The run of a step that begins
//! at a place may end anywhere in a window, and both window ends only move up the stack as the place does, so the least
//! cost within the window is kept in a queue instead of being searched.
//!
//! Costs compare certainty first, then skipped frames. Reading the steps forwards again, taking the first place of equal
//! cost each time, gives the match nearest the top.

use std::collections::VecDeque;

use super::tape::{Item, Tape};
use crate::rules::{Pattern, Step, Test, Truth};

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

/// How missing and unreadable frames are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stance {
    /// A frame that must be there must be seen.
    Proof,
    /// A hole or an unreadable frame may be the frame wanted; the match is then uncertain. For `unless`: what cannot be
    /// excluded.
    Possibility,
}

type Cost = u64;
const NEVER: Cost = u64::MAX;
const UNCERTAIN: Cost = 1 << 40;

/// Finds the best match of `pattern`, or `None`. `truth` answers a step's test for a frame of the stack.
pub fn best_match(
    pattern: &Pattern,
    tape: &Tape,
    stance: Stance,
    truth: impl Fn(&Test, usize) -> Truth,
) -> Option<Match> {
    let runs: Vec<Run> = pattern.steps.iter().map(|step| Run::new(step, tape, stance, &truth)).collect();
    let mut costs = vec![end_costs(pattern, tape)];
    for run in runs.iter().rev() {
        let next = &costs[costs.len() - 1];
        costs.push(run.costs(next));
    }
    costs.reverse();
    let first = &costs[0];
    let start = match pattern.from_top {
        true => 0,
        false => (0..first.len()).min_by_key(|&place| first[place])?,
    };
    let best = first[start];
    if best == NEVER {
        return None;
    }
    let mut bounds = vec![start];
    for (step, run) in runs.iter().enumerate() {
        let place = bounds[step];
        bounds.push(run.first_end(place, costs[step][place], &costs[step + 1]));
    }
    Some(Match { uncertain: best >= UNCERTAIN, skipped: (best % UNCERTAIN) as u32, bounds })
}

/// The cost of being done at each place: nothing, unless the pattern must reach the bottom.
fn end_costs(pattern: &Pattern, tape: &Tape) -> Vec<Cost> {
    let mut costs = vec![0; tape.items.len() + 1];
    if !pattern.to_bottom {
        return costs;
    }
    let mut cost = if tape.open_below { UNCERTAIN } else { 0 };
    for place in (0..=tape.items.len()).rev() {
        cost = match tape.items.get(place) {
            Some(Item::Frame(_)) => NEVER,
            Some(Item::Hole(_)) if cost != NEVER => UNCERTAIN,
            _ => cost,
        };
        costs[place] = cost;
    }
    costs
}

/// A step laid over a tape.
struct Run {
    /// Frames before each place.
    frames_before: Vec<u32>,
    /// The first place at or below each place that the run cannot cross.
    blocked: Vec<usize>,
    /// The first place at or below each place that makes the run uncertain.
    doubtful: Vec<usize>,
    /// The first hole at or below each place.
    hole: Vec<usize>,
    min: u32,
    max: Option<u32>,
    /// A hole may hold the frames that the run must have.
    hole_suffices: bool,
    cost_of_frame: Cost,
}

impl Run {
    fn new(step: &Step, tape: &Tape, stance: Stance, truth: &impl Fn(&Test, usize) -> Truth) -> Self {
        let length = tape.items.len();
        let lenient = step.test.negated || stance == Stance::Possibility;
        let free_gap = step.is_gap && step.max.is_none() && step.test.is_any();
        let mut run = Run {
            frames_before: vec![0; length + 1],
            blocked: vec![length; length + 1],
            doubtful: vec![length; length + 1],
            hole: vec![length; length + 1],
            min: step.min,
            max: step.max,
            hole_suffices: lenient && !step.is_gap,
            cost_of_frame: Cost::from(step.is_gap),
        };
        for (place, item) in tape.items.iter().enumerate() {
            run.frames_before[place + 1] = run.frames_before[place] + u32::from(matches!(item, Item::Frame(_)));
        }
        for (place, item) in tape.items.iter().enumerate().rev() {
            let (blocks, casts_doubt) = match item {
                Item::Hole(_) => (false, !free_gap),
                Item::Frame(frame) => match truth(&step.test, *frame) {
                    Truth::Yes => (false, false),
                    Truth::Unknown => (!lenient, lenient),
                    Truth::No => (true, false),
                },
            };
            let is_hole = matches!(item, Item::Hole(_));
            run.blocked[place] = if blocks { place } else { run.blocked[place + 1] };
            run.doubtful[place] = if casts_doubt { place } else { run.doubtful[place + 1] };
            run.hole[place] = if is_hole { place } else { run.hole[place + 1] };
        }
        run
    }

    fn length(&self) -> usize {
        self.blocked.len() - 1
    }

    /// The cost at every place, from the costs of what follows.
    fn costs(&self, next: &[Cost]) -> Vec<Cost> {
        let key = |place: usize| match next[place] {
            NEVER => NEVER,
            cost => cost + self.skipped_until(place),
        };
        let sure: Vec<Cost> = (0..next.len()).map(key).collect();
        let doubted: Vec<Cost> = sure.iter().map(|&key| if key == NEVER { key } else { key % UNCERTAIN }).collect();
        let (mut sure_window, mut doubted_window) = (Window::new(&sure), Window::new(&doubted));
        let (mut nearest, mut farthest) = (self.length() + 1, self.length());
        let mut costs = vec![NEVER; next.len()];
        for place in (0..next.len()).rev() {
            nearest = self.nearest_end(place, nearest);
            farthest = self.farthest_end(place, farthest);
            let doubtful = self.doubtful[place];
            let sure = sure_window.least(nearest, farthest.min(doubtful));
            let doubted = doubted_window.least(nearest.max(doubtful + 1), farthest);
            let base = self.skipped_until(place);
            let sure = sure.map_or(NEVER, |key| key - base);
            let doubted = doubted.map_or(NEVER, |key| key - base + UNCERTAIN);
            costs[place] = sure.min(doubted);
        }
        costs
    }

    fn skipped_until(&self, place: usize) -> Cost {
        self.cost_of_frame * Cost::from(self.frames_before[place])
    }

    /// The first place at which a run that begins at `place` is long enough; `from` is the answer for the place below.
    fn nearest_end(&self, place: usize, from: usize) -> usize {
        let wanted = self.frames_before[place] + self.min;
        let mut end = from;
        while end > place && self.frames_before[end - 1] >= wanted {
            end -= 1;
        }
        if self.hole_suffices && self.hole[place] < self.length() {
            end = end.min(self.hole[place] + 1);
        }
        end
    }

    /// The last place at which a run that begins at `place` may end.
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

    /// The first end of the run that begins at `place` which has the cost.
    fn first_end(&self, place: usize, cost: Cost, next: &[Cost]) -> usize {
        let nearest = self.nearest_end(place, self.length() + 1);
        let farthest = self.farthest_end(place, self.length());
        let has_cost = |end: &usize| {
            let skipped = self.skipped_until(*end) - self.skipped_until(place);
            match next[*end] {
                NEVER => false,
                next if *end > self.doubtful[place] => next % UNCERTAIN + skipped + UNCERTAIN == cost,
                next => next + skipped == cost,
            }
        };
        (nearest..=farthest).find(has_cost).unwrap_or(farthest)
    }
}

/// The least key within a window whose ends only move down.
struct Window<'a> {
    keys: &'a [Cost],
    /// Places whose key is less than that of every place before them in the window; the least is last.
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
