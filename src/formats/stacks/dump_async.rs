//! `dumpasync` of SOS: asynchronous methods that wait for each other.
//!
//! ```text
//! STACK 1
//! 000001989f413ca0 00007ff8c1e7d2c8 (3) Contoso.Orders.Program+<ReadAsync>d__2
//!   000001989f413de8 00007ff8c1e7d9a0 (0) Contoso.Orders.Program+<RunAsync>d__1
//! << Awaiting: 000001989f413bd0 00007ff8c1e6a1b0 System.Threading.Tasks.Task >>
//! ```
//!
//! The rows are those of `DumpAsync` in SOS. `--coalesce` prints `[count] method-table type` instead of addresses.

use nom::bytes::complete::take_while_m_n;
use nom::character::complete::char;
use nom::combinator::{opt, verify};
use nom::sequence::{delimited, preceded, terminated};
use nom::{IResult, Parser};

use super::{Begin, Format, FrameLine, Line};
use crate::formats::tokens::{blanks0, blanks1};
use crate::model::{Dialect, StackKind, ThreadRef};

pub const FORMAT: Format = Format {
    kind: StackKind::Async,
    commands: &["dumpasync"],
    ..Format::of_threads(Dialect::DumpAsync, line, |text| is_stack(text.trim()))
};

fn line(text: &str) -> Option<Line<'_>> {
    let trimmed = text.trim();
    if is_stack(trimmed) {
        return Some(Line::Begin(Begin::thread(ThreadRef::default())));
    }
    if trimmed.starts_with("<< Awaiting:") {
        return Some(Line::Detail);
    }
    let header = trimmed.starts_with("Address") && trimmed.ends_with("Name");
    if header || trimmed.starts_with("STACKS ") || (trimmed.len() > 20 && trimmed.bytes().all(|byte| byte == b'-')) {
        return Some(Line::Header);
    }
    row(text).ok().map(|(name, ())| Line::Frame(FrameLine::of(name.trim())))
}

/// `STACK 1`
fn is_stack(trimmed: &str) -> bool {
    let number = trimmed.strip_prefix("STACK ");
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Address, method table, state and, with `-stats` or a size column, numbers; then the type.
fn row(input: &str) -> IResult<&str, ()> {
    let address = || take_while_m_n(8, 16, |c: char| c.is_ascii_hexdigit());
    let state = delimited(char('('), nom::bytes::complete::is_not(")"), char(')'));
    let count = delimited(char('['), nom::bytes::complete::is_not("]"), char(']'));
    let (rest, _) =
        (blanks0, opt(terminated(count, blanks1)), address(), opt(preceded(blanks1, address()))).parse(input)?;
    let (rest, _) = (blanks1, opt(terminated(state, blanks1))).parse(rest)?;
    let (name, _) = opt(terminated(nom::character::complete::digit1, blanks1)).parse(rest)?;
    verify(nom::combinator::success(()), |()| name.contains(['.', '<', '+']) && !name.starts_with('.')).parse(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::stacks::tests::check;

    #[test]
    fn lines() {
        for (text, want) in [
            ("STACK 1", "begin"),
            ("000001989f413ca0 00007ff8c1e7d2c8 (3) N.Program+<ReadAsync>d__2", "frame N.Program+<ReadAsync>d__2"),
            ("  000001989f413de8 00007ff8c1e7d9a0 (0) N.P+<RunAsync>d__1", "frame N.P+<RunAsync>d__1"),
            ("<< Awaiting: 000001989f413bd0 00007ff8c1e6a1b0 System.Threading.Tasks.Task >>", "detail"),
            ("STACK OVERFLOW", "nothing"),
        ] {
            check(&FORMAT, text, want);
        }
    }
}
