//! `stacklint.toml`: what a team sets once, beside its logs.
//!
//! ```toml
//! rules = ['our-rules']
//! fail-on = "high"
//!
//! [[suppress]]
//! id = "gdiplus-in-asmx"
//! stack = 'Contoso.Labels!*'
//! reason = "replaced with the next release"
//! expires = 2027-01-31
//! ```
//!
//! Reading collects every mistake. Paths stay as written; what they are relative to, and which settings hold beside the
//! command line, `cli` decides.

mod read;

use crate::finding::Severity;
use crate::rules::{Spot, WrittenLimits, WrittenSuppression};

pub use read::read;

/// The file's name.
pub const FILE_NAME: &str = "stacklint.toml";

/// What a settings file says, with the place of every value; what it does not say is `None` or empty.
#[derive(Clone, Debug, Default)]
pub struct SettingsFile {
    /// Rule files and folders, relative to the settings file.
    pub rules: Vec<Spot<String>>,
    /// Whether the built-in rules are loaded.
    pub builtin: Option<Spot<bool>>,
    /// Only these rules: ids or globs.
    pub select: Option<Spot<Vec<Spot<String>>>>,
    /// Not these rules.
    pub ignore: Vec<Spot<String>>,
    pub min_severity: Option<Spot<Severity>>,
    /// `None` inside: never.
    pub fail_on: Option<Spot<Option<Severity>>>,
    /// What is one case.
    pub case: Option<Spot<Grouping>>,
    pub near_misses: Option<Spot<usize>>,
    pub jobs: Option<Spot<u16>>,
    /// Frames that are the application's: `Contoso.*`, `contoso!*`.
    pub app: Vec<Spot<String>>,
    pub suppress: Vec<WrittenSuppression>,
    /// From where on counters grow or are flat.
    pub limits: Vec<WrittenLimits>,
}

/// Which inputs are one case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grouping {
    File,
    Folder,
    All,
}

impl Grouping {
    pub const ALL: [Grouping; 3] = [Grouping::File, Grouping::Folder, Grouping::All];

    pub fn name(self) -> &'static str {
        match self {
            Grouping::File => "file",
            Grouping::Folder => "folder",
            Grouping::All => "all",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|grouping| grouping.name() == name)
    }
}
