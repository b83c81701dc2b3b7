//! A draft of a rule from a chain of `!gcroot`: the root, the types that matter, and the object that was asked for.

use super::draft::{Words, written};
use super::spelling::{human_name, id_of, pattern_line};
use crate::model::{CallSites, Stack};

/// Lines of types in a draft: those next to the root, and those next to the object.
const FROM_ROOT: usize = 3;
const FROM_OBJECT: usize = 5;

/// Writes a rule file with one rule; `None` where the chain has no object.
pub fn write_root_draft(
    stack: &Stack,
    sites: &CallSites,
    example: &str,
    is_taken: impl Fn(&str) -> bool,
) -> Option<String> {
    let lines: Vec<String> = stack.frames.iter().map(|frame| line_of(sites, frame.site)).collect();
    let object = sites.get(stack.frames.get(1..)?.last()?.site);
    let name = human_name(&object);
    let title = match lines.first().filter(|root| root.starts_with('[')) {
        Some(root) => format!("{name} is kept alive by a {}", root.trim_matches(['[', ']'])),
        None => format!("{name} is kept alive by a local variable"),
    };
    let id = format!("{}-kept-alive", id_of(&[name.as_str()]));
    let holes: Vec<usize> = stack.holes.iter().map(|hole| hole.before).collect();
    let mut pattern = String::from("match:\n  root: |\n");
    let mut was_left_out = false;
    for (position, line) in lines.iter().enumerate() {
        let is_near = position < FROM_ROOT || position + FROM_OBJECT >= lines.len();
        let leaves_out = !is_near || line.is_empty();
        if (leaves_out || holes.contains(&position)) && !was_left_out {
            pattern.push_str("    ...\n");
        }
        was_left_out = leaves_out;
        if !leaves_out {
            pattern.push_str(&format!("    {line}\n"));
        }
    }
    pattern.push_str("    <bottom>\n");
    let id = if is_taken(&id) { format!("{id}-draft") } else { id };
    Some(written(&Words {
        id: &id,
        title: &title,
        pattern: &pattern,
        example,
        healthy: "a root of an object that is meant to live",
    }))
}

/// The root as it stands; of a type its name without generic arguments.
fn line_of(sites: &CallSites, site: crate::model::SiteId) -> String {
    let site = sites.get(site);
    match site.marker() {
        Some(marker) => format!("[{marker}]"),
        None => pattern_line(&site),
    }
}
