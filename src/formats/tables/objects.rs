//! `!dumpstackobjects`, `!dso` of SOS: the managed objects that the stack of a thread points to.
//!
//! ```text
//! OS Thread Id: 0x422e (1)
//! RSP/REG          Object           Name
//! rbx              00007f7ebc070728 System.IO.SyncTextWriter
//! 00007FFF97273DB0 00007f7ebc020960 System.String    drawn 1826
//! ```
//!
//! The row is that of `DumpStackObjectsHelper` in SOS's `strike.cpp`. The text of a string stands behind its type. The line
//! with the thread is not the table's own: stacks have it too.

use super::{TableFormat, TableLine, first_words, is_address};

pub const FORMAT: TableFormat = TableFormat {
    name: "objects",
    commands: &["dumpstackobjects", "dso"],
    columns: &["address", "object", "name"],
    line,
    shows: names_columns,
};

fn line(text: &str) -> Option<TableLine<'_>> {
    if names_columns(text) {
        return Some(TableLine::Header);
    }
    let ([address, object], name) = first_words(text)?;
    let fits = (is_address(address) || is_register(address)) && is_address(object) && !name.is_empty();
    fits.then(|| TableLine::Row(vec![address, object, name]))
}

/// `rbx`, `r12`, `eax`, `x19`, `fp`.
fn is_register(word: &str) -> bool {
    let Some((first, rest)) = word.split_at_checked(1) else { return false };
    let numbered = !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit());
    match first {
        "r" | "x" if numbered => true,
        "r" | "e" => ["ax", "bx", "cx", "dx", "si", "di", "bp", "sp", "ip"].contains(&rest),
        _ => matches!(word, "fp" | "lr" | "sp" | "pc"),
    }
}

/// The first column is `ESP/REG`, `RSP/REG` or `SP/REG`.
fn names_columns(text: &str) -> bool {
    matches!(first_words(text), Some(([place, "Object", "Name"], "")) if place.ends_with("SP/REG"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::tables::tests::check;

    #[test]
    fn lines() {
        for (text, want) in [
            ("ESP/REG  Object   Name", "header"),
            ("         SP/REG           Object Name", "header"),
            (
                "00007FFF97273DB0 00007f7ebc020960 System.String    drawn 1826",
                "row 00007FFF97273DB0 | 00007f7ebc020960 | System.String    drawn 1826",
            ),
            ("0012f0a0 01e2f0d4 System.Object[]", "row 0012f0a0 | 01e2f0d4 | System.Object[]"),
            ("rbx      00007f7ebc0208e8 A`2[[B, C],[D, E]]", "row rbx | 00007f7ebc0208e8 | A`2[[B, C],[D, E]]"),
            ("OS Thread Id: 0x422e (1)", "nothing"),
            ("set deadbeef to zero", "nothing"),
        ] {
            check(&FORMAT, text, want);
        }
    }
}
