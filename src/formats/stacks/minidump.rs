//! minidump-stackwalk, of Breakpad and in Rust: text for people. Also what other reporters of crashes print.
//!
//! ```text
//! Thread 0  (crashed) - tid: 256
//!  0  ntdll.dll + 0x555f4
//!      rax = 0x0000000000000000    rdx = 0x0000000000000000
//!     Found by: given as instruction pointer in context
//!  1  svc.exe!Contoso::Render(int) [render.cpp : 107 + 0xd]
//!     Found by: call frame info
//! ```
//!
//! Sentry, the crash reports of macOS and what its `backtrace_symbols` prints:
//!
//! ```text
//! Thread 6312 Crashed:
//! 0   KERNELBASE.dll                  0x7ff8bcab3b29      RaiseException
//! 1   VCRUNTIME140.dll                0x7ff8a477621f      _CxxThrowException (throw.cpp:74)
//! 5   libcoreclr.dylib                0x0000000108bf4e7d WaitForSingleObjectEx + 77
//! ```
//!
//! LLVM on Windows, without numbers:
//!
//! ```text
//! 0x00007FFD48082816, C:\WINDOWS\ntdll.dll(0x00007FFD48060000) + 0x22816 byte(s), RtlAllocateHeap() + 0x65C6 byte(s)
//! ```

use nom::Parser;

use super::{Begin, Format, FrameLine, Line, call_site};
use crate::formats::tokens::{blanks0, blanks1, decimal, hex_value};
use crate::model::{Dialect, ThreadRef};

pub const FORMAT: Format = Format::of_threads(Dialect::Minidump, line, shows);

fn line(text: &str) -> Option<Line<'_>> {
    let trimmed = text.trim();
    if let Some(thread) = thread(trimmed) {
        return Some(Line::Begin(Begin::thread(thread)));
    }
    if trimmed.starts_with("Found by:") || is_registers(trimmed) || is_stack_content(trimmed) {
        return Some(Line::Detail);
    }
    if let Some(thread) = heading(trimmed) {
        return Some(Line::Begin(Begin { thread, ..Begin::default() }));
    }
    if matches!(trimmed, "Loaded modules:" | "Unloaded modules:" | "Binary Images:") {
        return Some(Line::End);
    }
    if let Some(site) = llvm(trimmed) {
        return Some(Line::Frame(FrameLine::of(site)));
    }
    let (number, site) = frame(text)?;
    Some(Line::Frame(FrameLine { number: Some(number), ..FrameLine::of(site) }))
}

fn shows(text: &str) -> bool {
    let trimmed = text.trim();
    if trimmed.starts_with("0x") {
        return llvm(trimmed).is_some();
    }
    if trimmed.starts_with("Thread ") && trimmed.contains(" Crashed:") && heading(trimmed).is_some() {
        return true;
    }
    let columns = || (blanks0, decimal, blanks1).parse(text).ok().and_then(|(rest, _)| in_columns(rest));
    if columns().is_some_and(|(sure, _)| sure) {
        return true;
    }
    match frame(text) {
        Some(_) => {
            let lower = text.to_ascii_lowercase();
            let in_module = [".dll + 0x", ".exe + 0x", ".so + 0x"].iter().any(|end| lower.contains(end));
            in_module || (text.contains(" + 0x") && text.contains(" : "))
        }
        None => thread(text.trim()).is_some(),
    }
}

/// `Thread 0 (crashed)`, `Thread 5  - tid: 288`, `Thread 12 worker - tid: 300`, and in Breakpad's text `Thread 5`.
fn thread(text: &str) -> Option<ThreadRef> {
    let (behind, index) = decimal(text.strip_prefix("Thread ")?).ok()?;
    let (label, tid) = match behind.split_once("- tid:") {
        Some((label, tid)) => (label.trim(), tid.trim().parse().ok()),
        None => (behind.trim(), None),
    };
    let name = label.trim_end_matches("(crashed)").trim();
    let known = tid.is_some() || name.is_empty();
    let name = (!name.is_empty()).then(|| name.trim_matches('"').to_string());
    known.then_some(ThreadRef { index: Some(index), os_id: tid, name, ..ThreadRef::default() })
}

/// A process with so many threads has other worries: reporters that print larger numbers (Sentry) mean the system's ids.
const FIRST_OS_ID: u32 = 1000;

/// `Thread 6312 Crashed:`, `Thread 3 Crashed:: Dispatch queue: x`, `Thread 4:: .NET Finalizer`, `Thread 5:`.
fn heading(text: &str) -> Option<ThreadRef> {
    let (behind, index) = decimal(text.strip_prefix("Thread ")?).ok()?;
    let behind = behind.strip_prefix(" Crashed").unwrap_or(behind).strip_prefix(':')?;
    let name = behind.strip_prefix(':').map(str::trim).filter(|name| !name.is_empty());
    let known = behind.trim().is_empty() || name.is_some();
    let name = name.filter(|name| !name.starts_with("Dispatch queue")).map(str::to_string);
    let (index, os_id) = if index < FIRST_OS_ID { (Some(index), None) } else { (None, Some(u64::from(index))) };
    known.then_some(ThreadRef { index, os_id, name, ..ThreadRef::default() })
}

/// `libcoreclr.dylib   0x0000000108bf4e7d WaitForSingleObjectEx + 77`: its call site, and whether nothing else looks so.
fn in_columns(text: &str) -> Option<(bool, String)> {
    let (at, _) = text.match_indices("0x").find(|&(at, _)| text[..at].ends_with([' ', '\t']))?;
    let (module, behind) = (text[..at].trim(), &text[at + 2..]);
    let (digits, function) = behind.split_once([' ', '\t']).unwrap_or((behind, ""));
    let is_name = |c: char| c.is_alphanumeric() || "._-+ ".contains(c);
    let is_module = !module.is_empty() && module.chars().all(is_name) && !module.contains("  ");
    if module == "???" && digits.len() >= 8 {
        // JIT-compiled code: `0 + 4465032269` stands behind it.
        return hex_value(digits).map(|address| (false, format!("{address:#x}")));
    }
    let address = hex_value(digits).filter(|_| is_module && digits.len() >= 8)?;
    let (function, source) = match function.trim().strip_suffix(')').and_then(|text| text.rsplit_once(" (")) {
        Some((name, place)) => match place.rsplit_once(':').map(|(path, line)| (path, line.parse())) {
            Some((path, Ok(line))) => (name, Some((path, line))),
            _ if place.starts_with("in ") => (name, None),
            _ => (function.trim(), None),
        },
        None => (function.trim(), None),
    };
    let (name, offset) = match function.rsplit_once(" + ") {
        Some((name, offset)) => (name, Some(number(offset)?)),
        None => (function, None),
    };
    let lower = module.to_ascii_lowercase();
    let is_file = [".dll", ".exe", ".dylib", ".so", ".sys"].iter().any(|end| lower.ends_with(end));
    let sure = is_file || (offset.is_some() && digits.len() == 16);
    // Where there is no symbol, the module's address stands for it.
    let site = match (name.starts_with("0x") || matches!(name, "" | "???" | "<unknown>"), offset) {
        (true, Some(offset)) => call_site(Some(module), "", Some(offset), None),
        (true, None) if is_file => module.to_string(),
        (true, None) => format!("{address:#x}"),
        (false, _) => call_site(Some(module), name, offset, source),
    };
    Some((sure, site))
}

fn number(text: &str) -> Option<u64> {
    match text.strip_prefix("0x") {
        Some(digits) => hex_value(digits),
        None => text.parse().ok(),
    }
}

/// `0x00007FFD48082816, C:\ntdll.dll(0x00007FFD48060000) + 0x22816 byte(s), RtlFreeHeap() + 0x620 byte(s), C:\h.c, line 9 + ...`
fn llvm(text: &str) -> Option<String> {
    let (address, behind) = text.strip_prefix("0x")?.split_once(", ")?;
    hex_value(address)?;
    let (path, behind) = behind.split_once("(0x")?;
    let (base, behind) = behind.split_once(") + ")?;
    hex_value(base)?;
    let (offset, behind) = behind.split_once(" byte(s)")?;
    let module = path.rsplit(['\\', '/']).next().filter(|module| !module.is_empty())?;
    let Some(called) = behind.strip_prefix(", ") else {
        return behind.is_empty().then(|| call_site(Some(module), "", number(offset), None));
    };
    let (function, behind) = called.split_once("() + ")?;
    let (offset, behind) = behind.split_once(" byte(s)")?;
    let place = behind.strip_prefix(", ").and_then(|place| place.split_once(", line "));
    let line = place.and_then(|(_, line)| line.split(' ').next()?.parse().ok());
    Some(call_site(Some(module), function, number(offset), place.map(|(path, _)| path).zip(line)))
}

/// ` 1  svc.exe!Contoso::Render(int) [render.cpp : 107 + 0xd]`, ` 0  ntdll.dll + 0x555f4`, ` 2  0x7f5d849ecdef`
fn frame(text: &str) -> Option<(u32, String)> {
    let (rest, (_, number, _)) = (blanks0, decimal, blanks1).parse(text).ok()?;
    let rest = rest.trim();
    if let Some(digits) = rest.strip_prefix("0x") {
        return hex_value(digits).map(|_| (number, rest.to_string()));
    }
    if let Some((module, name)) = rest.split_once('!') {
        // `Electron Framework!main`
        let is_module = !module.is_empty() && !module.contains(['(', '\\', '/', ':', '<']);
        let (name, offset, source) = split_position(name);
        return (is_module && !name.is_empty()).then(|| (number, call_site(Some(module), name, offset, source)));
    }
    if let Some((_, site)) = in_columns(rest) {
        return Some((number, site));
    }
    let (module, offset) = rest.rsplit_once(" + 0x")?;
    let is_module = !module.is_empty() && !module.contains(['(', '\\', '/', '=', ':']);
    is_module.then_some(())?;
    Some((number, call_site(None, module, Some(hex_value(offset)?), None)))
}

type Position<'t> = (&'t str, Option<u64>, Option<(&'t str, u32)>);

/// ` [render.cpp : 107 + 0xd]`, ` [render.cpp:107 + 0xd]`, ` + 0x12`
fn split_position(name: &str) -> Position<'_> {
    if let Some((function, inside)) = name.strip_suffix(']').and_then(|name| name.rsplit_once(" [")) {
        let (place, offset) = match inside.rsplit_once(" + 0x") {
            Some((place, digits)) => (place, hex_value(digits)),
            None => (inside, None),
        };
        if let Some((path, line)) = place.rsplit_once(':')
            && let Ok(line) = line.trim().parse()
        {
            return (function.trim_end(), offset, Some((path.trim_end(), line)));
        }
    }
    match name.rsplit_once(" + 0x") {
        Some((function, digits)) => (function.trim_end(), hex_value(digits), None),
        None => (name.trim_end(), None, None),
    }
}

/// `Stack contents:` and its bytes, which the option `-s` adds.
fn is_stack_content(text: &str) -> bool {
    let mut words = text.split_whitespace();
    let first = words.next().unwrap_or_default();
    let bytes = words.next().is_some_and(|word| word.len() == 2 && hex_value(word).is_some());
    (first.len() >= 8 && hex_value(first).is_some() && bytes)
        || matches!(text, "Stack contents:" | "Possible instruction pointers:")
}

/// `rsp = 0x000000000011fcc0    rip = 0x0000000140001609`
fn is_registers(text: &str) -> bool {
    let Some((name, value)) = text.split_once(" = ") else { return false };
    name.len() <= 6 && name.bytes().all(|byte| byte.is_ascii_alphanumeric()) && value.starts_with("0x")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::stacks::tests::check;

    #[test]
    fn lines() {
        for (text, want) in [
            ("Thread 0  (crashed) - tid: 256", "begin 0 0x100"),
            ("Thread 5", "begin 5"),
            (" 0  ntdll.dll + 0x555f4", "frame 0 ntdll.dll+0x555f4"),
            (
                " 1  svc.exe!C::Render(int) [render.cpp : 107 + 0xd]",
                "frame 1 svc.exe!C::Render(int)+0xd [render.cpp @ 107]",
            ),
            ("12  svc.exe!main + 0x12", "frame 12 svc.exe!main+0x12"),
            ("    rsp = 0x000000000011fcc0    rip = 0x0000000140001609", "detail"),
            ("    Found by: stack scanning", "detail"),
            ("Loaded modules:", "end"),
            ("Thread 6312 Crashed:", "begin 0x18a8"),
            ("Thread 4:: .NET Finalizer", "begin 4 \".NET Finalizer\""),
            ("Thread 0 Crashed:: Dispatch queue: com.contoso.main-thread", "begin 0"),
            ("Thread 0 crashed with X86 Thread State (64-bit):", "nothing"),
            (
                "0   KERNELBASE.dll                  0x7ff8bcab3b29      RaiseException",
                "frame 0 KERNELBASE.dll!RaiseException",
            ),
            (
                "6   ledger.exe   0x7ff684df5bcb      Book::readLines (book.cpp:477)",
                "frame 6 ledger.exe!Book::readLines [book.cpp @ 477]",
            ),
            (
                "5   libcoreclr.dylib \t0x0000000108bf4e7d WaitForSingleObjectEx + 77",
                "frame 5 libcoreclr.dylib!WaitForSingleObjectEx+0x4d",
            ),
            ("7   Contoso Ledger   0x0000000108bf4e7d 0x108bf0000 + 20093", "frame 7 Contoso Ledger+0x4e7d"),
            ("8   ???   0x0000000108bf4e7d 0 + 4442770045", "frame 8 0x108bf4e7d"),
            ("8   and, so   0x0000000108bf4e7d f + 3", "nothing"),
            (
                "0x00007FFD48082816, C:\\W\\ntdll.dll(0x00007FFD48060000) + 0x22816 byte(s), RtlFreeHeap() + 0x65C6 byte(s)",
                "frame ntdll.dll!RtlFreeHeap+0x65c6",
            ),
            ("0x00007FF73671B9EC, C:\\a b\\ld.exe(0x00007FF736710000) + 0xB9EC byte(s)", "frame ld.exe+0xb9ec"),
            (
                "0x00007FF73671B9EC, D:\\ld.exe(0x00007FF736710000) + 0xB9EC byte(s), main() + 0x1C byte(s), D:\\l.cpp, line 12 + 0x5 byte(s)",
                "frame ld.exe!main+0x1c [D:\\l.cpp @ 12]",
            ),
            ("0x00007FF73671B9EC, and 12 byte(s)", "nothing"),
            ("Thread 51 - System ID 7224", "nothing"),
            (" 3  apples + 4 pears", "nothing"),
        ] {
            check(&FORMAT, text, want);
        }
    }
}
