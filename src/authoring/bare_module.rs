//! `GdiPlus.*`, `gdiplus.dll`: lines that ask for a function where a module is meant.

use super::examples::source_of;
use crate::diagnostic::{Code, Diagnostics};
use crate::facts::normal_module;
use crate::formats::{clean_frame_line, read_example};
use crate::model::{CallSites, Stack};
use crate::rules::{Rule, RuleSet};

/// Adds a doubt about every line that is the name of a module and no more. A module is known when a built-in rule or
/// one of the rule's own examples names it.
pub fn check_bare_modules(rules: &RuleSet, of_builtin: bool, diagnostics: &mut Diagnostics) {
    let known = known_modules(rules);
    for rule in rules.rules.iter().filter(|rule| rule.is_builtin == of_builtin) {
        let suspects: Vec<(usize, String, String)> = rule
            .pattern
            .text
            .lines()
            .enumerate()
            .filter_map(|(number, line)| bare_module(line).map(|(shown, module)| (number, shown, module)))
            .collect();
        if suspects.is_empty() {
            continue;
        }
        let seen = Seen::of(rule);
        for (number, shown, module) in suspects {
            let is_known =
                known.iter().any(|known| known == rules.aliases.canonical(&module)) || seen.modules.contains(&module);
            // A function, or a class, may have the name of its module.
            let is_function = seen.functions.iter().any(|name| {
                let rest = name.strip_prefix(module.as_str());
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', ':', '(']))
            });
            if is_known && !is_function {
                let span = rule.pattern_spans.get(number).copied().unwrap_or(rule.span);
                let message =
                    format!("`{}` is a function here, and there is a module of this name", line_of(rule, number));
                let source = source_of(rule, diagnostics);
                let doubt = diagnostics.add(Code::NotAFrame, source, span, message);
                doubt.help(format!("did you mean `{shown}!*`, any function of the module?"));
            }
        }
    }
}

fn line_of(rule: &Rule, number: usize) -> &str {
    rule.pattern.text.lines().nth(number).unwrap_or_default().trim()
}

/// The module that a line names, as written and in the form that is compared. A namespace may be called as an assembly,
/// so a name with a dot in it tells nothing.
fn bare_module(line: &str) -> Option<(String, String)> {
    let line = line.trim();
    let word = line.strip_suffix(".*").or_else(|| line.strip_suffix("::*")).unwrap_or(line);
    let lower = word.to_ascii_lowercase();
    let stem = [".dll", ".exe", ".sys"].iter().find_map(|ending| lower.strip_suffix(ending)).unwrap_or(&lower);
    let is_name = !stem.is_empty() && stem.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let namespaces = ["system", "microsoft", "windows"];
    (is_name && !namespaces.contains(&stem)).then(|| (word[..stem.len()].to_string(), normal_module(stem)))
}

/// Modules that rules name as native ones: with a function that is no namespace.
fn known_modules(rules: &RuleSet) -> Vec<String> {
    let names = rules.atoms.iter().filter_map(|atom| atom.names());
    let modules = names.filter_map(|(module, _)| Some(module?.exact()?.to_string()));
    modules.filter(|module| !module.contains('.')).collect()
}

/// The modules and functions in a rule's examples that it should match.
#[derive(Default)]
struct Seen {
    modules: Vec<String>,
    functions: Vec<String>,
}

impl Seen {
    fn of(rule: &Rule) -> Self {
        let mut seen = Seen::default();
        rule.examples.matching.iter().for_each(|example| read_example(&example.text, &mut seen));
        seen
    }
}

impl crate::formats::Sink for Seen {
    fn stack(&mut self, stack: &Stack, sites: &CallSites) {
        for frame in &stack.frames {
            let site = clean_frame_line(sites.get(frame.site).text);
            let (module, function) = site.split_once('!').unwrap_or(("", &site));
            self.modules.push(normal_module(module));
            self.functions.push(function.to_ascii_lowercase());
        }
    }
}
