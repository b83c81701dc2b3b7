//! What those say of a process who run it or watch over it: the event log of Windows and IIS, HTTP.sys, Kestrel, ProcDump,
//! the collector's own account of memory that ran out, and Kubernetes.
//!
//! ```text
//! The program ledger.exe version 1.0.0.0 stopped interacting with Windows and was closed.
//! A process serving application pool 'Ledger' suffered a fatal communication error with the Windows Process Activation Service.
//! A process serving application pool 'Ledger' terminated unexpectedly. The process id was '4'. The process exit code was '0xff'.
//! Executable was not found at 'D:\home\site\wwwroot\%LAUNCHER_PATH%.exe'
//! Application pool Ledger is being automatically disabled due to a series of failures in the process(es) serving that pool.
//! The Ledger service terminated unexpectedly.  It has done this 3 time(s).
//! 2019-08-01 10:00:00 10.0.0.1 1234 10.0.0.2 80 HTTP/1.1 GET /a - 503 1 QueueFull Ledger
//! As of "11/20/2026 10:00:00 +00:00", the heartbeat has been running for "00:00:02.1" which is longer than "00:00:01".
//! [12:39:07] Unhandled: E0434F4D.System.NullReferenceException ("Object reference not set to an instance of an object.")
//! Reason: Didn't have enough memory to allocate an LOH segment
//!     Reason:       OOMKilled
//! ```
//!
//! The events are 1002 of Application Hang, 5009, 5011 and 5002 of WAS, 7031 and 7034 of the Service Control Manager; the line of
//! HTTP.sys is one of its `httperr` log; the reasons are those of `!analyzeoom` in SOS.

use std::sync::LazyLock;

use super::clr20r3;
use crate::formats::marks::Marks;
use crate::formats::tables::exit_code::exit_code;

/// Type of the exception text's row, and words that a line has or begins with.
const SAID: [(&str, &str); 15] = [
    (HANG, " stopped interacting with Windows and was closed."),
    (IIS, " suffered a fatal communication error with the Windows Process Activation Service"),
    (
        IIS,
        " is being automatically disabled due to a series of failures in the process(es) serving that application pool",
    ),
    (IIS, " is being automatically disabled due to a series of failures in the process(es) serving that pool"),
    (IIS, " exceeded time limits during shut down"),
    (IIS, " failed to respond to a ping"),
    // 5009 of WAS, 1009 of W3SVC.
    (IIS, " terminated unexpectedly. The process id was "),
    (ASP_NET_CORE, "Executable was not found at '"),
    (SERVICES, " service terminated unexpectedly."),
    (KESTREL, "the heartbeat has been running for \""),
    // Before .NET 5.
    (KESTREL, "Heartbeat took longer than \""),
    (HTTP_SYS, " 503 "),
    (HTTP_SYS, "Connections_Refused"),
    (OUT_OF_MEMORY, "Reason: Didn't have enough memory to "),
    (OUT_OF_MEMORY, "Reason: Low on memory during GC"),
];

const HANG: &str = "Application Hang";
const IIS: &str = "IIS";
const ASP_NET_CORE: &str = "ASP.NET Core Module";
const SERVICES: &str = "Service Control Manager";
const KESTREL: &str = "Kestrel heartbeat";
const HTTP_SYS: &str = "HTTP.sys";
const OUT_OF_MEMORY: &str = "System.OutOfMemoryException";
const KILLED: &str = "OOMKilled";

/// Why HTTP.sys refused a request, where it was for the state of the process.
const REFUSED: [&str; 4] = [" QueueFull ", " AppOffline ", "Connections_Refused", " AppPoolTimer "];

const BY_KERNEL: &str = "Memory cgroup out of memory: Killed process ";
const BY_KUBERNETES: &str = "Reason:";
const BY_PROCDUMP: &str = "] Unhandled: ";

static MARKS: LazyLock<Marks> = LazyLock::new(|| {
    Marks::new(
        SAID.iter().map(|(_, words)| *words).chain([BY_KERNEL, BY_KUBERNETES, BY_PROCDUMP]).chain(clr20r3::MARKS),
    )
});

/// A row of exception text (type, message, outer, unhandled, code) for what a line says.
pub fn host_words(trimmed: &str) -> Option<Vec<&str>> {
    if !MARKS.is_any_in(trimmed) {
        return None;
    }
    if let Some(row) = procdump(trimmed).or_else(|| clr20r3::bucket(trimmed)) {
        return Some(row);
    }
    let (name, words) = SAID.iter().find(|(_, words)| trimmed.contains(words)).or_else(|| {
        let by_kubernetes = trimmed.strip_prefix(BY_KUBERNETES).is_some_and(|reason| reason.trim() == KILLED);
        // Of Linux' kernel; without the group it was the machine that ran out.
        let by_kernel = trimmed.contains(BY_KERNEL);
        (by_kubernetes || by_kernel).then_some(&(KILLED, KILLED))
    })?;
    let fits = match *name {
        HANG => trimmed.contains("The program "),
        SERVICES => trimmed.starts_with("The "),
        KESTREL => trimmed.contains("s of \"") || trimmed.contains("\" at \""),
        HTTP_SYS => {
            trimmed.starts_with(|c: char| c.is_ascii_digit()) && REFUSED.iter().any(|why| trimmed.contains(why))
        }
        OUT_OF_MEMORY if words.ends_with(' ') => trimmed.starts_with(words),
        OUT_OF_MEMORY => trimmed.trim_end_matches('.') == *words,
        // Without the placeholder it says nothing but that a file is missing.
        ASP_NET_CORE => trimmed.contains("%LAUNCHER_PATH%"),
        IIS => trimmed.contains("pplication pool "),
        _ => true,
    };
    // `The process exit code was '0xc0000005'`: what it tells of the end is told beside whose end it was.
    fits.then(|| match exit_code(trimmed) {
        Some([.., code, chance]) => vec![*name, trimmed, "", chance, code],
        None => vec![*name, trimmed],
    })
}

/// `[12:39:07] Unhandled: C0000005.ACCESS_VIOLATION`: code and name of an exception, and its message where it is managed.
fn procdump(trimmed: &str) -> Option<Vec<&str>> {
    let (time, said) = trimmed.strip_prefix('[')?.split_once("] ")?;
    let is_time = time.len() == 8 && time.bytes().all(|byte| byte.is_ascii_digit() || byte == b':');
    // What a program handles is everyday.
    let (code, name) = said.strip_prefix("Unhandled: ").filter(|_| is_time)?.split_once('.')?;
    if code.len() != 8 || !code.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let (name, message) = name.split_once(" (").unwrap_or((name, ""));
    let name = if name.contains('.') { name } else { code };
    Some(vec![name, message.trim_matches(['(', ')', '"']), "", "Unhandled", code])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hosts_say() {
        for (text, want) in [
            ("The program ledger.exe version 1.0.0.0 stopped interacting with Windows and was closed. To see if", HANG),
            (
                "Application pool Ledger is being automatically disabled due to a series of failures in the process(es) serving that application pool.",
                IIS,
            ),
            (
                "A process serving application pool 'Ledger' terminated unexpectedly. The process id was '4'. The process exit code was '0xff'.",
                IIS,
            ),
            ("A process serving application pool 'Ledger' failed to respond to a ping. The process id was '4'.", IIS),
            ("The Ledger service terminated unexpectedly.  It has done this 3 time(s).", SERVICES),
            ("2019-08-01 10:00:00 10.0.0.1 1234 10.0.0.2 80 HTTP/1.1 GET /a - 503 1 QueueFull Ledger", HTTP_SYS),
            ("2019-08-01 10:00:00 10.0.0.1 1234 10.0.0.2 80 HTTP/1.1 GET /a - 200 1 Timer_ConnectionIdle Ledger", ""),
            (
                "As of \"11/20/2026 10:00:00 +00:00\", the heartbeat has been running for \"00:00:02.1\" which is longer",
                KESTREL,
            ),
            ("Heartbeat took longer than \"00:00:01\" at \"11/20/2026 10:00:00 +00:00\".", KESTREL),
            ("Reason: Didn't have enough memory to allocate an LOH segment", OUT_OF_MEMORY),
            ("Reason:       OOMKilled", KILLED),
            ("Reason: it was OOMKilled", ""),
            ("[71] Memory cgroup out of memory: Killed process 4711 (ledger) total-vm:1kB", KILLED),
            ("[71] Out of memory: Killed process 4711 (ledger) total-vm:1kB", ""),
            ("The host 10.0.0.1 failed to respond to a ping.", ""),
            ("[12:39:07] Unhandled: C0000005.ACCESS_VIOLATION", "C0000005"),
            ("[12:39:07] Unhandled: E0434F4D.System.NullReferenceException (\"no\")", "System.NullReferenceException"),
            ("[12:39:07] Exception: E0434352.CLR", ""),
        ] {
            assert_eq!(host_words(text).map_or("", |row| row[0]), want, "{text}");
        }
    }
}
