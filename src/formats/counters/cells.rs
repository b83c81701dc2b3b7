//! The cells of one record of a CSV or TSV file.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

/// Splits records into cells; the memory is used again for the next record.
pub struct Cells {
    core: Reader,
    pub delimiter: u8,
    text: Vec<u8>,
    /// Where each cell ends in the text.
    ends: Vec<usize>,
    count: usize,
}

/// What a text is as a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Record {
    Whole,
    /// A quotation mark is open at its end: the record was cut, or goes on in the next line.
    Open,
    /// It holds several records.
    Damaged,
}

impl Cells {
    pub fn new(delimiter: u8) -> Self {
        let core = ReaderBuilder::new().delimiter(delimiter).build();
        Cells { core, delimiter, text: Vec::new(), ends: Vec::new(), count: 0 }
    }

    /// Takes a record apart.
    pub fn split(&mut self, record: &str) -> Record {
        self.core.reset();
        self.count = 0;
        // A cell is never longer than its text; each cell but the last has a delimiter.
        self.text.resize(record.len() + 2, 0);
        self.ends.resize(record.len() + 2, 0);
        let (result, read, written, ends) = self.core.read_record(record.as_bytes(), &mut self.text, &mut self.ends);
        if result != ReadRecordResult::InputEmpty || read != record.len() {
            return Record::Damaged;
        }
        let (result, _, _, more) = self.core.read_record(b"\n", &mut self.text[written..], &mut self.ends[ends..]);
        if result != ReadRecordResult::Record {
            return Record::Open;
        }
        self.count = ends + more;
        Record::Whole
    }

    pub fn len(&self) -> usize {
        self.count
    }

    /// A cell without the blanks around it; tools pad values on the left. Cells that are not there are empty.
    pub fn get(&self, at: usize) -> &str {
        let cell = self.as_is(at).trim();
        // A blank before the quotation marks makes them part of the cell.
        cell.strip_prefix('"').and_then(|cell| cell.strip_suffix('"')).map_or(cell, str::trim)
    }

    /// A cell with its blanks.
    pub fn as_is(&self, at: usize) -> &str {
        if at >= self.count {
            return "";
        }
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        let cell = self.text.get(start..self.ends[at]).unwrap_or_default();
        std::str::from_utf8(cell).unwrap_or_default()
    }

    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.count).map(|at| self.get(at))
    }
}

/// The delimiter of a file by its header: the first of these outside of quotation marks.
pub fn delimiter(header: &str) -> Option<u8> {
    let mut quoted = false;
    for byte in header.bytes() {
        match byte {
            b'"' => quoted = !quoted,
            b',' | b';' | b'\t' if !quoted => return Some(byte),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_split() {
        for (record, delimiter, want) in [
            ("\"a\",\" 1.5\",\" \"", b',', Some("a|1.5|")),
            ("a;1,5;", b';', Some("a|1,5|")),
            ("\"a\"\t\"b,c\"", b'\t', Some("a|b,c")),
            ("a, \"b\"", b',', Some("a|b")),
            ("\"a \"\"b\"\"\",c", b',', Some("a \"b\"|c")),
            ("\"a\",\"1.2", b',', None),
            ("a\rb,c", b',', None),
        ] {
            let mut cells = Cells::new(delimiter);
            let whole = cells.split(record) == Record::Whole;
            let got = whole.then(|| cells.iter().collect::<Vec<_>>().join("|"));
            assert_eq!(got.as_deref(), want, "{record}");
        }
    }

    #[test]
    fn delimiters_are_told_by_the_header() {
        for (header, want) in [("\"(PDH-CSV 4.0)\";\"a,b\"", Some(b';')), ("\"a;b\"\t\"c\"", Some(b'\t')), ("a", None)]
        {
            assert_eq!(delimiter(header), want, "{header}");
        }
    }
}
