//! Stacks of the debugger engine's `k` family (WinDbg, cdb, ntsd).
//!
//! ```text
//!  # Child-SP          RetAddr           Call Site
//! 00 00000000`0b99a320 000007fe`fbbfcb6b GdiPlus!GpRecolorObject::ColorAdjust+0x28d
//! ChildEBP RetAddr  Args to Child
//! 0012f0a0 7c90d1fc 00000690 00000000 00000000 ntdll!KiFastSystemCallRet (FPO: [0,0,0])
//! Child-SP          RetAddr           : Args to Child                       : Call Site
//! 00000000`0011fcb8 00000001`40001609 : 00000000`0024c4e0 00000000`00fb13d0 00000000`00000010 00000001`400014f9 : ntdll!X
//! ```
//!
//! Column widths differ between builds, so columns are split at runs of blanks and the rest of the line is the call site.

use nom::branch::alt;
use nom::bytes::complete::{tag, take_until, take_while, take_while_m_n};
use nom::character::complete::char;
use nom::combinator::{eof, map, opt, recognize, rest, value, verify};
use nom::multi::count;
use nom::sequence::{delimited, preceded, terminated};
use nom::{IResult, Parser};

use super::k_header::Columns;
use crate::formats::tokens::{address, blanks0, blanks1, frame_number, inline_columns};

/// One frame, its columns cut but not yet understood.
#[derive(Debug, PartialEq, Eq)]
pub struct KLine<'a> {
    pub number: Option<u32>,
    pub child_sp: Option<&'a str>,
    pub ret_addr: Option<&'a str>,
    pub inline: bool,
    /// The line ends within the argument columns.
    pub in_arguments: bool,
    /// `Args to Child`, where there are some.
    pub arguments: &'a str,
    /// May be empty: a frame without a symbol, or with the symbol on the next line.
    pub site: &'a str,
}

const NO_COLUMNS: KLine<'_> =
    KLine { number: None, child_sp: None, ret_addr: None, inline: false, in_arguments: false, arguments: "", site: "" };

/// Reads a frame under the given columns.
pub fn frame(line: &str, columns: Columns) -> Option<KLine<'_>> {
    let parsed = match columns {
        Columns { site_only: true, .. } => bare_site(line, columns.arch),
        Columns { ret_addr_only: true, .. } => with_ret_addr(line),
        Columns { memory: true, numbered, .. } => with_memory(line, numbered),
        Columns { bsp: true, .. } => with_bsp(line),
        Columns { frame_ptr: true, .. } => with_frame_ptr(line),
        Columns { numbered: true, .. } => with_addresses(line).or_else(|_| with_short_number(line)),
        _ => with_addresses(line),
    };
    let (_, frame) = parsed.ok()?;
    // No name has two blanks in it.
    let end = frame.site.find("  ").into_iter().chain(frame.site.find('\t')).min().filter(|_| columns.behind_site);
    Some(KLine { site: end.map_or(frame.site, |end| &frame.site[..end]), ..frame })
}

/// A frame under a header that has lost its Child-SP: one address, then the call site.
pub fn frame_without_child_sp(line: &str) -> Option<KLine<'_>> {
    let columns = (blanks0, opt(frame_number), blanks0, address, blanks1);
    let (site, (_, number, _, ret_addr, _)) = { columns }.parse(line).ok()?;
    let is_site = site.contains('!') && !site.starts_with(|c: char| c.is_ascii_digit());
    is_site.then(|| KLine { number, ret_addr: Some(ret_addr), site: site.trim(), ..NO_COLUMNS })
}

/// Whether a row has the columns of `dps` and `kd`: two blanks between its addresses, and one before the symbol. In copies
/// that set the columns of `k` apart, the last gap is wider too.
pub fn is_memory_row(frame: &KLine<'_>) -> bool {
    let (Some(child_sp), Some(ret_addr)) = (frame.child_sp, frame.ret_addr) else { return false };
    let gap = |above: &str, below: &str| below.as_ptr() as usize - (above.as_ptr() as usize + above.len());
    let is_apart = frame.number.is_none() && gap(child_sp, ret_addr) == 2;
    // An empty call site need not be a part of the line.
    is_apart && (frame.site.is_empty() || gap(ret_addr, frame.site) <= 1)
}

/// Reads a frame of which nothing says that it is one: no row of `dps`, and nothing but a frame number before.
pub fn frame_without_header(line: &str) -> Option<KLine<'_>> {
    let (_, frame) = with_addresses(line).ok()?;
    let (Some(child_sp), Some(ret_addr)) = (frame.child_sp, frame.ret_addr) else {
        // `kb` has arguments between colons, which nothing else that begins with an address has.
        return (frame.inline || frame.ret_addr.is_some()).then_some(frame);
    };
    let between = ret_addr.as_ptr() as usize - (child_sp.as_ptr() as usize + child_sp.len());
    let is_frame = between == 1 || (between == 2 && frame.site.contains(['!', '(']) && !is_memory_row(&frame));
    (is_frame && !frame.site.is_empty()).then_some(frame)
}

/// `10 ntdll!RtlUserThreadStart`
fn bare_site(input: &str, arch: bool) -> IResult<&str, KLine<'_>> {
    let arch_name = terminated(take_while_m_n(3, 8, |c: char| c.is_ascii_alphanumeric()), blanks1);
    let (input, number) = preceded(blanks0, opt(frame_number)).parse(input)?;
    let (input, _) = if arch { opt(arch_name).parse(input)? } else { (input, None) };
    verify(rest, |site: &str| !site.trim().is_empty())
        .map(|site: &str| KLine { number, site: site.trim(), ..NO_COLUMNS })
        .parse(input)
}

/// ``00000000`557c5820     <Unloaded_hook.dll>+0x265fe``
fn with_ret_addr(input: &str) -> IResult<&str, KLine<'_>> {
    let inline =
        || alt((recognize(inline_columns), tag("--------`--------"), tag("--------"), tag("(Inline Function)")));
    let ret_addr = alt((map(address, Some), value(None, inline())));
    let (site, (_, number, _, ret_addr, _, _)) =
        (blanks0, opt(frame_number), blanks0, ret_addr, blanks1, opt((char(':'), blanks1))).parse(input)?;
    verify(rest, |site: &str| !site.trim().is_empty())
        .map(|site: &str| KLine { number, ret_addr, inline: ret_addr.is_none(), site: site.trim(), ..NO_COLUMNS })
        .parse(site)
}

/// ``       90 00000000`0011fd50 00000001`400014e6 svc!WinMainCRTStartup+0x1``: the first frame has no size.
fn with_memory(input: &str, numbered: bool) -> IResult<&str, KLine<'_>> {
    let bytes = verify(take_while_m_n(1, 16, |c: char| c.is_ascii_hexdigit()), |found: &str| found.len() < 8);
    let (input, _) = blanks0(input)?;
    // Without a number column the size of a frame would pass for a number.
    let (input, number) = if numbered { opt(frame_number).parse(input)? } else { (input, None) };
    let (input, _) = opt(preceded(blanks0, terminated(bytes, blanks1))).parse(input)?;
    preceded(blanks0, columns_and_site).map(|frame| KLine { number, ..frame }).parse(input)
}

/// ``00000000`0006e5e0 00000000`00070420 00000000`6b009840 svc!main``: Child-SP, Child-BSP, RetAddr.
fn with_bsp(input: &str) -> IResult<&str, KLine<'_>> {
    let (rest, (_, number)) = (blanks0, opt(frame_number)).parse(input)?;
    let (rest, (child_sp, _)) = (address, blanks1).parse(rest)?;
    columns_and_site.map(|frame| KLine { number, child_sp: Some(child_sp), ..frame }).parse(rest)
}

/// `0012f85c 021a5a86 000100ba 021ad350 004d0370 004d03dc winmsd!GetNetworkData`
fn with_frame_ptr(input: &str) -> IResult<&str, KLine<'_>> {
    let arguments = recognize(nom::multi::many_m_n(0, 4, preceded(argument_gap, address)));
    let (site, (_, frame_ptr, _, ret_addr, arguments)) =
        (blanks0, address, blanks1, address, arguments).parse(input)?;
    let site = site.trim();
    Ok(("", KLine { child_sp: Some(frame_ptr), ret_addr: Some(ret_addr), arguments, site, ..NO_COLUMNS }))
}

/// ` 7 000000ca7d9ff738 00007ff83468536e ntdll!NtWait`: mex fills numbers up with nothing.
fn with_short_number(input: &str) -> IResult<&str, KLine<'_>> {
    let digit =
        map(take_while_m_n(1, 1, |c: char| c.is_ascii_hexdigit()), |digit: &str| u32::from_str_radix(digit, 16).ok());
    let (input, number) = preceded(blanks0, terminated(digit, blanks1)).parse(input)?;
    columns_and_site.map(|frame| KLine { number, ..frame }).parse(input)
}

fn with_addresses(input: &str) -> IResult<&str, KLine<'_>> {
    let (input, number) = preceded(blanks0, opt(frame_number)).parse(input)?;
    columns_and_site.map(|frame| KLine { number, ..frame }).parse(input)
}

fn columns_and_site(input: &str) -> IResult<&str, KLine<'_>> {
    alt((inline_frame, two_addresses, return_address_only)).parse(input)
}

fn inline_frame(input: &str) -> IResult<&str, KLine<'_>> {
    let columns = terminated(inline_columns, opt(arguments));
    map((columns, site), |(_, site)| KLine { inline: true, site, ..NO_COLUMNS }).parse(input)
}

fn two_addresses(input: &str) -> IResult<&str, KLine<'_>> {
    let ret_addr = alt((address, recognize(tag("--------"))));
    let behind = alt((
        cut_arguments,
        map((opt(arguments), site), |(arguments, site)| (false, arguments.unwrap_or_default(), site)),
    ));
    // Disassembly has an address and the bytes there: `00000001`700555f4 f604250803fe7f01 test ...`.
    let columns = verify((address, blanks1, ret_addr), |(child_sp, _, ret_addr): &(&str, &str, &str)| {
        ret_addr.starts_with('-') || child_sp.contains('`') == ret_addr.contains('`')
    });
    map((columns, behind), |((child_sp, _, ret_addr), (in_arguments, arguments, site))| KLine {
        child_sp: Some(child_sp),
        ret_addr: Some(ret_addr),
        in_arguments,
        arguments,
        site,
        ..NO_COLUMNS
    })
    .parse(input)
}

/// `kb` on x64 has no Child-SP.
fn return_address_only(input: &str) -> IResult<&str, KLine<'_>> {
    let behind = alt((cut_arguments, map((colon_arguments, site), |(arguments, site)| (false, arguments, site))));
    map((address, behind), |(ret_addr, (in_arguments, arguments, site))| KLine {
        ret_addr: Some(ret_addr),
        in_arguments,
        arguments,
        site,
        ..NO_COLUMNS
    })
    .parse(input)
}

fn arguments(input: &str) -> IResult<&str, &str> {
    alt((colon_arguments, three_arguments)).parse(input)
}

/// ` : a b c d : `, or ` : ... : ` where the documentation leaves them out.
fn colon_arguments(input: &str) -> IResult<&str, &str> {
    delimited((blanks0, char(':'), blanks1), take_until(" :"), (tag(" :"), opt(blanks1))).parse(input)
}

/// ` : 00000000`0024c4e0 00000000`00fb13`: a window wraps `kv` and `kb` within the arguments.
fn cut_arguments(input: &str) -> IResult<&str, (bool, &str, &str)> {
    let is_column = |c: char| c.is_ascii_hexdigit() || matches!(c, '`' | ' ' | '\t' | '.');
    let columns = (blanks0, char(':'), take_while(is_column), opt(char(':')), blanks0, eof);
    value((true, "", ""), columns).parse(input)
}

/// Blanks between two arguments; in some repaired copies a dot.
fn argument_gap(input: &str) -> IResult<&str, &str> {
    alt((blanks1, tag("."))).parse(input)
}

/// ` 00000690 00000000 00000000` between the addresses and the call site of 32-bit `kb` and `kv`.
fn three_arguments(input: &str) -> IResult<&str, &str> {
    let argument = alt((address, recognize(tag("--------"))));
    recognize((
        preceded(blanks1, argument),
        count(preceded(argument_gap, alt((address, recognize(tag("--------"))))), 2),
    ))
    .parse(input)
}

fn site(input: &str) -> IResult<&str, &str> {
    let text = preceded(blanks0, rest).map(|site: &str| site.trim_end());
    // What follows an address directly is no column.
    if !input.is_empty() && !input.starts_with([' ', '\t', '\u{a0}']) && !input.starts_with(is_site_start) {
        return Err(nom::Err::Error(nom::error::Error::new(input, nom::error::ErrorKind::Space)));
    }
    map(text, |site| site).parse(input)
}

fn is_site_start(c: char) -> bool {
    c.is_alphabetic() || matches!(c, '_' | '<' | '?' | '0'..='9' | '*')
}

#[cfg(test)]
mod tests {
    use super::super::k_header::header;
    use super::*;

    /// number | return address | inline | call site
    fn check(header_line: &str, line: &str, want: Option<&str>) {
        let columns = header(header_line).unwrap_or_else(|| panic!("no header: {header_line}"));
        let got = frame(line, columns).map(|frame| {
            let number = frame.number.map(|number| format!("{number:#x}")).unwrap_or("-".to_string());
            format!("{number} | {} | {} | {}", frame.ret_addr.unwrap_or("-"), frame.inline, frame.site)
        });
        assert_eq!(got.as_deref(), want, "{line}");
    }

    #[test]
    fn frames_under_their_headers() {
        const X64: &str = " # Child-SP          RetAddr           Call Site";
        const KV64: &str = "Child-SP          RetAddr           : Args to Child           : Call Site";
        const KB64: &str = "RetAddr           : Args to Child                             : Call Site";
        const KB86: &str = "ChildEBP RetAddr  Args to Child";
        for (header, line, want) in [
            (
                X64,
                "0b 00000000`0b99b2f0 000007fe`fbae2c48 G!D+0x362",
                Some("0xb | 000007fe`fbae2c48 | false | G!D+0x362"),
            ),
            (
                X64,
                "0b 00000000`0b99b2f0 000007fe`fbae2c48     G!D+0x362",
                Some("0xb | 000007fe`fbae2c48 | false | G!D+0x362"),
            ),
            (
                X64,
                "10 (Inline Function) --------`--------     clr!x+0x1a [a.h @ 3]",
                Some("0x10 | - | true | clr!x+0x1a [a.h @ 3]"),
            ),
            (X64, "00000000`0019dd38 00000000`027e7914 0xea60", Some("- | 00000000`027e7914 | false | 0xea60")),
            (X64, "    00000000`0019dd38 00000000`027e7914 a!b", Some("- | 00000000`027e7914 | false | a!b")),
            (X64, "00000000`0019dd38 00000000`027e7914", Some("- | 00000000`027e7914 | false | ")),
            (X64, "Int32, Int32, Int32)+0x179", None),
            (
                KV64,
                "00000000`0011fcb8 00000001`40001609 : 00000000`0024c4e0 00000000`00fb13d0 00000000`00000010 00000001`400014f9 : ntdll!Dbg",
                Some("- | 00000001`40001609 | false | ntdll!Dbg"),
            ),
            (
                KV64,
                "00 00000000`0011fcb8 00000001`40001609     : ... : ntdll!Dbg",
                Some("0x0 | 00000001`40001609 | false | ntdll!Dbg"),
            ),
            (
                KB64,
                "00000001`400013ae : 00000000`00000000 00000000`00000000 00000000`00000000 00000000`00000000 : svc!main+0xf9",
                Some("- | 00000001`400013ae | false | svc!main+0xf9"),
            ),
            (
                KB86,
                "0012f0a0 7c90d1fc 00000690 00000000 00000000 ntdll!KiFastSystemCallRet (FPO: [0,0,0])",
                Some("- | 7c90d1fc | false | ntdll!KiFastSystemCallRet (FPO: [0,0,0])"),
            ),
            (KB86, "(Inline) -------- -------- -------- -------- a!b+0x3", Some("- | - | true | a!b+0x3")),
            ("ChildEBP RetAddr", "02 0012f0a0 7c90d1fc a!b+0x3", Some("0x2 | 7c90d1fc | false | a!b+0x3")),
            (
                "RetAddr               Call Site",
                "00000000`557c5820     <Unloaded_hook.dll>+0x265fe",
                Some("- | 00000000`557c5820 | false | <Unloaded_hook.dll>+0x265fe"),
            ),
            ("RetAddr               Call Site", "00000000`557c5820", None),
            ("RetAddr               Call Site", "--------`--------     a!b+0x3", Some("- | - | true | a!b+0x3")),
            (
                "RetAddr               : Call Site",
                "00007ff8`557c5820     : a!b+0x3",
                Some("- | 00007ff8`557c5820 | false | a!b+0x3"),
            ),
            (" # Call Site", "1f ntdll!RtlUserThreadStart", Some("0x1f | - | false | ntdll!RtlUserThreadStart")),
            ("Call Site", "coreclr", Some("- | - | false | coreclr")),
            (
                "FramePtr ReturnAd Param#1  Param#2  Param#3  Param#4  Function Name",
                "0012f85c 021a5a86 000100ba 021ad350 004d0370 004d03dc winmsd!GetNetworkData",
                Some("- | 021a5a86 | false | winmsd!GetNetworkData"),
            ),
            (
                "FramePtr  RetAddr   Param1   Param2   Param3   Function Name",
                "0b4ffc74  77f6c600  000000c8.00000000 77fa5ad0 svc!CreateMsgFile+0x1b",
                Some("- | 77f6c600 | false | svc!CreateMsgFile+0x1b"),
            ),
            (
                "Child-SP          Child-BSP         RetAddr",
                "00000000`0006e5e0 00000000`00070420 00000000`6b009840",
                Some("- | 00000000`6b009840 | false | "),
            ),
            (
                "# Child-SP         Return           Call Site",
                "a ffff85893b286a10 fffff8015185e095 nt!KiSwapContext+0x76",
                Some("0xa | fffff8015185e095 | false | nt!KiSwapContext+0x76"),
            ),
            (
                "# Child-SP         Return           Call Site                       Info",
                " 2 0000000002eae010 0000000076c63b40 ntdll!RtlEnterCriticalSection+0xd1       Critical Section: 1a Owning Thread ID: 0x7668",
                Some("0x2 | 0000000076c63b40 | false | ntdll!RtlEnterCriticalSection+0xd1"),
            ),
            (
                "# Child-SP         Return           Call Site                   Source",
                "4 (Inline)         ---------------- Test!invoke_main+0x22       D:\\src\\exe_common.inl @ 78",
                Some("0x4 | - | true | Test!invoke_main+0x22"),
            ),
            (" #   Arch   Call Site", "00 ARM64 ntdll!Nt", Some("0x0 | - | false | ntdll!Nt")),
            (
                "  Memory  Child-SP          RetAddr           Call Site",
                "       90 00000000`0011fd50 00000001`400014e6 a!b",
                Some("- | 00000001`400014e6 | false | a!b"),
            ),
            (
                " #   Memory  Child-SP          RetAddr           Call Site",
                "00           00000000`0011fd50 00000001`400014e6 a!b",
                Some("0x0 | 00000001`400014e6 | false | a!b"),
            ),
            (
                "  Memory  Child-SP          RetAddr           Call Site",
                "          00000000`0011fcb8 00000001`40001609 a!b",
                Some("- | 00000001`40001609 | false | a!b"),
            ),
        ] {
            check(header, line, want);
        }
    }

    #[test]
    fn without_a_header_two_blanks_are_no_frame() {
        for (line, want) in [
            ("00000000`0011fcb8  00000001`40001609 svc!main+0xf9", false),
            ("00000000`0011fcb8 00000001`40001609 svc!main+0xf9", true),
            ("0012f0a0 7c90d1fc ntdll!KiFastSystemCallRet", true),
            ("00000000`700555f4 cc              int     3", false),
            ("00000001`400018e0 svc!Contoso::Renderer (void)", false),
            // Columns set apart; `dps` has one blank before its symbols, and a line may end within the arguments.
            ("0b1ee4ac  76061a2c   KERNELBASE!WaitForMultipleObjectsEx+0x100", true),
            ("0b1ee4ac  76061a2c KERNELBASE!WaitForMultipleObjectsEx+0x100", false),
            ("0b1ee4ac  76061a2c : 00000000 0000", false),
        ] {
            assert_eq!(frame_without_header(line).is_some(), want, "{line}");
        }
    }
}
