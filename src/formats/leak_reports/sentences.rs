//! Sentences that hold figures: DebugDiag's warnings, and what people write of a function.
//!
//! ```text
//! GdiPlus.dll is responsible for 1.17 GBytes worth of outstanding allocations. The following are the top 2 ...
//! GdiPlus!GpMalloc+1e:  9.65 MBytes worth of outstanding allocations.
//! This was detected in w3wp__PID__4312__Date__03_11_2016__Time_10_15_41AM__417__Manual Dump.dmp
//! GdiPlus!GpMemoryBitmap::AllocBitmapData+c2  with 155 allocations takes 1.16GB of memory space
//! ```

use super::figures::{self, Figure, Measure};
use super::titles::{is_dump, is_function, is_module};

#[derive(Debug, PartialEq)]
pub enum Sentence<'t> {
    /// A warning begins with what a module holds.
    Module(&'t str, Figure),
    /// A warning goes on with what a function holds.
    Function(&'t str, Figure),
    /// Of which dump the warning above is.
    Detected(&'t str),
    /// Count and size of a function.
    Takes(&'t str, Figure, Figure),
}

pub fn of(text: &str) -> Option<Sentence<'_>> {
    let text = text.trim();
    if let Some((subject, behind)) = text.split_once(" is responsible for ") {
        let (figure, rest) = figures::size(behind)?;
        let subject = last_cell(subject.strip_suffix(" (a known Windows memory manager)").unwrap_or(subject));
        let fits = rest.starts_with("worth of outstanding allocations") && is_module(subject);
        return fits.then(|| Sentence::Module(without_extension(subject), figure));
    }
    if let Some((before, _)) = text.split_once(" worth of outstanding allocations") {
        let (function, size) = last_cell_pair(before)?;
        let (figure, rest) = figures::size(size)?;
        return (rest.is_empty() && is_function(function)).then_some(Sentence::Function(function, figure));
    }
    if let Some(dump) = text.strip_prefix("This was detected in ") {
        let dump = dump.trim_end_matches('.');
        return is_dump(dump).then_some(Sentence::Detected(dump));
    }
    let (function, behind) = text.split_once(" with ").filter(|(_, behind)| behind.contains(" takes "))?;
    let (measure, count, behind) = figures::count(behind)?;
    let (size, rest) = figures::size(behind.strip_prefix("takes ")?)?;
    let function = function.trim();
    let fits = measure == Measure::Allocations && rest.starts_with("of memory") && is_function(function);
    fits.then_some(Sentence::Takes(function, count, size))
}

/// `svc!C::f+c2:  1.16 GBytes`
fn last_cell_pair(text: &str) -> Option<(&str, &str)> {
    let (function, size) = text.rsplit_once([':', '\t'])?;
    Some((function.trim_end_matches(':').trim(), size.trim()))
}

/// In the table of warnings the words `Warning` or `Error` may stand in a cell before.
fn last_cell(text: &str) -> &str {
    let cell = text.rsplit(['\t']).next().unwrap_or(text);
    cell.rsplit("  ").next().unwrap_or(cell).trim()
}

/// Warnings name the file of a module, the rest of a report the module.
fn without_extension(module: &str) -> &str {
    match module.rsplit_once('.') {
        Some((name, end))
            if ["dll", "exe", "ocx", "sys", "drv"].iter().any(|known| end.eq_ignore_ascii_case(known)) =>
        {
            name
        }
        _ => module,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, want: &str) {
        let got = match of(text) {
            Some(Sentence::Module(name, _)) => format!("module {name}"),
            Some(Sentence::Function(name, _)) => format!("function {name}"),
            Some(Sentence::Detected(dump)) => format!("dump {dump}"),
            Some(Sentence::Takes(name, ..)) => format!("takes {name}"),
            None => String::new(),
        };
        assert_eq!(got, want, "{text}");
    }

    #[test]
    fn sentences() {
        for (text, want) in [
            (
                "GdiPlus.dll is responsible for 1.17 GBytes worth of outstanding allocations. The following",
                "module GdiPlus",
            ),
            ("Warning\tGdiPlus.dll is responsible for 1.17 GB worth of outstanding allocations.", "module GdiPlus"),
            (
                "MSVCRT.dll (a known Windows memory manager) is responsible for 9 MBytes worth of outstanding allocations. \
                 These allocations appear to have originated from the following module(s) and function(s):",
                "module MSVCRT",
            ),
            ("Our team is responsible for 3 GB of logs", ""),
            ("M is responsible for S worth of outstanding allocations.", ""),
            ("svc!C::f+c2:  1.16 GBytes worth of outstanding allocations.", "function svc!C::f+c2"),
            ("about:  1.16 GBytes worth of outstanding allocations.", ""),
            ("This was detected in a b.dmp.", "dump a b.dmp"),
            ("svc!C::f+c2  with 155 allocations takes 1.16GB of memory space", "takes svc!C::f+c2"),
            ("In dump 3 case, the size of memory dump is 3.16GB. Out of which, 2.19GB GdiPlus module allocations", ""),
            ("a server with 4 processors takes 1.16GB of memory", ""),
        ] {
            check(text, want);
        }
    }
}
