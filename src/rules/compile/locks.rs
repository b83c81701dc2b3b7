//! Locks: the lists that say where threads wait for them, what a rule explains, and what it asks to be collected.

use std::collections::{BTreeMap, BTreeSet};

use super::Compiler;
use crate::diagnostic::Code;
use crate::rules::nearest::nearest;
use crate::rules::rule_set::Test;
use crate::rules::written::{Spot, WrittenRule};
use crate::rules::{Explains, Glob, LockWaitFrames};

/// Lists of functions that wait for a lock begin so; the kind of lock follows.
const WAITS_FOR: &str = "waits-for-";
/// The list of what may lie above them.
const ABOVE: &str = "above-lock-waits";
/// What a rule without a ladder may ask for: tables that name owners, and stacks that are not in the text.
const ASKED: [&str; 2] = ["owners", "stacks"];

/// What messages may say besides the names that the pattern keeps.
pub fn figures(written: &WrittenRule) -> &'static [&'static str] {
    match (&written.deadlock, &written.blocked_behind) {
        (Some(_), _) => &["ring", "threads", "locks", "waiters"],
        (_, Some(_)) => &["owner", "lock", "waiters", "methods"],
        _ => &[],
    }
}

impl Compiler {
    pub(super) fn lock_waits(&mut self) {
        for name in self.lists.keys().cloned().collect::<Vec<_>>() {
            let kind = name.strip_prefix(WAITS_FOR).map(str::to_string);
            if kind.is_none() && name != ABOVE {
                continue;
            }
            let atoms = self.list(&name).unwrap_or_default();
            let test = self.test(Test { atoms, negated: false, capture: None });
            match kind {
                Some(kind) => self.rules.lock_waits.push(LockWaitFrames { kind, test }),
                None => self.rules.above_lock_waits = Some(test),
            }
        }
    }

    /// Ids, globs of ids, and categories.
    pub(super) fn explains(
        &mut self,
        source: usize,
        written: &[Spot<String>],
        ids: &BTreeMap<&str, usize>,
        categories: &BTreeSet<String>,
    ) -> Explains {
        let mut explains = Explains::default();
        for entry in written {
            let rules = rules_named(&entry.value, ids);
            let is_category = categories.contains(&entry.value);
            if is_category {
                explains.categories.push(entry.value.clone());
            } else if rules.is_empty() {
                let message = format!("there is no rule or category `{}`", entry.value);
                let known = ids.keys().copied().chain(categories.iter().map(String::as_str));
                let near = nearest(&entry.value, known).map(str::to_string);
                let mistake = self.diagnostics.add(Code::UnknownRule, source, entry.span, message);
                if let Some(near) = near {
                    mistake.help(format!("did you mean `{near}`?"));
                }
            }
            explains.rules.extend(rules);
        }
        explains
    }

    /// What to collect, of a rule that has no ladder.
    pub(super) fn ask(&mut self, source: usize, written: &WrittenRule) -> Vec<(String, String)> {
        if !written.ladder.rungs.is_empty() {
            return Vec::new();
        }
        for (name, _) in written.ladder.ask.iter().filter(|(name, _)| !ASKED.contains(&name.value.as_str())) {
            let message = format!("`{}` is nothing that this rule asks for", name.value);
            let help = "without `evidence`, a rule asks for `owners` (tables that name the owners of locks) and `stacks` \
                        (of threads that are not in the text)";
            self.diagnostics.add(Code::UnknownEvidence, source, name.span, message).help(help);
        }
        written.ladder.ask.iter().map(|(name, text)| (name.value.clone(), text.clone())).collect()
    }
}

/// The rules whose id is this, or matches it where it is a glob.
fn rules_named(written: &str, ids: &BTreeMap<&str, usize>) -> Vec<usize> {
    let glob = Glob::new(written);
    match glob.exact() {
        Some(id) => ids.get(id).copied().into_iter().collect(),
        None => ids.iter().filter(|(id, _)| glob.matches(id)).map(|(_, &index)| index).collect(),
    }
}
