//! `!dumpheap -stat` of SOS: the objects of the managed heap, summed up by type.
//!
//! ```text
//! Statistics:
//!               MT    Count    TotalSize Class Name
//! 000006448aa39ca8      227     20013904 System.Byte[]
//! 00007ffbb3f2f878    1,093      174,880 System.RuntimeType+RuntimeTypeCache
//! Total 1437 objects
//! ```
//!
//! The row is that of `HeapStat::Print` in SOS's `util.cpp`; the one with thousands separators is that of
//! `DumpHeapService` in newer ones, which says `Total 1,437 objects, 20,108,132 bytes`.

use super::{TableFormat, TableLine, first_words, is_address, is_count, is_rule, words_are};

pub const FORMAT: TableFormat = TableFormat {
    name: "dumpheap",
    commands: &["dumpheap"],
    columns: &["method table", "count", "total size", "class"],
    line,
    shows,
};

/// Of a 32-bit process.
const SMALLEST_OBJECT: u64 = 12;

fn line(text: &str) -> Option<TableLine<'_>> {
    if is_header(text) {
        return Some(TableLine::Header);
    }
    total(text).or_else(|| statistics(text).map(|cells| TableLine::Row(cells.to_vec())))
}

/// A row of the statistics: method table, count, size, class. `!finalizequeue` and `!gchandles` end in them too.
pub fn statistics(text: &str) -> Option<[&str; 4]> {
    let ([method_table, count, size], class) = first_words(text)?;
    let (count, size) = (without_fraction(count), without_fraction(size));
    // What people write behind a row to point at it.
    let remark = [" ←", " <-"].iter().filter_map(|mark| class.find(mark)).min().unwrap_or(class.len());
    let class = class[..remark].trim_end();
    // `!do` lists fields: `00007b4add0c2bd0  4002075  8 ...ashtable+Bucket[]  0 instance 00007b0aeca1e7b0 _buckets`
    let is_field = ["instance", "static", "shared", "TLstatic"].iter().any(|word| class.contains(&format!(" {word} ")));
    let fits = is_address(method_table) && is_count(count) && is_count(size) && !class.is_empty() && !is_field;
    fits.then_some([method_table, count, size, class])
}

/// `1500648256,00`, as a spreadsheet writes numbers.
fn without_fraction(number: &str) -> &str {
    number.strip_suffix(",00").or_else(|| number.strip_suffix(".00")).unwrap_or(number)
}

/// `Total 1,437 objects, 20,108,132 bytes`. SOS 2.0 says it above the statistics too, with a small `t`.
pub fn total(text: &str) -> Option<TableLine<'_>> {
    let ([total, count, objects], _) = first_words(text)?;
    let fits = total.eq_ignore_ascii_case("total") && is_count(count) && objects.starts_with("object");
    fits.then(|| TableLine::Field("Total", text.trim()[total.len()..].trim_start()))
}

/// The columns' names, and titles like `Statistics for all finalizable objects (...):`.
pub fn is_header(text: &str) -> bool {
    let title = text.trim_end().ends_with(':') && text.contains("Statistics");
    title || names_columns(text) || is_rule(text)
}

fn shows(text: &str) -> bool {
    names_columns(text) || is_sure_row(text)
}

/// A row of the statistics that needs no header above it: a method table, a count, as many bytes as so many objects need
/// at least, and the name of a type from end to end.
fn is_sure_row(text: &str) -> bool {
    let Some([method_table, count, size, class]) = statistics(text) else { return false };
    let number = |word: &str| word.replace([',', '.'], "").parse::<u64>().unwrap_or(0);
    let (count, size) = (number(count), number(size));
    let digits = method_table.trim_start_matches("0x").replace('`', "");
    let is_pointer = matches!(digits.len(), 8 | 12 | 16) && !is_date(&digits);
    let name = class.split(['`', '[', '<', '+']).next().unwrap_or(class);
    let is_name = name.contains('.')
        && name.split('.').all(|part| part.starts_with(char::is_alphabetic))
        && !name.contains(|c: char| !(c.is_alphanumeric() || "._".contains(c)));
    let is_type = name.starts_with(char::is_uppercase) && is_name && !class.contains(['(', ':', '!', '=']);
    let one_word = class.split(' ').all(|word| class.starts_with(word) || class.contains(&format!(", {word}")));
    is_pointer && is_type && one_word && count > 0 && size >= count.saturating_mul(SMALLEST_OBJECT)
}

/// `20221107`, and what a time behind it makes of it.
fn is_date(digits: &str) -> bool {
    let part = |range| digits.get(range).and_then(|part: &str| part.parse::<u32>().ok());
    let (Some(year), Some(month), Some(day)) = (part(0..4), part(4..6), part(6..8)) else { return false };
    digits.bytes().all(|byte| byte.is_ascii_digit())
        && (1980..2100).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
}

fn names_columns(text: &str) -> bool {
    words_are(text, &["MT", "Count", "TotalSize", "Class", "Name"])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::tables::tests::check;

    #[test]
    fn lines() {
        for (text, want) in [
            ("Statistics:", "header"),
            (
                "000007fecdf6df78\t468952\t15006464,00\tContoso.Ledger.Part\t\t",
                "row 000007fecdf6df78 | 468952 | 15006464 | Contoso.Ledger.Part",
            ),
            ("      MT    Count TotalSize Class Name", "header"),
            (
                "00007f7ee2acaf00        1           24 System.Comparer`1[[System.Int32, System.Private.CoreLib]]",
                "row 00007f7ee2acaf00 | 1 | 24 | System.Comparer`1[[System.Int32, System.Private.CoreLib]]",
            ),
            ("790fd8c4     7308     435252 System.String", "row 790fd8c4 | 7308 | 435252 | System.String"),
            ("0x79330a00  61,005  315,568,148 System.String", "row 0x79330a00 | 61,005 | 315,568,148 | System.String"),
            ("00000000002eb910      245        94228      Free", "row 00000000002eb910 | 245 | 94228 | Free"),
            ("total 12400 objects", "field Total = 12400 objects"),
            ("Total 1,437 objects, 20,108,132 bytes", "field Total = 1,437 objects, 20,108,132 bytes"),
            // The field of an object.
            ("00007b4add0c2bd0  4002075        8 ...Bucket[]  0 instance 00007b0aeca1e7b0 _buckets", "nothing"),
            // An object, and a fragment: the third word is no count.
            ("01905378 79119a1c       32", "nothing"),
            ("7f7ec0201000 1,048,576 000002812345 System.Byte[]", "nothing"),
            ("Total cost of 3 objects", "nothing"),
        ] {
            check(&FORMAT, text, want);
        }
    }

    #[test]
    fn rows_that_need_no_header() {
        for (text, want) in [
            ("00007f15b4285008   235045      7521440 System.Reflection.Emit.LineNumberInfo", true),
            ("00007f15b4249f00   470248     33863532 System.Byte[]", true),
            ("790fd8c4     7308     435252 System.String", true),
            ("00007ffb55093248     4018      1092896 N.Dictionary`2+Node[[N.A, N.Core],[N.B, N.Core]][]", true),
            ("0x7933a0aa  61,005  315,568,148 System.String", true),
            ("26842774   195437      8599228 System.Runtime.Caching.MemoryCache", true),
            ("202211071644 16 4400 Contoso.Logger", false),
            ("00007f15b4249f00   470248     33863532      Free", false),
            ("20221107 16 44 Contoso.Logger", false),
            ("00007f15b4249f00 470248 33863532 Contoso.Logger started", false),
            ("00007f15b4249f00 470248 100 Contoso.Logger", false),
            ("7ffb55093248 33 1092896 contoso.logger", false),
        ] {
            assert_eq!(shows(text), want, "{text}");
        }
    }
}
