//! One integration binary: the crate as its users see it.

mod engine;
mod pack;
