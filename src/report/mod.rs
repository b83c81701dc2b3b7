//! Findings to bytes. Every reporter takes a writer; none knows where the text came from or how it was matched.

mod activity;
mod diagnostics;
mod diff;
mod explain;
mod json;
mod ladder;
mod layout;
mod near_miss;
mod parse_measured;
mod parse_text;
mod rule_page;
mod stats;
mod test_junit;
mod test_text;
mod text;
mod threads;

use std::borrow::Cow;

use crate::finding::{Activity, Finding, NearMiss, Refuted, Severity, Summary, SuppressedFinding};
use crate::model::{Note, SourceInfo};
use crate::rules::RuleSet;

pub use diagnostics::render_diagnostics;
pub use diff::{DiffCase, DiffReport, DiffSide, render_diff_text};
pub use explain::{render_code_page, render_explanation};
pub use json::{
    CaptureJson, render_capture_json, render_diff_json, render_json, render_stats_json, render_threads_json,
};
pub use parse_text::render_capture_text;
pub use rule_page::{INDEX, page_name, render_rule_index, render_rule_list, render_rule_markdown, render_rule_page};
pub use stats::{StatsReport, render_stats_text};
pub use test_junit::render_test_junit;
pub use test_text::render_test_text;
pub use text::render_text;
pub use threads::{Extent, ThreadsCase, ThreadsReport, render_flame, render_threads_text};

/// Everything a scan has to say.
pub struct Report<'a> {
    pub rules: &'a RuleSet,
    pub cases: Vec<CaseReport>,
    /// The text report lists the threads that nothing explains.
    pub lists_unexplained: bool,
}

/// What is reported of one case.
pub struct CaseReport {
    pub name: String,
    pub sources: Vec<SourceInfo>,
    pub summary: Summary,
    /// What the threads do.
    pub activity: Activity,
    pub findings: Vec<Finding>,
    pub suppressed: Vec<SuppressedFinding>,
    /// Rules whose evidence is refuted by other evidence.
    pub refuted: Vec<Refuted>,
    /// The rules that came closest, when none holds.
    pub near_misses: Vec<NearMiss>,
    /// Notes on the inputs: index of the source, and the note.
    pub notes: Vec<(usize, Note)>,
}

impl Report<'_> {
    /// The worst severity among the findings.
    pub fn worst(&self) -> Option<Severity> {
        let findings = self.cases.iter().flat_map(|case| &case.findings);
        findings.map(|finding| self.rules.rules[finding.rule].severity).max()
    }
}

/// Text of a log made harmless for a terminal: control characters become visible and do nothing.
pub fn printable(text: &str) -> Cow<'_, str> {
    let is_harmful = |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if !text.contains(is_harmful) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(|c| if is_harmful(c) { '\u{fffd}' } else { c }).collect())
}
