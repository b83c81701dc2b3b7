//! `stacklint rules`

use std::io::Write;
use std::path::PathBuf;

use super::args::{Color, RulesCommand};
use super::exit::{Exit, Stop};
use super::settings::Settings;
use super::{output, packs, rules_docs, rules_fix, rules_new, rules_stats, rules_test};
use crate::authoring::check_rules;
use crate::report::{render_rule_list, render_rule_page};
use crate::rules::json_schema_of_rules;

pub fn run(command: RulesCommand, color: Color) -> Result<Exit, Stop> {
    match command {
        RulesCommand::List { packs } => {
            let rules = packs::load(&mut Settings::of_packs(&packs, &[])?, None)?;
            let mut out = output::stdout(color);
            render_rule_list(&rules, &mut out)?;
            out.flush()?;
            Ok(Exit::Clean)
        }
        RulesCommand::Show { id, packs } => {
            let rules = packs::load(&mut Settings::of_packs(&packs, &[])?, None)?;
            let Some(rule) = rules.find(&id) else {
                return Err(Stop::Usage(format!("no rule is called `{id}`; `stacklint rules list` shows them")));
            };
            let mut out = output::stdout(color);
            render_rule_page(rule, &rules, &mut out, output::width())?;
            out.flush()?;
            Ok(Exit::Clean)
        }
        RulesCommand::Check { paths, fix: true } => rules_fix::run(&paths, color),
        RulesCommand::Check { paths, fix: false } => check(&paths, color),
        RulesCommand::Test(args) => rules_test::run(&args, color),
        RulesCommand::New(args) => rules_new::run(&args),
        RulesCommand::Stats(args) => rules_stats::run(&args, color),
        RulesCommand::Docs(args) => rules_docs::run(&args, color),
        RulesCommand::Schema => {
            let mut out = output::stdout(color);
            out.write_all(json_schema_of_rules().as_bytes())?;
            out.flush()?;
            Ok(Exit::Clean)
        }
    }
}

/// All mistakes and doubts at once. Mistakes make the exit code 2, doubts do not.
fn check(paths: &[PathBuf], color: Color) -> Result<Exit, Stop> {
    let mut loaded = packs::read(paths, true)?;
    if let Some(rules) = &loaded.rules {
        check_rules(rules, paths.is_empty(), &mut loaded.diagnostics);
    }
    packs::print(&loaded.diagnostics)?;
    if loaded.diagnostics.has_mistakes() {
        return Ok(Exit::Failed);
    }
    let checked = loaded.rules.iter().flat_map(|rules| &rules.rules);
    let checked = checked.filter(|rule| paths.is_empty() || !rule.is_builtin).count();
    let mut out = output::stdout(color);
    let rules = if checked == 1 { "rule" } else { "rules" };
    writeln!(out, "{checked} {rules} checked, no mistakes")?;
    out.flush()?;
    Ok(Exit::Clean)
}
