//! Rules against stacks.
//!
//! A distinct call site is asked every atom once and falls into a class; a distinct stack is walked once for all rules
//! together (the sieve), and only the rules that can match are matched exactly. [`naive`] is the same language the slow
//! and obvious way: what the tests hold the rest to.

mod atom_index;
mod bits;
mod captures;
mod case;
mod classes;
mod cycle;
mod diff;
mod evaluate;
mod exceptions;
mod explain;
mod found;
mod furthest;
mod keys;
mod known;
mod ladder;
mod laid;
mod likeness;
mod locks;
mod matcher;
mod measures;
mod memo;
pub mod naive;
mod names;
mod near_miss;
mod proof;
mod sieve;
mod standings;
mod stop;
mod stuck;
mod tape;
mod thread_frames;
mod thread_scan;
mod threads;
mod throwers;
mod views;

pub use case::{CaseResult, CaseScan};
pub use diff::{Side, diff};
pub use evaluate::{Doubt, Evaluator, Hit, StackResult};
pub use explain::ExplainScan;
pub use matcher::{Match, Stance};
pub use measures::{Measures, Texts};
pub use sieve::Sieve;
pub use thread_scan::ThreadScan;
