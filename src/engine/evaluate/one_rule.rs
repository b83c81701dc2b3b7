//! One rule on one stack: its pattern, what takes it back, and what casts doubt on it.

use super::{Doubt, Evaluator, Hit};
use crate::engine::bits::FewBits;
use crate::engine::captures::best_captured_match;
use crate::engine::cycle;
use crate::engine::matcher::{Match, Stance, best_match};
use crate::engine::tape::{BELOW, Item, Tape};
use crate::model::Stack;
use crate::rules::{CycleCondition, Pattern, Rule, RuleSet, Step, TestId, Truth};

impl Evaluator<'_> {
    /// The rule on this stack, whose thread has the roles of these hits.
    pub(in crate::engine) fn hit(&self, index: usize, stack: &Stack, roles: &[Hit]) -> Option<Hit> {
        let rule = &self.rules.rules[index];
        if !rule.asks_of_stacks() {
            return None;
        }
        let by_role = role_doubts(self.rules, rule, roles)?;
        self.hit_by_pattern(index, stack, by_role)
    }

    /// The rule on this stack, which lacks a role that the rule asks for, and has none that it excludes.
    pub(super) fn hit_lacking_role(&self, index: usize, stack: &Stack, roles: &[Hit]) -> Option<Hit> {
        let rule = &self.rules.rules[index];
        let is_lacking = rule.on.iter().any(|name| surest(self.rules, name, roles).is_none());
        let is_excluded = rule.unless_roles.iter().any(|name| surest(self.rules, name, roles) == Some(true));
        if !is_lacking || is_excluded || !rule.asks_of_stacks() {
            return None;
        }
        self.hit_by_pattern(index, stack, None)
    }

    /// Whether something takes back for certain what the rule says of the exception whose stack this is.
    pub(in crate::engine) fn takes_back(&self, index: usize, stack: &Stack) -> bool {
        let (_, naming) = &self.sieve.naming.rules[index];
        self.rules.rules[index].unless.iter().zip(naming).any(|(pattern, naming)| {
            let tape = self.tape(pattern, naming, stack);
            self.best(pattern, &tape, Stance::Possibility).is_some_and(|veto| !veto.uncertain)
        })
    }

    fn hit_by_pattern(&self, index: usize, stack: &Stack, by_role: Option<Doubt>) -> Option<Hit> {
        let rule = &self.rules.rules[index];
        let (naming, unless_naming) = &self.sieve.naming.rules[index];
        let tape = self.tape(&rule.pattern, naming, stack);
        let found = self.best(&rule.pattern, &tape, Stance::Proof)?;
        let mut doubts = if found.uncertain { self.doubts(&rule.pattern, &tape, &found) } else { Vec::new() };
        doubts.extend(by_role);
        for (pattern, naming) in rule.unless.iter().zip(unless_naming) {
            let tape = self.tape(pattern, naming, stack);
            match self.best(pattern, &tape, Stance::Possibility) {
                Some(veto) if !veto.uncertain => return None,
                Some(_) if !doubts.contains(&Doubt::Unless) => doubts.push(Doubt::Unless),
                _ => {}
            }
        }
        let mut frames = matched_frames(&rule.pattern, &tape, &found);
        let mut captures = self.captured(&rule.pattern, &tape, &found);
        let mut cycle = None;
        if let Some(condition) = &rule.cycle {
            cycle = Some(self.add_cycle(condition, &tape, &mut frames, &mut captures)?);
        }
        let kept = first_kept(&rule.pattern, &tape, &found);
        Some(Hit { rule: index, skipped: found.skipped, frames, doubts, captures, kept, cycle, suppressed: None })
    }

    /// Adds the first round of the frames that repeat; returns how often they do and how many they are.
    fn add_cycle(
        &self,
        condition: &CycleCondition,
        tape: &Tape,
        frames: &mut Vec<usize>,
        captures: &mut [Option<usize>],
    ) -> Option<(usize, usize)> {
        let truth = self.truth();
        let wanted = |item: &Item| match (condition.contains, item) {
            (Some((test, _)), Item::Frame(frame)) => truth(test, *frame) == Truth::Yes,
            (None, _) => true,
            _ => false,
        };
        if !self.has_repeats {
            return None;
        }
        let (repeats, period) = (condition.repeats as usize, condition.period as usize);
        let name = |frame: usize| self.name_of_frame[frame];
        let found = cycle::find(tape, name, repeats, period, |round| round.iter().any(wanted))?;
        let round = &tape.items[found.start..found.start + found.period];
        for item in round {
            if let Item::Frame(frame) = item {
                frames.push(*frame);
            }
        }
        frames.sort_unstable();
        frames.dedup();
        if let Some((_, Some(capture))) = condition.contains
            && let Some(Item::Frame(frame)) = round.iter().find(|item| wanted(item))
        {
            captures[capture] = Some(*frame).filter(|&frame| self.name_of_frame[frame].is_some());
        }
        Some((found.repeats, found.period))
    }

    /// The best match of a pattern, by names that it keeps where it keeps some.
    pub(in crate::engine) fn best(&self, pattern: &Pattern, tape: &Tape, stance: Stance) -> Option<Match> {
        if pattern.captures.is_empty() {
            return best_match(pattern, tape, stance, self.truth());
        }
        best_captured_match(pattern, tape, stance, self.rules, self.truth(), |frame| self.name_of_frame[frame])
    }

    /// Where the names stand that the pattern keeps.
    fn captured(&self, pattern: &Pattern, tape: &Tape, found: &Match) -> Vec<Option<usize>> {
        let mut positions = vec![None; pattern.captures.len()];
        for (step, bounds) in pattern.steps.iter().zip(found.bounds.windows(2)) {
            let Some(capture) = step.capture.filter(|&capture| positions[capture].is_none()) else { continue };
            for item in &tape.items[bounds[0]..bounds[1]] {
                if let Item::Frame(frame) = item {
                    positions[capture] = Some(*frame);
                }
            }
        }
        positions
    }

    /// The name that a hit on the stack that was classified last keeps for a capture; empty where no frame has it.
    pub fn name_kept(&self, hit: &Hit, capture: usize) -> Option<&str> {
        let frame = *hit.captures.get(capture)?;
        Some(frame.and_then(|frame| self.name_of(frame)).map_or("", |(_, shown)| shown))
    }

    /// The name that the rule of a hit groups threads by.
    pub(in crate::engine) fn group_of(&self, hit: &Hit) -> Option<&str> {
        self.name_kept(hit, self.rules.rules[hit.rule].threads.as_ref()?.same?)
    }

    pub(in crate::engine) fn tape(&self, pattern: &Pattern, naming: &FewBits, stack: &Stack) -> Tape {
        Tape::new(stack, pattern, |frame| {
            let class = self.classes.get(self.of_frame[frame]);
            class.is_noise && !pattern.strict && !class.says_yes_to_any(naming)
        })
    }

    pub(in crate::engine) fn truth(&self) -> impl Fn(TestId, usize) -> Truth {
        |test, frame| self.classes.get(self.of_frame[frame]).truth(test)
    }

    fn doubts(&self, pattern: &Pattern, tape: &Tape, found: &Match) -> Vec<Doubt> {
        let mut doubts = Vec::new();
        let truth = self.truth();
        for (index, (step, bounds)) in pattern.steps.iter().zip(found.bounds.windows(2)).enumerate() {
            let mut run = &tape.items[bounds[0]..bounds[1]];
            if index == 0 && !pattern.from_top {
                run = without_hole_above(run, step);
            }
            for item in run {
                match item {
                    Item::Hole(hole) if !step.is_free && !doubts.contains(&doubt_of(*hole)) => {
                        doubts.push(doubt_of(*hole));
                    }
                    Item::Frame(frame) if truth(step.test, *frame) == Truth::Unknown => {
                        doubts.push(Doubt::Unreadable(*frame));
                    }
                    _ => {}
                }
            }
        }
        if pattern.to_bottom {
            let rest = &tape.items[found.bounds[found.bounds.len() - 1]..];
            doubts.extend(rest.iter().filter_map(|item| match item {
                Item::Hole(hole) => Some(doubt_of(*hole)),
                Item::Frame(_) => None,
            }));
            if tape.open_below && !doubts.contains(&Doubt::OpenBelow) {
                doubts.push(Doubt::OpenBelow);
            }
        }
        doubts
    }
}

/// The doubt that a hole casts.
fn doubt_of(hole: usize) -> Doubt {
    if hole == BELOW { Doubt::OpenBelow } else { Doubt::Hole(hole) }
}

/// Whether the thread has a role; if so, whether the surest of the rules for it is certain.
fn surest(rules: &RuleSet, name: &str, roles: &[Hit]) -> Option<bool> {
    let of_name = roles.iter().filter(|hit| rules.rules[hit.rule].role.as_deref() == Some(name));
    of_name.map(|hit| hit.doubts.is_empty()).max()
}

/// Whether a thread with these roles is one that the rule looks at; if so, the doubt that a role casts.
fn role_doubts(rules: &RuleSet, rule: &Rule, roles: &[Hit]) -> Option<Option<Doubt>> {
    let held = |name: &str| surest(rules, name, roles);
    let mut doubtful = false;
    for name in &rule.on {
        doubtful |= !held(name)?;
    }
    for name in &rule.unless_roles {
        match held(name) {
            Some(true) => return None,
            Some(false) => doubtful = true,
            None => {}
        }
    }
    Some(doubtful.then_some(Doubt::Role))
}

/// The run of the first step: what is missing above its first frame casts no doubt on it.
fn without_hole_above<'t>(run: &'t [Item], step: &Step) -> &'t [Item] {
    let frames = run.iter().filter(|item| matches!(item, Item::Frame(_))).count();
    let first = run.iter().position(|item| matches!(item, Item::Frame(_)));
    match first {
        Some(first) if frames >= step.min as usize => &run[first..],
        _ => run,
    }
}

/// Position of the first frame whose name the pattern keeps.
fn first_kept(pattern: &Pattern, tape: &Tape, found: &Match) -> Option<usize> {
    let kept = pattern.steps.iter().zip(found.bounds.windows(2)).filter(|(step, _)| step.capture.is_some());
    let items = kept.flat_map(|(_, bounds)| &tape.items[bounds[0]..bounds[1]]);
    let frames = items.filter_map(|item| if let Item::Frame(frame) = item { Some(*frame) } else { None });
    frames.min()
}

fn matched_frames(pattern: &Pattern, tape: &Tape, found: &Match) -> Vec<usize> {
    let mut frames = Vec::new();
    for (step, bounds) in pattern.steps.iter().zip(found.bounds.windows(2)) {
        if !step.is_gap {
            frames.extend(tape.items[bounds[0]..bounds[1]].iter().filter_map(|item| match item {
                Item::Frame(frame) => Some(*frame),
                Item::Hole(_) => None,
            }));
        }
    }
    frames
}
