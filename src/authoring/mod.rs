//! What needs rules and engine together: examples run as tests, and drafts of rules from pasted stacks.

mod bare_module;
mod doubts;
mod draft;
mod draft_root;
mod drafting;
mod examples;
mod hidden;
mod misses;
mod sift;
mod spelling;
mod test_run;

pub use drafting::{Chosen, Drafting, NoDraft};
pub use examples::{ExampleOutcome, ExampleResult, check_rules, run_examples};
pub use test_run::{TestRun, TestedExample, TestedFile, TestedRule, test_rules};
