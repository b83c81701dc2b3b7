//! One integration binary: the crate as its users see it.

mod cli;
mod damage;
mod dialects;
mod engine;
mod errors;
mod explain;
mod house;
mod pastes;
mod recordings;
mod pack;
