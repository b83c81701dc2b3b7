//! Raw stack words of SOS's `!dumpstack` and `!eestack`: everything on the stack that looks like a return address.
//!
//! ```text
//! OS Thread Id: 0x24 (0)
//! Current frame: ntdll!NtWaitForMultipleObjects + 0x14
//! Child-SP         RetAddr          Caller, Callee
//! 000000000019d5a0 000000007b075550 kernelbase!WaitForSingleObjectEx + 0x94, calling ntdll!NtWaitForSingleObject
//! 000000000019dc70 000006448a74ec1f (MethodDesc 000006448a1c5828 + 0xf System.Threading.Thread.Join())
//! ```
//!
//! False frames stand among the true ones, so the stacks are marked unreliable. `!eestack` heads each thread with a rule
//! of dashes and `Thread   4`. The rows are those of `DumpStackWorker` in SOS's `strike.cpp`.

use nom::branch::alt;
use nom::bytes::complete::{tag, take_while_m_n, take_while1};
use nom::combinator::{map, opt, rest};
use nom::sequence::preceded;
use nom::{IResult, Parser};

use super::clrstack;
use super::{Begin, Format, FrameLine, Line, call_site};
use crate::formats::call_site::without_glued_warning;
use crate::formats::tokens::{address, blanks0, blanks1, decimal, hex_value};
use crate::model::{Dialect, StackKind, ThreadRef};

pub const FORMAT: Format = Format {
    kind: StackKind::Unreliable,
    commands: &["dumpstack", "eestack"],
    ..Format::of_threads(Dialect::Dumpstack, line, shows)
};

fn line(text: &str) -> Option<Line<'_>> {
    if let Some(thread) = clrstack::thread_header(text).or_else(|| eestack_thread(text)) {
        return Some(Line::Begin(Begin::thread(thread)));
    }
    let trimmed = text.trim();
    let rule = trimmed.len() > 20 && trimmed.bytes().all(|byte| byte == b'-');
    if rule || is_header(text) || trimmed.starts_with("Current frame:") || trimmed.starts_with("TEB information") {
        return Some(Line::Header);
    }
    row(text).ok().map(|(_, site)| Line::Frame(FrameLine::of(site)))
}

fn shows(text: &str) -> bool {
    // `Thread %3d`
    let thread = text.len() == 10 && text.starts_with("Thread  ") && eestack_thread(text).is_some();
    thread || is_header(text) || (text.contains(", calling ") && row(text).is_ok())
}

fn is_header(text: &str) -> bool {
    let text = text.trim();
    text.ends_with("Callee") && text.starts_with("Child") && text.contains("Caller,")
}

/// `Thread   4`
fn eestack_thread(text: &str) -> Option<ThreadRef> {
    let index = text.trim().strip_prefix("Thread ")?.trim();
    Some(ThreadRef { index: Some(index.parse().ok()?), ..ThreadRef::default() })
}

fn row(input: &str) -> IResult<&str, String> {
    // Copies have lost leading digits of the first column.
    let digits = take_while_m_n(6, 16, |c: char| c.is_ascii_hexdigit());
    let (input, _) = (blanks0, alt((address, digits)), blanks1, address, blanks1).parse(input)?;
    map(rest, caller).parse(input)
}

/// The caller, without what it calls; the callee tells nothing that its own frame does not.
fn caller(text: &str) -> String {
    // The debugger's message on symbols that it loads just now; the caller comes on the next line.
    let text = without_glued_warning(text);
    let text = text.split(" ====> ").next().unwrap_or(text);
    let text = text.split(", calling ").next().unwrap_or(text).trim();
    if let Ok((name, offset)) = method_desc(text) {
        return call_site(None, name, offset, None);
    }
    for helper in ["(stub for ", "(JitHelp: "] {
        if let Some(name) = text.strip_prefix(helper) {
            return name.trim_end_matches(')').to_string();
        }
    }
    let (text, source) = split_source(text);
    let (name, offset) = match text.rsplit_once(['+']) {
        Some((name, digits)) => (name.trim_end(), hex_value(digits.trim().trim_start_matches("0x"))),
        None => (text, None),
    };
    let name = if offset.is_some() { name } else { text };
    call_site(None, name, offset, source)
}

/// `(MethodDesc 000006448a1c5828 + 0xf System.Threading.Thread.Join())`: name and offset.
fn method_desc(text: &str) -> Result<(&str, Option<u64>), nom::Err<nom::error::Error<&str>>> {
    let digits = || preceded(opt(tag("0x")), take_while1(|c: char| c.is_ascii_hexdigit()));
    let prefix = (tag("(MethodDesc "), digits(), blanks0, tag("+"), blanks0);
    let offset = digits();
    let (name, (_, offset, _)) = (prefix, offset, blanks1).parse(text)?;
    Ok((name.strip_suffix(')').unwrap_or(name), hex_value(offset)))
}

/// ` [nptl/futex-internal.c:57]`
fn split_source(text: &str) -> (&str, Option<(&str, u32)>) {
    let Some((name, source)) = text.strip_suffix(']').and_then(|text| text.rsplit_once(" [")) else {
        return (text, None);
    };
    let Some((path, number)) = source.rsplit_once([':', '@']) else { return (text, None) };
    match decimal(number.trim()) {
        Ok(("", number)) => (name, Some((path.trim(), number))),
        _ => (text, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::stacks::tests::check;

    #[test]
    fn lines() {
        for (text, want) in [
            ("000000000019d5a0 000000007b075550 k32!Wait + 0x94, calling ntdll!NtWait", "frame k32!Wait+0x94"),
            (
                "000000000019dc70 000006448a74ec1f (MethodDesc 000006448a1c5828 + 0xf N.T.Join())",
                "frame N.T.Join()+0xf",
            ),
            (
                "0012f0a0 7c90d1fc (MethodDesc 0x7c1234 +0x1d N.T.M(Int32)), calling (stub for N.T.X())",
                "frame N.T.M(Int32)+0x1d",
            ),
            (
                "00007FFCD6B748B0 00007f5dfefc65d8 libc.so.6!wait + 0x1e8 [nptl/cond.c:506], calling x",
                "frame libc.so.6!wait+0x1e8 [nptl/cond.c @ 506]",
            ),
            (
                "0012f0a0 7c90d1fc clr!X+0x12, calling clr!Y ====> Exception Code e0434352 cxr@1 exr@2",
                "frame clr!X+0x12",
            ),
            ("0012f0a0 7c90d1fc 7c90d1fc, calling clr!Y", "frame 7c90d1fc"),
            ("0012f0a0 7c90d1fc *** ERROR: Symbol file could not be found.", "frame "),
            ("Thread   4", "begin 4"),
            ("OS Thread Id: 0x24 (0)", "begin 0 0x24"),
            ("Current frame: ntdll!NtWait + 0x14", "header"),
            ("ChildEBP RetAddr  Caller,Callee", "header"),
            ("words", "nothing"),
        ] {
            check(&FORMAT, text, want);
        }
    }
}
