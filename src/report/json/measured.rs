//! Leak reports and counters in `stacklint.capture/1`.

use serde::Serialize;

use crate::model::{Amount, CounterSeries, LeakFigure, LeakOwner, LeakReport, Sample};

#[derive(Serialize)]
pub struct CounterJson<'a> {
    name: &'a str,
    host: Option<&'a str>,
    process: Option<&'a str>,
    object: &'a str,
    instance: Option<&'a str>,
    counter: &'a str,
    unit: Option<&'a str>,
    line: u32,
    minutes_west: Option<i32>,
    samples: Vec<SampleJson>,
}

#[derive(Serialize)]
struct SampleJson {
    line: u32,
    time: Option<String>,
    #[serde(flatten)]
    value: AmountJson,
}

#[derive(Serialize)]
struct AmountJson {
    value: f64,
    error: f64,
}

#[derive(Serialize)]
pub struct LeakReportJson<'a> {
    line: u32,
    process: Option<&'a str>,
    process_id: Option<String>,
    dump: Option<&'a str>,
    taken: Option<String>,
    /// Seconds.
    tracking: Option<FigureJson>,
    allocations: Option<FigureJson>,
    handles: Option<FigureJson>,
    /// Bytes.
    size: Option<FigureJson>,
    owners: Vec<OwnerJson<'a>>,
}

#[derive(Serialize)]
struct FigureJson {
    line: u32,
    #[serde(flatten)]
    amount: AmountJson,
}

#[derive(Serialize)]
struct OwnerJson<'a> {
    kind: &'a str,
    module: Option<&'a str>,
    name: &'a str,
    line: u32,
    count: Option<FigureJson>,
    size: Option<FigureJson>,
    handles: Option<FigureJson>,
    probability: Option<FigureJson>,
    allocated: Option<&'a str>,
}

impl From<Amount> for AmountJson {
    fn from(amount: Amount) -> Self {
        AmountJson { value: amount.value, error: amount.error }
    }
}

impl From<LeakFigure> for FigureJson {
    fn from(figure: LeakFigure) -> Self {
        FigureJson { line: figure.line, amount: figure.amount.into() }
    }
}

impl From<&Sample> for SampleJson {
    fn from(sample: &Sample) -> Self {
        SampleJson { line: sample.line, time: sample.time.map(|time| time.to_string()), value: sample.value.into() }
    }
}

impl<'a> From<&'a CounterSeries> for CounterJson<'a> {
    fn from(series: &'a CounterSeries) -> Self {
        CounterJson {
            name: &series.name,
            host: series.host.as_deref(),
            process: series.process.as_deref(),
            object: &series.object,
            instance: series.instance.as_deref(),
            counter: &series.counter,
            unit: series.unit.as_deref(),
            line: series.line,
            minutes_west: series.minutes_west,
            samples: series.samples.iter().map(SampleJson::from).collect(),
        }
    }
}

impl<'a> From<&'a LeakOwner> for OwnerJson<'a> {
    fn from(owner: &'a LeakOwner) -> Self {
        OwnerJson {
            kind: owner.kind.name(),
            module: owner.module.as_deref(),
            name: &owner.name,
            line: owner.line,
            count: owner.count.map(FigureJson::from),
            size: owner.size.map(FigureJson::from),
            handles: owner.handles.map(FigureJson::from),
            probability: owner.probability.map(FigureJson::from),
            allocated: owner.allocated.as_deref(),
        }
    }
}

impl<'a> From<&'a LeakReport> for LeakReportJson<'a> {
    fn from(report: &'a LeakReport) -> Self {
        LeakReportJson {
            line: report.line,
            process: report.process.as_deref(),
            process_id: report.process_id.map(|id| format!("{id:#x}")),
            dump: report.dump.as_deref(),
            taken: report.taken.map(|time| time.to_string()),
            tracking: report.tracking.map(FigureJson::from),
            allocations: report.allocations.map(FigureJson::from),
            handles: report.handles.map(FigureJson::from),
            size: report.size.map(FigureJson::from),
            owners: report.owners.iter().map(OwnerJson::from).collect(),
        }
    }
}
