//! The screen of `dotnet-counters monitor`, as people copy it from the terminal.
//!
//! ```text
//! Press p to pause, r to resume, q to quit.
//!     Status: Running
//! Name                                                       Current Value
//! [System.Runtime]
//!     GC Fragmentation (%)                                          75.124
//!     dotnet.gc.collections ({collection})
//!         gc.heap.generation
//!         ------------------
//!         gen0                                                          12
//! ```
//!
//! One moment, without a time. Before .NET 9 no counter has tags (`ConsoleWriter.cs` of dotnet-counters). Numbers are
//! written as the locale does.

use super::Taken;
use super::number::Number;
use super::path;
use super::recording::Recording;

/// Blanks before a counter; what is under its tags has more.
const TOP: usize = 6;

#[derive(Default)]
pub struct DotnetScreen {
    /// Empty where something else came between: the rows of other tools look much the same.
    provider: String,
    /// A counter whose values stand below it, by a tag.
    counter: Option<String>,
    tag: Option<String>,
}

/// Names of `System.Runtime` that no other tool prints, by which a part of the screen is told.
const OF_RUNTIME: [&str; 14] = [
    "CPU Usage (%)",
    "GC Heap Size (MB)",
    "GC Fragmentation (%)",
    "GC Committed Bytes (MB)",
    "% Time in GC since last GC (%)",
    "Allocation Rate (B / 1 sec)",
    "ThreadPool Queue Length",
    "ThreadPool Thread Count",
    "ThreadPool Completed Work Item Count (Count / 1 sec)",
    "Monitor Lock Contention Count (Count / 1 sec)",
    "Exception Count (Count / 1 sec)",
    "Number of Active Timers",
    "POH (Pinned Object Heap) Size (B)",
    "LOH Size (B)",
];

/// Whether a line is the name of a provider of counters, `[System.Runtime]`, or a row of the runtime's.
pub fn begins(text: &str) -> bool {
    if is_row(text) {
        return true;
    }
    let Some(name) = provider(text) else { return false };
    // PowerShell and logs set types into brackets.
    (name.starts_with("System.") || name.starts_with("Microsoft.")) && !name.ends_with("Exception")
}

/// `    ThreadPool Queue Length                     55`
pub fn is_row(text: &str) -> bool {
    text.starts_with("  ")
        && text.ends_with(|c: char| c.is_ascii_digit())
        && name_and_value(text.trim()).is_some_and(|(name, _)| OF_RUNTIME.contains(&name))
}

fn provider(text: &str) -> Option<&str> {
    let name = text.trim_end().strip_prefix('[')?.strip_suffix(']')?;
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte));
    (is_name && name.contains('.')).then_some(name)
}

impl DotnetScreen {
    pub fn line(&mut self, line: u32, text: &str, cut: bool, recording: &mut Recording) -> Option<Taken> {
        if let Some(name) = provider(text) {
            recording.separates_thousands();
            *self = DotnetScreen { provider: name.to_string(), ..DotnetScreen::default() };
            return Some(Taken::Row);
        }
        if self.provider.is_empty() && is_row(text) {
            self.provider = "System.Runtime".to_string();
        }
        let taken = (!self.provider.is_empty()).then(|| self.row(line, text, cut, recording)).flatten();
        if taken.is_none() {
            *self = DotnetScreen::default();
        }
        taken
    }

    fn row(&mut self, line: u32, text: &str, cut: bool, recording: &mut Recording) -> Option<Taken> {
        let indent = text.len() - text.trim_start_matches([' ', '\t']).len();
        let flat = flat_row(text).filter(|_| indent == 0);
        if indent < 2 && flat.is_none() {
            return None;
        }
        let Some((name, value)) = flat.or_else(|| name_and_value(text.trim())) else {
            return self.heading(text.trim(), indent);
        };
        if indent <= TOP {
            (self.counter, self.tag) = (None, None);
        }
        let (name, tags) = match (&self.counter, &self.tag) {
            (Some(counter), Some(tag)) => (counter.clone(), Some(format!("{tag}={name}"))),
            // The line of the counter or of its tag is lost.
            _ if indent > TOP => {
                recording.damaged(line);
                return Some(Taken::Damaged);
            }
            _ => (name.to_string(), None),
        };
        if cut {
            return Some(Taken::Row);
        }
        let key = format!("{}\t{name}\t{}", self.provider, tags.as_deref().unwrap_or_default());
        let new = || path::of_provider(&self.provider, &name, tags.as_deref());
        if let Some(series) = recording.series(line, &key, new) {
            recording.value(series, line, None, value);
        }
        Some(Taken::Row)
    }

    /// A counter without a value, the tag below it, and the rule below the tag.
    fn heading(&mut self, text: &str, indent: usize) -> Option<Taken> {
        if text.len() >= 3 && text.bytes().all(|byte| byte == b'-') {
            return Some(Taken::Row);
        }
        match (indent, &self.counter) {
            // `dotnet.gc.collections ({collection})`
            (..=TOP, _) if text.ends_with(')') && text.contains('.') => {
                (self.counter, self.tag) = (Some(text.to_string()), None);
                Some(Taken::Row)
            }
            (_, Some(_)) if !text.contains(' ') => {
                // A second tag: the line of its counter is lost.
                let is_second = self.tag.replace(text.to_string()).is_some();
                self.counter = self.counter.take().filter(|_| !is_second);
                Some(Taken::Row)
            }
            _ => None,
        }
    }
}

/// `GC Heap Size (MB) 37.409`: a page has taken the blanks out.
fn flat_row(text: &str) -> Option<(&str, &str)> {
    let (name, value) = text.trim_end().rsplit_once(' ')?;
    let has_unit = name.ends_with(')');
    let is_counter = name.starts_with("Number of ") || OF_RUNTIME.contains(&name);
    ((has_unit || is_counter) && Number::parse(value).is_some()).then_some((name, value))
}

/// A row, whose value is set apart by blanks.
fn name_and_value(text: &str) -> Option<(&str, &str)> {
    let (name, value) = text.rsplit_once([' ', '\t'])?;
    let is_apart = name.ends_with([' ', '\t']);
    (is_apart && Number::parse(value).is_some()).then(|| (name.trim_end(), value))
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn one_moment_of_the_screen() {
        for (text, want) in [
            (
                "[System.Runtime]\n    GC Fragmentation (%)             75.124\n    Allocation Rate (B / 1 sec)  76,640,368\n",
                "GC Fragmentation 75.124 | Allocation Rate 76640368",
            ),
            // .NET 9 has tags.
            (
                "Name      Current Value\n[System.Runtime]\n    dotnet.gc.collections ({collection})\n        gc.heap.generation\n        ------------------\n        gen0      12\n        gen1      3\n    dotnet.assembly.count ({assembly})      163\n",
                "dotnet.gc.collections[gc.heap.generation=gen0] 12 | dotnet.gc.collections[gc.heap.generation=gen1] 3 | \
                 dotnet.assembly.count 163",
            ),
            // A thousand, or one and a bit: nothing tells.
            ("[System.Runtime]\n    Queue    1,348\n    Heap    3\n", "Queue | Heap 3 | N012"),
            ("[System.Runtime]\n    Queue    1,348\n    Heap    3,412,000\n", "Queue 1348 | Heap 3412000"),
            // A part of it.
            (
                "    ThreadPool Queue Length           55\n    ThreadPool Thread Count      53\n",
                "ThreadPool Queue Length 55 | ThreadPool Thread Count 53",
            ),
            (
                "[System.Runtime]\nGC Heap Size (MB) 37.409\nNumber of Assemblies Loaded 18,570\nWorking Set (MB) 1,081.278\nand 4\n",
                "GC Heap Size 37.409 | Number of Assemblies Loaded 18570 | Working Set 1081.278",
            ),
            ("    Total Queue Length           55\n", ""),
            ("[System.InvalidOperationException]\n    at    3\n", ""),
            ("[System.Runtime]\n    Heap    3\nand of another tool\n    Total    5\n", "Heap 3"),
            ("[System.Runtime] is a provider\n    at    3\n", ""),
        ] {
            check(text, want);
        }
    }
}
