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

use super::exception_frame::call_of;
use super::{Begin, Format, FrameLine, Line};
use crate::formats::tokens::hex_value;
use crate::model::{Dialect, ThreadRef};

pub const FORMAT: Format = Format::of_threads(Dialect::Mono, line, shows);

fn line(text: &str) -> Option<Line<'_>> {
    let trimmed = text.trim();
    if trimmed == "Full thread dump:" {
        return Some(Line::End);
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
    call_of(call).map(|site| Line::Frame(FrameLine::of(site)))
}

fn shows(text: &str) -> bool {
    let trimmed = text.trim();
    trimmed == "Full thread dump:"
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
        ] {
            check(&FORMAT, text, want);
        }
    }
}
