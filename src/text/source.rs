//! A small text that is held as a whole, with lines and columns.

/// A stretch of a [`Source`], in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Span {
    pub start: usize,
    pub end: usize,
}

impl Span {
    pub fn new(start: usize, end: usize) -> Self {
        Span { start, end }
    }
}

/// A named text: a rule file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    pub name: String,
    pub text: String,
}

impl Source {
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Source { name: name.into(), text: text.into() }
    }

    /// Line and column of a byte offset, both counted from 1; the column counts characters.
    pub fn position(&self, offset: usize) -> (usize, usize) {
        let before = &self.text[..self.text.floor_char_boundary(offset)];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = before.bytes().filter(|&byte| byte == b'\n').count() + 1;
        (line, before[line_start..].chars().count() + 1)
    }

    /// The span of line `line` (from 1) without its line end and surrounding blanks.
    pub fn line_span(&self, line: usize) -> Span {
        self.line_spans(line).next().unwrap_or(Span::new(self.text.len(), self.text.len()))
    }

    /// The spans of line `first` (from 1) and of the lines below it.
    pub fn line_spans(&self, first: usize) -> impl Iterator<Item = Span> {
        let above = match first {
            0 | 1 => Some(0),
            _ => memchr::memchr_iter(b'\n', self.text.as_bytes()).nth(first - 2).map(|end| end + 1),
        };
        let mut start = above.unwrap_or(self.text.len());
        self.text[start..].split('\n').map(move |line| {
            let body = line.trim_end();
            let indent = body.len() - body.trim_start().len();
            let span = Span::new(start + indent, start + body.len());
            start += line.len() + 1;
            span
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_from_one() {
        let source = Source::new("a.yml", "id: x\nmatch: |\n  \u{e9}a!b\n");
        for (offset, want) in [(0, (1, 1)), (4, (1, 5)), (6, (2, 1)), (19, (3, 4)), (999, (4, 1))] {
            assert_eq!(source.position(offset), want, "offset {offset}");
        }
        assert_eq!(source.line_span(3), Span::new(17, 22));
    }
}
