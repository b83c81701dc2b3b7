//! Which encoding a text is in, told from its first bytes.

/// The encoding a source turned out to be in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    Utf8,
    Utf16Le,
    Utf16Be,
    /// Some lines were not valid UTF-8 and were read as Windows-1252, which gives every byte a meaning.
    Windows1252,
}

impl Encoding {
    /// The name printed in reports.
    pub fn name(self) -> &'static str {
        match self {
            Encoding::Utf8 => "utf-8",
            Encoding::Utf16Le => "utf-16le",
            Encoding::Utf16Be => "utf-16be",
            Encoding::Windows1252 => "windows-1252",
        }
    }

    /// Tells the encoding from a text's first bytes, and how many of them are a byte order mark.
    ///
    /// UTF-16 without a mark is told by its zero bytes: debugger text is nearly all ASCII, so nearly every second byte
    /// is zero, the high one.
    pub(super) fn detect(head: &[u8]) -> (Encoding, usize) {
        match head {
            [0xEF, 0xBB, 0xBF, ..] => return (Encoding::Utf8, 3),
            [0xFF, 0xFE, ..] => return (Encoding::Utf16Le, 2),
            [0xFE, 0xFF, ..] => return (Encoding::Utf16Be, 2),
            _ => {}
        }
        let head = &head[..head.len().min(4096) & !1];
        let pairs = head.len() / 2;
        let zero_at = |parity: usize| head.iter().skip(parity).step_by(2).filter(|&&byte| byte == 0).count();
        let (even, odd) = (zero_at(0), zero_at(1));
        if pairs >= 2 && odd * 10 >= pairs * 7 && even * 10 < pairs {
            return (Encoding::Utf16Le, 0);
        }
        if pairs >= 2 && even * 10 >= pairs * 7 && odd * 10 < pairs {
            return (Encoding::Utf16Be, 0);
        }
        (Encoding::Utf8, 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn told_from_the_first_bytes() {
        for (head, want) in [
            (&b"0:000> k"[..], (Encoding::Utf8, 0)),
            (b"\xEF\xBB\xBF0:000>", (Encoding::Utf8, 3)),
            (b"\xFF\xFE0\0:\0", (Encoding::Utf16Le, 2)),
            (b"\xFE\xFF\x000\0:", (Encoding::Utf16Be, 2)),
            (b"0\0:\x000\x000\x00", (Encoding::Utf16Le, 0)),
            (b"\x000\0:\x000\x000", (Encoding::Utf16Be, 0)),
            (b"", (Encoding::Utf8, 0)),
            (b"MDMP\x93\xa7\0\0\x0d\0\0\0", (Encoding::Utf8, 0)),
        ] {
            assert_eq!(Encoding::detect(head), want, "{head:?}");
        }
    }
}
