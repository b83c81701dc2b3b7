//! Reports that DebugDiag saved: `.html`, and `.mht`, a web page with all that belongs to it in the form of a mail.
//!
//! A page is read as a whole, since its tables are of use only as a whole: it is turned to text, one row of a table a line
//! and a TAB between cells, which then goes the way of all text. Pages of other origin are left as they are, and read
//! line by line, tags taken off.

mod html;

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
        let text = html::to_text(&html);
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
