//! Reports that DebugDiag saved: `.html`, and `.mht`, a web page with all that belongs to it in the form of a mail.
//!
//! A page is read as a whole, since its tables are of use only as a whole: it is turned to text, one row of a table a line
//! and a TAB between cells, which then goes the way of all text. Pages of other origin are left as they are, and read
//! line by line, tags taken off.

use html5gum::{DefaultEmitter, Token, Tokenizer};
use mailparse::body::Body;
use mailparse::{MailHeaderMap, ParsedMail};

/// A larger page is read line by line.
const LARGEST: usize = 64 * 1024 * 1024;

/// How deep the parts of a mail may lie in each other.
const DEEPEST: usize = 8;

/// What a text is packed in, as its first bytes tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Container {
    Text,
    Html,
    Mime,
}

impl Container {
    pub fn of(head: &str) -> Self {
        let mut end = head.len().min(2048);
        while !head.is_char_boundary(end) {
            end -= 1;
        }
        let head = head[..end].trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']).to_ascii_lowercase();
        let page = ["<!doctype html", "<html", "<head>", "<title>"].iter().any(|start| head.starts_with(start));
        let later = head.starts_with("<!--") || head.starts_with("<?xml") || head.starts_with("<meta");
        if page || (later && head.contains("<html")) {
            return Container::Html;
        }
        let line = |start: &str| head.starts_with(start) || head.contains(&format!("\n{start}"));
        let packed = head.contains("multipart/related") || head.contains("text/html");
        let header = head.split(['\r', '\n']).next().is_some_and(|first| first.contains(": "));
        if header && line("mime-version:") && line("content-type:") && packed {
            return Container::Mime;
        }
        Container::Text
    }
}

/// A page being gathered.
pub struct SavedPage {
    container: Container,
    text: String,
}

impl SavedPage {
    /// Whether a page begins here.
    pub fn begins(head: &str) -> Option<Self> {
        let container = Container::of(head);
        (container != Container::Text).then(|| SavedPage { container, text: String::new() })
    }

    /// Adds more of the page; false when it is too large.
    pub fn push(&mut self, text: &str) -> bool {
        self.text.push_str(text);
        self.text.len() <= LARGEST
    }

    pub fn is_too_large(&self) -> bool {
        self.text.len() > LARGEST
    }

    /// The page as it was read.
    pub fn into_source(self) -> String {
        self.text
    }

    /// The text of the page, when DebugDiag made it.
    pub fn render(&self) -> Option<String> {
        let html = match self.container {
            Container::Text => return None,
            Container::Html => self.text.clone(),
            Container::Mime => pages_of(&mailparse::parse_mail(self.text.as_bytes()).ok()?, DEEPEST),
        };
        let text = to_text(&html);
        let marks = ["DebugDiag", "Debug Diagnostic", "LeakTrack", "Outstanding allocation summary", " - System ID "];
        marks.iter().any(|mark| text.contains(mark) || html.contains(mark)).then_some(text)
    }
}

/// All HTML of a mail, one page after the other.
fn pages_of(mail: &ParsedMail<'_>, deepest: usize) -> String {
    if deepest == 0 {
        return String::new();
    }
    if mail.ctype.mimetype.eq_ignore_ascii_case("text/html") {
        return body(mail);
    }
    mail.subparts.iter().map(|part| pages_of(part, deepest - 1)).collect::<Vec<_>>().join("\n")
}

/// The body of a part. What is not encoded was decoded with the whole text already.
fn body(part: &ParsedMail<'_>) -> String {
    let plain = match part.get_body_encoded() {
        Body::Base64(_) | Body::QuotedPrintable(_) => false,
        Body::SevenBit(_) | Body::EightBit(_) | Body::Binary(_) => true,
    };
    // A part that says it is encoded in some way that it is not is taken as it stands.
    match part.get_body() {
        Ok(body) if !plain => body,
        _ => {
            let encoding = part.headers.get_first_value("Content-Transfer-Encoding").unwrap_or_default();
            let odd = !plain && !encoding.is_empty();
            let raw = if odd { part.raw_bytes.to_vec() } else { part.get_body_raw().unwrap_or_default() };
            String::from_utf8_lossy(&raw).into_owned()
        }
    }
}

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

fn to_text(html: &str) -> String {
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
    fn containers() {
        for (head, want) in [
            ("<!DOCTYPE html PUBLIC>", Container::Html),
            ("\u{feff}\r\n<HTML><head>", Container::Html),
            ("<!-- saved from url --><html>", Container::Html),
            ("<!-- a comment", Container::Text),
            ("<link cmd=\"k\">00</link>", Container::Text),
            (
                "From: <Saved by Windows>\r\nSubject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related;\r\n",
                Container::Mime,
            ),
            ("From: a\nSubject: see below\n\n0:000> kL\n", Container::Text),
            ("0:000> kL", Container::Text),
        ] {
            assert_eq!(Container::of(head), want, "{head}");
        }
    }

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

    #[test]
    fn only_pages_of_debugdiag_are_rendered() {
        let render = |text: &str| {
            let mut page = SavedPage::begins(text)?;
            page.push(text);
            page.render()
        };
        assert_eq!(render("<html><body>a stack</body></html>"), None);
        assert_eq!(render("<html><title>DebugDiag</title><p>a</p></html>").as_deref(), Some("a\n"));
        let mail = |encoding: &str, body: &str| {
            format!(
                "From: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=\"b\"\r\n\r\n--b\r\n\
                 Content-Type: text/html; charset=\"utf-8\"\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{body}\r\n--b--\r\n"
            )
        };
        let quoted = mail("quoted-printable", "<p class=3D\"a\">LeakTrack is lon=\r\nger</p>");
        assert_eq!(render(&quoted).as_deref(), Some("LeakTrack is longer\n"));
        assert_eq!(render(&mail("base64", "PHA+TGVha1RyYWNrPC9wPg==")).as_deref(), Some("LeakTrack\n"));
        assert_eq!(render(&mail("8bit", "<p>LeakTrack \u{e4}</p>")).as_deref(), Some("LeakTrack \u{e4}\n"));
        let cut = &quoted[..quoted.len() - 20];
        assert!(render(cut).is_some());
    }
}
