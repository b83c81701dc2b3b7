//! The pages on rules in Markdown: what `explain` prints on a terminal, for a repository or a wiki.

use std::io::{self, Write};

use super::parts::{Content, Part, conditions, heading};
use crate::rules::{Rule, RuleSet};

/// Name of the page with the index.
pub const INDEX: &str = "README.md";

/// The file that the page on a rule is written to; an id is a name without folders.
pub fn page_name(rule: &Rule) -> String {
    format!("{}.md", rule.id)
}

/// Writes the page on one rule.
pub fn render_rule_markdown(rule: &Rule, rules: &RuleSet, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "# {}\n", escaped(&rule.title))?;
    writeln!(out, "`{}`: {}. [All rules]({INDEX})", rule.id, escaped(&heading(rule)))?;
    if !rule.tags.is_empty() {
        writeln!(out, "\nTags: {}", escaped(&rule.tags.join(", ")))?;
    }
    if !rule.why.is_empty() {
        writeln!(out, "\n## Why\n\n{}", escaped(&one_line(&rule.why)))?;
    }
    for (number, step) in rule.fix.iter().enumerate() {
        if number == 0 {
            writeln!(out, "\n## Fix\n")?;
        }
        writeln!(out, "{}. {}", number + 1, escaped(&one_line(step)))?;
    }
    for (number, link) in rule.links.iter().enumerate() {
        if number == 0 {
            writeln!(out, "\n## Links\n")?;
        }
        writeln!(out, "- [{}]({})", escaped(&link.title), address(&link.url))?;
    }
    writeln!(out, "\n## When it holds")?;
    for part in conditions(rule, rules) {
        write_part(&part, out)?;
    }
    if let Some(notes) = &rule.notes {
        writeln!(out, "\n## Notes\n\n{}", escaped(&one_line(notes)))?;
    }
    if !rule.examples.matching.is_empty() {
        writeln!(out, "\nAn example: `stacklint explain {} --example 1`", rule.id)?;
    }
    Ok(())
}

/// Writes the list of all rules by category, and of the roles.
pub fn render_rule_index(rules: &RuleSet, out: &mut dyn Write) -> io::Result<()> {
    let mut findings: Vec<&Rule> = rules.finding_rules().collect();
    findings.sort_by(|a, b| {
        let of_severity = b.severity.cmp(&a.severity);
        a.category.cmp(&b.category).then(of_severity).then_with(|| a.id.cmp(&b.id))
    });
    let mut roles: Vec<&Rule> = rules.rules.iter().filter(|rule| rule.role.is_some()).collect();
    roles.sort_by(|a, b| (&a.role, &a.id).cmp(&(&b.role, &b.id)));
    writeln!(out, "# Rules\n\n{} rules by category, and {} roles of threads.", findings.len(), roles.len())?;
    let mut category = None;
    for rule in findings {
        if category != Some(&rule.category) {
            category = Some(&rule.category);
            let name = if rule.category.is_empty() { "no category" } else { &rule.category };
            writeln!(out, "\n## {}\n\n| severity | rule | what it finds |\n|---|---|---|", escaped(name))?;
        }
        let Rule { id, title, severity, .. } = rule;
        writeln!(out, "| {} | [{id}]({}) | {} |", severity.name(), page_name(rule), cell(title))?;
    }
    for (number, rule) in roles.iter().enumerate() {
        if number == 0 {
            writeln!(out, "\n## Roles of threads\n\n| role | rule | which threads |\n|---|---|---|")?;
        }
        let role = rule.role.as_deref().unwrap_or_default();
        writeln!(out, "| {} | [{}]({}) | {} |", cell(role), rule.id, page_name(rule), cell(&rule.title))?;
    }
    Ok(())
}

fn write_part(part: &Part<'_>, out: &mut dyn Write) -> io::Result<()> {
    match &part.content {
        Content::Lines(lines) => {
            writeln!(out, "\n{}:\n", part.title)?;
            // Indented, a block ends in nothing that the lines could hold.
            lines.iter().try_for_each(|line| writeln!(out, "    {line}"))
        }
        Content::Pairs(pairs) => {
            writeln!(out, "\n{}:\n", part.title)?;
            pairs.iter().try_for_each(|(name, meaning)| writeln!(out, "- `{name}`: {}", escaped(meaning)))
        }
        Content::Items(items) => {
            writeln!(out, "\n{}:\n", part.title)?;
            items.iter().try_for_each(|item| writeln!(out, "- {}", escaped(item)))
        }
        Content::Ids(ids) => {
            let links: Vec<String> = ids.iter().map(|id| format!("[{id}]({id}.md)")).collect();
            writeln!(out, "\n{}: {}.", part.title, links.join(", "))
        }
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// In a table a bar would end the cell.
fn cell(text: &str) -> String {
    escaped(text).replace('|', "\\|")
}

/// Text without markup: what stands between backticks is code, and stays as it is.
fn escaped(text: &str) -> String {
    let in_pairs = text.matches('`').count().is_multiple_of(2);
    let mut is_code = false;
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '`' if in_pairs => is_code = !is_code,
            '`' | '*' | '[' | ']' | '\\' if !is_code => out.push('\\'),
            '<' if !is_code => {
                out.push_str("&lt;");
                continue;
            }
            '&' if !is_code => {
                out.push_str("&amp;");
                continue;
            }
            '\r' | '\n' => {
                out.push(' ');
                continue;
            }
            _ => {}
        }
        out.push(c);
    }
    out
}

/// An address that cannot end the link it stands in.
fn address(url: &str) -> String {
    url.replace(' ', "%20").replace('(', "%28").replace(')', "%29").replace('<', "%3C").replace('>', "%3E")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_has_no_markup_but_code() {
        for (text, want) in [
            ("a *b* <c> & [d]", "a \\*b\\* &lt;c> &amp; \\[d\\]"),
            ("run `!syncblk *`", "run `!syncblk *`"),
            ("one ` only", "one \\` only"),
            ("a\nb", "a b"),
        ] {
            assert_eq!(escaped(text), want, "{text}");
        }
        assert_eq!(cell("a|b"), "a\\|b");
        assert_eq!(address("https://a/b (c)"), "https://a/b%20%28c%29");
    }
}
