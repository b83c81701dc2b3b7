//! What mends a mistake or a doubt: a text to put in the place of another.

use crate::text::Span;

/// A change of a rule file that does not alter what its author meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    pub span: Span,
    /// What stands there then.
    pub text: String,
}

impl Fix {
    pub fn new(span: Span, text: impl Into<String>) -> Self {
        Fix { span, text: text.into() }
    }

    pub fn insert(at: usize, text: impl Into<String>) -> Self {
        Fix::new(Span::new(at, at), text)
    }
}

/// Makes the changes that do not touch each other, the first of those that do. Every other byte stays. The second value
/// tells which were made, by index.
pub fn mend(text: &str, fixes: &[&Fix]) -> (String, Vec<usize>) {
    let mut order: Vec<usize> = (0..fixes.len()).collect();
    order.sort_by_key(|&index| fixes[index].span);
    let (mut mended, mut made, mut done) = (String::new(), Vec::new(), 0);
    let mut last = None;
    for index in order {
        let Fix { span, text: new } = fixes[index];
        // Two insertions at one place are one change, offered twice.
        if span.start < done || last == Some(*span) {
            continue;
        }
        let (Some(kept), Some(_)) = (text.get(done..span.start), text.get(span.start..span.end)) else { continue };
        mended.push_str(kept);
        mended.push_str(new);
        done = span.end;
        last = Some(*span);
        made.push(index);
    }
    mended.push_str(&text[done..]);
    (mended, made)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_overlaps_waits_for_the_next_round() {
        let fix = |start, end, text: &str| Fix::new(Span::new(start, end), text);
        for (fixes, want, made) in [
            (vec![], "abcdef", vec![]),
            (vec![fix(4, 5, "X"), fix(0, 1, "YY")], "YYbcdXf", vec![1, 0]),
            (vec![fix(0, 3, "-"), fix(2, 4, "+")], "-def", vec![0]),
            (vec![fix(2, 2, "+"), fix(2, 2, "+")], "ab+cdef", vec![0]),
            (vec![fix(6, 6, "!"), fix(9, 12, "?")], "abcdef!", vec![0]),
        ] {
            let all: Vec<&Fix> = fixes.iter().collect();
            assert_eq!(mend("abcdef", &all), (want.to_string(), made), "{fixes:?}");
        }
    }
}
