//! A report while it is read: statements in the order of the text, put together at its end.
//!
//! One figure may be printed in a graph, in a table and in a warning, each rounded in its own way. The most exact one is
//! kept, and where two cannot both be true a note says so.

use std::collections::HashMap;

use super::figures::{Figure, Measure, Separators};
use crate::model::{Amount, LeakFigure, LeakOwner, LeakOwnerKind, LeakReport, dump_name, file_name};

/// Of what a figure is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Of {
    Total(Total),
    /// An owner by its place in the draft.
    Owner(usize, Measure),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Total {
    Allocations,
    Handles,
    Size,
    Tracking,
}

#[derive(Debug)]
struct Statement {
    of: Of,
    line: u32,
    figure: Figure,
}

/// A warning of DebugDiag's summary. It stands before the reports, and may name the dump that it is about.
#[derive(Debug, Default)]
pub struct Warning {
    pub dump: Option<String>,
    pub figures: Vec<(LeakOwnerKind, String, u32, Figure)>,
}

/// One report being read.
#[derive(Debug, Default)]
pub struct Draft {
    line: u32,
    pub dump: Option<String>,
    image: Option<String>,
    process_id: Option<(u32, u64)>,
    statements: Vec<Statement>,
    owners: Vec<LeakOwner>,
    /// Owners by kind, the part of the report they stand in, and name.
    known: HashMap<(LeakOwnerKind, String, String), usize>,
    /// Warnings that came before it.
    pub warnings_before: usize,
}

/// A finished report, and what is odd about it, by line.
pub struct Finished {
    pub report: LeakReport,
    pub doubts: Vec<(u32, String)>,
}

impl Draft {
    pub fn new(line: u32, dump: Option<String>, warnings_before: usize) -> Self {
        Draft { line, dump, warnings_before, ..Draft::default() }
    }

    pub fn has_figures(&self) -> bool {
        !self.statements.is_empty()
    }

    /// Whether it has another figure of this than this one; where it has the same and nothing else, a line is doubled.
    pub fn begins_again(&self, total: Total, figure: &Figure) -> bool {
        let of = Of::Total(total);
        let others = self.statements.iter().any(|statement| statement.of != of);
        self.statements.iter().any(|known| known.of == of && (others || known.figure != *figure))
    }

    pub fn state(&mut self, of: Of, line: u32, figure: Figure) {
        self.statements.push(Statement { of, line, figure });
    }

    /// The owner of this name in this part of the report, which is new when it is not known.
    pub fn owner(&mut self, kind: LeakOwnerKind, part: &str, module: Option<&str>, name: &str, line: u32) -> usize {
        let key = (kind, part.to_string(), name.to_ascii_lowercase());
        if let Some(&at) = self.known.get(&key) {
            return at;
        }
        let module = module.map(str::to_string);
        let owner = LeakOwner {
            kind,
            module,
            name: name.to_string(),
            line,
            count: None,
            size: None,
            handles: None,
            probability: None,
            allocated: None,
        };
        self.owners.push(owner);
        self.known.insert(key, self.owners.len() - 1);
        self.owners.len() - 1
    }

    pub fn allocated(&mut self, owner: usize, what: &str) {
        if let Some(owner) = self.owners.get_mut(owner) {
            owner.allocated.get_or_insert_with(|| what.to_string());
        }
    }

    pub fn image(&mut self, path: &str) {
        self.image.get_or_insert_with(|| file_name(path).to_string());
    }

    pub fn process_id(&mut self, line: u32, id: u64) {
        self.process_id.get_or_insert((line, id));
    }

    pub fn has_image(&self, path: &str) -> bool {
        self.image.as_deref() == Some(file_name(path))
    }

    pub fn has_process_id(&self, id: u64) -> bool {
        self.process_id.is_some_and(|(_, known)| known == id)
    }

    /// Takes over the figures of a warning.
    pub fn warn(&mut self, warning: Warning) {
        for (kind, name, line, figure) in warning.figures {
            let module = module_of(kind, &name).map(str::to_string);
            let owner = self.owner(kind, "", module.as_deref(), &name, line);
            self.owners[owner].line = self.owners[owner].line.min(line);
            self.state(Of::Owner(owner, Measure::Size), line, figure);
        }
    }

    /// The report; `None` when no figure of it can be told.
    pub fn finish(mut self) -> Option<Finished> {
        self.statements.sort_by_key(|statement| statement.line);
        let mut separators = Separators::default();
        for statement in &self.statements {
            separators.learn(&statement.figure);
        }
        let mut doubts = Vec::new();
        let mut untold = (0, 0);
        let mut best: HashMap<Of, LeakFigure> = HashMap::default();
        for Statement { of, line, figure } in &self.statements {
            let Some(amount) = separators.amount(figure) else {
                untold = (untold.0 + 1, if untold.0 == 0 { *line } else { untold.1 });
                continue;
            };
            let here = LeakFigure { line: *line, amount };
            let Some(known) = best.get_mut(of) else {
                best.insert(*of, here);
                continue;
            };
            if !agree(known.amount, amount) {
                doubts.push((*line, self.disagreement(*of, *known, here)));
            } else if amount.error < known.amount.error {
                *known = here;
            }
        }
        if untold.0 > 0 {
            let figures = if untold.0 == 1 { "1 figure".to_string() } else { format!("{} figures", untold.0) };
            let message = "of this leak report could not be told: a separator may stand for decimals or thousands";
            doubts.push((untold.1, format!("{figures} {message}")));
        }
        let total = |total| best.get(&Of::Total(total)).copied();
        let named = dump_name(self.dump.as_deref().unwrap_or_default());
        if let (Some((line, printed)), Some(by_name)) = (self.process_id, named.process_id)
            && printed != by_name
        {
            doubts.push((line, format!("the process id is {printed}, but {by_name} in the name of the dump")));
        }
        let report = LeakReport {
            line: self.line,
            process: self.image.or(named.process),
            process_id: self.process_id.map(|(_, id)| id).or(named.process_id),
            dump: self.dump,
            taken: named.taken,
            tracking: total(Total::Tracking),
            allocations: total(Total::Allocations),
            handles: total(Total::Handles),
            size: total(Total::Size),
            owners: owners(self.owners, &best),
        };
        (!best.is_empty()).then_some(Finished { report, doubts })
    }

    fn disagreement(&self, of: Of, known: LeakFigure, here: LeakFigure) -> String {
        let what = match of {
            Of::Total(Total::Allocations) => "the number of allocations".to_string(),
            Of::Total(Total::Handles) => "the number of handles".to_string(),
            Of::Total(Total::Size) => "the size of all allocations".to_string(),
            Of::Total(Total::Tracking) => "the tracking duration".to_string(),
            Of::Owner(owner, measure) => {
                let measure = match measure {
                    Measure::Allocations => "allocations",
                    Measure::Handles => "handles",
                    Measure::Size => "bytes",
                    Measure::Probability => "leak probability",
                };
                format!("{measure} of {}", self.owners[owner].name)
            }
        };
        let (kept, other) = (known.amount.value, here.amount.value);
        format!("{what}: {other} here, but {kept} in line {}, which is kept", known.line)
    }
}

/// The owners that have figures, in the order of the text.
fn owners(drafted: Vec<LeakOwner>, best: &HashMap<Of, LeakFigure>) -> Vec<LeakOwner> {
    let with_figures = drafted.into_iter().enumerate().map(|(at, owner)| {
        let figure = |measure| best.get(&Of::Owner(at, measure)).copied();
        LeakOwner {
            count: figure(Measure::Allocations),
            size: figure(Measure::Size),
            handles: figure(Measure::Handles),
            probability: figure(Measure::Probability),
            ..owner
        }
    });
    let any = |owner: &LeakOwner| owner.count.or(owner.size).or(owner.handles).or(owner.probability).is_some();
    let mut owners: Vec<LeakOwner> = with_figures.filter(any).collect();
    owners.sort_by_key(|owner| owner.line);
    owners
}

/// Whether two figures can both be true.
fn agree(one: Amount, other: Amount) -> bool {
    // What is left of rounding in binary is no disagreement.
    let slack = 1e-9 * one.value.abs().max(1.0);
    one.lowest() <= other.highest() + slack && other.lowest() <= one.highest() + slack
}

/// The module that the name of a function begins with.
pub fn module_of(kind: LeakOwnerKind, name: &str) -> Option<&str> {
    if kind != LeakOwnerKind::Function || name.starts_with("0x") {
        return None;
    }
    name.split_once('!').or_else(|| name.rsplit_once('+')).map(|(module, _)| module)
}
