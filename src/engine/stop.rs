//! Why a pattern stops at a line: what would have to be different for it to go on.
//!
//! Nothing is guessed. The pattern is changed where it stopped (a gap put in, a limit taken off) and searched again by
//! the engine's own search; the change that lets it go on is the reason.

use super::evaluate::Evaluator;
use super::furthest::{Furthest, first_steps, frames_between};
use super::matcher::{Match, Stance};
use super::proof::missing_between;
use super::tape::Item;
use crate::model::{Dialect, Stack};
use crate::rules::{Pattern, Step, Truth};

/// Frames named in a sentence.
const NAMED: usize = 4;

/// Why a pattern stopped.
pub struct Stop {
    /// Sentences without a full stop, the most telling first.
    pub reasons: Vec<String>,
    /// It is the anchor `<top>` that fails, not the line behind it.
    pub at_top: bool,
    /// Where the changed pattern matches, when a change lets it go on.
    pub place: Option<Match>,
}

/// Finds the reason. The evaluator has classified the stack, and the rule's pattern does not match it.
pub fn reason(evaluator: &Evaluator<'_>, rule: usize, stack: &Stack, furthest: &Furthest) -> Stop {
    let pattern = &evaluator.rules.rules[rule].pattern;
    let trial = Trial { evaluator, pattern, stack, furthest };
    match pattern.steps.get(furthest.steps()) {
        None => trial.bottom(),
        Some(step) => {
            let found = trial.top().or_else(|| trial.count(step)).or_else(|| trial.gap(step));
            found.or_else(|| trial.adjacency(step)).unwrap_or_else(|| trial.nothing_fits(step))
        }
    }
}

/// `frame 0e`, with the number as the tool prints it.
pub fn frame_name(stack: &Stack, position: usize) -> String {
    let number = stack.frames[position].number().unwrap_or(position as u32);
    match stack.dialect {
        Dialect::K | Dialect::Clrstack => format!("frame {number:02x}"),
        _ => format!("frame {number}"),
    }
}

/// `frame 0e, frame 0f and 3 more`.
pub fn frame_names(stack: &Stack, positions: &[usize]) -> String {
    let named: Vec<String> = positions.iter().take(NAMED).map(|&position| frame_name(stack, position)).collect();
    match positions.len().saturating_sub(NAMED) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

/// `1 frame lies`, `3 frames lie`.
fn frames_lie(count: usize) -> String {
    if count == 1 { "1 frame lies".to_string() } else { format!("{count} frames lie") }
}

/// The pattern up to the line that failed, searched again with a change.
struct Trial<'a, 'r> {
    evaluator: &'a Evaluator<'r>,
    pattern: &'a Pattern,
    stack: &'a Stack,
    furthest: &'a Furthest,
}

impl Trial<'_, '_> {
    fn with(&self, change: impl Fn(&mut Pattern)) -> Option<Match> {
        let mut pattern = first_steps(self.pattern, self.furthest.steps() + 1);
        change(&mut pattern);
        self.evaluator.best(&pattern, &self.furthest.tape, Stance::Proof)
    }

    fn found(reason: String, place: Match) -> Option<Stop> {
        Some(Stop { reasons: vec![reason], at_top: false, place: Some(place) })
    }

    /// The last frame that was matched before the stop, as the place was taken.
    fn last_of(&self, place: &Match) -> Option<usize> {
        frames_between(&self.furthest.tape, place.bounds[0], place.bounds[self.furthest.steps()]).last().copied()
    }

    fn line(&self, step: &Step) -> &str {
        self.pattern.text.lines().nth(step.line).unwrap_or_default().trim()
    }

    fn bottom(&self) -> Stop {
        let place = self.furthest.found.clone();
        let end = place.bounds[place.bounds.len() - 1];
        let below = frames_between(&self.furthest.tape, end, self.furthest.tape.items.len());
        let last = self.last_of(&place).map_or("the match".to_string(), |last| frame_name(self.stack, last));
        let reason = format!("the pattern must end at the last frame, but {} below {last}", frames_lie(below.len()));
        Stop { reasons: vec![reason], at_top: false, place: None }
    }

    /// `<top>`: the lines behind it match, but further down.
    fn top(&self) -> Option<Stop> {
        if !self.pattern.from_top || !self.furthest.matched(self.pattern).is_empty() {
            return None;
        }
        let place = self.with(|pattern| pattern.from_top = false)?;
        let above = frames_between(&self.furthest.tape, 0, place.bounds[0]);
        let reason = format!(
            "the pattern must begin at the first frame, but {} above the frames that fit ({})",
            frames_lie(above.len()),
            frame_names(self.stack, &above)
        );
        Some(Stop { reasons: vec![reason], at_top: true, place: None })
    }

    /// `A x3`: fewer are there.
    fn count(&self, step: &Step) -> Option<Stop> {
        let steps = self.furthest.steps();
        for fewer in (1..step.min).rev() {
            let found = self.with(|pattern| (pattern.steps[steps].min, pattern.steps[steps].max) = (fewer, None));
            if let Some(place) = found {
                let run = frames_between(&self.furthest.tape, place.bounds[steps], place.bounds[steps + 1]);
                let there = if fewer == 1 { "only 1 is".to_string() } else { format!("only {fewer} are") };
                let names = frame_names(self.stack, &run);
                return Self::found(format!("{} are asked for in a row, {there} there ({names})", step.min), place);
            }
        }
        None
    }

    /// `... max 3 without B`: the gap is too narrow for the frame that fits.
    fn gap(&self, step: &Step) -> Option<Stop> {
        let last = self.furthest.steps().checked_sub(1)?;
        let gap = self.pattern.steps.get(last).filter(|gap| gap.is_gap && !gap.is_free)?;
        let place = self.with(|pattern| pattern.steps[last].max = None);
        let place = place.or_else(|| self.with(|pattern| pattern.steps[last].is_free = true))?;
        let between = frames_between(&self.furthest.tape, place.bounds[last], place.bounds[last + 1]);
        let fits = frames_between(&self.furthest.tape, place.bounds[last + 1], place.bounds[last + 2]);
        let fits = frame_names(self.stack, &fits);
        let mut reasons = Vec::new();
        if gap.max.is_some_and(|max| between.len() > max as usize) {
            let max = gap.max.unwrap_or_default();
            reasons.push(format!("{} before {fits}, and `{}` allows {max}", frames_lie(between.len()), self.line(gap)));
        }
        let truth = self.evaluator.truth();
        let excluded: Vec<usize> = between.into_iter().filter(|&frame| truth(gap.test, frame) == Truth::No).collect();
        if !excluded.is_empty() {
            let names = frame_names(self.stack, &excluded);
            reasons.push(format!("`{}` excludes {names}, before {fits} would fit", self.line(gap)));
        }
        if reasons.is_empty() {
            reasons.push(format!("`{}` keeps it from {fits}, which would fit `{}`", self.line(gap), self.line(step)));
        }
        Some(Stop { reasons, at_top: false, place: Some(place) })
    }

    /// Two lines without `...` between: the frame that fits is not the next one.
    fn adjacency(&self, step: &Step) -> Option<Stop> {
        let steps = self.furthest.steps();
        let above = self.pattern.steps.get(steps.checked_sub(1)?).filter(|above| !above.is_gap && !step.negated)?;
        let place = self.with(|pattern| pattern.steps.insert(steps, Step::free_gap(step.line)))?;
        let between = frames_between(&self.furthest.tape, place.bounds[steps], place.bounds[steps + 1]);
        let fits = frames_between(&self.furthest.tape, place.bounds[steps + 1], place.bounds[steps + 2]);
        let reason = format!(
            "{} fits, but is not called directly: {} between ({}). A `...` after the line `{}` lets them lie there",
            frame_names(self.stack, &fits),
            frames_lie(between.len()),
            frame_names(self.stack, &between),
            self.line(above),
        );
        Self::found(reason, place)
    }

    /// No change of the pattern's shape helps: the frame is not there, or cannot be seen.
    fn nothing_fits(&self, step: &Step) -> Stop {
        let place = &self.furthest.found;
        let end = place.bounds[place.bounds.len() - 1];
        let last = self.last_of(place);
        let mut reasons = vec![self.what_is_there(step, last, end)];
        reasons.extend(self.what_hides_it(step, last, end));
        Stop { reasons, at_top: false, place: None }
    }

    fn what_is_there(&self, step: &Step, last: Option<usize>, end: usize) -> String {
        let items = &self.furthest.tape.items[end..];
        let next = items.iter().find_map(|item| match item {
            Item::Frame(frame) => Some(*frame),
            Item::Hole(_) => None,
        });
        let is_adjacent = self.furthest.steps().checked_sub(1).is_some_and(|above| !self.pattern.steps[above].is_gap);
        match (last, next) {
            (_, Some(next)) if is_adjacent && step.negated => {
                format!("the next frame, {}, is what the line excludes", frame_name(self.stack, next))
            }
            (Some(last), None) => format!("the stack ends at {}", frame_name(self.stack, last)),
            (Some(last), Some(_)) => format!("no frame below {} fits", frame_name(self.stack, last)),
            (None, _) => "no frame of this stack fits".to_string(),
        }
    }

    /// Frames that fit but are not looked at, and places where the frame may hide.
    fn what_hides_it(&self, step: &Step, last: Option<usize>, end: usize) -> Vec<String> {
        let mut reasons = Vec::new();
        let (tape, truth) = (&self.furthest.tape, self.evaluator.truth());
        let fitting = (0..self.stack.frames.len()).filter(|&frame| truth(step.test, frame) == Truth::Yes);
        let (seen, noise): (Vec<usize>, Vec<usize>) =
            fitting.partition(|&frame| tape.items.contains(&Item::Frame(frame)));
        let noise: Vec<usize> = noise.into_iter().filter(|&frame| last.is_none_or(|last| frame > last)).collect();
        if !noise.is_empty() && !step.negated {
            let names = frame_names(self.stack, &noise);
            reasons
                .push(format!("{names} would fit, but patterns do not see noise: name its function, or use `strict`"));
        }
        let above: Vec<usize> = seen.into_iter().filter(|&frame| last.is_some_and(|last| frame < last)).collect();
        if !above.is_empty() && !step.negated {
            let names = frame_names(self.stack, &above);
            reasons.push(format!("above it {names} would fit; a pattern goes from the innermost call down"));
        }
        reasons.extend(self.holes_below(end));
        let below = frames_between(tape, end, tape.items.len());
        let unreadable: Vec<usize> =
            below.into_iter().filter(|&frame| truth(step.test, frame) == Truth::Unknown).collect();
        if !unreadable.is_empty() {
            let verb = if unreadable.len() == 1 { "has" } else { "have" };
            let names = frame_names(self.stack, &unreadable);
            reasons.push(format!("{names} {verb} no symbols, and may be the frame wanted"));
        }
        if tape.open_below {
            reasons.push("the bottom of the stack is not in the text: it may lie there".to_string());
        }
        reasons
    }

    /// The frame wanted may be one of those that are missing from the text.
    fn holes_below(&self, end: usize) -> Option<String> {
        let holes = self.furthest.tape.items[end..].iter().filter_map(|item| match item {
            Item::Hole(hole) => self.stack.holes.get(*hole).map(|hole| missing_between(hole, self.stack)),
            Item::Frame(_) => None,
        });
        let mut holes: Vec<String> = holes.collect();
        // A hole may take several places.
        holes.dedup();
        match holes.len() {
            0 => None,
            1 | 2 => Some(format!("{}: it may be among them", holes.join(", and "))),
            places => Some(format!("frames are missing from the text in {places} places below: it may be among them")),
        }
    }
}
