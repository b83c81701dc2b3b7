//! Which leak reports, counters and tables are of one process.

use super::CaseFacts;
use crate::facts::{Process, ProcessCounters, ProcessLeaks, ProcessTables};

/// All that is measured of one process.
pub struct View<'f> {
    pub process: Process,
    pub leaks: Option<&'f ProcessLeaks>,
    pub counters: Option<&'f ProcessCounters>,
    /// Why counters are not those of the process, though there are some.
    pub other_counters: Option<String>,
    pub tables: Option<&'f ProcessTables>,
    /// Why tables are not those of the process, though there are some.
    pub other_tables: Option<&'static str>,
}

/// Leak reports, counters and tables are put together where they can only be of one process.
pub fn views(facts: &CaseFacts) -> Vec<View<'_>> {
    let mut views = Vec::new();
    let mut joined: Vec<usize> = Vec::new();
    for leaks in &facts.leaks {
        let fits = |counters: &&ProcessCounters| counters.process.may_be(&leaks.process);
        let fitting: Vec<&ProcessCounters> = facts.counters.iter().filter(fits).collect();
        let mut view = View { leaks: Some(leaks), ..View::of(&leaks.process) };
        match fitting.as_slice() {
            [only] if facts.leaks.iter().filter(|other| only.process.may_be(&other.process)).count() == 1 => {
                joined.extend(facts.counters.iter().position(|counters| std::ptr::eq(counters, *only)));
                view.counters = Some(only);
            }
            [] if facts.counters.is_empty() => {}
            [] => view.other_counters = Some("the counters are those of other processes".to_string()),
            _ => {
                let said = "which of the counters are those of the process in the leak reports is not said";
                view.other_counters = Some(said.to_string());
            }
        }
        views.push(view);
    }
    for (number, counters) in facts.counters.iter().enumerate() {
        if !joined.contains(&number) {
            views.push(View { counters: Some(counters), ..View::of(&counters.process) });
        }
    }
    add_tables(&mut views, &facts.tables);
    if views.is_empty() {
        views.push(View::of(&Process::default()));
    }
    views
}

/// Tables are put beside what else is measured where both can only be of one process.
fn add_tables<'f>(views: &mut Vec<View<'f>>, all: &'f [ProcessTables]) {
    let measured = views.len();
    for tables in all {
        let fitting: Vec<usize> = (0..measured).filter(|&view| views[view].may_be(&tables.process)).collect();
        match fitting.as_slice() {
            [only] if all.iter().filter(|other| views[*only].may_be(&other.process)).count() == 1 => {
                views[*only].tables = Some(tables);
            }
            _ => views.push(View { tables: Some(tables), ..View::of(&tables.process) }),
        }
    }
    for view in views.iter_mut().filter(|view| view.tables.is_none() && !all.is_empty()) {
        let fits = all.iter().any(|tables| view.may_be(&tables.process));
        view.other_tables = Some(match fits {
            true => "which of the tables are those of this process is not said",
            false => "the tables are those of other processes",
        });
    }
}

impl View<'_> {
    fn of(process: &Process) -> Self {
        View {
            process: process.clone(),
            leaks: None,
            counters: None,
            other_counters: None,
            tables: None,
            other_tables: None,
        }
    }

    fn may_be(&self, process: &Process) -> bool {
        self.process.may_be(process) && self.counters.is_none_or(|counters| counters.process.may_be(process))
    }
}
