//! `~`: the threads of the target, without stacks.
//!
//! ```text
//! .  0  Id: 1f4.1f8 Suspend: 1 Teb: 00000000`67fe0000 Unfrozen "main"
//!       Start: svc!draw (00000001`40001770)
//!       Priority: 0  Priority class: 32  Affinity: 3
//! ```
//!
//! The index is decimal, the ids are hexadecimal; `.` marks the current thread, `#` the one that raised the event. The same
//! lines stand above stacks, so they show no table by themselves.

use super::{TableFormat, TableLine, first_words, is_address, is_count, is_hex};

pub const FORMAT: TableFormat = TableFormat {
    name: "threads",
    commands: &["~"],
    columns: &["index", "process id", "os id", "suspend", "teb", "state", "name", "start", "priority", "mark"],
    line,
    shows: |_| false,
};

fn line(text: &str) -> Option<TableLine<'_>> {
    let text = text.trim();
    if let Some(start) = text.strip_prefix("Start:") {
        return Some(TableLine::Cell("start", start.trim()));
    }
    if let Some(priority) = text.strip_prefix("Priority:") {
        return Some(TableLine::Cell("priority", priority.trim()));
    }
    thread(text)
}

fn thread(text: &str) -> Option<TableLine<'_>> {
    let (mark, rest) = text.split_at(text.find(|c: char| c.is_ascii_digit())?);
    let mark = mark.trim();
    let ([index, id, ids, "Suspend:", suspend, teb_name, teb], behind) = first_words(rest)? else { return None };
    let (process_id, os_id) = ids.split_once('.')?;
    let (state, name) = behind.split_once(char::is_whitespace).unwrap_or((behind, ""));
    let name = name.trim().trim_matches('"');
    let fits = mark.bytes().all(|byte| matches!(byte, b'.' | b'#' | b'*'))
        && is_count(index)
        && id.eq_ignore_ascii_case("id:")
        // NT 4 has no colon behind it.
        && matches!(teb_name, "Teb:" | "Teb")
        && [process_id, os_id, suspend].into_iter().all(is_hex)
        && is_address(teb);
    fits.then(|| TableLine::Row(vec![index, process_id, os_id, suspend, teb, state, name, "", "", mark]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::tables::tests::check;

    #[test]
    fn lines() {
        for (text, want) in [
            (
                ".  0  Id: 1f4.1f8 Suspend: 1 Teb: 00000000`67fe0000 Unfrozen",
                "row 0 | 1f4 | 1f8 | 1 | 00000000`67fe0000 | Unfrozen |  |  |  | .",
            ),
            (
                "# 12  Id: 1a2c.1f40 Suspend: 1 Teb: 000000d8`6a2f6000 Unfrozen \"GC worker\"",
                "row 12 | 1a2c | 1f40 | 1 | 000000d8`6a2f6000 | Unfrozen | GC worker |  |  | #",
            ),
            (
                "   4  id: 97.a3   Suspend: 0 Teb 7ffd9000 Unfrozen",
                "row 4 | 97 | a3 | 0 | 7ffd9000 | Unfrozen |  |  |  | ",
            ),
            ("      Start: svc!draw (00000001`40001770)", "cell start = svc!draw (00000001`40001770)"),
            (
                "      Priority: 0  Priority class: 32  Affinity: 3",
                "cell priority = 0  Priority class: 32  Affinity: 3",
            ),
            ("on 4 threads", "nothing"),
            ("words of prose", "nothing"),
        ] {
            check(&FORMAT, text, want);
        }
    }
}
