//! Rules that name other rules, or the roles that these give.

use std::collections::BTreeMap;

use super::{Compiler, Origin};
use crate::diagnostic::Code;
use crate::rules::nearest::nearest;
use crate::rules::rule_set::Rule;
use crate::rules::written::{Spot, WrittenRule};

impl Compiler {
    /// Rules that yield to each other would silence each other.
    pub(super) fn refuse_yield_cycles(&mut self, compiled: &mut [(usize, Origin, &WrittenRule, Rule)]) {
        for start in 0..compiled.len() {
            let mut reached: Vec<usize> = Vec::new();
            let mut next = compiled[start].3.yields_to.clone();
            while let Some(rule) = next.pop() {
                if !reached.contains(&rule) {
                    reached.push(rule);
                    next.extend(&compiled[rule].3.yields_to);
                }
            }
            if reached.contains(&start) {
                let (source, _, written, _) = &compiled[start];
                let (source, span) = (*source, written.yields_to[0].span);
                let message = format!("`{}` yields to itself, by way of the rules it yields to", written.id.value);
                self.mistake(Code::YieldCycle, source, span, message);
            }
        }
    }

    /// `on` and `unless` ask for roles that some rule gives; role rules do not ask, since they come first.
    pub(super) fn refuse_unknown_roles(&mut self, compiled: &[(usize, Origin, &WrittenRule, Rule)]) {
        let roles: Vec<&str> = compiled.iter().filter_map(|(.., rule)| rule.role.as_deref()).collect();
        for (source, _, written, rule) in compiled {
            for asked in written.on.iter().chain(&written.unless_roles) {
                if rule.role.is_some() {
                    let message = "a rule that gives a role cannot ask for one";
                    self.diagnostics.add(Code::BadValue, *source, asked.span, message);
                } else if !roles.contains(&asked.value.as_str()) {
                    let message = format!("no rule gives the role `{}`", asked.value);
                    let mistake = self.diagnostics.add(Code::UnknownRole, *source, asked.span, message);
                    if let Some(near) = nearest(&asked.value, roles.iter().copied()) {
                        mistake.help(format!("did you mean `{near}`?"));
                    }
                }
            }
        }
    }

    pub(super) fn yields_to(
        &mut self,
        source: usize,
        names: &[Spot<String>],
        ids: &BTreeMap<&str, usize>,
    ) -> Vec<usize> {
        let mut found = Vec::new();
        for name in names {
            match ids.get(name.value.as_str()) {
                Some(&index) => found.push(index),
                None => {
                    let message = format!("there is no rule `{}`", name.value);
                    let near = nearest(&name.value, ids.keys().copied());
                    let mistake = self.diagnostics.add(Code::UnknownRule, source, name.span, message);
                    if let Some(near) = near {
                        mistake.help(format!("did you mean `{near}`?"));
                    }
                }
            }
        }
        found
    }
}
