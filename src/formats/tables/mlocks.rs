//! `!mlocks` of SOSEX: the locks that threads hold, of every kind.
//!
//! ```text
//! ClrThread  DbgThread  OsThread    LockType    Lock              LockLevel
//! ------------------------------------------------------------------------------
//! 0xaa       -1         0xffffffff  RWLockSlim  0000000160125d70  Writer
//! 0xa6       150        0x11c       thinlock    0000000080270878  (recursion:0)
//! 0x112      53         0x158       SyncBlock   0000000008e22750
//! ```
//!
//! A thread is the runtime's number of it and its id, hexadecimal, and the debugger's index; `-1` and `0xffffffff` stand for
//! one that has ended. The lock is the object of a thin lock or a reader-writer lock, the sync block, or the critical
//! section. `!mwaits` prints the same columns of locks that threads wait for, so only the command tells which of the two it is.

use super::{TableFormat, TableLine, dlk, first_words, is_address, is_hex, is_rule, without_remark, words_are};

pub const FORMAT: TableFormat = TableFormat {
    name: "mlocks",
    commands: &["mlocks"],
    columns: &["clr thread", "thread index", "os id", "kind", "lock", "level"],
    line,
    shows: |_| false,
};

const HEADER: [&str; 6] = ["ClrThread", "DbgThread", "OsThread", "LockType", "Lock", "LockLevel"];

fn line(text: &str) -> Option<TableLine<'_>> {
    let text = text.trim();
    if dlk::is_step(text) || is_rule(text) || words_are(text, &HEADER) {
        return Some(TableLine::Header);
    }
    let ([clr_thread, index, os_id, kind, lock], level) = first_words(text)?;
    let is_id = |word: &str| word.starts_with("0x") && is_hex(word);
    let is_row = is_id(clr_thread) && index.parse::<i32>().is_ok() && is_id(os_id) && is_address(lock);
    is_row.then(|| TableLine::Row(vec![clr_thread, index, os_id, kind, lock, without_remark(level)]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::tables::tests::check;

    #[test]
    fn lines() {
        for (text, want) in [
            ("Scanning for ReaderWriterLock(Slim) instances...", "header"),
            ("ClrThread  DbgThread  OsThread    LockType    Lock              LockLevel", "header"),
            ("------------------------------------------------------------------------------", "header"),
            (
                "0xaa       -1         0xffffffff  RWLockSlim  0000000160125d70  Writer        ",
                "row 0xaa | -1 | 0xffffffff | RWLockSlim | 0000000160125d70 | Writer",
            ),
            (
                "0xa6       150        0x11c       thinlock    0000000080270878  (recursion:0)",
                "row 0xa6 | 150 | 0x11c | thinlock | 0000000080270878 | (recursion:0)",
            ),
            (
                "0x112      53         0x158       SyncBlock   0000000008e22750                ",
                "row 0x112 | 53 | 0x158 | SyncBlock | 0000000008e22750 | ",
            ),
            (
                "0x4        5          0x1a2c      CritSec     00000000774e5360  <-- the printer",
                "row 0x4 | 5 | 0x1a2c | CritSec | 00000000774e5360 | ",
            ),
            ("Could not find symbol ntdll!RtlCriticalSectionList.", "nothing"),
            ("0x4        5          0x1a2c      CritSec", "nothing"),
            ("... a lot of threads ...", "nothing"),
        ] {
            check(&FORMAT, text, want);
        }
    }
}
