//! `stacklint explain`

use std::io::{IsTerminal, Write};

use super::args::{Color, ExplainArgs};
use super::exit::{Exit, Stop, complain};
use super::settings::Settings;
use super::{inputs, output, packs};
use crate::diagnostic::Code;
use crate::engine::{ExplainScan, Sieve};
use crate::facts::series;
use crate::formats;
use crate::model::NoteCode;
use crate::report::{render_code_page, render_explanation, render_rule_page};
use crate::rules::{Rule, RuleSet};
use crate::settings::Grouping;

pub fn run(args: ExplainArgs, color: Color) -> Result<Exit, Stop> {
    if let Some(exit) = code_page(&args.id, color)? {
        return Ok(exit);
    }
    let rules = packs::load(&mut Settings::of_packs(&args.packs, &args.paths)?, None)?;
    let Some(rule) = rules.rules.iter().position(|rule| rule.id == args.id) else {
        let message = format!("no rule and no code is called `{}`; `stacklint rules list` shows the rules", args.id);
        return Err(Stop::Usage(message));
    };
    if let Some(number) = args.example {
        return over_example(usize::from(number), rule, &rules, color);
    }
    if args.paths.is_empty() && std::io::stdin().is_terminal() {
        return rule_page(&rules.rules[rule], &rules, color);
    }
    over_logs(&args, rule, &rules, color)
}

/// The page on a diagnostic's or a note's code, when `id` is one.
fn code_page(id: &str, color: Color) -> Result<Option<Exit>, Stop> {
    let of_rules = Code::from_code(id).map(|code| (code.code(), code.what(), code.page()));
    let of_notes = NoteCode::from_code(id).map(|note| (note.code(), note.what(), note.page()));
    let Some((code, what, page)) = of_rules.or(of_notes) else { return Ok(None) };
    let mut out = output::stdout(color);
    render_code_page(code, what, &page, &mut out, output::width())?;
    out.flush()?;
    Ok(Some(Exit::Clean))
}

fn rule_page(rule: &Rule, rules: &RuleSet, color: Color) -> Result<Exit, Stop> {
    let mut out = output::stdout(color);
    render_rule_page(rule, rules, &mut out, output::width())?;
    out.flush()?;
    Ok(Exit::Clean)
}

/// The rule over one of its own examples.
fn over_example(number: usize, rule: usize, rules: &RuleSet, color: Color) -> Result<Exit, Stop> {
    let Rule { id, examples, .. } = &rules.rules[rule];
    let all = examples.matching.iter().chain(&examples.not_matching);
    let Some(example) = all.clone().nth(number - 1) else {
        let count = all.count();
        return Err(Stop::Usage(format!("`{id}` has {count} examples; `--example 1` is the first")));
    };
    let sieve = Sieve::new(rules);
    let mut scan = ExplainScan::new(rules, &sieve, rule);
    scan.begin_source(0);
    formats::read_example(&example.text, &mut scan);
    let Some(explanation) = scan.finish() else {
        complain("no call stack was found in this example, so there is nothing to lay the rule over");
        return Ok(Exit::Failed);
    };
    let name = format!("example {number} of {id}");
    let mut out = output::stdout(color);
    render_explanation(&explanation, rules, &[name], &mut out, output::width())?;
    out.flush()?;
    Ok(Exit::Clean)
}

/// The rule over every stack of the logs, which are one case here.
fn over_logs(args: &ExplainArgs, rule: usize, rules: &RuleSet, color: Color) -> Result<Exit, Stop> {
    let found = inputs::find(&args.paths, Grouping::Folder);
    let mut failed = !found.failures.is_empty();
    found.failures.iter().for_each(complain);
    let sieve = Sieve::new(rules);
    let all: Vec<String> = found.cases.iter().flat_map(|case| &case.inputs).map(inputs::Input::name).collect();
    let mut scan = ExplainScan::new(rules, &sieve, rule).in_series(series(&all));
    let (mut names, mut lines) = (Vec::new(), 0);
    for input in found.cases.iter().flat_map(|case| &case.inputs) {
        scan.begin_source(names.len());
        names.push(input.name());
        let text = input.open().map_err(|error| error.to_string());
        let read =
            text.and_then(|text| formats::read(text, &input.name(), &mut scan).map_err(|error| error.to_string()));
        match read {
            Ok(reading) => lines += reading.source.lines,
            Err(reason) => {
                failed = true;
                complain(format_args!("{}: {reason}", input.name()));
            }
        }
    }
    // A program without a terminal has an empty standard input: nothing was piped in.
    if args.paths.is_empty() && lines == 0 && !failed {
        return rule_page(&rules.rules[rule], rules, color);
    }
    let Some(explanation) = scan.finish() else {
        complain("no call stack was found in any input, so there is nothing to lay the rule over");
        return Ok(Exit::Failed);
    };
    let mut out = output::stdout(color);
    render_explanation(&explanation, rules, &names, &mut out, output::width())?;
    out.flush()?;
    Ok(if failed { Exit::Failed } else { Exit::Clean })
}
