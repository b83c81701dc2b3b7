//! Managed debugging assistants: what the debugger's helpers in the runtime say when they see a mistake.
//!
//! ```text
//! Managed Debugging Assistant 'ContextSwitchDeadlock' : 'The CLR has been unable to transition from COM context ...'
//! ContextSwitchDeadlock was detected
//! Message: The CLR has been unable to transition from COM context 0x1a4478 to COM context 0x1a45e8 for 60 seconds.
//! ```
//!
//! The first is what newer versions of Visual Studio write, the others older ones. The names are those of
//! <https://learn.microsoft.com/en-us/dotnet/framework/debug-trace-profile/diagnosing-errors-with-managed-debugging-assistants>.

use memchr::memmem;

/// The assistants that tell of a fault, and how their message begins where people paste it without the name.
const ASSISTANTS: [(&str, &str); 8] = [
    (COLLECTED_DELEGATE, "A callback was made on a garbage collected delegate of type"),
    ("ContextSwitchDeadlock", "The CLR has been unable to transition from COM context"),
    ("LoaderLock", "Attempting managed execution inside OS Loader lock"),
    ("PInvokeStackImbalance", "A call to PInvoke function '"),
    ("FatalExecutionEngineError", "The runtime has encountered a fatal error. The address of the error was at"),
    ("DisconnectedContext", "Transition into COM context 0x"),
    ("RaceOnRCWCleanup", "An attempt has been made to free an RCW that is in use"),
    ("InvalidOverlappedToPinvoke", "An overlapped pointer (0x"),
];

/// The runtime says the same by itself when it ends the process.
pub const COLLECTED_DELEGATE: &str = "CallbackOnCollectedDelegate";

/// What stands before and behind the name in the languages of Visual Studio.
const DETECTED: [(&str, &str); 7] = [
    ("", " was detected"),
    ("", " wurde erkannt"),
    ("", " a été détecté"),
    ("Se detectó ", ""),
    ("Обнаружено ", ""),
    ("检测到", ""),
    ("", "が検出されました"),
];

/// Name of the assistant and its message, where a line has one.
pub fn assistant(trimmed: &str) -> Option<(&'static str, &str)> {
    // The name may be in bold: `**Managed Debugging Assistant 'LoaderLock' :** 'Attempting ...'`.
    let trimmed = without_number(trimmed.trim_matches('`')).trim_start_matches('*');
    let named = trimmed.strip_prefix("Managed Debugging Assistant '").or_else(|| trimmed.strip_prefix("MDA "));
    if let Some(named) = named {
        let named = named.trim_start_matches('\'');
        let (name, _) = ASSISTANTS.iter().find(|(name, _)| named.starts_with(name))?;
        let message = named.split_once(" : '").or_else(|| named.split_once(" :** '"));
        let message = message.map(|(_, message)| message.trim_end_matches(['\'', '.']));
        return Some((name, message.unwrap_or(trimmed)));
    }
    let detected = DETECTED.iter().find_map(|(before, behind)| trimmed.strip_prefix(before)?.strip_suffix(behind));
    if let Some(name) = detected {
        let (name, _) = ASSISTANTS.iter().find(|(known, _)| *known == name.trim())?;
        return Some((name, trimmed));
    }
    // `"**CallbackOnCollectedDelegate**": "A callback was made to ..."`, as people retell it.
    if let Some((name, message)) = trimmed.split_once("\": \"") {
        let name = name.trim_matches(['"', '*']);
        let (name, _) = ASSISTANTS.iter().find(|(known, _)| *known == name)?;
        return Some((name, message.trim_end_matches(['"', '.'])));
    }
    const LABELS: [&str; 5] = ["", "Process terminated.", "Message:", "FailFast:", "Additional information:"];
    // `INFO: proc(54): Output: A callback was made on a garbage collected delegate of type ...`, of a server that builds.
    const OUTPUT: &str = " Output: ";
    let output = memmem::find(trimmed.as_bytes(), OUTPUT.as_bytes());
    let is_log = |before: &str| before.contains("INFO") || before.contains("proc(");
    let output = output.filter(|&at| is_log(&trimmed[..at]));
    let trimmed = output.map_or(trimmed, |at| &trimmed[at + OUTPUT.len()..]);
    let of_label = LABELS.iter().find_map(|label| {
        let message = trimmed.strip_prefix(label)?.trim_start();
        let (name, _) = ASSISTANTS.iter().find(|(_, begin)| message.starts_with(begin))?;
        Some((*name, message))
    });
    of_label.or_else(|| cited(trimmed))
}

/// `The MDA says "The CLR has been unable to transition from COM context ... for 60 seconds."`
fn cited(trimmed: &str) -> Option<(&'static str, &str)> {
    let (_, message) = trimmed.split_once("MDA")?.1.split_once('"')?;
    let (name, _) = ASSISTANTS.iter().find(|(_, begin)| message.starts_with(begin))?;
    Some((name, message.trim_end_matches(['"', '.'])))
}

/// The second of several things that somebody lists: `2) Managed Debugging Assistant ...`.
fn without_number(trimmed: &str) -> &str {
    let rest = trimmed.trim_start_matches(|c: char| c.is_ascii_digit());
    let rest = if rest.len() < trimmed.len() { rest.strip_prefix([')', '.']) } else { None };
    rest.map_or(trimmed, str::trim_start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_assistants_say() {
        for (text, want) in [
            (
                "Managed Debugging Assistant 'ContextSwitchDeadlock' : 'The CLR has been unable to transition.'",
                Some(("ContextSwitchDeadlock", "The CLR has been unable to transition")),
            ),
            (
                "Managed Debugging Assistant 'LoaderLock' has detected a problem in 'C:\\a.exe'.",
                Some(("LoaderLock", "Managed Debugging Assistant 'LoaderLock' has detected a problem in 'C:\\a.exe'.")),
            ),
            (
                "**Managed Debugging Assistant 'LoaderLock' :** 'Attempting managed execution inside OS Loader lock.'",
                Some(("LoaderLock", "Attempting managed execution inside OS Loader lock")),
            ),
            (
                "\"**CallbackOnCollectedDelegate**\": \"A callback was made to a delegate.\"",
                Some(("CallbackOnCollectedDelegate", "A callback was made to a delegate")),
            ),
            ("LoaderLock was detected", Some(("LoaderLock", "LoaderLock was detected"))),
            (
                "2) Managed Debugging Assistant 'LoaderLock' has detected a problem in 'C:\\a.exe'.",
                Some(("LoaderLock", "Managed Debugging Assistant 'LoaderLock' has detected a problem in 'C:\\a.exe'.")),
            ),
            (
                "- Snippet of the MDA: \"The CLR has been unable to transition from COM context to another.\"",
                Some(("ContextSwitchDeadlock", "The CLR has been unable to transition from COM context to another")),
            ),
            (
                "Message: Attempting managed execution inside OS Loader lock. Do not run managed code in a DllMain.",
                Some((
                    "LoaderLock",
                    "Attempting managed execution inside OS Loader lock. Do not run managed code in a DllMain.",
                )),
            ),
            ("A deadlock was detected", None),
            ("Managed Debugging Assistant 'BindingFailure' : 'The assembly failed to load.'", None),
            ("The CLR has been updated", None),
        ] {
            assert_eq!(assistant(text), want, "{text}");
        }
    }
}
