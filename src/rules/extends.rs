//! `extends: ID`: rules that take over what another says.

use std::collections::BTreeMap;

use super::compile::Origin;
use super::nearest::nearest;
use super::written::{RuleFile, WrittenRule};
use crate::diagnostic::{Code, Diagnostics};

/// Where a rule stands: file, and position in it.
type Place = (usize, usize);

/// Fills in what rules leave to those they extend. A rule may have the id of the rule it extends: then it takes its place.
pub fn resolve(files: &mut [(RuleFile, Origin)], diagnostics: &mut Diagnostics) {
    let mut places: BTreeMap<String, Vec<Place>> = BTreeMap::new();
    for (source, (file, _)) in files.iter().enumerate() {
        for (number, rule) in file.rules.iter().enumerate() {
            places.entry(rule.id.value.clone()).or_default().push((source, number));
        }
    }
    let mut replaced: Vec<Place> = Vec::new();
    let extending: Vec<Place> = places
        .values()
        .flatten()
        .copied()
        .filter(|&(source, number)| files[source].0.rules[number].extends.is_some())
        .collect();
    for place in extending {
        let mut chain = Vec::new();
        if let Some(base) = base_of(place, files, &places, &mut chain, diagnostics) {
            let own = &files[place.0].0.rules[place.1];
            let same_id = |&(source, number): &Place| files[source].0.rules[number].id.value == own.id.value;
            replaced.extend(chain.first().copied().filter(same_id));
            let rule = WrittenRule { extends: None, ..own.extending(&base) };
            files[place.0].0.rules[place.1] = rule;
        }
    }
    replaced.sort_unstable();
    replaced.dedup();
    for &(source, number) in replaced.iter().rev() {
        files[source].0.rules.remove(number);
    }
}

/// The whole rule that the one at `place` extends; the places passed on the way are added to `chain`.
fn base_of(
    place: Place,
    files: &[(RuleFile, Origin)],
    places: &BTreeMap<String, Vec<Place>>,
    chain: &mut Vec<Place>,
    diagnostics: &mut Diagnostics,
) -> Option<WrittenRule> {
    let rule = &files[place.0].0.rules[place.1];
    let name = rule.extends.as_ref()?;
    let other = places.get(&name.value).and_then(|found| found.iter().find(|&&other| other != place)).copied();
    let Some(other) = other else {
        let message = format!("there is no rule `{}` to extend", name.value);
        let mistake = diagnostics.add(Code::UnknownRule, place.0, name.span, message);
        if let Some(near) = nearest(&name.value, places.keys().map(String::as_str)) {
            mistake.help(format!("did you mean `{near}`?"));
        }
        return None;
    };
    if chain.contains(&other) {
        let message = format!("`{}` extends itself, by way of the rules it extends", rule.id.value);
        diagnostics.add(Code::ExtendsCycle, place.0, name.span, message);
        return None;
    }
    chain.push(other);
    let base = &files[other.0].0.rules[other.1];
    match &base.extends {
        None => Some(base.clone()),
        Some(_) => base_of(other, files, places, chain, diagnostics).map(|further| base.extending(&further)),
    }
}
