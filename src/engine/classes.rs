//! Classes of call sites: which atoms say yes to them. Each distinct call site is asked once.

use aho_corasick::AhoCorasick;
use foldhash::HashMap;

use super::bits::Bits;
use super::sieve::Sieve;
use crate::facts::{FrameName, Generics};
use crate::model::{CallSite, CallSites, SiteId};
use crate::rules::{Atom, AtomId, ExceptAtom, RuleSet, TestId, Truth};

/// Number of a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClassId(pub u32);

/// The class of a call site that was not asked yet.
const UNKNOWN: ClassId = ClassId(u32::MAX);

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

    pub fn says_yes_to_any(&self, atoms: &Bits) -> bool {
        self.yes.intersects(atoms)
    }
}

/// The classes seen so far, and the class of every call site.
pub struct Classes<'r> {
    rules: &'r RuleSet,
    sieve: &'r Sieve,
    texts: AhoCorasick,
    /// The atom behind each text of the automaton.
    text_atoms: Vec<AtomId>,
    /// Atoms without a text to look for.
    always: Vec<AtomId>,
    /// Atoms that follow from others, which come first.
    derived: Vec<(AtomId, &'r ExceptAtom)>,
    /// By call site; small, since it is looked up for every frame.
    of_site: Vec<ClassId>,
    /// Frames without symbols, by module: there are many such call sites and few answers.
    unreadable: HashMap<String, ClassId>,
    /// Code of no known module.
    raw_address: Option<ClassId>,
    /// Tests of pattern lines that keep a name.
    keeping: Vec<TestId>,
    by_answers: HashMap<(Bits, Bits), ClassId>,
    classes: Vec<Class>,
}

impl<'r> Classes<'r> {
    pub fn new(rules: &'r RuleSet, sieve: &'r Sieve) -> Self {
        let (mut texts, mut text_atoms, mut always, mut derived) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (index, atom) in rules.atoms.iter().enumerate() {
            let id = AtomId(index as u32);
            if let Atom::Except(except) = atom {
                derived.push((id, except));
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
        // Overlapping search needs the standard kind. The automaton is small; it cannot grow past its limits.
        let texts = AhoCorasick::new(&texts).unwrap_or_else(|error| panic!("atoms of the rule set: {error}"));
        Classes {
            rules,
            sieve,
            texts,
            text_atoms,
            always,
            derived,
            of_site: Vec::new(),
            unreadable: HashMap::default(),
            raw_address: None,
            keeping: (0..rules.tests.len() as u32)
                .map(TestId)
                .filter(|test| rules.tests[test.0 as usize].capture.is_some())
                .collect(),
            by_answers: HashMap::default(),
            classes: Vec::new(),
        }
    }

    #[inline]
    pub fn get(&self, id: ClassId) -> &Class {
        &self.classes[id.0 as usize]
    }

    /// The class of a call site.
    #[inline]
    pub fn of(&mut self, site: SiteId, sites: &CallSites) -> ClassId {
        match self.of_site.get(site.0 as usize) {
            Some(&class) if class != UNKNOWN => class,
            _ => self.classify(site, sites),
        }
    }

    /// Call site numbers have become void.
    pub fn forget_sites(&mut self) {
        self.of_site.clear();
    }

    fn classify(&mut self, site: SiteId, sites: &CallSites) -> ClassId {
        let index = site.0 as usize;
        if self.of_site.len() <= index {
            self.of_site.resize(sites.len().max(index + 1), UNKNOWN);
        }
        let site = sites.get(site);
        let class = if site.is_unreadable() {
            self.of_unreadable(&site)
        } else {
            self.of_name(&FrameName::of(&site, &self.rules.aliases))
        };
        self.of_site[index] = class;
        class
    }

    fn of_unreadable(&mut self, site: &CallSite<'_>) -> ClassId {
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

    fn of_name(&mut self, name: &FrameName) -> ClassId {
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
        for (id, except) in &self.derived {
            let truth = except.truth(|atom| answer(atom, &yes, &unknown));
            note(*id, truth, &mut yes, &mut unknown);
        }
        self.class(yes, unknown)
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
        let truths: Vec<Truth> =
            self.rules.tests.iter().map(|test| test.truth(|atom| answer(atom, &yes, &unknown))).collect();
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
