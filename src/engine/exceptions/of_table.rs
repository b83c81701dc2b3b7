//! Exceptions in the tables of a source: of debuggers, of Windows and of .NET.

use super::{Exception, has_its_stack};
use crate::formats::{bucket_code, is_address};
use crate::model::{Field, Row, Table};

/// The exceptions in a table of the source with this index. One that wraps others comes with these.
pub fn exceptions_of(table: &Table, source: usize) -> Vec<Exception> {
    let mut exceptions = Vec::new();
    for row in &table.rows {
        let cell = |column: &str| table.cell(row, column).unwrap_or_default();
        // `!clrthreads` lists the last exception of each thread, and an event names its thread; what other commands print is
        // of the current one.
        let holder = match table.name {
            "clrthreads" => cell("os id"),
            "events" => cell("thread id"),
            _ => "",
        };
        let holder = u64::from_str_radix(holder.trim_start_matches("0x"), 16).ok().filter(|&id| id > 0);
        let unhandled = is_unhandled(table, row);
        let mut add = |name: &str, message: &str, code: Option<u64>| {
            let (name, message) = (name.to_string(), message.to_string());
            let exception =
                Exception { name, message, code, unhandled, source, line: row.line, holder, ..Exception::default() };
            exceptions.extend((!exception.name.is_empty()).then_some(exception));
        };
        match table.name {
            "exception-text" | "printexception" | "clrma" => {
                add(cell("type"), cell("message"), code_in(cell("hresult")).or_else(|| code_in(cell("code"))));
                add(inner_type(cell("inner")), "", None);
                let is_premade = is_premade(table, row);
                exceptions.iter_mut().filter(|printed| printed.line == row.line).for_each(|printed| {
                    printed.is_premade = is_premade;
                });
                let outer = outer_exceptions(cell("outer"), source, row.line, unhandled);
                exceptions
                    .extend(outer.map(|outer| Exception { is_outer: !has_its_stack(&outer, cell("type")), ..outer }));
            }
            "events" => {
                add(cell("event"), "", code_in(cell("code")));
                let process = u64::from_str_radix(cell("process id"), 16).ok();
                let is_first = cell("chance") == "first chance";
                exceptions.iter_mut().filter(|seen| is_first && seen.line == row.line).for_each(|seen| {
                    seen.first_seen_in = process;
                });
            }
            "drmingw" => add(cell("exception"), "", code_in(cell("code"))),
            "lldb" => add(cell("stop reason"), "", None),
            "clrthreads" => add(cell("exception").split_whitespace().next().unwrap_or_default(), "", None),
            // Without a frame it was never thrown: every process has some ready for when there is no memory left.
            "dumpexceptions" if !matches!(cell("frame"), "" | "<none>") => add(cell("type"), cell("message"), None),
            // The heap found its own data broken, for which Windows has this code: STATUS_HEAP_CORRUPTION.
            "trace" if cell("what") == "heap error" => add(cell("what"), "", Some(0xC000_0374)),
            // The row says which object it is; what found it is no exception of Windows or of .NET, and has no code.
            "verifyheap" => add("managed heap error", cell("reason"), None),
            "analyze" => of_section(cell("name"), cell("value"), &mut add),
            _ => {}
        }
    }
    // The record of an event does not name the thread again.
    let of_event = match exceptions.as_slice() {
        [event] if table.name == "events" => (event.code, event.holder),
        _ => (None, None),
    };
    exceptions
        .extend(table.fields.iter().filter(|_| table.name == "events").filter_map(|field| of_record(field, source)));
    let (code, holder) = of_event;
    exceptions.iter_mut().filter(|exception| code.is_some() && exception.code == code).for_each(|record| {
        record.holder = holder;
    });
    let at = place_of_fault(table).unwrap_or_default();
    exceptions.iter_mut().for_each(|exception| exception.at.clone_from(&at));
    exceptions
}

/// Where the one fault that a table tells of happened: `ExceptionAddress: 73e0a415 (clr!WKS::gc_heap::mark+0x495)` of a
/// record, else `Faulting module name: clr.dll, version: 4.7.3110.0` of the event log.
fn place_of_fault(table: &Table) -> Option<String> {
    let record = table.rows.iter().find(|row| table.cell(row, "name") == Some("EXCEPTION_RECORD"));
    let in_record = || {
        let lines = record.and_then(|row| table.cell(row, "value"))?.lines();
        lines.map(str::trim).find_map(|line| line.strip_prefix("ExceptionAddress:"))
    };
    let fields = |name: &str| table.fields.iter().filter(|field| field.name == name).count();
    // Of several faults nothing tells which is where.
    if fields("ExceptionAddress") > 1 || fields("Faulting module name") > 1 {
        return None;
    }
    let without_offset = |symbol: &str| symbol.rsplit_once('+').map_or(symbol, |(name, _)| name).to_string();
    // Below an event the engine prints where it stopped; several of them are several stops.
    let is_one_stop = table.rows.len() == 1 && fields("stopped at") == 1 && fields("ExceptionAddress") == 0;
    if let Some(symbol) = table.field("stopped at").filter(|_| is_one_stop) {
        return Some(without_offset(symbol));
    }
    let address = match table.name {
        "events" => table.field("ExceptionAddress"),
        "analyze" => in_record(),
        _ => None,
    };
    if let Some(address) = address {
        // A program's own report has the symbol alone.
        let symbol = address.split_once('(').map_or(address, |(_, symbol)| symbol);
        if symbol.contains('!') || address.contains('(') {
            return Some(without_offset(symbol.trim_end().trim_end_matches(')')));
        }
    }
    if let Some(library) = table.rows.iter().find_map(|row| unloaded(table.cell(row, "value")?)) {
        return Some(format!("{library}!Unloaded"));
    }
    let reported = match (table.name, table.rows.as_slice()) {
        ("drmingw", [row]) => table.cell(row, "module"),
        ("events", [_] | []) => table.field("Faulting module name"),
        _ => None,
    };
    let module = reported.filter(|module| !module.is_empty())?;
    let module = module.split(',').next()?.trim();
    Some(format!("{}!", module.rsplit_once('.').map_or(module, |(stem, _)| stem)))
}

/// The library in a bucket of `!analyze` whose code was called when it was gone: `BAD_INSTRUCTION_PTR_c0000005_hook.dll!Unloaded`.
fn unloaded(bucket: &str) -> Option<&str> {
    let before = bucket.lines().next()?.trim().strip_suffix("!Unloaded")?;
    let code = bucket_code(bucket)?;
    Some(before.split_once(code)?.1.trim_start_matches('_'))
}

/// Those that wrap the innermost: `Ns.OrderException (0x80004005): Order 17 failed ---> System.IO.IOException: ...`.
fn outer_exceptions(outer: &str, source: usize, line: u32, unhandled: bool) -> impl Iterator<Item = Exception> {
    let each = outer.split("--->").map(str::trim).filter(|outer| !outer.is_empty());
    each.map(move |outer| {
        let (name, message) = outer.split_once(": ").unwrap_or((outer, ""));
        let (name, code) = name.split_once(" (").unwrap_or((name, ""));
        let (name, message) = (name.trim_end().to_string(), message.to_string());
        let code = code_in(code.trim_end_matches(')'));
        Exception { name, message, code, source, line, unhandled, is_outer: true, ..Exception::default() }
    })
}

/// `ExceptionCode: c0000005 (Access violation)` of `.exr`, which is printed without the line of an event above it.
fn of_record(field: &Field, source: usize) -> Option<Exception> {
    let (name, code) = (field.name == "ExceptionCode").then(|| named_code(&field.value))?;
    Some(Exception { name: name.to_string(), code, source, line: field.line, ..Exception::default() })
}

/// Words and digits of `c0000005 (Access violation)`.
fn named_code(value: &str) -> (&str, Option<u64>) {
    let (digits, words) = value.split_once(' ').unwrap_or((value, value));
    (words.trim_matches(['(', ')']), code_in(digits))
}

/// Types of which the runtime makes an object at its start, for when there is no memory or stack left to make one.
const PREMADE: [&str; 4] = [
    "System.OutOfMemoryException",
    "System.StackOverflowException",
    "System.ExecutionEngineException",
    "System.Threading.ThreadAbortException",
];

/// Whether `!pe ADDRESS`, or a `.foreach` over such objects, printed one that may just be kept ready. Without an address it
/// is the exception of the thread.
fn is_premade(table: &Table, row: &Row) -> bool {
    let cell = |column: &str| table.cell(row, column).unwrap_or_default();
    let is_empty = |text: &str| matches!(text, "" | "<none>");
    let has_address = |command: &str| {
        let mut words = command.split_whitespace().skip(1);
        command.contains(".foreach") || words.any(is_address)
    };
    table.name == "printexception"
        && PREMADE.contains(&cell("type"))
        && is_empty(cell("message"))
        && is_empty(cell("inner"))
        && table.command.as_deref().is_some_and(has_address)
}

/// Whether the text says that nobody caught the exception of a row.
fn is_unhandled(table: &Table, row: &Row) -> bool {
    let cell = |column: &str| table.cell(row, column).unwrap_or_default();
    match table.name {
        "exception-text" => !cell("unhandled").is_empty(),
        // It is asked where nobody handles an exception.
        "drmingw" => true,
        "events" => match cell("chance") {
            // A breakpoint is no error, whoever it was left to.
            "second chance" => !code_in(cell("code")).is_some_and(|code| STOPS.contains(&code)),
            "Unhandled exception" | "terminated with" | "Faulting application name" | "Exception Info" => true,
            // Windows writes of an application that faults where nobody handled it.
            "" => cell("event") == cell("code") && table.field("Faulting application name").is_some(),
            _ => false,
        },
        _ => false,
    }
}

/// Breakpoint, single step, and the debugger that is woken: they stop a target for its debugger.
const STOPS: [u64; 3] = [0x8000_0003, 0x8000_0004, 0x8000_0007];

/// `System.FormatException, Use !PrintException 00007f5d5c020790 to see more.`
fn inner_type(inner: &str) -> &str {
    let name = inner.split([',', ' ']).next().unwrap_or_default();
    if name.contains('.') { name } else { "" }
}

/// What `!analyze` calls a program that does not answer.
const HANG: &str = "APPLICATION_HANG";

/// Sections of `!analyze` that name an exception.
fn of_section(name: &str, value: &str, add: &mut impl FnMut(&str, &str, Option<u64>)) {
    let first = value.lines().next().unwrap_or_default();
    match name {
        // `   ExceptionCode: c0000005 (Access violation)`
        "EXCEPTION_RECORD" => {
            for line in value.lines() {
                let Some(code) = line.trim().strip_prefix("ExceptionCode:").map(str::trim) else { continue };
                let (name, code) = named_code(code);
                add(name, "", code);
            }
        }
        // A key of newer versions: the value is the code alone.
        "Failure.Exception.Code" => add(first, "", code_in(first)),
        "ERROR_CODE" | "EXCEPTION_CODE" | "EXCEPTION_CODE_STR" => {
            let code = first.split_whitespace().find_map(code_in);
            add(first.split_once(" - ").map_or(first, |(_, text)| text), "", code);
        }
        // People paste the bucket where they leave out the record.
        "FAILURE_BUCKET_ID" | "BUCKET_ID" | "Failure.Bucket" => {
            if first.starts_with(HANG) {
                add(HANG, first, None);
            }
            if let Some(code) = bucket_code(first) {
                add(code, first, code_in(code));
            }
        }
        // What hangs, as `!analyze` puts it: `APPLICATION_HANG_HungIn_LoaderLock`.
        "DEFAULT_BUCKET_ID" | "PRIMARY_PROBLEM_CLASS" if first.starts_with(HANG) => add(HANG, first, None),
        "BUGCHECK" if first.starts_with("APPLICATION_VERIFIER_") => add("VERIFIER STOP", first, None),
        "CLR.Exception.Type" => add(first, "", None),
        // `Key  : CLR.System.InvalidOperationException._message`, and its value.
        _ if name.starts_with("CLR.") && name.ends_with("._message") => {
            let named = name.trim_start_matches("CLR.").trim_end_matches("._message");
            add(named.strip_prefix("Exception.").unwrap_or(named), value.trim(), None);
        }
        "EXCEPTION_OBJECT" | "MANAGED_EXCEPTION_TYPE" | "CLR_EXCEPTION_TYPE" => add(first, "", None),
        _ => {}
    }
}

/// `c0000005`, `0xc0000005`
fn code_in(text: &str) -> Option<u64> {
    let digits = text.trim().trim_end_matches(['-', ',', '.', ':']).trim_start_matches("0x");
    let is_code = digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_code.then(|| u64::from_str_radix(digits, 16).ok()).flatten()
}
