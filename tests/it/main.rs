//! One integration binary: the crate as its users see it.

mod cli;
mod captures;
mod corners;
mod conditions;
mod counters;
mod damage;
mod dialects;
mod engine;
mod drafts;
mod errors;
mod explain;
mod guide;
mod house;
mod ladders;
mod leak_reports;
mod locks;
mod mending;
mod pastes;
mod recordings;
mod roles;
mod pack;
mod rules_test;
mod schema;
mod settings;
mod tables;
mod threads;
