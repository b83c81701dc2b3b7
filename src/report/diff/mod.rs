//! Two cases compared, an old and a new one: what is fixed, what is still there, what is new, and how figures changed.

mod figures;
mod text;

use crate::facts::Changes;
use crate::finding::{Fate, Severity, Summary};
use crate::model::{Note, SourceInfo};
use crate::rules::RuleSet;

pub use text::render_diff_text;

/// Everything that comparing has to say.
pub struct DiffReport<'a> {
    pub rules: &'a RuleSet,
    pub cases: Vec<DiffCase>,
}

/// An old case and the new one that belongs to it.
pub struct DiffCase {
    pub name: String,
    pub old: DiffSide,
    pub new: DiffSide,
    pub fates: Vec<Fate>,
    pub changes: Changes,
}

/// One of the two.
pub struct DiffSide {
    /// As it was given on the command line.
    pub name: String,
    pub sources: Vec<SourceInfo>,
    pub summary: Summary,
    /// How many threads it shows.
    pub threads: u64,
    /// Notes on the inputs: index of the source, and the note.
    pub notes: Vec<(usize, Note)>,
}

impl DiffReport<'_> {
    /// Whether something as severe as this is new, or worse than it was.
    pub fn fails(&self, least: Severity) -> bool {
        self.cases.iter().flat_map(|case| &case.fates).any(|fate| fate.fails(least))
    }
}

impl DiffCase {
    /// Whether everything that can be compared is as it was.
    fn is_as_it_was(&self) -> bool {
        self.fates.iter().all(Fate::is_as_it_was) && !self.changes.figures.iter().any(|figure| figure.has_moved())
    }

    /// What there is to say of the comparison as a whole, in sentences without an end.
    pub fn remarks(&self) -> Vec<String> {
        let mut remarks = Vec::new();
        if let Some(why) = &self.changes.apart {
            remarks.push(format!("{why}; their figures stand side by side, and no difference is made of them"));
        }
        if let [Some((old, _)), Some((_, new))] = self.changes.times
            && new < old
        {
            remarks.push("NEW was taken before OLD".to_string());
        }
        let (old, new) = (self.old.kinds(), self.new.kinds());
        if !old.is_empty() && !new.is_empty() && !old.iter().any(|kind| new.contains(kind)) {
            let (old, new) = (old.join(", "), new.join(", "));
            remarks.push(format!("OLD has {old}, NEW has {new}: nothing of the one can be compared with the other"));
        }
        remarks
    }
}

impl DiffSide {
    pub fn source_name(&self, source: usize) -> &str {
        self.sources.get(source).map_or("", |source| source.name.as_str())
    }

    /// The kinds of evidence that it has.
    fn kinds(&self) -> Vec<&'static str> {
        let summary = &self.summary;
        let kinds = [
            (self.threads > 0, "threads"),
            (summary.leak_reports > 0, "leak reports"),
            (summary.counters > 0, "counters"),
            (summary.heap_tables > 0, "heap tables"),
        ];
        kinds.into_iter().filter(|(is_there, _)| *is_there).map(|(_, kind)| kind).collect()
    }
}
