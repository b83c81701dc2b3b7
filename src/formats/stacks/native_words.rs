//! What Windows, the C runtime and glibc write of a process in trouble, where no debugger tells of an exception.
//!
//! ```text
//! *** Error in `dotnet': double free or corruption (out): 0x0000000001e0d3b0 ***
//! Assertion failed: count > 0, file orders.cpp, line 12
//! Expression: _CrtIsValidHeapPointer(block)
//! HEAP[Contoso.exe]: Heap block at 05CC5DB0 modified at 05CC604C past requested size of 294
//! HEAP CORRUPTION DETECTED: after Normal block (#42) at 0x004B6F50.
//! The following threads in w3wp.DMP are enumerating a System.Collections.Generic.Dictionary object
//! Windows successfully diagnosed a low virtual memory condition. The following programs consumed ...
//! 29050 potential unreachable blocks were detected.
//! ```
//!
//! The sentences are those of `malloc.c`, of `assert` and the debug heap of the C runtime, of
//! ntdll's heap under a debugger, of event 2004, of `!heap -l` and of the analysis that DebugDiag prints.

use std::sync::LazyLock;

use super::last_words::may_stand_before;
use crate::formats::marks::Marks;

/// STATUS_HEAP_CORRUPTION: what ntdll raises where no debugger is told.
const HEAP_CORRUPTION: &str = "0xc0000374";

/// ERROR_COMMITMENT_LIMIT, where a program that is not .NET prints it.
const PAGING_FILE: &str = "The paging file is too small for this operation to complete";

/// What the filter of kernel32 tells a debugger where a cookie on the stack was overwritten.
const OVERRUN: &str = "STATUS_STACK_BUFFER_OVERRUN encountered";

/// `!heap -l` finds some blocks in any process: pointers to them are encoded, or point to their middle.
const FEW_BLOCKS: u64 = 100;

/// What glibc says of its heap and of a stack, and what must follow where the words alone could be of something else.
const GLIBC: [(&str, &[&str]); 10] = [
    ("double free or corruption (", &[]),
    ("free(): ", &["invalid ", "double free detected", "corrupted "]),
    (
        "malloc(): ",
        &["memory corruption", "invalid ", "corrupted ", "unsorted ", "unaligned ", "mismatching ", "smallbin"],
    ),
    ("realloc(): ", &["invalid "]),
    ("malloc_consolidate(): ", &["invalid ", "unaligned "]),
    ("munmap_chunk(): invalid pointer", &[]),
    ("corrupted size vs. prev_size", &[]),
    ("corrupted double-linked list", &[]),
    ("invalid fastbin entry (free)", &[]),
    ("*** stack smashing detected ***", &[]),
];

/// How the debug runtime of C and C++ asks whether a block is its own, and whether an index or iterator is in range.
const RUNTIME_EXPRESSIONS: [&str; 22] = [
    "__acrt_first_block == header",
    "_pFirstBlock == pHead",
    "_CrtIsValidHeapPointer(",
    "_BLOCK_TYPE_IS_VALID(",
    "is_block_type_valid(",
    "vector subscript out of range",
    "string subscript out of range",
    "deque subscript out of range",
    "vector iterator not dereferenc",
    "vector iterators incompatible",
    "list iterator not ",
    "map/set iterator not ",
    "cannot seek vector iterator",
    "invalid operator<",
    "invalid comparator",
    "front() called on empty",
    "back() called on empty",
    "cannot dereference ",
    "cannot increment ",
    "cannot decrement ",
    "can't dereference ",
    "can't increment ",
];

/// What the others say, by the word that is in each of their sentences.
const OTHERS: [&str; 16] = [
    "Assertion `",
    "Assertion failed: ",
    "Check failed: ",
    "Debug Assertion Failed!",
    "Expression: ",
    "HEAP",
    "potential unreachable blocks",
    "Critical error detected",
    "Invalid address specified to Rtl",
    "low virtual memory condition",
    PAGING_FILE,
    OVERRUN,
    "Run-Time Check Failure",
    "AddressSanitizer: ",
    "The following threads in ",
    "Detected ",
];

static MARKS: LazyLock<Marks> = LazyLock::new(|| Marks::new(GLIBC.iter().map(|(words, _)| *words).chain(OTHERS)));

/// A row of exception text (type, message, outer, unhandled, code) for what a line says.
pub fn native_words(trimmed: &str) -> Option<Vec<&str>> {
    if !MARKS.is_any_in(trimmed) {
        return None;
    }
    glibc(trimmed)
        .or_else(|| assertion(trimmed))
        .or_else(|| heap(trimmed))
        .or_else(|| shortage(trimmed))
        .or_else(|| debugdiag(trimmed))
        .or_else(|| checked(trimmed))
}

fn glibc(trimmed: &str) -> Option<Vec<&str>> {
    GLIBC.iter().find_map(|(words, behind)| {
        let at = trimmed.find(words)?;
        let rest = &trimmed[at + words.len()..];
        let before = trimmed[..at].trim_end();
        // Sentences about it go on.
        const OF_PROSE: [&str; 6] = [" is ", " was ", " when ", " what ", " from ", " comes "];
        let apart = may_stand_before(before) && !OF_PROSE.iter().any(|word| rest.contains(word));
        let fits = behind.is_empty() || behind.iter().any(|word| rest.starts_with(word));
        let message = trimmed[at..].trim_end_matches([' ', '*', '`', '"']);
        let message = if words.starts_with('*') { "stack smashing detected" } else { message };
        (apart && fits).then(|| vec!["glibc", message])
    })
}

fn assertion(trimmed: &str) -> Option<Vec<&str>> {
    // `contoso: orders.c:12: take: Assertion `count > 0' failed.`
    let of_glibc = || {
        let (place, said) = trimmed.split_once(": Assertion `")?;
        (said.trim_end_matches('.').ends_with("' failed") && place.contains(':')).then_some(trimmed)
    };
    // ZeroMQ has a form of its own: `Assertion failed: ok (src/mailbox.cpp:99)`.
    let has_place = |said: &str| said.contains(", line ") || said.ends_with(')') && said.contains(".cpp:");
    let of_windows = || trimmed.strip_prefix("Assertion failed: ").filter(|said| has_place(said));
    // `[0204/140114.330:FATAL:journal.cc(52)] Check failed: count > 0`: Chromium's log, and glog's: `F0204 14:01:14.3 7 a.cc:52] ...`
    let of_chromium = || {
        let (before, _) = trimmed.split_once("] Check failed: ")?;
        let is_fatal = before.contains(":FATAL:") || before.starts_with("F0") || before.starts_with("F1");
        is_fatal.then(|| &trimmed[before.len() + "] ".len()..])
    };
    let of_dialog = || {
        let expression = trimmed.strip_prefix("Expression: ")?;
        let expression = expression.trim_start_matches(['"', '(']);
        RUNTIME_EXPRESSIONS.iter().any(|known| expression.starts_with(known)).then_some(expression)
    };
    // The head of the dialog; what was asserted is in a line below, and has its message.
    let of_head = || (trimmed == "Debug Assertion Failed!").then_some("");
    let message = of_windows().or_else(of_chromium).or_else(of_dialog).or_else(of_glibc).or_else(of_head)?;
    Some(vec!["Assertion failed", message])
}

/// What the heap of Windows tells a debugger, and the C runtime its output window.
fn heap(trimmed: &str) -> Option<Vec<&str>> {
    if let Some(said) = trimmed.strip_prefix("HEAP CORRUPTION DETECTED: ") {
        return Some(vec!["HEAP", said, "", "", HEAP_CORRUPTION]);
    }
    if let Some(count) = trimmed.strip_suffix(" potential unreachable blocks were detected.") {
        let count: u64 = count.parse().ok()?;
        return Some(vec![
            if count < FEW_BLOCKS { "A few unreachable heap blocks" } else { "Unreachable heap blocks" },
            trimmed,
        ]);
    }
    // ntdll, before it raises the exception.
    if trimmed == "Critical error detected c0000374" {
        return Some(vec!["HEAP", trimmed, "", "", HEAP_CORRUPTION]);
    }
    // gdb sets its own word before each line that the process sends to its debugger.
    let trimmed = trimmed.strip_prefix("warning: ").unwrap_or(trimmed);
    if trimmed.starts_with("Invalid address specified to Rtl") {
        return Some(vec!["HEAP", trimmed, "", "", HEAP_CORRUPTION]);
    }
    let said = match trimmed.strip_prefix("HEAP[") {
        Some(named) => named.split_once("]: ")?.1,
        None => trimmed.strip_prefix("HEAP: ")?,
    };
    let said = said.strip_prefix("HEAP: ").unwrap_or(said);
    let is_damage = ["modified at", "Invalid ", "invalid ", "missing last entry", "corrupt", "overlap"];
    is_damage.iter().any(|word| said.contains(word)).then(|| vec!["HEAP", said, "", "", HEAP_CORRUPTION])
}

/// Event 2004 of Windows: the commit limit of the machine is reached; and what a program says that is refused memory then.
fn shortage(trimmed: &str) -> Option<Vec<&str>> {
    if let Some(at) = trimmed.find(PAGING_FILE).filter(|_| trimmed.contains("1455")) {
        return Some(vec!["Error 1455", &trimmed[at..]]);
    }
    let at = trimmed.find("Windows successfully diagnosed a low virtual memory condition. The following programs")?;
    Some(vec!["Resource-Exhaustion-Detector", &trimmed[at..]])
}

/// What code that was compiled with checks says: `/GS` and `/RTC` of Visual C++, AddressSanitizer.
fn checked(trimmed: &str) -> Option<Vec<&str>> {
    if trimmed == OVERRUN {
        return Some(vec!["Stack buffer overrun", trimmed, "", "", "0xc0000409"]);
    }
    if let Some(at) = trimmed.find("Run-Time Check Failure #") {
        return Some(vec!["Run-Time Check", &trimmed[at..]]);
    }
    // LeakSanitizer sums up so too.
    let summary = trimmed.strip_prefix("SUMMARY: AddressSanitizer: ").filter(|said| !said.contains(" leaked in "));
    if let Some(summary) = summary {
        return Some(vec!["AddressSanitizer", summary]);
    }
    let at = trimmed.find("ERROR: AddressSanitizer: ")?;
    trimmed.starts_with("==").then(|| vec!["AddressSanitizer", &trimmed[at + "ERROR: AddressSanitizer: ".len()..]])
}

/// What DebugDiag's analysis of crashes and hangs says first of what it found.
fn debugdiag(trimmed: &str) -> Option<Vec<&str>> {
    const SENTENCES: [&str; 6] = [
        " are enumerating a System.Collections.Generic.Dictionary object",
        " are waiting to enter a .NET Lock",
        " are waiting on a critical section",
        "Detected possible blocking or leaked critical section at ",
        "Detected a serious critical section related problem in ",
        "Detected a possible critical section related problem in ",
    ];
    let said = trimmed.trim_start_matches(['*', ' ']);
    let begins = said.starts_with("The following threads in ") || said.starts_with("Detected ");
    let fits = begins && SENTENCES.iter().any(|sentence| said.contains(sentence));
    fits.then(|| vec!["DebugDiag", said.trim_end_matches(['*', ':', ' '])])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_native_code_says() {
        for (text, want) in [
            (
                "*** Error in `dotnet': double free or corruption (out): 0x0000000001e0d3b0 ***",
                "glibc | double free or corruption (out): 0x0000000001e0d3b0",
            ),
            ("Test host process crashed : free(): invalid pointer", "glibc | free(): invalid pointer"),
            ("*** stack smashing detected ***: terminated", "glibc | stack smashing detected"),
            ("malloc(): it is called here", "nothing"),
            ("free(): invalid pointer is what glibc prints", "nothing"),
            ("I read of double free or corruption (out) somewhere", "nothing"),
            (
                "Assertion failed: count > 0, file orders.cpp, line 12",
                "Assertion failed | count > 0, file orders.cpp, line 12",
            ),
            (
                "contoso: orders.c:12: take: Assertion `count > 0' failed.",
                "Assertion failed | contoso: orders.c:12: take: Assertion `count > 0' failed.",
            ),
            ("Debug Assertion Failed!", "Assertion failed | "),
            (
                "Assertion failed: Connection reset by peer (../src/orders.cpp:357)",
                "Assertion failed | Connection reset by peer (../src/orders.cpp:357)",
            ),
            (
                "[0204/140114.330:FATAL:orders.cc(52)] Check failed: count > 0.",
                "Assertion failed | Check failed: count > 0.",
            ),
            ("[0204/140114.330:ERROR:orders.cc(52)] Check failed: count > 0.", "nothing"),
            (
                "The paging file is too small for this operation to complete. (os error 1455)",
                "Error 1455 | The paging file is too small for this operation to complete. (os error 1455)",
            ),
            (
                "STATUS_STACK_BUFFER_OVERRUN encountered",
                "Stack buffer overrun | STATUS_STACK_BUFFER_OVERRUN encountered |  |  | 0xc0000409",
            ),
            ("Expression: __acrt_first_block == header", "Assertion failed | __acrt_first_block == header"),
            ("Expression: order => order.Id == 4", "nothing"),
            (
                "HEAP[Contoso.exe]: HEAP: Free Heap block 5cc5db0 modified at 5cc604c after it was freed",
                "HEAP | Free Heap block 5cc5db0 modified at 5cc604c after it was freed |  |  | 0xc0000374",
            ),
            (
                "**The following threads in w3wp.DMP are enumerating a System.Collections.Generic.Dictionary object**:",
                "DebugDiag | The following threads in w3wp.DMP are enumerating a System.Collections.Generic.Dictionary object",
            ),
            ("The following threads in w3wp.DMP are fine", "nothing"),
            (
                "==4711==ERROR: AddressSanitizer: heap-use-after-free on address 0x602000000010 at pc 0x4",
                "AddressSanitizer | heap-use-after-free on address 0x602000000010 at pc 0x4",
            ),
            (
                "Run-Time Check Failure #2 - Stack around the variable 'buf' was corrupted.",
                "Run-Time Check | Run-Time Check Failure #2 - Stack around the variable 'buf' was corrupted.",
            ),
            (
                "warning: Invalid address specified to RtlFreeHeap( 00000000035b0000, 00000000034a88b0 )",
                "HEAP | Invalid address specified to RtlFreeHeap( 00000000035b0000, 00000000034a88b0 ) |  |  | 0xc0000374",
            ),
            ("HEAP[Contoso.exe]: heap is walked", "nothing"),
            (
                "HEAP CORRUPTION DETECTED: after Normal block (#42) at 0x004B6F50.",
                "HEAP | after Normal block (#42) at 0x004B6F50. |  |  | 0xc0000374",
            ),
            (
                "12 potential unreachable blocks were detected.",
                "A few unreachable heap blocks | 12 potential unreachable blocks were detected.",
            ),
            (
                "29050 potential unreachable blocks were detected.",
                "Unreachable heap blocks | 29050 potential unreachable blocks were detected.",
            ),
        ] {
            let got = native_words(text).map_or("nothing".to_string(), |row| row.join(" | "));
            assert_eq!(got, want, "{text}");
        }
    }
}
