//! What Windows and Application Verifier say of a fault in one sentence: the dialogs of a program that ended, as the event log
//! (source Application Popup) and people copy them.
//!
//! ```text
//! Application popup: ledger.exe - System Error : A new guard page for the stack cannot be created.
//! The instruction at 0x77d3f4a1 referenced memory at 0x00000010. The memory could not be read.
//! The exception unknown software exception (0xc0000409) occurred in the application at location 0x7d61002d.
//! APPLICATION_VERIFIER_DANGEROUS_TERMINATE_THREAD_CALL (100)
//! Exception: C0000005
//! Exception 0xc0000005 encountered at address 0x7ff8f7eb49f6: Access violation writing location 0x00000024
//! ```

use super::is_hex;

/// The words for which Windows has a code, as its message table writes them.
const WORDS: [(&str, &str); 2] =
    [("A new guard page for the stack cannot be created", "c00000fd"), ("A heap has been corrupted", "c0000374")];

/// Process, thread, event, code and chance of a sentence.
pub fn fault_sentence(text: &str) -> Option<[&str; 5]> {
    let text = text.trim();
    popup(text)
        .or_else(|| instruction(text))
        .or_else(|| occurred(text))
        .or_else(|| encountered(text))
        .or_else(|| of_component(text))
        .or_else(|| verifier_name(text))
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
    (code.len() == 8 && is_hex(code) && is_hex(address)).then_some(["", "", said.trim(), code, "Exception thrown"])
}

/// `Exception: C0000005`: COM+ of a component that failed, events 4786 and 4787. `Code = 0xC0000005` of a game's report.
fn of_component(text: &str) -> Option<[&str; 5]> {
    let code = text.strip_prefix("Exception: ").or_else(|| text.strip_prefix("Code = 0x"))?.trim();
    let is_code = code.len() == 8 && is_hex(code) && code.starts_with(['C', 'E', '8']);
    is_code.then_some(["", "", code, code, ENDED])
}

/// A stop by its name, as `!analyze` writes it.
fn verifier_name(text: &str) -> Option<[&str; 5]> {
    let (name, number) = text.strip_suffix(')')?.split_once(" (")?;
    let is_name = |byte: u8| byte.is_ascii_uppercase() || byte == b'_' || byte.is_ascii_digit();
    let fits = name.starts_with("APPLICATION_VERIFIER_") && name.bytes().all(is_name) && is_hex(number);
    fits.then_some(["", "", "VERIFIER STOP", "", ""])
}

/// The dialog comes where nobody handled the exception.
const ENDED: &str = "Faulting application name";

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
            ("Exception: C0000005", Some(("C0000005", "C0000005"))),
            ("Exception: 12345678", None),
            ("Code = 0xE06D7363", Some(("E06D7363", "E06D7363"))),
            ("Code = 0xC0000005,", None),
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
