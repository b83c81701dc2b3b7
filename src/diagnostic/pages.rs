//! A short page on each code: what it means, an example of the mistake, and what to write instead.
//!
//! A test reads every example as a rule file, or as settings: the mistake earns its code, and what to write instead does
//! not.

use super::Code;

/// What there is to know about a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// What it means, and why it matters.
    pub meaning: &'static str,
    /// Text that earns the code.
    pub example: &'static str,
    /// What to write, or to do, instead.
    pub instead: &'static str,
}

/// A rule with all that is required and a link, so that nothing but `rest` is shown to be wrong.
macro_rules! rule {
    ($($rest:literal)*) => {
        concat!(
            "id: slow-labels\ntitle: Labels are drawn in a web method\nseverity: low\nwhy: It is slow.\nfix: Draw once.\n",
            $($rest, "\n"),*
        )
    };
}

mod of_doubts;

use of_doubts::{of_doubt, of_doubtful_pattern, of_odd_text};

const fn page(meaning: &'static str, example: &'static str, instead: &'static str) -> Page {
    Page { meaning, example, instead }
}

impl Code {
    /// The code that is written like this, in either case.
    pub fn from_code(text: &str) -> Option<Self> {
        Code::ALL.iter().copied().find(|code| code.code().eq_ignore_ascii_case(text))
    }

    /// The page on the code.
    pub fn page(self) -> Page {
        match self {
            Code::YamlSyntax | Code::UnknownKey | Code::MissingKey | Code::BadValue | Code::DuplicateKey => {
                of_yaml(self)
            }
            Code::NoExamples | Code::NoLink | Code::ExampleMissing | Code::ExampleNoisy | Code::EmptyExample => {
                of_doubt(self)
            }
            Code::UpsideDown
            | Code::MissingGap
            | Code::MatchesHealthy
            | Code::NotAFrame
            | Code::NeverReported
            | Code::VainLine => of_doubtful_pattern(self),
            Code::FillIn | Code::OddText | Code::NoRule => of_odd_text(self),
            Code::TomlSyntax
            | Code::UnknownSetting
            | Code::BadSetting
            | Code::MissingSetting
            | Code::UnknownSetRule => of_settings(self),
            Code::UnknownRule | Code::YieldCycle | Code::UnknownRole | Code::UnknownCapture | Code::ExtendsCycle => {
                of_reference(self)
            }
            Code::UnknownEvidence | Code::UnknownCounter | Code::EvidenceCycle => of_evidence(self),
            _ => of_pattern(self),
        }
    }
}

fn of_yaml(code: Code) -> Page {
    match code {
        Code::UnknownKey => page(
            "A rule has a key that rules do not have, most often a misspelt one. It is never passed over: a rule that \
             says less than its author meant is worse than none.",
            "sevrity: high",
            "severity: high",
        ),
        Code::MissingKey => page(
            "Every rule needs an id, a title, a severity, a pattern, why it is bad, and what to do about it. A rule with \
             a role needs the id, the title and the pattern.",
            "id: slow-labels\ntitle: Labels are drawn in a web method\nseverity: high\nmatch: |\n  GdiPlus!Gdip*",
            rule!("match: |\n  GdiPlus!Gdip*"),
        ),
        Code::BadValue => page(
            "The value is of another kind than the key takes, or it is none of the words that are allowed.",
            "severity: urgent",
            "severity: critical",
        ),
        Code::DuplicateKey => page(
            "A key occurs twice in one rule. Only one of the two values could count, and nobody could tell which.",
            "severity: high\nseverity: low",
            "severity: high",
        ),
        _ => page(
            "The file is not YAML. Frames are the usual reason: outside a block, YAML takes `*`, `!`, `[` and `@` for \
             signs of its own.",
            "match:\n  - @gdiplus\n  - GdiPlus!Gdip*",
            "match: |\n  @gdiplus\n  GdiPlus!Gdip*",
        ),
    }
}

fn of_pattern(code: Code) -> Page {
    match code {
        Code::BadRegex => page(
            "A line in slashes is a regular expression, and this one does not compile. Look-around and back-references \
             do not exist here: a search must never take longer than the stack is long.",
            rule!("match: |\n  /GdiPlus!Gdip(Draw|Fill/"),
            rule!("match: |\n  /GdiPlus!Gdip(Draw|Fill).*/"),
        ),
        Code::UnknownList => page(
            "`@name` stands for a list of frames, and no file that is loaded has a list of this name.",
            rule!("match: |\n  @gdi-plus"),
            rule!("match: |\n  @gdiplus"),
        ),
        Code::ListCycle => page(
            "A list may use other lists, but not itself, nor one that leads back to it.",
            "lists:\n  drawing: |\n    @painting\n  painting: |\n    @drawing",
            "lists:\n  drawing: |\n    @painting\n    GdiPlus!GdipDraw*\n  painting: |\n    GdiPlus!GdipFill*",
        ),
        Code::DuplicateId => page(
            "Two rules have one id, or two lists one name. Findings, `--select` and other rules could mean either.",
            "lists:\n  drawing: |\n    GdiPlus!GdipDraw*\n---\nlists:\n  drawing: |\n    GdiPlus!GdipFill*",
            "lists:\n  drawing: |\n    GdiPlus!GdipDraw*\n    GdiPlus!GdipFill*",
        ),
        Code::MatchesEverything => page(
            "The pattern has no frame that must be there, so nearly every stack would be reported.",
            rule!("match: |\n  *\n  ..."),
            rule!("match: |\n  GdiPlus!*\n  ..."),
        ),
        _ => page(
            "The line is no frame, gap, count or anchor of the pattern language. A word such as `not` stands before a \
             frame, `...` on a line of its own, `<top>` first and `<bottom>` last.",
            rule!("match: |\n  GdiPlus!Gdip*\n  ...Contoso!*"),
            rule!("match: |\n  GdiPlus!Gdip*\n  ...\n  Contoso!*"),
        ),
    }
}

/// Of names that rules use.
fn of_reference(code: Code) -> Page {
    match code {
        Code::UnknownRule => page(
            "A rule yields to a rule that does not exist, or extends one, most often because its id is misspelt or has \
             changed.",
            rule!("yields-to: [gdiplus-in-asmxx]" "match: |\n  GdiPlus!Gdip*"),
            rule!("yields-to: [gdiplus-in-asmx]" "match: |\n  GdiPlus!Gdip*"),
        ),
        Code::YieldCycle => page(
            "Two rules yield to each other, directly or by way of others. Where both match, both would be silent.",
            rule!("match: |\n  GdiPlus!Gdip*" "yields-to: [slow-labels]"),
            rule!("match: |\n  GdiPlus!Gdip*" "yields-to: [gdiplus-in-asmx]"),
        ),
        Code::UnknownRole => page(
            "The rule asks for a role of the thread, or refuses one, that no rule gives: it could never hold, or the \
             exception never apply. A rule with `role:` in place of `severity:` gives a role.",
            rule!("match:\n  stack: |\n    GdiPlus!Gdip*\n  on: idel"),
            rule!("match: |\n  GdiPlus!Gdip*" "unless:\n  - role: idle"),
        ),
        Code::UnknownCapture => page(
            "A message, or `same`, uses the name of a frame that the pattern does not keep.",
            rule!("match: |\n  GdiPlus!Gdip*\n  {{caller}}" "message: \"called by {{callr}}\""),
            rule!("match: |\n  GdiPlus!Gdip*\n  {{caller}}" "message: \"called by {{caller}}\""),
        ),
        _ => page(
            "A rule extends itself, directly or by way of others, so that nothing says what it is.",
            rule!("extends: more-labels\nmatch: |\n  GdiPlus!Gdip*\n---\nid: more-labels\nextends: slow-labels"),
            rule!("match: |\n  GdiPlus!Gdip*\n---\nid: more-labels\nextends: slow-labels"),
        ),
    }
}

/// Of `stacklint.toml`.
fn of_settings(code: Code) -> Page {
    match code {
        Code::TomlSyntax => page(
            "The settings file is not TOML. Texts stand in quotes; in double quotes a backslash begins an escape, so that \
             paths of Windows are best written in single quotes.",
            "rules = [\"D:\\our-rules\"]",
            "rules = ['D:\\our-rules']",
        ),
        Code::UnknownSetting => page(
            "A setting that does not exist, most often a misspelt one. It is never passed over.",
            "min-severty = \"high\"",
            "min-severity = \"high\"",
        ),
        Code::BadSetting => page(
            "A setting has a value of the wrong kind, or a word that is none of those allowed.",
            "fail-on = \"hihg\"",
            "fail-on = \"high\"",
        ),
        Code::MissingSetting => page(
            "A suppression hides what may be a real fault one day. So it names the rule and says why; best, it also says \
             until when.",
            "[[suppress]]\nid = \"gdiplus-in-asmx\"",
            "[[suppress]]\nid = \"gdiplus-in-asmx\"\nreason = \"replaced with the next release\"\nexpires = 2027-01-31",
        ),
        _ => page(
            "Settings select, ignore or suppress a rule that is not loaded: most often its id is misspelt or has changed, \
             or its rule file is missing under `rules`.",
            "ignore = [\"gdiplus-in-asmxx\"]",
            "ignore = [\"gdiplus-in-asmx\"]",
        ),
    }
}

/// Of rules that ask for evidence of several kinds.
fn of_evidence(code: Code) -> Page {
    match code {
        Code::UnknownEvidence => page(
            "A verdict, or a line of `ask`, names a part of the evidence that is not under `evidence`. The verdict could \
             never hold.",
            rule!("evidence:\n  owner: {leak: {module: GdiPlus, grows: true}}" "verdicts: [{verdict: likely, when: [ownr]}]"),
            rule!("evidence:\n  owner: {leak: {module: GdiPlus, grows: true}}" "verdicts: [{verdict: likely, when: [owner]}]"),
        ),
        Code::UnknownCounter => page(
            "Rules name counters by names of their own, which `counters:` maps to the names of the tools. This one is not \
             among them.",
            rule!(
                "evidence:\n  private: {counter: {name: privat-bytes, grows: true}}"
                "verdicts: [{verdict: suspected, when: [private]}]"
            ),
            rule!(
                "evidence:\n  private: {counter: {name: private-bytes, grows: true}}"
                "verdicts: [{verdict: suspected, when: [private]}]"
            ),
        ),
        _ => page(
            "A rule names itself as evidence, directly or by way of other rules, so that nothing says when it holds.",
            rule!("evidence:\n  self: {finding: slow-labels}" "verdicts: [{verdict: likely, when: [self]}]"),
            rule!("evidence:\n  drawing: {finding: gdiplus-in-asmx}" "verdicts: [{verdict: likely, when: [drawing]}]"),
        ),
    }
}
