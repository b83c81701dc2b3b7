//! Rules against stacks.
//!
//! A distinct call site is asked every atom once and falls into a class; a distinct stack is walked once for all rules
//! together (the sieve), and only the rules that can match are matched exactly. [`naive`] is the same language the slow
//! and obvious way: what the tests hold the rest to.

mod bits;
mod captures;
mod case;
mod classes;
mod cycle;
mod evaluate;
mod exceptions;
mod explain;
mod furthest;
mod ladder;
mod laid;
mod likeness;
mod matcher;
mod memo;
pub mod naive;
mod names;
mod near_miss;
mod proof;
mod sieve;
mod stop;
mod tape;
mod threads;

pub use case::{CaseResult, CaseScan};
pub use evaluate::{Doubt, Evaluator, Hit, StackResult};
pub use explain::ExplainScan;
pub use matcher::{Match, Stance};
pub use sieve::Sieve;
