//! `!analyze -v`: what the debugger makes of a crash or hang.
//!
//! ```text
//! *******************************************************************************
//! *                        Exception Analysis                                   *
//! *******************************************************************************
//! KEY_VALUES_STRING: 1
//!     Key  : Analysis.CPU.mSec
//!     Value: 515
//! EXCEPTION_RECORD:  (.exr -1)
//! ExceptionAddress: 00007ff830b269a2 (Contoso!Find+0x32)
//! FAILURE_BUCKET_ID:  INVALID_POINTER_READ_c0000005_Contoso.dll!Find
//! STACK_TEXT:
//! 00000096`f0afa1a8 00007ff8`309b5303     : 00000001`000000ce 00000233`02000002 0 0 : Contoso!Find+0x32
//! Followup:     MachineOwner
//! ```
//!
//! A section is a name in capitals and a value, which may go on in the lines below; these are cells. Each section is a row,
//! each key as well, and each argument of a bugcheck. What cannot belong to a section (prompts, stacks, the header of
//! another table) is left to others.

use super::fault_reports::bucket_code;
use super::{TABLES, TableFormat, TableLine, is_hex, is_rule, labelled};
use crate::formats::tokens::{address, blanks0, blanks1};
use nom::{IResult, Parser};

pub const FORMAT: TableFormat =
    TableFormat { name: "analyze", commands: &["analyze"], columns: &["name", "value"], line, shows };

/// Sections that nothing but `!analyze` prints.
const OWN: [&str; 18] = [
    "KEY_VALUES_STRING",
    "FAULTING_IP",
    "FAULTING_THREAD",
    "EXCEPTION_RECORD",
    "EXCEPTION_CODE_STR",
    "LAST_CONTROL_TRANSFER",
    "PRIMARY_PROBLEM_CLASS",
    "BUGCHECK_STR",
    "BUGCHECK_CODE",
    "DEFAULT_BUCKET_ID",
    "BUCKET_ID",
    "FAILURE_BUCKET_ID",
    "FAILURE_ID_HASH",
    "STACK_TEXT",
    "STACK_COMMAND",
    "FOLLOWUP_IP",
    "FOLLOWUP_NAME",
    "DEBUG_FLR_IMAGE_TIMESTAMP",
];

/// Sections that only `!analyze` prints with the kind of code in brackets: `EXCEPTION_CODE: (NTSTATUS) 0xc0000005 - ...`.
const CODES: [&str; 2] = ["EXCEPTION_CODE", "ERROR_CODE"];

/// Keys and values that people take together: `Failure.Bucket = INVALID_POINTER_READ_c0000005_Contoso.dll!Find`.
const PAIRS: [&str; 2] = ["Failure.Bucket", "Failure.Exception.Code"];

/// What the debugger says when the command does not work.
const FAILURES: [&str; 4] =
    ["The call to LoadLibrary(", "\"File not found.\"", "Please check your debugger configuration", "No export "];

/// What the debugger says of itself begins with capitals and a colon too.
const MESSAGES: [&str; 6] = ["WARNING", "ERROR", "NOTE", "DBGHELP", "DBGENG", "SYMSRV"];

fn line(text: &str) -> Option<TableLine<'_>> {
    let text = text.trim();
    if is_header(text) {
        return Some(TableLine::Header);
    }
    if let Some((name, value)) = section(text) {
        return match name {
            "STACK_TEXT" => Some(TableLine::Stack),
            message if MESSAGES.contains(&message) => None,
            _ => Some(TableLine::Row(vec![name, value])),
        };
    }
    if let Some((name, value)) = labelled(text, &["Probably caused by", "Followup", "Key", "Value"]) {
        return Some(match name {
            "Key" => TableLine::Row(vec![value]),
            "Value" => TableLine::Cell("value", value),
            "Followup" => TableLine::Row(vec![name, value]),
            _ => TableLine::Field(name, value),
        });
    }
    if let Some((name, value)) = labelled(text, &PAIRS) {
        return Some(TableLine::Row(vec![name, value]));
    }
    bugcheck(text).or_else(|| (!belongs_to_others(text)).then_some(TableLine::Cell("value", text)))
}

/// `FAULTING_IP: `, `OSNAME:  Windows 10`. A drive has one letter.
fn section(text: &str) -> Option<(&str, &str)> {
    let (name, value) = text.split_once(':')?;
    let capitals =
        name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'.'));
    let fits = capitals && name.len() >= 4 && name.starts_with(|c: char| c.is_ascii_uppercase());
    (fits && (value.is_empty() || value.starts_with(char::is_whitespace))).then(|| (name, value.trim()))
}

/// `DRIVER_IRQL_NOT_LESS_OR_EQUAL (d1)`, `Arg1: 0000000000000002, IRQL`, and `BugCheck D1, {0, 2, 8, 0}`.
fn bugcheck(text: &str) -> Option<TableLine<'_>> {
    if let Some(arguments) = text.strip_prefix("BugCheck ") {
        return arguments.contains('{').then_some(TableLine::Field("BugCheck", arguments));
    }
    if let Some((name, value)) = labelled(text, &["Arg1", "Arg2", "Arg3", "Arg4"]) {
        return Some(TableLine::Row(vec![name, value]));
    }
    let (title, code) = text.strip_suffix(')')?.split_once(" (")?;
    let capitals = title.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
    (capitals && title.contains('_') && is_hex(code)).then(|| TableLine::Row(vec!["BUGCHECK", text]))
}

/// The banner of asterisks, and titles without a value.
fn is_header(text: &str) -> bool {
    let in_banner = text.len() > 20 && text.starts_with('*') && text.ends_with('*') && !text.starts_with("*** ");
    in_banner || is_rule(text) || text == "Arguments:" || text == "Debugging Details:"
}

fn belongs_to_others(text: &str) -> bool {
    let other = |table: &&TableFormat| !["analyze", "events"].contains(&table.name) && (table.shows)(text);
    FAILURES.iter().any(|failure| text.starts_with(failure))
        || text.starts_with("*** WARNING:")
        || text.starts_with("*** ERROR:")
        || text.starts_with("OS Thread Id:")
        || text.contains("RetAddr")
        || (text.contains("Suspend:") && text.contains("Teb"))
        || is_prompt(text)
        || is_frame(text)
        || TABLES.iter().any(|table| other(&table))
}

/// `0:000>`, `1: kd>`; the source code of `FAULTING_SOURCE_CODE` has its `>` elsewhere.
fn is_prompt(text: &str) -> bool {
    let Some((before, _)) = text.split_once('>') else { return false };
    let user = before.starts_with(|c: char| c.is_ascii_digit())
        && before.contains(':')
        && before.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b':');
    let kernel = before
        .strip_suffix("kd")
        .is_some_and(|cpu| cpu == "l" || cpu.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b' ')));
    user || kernel
}

/// Two addresses, and then a colon, arguments or a symbol. Disassembly has an instruction there.
fn is_frame(text: &str) -> bool {
    let two: IResult<&str, _> = (blanks0, address, blanks1, address, blanks1).parse(text);
    let Ok((behind, _)) = two else { return text.starts_with("(Inline") };
    let next = behind.split_whitespace().next().unwrap_or_default();
    // `add` and `dec` are hexadecimal too.
    let argument = is_hex(next) && (next.len() >= 8 || next.bytes().any(|byte| byte.is_ascii_digit()));
    next == ":" || argument || next.contains('!') || next.contains("+0x")
}

fn shows(text: &str) -> bool {
    let text = text.trim();
    if text.starts_with('*') {
        let title = text.trim_matches(['*', ' ']);
        return text.ends_with('*') && (title == "Exception Analysis" || title == "Bugcheck Analysis");
    }
    // Keys and values whose heading is cut off.
    if labelled(text, &["Key"]).is_some_and(|(_, key)| key.starts_with("Failure.") || key.starts_with("Analysis.")) {
        return true;
    }
    if labelled(text, &PAIRS[..1]).is_some_and(|(_, bucket)| bucket_code(bucket).is_some()) {
        return true;
    }
    section(text).is_some_and(|(name, value)| OWN.contains(&name) || (CODES.contains(&name) && value.starts_with('(')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::tables::tests::check;

    #[test]
    fn lines() {
        for (text, want) in [
            ("*                        Bugcheck Analysis                                    *", "header"),
            ("*                                                                             *", "header"),
            ("*****************************************************", "header"),
            ("DRIVER_IRQL_NOT_LESS_OR_EQUAL (d1)", "row BUGCHECK | DRIVER_IRQL_NOT_LESS_OR_EQUAL (d1)"),
            ("An attempt was made to access", "cell value = An attempt was made to access"),
            ("Arguments:", "header"),
            ("Arg2: 0000000000000002, IRQL", "row Arg2 | 0000000000000002, IRQL"),
            ("BugCheck D1, {0, 2, 8, fffff803712e5000}", "field BugCheck = D1, {0, 2, 8, fffff803712e5000}"),
            ("KEY_VALUES_STRING: 1", "row KEY_VALUES_STRING | 1"),
            ("    Key  : Analysis.CPU.mSec", "row Analysis.CPU.mSec"),
            ("    Value: 515", "cell value = 515"),
            ("Failure.Bucket = BREAKPOINT_80000003_a.dll!F", "row Failure.Bucket | BREAKPOINT_80000003_a.dll!F"),
            ("FAULTING_IP: ", "row FAULTING_IP | "),
            ("MODULE_NAME: Contoso", "row MODULE_NAME | Contoso"),
            ("STACK_TEXT:  ", "stack"),
            ("0012f0a0 77e6baa8 000003ec 00000000 00000000 Contoso!Find+0x32", "nothing"),
            ("00000096`f0afa1a8 00007ff8`309b5303     : 0 0 0 0 : Contoso!Find+0x32", "nothing"),
            ("6aa18f9a 8b480c10 mov     ecx,[eax]", "cell value = 6aa18f9a 8b480c10 mov     ecx,[eax]"),
            ("77e6baa8 83c00110 add     eax,1", "cell value = 77e6baa8 83c00110 add     eax,1"),
            ("ExceptionAddress: 00007ff8 (A!B)", "cell value = ExceptionAddress: 00007ff8 (A!B)"),
            (">   26:   if (a->b)", "cell value = >   26:   if (a->b)"),
            ("Probably caused by : a.dll ( a!F+44 )", "field Probably caused by = a.dll ( a!F+44 )"),
            ("Followup:     MachineOwner", "row Followup | MachineOwner"),
            ("0:000> k", "nothing"),
            ("1: kd> !thread", "nothing"),
            ("ThreadCount:      9", "nothing"),
            ("No export analyze found", "nothing"),
            ("WARNING: Stack unwind information not available.", "nothing"),
        ] {
            check(&FORMAT, text, want);
        }
        for prose in
            ["MODULE_NAME: x", "C:\\dumps", "STACK_TEXT", "* Exception Analysis", "words of prose", "ERROR_CODE: 17"]
        {
            assert!(!shows(prose), "{prose}");
        }
        for own in [
            "*                        Exception Analysis                                   *",
            "EXCEPTION_CODE: (NTSTATUS) 0xe0434352 - <Unable to get error code text>",
        ] {
            assert!(shows(own), "{own}");
        }
    }
}
