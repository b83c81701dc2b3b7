//! Exceptions of a case, as the tables of its sources tell them.

use crate::model::{Row, Table};

/// An exception that some text tells of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exception {
    /// Type of a managed exception, or what the debugger calls the event.
    pub name: String,
    pub message: String,
    /// Of a native exception, or the HRESULT of a managed one.
    pub code: Option<u64>,
    /// Index of the source in its case.
    pub source: usize,
    pub line: u32,
}

/// The exceptions in a table of the source with this index.
pub fn exceptions_of(table: &Table, source: usize) -> Vec<Exception> {
    let of_row = |row: &Row| {
        let cell = |column: &str| table.cell(row, column).unwrap_or_default();
        let (name, message, code) = match table.name {
            "exception-text" | "printexception" | "clrma" => (cell("type"), cell("message"), cell("hresult")),
            "events" => (cell("event"), "", cell("code")),
            "clrthreads" => (cell("exception").split_whitespace().next().unwrap_or_default(), "", ""),
            "dumpexceptions" => (cell("name"), cell("message"), ""),
            "analyze" => return of_section(cell("name"), cell("value"), source, row.line),
            _ => return None,
        };
        let exception = Exception {
            name: name.to_string(),
            message: message.to_string(),
            code: code_in(code),
            source,
            line: row.line,
        };
        (!exception.name.is_empty()).then_some(exception)
    };
    table.rows.iter().filter_map(of_row).collect()
}

/// Sections of `!analyze` that name an exception.
fn of_section(name: &str, value: &str, source: usize, line: u32) -> Option<Exception> {
    let first = value.lines().next().unwrap_or_default();
    match name {
        "ERROR_CODE" | "EXCEPTION_CODE" | "EXCEPTION_CODE_STR" => {
            let code = first.split_whitespace().find_map(code_in);
            let name = first.split_once(" - ").map_or(first, |(_, text)| text);
            Some(Exception { name: name.to_string(), code, source, line, ..Exception::default() })
        }
        "EXCEPTION_OBJECT" | "MANAGED_EXCEPTION_TYPE" | "CLR_EXCEPTION_TYPE" => {
            Some(Exception { name: first.to_string(), source, line, ..Exception::default() })
        }
        _ => None,
    }
}

/// `c0000005`, `0xc0000005`
fn code_in(text: &str) -> Option<u64> {
    let digits = text.trim().trim_start_matches("0x");
    let is_code = digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_code.then(|| u64::from_str_radix(digits, 16).ok()).flatten()
}
