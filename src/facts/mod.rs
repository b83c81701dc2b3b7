//! Model to what rules may ask about: names in the one form in which they are compared, and figures over time.

mod aliases;
mod captures;
mod changes;
mod counters;
mod function_name;
pub mod in_words;
mod leaks;
pub mod locks;
mod name;
mod process;
mod tables;
mod tendency;
pub mod threads;

pub use aliases::Aliases;
pub use captures::{
    CaptureCollection, CaptureFigure, Captures, Course as CaptureCourse, Cpu, ProcessMoment, SeriesPlace, ThreadKey,
    series,
};
pub use changes::{Change, Changes, Difference, Figure, FigureChange, Look, Measurer, changes};
pub use counters::{
    CounterCollection, CounterFact, CounterKind, CounterNames, CounterUnit, Limits, NoTrend, Point, ProcessCounters,
    Trend,
};
pub use function_name::{FunctionName, Generics};
pub use leaks::{Course, LeakCollection, Measured, ProcessLeaks, Reading};
pub use name::{FrameName, is_managed, normal_function, normal_module, plain_module, with_dots};
pub use process::{Process, process_name};
pub use tables::{ListingKind, Order, ProcessTables, Series, SeriesOwner, TableCollection};
pub use tendency::Tendency;
