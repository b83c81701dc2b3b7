//! What the debugger and its target are: `version`, `vertarget`, `.time`, `!eeversion`, and the first lines of a log.
//!
//! ```text
//! Microsoft (R) Windows Debugger Version 10.0.15063.400 AMD64
//! Windows 7 Version 7601 (Service Pack 1) MP (2 procs) Free x64
//! Product: WinNt
//! Debug session time: Sun Nov 22 10:58:17.986 2026 (UTC + 0:00)
//! System Uptime: 0 days 0:36:13.759
//! dbgeng:  image 10.0.15063.400, built Thu Jan  1 00:00:00 1970
//! 4.6.27317.7 free
//! Workstation mode
//! ```
//!
//! The names are known ones: `a: b` alone is too common for a table that logs begin with.

use super::{TableFormat, TableLine, labelled};

pub const FORMAT: TableFormat = TableFormat {
    name: "version",
    commands: &["version", "vertarget", "eeversion", "time"],
    columns: &[],
    line,
    shows,
};

const LABELS: [&str; 27] = [
    "Product",
    "Edition build lab",
    "Built by",
    "Build layer",
    "Machine Name",
    "Kernel base",
    "Primary image base",
    "Debug session time",
    "System Uptime",
    "Process Uptime",
    "Kernel time",
    "User time",
    "Live user mode",
    "Remote",
    "Full memory user mini dump",
    "User mini dump",
    "Comment",
    "command line",
    "DIA version",
    "SOS Version",
    "Symbol search path is",
    "Executable search path is",
    "Path validation summary",
    "Response",
    "User Mini Dump File with Full Memory",
    "User Mini Dump File",
    "Mini Kernel Dump File",
];

fn line(text: &str) -> Option<TableLine<'_>> {
    let text = text.trim();
    if is_header(text) {
        return Some(TableLine::Header);
    }
    // The command line and paths have equal signs and colons of their own.
    if let Some((name, value)) = text.split_once(':').or_else(|| text.split_once('='))
        && is_label(name.trim(), value.trim())
    {
        return Some(TableLine::Field(name.trim(), value.trim()));
    }
    if let Some(path) = text.strip_prefix("[path:") {
        return Some(TableLine::Field("path", path.trim_end_matches(']').trim()));
    }
    if text.contains(";") && text.as_bytes().get(1..3) == Some(b":\\") {
        return Some(TableLine::Field("Extension DLL search Path", text));
    }
    if let Some(file) = text.strip_prefix("Loading Dump File [") {
        return Some(TableLine::Field("Loading Dump File", file.trim_end_matches(']')));
    }
    unlabelled(text)
}

/// A known name, or a library of the debugger: `ext: image 10.0.15063.400, ...`, `ext: (Not loaded)`.
fn is_label(name: &str, value: &str) -> bool {
    let library = !name.contains(' ') && (value.starts_with("image ") || value == "(Not loaded)");
    LABELS.contains(&name) || library || name.ends_with(".dll version")
}

fn unlabelled(text: &str) -> Option<TableLine<'_>> {
    let name = if is_debugger(text) {
        "debugger"
    } else if is_target(text) {
        "target"
    } else if text == "Workstation mode" || text.starts_with("Server mode with ") {
        "gc mode"
    } else if is_runtime(text) {
        "runtime"
    } else {
        return None;
    };
    Some(TableLine::Field(name, text))
}

/// `4.8.4420.0 retail`, `4.6.27317.7 free`.
fn is_runtime(text: &str) -> bool {
    let Some((version, kind)) = text.split_once(' ') else { return false };
    let numbers = version.split('.').all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    numbers && version.split('.').count() >= 3 && matches!(kind.trim(), "free" | "retail" | "checked" | "debug")
}

fn is_target(text: &str) -> bool {
    text.starts_with("Windows ") && (text.contains(" Version ") || text.contains(" Kernel ")) && text.contains(" proc")
}

fn is_debugger(text: &str) -> bool {
    text.starts_with("Microsoft (R) Windows Debugger") && text.contains("Version ")
}

fn is_header(text: &str) -> bool {
    text.starts_with("Copyright (c) Microsoft")
        || matches!(text, "Extension DLL search Path:" | "Extension DLL chain:" | "In plan phase of garbage collection")
}

fn shows(text: &str) -> bool {
    let text = text.trim();
    is_debugger(text) || is_target(text) || labelled(text, &["Debug session time"]).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::tables::tests::check;

    #[test]
    fn lines() {
        for (text, want) in [
            (
                "Windows 10 Version 19045 MP (8 procs) Free x64",
                "field target = Windows 10 Version 19045 MP (8 procs) Free x64",
            ),
            (
                "Microsoft (R) Windows Debugger Version 10.0.15063.400 AMD64",
                "field debugger = Microsoft (R) Windows Debugger Version 10.0.15063.400 AMD64",
            ),
            ("Copyright (c) Microsoft Corporation. All rights reserved.", "header"),
            ("Machine Name:", "field Machine Name = "),
            ("  Kernel time: 0 days 0:00:00.050", "field Kernel time = 0 days 0:00:00.050"),
            ("dbgeng:  image 10.0.15063.400, built Thu", "field dbgeng = image 10.0.15063.400, built Thu"),
            ("        [path: Z:\\opt\\dbgeng.dll]", "field path = Z:\\opt\\dbgeng.dll"),
            ("    Z:\\opt\\winext;Z:\\opt", "field Extension DLL search Path = Z:\\opt\\winext;Z:\\opt"),
            ("command line: 'a \"b=c:d\"' Debugger", "field command line = 'a \"b=c:d\"' Debugger"),
            ("4.6.27317.7 free", "field runtime = 4.6.27317.7 free"),
            ("Server mode with 4 gc heaps", "field gc mode = Server mode with 4 gc heaps"),
            ("Loading Dump File [C:\\a b.dmp]", "field Loading Dump File = C:\\a b.dmp"),
            ("SOS Version: 4.6.27317.7 retail build", "field SOS Version = 4.6.27317.7 retail build"),
            ("OS Thread Id: 0x24 (0)", "nothing"),
            ("words of prose: more", "nothing"),
        ] {
            check(&FORMAT, text, want);
        }
    }
}
