//! `bt` and `bt all` of lldb.
//!
//! ```text
//! * thread #1, name = 'dotnet', stop reason = signal SIGSTOP
//!   * frame #0: 0x00007f5dfefc3f16 libc.so.6`__futex_abstimed_wait_common at futex-internal.c:57:12
//!     frame #1: 0x00007f5dfe308611 libcoreclr.so`WaitForMultipleObjectsEx + 81
//!     frame #2: 0x00007f5d849ecdef
//!   thread #2: tid = 23420, 0x00007f5dff03a26f libc.so.6`__GI___poll(fds=0x0) at poll.c:29:10, name = 'x'
//! ```
//!
//! Numbers and offsets are decimal. On attaching, `thread list` and `thread select` lldb shows one frame of a thread: a
//! place, not a stack.

use nom::bytes::complete::{tag, take_while1};
use nom::character::complete::{char, one_of};
use nom::combinator::{opt, recognize};
use nom::sequence::{preceded, terminated};
use nom::{IResult, Parser};

use super::{Begin, Format, FrameLine, Line, call_site};
use crate::formats::tokens::{blanks0, decimal, hex_value};
use crate::model::{Dialect, ThreadRef};

pub const FORMAT: Format = Format {
    commands: &["bt", "thread backtrace"],
    columns: &["stop reason"],
    whole: |command| command.contains("bt") || command.contains("backtrace"),
    ..Format::of_threads(Dialect::Lldb, line, |text| {
        memchr::memmem::find(text.as_bytes(), b" #").is_some() && line(text).is_some()
    })
};

fn line(text: &str) -> Option<Line<'_>> {
    if let Ok((behind, index)) = thread(text) {
        return Some(Line::Begin(begin(index, behind)));
    }
    let (site, (starred, number)) = frame(text).ok()?;
    let (site, inline) = match site.trim().strip_suffix("[inlined]") {
        Some(site) => (site, true),
        None => (site, site.contains(" [inlined] ")),
    };
    let location = number == 0 && !starred;
    Some(Line::Frame(FrameLine { number: Some(number), inline, location, ..FrameLine::of(parse_site(site.trim())) }))
}

/// `* thread #1`
fn thread(input: &str) -> IResult<&str, u32> {
    preceded((blanks0, opt(one_of("*+")), blanks0, tag("thread #")), decimal).parse(input)
}

/// The thread: `, name = 'dotnet', stop reason = ...` and, in `thread list`, its id. The id names it only where lldb gives
/// it; counts of threads do not depend on these lines, since a place is no stack.
fn begin(index: u32, behind: &str) -> Begin<'_> {
    let value = |label: &str| {
        let (_, value) = behind.split_once(label)?;
        let value = value.trim_start();
        let (open, close) = if value.starts_with('\'') { (1, '\'') } else { (0, ',') };
        value[open..].split(close).next().map(str::trim)
    };
    let tid = value("tid =");
    let os_id = tid.and_then(|tid| match tid.strip_prefix("0x") {
        Some(digits) => hex_value(digits),
        None => tid.parse().ok(),
    });
    let name = value("name =").map(str::to_string);
    let thread = ThreadRef { index: Some(index), os_id, name, ..ThreadRef::default() };
    Begin { thread, row: value("stop reason =").and_then(fault).into_iter().collect(), ..Begin::default() }
}

/// `signal SIGSEGV`, `signal SIGSEGV: address not mapped`, `EXC_BAD_ACCESS (code=1`: what the thread did that stopped it.
/// lldb itself stops it with SIGSTOP.
fn fault(reason: &str) -> Option<&str> {
    let reason = reason.strip_prefix("signal ").unwrap_or(reason);
    let name = reason.split([' ', ':']).next()?;
    let is_fault = (name.starts_with("SIG") && name != "SIGSTOP") || name.starts_with("EXC_");
    is_fault.then_some(name)
}

fn frame(input: &str) -> IResult<&str, (bool, u32)> {
    let (input, star) = preceded(blanks0, opt((one_of("*+"), blanks0))).parse(input)?;
    let (input, number) = preceded(tag("frame #"), decimal).parse(input)?;
    let (input, _) = (char(':'), blanks0).parse(input)?;
    Ok((input, (star.is_some(), number)))
}

/// ``0x00007f5dfe308611 libcoreclr.so`Thread::JoinEx(unsigned int, WaitMode) + 115 at threads.cpp:12:3``
fn parse_site(text: &str) -> String {
    let Ok((behind, address)) = address(text) else { return symbol(text) };
    if behind.is_empty() { address.to_string() } else { symbol(behind) }
}

fn address(input: &str) -> IResult<&str, &str> {
    let digits = recognize((tag("0x"), take_while1(|c: char| c.is_ascii_hexdigit())));
    terminated(digits, blanks0).parse(input)
}

fn symbol(text: &str) -> String {
    let (module, name) = text.split_once('`').unwrap_or(("", text));
    let without_mark = |name: &'_ str| name.trim_end_matches("[opt]").trim_end().len();
    let name = &name[..without_mark(name)];
    let (name, source) = split_source(name);
    let name = &name[..without_mark(name)];
    let (name, offset) = match name.rsplit_once(" + ") {
        Some((name, digits)) if digits.bytes().all(|byte| byte.is_ascii_digit()) => (name, digits.parse().ok()),
        _ => (name, None),
    };
    // `X(...) [inlined] Y(...)`: Y is the frame, X where it was inlined.
    let name = name.rsplit_once(" [inlined] ").map_or(name, |(_, inlined)| inlined);
    // A function of no namespace.
    let name = name.strip_prefix("::").unwrap_or(name);
    call_site(Some(module), without_values(name), offset, source)
}

/// ` at futex-internal.c:57:12`, ` at /src/a.cpp:57`
fn split_source(text: &str) -> (&str, Option<(&str, u32)>) {
    let Some((name, place)) = text.rsplit_once(" at ") else { return (text, None) };
    let mut parts = place.trim().rsplitn(3, ':');
    let (last, middle, first) = (parts.next(), parts.next(), parts.next());
    let number = |text: Option<&str>| text.and_then(|text| text.parse::<u32>().ok());
    match (number(last), number(middle), middle, first) {
        (Some(_), Some(line), _, Some(path)) => (name, Some((path, line))),
        (Some(line), None, Some(middle), None) => (name, Some((middle, line))),
        // `C:\a.cpp:57`
        (Some(line), None, Some(_), Some(_)) => (name, place.trim().rsplit_once(':').map(|(path, _)| (path, line))),
        _ => (text, None),
    }
}

/// The name without `(fds=0x00007f5d8420edf8, nfds=1)`: values differ from thread to thread, and no pattern asks for them.
fn without_values(name: &str) -> &str {
    let from = name.find("operator()").map_or(0, |at| at + "operator()".len());
    match name[from..].find('(').map(|open| open + from) {
        Some(open) if name[open..].contains('=') => name[..open].trim_end(),
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::stacks::tests::check;

    #[test]
    fn lines() {
        for (text, want) in [
            (
                "  * frame #0: 0x00007f5dfefc3f16 libc.so.6`__futex_wait at futex-internal.c:57:12",
                "frame 0 libc.so.6!__futex_wait [futex-internal.c @ 57]",
            ),
            (
                "    frame #0: 0x00007f5dff03a26f libc.so.6`__poll(fds=0x00007f5d8420edf8, nfds=1) at poll.c:29:10",
                "frame location 0 libc.so.6!__poll [poll.c @ 29]",
            ),
            ("    frame #13: 0x00007f5d849ecdef", "frame 13 0x00007f5d849ecdef"),
            (
                "    frame #9: 0x00007f5dfdf6f720 libcoreclr.so`Thread::DoWait(int, void**, PendingSync*) + 80",
                "frame 9 libcoreclr.so!Thread::DoWait(int, void**, PendingSync*)+0x50",
            ),
            (
                "    frame #1: 0x01 a`N::Enter(N::T*, _S*) [inlined] N::Wait(_S*) + 55 at cs.cpp:1251 [opt]",
                "frame inline 1 a!N::Wait(_S*)+0x37 [cs.cpp @ 1251]",
            ),
            ("    frame #2: 0x01 a`::Start() + 73 at pal.cpp:1088 [opt]", "frame 2 a!Start()+0x49 [pal.cpp @ 1088]"),
            (
                "frame #2: 0x01 a`::stop(handle=0x1, code=<unavailable>) + 52 at i.cpp:9 [opt]",
                "frame 2 a!stop+0x34 [i.cpp @ 9]",
            ),
            ("frame #2: 0x01 a.out`f(x=1) [opt] at C:\\a.cpp:57", "frame 2 a.out!f [C:\\a.cpp @ 57]"),
            ("* thread #1, name = 'dotnet', stop reason = signal SIGSTOP", "begin 1 \"dotnet\""),
            ("  thread #2: tid = 0x1a2c, 0x01 a`b, name = 'x'", "begin 2 0x1a2c \"x\""),
            (
                "    frame #4: 0x01 a`f(int) [inlined] std::mutex::lock(this=0x1) at m.h:5",
                "frame inline 4 a!std::mutex::lock [m.h @ 5]",
            ),
            ("    frame #4: 0x01 a`L::operator()(this=0x1) const at m.h:5", "frame 4 a!L::operator() [m.h @ 5]"),
            ("in frame #2 of it", "nothing"),
        ] {
            check(&FORMAT, text, want);
        }
    }
}
