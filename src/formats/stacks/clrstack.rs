//! Managed stacks of SOS's `!clrstack`.
//!
//! ```text
//! OS Thread Id: 0x24 (0)
//!         Child SP               IP Call Site
//! 000000000019dbe8 000000017000d664 [HelperMethodFrame: 000000000019dbe8] System.Threading.Thread.SleepInternal(Int32)
//! 000000000019dd00 000000001b8e7a9b System.Threading.Thread.Sleep(Int32)
//! 000000000019dfe0 000000000121a673 [GCFrame: 000000000019dfe0]
//! ```
//!
//! The rows are those of `ClrStackImpl` in SOS's `strike.cpp`; `-f` leaves the IP column of markers empty. SOS of .NET 1.1
//! has a heading `Thread 5`, and rows of another form, with `  at [+0x14] [+0x0] c:\src\a.cs:19` below them:
//!
//! ```text
//! 0x0109fb74  0x7c82ed54 [FRAME: ECallMethodFrame] [DEFAULT] Boolean System.Threading.WaitHandle.WaitOneNative(I,UI4,Boolean)
//! ```

use nom::branch::alt;
use nom::bytes::complete::{tag, take_until, take_while1};
use nom::character::complete::char;
use nom::combinator::{map, opt, rest, verify};
use nom::sequence::{delimited, preceded};
use nom::{IResult, Parser};

use crate::formats::tokens::{address, blanks0, blanks1, decimal, hex_number, hex_value, is_zero};
use crate::model::ThreadRef;

/// One row, its columns cut.
#[derive(Debug, PartialEq, Eq)]
pub struct ClrRow<'a> {
    pub child_sp: &'a str,
    /// `HelperMethodFrame` of `[HelperMethodFrame: 000000000019dbe8]`.
    pub marker: Option<&'a str>,
    /// Method name with arguments; may be empty behind a marker.
    pub method: &'a str,
}

/// What SOS says instead of, or at the end of, a stack.
pub const WALK_FAILED: [&str; 8] = [
    "Unable to walk the managed stack",
    "managed thread. You can run ",
    "Failed to start stack walk",
    "GetFrameContext failed",
    "Stack Walk failed",
    "<failed>",
    "Native stack walking is not supported",
    "the process",
];

/// `OS Thread Id: 0x24 (0)`: the id, and the debugger's index (where the host has one; in old ones it repeats the id).
pub fn thread_header(line: &str) -> Option<ThreadRef> {
    if !line.trim_start().starts_with('O') {
        return None;
    }
    let (rest, (os_id, index)) = os_thread_id(line).ok()?;
    let index = index.filter(|&index| u64::from(index) != os_id);
    // `OS Thread Id: 0x6b0 (6) -> the thread of MethodA()`: a remark that somebody added.
    let is_remark = index.is_some() && !rest.trim_start().starts_with(char::is_alphanumeric);
    (rest.trim().is_empty() || is_remark).then_some(ThreadRef { index, os_id: Some(os_id), ..ThreadRef::default() })
}

fn os_thread_id(input: &str) -> IResult<&str, (u64, Option<u32>)> {
    let index = opt(preceded(blanks0, delimited(char('('), decimal, char(')'))));
    preceded((blanks0, tag("OS Thread Id: 0x")), (hex_number, index)).parse(input)
}

/// `Thread 5`, above the columns of .NET 1.1: the debugger's index.
pub fn thread_line(line: &str) -> Option<ThreadRef> {
    let index = line.strip_prefix("Thread ")?.trim().parse().ok()?;
    Some(ThreadRef { index: Some(index), ..ThreadRef::default() })
}

/// `        Child SP               IP Call Site`, or `ESP       EIP` of SOS 2.0.
pub fn is_header(line: &str) -> bool {
    if !line.trim_start().starts_with(['C', 'E', 'R']) {
        return false;
    }
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    matches!(words.as_slice(), ["Child", "SP", "IP", "Call", "Site"] | ["ESP" | "RSP", "EIP" | "RIP"])
}

/// Reads a row. The all-zero `<unknown>` row that follows a failed walk is none.
pub fn row(line: &str) -> Option<ClrRow<'_>> {
    let (_, row) = row_parts(line).ok()?;
    let failed = is_zero(row.child_sp) && (row.method.is_empty() || row.method == "<unknown>");
    // `72c841b8     1904        22848 System.Object` of `!dumpheap -stat`.
    let mut words = row.method.split_whitespace();
    let mut is_number = || words.next().is_some_and(|word| word.bytes().all(|byte| byte.is_ascii_digit()));
    let counts = is_number() && is_number();
    (!failed && !counts).then_some(row)
}

/// A row without its address columns, as people paste it: `[HelperMethodFrame: 000000000019dbe8] A.B.C()`.
pub fn bare_row(line: &str) -> Option<ClrRow<'_>> {
    let (_, (marker, method)) = (marker, method).parse(line.trim()).ok()?;
    Some(ClrRow { child_sp: "", marker: Some(marker), method })
}

impl ClrRow<'_> {
    /// The line ends within the marker, which a window wrapped.
    pub fn in_marker(&self) -> bool {
        self.marker.is_none() && self.method.starts_with('[') && !self.method.contains(']')
    }
}

/// Whether the line is the all-zero row of a failed walk.
pub fn is_failed_row(line: &str) -> bool {
    row_parts(line).is_ok_and(|(_, row)| is_zero(row.child_sp))
}

fn row_parts(line: &str) -> IResult<&str, ClrRow<'_>> {
    alt((row_of_sos1, row_of_sos)).parse(line)
}

/// `0x0109fb88  0x799d01dd [DEFAULT] [hasThis] Boolean System.Threading.WaitHandle.WaitOne()`
fn row_of_sos1(line: &str) -> IResult<&str, ClrRow<'_>> {
    let columns = (blanks0, tag("0x"), address, blanks1, tag("0x"), address, blanks1);
    let (site, (_, _, child_sp, ..)) = { columns }.parse(line)?;
    let frame = delimited(tag("[FRAME: "), take_while1(|c: char| c.is_ascii_alphanumeric() || c == '_'), char(']'));
    let (site, (marker, _)) = (opt(frame), blanks0).parse(site)?;
    let site = verify(rest, |site: &str| marker.is_some() || site.starts_with("[DEFAULT]")).parse(site)?.1;
    let (rest, method) = method_of_signature(site)?;
    Ok((rest, ClrRow { child_sp, marker, method }))
}

fn row_of_sos(line: &str) -> IResult<&str, ClrRow<'_>> {
    let columns = alt(((address, opt(preceded(blanks1, address))), (short_address, map(wide_address, Some))));
    map(
        (blanks0, columns, opt(preceded(blanks0, marker)), method_of_signature),
        |(_, (child_sp, _), marker, method)| ClrRow { child_sp, marker, method },
    )
    .parse(line)
}

/// `D91CDFF0A0`: a stack pointer of 64 bits whose first digits were cut off. The instruction pointer behind it has all digits.
fn short_address(input: &str) -> IResult<&str, &str> {
    let digits = take_while1(|c: char| c.is_ascii_hexdigit());
    verify(digits, |digits: &str| (6..16).contains(&digits.len())).parse(input)
}

fn wide_address(input: &str) -> IResult<&str, &str> {
    verify(preceded(blanks1, address), |address: &str| address.len() >= 16).parse(input)
}

/// `[HelperMethodFrame_1OBJ: 000000000019dbe8] `
fn marker(input: &str) -> IResult<&str, &str> {
    let name = verify(take_while1(|c: char| c.is_ascii_alphanumeric() || c == '_'), |name: &str| name != "DEFAULT");
    let at = preceded((char(':'), blanks0), take_until("]"));
    delimited(char('['), nom::sequence::terminated(name, opt(at)), char(']')).parse(input)
}

/// `[DEFAULT] [hasThis] Void N.T.M(SZArray String) (D:\\x.exe)` of `-i`: the method without what surrounds it.
fn method_of_signature(input: &str) -> IResult<&str, &str> {
    let (rest, method) = method(input)?;
    let Some(signature) = method.strip_prefix("[DEFAULT]") else { return Ok((rest, method)) };
    let signature = signature.trim_start().trim_start_matches("[hasThis]").trim_start();
    let end = signature.rfind(" (").unwrap_or(signature.len());
    let open = signature.find('(').unwrap_or(end);
    let name = signature[..open].trim_end().rfind(' ').map_or(0, |blank| blank + 1);
    Ok((rest, signature[name..end.max(name)].trim_end()))
}

fn method(input: &str) -> IResult<&str, &str> {
    map(preceded(blanks0, rest), str::trim_end).parse(input)
}

/// `    PARAMETERS:`, `        this = <no data>`, `    LOCALS:`, `        0x000000000019ddc0 = 0x00000000027e1b20` and the
/// register lines of `-r`: what `-a`, `-p` and `-l` print below a frame.
pub fn is_frame_detail(line: &str) -> bool {
    let indented = line.starts_with([' ', '\t']);
    let text = line.trim();
    // What `-i` says around its frames.
    let of_icordebug =
        text.starts_with("+ ") || text.starts_with("Dumping managed stack") || text == "Stack walk complete.";
    // The source of a frame of .NET 1.1.
    if text.starts_with("at [+0x") {
        return true;
    }
    if of_icordebug || text.starts_with("LOCALS: (") || text.starts_with("PARAMETERS: (") {
        return true;
    }
    if matches!(text, "PARAMETERS:" | "LOCALS:" | "<no data>" | "<unable to retrieve data>") {
        return true;
    }
    let registers = text.len() > 4 && text.as_bytes()[..4].contains(&b'=') && text.starts_with(['r', 'e', 'c', 'i']);
    indented && (text.contains(" = ") || text.starts_with("<CLR reg>") || registers) || is_variable_alone(text)
}

/// `0x0000001407F7F988 = 0x000001e987117048`, `this (0x0000003d7e4febb0) = 0x1c4a0b2d4c8`: the form of a variable where
/// indentation was lost.
fn is_variable_alone(text: &str) -> bool {
    let Some((name, value)) = text.split_once(" = ") else { return false };
    let is_hex = |word: &str| word.strip_prefix("0x").and_then(hex_value).is_some();
    let (name, place) = name.split_once(" (").unwrap_or(("0x0", name));
    let is_place = is_hex(place.trim_end_matches(')')) || place.contains("<CLR reg>");
    let is_name = name.chars().all(|c| c.is_alphanumeric() || "_<>.".contains(c));
    is_name && is_place && (is_hex(value) || value == "<no data>")
}

/// Whether a detail of a frame is a parameter or a variable, and no heading or register.
pub fn is_variable(text: &str) -> bool {
    let text = text.trim();
    matches!(text, "<no data>" | "<unable to retrieve data>") || text.contains(" = ")
}

/// The value of a parameter or variable: `first (0x000000001bb1f5b8) = 0x00000000027e2070`. `None` for `<no data>`.
pub fn value_of(text: &str) -> Option<u64> {
    let (_, value) = text.rsplit_once(" = ")?;
    hex_value(value.trim().strip_prefix("0x")?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows() {
        for (line, want) in [
            (
                "000000000019dd00 000000001b8e7a9b System.Threading.Thread.Sleep(Int32)",
                Some((None, "System.Threading.Thread.Sleep(Int32)")),
            ),
            ("000000000019dfe0 000000000121a673 [GCFrame: 000000000019dfe0] ", Some((Some("GCFrame"), ""))),
            (
                "00007FFF97273C48                  [HelperMethodFrame: 00007fff97273c48] A.dll!B.C(Int32)",
                Some((Some("HelperMethodFrame"), "A.dll!B.C(Int32)")),
            ),
            ("0012f0a0 7c90d1fc A.B.C()", Some((None, "A.B.C()"))),
            ("D91CDFF0A0 00007ff7f3d9104c A.B.C()", Some((None, "A.B.C()"))),
            ("f4fe5a0 00007fffd14d7f2d A.B.C()", Some((None, "A.B.C()"))),
            ("D91CDFF0A0 7c90d1fc A.B.C()", None),
            ("0000000000000000 0000000000000000 <unknown>", None),
            (
                "000000000019dd00 000000001b8e7a9b *** WARNING: Unable to verify checksum for X.exe",
                Some((None, "*** WARNING: Unable to verify checksum for X.exe")),
            ),
            (
                "0000001e2a0b43c1 00007ffc8a2ed3f4 [DEFAULT] [hasThis] Void N.T.M(SZArray String) (D:\\x.exe)",
                Some((None, "N.T.M(SZArray String)")),
            ),
            ("    PARAMETERS:", None),
            (
                "0x0109fb74  0x7c82ed54 [FRAME: ECallMethodFrame] [DEFAULT] Boolean N.Wait.One(I,UI4,Boolean)",
                Some((Some("ECallMethodFrame"), "N.Wait.One(I,UI4,Boolean)")),
            ),
            ("0x0109fb88  0x799d01dd [DEFAULT] [hasThis] Void N.T.M()", Some((None, "N.T.M()"))),
            ("0x0109fb88  0x799d01dd N.T.M()", None),
            ("0x0000001407F7F988 = 0x000001e987117048", None),
            ("72c841b8     1904        22848 System.Object", None),
        ] {
            assert_eq!(row(line).map(|row| (row.marker, row.method)), want, "{line}");
        }
    }

    #[test]
    fn thread_headers() {
        for (line, want) in [
            ("OS Thread Id: 0x24 (0)", Some((Some(0x24), Some(0)))),
            ("OS Thread Id: 0x1a2c", Some((Some(0x1a2c), None))),
            ("OS Thread Id: 0x1a2c (6700)", Some((Some(0x1a2c), None))),
            ("OS Thread Id: 24", None),
            ("OS Thread Id: 0x6b0 (6) \u{2192} the thread of A()", Some((Some(0x6b0), Some(6)))),
            ("OS Thread Id: 0x6b0 is blocked", None),
        ] {
            assert_eq!(thread_header(line).map(|thread| (thread.os_id, thread.index)), want, "{line}");
        }
    }

    #[test]
    fn values_of_variables() {
        for (line, want) in [
            ("        first (0x000000001bb1f5b8) = 0x00000000027e2070", Some(0x27e2070)),
            ("        0x000000001bb1f570 = 0x0000000000000001", Some(1)),
            ("        this (<CLR reg>) = 0x0279c1d4", Some(0x279c1d4)),
            ("        this = <no data>", None),
        ] {
            assert_eq!((is_variable(line), value_of(line)), (true, want), "{line}");
        }
        assert!(!is_variable("    PARAMETERS:"));
    }

    #[test]
    fn details_of_frames() {
        for (line, want) in [
            ("    PARAMETERS:", true),
            ("        this = <no data>", true),
            ("        0x000000000019ddc0 = 0x00000000027e1b20", true),
            ("    rax=0000000000000000 rbx=0000000000000001", true),
            ("x = y", false),
            ("x = 0x12", false),
            ("0x0000001407F7F988 = 0x000001e987117048", true),
            ("this (0x0000003d7e4febb0) = 0x000001c4a0b2d4c8", true),
            ("<CLR reg> = 0x000001c4a0b2d4c8", true),
            ("  at [+0x14] [+0x0] c:\\src\\a.cs:19", true),
        ] {
            assert_eq!(is_frame_detail(line), want, "{line}");
        }
    }
}
