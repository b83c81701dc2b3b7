//! Rules as their authors wrote them, with the place of every part.

use crate::finding::{Confidence, Severity};
use crate::text::Span;

/// All that one rule file holds.
#[derive(Clone, Debug, Default)]
pub struct RuleFile {
    pub rules: Vec<WrittenRule>,
    /// `lists:`, one alternative a line.
    pub lists: Vec<(Spot<String>, Block)>,
    /// `noise:`, one frame a line.
    pub noise: Option<Block>,
    /// `aliases:`: the canonical name of a module, and the names it also goes by.
    pub aliases: Vec<(String, Vec<String>)>,
}

/// A value and where it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spot<T> {
    pub value: T,
    pub span: Span,
}

/// Lines of text, each with its place in the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Block {
    pub span: Span,
    pub lines: Vec<Spot<String>>,
}

/// One rule, role rules included.
#[derive(Clone, Debug, Default)]
pub struct WrittenRule {
    /// Where the rule begins.
    pub span: Span,
    pub id: Spot<String>,
    pub title: String,
    /// What a match makes of the thread, instead of a finding.
    pub role: Option<String>,
    pub severity: Option<Severity>,
    pub confidence: Option<Confidence>,
    pub category: String,
    pub tags: Vec<String>,
    pub pattern: Block,
    pub unless: Vec<Block>,
    pub yields_to: Vec<Spot<String>>,
    pub strict: bool,
    pub message: Option<String>,
    pub why: String,
    pub fix: Vec<String>,
    pub notes: Option<String>,
    pub links: Vec<crate::rules::Link>,
    pub examples: Examples,
}

/// Texts that the rule must match, and texts that it must not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Examples {
    pub matching: Vec<Example>,
    pub not_matching: Vec<Example>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Example {
    pub span: Span,
    pub text: String,
}
