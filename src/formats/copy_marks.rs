//! Marks that copying puts around lines: the `> ` of a quoted mail, the `12. ` of a listing, the `|` of a table.

use super::{clrstack, kstack, prompt, thread_header};

/// Takes marks off lines. A line may begin with `>` of its own, the rest of a template's arguments, so quotation marks
/// are believed from a line on that is something known without them.
#[derive(Debug, Default)]
pub struct CopyMarks {
    quoted: bool,
}

impl CopyMarks {
    /// The line without its marks.
    pub fn strip<'t>(&mut self, line: &'t str) -> &'t str {
        let first = line.trim_start().as_bytes().first().copied().unwrap_or_default();
        if first != b'>' {
            self.quoted = false;
        }
        match first {
            b'>' if prompt::parse(line).is_none() => {
                let bare = without_quotes(line);
                self.quoted |= is_known(bare);
                if self.quoted { bare } else { line }
            }
            b'|' if is_known(line.trim_matches(['|', ' '])) => line.trim_matches(['|', ' ']),
            b'0'..=b'9' => without_list_number(line),
            _ => line,
        }
    }
}

fn is_known(line: &str) -> bool {
    prompt::parse(line).is_some()
        || kstack::header(line).is_some()
        || kstack::frame_without_header(line).is_some()
        || clrstack::is_header(line)
        || clrstack::row(line).is_some()
        || clrstack::thread_header(line).is_some()
        || thread_header::parse(line).is_some()
}

/// `> > 00 00000000`0b99b2f0 ...`: every answer to a mail adds one. dotnet-dump's prompt looks the same and is kept.
fn without_quotes(line: &str) -> &str {
    let mut rest = line.trim_start();
    while let Some(quoted) = rest.strip_prefix('>') {
        rest = quoted.strip_prefix(' ').unwrap_or(quoted);
    }
    rest
}

/// `  12. 000000001bb1e9a0 ...`: paste sites number lines; a frame number has no dot.
fn without_list_number(line: &str) -> &str {
    let number = line.trim_start();
    let digits = number.bytes().take_while(u8::is_ascii_digit).count();
    match number[digits..].strip_prefix(". ") {
        Some(rest) if digits <= 5 => rest.trim_start(),
        _ => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_taken_off() {
        let mut marks = CopyMarks::default();
        for (line, want) in [
            (">&>+0x27", ">&>+0x27"),
            ("> > 0:001> kL", "0:001> kL"),
            ("> 00 00000000`0b99b2f0 a!b", "00 00000000`0b99b2f0 a!b"),
            (">", ""),
            ("> clrstack -all", "> clrstack -all"),
            ("  12. 000000001bb1e9a0 N.T.M()", "000000001bb1e9a0 N.T.M()"),
            ("| 00000000`0b99b2f0 00000000`00000000 a!b | |", "00000000`0b99b2f0 00000000`00000000 a!b"),
            ("00 00000000`0b99b2f0 a!b", "00 00000000`0b99b2f0 a!b"),
            ("prose > more", "prose > more"),
        ] {
            assert_eq!(marks.strip(line), want, "{line}");
        }
    }
}
