//! What settings say of rules: which are selected, ignored, and suppressed.

use super::{Compiler, InSettings};
use crate::diagnostic::{Code, Diagnostics};
use crate::rules::nearest::nearest;
use crate::rules::rule_set::Suppression;
use crate::rules::written::{Spot, WrittenLimits, WrittenSuppression};
use crate::rules::{Glob, RuleSet};

impl Compiler {
    /// Takes in the settings file and what has been found wrong in it; returns its number among the sources.
    pub(super) fn settings_source(&mut self, read: Diagnostics) -> usize {
        let source = self.diagnostics.sources.len();
        self.diagnostics.sources.extend(read.sources);
        self.diagnostics.list.extend(read.list.into_iter().map(|mut diagnostic| {
            diagnostic.source = source;
            diagnostic
        }));
        source
    }

    /// Settings come after the rules, which they name.
    pub(super) fn settings(&mut self, source: usize, settings: InSettings) {
        let InSettings { named, suppressions, limits, .. } = settings;
        for id in &named {
            self.rules_named(source, id);
        }
        for written in &limits {
            self.limits(source, written);
        }
        for written in &suppressions {
            let suppression = self.suppression(source, written);
            self.rules.suppressions.push(suppression);
        }
    }

    /// From where on a counter grows or is flat; what settings leave out stays as the rules say.
    fn limits(&mut self, source: usize, written: &WrittenLimits) {
        let known: Vec<&str> = self.rules.counters.counters.keys().map(String::as_str).collect();
        let name = written.counter.value.as_str();
        if !known.contains(&name) {
            let help = match nearest(name, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the counters are: {}", known.join(", ")),
            };
            let message = format!("there is no counter `{name}`");
            self.diagnostics.add(Code::BadSetting, source, written.counter.span, message).help(help);
            return;
        }
        let Some(kind) = self.rules.counters.counters.get_mut(name) else { return };
        let limits = &mut kind.limits;
        limits.grows_by = written.grows_by.unwrap_or(limits.grows_by);
        limits.grows_at_least = written.grows_at_least.unwrap_or(limits.grows_at_least);
        limits.flat_within = written.flat_within.unwrap_or(limits.flat_within);
        limits.flat_at_most = written.flat_at_most.unwrap_or(limits.flat_at_most);
    }

    fn suppression(&mut self, source: usize, written: &WrittenSuppression) -> Suppression {
        let rules = self.rules_named(source, &written.id);
        let asks_of_stacks = |&rule: &usize| self.rules.rules[rule].ladder.is_none();
        if let Some(stack) = &written.stack
            && !rules.is_empty()
            && !rules.iter().any(asks_of_stacks)
        {
            let message = format!("`{}` asks for evidence of several kinds, not for a stack", written.id.value);
            let help = "leave `stack` out, or suppress the rule whose finding is the evidence";
            self.diagnostics.add(Code::BadSetting, source, stack.span, message).help(help);
        }
        Suppression {
            rules,
            id: written.id.value.clone(),
            pattern: written.stack.as_ref().map(|block| self.pattern(source, block, false)),
            reason: written.reason.clone(),
            expires: written.expires,
        }
    }

    /// The rules that an id, or a glob, is about; a mistake when there are none.
    fn rules_named(&mut self, source: usize, id: &Spot<String>) -> Vec<usize> {
        let glob = Glob::new(&id.value);
        let reports = |rules: &RuleSet, index: usize| rules.rules[index].role.is_none();
        let all = 0..self.rules.rules.len();
        let found: Vec<usize> =
            all.filter(|&index| reports(&self.rules, index) && glob.matches(&self.rules.rules[index].id)).collect();
        if found.is_empty() && !self.left_out.iter().any(|id| glob.matches(id)) {
            let ids = self.rules.rules.iter().map(|rule| rule.id.as_str());
            let help = match nearest(&id.value, ids) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "`stacklint rules list` shows the rules that are loaded".to_string(),
            };
            let message = format!("no rule is called `{}`", id.value);
            self.diagnostics.add(Code::UnknownSetRule, source, id.span, message).help(help);
        }
        found
    }
}
