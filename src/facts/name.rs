//! A frame's name as rules compare it: the same for all runtimes and for the spellings of both debuggers.

use std::borrow::Cow;

use super::{Aliases, FunctionName};
use crate::model::CallSite;

/// A frame's name, folded to lower case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FrameName {
    /// Without extension and `_ni`, of an assembly `_` folded to `.`; `None` when the text names no module.
    pub module: Option<String>,
    /// The module is that of managed code, as far as its name and the function's tell.
    pub in_assembly: bool,
    /// What stands for the module by the aliases.
    pub canonical: Option<String>,
    /// `None` when the debugger could not name the function.
    pub function: Option<FunctionName>,
    /// The SOS marker the frame was printed with.
    pub marker: Option<String>,
}

impl FrameName {
    pub fn of(site: &CallSite<'_>, aliases: &Aliases) -> Self {
        let in_assembly = site.function().is_some_and(is_managed) || site.module().is_some_and(is_native_image);
        let module = site.module().map(|module| if in_assembly { normal_module(module) } else { plain_module(module) });
        let canonical = module.as_deref().map(|module| aliases.canonical(module).to_string());
        let function = site.function().map(|function| normal_function(function, canonical.as_deref()));
        FrameName {
            module,
            in_assembly,
            canonical,
            function: function.map(FunctionName::parse),
            marker: site.marker().map(str::to_ascii_lowercase),
        }
    }

    /// Neither function nor marker is known: whether this is the frame a rule looks for cannot be said.
    pub fn is_unreadable(&self) -> bool {
        self.function.is_none() && self.marker.is_none()
    }
}

/// Whether a function's name has the form of managed code: `Namespace.Type.Method`.
pub fn is_managed(function: &str) -> bool {
    function.find('.').is_some_and(|at| at > 0) && !function.contains("::")
}

/// A managed name with a dot before its nested types, as exception text prints them: `Outer.Nested.Run` for `Outer+Nested.Run`.
/// Of native code `+` is an operator.
pub fn with_dots(function: &str) -> Cow<'_, str> {
    if function.contains('+') && is_managed(function) {
        Cow::Owned(function.replace('+', "."))
    } else {
        Cow::Borrowed(function)
    }
}

/// `System_Drawing_ni`: a pre-compiled assembly.
fn is_native_image(module: &str) -> bool {
    let name = module.trim().to_ascii_lowercase();
    let name = name.strip_suffix(".dll").unwrap_or(&name);
    name.ends_with("_ni") || name.ends_with(".ni")
}

/// `System_Drawing_ni.dll` -> `system.drawing`. In `k` output, assembly names have `_` for `.`, and pre-compiled images
/// end in `_ni`.
pub fn normal_module(module: &str) -> String {
    let mut name = plain_module(module);
    if name.contains('_') {
        name = name.replace('_', ".");
    }
    name
}

/// `My_Native.dll` -> `my_native`: of a module that is no assembly `_` stays what it is.
pub fn plain_module(module: &str) -> String {
    let mut name = module.trim().to_ascii_lowercase();
    if let Some(at) = name.find(".so.") {
        name.truncate(at);
    }
    for extension in [".dll", ".exe", ".sys", ".ocx", ".so", ".dylib"] {
        if let Some(stem) = name.strip_suffix(extension) {
            name.truncate(stem.len());
            break;
        }
    }
    for image in ["_ni", ".ni", "_il", ".il"] {
        if let Some(stem) = name.strip_suffix(image) {
            name.truncate(stem.len());
        }
    }
    if let Some(stem) = before_base(&name) {
        name.truncate(stem.len());
    }
    name
}

/// `ntdll_77b80000`: of two modules with one name (the 32-bit and the 64-bit ntdll of a process) the engine puts the base
/// behind the name of one, a multiple of 64 KB.
fn before_base(module: &str) -> Option<&str> {
    let (stem, base) = module.rsplit_once('_')?;
    let is_base = (6..=16).contains(&base.len()) && base.ends_with("0000");
    (is_base && base.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(stem)
}

/// Lower case, without the decoration of 32 bits, and the names that differ between Windows versions unified: `Zw*` is `Nt*`
/// in ntdll, and Windows 7's kernel32 exports `...Implementation` for what is in KERNELBASE elsewhere.
pub fn normal_function(function: &str, module: Option<&str>) -> String {
    let function = function.trim();
    let function = &*compiled_ahead(function).map_or_else(|| undecorated(function), Cow::Owned);
    let mut name = function.to_ascii_lowercase();
    if module == Some("ntdll") && is_zw(function) {
        name.replace_range(..2, "nt");
    }
    if module == Some("kernel32")
        && let Some(stem) = name.strip_suffix("implementation")
    {
        name.truncate(stem.len());
    }
    // Blanks between arguments are the tool's.
    if name.contains(", ") { name.replace(", ", ",") } else { name }
}

/// `SendMessageW` of `_SendMessageW@16` (stdcall), `RtlFailFast2` of `@RtlFailFast2@8` (fastcall): names of C as compilers
/// decorate them for 32 bits. An underscore without `@` may be the name's own (`_chkstk`), and stays. In a pattern a star
/// may stand anywhere: `*SendMessageW@*`.
/// <https://learn.microsoft.com/en-us/cpp/build/reference/decorated-names>
fn undecorated(function: &str) -> Cow<'_, str> {
    let (name, arguments) = function.split_at(function.find('(').unwrap_or(function.len()));
    let Some((word, bytes)) = name.trim_end().rsplit_once('@') else { return Cow::Borrowed(function) };
    let is_count =
        bytes == "*" || !bytes.is_empty() && bytes.len() <= 4 && bytes.bytes().all(|byte| byte.is_ascii_digit());
    let bare = word.strip_prefix(['_', '@']).or_else(|| word.starts_with('*').then_some(word));
    let is_name = |bare: &&str| {
        !bare.is_empty() && bare.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'*'))
    };
    match bare.filter(|bare| is_count && is_name(bare)) {
        Some(bare) if arguments.is_empty() => Cow::Borrowed(bare),
        Some(bare) => Cow::Owned(format!("{bare}{arguments}")),
        None => Cow::Borrowed(function),
    }
}

/// `System.Threading.Thread.JoinInternal` of `S_P_CoreLib_System_Threading_Thread__JoinInternal`: the name that Native AOT gives a
/// method of the libraries, its assembly before its type. `S_P_` is `System.Private.`; names of others may have lines of
/// their own, so they stay.
fn compiled_ahead(function: &str) -> Option<String> {
    let (name, arguments) = function.split_at(function.find(['(', ' ']).unwrap_or(function.len()));
    // On Linux the type keeps its dots: `System.Threading.Lock__TryEnterSlow`.
    if name.starts_with("System.") && !name.contains(['<', '>']) {
        let (owner, method) = name.rsplit_once("__")?;
        let fits = owner.ends_with(|c: char| c.is_ascii_alphanumeric()) && !method.starts_with('_');
        return fits.then(|| format!("{owner}.{method}{arguments}"));
    }
    if !name.starts_with("S_P_") && !name.starts_with("System_") {
        return None;
    }
    let constructor = ["___cctor", "___ctor"].iter().find_map(|end| Some((name.strip_suffix(end)?, &end[3..])));
    let (owner, method, dots) = match constructor {
        Some((owner, method)) => (owner, method, ".."),
        None => name.rsplit_once("__").map(|(owner, method)| (owner, method, "."))?,
    };
    let of_assembly = owner.rfind("_System_").map(|at| at + 1);
    let start = of_assembly.or_else(|| owner.starts_with("S_P_").then(|| "S_P_CoreLib_".len()))?;
    let owner = owner.get(start..).filter(|owner| !owner.is_empty())?.replace('_', ".");
    Some(format!("{owner}{dots}{method}{arguments}"))
}

/// `ZwWaitForSingleObject`, but not `zwrite`.
pub fn is_zw(function: &str) -> bool {
    function.strip_prefix("Zw").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase() || c == '*'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Generics;
    use crate::formats::parse_call_site;

    #[test]
    fn one_name_for_every_spelling() {
        let mut aliases = Aliases::default();
        for (canonical, module) in [("clr", "coreclr"), ("clr", "libcoreclr"), ("kernel32", "KERNELBASE")] {
            aliases.add(canonical, module);
        }
        for (text, want) in [
            (
                "System_Drawing_ni!System.Drawing.Graphics.DrawImage(System.Drawing.Image)+0x1",
                "system.drawing!system.drawing.graphics.drawimage",
            ),
            (
                "System.Drawing.dll!System.Drawing.Graphics.DrawImage()",
                "system.drawing!system.drawing.graphics.drawimage",
            ),
            ("libcoreclr.so!Thread::UserSleep(int) + 263", "clr!thread::usersleep"),
            ("ntdll!ZwWaitForSingleObject+0xa", "ntdll!ntwaitforsingleobject"),
            ("nt!ZwClose", "nt!zwclose"),
            ("kernel32!WaitForMultipleObjectsExImplementation+0xb3", "kernel32!waitformultipleobjectsex"),
            ("KERNELBASE!WaitForMultipleObjectsEx+0xe8", "kernel32!waitformultipleobjectsex"),
            ("[HelperMethodFrame] System.Threading.Monitor.Enter(System.Object)", "-!system.threading.monitor.enter"),
            ("libc.so.6!poll", "libc!poll"),
            ("user32!_SendMessageW@16+0x43", "user32!sendmessagew"),
            ("ntdll.dll!_ZwWaitForSingleObject@12()", "ntdll!ntwaitforsingleobject"),
            ("kernel32.dll!@BaseThreadInitThunk@12()", "kernel32!basethreadinitthunk"),
            ("ucrtbased!___acrt_MessageBoxW@16", "ucrtbased!__acrt_messageboxw"),
            ("ntdll!_chkstk+0x1", "ntdll!_chkstk"),
            ("svc!_except_handler4", "svc!_except_handler4"),
            ("svc!_main", "svc!_main"),
            ("svc!?Run@Worker@@QAEXXZ", "svc!?run@worker@@qaexxz"),
            ("svc!@ILT+10(_main)", "svc!@ilt+10"),
            ("svc!_f@x16", "svc!_f@x16"),
            (
                "svc.exe!S_P_CoreLib_System_Threading_Thread__JoinInternal() Line 166",
                "svc!system.threading.thread.joininternal",
            ),
            ("svc!System_Console_System_Console__WriteLine_7", "svc!system.console.writeline_7"),
            ("svc!S_P_CoreLib_System_Threading_Lock___ctor+0x1f", "svc!system.threading.lock..ctor"),
            ("svc!System.Threading.Lock__TryEnterSlow_0 + 47", "svc!system.threading.lock.tryenterslow_0"),
            ("System.Linq.Enumerable.<Where>d__3.MoveNext()", "-!system.linq.enumerable.<where>d__3.movenext"),
            ("svc!System_Init", "svc!system_init"),
            ("0x000007ff`01014aa0", "-!-"),
        ] {
            let symbol = parse_call_site(text);
            let name = FrameName::of(&CallSite::new(text, &symbol), &aliases);
            let function = name.function.as_ref().map(|function| function.view(Generics::Ignored, false).into_owned());
            let got = format!("{}!{}", name.canonical.as_deref().unwrap_or("-"), function.as_deref().unwrap_or("-"));
            assert_eq!(got, want, "{text}");
        }
    }
}
