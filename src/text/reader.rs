//! Streams a byte source as UTF-8 chunks that end at line ends.

use std::io::{self, Read};

use encoding_rs::{CoderResult, Decoder, UTF_16BE, UTF_16LE, WINDOWS_1252};
use memchr::{memchr, memchr_iter, memrchr};

use super::Encoding;

/// Bytes read at a time: large enough to hide the cost of a read, small enough to stay in the processor's cache.
const READ: usize = 64 * 1024;
/// Bytes that tell a source that is no text of lines.
const HEAD: usize = 256;
/// A longer line is not debugger output; it is counted and left out.
const LONGEST_LINE: usize = 1024 * 1024;

/// A stretch of whole lines (the last one of a source may lack its line end).
#[derive(Debug, PartialEq, Eq)]
pub struct Chunk<'a> {
    pub text: &'a str,
    /// After `text` came one line longer than 1 MiB, which was left out: its length in bytes.
    pub overlong: Option<u64>,
}

/// Why a source cannot be read as text.
#[derive(Debug, thiserror::Error)]
pub enum TextError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("{0}")]
    Binary(BinaryKind),
}

/// What a binary file is, as far as its first bytes tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BinaryKind {
    #[error(
        "this is a memory dump, not text; open it in WinDbg or cdb and save the output of `~*kL` and `~*e !clrstack`"
    )]
    MemoryDump,
    #[error("this is a binary log of performance counters, not text; convert it first: `relog x.blg -f CSV -o x.csv`")]
    CounterLog,
    #[error("this is a compressed archive, not text; unpack it first")]
    Archive,
    #[error("this is a binary file, not text; stacklint reads saved debugger output")]
    Unknown,
}

/// Reads a source chunk by chunk. Memory stays bounded by the longest line allowed.
pub struct TextReader<R> {
    input: R,
    encoding: Encoding,
    utf16: Option<Decoder>,
    /// Decoded bytes; `[..given]` was handed out last time, `[given..filled]` waits for its line end.
    buffer: Vec<u8>,
    given: usize,
    filled: usize,
    /// Undecoded UTF-16 bytes.
    raw: Vec<u8>,
    /// Line ends are a lone CR, as on old Macs.
    cr_ends: bool,
    started: bool,
    ended: bool,
    /// The last chunk when it had to be rewritten.
    rewritten: String,
}

impl<R: Read> TextReader<R> {
    pub fn new(input: R) -> Self {
        TextReader {
            input,
            encoding: Encoding::Utf8,
            utf16: None,
            buffer: Vec::new(),
            given: 0,
            filled: 0,
            raw: Vec::new(),
            cr_ends: false,
            started: false,
            ended: false,
            rewritten: String::new(),
        }
    }

    /// The encoding as far as it is known: Windows-1252 shows only at the first line that needs it.
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// The next chunk, or `None` at the end.
    pub fn next_chunk(&mut self) -> Result<Option<Chunk<'_>>, TextError> {
        self.buffer.copy_within(self.given..self.filled, 0);
        self.filled -= self.given;
        self.given = 0;
        let mut overlong = None;
        let mut searched = 0;
        let end = loop {
            if let Some(at) = memrchr(b'\n', &self.buffer[searched..self.filled]) {
                break searched + at + 1;
            }
            if self.ended {
                break self.filled;
            }
            if self.filled > LONGEST_LINE {
                overlong = Some(self.skip_line()?);
                break 0;
            }
            searched = self.filled;
            self.fill()?;
        };
        if end == 0 && overlong.is_none() {
            return Ok(None);
        }
        self.given = end;
        let text = as_text(&self.buffer[..end], &mut self.rewritten, &mut self.encoding);
        Ok(Some(Chunk { text, overlong }))
    }

    /// The first text of the source, without taking it: some hundred bytes, or all there are.
    pub fn head(&mut self) -> Result<&[u8], TextError> {
        while self.filled - self.given < HEAD && !self.ended {
            self.fill()?;
        }
        Ok(&self.buffer[self.given..self.filled])
    }

    /// What comes next as UTF-8, cut anywhere: for a format whose lines have no bound. `None` at the end.
    pub fn next_bytes(&mut self) -> Result<Option<&[u8]>, TextError> {
        self.buffer.copy_within(self.given..self.filled, 0);
        self.filled -= self.given;
        while self.filled == 0 && !self.ended {
            self.fill()?;
        }
        self.given = self.filled;
        Ok((self.filled > 0).then_some(&self.buffer[..self.filled]))
    }

    fn fill(&mut self) -> Result<(), TextError> {
        if self.ended {
            return Ok(());
        }
        if !self.started {
            return self.start();
        }
        let before = self.filled;
        match self.encoding {
            Encoding::Utf8 | Encoding::Windows1252 => {
                self.buffer.resize(self.buffer.len().max(self.filled + READ), 0);
                let got = read_some(&mut self.input, &mut self.buffer[before..before + READ])?;
                self.filled += got;
                self.ended = got == 0;
            }
            Encoding::Utf16Le | Encoding::Utf16Be => {
                let kept = self.raw.len();
                self.raw.resize(kept + READ, 0);
                let got = read_some(&mut self.input, &mut self.raw[kept..])?;
                self.raw.truncate(kept + got);
                self.decode_utf16(got == 0);
            }
        }
        self.unify_line_ends(before);
        Ok(())
    }

    /// The first read tells encoding and line ends, and refuses what is not text.
    fn start(&mut self) -> Result<(), TextError> {
        self.started = true;
        let mut head = vec![0; READ];
        let got = read_some(&mut self.input, &mut head)?;
        head.truncate(got);
        let (encoding, mark) = Encoding::detect(&head);
        self.encoding = encoding;
        let body = &head[mark..];
        match encoding {
            Encoding::Utf8 | Encoding::Windows1252 => {
                let start = &body[..body.len().min(8192)];
                // SOS prints a zero byte now and then; binary files are full of them.
                if memchr_iter(0, start).count() * 200 > start.len() || is_dump_or_archive(start) {
                    return Err(TextError::Binary(binary_kind(body)));
                }
                self.filled = body.len();
                head.drain(..mark);
                self.buffer = head;
            }
            Encoding::Utf16Le => {
                self.utf16 = Some(UTF_16LE.new_decoder_without_bom_handling());
                self.raw = head.split_off(mark);
            }
            Encoding::Utf16Be => {
                self.utf16 = Some(UTF_16BE.new_decoder_without_bom_handling());
                self.raw = head.split_off(mark);
            }
        }
        if self.utf16.is_some() {
            self.decode_utf16(got == 0);
        }
        self.ended = got == 0;
        let text = &self.buffer[..self.filled];
        self.cr_ends = memchr(b'\n', text).is_none() && memchr(b'\r', text).is_some();
        self.unify_line_ends(0);
        Ok(())
    }

    fn decode_utf16(&mut self, last: bool) {
        let Some(decoder) = &mut self.utf16 else { return };
        let mut from = 0;
        loop {
            let need = decoder.max_utf8_buffer_length(self.raw.len() - from).unwrap_or(READ * 3);
            self.buffer.resize(self.buffer.len().max(self.filled + need), 0);
            let (result, read, written, _) =
                decoder.decode_to_utf8(&self.raw[from..], &mut self.buffer[self.filled..], last);
            from += read;
            self.filled += written;
            if result == CoderResult::InputEmpty {
                break;
            }
        }
        self.raw.clear();
        self.ended = last;
    }

    fn unify_line_ends(&mut self, from: usize) {
        if !self.cr_ends {
            return;
        }
        for byte in &mut self.buffer[from..self.filled] {
            if *byte == b'\r' {
                *byte = b'\n';
            }
        }
    }

    /// Drops the line that fills the buffer and everything up to its end; its length in bytes.
    fn skip_line(&mut self) -> Result<u64, TextError> {
        let mut length = self.filled as u64;
        self.filled = 0;
        while !self.ended {
            self.fill()?;
            if let Some(at) = memchr(b'\n', &self.buffer[..self.filled]) {
                length += at as u64;
                self.buffer.copy_within(at + 1..self.filled, 0);
                self.filled -= at + 1;
                break;
            }
            length += self.filled as u64;
            self.filled = 0;
        }
        Ok(length)
    }
}

/// The bytes as text; lines that are not UTF-8 are read as Windows-1252.
fn as_text<'a>(bytes: &'a [u8], rewritten: &'a mut String, encoding: &mut Encoding) -> &'a str {
    if let Ok(text) = simdutf8::basic::from_utf8(bytes) {
        return text;
    }
    *encoding = Encoding::Windows1252;
    rewritten.clear();
    for line in bytes.split_inclusive(|&byte| byte == b'\n') {
        match std::str::from_utf8(line) {
            Ok(line) => rewritten.push_str(line),
            Err(_) => rewritten.push_str(&WINDOWS_1252.decode_without_bom_handling(line).0),
        }
    }
    rewritten
}

fn read_some(input: &mut impl Read, into: &mut [u8]) -> io::Result<usize> {
    loop {
        match input.read(into) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

fn is_dump_or_archive(head: &[u8]) -> bool {
    binary_kind(head) != BinaryKind::Unknown
}

fn binary_kind(head: &[u8]) -> BinaryKind {
    const DUMPS: [&[u8]; 4] = [b"MDMP", b"PAGEDUMP", b"PAGEDU64", b"\x7fELF"];
    const ARCHIVES: [&[u8]; 5] = [b"PK\x03\x04", b"\x1f\x8b", b"MSCF", b"7z\xbc\xaf", b"Rar!"];
    if DUMPS.iter().any(|magic| head.starts_with(magic)) {
        return BinaryKind::MemoryDump;
    }
    if ARCHIVES.iter().any(|magic| head.starts_with(magic)) {
        return BinaryKind::Archive;
    }
    if is_counter_log(head) {
        return BinaryKind::CounterLog;
    }
    BinaryKind::Unknown
}

/// Whether a binary file is a `.blg`: since Windows XP these are written by the event tracing of Windows. Such a file has no
/// magic number. Its first record, behind a buffer header of 72 bytes, has the marker `0xC0` with the kind and version of
/// its header, and holds the name under which the file was written, in UTF-16 (G. Chappell, TRACE_LOGFILE_HEADER).
fn is_counter_log(head: &[u8]) -> bool {
    const NAME_END: &[u8] = b".\0b\0l\0g\0";
    let start = &head[..head.len().min(8192)];
    let traced = matches!(start.get(72..76), Some([_, _, 1 | 2, 0xC0]));
    let lower = |window: &[u8]| window.iter().map(u8::to_ascii_lowercase).eq(NAME_END.iter().copied());
    traced && start.windows(NAME_END.len()).any(lower)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives at most `step` bytes a read, to put chunk ends everywhere.
    struct Slowly<'a>(&'a [u8], usize);

    impl Read for Slowly<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let count = self.1.min(self.0.len()).min(into.len());
            into[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    fn read_all(bytes: &[u8], step: usize) -> (String, Encoding, Vec<u64>) {
        let mut reader = TextReader::new(Slowly(bytes, step));
        let (mut text, mut overlong) = (String::new(), Vec::new());
        while let Some(chunk) = reader.next_chunk().unwrap() {
            text.push_str(chunk.text);
            overlong.extend(chunk.overlong);
        }
        (text, reader.encoding(), overlong)
    }

    fn utf16(text: &str, to_bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(to_bytes).collect()
    }

    #[test]
    fn every_encoding_gives_the_same_text() {
        let text = "0:057> kL\r\n00 clr!Fn+0x1\r\nlast";
        let with_mark = |mark: &[u8], body: Vec<u8>| [mark, &body].concat();
        for (bytes, encoding) in [
            (text.as_bytes().to_vec(), Encoding::Utf8),
            (with_mark(b"\xEF\xBB\xBF", text.as_bytes().to_vec()), Encoding::Utf8),
            (utf16(text, u16::to_le_bytes), Encoding::Utf16Le),
            (utf16(text, u16::to_be_bytes), Encoding::Utf16Be),
            (with_mark(b"\xFF\xFE", utf16(text, u16::to_le_bytes)), Encoding::Utf16Le),
            (with_mark(b"\xFE\xFF", utf16(text, u16::to_be_bytes)), Encoding::Utf16Be),
        ] {
            for step in [16, 17, 1000] {
                assert_eq!(read_all(&bytes, step), (text.to_string(), encoding, vec![]), "{encoding:?} by {step}");
            }
        }
    }

    #[test]
    fn only_the_lines_that_need_it_are_read_as_windows_1252() {
        let (text, encoding, _) = read_all(b"caf\xe9 \x97 one\ncaf\xc3\xa9 two\n", 1000);
        assert_eq!(text, "caf\u{e9} \u{2014} one\ncaf\u{e9} two\n");
        assert_eq!(encoding, Encoding::Windows1252);
    }

    #[test]
    fn lone_carriage_returns_end_lines() {
        assert_eq!(read_all(b"one\rtwo\rthree", 5).0, "one\ntwo\nthree");
    }

    #[test]
    fn an_overlong_line_is_counted_and_left_out() {
        let mut bytes = b"before\n".to_vec();
        bytes.resize(bytes.len() + LONGEST_LINE * 2, b'x');
        bytes.extend(b"\nafter\n");
        let (text, _, overlong) = read_all(&bytes, 100_000);
        assert_eq!((text.as_str(), overlong), ("before\nafter\n", vec![LONGEST_LINE as u64 * 2]));
    }

    #[test]
    fn binary_input_is_refused() {
        for (bytes, want) in [
            (&b"MDMP\x93\xa7\0\0\x0d\0\0\0\x20\0"[..], BinaryKind::MemoryDump),
            (b"PK\x03\x04\x14\0\0\0\x08\0", BinaryKind::Archive),
            (b"\x01\x02\x00\x00\x03\x04\x05", BinaryKind::Unknown),
        ] {
            match TextReader::new(bytes).next_chunk() {
                Err(TextError::Binary(kind)) => assert_eq!(kind, want),
                other => panic!("{bytes:?}: {other:?}"),
            }
        }
    }

    #[test]
    fn binary_logs_of_counters_are_told_by_their_first_record() {
        let mut log = vec![0; 72];
        log.extend([2, 0, 2, 0xC0, 0x98, 1, 0, 0]);
        log.resize(log.len() + 300, 0);
        let trace = [log.clone(), utf16("C:\\PerfLogs\\nightly.etl", u16::to_le_bytes)].concat();
        let counters = [log, utf16("C:\\PerfLogs\\nightly.BLG", u16::to_le_bytes)].concat();
        for (bytes, want) in [(counters, BinaryKind::CounterLog), (trace, BinaryKind::Unknown)] {
            match TextReader::new(&bytes[..]).next_chunk() {
                Err(TextError::Binary(kind)) => assert_eq!(kind, want),
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn the_head_is_not_taken_and_bytes_come_whatever_the_lines() {
        for step in [16, 17, 1000] {
            let text = "{ \"a\": \"\u{e9}\" }".repeat(40);
            for bytes in [text.as_bytes().to_vec(), utf16(&text, u16::to_le_bytes)] {
                let mut reader = TextReader::new(Slowly(&bytes, step));
                assert!(reader.head().unwrap().starts_with(b"{ \"a\""));
                let mut all = Vec::new();
                while let Some(bytes) = reader.next_bytes().unwrap() {
                    all.extend(bytes);
                }
                assert_eq!(String::from_utf8(all).unwrap(), text, "by {step}");
            }
        }
    }

    #[test]
    fn nothing_in_nothing_out() {
        assert_eq!(read_all(b"", 10), (String::new(), Encoding::Utf8, vec![]));
    }
}
