//! `!locks`: critical sections that are held (user mode), and executive resources (kernel mode).
//!
//! ```text
//! CritSec w3svc!g_pWamDictator+a0 at 68C2C298
//! LockCount          0
//! OwningThread       d1
//! *** Locked
//! Scanned 1234 critical sections
//!
//! **** DUMP OF ALL RESOURCE OBJECTS ****
//! Resource @ nt!CmpRegistryLock (0x80478dc0)    Shared 1 owning threads
//!     Contention Count = 27
//!     Threads: ff688da0-01<*>
//!     Threads Waiting On Exclusive Access:
//!               8104fda0       812a1020
//! 7855 total locks, 3 locks currently held
//! ```
//!
//! The text is documented with `!ntsdexts.locks` and `!kdext*.locks`. The owner is a thread's id, hexadecimal; threads of
//! the kernel are addresses, `<*>` marks an owner.

use super::{TableFormat, TableLine, first_words, is_address, is_count, is_hex, is_rule, without_remark};

pub const FORMAT: TableFormat = TableFormat {
    name: "locks",
    commands: &["locks"],
    columns: &[
        "lock",
        "address",
        "state",
        "lock count",
        "recursion count",
        "owner",
        "entry count",
        "contention count",
        "waiter woken",
        "spin count",
        "semaphore",
        "threads",
        "waiting",
    ],
    line,
    shows: begins,
};

/// The names printed, and their columns.
const CELLS: [(&str, &str); 11] = [
    ("LockCount", "lock count"),
    ("RecursionCount", "recursion count"),
    ("OwningThread", "owner"),
    ("EntryCount", "entry count"),
    ("ContentionCount", "contention count"),
    ("Contention Count =", "contention count"),
    ("WaiterWoken", "waiter woken"),
    ("SpinCount", "spin count"),
    ("LockSemaphore", "semaphore"),
    ("NumberOfSharedWaiters =", "waiting"),
    ("NumberOfExclusiveWaiters =", "waiting"),
];

fn line(text: &str) -> Option<TableLine<'_>> {
    let text = text.trim();
    if is_title(text) || is_rule(text) || text.starts_with("KD: Scanning") || text.starts_with("Threads Waiting On") {
        return Some(TableLine::Header);
    }
    if text.trim_start_matches(['*', ' ']) == "Locked" {
        return Some(TableLine::Cell("state", "Locked"));
    }
    critical_section(text).or_else(|| resource(text)).or_else(|| cell(text)).or_else(|| total(text))
}

fn critical_section(text: &str) -> Option<TableLine<'_>> {
    let (["CritSec"], behind) = first_words(text)? else { return None };
    let (lock, address) = behind.rsplit_once(" at ")?;
    (!lock.contains(' ') && is_hex(address)).then(|| TableLine::Row(vec![lock, address]))
}

/// `Resource @ 0x80e97620    Shared 4 owning threads`
fn resource(text: &str) -> Option<TableLine<'_>> {
    let (["Resource", "@", lock], behind) = first_words(text)? else { return None };
    let (address, state) = match behind.split_once(')') {
        Some((address, state)) if address.starts_with('(') => (&address[1..], state.trim()),
        _ => ("", behind),
    };
    let (lock, address) = if is_address(lock) { ("", lock) } else { (lock, address) };
    is_address(address).then(|| TableLine::Row(vec![lock, address, state]))
}

fn cell(text: &str) -> Option<TableLine<'_>> {
    if let Some(threads) = text.strip_prefix("Threads:") {
        return Some(TableLine::Cell("threads", threads.trim()));
    }
    for (name, column) in CELLS {
        if let Some(value) = text.strip_prefix(name)
            && value.starts_with(char::is_whitespace)
            && let value = without_remark(value.trim())
            && !value.contains(' ')
        {
            return Some(TableLine::Cell(column, value));
        }
    }
    // The threads below `Threads Waiting On Exclusive Access:`.
    text.split_whitespace().all(is_address).then_some(TableLine::Cell("waiting", text))
}

fn total(text: &str) -> Option<TableLine<'_>> {
    let scanned = text.strip_prefix("Scanned ").filter(|rest| rest.ends_with("critical sections"));
    if let Some(rest) = scanned {
        return Some(TableLine::Field("Scanned", rest));
    }
    let ([count, "total"], _) = first_words(text)? else { return None };
    (is_count(count) && text.contains("locks")).then_some(TableLine::Field("locks", text))
}

fn is_title(text: &str) -> bool {
    text.trim_matches(['*', ' ']) == "DUMP OF ALL RESOURCE OBJECTS"
}

fn begins(text: &str) -> bool {
    let text = text.trim();
    match text.as_bytes().first() {
        Some(b'C') => critical_section(text).is_some(),
        Some(b'R') => text.contains("own") && resource(text).is_some(),
        Some(b'*') => is_title(text),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::tables::tests::check;

    #[test]
    fn lines() {
        for (text, want) in [
            ("CritSec w3svc!g_pWamDictator+a0 at 68C2C298", "row w3svc!g_pWamDictator+a0 | 68C2C298"),
            ("CritSec ntdll!LdrpLoaderLock+0 at 00007ffb`be31d080", "row ntdll!LdrpLoaderLock+0 | 00007ffb`be31d080"),
            ("LockCount          0", "cell lock count = 0"),
            ("WaiterWoken        No", "cell waiter woken = No"),
            ("OwningThread       d1", "cell owner = d1"),
            ("OwningThread       7e0c  // the printer", "cell owner = 7e0c"),
            ("OwningThread       7e0c <---- here", "cell owner = 7e0c"),
            ("*** Locked", "cell state = Locked"),
            ("Scanned 1234 critical sections", "field Scanned = 1234 critical sections"),
            ("**** DUMP OF ALL RESOURCE OBJECTS ****", "header"),
            (
                "Resource @ nt!CmpRegistryLock (0x80478dc0)    Exclusively owned",
                "row nt!CmpRegistryLock | 0x80478dc0 | Exclusively owned",
            ),
            ("Resource @ 0x80e97620    Shared 4 owning threads", "row  | 0x80e97620 | Shared 4 owning threads"),
            ("    Contention Count = 27", "cell contention count = 27"),
            ("     Threads: ff688da0-01<*> ff687da0-01<*> ", "cell threads = ff688da0-01<*> ff687da0-01<*>"),
            ("              8104fda0       812a1020", "cell waiting = 8104fda0       812a1020"),
            ("7855 total locks, 3 locks currently held", "field locks = 7855 total locks, 3 locks currently held"),
            ("CritSec x is at fault", "nothing"),
            ("OwningThread is a column", "nothing"),
            ("words of prose", "nothing"),
        ] {
            check(&FORMAT, text, want);
        }
    }
}
