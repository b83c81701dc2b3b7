//! What the .NET runtime writes to the standard error when it ends the process, and what the event log keeps of it.
//!
//! ```text
//! Unhandled exception. System.NullReferenceException: Object reference not set to an instance of an object.
//! Unhandled Exception: System.IO.IOException: The disk is full.
//! Fatal error. System.AccessViolationException: Attempted to read or write protected memory.
//! Fatal error. Internal CLR error. (0x80131506)
//! Fatal error. 0xC0000005
//! Process terminated. journal is lost
//! Process terminated. A callback was made on a garbage collected delegate of type 'Contoso!Contoso.Sink::Invoke'.
//! Stack overflow.
//! Repeat 16114 times:
//! ```
//!
//! The lines are those of `LogInfoForFatalError` and `DefaultCatchHandler` in dotnet/runtime; with a colon, of .NET
//! Framework and Mono. `at` frames follow. The event log has `Exception Info:` below a description.

use super::assistants::{COLLECTED_DELEGATE, assistant};

/// What such a line says.
#[derive(Debug, PartialEq, Eq)]
pub struct LastWords<'t> {
    /// Cells of exception text: type, message, outer, unhandled, code.
    pub row: Vec<&'t str>,
    /// The same words are prose unless frames follow.
    pub held: bool,
}

/// How the runtime begins what it says, and the words in which it says so.
const UNHANDLED: &str = "Unhandled exception.";

/// COR_E_FAILFAST: the code with which `Environment.FailFast` ends a process.
const FAIL_FAST: &str = "0x80131623";

/// The exception that ends the process, without the types of others that it may wrap.
pub fn last_words(trimmed: &str) -> Option<LastWords<'_>> {
    if let Some(words) = told_by_assistant(trimmed) {
        return Some(words);
    }
    if let Some(words) = told_by_visual_studio(trimmed) {
        return Some(words);
    }
    // Below `Fatal error.`, which is said of it as of any exception.
    if let Some(code) = code_of(trimmed).filter(|code| *code == trimmed && code.starts_with("0xC")) {
        return Some(LastWords { row: vec![code, "", "", "", code], held: true });
    }
    if !trimmed.contains(['.', ':']) || !trimmed.contains("er") {
        return None;
    }
    match trimmed {
        "Stack overflow." => return Some(overflow(trimmed, true)),
        "Process is terminating due to StackOverflowException."
        | "Process is terminated due to StackOverflowException."
        | "Description: The process was terminated due to stack overflow." => return Some(overflow(trimmed, false)),
        _ => {}
    }
    if let Some(message) = trimmed.strip_prefix("Process terminated.") {
        return Some(LastWords { row: vec!["Process terminated", message.trim(), "", "", FAIL_FAST], held: true });
    }
    let at = trimmed.find("Fatal error. ").filter(|&at| may_stand_before(&trimmed[..at]))?;
    let (words, said) = trimmed[at..].split_at("Fatal error.".len());
    Some(fatal(words, said.trim()))
}

/// What an assistant of the debugger says; of a delegate that was collected, the runtime says the same by itself.
fn told_by_assistant(trimmed: &str) -> Option<LastWords<'_>> {
    let (name, message) = assistant(trimmed)?;
    let by_runtime = name == COLLECTED_DELEGATE && message.starts_with("A callback");
    let code = if by_runtime && !trimmed.starts_with("Managed Debugging") { FAIL_FAST } else { "" };
    Some(LastWords { row: vec![name, message, "", "", code], held: false })
}

/// `An unhandled exception of type 'N.OrderException' occurred in Contoso.dll`
fn told_by_visual_studio(trimmed: &str) -> Option<LastWords<'_>> {
    const WORDS: [(&str, &str); 2] =
        [("An unhandled exception of type '", "' occurred in "), ("Ein Ausnahmefehler des Typs \"", "\" ist in ")];
    // The window of Visual Studio, copied: `N.OrderException was unhandled by user code`, and its properties below.
    for (words, unhandled) in [(" was unhandled by user code", ""), (" was unhandled", trimmed), (" occurred", "")] {
        if let Some(name) = trimmed.strip_suffix(words).filter(|name| is_type(name) && name.ends_with("Exception")) {
            return Some(LastWords { row: vec![name, "", "", unhandled], held: false });
        }
    }
    WORDS.iter().find_map(|(begin, behind)| {
        let (name, _) = trimmed.strip_prefix(begin)?.split_once(behind)?;
        is_type(name).then(|| LastWords { row: vec![name, "", "", trimmed], held: false })
    })
}

fn overflow(words: &str, held: bool) -> LastWords<'_> {
    LastWords { row: vec!["System.StackOverflowException", "", "", words], held }
}

/// What stands behind `Fatal error.`
fn fatal<'t>(words: &'t str, said: &'t str) -> LastWords<'t> {
    if let Some(code) = code_of(said) {
        let type_name = match code.trim_start_matches("0x") {
            "80131506" => "System.ExecutionEngineException",
            _ => code,
        };
        let message = if said == code { "" } else { said };
        return LastWords { row: vec![type_name, message, "", words, code], held: false };
    }
    let (name, message) = said.split_once(": ").unwrap_or((said, ""));
    if is_type(name) && name.ends_with("Exception") {
        return LastWords { row: vec![name, message, "", words], held: false };
    }
    LastWords { row: vec!["Fatal error", said, "", words], held: true }
}

/// `Internal CLR error. (0x80131506)`, `0xC0000005`
fn code_of(said: &str) -> Option<&str> {
    let code = match said.strip_suffix(')') {
        Some(open) => open.rsplit_once(" (")?.1,
        None => said,
    };
    let digits = code.strip_prefix("0x")?;
    (digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(code)
}

/// Whether what stands before the type of an exception says that nobody caught it; the words.
pub fn says_unhandled_before(before: &str) -> Option<&str> {
    let before = before.trim_end();
    // `The active test run was aborted. Reason: Test host process crashed : Unhandled exception. ...`
    let before = before.rsplit_once(" process crashed : ").map_or(before, |(_, behind)| behind);
    if before.ends_with("FATAL UNHANDLED EXCEPTION:") || before == "Unhandled Exception:" {
        return Some(before);
    }
    let prefix = before.strip_suffix(UNHANDLED)?;
    may_stand_before(prefix).then(|| &before[prefix.len()..])
}

/// Whether a line says of the exception that the next lines tell of that nobody caught it.
pub fn says_unhandled(trimmed: &str) -> bool {
    let words = trimmed.trim_end_matches('.');
    words == "Description: The process was terminated due to an unhandled exception"
        || words == "Beschreibung: Der Prozess wurde aufgrund einer unbehandelten Ausnahme beendet"
        || words == "An unhandled exception occurred and the process was terminated"
        || words == "Unhandled Exception:"
        || words == "Fatal error"
        || words.ends_with("FATAL UNHANDLED EXCEPTION:")
}

/// `Repeat 16114 times:` above the frames that come back, between two rules of dashes.
pub fn repeats(trimmed: &str) -> Option<u32> {
    let count = trimmed.strip_prefix("Repeated ").or_else(|| trimmed.strip_prefix("Repeat "))?;
    count.strip_suffix(" times:")?.parse().ok()
}

/// Nothing, or the marks with which a log or a build tool begins a line: `[exec]`, `contoso[6907]:`, the time; and
/// with which a page shows one as code.
pub fn may_stand_before(prefix: &str) -> bool {
    let prefix = prefix.trim_end();
    let last = prefix.rsplit(' ').next().unwrap_or(prefix);
    let is_time = last.contains(':') && last.bytes().all(|byte| byte.is_ascii_digit() || b":.,-+TZ".contains(&byte));
    prefix.is_empty() || prefix.ends_with([']', ':', '|', '>', '"', '`']) || is_time
}

fn is_type(name: &str) -> bool {
    name.contains('.') && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._+`".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_the_process() {
        for (text, want) in [
            ("Stack overflow.", "held System.StackOverflowException |  |  | Stack overflow."),
            (
                "Process is terminating due to StackOverflowException.",
                "System.StackOverflowException |  |  | Process is terminating due to StackOverflowException.",
            ),
            (
                "Fatal error. System.AccessViolationException: Attempted to read",
                "System.AccessViolationException | Attempted to read |  | Fatal error.",
            ),
            (
                "[exec] \tFatal error. Internal CLR error. (0x80131506)",
                "System.ExecutionEngineException | Internal CLR error. (0x80131506) |  | Fatal error. | 0x80131506",
            ),
            ("2024-05-01T12:00:00.0003271Z Fatal error. 0xC0000005", "0xC0000005 |  |  | Fatal error. | 0xC0000005"),
            (
                "An unhandled exception of type 'N.OrderException' occurred in N.dll",
                "N.OrderException |  |  | An unhandled exception of type 'N.OrderException' occurred in N.dll",
            ),
            ("An unhandled exception of type 'N.OrderException' was reported", "nothing"),
            ("N.OrderException was unhandled", "N.OrderException |  |  | N.OrderException was unhandled"),
            ("N.OrderException was unhandled by user code", "N.OrderException |  |  | "),
            ("The order was unhandled by user code", "nothing"),
            ("Fatal error. 0xC0000005", "0xC0000005 |  |  | Fatal error. | 0xC0000005"),
            ("0xC0000005", "held 0xC0000005 |  |  |  | 0xC0000005"),
            ("Fatal error. the journal is lost", "held Fatal error | the journal is lost |  | Fatal error."),
            (
                "Process terminated. the journal is lost",
                "held Process terminated | the journal is lost |  |  | 0x80131623",
            ),
            (
                "Process terminated. A callback was made on a garbage collected delegate of type 'N!N.T::Invoke'.",
                "CallbackOnCollectedDelegate | A callback was made on a garbage collected delegate of type \
                 'N!N.T::Invoke'. |  |  | 0x80131623",
            ),
            (
                "Managed Debugging Assistant 'CallbackOnCollectedDelegate' : 'A callback was made.'",
                "CallbackOnCollectedDelegate | A callback was made |  |  | ",
            ),
            ("see: A callback was made on a garbage collected delegate of type x", "nothing"),
            ("It says Fatal error. 0xC0000005", "nothing"),
            ("I asked on Stack overflow.", "nothing"),
            ("The process terminated.", "nothing"),
        ] {
            let got = last_words(text).map_or("nothing".to_string(), |words| {
                format!("{}{}", if words.held { "held " } else { "" }, words.row.join(" | "))
            });
            assert_eq!(got, want, "{text}");
        }
    }

    #[test]
    fn what_nobody_caught() {
        for (before, want) in [
            ("Unhandled exception. ", true),
            ("Sep 07 15:45:49 host contoso[6907]: Unhandled exception. ", true),
            ("2024-05-01 12:00:00,123 Unhandled exception. ", true),
            ("Unhandled Exception: ", true),
            ("[ERROR] FATAL UNHANDLED EXCEPTION: ", true),
            // What a program logs that has caught it.
            ("ERROR Unhandled Exception: ", false),
            ("An unhandled exception: ", false),
            ("We saw an Unhandled exception. ", false),
            ("", false),
        ] {
            assert_eq!(says_unhandled_before(before).is_some(), want, "{before}");
        }
        for (line, want) in [
            ("Description: The process was terminated due to an unhandled exception.", true),
            ("Unhandled Exception:", true),
            ("An unhandled exception has occurred while executing the request.", false),
        ] {
            assert_eq!(says_unhandled(line), want, "{line}");
        }
    }

    #[test]
    fn frames_that_come_back() {
        for (line, want) in [
            ("Repeat 16114 times:", Some(16114)),
            ("Repeated 7 times:", Some(7)),
            ("Repeat it 7 times:", None),
            ("Repeat 7 times", None),
        ] {
            assert_eq!(repeats(line), want, "{line}");
        }
    }
}
