//! What settings say of rules: which are selected, ignored, and suppressed.

use super::{Compiler, InSettings};
use crate::diagnostic::Code;
use crate::rules::nearest::nearest;
use crate::rules::rule_set::Suppression;
use crate::rules::written::{Spot, WrittenSuppression};
use crate::rules::{Glob, RuleSet};

impl Compiler {
    /// Settings come after the rules, which they name.
    pub(super) fn settings(&mut self, settings: InSettings) {
        let InSettings { read, named, suppressions } = settings;
        let source = self.diagnostics.sources.len();
        self.diagnostics.sources.extend(read.sources);
        self.diagnostics.list.extend(read.list.into_iter().map(|mut diagnostic| {
            diagnostic.source = source;
            diagnostic
        }));
        for id in &named {
            self.rules_named(source, id);
        }
        for written in &suppressions {
            let suppression = self.suppression(source, written);
            self.rules.suppressions.push(suppression);
        }
    }

    fn suppression(&mut self, source: usize, written: &WrittenSuppression) -> Suppression {
        Suppression {
            rules: self.rules_named(source, &written.id),
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
