//! `!syncblk` of SOS: monitors that threads own or wait for.
//!
//! ```text
//! Index SyncBlock MonitorHeld Recursion Owning Thread Info  SyncBlock Owner
//!    10 0000000000337110            7         1 000000000034cce0 118   6   00000000027e1c68 System.Object
//! -----------------------------
//! Total           14
//! ```
//!
//! The row is that of `SyncBlk` in SOS's `strike.cpp`. `MonitorHeld` is 1 for the owner and 2 for each waiter. The thread
//! is its object, its id (hexadecimal) and the debugger's index; `none` or `XXX` stand for a thread that is gone.

use super::{TableFormat, TableLine, is_address, is_hex, is_rule};

pub const FORMAT: TableFormat = TableFormat {
    name: "syncblk",
    commands: &["syncblk"],
    columns: &[
        "index",
        "sync block",
        "monitor held",
        "recursion",
        "thread object",
        "os id",
        "thread index",
        "object",
        "type",
    ],
    line,
    shows: is_header,
};

const TOTALS: [&str; 5] = ["Total", "CCW", "RCW", "ComClassFactory", "Free"];

fn line(text: &str) -> Option<TableLine<'_>> {
    if is_header(text) || is_rule(text) {
        return Some(TableLine::Header);
    }
    let words = without_remark(text.split_whitespace().collect());
    match words.as_slice() {
        [name, value] if TOTALS.contains(name) => Some(TableLine::Field(name, value)),
        [index, block, held, recursion, behind @ ..]
            if is_address_or_end(block) && is_number(index) && is_number(held) =>
        {
            let mut cells = vec![*index, without_dots(block), *held, *recursion];
            // Without an owner: `0000000000000000 none    00000000027e1c68 System.Object`.
            let owner = match behind {
                [thread, "none" | "XXX" | "orphaned", rest @ ..] => {
                    cells.extend([*thread, "", ""]);
                    rest
                }
                [thread, id, index, rest @ ..] => {
                    // The thread is gone.
                    let index = if *index == "XXX" { "" } else { index };
                    cells.extend([without_dots(thread), *id, index]);
                    rest
                }
                _ => return None,
            };
            // A window that is too narrow puts the object on the next line.
            let Some((object, _)) = owner.split_first() else { return Some(TableLine::Row(cells)) };
            let name = text.rsplit_once(*object).map_or("", |(_, name)| name.trim());
            match is_address_or_end(object) {
                true => cells.extend([without_dots(object), name]),
                // Somebody left the address out.
                false => cells.extend(["", *object]),
            }
            Some(TableLine::Row(cells))
        }
        // Notes keep `Index  MonitorHeld  Recursion  Owning Thread Info  Owner`.
        [index, held, recursion, thread, id, of_thread, object, name @ ..]
            if [index, held, recursion].iter().all(|word| is_number(word))
                && [thread, object].iter().all(|word| is_address(word))
                && is_hex(id)
                && is_number(of_thread) =>
        {
            let name = text.rsplit_once(*object).map_or("", |(_, name)| name.trim());
            Some(TableLine::Row(vec![index, "", held, recursion, thread, id, of_thread, object, name]))
                .filter(|_| !name.is_empty())
        }
        [object] | [object, _] if is_hex(object) => Some(TableLine::Cell("object", text.trim())),
        _ => None,
    }
}

/// An address, or the end of one that somebody cut short: `...c1d8`.
fn is_address_or_end(word: &str) -> bool {
    let end = without_dots(word);
    is_address(word) || (end.len() < word.len() && end.len() >= 3 && is_hex(end))
}

fn without_dots(word: &str) -> &str {
    word.trim_start_matches(['.', '…'])
}

fn is_header(text: &str) -> bool {
    text.trim_start().starts_with("Index") && text.contains("MonitorHeld")
}

/// `615(307 threads)`, `39 (19 threads)`: what somebody made of the number of waiters, behind it.
fn without_remark(mut words: Vec<&str>) -> Vec<&str> {
    let Some(at) = words.iter().take(4).position(|word| word.contains('(')).filter(|at| *at >= 2) else { return words };
    let Some(end) = words.iter().skip(at).position(|word| word.ends_with(')')) else { return words };
    let before = words[at].split('(').next().unwrap_or_default();
    let rest = if before.is_empty() { at } else { at + 1 };
    words[at] = before;
    words.drain(rest..=at + end);
    words
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::tables::tests::check;

    #[test]
    fn lines() {
        for (text, want) in [
            ("Index SyncBlock MonitorHeld Recursion Owning Thread Info  SyncBlock Owner", "header"),
            (
                "   10 0000000000337110            7         1 000000000034cce0 118   6   00000000027e1c68 System.Object",
                "row 10 | 0000000000337110 | 7 | 1 | 000000000034cce0 | 118 | 6 | 00000000027e1c68 | System.Object",
            ),
            (
                "   11 0000000000337110            0         0 0000000000000000     none    00000000027e1c68 System.X",
                "row 11 | 0000000000337110 | 0 | 0 | 0000000000000000 |  |  | 00000000027e1c68 | System.X",
            ),
            (
                "     2          3         1  000002818CFCC910 46dc  8  0000028191652528 System.Object",
                "row 2 |  | 3 | 1 | 000002818CFCC910 | 46dc | 8 | 0000028191652528 | System.Object",
            ),
            (
                "   13 0000000000337218    3         1 000000000034b250 114   5",
                "row 13 | 0000000000337218 | 3 | 1 | 000000000034b250 | 114 | 5",
            ),
            (
                "36 00000009a841a8b8 615(307 threads) 1 0000000a8254d890 301c 2425 00000007eedf7880 System.Object",
                "row 36 | 00000009a841a8b8 | 615 | 1 | 0000000a8254d890 | 301c | 2425 | 00000007eedf7880 | System.Object",
            ),
            (
                "36 00000009a841a8b8 39 (19 threads) 1 0000000a8254d890 301c 2425 00000007eedf7880 N.F(X)",
                "row 36 | 00000009a841a8b8 | 39 | 1 | 0000000a8254d890 | 301c | 2425 | 00000007eedf7880 | N.F(X)",
            ),
            ("36 00000009a841a8b8 39(", "nothing"),
            // Somebody shortened the addresses, and left that of the object out.
            (
                "    1 ...C1D8           3         1 ...B4A0 6368   9    Contoso.Account",
                "row 1 | C1D8 | 3 | 1 | B4A0 | 6368 | 9 |  | Contoso.Account",
            ),
            ("00000000027e2088 System.Object", "cell object = 00000000027e2088 System.Object"),
            ("ComClassFactory 0", "field ComClassFactory = 0"),
            ("words of prose", "nothing"),
        ] {
            check(&FORMAT, text, want);
        }
    }
}
