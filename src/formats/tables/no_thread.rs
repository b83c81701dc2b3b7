//! What the engine answers where a command names a thread that the process does not have.
//!
//! ```text
//! 0:000> ~~[710]k
//!              ^ Illegal thread error in '~~[710]k'
//! ```
//!
//! The number is that of the system, hexadecimal: who owns a lock by this number has ended.

use super::{TableFormat, TableLine, is_hex};

pub const FORMAT: TableFormat = TableFormat { name: "no-thread", commands: &[], columns: &["os id"], line, shows };

fn line(text: &str) -> Option<TableLine<'_>> {
    let (_, command) = text.split_once("^ Illegal thread error in '")?;
    let (id, _) = command.trim_start().strip_prefix("~~[")?.split_once(']')?;
    is_hex(id).then(|| TableLine::Row(vec![id]))
}

fn shows(text: &str) -> bool {
    text.contains("Illegal thread error") && line(text).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::tables::tests::check;

    #[test]
    fn lines() {
        for (text, want) in [
            ("             ^ Illegal thread error in '~~[710]k'", "row 710"),
            ("             ^ Illegal thread error in '~99k'", "nothing"),
            ("an illegal thread error", "nothing"),
        ] {
            check(&FORMAT, text, want);
        }
    }
}
