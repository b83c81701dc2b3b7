//! What stopped the target: the line of an event, `.lastevent` and `.exr -1`.
//!
//! ```text
//! (5464.4c7c): Access violation - code c0000005 (first chance)
//! Last event: 1f4.1f8: Break instruction exception - code 80000003 (first chance)
//!   debugger time: Sun Nov 22 11:12:53.497 2026 (UTC + 0:00)
//! ExceptionAddress: 00007ff830b269a2 (Contoso!Find+0x0000000000000032)
//!    ExceptionCode: c0000005 (Access violation)
//! NumberParameters: 2
//!    Parameter[0]: 0000000000000000
//! Attempt to read from address 0000000100000000
//! ```
//!
//! The ids are those of process and thread, hexadecimal. An event without a code (`Exit process`, `Load module`) has only a
//! text. Nothing but the engine prints the line of an event, so it shows the table wherever it stands.

use super::{TableFormat, TableLine, first_words, is_hex, labelled};

pub const FORMAT: TableFormat = TableFormat {
    name: "events",
    commands: &["exr", "lastevent"],
    columns: &["process id", "thread id", "event", "code", "chance"],
    line,
    shows,
};

const LABELS: [&str; 5] = ["ExceptionAddress", "ExceptionCode", "ExceptionFlags", "NumberParameters", "debugger time"];

const ATTEMPTS: [&str; 3] =
    ["Attempt to read from address", "Attempt to write to address", "Attempt to execute non-executable address"];

fn line(text: &str) -> Option<TableLine<'_>> {
    event(text).map(|cells| TableLine::Row(cells.to_vec())).or_else(|| record(text))
}

/// Process, thread, text, code and chance of an event.
fn event(text: &str) -> Option<[&str; 5]> {
    let text = text.trim();
    let (ids, event) = match (text.strip_prefix('('), text.strip_prefix("Last event: ")) {
        (Some(behind), _) => behind.split_once("): ")?,
        (None, Some(behind)) => behind.split_once(": ")?,
        _ => return None,
    };
    let (process, thread) = ids.split_once('.').filter(|(process, thread)| is_hex(process) && is_hex(thread))?;
    let Some((event, behind)) = event.split_once(" - code ") else {
        return Some([process, thread, event, "", ""]);
    };
    let ([code], chance) = first_words(behind)?;
    // `(!!! second chance !!!)`
    let chance = chance.trim_matches(['(', ')', '!', ' ']);
    is_hex(code).then_some([process, thread, event.trim(), code, chance])
}

/// A line of `.exr`.
fn record(text: &str) -> Option<TableLine<'_>> {
    let text = text.trim();
    if let Some((name, value)) = labelled(text, &LABELS) {
        return Some(TableLine::Field(name, value));
    }
    if let Some((name, value)) = text.split_once("]: ").filter(|(name, _)| name.starts_with("Parameter[")) {
        return Some(TableLine::Field(&text[..=name.len()], value.trim()));
    }
    let (attempt, address) = text.rsplit_once(' ')?;
    (ATTEMPTS.contains(&attempt) && is_hex(address)).then_some(TableLine::Field(attempt, address))
}

fn shows(text: &str) -> bool {
    match labelled(text, &LABELS[..1]) {
        Some((_, value)) => value.split_whitespace().next().is_some_and(is_hex),
        None => event(text).is_some_and(|[.., code, _]| !code.is_empty() || text.trim().starts_with("Last event: ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::tables::tests::check;

    #[test]
    fn lines() {
        for (text, want) in [
            (
                "(5464.4c7c): Access violation - code c0000005 (first chance)",
                "row 5464 | 4c7c | Access violation | c0000005 | first chance",
            ),
            (
                "(1f4.1f8): CLR exception - code e0434352 (!!! second chance !!!)",
                "row 1f4 | 1f8 | CLR exception | e0434352 | second chance",
            ),
            (
                "Last event: 1f4.1f8: Break instruction exception - code 80000003 (first chance)",
                "row 1f4 | 1f8 | Break instruction exception | 80000003 | first chance",
            ),
            ("Last event: 1f4.1f8: Exit process 0:1f4, code 0", "row 1f4 | 1f8 | Exit process 0:1f4, code 0 |  | "),
            ("ExceptionAddress: 6aa18f9a (A!B+0x1)", "field ExceptionAddress = 6aa18f9a (A!B+0x1)"),
            ("   ExceptionCode: c0000005 (Access violation)", "field ExceptionCode = c0000005 (Access violation)"),
            ("   Parameter[1]: 00000001", "field Parameter[1] = 00000001"),
            ("Attempt to write to address 5c00200c", "field Attempt to write to address = 5c00200c"),
            ("Attempt to read from address of a stranger", "nothing"),
            ("words of prose", "nothing"),
        ] {
            check(&FORMAT, text, want);
        }
        for prose in ["(1.2): see below", "(a.b): c - code is bad", "ExceptionAddress: see below"] {
            assert!(!shows(prose), "{prose}");
        }
    }
}
