//! The documents of rule files: those of the built-in pack were read when the program was built, all others are read now.

use super::Origin;
use super::builtin;
use super::node::{Node, documents, offset};
use super::yaml_help::{YamlHelp, yaml_help};
use crate::diagnostic::{Code, Diagnostics};
use crate::text::{Source, Span};

/// Every document of a rule file.
pub struct Documents {
    pub nodes: Vec<Node>,
    /// The build read them, from the pack; its tests have looked for whatever can be doubted in it.
    pub are_of_build: bool,
}

/// Every document of a rule file. A syntax error becomes a diagnostic, and the file has no documents.
pub fn of_file(source: &Source, origin: Origin, index: usize, diagnostics: &mut Diagnostics) -> Documents {
    let is_builtin = matches!(origin, Origin::Builtin { .. });
    let read_before = is_builtin.then(|| builtin::documents_of(source)).flatten();
    let are_of_build = read_before.is_some();
    let nodes = read_before.unwrap_or_else(|| parse(source, index, diagnostics));
    Documents { nodes, are_of_build }
}

/// Reads YAML; what is wrong with it is said in words that tell what to write instead.
pub fn parse(source: &Source, index: usize, diagnostics: &mut Diagnostics) -> Vec<Node> {
    let error = match documents(source) {
        Ok(documents) => return documents,
        Err(error) => error,
    };
    let at = error.location().map_or(source.text.len(), |location| offset(&source.text, &location));
    let message = error.without_snippet().to_string();
    let message = message.split(" at line ").next().unwrap_or_default();
    let YamlHelp { at, message, help, fix } = yaml_help(&source.text, at, message);
    let end = source.text[at..].find('\n').map_or(source.text.len(), |line_end| at + line_end);
    let mistake = diagnostics.add(Code::YamlSyntax, index, Span::new(at, end.max(at)), message);
    mistake.help = help;
    mistake.fix = fix;
    Vec::new()
}
