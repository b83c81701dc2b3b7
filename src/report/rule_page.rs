//! Rules for people: the list, and one rule as a page.

use std::io::{self, Write};

use super::layout::{BOLD, DIM, count, paragraph, severity_style, styled};
use super::printable;
use crate::rules::{Ladder, Rule, RuleSet};

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
    match &rule.role {
        Some(role) => writeln!(out, "  role {}, from {}", printable(role), printable(&rule.file))?,
        None => writeln!(
            out,
            "  severity {}, confidence {}, category {}, from {}",
            rule.severity.name(),
            rule.confidence.name(),
            if rule.category.is_empty() { "none" } else { &rule.category },
            printable(&rule.file)
        )?,
    }
    if !rule.tags.is_empty() {
        writeln!(out, "  tags {}", printable(&rule.tags.join(", ")))?;
    }
    write_pattern(rule, out)?;
    write_conditions(rule, out, width)?;
    if let Some(ladder) = &rule.ladder {
        write_ladder(ladder, rules, out, width)?;
    }
    if !rule.yields_to.is_empty() {
        let ids: Vec<&str> = rule.yields_to.iter().map(|&index| rules.rules[index].id.as_str()).collect();
        writeln!(out)?;
        paragraph(out, "  Not reported where one of these holds: ", &ids.join(", "), width)?;
    }
    writeln!(out)?;
    write_advice(rule, out, width)?;
    if let Some(notes) = &rule.notes {
        paragraph(out, "  Notes  ", &printable(notes), width)?;
    }
    Ok(())
}

fn write_pattern(rule: &Rule, out: &mut dyn Write) -> io::Result<()> {
    let unless = rule.unless.iter().map(|pattern| ("Unless", pattern));
    let own = Some(("Pattern (innermost call first)", &rule.pattern));
    for (title, pattern) in own.into_iter().chain(unless).filter(|(_, pattern)| !pattern.text.is_empty()) {
        writeln!(out, "\n  {title}")?;
        for line in pattern.text.lines() {
            writeln!(out, "      {}", printable(line))?;
        }
    }
    Ok(())
}

/// What the rule asks besides its pattern.
fn write_conditions(rule: &Rule, out: &mut dyn Write, width: usize) -> io::Result<()> {
    let mut asked: Vec<String> = Vec::new();
    asked.extend(rule.on.iter().map(|role| format!("the thread has the role `{role}`")));
    asked.extend(rule.unless_roles.iter().map(|role| format!("the thread does not have the role `{role}`")));
    asked.extend(rule.threads.as_ref().map(|threads| format!("{} match", threads.in_words())));
    asked.extend(rule.exception.as_ref().map(|exception| format!("the log tells of {}", exception.in_words())));
    asked.extend(
        rule.cycle.as_ref().map(|cycle| {
            format!("frames repeat: {} rounds or more, of {} frames or fewer", cycle.repeats, cycle.period)
        }),
    );
    if !asked.is_empty() {
        writeln!(out)?;
        paragraph(out, "  Only if ", &printable(&asked.join("; ")), width)?;
    }
    Ok(())
}

fn write_ladder(ladder: &Ladder, rules: &RuleSet, out: &mut dyn Write, width: usize) -> io::Result<()> {
    writeln!(out, "\n  Evidence")?;
    let widest = ladder.rungs.iter().map(|rung| rung.name.chars().count()).max().unwrap_or_default();
    let id = |rule: usize| rules.rules[rule].id.clone();
    for rung in &ladder.rungs {
        let asked = rung.question.in_words(id);
        paragraph(out, &format!("      {:<widest$}  ", rung.name), &printable(&asked), width)?;
    }
    writeln!(out, "\n  Verdict")?;
    for verdict in &ladder.verdicts {
        paragraph(out, "      ", &printable(&ladder.in_words(verdict)), width)?;
    }
    Ok(())
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
