//! Regular expressions as atoms: the way out for names that no star describes.

use std::hash::{Hash, Hasher};

use regex::bytes::{Regex, RegexBuilder};

use super::{Truth, yes_or_no};
use crate::facts::{FrameName, Generics};

/// A regular expression over the normalised name without arguments.
#[derive(Clone, Debug)]
pub struct RegexAtom {
    regex: Regex,
    with_module: bool,
    /// `/.*/`
    pub takes_anything: bool,
}

// What a regular expression is made of says all that it does.
impl PartialEq for RegexAtom {
    fn eq(&self, other: &Self) -> bool {
        self.regex.as_str() == other.regex.as_str()
    }
}

impl Eq for RegexAtom {}

impl Hash for RegexAtom {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.regex.as_str().hash(state);
    }
}

impl RegexAtom {
    /// Compiles an expression; the error is the reason in words.
    pub fn new(source: &str) -> Result<Self, String> {
        let whole = format!("^(?:{source})$");
        let regex = RegexBuilder::new(&whole).unicode(false).case_insensitive(true).size_limit(1 << 20).build();
        let regex = regex.map_err(|error| reason(&error))?;
        let with_module = source.contains('!');
        // No frame is called so: what matches this matches anything.
        let takes_anything = regex.is_match(if with_module { b"\x01!\x01" } else { b"\x01" });
        Ok(RegexAtom { regex, with_module, takes_anything })
    }

    pub fn test(&self, name: &FrameName) -> Truth {
        let Some(function) = &name.function else {
            return if name.is_unreadable() { Truth::Unknown } else { Truth::No };
        };
        let function = function.view(Generics::Ignored, false);
        if !self.with_module {
            return yes_or_no(self.regex.is_match(function.as_bytes()));
        }
        let modules = [&name.canonical, &name.module];
        let mut names = modules.into_iter().flatten().map(|module| format!("{module}!{function}"));
        yes_or_no(names.any(|name| self.regex.is_match(name.as_bytes())))
    }
}

/// The last line of a regex error holds the reason; the lines above draw the expression.
fn reason(error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or_default();
    last.trim_start_matches("error:").trim().to_string()
}
