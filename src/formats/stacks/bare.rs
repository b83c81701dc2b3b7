//! Call sites alone, one a line, as people paste them into tickets and rules: `ntdll!NtWaitForSingleObject+0xa`.
//!
//! Nothing else says that such lines are a stack, so a line must be a call site from end to end. Notes that people write
//! behind a frame and managed names without arguments are believed among other frames only.

use std::borrow::Cow;

use super::exception_frame;
use super::short_names::{is_short_name, short_name};
use super::whole_call::{is_call_site, is_managed_call};
use crate::formats::call_site::{self, without_remarks};
use crate::formats::tokens;

/// What a line can be where nothing says that a stack is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alone {
    /// Nothing but a call site.
    Site,
    /// A call site with its offset, and words behind it.
    Noted,
    /// `System.Threading.Monitor.Enter`, `Monitor.Enter()`: it may be a method, a type or a namespace.
    Name,
}

/// A line that may be a frame: what it is, its frame number if it has one, and its call site.
pub fn alone(line: &str) -> Option<(Alone, Option<u32>, Cow<'_, str>)> {
    if let Some(site) = counted(line) {
        return Some((Alone::Site, None, Cow::Borrowed(site)));
    }
    let site = frame(line).map(|(number, site)| (Alone::Site, number, Cow::Borrowed(site)));
    let marker = || marker(line).map(|site| (Alone::Site, None, Cow::Owned(site)));
    let with_source = || with_source(line).map(|site| (Alone::Site, None, Cow::Owned(site)));
    let noted = || noted(line).map(|(number, site)| (Alone::Noted, number, Cow::Borrowed(site)));
    let name = || is_method_name(line.trim()).then(|| (Alone::Name, None, Cow::Borrowed(line.trim())));
    let short = || short_name(line).map(|name| (Alone::Name, None, name));
    site.or_else(marker).or_else(with_source).or_else(noted).or_else(name).or_else(short)
}

/// Whether a line is a name and nothing that shows a call.
pub fn is_name_alone(line: &str) -> bool {
    matches!(alone(line), Some((Alone::Name, ..)))
}

/// Whether such a line can be the first of a stack: of names, the topmost must be a known one that waits.
pub fn may_begin(line: &str) -> bool {
    match alone(line) {
        Some((Alone::Name, _, name)) => is_wait(&name),
        other => other.is_some(),
    }
}

/// Whether lines, each directly below the other, are a stack: two call sites, one of which has no words behind it, or
/// three names that are no list of the members of a type.
pub fn are_stack(lines: &[&str]) -> bool {
    let kinds: Vec<(Alone, Cow<'_, str>)> =
        lines.iter().filter_map(|line| alone(line)).map(|(kind, _, site)| (kind, site)).collect();
    let count = |wanted: Alone| kinds.iter().filter(|(kind, _)| *kind == wanted).count();
    let (sites, noted) = (count(Alone::Site), count(Alone::Noted));
    if sites >= 1 && sites + noted >= 2 {
        return true;
    }
    let type_of =
        |name: &str| name.split('(').next().and_then(|name| name.rsplit_once('.')).map(|(of, _)| of.to_string());
    let first = kinds.first().and_then(|(_, name)| type_of(name));
    let of_one_type = kinds.iter().all(|(_, name)| type_of(name) == first);
    // A reference lists names in the order of their letters.
    let is_sorted = kinds.windows(2).all(|two| two[0].1 <= two[1].1);
    // So does a list of methods that wait, which are often named without their namespaces.
    let others = kinds.iter().filter(|(_, name)| !is_wait(name)).count();
    if lines.first().is_some_and(|first| is_short_name(first)) && (kinds.len() < 4 || others < 2) {
        return false;
    }
    noted == 0 && kinds.len() >= 3 && !of_one_type && !is_sorted
}

/// `ntdll!NtWaitForKeyedEvent+0xa           3. Here it hangs`: at least three blanks or a TAB before the words. Figures, a
/// second column of symbols and what debuggers print behind a frame are none.
fn noted(line: &str) -> Option<(Option<u32>, &str)> {
    let line = line.trim();
    if !line.contains("+0x") {
        return None;
    }
    let gap = line.find("   ").into_iter().chain(line.find('\t')).min()?;
    let (site, note) = (&line[..gap], line[gap..].trim());
    let first = note.split_whitespace().next()?;
    let is_figure = first.starts_with(|c: char| c.is_ascii_digit())
        && !first.trim_end_matches(['.', ')']).bytes().all(|byte| byte.is_ascii_digit())
        || first.bytes().all(|byte| byte.is_ascii_digit());
    let has_symbol =
        note.split_whitespace().any(|word| word.trim_end_matches('!').contains('!') || word.contains("+0x"));
    let has_words = note.split_whitespace().filter(|word| word.chars().any(char::is_alphabetic)).count() >= 2;
    let is_note = !is_figure
        && !has_symbol
        && has_words
        && !note.contains("allocation")
        && note.starts_with(|c: char| c.is_alphanumeric());
    let (number, site) = frame(site).filter(|_| is_note)?;
    (site.contains('!') && site.contains("+0x")).then_some((number, site))
}

/// `System.Windows.Forms.Control.OnClick`: nothing but names, each with a capital, in at least one namespace and a type.
/// Handlers are called after their button: `Contoso.Form1.button1_Click`.
pub fn is_method_name(text: &str) -> bool {
    let text = text.strip_suffix("..ctor").or_else(|| text.strip_suffix("..cctor")).unwrap_or(text);
    let Some((of, method)) = text.rsplit_once('.').filter(|_| text.starts_with(char::is_uppercase)) else {
        return false;
    };
    let is_word = |part: &str| part.chars().all(|c| c.is_alphanumeric() || "_`+<>".contains(c));
    let is_name = |part: &str| is_word(part) && part.starts_with(|c: char| c.is_uppercase() || matches!(c, '_' | '<'));
    let is_handler = is_word(method) && method.starts_with(char::is_alphabetic) && method.contains('_');
    of.contains('.') && of.split('.').all(is_name) && (is_name(method) || is_handler)
}

/// `System.Threading.Monitor.Enter`: a method of the runtime's libraries in which threads wait.
fn is_wait(name: &str) -> bool {
    const NAMESPACES: [&str; 2] = ["System.Threading.", "System.Windows."];
    const METHODS: [&str; 25] = [
        "Enter",
        "Enter_Slowpath",
        "ReliableEnter",
        "TryEnter",
        "ObjWait",
        "Wait",
        "InternalWait",
        "WaitCore",
        "WaitUntilCountOrTimeout",
        "SpinThenBlockingWait",
        "SpinOnce",
        "WaitOne",
        "WaitOneNative",
        "WaitOneCore",
        "WaitOneNoCheck",
        "InternalWaitOne",
        "WaitAny",
        "WaitAll",
        "WaitMultiple",
        "WaitHelper",
        "InvokeWaitMethodHelper",
        "WaitForWaitHandle",
        "SleepInternal",
        "Sleep",
        "Join",
    ];
    NAMESPACES.iter().any(|namespace| name.starts_with(namespace))
        && name.rsplit_once('.').is_some_and(|(_, method)| METHODS.contains(&method))
}

/// `                   1 System.Threading.Monitor.Enter(Object, Boolean ByRef)`: a line of dotnet-dump's `parallelstacks`, with the
/// number of threads before it, where the ids of the threads were not copied.
fn counted(line: &str) -> Option<&str> {
    let text = line.strip_prefix("        ")?.trim_start();
    let (count, site) = text.split_once(' ')?;
    let is_count = count.len() <= 5 && !count.starts_with('0') && count.bytes().all(|byte| byte.is_ascii_digit());
    let site = without_remarks(site.trim());
    (is_count && site.ends_with(')') && is_call_site(site) && is_managed_call(site)).then_some(site)
}

/// `[HelperMethodFrame_1OBJ: 00000017d19c28c8] System.Threading.Monitor.ReliableEnter(System.Object, Boolean ByRef)`: a row
/// of `!clrstack` without its first columns.
fn marker(line: &str) -> Option<String> {
    let (marker, method) = line.trim().strip_prefix('[')?.split_once(']')?;
    let (name, address) = marker.split_once(": ")?;
    let is_marker = name.contains("Frame") && !name.contains(' ') && tokens::hex_value(address).is_some();
    let method = method.trim();
    let fits = is_marker && (method.is_empty() || is_managed_call(method));
    fits.then(|| format!("[{name}] {method}").trim_end().to_string())
}

/// `Contoso.Cart.Basket.Reserve(Contoso.Cart.Item item) in C:\src\Basket.cs:83`, as Rider and Visual Studio copy a frame.
fn with_source(line: &str) -> Option<String> {
    let line = line.trim();
    let call = line[..line.find(") in ")? + 1].trim();
    (is_call_site(call) && is_managed_call(call)).then(|| exception_frame::call_of(line)).flatten()
}

/// `user32!DispatchHookW / user32!CallHookWithSEH`: frames that someone put on one line, the innermost first.
pub fn frames_on_one_line(line: &str) -> Option<Vec<&str>> {
    if let Some(sites) = sites_on_one_line(line) {
        return Some(sites);
    }
    let sites: Vec<&str> = line.contains(" / ").then(|| line.trim().split(" / ").map(str::trim).collect())?;
    sites.iter().all(|site| site.contains('!') && frame(site).is_some()).then_some(sites)
}

/// `ntdll!RtlProcessFlsData+0x57 ntdll!LdrShutdownProcess+0xbd`: nothing but call sites with their offsets, which show that
/// it is a stack whose line ends were lost.
pub fn sites_on_one_line(line: &str) -> Option<Vec<&str>> {
    let is_site = |word: &str| {
        let offset = word.rsplit_once("+0x").map_or("", |(_, digits)| digits);
        let is_offset = !offset.is_empty() && offset.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_offset && (word.contains('!') || word.starts_with("<Unloaded_"))
    };
    let sites: Vec<&str> = line.split_whitespace().take_while(|word| is_site(word)).collect();
    (sites.len() >= 2 && line.trim_end().ends_with(sites[sites.len() - 1])).then_some(sites)
}

/// A line that is nothing but a call site, with its frame number if it has one.
pub fn frame(line: &str) -> Option<(Option<u32>, &str)> {
    let line = without_remarks(line.trim());
    // One frame of a listing in bold.
    let line = line.strip_prefix("**").and_then(|line| line.strip_suffix("**")).unwrap_or(line);
    if let Some((number, site)) = listed(line) {
        return Some((Some(number), site));
    }
    let (number, site) = match tokens::frame_number(line) {
        Ok((rest, number)) => (Some(number), rest),
        Err(_) => (None, line),
    };
    (is_call_site(site) && !call_site::is_raw_address(site)).then_some((number, site))
}

/// Whether a line is a call site with its offset, which prose leaves out.
pub fn has_offset(line: &str) -> bool {
    frame(line).is_some_and(|(_, site)| call_site::parse(site).offset.0.is_some())
}

/// `10, ntdll.dll!RtlUserThreadStart+0x34`: the lists of Process Hacker and System Informer have decimal numbers.
fn listed(line: &str) -> Option<(u32, &str)> {
    let (number, site) = line.split_once(", ")?;
    let is_number = number.len() <= 4 && number.bytes().all(|byte| byte.is_ascii_digit());
    (is_number && site.contains(['!', '+']) && is_call_site(site)).then_some((number.parse().ok()?, site))
}

/// Whether a line shows that call sites below it are those of allocations or handles, not of a thread.
pub fn announces_allocations(line: &str) -> bool {
    ["BackTrace", "LeakTrack", "Leak analysis", "Call stack sample", "allocation(s)", "DPH_HEAP_BLOCK", "Handle = 0x"]
        .iter()
        .any(|mark| line.contains(mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_site_from_end_to_end() {
        for (line, want) in [
            ("ntdll!NtWaitForSingleObject+0xa", Some((None, "ntdll!NtWaitForSingleObject+0xa"))),
            ("  0b GdiPlus!GpBitmap::Lock", Some((Some(11), "GdiPlus!GpBitmap::Lock"))),
            (
                "System.Drawing.Graphics.DrawImage(System.Drawing.Image, Int32)",
                Some((None, "System.Drawing.Graphics.DrawImage(System.Drawing.Image, Int32)")),
            ),
            (
                "<Module>.Shared<Ledger>.Release(Shared<Ledger>*)+d7",
                Some((None, "<Module>.Shared<Ledger>.Release(Shared<Ledger>*)+d7")),
            ),
            (
                "System.Threading.Tasks.Task.Wait(System.Threading.CancellationToken cancellationToken)",
                Some((None, "System.Threading.Tasks.Task.Wait(System.Threading.CancellationToken cancellationToken)")),
            ),
            ("System.Threading.Tasks.Task.Wait(...)", Some((None, "System.Threading.Tasks.Task.Wait(...)"))),
            ("<Module>.a module", None),
            ("svc!operator new+0x1f", Some((None, "svc!operator new+0x1f"))),
            ("GdiPlus!GpMemoryBitmap::AllocBitmapData+c2  with 155 allocations takes 1.16GB", None),
            ("10, ntdll.dll!RtlUserThreadStart+0x34", Some((Some(10), "ntdll.dll!RtlUserThreadStart+0x34"))),
            ("**Hook!OnCreate+0x67d4**", Some((None, "Hook!OnCreate+0x67d4"))),
            ("1, 2, many", None),
            ("self.assertEqual.again(a, b)", None),
            ("System.Console.WriteLine(\"x\")", None),
            ("Hope this helps!", None),
            ("Wow! That is it", None),
            ("see System.Drawing", None),
            ("ntdll!NtDelayExecution+0x14:", None),
            ("Function   GdiPlus!GpMalloc+1e", None),
        ] {
            assert_eq!(frame(line), want, "{line}");
        }
    }

    #[test]
    fn lines_that_may_be_frames() {
        use Alone::*;
        for (line, want) in [
            ("ntdll!NtWaitForKeyedEvent+0xa", Some((Site, "ntdll!NtWaitForKeyedEvent+0xa"))),
            ("ntdll!NtWait+0xa           3. Try to enter = DEADLOCK !", Some((Noted, "ntdll!NtWait+0xa"))),
            ("svc!Load+0x1c\tthe loader lock is taken here", Some((Noted, "svc!Load+0x1c"))),
            (
                "[HelperMethodFrame_1OBJ: 00000017d19c28c8] System.Threading.Monitor.Enter(System.Object)",
                Some((Site, "[HelperMethodFrame_1OBJ] System.Threading.Monitor.Enter(System.Object)")),
            ),
            ("[DynamicHelperFrame: 00000017d19c3790]", Some((Site, "[DynamicHelperFrame]"))),
            (
                "                   1 System.Threading.Monitor.Enter(Object, Boolean ByRef)   // waits",
                Some((Site, "System.Threading.Monitor.Enter(Object, Boolean ByRef)")),
            ),
            ("[Frame: of a picture]", None),
            (
                "Contoso.Cart.Basket.Reserve(Contoso.Cart.Item item, int count) in /_/src/Basket.cs:83",
                Some((Site, "Contoso.Cart.Basket.Reserve(Contoso.Cart.Item item, int count) [/_/src/Basket.cs @ 83]")),
            ),
            ("Contoso.Cart.Basket.Reserve(Contoso.Cart.Item item) in two places", None),
            ("svc!Load+0x1c   34.5 MBytes of it", None),
            ("svc!Load+0x1c   1,234 blocks of memory", None),
            ("svc!Load+0x1c   12 times in a row", None),
            ("svc!Load+0x1c   svc!Open+0x3 and others", None),
            ("svc!Load   calls it", None),
            ("System.Threading.Monitor.Enter", Some((Name, "System.Threading.Monitor.Enter"))),
            ("Contoso.A+<>c.<Run>b__0", Some((Name, "Contoso.A+<>c.<Run>b__0"))),
            ("Contoso.Tills.Drawer..ctor", Some((Name, "Contoso.Tills.Drawer..ctor"))),
            ("Contoso.Form1.button1_Click", Some((Name, "Contoso.Form1.button1_Click"))),
            ("System.Web.dll", None),
            ("System.Console", None),
            ("Contoso.Tills.Drawer opens", None),
        ] {
            let got = alone(line).map(|(kind, _, site)| (kind, site.to_string()));
            assert_eq!(got, want.map(|(kind, site)| (kind, site.to_string())), "{line}");
        }
    }

    #[test]
    fn names_are_a_stack_only_below_one_that_waits() {
        for (lines, want) in [
            (&["System.Threading.Monitor.Enter", "Contoso.A.B", "System.Windows.Forms.Control.OnClick"][..], true),
            (&["System.Threading.Monitor.Enter", "Contoso.A.B"], false),
            // A reference.
            (
                &["System.Threading.Monitor.Wait", "System.Threading.Monitor.Enter", "System.Threading.Monitor.Exit"],
                false,
            ),
            (
                &["System.Threading.Monitor.Enter", "System.Threading.Thread.Join", "System.Threading.Thread.Sleep"],
                false,
            ),
            (&["Contoso.A.B", "System.Threading.Monitor.Enter", "Contoso.C.D"], false),
        ] {
            assert_eq!(may_begin(lines[0]) && are_stack(lines), want, "{lines:?}");
        }
    }
}
