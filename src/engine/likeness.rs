//! Which frames are most like what a pattern line asks for: a misspelt name, another module, a neighbour.

use crate::facts::{FrameName, Generics};
use crate::rules::{Atom, Glob, RuleSet, TestId, edit_distance};

/// How alike, the less the more; and in what.
pub type Likeness = (usize, &'static str);

/// Longer names are compared by their ends, where methods differ.
const COMPARED: usize = 60;
/// Names that differ in more than this share of their letters are not alike.
const DIFFERENT: usize = 45;

/// How much a frame is like the nearest of what a test asks for; `None` when nothing is alike.
pub fn likeness(test: TestId, name: &FrameName, rules: &RuleSet) -> Option<Likeness> {
    let atoms = &rules.tests[test.0 as usize].atoms;
    atoms.iter().filter_map(|atom| likeness_of(&rules.atoms[atom.0 as usize], name)).min()
}

fn likeness_of(atom: &Atom, name: &FrameName) -> Option<Likeness> {
    let (module, function) = atom.names()?;
    let view = name.function.as_ref()?.view(Generics::Ignored, false);
    if !function.is_any() && function.matches(&view) {
        return Some((0, "same function, other module"));
    }
    let same_module = module.is_some_and(|module| !module.is_any() && is_module(module, name));
    if function.is_any() {
        return None;
    }
    let wanted = function.text();
    let method = |text: &str| text.rsplit(['.', ':']).next().unwrap_or_default().to_string();
    if !wanted.ends_with('*') && method(&wanted).len() > 3 && method(&wanted) == method(&view) {
        return Some((10, "same method, other type"));
    }
    let difference = difference(&wanted.replace('*', ""), &view);
    match (same_module, difference <= DIFFERENT) {
        (true, true) => Some((20 + difference, "same module, similar name")),
        (true, false) => Some((20 + difference, "same module")),
        (false, true) => Some((35 + difference, "similar name")),
        (false, false) => None,
    }
}

fn is_module(glob: &Glob, name: &FrameName) -> bool {
    [&name.module, &name.canonical].into_iter().flatten().any(|module| glob.matches(module))
}

/// Letters that differ, in hundredths of the longer name.
fn difference(a: &str, b: &str) -> usize {
    let (a, b) = (ending(a), ending(b));
    let longer = a.chars().count().max(b.chars().count()).max(1);
    edit_distance(a, b) * 100 / longer
}

fn ending(text: &str) -> &str {
    let start = text.char_indices().rev().nth(COMPARED - 1).map_or(0, |(at, _)| at);
    &text[start..]
}
