//! Visual Studio Code: `Copy Call Stack`, of whichever debugger works in it.
//!
//! ```text
//! RtlEnterCriticalSection (Unknown Source:0)
//! Contoso::Journal::Append(Contoso::Entry const&) (c:\src\ledger\journal.cpp:165)
//! [External Code] (Unknown Source:0)
//! Ledger.dll!Contoso.Ledger.Program.Main(string[] args) Line 12 (/src/ledger/Program.cs:12)
//! ```
//!
//! Native debuggers name no module here.

use super::{Format, FrameLine, Line, call_site};
use crate::model::Dialect;

pub const FORMAT: Format = Format::of_threads(Dialect::VsCode, line, shows);

const UNKNOWN: &str = "Unknown Source:0";

fn line(text: &str) -> Option<Line<'_>> {
    let (call, place) = text.trim().strip_suffix(')')?.rsplit_once(" (")?;
    if call == "[External Code]" {
        return (place == UNKNOWN).then_some(Line::Hole);
    }
    let source = match place {
        UNKNOWN => None,
        place => Some(source(place)?),
    };
    let name = call.split_once(" Line ").map_or(call, |(name, _)| name).trim();
    let fits =
        !name.is_empty() && !name.starts_with('[') && name.split('(').next().is_some_and(|name| !name.contains(' '));
    let frame = FrameLine::of(call_site(None, name, None, source));
    fits.then(|| Line::Frame(FrameLine { without_module: !name.contains('!'), ..frame }))
}

fn shows(text: &str) -> bool {
    text.trim_end().ends_with("(Unknown Source:0)") && line(text).is_some()
}

/// `c:\src\ledger\journal.cpp:165`
fn source(place: &str) -> Option<(&str, u32)> {
    let (path, line) = place.rsplit_once(':')?;
    let is_path = path.contains(['/', '\\']) && path.contains('.');
    Some((path, line.parse().ok().filter(|_| is_path)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::stacks::tests::check;

    #[test]
    fn lines() {
        for (text, want) in [
            ("RtlEnterCriticalSection (Unknown Source:0)", "frame RtlEnterCriticalSection"),
            (
                "Contoso::Journal::Append(Contoso::Entry const&) (c:\\src\\journal.cpp:165)",
                "frame Contoso::Journal::Append(Contoso::Entry const&) [c:\\src\\journal.cpp @ 165]",
            ),
            ("[External Code] (Unknown Source:0)", "hole"),
            (
                "Ledger.dll!Contoso.Ledger.Program.Main(string[] args) Line 12 (/src/Program.cs:12)",
                "frame Ledger.dll!Contoso.Ledger.Program.Main(string[] args) [/src/Program.cs @ 12]",
            ),
            ("see the file (c:\\src\\journal.cpp:165)", "nothing"),
            ("Append (twice)", "nothing"),
        ] {
            check(&FORMAT, text, want);
        }
        assert!(shows("RtlEnterCriticalSection (Unknown Source:0)"));
        assert!(!shows("Contoso::Journal::Append() (c:\\src\\journal.cpp:165)"));
    }
}
