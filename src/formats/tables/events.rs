//! What stopped the target: the line of an event, `.lastevent` and `.exr -1`. What others say instead is in this table too:
//! gdb's signals here, reports in `fault_reports`, sentences in `fault_sentences`, and ends of processes in `exit_code`.
//!
//! ```text
//! (5464.4c7c): Access violation - code c0000005 (first chance)
//! Last event: 1f4.1f8: Break instruction exception - code 80000003 (first chance)
//! Last event: Exception C00000FD, second chance
//!   debugger time: Sun Nov 22 11:12:53.497 2026 (UTC + 0:00)
//! ExceptionAddress: 00007ff830b269a2 (Contoso!Find+0x0000000000000032)
//!    ExceptionCode: c0000005 (Access violation)
//! NumberParameters: 2
//!    Parameter[0]: 0000000000000000
//! Attempt to read from address 0000000100000000
//! Program terminated with signal SIGSEGV, Segmentation fault.
//! ```
//!
//! The ids are those of process and thread, hexadecimal. An event without a code (`Exit process`, `Load module`) has only a
//! text. Nothing but the engine prints the line of an event, so it shows the table wherever it stands.

use super::exit_code::exit_code;
use super::fault_reports::{reported_fault, reported_field, shows_report};
use super::fault_sentences::fault_sentence;
use super::{TableFormat, TableLine, first_words, is_code, is_hex, labelled};
use crate::formats::tokens::hex_value;

pub const FORMAT: TableFormat = TableFormat {
    name: "events",
    commands: &["exr", "lastevent"],
    columns: &["process id", "thread id", "event", "code", "chance"],
    line,
    shows,
};

const LABELS: [&str; 5] = ["ExceptionAddress", "ExceptionCode", "ExceptionFlags", "NumberParameters", "debugger time"];

const ATTEMPTS: [&str; 3] =
    ["Attempt to read from address", "Attempt to write to address", "Attempt to execute non-executable address"];

/// Field for the function at whose instruction the engine stopped.
const STOPPED_AT: &str = "stopped at";

/// No pointer lies in the first 64 KB: what cannot be read there was never there.
const NULL_PAGE: u64 = 0x1_0000;

fn line(text: &str) -> Option<TableLine<'_>> {
    let row = sure_row(text).map(|cells| TableLine::Row(cells.to_vec()));
    row.or_else(|| record(text)).or_else(|| field_of_report(text)).or_else(|| stopped_at(text))
}

/// `clr!WKS::gc_heap::find_first_object+0xea:`, which the engine prints above the instruction that it stopped at.
fn stopped_at(text: &str) -> Option<TableLine<'_>> {
    let symbol = text.strip_suffix(':')?;
    let (module, function) = symbol.split_once('!')?;
    let is_name = |name: &str| !name.is_empty() && !name.starts_with(':');
    let is_word = is_name(module) && is_name(function) && !module.contains([' ', '"', '(']);
    (is_word && function.contains("+0x") && !function.contains('"')).then_some(TableLine::Field(STOPPED_AT, symbol))
}

/// A row by any of the tools.
fn sure_row(text: &str) -> Option<[&str; 5]> {
    event(text)
        .or_else(|| signal(text))
        .or_else(|| reported_fault(text))
        .or_else(|| fault_sentence(text))
        .or_else(|| exit_code(text))
}

/// Process, thread, text, code and chance of an event. People put the line into a list and into backticks.
fn event(text: &str) -> Option<[&str; 5]> {
    let text = text.trim().trim_start_matches("- ").trim_matches('`');
    let (ids, event) = match (text.strip_prefix('('), text.strip_prefix("Last event: ")) {
        (Some(behind), _) => behind.split_once("): ")?,
        (None, Some(behind)) if behind.starts_with("Exception ") => ("", behind),
        (None, Some(behind)) => behind.split_once(": ")?,
        _ => return None,
    };
    let (process, thread) = match ids {
        "" => ("", ""),
        ids => ids.split_once('.').filter(|(process, thread)| is_hex(process) && is_hex(thread))?,
    };
    if let Some((code, chance)) = event.strip_prefix("Exception ").and_then(|event| event.split_once(", "))
        && is_code(code)
    {
        return Some([process, thread, &event[..event.len() - chance.len() - 2], code, chance.trim()]);
    }
    // dbgeng on a core of Linux: `Signal SIGSEGV (Segmentation fault) code SEGV_MAPERR (...) at 0x7f184817b00c`
    if let Some(signal) = event.strip_prefix("Signal ").and_then(|words| words.split_whitespace().next()) {
        return signal.starts_with("SIG").then_some([process, thread, signal, "", "received"]);
    }
    let Some((event, behind)) = event.split_once(" - code ") else {
        return (!ids.is_empty()).then_some([process, thread, event, "", ""]);
    };
    let ([code], chance) = first_words(behind)?;
    // `(!!! second chance !!!)`
    let chance = chance.trim_matches(['(', ')', '!', ' ']);
    is_hex(code).then_some([process, thread, event.trim(), code, chance])
}

/// `Program received signal SIGSEGV, Segmentation fault.`, `Thread 12 "contoso" received signal SIGABRT, Aborted.`
fn signal(text: &str) -> Option<[&str; 5]> {
    let text = text.trim();
    if !text.starts_with("Program ") && !text.starts_with("Thread ") {
        return None;
    }
    let (words, said) = text.split_once(" signal SIG")?;
    let chance = ["terminated with", "received"].into_iter().find(|chance| words.ends_with(chance))?;
    let name = said.split(',').next()?;
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    let start = words.len() + " signal ".len();
    is_name.then(|| ["", "", &text[start..start + "SIG".len() + name.len()], "", chance])
}

/// A line of `.exr`.
fn record(text: &str) -> Option<TableLine<'_>> {
    let text = text.trim();
    if let Some((name, value)) = labelled(text, &LABELS) {
        return Some(TableLine::Field(name, value));
    }
    if let Some((name, value)) = text.split_once("]: ").filter(|(name, _)| name.starts_with("Parameter[")) {
        return Some(TableLine::Field(&text[..=name.len()], value.trim()));
    }
    if let Some((address, operand)) = unreadable(text) {
        return Some(TableLine::Field(address, operand));
    }
    let (attempt, address) = text.rsplit_once(' ')?;
    (ATTEMPTS.contains(&attempt) && is_hex(address)).then_some(TableLine::Field(attempt, address))
}

fn field_of_report(text: &str) -> Option<TableLine<'_>> {
    reported_field(text).map(|(name, value)| TableLine::Field(name, value))
}

/// ``mov rax,qword ptr [rdx+10h] ds:00000000`00000010=????????????????``: the instruction at which the target stopped reads
/// what is not there. Of other addresses a dump may just not have the memory.
fn unreadable(text: &str) -> Option<(&str, &str)> {
    let (before, marks) = text.trim().rsplit_once('=')?;
    let (segment, address) = before.rsplit_once(char::is_whitespace)?.1.split_once(':')?;
    let operand = &before[before.len() - segment.len() - 1 - address.len()..];
    let fits = marks.len() >= 2 && marks.bytes().all(|byte| byte == b'?') && segment.len() == 2;
    (fits && segment.ends_with('s') && hex_value(address)? < NULL_PAGE).then_some((operand, marks))
}

fn shows(text: &str) -> bool {
    if text.ends_with('?') && unreadable(text).is_some() {
        return true;
    }
    match labelled(text, &LABELS[..1]) {
        Some((_, value)) => {
            let is_symbol = |word: &str| word.contains('!') && word.contains("+0x");
            value.split_whitespace().next().is_some_and(|word| is_hex(word) || is_symbol(word))
        }
        None => {
            // A program's own report may begin with it.
            let code = labelled(text, &LABELS[1..2]).filter(|_| text.contains(':'));
            if code.and_then(|(_, value)| value.split_whitespace().next()).is_some_and(is_code) {
                return true;
            }
            let row = sure_row(text);
            let is_event = |[.., event, code, _]: [&str; 5]| {
                !code.is_empty()
                    || event.starts_with("SIG")
                    || event == "VERIFIER STOP"
                    || text.trim().starts_with("Last event: ")
            };
            row.is_some_and(is_event) || shows_report(text)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::tables::tests::check;

    #[test]
    fn lines() {
        for (text, want) in [
            (
                "(5464.4c7c): Access violation - code c0000005 (first chance)",
                "row 5464 | 4c7c | Access violation | c0000005 | first chance",
            ),
            (
                "(1f4.1f8): CLR exception - code e0434352 (!!! second chance !!!)",
                "row 1f4 | 1f8 | CLR exception | e0434352 | second chance",
            ),
            (
                "Last event: 1f4.1f8: Break instruction exception - code 80000003 (first chance)",
                "row 1f4 | 1f8 | Break instruction exception | 80000003 | first chance",
            ),
            ("Last event: 1f4.1f8: Exit process 0:1f4, code 0", "row 1f4 | 1f8 | Exit process 0:1f4, code 0 |  | "),
            (
                "Last event: Exception C00000FD, second chance",
                "row  |  | Exception C00000FD | C00000FD | second chance",
            ),
            (
                "- ```(f00.92c): Stack overflow - code c00000fd (first/second chance not available)```",
                "row f00 | 92c | Stack overflow | c00000fd | first/second chance not available",
            ),
            ("Program received signal SIGSEGV, Segmentation fault.", "row  |  | SIGSEGV |  | received"),
            ("Program terminated with signal SIGABRT, Aborted.", "row  |  | SIGABRT |  | terminated with"),
            ("Thread 12 \"contoso\" received signal SIGSEGV, Segmentation fault.", "row  |  | SIGSEGV |  | received"),
            (
                "Unhandled exception at 0x00007FF8BF2F4FD9 (KernelBase.dll) in app.exe: 0xC0000005: Access violation.",
                "row  |  | Access violation | 0xC0000005 | Unhandled exception",
            ),
            ("Exception code: 0xc00000fd", "row  |  | 0xc00000fd | 0xc00000fd | "),
            ("Ausnahmecode: 0xc0000005", "row  |  | 0xc0000005 | 0xc0000005 | "),
            ("Code d'exception : 0xc0000005", "row  |  | 0xc0000005 | 0xc0000005 | "),
            ("Exception Code:\t0xC00000FD", "row  |  | 0xC00000FD | 0xC00000FD | "),
            ("Sig[7].Value=c0000409", "row  |  | c0000409 | c0000409 | "),
            ("Sig[6].Value=0009e7ad", "nothing"),
            ("P7: c00000fd", "row  |  | c00000fd | c00000fd | "),
            ("P8: 000000000000fb21", "nothing"),
            ("um:invalid_pointer_read_c0000005_contoso.dll!find", "row  |  | c0000005 | c0000005 | "),
            ("um:what is that", "nothing"),
            (
                "Description: The application requested process termination through \
                 System.Environment.FailFast(string message).",
                "row  |  | System.Environment.FailFast | 0x80131623 | terminated with",
            ),
            (
                "Description: The process was terminated due to an internal error in the .NET Runtime at IP 6EDFA44D \
                 (6ED30000) with exit code 80131506.",
                "row  |  | System.ExecutionEngineException | 80131506 | terminated with",
            ),
            ("Exception code: see below", "nothing"),
            (
                "Exception Info: exception code c0000005, exception address 00007FFA1060EAD2",
                "row  |  | c0000005 | c0000005 | Exception Info",
            ),
            ("Exception Info: Contoso.LedgerException", "nothing"),
            (
                "Faulting application name: app.exe, version: 1.0.0.0, time stamp: 0x5215df96 Exception code: 0xc0000374 x",
                "row  |  | 0xc0000374 | 0xc0000374 | Faulting application name",
            ),
            (
                "Faulting application app.exe, version 1.0.0.0, time stamp 0x49e023cf, faulting module a.dll, version 0.1.14.0, \
                 exception code 0xc0000005, fault offset 0x00005604, process id 0x1768.",
                "row  |  | 0xc0000005 | 0xc0000005 | Faulting application name",
            ),
            (
                "VERIFIER STOP 0000000000000900: pid 0x19F0: A heap allocation was leaked.",
                "row 19F0 |  | VERIFIER STOP |  | ",
            ),
            (
                "Описание. Процесс был завершен из-за внутренней ошибки среды выполнения .NET по IP-адресу 67CCDC03 \
                 (67C00000) с кодом выхода 80131506.",
                "row  |  | System.ExecutionEngineException | 80131506 | terminated with",
            ),
            ("We saw that .NET ends at an IP with 80131506", "nothing"),
            (
                "Faulting module name: Contoso.dll, version: 1.0.0.0, time stamp: 0x563c113c",
                "field Faulting module name = Contoso.dll, version: 1.0.0.0, time stamp: 0x563c113c",
            ),
            (
                "00007ffa`1060ead2 488b4210  mov  rax,qword ptr [rdx+10h] ds:00000000`00000010=????????????????",
                "field ds:00000000`00000010 = ????????????????",
            ),
            (
                "00007ffa`1060ead2 488b4210  mov  rax,qword ptr [rdx+10h] ds:00007ffa`20000010=????????????????",
                "nothing",
            ),
            ("what is a=b????", "nothing"),
            ("Last event: Exception", "nothing"),
            ("The program received signal SIGSEGV, as it seems", "nothing"),
            ("ExceptionAddress: 6aa18f9a (A!B+0x1)", "field ExceptionAddress = 6aa18f9a (A!B+0x1)"),
            ("   ExceptionCode: c0000005 (Access violation)", "field ExceptionCode = c0000005 (Access violation)"),
            ("   Parameter[1]: 00000001", "field Parameter[1] = 00000001"),
            ("Attempt to write to address 5c00200c", "field Attempt to write to address = 5c00200c"),
            ("Attempt to read from address of a stranger", "nothing"),
            ("words of prose", "nothing"),
        ] {
            check(&FORMAT, text, want);
        }
        for prose in [
            "(1.2): see below",
            "(a.b): c - code is bad",
            "ExceptionAddress: see below",
            "Fault offset: 0x1",
            "Faulting module name: x",
        ] {
            assert!(!shows(prose), "{prose}");
        }
    }
}
