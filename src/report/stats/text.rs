//! The counts for people: what hits, what never does, and last the work list for the next rule.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io::{self, Write};

use super::StatsReport;
use super::groups::{write_groups, write_next};
use crate::finding::{RuleHits, Verdict};
use crate::report::layout::{BOLD, DIM, count, grouped, paragraph, share, styled};
use crate::report::printable;
use crate::rules::Rule;

/// Pairs of rules that are shown.
const PAIRS: usize = 10;

/// Writes all of it, wrapped at `width` columns.
pub fn render_stats_text(report: &StatsReport<'_>, out: &mut dyn Write, width: usize) -> io::Result<()> {
    write_rules(report, out)?;
    write_roles(report, out)?;
    write_silent(report, out, width)?;
    write_near(report, out)?;
    write_pairs(report, out, width)?;
    write_inputs(report, out, width)?;
    write_explained(report, out)?;
    write_groups(report, out)?;
    write_next(report, out)
}

/// `   41        44       57  gdiplus-in-asmx  likely 30, suspected 14`
fn write_rules(report: &StatsReport<'_>, out: &mut dyn Write) -> io::Result<()> {
    let hits = report.hits();
    if hits.is_empty() {
        return Ok(());
    }
    let all = report.wanted.iter().zip(&report.rules.rules);
    let all = all.filter(|(wanted, rule)| **wanted && rule.role.is_none()).count();
    let head = format!("Rules that hit: {} of {}", hits.len(), grouped(all as u64));
    writeln!(out, "{}", styled(BOLD, &head))?;
    writeln!(out, "{}", styled(DIM, "  cases  findings  threads"))?;
    let width = hits.iter().map(|(rule, _)| report.id(*rule).chars().count()).max().unwrap_or_default();
    for (rule, hits) in hits {
        let (cases, findings, threads) = (grouped(hits.cases), grouped(hits.findings), grouped(hits.threads));
        let id = printable(report.id(rule));
        let said = styled(DIM, &said_of(hits));
        writeln!(out, "  {cases:>5}  {findings:>8}  {threads:>7}  {id:<width$}  {said}")?;
    }
    writeln!(out)
}

/// `likely 30, suspected 14 (3 lowered); explained by others in 2 cases`
fn said_of(hits: &RuleHits) -> String {
    let verdicts = Verdict::ALL.iter().zip(hits.verdicts).rev().filter(|(_, findings)| *findings > 0);
    let verdicts: Vec<String> = verdicts.map(|(verdict, findings)| format!("{} {findings}", verdict.name())).collect();
    let mut said = verdicts.join(", ");
    if hits.lowered > 0 {
        said.push_str(&format!(" ({} lowered)", hits.lowered));
    }
    if hits.explained > 0 {
        let join = if said.is_empty() { "" } else { "; " };
        said.push_str(&format!("{join}part of another finding in {}", count(hits.explained, "case")));
    }
    said
}

fn write_roles(report: &StatsReport<'_>, out: &mut dyn Write) -> io::Result<()> {
    let roles = report.roles();
    if roles.is_empty() {
        return Ok(());
    }
    let all = report.rules.rules.iter().filter(|rule| rule.role.is_some()).count();
    writeln!(out, "{}", styled(BOLD, &format!("Roles that hold: {} of {all}", roles.len())))?;
    writeln!(out, "{}", styled(DIM, "  cases  threads"))?;
    let width = roles.iter().map(|(rule, _)| report.id(*rule).chars().count()).max().unwrap_or_default();
    for (rule, hits) in roles {
        let (cases, threads) = (grouped(hits.cases), grouped(hits.threads));
        let rule = &report.rules.rules[rule];
        let role = styled(DIM, &printable(rule.role.as_deref().unwrap_or_default()));
        writeln!(out, "  {cases:>5}  {threads:>7}  {:<width$}  {role}", printable(&rule.id))?;
    }
    writeln!(out)
}

/// What never hits, by category; the author's own rules by name, and with `verbose` all of them.
fn write_silent(report: &StatsReport<'_>, out: &mut dyn Write, width: usize) -> io::Result<()> {
    write_silent_of("Rules that never hit", "rule", &report.silent_rules(), report.verbose, out, width)?;
    write_silent_of("Roles that never hold", "role", &report.silent_roles(), report.verbose, out, width)
}

fn write_silent_of(
    what: &str,
    word: &str,
    silent: &[&Rule],
    verbose: bool,
    out: &mut dyn Write,
    width: usize,
) -> io::Result<()> {
    if silent.is_empty() {
        return Ok(());
    }
    let hint = if verbose { "" } else { " (-v names them)" };
    writeln!(out, "{}{}", styled(BOLD, &format!("{what}: {}", silent.len())), styled(DIM, hint))?;
    let own: Vec<_> = silent.iter().filter(|rule| !rule.is_builtin).map(|rule| printable(&rule.id)).collect();
    if !own.is_empty() && !verbose {
        paragraph(out, "  of your own: ", &own.join(", "), width)?;
    }
    let mut kinds: BTreeMap<&str, Vec<&Rule>> = BTreeMap::new();
    for &rule in silent {
        let kind = if word == "role" { rule.role.as_deref().unwrap_or_default() } else { rule.category.as_str() };
        kinds.entry(if kind.is_empty() { "no category" } else { kind }).or_default().push(rule);
    }
    let mut kinds: Vec<(&str, Vec<&Rule>)> = kinds.into_iter().collect();
    kinds.sort_by_key(|(kind, rules)| (Reverse(rules.len()), *kind));
    if !verbose {
        let kinds = kinds.iter().map(|(kind, rules)| format!("{} {}", printable(kind), rules.len()));
        paragraph(out, "  ", &kinds.collect::<Vec<_>>().join(", "), width)?;
        return writeln!(out);
    }
    for (kind, rules) in kinds {
        let ids: Vec<_> = rules.iter().map(|rule| printable(&rule.id)).collect();
        paragraph(out, &format!("  {} ({}): ", printable(kind), rules.len()), &ids.join(", "), width)?;
    }
    writeln!(out)
}

/// Rules that never hit, and that came close in cases where no rule does: the author's own, with `verbose` all of them.
fn write_near(report: &StatsReport<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut near = report.near_misses();
    near.retain(|(rule, _)| report.verbose || !report.rules.rules[*rule].is_builtin);
    if near.is_empty() {
        return Ok(());
    }
    let head = format!("Of these, {} came close where nothing was found", count(near.len() as u64, "rule"));
    writeln!(out, "{}", styled(BOLD, &head))?;
    writeln!(out, "{}", styled(DIM, "  cases  nearest"))?;
    let width = near.iter().map(|(rule, _)| report.id(*rule).chars().count()).max().unwrap_or_default();
    for (rule, near) in near {
        let (cases, id) = (grouped(near.cases), printable(report.id(rule)));
        let nearest = format!("{} of {}", near.matched, near.of);
        let place = styled(DIM, &report.place(near.source, near.line));
        writeln!(out, "  {cases:>5}  {nearest:>7}  {id:<width$}  {place}")?;
    }
    writeln!(out)
}

/// Rules of which one is never there without the other.
fn write_pairs(report: &StatsReport<'_>, out: &mut dyn Write, width: usize) -> io::Result<()> {
    let mut pairs = report.pairs();
    pairs.retain(|pair| pair.is_always());
    if pairs.is_empty() {
        return Ok(());
    }
    let head = "Rules that are always reported beside another on the same threads (should one yield, or explain?)";
    writeln!(out, "{}", styled(BOLD, head))?;
    for pair in pairs.iter().take(PAIRS) {
        let (rule, other) = (printable(report.id(pair.rule.0)), printable(report.id(pair.other.0)));
        let rest = match pair.other.1.threads - pair.hits.threads {
            0 => "which is never without it".to_string(),
            rest => format!("which has {} more", grouped(rest)),
        };
        let (threads, cases) = (count(pair.hits.threads, "thread"), count(pair.hits.cases, "case"));
        paragraph(out, "  ", &format!("{rule} beside {other}, {rest}: {threads} in {cases}"), width)?;
    }
    if pairs.len() > PAIRS {
        writeln!(out, "  and {}", count((pairs.len() - PAIRS) as u64, "more pair"))?;
    }
    writeln!(out)
}

fn write_explained(report: &StatsReport<'_>, out: &mut dyn Write) -> io::Result<()> {
    let explained = &report.tally.explained;
    let all = explained.threads();
    if all + explained.without_frames + explained.beyond == 0 {
        return Ok(());
    }
    writeln!(out, "{}", styled(BOLD, &format!("What {} do", count(all, "thread"))))?;
    for (threads, words) in [
        (explained.idle, "idle, by a role"),
        (explained.role, "at work, by a role alone"),
        (explained.both, "with findings and a role"),
        (explained.rule, "with findings and no role"),
        (explained.unexplained, "unexplained"),
    ] {
        writeln!(out, "  {:>7}  {:>11}  {words}", grouped(threads), share(threads, all))?;
    }
    for (threads, words) in [
        (explained.without_frames, "of which the text shows no frame"),
        (explained.beyond, "beyond those that are kept of one case"),
    ] {
        if threads > 0 {
            writeln!(out, "  and {} {words}", count(threads, "thread"))?;
        }
    }
    writeln!(out)
}

/// `410 files in 410 cases, 120 of them with findings: 3,204 stacks; 12 files without a stack, 1 unreadable`
fn write_inputs(report: &StatsReport<'_>, out: &mut dyn Write, width: usize) -> io::Result<()> {
    let tally = &report.tally;
    let (files, cases) = (count(tally.files, "file"), count(tally.cases, "case"));
    let among = if tally.files == tally.cases { String::new() } else { format!(" in {cases}") };
    let of_cases = if among.is_empty() { "" } else { " of the cases" };
    let mut parts = vec![
        format!("{files}{among}, {}{of_cases} with findings", grouped(tally.cases_with_findings)),
        count(tally.stacks, "stack"),
    ];
    if tally.files_without_stack > 0 {
        parts.push(format!("{} without a stack", count(tally.files_without_stack, "file")));
    }
    if tally.files_unreadable > 0 {
        parts.push(format!("{} that could not be read", count(tally.files_unreadable, "file")));
    }
    paragraph(out, "", &parts.join("; "), width)?;
    writeln!(out)
}
