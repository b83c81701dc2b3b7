//! The byte-shape test: most lines of a long log are frames in one of two shapes, told without decoding any column.
//!
//! ``0b 00000000`0b99b2f0 000007fe`fbae2c48 GdiPlus!GdipDrawImageRectRect+0x362`` (with or without the number) and
//! `000000001bb1e9a0 000006440a314fc1 System.Drawing.Graphics.DrawBezier(System.Drawing.Pen)`. Everything else, and
//! every distinct call site once, is read by the grammar.

/// A line in one of the two shapes.
#[derive(Debug, PartialEq, Eq)]
pub struct Shape {
    pub number: Option<u32>,
    /// The digits of Child-SP.
    pub child_sp: [u8; 16],
    /// The return address column is zero: the thread's first frame.
    pub is_last: bool,
    /// Where the call site begins.
    pub site: usize,
}

/// A 64-bit `k` frame: number, Child-SP, RetAddr, call site, one blank between them.
#[inline]
pub fn k64(line: &[u8]) -> Option<Shape> {
    let numbered = *line.get(2)? == b' ';
    let start = if numbered { 3 } else { 0 };
    let columns: &[u8; 37] = line.get(start..start + 37)?.first_chunk()?;
    if columns[8] != b'`' || columns[17] != b' ' || columns[26] != b'`' || columns[35] != b' ' {
        return None;
    }
    // One half of each address: with the separators in their places, nothing else has these.
    if !(hex8(columns, 9) & hex8(columns, 27)) {
        return None;
    }
    // A blank or a colon here: argument columns follow, or it is the two-blank shape of `dps`.
    if matches!(columns[36], b' ' | b':' | b'\t') {
        return None;
    }
    let number = match numbered {
        true => Some(hex_pair(line[0], line[1])?),
        false => None,
    };
    let is_last = columns[18..26] == *b"00000000" && columns[27..35] == *b"00000000";
    let mut child_sp = [0; 16];
    child_sp[..8].copy_from_slice(&columns[..8]);
    child_sp[8..].copy_from_slice(&columns[9..17]);
    Some(Shape { number, child_sp, is_last, site: start + 36 })
}

/// A 64-bit SOS row: Child SP, IP, method; a row with a `[marker]` is left to the grammar.
#[inline]
pub fn sos64(line: &[u8]) -> Option<Shape> {
    let columns: &[u8; 35] = line.first_chunk()?;
    if columns[16] != b' ' || columns[33] != b' ' || matches!(columns[34], b'[' | b' ' | b'<' | b'*') {
        return None;
    }
    let is_row = hex8(columns, 8) & hex8(columns, 25) & hex8(columns, 17);
    let mut child_sp = [0; 16];
    child_sp.copy_from_slice(&columns[..16]);
    is_row.then_some(Shape { number: None, child_sp, is_last: false, site: 34 })
}

/// Whether the eight bytes at `at` are hexadecimal digits, all asked at once: adding 0x80 - n to a byte below 0x80 sets
/// its high bit when the byte is at least n.
#[inline]
fn hex8<const N: usize>(bytes: &[u8; N], at: usize) -> bool {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = ONES * 0x80;
    let Some(eight) = bytes[at..].first_chunk() else { return false };
    let word = u64::from_le_bytes(*eight);
    let at_least = |word: u64, least: u8| word.wrapping_add(ONES * u64::from(0x80 - least));
    let lower = word | (ONES * 0x20);
    let digit = at_least(word, b'0') & !at_least(word, b'9' + 1);
    let letter = at_least(lower, b'a') & !at_least(lower, b'f' + 1);
    word & HIGH == 0 && (digit | letter) & HIGH == HIGH
}

#[inline(always)]
fn hex_pair(high: u8, low: u8) -> Option<u32> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(u32::from(byte - b'0')),
        b'a'..=b'f' => Some(u32::from(byte - b'a') + 10),
        _ => None,
    };
    Some(digit(high)? << 4 | digit(low)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_digits_at_once() {
        for byte in 0..=255u8 {
            for at in 0..8 {
                let mut bytes = *b"09afAF5c";
                bytes[at] = byte;
                assert_eq!(hex8(&bytes, 0), byte.is_ascii_hexdigit(), "{byte:#x} at {at}");
            }
        }
    }

    #[test]
    fn only_the_plain_shapes_pass() {
        for (line, want) in [
            ("0b 00000000`0b99b2f0 000007fe`fbae2c48 G!D+0x362", Some((Some(11), false, 39))),
            ("00000000`0b99b2f0 00000000`00000000 G!D+0x362", Some((None, true, 36))),
            ("00000000`0011fcb8  00000001`40001609 svc!main+0xf9", None), // dps
            ("00000000`0011fcb8 00000001`40001609 : 00000000`0024c4e0", None), // kv
            ("00000000`700555f4 cc              int     3", None),
            ("0b 00000000`0b99b2f0 000007fe`fbae2c48", None),
            ("zz 00000000`0b99b2f0 000007fe`fbae2c48 G!D", None),
        ] {
            let got = k64(line.as_bytes()).map(|shape| (shape.number, shape.is_last, shape.site));
            assert_eq!(got, want, "{line}");
        }
        for (line, want) in [
            ("000000001bb1e9a0 000006440a314fc1 A.B.C()", true),
            ("000000001bb1e9a0 000006440a314fc1 [GCFrame: 00]", false),
            ("000000001bb1e9a0                  [GCFrame: 00]", false),
        ] {
            assert_eq!(sos64(line.as_bytes()).is_some(), want, "{line}");
        }
    }
}
