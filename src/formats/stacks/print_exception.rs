//! Managed exceptions of SOS: `!printexception` (`!pe`), also with `-nested`, and `!dumpexceptions`.
//!
//! ```text
//! Exception object: 00007f5d5c020798
//! Exception type:   Contoso.Faults.OrderException
//! Message:          Order 17 failed
//! InnerException:   System.FormatException, Use !PrintException 00007f5d5c020790 to see more.
//! StackTrace (generated):
//!     SP               IP               Function
//!     00007F5CCFFFEA10 00007F5D84ED2F1C exc.dll!Contoso.Faults.Program.Parse(System.String)+0x7c
//!
//! StackTraceString: <none>
//! HResult: 80131500
//! ```
//!
//! The text is that of `FormatException` in SOS's `strike.cpp`.

use nom::combinator::{map, opt, rest};
use nom::sequence::preceded;
use nom::{IResult, Parser};

use super::{Begin, Format, FrameLine, Line};
use crate::formats::tokens::{address, blanks0, blanks1, hex_value};
use crate::model::{Dialect, StackKind};

pub const FORMAT: Format = Format {
    kind: StackKind::Exception,
    commands: &["pe", "printexception", "crashinfo"],
    columns: &["address", "type", "message", "inner", "hresult"],
    ..Format::of_threads(Dialect::PrintException, line, shows)
};

/// Labels of an exception, and the column each fills.
const LABELS: [(&str, &str); 4] =
    [("Exception type:", "type"), ("Message:", "message"), ("InnerException:", "inner"), ("HResult:", "hresult")];

/// What SOS says around exceptions.
const WORDS: [&str; 10] = [
    "StackTrace (generated):",
    "StackTraceString:",
    "Nested exception ---",
    "There are nested exceptions on this thread",
    "There is no current managed exception on this thread",
    "The current thread is unmanaged",
    "Unable to decipher generated stack trace",
    "<Not Available>",
    "SP       IP       Function",
    "<none>",
];

fn line(text: &str) -> Option<Line<'_>> {
    let trimmed = text.trim();
    if let Some(object) = object(trimmed) {
        return Some(Line::Begin(Begin { row: vec![object], ..Begin::default() }));
    }
    for (label, column) in LABELS {
        if let Some(value) = trimmed.strip_prefix(label) {
            return Some(Line::Cell(column, value.trim()));
        }
    }
    if WORDS.iter().any(|words| trimmed.starts_with(words)) || is_header(trimmed) {
        return Some(Line::Header);
    }
    // `crashinfo` sets the offset apart: `svc!N.T.M() + 0x1f7`.
    row(text).ok().map(|(_, site)| Line::Frame(FrameLine::of(site.replace(" + 0x", "+0x"))))
}

fn shows(text: &str) -> bool {
    let trimmed = text.trim_start();
    trimmed.starts_with('E') && object(trimmed).is_some() || trimmed.starts_with("StackTrace (generated):")
}

/// `Exception object: 00007f5d5c020798`
fn object(trimmed: &str) -> Option<&str> {
    let address = trimmed.strip_prefix("Exception object:")?.trim();
    hex_value(address.trim_start_matches("0x")).map(|_| address)
}

/// `    SP       IP       Function`, and `crashinfo`'s without SP.
fn is_header(trimmed: &str) -> bool {
    trimmed.ends_with("Function") && matches!(trimmed.split_whitespace().next(), Some("SP" | "IP"))
}

fn row(input: &str) -> IResult<&str, &str> {
    let (input, _) = (blanks0, address, opt(preceded(blanks1, address)), blanks0).parse(input)?;
    // In a narrow window the call site comes on the next line.
    nom::combinator::verify(map(rest, str::trim), |site: &str| site.is_empty() || site.contains(['!', '(', '.']))
        .parse(input)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::stacks::tests::check;

    #[test]
    fn lines() {
        for (text, want) in [
            ("Exception object: 00007f5d5c020798", "begin [00007f5d5c020798]"),
            ("Exception type:   System.FormatException", "cell type = System.FormatException"),
            ("Message:          <none>", "cell message = <none>"),
            ("    SP               IP               Function", "header"),
            ("    00000000 00000000 exc!N.P.M(System.String)+0x7c", "frame exc!N.P.M(System.String)+0x7c"),
            (
                "    00007F5CCFFFEA10 00007F5D84ED2F1C exc.dll!N.P.M()+0x7c [/src/exc.cs @ 10]",
                "frame exc.dll!N.P.M()+0x7c [/src/exc.cs @ 10]",
            ),
            ("StackTraceString: <none>", "header"),
            ("words", "nothing"),
        ] {
            check(&FORMAT, text, want);
        }
    }
}
