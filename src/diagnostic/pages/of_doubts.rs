//! Pages on doubts: what is most likely wrong with a rule that can be used.

use super::{Page, page};
use crate::diagnostic::Code;

/// Of patterns that say something else than their author meant.
pub(super) fn of_doubtful_pattern(code: Code) -> Page {
    match code {
        Code::UpsideDown => page(
            "The pattern does not match its example, but does when it is read from the bottom up. Patterns are written \
             as debuggers print stacks: the frame that was called last comes first, its caller below it.",
            rule!(
                "match: |\n  Contoso!Draw\n  ...\n  GdiPlus!Gdip*"
                "examples:\n  match:\n    - |\n      GdiPlus!GdipFillPath\n      Contoso!Draw"
            ),
            rule!(
                "match: |\n  GdiPlus!Gdip*\n  ...\n  Contoso!Draw"
                "examples:\n  match:\n    - |\n      GdiPlus!GdipFillPath\n      Contoso!Draw"
            ),
        ),
        Code::MissingGap => page(
            "Two lines of a pattern that stand one below the other mean a direct call. In the example there are other \
             frames between, so the rule does not match it; with `...` between the lines it would.",
            rule!(
                "match: |\n  GdiPlus!Gdip*\n  Contoso!Draw"
                "examples:\n  match:\n    - |\n      GdiPlus!GdipFillPath\n      Contoso!Fill\n      Contoso!Draw"
            ),
            rule!(
                "match: |\n  GdiPlus!Gdip*\n  ...\n  Contoso!Draw"
                "examples:\n  match:\n    - |\n      GdiPlus!GdipFillPath\n      Contoso!Fill\n      Contoso!Draw"
            ),
        ),
        Code::NotAFrame => page(
            "The line is accepted as a frame, but no tool prints a frame like this: it was folded by YAML, or has a mark, a \
             comment, an operator or a wildcard of another language in it. It would never match anything.",
            rule!("match: |\n  - GdiPlus!Gdip*\n  ..\n  Contoso!Draw X10+"),
            rule!("match: |\n  GdiPlus!Gdip*\n  ...\n  Contoso!Draw x10+"),
        ),
        Code::NeverReported => page(
            "The rule cannot be reported: a rule that it yields to takes all its examples, its `unless` is its own \
             pattern, or it asks for threads that wait for work. Or another rule has the same pattern, and every stack \
             would be reported twice.",
            rule!("match: |\n  GdiPlus!Gdip*\n  ...\n  Contoso!Draw" "unless:\n  - stack: |\n      GdiPlus!Gdip*\n      ...\n      Contoso!Draw"),
            rule!("match: |\n  GdiPlus!Gdip*\n  ...\n  Contoso!Draw" "unless:\n  - stack: |\n      Contoso!Main"),
        ),
        Code::VainLine => page(
            "The line changes nothing, or can never hold: a gap at the beginning or the end (a pattern floats anyway), a \
             gap without room, two gaps in a row, `**`, `*!*`, or a name with `!` in it twice.",
            rule!("match: |\n  ...\n  GdiPlus!Gdip*\n  ... max 0\n  Contoso!Draw"),
            rule!("match: |\n  GdiPlus!Gdip*\n  Contoso!Draw"),
        ),
        _ => page(
            "The pattern matches threads of a healthy web server that wait for work. Where a role explains these threads \
             nothing is reported on them, but there are servers whose idle threads look a little different. Name a \
             frame that only the trouble has; or, where the rule means threads at rest, say so with `unless: role: idle`.",
            rule!("match: |\n  ntdll!NtWaitFor*"),
            rule!("match: |\n  ntdll!NtWaitFor*\n  ...\n  Contoso!Draw"),
        ),
    }
}

pub(super) fn of_doubt(code: Code) -> Page {
    match code {
        Code::NoLink => page(
            "Without a link, whoever is told of this pattern has to take the rule's word for it.",
            rule!("match: |\n  GdiPlus!Gdip*"),
            rule!("match: |\n  GdiPlus!Gdip*" "links: [{title: Our notes, url: https://wiki.example.com/labels}]"),
        ),
        Code::ExampleMissing => page(
            "The rule does not match an example that it says it matches. `stacklint explain` shows, with the example in \
             a file, at which line the pattern stops.",
            rule!("match: |\n  GdiPlus!Gdip*" "examples:\n  match:\n    - |\n      Contoso!Paint\n      Contoso!Main"),
            rule!("match: |\n  GdiPlus!Gdip*" "examples:\n  match:\n    - |\n      GdiPlus!GdipFillPath\n      Contoso!Main"),
        ),
        Code::ExampleNoisy => page(
            "The rule matches an example that it says it must not match. Narrow the pattern, or add an `unless`.",
            rule!("match: |\n  GdiPlus!*" "examples:\n  no-match:\n    - |\n      GdiPlus!GdiplusStartup\n      Contoso!Main"),
            rule!(
                "match: |\n  GdiPlus!Gdip*\n  ...\n  Contoso!Draw"
                "examples:\n  no-match:\n    - |\n      GdiPlus!GdiplusStartup\n      Contoso!Main"
            ),
        ),
        Code::EmptyExample => page(
            "No call stack was found in this example, so it proves nothing. An example is any text that `scan` reads, or \
             bare call sites, one a line and at least two.",
            rule!("match: |\n  GdiPlus!Gdip*" "examples:\n  match:\n    - |\n      the stack of last Tuesday"),
            rule!("match: |\n  GdiPlus!Gdip*" "examples:\n  match:\n    - |\n      GdiPlus!GdipFillPath\n      Contoso!Main"),
        ),
        _ => page(
            "A rule proves itself by a stack that it matches and a healthy one, much like it, that it does not match. \
             They are run as tests whenever the rules are checked.",
            rule!("match: |\n  GdiPlus!Gdip*"),
            rule!(
                "match: |\n  GdiPlus!Gdip*"
                "examples:\n  match:\n    - |\n      GdiPlus!GdipFillPath\n      Contoso!Main"
                "  no-match:\n    - |\n      gdi32!FillPath\n      Contoso!Main"
            ),
        ),
    }
}

/// Of texts, and of files as a whole.
pub(super) fn of_odd_text(code: Code) -> Page {
    match code {
        Code::FillIn => page(
            "`stacklint rules new` leaves `todo` and comments with FILL IN where only the author knows what to say. \
             Whoever gets the finding reads these texts: why the stack is bad, and what to do.",
            "id: slow-labels\ntitle: Labels are drawn in a web method\nseverity: medium  # FILL IN: how bad\ncategory: todo\n\
             why: todo\nfix:\n  - todo\nmatch: |\n  GdiPlus!Gdip*",
            rule!("match: |\n  GdiPlus!Gdip*"),
        ),
        Code::OddText => page(
            "YAML reads something else than the text looks like: what stands behind ` #` is a comment to it, lines \
             without `- ` become one text, and `-x` is no list.",
            "id: slow-labels\ntitle: Labels are drawn in a web method\nseverity: low\nwhy: see bug #123\nfix: Draw once.\n\
             match: |\n  GdiPlus!Gdip*",
            "id: slow-labels\ntitle: Labels are drawn in a web method\nseverity: low\nwhy: \"see bug #123\"\nfix: Draw once.\n\
             match: |\n  GdiPlus!Gdip*",
        ),
        _ => page(
            "The file has neither a rule nor a list in it: it is empty, or everything in it is a comment.",
            "# id: slow-labels\n---\n",
            rule!("match: |\n  GdiPlus!Gdip*"),
        ),
    }
}
