//! An exception and its frames on one line, as logs write them that may not have line ends.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use super::exception_frame::{AT, frame, is_whole_call};
use super::exception_head::exception;
use super::told_exception;
use crate::formats::marks::Marks;

/// `at` in all languages, as it stands within a line.
static AT_MARKS: LazyLock<Marks> = LazyLock::new(|| {
    Marks::new(AT.iter().map(|at| format!(" {at} ")).chain(["Exceptionat ".to_string(), ")at ".to_string()]))
});

/// Where a text holds several frames because its line ends were lost: `   at A.B()   at C.D()`. What stands before them
/// may be the exception, or a frame whose `at` is missing since only what joins the frames was written.
pub fn lost_line_ends(text: &str) -> Option<Vec<Cow<'_, str>>> {
    let places = AT_MARKS.places(text);
    if places.is_empty() {
        return None;
    }
    // `Exception Info: N.OrderExceptionat N.P.A()`: not even a blank is left.
    let start_of = |place: &Range<usize>| match text[place.clone()].starts_with(' ') {
        true => place.start,
        false => place.end - "at ".len(),
    };
    let mut starts: Vec<usize> = places.iter().map(start_of).collect();
    starts.sort_unstable();
    let separators = separators(text);
    let mut cuts = Vec::new();
    for (place, &start) in starts.iter().enumerate() {
        let next = starts.get(place + 1).copied().unwrap_or(text.len());
        let separator = separators.partition_point(|separator| separator.start < start);
        let end = separators.get(separator).map_or(next, |separator| separator.start.min(next));
        if frame(&text[start..end], true).is_some() {
            cuts.push(start);
        }
    }
    let first = text[..*cuts.first()?].trim();
    // One frame behind its exception: .NET sets three blanks before it.
    let behind_exception = || {
        let is_apart = text[..cuts[0]].ends_with([' ', '\t']) || text[..cuts[0]].ends_with("Exception");
        is_apart && (exception(first).is_some() || told_exception::row(first).is_some())
    };
    // Or one behind another frame.
    if cuts.len() < 2 && !behind_exception() && frame(first, true).is_none() {
        return None;
    }
    let behind_first = separators.iter().filter(|separator| separator.start > cuts[0]);
    let ends: Vec<usize> = behind_first.flat_map(|separator| [separator.start, separator.end]).collect();
    let whole_first = Some(first.trim_start_matches(['`', '"'])).filter(|call| cuts.len() > 1 && is_whole_call(call));
    cuts.extend(ends);
    cuts.extend(labels_of_event(&text[..cuts[0]]));
    cuts.sort_unstable();
    let mut pieces = Vec::new();
    let mut from = 0;
    for cut in cuts.into_iter().chain([text.len()]) {
        let piece = match (from, whole_first) {
            (0, Some(call)) => Cow::Owned(format!("at {call}")),
            _ => Cow::Borrowed(&text[from..cut]),
        };
        if !piece.trim().is_empty() {
            pieces.push(piece);
        }
        from = cut;
    }
    Some(pieces)
}

/// Where `Exception Info:` and `Stack:` begin in what stands before the first frame of an event on one line.
fn labels_of_event(head: &str) -> impl Iterator<Item = usize> {
    let info = head.find(" Exception Info: ");
    let description = head.find(" Description: ").filter(|_| info.is_some());
    let stack = head.trim_end().strip_suffix(" Stack:").filter(|_| info.is_some()).map(str::len);
    [description, info, stack].into_iter().flatten()
}

/// Where `--- End of inner exception stack trace ---` and the like stand in a text.
fn separators(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(start) = text[from..].find("--- ").map(|at| at + from) {
        from = start + 4;
        let Some(end) = text[from..].find("---").map(|at| at + from + 3) else { break };
        let is_words = text[from..end - 3].ends_with(' ') && !text[..start].ends_with('-');
        if is_words && !text[end..].starts_with(['-', '>']) {
            found.push(start..end);
            from = end;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_on_one_line() {
        let text = "System.IO.IOException: no   at N.P.A(String s) in c:\\a.cs:line 4   at N.P.B()";
        let pieces = lost_line_ends(text).unwrap();
        assert_eq!(pieces, ["System.IO.IOException: no  ", " at N.P.A(String s) in c:\\a.cs:line 4  ", " at N.P.B()"]);
        assert_eq!(lost_line_ends("look at this at N.P.B()"), None);
        for (text, want) in [
            ("[N.OrderException: no (a=1);   at N.P.B()", "[N.OrderException: no (a=1); | at N.P.B()"),
            ("N.OrderException: no file at N.P.B()", ""),
            (
                "N.E: no   at N.P.A() in c:\\a.cs:line 4   --- End of inner exception stack trace ---   at N.P.B()",
                "N.E: no | at N.P.A() in c:\\a.cs:line 4 | --- End of inner exception stack trace --- | at N.P.B()",
            ),
            ("`N.P.A(Int32 value) à N.P.B() à N.P.C()`", "at N.P.A(Int32 value) | à N.P.B() | à N.P.C()`"),
            ("Exception Info: N.OrderExceptionat N.P.A(Int32)", "Exception Info: N.OrderException | at N.P.A(Int32)"),
            (
                "Exception Info: N.OrderExceptionat N.P.A(Int32, N.Mode)at N.P.B()",
                "Exception Info: N.OrderException | at N.P.A(Int32, N.Mode) | at N.P.B()",
            ),
            ("It ends so: à N.P.B() à N.P.C()", "It ends so: | à N.P.B() | à N.P.C()"),
        ] {
            let pieces = lost_line_ends(text).unwrap_or_default();
            assert_eq!(pieces.iter().map(|piece| piece.trim()).collect::<Vec<_>>().join(" | "), want, "{text}");
        }
    }
}
