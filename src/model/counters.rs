//! Performance counters: what perfmon, typeperf, `Get-Counter` and dotnet-counters record of a process over time.

use jiff::civil::DateTime;

use super::Amount;

/// The samples of one counter of one instance, in the order of the text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CounterSeries {
    /// The counter as printed: `\\WEB01\Process(w3wp#1)\Private Bytes`, `System.Runtime / GC Heap Size (MB)`.
    pub name: String,
    pub host: Option<String>,
    /// The process whose counters these are, where the recording as a whole names one.
    pub process: Option<String>,
    /// `Process`, `.NET CLR Memory`, or the provider's name: `System.Runtime`.
    pub object: String,
    /// `w3wp#1`, or the tags of a counter of .NET: `gc.heap.generation=gen0`.
    pub instance: Option<String>,
    /// `Private Bytes`, `GC Heap Size`; without its unit.
    pub counter: String,
    /// What one of the printed values stands for, where the name says so: `MB`, `%`.
    pub unit: Option<String>,
    /// Line on which the counter is named first.
    pub line: u32,
    /// Minutes that the clock lies west of UTC, where the text says so.
    pub minutes_west: Option<i32>,
    pub samples: Vec<Sample>,
}

/// One value. Samples that are missing in the text are left out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    pub line: u32,
    /// Local time of the machine. `None` where its text cannot be read without doubt.
    pub time: Option<DateTime>,
    /// In the units of the counter as printed; the error is that of its last digit.
    pub value: Amount,
}
