//! Classes of call sites: which atoms say yes to them. The evaluator asks once for each distinct call site.

use aho_corasick::AhoCorasick;
use foldhash::HashMap;

use super::bits::{Bits, FewBits};
use super::sieve::Sieve;
use crate::facts::{FrameName, Generics};
use crate::model::CallSite;
use crate::rules::{Atom, AtomId, RuleSet, TestId, Truth};

/// Number of a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClassId(pub u32);

/// Call sites that no rule can tell apart.
#[derive(Clone, Debug)]
pub struct Class {
    yes: Bits,
    /// The answer to every test of the rule set.
    truths: Vec<Truth>,
    /// One of the noise lists has it.
    pub is_noise: bool,
    /// It is the application's own.
    pub is_application: bool,
    /// Some pattern may keep its name.
    pub is_kept: bool,
    /// Which required frames of all patterns it is, as the sieve numbers them.
    pub required: Bits,
    /// It is one at all.
    pub is_relevant: bool,
}

impl Class {
    #[inline]
    pub fn truth(&self, test: TestId) -> Truth {
        self.truths[test.0 as usize]
    }

    pub fn says_yes_to_any(&self, atoms: &FewBits) -> bool {
        atoms.intersects(&self.yes)
    }
}

/// The classes seen so far.
pub struct Classes<'r> {
    rules: &'r RuleSet,
    sieve: &'r Sieve,
    texts: AhoCorasick,
    /// The atom behind each text of the automaton.
    text_atoms: Vec<AtomId>,
    /// Atoms without a text to look for.
    always: Vec<AtomId>,
    /// Atoms that follow from others, which come first.
    derived: Vec<Derived>,
    /// By atom: the derived atoms, by place, that may hold because of it.
    followed_by: Vec<Vec<usize>>,
    /// Frames without symbols, by module: there are many such call sites and few answers.
    unreadable: HashMap<String, ClassId>,
    /// Code of no known module.
    raw_address: Option<ClassId>,
    /// Tests of pattern lines that keep a name.
    keeping: Vec<TestId>,
    /// The answer to every test where no atom says anything but no.
    plain_truths: Vec<Truth>,
    /// By atom: the tests that ask it.
    asked_by: Vec<Vec<TestId>>,
    by_answers: HashMap<(Bits, Bits), ClassId>,
    classes: Vec<Class>,
}

/// An atom that says yes where one of some atoms does, and none of others.
struct Derived {
    atom: AtomId,
    of: FewBits,
    without: FewBits,
}

impl Derived {
    fn truth(&self, yes: &Bits, unknown: &Bits) -> Truth {
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

impl<'r> Classes<'r> {
    pub fn new(rules: &'r RuleSet, sieve: &'r Sieve) -> Self {
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
        // Overlapping search needs the standard kind. The automaton is small; it cannot grow past its limits.
        let texts = AhoCorasick::new(&texts).unwrap_or_else(|error| panic!("atoms of the rule set: {error}"));
        Classes {
            rules,
            sieve,
            texts,
            text_atoms,
            always,
            derived,
            followed_by,
            unreadable: HashMap::default(),
            raw_address: None,
            keeping: (0..rules.tests.len() as u32)
                .map(TestId)
                .filter(|test| rules.tests[test.0 as usize].capture.is_some())
                .collect(),
            plain_truths: rules.tests.iter().map(|test| test.truth(|_| Truth::No)).collect(),
            asked_by,
            by_answers: HashMap::default(),
            classes: Vec::new(),
        }
    }

    #[inline]
    pub fn get(&self, id: ClassId) -> &Class {
        &self.classes[id.0 as usize]
    }

    /// The class of a call site that the debugger could not name.
    pub fn of_unreadable(&mut self, site: &CallSite<'_>) -> ClassId {
        let known = match site.module() {
            Some(module) => self.unreadable.get(module).copied(),
            None => self.raw_address,
        };
        if let Some(class) = known {
            return class;
        }
        let name = FrameName::of(site, &self.rules.aliases);
        let (mut yes, mut unknown) = self.no_answers();
        for index in 0..self.rules.atoms.len() {
            self.ask(AtomId(index as u32), &name, &mut yes, &mut unknown);
        }
        let class = self.class(yes, unknown);
        match site.module() {
            Some(module) => drop(self.unreadable.insert(module.to_string(), class)),
            None => self.raw_address = Some(class),
        }
        class
    }

    /// The class of a call site that has this name.
    pub fn of_name(&mut self, name: &FrameName) -> ClassId {
        let (mut yes, mut unknown) = self.no_answers();
        for &atom in &self.always {
            self.ask(atom, name, &mut yes, &mut unknown);
        }
        let text = searched_text(name);
        for found in self.texts.find_overlapping_iter(&text) {
            let atom = self.text_atoms[found.pattern().as_usize()];
            if !yes.contains(atom.0 as usize) {
                self.ask(atom, name, &mut yes, &mut unknown);
            }
        }
        self.ask_derived(&mut yes, &mut unknown);
        self.class(yes, unknown)
    }

    /// Nearly all of them say no, since no atom that they follow from says anything else.
    fn ask_derived(&self, yes: &mut Bits, unknown: &mut Bits) {
        let mut may_hold = vec![false; self.derived.len()];
        for atom in yes.iter().chain(unknown.iter()) {
            self.followed_by[atom].iter().for_each(|&derived| may_hold[derived] = true);
        }
        for (at, derived) in self.derived.iter().enumerate() {
            if !may_hold[at] {
                continue;
            }
            let truth = derived.truth(yes, unknown);
            note(derived.atom, truth, yes, unknown);
            if truth != Truth::No {
                self.followed_by[derived.atom.0 as usize].iter().for_each(|&later| may_hold[later] = true);
            }
        }
    }

    fn ask(&self, atom: AtomId, name: &FrameName, yes: &mut Bits, unknown: &mut Bits) {
        note(atom, self.rules.atoms[atom.0 as usize].test(name, &self.rules.atoms), yes, unknown);
    }

    fn no_answers(&self) -> (Bits, Bits) {
        let size = self.rules.atoms.len();
        (Bits::new(size), Bits::new(size))
    }

    fn class(&mut self, yes: Bits, unknown: Bits) -> ClassId {
        let key = (yes, unknown);
        if let Some(&class) = self.by_answers.get(&key) {
            return class;
        }
        let (yes, unknown) = key.clone();
        let mut truths = self.plain_truths.clone();
        for atom in yes.iter().chain(unknown.iter()) {
            for test in &self.asked_by[atom] {
                let index = test.0 as usize;
                truths[index] = self.rules.tests[index].truth(|atom| answer(atom, &yes, &unknown));
            }
        }
        let is_one = |of: &[AtomId]| of.iter().any(|atom| yes.contains(atom.0 as usize));
        let (is_noise, is_application) = (is_one(&self.rules.noise), is_one(&self.rules.app));
        let is_kept = self.keeping.iter().any(|test: &TestId| truths[test.0 as usize] != Truth::No);
        let mut class =
            Class { yes, truths, is_noise, is_application, is_kept, required: Bits::new(0), is_relevant: false };
        class.required = self.sieve.required_of(&class);
        class.is_relevant = !class.required.is_empty();
        let id = ClassId(self.classes.len() as u32);
        self.classes.push(class);
        self.by_answers.insert(key, id);
        id
    }
}

fn note(atom: AtomId, truth: Truth, yes: &mut Bits, unknown: &mut Bits) {
    match truth {
        Truth::Yes => yes.insert(atom.0 as usize),
        Truth::Unknown => unknown.insert(atom.0 as usize),
        Truth::No => {}
    }
}

fn answer(atom: AtomId, yes: &Bits, unknown: &Bits) -> Truth {
    match (yes.contains(atom.0 as usize), unknown.contains(atom.0 as usize)) {
        (true, _) => Truth::Yes,
        (false, true) => Truth::Unknown,
        (false, false) => Truth::No,
    }
}

/// Everything of a name that an atom's required text may be part of.
fn searched_text(name: &FrameName) -> String {
    let mut text = String::with_capacity(128);
    if let (Some(module), Some(canonical)) = (&name.module, &name.canonical) {
        text.push_str(module);
        if canonical != module {
            text.push('\n');
            text.push_str(canonical);
        }
        text.push('\n');
    }
    if let Some(function) = &name.function {
        let function = function.view(Generics::Ignored, false);
        text.push_str(&function);
        // Required texts have dots before nested types.
        if function.contains('+') {
            text.push('\n');
            text.push_str(&function.replace('+', "."));
        }
    }
    if let Some(marker) = &name.marker {
        text.push('\n');
        text.push_str(marker);
    }
    text
}
