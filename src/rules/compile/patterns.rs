//! Patterns: their lines to steps, and each frame they name to an atom that all rules share.

use super::Compiler;
use crate::diagnostic::Code;
use crate::rules::pattern::{self, Alternative, Line};
use crate::rules::rule_set::{Pattern, Step, Test, TestId};
use crate::rules::written::Block;
use crate::rules::{Atom, AtomId};
use crate::text::Span;

impl Compiler {
    pub(super) fn pattern(&mut self, source: usize, block: &Block, strict: bool) -> Pattern {
        let written: Vec<&str> = block.lines.iter().map(|line| line.value.as_str()).collect();
        let mut pattern = Pattern { strict, text: written.join("\n"), ..Pattern::default() };
        let mut mistakes = false;
        let last = block.lines.iter().rposition(|line| matches!(pattern::parse(&line.value), Ok(Some(_))));
        for (number, line) in block.lines.iter().enumerate() {
            let parsed = match pattern::parse(&line.value) {
                Ok(Some(parsed)) => parsed,
                Ok(None) => continue,
                Err(refused) => {
                    self.diagnostics.add(Code::BadPatternLine, source, line.span, refused.message).help(refused.help);
                    mistakes = true;
                    continue;
                }
            };
            match parsed {
                Line::Top if pattern.steps.is_empty() && !pattern.from_top => pattern.from_top = true,
                Line::Bottom if Some(number) == last => pattern.to_bottom = true,
                Line::Top | Line::Bottom => {
                    self.mistake(
                        Code::BadPatternLine,
                        source,
                        line.span,
                        "`<top>` comes first and `<bottom>` comes last",
                    );
                    mistakes = true;
                }
                Line::Gap { max, without } => {
                    let atoms = self.alternatives(source, line.span, &without);
                    let is_free = max.is_none() && atoms.is_empty();
                    let test = self.test(Test { atoms, negated: true, capture: None });
                    let step = Step { test, negated: true, min: 0, max, is_gap: true, is_free, ..Step::frame(number) };
                    pattern.steps.push(step);
                }
                Line::Frames { negated, alternatives, min, max } => {
                    let atoms = self.alternatives(source, line.span, &alternatives);
                    let test = self.test(Test { atoms, negated, capture: None });
                    pattern.steps.push(Step { test, negated, min, max, ..Step::frame(number) });
                }
                Line::Capture { name, alternatives } => {
                    let atoms = self.alternatives(source, line.span, &alternatives);
                    let capture = capture_number(&mut pattern.captures, &name);
                    if capture >= CAPTURES {
                        let message = "a pattern keeps two names at most";
                        self.mistake(Code::BadPatternLine, source, line.span, message);
                        mistakes = true;
                    }
                    let test = self.test(Test { atoms, negated: false, capture: Some(capture) });
                    pattern.steps.push(Step { test, capture: Some(capture), ..Step::frame(number) });
                }
            }
        }
        self.open_end(&mut pattern);
        let names_a_frame = |step: &Step| step.is_required() && !self.takes_anything(step.test);
        // The same name twice is something that few stacks have.
        let kept: Vec<usize> = pattern.steps.iter().filter_map(|step| step.capture).collect();
        let keeps_twice = (1..kept.len()).any(|at| kept[..at].contains(&kept[at]));
        let selects = keeps_twice || pattern.steps.iter().any(names_a_frame);
        if !mistakes && !block.lines.is_empty() && !selects {
            let message = "this pattern has no frame that must be there, so it would match nearly every stack";
            self.mistake(Code::MatchesEverything, source, block.span, message);
        }
        pattern
    }

    /// Notes which names are compared, and whether the last line takes any frame.
    fn open_end(&self, pattern: &mut Pattern) {
        let kept: Vec<usize> = pattern.steps.iter().filter_map(|step| step.capture).collect();
        let is_twice = |capture: &usize| kept.iter().filter(|other| *other == capture).count() > 1;
        pattern.compared = (0..pattern.captures.len()).filter(is_twice).collect();
        let [.., _, last] = pattern.steps.as_slice() else { return };
        let is_alone = last.capture.is_some_and(|capture| !pattern.compared.contains(&capture));
        let is_open_end = is_alone && !pattern.to_bottom && self.takes_anything(last.test);
        if let Some(last) = pattern.steps.last_mut() {
            last.is_open_end = is_open_end;
        }
    }

    /// Whether a test says yes to every frame: `*`.
    pub(super) fn takes_anything(&self, test: TestId) -> bool {
        let atoms = &self.rules.tests[test.0 as usize].atoms;
        atoms.iter().any(|atom| self.rules.atoms[atom.0 as usize].takes_anything())
    }

    pub(super) fn alternatives(&mut self, source: usize, span: Span, alternatives: &[Alternative]) -> Vec<AtomId> {
        let mut atoms = Vec::new();
        for alternative in alternatives {
            match alternative {
                Alternative::List(name) => match self.list(name) {
                    Some(list) => atoms.extend(list),
                    None => self.unknown_list(source, span, name),
                },
                Alternative::Regex(regex) => match Atom::regex(regex) {
                    Ok(atom) => atoms.push(self.intern(atom)),
                    Err(reason) => {
                        self.mistake(Code::BadRegex, source, span, format!("bad regular expression: {reason}"))
                    }
                },
                Alternative::Frame(frame) => atoms.extend(self.frame(source, span, frame)),
            }
        }
        atoms.sort();
        atoms.dedup();
        atoms
    }

    pub(super) fn frame(&mut self, source: usize, span: Span, frame: &str) -> Vec<AtomId> {
        if let Some(known) = self.frames.get(frame) {
            return known.clone();
        }
        match Atom::frame(frame, &self.rules.aliases) {
            Ok(atoms) => {
                let ids: Vec<AtomId> = atoms.into_iter().map(|atom| self.intern(atom)).collect();
                self.frames.insert(frame.to_string(), ids.clone());
                ids
            }
            Err(reason) => {
                self.mistake(Code::BadPatternLine, source, span, reason);
                Vec::new()
            }
        }
    }

    pub(super) fn test(&mut self, test: Test) -> TestId {
        let next = TestId(self.rules.tests.len() as u32);
        let id = *self.test_ids.entry(test.clone()).or_insert(next);
        if id == next {
            self.rules.tests.push(test);
        }
        id
    }

    pub(super) fn intern(&mut self, atom: Atom) -> AtomId {
        let next = AtomId(self.rules.atoms.len() as u32);
        if let Some(&known) = self.atom_ids.get(&atom) {
            return known;
        }
        self.atom_ids.insert(atom.clone(), next);
        self.rules.atoms.push(atom);
        next
    }
}

/// Names that a pattern may keep: each more would multiply the time of a match.
const CAPTURES: usize = 2;

pub fn capture_number(captures: &mut Vec<String>, name: &str) -> usize {
    match captures.iter().position(|known| known == name) {
        Some(known) => known,
        None => {
            captures.push(name.to_string());
            captures.len() - 1
        }
    }
}
