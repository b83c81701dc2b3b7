//! The atoms that all dialects share: addresses, numbers, blanks. nom, `complete` parsers only.

use nom::branch::alt;
use nom::bytes::complete::{tag, take_while, take_while_m_n, take_while1};
use nom::combinator::{map, recognize, verify};
use nom::sequence::terminated;
use nom::{IResult, Parser};

pub fn blanks0(input: &str) -> IResult<&str, &str> {
    take_while(is_blank)(input)
}

pub fn blanks1(input: &str) -> IResult<&str, &str> {
    take_while1(is_blank)(input)
}

pub fn is_blank(c: char) -> bool {
    c == ' ' || c == '\t' || c == '\u{a0}'
}

/// Spaces that mail clients and browsers put where blanks were, or between letters.
pub fn is_odd_space(c: char) -> bool {
    matches!(c, '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{3000}') || is_no_space(c)
}

/// Spaces without width.
pub fn is_no_space(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}')
}

fn hex_digits(count: usize) -> impl Fn(&str) -> IResult<&str, &str> {
    move |input| take_while_m_n(count, count, |c: char| c.is_ascii_hexdigit())(input)
}

/// ``00000000`0b99a320`` (dbgeng, 64 bits), `000000000019dbe8` (SOS, lldb) or `0012f0a0` (32 bits); `7FFE2B7FD1A8` of newer
/// versions of SOS, without the zeros before it.
pub fn address(input: &str) -> IResult<&str, &str> {
    let whole = alt((
        recognize((hex_digits(8), backticks, hex_digits(8))),
        recognize(hex_digits(16)),
        recognize(hex_digits(12)),
        recognize(hex_digits(8)),
    ));
    verify(whole, |found: &str| !continues_word(&input[found.len()..])).parse(input)
}

/// One, or three where Markdown was escaped.
fn backticks(input: &str) -> IResult<&str, &str> {
    take_while_m_n(1, 3, |c: char| c == '`')(input)
}

/// Whether the text goes on with something that would make the token before it longer.
fn continues_word(rest: &str) -> bool {
    rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '`' || c == '_')
}

/// An address that fills nothing: `00000000` or ``00000000`00000000``.
pub fn is_zero(address: &str) -> bool {
    address.bytes().all(|byte| byte == b'0' || byte == b'`')
}

/// The value of an address in any spelling, or of hexadecimal digits without `0x`.
pub fn hex_value(digits: &str) -> Option<u64> {
    let mut value: u64 = 0;
    let mut any = false;
    for byte in digits.bytes() {
        if byte == b'`' {
            continue;
        }
        let digit = (byte as char).to_digit(16)?;
        if value >> 60 != 0 {
            return None;
        }
        value = value << 4 | u64::from(digit);
        any = true;
    }
    any.then_some(value)
}

/// Hexadecimal digits without prefix, as a number.
pub fn hex_number(input: &str) -> IResult<&str, u64> {
    let digits = take_while_m_n(1, 16, |c: char| c.is_ascii_hexdigit());
    map(verify(digits, |found: &str| hex_value(found).is_some()), |found| hex_value(found).unwrap_or_default())
        .parse(input)
}

pub fn decimal(input: &str) -> IResult<&str, u32> {
    let digits = take_while_m_n(1, 10, |c: char| c.is_ascii_digit());
    nom::combinator::map_res(digits, str::parse).parse(input)
}

/// `0b `: two or more lower-case hexadecimal digits and the blank behind them. The `k` family numbers frames from `00`
/// in hexadecimal, so that frame 16 is `10`.
pub fn frame_number(input: &str) -> IResult<&str, u32> {
    let digits = take_while_m_n(2, 5, |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c));
    let number = map(digits, |found: &str| u32::from_str_radix(found, 16).unwrap_or_default());
    terminated(number, blanks1).parse(input)
}

/// The two address columns of a frame that the compiler inlined.
pub fn inline_columns(input: &str) -> IResult<&str, &str> {
    let wide = recognize((tag("(Inline Function)"), blanks1, tag("--------`--------")));
    // Sixteen in mex.
    let narrow = recognize((tag("(Inline)"), blanks1, alt((tag("----------------"), tag("--------")))));
    alt((wide, narrow)).parse(input)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_end_where_the_token_ends() {
        for (input, want) in [
            ("00000000`0b99a320 000007fe", Some("00000000`0b99a320")),
            ("00007F7EE2D65ABB x", Some("00007F7EE2D65ABB")),
            ("0012f0a0 ntdll!x", Some("0012f0a0")),
            ("00000000```0012f0a0 x", Some("00000000```0012f0a0")),
            ("7FFE2B7FD1A8 75ABD117CF16", Some("7FFE2B7FD1A8")),
            ("0012f0a0b", None),
            ("deadbeef_x", None),
            ("0012f0a", None),
        ] {
            assert_eq!(address(input).ok().map(|(_, found)| found), want, "{input}");
        }
    }

    #[test]
    fn frame_numbers_are_hexadecimal() {
        for (input, want) in
            [("0b 000", Some(0xb)), ("10 0", Some(16)), ("100 0", Some(256)), ("0x1 0", None), ("8 000", None)]
        {
            assert_eq!(frame_number(input).ok().map(|(_, found)| found), want, "{input}");
        }
    }
}
