//! Modules that are the same for a rule's purpose: `clr`, `coreclr`, `libcoreclr`, `mscorwks` and `mscorsvr` are one runtime.

use std::collections::BTreeMap;

use super::{normal_module, plain_module};

/// Module names, normalised, and the name that stands for each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Aliases {
    canonical: BTreeMap<String, String>,
}

impl Aliases {
    /// From now on `module` is the same as `canonical`.
    pub fn add(&mut self, canonical: &str, module: &str) {
        // Nobody knows whether the module is an assembly.
        self.canonical.insert(normal_module(module), normal_module(canonical));
        self.canonical.insert(plain_module(module), normal_module(canonical));
    }

    /// The name that stands for a normalised module name; itself when it has none.
    pub fn canonical<'a>(&'a self, module: &'a str) -> &'a str {
        self.canonical.get(module).map_or(module, String::as_str)
    }
}
