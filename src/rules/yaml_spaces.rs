//! Tabs and no-break spaces, which look like blanks and are none to YAML.

use super::yaml_help::{Broken, YamlHelp};
use crate::diagnostic::Fix;
use crate::text::Span;

/// Blanks that a tab becomes.
const TAB: &str = "  ";

/// Indentation by tabs. All such lines that follow are mended together.
pub(super) fn tabs(broken: &Broken) -> Option<YamlHelp> {
    if !broken.reason.contains("tab") {
        return None;
    }
    let is_tabbed = |line: &str| indent(line).contains('\t');
    mend_lines(
        broken,
        is_tabbed,
        |line| line.replacen(indent(line), &indent(line).replace('\t', TAB), 1),
        |first| YamlHelp {
            at: first,
            message: "a tab at the start of a line".to_string(),
            help: Some("YAML is indented by blanks only; write two in place of the tab".to_string()),
            fix: None,
        },
    )
}

/// No-break spaces, which come with text from web pages and mails.
pub(super) fn no_break_space(broken: &Broken) -> Option<YamlHelp> {
    let is_broken = |line: &str| indent(line).contains('\u{a0}') || line.contains(":\u{a0}");
    if !is_broken(broken.line) {
        return None;
    }
    let better =
        |line: &str| line.replacen(indent(line), &indent(line).replace('\u{a0}', " "), 1).replace(":\u{a0}", ": ");
    mend_lines(broken, is_broken, better, |first| YamlHelp {
        at: first,
        message: "a no-break space, which YAML does not take for a blank".to_string(),
        help: Some("write an ordinary blank in its place".to_string()),
        fix: None,
    })
}

/// Mends the lines from the place on that are alike, up to the first that is not.
fn mend_lines(
    broken: &Broken,
    is_meant: impl Fn(&str) -> bool,
    better: impl Fn(&str) -> String,
    help: impl Fn(usize) -> YamlHelp,
) -> Option<YamlHelp> {
    // The reader may give up a line before, at the head of a block.
    let mut start = broken.line_start;
    let mut lines = broken.text[start..].split_inclusive('\n').peekable();
    for _ in 0..2 {
        start += lines.next_if(|line| !is_meant(line)).map_or(0, str::len);
    }
    let (mut end, mut mended) = (start, String::new());
    for line in lines.take_while(|line| is_meant(line) || line.trim().is_empty()) {
        end += line.len();
        mended.push_str(&if is_meant(line) { better(line) } else { line.to_string() });
    }
    let fix = (end > start).then(|| Fix::new(Span::new(start, end), mended))?;
    Some(YamlHelp { fix: Some(fix), ..help(start) })
}

fn indent(line: &str) -> &str {
    let body = line.trim_start_matches([' ', '\t', '\u{a0}']);
    &line[..line.len() - body.len()]
}
