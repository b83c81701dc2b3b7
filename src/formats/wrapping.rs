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
/// `at_margin` tells that the line above was as long as lines get here; `after_blank` that an empty line stood between.
pub fn continues(above: &str, at_margin: bool, line: &str, after_blank: bool) -> Option<Join> {
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
    if above.ends_with("+0") && at_margin && has_offset(&format!("+0{next}")) {
        return Some(Join::Directly);
    }
    if has_offset(above) || above.ends_with("+0x") {
        // `+0x1` / `f`: only where the window ends.
        let digits = next.split(' ').next().unwrap_or(next);
        let short_hex = digits.len() <= 4 && digits.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        let rest_is_source = digits == next || next[digits.len()..].starts_with(" [");
        return (short_hex && rest_is_source && at_margin).then_some(Join::Directly);
    }
    let goes_on = has_offset(next) || (at_margin && next.contains('('));
    (is_rest_of_name(next) && goes_on).then_some(Join::Directly)
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
        for (above, margin, line, after_blank, want) in [
            ("A!N.M(Int32, Int32,", false, "Int32, IntPtr)+0x179", false, Some(WithBlank)),
            ("A!N.M(Int32, Int32,", false, "Int32, IntPtr)+0x179", true, Some(WithBlank)),
            ("A!N.M(Int32, Int32,", false, "That was the last frame.", true, None),
            ("nt!IopProcessStartDevicesWork", true, "er+0x43", false, Some(Directly)),
            (
                "System_Drawing_ni!System.Drawing.Gr",
                true,
                "aphics.DrawImage(System.Drawing.Image,",
                false,
                Some(Directly),
            ),
            ("a!b+", true, "0x1f", false, Some(Directly)),
            ("a!b+0x", true, "1f", false, Some(Directly)),
            ("a!b+0", true, "x1f", false, Some(Directly)),
            ("a!b+0x1", true, "f", false, Some(Directly)),
            ("a!b+0x1", true, "f [a.cpp @ 3]", false, Some(Directly)),
            ("a!b+0x1", false, "f", false, None),
            ("W!System.Windows.Forms.ButtonBase.", false, "OnMouseUp(System.Object)+0x1", false, Some(Directly)),
            ("a!b+0x1", false, "Observation (from callstack above)", false, None),
            ("gdiplus!GdipCreateBitmap", false, "Then it hangs.", false, None),
            ("svc!main(", false, "int argc = 0n2,", false, Some(Directly)),
            ("svc!main(int argc = 0n2,", false, "char ** argv = 0x1)+0xf9 [/src/a.cpp @ 31]", false, Some(WithBlank)),
            ("a!b+0x1 [c:\\long", false, "path\\x.cpp @ 3]", false, Some(Directly)),
            ("", false, "nt!KiSwapThread+0x1", false, Some(Directly)),
        ] {
            assert_eq!(continues(above, margin, line, after_blank), want, "{above} / {line}");
        }
    }
}
