//! `!cs`: critical sections in full.
//!
//! ```text
//! -----------------------------------------
//! Critical section   = 0x00403370 (test2+0x3370)
//! DebugInfo          = 0x7c99e9e0
//! LOCKED
//! LockCount          = 0x1
//! WaiterWoken        = No
//! OwningThread       = 0x0000185c
//! RecursionCount     = 0x1
//! LockSemaphore      = 0x2C
//! SpinCount          = 0x00000000
//! ```
//!
//! The text is documented with `!cs`. The owner is a thread's id. The stacks that `-s` and `-o` add are no part of the table.

use super::{TableFormat, TableLine, is_hex, is_rule, labelled};

pub const FORMAT: TableFormat = TableFormat {
    name: "critsec",
    commands: &["cs"],
    columns: &[
        "address",
        "symbol",
        "state",
        "lock count",
        "waiter woken",
        "owner",
        "recursion count",
        "semaphore",
        "spin count",
        "debug info",
    ],
    line,
    shows: |text| text.trim_start().starts_with("Critical section ") && section(text).is_some(),
};

/// The names printed, and their columns.
const CELLS: [(&str, &str); 8] = [
    ("DebugInfo", "debug info"),
    ("LockCount", "lock count"),
    ("WaiterWoken", "waiter woken"),
    ("OwningThread", "owner"),
    ("OwningDbgThread", "owner"),
    ("RecursionCount", "recursion count"),
    ("LockSemaphore", "semaphore"),
    ("SpinCount", "spin count"),
];

fn line(text: &str) -> Option<TableLine<'_>> {
    if is_rule(text) {
        return Some(TableLine::Header);
    }
    match text.trim() {
        state @ ("LOCKED" | "NOT LOCKED" | "NOT INITIALIZED") => Some(TableLine::Cell("state", state)),
        text => section(text).or_else(|| cell(text)),
    }
}

/// `Critical section   = 0x00403370 (test2+0x3370)`
fn section(text: &str) -> Option<TableLine<'_>> {
    let (_, value) = labelled(text, &["Critical section"])?;
    let (address, symbol) = value.split_once(' ').unwrap_or((value, ""));
    let symbol = symbol.trim().trim_start_matches('(').trim_end_matches(')');
    (address.starts_with("0x") && is_hex(address)).then(|| TableLine::Row(vec![address, symbol]))
}

fn cell(text: &str) -> Option<TableLine<'_>> {
    let (name, value) = labelled(text, &[])?;
    let (_, column) = CELLS.iter().find(|(printed, _)| *printed == name)?;
    (!value.is_empty() && !value.contains(' ')).then_some(TableLine::Cell(column, value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::tables::tests::check;

    #[test]
    fn lines() {
        for (text, want) in [
            ("-----------------------------------------", "header"),
            ("Critical section   = 0x00403370 (test2+0x3370)", "row 0x00403370 | test2+0x3370"),
            (
                "Critical section   = 0x00007ffbe3165cc0 (ntdll!LdrpLoaderLock+0x0)",
                "row 0x00007ffbe3165cc0 | ntdll!LdrpLoaderLock+0x0",
            ),
            ("DebugInfo          = 0x7c99e9e0", "cell debug info = 0x7c99e9e0"),
            ("LOCKED", "cell state = LOCKED"),
            ("NOT LOCKED", "cell state = NOT LOCKED"),
            ("LockCount          = 0xFFFFFFFF", "cell lock count = 0xFFFFFFFF"),
            ("OwningThread       = 0x0000113e269a36d0", "cell owner = 0x0000113e269a36d0"),
            ("Stack trace for DebugInfo = 0x7c99e9e0:", "nothing"),
            ("ntdll!RtlpStackTraceDataBase is NULL. Probably the stack traces are not enabled.", "nothing"),
            ("Critical section = what we enter", "nothing"),
        ] {
            check(&FORMAT, text, want);
        }
    }
}
