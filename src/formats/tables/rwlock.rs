//! `!rwlock ADDRESS` of SOSEX: who has a reader-writer lock, and who waits for it.
//!
//! ```text
//! WriteLockOwnerThread:             0xaa (DEAD)
//! UpgradableReadLockOwnerThread:    None
//! ReaderCount:                      0
//! ReaderThreadIds:                  None
//! WaitingReaderCount:               3
//! WaitingReaderThreadIds:           0x2e,0x3e,0x2b
//! WaitingWriterCount:               3
//! WaitingWriterThreadIds:           None
//! *This lock's writer lock is orphaned.
//! ```
//!
//! Threads are the runtime's numbers of them, hexadecimal. The lock's address stands in the command alone. What is printed as
//! the count of waiting writers was that of the waiting readers wherever it was seen.

use super::{TableFormat, TableLine, labelled, without_remark};

pub const FORMAT: TableFormat = TableFormat {
    name: "rwlock",
    commands: &["rwlock"],
    columns: &[
        "writer",
        "upgradable reader",
        "reader count",
        "readers",
        "waiting reader count",
        "waiting readers",
        "waiting writer count",
        "waiting writers",
        "waiting upgradable count",
        "waiting upgradables",
        "waiting upgrade count",
        "waiting upgrades",
        "note",
    ],
    line,
    shows: |text| writer(text).is_some(),
};

/// The names printed, and their columns.
const CELLS: [(&str, &str); 11] = [
    ("UpgradableReadLockOwnerThread", "upgradable reader"),
    ("ReaderCount", "reader count"),
    ("ReaderThreadIds", "readers"),
    ("WaitingReaderCount", "waiting reader count"),
    ("WaitingReaderThreadIds", "waiting readers"),
    ("WaitingWriterCount", "waiting writer count"),
    ("WaitingWriterThreadIds", "waiting writers"),
    ("WaitingUpgradableReaderCount", "waiting upgradable count"),
    ("WaitingUpgradableReaderThreadIds", "waiting upgradables"),
    ("WaitingWriterUpgradeCount", "waiting upgrade count"),
    ("WaitingWriterUpgradeThreadIds", "waiting upgrades"),
];

fn line(text: &str) -> Option<TableLine<'_>> {
    if let Some(writer) = writer(text) {
        return Some(TableLine::Row(vec![writer]));
    }
    if text.trim().starts_with("*This lock's ") {
        return Some(TableLine::Cell("note", text.trim()));
    }
    let (name, value) = labelled(text, &[])?;
    let (_, column) = CELLS.iter().find(|(printed, _)| *printed == name)?;
    Some(TableLine::Cell(column, without_remark(value)))
}

/// `0xaa (DEAD)` of the line on the writer, which is the first.
fn writer(text: &str) -> Option<&str> {
    let (_, value) = labelled(text, &["WriteLockOwnerThread"])?;
    Some(without_remark(value)).filter(|value| *value == "None" || value.starts_with("0x"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::tables::tests::check;

    #[test]
    fn lines() {
        for (text, want) in [
            ("WriteLockOwnerThread:             0xaa (DEAD)", "row 0xaa (DEAD)"),
            ("WriteLockOwnerThread:             None", "row None"),
            ("UpgradableReadLockOwnerThread:    0x1f   <-- the printer", "cell upgradable reader = 0x1f"),
            ("ReaderCount:                      0", "cell reader count = 0"),
            ("WaitingReaderThreadIds:           0x2e,0x3e,0x2b", "cell waiting readers = 0x2e,0x3e,0x2b"),
            ("WaitingUpgradableReaderThreadIds: None", "cell waiting upgradables = None"),
            ("*This lock's writer lock is orphaned.", "cell note = *This lock's writer lock is orphaned."),
            ("WriteLockOwnerThread: who writes", "nothing"),
            ("*** WARNING: Unable to verify checksum for System.ni.dll", "nothing"),
            ("Address    ReaderCount   WaitingReaderCount   WriterThread   WaitingWriterCount", "nothing"),
        ] {
            check(&FORMAT, text, want);
        }
    }
}
