//! `dotnet-gcdump report`: the objects that were alive after a collection, by type.
//!
//! ```text
//!           1,229,480  GC Heap bytes
//!              20,147  GC Heap objects
//!
//!    Object Bytes     Count  Type
//!       1,191,000         1  System.Byte[] (Bytes > 1M)  [System.Private.CoreLib.dll]
//!             264     8,120  Contoso.Shop.Basket  [Contoso.Shop.dll]
//! ```
//!
//! As `PrintReportHelper` of dotnet-gcdump writes it: `Object Bytes` is the size of one object of the type, not of all of
//! them, and large objects of a type have rows of their own.

use super::{TableFormat, TableLine, first_words, is_count, words_are};

pub const FORMAT: TableFormat =
    TableFormat { name: "gcdump-report", commands: &[], columns: &["object bytes", "count", "type"], line, shows };

fn line(text: &str) -> Option<TableLine<'_>> {
    if is_header(text) {
        return Some(TableLine::Header);
    }
    total(text).or_else(|| row(text))
}

fn shows(text: &str) -> bool {
    is_header(text) || total(text).is_some()
}

fn is_header(text: &str) -> bool {
    words_are(text, &["Object", "Bytes", "Count", "Type"])
}

/// `20,147  GC Heap objects`
fn total(text: &str) -> Option<TableLine<'_>> {
    let (count, name) = text.trim().split_once(' ')?;
    let name = name.trim_start();
    (is_count(count) && matches!(name, "GC Heap bytes" | "GC Heap objects")).then_some(TableLine::Field(name, count))
}

fn row(text: &str) -> Option<TableLine<'_>> {
    let ([bytes, count], name) = first_words(text)?;
    let name = without_module(name);
    let is_name = name.starts_with(|c: char| c.is_alphabetic() || "<_[".contains(c));
    (is_count(bytes) && is_count(count) && is_name).then(|| TableLine::Row(vec![bytes, count, name]))
}

/// The type of `System.Byte[] (Bytes > 1M)  [System.Private.CoreLib.dll]`.
fn without_module(text: &str) -> &str {
    let name = match text.rsplit_once(" [") {
        Some((name, module)) if module.ends_with(".dll]") || module.ends_with(".exe]") => name,
        _ => text,
    };
    let name = name.trim_end();
    name.rsplit_once(" (Bytes > ").map_or(name, |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::tables::tests::check;

    #[test]
    fn lines() {
        for (text, want) in [
            ("          1,229,480  GC Heap bytes", "field GC Heap bytes = 1,229,480"),
            ("             20,147  GC Heap objects", "field GC Heap objects = 20,147"),
            ("   Object Bytes     Count  Type", "header"),
            (
                "      1,191,000         1  System.Byte[] (Bytes > 1M)  [System.Private.CoreLib.dll]",
                "row 1,191,000 | 1 | System.Byte[]",
            ),
            ("   264   8,120  Contoso.Basket", "row 264 | 8,120 | Contoso.Basket"),
            (
                "32 12 System.Collections.Generic.Dictionary<System.String,System.Object>  [System.Private.CoreLib.dll]",
                "row 32 | 12 | System.Collections.Generic.Dictionary<System.String,System.Object>",
            ),
            ("3 objects of the GC Heap", "nothing"),
            ("12 34 56", "nothing"),
        ] {
            check(&FORMAT, text, want);
        }
    }
}
