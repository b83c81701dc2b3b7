//! Dr. Mingw and its library ExcHndl, with which games and other programs built with MinGW report their crashes.
//!
//! ```text
//! Ledger.exe caused an Access Violation at location 00007FFC1281CEBA in module gfx64.dll Reading from location 0000000000000008.
//!
//! AddrPC           Params
//! 00007FFC1281CEBA 000001D04E9A55B0 000000C4F61FF2A0 000001D05171E570  gfx64.dll!DrawArrays+0x2f07a
//! 00007FF6D1F8D514 000001D050FD29E0 000000C4F61FF8F0 000001D05103F818  Ledger.exe!0x1ed514
//! 00007FF6D1F80FCE 0000000000000000 0000000000000000 00000000000005A0  Ledger.exe!Ledger::Paint  [C:\src\paint.cpp @ 51]
//! ```

use super::{Begin, Format, FrameLine, Line, call_site, site_and_source};
use crate::formats::tokens::hex_value;
use crate::model::Dialect;

pub const FORMAT: Format = Format {
    columns: &["exception", "code", "module"],
    ..Format::of_threads(Dialect::DrMingw, line, |text| caused(text).is_some() || is_header(text))
};

/// What it calls the exceptions of Windows, and their codes.
/// <https://github.com/jrfonseca/drmingw>
const EXCEPTIONS: [(&str, &str); 14] = [
    ("Access Violation", "c0000005"),
    ("Array Bound Exceeded", "c000008c"),
    ("Breakpoint", "80000003"),
    ("Datatype Misalignment", "80000002"),
    ("Float Denormal Operand", "c000008d"),
    ("Float Divide By Zero", "c000008e"),
    ("Float Invalid Operation", "c0000090"),
    ("Illegal Instruction", "c000001d"),
    ("In Page Error", "c0000006"),
    ("Integer Divide by Zero", "c0000094"),
    ("Integer Overflow", "c0000095"),
    ("Privileged Instruction", "c0000096"),
    ("Noncontinuable Exception", "c0000025"),
    ("Stack Overflow", "c00000fd"),
];

fn line(text: &str) -> Option<Line<'_>> {
    if let Some(row) = caused(text) {
        return Some(Line::Begin(Begin { row: row.to_vec(), announced: true, ..Begin::default() }));
    }
    if is_header(text) {
        return Some(Line::Header);
    }
    frame(text).map(Line::Frame)
}

/// Exception, code and module of `Ledger.exe caused an Access Violation at location 00007FFC1281CEBA in module gfx64.dll ...`.
fn caused(text: &str) -> Option<[&str; 3]> {
    let (_, said) = text.split_once(" caused a")?;
    let said = said.strip_prefix('n').unwrap_or(said).strip_prefix(' ')?;
    let (name, place) = said.split_once(" at location ")?;
    let (_, code) = EXCEPTIONS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?;
    let mut words = place.split_whitespace();
    let address = words.next()?.trim_end_matches('.');
    hex_value(address.trim_start_matches("0x"))?;
    let module = match place.split_once(" in module ") {
        Some((_, behind)) => behind.split_whitespace().next()?.trim_end_matches('.'),
        None => "",
    };
    Some([name, code, module])
}

/// `AddrPC   Params`, on one line or torn.
fn is_header(text: &str) -> bool {
    let mut words = text.split_whitespace();
    (words.next(), words.next(), words.next()) == (Some("AddrPC"), Some("Params"), None)
}

/// An address, three words of the stack and the call site.
fn frame(text: &str) -> Option<FrameLine<'_>> {
    let mut rest = text.trim();
    for _ in 0..4 {
        let (word, behind) = rest.split_once(' ')?;
        let is_address = matches!(word.len(), 8 | 16) && hex_value(word).is_some();
        rest = is_address.then(|| behind.trim_start())?;
    }
    let (name, source) = site_and_source(rest, "  [", ']');
    // `Ledger.exe!0x1ed514` is an offset into a module without symbols.
    let site = match name.split_once("!0x") {
        Some((module, offset)) => call_site(Some(module), "", Some(hex_value(offset)?), source),
        None if name.contains('!') => call_site(None, name, None, source),
        None => return None,
    };
    Some(FrameLine::of(site))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::stacks::tests::check;

    #[test]
    fn lines() {
        for (text, want) in [
            (
                "Ledger.exe caused an Access Violation at location 00007FFC1281CEBA in module gfx64.dll Reading from \
                 location 0000000000000008.",
                "begin [Access Violation | c0000005 | gfx64.dll]",
            ),
            (
                "Ledger.exe caused a Stack Overflow at location 00401000 in module Ledger.exe.",
                "begin [Stack Overflow | c00000fd | Ledger.exe]",
            ),
            ("The driver caused an access violation at location unknown", "nothing"),
            ("It caused an Error at location 00401000", "nothing"),
            ("AddrPC           Params", "header"),
            (
                "00007FFC1281CEBA 000001D04E9A55B0 000000C4F61FF2A0 000001D05171E570  gfx64.dll!DrawArrays+0x2f07a",
                "frame gfx64.dll!DrawArrays+0x2f07a",
            ),
            (
                "00007FF6D1F8D514 000001D050FD29E0 000000C4F61FF8F0 000001D05103F818  Ledger.exe!0x1ed514",
                "frame Ledger.exe+0x1ed514",
            ),
            (
                "00401234 00000000 0028FF18 00000001  Ledger.exe!Ledger::Paint  [C:\\src\\paint.cpp @ 51]",
                "frame Ledger.exe!Ledger::Paint [C:\\src\\paint.cpp @ 51]",
            ),
            ("00007FF6D1F8D514 000001D050FD29E0", "nothing"),
        ] {
            check(&FORMAT, text, want);
        }
    }
}
