//! Mono's dump of all threads (SIGQUIT, or a crash).
//!
//! ```text
//! Full thread dump:
//!
//! "transfer-1"  at <unknown> <0xffffffff>
//!   at (wrapper managed-to-native) object.__icall_wrapper_mono_monitor_enter_v4_internal (object,intptr) [0x00008] in <12b4>:0
//!   at Contoso.Orders.Program.Main () [0x00133] in /src/contoso/deadlock.cs:28
//! "<threadpool thread>" tid=0x0x7f5dc2ffd700 this=0x0x7f5dd1a3a8c8 , thread handle : 0x7f5d9c000b80, state : waiting
//! ```
//!
//! When native code crashes, the native stack stands above the managed one, or below in older versions:
//!
//! ```text
//!     Native stacktrace:
//!     0x7f9f6a1e6e97 - /lib/x86_64-linux-gnu/libc.so.6 : gsignal
//!     0x55bd3fcd3f5c - /usr/bin/mono : (null)
//!     /lib/x86_64-linux-gnu/libc.so.6(gsignal+0x37) [0x7f0b7a2b5067]
//!     Managed Stacktrace:
//!       at Contoso.Canvas:Draw <0x00012>
//! ```

use super::exception_frame::call_of;
use super::{Begin, Format, FrameLine, Line};
use crate::formats::tokens::hex_value;
use crate::model::{Dialect, ThreadRef};

pub const FORMAT: Format = Format::of_threads(Dialect::Mono, line, shows);

fn line(text: &str) -> Option<Line<'_>> {
    let trimmed = text.trim();
    if trimmed == "Full thread dump:" || ENDS.iter().any(|end| trimmed.starts_with(end)) {
        return Some(Line::End);
    }
    if is_title(trimmed) {
        // The dump does not say of which thread.
        return Some(Line::Begin(Begin::thread(ThreadRef::default())));
    }
    if let Some(site) = native(trimmed) {
        return Some(Line::Frame(FrameLine::of(site)));
    }
    if let Some(thread) = thread(text) {
        // The frame that is not known stands on the same line.
        let frame = text.contains("  at <unknown>").then(|| FrameLine::of("0xffffffff"));
        return Some(Line::Begin(Begin { frame, ..Begin::thread(thread) }));
    }
    let call = trimmed.strip_prefix("at ")?.trim_start();
    if call.starts_with("<unknown>") {
        return Some(Line::Frame(FrameLine::of("0xffffffff")));
    }
    if let Some(site) = method_alone(call) {
        return Some(Line::Frame(FrameLine { without_module: true, ..FrameLine::of(site) }));
    }
    call_of(call).map(|site| Line::Frame(FrameLine::of(site)))
}

/// What stands behind the stacks of a crash.
const ENDS: [&str; 3] = ["Basic Fault Address Reporting", "Debug info from gdb", "External Debugger Dump"];

fn is_title(trimmed: &str) -> bool {
    matches!(trimmed, "Native stacktrace:" | "Managed Stacktrace:")
}

/// `Contoso.Canvas:Draw <0x00012>`
fn method_alone(call: &str) -> Option<String> {
    let (name, offset) = call.split_once(" <0x")?;
    let (class, method) = name.rsplit_once(':')?;
    let is_name = |text: &str| !text.is_empty() && !text.contains([' ', '(']);
    (offset.ends_with('>') && is_name(class) && is_name(method)).then(|| format!("{class}.{method}"))
}

/// `0x7f9f6a1e6e97 - /lib/libc.so.6 : gsignal`, and in older versions `/lib/libc.so.6(gsignal+0x37) [0x7f0b7a2b5067]`.
fn native(text: &str) -> Option<String> {
    let (address, path, name) = match text.strip_suffix(']').and_then(|text| text.rsplit_once('[')) {
        Some((place, address)) => {
            let (path, name) = match place.trim_end().strip_suffix(')').and_then(|place| place.rsplit_once('(')) {
                Some((path, name)) => (path, name),
                None if place.is_empty() => ("", ""),
                None => return None,
            };
            (address, path, name)
        }
        None => {
            let (address, place) = text.split_once(" - ")?;
            let (path, name) = place.rsplit_once(" : ")?;
            (address, path, name)
        }
    };
    let value = hex_value(address.strip_prefix("0x")?)?;
    let is_path = path.is_empty() || path.starts_with('/') || !path.contains(' ');
    if !is_path {
        return None;
    }
    let module = path.rsplit('/').next().unwrap_or(path);
    match name {
        "" | "(null)" => Some(format!("{value:#x}")),
        _ if name.starts_with("+0x") => Some(format!("{module}{name}")),
        _ => Some(format!("{module}!{name}")),
    }
}

fn shows(text: &str) -> bool {
    let trimmed = text.trim();
    trimmed == "Full thread dump:"
        || is_title(trimmed)
        || trimmed == "at <unknown> <0xffffffff>"
        || trimmed.starts_with("at (wrapper ")
        || (text.starts_with('"') && text.contains("  at <unknown>"))
}

/// `"name"`, and what Mono knows of the thread besides.
fn thread(text: &str) -> Option<ThreadRef> {
    let (name, behind) = text.strip_prefix('"')?.split_once('"')?;
    let behind = behind.trim();
    let known = behind.is_empty() || behind.starts_with("at <unknown>") || behind.starts_with("tid=");
    if !known {
        return None;
    }
    let os_id = behind.strip_prefix("tid=").and_then(|tid| tid.split_whitespace().next()).and_then(|tid| {
        let digits = tid.trim_start_matches("0x");
        hex_value(digits)
    });
    let named = (!name.starts_with('<')).then(|| name.to_string());
    Some(ThreadRef { os_id, name: named, ..ThreadRef::default() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::stacks::tests::check;

    #[test]
    fn lines() {
        for (text, want) in [
            ("\"transfer-1\"  at <unknown> <0xffffffff>", "begin \"transfer-1\", frame 0xffffffff"),
            ("\"Finalizer\"", "begin \"Finalizer\""),
            ("\"<threadpool thread>\" tid=0x0x7f5dc2ffd700 this=0x0 , state : waiting", "begin 0x7f5dc2ffd700"),
            (
                "  at (wrapper managed-to-native) object.__icall_wrapper (object,intptr) [0x00008] in <12b4>:0",
                "frame object.__icall_wrapper (object,intptr)",
            ),
            ("  at N.P.Main () [0x00133] in /src/p.cs:28", "frame N.P.Main () [/src/p.cs @ 28]"),
            ("\"main\" prio=5 waiting", "nothing"),
            ("\tNative stacktrace:", "begin"),
            ("\t0x55bd3fcd42fc - /usr/bin/mono : mono_handle_native_crash", "frame mono!mono_handle_native_crash"),
            ("\t0x55bd3fcd3f5c - /usr/bin/mono : (null)", "frame 0x55bd3fcd3f5c"),
            ("\t/lib/x/libc.so.6(gsignal+0x37) [0x7f0b7a2b5067]", "frame libc.so.6!gsignal+0x37"),
            ("\t/lib/x/libpthread.so.0(+0xf8d0) [0x7f0b7a7a48d0]", "frame libpthread.so.0+0xf8d0"),
            ("\t/usr/bin/mono() [0x4a6d8f]", "frame 0x4a6d8f"),
            ("\t[0x40e2896d]", "frame 0x40e2896d"),
            ("\tBasic Fault Address Reporting", "end"),
            ("\t  at System.Drawing.GDIPlus:GdipDrawImage <0x00012>", "frame System.Drawing.GDIPlus.GdipDrawImage"),
            ("[INFO] - path : name", "nothing"),
        ] {
            check(&FORMAT, text, want);
        }
    }
}
