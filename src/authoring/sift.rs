//! Which frames of a stack say something about it: the application's own, and the calls by which its work or its wait is
//! recognised. The rest is how every stack begins, ends and gets from one frame to the next.

use super::spelling::{human_name, pattern_line, plain_function};
use crate::facts::{Aliases, FrameName, normal_module};
use crate::model::{CallSite, CallSites, Stack};
use crate::rules::{RuleSet, Truth};

/// What a frame is to somebody who writes a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// The application's code, or a vendor's.
    Application,
    /// A call into the system that tells what the thread does.
    Api,
    /// Code of the system that many stacks have.
    Plumbing,
    /// Frames that patterns look through.
    Noise,
    /// No name at all.
    Nameless,
}

/// A frame with what a pattern would write for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sifted {
    pub share: Share,
    /// The pattern line; empty for what cannot be written.
    pub line: String,
    /// `ChartPainter.Recolor`: for titles.
    pub human: String,
    /// Class or module: what neighbours have in common.
    pub family: String,
    /// A hole lies above it.
    pub below_hole: bool,
}

/// The operating system and the runtimes, normalised: their functions are plumbing.
const DEEP: &[&str] = &[
    "clr",
    "clrjit",
    "mscoree",
    "mscoreei",
    "ntdll",
    "kernel32",
    "wow64*",
    "win32u",
    "ucrtbase*",
    "msvcr*",
    "vcruntime*",
    "libc",
    "libc-*",
    "libpthread*",
    "ld-linux*",
    "libstdc++*",
    "libsystem*",
    "libdyld",
    "dyld",
    "hostfxr",
    "hostpolicy",
    "libhostfxr",
    "libhostpolicy",
    "dotnet",
    "nt",
    "hal",
    "shareduserdata",
    "webengine*",
    "iiscore",
    "iisutil",
    "w3wp",
    "w3wphost",
    "w3tp",
    "w3dt",
    "aspnetcorev2*",
    "sechost",
];

/// Parts of Windows whose functions say what a thread does.
const SYSTEM: &[&str] = &[
    "gdiplus",
    "windowscodecs",
    "gdi32*",
    "user32",
    "ws2.32",
    "mswsock",
    "winhttp",
    "wininet",
    "urlmon",
    "rpcrt4",
    "combase",
    "ole32",
    "oleaut32",
    "advapi32",
    "crypt32",
    "bcrypt*",
    "ncrypt",
    "schannel",
    "secur32",
    "sspicli",
    "dnsapi",
    "d2d1",
    "dwrite",
    "d3d11",
    "dxgi",
    "odbc32",
    "sqlncli*",
    "msodbcsql*",
    "msxml*",
    "shell32",
    "winspool",
    "dbghelp",
    "netapi32",
    "wintrust",
    "httpapi",
    "fastprox",
    "wbemprox",
    "comctl32",
    "shlwapi",
    "setupapi",
    "propsys",
    "nativerd",
    "sni",
    "microsoft.*",
    "system.*",
    "mscorlib",
    "netstandard",
    "windowsbase",
    "presentation*",
    "wpfgfx*",
    "mshtml",
    "jscript*",
];

/// Functions of the system that are worth a line although their module is plumbing: locks and collections.
const TELLING: &[&str] = &[
    "rtlentercriticalsection",
    "rtlacquiresrwlock*",
    "awarelock::enter*",
    "jit.monenter*",
    "jitutil.monenter*",
    "*::garbagecollectgeneration",
    "*pthread.mutex.lock",
    "*pthread.rwlock*",
];

/// Where managed code of the system begins.
const MANAGED_SYSTEM: &[&str] =
    &["System.", "Microsoft.", "Interop+", "Windows.", "MS.Internal.", "MS.Win32.", "Internal.", "WinRT."];

/// Managed code that only carries a call from one place to another.
const CARRIERS: &[&str] = &[
    "System.Runtime.",
    "System.Reflection.",
    "System.RuntimeMethodHandle",
    "System.RuntimeType",
    "System.Threading.ExecutionContext",
    "System.Threading.ThreadHelper",
    "System.Threading.Thread.StartCallback",
    "System.Threading.Thread.ThreadMain",
    "System.Threading.Thread+StartHelper",
    "System.Threading.ThreadPoolWorkQueue",
    "System.Threading._ThreadPoolWaitCallback",
    "System.Threading.PortableThreadPool",
    "System.Threading.QueueUserWorkItemCallback",
    "System.Threading.Tasks.Task.Execute",
    "System.Threading.Tasks.Task.InnerInvoke",
    "System.Threading.Tasks.Task+<>c",
    "System.Threading.Tasks.AwaitTaskContinuation",
    "System.Threading.Tasks.TaskContinuation",
    "System.Action",
    "System.Func",
    "System.AppDomain",
    "System.Windows.Threading.",
    "System.Web.HttpApplication",
    "System.Web.HttpRuntime",
    "System.Web.Hosting.",
    "System.Web.Services.Protocols.",
    "System.ServiceModel.Dispatcher.",
    "Microsoft.AspNetCore.",
    "Microsoft.Extensions.Hosting.",
];

/// Where programs begin, in their own module.
const STARTUP: &[&str] = &[
    "main",
    "wmain",
    "winmain",
    "wwinmain",
    "*maincrtstartup",
    "*..scrt.common.main*",
    ".start",
    "start.thread",
    ".beginthreadex",
    ".threadstart*",
    "..libc.start*",
    "basethreadinitthunk",
    "thread.start.routine",
];

/// Sorts the frames of a stack.
pub fn sift(stack: &Stack, sites: &CallSites, rules: &RuleSet) -> Vec<Sifted> {
    let frames = stack.frames.iter().enumerate().map(|(position, frame)| {
        let below_hole = stack.holes.iter().any(|hole| hole.before == position);
        Sifted { below_hole, ..sift_frame(&sites.get(frame.site), rules) }
    });
    let mut frames: Vec<Sifted> = frames.collect();
    // `main` is the application's own and says little, but better that than nothing.
    let is_start = |frame: &Sifted| frame.share == Share::Application && is_startup(&frame.human);
    if frames.iter().any(|frame| frame.share == Share::Application && !is_start(frame)) {
        for frame in frames.iter_mut().filter(|frame| is_start(frame)) {
            frame.share = Share::Plumbing;
        }
    }
    frames
}

fn sift_frame(site: &CallSite<'_>, rules: &RuleSet) -> Sifted {
    let line = pattern_line(site);
    let share = share_of(site, &line, rules);
    let function = site.function().map(plain_function).unwrap_or_default();
    let managed_class = function.rsplit_once('.').map(|(class, _)| class.trim_end_matches('.').to_string());
    let family = match managed_class {
        Some(class) if !function.contains("::") => class,
        _ => site.module().map(normal_module).unwrap_or_default(),
    };
    Sifted { share, human: human_name(site), family, line, below_hole: false }
}

fn share_of(site: &CallSite<'_>, line: &str, rules: &RuleSet) -> Share {
    let name = FrameName::of(site, &rules.aliases);
    let is_noise = rules.noise.iter().any(|atom| rules.atoms[atom.0 as usize].test(&name, &rules.atoms) == Truth::Yes);
    if is_noise && (site.marker().is_none() || site.function().is_none()) {
        return Share::Noise;
    }
    if line.is_empty() {
        return Share::Nameless;
    }
    let function = site.function().map(plain_function).unwrap_or_default();
    if is_managed(&function) {
        return managed_share(site, &function);
    }
    let module = site.module().map(|module| module_key(module, &rules.aliases)).unwrap_or_default();
    let key = key_of(&function);
    let is_one_of = |list: &[&str], text: &str| list.iter().any(|glob| matches(glob, text));
    match () {
        () if is_one_of(DEEP, &module) && is_one_of(TELLING, &key) => Share::Api,
        () if is_one_of(DEEP, &module) => Share::Plumbing,
        // Without symbols it says only that something of the system is there.
        () if is_one_of(SYSTEM, &module) && function.is_empty() => Share::Nameless,
        () if is_one_of(SYSTEM, &module) => Share::Api,
        // gdb names no module for the C library.
        () if module.is_empty() && function.starts_with("__") => Share::Plumbing,
        () if function.starts_with("std::") || function.starts_with("operator ") => Share::Plumbing,
        () if is_one_of(STARTUP, &key) && !is_startup(&function) => Share::Plumbing,
        () => Share::Application,
    }
}

fn managed_share(site: &CallSite<'_>, function: &str) -> Share {
    // The native half of SQL Server's client, in an assembly of two languages; and calls into Mono's runtime.
    if ["<Module>.SNI", "SNINativeMethodWrapper", "object.__icall_wrapper", "object.runtime_invoke"]
        .iter()
        .any(|name| function.starts_with(name))
    {
        return Share::Plumbing;
    }
    if !MANAGED_SYSTEM.iter().any(|prefix| function.starts_with(prefix)) {
        return Share::Application;
    }
    // An import seen from both sides: the method that wraps it is the one people know.
    let is_import = site.marker() == Some("InlinedCallFrame") || function.contains("NativeMethods");
    let carries =
        is_import || function.starts_with("Interop+") || CARRIERS.iter().any(|name| function.starts_with(name));
    if carries { Share::Plumbing } else { Share::Api }
}

/// `System.Drawing.Graphics.DrawImage`, but not `Contoso::Page::Draw` or `GdipDrawImage`.
pub fn is_managed(function: &str) -> bool {
    !function.contains("::") && function.trim_start_matches('.').contains('.')
}

fn is_startup(function: &str) -> bool {
    matches!(function, "main" | "wmain" | "WinMain" | "wWinMain")
}

fn module_key(module: &str, aliases: &Aliases) -> String {
    aliases.canonical(&normal_module(module)).to_string()
}

/// Lower case with `_` folded to `.`, as modules are.
fn key_of(function: &str) -> String {
    function.to_ascii_lowercase().replace('_', ".")
}

fn matches(glob: &str, text: &str) -> bool {
    match (glob.strip_prefix('*'), glob.strip_suffix('*')) {
        (Some(rest), Some(_)) => text.contains(rest.trim_end_matches('*')),
        (Some(end), None) => text.ends_with(end),
        (None, Some(start)) => text.starts_with(start),
        (None, None) => text == glob,
    }
}
