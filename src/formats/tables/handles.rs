//! `!handle`: the handles of a process, each with what its flags ask for, and the number of each type.
//!
//! ```text
//! Handle 0000000000000010
//!   Type          Event
//!   Attributes    0
//!   GrantedAccess 0x1f0003:
//!          Delete,ReadControl,WriteDac,WriteOwner,Synch
//!   HandleCount   2
//!   PointerCount  65537
//!   Name          <none>
//!   Object Specific Information
//!     Event Type Auto Reset
//! 377 Handles
//! Type            Count
//! Event           74
//! ```
//!
//! The text is documented with `!handle`. What is specific to a type stands in lines of prose, such as
//! `Mutant Owner 1a2c.1f40`: they are the cell `specific`. Counts of types are fields.

use super::{TableFormat, TableLine, first_words, is_count, is_hex, words_are};

pub const FORMAT: TableFormat = TableFormat {
    name: "handles",
    commands: &["handle"],
    columns: &["handle", "type", "attributes", "granted access", "handle count", "pointer count", "name", "specific"],
    line,
    shows,
};

/// The names printed, and their columns.
const CELLS: [(&str, &str); 6] = [
    ("Type", "type"),
    ("Attributes", "attributes"),
    ("GrantedAccess", "granted access"),
    ("HandleCount", "handle count"),
    ("PointerCount", "pointer count"),
    ("Name", "name"),
];

/// How lines begin that are specific to a type.
const SPECIFIC: [&str; 14] = [
    "Event",
    "Mutant",
    "Semaphore",
    "Timer",
    "Process",
    "Parent",
    "Thread",
    "Key",
    "Base",
    "Priority",
    "Start",
    "Exit",
    "Section",
    "Job",
];

fn line(text: &str) -> Option<TableLine<'_>> {
    if words_are(text, &["Type", "Count"]) || text.trim() == "Object Specific Information" {
        return Some(TableLine::Header);
    }
    handle(text).or_else(|| cell(text)).or_else(|| count(text))
}

fn handle(text: &str) -> Option<TableLine<'_>> {
    match first_words(text)? {
        (["Handle", handle], "") if is_hex(handle) => Some(TableLine::Row(vec![handle])),
        ([count, "Handles"], "") if is_count(count) => Some(TableLine::Field("Handles", count)),
        _ => None,
    }
}

fn cell(text: &str) -> Option<TableLine<'_>> {
    let ([name], value) = first_words(text)?;
    if let Some((_, column)) = CELLS.iter().find(|(printed, _)| *printed == name) {
        return Some(TableLine::Cell(column, value));
    }
    // `Delete,ReadControl,WriteDac`: what the bits of the access mean.
    let rights = name.contains(',') && !name.ends_with(',') && value.is_empty();
    let rights = rights && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b',');
    if rights {
        return Some(TableLine::Cell("granted access", name));
    }
    let specific = value.contains(' ') && SPECIFIC.contains(&name);
    let none = text.trim() == "No object specific information available";
    let specific = specific || none || matches!(first_words(value), Some((["Id" | "Count" | "Owner" | "Class"], _)));
    specific.then(|| TableLine::Cell("specific", text.trim()))
}

/// `Event          74`, `ALPC Port      9`
fn count(text: &str) -> Option<TableLine<'_>> {
    let (name, count) = text.trim().rsplit_once(char::is_whitespace)?;
    let name = name.trim_end();
    let words = name.split_whitespace().count();
    let fits = words <= 2 && name.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b' ') && is_count(count);
    fits.then_some(TableLine::Field(name, count))
}

/// The tool pads handles; prose does not.
fn shows(text: &str) -> bool {
    let is_total = matches!(first_words(text), Some(([count, "Handles"], "")) if is_count(count));
    is_total
        || matches!(first_words(text), Some((["Handle", handle], ""))
        if matches!(handle.len(), 8 | 16 | 17) && handle.starts_with("0000") && is_hex(handle))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::tables::tests::check;

    #[test]
    fn lines() {
        for (text, want) in [
            ("Handle 0000000000000010", "row 0000000000000010"),
            ("Handle 4", "row 4"),
            ("  Type         \tALPC Port", "cell type = ALPC Port"),
            ("  GrantedAccess\t0x1f0003:", "cell granted access = 0x1f0003:"),
            (
                "         Delete,ReadControl,WriteDac,WriteOwner,Synch",
                "cell granted access = Delete,ReadControl,WriteDac,WriteOwner,Synch",
            ),
            ("  PointerCount \t65537", "cell pointer count = 65537"),
            ("  Name         \t\\BaseNamedObjects\\a b", "cell name = \\BaseNamedObjects\\a b"),
            ("  Object Specific Information", "header"),
            ("    Event Type Auto Reset", "cell specific = Event Type Auto Reset"),
            ("    Mutant Owner 1a2c.1f40", "cell specific = Mutant Owner 1a2c.1f40"),
            ("    Semaphore Count 0", "cell specific = Semaphore Count 0"),
            ("377 Handles", "field Handles = 377"),
            ("Type           \tCount", "header"),
            ("Event          \t74", "field Event = 74"),
            ("ALPC Port      \t9", "field ALPC Port = 9"),
            ("Handle with care", "nothing"),
            ("words of prose, and more of them", "nothing"),
        ] {
            check(&FORMAT, text, want);
        }
        assert!(!shows("Handle 12345678"));
    }
}
