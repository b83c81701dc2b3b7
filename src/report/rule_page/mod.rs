//! Rules for people: the list, and one rule as a page, on a terminal or in Markdown.

mod markdown;
mod parts;

use std::io::{self, Write};

use super::layout::{BOLD, DIM, count, paragraph, severity_style, styled};
use super::printable;
use crate::rules::{Rule, RuleSet};
use parts::{Content, Part, conditions, heading};

pub use markdown::{INDEX, page_name, render_rule_index, render_rule_markdown};

/// Writes one line a rule: severity, id, title; role rules last.
pub fn render_rule_list(rules: &RuleSet, out: &mut dyn Write) -> io::Result<()> {
    let width = rules.rules.iter().map(|rule| rule.id.len()).max().unwrap_or_default();
    let mut sorted: Vec<&Rule> = rules.finding_rules().collect();
    sorted.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| a.id.cmp(&b.id)));
    for rule in &sorted {
        let severity = styled(severity_style(rule.severity), &format!("{:<8}", rule.severity.name()));
        let origin = if rule.is_builtin { String::new() } else { format!("  ({})", printable(&rule.file)) };
        writeln!(out, "{severity} {:<width$}  {}{}", rule.id, printable(&rule.title), styled(DIM, &origin))?;
    }
    let mut roles: Vec<&Rule> = rules.rules.iter().filter(|rule| rule.role.is_some()).collect();
    roles.sort_by(|a, b| a.id.cmp(&b.id));
    for rule in &roles {
        let role = rule.role.as_deref().unwrap_or_default();
        writeln!(out, "{:<8} {:<width$}  {}", role, rule.id, printable(&rule.title))?;
    }
    writeln!(out, "\n{}, {}", count(sorted.len() as u64, "rule"), count(roles.len() as u64, "role"))
}

/// Writes everything a rule says.
pub fn render_rule_page(rule: &Rule, rules: &RuleSet, out: &mut dyn Write, width: usize) -> io::Result<()> {
    writeln!(out, "{}  {}", styled(BOLD, &rule.id), printable(&rule.title))?;
    writeln!(out, "  {}, from {}", printable(&heading(rule)), printable(&rule.file))?;
    if !rule.tags.is_empty() {
        writeln!(out, "  tags {}", printable(&rule.tags.join(", ")))?;
    }
    for part in conditions(rule, rules) {
        writeln!(out)?;
        write_part(&part, out, width)?;
    }
    writeln!(out)?;
    write_advice(rule, out, width)?;
    if let Some(notes) = &rule.notes {
        paragraph(out, "  Notes  ", &printable(notes), width)?;
    }
    Ok(())
}

fn write_part(part: &Part<'_>, out: &mut dyn Write, width: usize) -> io::Result<()> {
    let title = format!("  {}", part.title);
    match &part.content {
        Content::Lines(lines) => {
            writeln!(out, "{title}")?;
            for line in lines {
                writeln!(out, "      {}", printable(line))?;
            }
            Ok(())
        }
        Content::Pairs(pairs) => {
            writeln!(out, "{title}")?;
            let widest = pairs.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
            for (name, meaning) in pairs {
                paragraph(out, &format!("      {:<widest$}  ", printable(name)), &printable(meaning), width)?;
            }
            Ok(())
        }
        Content::Items(items) => {
            writeln!(out, "{title}")?;
            for item in items {
                paragraph(out, "      ", &printable(item), width)?;
            }
            Ok(())
        }
        Content::Ids(ids) => paragraph(out, &format!("{title}: "), &printable(&ids.join(", ")), width),
    }
}

/// Writes why the pattern is bad, what to do, and where to read more.
pub fn write_advice(rule: &Rule, out: &mut dyn Write, width: usize) -> io::Result<()> {
    if !rule.why.is_empty() {
        paragraph(out, "  Why    ", &printable(&rule.why), width)?;
    }
    for (number, step) in rule.fix.iter().enumerate() {
        let label = if number == 0 { "  Fix    " } else { "         " };
        paragraph(out, &format!("{label}{}. ", number + 1), &printable(step), width)?;
    }
    for (number, link) in rule.links.iter().enumerate() {
        let label = if number == 0 { "  Links  " } else { "         " };
        writeln!(out, "{label}{}: {}", printable(&link.title), printable(&link.url))?;
    }
    Ok(())
}
