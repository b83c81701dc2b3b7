//! Classes of call sites: which atoms say yes to them. The evaluator asks once for each distinct call site.

use foldhash::HashMap;

use super::bits::{Bits, FewBits};
use super::sieve::Sieve;
use crate::facts::{FrameName, Generics};
use crate::model::CallSite;
use crate::rules::{AtomId, RuleSet, TestId, Truth};

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
    /// Frames without symbols, by module: there are many such call sites and few answers.
    unreadable: HashMap<String, ClassId>,
    /// Code of no known module.
    raw_address: Option<ClassId>,
    by_answers: HashMap<(Bits, Bits), ClassId>,
    classes: Vec<Class>,
}

impl<'r> Classes<'r> {
    pub fn new(rules: &'r RuleSet, sieve: &'r Sieve) -> Self {
        Classes {
            rules,
            sieve,
            unreadable: HashMap::default(),
            raw_address: None,
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
        for &atom in &self.sieve.atoms.always {
            self.ask(atom, name, &mut yes, &mut unknown);
        }
        let text = searched_text(name);
        for found in self.sieve.atoms.texts.find_overlapping_iter(&text) {
            let atom = self.sieve.atoms.text_atoms[found.pattern().as_usize()];
            if !yes.contains(atom.0 as usize) {
                self.ask(atom, name, &mut yes, &mut unknown);
            }
        }
        self.ask_derived(&mut yes, &mut unknown);
        self.class(yes, unknown)
    }

    /// Nearly all of them say no, since no atom that they follow from says anything else.
    fn ask_derived(&self, yes: &mut Bits, unknown: &mut Bits) {
        let mut may_hold = vec![false; self.sieve.atoms.derived.len()];
        for atom in yes.iter().chain(unknown.iter()) {
            self.sieve.atoms.followed_by[atom].iter().for_each(|&derived| may_hold[derived] = true);
        }
        for (at, derived) in self.sieve.atoms.derived.iter().enumerate() {
            if !may_hold[at] {
                continue;
            }
            let truth = derived.truth(yes, unknown);
            note(derived.atom, truth, yes, unknown);
            if truth != Truth::No {
                self.sieve.atoms.followed_by[derived.atom.0 as usize].iter().for_each(|&later| may_hold[later] = true);
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
        let mut truths = self.sieve.atoms.plain_truths.clone();
        for atom in yes.iter().chain(unknown.iter()) {
            for test in &self.sieve.atoms.asked_by[atom] {
                let index = test.0 as usize;
                truths[index] = self.rules.tests[index].truth(|atom| answer(atom, &yes, &unknown));
            }
        }
        let is_one = |of: &[AtomId]| of.iter().any(|atom| yes.contains(atom.0 as usize));
        let (is_noise, is_application) = (is_one(&self.rules.noise), is_one(&self.rules.app));
        let is_kept = self.sieve.atoms.keeping.iter().any(|test: &TestId| truths[test.0 as usize] != Truth::No);
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
