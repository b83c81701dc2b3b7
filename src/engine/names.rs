//! Names of frames that captures keep: one number for each name that rules cannot tell apart.

use foldhash::HashMap;

use crate::facts::{FrameName, Generics, is_managed};
use crate::model::CallSite;

/// Number of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NameId(pub u32);

/// The names seen so far. They outlive the numbers of call sites.
#[derive(Debug, Default)]
pub struct Names {
    ids: HashMap<String, NameId>,
    /// As printed, the first time the name was seen.
    shown: Vec<String>,
}

impl Names {
    /// The name of a call site, which rules compare in this form; `None` when the debugger could not name it.
    pub fn of(&mut self, site: &CallSite<'_>, name: &FrameName) -> Option<NameId> {
        let key = name_key(name)?;
        let next = NameId(self.shown.len() as u32);
        let id = *self.ids.entry(key).or_insert(next);
        if id == next {
            self.shown.push(shown_name(site));
        }
        Some(id)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.shown.len()
    }

    /// The name as it is shown.
    pub fn shown(&self, id: NameId) -> &str {
        &self.shown[id.0 as usize]
    }
}

/// What two frames of the same name share, whichever tool printed them. Managed names stand for themselves, since SOS
/// leaves the module out.
pub fn name_key(name: &FrameName) -> Option<String> {
    let function = name.function.as_ref()?.view(Generics::Ignored, false);
    match &name.canonical {
        Some(module) if !is_managed(&function) => Some(format!("{module}!{function}")),
        _ => Some(function.into_owned()),
    }
}

/// The name of a frame without arguments, offset and source, as people would say it.
pub fn shown_name(site: &CallSite<'_>) -> String {
    let Some(function) = site.function() else { return site.text.to_string() };
    let from = function.find("operator()").map_or(0, |at| at + "operator()".len());
    let name = function[from..].find('(').map_or(function, |open| &function[..from + open]).trim_end();
    match site.module() {
        Some(module) if !name.contains('.') => format!("{module}!{name}"),
        _ => name.to_string(),
    }
}
