//! `!cs`: critical sections in full; and `dt`, which prints one as the structure that it is.
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
//!
//! ```text
//! 0:001> dt ntdll!_RTL_CRITICAL_SECTION 00446dc8
//!    +0x000 DebugInfo        : 0x77fc4240 _RTL_CRITICAL_SECTION_DEBUG
//!    +0x004 LockCount        : 0n-6
//!    +0x008 RecursionCount   : 0n1
//!    +0x00c OwningThread     : 0x000005dc Void
//!    +0x010 LockSemaphore    : (null)
//!    +0x014 SpinCount        : 0
//! ```
//!
//! Its address stands in the command alone. A section inside another structure stands farther to the right, and is not read:
//! its address is another one.

//!
//! `!mex.cs` prints a section a line, and says where no thread has the number of the owner:
//!
//! ```text
//! Name                Critical Section Debug Info       State  Lock Count Waiter Woken
//! =================== ================ ================ ====== ========== ============ ======
//! Orders!g_listLock   00007ff7a1d05ac0 00007ffc0f9d3220 Locked          1 No           1b2c - Warning!!! ThreadID is not valid
//! ```

use super::{TableFormat, TableLine, first_words, is_hex, is_rule, labelled};

pub const FORMAT: TableFormat = TableFormat {
    name: "critsec",
    commands: &["cs", "dt"],
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
        "remark",
    ],
    line,
    shows: |text| {
        text.trim_start().starts_with("Critical section ") && section(text).is_some() || of_mex(text).is_some()
    },
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

/// Where the fields of the structure lie, with 32 and with 64 bits.
const FIELDS: [(&str, [&str; 2]); 6] = [
    ("DebugInfo", ["+0x000", "+0x000"]),
    ("LockCount", ["+0x004", "+0x008"]),
    ("RecursionCount", ["+0x008", "+0x00c"]),
    ("OwningThread", ["+0x00c", "+0x010"]),
    ("LockSemaphore", ["+0x010", "+0x018"]),
    ("SpinCount", ["+0x014", "+0x020"]),
];

fn line(text: &str) -> Option<TableLine<'_>> {
    if text.starts_with("   +0x") {
        return field(text);
    }
    if is_rule(text) {
        return Some(TableLine::Header);
    }
    match text.trim() {
        state @ ("LOCKED" | "NOT LOCKED" | "NOT INITIALIZED") => Some(TableLine::Cell("state", state)),
        text => section(text).or_else(|| cell(text)).or_else(|| of_mex(text)),
    }
}

/// A row of `!mex.cs`.
fn of_mex(text: &str) -> Option<TableLine<'_>> {
    let ([symbol, address, debug_info, "Locked", waiters, woken @ ("No" | "Yes"), owner], remark) = first_words(text)?
    else {
        return None;
    };
    let fits = [address, debug_info, owner].iter().all(|word| is_hex(word)) && waiters.parse::<u32>().is_ok();
    let remark = remark.trim_start_matches(['-', ' ']);
    fits.then(|| TableLine::Row(vec![address, symbol, "Locked", waiters, woken, owner, "", "", "", debug_info, remark]))
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

/// `   +0x00c OwningThread     : 0x000005dc Void`; of a type without an address `Ptr32 Void` stands there.
fn field(text: &str) -> Option<TableLine<'_>> {
    let ([offset, name, ":", value], _) = first_words(text)? else { return None };
    let (_, offsets) = FIELDS.iter().find(|(field, _)| *field == name)?;
    let digits = value.strip_prefix("0n").unwrap_or(value).trim_start_matches('-');
    if !offsets.contains(&offset) || value != "(null)" && !is_hex(digits) {
        return None;
    }
    let (_, column) = CELLS.iter().find(|(printed, _)| *printed == name)?;
    Some(match name {
        "DebugInfo" => TableLine::Row(vec!["", "", "", "", "", "", "", "", "", value]),
        _ => TableLine::Cell(column, value),
    })
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
            (
                "Orders!g_listLock 00007ff7a1d05ac0 00007ffc0f9d3220 Locked          1 No           1b2c - Warning!!! ThreadID is not valid",
                "row 00007ff7a1d05ac0 | Orders!g_listLock | Locked | 1 | No | 1b2c |  |  |  | 00007ffc0f9d3220 | Warning!!! ThreadID is not valid",
            ),
            ("   +0x000 DebugInfo        : 0x77fc4240 ", "row  |  |  |  |  |  |  |  |  | 0x77fc4240"),
            ("   +0x004 LockCount        : 1", "cell lock count = 1"),
            ("   +0x008 LockCount        : 0n-6", "cell lock count = 0n-6"),
            ("   +0x004 LockCount        : -30", "cell lock count = -30"),
            ("   +0x00c OwningThread     : 0x000005dc ", "cell owner = 0x000005dc"),
            ("   +0x010 OwningThread     : 0x00000000`00002aa0 Void", "cell owner = 0x00000000`00002aa0"),
            ("   +0x010 LockSemaphore    : (null) ", "cell semaphore = (null)"),
            ("   +0x014 SpinCount        : 0x20007d0", "cell spin count = 0x20007d0"),
            // A type without an address, memory that cannot be read, other structures, and sections inside of them.
            ("   +0x000 DebugInfo        : Ptr64 _RTL_CRITICAL_SECTION_DEBUG", "nothing"),
            ("   +0x008 LockCount        : Int4B", "nothing"),
            ("   +0x00c OwningThread     : ???? ", "nothing"),
            ("   +0x000 Type             : 0", "nothing"),
            ("   +0x01c OwningThread     : 0x000005dc ", "nothing"),
            ("      +0x00c OwningThread     : 0x000005dc ", "nothing"),
        ] {
            check(&FORMAT, text, want);
        }
    }
}
