//! `!findstack`: the stacks in which a symbol occurs.
//!
//! ```text
//! Thread 009, 2 frame(s) match
//!         * 18 0bd4fe24 771bcada wininet!CFsm::Run+0x39
//!           19 0bd4fe48 771bcc66 wininet!CFsm::RunWorkItem+0x41
//! ```
//!
//! Frame numbers are decimal here. At its lowest level the command prints no frames, only the threads that match.

use nom::character::complete::char;
use nom::combinator::opt;
use nom::sequence::terminated;
use nom::{IResult, Parser};

use super::{Begin, Format, FrameLine, Line};
use crate::formats::tokens::{address, blanks0, blanks1, decimal};
use crate::model::{Dialect, ThreadRef};

pub const FORMAT: Format =
    Format { commands: &["findstack"], ..Format::of_threads(Dialect::FindStack, line, |text| thread(text).is_some()) };

fn line(text: &str) -> Option<Line<'_>> {
    if let Some(thread) = thread(text) {
        return Some(Line::Begin(Begin { thread, ..Begin::default() }));
    }
    let (site, number) = frame(text).ok()?;
    let site = site.trim();
    (!site.is_empty()).then(|| Line::Frame(FrameLine { number: Some(number), ..FrameLine::of(site) }))
}

/// `Thread 009, 2 frame(s) match`
fn thread(text: &str) -> Option<ThreadRef> {
    let (index, behind) = text.trim().strip_prefix("Thread ")?.split_once(',')?;
    let matches = behind.trim_end().ends_with("match") && behind.contains("frame(s)");
    (matches).then_some(ThreadRef { index: Some(index.parse().ok()?), ..ThreadRef::default() })
}

fn frame(input: &str) -> IResult<&str, u32> {
    let (input, _) = (blanks0, opt((char('*'), blanks0))).parse(input)?;
    let columns = (address, blanks1, address, blanks1);
    terminated(terminated(decimal, blanks1), columns).parse(input)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::stacks::tests::check;

    #[test]
    fn lines() {
        for (text, want) in [
            ("Thread 009, 2 frame(s) match", "begin 9"),
            ("        * 18 0bd4fe24 771bcada wininet!CFsm::Run+0x39", "frame 18 wininet!CFsm::Run+0x39"),
            (
                "          19 0bd4fe48 771bcc66 wininet!CFsm::RunWorkItem+0x41",
                "frame 19 wininet!CFsm::RunWorkItem+0x41",
            ),
            ("Thread 009, gone", "nothing"),
        ] {
            check(&FORMAT, text, want);
        }
    }
}
