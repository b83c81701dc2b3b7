//! `!threads`, `!clrthreads` of SOS: the managed threads.
//!
//! ```text
//! ThreadCount:      9
//! DeadThread:       0
//!                                                                                                         Lock
//!        ID OSID ThreadOBJ           State GC Mode     GC Alloc Context                  Domain           Count Apt Exception
//!    2    2  104 000000000032e400    2b220 Preemptive  0000000000000000:0000000000000000 00000000002f7720 0     MTA (Finalizer)
//! XXXX    5    0 000000000034cce0  1039820 Preemptive  0000000000000000:0000000000000000 00000000002f7720 0     Ukn
//! ```
//!
//! The row is that of `PrintThreadsFromThreadStore` in SOS's `strike.cpp`. `XXXX` stands for a dead thread, `<<<<` for a
//! fiber. SOS 2.0 says `Enabled` and `Disabled` of preemptive GC; the exception's address was in parentheses there.
//! dotnet-dump's own `threads` prints `*0 0x1A2C (6700)`, the native threads.

use super::{TableFormat, TableLine, first_words, is_address, is_count, is_hex, labelled, words_are};

pub const FORMAT: TableFormat = TableFormat {
    name: "clrthreads",
    commands: &["threads", "clrthreads"],
    columns: &[
        "index",
        "id",
        "os id",
        "object",
        "state",
        "gc mode",
        "alloc context",
        "domain",
        "lock count",
        "apartment",
        "kind",
        "exception",
    ],
    line,
    shows,
};

const COUNTS: [&str; 6] =
    ["ThreadCount", "UnstartedThread", "BackgroundThread", "PendingThread", "DeadThread", "Hosted Runtime"];

const GC_MODES: [&str; 4] = ["Preemptive", "Cooperative", "Enabled", "Disabled"];

/// What `-special` says a thread is for.
const SPECIAL: [&str; 10] = [
    "DbgHelper",
    "GC",
    "Finalizer",
    "ShutdownHelper",
    "ADUnloadHelper",
    "SuspendEE",
    "ThreadpoolWorker",
    "Gate",
    "Timer",
    "Wait",
];

fn line(text: &str) -> Option<TableLine<'_>> {
    if let Some((name, value)) = labelled(text, &COUNTS) {
        return Some(TableLine::Field(name, value));
    }
    if is_header(text) {
        return Some(TableLine::Header);
    }
    managed_thread(text).or_else(|| native_thread(text)).or_else(|| special_thread(text))
}

fn managed_thread(text: &str) -> Option<TableLine<'_>> {
    let (words, behind) = first_words::<10>(text)?;
    let [index, id, os_id, object, state, mode, context, domain, lock_count, apartment] = words;
    let numbers = [id, os_id, state, domain].into_iter().all(is_hex) && is_address(object);
    if !numbers || !GC_MODES.contains(&mode) || !context.contains(':') {
        return None;
    }
    let index = match index {
        "XXXX" | "<<<<" => "",
        number if is_count(number) => number,
        _ => return None,
    };
    let (kind, exception) = kind_and_exception(behind);
    let cells = [index, id, os_id, object, state, mode, context, domain, lock_count, apartment, kind, exception];
    Some(TableLine::Row(cells.to_vec()))
}

/// `(Threadpool Worker) System.Exception 00000000027e5750 (nested exceptions)`: either part may be missing.
fn kind_and_exception(text: &str) -> (&str, &str) {
    let mut exception = text;
    while exception.starts_with('(')
        && !exception.starts_with("(nested")
        && let Some(end) = exception.find(')')
    {
        exception = exception[end + 1..].trim_start();
    }
    (text[..text.len() - exception.len()].trim_end(), exception)
}

/// `*0 0x1A2C (6700)`
fn native_thread(text: &str) -> Option<TableLine<'_>> {
    let ([index, os_id, decimal], "") = first_words(text.trim_start().trim_start_matches(['*', '>']))? else {
        return None;
    };
    let decimal = decimal.strip_prefix('(')?.strip_suffix(')')?;
    let fits = is_count(index) && os_id.starts_with("0x") && is_hex(os_id) && is_count(decimal);
    fits.then(|| TableLine::Row(vec![index, "", os_id]))
}

/// `        2  104 Finalizer`, below `OSID Special thread type`.
fn special_thread(text: &str) -> Option<TableLine<'_>> {
    let ([index, os_id], kinds) = first_words(text)?;
    let known = !kinds.is_empty() && kinds.split_whitespace().all(|kind| SPECIAL.contains(&kind));
    let fits = known && is_hex(os_id) && (is_count(index) || index == "XXXX");
    fits.then_some(TableLine::Field(kinds, os_id))
}

/// The columns' names; `Lock` and, in SOS 2.0, `PreEmptive GC Alloc` stand in a line above the others.
fn is_header(text: &str) -> bool {
    names_columns(text)
        || words_are(text, &["Lock"])
        || words_are(text, &["PreEmptive", "GC", "Alloc", "Lock"])
        || words_are(text, &["OSID", "Special", "thread", "type"])
}

fn names_columns(text: &str) -> bool {
    text.contains("OSID") && text.contains("ThreadOBJ") && text.split_whitespace().any(|word| word == "ID")
}

fn shows(text: &str) -> bool {
    names_columns(text) || labelled(text, &COUNTS[..1]).is_some_and(|(_, count)| is_count(count))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::tables::tests::check;

    #[test]
    fn lines() {
        for (text, want) in [
            ("ThreadCount:      9", "field ThreadCount = 9"),
            ("Hosted Runtime:   no", "field Hosted Runtime = no"),
            ("                                      PreEmptive   GC Alloc           Lock", "header"),
            ("       ID OSID ThreadOBJ    State     GC       Context       Domain   Count APT Exception", "header"),
            (
                "   3    3  10c 0000000000334610  102a220 Preemptive  00000000027E9C88:00000000027E9FD0 \
                 00000000002f7720 0     MTA (Threadpool Worker) ",
                "row 3 | 3 | 10c | 0000000000334610 | 102a220 | Preemptive | 00000000027E9C88:00000000027E9FD0 | \
                 00000000002f7720 | 0 | MTA | (Threadpool Worker) | ",
            ),
            (
                "XXXX    8    0 001d9b98   200b220 Enabled  00000000:00000000 00159e30     1 Ukn (Threadpool Worker) \
                 Contoso.Failed (0279c1d4) (nested exceptions)",
                "row  | 8 | 0 | 001d9b98 | 200b220 | Enabled | 00000000:00000000 | 00159e30 | 1 | Ukn | \
                 (Threadpool Worker) | Contoso.Failed (0279c1d4) (nested exceptions)",
            ),
            ("*0 0x1A2C (6700)", "row 0 |  | 0x1A2C"),
            ("        2  104 Finalizer ", "field Finalizer = 104"),
            ("words of prose: a (b) c", "nothing"),
            ("OS Thread Id: 0x24 (0)", "nothing"),
        ] {
            check(&FORMAT, text, want);
        }
    }
}
