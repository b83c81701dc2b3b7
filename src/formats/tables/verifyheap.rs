//! `!verifyheap`: objects of the managed heap whose data cannot be true.
//!
//! ```text
//! object 01ee60dc: bad member 00000003 at 01EE6168
//! Last good object: 01EE60C4.
//! object 0000000012863aa0: does not have valid MT
//! curr_object:      0000000012863aa0
//! ```
//!
//! Newer versions print columns, the heap only where there are several, and the figures of a sound heap too:
//!
//! ```text
//! Heap Segment          Object           Failure                          Reason
//! 0    01bc0d990000     01bc0d991000     InvalidMethodTable               Object 1bc0d991000 has an invalid method table 0
//! 1,437 objects verified, 1 error.
//! ```
//!
//! `strike.cpp` and `VerifyHeapCommand` of dotnet/diagnostics print them.

use super::{TableFormat, TableLine, first_words, is_hex, labelled};

pub const FORMAT: TableFormat = TableFormat {
    name: "verifyheap",
    commands: &["verifyheap"],
    columns: &["object", "failure", "reason"],
    line,
    shows: |text| is_header(text) || by_sentence(text).is_some(),
};

fn line(text: &str) -> Option<TableLine<'_>> {
    if is_header(text) {
        return Some(TableLine::Header);
    }
    by_sentence(text).or_else(|| by_columns(text)).or_else(|| field(text))
}

/// `object 01ee60dc: bad member 00000003 at 01EE6168`
fn by_sentence(text: &str) -> Option<TableLine<'_>> {
    const FAILURES: [(&str, &str); 4] = [
        ("bad member ", "bad member"),
        ("does not have valid", "invalid method table"),
        ("missing ", "card table"),
        ("corrupted ", "corrupted"),
    ];
    let behind = text.trim().strip_prefix("object ").or_else(|| text.trim().strip_prefix("Object "))?;
    let (object, reason) = behind.split_once(": ")?;
    let (_, failure) = FAILURES.iter().find(|(begin, _)| reason.starts_with(begin))?;
    is_object(object).then(|| TableLine::Row(vec![object, failure, reason]))
}

/// `0    01bc0d990000     01bc0d991000     InvalidMethodTable   Object ... has an invalid method table 0`
fn by_columns(text: &str) -> Option<TableLine<'_>> {
    let behind_heap = first_words(text).and_then(|([heap], behind)| heap.parse::<u16>().is_ok().then_some(behind));
    let ([segment, object, failure], reason) = first_words(behind_heap.unwrap_or(text))?;
    let is_word = failure.len() > 8 && failure.bytes().all(|byte| byte.is_ascii_alphabetic());
    (is_object(segment) && is_object(object) && is_word).then(|| TableLine::Row(vec![object, failure, reason.trim()]))
}

/// `No heap corruption detected.`, `1,437 objects verified, 1 error.`
fn field(text: &str) -> Option<TableLine<'_>> {
    let text = text.trim();
    if text == "No heap corruption detected." {
        return Some(TableLine::Field("heap corruption", "none"));
    }
    if text.contains(" objects verified, ") {
        return Some(TableLine::Field("verified", text));
    }
    labelled(text, &["Last good object", "curr_object"]).map(|(name, value)| TableLine::Field(name, value))
}

fn is_object(word: &str) -> bool {
    word.len() >= 8 && is_hex(word)
}

fn is_header(text: &str) -> bool {
    let text = text.trim_start();
    let words = text.strip_prefix("Heap ").unwrap_or(text).split_whitespace();
    words.eq(["Segment", "Object", "Failure", "Reason"])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::tables::tests::check;

    #[test]
    fn lines() {
        for (text, want) in [
            (
                "object 01ee60dc: bad member 00000003 at 01EE6168",
                "row 01ee60dc | bad member | bad member 00000003 at 01EE6168",
            ),
            (
                "object 0000000012863aa0: does not have valid MT",
                "row 0000000012863aa0 | invalid method table | does not have valid MT",
            ),
            ("object a: bad member", "nothing"),
            ("Last good object: 01EE60C4.", "field Last good object = 01EE60C4."),
            ("Heap Segment          Object           Failure       Reason", "header"),
            ("Segment          Object           Failure       Reason", "header"),
            (
                "0    01bc0d990000     01bc0d991000     InvalidMethodTable      Object 1bc0d991000 has one",
                "row 01bc0d991000 | InvalidMethodTable | Object 1bc0d991000 has one",
            ),
            (
                "01bc0d990000     01bc0d9d6f40     InvalidObjectReference   Object 1bc has a bad member",
                "row 01bc0d9d6f40 | InvalidObjectReference | Object 1bc has a bad member",
            ),
            ("No heap corruption detected.", "field heap corruption = none"),
            ("1,437 objects verified, 0 errors.", "field verified = 1,437 objects verified, 0 errors."),
            ("7,032 SyncBlocks verified, 0 errors.", "nothing"),
        ] {
            check(&FORMAT, text, want);
        }
    }
}
