//! Frames that a mail client or an 80-column window broke over several lines.

/// How a line goes on with the frame above it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Join {
    /// Broken inside a token, or at a blank that the break kept.
    Directly,
    /// Broken at a blank that the break ate.
    WithBlank,
}

/// Whether `line`, which by itself is nothing known, goes on with the call site `above`.
///
/// `above_length` is the length of the whole line above; `after_blank` tells that an empty line stood between.
pub fn continues(above: &str, above_length: usize, line: &str, after_blank: bool) -> Option<Join> {
    let next = line.trim();
    if next.is_empty() || above.len() > 16 * 1024 {
        return None;
    }
    let above = above.trim_end();
    if above.is_empty() {
        // The symbol moved to the next line as a whole.
        return (!after_blank && !next.contains(' ') && next.contains('!')).then_some(Join::Directly);
    }
    if is_open(above) {
        let closes = next.contains([')', ']']);
        let blank = if above.ends_with(',') || above.ends_with(']') { Join::WithBlank } else { Join::Directly };
        return (closes || !after_blank).then_some(blank);
    }
    if after_blank {
        return None;
    }
    if above.ends_with(['.', ',', '+', ':', '!']) && is_rest_of_name(next) {
        return Some(Join::Directly);
    }
    if has_offset(above) {
        // `+0x1` / `f`: only where the window ends.
        let short_hex = next.len() <= 4 && next.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        return (short_hex && (76..=81).contains(&above_length)).then_some(Join::Directly);
    }
    (is_rest_of_name(next) && has_offset(next)).then_some(Join::Directly)
}

/// A parenthesis or bracket is still open.
fn is_open(text: &str) -> bool {
    let count = |c: u8| text.bytes().filter(|&byte| byte == c).count();
    count(b'(') > count(b')') || count(b'[') > count(b']')
}

fn has_offset(text: &str) -> bool {
    let text = text.split(" [").next().unwrap_or(text);
    let Some((_, digits)) = text.rsplit_once('+') else { return false };
    let digits = digits.strip_prefix("0x").unwrap_or(digits);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'`')
}

/// `er+0x43`, `OnMouseUp(System.Object)+0x1f [x.cs @ 3]`, `0x1f`: one word, apart from arguments and source.
fn is_rest_of_name(text: &str) -> bool {
    let name = text.split(['(', '[']).next().unwrap_or(text);
    !name.trim_end().contains(' ') && !text.ends_with(':') && !name.contains('!')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_on_with_a_frame() {
        use Join::*;
        for (above, length, line, after_blank, want) in [
            ("A!N.M(Int32, Int32,", 120, "Int32, IntPtr)+0x179", false, Some(WithBlank)),
            ("A!N.M(Int32, Int32,", 120, "Int32, IntPtr)+0x179", true, Some(WithBlank)),
            ("A!N.M(Int32, Int32,", 120, "That was the last frame.", true, None),
            ("nt!IopProcessStartDevicesWork", 80, "er+0x43", false, Some(Directly)),
            ("a!b+", 80, "0x1f", false, Some(Directly)),
            ("a!b+0x1", 80, "f", false, Some(Directly)),
            ("a!b+0x1", 40, "f", false, None),
            ("W!System.Windows.Forms.ButtonBase.", 70, "OnMouseUp(System.Object)+0x1", false, Some(Directly)),
            ("a!b+0x1", 40, "Observation (from callstack above)", false, None),
            ("gdiplus!GdipCreateBitmap", 60, "Then it hangs.", false, None),
            ("svc!main(", 50, "int argc = 0n2,", false, Some(Directly)),
            ("svc!main(int argc = 0n2,", 50, "char ** argv = 0x1)+0xf9 [/src/a.cpp @ 31]", false, Some(WithBlank)),
            ("a!b+0x1 [c:\\long", 80, "path\\x.cpp @ 3]", false, Some(Directly)),
            ("", 40, "nt!KiSwapThread+0x1", false, Some(Directly)),
        ] {
            assert_eq!(continues(above, length, line, after_blank), want, "{above} / {line}");
        }
    }
}
