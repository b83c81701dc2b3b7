//! Methods without their namespaces, as Rider and the Parallel Stacks window copy a stack, and people who shorten one.
//!
//! ```text
//! Monitor.Enter()
//! Target.WriteAsyncThreadSafe() [2]
//! Logger.Info<string>()
//!   16  SemaphoreSlim.WaitCore
//!   18  Outbox.SendAsync         Outbox.cs:252
//! ```
//!
//! Types of .NET that are far more often meant than one of a program's own get their namespaces back, since rules name
//! them whole; all others stay as they are. A note on the stack says so.

use std::borrow::Cow;

/// Types that stand in stacks of threads at rest, waiting or beginning, by their namespaces.
const TYPES: [(&str, &[&str]); 11] = [
    ("System", &["Console", "GC", "Lazy", "RuntimeMethodHandle"]),
    ("System.Collections.Generic", &["Dictionary", "HashSet", "List"]),
    ("System.Diagnostics", &["Process"]),
    ("System.IO", &["FileStream", "StreamReader"]),
    ("System.Net", &["HttpWebRequest"]),
    ("System.Net.Http", &["HttpClient", "HttpClientHandler"]),
    ("System.Net.Sockets", &["NetworkStream", "Socket", "TcpClient"]),
    ("System.Runtime.CompilerServices", &["AsyncMethodBuilderCore", "ConfiguredTaskAwaitable", "TaskAwaiter"]),
    (
        "System.Threading",
        &[
            "Barrier",
            "CountdownEvent",
            "EventWaitHandle",
            "ExecutionContext",
            "ManualResetEventSlim",
            "Monitor",
            "Mutex",
            "PortableThreadPool",
            "QueueUserWorkItemCallback",
            "ReaderWriterLock",
            "ReaderWriterLockSlim",
            "SemaphoreSlim",
            "SpinWait",
            "SynchronizationContext",
            "Thread",
            "ThreadHelper",
            "ThreadPool",
            "ThreadPoolWorkQueue",
            "TimerQueue",
            "TimerQueueTimer",
            "WaitHandle",
            "_IOCompletionCallback",
            "_ThreadPoolWaitCallback",
        ],
    ),
    ("System.Threading.Tasks", &["AwaitTaskContinuation", "Parallel", "Task", "ThreadPoolTaskScheduler"]),
    ("System.Windows.Threading", &["Dispatcher", "DispatcherOperation", "DispatcherSynchronizationContext"]),
];

/// Types of Windows Forms and what it stands on.
const FORMS: [(&str, &str); 9] = [
    ("Application.ComponentManager", "System.Windows.Forms"),
    ("Application.ThreadContext", "System.Windows.Forms"),
    // WPF has a type of this name too, without these methods.
    ("Control.Invoke", "System.Windows.Forms"),
    ("Control.InvokeMarshaledCallbacks", "System.Windows.Forms"),
    ("Control.MarshaledInvoke", "System.Windows.Forms"),
    ("Control.WaitForWaitHandle", "System.Windows.Forms"),
    ("Control.WndProc", "System.Windows.Forms"),
    ("SystemEvents", "Microsoft.Win32"),
    ("WindowsFormsSynchronizationContext", "System.Windows.Forms"),
];

/// The name on a line that is a method and its type: with the namespace, where the type is known.
pub fn short_name(line: &str) -> Option<Cow<'_, str>> {
    let line = line.trim();
    // Asked of most lines, few of which begin like this.
    let first = line.split(' ').next().unwrap_or(line);
    if !(first.contains('.') || first == "async" || is_number(first)) {
        return None;
    }
    // Such numbers are decimal, and lists that leave frames out count on.
    let call = match line.split_once("  ") {
        Some((digits, call)) if is_number(digits) => call.trim_start(),
        _ => line,
    };
    let name = name_of(without_source(without_mark(call)))?;
    Some(with_namespace(name).map_or(Cow::Borrowed(name), Cow::Owned))
}

/// Whether a line is a name that lacks its namespace.
pub fn is_short_name(line: &str) -> bool {
    match short_name(line) {
        Some(Cow::Owned(_)) => true,
        Some(Cow::Borrowed(name)) => name.matches('.').count() == 1,
        None => false,
    }
}

fn is_number(digits: &str) -> bool {
    (1..=4).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// `Outbox.SendAsync         Outbox.cs:252`
fn without_source(call: &str) -> &str {
    match call.split_once("  ") {
        Some((name, place)) if place.trim().contains(".cs:") => name,
        _ => call,
    }
}

/// `Target.WriteAsyncThreadSafe() [2]` is the second round of a recursion, `async Startup.InitAsync()` a state machine.
fn without_mark(call: &str) -> &str {
    let call = call.strip_prefix("async ").unwrap_or(call);
    match call.strip_suffix(']').and_then(|call| call.rsplit_once(" [")) {
        Some((call, round)) if is_number(round) => call,
        _ => call,
    }
}

/// `Monitor.Enter`, of `Monitor.Enter()`: a type and a method, each with a capital, and nested types between.
fn name_of(call: &str) -> Option<&str> {
    let name = call.strip_suffix("()").unwrap_or(call);
    // `<.cctor>b__0` has no dot before its type's method, and `Info<string>` is called with a type.
    let plain = name.replace("<.cctor>", "<cctor>");
    let (of, method) = plain.rsplit_once('.')?;
    let method = method.find('<').filter(|&at| at > 0).map_or(method, |at| &method[..at]);
    let is_word = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || "_`<>|$".contains(c));
    let begins = |part: &str| part.starts_with(|c: char| c.is_uppercase() || matches!(c, '_' | '<'));
    let is_name = |part: &str| is_word(part) && begins(part);
    // `System.Console` is a type.
    if matches!(of, "System" | "Microsoft") {
        return None;
    }
    (of.split('.').all(is_name) && is_word(method) && (begins(method) || method.contains('_'))).then_some(name)
}

fn with_namespace(name: &str) -> Option<String> {
    let is_of =
        |of: &str| name.strip_prefix(of).is_some_and(|behind| behind.is_empty() || behind.starts_with(['.', '<']));
    let of_forms = FORMS.iter().find(|(of, _)| is_of(of)).map(|(_, namespace)| *namespace);
    let known = || TYPES.iter().find(|(_, types)| types.iter().any(|of| is_of(of))).map(|(namespace, _)| *namespace);
    of_forms.or_else(known).map(|namespace| format!("{namespace}.{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_and_without_a_known_type() {
        for (line, want) in [
            ("\tMonitor.Enter()", Some("System.Threading.Monitor.Enter")),
            ("\tTarget.WriteAsyncThreadSafe() [2]", Some("Target.WriteAsyncThreadSafe")),
            ("Logger.Info<string>()", Some("Logger.Info<string>")),
            ("\tasync Startup.InitAsync()", Some("Startup.InitAsync")),
            ("\tTask.<>c.<.cctor>b__288_0()", Some("System.Threading.Tasks.Task.<>c.<.cctor>b__288_0")),
            ("\tStartup.<>c__DisplayClass35_0.<Load>b__0()", Some("Startup.<>c__DisplayClass35_0.<Load>b__0")),
            ("  16  SemaphoreSlim.WaitCore", Some("System.Threading.SemaphoreSlim.WaitCore")),
            ("  18  Outbox.SendAsync         Outbox.cs:252", Some("Outbox.SendAsync")),
            ("Control.MarshaledInvoke", Some("System.Windows.Forms.Control.MarshaledInvoke")),
            ("Control.OnMouseDoubleClick()", Some("Control.OnMouseDoubleClick")),
            ("Cart.get_Items()", Some("Cart.get_Items")),
            ("Desk.button1_Click()", Some("Desk.button1_Click")),
            ("Outbox.<Send>g__Try|3_0         Outbox.cs:260", Some("Outbox.<Send>g__Try|3_0")),
            (
                "Application.ThreadContext.RunMessageLoop",
                Some("System.Windows.Forms.Application.ThreadContext.RunMessageLoop"),
            ),
            ("Monitor.Enter(gate);", None),
            ("Program.cs", None),
            ("See Monitor.Enter", None),
            ("Monitor", None),
            ("System.Console", None),
        ] {
            assert_eq!(short_name(line), want.map(Cow::Borrowed), "{line}");
        }
    }
}
