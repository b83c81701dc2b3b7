//! What a question of a rule is answered, in whichever kind of evidence.

use crate::finding::{Evidence, EvidenceState};
use crate::rules::Truth;

/// The answer to one question.
#[derive(Clone, Debug)]
pub struct Answer {
    pub state: EvidenceState,
    pub said: String,
    pub chart: String,
    pub evidence: Vec<Evidence>,
    /// What messages may use of it: `share`, `growth`, ...
    pub values: Vec<(&'static str, String)>,
    /// Rules whose findings it rests on.
    pub findings: Vec<usize>,
    /// It was found, and settings suppress it: nothing needs to be collected.
    pub is_suppressed: bool,
}

impl Answer {
    pub fn new(state: EvidenceState, said: impl Into<String>) -> Self {
        let (said, chart) = (said.into(), String::new());
        Answer {
            state,
            said,
            chart,
            evidence: Vec::new(),
            values: Vec::new(),
            findings: Vec::new(),
            is_suppressed: false,
        }
    }

    /// The texts say nothing about it.
    pub fn missing(said: impl Into<String>) -> Self {
        Answer::new(EvidenceState::Missing, said)
    }
}

/// How an answer stands that rests on several checks: one that fails contradicts it, one that is open leaves it undecided.
pub fn state_of(checks: &[(Truth, String)]) -> EvidenceState {
    let any = |wanted: Truth| checks.iter().any(|(truth, _)| *truth == wanted);
    match (any(Truth::No), any(Truth::Unknown)) {
        (true, _) => EvidenceState::Contradicted,
        (false, true) => EvidenceState::Undecided,
        (false, false) => EvidenceState::Holds,
    }
}

/// What there is, then what keeps it from being enough.
pub fn said_of(what: String, checks: Vec<(Truth, String)>) -> String {
    let failed = checks.into_iter().filter(|(truth, why)| *truth != Truth::Yes && !why.is_empty());
    let all: Vec<String> = [what].into_iter().chain(failed.map(|(_, why)| why)).collect();
    all.join("; ")
}
