//! The bars of a Markdown table into which somebody put what a debugger prints in columns.
//!
//! ```text
//! | Index | SyncBlock | MonitorHeld | Recursion | Owning Thread Info | SyncBlock Owner |
//! |-------|-----------|-------------|-----------|--------------------|-----------------|
//! | 36 | 00000009a841a8b8 | 615 | 1 | 0000000a8254d890 301c 2425 | 00000007eedf7880 System.Object |
//! ```

use memchr::memchr;

use super::copy_marks::is_known;
use super::tables;

/// Fewer bars than these between columns are no table of a debugger: pipes of a shell, a word in a sentence.
const COLUMNS: usize = 3;

/// Takes bars off lines. A row begins and ends with one, or has them between its cells only; they are believed from a header
/// on that is known without them.
#[derive(Debug, Default)]
pub struct TableBars {
    in_table: bool,
}

impl TableBars {
    /// The line without its bars; `None` when it keeps what it has. The rule below the header has nothing else.
    pub fn strip(&mut self, line: &str) -> Option<String> {
        if memchr(b'|', line.as_bytes()).is_none() {
            self.in_table = false;
            return None;
        }
        let cells: Vec<&str> =
            line.trim().trim_matches('|').split('|').map(|cell| without_stars(cell.trim())).collect();
        if cells.len() < COLUMNS {
            return None;
        }
        let plain = || cells.join(" ");
        if !self.in_table {
            let header = plain();
            self.in_table = tables::shown_by(&header).is_some() || is_known(&header);
            return self.in_table.then_some(header);
        }
        let is_rule = cells.iter().all(|cell| !cell.is_empty() && cell.bytes().all(|byte| matches!(byte, b'-' | b':')));
        Some(if is_rule { String::new() } else { plain() })
    }
}

/// `**1093**`: what somebody set in bold.
fn without_stars(cell: &str) -> &str {
    cell.strip_prefix("**").and_then(|inner| inner.strip_suffix("**")).unwrap_or(cell)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_taken_off_below_a_known_header() {
        let mut bars = TableBars::default();
        for (line, want) in [
            ("36 | 00000009a841a8b8 | 615 | 1", None),
            ("| Name | Size | Owner |", None),
            ("|------|------|-------|", None),
            ("| Index | SyncBlock | MonitorHeld | Recursion |", Some("Index SyncBlock MonitorHeld Recursion")),
            ("|:---|---:|---|---|", Some("")),
            ("36 | 00000009a841a8b8 | 615 | 1", Some("36 00000009a841a8b8 615 1")),
            ("36 | 00000009a841a8b8 | **615** | 1", Some("36 00000009a841a8b8 615 1")),
            ("words", None),
            ("| 36 | 00000009a841a8b8 | 615 | 1 |", None),
            ("| # | Child-SP | RetAddr | Call Site |", Some("# Child-SP RetAddr Call Site")),
            (
                "| 00 | 00000000`0b99b2f0 | 00000000`00000000 | a!b |",
                Some("00 00000000`0b99b2f0 00000000`00000000 a!b"),
            ),
            ("", None),
            ("dir | find a | sort", None),
        ] {
            assert_eq!(bars.strip(line).as_deref(), want, "{line}");
        }
    }
}
