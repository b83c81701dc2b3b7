//! Output of a debugger that is no stack: `!syncblk`, `!threads`, `lm`, `!analyze -v`, ...

use std::sync::Arc;

/// One table as printed. Cells are the text of the source; what they mean, the columns tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// Which table it is: `syncblk`, `clrthreads`, ...; stable.
    pub name: &'static str,
    /// The command whose output it is, when a prompt shows it.
    pub command: Option<Arc<str>>,
    /// Line of its first header, row or field.
    pub line: u32,
    /// Names of the cells of a row. The same for every table of this name, whichever version of the tool printed it.
    pub columns: &'static [&'static str],
    pub rows: Vec<Row>,
    /// What is said of the table as a whole, by name: counts, totals, settings.
    pub fields: Vec<Field>,
}

/// One row; it has as many cells as the table has columns, and cells that are not in the text are empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    pub line: u32,
    pub cells: Vec<String>,
}

/// `ThreadCount:      9`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Field {
    pub line: u32,
    pub name: String,
    pub value: String,
}

impl Table {
    /// The cell of a row under a column.
    pub fn cell<'t>(&self, row: &'t Row, column: &str) -> Option<&'t str> {
        let at = self.columns.iter().position(|name| *name == column)?;
        row.cells.get(at).map(String::as_str).filter(|cell| !cell.is_empty())
    }

    /// The value of a field; of several with this name the first.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|field| field.name == name).map(|field| field.value.as_str())
    }
}
