//! Exceptions of a case, as the tables of its sources tell them.

use foldhash::HashSet;

use super::throwers::functions_of;
use crate::finding::{EvidenceKind, Finding};
use crate::formats::bucket_code;
use crate::model::{CallSites, Dialect, Field, Row, Stack, Table};
use crate::rules::ExceptionCondition;

/// An exception that some text tells of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exception {
    /// Type of a managed exception, or what the debugger calls the event.
    pub name: String,
    pub message: String,
    /// Of a native exception, or the HRESULT of a managed one.
    pub code: Option<u64>,
    /// The text says that nobody caught it.
    pub unhandled: bool,
    /// Where native code faulted, as far as the text names it: `clr!WKS::gc_heap::mark`, or `clr!` for the module alone.
    pub at: String,
    /// Index of the source in its case.
    pub source: usize,
    pub line: u32,
    /// The thread that holds it, by its id of the operating system.
    pub holder: Option<u64>,
    /// It wraps another one, whose frames come first.
    pub is_outer: bool,
    /// The first frame of its stack.
    pub thrown: Option<Thrown>,
}

/// Where an exception was thrown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thrown {
    /// Index of the source in its case.
    pub source: usize,
    /// Line of the stack, and of its first frame.
    pub stack_line: u32,
    pub line: u32,
    pub call_site: String,
    /// Without arguments, where there are symbols.
    pub function: Option<String>,
    /// Functions that the exception passed, without arguments; where SOS printed them, which names them as on threads.
    pub functions: Vec<String>,
    pub dialect: Dialect,
}

impl Exception {
    /// Whether it is one that a rule asks for.
    pub fn is_asked_by(&self, condition: &ExceptionCondition) -> bool {
        condition.holds(&self.name, &self.message, self.code, &self.at, self.unhandled)
    }

    /// What `{{exception.type}}` and the like stand for in a message; see [`crate::rules::EXCEPTION_FIGURES`].
    pub fn figure(&self, name: &str) -> Option<String> {
        match name {
            "exception.type" => Some(self.name.clone()),
            "exception.message" if self.message.is_empty() => Some("no message".to_string()),
            "exception.message" => Some(self.message.clone()),
            "exception.site" => match &self.thrown {
                Some(thrown) => Some(thrown.function.as_ref().unwrap_or(&thrown.call_site).clone()),
                None => Some("an unknown place".to_string()),
            },
            _ => None,
        }
    }
}

/// A rule's message without the place at its beginning, where the text does not tell where the exception was thrown.
pub fn without_unknown_site<'m>(message: &'m str, exception: &Exception) -> &'m str {
    let behind_site = || message.strip_prefix("{{exception.site}}: ");
    match exception.thrown {
        Some(_) => message,
        None => behind_site().unwrap_or(message),
    }
}

/// The stack of an exception, as its first frame.
pub fn thrown_of(stack: &Stack, sites: &CallSites, source: usize) -> Option<Thrown> {
    let first = stack.frames.first()?;
    let is_of_sos = stack.dialect == Dialect::PrintException;
    let site = sites.get(first.site);
    Some(Thrown {
        source,
        stack_line: stack.line,
        line: first.line,
        call_site: site.text.to_string(),
        function: site.function().map(|function| function.split('(').next().unwrap_or(function).to_string()),
        functions: if is_of_sos { functions_of(stack, sites) } else { Vec::new() },
        dialect: stack.dialect,
    })
}

/// Finds the stack of each exception: the first that follows its text, before that of another. What was thrown is in the
/// order of the sources and lines.
pub fn place(exceptions: &mut [Exception], thrown: &[Thrown]) {
    let mut lines: Vec<(usize, u32)> = exceptions.iter().map(|exception| (exception.source, exception.line)).collect();
    lines.sort_unstable();
    for exception in exceptions.iter_mut() {
        let begin = (exception.source, exception.line);
        let end = lines.get(lines.partition_point(|line| *line <= begin));
        let at = thrown.partition_point(|thrown| (thrown.source, thrown.stack_line) < begin);
        let is_before = |thrown: &&Thrown| end.is_none_or(|end| (thrown.source, thrown.stack_line) < *end);
        let is_here = |thrown: &&Thrown| thrown.source == exception.source;
        exception.thrown = thrown.get(at).filter(is_here).filter(is_before).cloned();
    }
    place_outer(exceptions);
}

/// A SqlException that wraps the code of Windows has its frames behind that one's line. Of other exceptions the text does not
/// tell whether the one above wraps the one below, or was logged before it.
fn place_outer(exceptions: &mut [Exception]) {
    let mut order: Vec<usize> = (0..exceptions.len()).collect();
    order.sort_by_key(|&at| (exceptions[at].source, exceptions[at].line));
    for pair in order.windows(2) {
        let (outer, inner) = (&exceptions[pair[0]], &exceptions[pair[1]]);
        let lines = inner.line.saturating_sub(outer.line);
        let follows = outer.source == inner.source && (1..=WRAPPED_WITHIN).contains(&lines);
        if follows && outer.thrown.is_none() && has_its_stack(outer, &inner.name) {
            exceptions[pair[0]].thrown = inner.thrown.clone();
        }
    }
}

/// The line behind that of an exception, or the one behind a message of two lines.
const WRAPPED_WITHIN: u32 = 2;

/// Source and line of the stacks that are those of exceptions by their types: where they were thrown, no thread stands any
/// more. Frames alone may as well be those of a thread.
pub fn stacks_of_exceptions(exceptions: &[Exception]) -> HashSet<(usize, u32)> {
    let typed = exceptions.iter().filter(|exception| exception.name.ends_with("Exception"));
    typed.filter_map(|exception| exception.thrown.as_ref()).map(|thrown| (thrown.source, thrown.stack_line)).collect()
}

/// The exceptions whose stacks begin at these places; all of them, where a place is not that of an exception's stack.
pub fn of_stacks<'e>(exceptions: &'e [Exception], places: &HashSet<(usize, u32)>) -> Vec<&'e Exception> {
    let is_own = |exception: &&Exception| {
        let place = exception.thrown.as_ref().map(|thrown| (thrown.source, thrown.stack_line));
        !exception.is_outer && place.is_some_and(|place| places.contains(&place))
    };
    let own: Vec<&Exception> = exceptions.iter().filter(is_own).collect();
    let placed: HashSet<(usize, u32)> =
        own.iter().flat_map(|own| &own.thrown).map(|thrown| (thrown.source, thrown.stack_line)).collect();
    match !own.is_empty() && places.iter().all(|place| placed.contains(place)) {
        true => own,
        false => exceptions.iter().collect(),
    }
}

/// Whether a finding tells of an exception that nobody caught, and another one only of an exception that came before, which
/// neither wraps it nor is wrapped in it: what a log tells of first need not be why the process ended.
pub fn tells_of_another(exceptions: &[Exception], finding: &Finding, other: &Finding) -> bool {
    let (Some(last), Some(first)) = (told_by(exceptions, finding), told_by(exceptions, other)) else { return false };
    let is_plain = |exception: &Exception| {
        let name = last_part(&exception.name);
        name.ends_with("Exception") && !WRAPPERS.contains(&name)
    };
    let chain_of = |exception: &Exception| {
        let name = last_part(&exception.name).to_string();
        let told = exceptions.iter().filter(move |other| last_part(&other.name) == name);
        told.map(|other| (other.source, other.line)).collect::<HashSet<_>>()
    };
    let quotes = |outer: &Exception, inner: &Exception| outer.message.contains(last_part(&inner.name));
    let comes_before = (first.source, first.line) < (last.source, last.line);
    let is_linked = quotes(first, last) || quotes(last, first) || !chain_of(first).is_disjoint(&chain_of(last));
    last.unhandled && !first.unhandled && is_plain(first) && is_plain(last) && comes_before && !is_linked
}

/// Exceptions that are thrown because of others: any may be inside, whether the text shows it or not.
const WRAPPERS: [&str; 7] = [
    "AggregateException",
    "ApplicationException",
    "Exception",
    "HttpUnhandledException",
    "SystemException",
    "TargetInvocationException",
    "TypeInitializationException",
];

/// The exception in the evidence of a finding.
fn told_by<'e>(exceptions: &'e [Exception], finding: &Finding) -> Option<&'e Exception> {
    let evidence = finding.evidence.iter().find(|evidence| evidence.kind == EvidenceKind::Exception)?;
    let is_it = |exception: &&Exception| {
        (exception.source, exception.line) == (evidence.source, evidence.line)
            && evidence.text.starts_with(&exception.name)
    };
    exceptions.iter().find(is_it)
}

/// A type without its namespace, which some texts leave out.
fn last_part(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

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
                let outer = outer_exceptions(cell("outer"), source, row.line, unhandled);
                exceptions
                    .extend(outer.map(|outer| Exception { is_outer: !has_its_stack(&outer, cell("type")), ..outer }));
            }
            "events" => add(cell("event"), "", code_in(cell("code"))),
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
    let reported = match (table.name, table.rows.as_slice()) {
        ("drmingw", [row]) => table.cell(row, "module"),
        ("events", [_] | []) => table.field("Faulting module name"),
        _ => None,
    };
    let module = reported.filter(|module| !module.is_empty())?;
    let module = module.split(',').next()?.trim();
    Some(format!("{}!", module.rsplit_once('.').map_or(module, |(stem, _)| stem)))
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

/// A SqlException gives the code of Windows as an exception inside, which was never thrown: the frames are its own.
fn has_its_stack(outer: &Exception, inner: &str) -> bool {
    last_part(&outer.name) == "SqlException" && last_part(inner) == "Win32Exception"
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

const HANG: &str = "APPLICATION_HANG";

/// Breakpoint, single step, and the debugger that is woken: they stop a target for its debugger.
const STOPS: [u64; 3] = [0x8000_0003, 0x8000_0004, 0x8000_0007];

/// `System.FormatException, Use !PrintException 00007f5d5c020790 to see more.`
fn inner_type(inner: &str) -> &str {
    let name = inner.split([',', ' ']).next().unwrap_or_default();
    if name.contains('.') { name } else { "" }
}

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
                add(code, "", code_in(code));
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
