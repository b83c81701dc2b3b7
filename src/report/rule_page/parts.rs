//! What the page on a rule says, whoever prints it.

use crate::rules::{Rule, RuleSet};

/// One part of a page, with its heading.
pub struct Part<'r> {
    pub title: &'static str,
    pub content: Content<'r>,
}

pub enum Content<'r> {
    /// Lines as written.
    Lines(Vec<&'r str>),
    /// A name and what it stands for.
    Pairs(Vec<(&'r str, String)>),
    Items(Vec<String>),
    Ids(Vec<&'r str>),
}

/// How bad, how sure, what about.
pub fn heading(rule: &Rule) -> String {
    match &rule.role {
        Some(role) => format!("role {role}"),
        None => {
            let category = if rule.category.is_empty() { "none" } else { &rule.category };
            let (severity, confidence) = (rule.severity.name(), rule.confidence.name());
            format!("severity {severity}, confidence {confidence}, category {category}")
        }
    }
}

/// When the rule holds.
pub fn conditions<'r>(rule: &'r Rule, rules: &'r RuleSet) -> Vec<Part<'r>> {
    let mut parts = Vec::new();
    let mut add = |title: &'static str, content: Content<'r>| {
        let is_empty = match &content {
            Content::Lines(lines) => lines.is_empty(),
            Content::Pairs(pairs) => pairs.is_empty(),
            Content::Items(items) => items.is_empty(),
            Content::Ids(ids) => ids.is_empty(),
        };
        if !is_empty {
            parts.push(Part { title, content });
        }
    };
    add("Pattern (innermost call first)", Content::Lines(rule.pattern.text.lines().collect()));
    for pattern in &rule.unless {
        add("Unless", Content::Lines(pattern.text.lines().collect()));
    }
    add("Only if", Content::Items(asked(rule)));
    if let Some(ladder) = &rule.ladder {
        let id = |rule: usize| rules.rules[rule].id.clone();
        let rungs = ladder.rungs.iter().map(|rung| (rung.name.as_str(), rung.question.in_words(id)));
        add("Evidence", Content::Pairs(rungs.collect()));
        add("Verdict", Content::Items(ladder.verdicts.iter().map(|verdict| ladder.in_words(verdict)).collect()));
    }
    let others = rule.yields_to.iter().map(|&index| rules.rules[index].id.as_str());
    add("Not reported where one of these holds", Content::Ids(others.collect()));
    parts
}

/// What the rule asks besides its pattern.
fn asked(rule: &Rule) -> Vec<String> {
    let mut asked: Vec<String> = Vec::new();
    asked.extend(rule.on.iter().map(|role| format!("the thread has the role `{role}`")));
    asked.extend(rule.unless_roles.iter().map(|role| format!("the thread does not have the role `{role}`")));
    asked.extend(rule.threads.as_ref().map(|threads| match threads.is_any() {
        true => "the stack is that of a thread, not the trace of an exception".to_string(),
        false => format!("{} match", threads.in_words()),
    }));
    asked.extend(rule.exception.as_ref().map(|exception| format!("the log tells of {}", exception.in_words())));
    asked.extend(
        rule.cycle.as_ref().map(|cycle| {
            format!("frames repeat: {} rounds or more, of {} frames or fewer", cycle.repeats, cycle.period)
        }),
    );
    asked.extend(rule.stuck.as_ref().map(|stuck| {
        let once = stuck.once.map(|once| format!(" (in one capture: confidence {})", once.name()));
        format!("{}{}", stuck.in_words(), once.unwrap_or_default())
    }));
    asked
}
