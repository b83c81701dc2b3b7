//! What follows from the rules alone and every class of call sites needs: made once, however many texts are judged.

use aho_corasick::AhoCorasick;

use super::bits::{Bits, FewBits};
use crate::rules::{Atom, AtomId, Pattern, RuleSet, TestId, Truth};

/// Which atoms and tests to ask of a name.
pub struct AtomIndex {
    pub texts: AhoCorasick,
    /// The atom behind each text of the automaton.
    pub text_atoms: Vec<AtomId>,
    /// Atoms without a text to look for.
    pub always: Vec<AtomId>,
    /// Atoms that follow from others, which come first.
    pub derived: Vec<Derived>,
    /// By atom: the derived atoms, by place, that may hold because of it.
    pub followed_by: Vec<Vec<usize>>,
    /// Tests of pattern lines that keep a name.
    pub keeping: Vec<TestId>,
    /// The answer to every test where no atom says anything but no.
    pub plain_truths: Vec<Truth>,
    /// By atom: the tests that ask it.
    pub asked_by: Vec<Vec<TestId>>,
}

/// An atom that says yes where one of some atoms does, and none of others.
pub struct Derived {
    pub atom: AtomId,
    of: FewBits,
    without: FewBits,
}

impl Derived {
    pub fn truth(&self, yes: &Bits, unknown: &Bits) -> Truth {
        let any = |atoms: &FewBits| match (atoms.intersects(yes), atoms.intersects(unknown)) {
            (true, _) => Truth::Yes,
            (false, true) => Truth::Unknown,
            (false, false) => Truth::No,
        };
        match (any(&self.of), any(&self.without)) {
            (Truth::No, _) | (_, Truth::Yes) => Truth::No,
            (Truth::Yes, Truth::No) => Truth::Yes,
            _ => Truth::Unknown,
        }
    }
}

impl AtomIndex {
    pub fn new(rules: &RuleSet) -> Self {
        let (mut texts, mut text_atoms, mut always, mut derived) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut followed_by = vec![Vec::new(); rules.atoms.len()];
        for (index, atom) in rules.atoms.iter().enumerate() {
            let id = AtomId(index as u32);
            if let Atom::Except(except) = atom {
                let [of, without] = [&except.of, &except.without].map(|atoms| {
                    let mut bits = FewBits::default();
                    atoms.iter().for_each(|atom| bits.insert(atom.0 as usize));
                    bits
                });
                except.of.iter().for_each(|atom| followed_by[atom.0 as usize].push(derived.len()));
                derived.push(Derived { atom: id, of, without });
                continue;
            }
            let text = atom.required_text();
            if text.len() < 2 || !atom.reads_plain_name() {
                always.push(id);
            } else {
                texts.push(text.to_string());
                text_atoms.push(id);
            }
        }
        let mut asked_by = vec![Vec::new(); rules.atoms.len()];
        for (index, test) in rules.tests.iter().enumerate() {
            test.atoms.iter().for_each(|atom| asked_by[atom.0 as usize].push(TestId(index as u32)));
        }
        let all_tests = (0..rules.tests.len() as u32).map(TestId);
        AtomIndex {
            // Overlapping search needs the standard kind. The automaton is small; it cannot grow past its limits.
            texts: AhoCorasick::new(&texts).unwrap_or_else(|error| panic!("atoms of the rule set: {error}")),
            text_atoms,
            always,
            derived,
            followed_by,
            keeping: all_tests.filter(|test| rules.tests[test.0 as usize].capture.is_some()).collect(),
            plain_truths: rules.tests.iter().map(|test| test.truth(|_| Truth::No)).collect(),
            asked_by,
        }
    }
}

/// The atoms by which patterns name functions: what noise a pattern names, it sees.
pub struct Naming {
    /// By rule: of its pattern, and of each pattern that must not match.
    pub rules: Vec<(FewBits, Vec<FewBits>)>,
    pub suppressions: Vec<FewBits>,
}

impl Naming {
    pub fn new(rules: &RuleSet) -> Self {
        let of_rules = rules.rules.iter().map(|rule| {
            let unless = rule.unless.iter().map(|pattern| naming_atoms(pattern, rules)).collect();
            (naming_atoms(&rule.pattern, rules), unless)
        });
        let of_suppressions = rules.suppressions.iter().map(|suppression| match &suppression.pattern {
            Some(pattern) => naming_atoms(pattern, rules),
            None => FewBits::default(),
        });
        Naming { rules: of_rules.collect(), suppressions: of_suppressions.collect() }
    }
}

fn naming_atoms(pattern: &Pattern, rules: &RuleSet) -> FewBits {
    let mut atoms = FewBits::default();
    for step in pattern.steps.iter().filter(|step| !step.is_gap && !step.negated) {
        for atom in &rules.tests[step.test.0 as usize].atoms {
            if rules.atoms[atom.0 as usize].names_function() {
                atoms.insert(atom.0 as usize);
            }
        }
    }
    atoms
}
