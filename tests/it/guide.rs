//! The guide for rule authors: every rule on its page is a rule that does what the page says.

use stacklint::authoring::check_rules;
use stacklint::diagnostic::Code;
use stacklint::rules::{Origin, builtin_sources, compile};
use stacklint::text::Source;

/// The YAML blocks of a page, each with the line it begins on.
fn yaml_blocks(page: &str) -> Vec<(usize, String)> {
    let mut blocks: Vec<(usize, String)> = Vec::new();
    let mut is_open = false;
    for (number, line) in page.lines().enumerate() {
        match (is_open, line) {
            (false, "```yaml") => {
                is_open = true;
                blocks.push((number + 2, String::new()));
            }
            (true, "```") => is_open = false,
            (true, line) => {
                let (_, block) = blocks.last_mut().unwrap();
                block.push_str(line);
                block.push('\n');
            }
            _ => {}
        }
    }
    blocks
}

#[test]
fn the_rules_of_the_guide_do_what_they_say() {
    let blocks = yaml_blocks(include_str!("../../docs/writing-rules.md"));
    assert!(blocks.len() >= 12, "{} blocks", blocks.len());
    for (line, block) in blocks {
        let builtin = builtin_sources().into_iter().map(|source| (source, Origin::Builtin { with_rules: true }));
        let mut files: Vec<_> = builtin.collect();
        files.push((Source::new("guide.yml", block.clone()), Origin::User));
        let mut loaded = compile(files);
        if let Some(rules) = &loaded.rules {
            check_rules(rules, false, &mut loaded.diagnostics);
        }
        // To be short, a rule of the guide may do without links, and without a second example.
        let allowed = [Code::NoLink, Code::NoExamples];
        let doubts: Vec<_> = loaded.diagnostics.list.iter().filter(|found| !allowed.contains(&found.code)).collect();
        assert!(doubts.is_empty(), "the block at line {line} of the guide: {doubts:#?}");
    }
}
