//! Tables being read: rows and fields, until another table or section begins.

use super::Reader;
use crate::formats::stacks::{self, clrstack, k_header};
use crate::formats::tables::{self, TableFormat, TableLine};
use crate::formats::thread_header;
use crate::model::{Dialect, Field, Row, Table};

impl Reader<'_> {
    /// A line of the table that is being read.
    pub(super) fn table_line(&mut self, text: &str) -> bool {
        let Some(format) = self.section.table else { return false };
        let begins_stack = k_header::header(text).is_some() || clrstack::is_header(text);
        let is_thread = format.name != "threads" && thread_header::parse(text).is_some();
        if begins_stack || is_thread {
            return false;
        }
        self.line_of_table(format, text)
    }

    pub(super) fn line_of_table(&mut self, format: &'static TableFormat, text: &str) -> bool {
        let Some(line) = (format.line)(text) else { return false };
        // `!analyze` prints exception records among its sections.
        let others = || {
            let table = tables::shown_by(text);
            stacks::shown_by(text).is_some()
                || table.is_some_and(|table| table.name != format.name && table.name != "events")
        };
        match line {
            // Words that stand apart, or that begin something else, are no part of the value above.
            TableLine::Cell(..) if self.current.after_blank || self.current.open || others() => return false,
            TableLine::Cell(column, value) => self.add_cell(format.name, format.columns, column, value),
            TableLine::Header => self.open_table(format.name, format.columns),
            TableLine::Row(cells) => {
                self.finish_stack();
                self.add_row(format.name, format.columns, &cells);
            }
            TableLine::Field(name, value) => {
                self.finish_stack();
                self.add_field(format, name, value);
            }
            TableLine::Stack => {
                let (thread, command) = (self.section.thread.clone(), self.section.command.clone());
                self.section.dialect = Some(Dialect::K);
                self.section.columns = Some(k_header::Columns::default());
                self.begin(Dialect::K, thread, false);
                self.current.stack.command = command;
            }
        }
        self.current.after_blank = false;
        self.accounts.tables += 1;
        true
    }

    /// Adds a row; the cells are in the order of the columns.
    pub(super) fn add_row(&mut self, name: &'static str, columns: &'static [&'static str], cells: &[&str]) {
        self.open_table(name, columns);
        let line = self.line;
        let Some(table) = &mut self.table else { return };
        let mut cells: Vec<String> = cells.iter().map(|cell| cell.to_string()).collect();
        cells.resize(columns.len(), String::new());
        table.rows.push(Row { line, cells });
    }

    /// Adds to the last row; a cell that has a value gets another line.
    pub(super) fn add_cell(&mut self, name: &'static str, columns: &'static [&'static str], column: &str, value: &str) {
        let same = self.table.as_ref().is_some_and(|table| table.name == name && !table.rows.is_empty());
        if !same
            || (self.section.format.is_some_and(|format| format.dialect.name() == name)
                && !self.has_row
                && self.tree.is_empty())
        {
            self.add_row(name, columns, &[]);
        }
        let Some(at) = columns.iter().position(|name| *name == column) else { return };
        let Some(cell) = self.table.as_mut().and_then(|table| table.rows.last_mut()).map(|row| &mut row.cells[at])
        else {
            return;
        };
        if !cell.is_empty() {
            cell.push('\n');
        }
        cell.push_str(value);
    }

    fn add_field(&mut self, format: &TableFormat, name: &str, value: &str) {
        self.open_table(format.name, format.columns);
        let line = self.line;
        let Some(table) = &mut self.table else { return };
        table.fields.push(Field { line, name: name.to_string(), value: value.to_string() });
    }

    /// The table at hand, when it is of this name; otherwise a new one.
    fn open_table(&mut self, name: &'static str, columns: &'static [&'static str]) {
        if self.table.as_ref().is_some_and(|table| table.name == name) {
            return;
        }
        self.finish_table();
        let command = self.section.command.clone();
        self.table = Some(Table { name, command, line: self.line, columns, rows: Vec::new(), fields: Vec::new() });
    }

    /// A thread's header without a stack below it, as `~` lists them, is a row.
    pub(super) fn keep_thread_row(&mut self) {
        let (current, stack) = (&self.current, &self.current.stack);
        let alone = current.open && !current.announced && stack.frames.is_empty() && stack.dialect == Dialect::K;
        if !alone || stack.thread.index.is_none() {
            return;
        }
        let Some(format) = tables::named("threads") else { return };
        let (thread, line) = (stack.thread.clone(), stack.line);
        let hex = |id: Option<u64>| id.map(|id| format!("{id:x}")).unwrap_or_default();
        let index = thread.index.map(|index| index.to_string()).unwrap_or_default();
        let (process_id, os_id) = (hex(thread.process_id), hex(thread.os_id));
        let name = thread.name.unwrap_or_default();
        let here = std::mem::replace(&mut self.line, line);
        self.add_row(format.name, format.columns, &[&index, &process_id, &os_id, "", "", "", &name]);
        self.line = here;
    }

    pub(super) fn finish_table(&mut self) {
        let Some(table) = self.table.take() else { return };
        self.has_row = false;
        if !table.rows.is_empty() || !table.fields.is_empty() {
            self.tables += 1;
            self.sink.table(&table);
        }
    }
}
