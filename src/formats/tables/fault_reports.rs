//! What Windows, .NET and crash reporters write of a process that ended, field by field: events 1000, 1001, 1023 and 1025 of
//! the event log, Windows Error Reporting, COM+ and the reports of games.
//!
//! ```text
//! Faulting application name: app.exe, version: 1.0.0.0, time stamp: 0x5215df96
//! Exception code: 0xc0000005
//! Exception Info: exception code c0000005, exception address 00007FFA1060EAD2
//! Description: The application requested process termination through System.Environment.FailFast(string message).
//! Sig[6].Value=c0000005
//! um:invalid_pointer_read_c0000005_contoso.dll!find
//! Exception: C0000005
//! Module = C:\Games\overlay\hook.dll
//! Code = 0xC0000005
//! ```
//!
//! `Sig[6]` and `P7` are of Windows Error Reporting, `um:` is a bucket of `!analyze`, the last are of COM+ and of Multi Theft
//! Auto.

use super::fault_labels::{self, code_of_fault, name_of_fault};
use super::{is_code, is_hex, labelled};

/// Of the event log, source Application Error, and of the dialog of Windows Error Reporting.
const REPORT_LABELS: [&str; 2] = ["Fault offset", "Problem Event Name"];

/// How the chance of an exception is told that ended the application.
pub const ENDED: &str = fault_labels::APPLICATION;

/// COR_E_FAILFAST
const FAIL_FAST: &str = "0x80131623";

/// Process, thread, event, code and chance of a line.
pub fn reported_fault(text: &str) -> Option<[&str; 5]> {
    faulting(text).or_else(|| signature(text)).or_else(|| runtime_ended(text)).or_else(|| of_component(text))
}

/// A field of a report, by its label.
pub fn reported_field(text: &str) -> Option<(&str, &str)> {
    name_of_fault(text).or_else(|| labelled(text, &REPORT_LABELS)).or_else(|| module_of_game(text))
}

/// Whether a field shows by itself that this is a report.
pub fn shows_report(text: &str) -> bool {
    let is_of_event = name_of_fault(text).is_some_and(|(_, said)| said.contains([',', '，', '、']));
    is_of_event || module_of_game(text).is_some()
}

/// `Exception code: 0xc0000005` of the event log, also where its line ends were lost.
fn faulting(text: &str) -> Option<[&str; 5]> {
    let text = text.trim();
    if let Some(code) = code_of_fault(text) {
        return Some(["", "", code, code, ""]);
    }
    // Event 1026 of .NET, where native code failed.
    if let Some(info) = text.strip_prefix("Exception Info: ") {
        let (code, _) = info.strip_prefix("exception code ")?.split_once(", exception address ")?;
        return is_code(code).then_some(["", "", code, code, "Exception Info"]);
    }
    // Before Windows 7: `Faulting application app.exe, version 1.0.0.0, ..., exception code 0xc0000005, fault offset ...`
    let behind_name = text.strip_prefix("Faulting application ");
    if let Some((_, behind)) = behind_name.and_then(|rest| rest.split_once(", exception code ")) {
        let code = behind.split([',', ' ']).next()?;
        return is_code(code).then_some(["", "", code, code, ENDED]);
    }
    // The fields of a report on one line: `Fault Module Name: a.dll. Exception Code: c000001d. Exception Offset: ...`
    let (_, behind) = match text.strip_prefix(ENDED) {
        Some(event) => event.split_once("Exception code: ")?,
        None => text.split_once("Module Name: ")?.1.split_once("Exception Code: ")?,
    };
    let code = behind.split_whitespace().next()?.trim_end_matches(['.', ',', ';']);
    is_code(code).then_some(["", "", code, code, ENDED])
}

/// Signatures of Windows Error Reporting and buckets of `!analyze`: other places of theirs have offsets, which begin with
/// zeros, and an exception's code never does.
fn signature(text: &str) -> Option<[&str; 5]> {
    let text = text.trim();
    // `SIGSEGV_libcoreclr.so!WKS::gc_heap::mark`: a bucket of Linux.
    if let Some((signal, _)) = text.split_once('_').filter(|_| text.starts_with("SIG") && text.contains(".so!")) {
        return signal.bytes().all(|byte| byte.is_ascii_uppercase()).then_some(["", "", signal, "", "received"]);
    }
    let labelled = ["Sig[6].Value", "Sig[7].Value", "P7", "P8"].iter().find_map(|label| {
        let behind = text.strip_prefix(label)?.trim_start();
        behind.strip_prefix(['=', ':']).map(str::trim)
    });
    let code = match labelled {
        Some(code) => code,
        None => bucket_code(text.strip_prefix("um:")?)?,
    };
    (is_code(code) && !code.starts_with(['0', '1'])).then_some(["", "", code, code, ""])
}

/// The code in the name of a bucket: `INVALID_POINTER_READ_c0000005_Contoso.dll!Find`.
pub fn bucket_code(bucket: &str) -> Option<&str> {
    let (kind, _) = bucket.split_once('!')?;
    kind.split('_').find(|part| is_code(part) && part.starts_with(['c', 'C', 'e', 'E', '8']))
}

/// What .NET writes into the event log when it ends the process without an exception: events 1025 and 1023.
fn runtime_ended(text: &str) -> Option<[&str; 5]> {
    let text = text.trim();
    let Some(said) = text.strip_prefix("Description: ") else { return ended_in_other_words(text) };
    if said.starts_with("The application requested process termination through System.Environment.FailFast") {
        return Some(["", "", "System.Environment.FailFast", FAIL_FAST, "terminated with"]);
    }
    let (_, code) = said
        .strip_prefix("The process was terminated due to an internal error in the .NET Runtime")?
        .rsplit_once("exit code ")?;
    let code = code.trim_end_matches('.');
    is_code(code).then_some(["", "", "System.ExecutionEngineException", code, "terminated with"])
}

/// The same in the languages of Windows: nothing else has the runtime, an address of code and COR_E_EXECUTIONENGINE.
fn ended_in_other_words(text: &str) -> Option<[&str; 5]> {
    const EXECUTION_ENGINE: &str = "80131506";
    let end = text.trim_end_matches(['.', '。', ' ']);
    let has_label = text.split([':', '.', '：']).next().is_some_and(|label| label.split(' ').count() <= 2);
    let fits = end.ends_with(EXECUTION_ENGINE) && text.contains(".NET") && text.contains("IP") && has_label;
    fits.then(|| ["", "", "System.ExecutionEngineException", &end[end.len() - 8..], "terminated with"])
}

/// `Exception: C0000005`: COM+ of a component that failed, events 4786 and 4787. `Code = 0xC0000005` of a game's report.
fn of_component(text: &str) -> Option<[&str; 5]> {
    let text = text.trim();
    let code = text.strip_prefix("Exception: ").or_else(|| text.strip_prefix("Code = 0x"))?.trim();
    let is_of_fault = code.len() == 8 && is_hex(code) && code.starts_with(['C', 'E', '8']);
    is_of_fault.then_some(["", "", code, code, ENDED])
}

/// `Module = C:\Games\overlay\hook.dll`, and `Code = 0xC0000005` in the line below: the reports of Multi Theft Auto.
fn module_of_game(text: &str) -> Option<(&str, &str)> {
    let path = text.trim().strip_prefix("Module = ")?;
    let name = path.rsplit_once('\\')?.1;
    let is_image = [".dll", ".exe", ".asi"].iter().any(|end| name.to_ascii_lowercase().ends_with(end));
    is_image.then_some((fault_labels::MODULE, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_components_and_games() {
        for (text, want) in [
            ("Exception: C0000005", Some("C0000005")),
            ("Exception: 12345678", None),
            ("Code = 0xE06D7363", Some("E06D7363")),
            ("Code = 0xC0000005,", None),
        ] {
            assert_eq!(reported_fault(text).map(|[.., code, _]| code), want, "{text}");
        }
        let module = "Module = C:\\Games\\overlay\\Hook.dll";
        assert_eq!(reported_field(module), Some(("Faulting module name", "Hook.dll")));
        assert_eq!(reported_field("Module = the last one"), None);
    }
}
