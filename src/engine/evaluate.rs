//! One stack against all rules.

use super::bits::Bits;
use super::classes::{ClassId, Classes};
use super::matcher::{Match, Stance, best_match};
use super::sieve::Sieve;
use super::tape::{Item, Tape};
use crate::model::{CallSites, Stack};
use crate::rules::{Pattern, RuleSet, TestId, Truth};

/// What the rules say of one stack.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StackResult {
    /// A role rule that explains the thread: nothing is reported on it.
    pub role: Option<usize>,
    pub hits: Vec<Hit>,
}

/// A rule that matches a stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    pub rule: usize,
    /// Frames in explicit gaps: the fewer, the tighter the match.
    pub skipped: u32,
    /// Positions of the frames that pattern lines matched.
    pub frames: Vec<usize>,
    /// What the match rests on without having seen it.
    pub doubts: Vec<Doubt>,
}

/// Why a match is not certain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// Position of a hole that the match crosses where it matters.
    Hole(usize),
    /// Position of a frame without symbols, which may be what the pattern excludes.
    Unreadable(usize),
    /// The pattern reaches the bottom, which is not in the text.
    OpenBelow,
    /// Something that would take the match back may be hidden.
    Unless,
}

/// A rule set made ready to be run over stacks.
pub struct Evaluator<'r> {
    pub(super) rules: &'r RuleSet,
    pub(super) sieve: &'r Sieve,
    pub(super) classes: Classes<'r>,
    /// Per rule: the atoms by which its pattern, and each of its `unless`, names functions.
    pub(super) naming: Vec<(Bits, Vec<Bits>)>,
    pub(super) of_frame: Vec<ClassId>,
}

impl<'r> Evaluator<'r> {
    pub fn new(rules: &'r RuleSet, sieve: &'r Sieve) -> Self {
        let naming = rules.rules.iter().map(|rule| {
            let unless = rule.unless.iter().map(|pattern| naming_atoms(pattern, rules)).collect();
            (naming_atoms(&rule.pattern, rules), unless)
        });
        let naming = naming.collect();
        Evaluator { rules, sieve, classes: Classes::new(rules, sieve), naming, of_frame: Vec::new() }
    }

    /// Call site numbers have become void.
    pub fn forget_sites(&mut self) {
        self.classes.forget_sites();
    }

    pub fn evaluate(&mut self, stack: &Stack, sites: &CallSites) -> StackResult {
        self.classify(stack, sites);
        self.evaluate_classified(stack)
    }

    /// Looks up the class of every frame. All that the rules say of a stack follows from these, its holes, and whether
    /// it is cut off.
    pub fn classify(&mut self, stack: &Stack, sites: &CallSites) -> &[ClassId] {
        self.of_frame.clear();
        self.of_frame.extend(stack.frames.iter().map(|frame| self.classes.of(frame.site, sites)));
        &self.of_frame
    }

    /// Evaluates the stack that was classified last.
    pub fn evaluate_classified(&self, stack: &Stack) -> StackResult {
        let candidates = self.sieve.candidates(&self.of_frame, &self.classes);
        let mut result = StackResult::default();
        let mut held = Vec::new();
        for rule in candidates {
            let Some(hit) = self.hit(rule, stack) else { continue };
            held.push(rule);
            match self.rules.rules[rule].role {
                Some(_) => result.role = result.role.or(Some(rule)),
                None => result.hits.push(hit),
            }
        }
        if result.role.is_some() {
            result.hits.clear();
        }
        let yields = |rule: usize| self.rules.rules[rule].yields_to.iter().any(|other| held.contains(other));
        result.hits.retain(|hit| !yields(hit.rule));
        result
    }

    pub(super) fn hit(&self, index: usize, stack: &Stack) -> Option<Hit> {
        let rule = &self.rules.rules[index];
        let (naming, unless_naming) = &self.naming[index];
        let tape = self.tape(&rule.pattern, naming, stack);
        let found = best_match(&rule.pattern, &tape, Stance::Proof, self.truth())?;
        let mut doubts = if found.uncertain { self.doubts(&rule.pattern, &tape, &found) } else { Vec::new() };
        for (pattern, naming) in rule.unless.iter().zip(unless_naming) {
            let tape = self.tape(pattern, naming, stack);
            match best_match(pattern, &tape, Stance::Possibility, self.truth()) {
                Some(veto) if !veto.uncertain => return None,
                Some(_) if !doubts.contains(&Doubt::Unless) => doubts.push(Doubt::Unless),
                _ => {}
            }
        }
        let frames = matched_frames(&rule.pattern, &tape, &found);
        Some(Hit { rule: index, skipped: found.skipped, frames, doubts })
    }

    pub(super) fn tape(&self, pattern: &Pattern, naming: &Bits, stack: &Stack) -> Tape {
        Tape::new(stack, |frame| {
            let class = self.classes.get(self.of_frame[frame]);
            class.is_noise && !pattern.strict && !class.says_yes_to_any(naming)
        })
    }

    pub(super) fn truth(&self) -> impl Fn(TestId, usize) -> Truth {
        |test, frame| self.classes.get(self.of_frame[frame]).truth(test)
    }

    fn doubts(&self, pattern: &Pattern, tape: &Tape, found: &Match) -> Vec<Doubt> {
        let mut doubts = Vec::new();
        let truth = self.truth();
        for (step, bounds) in pattern.steps.iter().zip(found.bounds.windows(2)) {
            for item in &tape.items[bounds[0]..bounds[1]] {
                match item {
                    Item::Hole(hole) if !step.is_free => doubts.push(Doubt::Hole(*hole)),
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
                Item::Hole(hole) => Some(Doubt::Hole(*hole)),
                Item::Frame(_) => None,
            }));
            if tape.open_below {
                doubts.push(Doubt::OpenBelow);
            }
        }
        doubts
    }
}

fn naming_atoms(pattern: &Pattern, rules: &RuleSet) -> Bits {
    let mut atoms = Bits::new(rules.atoms.len());
    for step in pattern.steps.iter().filter(|step| !step.is_gap && !step.negated) {
        for atom in &rules.tests[step.test.0 as usize].atoms {
            if rules.atoms[atom.0 as usize].names_function() {
                atoms.insert(atom.0 as usize);
            }
        }
    }
    atoms
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
