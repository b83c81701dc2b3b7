//! Rule files as they lie on disk: which there are, and their text whatever wrote it.

use std::path::{Path, PathBuf};

use encoding_rs::{Encoding, UTF_8};
use walkdir::WalkDir;

use super::exit::{Stop, complain};
use crate::text::Source;

/// A rule file of the user's.
#[derive(Clone, Debug)]
pub struct RuleFileText {
    pub path: PathBuf,
    pub source: Source,
    /// It is written back in the same way only when it is UTF-8.
    pub is_utf8: bool,
    has_mark: bool,
}

const MARK: char = '\u{feff}';

impl RuleFileText {
    /// UTF-8, or UTF-16 with its mark.
    fn read(path: &Path) -> Result<Self, Stop> {
        let name = path.display().to_string();
        let bytes = std::fs::read(path).map_err(|error| Stop::Usage(format!("{name}: {error}")))?;
        let refuse = |reason: &str| Err(Stop::Usage(format!("{name}: {reason}")));
        let (encoding, mark) = Encoding::for_bom(&bytes).unwrap_or((UTF_8, 0));
        let (text, is_damaged) = encoding.decode_without_bom_handling(&bytes[mark..]);
        if encoding == UTF_8 && bytes.contains(&0) {
            return refuse("this is not a rule file: it holds bytes that no text has");
        }
        if is_damaged {
            return refuse("a rule file is UTF-8 text, and this one is not; save it as UTF-8 in your editor");
        }
        let source = Source::new(name, text);
        Ok(RuleFileText { path: path.to_path_buf(), source, is_utf8: encoding == UTF_8, has_mark: mark > 0 })
    }

    /// Puts the text back where it came from.
    pub fn write(&self) -> Result<(), Stop> {
        let mark = if self.has_mark { MARK.to_string() } else { String::new() };
        let written = std::fs::write(&self.path, mark + &self.source.text);
        written.map_err(|error| Stop::Usage(format!("{}: {error}", self.source.name)))
    }
}

/// Reads the files named, and those in the folders named. One that is named twice is read once, and this is said.
pub fn read_all(paths: &[PathBuf]) -> Result<Vec<RuleFileText>, Stop> {
    let mut files = Vec::new();
    let mut known: Vec<PathBuf> = Vec::new();
    for path in paths {
        for path in rule_files(path)? {
            let place = path.canonicalize().unwrap_or_else(|_| path.clone());
            if known.contains(&place) {
                complain(format_args!("{}: given twice, read once", path.display()));
                continue;
            }
            files.push(RuleFileText::read(&path)?);
            known.push(place);
        }
    }
    Ok(files)
}

/// A file as it is; of a folder every `.yml` and `.yaml` below it.
fn rule_files(path: &Path) -> Result<Vec<PathBuf>, Stop> {
    if !path.is_dir() {
        if !path.exists() {
            return Err(Stop::Usage(format!("{}: no such file or folder", path.display())));
        }
        return Ok(vec![path.to_path_buf()]);
    }
    let mut files = Vec::new();
    for entry in WalkDir::new(path).sort_by_file_name() {
        let entry = entry.map_err(|error| Stop::Usage(error.to_string()))?;
        let extension = entry.path().extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        if entry.file_type().is_file() && ["yml", "yaml"].iter().any(|known| extension.eq_ignore_ascii_case(known)) {
            files.push(entry.into_path());
        }
    }
    if files.is_empty() {
        return Err(Stop::Usage(format!("{}: no .yml or .yaml file in this folder", path.display())));
    }
    Ok(files)
}
