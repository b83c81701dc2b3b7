//! What needs rules and engine together: examples run as tests.

mod doubts;
mod examples;
mod test_run;

pub use examples::{ExampleOutcome, ExampleResult, check_rules, run_examples};
pub use test_run::{TestRun, TestedExample, TestedFile, TestedRule, test_rules};
