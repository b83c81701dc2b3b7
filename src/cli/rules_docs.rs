//! `stacklint rules docs`: a page in Markdown for each rule, and an index.

use std::io::Write;
use std::path::Path;

use super::args::{Color, DocsArgs};
use super::exit::{Exit, Stop};
use super::settings::Settings;
use super::{output, packs};
use crate::report::{INDEX, page_name, render_rule_index, render_rule_markdown};
use crate::rules::RuleSet;

pub fn run(args: &DocsArgs, color: Color) -> Result<Exit, Stop> {
    let rules = packs::load(&mut Settings::of_packs(&args.packs, &[])?, None)?;
    let folder = &args.folder;
    std::fs::create_dir_all(folder).map_err(|error| Stop::Usage(format!("{}: {error}", folder.display())))?;
    write_pages(&rules, folder)?;
    let mut out = output::stdout(color);
    writeln!(out, "{} pages and {INDEX} written to {}", rules.rules.len(), folder.display())?;
    out.flush()?;
    Ok(Exit::Clean)
}

fn write_pages(rules: &RuleSet, folder: &Path) -> Result<(), Stop> {
    let mut index = output::file(&folder.join(INDEX))?;
    render_rule_index(rules, &mut index)?;
    index.flush()?;
    for rule in &rules.rules {
        let mut page = output::file(&folder.join(page_name(rule)))?;
        render_rule_markdown(rule, rules, &mut page)?;
        page.flush()?;
    }
    Ok(())
}
