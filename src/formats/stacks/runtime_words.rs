//! What the runtimes of C++, Rust and .NET, and the shell that ran them, write of a process that they gave up.
//!
//! ```text
//! terminate called after throwing an instance of 'std::bad_alloc'
//! libc++abi: terminating due to uncaught exception of type std::runtime_error: no such order
//! pure virtual method called
//! R6025
//! Detected memory leaks!
//! thread 'main' panicked at src/orders.rs:12:9:
//! thread 'main' has overflowed its stack
//! ./run.sh: line 4:  4711 Segmentation fault      (core dumped) dotnet Orders.dll
//! You must install or update .NET to run this application.
//! GC heap initialization failed with error 0x8007000E
//! Failed to create CoreCLR, HRESULT: 0x80004005
//! ```
//!
//! The sentences are those of libstdc++'s and libc++abi's terminate handlers, of the C runtime of Visual C++ and its debug
//! heap, of Rust's panic handler, of bash, and of hostfxr, hostpolicy and the collector in dotnet/runtime.

use std::sync::LazyLock;

use super::last_words::may_stand_before;
use crate::formats::marks::Marks;

/// STATUS_STACK_OVERFLOW: Rust's handler says in words what the exception says.
const STACK_OVERFLOW: &str = "0xc00000fd";

const TERMINATE: &str = "C++ terminate";
const PURE_CALL: &str = "Pure virtual call";
const LEAKS: &str = "CRT leaks";
const DOTNET_HOST: &str = ".NET host";

/// Type of the exception text's row, and words that a line has behind nothing but a log's or shell's marks.
const SAID: [(&str, &str); 14] = [
    (TERMINATE, "terminate called after throwing an instance of"),
    (TERMINATE, "terminate called without an active exception"),
    (TERMINATE, "terminate called recursively"),
    (TERMINATE, "terminating due to uncaught exception of type "),
    (TERMINATE, "terminating with uncaught exception of type "),
    (PURE_CALL, "pure virtual method called"),
    (PURE_CALL, "Pure virtual function called!"),
    (PURE_CALL, "R6025"),
    (LEAKS, "Detected memory leaks!"),
    (DOTNET_HOST, "You must install or update .NET to run this application"),
    (DOTNET_HOST, "You must install .NET to run this application"),
    (DOTNET_HOST, "It was not possible to find any compatible framework version"),
    (DOTNET_HOST, "GC heap initialization failed with error 0x"),
    (DOTNET_HOST, "Failed to create CoreCLR, HRESULT: 0x"),
];

const RUST: &str = "thread '";
const SHELL: &str = "Segmentation fault";

static MARKS: LazyLock<Marks> = LazyLock::new(|| Marks::new(SAID.iter().map(|(_, words)| *words).chain([RUST, SHELL])));

/// A row of exception text (type, message, outer, unhandled, code) for what a line says.
pub fn runtime_words(trimmed: &str) -> Option<Vec<&str>> {
    if !MARKS.is_any_in(trimmed) {
        return None;
    }
    rust(trimmed).or_else(|| shell(trimmed)).or_else(|| said(trimmed))
}

fn said(trimmed: &str) -> Option<Vec<&str>> {
    SAID.iter().find_map(|(name, words)| {
        let at = trimmed.find(words)?;
        if !may_stand_before(&trimmed[..at]) {
            return None;
        }
        let message = trimmed[at..].trim_end_matches('`');
        // What goes on is a sentence about it.
        let is_of_type = words.ends_with("of type ") || message.ends_with('\'');
        let is_whole = (*name == TERMINATE && is_of_type) || message.len() <= words.len() + "0x00000000".len();
        let code = message.rfind("0x").map_or("", |at| &message[at..]);
        is_whole.then(|| vec![*name, message, "", "", code])
    })
}

/// `thread 'main' panicked at src/orders.rs:12:9:`, with the number of the thread before `panicked` since 2025; and
/// `thread 'main' has overflowed its stack`.
fn rust(trimmed: &str) -> Option<Vec<&str>> {
    let at = trimmed.find(RUST)?;
    let (name, said) = trimmed[at + RUST.len()..].split_once("' ")?;
    let said = said.strip_prefix('(').and_then(|numbered| numbered.split_once(") ")).map_or(said, |(_, said)| said);
    if name.contains('\'') || !may_stand_before(&trimmed[..at]) {
        return None;
    }
    if said == "has overflowed its stack" {
        return Some(vec!["Rust", &trimmed[at..], "", "", STACK_OVERFLOW]);
    }
    let is_panic = said.starts_with("panicked at ");
    is_panic.then(|| vec!["Rust panic", trimmed[at..].trim_end_matches([':', ' '])])
}

/// `Segmentation fault (core dumped)`, behind the script, its line and the number of the process.
fn shell(trimmed: &str) -> Option<Vec<&str>> {
    let at = trimmed.find(SHELL)?;
    let behind = trimmed[at + SHELL.len()..].trim_start();
    let is_number = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit());
    let number = trimmed[..at].trim_end().rsplit(' ').next().filter(|word| !word.is_empty() && is_number(word));
    let fits = behind.starts_with("(core dumped)") && (number.is_some() || may_stand_before(&trimmed[..at]));
    fits.then(|| vec!["SIGSEGV", &trimmed[at..]])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runtimes_say() {
        for (text, want) in [
            (
                "terminate called after throwing an instance of 'std::bad_alloc'",
                "C++ terminate | terminate called after throwing an instance of 'std::bad_alloc' |  |  | ",
            ),
            (
                "web docker/b60e[29424]: terminate called without an active exception",
                "C++ terminate | terminate called without an active exception |  |  | ",
            ),
            (
                "libc++abi: terminating due to uncaught exception of type std::runtime_error: no such order",
                "C++ terminate | terminating due to uncaught exception of type std::runtime_error: no such order |  |  | ",
            ),
            ("pure virtual method called", "Pure virtual call | pure virtual method called |  |  | "),
            ("R6025", "Pure virtual call | R6025 |  |  | "),
            ("R6025 is what we get, and nobody knows why", "nothing"),
            ("Detected memory leaks!", "CRT leaks | Detected memory leaks! |  |  | "),
            ("The tool says Detected memory leaks!", "nothing"),
            (
                "You must install or update .NET to run this application.",
                ".NET host | You must install or update .NET to run this application. |  |  | ",
            ),
            (
                "GC heap initialization failed with error 0x8007000E",
                ".NET host | GC heap initialization failed with error 0x8007000E |  |  | 0x8007000E",
            ),
            ("# Failed to create CoreCLR, HRESULT: 0x80004005 when we run in Docker", "nothing"),
            (
                "thread 'main' panicked at src/orders.rs:12:9:",
                "Rust panic | thread 'main' panicked at src/orders.rs:12:9",
            ),
            (
                "thread 'main' (4711) panicked at src/orders.rs:12:9:",
                "Rust panic | thread 'main' (4711) panicked at src/orders.rs:12:9",
            ),
            ("the thread 'main' panicked at noon", "nothing"),
            (
                "thread 'main' (29907) has overflowed its stack",
                "Rust | thread 'main' (29907) has overflowed its stack |  |  | 0xc00000fd",
            ),
            ("Segmentation fault (core dumped)", "SIGSEGV | Segmentation fault (core dumped)"),
            (
                "./run.sh: line 4:  4711 Segmentation fault      (core dumped) dotnet Orders.dll",
                "SIGSEGV | Segmentation fault      (core dumped) dotnet Orders.dll",
            ),
            ("I see a Segmentation fault (core dumped)", "nothing"),
            ("Segmentation fault, no core", "nothing"),
        ] {
            let got = runtime_words(text).map_or("nothing".to_string(), |row| row.join(" | "));
            assert_eq!(got, want, "{text}");
        }
    }
}
