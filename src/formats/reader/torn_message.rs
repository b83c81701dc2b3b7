//! The message of an exception that a console broke off at its edge, most often within a word.

use super::Reader;
use crate::model::Dialect;

/// Widths of consoles; some leave the last column free.
const WIDTHS: [usize; 4] = [79, 80, 119, 120];

impl Reader<'_> {
    /// Keeps that the line which tells of an exception ends at the edge of a console.
    pub(super) fn may_go_on(&mut self, dialect: Dialect, text: &str) {
        let width = text.chars().count();
        let is_at_edge = dialect == Dialect::ExceptionText && WIDTHS.contains(&width);
        self.torn = is_at_edge.then_some((self.line, width));
    }

    /// Takes the line below for the rest of the message.
    pub(super) fn rest_of_message(&mut self, text: &str) -> bool {
        let Some((line, width)) = self.torn.take() else { return false };
        let is_below = line + 1 == self.line && !text.starts_with(char::is_whitespace);
        if !is_below || !self.awaits_frames() {
            return false;
        }
        let Some(table) = &mut self.table else { return false };
        let Some(at) = table.columns.iter().position(|column| *column == "message") else { return false };
        let Some(message) = table.rows.last_mut().and_then(|row| row.cells.get_mut(at)) else { return false };
        message.push_str(text);
        self.accounts.tables += 1;
        self.torn = (text.chars().count() == width).then_some((self.line, width));
        true
    }
}
