//! The lines of a stack pattern: `@gdiplus`, `... max 3`, `not clr!*`, `A or B x2+`, `<top>`.

use nom::branch::alt;
use nom::bytes::complete::tag;
use nom::character::complete::{char, digit1};
use nom::combinator::{all_consuming, map, map_res, opt, value};
use nom::sequence::{preceded, terminated};
use nom::{IResult, Parser};

/// One line of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// `<top>`: the pattern starts at the first frame.
    Top,
    /// `<bottom>`: it ends at the last.
    Bottom,
    /// `...`: any number of frames, or at most `max`, none of them one of `without`.
    Gap { max: Option<u32>, without: Vec<Alternative> },
    /// That many frames in a row, each (or, negated, none) one of the alternatives.
    Frames { negated: bool, alternatives: Vec<Alternative>, min: u32, max: Option<u32> },
    /// `{{name}}` or `{{name=MyApp!*}}`: one frame, whose name is kept.
    Capture { name: String, alternatives: Vec<Alternative> },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Alternative {
    /// `@name`
    List(String),
    /// `/regex/`
    Regex(String),
    /// A name with stars, or a frame as pasted.
    Frame(String),
}

/// Why a line is no pattern line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    pub message: &'static str,
    pub help: &'static str,
}

fn refuse<T>(message: &'static str, help: &'static str) -> Result<T, Refused> {
    Err(Refused { message, help })
}

/// Reads a line (trimmed); `None` for blank lines and comments.
pub fn parse(line: &str) -> Result<Option<Line>, Refused> {
    let line = line.trim();
    // `#1  0x00007ff7c62516cf in Foo::Bar (n=3) at foo.cpp:12` of gdb is no comment.
    if line.is_empty() || (line.starts_with('#') && !is_gdb_frame(line)) {
        return Ok(None);
    }
    if line.contains("{{") {
        return capture(line).map(Some);
    }
    match line {
        "<top>" => return Ok(Some(Line::Top)),
        "<bottom>" => return Ok(Some(Line::Bottom)),
        _ => {}
    }
    if let Some(rest) = line.strip_prefix("...").or_else(|| line.strip_prefix('\u{2026}')) {
        return gap(rest).map(Some);
    }
    if matches!(line, "not" | "or") {
        return refuse("a word without its frame", "write a frame behind it, as in `not clr!*`");
    }
    if line.starts_with('<') && !line.contains(['!', '.', ':']) {
        return refuse("an anchor that does not exist", "the anchors are `<top>` and `<bottom>`");
    }
    frames(line).map(Some)
}

/// A number, an address and ` in `: no comment begins so.
fn is_gdb_frame(line: &str) -> bool {
    let number = line[1..].trim_start_matches(|c: char| c.is_ascii_digit());
    let address = number.trim_start();
    number.len() + 1 < line.len()
        && number.len() > address.len()
        && address.starts_with("0x")
        && address.contains(" in ")
}

/// `{{name}}`, `{{name=A or B}}`
fn capture(line: &str) -> Result<Line, Refused> {
    const HELP: &str = "write `{{name}}` or `{{name=MyApp!*}}` on a line of its own";
    let Some(inside) = line.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}")) else {
        return refuse("a capture is one frame, and the whole line", HELP);
    };
    let (name, frames) = inside.split_once('=').unwrap_or((inside, "*"));
    let name = name.trim();
    let is_name = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    if name.is_empty() || !name.chars().all(is_name) {
        return refuse("a capture without a name, or with an odd one", HELP);
    }
    Ok(Line::Capture { name: name.to_string(), alternatives: alternatives(frames)? })
}

/// ` max 3 without A or B`
fn gap(rest: &str) -> Result<Line, Refused> {
    if rest.starts_with(|c: char| !c.is_whitespace()) {
        return refuse("text right behind `...`", "write `...` on a line of its own");
    }
    let (rest, max) = opt(max_count).parse(rest.trim_start()).unwrap_or((rest, None));
    let rest = rest.trim();
    if rest.is_empty() {
        return Ok(Line::Gap { max, without: Vec::new() });
    }
    match rest.strip_prefix("without ") {
        Some(frames) => {
            // In either order: `... without A max 3` too.
            let (frames, last) = match frames.rsplit_once(" max ") {
                Some((frames, count)) if max.is_none() => match all_consuming(number).parse(count.trim()) {
                    Ok((_, count)) => (frames, Some(count)),
                    Err(_) => (frames, None),
                },
                _ => (frames, None),
            };
            Ok(Line::Gap { max: max.or(last), without: alternatives(frames)? })
        }
        None => refuse("unknown words behind `...`", "write `...`, `... max 3` or `... without GdiPlus!*`"),
    }
}

fn max_count(input: &str) -> IResult<&str, u32> {
    let end = alt((value((), char(' ')), value((), nom::combinator::eof)));
    terminated(preceded((tag("max"), nom::character::complete::space1), number), end).parse(input)
}

fn frames(line: &str) -> Result<Line, Refused> {
    if all_consuming(count).parse(line).is_ok() {
        return refuse("a count without a frame", "write the frame before it, as in `svc!rec x3`");
    }
    let (line, count) = split_count(line);
    let (min, max) = match count {
        Some((min, Some(max))) if max < min => {
            return refuse("a count that goes down", "write the smaller number first: `x2..5`");
        }
        Some((0, Some(0))) => return refuse("`x0` asks for no frame", "write `... without` to exclude a frame"),
        Some(count) => count,
        None => (1, Some(1)),
    };
    let (negated, line) = match line.strip_prefix("not ") {
        Some(rest) => (true, rest),
        None => (false, line),
    };
    if negated && (line.starts_with("...") || line.starts_with("not ")) {
        return refuse("`not` takes a frame", "write `... without A` to exclude a frame from a gap");
    }
    Ok(Line::Frames { negated, alternatives: alternatives(line)?, min, max })
}

/// Takes ` x3`, ` x10+` or ` x2..5` off the end.
pub(super) fn split_count(line: &str) -> (&str, Option<(u32, Option<u32>)>) {
    let Some((frames, word)) = line.rsplit_once(char::is_whitespace) else { return (line, None) };
    match all_consuming(count).parse(word) {
        Ok((_, count)) => (frames.trim_end(), Some(count)),
        Err(_) => (line, None),
    }
}

fn count(input: &str) -> IResult<&str, (u32, Option<u32>)> {
    let range = map((number, tag(".."), number), |(min, _, max)| (min, Some(max)));
    let at_least = map(terminated(number, char('+')), |min| (min, None));
    let exactly = map(number, |count| (count, Some(count)));
    preceded(char('x'), alt((range, at_least, exactly))).parse(input)
}

fn number(input: &str) -> IResult<&str, u32> {
    map_res(digit1, str::parse).parse(input)
}

/// `A or @list or /regex/`
pub fn alternatives(text: &str) -> Result<Vec<Alternative>, Refused> {
    let mut found = Vec::new();
    let mut rest = text.trim();
    loop {
        let (alternative, after) = if rest.starts_with('/') { regex(rest)? } else { name(rest)? };
        found.push(alternative);
        match after.trim_start().strip_prefix("or ") {
            Some(next) => rest = next.trim_start(),
            None if after.trim().is_empty() => return Ok(found),
            None => return refuse("text behind a regular expression", "separate alternatives by ` or `"),
        }
    }
}

fn regex(text: &str) -> Result<(Alternative, &str), Refused> {
    let body = &text[1..];
    let closes = |at: &usize| matches!(body[at + 1..].chars().next(), None | Some(' ')) && !body[..*at].ends_with('\\');
    match body.match_indices('/').map(|(at, _)| at).find(closes) {
        Some(0) => refuse("an empty regular expression", "write `/regex/`"),
        Some(at) => Ok((Alternative::Regex(body[..at].to_string()), &body[at + 1..])),
        None => refuse(
            "a regular expression without its closing `/`",
            "write `/regex/`, and a blank before a count: `/regex/ x3`",
        ),
    }
}

fn name(text: &str) -> Result<(Alternative, &str), Refused> {
    let (frame, after) = match text.find(" or ") {
        Some(at) => text.split_at(at),
        None => (text, ""),
    };
    let frame = frame.trim();
    if let Some(list) = frame.strip_prefix('@') {
        let is_name = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
        if list.is_empty() || !list.chars().all(is_name) {
            return refuse("`@` without the name of a list", "write `@name`, as in `@gdiplus`");
        }
        return Ok((Alternative::List(list.to_string()), after));
    }
    if frame.is_empty() || frame == "or" || frame.starts_with("or ") || frame.ends_with(" or") {
        return refuse("nothing between the alternatives", "write a frame on both sides of `or`");
    }
    Ok((Alternative::Frame(frame.to_string()), after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, want: &str) {
        let show = |alternatives: &[Alternative]| {
            let one = |alternative: &Alternative| match alternative {
                Alternative::List(name) => format!("@{name}"),
                Alternative::Regex(source) => format!("/{source}/"),
                Alternative::Frame(frame) => frame.clone(),
            };
            alternatives.iter().map(one).collect::<Vec<_>>().join(" | ")
        };
        let got = match parse(line) {
            Ok(None) => "nothing".to_string(),
            Ok(Some(Line::Top)) => "top".to_string(),
            Ok(Some(Line::Bottom)) => "bottom".to_string(),
            Ok(Some(Line::Gap { max, without })) => format!("gap {max:?} [{}]", show(&without)),
            Ok(Some(Line::Frames { negated, alternatives, min, max })) => {
                format!("{}{} {min}..{max:?}", if negated { "not " } else { "" }, show(&alternatives))
            }
            Ok(Some(Line::Capture { name, alternatives })) => format!("capture {name} {}", show(&alternatives)),
            Err(refused) => format!("error: {}", refused.message),
        };
        assert_eq!(got, want, "{line}");
    }

    #[test]
    fn every_kind_of_line() {
        for (line, want) in [
            ("", "nothing"),
            ("# a comment", "nothing"),
            ("<top>", "top"),
            ("<bottom>", "bottom"),
            ("<middle>", "error: an anchor that does not exist"),
            ("...", "gap None []"),
            ("... max 3", "gap Some(3) []"),
            ("... without GdiPlus!* or @asmx-host", "gap None [GdiPlus!* | @asmx-host]"),
            ("... max 3 without a!b", "gap Some(3) [a!b]"),
            ("...a!b", "error: text right behind `...`"),
            ("... about 3", "error: unknown words behind `...`"),
            ("@gdiplus", "@gdiplus 1..Some(1)"),
            ("@", "error: `@` without the name of a list"),
            ("a!b or c!d x2..5", "a!b | c!d 2..Some(5)"),
            ("not a!b or c!d", "not a!b | c!d 1..Some(1)"),
            ("svc!rec x10+", "svc!rec 10..None"),
            ("svc!rec x3", "svc!rec 3..Some(3)"),
            ("svc!rec x5..2", "error: a count that goes down"),
            ("/gdiplus!.* or x/ or a!b", "/gdiplus!.* or x/ | a!b 1..Some(1)"),
            ("/a\\/b/", "/a\\/b/ 1..Some(1)"),
            ("/a.*/ x2", "/a.*/ 2..Some(2)"),
            ("/a.*/x2", "error: a regular expression without its closing `/`"),
            ("/gdiplus", "error: a regular expression without its closing `/`"),
            ("{{caller}}", "capture caller *"),
            ("{{caller=@app or svc!*}}", "capture caller @app | svc!*"),
            ("{{}}", "error: a capture without a name, or with an odd one"),
            ("{{caller}} x2", "error: a capture is one frame, and the whole line"),
            ("not {{caller}}", "error: a capture is one frame, and the whole line"),
            ("app!a or", "error: nothing between the alternatives"),
            ("or app!a", "error: nothing between the alternatives"),
            ("not", "error: a word without its frame"),
            ("not ...", "error: `not` takes a frame"),
            ("x3", "error: a count without a frame"),
            ("//", "error: an empty regular expression"),
            ("svc!operator new", "svc!operator new 1..Some(1)"),
            ("ntdll! ?? ::FNODOBFM::`string'+0x2335", "ntdll! ?? ::FNODOBFM::`string'+0x2335 1..Some(1)"),
            ("<Unloaded_foo.dll>+0x1234", "<Unloaded_foo.dll>+0x1234 1..Some(1)"),
        ] {
            check(line, want);
        }
    }
}
