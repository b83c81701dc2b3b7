//! What the debugger says about itself between its output: symbol warnings, module loads, dots of progress.
//!
//! Such lines stand inside a stack without ending it, since the engine loads symbols while it prints.

/// Whether a line (trimmed) is such a message.
pub fn is_debugger_message(line: &str) -> bool {
    const STARTS: &[&str] = &[
        "***",
        "WARNING:",
        "ERROR:",
        "DBGHELP:",
        "SYMSRV:",
        "DBGENG:",
        "ModLoad:",
        "Loading symbols for",
        "No .natvis files",
        "Unable to load image",
        "Unable to verify",
        "Unable to add extension",
        "Symbol search path",
        "Executable search path",
        "Opened log file",
        "Closing open log file",
        "quit:",
        "Couldn't resolve",
        "Page ",
        "Use !analyze",
    ];
    // The first letters of the texts below.
    if !line.starts_with(['*', '.', 'W', 'E', 'D', 'S', 'M', 'L', 'N', 'U', 'O', 'C', 'q', 'P']) {
        return false;
    }
    let dots = line.bytes().all(|byte| byte == b'.');
    dots || STARTS.iter().any(|start| line.starts_with(start))
}

/// Whether a line stands for frames that someone cut out: `[...]`, `<snip>`.
pub fn is_cut_mark(line: &str) -> bool {
    if says_cut(line) {
        return true;
    }
    if line == "+..." {
        return true;
    }
    let inner = line.trim_matches(['[', ']', '<', '>', '(', ')', '{', '}', '-', '=', '*', ' ']);
    let bracketed = inner.len() < line.len();
    match inner.to_ascii_lowercase().as_str() {
        "snip" | "snipped" | "cut" | "frames removed" | "frames omitted" | "omitted" => true,
        "..." | "\u{2026}" | "...." => bracketed || inner == "\u{2026}",
        _ => false,
    }
}

/// Whether a line is dots alone. The engine prints them while it loads symbols; where no engine speaks, somebody left frames
/// out.
pub fn is_dots(line: &str) -> bool {
    matches!(line, "..." | "....")
}

/// `... removed 6k lines duplicated`, `....... omitted .......`, `** The rest of the stack is omitted **`
fn says_cut(line: &str) -> bool {
    let marked = line.starts_with(['.', '[', '<', '*', '(', '\u{2026}', '-']);
    let words = ["omitted", "removed", "skipped", "snipped", "truncated", "elided"];
    marked && line.len() <= 80 && words.iter().any(|word| line.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_and_cut_marks() {
        for (line, message, cut) in [
            ("*** WARNING: Unable to verify checksum for svc.exe", true, false),
            ("......", true, false),
            ("+...", false, true),
            ("[...]", false, true),
            ("<snip>", false, true),
            ("--- snip ---", false, true),
            ("... removed 6k lines duplicated", false, true),
            ("....... omitted .......", false, true),
            ("The feature was removed", false, false),
            ("Observation (from callstack above)", false, false),
        ] {
            assert_eq!((is_debugger_message(line), is_cut_mark(line)), (message, cut), "{line}");
        }
    }
}
