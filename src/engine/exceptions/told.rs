//! Of which exception a finding tells, and whether another finding tells of a different one.

use foldhash::HashSet;

use super::{Exception, last_part};
use crate::finding::{EvidenceKind, Finding};

/// Whether a finding tells of an exception that nobody caught, and another one only of an exception that came before, which
/// neither wraps it nor is wrapped in it: what a log tells of first need not be why the process ended.
pub fn tells_of_another(exceptions: &[Exception], finding: &Finding, other: &Finding) -> bool {
    let (Some(last), Some(first)) = (told_by(exceptions, finding), told_by(exceptions, other)) else { return false };
    let is_plain = |exception: &Exception| {
        let name = last_part(&exception.name);
        name.ends_with("Exception") && !WRAPPERS.contains(&name)
    };
    let chain_of = |exception: &Exception| {
        let name = last_part(&exception.name).to_string();
        let told = exceptions.iter().filter(move |other| last_part(&other.name) == name);
        told.map(|other| (other.source, other.line)).collect::<HashSet<_>>()
    };
    let quotes = |outer: &Exception, inner: &Exception| outer.message.contains(last_part(&inner.name));
    let comes_before = (first.source, first.line) < (last.source, last.line);
    let is_linked = quotes(first, last) || quotes(last, first) || !chain_of(first).is_disjoint(&chain_of(last));
    last.unhandled && !first.unhandled && is_plain(first) && is_plain(last) && comes_before && !is_linked
}

/// Exceptions that are thrown because of others: any may be inside, whether the text shows it or not.
const WRAPPERS: [&str; 7] = [
    "AggregateException",
    "ApplicationException",
    "Exception",
    "HttpUnhandledException",
    "SystemException",
    "TargetInvocationException",
    "TypeInitializationException",
];

/// The exception in the evidence of a finding.
fn told_by<'e>(exceptions: &'e [Exception], finding: &Finding) -> Option<&'e Exception> {
    let evidence = finding.evidence.iter().find(|evidence| evidence.kind == EvidenceKind::Exception)?;
    let is_it = |exception: &&Exception| {
        (exception.source, exception.line) == (evidence.source, evidence.line)
            && evidence.text.starts_with(&exception.name)
    };
    exceptions.iter().find(is_it)
}
