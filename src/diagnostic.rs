//! What stacklint says about a rule file: a code that never changes its meaning, where, what, and what to do.

mod fix;
mod pages;

use crate::text::{Source, Span};

pub use fix::{Fix, mend};
pub use pages::Page;

/// One mistake or doubt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    pub code: Code,
    /// Index of the source in [`Diagnostics::sources`].
    pub source: usize,
    pub span: Span,
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
    /// What mends it, where nobody needs to be asked.
    pub fix: Option<Fix>,
}

/// How much a diagnostic weighs: a mistake keeps the rules from being used, a doubt does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    Mistake,
    Doubt,
}

macro_rules! codes {
    ($($name:ident = $code:literal, $weight:ident, $what:literal;)*) => {
        /// The kinds of diagnostics. Codes are stable: one is never given to another kind.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $(#[doc = $what] $name,)* }

        impl Code {
            pub const ALL: &[Code] = &[$(Code::$name,)*];

            pub fn code(self) -> &'static str {
                match self { $(Code::$name => $code,)* }
            }

            /// The kind in a sentence.
            pub fn what(self) -> &'static str {
                match self { $(Code::$name => $what,)* }
            }

            pub fn weight(self) -> Weight {
                match self { $(Code::$name => Weight::$weight,)* }
            }
        }
    };
}

codes! {
    YamlSyntax = "R001", Mistake, "The file is not YAML.";
    UnknownKey = "R002", Mistake, "A key that rules do not have.";
    MissingKey = "R003", Mistake, "A key that every rule needs is not there.";
    BadValue = "R004", Mistake, "A value of the wrong kind, or none of the words allowed.";
    BadPatternLine = "R005", Mistake, "A pattern line that cannot be understood.";
    BadRegex = "R006", Mistake, "A regular expression that does not compile.";
    UnknownList = "R007", Mistake, "A list that no file defines.";
    ListCycle = "R008", Mistake, "A list that uses itself.";
    DuplicateId = "R009", Mistake, "Two rules, or two lists, with one name.";
    DuplicateKey = "R010", Mistake, "A key that occurs twice.";
    MatchesEverything = "R011", Mistake, "A pattern without a frame that must be there.";
    UnknownRule = "R012", Mistake, "A rule id that no rule has.";
    YieldCycle = "R014", Mistake, "A rule that yields to itself.";
    UnknownRole = "R015", Mistake, "A role that no rule gives.";
    UnknownCapture = "R016", Mistake, "A message that uses a capture which the pattern does not have.";
    ExtendsCycle = "R017", Mistake, "A rule that extends itself.";
    UnknownEvidence = "R018", Mistake, "A verdict or a question that names evidence which the rule does not ask for.";
    UnknownCounter = "R019", Mistake, "A counter that no file defines.";
    EvidenceCycle = "R020", Mistake, "A rule that is evidence of itself.";
    NoExamples = "R101", Doubt, "A rule without examples of both kinds.";
    NoLink = "R102", Doubt, "A rule without a link.";
    ExampleMissing = "R103", Doubt, "An example that should match and does not.";
    ExampleNoisy = "R104", Doubt, "An example that should not match and does.";
    EmptyExample = "R105", Doubt, "An example in which no stack is found.";
    UpsideDown = "R106", Doubt, "A pattern that matches its example when it is read from the bottom up.";
    MissingGap = "R107", Doubt, "A pattern that matches its example when `...` is added to it.";
    MatchesHealthy = "R108", Doubt, "A pattern that matches threads of a healthy process.";
    NotAFrame = "R109", Doubt, "A pattern line that does not look like a frame.";
    FillIn = "R110", Doubt, "A draft in which something is still to be filled in.";
    NeverReported = "R111", Doubt, "A rule that is never reported, or twice under two names.";
    VainLine = "R112", Doubt, "A pattern line that asks for nothing, or for what cannot be.";
    OddText = "R113", Doubt, "A text of which YAML reads something else than it looks like.";
    NoRule = "R114", Doubt, "A rule file without a rule or a list.";
    TomlSyntax = "S001", Mistake, "The settings file is not TOML.";
    UnknownSetting = "S002", Mistake, "A setting that does not exist.";
    BadSetting = "S003", Mistake, "A setting of the wrong kind, or none of the words allowed.";
    MissingSetting = "S004", Mistake, "A suppression without its rule or its reason.";
    UnknownSetRule = "S005", Mistake, "A setting that names a rule which is not loaded.";
}

/// Diagnostics with the texts they point into.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics {
    pub sources: Vec<Source>,
    pub list: Vec<Diagnostic>,
}

impl Diagnostics {
    pub fn add(&mut self, code: Code, source: usize, span: Span, message: impl Into<String>) -> &mut Diagnostic {
        self.list.push(Diagnostic { code, source, span, message: message.into(), help: None, fix: None });
        let last = self.list.len() - 1;
        &mut self.list[last]
    }

    pub fn has_mistakes(&self) -> bool {
        self.list.iter().any(|diagnostic| diagnostic.code.weight() == Weight::Mistake)
    }

    /// How many of them can be mended without asking anybody.
    pub fn fixable(&self) -> usize {
        self.list.iter().filter(|diagnostic| diagnostic.fix.is_some()).count()
    }

    /// By file, then by place.
    pub fn sort(&mut self) {
        self.list.sort_by_key(|diagnostic| (diagnostic.source, diagnostic.span, diagnostic.code));
    }
}

impl Diagnostic {
    pub fn help(&mut self, help: impl Into<String>) -> &mut Self {
        self.help = Some(help.into());
        self
    }

    /// `None` leaves it without one.
    pub fn fix(&mut self, fix: Option<Fix>) -> &mut Self {
        self.fix = fix;
        self
    }
}
