//! The managed part of `!analyze`, as the provider of SOS prints it (`clrma`).
//!
//! ```text
//! Managed analysis provider: SOSCLRMA
//! ThreadId: 1a2c
//! Managed stack trace:
//!     00007ff9a0b1c2d3 Orders!Contoso.Orders.Parser.Parse(System.String)+0x8b
//! Current exception:
//!     Address:      000001f2a0b1c2d8
//!     Type:         System.FormatException
//!     Exception stack trace:
//!         00007ff9a0b1c2d3 Orders!Contoso.Orders.Parser.Parse(System.String)+0x8b
//! ```

use nom::Parser;

use super::{Begin, Format, FrameLine, Line};
use crate::formats::tokens::{address, blanks0, blanks1, hex_value};
use crate::model::{Dialect, StackKind, ThreadRef};

pub const FORMAT: Format = Format {
    commands: &["clrma"],
    columns: &["address", "type", "message", "hresult", "inner"],
    ..Format::of_threads(Dialect::Clrma, line, |text| text.trim_start().starts_with("Managed analysis provider:"))
};

fn line(text: &str) -> Option<Line<'_>> {
    let trimmed = text.trim();
    if let Some((label, value)) = trimmed.split_once(':') {
        let value = value.trim();
        match label.trim() {
            "Managed stack trace" => return Some(Line::Begin(Begin::default())),
            "ThreadId" | "OSThreadId" => {
                let os_id = hex_value(value.trim_start_matches("0x"));
                return Some(Line::Begin(Begin::thread(ThreadRef { os_id, ..ThreadRef::default() })));
            }
            "Exception stack trace" | "StackTrace" => {
                return Some(Line::Begin(Begin { kind: Some(StackKind::Exception), ..Begin::default() }));
            }
            "Address" => return Some(Line::Cell("address", value)),
            "Type" => return Some(Line::Cell("type", value)),
            "Message" => return Some(Line::Cell("message", value)),
            "HResult" => return Some(Line::Cell("hresult", value)),
            "Managed analysis provider" | "Current exception" | "InnerException" | "Thread" | "NestedException" => {
                return Some(Line::Header);
            }
            _ => {}
        }
    }
    let (site, _) = (blanks0, address, blanks1).parse(text).ok()?;
    site.contains('!').then(|| Line::Frame(FrameLine::of(site.trim())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::stacks::tests::check;

    #[test]
    fn lines() {
        for (text, want) in [
            ("OSThreadId: 1a2c", "begin 0x1a2c"),
            ("Managed stack trace:", "begin"),
            (
                "    00007ff9a0b1c2d3 Orders!C.O.P.Parse(System.String)+0x8b",
                "frame Orders!C.O.P.Parse(System.String)+0x8b",
            ),
            ("    Type:         System.FormatException", "cell type = System.FormatException"),
            ("words", "nothing"),
        ] {
            check(&FORMAT, text, want);
        }
    }
}
