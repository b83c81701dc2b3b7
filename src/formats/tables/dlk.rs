//! `!dlk` of SOSEX: deadlocks between threads.
//!
//! ```text
//! Examining SyncBlocks...
//! *DEADLOCK DETECTED*
//! CLR thread 0x5 holds the lock on SyncBlock 000002306e5b3ab8 OBJ:000002300000edb0[System.Object]
//! ...and is waiting for the lock on SyncBlock 000002306e5b3b08 OBJ:000002300000ed78[System.Object]
//! CLR Thread 0x5 is waiting at System.Threading.Monitor.Enter(System.Object, Boolean ByRef)(+0xf Native)
//!
//! 1 deadlock detected.
//! ```
//!
//! The thread is the runtime's number of it, hexadecimal. A thread has a row for what it holds, and another for where it
//! waits.

use super::{TableFormat, TableLine, first_words, is_count, is_hex};

pub const FORMAT: TableFormat = TableFormat {
    name: "dlk",
    commands: &["dlk"],
    columns: &["thread", "holds", "waits for", "waits at"],
    line,
    shows,
};

fn line(text: &str) -> Option<TableLine<'_>> {
    let text = text.trim();
    if let Some(waits_for) = text.strip_prefix("...and is waiting ") {
        let waits_for = waits_for.strip_prefix("for ").or_else(|| waits_for.strip_prefix("on "))?;
        return Some(TableLine::Cell("waits for", waits_for));
    }
    if is_title(text) {
        return Some(TableLine::Header);
    }
    thread(text).or_else(|| total(text))
}

fn thread(text: &str) -> Option<TableLine<'_>> {
    let ([_, thread, number, verb], behind) = first_words(text)?;
    if !thread.eq_ignore_ascii_case("thread") || !is_hex(number) {
        return None;
    }
    match (verb, behind.strip_prefix("waiting at ")) {
        ("holds", _) => Some(TableLine::Row(vec![number, behind])),
        ("is", Some(place)) => Some(TableLine::Row(vec![number, "", "", place])),
        _ => None,
    }
}

/// `1 deadlock detected.`, `No deadlocks detected.`
fn total(text: &str) -> Option<TableLine<'_>> {
    let ([count, deadlocks, "detected."], "") = first_words(text)? else { return None };
    let fits = deadlocks.starts_with("deadlock") && (is_count(count) || count == "No");
    fits.then_some(TableLine::Field("deadlocks", count))
}

fn is_title(text: &str) -> bool {
    is_alarm(text) || is_step(text)
}

/// `Examining SyncBlocks...`: what the commands of SOSEX say while they look for locks.
pub fn is_step(text: &str) -> bool {
    ["Examining ", "Scanning for "].iter().any(|start| text.starts_with(start)) && text.ends_with("...")
}

fn is_alarm(text: &str) -> bool {
    matches!(text, "*DEADLOCK DETECTED*" | "Deadlock detected:")
}

fn shows(text: &str) -> bool {
    let text = text.trim();
    is_alarm(text) || text.starts_with("CLR thread 0x") && text.contains(" holds ") && thread(text).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::tables::tests::check;

    #[test]
    fn lines() {
        for (text, want) in [
            ("Scanning for threads waiting on SyncBlocks...", "header"),
            ("*DEADLOCK DETECTED*", "header"),
            (
                "CLR thread 0x1 holds the lock on SyncBlock 011e59b0 OBJ:02e93410[System.Object]",
                "row 0x1 | the lock on SyncBlock 011e59b0 OBJ:02e93410[System.Object]",
            ),
            ("...and is waiting on CriticalSection 01216a58", "cell waits for = CriticalSection 01216a58"),
            ("CLR thread 0x3 holds CriticalSection 01216a58", "row 0x3 | CriticalSection 01216a58"),
            (
                "...and is waiting for the lock on SyncBlock 011e59b0 OBJ:02e93410[System.Object]",
                "cell waits for = the lock on SyncBlock 011e59b0 OBJ:02e93410[System.Object]",
            ),
            (
                "CLR Thread 0x3 is waiting at System.Threading.Monitor.Enter(System.Object)(+0x17 Native)",
                "row 0x3 |  |  | System.Threading.Monitor.Enter(System.Object)(+0x17 Native)",
            ),
            (
                "CLR thread 0x1f holds the Writer lock on ReaderWriterLockSlim 000000008003fbb8",
                "row 0x1f | the Writer lock on ReaderWriterLockSlim 000000008003fbb8",
            ),
            (
                "...and is waiting for a Reader lock on ReaderWriterLockSlim 000000008003fbb8",
                "cell waits for = a Reader lock on ReaderWriterLockSlim 000000008003fbb8",
            ),
            ("1 deadlock detected.", "field deadlocks = 1"),
            ("the CLR thread holds a lock", "nothing"),
        ] {
            check(&FORMAT, text, want);
        }
    }
}
