//! HTML to lines of text: `<tr><td>clr</td><td>05 handle(s)</td></tr>` becomes `clr`, a TAB and `05 handle(s)`.

use html5gum::{DefaultEmitter, Token, Tokenizer};

/// What separates one text from the next; of several the strongest holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Gap {
    #[default]
    None,
    Blank,
    Cell,
    Line,
}

/// Turns HTML to lines of text.
#[derive(Default)]
struct Page {
    text: String,
    gap: Gap,
    /// Of each open table: how much text there was and which gap when its last cell began.
    cells: Vec<Option<(usize, Gap)>>,
    preformatted: usize,
}

/// Tags that begin and end a line.
const BLOCKS: [&[u8]; 29] = [
    b"address",
    b"article",
    b"blockquote",
    b"body",
    b"br",
    b"caption",
    b"center",
    b"dd",
    b"div",
    b"dl",
    b"dt",
    b"footer",
    b"form",
    b"h1",
    b"h2",
    b"h3",
    b"h4",
    b"h5",
    b"h6",
    b"header",
    b"hr",
    b"li",
    b"ol",
    b"p",
    b"pre",
    b"section",
    b"tbody",
    b"tr",
    b"ul",
];

/// The text of a page: a line for each row of a table, with a TAB between cells.
pub fn to_text(html: &str) -> String {
    let mut emitter = DefaultEmitter::default();
    emitter.naively_switch_states(true);
    let mut page = Page::default();
    // The tag whose text is not shown.
    let mut hidden: Option<Vec<u8>> = None;
    for Ok(token) in Tokenizer::new_with_emitter(html, emitter) {
        match token {
            Token::StartTag(tag) if hidden.is_none() => {
                let name: &[u8] = &tag.name;
                if matches!(name, b"script" | b"style" | b"title" | b"noscript" | b"template") && !tag.self_closing {
                    hidden = Some(name.to_vec());
                }
                page.start(name);
            }
            Token::EndTag(tag) => {
                let name: &[u8] = &tag.name;
                match &hidden {
                    Some(open) if open.as_slice() == name => hidden = None,
                    Some(_) => {}
                    None => page.end(name),
                }
            }
            Token::String(text) if hidden.is_none() => page.add(&String::from_utf8_lossy(&text)),
            _ => {}
        }
    }
    page.text.push('\n');
    page.text
}

impl Page {
    fn start(&mut self, name: &[u8]) {
        match name {
            b"table" => {
                self.cells.push(None);
                self.part(Gap::Line);
            }
            b"td" | b"th" => self.cell(),
            b"pre" => {
                self.preformatted += 1;
                self.part(Gap::Line);
            }
            _ if BLOCKS.contains(&name) => {
                if name == b"tr" {
                    self.cells.last_mut().into_iter().for_each(|cell| *cell = None);
                }
                self.part(Gap::Line);
            }
            _ => {}
        }
    }

    fn end(&mut self, name: &[u8]) {
        match name {
            b"table" => {
                self.cells.pop();
                self.part(Gap::Line);
            }
            b"pre" => {
                self.preformatted = self.preformatted.saturating_sub(1);
                self.part(Gap::Line);
            }
            _ if BLOCKS.contains(&name) => self.part(Gap::Line),
            _ => {}
        }
    }

    /// A cell begins. The one before may have held nothing but the bar of a graph, drawn with a table of its own, whose
    /// lines are none.
    fn cell(&mut self) {
        let length = self.text.len();
        if let Some(Some((before, gap))) = self.cells.last()
            && *before == length
        {
            self.gap = *gap;
        } else if let Some(Some(_)) = self.cells.last() {
            // The blocks within a cell end with it.
            self.gap = Gap::None;
        }
        self.part(Gap::Cell);
        let gap = self.gap;
        if let Some(cell) = self.cells.last_mut() {
            *cell = Some((length, gap));
        }
    }

    fn part(&mut self, gap: Gap) {
        self.gap = self.gap.max(gap);
    }

    fn add(&mut self, text: &str) {
        if self.preformatted > 0 {
            if !text.trim().is_empty() || self.gap < Gap::Line {
                self.close_gap();
                self.text.push_str(text);
            }
            return;
        }
        let mut words = text.split(char::is_whitespace).filter(|word| !word.is_empty());
        if text.starts_with(char::is_whitespace) {
            self.part(Gap::Blank);
        }
        let Some(first) = words.next() else { return };
        self.close_gap();
        self.text.push_str(first);
        for word in words {
            self.text.push(' ');
            self.text.push_str(word);
        }
        if text.ends_with(char::is_whitespace) {
            self.part(Gap::Blank);
        }
    }

    fn close_gap(&mut self) {
        let gap = std::mem::take(&mut self.gap);
        if self.text.is_empty() {
            return;
        }
        match gap {
            Gap::None => {}
            Gap::Blank => self.text.push(' '),
            Gap::Cell => self.text.push('\t'),
            Gap::Line => self.text.push('\n'),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_becomes_lines() {
        for (html, want) in [
            ("<p>one</p><p>two <b>bold</b>\n word</p>", "one\ntwo bold word\n"),
            (
                "<table><tr><td>a</td><td><b>&nbsp;&nbsp;1</b></td></tr><tr><td>b</td><td>2</td></tr></table>",
                "a\t1\nb\t2\n",
            ),
            (
                "x<table><tr><td>a</td><td><table><tr><td>&nbsp;</td></tr></table></td><td>1</td></tr></table>",
                "x\na\t1\n",
            ),
            ("<td>a&lt;b&gt;<td>c", "a<b>\tc\n"),
            ("<script>var a = '<p>';</script><style>p {}</style>seen<br>below", "seen\nbelow\n"),
            ("<pre>one\n  two</pre>three", "one\n  two\nthree\n"),
            ("<div>a<div>b</div></div>c", "a\nb\nc\n"),
            ("", "\n"),
        ] {
            assert_eq!(to_text(html), want, "{html}");
        }
    }
}
