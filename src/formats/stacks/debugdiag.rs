//! Threads in the reports of DebugDiag's hang and crash analysis.
//!
//! ```text
//! Thread 51 - System ID 7224
//! Entry point   clr!Thread::intermediateThreadProc
//! Create time   3/11/2016 10:15:41 AM
//! Time spent in user mode   0 Days 00:00:00.250
//! .NET Call Stack
//! mscorlib_ni!System.Threading.Monitor.Wait(System.Object, Int32, Boolean)+17
//! [[HelperMethodFrame_1OBJ] (System.Threading.Monitor.ObjWait)] System.Threading.Monitor.ObjWait(Boolean)
//! Full Call Stack
//! Function   Arg 1   Arg 2   Arg 3   Source
//! ntdll!NtWaitForSingleObject+a   00000000`000003d8   00000000`00000000   00000000`00000000
//! ```
//!
//! Thread and System ID are decimal, offsets hexadecimal without `0x`. A thread has up to two stacks.

use super::leaktrack::{cells, site};
use super::{Begin, Format, FrameLine, Line, whole_call};
use crate::formats::tokens::hex_value;
use crate::model::{Dialect, ThreadRef};

pub const FORMAT: Format = Format::of_threads(Dialect::DebugDiag, line, |text| {
    let text = text.trim();
    thread(text).is_some()
        || is_marker_of_call(text)
        || is_title(text)
        || has_source(text)
        || (text.starts_with("Function") && is_header(text) && text.contains("Arg 1"))
});

fn line(text: &str) -> Option<Line<'_>> {
    let text = text.trim();
    if let Some(thread) = thread(text) {
        return Some(Line::Begin(Begin::thread(thread)));
    }
    if is_title(text) || text.trim_end_matches(':') == "Call Stack" {
        return Some(Line::Begin(Begin::default()));
    }
    if is_header(text) {
        return Some(Line::Header);
    }
    const DETAILS: [&str; 4] = ["Entry point", "Create time", "Time spent in user mode", "Time spent in kernel mode"];
    if DETAILS.iter().any(|detail| text.starts_with(detail)) {
        return Some(Line::Detail);
    }
    let frame = frame(text)?;
    Some(Line::Frame(FrameLine::of(frame)))
}

/// `Thread 51 - System ID 7224`
fn thread(text: &str) -> Option<ThreadRef> {
    let (index, id) = text.strip_prefix("Thread ")?.split_once(" - System ID ")?;
    let id = id.split_whitespace().next()?;
    Some(ThreadRef { index: Some(index.trim().parse().ok()?), os_id: Some(id.parse().ok()?), ..ThreadRef::default() })
}

/// `.NET Call Stack`, a heading where it comes from a page.
fn is_title(text: &str) -> bool {
    let text = text.trim_matches(['#', ':', ' ']);
    let behind = [".NET Call Stack", "Full Call Stack"].iter().find_map(|title| text.strip_prefix(title));
    // Its columns may stand on the same line.
    let is_column = |word: &str| ["Function", "Arg", "Source"].contains(&word) || word.parse::<u8>().is_ok();
    behind.is_some_and(|behind| behind.trim_start_matches(':').split_whitespace().all(is_column))
}

/// `svc!main+f9   d:\src\main.cpp @ 12 + 3`: only DebugDiag prints the source like that.
pub fn has_source(text: &str) -> bool {
    let mut cells = cells(text);
    let (Some(call), Some(source), None) = (cells.next(), cells.next(), cells.next()) else { return false };
    let digits = call.rsplit_once('+').and_then(|(_, digits)| hex_value(digits));
    call.contains('!') && digits.is_some() && position_in(source).is_some_and(|(path, _)| path.contains(['\\', '/']))
}

/// `d:\src\main.cpp @ 12 + 3`: the path and the line; behind them, how many bytes of code beyond the line's first.
fn position_in(source: &str) -> Option<(&str, &str)> {
    let (path, line) = source.rsplit_once(" @ ")?;
    let line = line.split_once(" + ").map_or(line, |(line, _)| line).trim();
    (!line.is_empty() && line.bytes().all(|byte| byte.is_ascii_digit())).then_some((path, line))
}

fn is_header(text: &str) -> bool {
    let mut cells = cells(text);
    let known = |cell: &str| ["Arg 1", "Arg 2", "Arg 3", "Arg 4", "Source"].contains(&cell);
    cells.next() == Some("Function") && cells.next().is_some_and(known) && cells.all(known)
}

/// The call site in the first cell; behind it arguments and the source.
fn frame(text: &str) -> Option<String> {
    let mut cells = cells(text);
    let first = without_arguments(cells.next()?);
    let rest: Vec<&str> = cells.collect();
    let is_argument = |cell: &&&str| hex_value(cell.trim_start_matches("0x")).is_some();
    let arguments = rest.iter().take_while(is_argument).count();
    let source = match rest[arguments..] {
        [] => None,
        [source] if source.contains([':', '\\', '/', '.', '@']) => Some(source),
        _ => return None,
    };
    let call = match marked(first) {
        Some(call) => call,
        None => managed(first).or_else(|| site(first))?,
    };
    let source = source.and_then(|source| position_in(source)).map(|(path, line)| format!(" [{path} @ {line}]"));
    Some(call + &source.unwrap_or_default())
}

/// ``ntdll!RtlFreeHeap+1aa8f 00000000`00000020 00000000`403cd850``: columns that a copy set one blank apart.
fn without_arguments(text: &str) -> &str {
    let is_argument = |word: &str| word.len() >= 17 && word.contains('`') && hex_value(word).is_some();
    let mut rest = text;
    while let Some((before, last)) = rest.rsplit_once(' ')
        && is_argument(last)
    {
        rest = before.trim_end();
    }
    rest
}

/// `[[HelperMethodFrame_1OBJ] (N.T.M)] N.T.M(Boolean)`: SOS's marker, in brackets once more.
fn marked(text: &str) -> Option<String> {
    let inner = text.strip_prefix("[[")?;
    let (marker, behind) = inner.split_once(']')?;
    let (_, method) = behind.split_once(']')?;
    let word = !marker.is_empty() && !marker.contains([' ', '[']);
    let method = managed(method.trim()).unwrap_or_else(|| method.trim().to_string());
    word.then(|| format!("[{marker}] {method}").trim_end().to_string())
}

/// `[[InlinedCallFrame] (N.T.M)] N.T.M(Boolean)`: nothing else has both.
fn is_marker_of_call(text: &str) -> bool {
    let inner = text.strip_prefix("[[");
    let behind = inner.and_then(|inner| inner.split_once("] (").or_else(|| inner.split_once("](")));
    let is_marker = |marker: &str| marker.ends_with("Frame") || marker.contains("Frame_");
    behind.is_some_and(|(marker, _)| is_marker(marker)) && marked(text).is_some()
}

/// `N.T.M(Boolean)+17`, with or without its module.
fn managed(text: &str) -> Option<String> {
    let (call, digits) = text.rsplit_once(")+")?;
    let offset = hex_value(digits)?;
    let name = call.split_once('!').map_or(call, |(_, name)| name);
    let fits = whole_call::is_managed_call(&format!("{name})"));
    fits.then(|| format!("{call})+{offset:#x}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::stacks::tests::check;

    #[test]
    fn lines() {
        for (text, want) in [
            ("Thread 51 - System ID 7224", "begin 51 0x1c38"),
            ("Thread 51 - System", "nothing"),
            ("Entry point   clr!Thread::intermediateThreadProc", "detail"),
            ("Time spent in user mode   0 Days 00:00:00.250", "detail"),
            (".NET Call Stack", "begin"),
            ("Function   Arg 1   Arg 2   Arg 3   Source", "header"),
            ("Function\t\tSource", "header"),
            (
                "ntdll!NtWaitForSingleObject+a   00000000`000003d8   00000000`00000000   00000000`00000000",
                "frame ntdll!NtWaitForSingleObject+0xa",
            ),
            ("svc!main+f9\t\td:\\src\\main.cpp @ 12", "frame svc!main+0xf9 [d:\\src\\main.cpp @ 12]"),
            ("svc!main+f9   d:\\src\\main.cpp @ 12 + 1c", "frame svc!main+0xf9 [d:\\src\\main.cpp @ 12]"),
            ("### .NET Call Stack", "begin"),
            ("Full Call Stack: Function Arg 1 Arg 2 Arg 3 Arg 4", "begin"),
            ("Full Call Stack of the thread", "nothing"),
            ("ole32!CoTaskMemFree+36 00000000`403d6b00 00000000`00000001", "frame ole32!CoTaskMemFree+0x36"),
            (
                "mscorlib_ni!System.Threading.Monitor.Wait(System.Object, Int32, Boolean)+17",
                "frame mscorlib_ni!System.Threading.Monitor.Wait(System.Object, Int32, Boolean)+0x17",
            ),
            ("[[GCFrame]]", "frame [GCFrame]"),
            ("[[HelperMethodFrame_1OBJ] (N.T.M)] N.T.M(Boolean)", "frame [HelperMethodFrame_1OBJ] N.T.M(Boolean)"),
            ("[[InlinedCallFrame] (N.T.M)] N.T.M(IntPtr)+1ad", "frame [InlinedCallFrame] N.T.M(IntPtr)+0x1ad"),
            ("0x7ff010145a3", "frame 0x7ff010145a3"),
            ("This thread is waiting on a lock", "nothing"),
        ] {
            check(&FORMAT, text, want);
        }
    }

    #[test]
    fn lines_that_show_a_report() {
        for (text, want) in [
            ("[[InlinedCallFrame] (<Module>.Release)] <Module>.Ledger.Release(Ledger*)", true),
            ("[[HelperMethodFrame](N.T.M)] N.T.M(System.Object)", true),
            ("Thread 51 - System ID 7224", true),
            ("[[GCFrame]]", false),
            ("[[Framework] (of pages)] is what a wiki links", false),
            ("[[Link] (to it)] in a wiki", false),
        ] {
            assert_eq!((FORMAT.shows)(text), want, "{text}");
        }
    }
}
