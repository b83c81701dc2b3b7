//! Codes with which a process ended, as Visual Studio, Cargo, IIS and Windows' dialogs tell them.
//!
//! ```text
//! The program '[4711] Contoso.exe' has exited with code -1073741819 (0xc0000005) 'Access violation'.
//! error: process didn't exit successfully: `Contoso.exe` (exit code: 0xc0000005, STATUS_ACCESS_VIOLATION)
//! The process id was '2548'. The process exit code was '0xe0434f4d'.
//! The application was unable to start correctly (0xc000007b). Click OK to close the application.
//! The process was terminated due to an internal error in the .NET Runtime at IP 73167E7A with exit code 800703e9.
//! In the event log I get exception 0xc000001d
//! ```

use std::sync::LazyLock;

use super::is_hex;
use crate::formats::marks::Marks;

/// What stands before the code.
const BEFORE: [&str; 10] = [
    "exited with code ",
    "exit code: ",
    "exit code was ",
    "with exit code ",
    "unable to start correctly (",
    "failed to initialize properly (",
    "failed to start correctly (",
    "terminated with code ",
    "exception 0x",
    "exception (code ",
];

static MARKS: LazyLock<Marks> = LazyLock::new(|| Marks::new(BEFORE));

/// Codes that are printed as signed numbers, beside which nobody needs to print them in hexadecimal.
const SIGNED: [(&str, &str); 13] = [
    ("-1073741819", "0xc0000005"),
    ("-1073741818", "0xc0000006"),
    ("-1073741795", "0xc000001d"),
    ("-1073741676", "0xc0000094"),
    ("-1073741571", "0xc00000fd"),
    ("-1073741515", "0xc0000135"),
    ("-1073741502", "0xc0000142"),
    ("-1073740940", "0xc0000374"),
    ("-1073740791", "0xc0000409"),
    ("-532462766", "0xe0434352"),
    ("-532459699", "0xe0434f4d"),
    ("-2146232797", "0x80131623"),
    ("-2147450730", "0x80008096"),
];

/// STATUS_CONTROL_C_EXIT: a process ends so as it should.
const CONTROL_C: &str = "c000013a";

/// HRESULTs with which the runtime and its host end a process. Installers and tools give back others that they were told.
const FATAL: [&str; 6] = ["8013", "800703e9", "8007000e", "80000003", "80000004", "80008"];

/// The code that a line tells; of an error, and with which words.
pub fn exit_code(text: &str) -> Option<[&str; 5]> {
    // Tests of crashes say so.
    if !MARKS.is_any_in(text) || text.contains("as expected") || text.contains("expected by ") {
        return None;
    }
    BEFORE.iter().find_map(|words| {
        let at = text.find(words)?;
        let behind = &text[at + words.trim_end_matches("0x").len()..];
        let behind = behind.trim_start_matches(['\'', '‘', '’', '"', '“', '`']);
        let word = behind.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').next()?;
        // Beside a signed number the other form stands in brackets, as a rule.
        let beside = behind[word.len()..].strip_prefix(" (").and_then(|inside| inside.split(')').next());
        let of_signed = || SIGNED.iter().find(|(signed, _)| *signed == word).map(|(_, code)| *code);
        if behind[word.len()..].starts_with('?') {
            return None;
        }
        let code = beside.filter(|code| is_error(code)).or_else(of_signed).unwrap_or(word);
        let chance = if ends_a_process(code) { "terminated with" } else { "" };
        is_error(code).then_some(["", "", code, code, chance])
    })
}

/// Whether a process that ended with this error was ended by it.
fn ends_a_process(code: &str) -> bool {
    let digits = code.trim_start_matches("0x").to_ascii_lowercase();
    let is_exception = digits.starts_with(['c', 'e']) && digits != CONTROL_C;
    is_exception || FATAL.iter().any(|fatal| digits.starts_with(fatal))
}

/// `0xc0000005`, `800703e9`: eight digits, and an error by the first of them.
fn is_error(code: &str) -> bool {
    let digits = code.strip_prefix("0x").unwrap_or(code);
    digits.len() == 8 && is_hex(digits) && digits.starts_with(['8', 'c', 'C', 'e', 'E'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_processes() {
        for (text, want) in [
            (
                "The program '[4711] Contoso.exe' has exited with code -1073741819 (0xc0000005) 'Access violation'.",
                "0xc0000005",
            ),
            ("The program '[4711] Contoso.exe: Managed' has exited with code 0 (0x0).", ""),
            ("(exit code: 0xc0000005, STATUS_ACCESS_VIOLATION)", "0xc0000005"),
            ("terminated unexpectedly. The process exit code was ‘0xe0434f4d’.", "0xe0434f4d"),
            ("The application was unable to start correctly (0xc0000006). Click OK", "0xc0000006"),
            ("in the .NET Runtime at IP 73167E7A (72EB68A0) with exit code 800703e9.", "800703e9"),
            ("I also get exception 0xc000001d (Illegal Instruction)", "0xc000001d"),
            ("A fatal exception (code 0xc0000005) occurred. The process is terminating.", "0xc0000005"),
            ("has exited with code -1073741701 (0xc000007b).", "0xc000007b"),
            ("exited with code 0xc0000005 (as expected by the test)", ""),
            ("exited with code 0xc0000005, expected 0", "0xc0000005"),
            ("exited with code 12345678", ""),
            ("exited with code 1", ""),
        ] {
            assert_eq!(exit_code(text).map_or("", |[_, _, _, code, _]| code), want, "{text}");
        }
    }

    #[test]
    fn codes_that_end_a_process() {
        for (code, want) in [
            ("0xc0000005", true),
            ("0xE0434352", true),
            ("800703e9", true),
            ("0x80131623", true),
            ("0x80008096", true),
            ("0xc000013a", false),
            // An installer's.
            ("0x80070643", false),
        ] {
            assert_eq!(ends_a_process(code), want, "{code}");
        }
    }
}
