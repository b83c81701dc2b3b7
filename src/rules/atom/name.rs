//! Names as atoms: `module!function`, compared with the names of frames.

use std::borrow::Cow;

use super::{Truth, yes_or_no};
use crate::facts::{Aliases, FrameName, FunctionName, Generics, is_managed, normal_module, plain_module, with_dots};
use crate::rules::Glob;

/// `module!function`, either side a glob.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NameAtom {
    pub module: Option<ModuleGlob>,
    pub function: Glob,
    /// The same with dots before nested types, where it names any.
    pub dotted: Option<Glob>,
    pub generics: Generics,
    pub arguments: bool,
}

/// A module's name, as it is compared with assemblies and with other modules.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ModuleGlob {
    /// `_` folded to `.`.
    pub assembly: Glob,
    native: Glob,
}

impl ModuleGlob {
    pub fn new(module: &str, aliases: &Aliases) -> Self {
        let glob = |name: String| Glob::new(aliases.canonical(&name));
        ModuleGlob { assembly: glob(normal_module(module)), native: glob(plain_module(module)) }
    }

    /// A text that is part of both forms.
    pub fn required_text(&self) -> &str {
        self.native.longest_literal().split(['_', '.']).max_by_key(|part| part.len()).unwrap_or_default()
    }
}

impl NameAtom {
    pub fn has_any_module(&self) -> bool {
        self.module.as_ref().is_none_or(|module| module.assembly.is_any())
    }

    pub fn new(module: Option<ModuleGlob>, function: &str) -> Self {
        let name = FunctionName::parse(function);
        let (generics, arguments) = (name.generics(), name.has_arguments());
        let dotted = Some(with_dots(function)).filter(|dotted| dotted != function).map(|dotted| Glob::new(&dotted));
        NameAtom { module, function: Glob::new(function), dotted, generics, arguments }
    }

    pub fn test(&self, name: &FrameName) -> Truth {
        match self.test_module(name) {
            Truth::Yes => self.test_function(name),
            Truth::No => Truth::No,
            Truth::Unknown if self.test_function(name) == Truth::No => Truth::No,
            Truth::Unknown => Truth::Unknown,
        }
    }

    fn test_module(&self, name: &FrameName) -> Truth {
        let Some(globs) = self.module.as_ref().filter(|module| !module.assembly.is_any()) else {
            return Truth::Yes;
        };
        if let (Some(module), Some(canonical)) = (&name.module, &name.canonical) {
            let glob = if name.in_assembly { &globs.assembly } else { &globs.native };
            return yes_or_no(glob.matches(module) || glob.matches(canonical));
        }
        let Some(function) = &name.function else {
            return if name.marker.is_some() { Truth::No } else { Truth::Unknown };
        };
        let function = function.view(Generics::Ignored, false);
        // SOS prints no module: `System_Drawing_ni!System.Drawing.X.Y` of `k` is `System.Drawing.X.Y` there, so a whole
        // name decides. Of anything shorter the assembly must be the one that the namespace is called after.
        match is_managed(&function) {
            true if self.names_method() => Truth::Yes,
            true => yes_or_no(namespaces(&function).any(|namespace| globs.assembly.matches(namespace))),
            // Nor do some tools print it for native code.
            false if !self.function.is_any() => Truth::Yes,
            false => Truth::Unknown,
        }
    }

    /// The function is that of managed code, with its namespace.
    fn names_method(&self) -> bool {
        let text = self.function.text();
        is_managed(text.split('*').next().unwrap_or_default())
    }

    /// Nested types have `+` before them with some tools and a dot with others. A star means what it says: `A.B.*` are
    /// the methods of `B`, not those of its nested types.
    fn matches_with_dots(&self, function: &str) -> bool {
        match &self.dotted {
            Some(dotted) => dotted.matches(&with_dots(function)),
            None if function.contains('+') => self.function.exact() == Some(&*with_dots(function)),
            None => false,
        }
    }

    fn test_function(&self, name: &FrameName) -> Truth {
        if self.function.is_any() {
            return Truth::Yes;
        }
        match &name.function {
            Some(function) => {
                let view: Cow<'_, str> = function.view(self.generics, self.arguments);
                yes_or_no(self.function.matches(&view) || self.matches_with_dots(&view))
            }
            None if name.marker.is_some() => Truth::No,
            None => Truth::Unknown,
        }
    }
}

/// The namespaces a managed name lies in, but the two that every assembly shares.
fn namespaces(function: &str) -> impl Iterator<Item = &str> {
    let ends = function.match_indices('.').map(|(at, _)| at).filter(|&at| at > 0);
    ends.map(|end| &function[..end]).filter(|namespace| !matches!(*namespace, "system" | "microsoft"))
}
