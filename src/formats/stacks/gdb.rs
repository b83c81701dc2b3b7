//! `bt` and `thread apply all bt` of gdb, and traces in its manner (AddressSanitizer).
//!
//! ```text
//! Thread 2 (Thread 0x7f5dfd3ff640 (LWP 23420) "dotnet"):
//! #0  0x00007f5dff03a26f in __GI___poll (fds=0x7f5d8420edf8, nfds=1, timeout=-1) at ../sysdeps/unix/poll.c:29
//! #1  WaitForThread () from /usr/lib/libcoreclr.so
//! #2  <signal handler called>
//!     #0 0x4f2e in Render /src/contoso/render.cpp:12:3
//! ```
//!
//! The tombstones of Android have `#05 pc 0004ee41  /data/app/lib/libledger.so (Book::Post()+220)`.

use nom::bytes::complete::{tag, take_while1};
use nom::character::complete::char;
use nom::combinator::{opt, recognize};
use nom::sequence::{preceded, terminated};
use nom::{IResult, Parser};

use super::{Begin, Format, FrameLine, Line, call_site};
use crate::formats::tokens::{blanks0, blanks1, decimal, hex_value};
use crate::model::{Dialect, ThreadRef};

pub const FORMAT: Format = Format {
    whole: |command| ["bt", "backtrace", "where"].iter().any(|word| command.contains(word)),
    ..Format::of_threads(Dialect::Gdb, line, shows)
};

fn line(text: &str) -> Option<Line<'_>> {
    if let Some(thread) = thread(text) {
        return Some(Line::Begin(Begin::thread(thread)));
    }
    if let Ok((call, (number, address))) = frame(text) {
        let site = site(call.trim_end(), address)?;
        let location = number == 0;
        let without_module = !site.contains('!') && !site.contains("+0x") && !site.contains(".so");
        let frame = FrameLine { number: Some(number), location, without_module, ..FrameLine::of(site) };
        return Some(Line::Frame(frame));
    }
    // `bt full` prints locals below each frame.
    let local =
        text.starts_with("        ") && (text.contains(" = ") || text.trim() == "No locals.") || text == "No locals.";
    local.then_some(Line::Detail)
}

fn shows(text: &str) -> bool {
    match frame(text) {
        Ok((call, (_, address))) => {
            let certain = call.starts_with("pc ")
                || address.is_some()
                || call.starts_with("<signal")
                || call.contains(") at ")
                || call.contains(") from ");
            certain && site(call.trim_end(), address).is_some()
        }
        Err(_) => text.contains("(LWP ") && thread(text).is_some(),
    }
}

/// `Thread 2 (Thread 0x7f5dfd3ff640 (LWP 23420)):`, `Thread 1 (LWP 4411):`, `Thread 3 (process 12):`
fn thread(text: &str) -> Option<ThreadRef> {
    let (index, behind) = text.trim().strip_prefix("Thread ")?.split_once(" (")?;
    let index = index.parse().ok()?;
    let number = |label: &str| {
        let (_, id) = behind.split_once(label)?;
        id.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
    };
    let os_id = number("LWP ").or_else(|| number("process "))?;
    let name = behind.split('"').nth(1).map(str::to_string);
    Some(ThreadRef { index: Some(index), os_id: Some(os_id), name, ..ThreadRef::default() })
}

/// `#0  0x00007f5dff03a26f in `: number and address; what is left is the call.
fn frame(input: &str) -> IResult<&str, (u32, Option<&str>)> {
    let address = recognize((tag("0x"), take_while1(|c: char| c.is_ascii_hexdigit())));
    let number = preceded((blanks0, char('#')), decimal);
    let address = opt(terminated(address, (blanks1, opt(tag("in ")))));
    (terminated(number, blanks1), address).parse(input)
}

/// `__GI___poll (fds=0x0, nfds=1) at ../poll.c:29`, `WaitForThread () from /usr/lib/libcoreclr.so`
fn site(call: &str, address: Option<&str>) -> Option<String> {
    if call.starts_with("<signal handler called>") {
        return Some("[SignalHandler]".to_string());
    }
    if let Some(place) = call.strip_prefix('(').and_then(|call| call.strip_suffix(')')) {
        // AddressSanitizer, where there is no symbol: `(/lib/libc.so.6+0x29d8f)`.
        let (module, offset) = place.split_once("+0x")?;
        let offset = hex_value(offset.split_whitespace().next()?)?;
        return Some(format!("{}+{offset:#x}", file_name(module)));
    }
    if let Some(place) = call.strip_prefix("pc ") {
        return tombstone(place);
    }
    let (call, module) = match call.rsplit_once(" from ") {
        Some((call, module)) => (call, Some(file_name(module))),
        None => (call, None),
    };
    let sanitizer =
        call.strip_suffix(')').and_then(|call| call.rsplit_once(" (")).filter(|(_, place)| place.contains("+0x"));
    let (call, module) = match sanitizer {
        Some((call, place)) => (call, place.split("+0x").next().map(file_name)),
        None => (call, module),
    };
    let (call, source) = split_source(call);
    let name = function_name(call);
    let is_call = address.is_some() || call.contains('(');
    if name.is_empty() || !is_call || name.starts_with(['/', '{', '"']) {
        return None;
    }
    if name == "??" {
        return Some(module.or(address).unwrap_or(name).to_string());
    }
    Some(call_site(module, name, None, source))
}

/// `0004ee41  /system/lib/libc.so (abort+4) (BuildId: 1f)`: where there is no symbol, the address lies in the file.
fn tombstone(place: &str) -> Option<String> {
    let (address, behind) = place.split_once("  ")?;
    let address = hex_value(address.trim_start_matches("0x")).filter(|_| address.len() >= 8)?;
    let behind = behind.split(" (BuildId").next().unwrap_or(behind).trim();
    let (path, symbol) = match behind.split_once(" (") {
        Some((path, symbol)) => (path, symbol.strip_suffix(')')),
        None => (behind, None),
    };
    if !path.starts_with('/') {
        return path.starts_with('<').then(|| format!("{address:#x}"));
    }
    let Some((name, offset)) = symbol.and_then(|symbol| symbol.rsplit_once('+')) else {
        return Some(format!("{}+{address:#x}", file_name(path)));
    };
    Some(call_site(Some(file_name(path)), name, Some(offset.parse().ok()?), None))
}

/// The function without the values of its arguments, which stand behind a blank: `Render (this=0x0)`.
fn function_name(call: &str) -> &str {
    match call.find(" (") {
        Some(open) if !call[..open].ends_with("operator") => call[..open].trim_end(),
        _ => call.trim_end(),
    }
}

/// ` at ../poll.c:29`, or ` /src/render.cpp:12:3` in the manner of AddressSanitizer.
fn split_source(call: &str) -> (&str, Option<(&str, u32)>) {
    let (name, place) = match call.rsplit_once(" at ") {
        Some((name, place)) => (name, place),
        None => match call.rsplit_once(' ') {
            Some((name, place)) if place.contains(':') && place.contains(['/', '\\', '.']) => (name, place),
            _ => return (call, None),
        },
    };
    let Some((path, last)) = place.rsplit_once(':') else { return (call, None) };
    let Ok(last) = last.parse::<u32>() else { return (call, None) };
    match path.rsplit_once(':').and_then(|(path, line)| Some((path, line.parse().ok()?))) {
        Some((path, line)) => (name, Some((path, line))),
        None => (name, Some((path, last))),
    }
}

fn file_name(path: &str) -> &str {
    path.trim().rsplit(['/', '\\']).next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::stacks::tests::check;

    #[test]
    fn lines() {
        for (text, want) in [
            (
                "#0  0x00007f5dff03a26f in __poll (fds=0x7f5d, nfds=1) at ../poll.c:29",
                "frame location 0 __poll [../poll.c @ 29]",
            ),
            ("#1  WaitForThread () from /usr/lib/libcoreclr.so", "frame 1 libcoreclr.so!WaitForThread"),
            ("#12 0x00007f5dff03a26f in ?? ()", "frame 12 0x00007f5dff03a26f"),
            ("#12 0x00007f5dff03a26f in ?? () from /lib/libc.so.6", "frame 12 libc.so.6"),
            ("#2  <signal handler called>", "frame 2 [SignalHandler]"),
            (
                "#3  Contoso::Render::operator() (this=0x0) at a.cpp:3",
                "frame 3 Contoso::Render::operator() [a.cpp @ 3]",
            ),
            (
                "    #0 0x4f2e in Render /src/contoso/render.cpp:12:3",
                "frame location 0 Render [/src/contoso/render.cpp @ 12]",
            ),
            ("    #6 0x7ff9 in SDL_WriteIO (C:\\b\\SDL3.dll+0x180061789)", "frame 6 SDL3.dll!SDL_WriteIO"),
            ("    #1 0x4f2e  (/lib/libc.so.6+0x29d8f)", "frame 1 libc.so.6+0x29d8f"),
            ("Thread 2 (Thread 0x7f5dfd3ff640 (LWP 23420) \"dotnet\"):", "begin 2 0x5b7c \"dotnet\""),
            ("#1 /var/www/index.php(12): main()", "nothing"),
            ("#12 fixed the build", "nothing"),
            ("    #00 pc 0003d814  /system/lib/libc.so (tgkill+12)", "frame location 0 libc.so!tgkill+0xc"),
            ("    #03 pc 00014165  /system/lib/libc.so", "frame 3 libc.so+0x14165"),
            (
                "    #05 pc 000000000004ee41  /data/app/lib/libledger.so (N::stop(void (*)())+220) (BuildId: 1f2e)",
                "frame 5 libledger.so!N::stop(void (*)())+0xdc",
            ),
            ("    #06 pc 0000000000001234  <anonymous:7c0>", "frame 6 0x1234"),
            ("#7 pc games", "nothing"),
        ] {
            check(&FORMAT, text, want);
        }
    }
}
