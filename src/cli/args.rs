//! Arguments as typed.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use jiff::civil::Date;

use crate::finding::Severity;
use crate::settings::Grouping;

/// Printed when the program is started alone on a terminal.
pub const SHORT_HELP: &str = "\
stacklint reads debugger text, leak reports and counters, and reports known-bad patterns with proof.

  stacklint scan crash.log                       a saved WinDbg or cdb log
  stacklint scan D:\\incidents\\w3wp-1234          a folder with all that was collected
  Get-Clipboard | stacklint scan                 what you just copied
  0:000> .shell -ci \"~*kL\" stacklint scan        from inside WinDbg

More: stacklint --help, stacklint rules list";

/// Reads debugger text, leak reports and counters, and reports known-bad patterns with proof.
#[derive(Debug, Parser)]
#[command(name = "stacklint", version, after_help = EXIT_HELP)]
pub struct Args {
    #[command(subcommand)]
    pub command: Option<Command>,
    /// When to use colours.
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto)]
    pub color: Color,
}

const EXIT_HELP: &str = "\
With text piped in and no command, stacklint scans it.
Exit codes: 0 nothing found, 1 findings, 2 the work could not be done.";

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Report known-bad patterns.
    Scan(ScanArgs),
    /// Compare what was collected before with what was collected after: what is fixed, still there, new, and grew.
    Diff(DiffArgs),
    /// Show every setting of a scan and who says so.
    Config(ConfigArgs),
    /// Show what is understood of a text.
    Parse(ParseArgs),
    /// Show how far a rule gets on a log and why not further, or what a code means.
    Explain(ExplainArgs),
    /// Group threads that stand at the same place, and say what each of them is for.
    Threads(ThreadsArgs),
    /// List, show, check, test and draft rules; their schema.
    Rules {
        #[command(subcommand)]
        command: RulesCommand,
    },
}

#[derive(Debug, Default, ClapArgs)]
pub struct ScanArgs {
    /// Files, folders (walked) or globs; `-` or nothing for standard input.
    pub paths: Vec<PathBuf>,
    #[command(flatten)]
    pub settings: SettingArgs,
    /// How the report is written.
    #[arg(long, value_enum)]
    pub format: Option<Format>,
    /// Write the report to a file instead, `.txt` or `.json`; may be given several times.
    #[arg(short, long, value_name = "FILE")]
    pub output: Vec<PathBuf>,
    /// List the threads that neither a role nor a finding explains, by the first frame of the application.
    #[arg(short = 'v', long)]
    pub threads: bool,
    /// Print nothing but the report.
    #[arg(short, long)]
    pub quiet: bool,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = DIFF_HELP)]
pub struct DiffArgs {
    /// What was collected before: a file, a folder (walked) or a glob; `-` for standard input. All of it is one case.
    pub old: PathBuf,
    /// What was collected after.
    pub new: PathBuf,
    #[command(flatten)]
    pub settings: SettingArgs,
    /// How the report is written.
    #[arg(long, value_enum)]
    pub format: Option<Format>,
    /// Write the report to a file instead, `.txt` or `.json`; may be given several times.
    #[arg(short, long, value_name = "FILE")]
    pub output: Vec<PathBuf>,
}

const DIFF_HELP: &str = "\
A finding is fixed only where NEW holds what could show it: thread stacks, leak reports, counters, tables.
Exit codes: 0 nothing is new or worse, 1 something is, as severe as --fail-on asks, 2 the work could not be done.";

#[derive(Debug, ClapArgs)]
pub struct ConfigArgs {
    /// The inputs of the scan that is meant: settings lie beside them.
    pub paths: Vec<PathBuf>,
    #[command(flatten)]
    pub settings: SettingArgs,
}

/// What a settings file may say too.
#[derive(Clone, Debug, Default, ClapArgs)]
pub struct SettingArgs {
    #[command(flatten)]
    pub packs: PackArgs,
    /// Only these rules: ids, or globs such as `gdiplus-*`.
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub select: Vec<String>,
    /// Not these rules.
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub ignore: Vec<String>,
    /// Leave out findings below this severity.
    #[arg(long, value_name = "SEVERITY", value_parser = severity)]
    pub min_severity: Option<Severity>,
    /// Exit with 1 when a finding is at least this severe, or `never`; `low` by default.
    #[arg(long, value_name = "SEVERITY", value_parser = fail_on)]
    pub fail_on: Option<FailOn>,
    /// What belongs together: each folder is a case, unless this says otherwise.
    #[arg(long, value_enum)]
    pub case: Option<CaseBy>,
    /// When nothing is found, name this many rules that came close: 3 by default, 0 for none.
    #[arg(long, value_name = "N")]
    pub near_misses: Option<usize>,
    /// How many cases are scanned at once; all processors by default.
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub jobs: Option<u16>,
    /// The day by which suppressions expire; today by default.
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub today: Option<Date>,
}

#[derive(Clone, Debug, Default, ClapArgs)]
pub struct PackArgs {
    /// Rules of your own: a file, or a folder of them.
    #[arg(long = "rules", value_name = "PATH")]
    pub rules: Vec<PathBuf>,
    /// Leave out the built-in rules; their lists, noise and roles stay.
    #[arg(long)]
    pub no_builtin: bool,
    /// Read settings from this file, not from the stacklint.toml beside the inputs or above them.
    #[arg(long, value_name = "FILE", conflicts_with = "no_settings")]
    pub settings: Option<PathBuf>,
    /// Read no settings file.
    #[arg(long)]
    pub no_settings: bool,
}

#[derive(Debug, ClapArgs)]
pub struct ExplainArgs {
    /// A rule's id, or a code such as R005 or N001.
    pub id: String,
    /// Files, folders (walked) or globs to lay the rule over; standard input when text is piped in.
    #[arg(value_name = "LOG")]
    pub paths: Vec<PathBuf>,
    /// Lay the rule over one of its own examples: those that match come first, counted from 1.
    #[arg(long, value_name = "N", conflicts_with = "paths", value_parser = clap::value_parser!(u16).range(1..))]
    pub example: Option<u16>,
    #[command(flatten)]
    pub packs: PackArgs,
}

#[derive(Debug, ClapArgs)]
pub struct ParseArgs {
    /// Files, folders (walked) or globs; `-` or nothing for standard input.
    pub paths: Vec<PathBuf>,
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// List every skipped line with the reason.
    #[arg(long)]
    pub show_skipped: bool,
}

#[derive(Debug, ClapArgs)]
pub struct ThreadsArgs {
    /// Files, folders (walked) or globs; `-` or nothing for standard input.
    pub paths: Vec<PathBuf>,
    /// How alike the threads of a group are: exact by default, with groups that are alike next to each other.
    #[arg(long, value_enum)]
    pub group: Option<GroupBy>,
    /// Show one tree of all calls, callers first, in place of groups.
    #[arg(long)]
    pub tree: bool,
    /// Show every frame.
    #[arg(long)]
    pub full: bool,
    /// Show idle threads like all others.
    #[arg(long)]
    pub all: bool,
    /// Draw the stacks as a flame graph too: an SVG file, for a browser.
    #[arg(long, value_name = "FILE")]
    pub flame: Option<PathBuf>,
    #[command(flatten)]
    pub packs: PackArgs,
    /// What belongs together: each folder is a case, unless this says otherwise.
    #[arg(long, value_enum)]
    pub case: Option<CaseBy>,
    /// How the report is written.
    #[arg(long, value_enum)]
    pub format: Option<Format>,
    /// Write the report to a file instead, `.txt` or `.json`; may be given several times.
    #[arg(short, long, value_name = "FILE")]
    pub output: Vec<PathBuf>,
    /// How many cases are read at once; all processors by default.
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub jobs: Option<u16>,
}

/// How alike the threads of a group are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GroupBy {
    /// The same frames; offsets, arguments and noise do not count.
    Exact,
    /// The same frames from the top down to the first one of the application.
    Top,
    /// The same functions, in whatever order and number.
    Functions,
}

#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    /// List the rules that are loaded.
    List {
        #[command(flatten)]
        packs: PackArgs,
    },
    /// Show one rule with its fix and links.
    Show {
        /// The rule's id.
        id: String,
        #[command(flatten)]
        packs: PackArgs,
    },
    /// Check rule files; without a path, the built-in pack.
    Check {
        /// Files or folders of rules.
        paths: Vec<PathBuf>,
        /// Mend what can be mended without asking, write the files back, and say what was changed.
        #[arg(long)]
        fix: bool,
    },
    /// Run the examples inside rules; without a path, those of the built-in pack.
    Test(TestArgs),
    /// Draft a rule from a pasted stack.
    New(NewArgs),
    /// Count over saved logs which rules hit, which never do, and where the threads stand that nothing explains.
    Stats(StatsArgs),
    /// Print the JSON Schema of rule files, for editors.
    Schema,
    /// Write a page in Markdown for each rule, and an index.
    Docs(DocsArgs),
}

#[derive(Debug, ClapArgs)]
pub struct DocsArgs {
    /// The folder to write to; pages of rules that are gone stay there.
    pub folder: PathBuf,
    #[command(flatten)]
    pub packs: PackArgs,
}

#[derive(Debug, ClapArgs)]
pub struct StatsArgs {
    /// Files, folders (walked) or globs; `-` or nothing for standard input.
    pub paths: Vec<PathBuf>,
    #[command(flatten)]
    pub packs: PackArgs,
    /// Only these rules, and all roles: an id, or a glob such as `gdiplus-*`.
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub select: Vec<String>,
    /// Not these rules.
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub ignore: Vec<String>,
    /// What belongs together: each file is a case, unless this says otherwise.
    #[arg(long, value_enum)]
    pub case: Option<CaseBy>,
    /// How many groups of unexplained threads are shown.
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub top: usize,
    /// Name every rule that never hits.
    #[arg(short, long)]
    pub verbose: bool,
    /// How the report is written.
    #[arg(long, value_enum)]
    pub format: Option<Format>,
    /// Write the report to a file instead, `.txt` or `.json`; may be given several times.
    #[arg(short, long, value_name = "FILE")]
    pub output: Vec<PathBuf>,
    /// How many cases are scanned at once; all processors by default.
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub jobs: Option<u16>,
}

#[derive(Debug, ClapArgs)]
pub struct NewArgs {
    /// A text with a stack; `-` or nothing for standard input.
    pub file: Option<PathBuf>,
    /// The thread whose stack is meant: its index, or its system number such as 0x1b90.
    #[arg(long, value_name = "N")]
    pub thread: Option<String>,
    /// Write the draft to a new file instead.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

#[derive(Debug, ClapArgs)]
pub struct TestArgs {
    /// Files or folders of rules.
    pub paths: Vec<PathBuf>,
    /// How the result is written; by default as the extension of the output file says, else text.
    #[arg(long, value_enum)]
    pub format: Option<TestFormat>,
    /// Write the result to a file instead, `.txt` or `.xml`.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TestFormat {
    /// For people.
    Text,
    /// JUnit XML, for build servers.
    Junit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CaseBy {
    /// Every file is a case of its own.
    File,
    /// Every folder is one.
    Folder,
    /// Everything is one case.
    All,
}

/// The severity at which findings make the exit code 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailOn {
    At(Severity),
    Never,
}

impl FailOn {
    pub fn severity(self) -> Option<Severity> {
        match self {
            FailOn::At(severity) => Some(severity),
            FailOn::Never => None,
        }
    }
}

impl From<CaseBy> for Grouping {
    fn from(by: CaseBy) -> Self {
        match by {
            CaseBy::File => Grouping::File,
            CaseBy::Folder => Grouping::Folder,
            CaseBy::All => Grouping::All,
        }
    }
}

fn severity(text: &str) -> Result<Severity, String> {
    let words = Severity::ALL.map(Severity::name).join(", ");
    Severity::from_name(text).ok_or_else(|| format!("the severities are: {words}"))
}

fn fail_on(text: &str) -> Result<FailOn, String> {
    if text == "never" {
        return Ok(FailOn::Never);
    }
    severity(text).map(FailOn::At).map_err(|error| format!("{error}, never"))
}

fn date(text: &str) -> Result<Date, String> {
    text.parse().map_err(|_| "write a date as 2027-01-31: year, month, day".to_string())
}
