//! Frames that a mail client or a console window broke over several lines.

/// How a line goes on with the frame above it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Join {
    /// Broken inside a token.
    Directly,
    /// Broken at a blank that the break ate.
    WithBlank,
}

/// How two lines lie to the width at which lines are wrapped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Margin {
    /// The next line's first word would not have fitted on the line above.
    pub reached: bool,
    /// The line above is as long as lines get: it was broken by width, not at a blank.
    pub exactly: bool,
}

impl Margin {
    /// How to put together two lines that were one.
    pub fn join(self, next: &str) -> Join {
        if self.exactly && !next.starts_with([' ', '\t', ':']) { Join::Directly } else { Join::WithBlank }
    }
}

/// Whether `line`, which by itself is nothing known, goes on with the call site `above`, and how.
///
/// `managed` tells the dialect: a native call site ends in its offset, one of SOS in its arguments. `after_blank` tells
/// that an empty line stood between.
pub fn continues(above: &str, managed: bool, margin: Margin, line: &str, after_blank: bool) -> Option<Join> {
    let next = line.trim();
    if next.is_empty() || above.len() > 16 * 1024 {
        return None;
    }
    let above = above.trim_end();
    if above.is_empty() {
        // The symbol moved to the next line as a whole.
        let names = next.contains(['!', '(']) || (margin.reached && next.contains('.'));
        let is_symbol = names && !next.starts_with('[') && !before_arguments(next).contains(' ');
        return (!after_blank && is_symbol).then_some(Join::WithBlank);
    }
    if is_open(above, margin) {
        return (!after_blank || next.contains([')', ']'])).then(|| join_within(above, next, margin, line));
    }
    if after_blank {
        return None;
    }
    if is_remark(next) {
        return Some(Join::WithBlank);
    }
    let in_offset = has_offset(above) || above.ends_with("+0x") || above.ends_with('+');
    if in_offset && (!managed || next.starts_with(|c: char| c.is_ascii_digit())) {
        return goes_on_with_offset(above, next, margin).then_some(Join::Directly);
    }
    let is_marker = above.starts_with('[') && above.ends_with(']') && !above.contains(' ');
    let has_source = above.ends_with(']') && above.contains(" @ ");
    if managed && (above.ends_with(')') || is_marker || has_source) {
        // A marker alone may have its method on the next line.
        let is_method = margin.reached && is_open(next, margin) || next.ends_with(')');
        let goes_on = is_marker && is_method && !before_arguments(next).contains(' ');
        return goes_on.then_some(Join::WithBlank);
    }
    // Names have no blanks, but for a few of C++.
    let join = if above.ends_with("operator") { Join::WithBlank } else { Join::Directly };
    goes_on_with_name(above, managed, margin, next).then_some(join)
}

/// A parenthesis, bracket, quotation or (where lines are wrapped) template argument is still open.
fn is_open(text: &str, margin: Margin) -> bool {
    let count = |c: u8| text.bytes().filter(|&byte| byte == c).count();
    let quoted = text.contains("`scalar") || text.contains("`vector") || text.contains("`anonymous");
    count(b'(') > count(b')')
        || count(b'[') > count(b']')
        || (quoted && !text.contains('\''))
        || (margin.reached && !text.contains("operator") && count(b'<') > count(b'>') + count(b'-'))
}

/// Which of the two joins, by what stands at the break.
fn join_within(above: &str, next: &str, margin: Margin, line: &str) -> Join {
    let count = |c: char| above.matches(c).count();
    let generic_comma = above.ends_with("],") || (above.ends_with(',') && count('<') > count('>'));
    if generic_comma && above.contains('`') {
        // ``Func`3<Int32,Int32>`` and `[[A, m],[B, m]]` have no blanks there.
        return Join::Directly;
    }
    if above.ends_with([',', '@']) || above.ends_with("operator") || next.starts_with('@') {
        return Join::WithBlank;
    }
    if above.ends_with(['.', '(', '[', '+', ':', '!', '<']) || next.starts_with([')', ']', '.', ',', '(', '+']) {
        return Join::Directly;
    }
    if has_managed_arguments(above) {
        // `X.Request ByRef` is the only blank in them that follows no comma.
        return if next.starts_with("ByRef") { Join::WithBlank } else { Join::Directly };
    }
    margin.join(line)
}

/// `A!N.T.M(System.Object, X.Requ`: a method's name has dots, and its arguments are types.
fn has_managed_arguments(above: &str) -> bool {
    let Some((name, arguments)) = above.split_once('(') else { return false };
    name.contains('.') && !name.contains("::") && !arguments.contains(['=', '/', '\\'])
}

/// ` [/src/a.cpp @ 31]`, `(FPO: [0,0,0])`: what stands behind a call site that is complete.
fn is_remark(next: &str) -> bool {
    let source = next.starts_with('[') && next.contains(['\\', '/', '@']);
    source || ["(FPO:", "(CONV:", "(TrapFrame"].iter().any(|remark| next.starts_with(remark))
}

/// The offset itself was broken: `+` / `0x1f`, `+0x` / `1f`, `+0` / `x1f`, `+0x1` / `f`.
fn goes_on_with_offset(above: &str, next: &str, margin: Margin) -> bool {
    let (digits, behind) = next.split_at(next.find(' ').unwrap_or(next.len()));
    let is_offset = |text: &str| !text.contains('+') && has_offset(&format!("+{text}"));
    let behind_is_remark = behind.is_empty() || is_remark(behind.trim_start());
    let rest = match above.rsplit_once('+') {
        Some((_, "")) => is_offset(digits),
        Some((_, "0")) => digits.starts_with('x') && is_offset(&digits[1..]),
        Some((_, "0x")) => is_offset(digits),
        _ => margin.exactly && is_offset(digits) && !digits.starts_with("0x"),
    };
    rest && behind_is_remark
}

/// The name was broken: `nt!IopProcessStartDevicesWork` / `er+0x43`.
fn goes_on_with_name(above: &str, managed: bool, margin: Margin, next: &str) -> bool {
    if before_arguments(next).contains(' ') && !above.ends_with("operator") || next.ends_with(':') {
        return false;
    }
    if next.contains('!') && above.contains('!') {
        return false;
    }
    let ends_it = has_offset(next) || (managed && next.ends_with([')', ']']));
    let one_word = next.len() > 1 && next.chars().all(|c| c.is_alphanumeric() || "_:~<>,`'!".contains(c));
    let in_token = margin.exactly && one_word && !next.ends_with([':', '!']);
    let goes_further = margin.reached && (next.contains(['(', '<']) || next.len() >= 60 || in_token);
    let dangling = above.ends_with(['.', ',', ':', '!']) || above.ends_with("operator");
    ends_it || goes_further || dangling
}

/// `a!b+0x1f`, `a!b+c2 [x.cpp @ 3]`
fn has_offset(text: &str) -> bool {
    let text = text.split(" [").next().unwrap_or(text);
    let Some((_, digits)) = text.rsplit_once('+') else { return false };
    let digits = digits.strip_prefix("0x").unwrap_or(digits);
    !digits.is_empty() && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'`'))
}

fn before_arguments(text: &str) -> &str {
    text.split(['(', '[', '<']).next().unwrap_or(text).trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;
    use Join::*;

    const INSIDE: Margin = Margin { reached: false, exactly: false };
    const AT_BLANK: Margin = Margin { reached: true, exactly: false };
    const IN_TOKEN: Margin = Margin { reached: true, exactly: true };

    #[test]
    fn what_goes_on_with_a_native_frame() {
        for (above, margin, line, after_blank, want) in [
            ("A!N.M(Int32, Int32,", INSIDE, "Int32, IntPtr)+0x179", false, Some(WithBlank)),
            ("A!N.M(Int32, Int32,", INSIDE, "Int32, IntPtr)+0x179", true, Some(WithBlank)),
            ("A!N.M(Int32, Int32,", INSIDE, "That was the last frame.", true, None),
            ("A!N.M(Int32, X.Req", IN_TOKEN, "uest ByRef)+0x1", false, Some(Directly)),
            ("A!N.M(Int32, X.Request", AT_BLANK, "ByRef)+0x1", false, Some(WithBlank)),
            ("nt!IopProcessStartDevicesWork", IN_TOKEN, "er+0x43", false, Some(Directly)),
            ("System_Drawing_ni!System.Drawing.Gr", IN_TOKEN, "aphics.DrawImage(System.Image,", false, Some(Directly)),
            // A longer line elsewhere makes the margin look wider than it is.
            ("System_Web_ni!System.Web.S", AT_BLANK, "ervices.M(System.Object)+0x1", false, Some(Directly)),
            ("clr!RuntimeMethodHandle::InvokeMeth", AT_BLANK, "od+0x51c", false, Some(Directly)),
            ("A!N.M(System.Obj", AT_BLANK, "ect)+0x1", false, Some(Directly)),
            ("A!N.M(System.Func`3<Int32,", IN_TOKEN, "Int32>)+0x1", false, Some(Directly)),
            ("A!N.D`2[[A, m],", IN_TOKEN, "[B, m]].F(A)+0x1", false, Some(Directly)),
            ("a!b+", IN_TOKEN, "0x1f", false, Some(Directly)),
            ("a!b+0x", IN_TOKEN, "1f", false, Some(Directly)),
            ("a!b+0", IN_TOKEN, "x1f", false, Some(Directly)),
            ("a!b+0x1", IN_TOKEN, "f", false, Some(Directly)),
            ("a!b+0x1", IN_TOKEN, "f [a.cpp @ 3]", false, Some(Directly)),
            ("a!b+0xffffffff`eab", IN_TOKEN, "e44a8", false, Some(Directly)),
            ("a!b+0x1", INSIDE, "f", false, None),
            ("W!System.Windows.Forms.ButtonBase.", AT_BLANK, "OnMouseUp(System.Object)+0x1", false, Some(Directly)),
            ("a!b+0x1", IN_TOKEN, "Observation (from callstack above)", false, None),
            ("a!b+0x1", AT_BLANK, "this is our code:", false, None),
            ("gdiplus!GdipCreateBitmap", INSIDE, "Then it hangs.", false, None),
            ("gdiplus!GdipCreateBitmap", AT_BLANK, "Then", false, None),
            ("ntdll!DbgBr", IN_TOKEN, "eakPoint", false, Some(Directly)),
            ("nt", IN_TOKEN, "dll!DbgBreakPoint", false, Some(Directly)),
            ("svc!main(", INSIDE, "int argc = 0n2,", false, Some(Directly)),
            ("svc!main(int argc = 0n2,", INSIDE, "char ** argv = 0x1)+0xf9 [/src/a.cpp @ 31]", false, Some(WithBlank)),
            ("svc!main+0xf9", AT_BLANK, "[/src/a.cpp @ 31]", false, Some(WithBlank)),
            ("svc!main+0xf9 [/src/a.cpp", AT_BLANK, "@ 31]", false, Some(WithBlank)),
            ("svc!main+0xf9 [/src/a.cpp @", AT_BLANK, "31]", false, Some(WithBlank)),
            ("a!b+0x1 [c:\\long", IN_TOKEN, "path\\x.cpp @ 3]", false, Some(Directly)),
            ("svc!operator", AT_BLANK, "new+0x12", false, Some(WithBlank)),
            ("svc!X::`scalar deleting", AT_BLANK, "destructor'+0x12", false, Some(WithBlank)),
            ("", INSIDE, "nt!KiSwapThread+0x1", false, Some(WithBlank)),
        ] {
            assert_eq!(continues(above, false, margin, line, after_blank), want, "{above} / {line}");
        }
    }

    #[test]
    fn what_goes_on_with_a_row_of_sos() {
        for (above, margin, line, want) in [
            ("N.T.NameThatI", IN_TOKEN, "sLong(Int32)", Some(Directly)),
            ("N.T", IN_TOKEN, ".M(Int32)", Some(Directly)),
            ("N.T.M", IN_TOKEN, "()", Some(Directly)),
            ("N.T.M(Int32,", AT_BLANK, "System.Object)", Some(WithBlank)),
            ("", INSIDE, "N.T.M(Int32)", Some(WithBlank)),
            ("N.T.M(Int32)", IN_TOKEN, "[/src/a.cs @ 3]", Some(WithBlank)),
            ("N.T.M(Int32)", IN_TOKEN, "and that (I think) is all", None),
        ] {
            assert_eq!(continues(above, true, margin, line, false), want, "{above} / {line}");
        }
    }
}
