//! Which inputs there are, and which of them belong together.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use crate::settings::{FILE_NAME, Grouping};

/// Bytes of a file that is long.
const LONG: u64 = 1 << 20;

/// One source of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    Stdin,
    File(PathBuf),
}

impl Input {
    pub fn name(&self) -> String {
        match self {
            Input::Stdin => "stdin".to_string(),
            Input::File(path) => path.display().to_string(),
        }
    }

    /// Whether there is so much to read that a second thread pays; of standard input nobody knows.
    pub fn is_long(&self) -> bool {
        match self {
            Input::Stdin => true,
            Input::File(path) => path.metadata().is_ok_and(|about| about.len() > LONG),
        }
    }

    pub fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        match self {
            Input::Stdin => Ok(Box::new(io::stdin())),
            Input::File(path) => Ok(Box::new(File::open(path)?)),
        }
    }
}

/// Inputs that are judged together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseInput {
    pub name: String,
    pub inputs: Vec<Input>,
}

/// What the paths on the command line come to.
#[derive(Debug, Default)]
pub struct Found {
    pub cases: Vec<CaseInput>,
    /// Paths that could not be read, with the reason.
    pub failures: Vec<String>,
    /// Settings files in folders that were walked.
    pub settings: Vec<PathBuf>,
}

/// Expands paths: files as they are, folders walked, globs where no file has that very name.
pub fn find(paths: &[PathBuf], by: Grouping) -> Found {
    let mut found = Found::default();
    if paths.is_empty() {
        found.cases.push(CaseInput { name: "stdin".to_string(), inputs: vec![Input::Stdin] });
        return found;
    }
    let mut named = Vec::new();
    let mut folders: BTreeMap<PathBuf, Vec<Input>> = BTreeMap::new();
    for path in paths {
        if path.as_os_str() == "-" {
            named.push(Input::Stdin);
        } else if path.is_dir() {
            walk(path, &mut folders, &mut found);
        } else if path.exists() || path.symlink_metadata().is_ok() {
            named.push(Input::File(path.clone()));
        } else {
            expand_glob(path, &mut named, &mut folders, &mut found);
        }
    }
    put_in_order(&mut named);
    if !named.is_empty() {
        let name = if named.len() == 1 { named[0].name() } else { format!("{} files", named.len()) };
        found.cases.push(CaseInput { name, inputs: named });
    }
    for (folder, inputs) in folders {
        found.cases.push(CaseInput { name: folder.display().to_string(), inputs });
    }
    regroup(&mut found.cases, by);
    found
}

fn walk(root: &Path, folders: &mut BTreeMap<PathBuf, Vec<Input>>, found: &mut Found) {
    let is_hidden = |name: &std::ffi::OsStr| name.to_string_lossy().starts_with('.');
    let walker = WalkDir::new(root)
        .follow_links(true)
        .sort_by(|a, b| by_name(&a.file_name().to_string_lossy(), &b.file_name().to_string_lossy()));
    // `.git` and the like hold no logs.
    for entry in walker.into_iter().filter_entry(|entry| entry.depth() == 0 || !is_hidden(entry.file_name())) {
        match entry {
            Ok(entry) if entry.file_type().is_file() && is_ours(entry.path()) => {
                found.settings.extend((entry.file_name() == FILE_NAME).then(|| entry.into_path()));
            }
            Ok(entry) if entry.file_type().is_file() => {
                let folder = entry.path().parent().unwrap_or(root).to_path_buf();
                folders.entry(folder).or_default().push(Input::File(entry.into_path()));
            }
            Ok(_) => {}
            Err(error) => found.failures.push(error.to_string()),
        }
    }
}

/// Rules and settings hold pasted stacks, but they are no logs. Named one by one, they are read all the same.
fn is_ours(path: &Path) -> bool {
    let extension = path.extension().map(|extension| extension.to_ascii_lowercase());
    let is_rules = extension.is_some_and(|extension| extension == "yml" || extension == "yaml");
    is_rules || path.file_name().is_some_and(|name| name == FILE_NAME)
}

/// Windows shells do not expand globs, so we do.
fn expand_glob(path: &Path, named: &mut Vec<Input>, folders: &mut BTreeMap<PathBuf, Vec<Input>>, found: &mut Found) {
    let text = path.to_string_lossy();
    let mut any = false;
    if text.contains(['*', '?', '[']) {
        for entry in glob::glob(&text).into_iter().flatten() {
            any = true;
            match entry {
                Ok(path) if path.is_dir() => walk(&path, folders, found),
                Ok(path) if is_ours(&path) => {}
                Ok(path) => named.push(Input::File(path)),
                Err(error) => found.failures.push(error.to_string()),
            }
        }
    }
    if !any {
        found.failures.push(format!("{text}: no such file or folder"));
    }
}

/// Shells and globs put `dump10.txt` before `dump2.txt`; whatever is in another order, somebody wrote down so.
fn put_in_order(named: &mut [Input]) {
    if named.is_sorted_by_key(|input| input.name()) {
        named.sort_by(|a, b| by_name(&a.name(), &b.name()));
    }
}

/// Names as people order them: numbers as numbers.
fn by_name(one: &str, other: &str) -> Ordering {
    let (mut a, mut b) = (one, other);
    loop {
        let ((text, digits, behind), (other_text, other_digits, other_behind)) = (first_number(a), first_number(b));
        let number = |digits: &str| digits.trim_start_matches('0').len();
        let order = text.cmp(other_text).then_with(|| number(digits).cmp(&number(other_digits)));
        let trimmed = |digits: &str| digits.trim_start_matches('0').to_string();
        let order = order.then_with(|| trimmed(digits).cmp(&trimmed(other_digits)));
        if order != Ordering::Equal {
            return order;
        }
        if digits.is_empty() || other_digits.is_empty() {
            return one.cmp(other);
        }
        (a, b) = (behind, other_behind);
    }
}

/// What is before the first number, the number, and what is behind it.
fn first_number(name: &str) -> (&str, &str, &str) {
    let start = name.find(|c: char| c.is_ascii_digit()).unwrap_or(name.len());
    let length = name[start..].find(|c: char| !c.is_ascii_digit()).unwrap_or(name.len() - start);
    (&name[..start], &name[start..start + length], &name[start + length..])
}

fn regroup(cases: &mut Vec<CaseInput>, by: Grouping) {
    match by {
        Grouping::Folder => {}
        Grouping::File => {
            let inputs = cases.drain(..).flat_map(|case| case.inputs).collect::<Vec<_>>();
            cases.extend(inputs.into_iter().map(|input| CaseInput { name: input.name(), inputs: vec![input] }));
        }
        Grouping::All => {
            let inputs = cases.drain(..).flat_map(|case| case.inputs).collect::<Vec<_>>();
            if !inputs.is_empty() {
                cases.push(CaseInput { name: "all".to_string(), inputs });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_names_are_numbers() {
        let sorted = ["a.txt", "dump2.txt", "dump10-1.txt", "dump10-02.txt", "dump10.txt", "dump11", "dumpx"];
        for pair in sorted.windows(2) {
            assert_eq!(by_name(pair[0], pair[1]), Ordering::Less, "{pair:?}");
            assert_eq!(by_name(pair[1], pair[0]), Ordering::Greater, "{pair:?}");
        }
        assert_eq!(by_name("dump1", "dump01").reverse(), by_name("dump01", "dump1"));
        let named = |names: &[&str]| names.iter().map(|name| Input::File(PathBuf::from(name))).collect::<Vec<_>>();
        for (given, want) in [(["d10", "d2"], ["d2", "d10"]), (["b", "a"], ["b", "a"])] {
            let mut inputs = named(&given);
            put_in_order(&mut inputs);
            assert_eq!(inputs, named(&want));
        }
    }
}
