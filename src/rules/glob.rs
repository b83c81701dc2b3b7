//! Text with `*` for any text; nothing else is special, since `?`, `[` and `{` occur in real names.

use memchr::memmem;

/// A compiled glob. Compares bytes; both sides are folded to lower case before.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Glob {
    /// The stretches between the stars.
    parts: Vec<String>,
}

impl Glob {
    pub fn new(text: &str) -> Self {
        Glob { parts: text.split('*').map(str::to_string).collect() }
    }

    /// Whether it is nothing but stars.
    pub fn is_any(&self) -> bool {
        self.parts.len() > 1 && self.parts.iter().all(String::is_empty)
    }

    /// The glob as written, folded.
    pub fn text(&self) -> String {
        self.parts.join("*")
    }

    /// The text it stands for when it has no star.
    pub fn exact(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [whole] => Some(whole),
            _ => None,
        }
    }

    /// The longest text that every match holds.
    pub fn longest_literal(&self) -> &str {
        self.parts.iter().max_by_key(|part| part.len()).map_or("", String::as_str)
    }

    /// Whether the whole of `text` matches. Linear in the text: the leftmost place for each part is as good as any.
    pub fn matches(&self, text: &str) -> bool {
        let [first, middle @ .., last] = self.parts.as_slice() else {
            return self.exact() == Some(text);
        };
        let Some(mut rest) = text.strip_prefix(first.as_str()) else { return false };
        for part in middle {
            let Some(at) = memmem::find(rest.as_bytes(), part.as_bytes()) else { return false };
            rest = &rest[at + part.len()..];
        }
        rest.len() >= last.len() && rest.ends_with(last.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_star_is_any_text() {
        for (glob, text, want) in [
            ("gdip*", "gdipdrawimage", true),
            ("*draw*", "gdipdrawimage", true),
            ("*draw", "gdipdrawimage", false),
            ("gdip*image", "gdipimage", true),
            ("gdip*pimage", "gdipimage", false),
            ("a*b*c", "aXbYbZc", true),
            ("*", "", true),
            ("**", "x", true),
            ("", "", true),
            ("", "x", false),
            ("a?[b]", "a?[b]", true),
            ("*a*a*a*b", "aaaaaaaaaaaaaaaa", false),
        ] {
            assert_eq!(Glob::new(glob).matches(text), want, "{glob} on {text}");
        }
    }
}
