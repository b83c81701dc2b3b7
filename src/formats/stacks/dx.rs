//! Stacks as the data model of WinDbg shows them: `dx @$curstack.Frames`, and what its Stack window gives to the clipboard.
//!
//! ```text
//! @$curstack.Frames
//!     [0x0]            : ntdll!NtWaitForSingleObject + 0x14 [Switch To]
//! [0x1]   coreclr!EEPolicy::HandleFatalError + 0x143
//! [0x2]   Contoso!Store::Write + 0x31   (store.cpp @ 12)
//! ```
//!
//! Frame numbers are hexadecimal, and blanks stand around the plus.

use super::{Format, FrameLine, Line, call_site, whole_call};
use crate::formats::tokens::hex_value;
use crate::model::Dialect;

pub const FORMAT: Format = Format::of_threads(Dialect::Dx, line, |text| text.contains("[0x") && line(text).is_some());

fn line(text: &str) -> Option<Line<'_>> {
    let (number, rest) = text.trim().strip_prefix("[0x")?.split_once(']')?;
    let number = u32::try_from(hex_value(number)?).ok()?;
    let rest = rest.strip_prefix(char::is_whitespace)?.trim_start();
    let call = rest.strip_prefix(": ").unwrap_or(rest).trim();
    let site = site(call.strip_suffix("[Switch To]").unwrap_or(call).trim_end())?;
    Some(Line::Frame(FrameLine { number: Some(number), ..FrameLine::of(site) }))
}

/// `Contoso!Store::Write + 0x31`, or an address of no module. Other lists have values there.
fn site(call: &str) -> Option<String> {
    let digits = call.strip_prefix("0x").unwrap_or_default();
    if digits.len() >= 8 && hex_value(digits).is_some() {
        return Some(call.to_string());
    }
    let (name, behind) = call.rsplit_once(" + 0x")?;
    let (digits, _source) = behind.split_once(' ').unwrap_or((behind, ""));
    let (module, function) = name.split_once('!').unwrap_or((name, ""));
    let site = call_site(Some(module), function, Some(hex_value(digits)?), None);
    (!name.contains("  ") && whole_call::is_call_site(&site)).then_some(site)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::stacks::tests::check;

    #[test]
    fn lines() {
        for (text, want) in [
            (
                "[0x1]   coreclr!EEPolicy::HandleFatalError + 0x143   ",
                "frame 1 coreclr!EEPolicy::HandleFatalError+0x143",
            ),
            (
                "    [0x1f]           : ntdll!NtWaitForSingleObject + 0x14 [Switch To]",
                "frame 31 ntdll!NtWaitForSingleObject+0x14",
            ),
            ("[0x2]   Contoso!Store::Write + 0x31   (store.cpp @ 12)", "frame 2 Contoso!Store::Write+0x31"),
            ("[0x3]   Contoso + 0x31e4", "frame 3 Contoso+0x31e4"),
            ("[0x4]   0x7ff9a0b1c2d4", "frame 4 0x7ff9a0b1c2d4"),
            ("[0x0]            : 0x1 [Type: int]", "nothing"),
            ("[0x0]            : Contoso.Program [Switch To]", "nothing"),
            ("    [0x1] mov eax + 0x4 words", "nothing"),
        ] {
            check(&FORMAT, text, want);
        }
    }
}
