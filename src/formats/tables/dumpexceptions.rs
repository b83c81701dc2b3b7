//! `dumpexceptions` of dotnet-dump: every exception object on the managed heap.
//!
//! ```text
//!          Address      MethodTable Message Name
//! 00007f7ebc0e5750 00007f7ee204c430 Contoso.Faults.OrderException
//!         Message: order 17 is gone
//!         StackFrame: Contoso.Faults.Loader.Load(Int32)
//!
//!     Total: 12 objects
//! ```
//!
//! The lines are those of `DumpExceptionsCommand` in dotnet/diagnostics. `Message` stands in the header, though it has a
//! line of its own.

use super::{TableFormat, TableLine, first_words, is_address, labelled, words_are};

pub const FORMAT: TableFormat = TableFormat {
    name: "dumpexceptions",
    commands: &["dumpexceptions"],
    columns: &["address", "method table", "type", "message", "frame"],
    line,
    shows: names_columns,
};

fn line(text: &str) -> Option<TableLine<'_>> {
    if names_columns(text) {
        return Some(TableLine::Header);
    }
    if let Some((name, value)) = labelled(text, &["Message", "StackFrame", "Total"]) {
        return Some(match name {
            "Message" => TableLine::Cell("message", value),
            "StackFrame" => TableLine::Cell("frame", value),
            _ => TableLine::Field(name, value),
        });
    }
    let ([address, method_table], class) = first_words(text)?;
    let fits = is_address(address) && is_address(method_table) && !class.is_empty();
    fits.then(|| TableLine::Row(vec![address, method_table, class]))
}

fn names_columns(text: &str) -> bool {
    words_are(text, &["Address", "MethodTable", "Message", "Name"])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::tables::tests::check;

    #[test]
    fn lines() {
        for (text, want) in [
            ("         Address      MethodTable Message Name", "header"),
            (
                "7f7ebc0e5750 7f7ee204c430 Contoso.OrderException`1[[A, B]]",
                "row 7f7ebc0e5750 | 7f7ee204c430 | Contoso.OrderException`1[[A, B]]",
            ),
            ("        Message: a: b = c", "cell message = a: b = c"),
            ("        StackFrame: Contoso.Loader.Load(Int32)", "cell frame = Contoso.Loader.Load(Int32)"),
            ("    Total: 12 objects", "field Total = 12 objects"),
            ("words of prose", "nothing"),
        ] {
            check(&FORMAT, text, want);
        }
    }
}
