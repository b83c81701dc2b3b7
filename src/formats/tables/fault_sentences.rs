//! What a tool or a dialog says of a fault in one sentence: Visual Studio, lldb on Windows, Application Verifier, and the
//! dialogs of a program that ended, as the event log (source Application Popup) and people copy them.
//!
//! ```text
//! Unhandled exception at 0x00007FF8BF2F4FD9 (KernelBase.dll) in app.exe: 0xC0000005: Access violation reading ...
//! Exception 0xc0000005 encountered at address 0x7ff8f7eb49f6: Access violation writing location 0x00000024
//! VERIFIER STOP 0000000000000900: pid 0x19F0: A heap allocation was leaked.
//! APPLICATION_VERIFIER_DANGEROUS_TERMINATE_THREAD_CALL (100)
//! Application popup: ledger.exe - System Error : A new guard page for the stack cannot be created.
//! The instruction at 0x77d3f4a1 referenced memory at 0x00000010. The memory could not be read.
//! The exception unknown software exception (0xc0000409) occurred in the application at location 0x7d61002d.
//! ```

use super::fault_reports::ENDED;
use super::{is_code, is_hex};

/// The words for which Windows has a code, as its message table writes them.
const WORDS: [(&str, &str); 2] =
    [("A new guard page for the stack cannot be created", "c00000fd"), ("A heap has been corrupted", "c0000374")];

/// What Visual Studio tells without the code, and the code.
const WITHOUT_CODE: [(&str, &str); 2] =
    [("Microsoft C++ exception: ", "e06d7363"), ("RangeChecks instrumentation code ", "c0000409")];

/// Process, thread, event, code and chance of a sentence.
pub fn fault_sentence(text: &str) -> Option<[&str; 5]> {
    let text = text.trim();
    visual_studio(text)
        .or_else(|| popup(text))
        .or_else(|| instruction(text))
        .or_else(|| occurred(text))
        .or_else(|| encountered(text))
        .or_else(|| verifier_stop(text))
        .or_else(|| verifier_name(text))
}

/// `Unhandled exception at 0x00007FF8BF2F4FD9 (KernelBase.dll) in app.exe: 0xC0000005: Access violation reading ...`
fn visual_studio(text: &str) -> Option<[&str; 5]> {
    let (before, _) = text.split_once(" at 0x")?;
    let chance = ["Unhandled exception", "Exception thrown", "First-chance exception"].into_iter().find(|chance| {
        // At the beginning, or cited.
        let apart = before.strip_suffix(chance);
        apart.is_some_and(|apart| {
            apart.trim_start().is_empty() || apart.ends_with(['`', '"', '“']) || apart.ends_with("=> ")
        })
    })?;
    let text = text[before.len()..].trim_end_matches(['`', '"', '”', ' ']);
    for (words, code) in WITHOUT_CODE {
        let Some(at) = text.find(words).filter(|&at| text[..at].ends_with(": ")) else { continue };
        let event = text[at..].split(". ").next().unwrap_or_default();
        return Some(["", "", event.trim_end_matches('.'), code, chance]);
    }
    let code_at = text.find(": 0x")? + ": ".len();
    let (code, event) = text[code_at..].split_once(": ")?;
    is_code(code).then(|| ["", "", event.trim().trim_end_matches('.'), code, chance])
}

/// The words behind the dialog's title.
fn popup(text: &str) -> Option<[&str; 5]> {
    // The event log puts its own columns before it.
    let (_, said) = text.split_once("Application popup: ")?;
    let (_, said) = said.split_once(" : ")?;
    if let Some(row) = instruction(said).or_else(|| occurred(said)) {
        return Some(row);
    }
    let (words, code) = WORDS.iter().find(|(words, _)| said.starts_with(words))?;
    Some(["", "", &said[..words.len()], code, ENDED])
}

/// The operand may stand in quotes: `The instruction at "0x77d3f4a1" referenced memory at "0x00000010".`
fn instruction(text: &str) -> Option<[&str; 5]> {
    let (address, behind) = text.strip_prefix("The instruction at ")?.split_once(" referenced memory at ")?;
    let is_address = |word: &str| word.trim_matches(['"', '.']).strip_prefix("0x").is_some_and(is_hex);
    let fits = is_address(address) && is_address(behind.split_whitespace().next()?);
    fits.then_some(["", "", "The memory could not be accessed", "c0000005", ENDED])
}

fn occurred(text: &str) -> Option<[&str; 5]> {
    let (exception, _) =
        text.strip_prefix("The exception ")?.split_once(" occurred in the application at location ")?;
    let (name, code) = exception.strip_suffix(')')?.rsplit_once('(')?;
    code.strip_prefix("0x").is_some_and(is_hex).then_some(["", "", name.trim(), code, ENDED])
}

/// `Exception 0xc0000005 encountered at address 0x7ff8f7eb49f6: Access violation writing location 0x00000024`: lldb on
/// Windows, which stops where an exception is thrown, handled or not.
fn encountered(text: &str) -> Option<[&str; 5]> {
    let (_, said) = text.split_once("Exception 0x")?;
    let (code, said) = said.split_once(" encountered at address 0x")?;
    let (address, said) = said.split_once(": ")?;
    (is_code(code) && is_hex(address)).then_some(["", "", said.trim(), code, "Exception thrown"])
}

/// `VERIFIER STOP 0000000000000900: pid 0x19F0: A heap allocation was leaked.`: Application Verifier, by the number of its stop.
fn verifier_stop(text: &str) -> Option<[&str; 5]> {
    let (number, said) = text.trim().strip_prefix("VERIFIER STOP ")?.split_once(": pid 0x")?;
    let (process, _) = said.split_once(':')?;
    let is_stop = is_hex(number) && is_hex(process.trim());
    is_stop.then_some([process.trim(), "", "VERIFIER STOP", "", ""])
}

/// A stop by its name, as `!analyze` writes it.
fn verifier_name(text: &str) -> Option<[&str; 5]> {
    let (name, number) = text.strip_suffix(')')?.split_once(" (")?;
    let is_name = |byte: u8| byte.is_ascii_uppercase() || byte == b'_' || byte.is_ascii_digit();
    let fits = name.starts_with("APPLICATION_VERIFIER_") && name.bytes().all(is_name) && is_hex(number);
    fits.then_some(["", "", "VERIFIER STOP", "", ""])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences() {
        for (text, want) in [
            (
                "Application popup: ledger.exe - System Error : A new guard page for the stack cannot be created.",
                Some(("A new guard page for the stack cannot be created", "c00000fd")),
            ),
            (
                "Application popup: ledger.exe - Application Error : The instruction at 0x77d3f4a1 referenced memory at \
                 0x00000010. The memory could not be read.",
                Some(("The memory could not be accessed", "c0000005")),
            ),
            (
                "The instruction at \"0x77d3f4a1\" referenced memory at \"0x00000010\". The memory could not be \"written\".",
                Some(("The memory could not be accessed", "c0000005")),
            ),
            (
                "The exception unknown software exception (0xc0000409) occurred in the application at location 0x7d61002d.",
                Some(("unknown software exception", "0xc0000409")),
            ),
            ("APPLICATION_VERIFIER_DANGEROUS_TERMINATE_THREAD_CALL (100)", Some(("VERIFIER STOP", ""))),
            ("APPLICATION_VERIFIER_DANGEROUS (see below)", None),
            (
                "Exception 0xc0000005 encountered at address 0x7ff8f7eb49f6: Access violation writing location 0x00000024",
                Some(("Access violation writing location 0x00000024", "c0000005")),
            ),
            ("The instruction at the end referenced memory at once", None),
            ("Application popup: ledger.exe - Ledger : Save the file?", None),
            ("The exception (see above) occurred in the application at location 0x1", None),
        ] {
            let got = fault_sentence(text).map(|[_, _, event, code, _]| (event, code));
            assert_eq!(got, want, "{text}");
        }
    }
}
