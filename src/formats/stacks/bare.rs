//! Call sites alone, one a line, as people paste them into tickets and rules: `ntdll!NtWaitForSingleObject+0xa`.
//!
//! Nothing else says that such lines are a stack, so a line must be a call site from end to end.

use crate::formats::call_site::{self, without_remarks};
use crate::formats::tokens;
use crate::model::FrameKind;

/// A line that is nothing but a call site, with its frame number if it has one.
pub fn frame(line: &str) -> Option<(Option<u32>, &str)> {
    let line = without_remarks(line.trim());
    if let Some((number, site)) = listed(line) {
        return Some((Some(number), site));
    }
    let (number, site) = match tokens::frame_number(line) {
        Ok((rest, number)) => (Some(number), rest),
        Err(_) => (None, line),
    };
    (is_call_site(site) && !call_site::is_raw_address(site)).then_some((number, site))
}

/// `10, ntdll.dll!RtlUserThreadStart+0x34`: the lists of Process Hacker and System Informer have decimal numbers.
fn listed(line: &str) -> Option<(u32, &str)> {
    let (number, site) = line.split_once(", ")?;
    let is_number = number.len() <= 4 && number.bytes().all(|byte| byte.is_ascii_digit());
    (is_number && site.contains(['!', '+']) && is_call_site(site)).then_some((number.parse().ok()?, site))
}

/// Whether a text is a call site and nothing else; one that a line end cut within brackets counts.
pub fn is_call_site(site: &str) -> bool {
    let symbol = call_site::parse(site);
    if call_site::is_raw_address(site) {
        return true;
    }
    // `ntdll!NtDelayExecution+0x14:` heads a disassembly.
    if site.ends_with(':') || site.contains("  ") || !call_site::has_word_for_module(site, &symbol) {
        return false;
    }
    let Some(function) = symbol.function.clone().map(|range| &site[range]) else {
        // `coreclr+0x316e4`
        return symbol.module.is_some() && symbol.offset.0.is_some();
    };
    let name = function.split(['(', '<', '[']).next().unwrap_or(function);
    let one_word = !without_quoted(name).trim_end().contains([' ', '\t'])
        || name.contains("operator ")
        || name.starts_with(" ?? ");
    let begins = function.starts_with(|c: char| c.is_alphanumeric() || "_?<~`@$. *".contains(c));
    let cut = site.matches('(').count() > site.matches(')').count();
    let whole = site.ends_with([')', ']']) || symbol.offset.0.is_some() || !site.contains(' ') || cut;
    let managed_call = symbol.kind == FrameKind::Managed && is_call_of_method(function);
    begins && one_word && whole && (symbol.module.is_some() || symbol.marker.is_some() || managed_call)
}

/// `System.Threading.Thread.Sleep(Int32)`: namespace, type and method, and types in brackets. Program code has calls of two
/// words and values in brackets, and in other languages small letters.
fn is_call_of_method(function: &str) -> bool {
    let Some((name, arguments)) = function.split_once('(') else { return false };
    let Some(arguments) = arguments.strip_suffix(')') else { return false };
    let name = name.split(['[', '<']).next().unwrap_or(name);
    let is_name = |part: &str| part.starts_with(|c: char| c.is_uppercase() || matches!(c, '_' | '<'));
    let deep = name.matches('.').count() >= 2 || function.contains('<');
    let types = arguments.split(", ").all(|argument| {
        let name = argument.trim_end_matches(" ByRef");
        name.is_empty() || (is_name(name) && !name.contains([' ', '"', '\'', '=', '(', ')']))
    });
    deep && is_name(name) && types
}

/// ``content::`anonymous namespace'::f`` without what is quoted, which holds blanks.
fn without_quoted(name: &str) -> String {
    let mut quoted = false;
    name.chars()
        .filter(|&c| {
            quoted = if c == '`' {
                true
            } else if c == '\'' {
                false
            } else {
                quoted
            };
            !quoted
        })
        .collect()
}

/// Whether a text can be a call site at all: its module is a word, and no prose follows an offset.
pub fn is_plausible(site: &str) -> bool {
    let symbol = call_site::parse(site);
    let prose_behind = symbol.offset.0.is_none() && site.contains("+0x") && site.ends_with(['?', '.', '!', ':']);
    call_site::has_word_for_module(site, &symbol) && !prose_behind
}

/// `System.Threading.Thread.Sleep(Int32)`, with or without a source behind it.
pub fn is_managed_call(method: &str) -> bool {
    let name = method.split('(').next().unwrap_or(method);
    method.contains('(') && name.contains('.') && !name.contains([' ', '\\'])
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
            ("svc!operator new+0x1f", Some((None, "svc!operator new+0x1f"))),
            ("GdiPlus!GpMemoryBitmap::AllocBitmapData+c2  with 155 allocations takes 1.16GB", None),
            ("10, ntdll.dll!RtlUserThreadStart+0x34", Some((Some(10), "ntdll.dll!RtlUserThreadStart+0x34"))),
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
}
