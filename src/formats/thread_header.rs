//! The line above each thread in `~`, `~*k` and `!uniqstack`: `.  0  Id: 1f4.1f8 Suspend: 1 Teb: 00000000`67fe0000 Unfrozen`.

use memchr::memchr;
use nom::branch::alt;
use nom::bytes::complete::{is_a, tag, tag_no_case, take_until};
use nom::character::complete::char;
use nom::combinator::opt;
use nom::sequence::{delimited, preceded};
use nom::{IResult, Parser};

use super::tokens::{address, blanks0, blanks1, decimal, hex_number};
use crate::model::ThreadRef;

/// Reads the header: the index is decimal; process and thread id are hexadecimal. NT 4's has `id:` and no colon behind
/// `Teb`.
pub fn parse(line: &str) -> Option<ThreadRef> {
    // Asked of many lines, and `T` is rare in them.
    let teb = memchr(b'T', line.as_bytes())?;
    if !line[teb..].starts_with("Teb") {
        return None;
    }
    header(line).ok().map(|(_, thread)| thread)
}

/// Reads the header of the kernel debugger's `!thread` and `!process`: `THREAD 86826030  Cid 0f64.1214  Teb: 7ffdf000 ...`.
pub fn kernel(line: &str) -> Option<ThreadRef> {
    let behind = line.trim_start().strip_prefix("THREAD ")?;
    let hex = || preceded(opt(tag("0x")), hex_number);
    let ids = (tag_no_case("cid"), opt(char(':')), blanks0, hex(), char('.'), hex());
    let (_, (_, _, _, (_, _, _, process_id, _, os_id))) = (blanks0, hex(), blanks1, ids).parse(behind).ok()?;
    Some(ThreadRef { os_id: Some(os_id), process_id: Some(process_id), ..ThreadRef::default() })
}

fn header(input: &str) -> IResult<&str, ThreadRef> {
    let marks = opt(is_a(".# \t\u{a0}"));
    let ids = (hex_number, char('.'), hex_number);
    let teb = (tag("Teb"), opt(char(':')), blanks0, address);
    let name = preceded(blanks0, delimited(char('"'), take_until("\""), char('"')));
    let (rest, (_, index, _, _, _, (process_id, _, os_id))) =
        (marks, decimal, blanks1, tag_no_case("id:"), blanks0, ids).parse(input)?;
    let (rest, _) = (blanks1, tag("Suspend:"), blanks0, hex_number, blanks1, teb).parse(rest)?;
    let state = opt(preceded(blanks0, alt((tag("Unfrozen"), tag("Frozen")))));
    let (rest, (_, name)) = (state, opt(name)).parse(rest)?;
    let name = name.map(str::to_string);
    Ok((rest, ThreadRef { index: Some(index), os_id: Some(os_id), process_id: Some(process_id), name }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_every_age() {
        for (line, want) in [
            (".  0  Id: 1f4.1f8 Suspend: 1 Teb: 00000000`67fe0000 Unfrozen", Some((0, 0x1f4, 0x1f8, None))),
            ("   4  id: 97.a3   Suspend: 0 Teb 7ffd9000 Unfrozen", Some((4, 0x97, 0xa3, None))),
            (
                "# 12  Id: 1a2c.1f40 Suspend: 1 Teb: 000000d8`6a2f6000 Unfrozen \"GC worker\"",
                Some((12, 0x1a2c, 0x1f40, Some("GC worker"))),
            ),
            ("Id: 1f4.1f8", None),
            ("THREAD of 0f64.1214", None),
            ("Thread 51 - System ID 7224", None),
        ] {
            let got = parse(line).map(|t| (t.index.unwrap(), t.process_id.unwrap(), t.os_id.unwrap(), t.name));
            assert_eq!(got, want.map(|(i, p, o, n)| (i, p, o, n.map(str::to_string))), "{line}");
        }
    }
}
