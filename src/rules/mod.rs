//! The rule language: as written in YAML, checked, and compiled.
//!
//! Reading collects every mistake of every file; a [`RuleSet`] exists only when there is none.

mod atom;
mod builtin;
mod comparison;
mod compile;
mod conditions;
mod documents;
mod extends;
mod glob;
mod ladder;
mod list_as_block;
mod nearest;
mod node;
mod odd_frame;
mod odd_line;
mod odd_words;
mod pattern;
mod read;
mod read_block;
mod read_conditions;
mod read_ladder;
mod read_match;
mod read_table;
mod read_text;
mod rule_set;
mod schema;
mod vain_line;
mod written;
mod yaml_help;
mod yaml_spaces;

pub use atom::{Atom, AtomId, ExceptAtom, Truth};
pub use builtin::builtin_sources;
pub use comparison::{Comparison, Relation, Unit};
pub use compile::{InSettings, Loaded, Origin, compile, compile_with};
pub use conditions::{
    BlockedBehindCondition, CYCLE_FIGURES, CycleCondition, DeadlockCondition, EXCEPTION_FIGURES, ExceptionCondition,
    Explains, LockWaitFrames, STUCK_FIGURES, StuckCondition, ThreadsCondition, Via, WantedOwner,
};
pub use glob::Glob;
pub use ladder::{CounterQuestion, Ladder, LeakQuestion, LeakSubject, Question, Rung, TableQuestion, TableSubject};
pub use nearest::{edit_distance, nearest};
pub use rule_set::{IDLE, Link, Pattern, Rule, RuleSet, Step, Subject, Suppression, Test, TestId};
pub use schema::json_schema_of_rules;
pub use written::{Block, Example, Examples, RuleFile, Spot, WrittenLimits, WrittenRule, WrittenSuppression};
