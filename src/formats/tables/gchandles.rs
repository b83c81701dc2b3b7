//! `!gchandles` of SOS: the handles that keep objects alive, or watch them.
//!
//! ```text
//!           Handle Type                  Object     Size             Data Type
//! 0000000001c115f0 Pinned      00000000027c13a8       24                  System.Object
//! 0000000001c117e8 Dependent   00000000027e0960       24 00000000027e0f28 Contoso.Cache
//! Statistics:
//!               MT    Count    TotalSize Class Name
//! 000006448aa55378        1           24 System.Object
//! Total 38 objects
//!
//! Handles:
//!     Strong Handles:       15
//! ```
//!
//! The rows are those of `GCHandlesImpl` in SOS's `strike.cpp`. `Data` is the count of a `RefCount` handle and the other
//! object of a `Dependent` one. Rows of the statistics have a count, rows of handles have a handle.

use super::{TableFormat, TableLine, dumpheap, first_words, is_address, is_count, labelled, words_are};

pub const FORMAT: TableFormat = TableFormat {
    name: "gchandles",
    commands: &["gchandles"],
    columns: &["handle", "kind", "object", "size", "data", "class", "method table", "count", "total size"],
    line,
    shows: names_columns,
};

fn line(text: &str) -> Option<TableLine<'_>> {
    if names_columns(text) || dumpheap::is_header(text) || text.trim() == "Handles:" {
        return Some(TableLine::Header);
    }
    if let Some((name, value)) = labelled(text, &[])
        && name.ends_with(" Handles")
        && is_count(value)
    {
        return Some(TableLine::Field(name, value));
    }
    dumpheap::total(text).or_else(|| statistics(text)).or_else(|| handle(text))
}

fn statistics(text: &str) -> Option<TableLine<'_>> {
    let [method_table, count, size, class] = dumpheap::statistics(text)?;
    Some(TableLine::Row(vec!["", "", "", "", "", class, method_table, count, size]))
}

fn handle(text: &str) -> Option<TableLine<'_>> {
    let ([handle, kind, object, size], behind) = first_words(text)?;
    let is_kind = kind.bytes().all(|byte| byte.is_ascii_alphabetic());
    if !is_address(handle) || !is_kind || !is_address(object) || !is_count(size) {
        return None;
    }
    let (data, class) = match first_words(behind) {
        Some(([data], class)) if !class.is_empty() && (is_address(data) || is_count(data)) => (data, class),
        _ => ("", behind),
    };
    Some(TableLine::Row(vec![handle, kind, object, size, data, class]))
}

fn names_columns(text: &str) -> bool {
    // SOS 2.0 has no `Data`.
    words_are(text, &["Handle", "Type", "Object", "Size", "Data", "Type"])
        || words_are(text, &["Handle", "Type", "Object", "Size", "Type"])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::tables::tests::check;

    #[test]
    fn lines() {
        for (text, want) in [
            ("          Handle Type                  Object     Size             Data Type", "header"),
            (
                "0000000001c113a8 WeakShort   00000000027e82c0       72                  System.Lazy`1[[A, B]]",
                "row 0000000001c113a8 | WeakShort | 00000000027e82c0 | 72 |  | System.Lazy`1[[A, B]]",
            ),
            (
                "00000292abfe1bf0 Dependent   00000292b034d188       24 00000292b034d448 SomeClass",
                "row 00000292abfe1bf0 | Dependent | 00000292b034d188 | 24 | 00000292b034d448 | SomeClass",
            ),
            (
                "002811c4 RefCount 01e2f0d4 1,028 2 Contoso.Addin",
                "row 002811c4 | RefCount | 01e2f0d4 | 1,028 | 2 | Contoso.Addin",
            ),
            (
                "000006448aa371a8        6        17656 System.Object[]",
                "row  |  |  |  |  | System.Object[] | 000006448aa371a8 | 6 | 17656",
            ),
            ("Total 38 objects", "field Total = 38 objects"),
            ("Handles:", "header"),
            ("    Weak Long Handles:    15", "field Weak Long Handles = 15"),
            ("words of prose", "nothing"),
        ] {
            check(&FORMAT, text, want);
        }
    }
}
