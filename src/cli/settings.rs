//! Settings as meant: what the command line, a settings file and the defaults say together, each with its origin.
//!
//! The command line comes before the file, and the file before the default. Rule files, ignored rules and suppressions
//! add up.

use std::path::{Path, PathBuf};

use super::args::{PackArgs, SettingArgs};
use super::exit::{Stop, complain};
use crate::diagnostic::{Code, Diagnostics};
use crate::finding::Severity;
use crate::rules::{InSettings, Spot};
use crate::settings::{FILE_NAME, Grouping, SettingsFile, read};
use crate::text::{Source, Span};

/// Near misses named when nothing is found.
const NEAR_MISSES: usize = 3;

/// A value and who said so.
#[derive(Clone, Debug)]
pub struct Setting<T> {
    pub value: T,
    pub origin: Origin,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    Default,
    /// A line of the settings file.
    Line(usize),
    /// An option of the command line.
    Option(&'static str),
}

/// All settings of a run.
#[derive(Debug)]
pub struct Settings {
    /// The file that was read, if there is one.
    pub file: Option<PathBuf>,
    pub rules: Vec<Setting<PathBuf>>,
    pub builtin: Setting<bool>,
    pub select: Vec<Setting<String>>,
    pub ignore: Vec<Setting<String>>,
    pub min_severity: Setting<Option<Severity>>,
    /// `None`: never.
    pub fail_on: Setting<Option<Severity>>,
    pub case: Setting<Grouping>,
    pub near_misses: Setting<usize>,
    pub jobs: Setting<Option<u16>>,
    pub app: Vec<Setting<String>>,
    /// For the compiler: what the file says of rules, and what is wrong in it.
    pub in_settings: InSettings,
    /// The lines of the suppressions.
    pub suppression_lines: Vec<usize>,
}

impl Settings {
    /// The settings where only the rules matter.
    pub fn of_packs(packs: &PackArgs, paths: &[PathBuf]) -> Result<Self, Stop> {
        Settings::of(&SettingArgs { packs: packs.clone(), ..SettingArgs::default() }, paths)
    }

    /// The settings for a run over `paths`.
    pub fn of(args: &SettingArgs, paths: &[PathBuf]) -> Result<Self, Stop> {
        let path = match (&args.packs.settings, args.packs.no_settings) {
            (_, true) => None,
            (Some(path), _) => Some(path.clone()),
            (None, _) => beside(paths)?,
        };
        let (file, source, diagnostics) = match &path {
            Some(path) => read_file(path)?,
            None => Default::default(),
        };
        Ok(merge(args, path, file, source, diagnostics))
    }
}

/// The settings file that lies beside the inputs, or in a folder above them.
fn beside(paths: &[PathBuf]) -> Result<Option<PathBuf>, Stop> {
    let here = [PathBuf::from(".")];
    let given: Vec<&PathBuf> = paths.iter().filter(|path| path.as_os_str() != "-").collect();
    let places: Vec<&PathBuf> = if given.is_empty() { here.iter().collect() } else { given };
    let mut found: Option<(PathBuf, &PathBuf)> = None;
    for (number, place) in places.into_iter().enumerate() {
        let file = above(place);
        match (&found, file) {
            (None, Some(file)) if number == 0 => found = Some((file, place)),
            (None, None) => {}
            (Some((known, _)), Some(file)) if *known == file => {}
            (known, file) => {
                let name = |file: Option<&PathBuf>| file.map_or("none".to_string(), |file| file.display().to_string());
                let (known, other) = (known.as_ref().map(|(file, _)| file), file.as_ref());
                let message = format!(
                    "different settings lie beside these inputs: {} and, for {}, {}; \
                     name one file with --settings, or use --no-settings",
                    name(known),
                    place.display(),
                    name(other)
                );
                return Err(Stop::Usage(message));
            }
        }
    }
    Ok(found.map(|(file, _)| file))
}

/// The nearest settings file in the folder of `place` or above it.
fn above(place: &Path) -> Option<PathBuf> {
    let folder = if place.is_dir() { place } else { place.parent().filter(|parent| !parent.as_os_str().is_empty())? };
    let own = folder.join(FILE_NAME);
    if own.is_file() {
        return Some(shortest(own));
    }
    let whole = folder.canonicalize().ok()?;
    whole.ancestors().skip(1).map(|folder| folder.join(FILE_NAME)).find(|file| file.is_file())
}

/// `./stacklint.toml` is `stacklint.toml`.
fn shortest(path: PathBuf) -> PathBuf {
    path.strip_prefix(".").map(Path::to_path_buf).unwrap_or(path)
}

fn read_file(path: &Path) -> Result<(SettingsFile, Source, Diagnostics), Stop> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| Stop::Usage(format!("{name}: {error}")))?;
    let source = Source::new(name, text.strip_prefix('\u{feff}').unwrap_or(&text));
    let mut diagnostics = Diagnostics::default();
    let file = read(&source, 0, &mut diagnostics);
    // Relative paths are relative to the file, wherever the program is started.
    let folder = path.parent().unwrap_or(Path::new(""));
    for rules in file.rules.iter().filter(|rules| is_missing(folder, &rules.value)) {
        let message = format!("`{}`: no such file or folder", rules.value);
        let help = "a path in settings is relative to the settings file";
        diagnostics.add(Code::BadSetting, 0, rules.span, message).help(help);
    }
    diagnostics.sources.push(source.clone());
    Ok((file, source, diagnostics))
}

/// A path that cannot be one has been reported.
fn is_missing(folder: &Path, path: &str) -> bool {
    !path.contains(char::is_control) && !folder.join(path).exists()
}

fn merge(
    args: &SettingArgs,
    path: Option<PathBuf>,
    file: SettingsFile,
    source: Source,
    diagnostics: Diagnostics,
) -> Settings {
    let folder = path.as_deref().and_then(Path::parent).unwrap_or(Path::new("")).to_path_buf();
    let line = |span: Span| Origin::Line(source.position(span.start).0);
    let from_file = |spot: &Spot<String>| Setting { value: spot.value.clone(), origin: line(spot.span) };
    let in_file = |spots: &[Spot<String>]| spots.iter().map(from_file).collect::<Vec<_>>();
    let typed = |ids: &[String], name| {
        ids.iter().map(move |id| Setting { value: id.clone(), origin: Origin::Option(name) }).collect::<Vec<_>>()
    };
    let mut rules: Vec<Setting<PathBuf>> = in_file(&file.rules)
        .into_iter()
        .map(|rules| Setting { value: folder.join(&rules.value), origin: rules.origin })
        .collect();
    rules
        .extend(args.packs.rules.iter().map(|path| Setting { value: path.clone(), origin: Origin::Option("--rules") }));
    let selected = file.select.as_ref().map(|select| in_file(&select.value)).unwrap_or_default();
    let select = if args.select.is_empty() { selected } else { typed(&args.select, "--select") };
    let ignore = [in_file(&file.ignore), typed(&args.ignore, "--ignore")].concat();
    let named = file.select.iter().flat_map(|select| &select.value).chain(&file.ignore).cloned().collect();
    let suppression_lines = file.suppress.iter().map(|found| source.position(found.id.span.start).0).collect();
    Settings {
        rules,
        builtin: match args.packs.no_builtin {
            true => Setting { value: false, origin: Origin::Option("--no-builtin") },
            false => one(None, "", file.builtin, true, line),
        },
        select,
        ignore,
        min_severity: one(args.min_severity.map(Some), "--min-severity", optional(file.min_severity), None, line),
        fail_on: one(
            args.fail_on.map(|fail_on| fail_on.severity()),
            "--fail-on",
            file.fail_on,
            Some(Severity::Low),
            line,
        ),
        case: one(args.case.map(Grouping::from), "--case", file.case, Grouping::Folder, line),
        near_misses: one(args.near_misses, "--near-misses", file.near_misses, NEAR_MISSES, line),
        jobs: one(args.jobs.map(Some), "--jobs", optional(file.jobs), None, line),
        app: in_file(&file.app),
        file: path,
        in_settings: InSettings {
            read: diagnostics,
            named,
            app: file.app,
            suppressions: file.suppress,
            limits: file.limits,
        },
        suppression_lines,
    }
}

/// The first that says something: the command line, the file, the default.
fn one<T>(
    typed: Option<T>,
    option: &'static str,
    written: Option<Spot<T>>,
    default: T,
    line: impl Fn(Span) -> Origin,
) -> Setting<T> {
    match (typed, written) {
        (Some(value), _) => Setting { value, origin: Origin::Option(option) },
        (None, Some(spot)) => Setting { origin: line(spot.span), value: spot.value },
        (None, None) => Setting { value: default, origin: Origin::Default },
    }
}

fn optional<T>(spot: Option<Spot<T>>) -> Option<Spot<Option<T>>> {
    spot.map(|Spot { value, span }| Spot { value: Some(value), span })
}

/// Settings files in folders that are walked hold for nothing: the user may think otherwise.
pub fn complain_of_unused(unused: &[PathBuf], used: Option<&Path>) {
    let same = |file: &Path| used.is_some_and(|used| file.canonicalize().ok() == used.canonicalize().ok());
    for file in unused.iter().filter(|file| !same(file)) {
        let instead = match used {
            Some(used) => format!("the settings are those of {}", used.display()),
            None => "settings hold for a whole run: name the file with --settings".to_string(),
        };
        complain(format_args!("{} is not used; {instead}", file.display()));
    }
}
