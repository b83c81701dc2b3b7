//! What needs rules and engine together: examples run as tests.

mod examples;

pub use examples::{ExampleOutcome, ExampleResult, check_rules, run_examples};
