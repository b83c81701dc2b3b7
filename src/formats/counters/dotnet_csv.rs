//! `dotnet-counters collect --format csv`.
//!
//! ```text
//! Timestamp,Provider,Counter Name,Counter Type,Mean/Increment
//! 09/22/2026 13:02:03,System.Runtime,dotnet.gc.collections ({collection} / 1 sec)[gc.heap.generation=gen0],Rate,2
//! ```
//!
//! Nothing is quoted; commas between tags are written as semicolons, those in names stay. Dates are those of the locale,
//! values are not (`CSVExporter.cs` of dotnet-counters).

use super::Taken;
use super::cells::{self, Cells, Record};
use super::path;
use super::recording::Recording;
use super::stamp::Stamp;

pub struct DotnetCsv {
    cells: Cells,
}

/// Whether a line is the header, or a row of a part that was pasted without it.
pub fn begins(text: &str) -> bool {
    is_header(text) || is_row(text)
}

/// `2020/11/13 4:25:21,System.Runtime,ThreadPool Queue Length,Metric,0`
pub fn is_row(text: &str) -> bool {
    if !text.starts_with(|c: char| c.is_ascii_digit()) || !text.ends_with(|c: char| c.is_ascii_digit()) {
        return false;
    }
    let Some((before, _)) = text.rsplit_once(',') else { return false };
    let named = before.strip_suffix(",Metric").or_else(|| before.strip_suffix(",Rate"));
    let is_of_provider = |named: &str| [",System.", ",Microsoft."].iter().any(|provider| named.contains(provider));
    named.is_some_and(|named| named.matches(',').count() >= 2 && is_of_provider(named))
}

fn is_header(text: &str) -> bool {
    let text = text.strip_prefix('"').unwrap_or(text);
    let rest = text.strip_prefix("Timestamp").map(|rest| rest.trim_start_matches(['"', ',', ';', '\t']));
    rest.is_some_and(|rest| rest.starts_with("Provider") && rest.contains("Counter Name"))
}

impl DotnetCsv {
    pub fn new() -> Self {
        DotnetCsv { cells: Cells::new(b',') }
    }

    pub fn line(&mut self, line: u32, text: &str, cut: bool, recording: &mut Recording) -> Option<Taken> {
        if is_header(text) {
            self.cells = Cells::new(cells::delimiter(text).unwrap_or(b','));
            if self.cells.delimiter != b',' {
                recording.separates_thousands();
            }
            return Some(Taken::Row);
        }
        if !text.starts_with(|c: char| c == '"' || c.is_ascii_digit()) || !text.contains(self.cells.delimiter as char) {
            return None;
        }
        let record = self.cells.split(text);
        let stamp = Stamp::parse(self.cells.get(0));
        let last = self.cells.len().saturating_sub(1);
        let kind = self.cells.get(last.saturating_sub(1));
        let is_row = record == Record::Whole && last >= 4 && matches!(kind, "Metric" | "Rate");
        // The last value of a cut line may lack digits.
        if !is_row || (cut && !text.ends_with('"')) {
            return stamp.map(|_| {
                recording.damaged(line);
                Taken::Damaged
            });
        }
        let name = (2..last - 1).map(|at| self.cells.as_is(at)).collect::<Vec<_>>().join(",");
        let (name, tags) = match name.trim().strip_suffix(']').and_then(|name| name.split_once('[')) {
            Some((name, tags)) => (name.to_string(), Some(tags.replace(';', ","))),
            None => (name.trim().to_string(), None),
        };
        let provider = self.cells.get(1);
        let key = format!("{provider}\t{name}\t{}", tags.as_deref().unwrap_or_default());
        recording.tick(line, stamp);
        if let Some(series) = recording.series(line, &key, || path::of_provider(provider, &name, tags.as_deref())) {
            recording.value(series, line, stamp, self.cells.get(last));
        }
        Some(Taken::Row)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn rows_with_tags_and_commas() {
        let header = "Timestamp,Provider,Counter Name,Counter Type,Mean/Increment\n";
        for (rows, want) in [
            ("09/22/2026 13:02:03,R,GC Heap Size (MB),Metric,45.2\n", "GC Heap Size 45.2"),
            (
                "09/22/2026 13:02:03,R,gc (n / 1 sec)[a=b;c=d],Rate,2\n09/22/2026 13:02:03,R,gc (n / 1 sec)[a=e],Rate,3\n",
                "gc[a=b,c=d] 2 | gc[a=e] 3",
            ),
            ("09/22/2026 13:02:03,R,Requests, failed,Rate,2\n", "Requests, failed 2"),
            ("09/22/2026 13:02:03,R,Heap,Metric,1\n09/22/2026 13:02:04,R,Heap,Metric,2", "Heap 1 | N012"),
            ("09/22/2026 13:02:03,R,Heap,Metric,1\n09/22/2026 13:02:04,R,Heap,1\n", "Heap 1 | N012"),
            // Two processes write into one file.
            (
                &"09/22/2026 13:02:03,R,Heap,Metric,1\n09/22/2026 13:02:03,R,Heap,Metric,9\n".repeat(3),
                "Heap 1 9 1 9 1 9 | N011",
            ),
        ] {
            check(&format!("{header}{rows}"), want);
        }
        // A part of it, as people quote it.
        let row = "2020/11/13 4:25:2TICK,System.Runtime,ThreadPool Queue Length,Metric,";
        let rows = [row.replace("TICK", "1") + "0\n", row.replace("TICK", "2") + "31\n"];
        check(&rows.concat(), "ThreadPool Queue Length 0 31");
        check(&format!("> {}> {}", rows[0], rows[1]), "ThreadPool Queue Length 0 31");
        check("2020/11/13 4:25:21,of the first,Metric,7\n", "");
    }
}
