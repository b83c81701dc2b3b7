//! Reads the YAML of the built-in pack while the program is built, so that it need not be read at each start.
//!
//! Of a file with a mistake only the text is kept: the program reads it itself, and says what is wrong.

use std::env;
use std::error::Error;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

#[allow(dead_code)]
#[path = "rules/node.rs"]
mod node;
#[allow(dead_code)]
#[path = "text/source.rs"]
mod source;

/// Where `node` looks for these.
mod text {
    pub use super::source::{Source, Span};
}

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(env::var("OUT_DIR")?);
    for watched in ["rules", "src/build.rs", "src/rules/node.rs", "src/text/source.rs"] {
        println!("cargo:rerun-if-changed={watched}");
    }
    let mut files = Vec::new();
    collect(&root.join("rules"), "builtin", &mut files)?;
    files.sort();
    let mut bytes: Vec<u8> = Vec::new();
    let mut index = String::from("static FILES: &[(&str, &str, Range<usize>)] = &[\n");
    for (name, path) in files {
        let source = text::Source::new(name.as_str(), fs::read_to_string(&path)?);
        let start = bytes.len();
        if let Ok(documents) = node::documents(&source) {
            bytes.extend(postcard::to_stdvec(&documents)?);
        }
        writeln!(index, "    ({name:?}, include_str!({path:?}), {start}..{}),", bytes.len())?;
    }
    index.push_str("];\n");
    fs::write(out.join("pack.bin"), bytes)?;
    fs::write(out.join("pack_files.rs"), index)?;
    Ok(())
}

/// Every rule file below a folder, with its name in the pack.
fn collect(folder: &Path, name: &str, files: &mut Vec<(String, PathBuf)>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        let name = format!("{name}/{}", entry.file_name().to_string_lossy());
        let is_rules = path.extension().is_some_and(|extension| extension == "yml" || extension == "yaml");
        if path.is_dir() {
            collect(&path, &name, files)?;
        } else if is_rules {
            files.push((name, path));
        }
    }
    Ok(())
}
