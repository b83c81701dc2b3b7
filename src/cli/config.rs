//! `stacklint config`: every setting of a scan, and who says so.

use std::io::{self, Write};

use super::args::{Color, ConfigArgs};
use super::exit::{Exit, Stop};
use super::settings::{Origin, Setting, Settings};
use super::{output, packs};
use crate::finding::Severity;
use crate::report::printable;
use crate::rules::{RuleSet, WrittenSuppression};

pub fn run(args: ConfigArgs, color: Color) -> Result<Exit, Stop> {
    let mut settings = Settings::of(&args.settings, &args.paths)?;
    let lines = settings.suppression_lines.clone();
    let suppressions = settings.in_settings.suppressions.clone();
    let limits = settings.in_settings.limits.clone();
    let rules = packs::load(&mut settings, args.settings.today)?;
    let mut out = output::stdout(color);
    let file = settings.file.as_ref().map_or("none".to_string(), |file| file.display().to_string());
    writeln!(out, "settings file: {}\n", printable(&file))?;
    write_settings(&settings, &mut out)?;
    for limits in &limits {
        let part = |name: &str, part: Option<f64>| part.map(|part| format!("{name} {}%", part * 100.0));
        let whole = |name: &str, whole: Option<f64>| whole.map(|whole| format!("{name} {whole}"));
        let said = [
            part("grows-by", limits.grows_by),
            whole("grows-at-least", limits.grows_at_least),
            part("flat-within", limits.flat_within),
            whole("flat-at-most", limits.flat_at_most),
        ];
        let said: Vec<String> = said.into_iter().flatten().collect();
        writeln!(out, "  {:<14}{}: {}", "limits", printable(&limits.counter.value), said.join(", "))?;
    }
    write_suppressions(&suppressions, &lines, &mut out)?;
    write_totals(&rules, &mut out)?;
    out.flush()?;
    Ok(Exit::Clean)
}

fn write_settings(settings: &Settings, out: &mut dyn Write) -> io::Result<()> {
    let severity =
        |severity: Option<Severity>, none: &str| severity.map_or(none.to_string(), |it| it.name().to_string());
    let number = |number: Option<u16>, none: &str| number.map_or(none.to_string(), |it| it.to_string());
    let mut row = |name: &str, value: String, origin: &Origin| write_row(name, &value, origin, settings, out);
    let builtin = if settings.builtin.value { "yes" } else { "no; their lists, noise and roles stay" };
    row("builtin", builtin.to_string(), &settings.builtin.origin)?;
    let rules: Vec<Setting<String>> = settings
        .rules
        .iter()
        .map(|rules| Setting { value: rules.value.display().to_string(), origin: rules.origin.clone() })
        .collect();
    for (name, values, none) in [
        ("rules", &rules, "none of your own"),
        ("select", &settings.select, "all"),
        ("ignore", &settings.ignore, "none"),
        ("app", &settings.app, "what is of no known platform or library"),
    ] {
        if values.is_empty() {
            row(name, none.to_string(), &Origin::Default)?;
        }
        for setting in values {
            row(name, setting.value.clone(), &setting.origin)?;
        }
    }
    let least = &settings.min_severity;
    row("min-severity", severity(least.value, "none: all are reported"), &least.origin)?;
    row("fail-on", severity(settings.fail_on.value, "never"), &settings.fail_on.origin)?;
    row("case", settings.case.value.name().to_string(), &settings.case.origin)?;
    row("near-misses", settings.near_misses.value.to_string(), &settings.near_misses.origin)?;
    row("jobs", number(settings.jobs.value, "one for each processor"), &settings.jobs.origin)
}

fn write_row(name: &str, value: &str, origin: &Origin, settings: &Settings, out: &mut dyn Write) -> io::Result<()> {
    let file = settings.file.as_ref().map(|file| file.display().to_string()).unwrap_or_default();
    let from = match origin {
        Origin::Default => "by default".to_string(),
        Origin::Line(line) => format!("{file}, line {line}"),
        Origin::Option(option) => option.to_string(),
    };
    writeln!(out, "  {name:<14}{:<44}  {}", printable(value), printable(&from))
}

fn write_suppressions(suppressions: &[WrittenSuppression], lines: &[usize], out: &mut dyn Write) -> io::Result<()> {
    for (suppression, line) in suppressions.iter().zip(lines) {
        let until = suppression.expires.map(|date| format!(", until {date}")).unwrap_or_default();
        let stack = if suppression.stack.is_some() { ", where its stack matches" } else { "" };
        writeln!(out, "  {:<14}{}{stack}{until} (line {line})", "suppress", printable(&suppression.id.value))?;
        writeln!(out, "  {:<14}because: {}", "", printable(&suppression.reason))?;
    }
    Ok(())
}

fn write_totals(rules: &RuleSet, out: &mut dyn Write) -> io::Result<()> {
    let all = rules.finding_rules().count();
    let own = rules.finding_rules().filter(|rule| !rule.is_builtin).count();
    writeln!(out, "\n{all} rules are loaded, {own} of them from `rules`")
}
