use super::super::documents::parse;
use crate::diagnostic::{Diagnostics, mend};
use crate::text::Source;

/// What is said of a rule with this text in it, and what it becomes.
fn check(text: &str, message: &str, help: &str, line: usize, mended: Option<&str>) {
    let source = Source::new("rules.yml", text);
    let mut diagnostics = Diagnostics::default();
    parse(&source, 0, &mut diagnostics);
    let [found] = diagnostics.list.as_slice() else { panic!("{text}: {:?}", diagnostics.list) };
    assert!(found.message.contains(message), "{text}: {}", found.message);
    let got = found.help.as_deref().unwrap_or_default();
    assert!(got.contains(help), "{text}: {got}");
    assert_eq!(source.position(found.span.start).0, line, "{text}");
    let got = found.fix.as_ref().map(|fix| mend(text, &[fix]).0);
    assert_eq!(got.as_deref(), mended, "{text}");
}

#[test]
fn every_slip_has_its_own_words() {
    for (text, message, help, line) in [
        ("title: Deadlock: ab waits\n", "a second colon", "`title: \"Deadlock: ab waits\"`", 1),
        ("id: a\nwhy because\n", "a colon is missing behind `why`", "`why: because`", 2),
        ("id: a\nmatch |\n  svc!rec\n", "a colon is missing behind `match`", "`match: |`", 2),
        ("id: a\ntitle: \"Deadlock\nwhy: x\nfix: f\nmatch: |\n  a!b\n", "not closed", "`\"Deadlock\"`", 2),
        ("title: 'Deadlock\nwhy: it's so\nfix: f\n", "not closed", "`'Deadlock'`", 1),
        ("```yaml\nid: a\n```\n", "Markdown", "delete this line", 1),
        ("id: a\n  category: x\n", "too deep", "same column", 2),
        ("why: because\nof this\n", "this line is no key", "below `why: >`", 2),
        ("fix: [a, b\nmatch: |\n  a!b\n", "not closed", "`[a, b]`", 1),
        ("match: |\n    a!b\n  c!d\n", "further left", "`|2`", 3),
        ("match: |\na!b\n", "not indented", "two blanks", 2),
        ("examples:\n  match:\n    - |\n        a!b\n      c!d\n      e!f\n", "further left", "`|2`", 5),
        ("title: \"A\" waits for \"B\"\n", "means something", "`title: '\"A\" waits for \"B\"'`", 1),
        ("title: [x] waits\n", "means something", "`title: \"[x] waits\"`", 1),
        ("title: \"D:\\work\"\n", "backslash", "single quotes", 1),
        ("why: %of it\n", "this sign", "`why: \"%of it\"`", 1),
        ("match: *!Draw*\n", "alias", "as a block", 1),
        ("0:000> kL\na: b: c\n", "not a rule file", "logs", 1),
    ] {
        check(text, message, help, line, None);
    }
}

#[test]
fn what_is_certain_is_mended() {
    for (text, message, line, mended) in [
        ("id: a\nmatch: |\n\ta!b\n\t...\n\nwhy: w\n", "a tab", 3, "id: a\nmatch: |\n  a!b\n  ...\n\nwhy: w\n"),
        ("id: a\r\nmatch: |\r\n\ta!b\r\n", "a tab", 3, "id: a\r\nmatch: |\r\n  a!b\r\n"),
        ("examples:\n\tmatch:\n\t  - x\n", "a tab", 2, "examples:\n  match:\n    - x\n"),
        ("match: |\n\u{a0}\u{a0}a!b\n", "no-break", 2, "match: |\n  a!b\n"),
        ("id: a\ntitle:\u{a0}T\nmatch:\u{a0}|\n  a!b\n", "no-break", 2, "id: a\ntitle: T\nmatch: |\n  a!b\n"),
        ("id: a\ntitle:X\n", "a blank is missing", 2, "id: a\ntitle: X\n"),
        ("id: a\nmatch:|\n  a!b\n", "a blank is missing", 2, "id: a\nmatch: |\n  a!b\n"),
        ("id: a\n\u{2014}\nid: b\n", "does not separate", 2, "id: a\n---\nid: b\n"),
        ("match:\n  - @gdiplus\n  - a!b\n", "@", 2, "match: |\n  @gdiplus\n  a!b\n"),
    ] {
        check(text, message, "", line, Some(mended));
    }
}
