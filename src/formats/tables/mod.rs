//! Tables: what debuggers print besides stacks, one kind of table a file.
//!
//! A [`TableFormat`] says what one line is; the reader makes tables of it.

mod address_summary;
mod analyze;
mod clrthreads;
mod critsec;
mod dlk;
mod domains;
mod dumpexceptions;
mod dumpheap;
mod eeheap;
pub mod events;
pub mod exit_code;
pub mod fault_labels;
pub mod fault_reports;
mod fault_sentences;
mod finalizequeue;
mod gcdump_report;
mod gchandles;
mod gcheapstat;
mod handles;
mod heap_stat;
mod heap_summary;
mod locks;
mod mlocks;
mod modules;
mod no_thread;
mod objects;
mod runaway;
mod rwlock;
mod syncblk;
mod threads;
mod threadpool;
mod uniqstack;
mod verifyheap;
mod version;

/// A kind of table, read line by line.
pub struct TableFormat {
    /// What the table is called in reports and by rules; stable.
    pub name: &'static str,
    /// Commands that print it: names in lower case without `!`; one argument may follow that it depends on.
    pub commands: &'static [&'static str],
    /// Names of the cells of a row.
    pub columns: &'static [&'static str],
    /// What one line is, where this table is expected; `None` when it is nothing of its own.
    pub line: fn(&str) -> Option<TableLine<'_>>,
    /// Whether a line shows by itself that this table begins. Asked of any line of any text, so it must be sure.
    pub shows: fn(&str) -> bool,
}

/// Every kind of table. Of those that would know the same line the surer one comes first.
pub static TABLES: &[TableFormat] = &[
    syncblk::FORMAT,
    clrthreads::FORMAT,
    dumpheap::FORMAT,
    eeheap::FORMAT,
    finalizequeue::FORMAT,
    gchandles::FORMAT,
    gcdump_report::FORMAT,
    gcheapstat::FORMAT,
    threadpool::FORMAT,
    dumpexceptions::FORMAT,
    objects::FORMAT,
    dlk::FORMAT,
    mlocks::FORMAT,
    rwlock::FORMAT,
    heap_summary::FORMAT,
    heap_stat::FORMAT,
    address_summary::FORMAT,
    modules::FORMAT,
    critsec::FORMAT,
    locks::FORMAT,
    handles::FORMAT,
    runaway::FORMAT,
    domains::FORMAT,
    threads::FORMAT,
    analyze::FORMAT,
    events::FORMAT,
    no_thread::FORMAT,
    version::FORMAT,
    verifyheap::FORMAT,
    uniqstack::FORMAT,
];

/// What a line is to a table. Cells are the source's text, trimmed.
#[derive(Debug, PartialEq, Eq)]
pub enum TableLine<'t> {
    /// Column headers, rules of dashes.
    Header,
    /// Cells in the order of the columns; those missing at the end are empty.
    Row(Vec<&'t str>),
    /// One more cell of the row above, by its column; where it has a value already, the value gets another line.
    Cell(&'static str, &'t str),
    /// Something about the whole table: `ThreadCount:      9`.
    Field(&'t str, &'t str),
    /// A title with a value: the table goes on with a stack of the `k` family (`STACK_TEXT:` of `!analyze`).
    Stack,
}

/// The table of this name.
pub fn named(name: &str) -> Option<&'static TableFormat> {
    TABLES.iter().find(|table| table.name == name)
}

/// The table that a command prints.
pub fn of_command(name: &str, arguments: &str) -> Option<&'static TableFormat> {
    let prints = |command: &&str| match command.split_once(' ') {
        Some((command, argument)) => {
            command == name && arguments.split_whitespace().any(|word| word.eq_ignore_ascii_case(argument))
        }
        None => *command == name,
    };
    TABLES.iter().find(|table| table.commands.iter().any(&prints))
}

/// The table that a line shows to begin.
pub fn shown_by(line: &str) -> Option<&'static TableFormat> {
    TABLES.iter().find(|table| (table.shows)(line))
}

/// Whether a line tells of what stopped a target, or of an application that faulted.
pub fn is_event(line: &str) -> bool {
    (events::FORMAT.shows)(line)
}

/// `Name:   value`, or `Name   = value`, where `name` is one of `names`; none in the list means any.
pub fn labelled<'t>(text: &'t str, names: &[&str]) -> Option<(&'t str, &'t str)> {
    let text = text.trim();
    // Asked of many lines; most do not begin with any of the names.
    if !names.is_empty() && !names.iter().any(|name| text.starts_with(name)) {
        return None;
    }
    let (name, value) = text.split_once([':', '='])?;
    let name = name.trim();
    (names.is_empty() || names.contains(&name)).then(|| (name, value.trim()))
}

/// Whether a line is a rule of dashes, equal signs or the like.
pub fn is_rule(text: &str) -> bool {
    let text = text.trim();
    text.len() >= 5 && text.bytes().all(|byte| matches!(byte, b'-' | b'=' | b'_' | b'*' | b'+'))
}

/// Whether a word is a hexadecimal number, with or without `0x` and a backtick.
pub fn is_hex(word: &str) -> bool {
    super::tokens::hex_value(word.trim_start_matches("0x")).is_some()
}

/// Whether a word is an address: eight hexadecimal digits or more; less are enough behind `0x`.
pub fn is_address(word: &str) -> bool {
    let (digits, enough) = word.strip_prefix("0x").map_or((word, 8), |digits| (digits, 5));
    digits.bytes().filter(|byte| *byte != b'`').count() >= enough && is_hex(digits)
}

/// Whether a word is the code of an exception: `0xc0000005`, `C00000FD`.
pub fn is_code(word: &str) -> bool {
    let digits = word.strip_prefix("0x").unwrap_or(word);
    digits.len() == 8 && is_hex(digits)
}

/// Whether a word is a count: `20013904`, or `20,013,904` as newer tools print it. Addresses have leading zeros, counts
/// have none.
pub fn is_count(word: &str) -> bool {
    let all_digits = |group: &str| !group.is_empty() && group.bytes().all(|byte| byte.is_ascii_digit());
    let mut groups = word.split([',', '.']);
    let first = groups.next().unwrap_or_default();
    all_digits(first)
        && (word == "0" || !first.starts_with('0'))
        && (first.len() <= 3 || first.len() == word.len())
        && groups.all(|group| group.len() == 3 && all_digits(group))
}

/// The first words of a line, and what is behind them. `None` when it has fewer.
pub fn first_words<const N: usize>(text: &str) -> Option<([&str; N], &str)> {
    let mut words = [""; N];
    let mut rest = text.trim();
    for word in &mut words {
        if rest.is_empty() {
            return None;
        }
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        (*word, rest) = (&rest[..end], rest[end..].trim_start());
    }
    Some((words, rest))
}

/// A row without what people write behind it: `<----- More than 38GB!`, `// the large one`.
pub fn without_remark(rest: &str) -> &str {
    let marks = ["<-", "<=", "<<", "//", "# ", "; "];
    let end = marks.iter().filter_map(|mark| rest.find(mark)).min().unwrap_or(rest.len());
    rest[..end].trim_end()
}

/// Whether the words of a line are these, whatever blanks lie between.
pub fn words_are(text: &str, words: &[&str]) -> bool {
    text.split_whitespace().eq(words.iter().copied())
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// Compares what a line is with its description: `row a | b`, `cell c = d`, `field n = v`, `header`, `nothing`.
    pub fn check(format: &TableFormat, text: &str, want: &str) {
        let got = match (format.line)(text) {
            None => "nothing".to_string(),
            Some(TableLine::Header) => "header".to_string(),
            Some(TableLine::Stack) => "stack".to_string(),
            Some(TableLine::Row(cells)) => {
                assert!(cells.len() <= format.columns.len(), "{text}: more cells than columns");
                format!("row {}", cells.join(" | "))
            }
            Some(TableLine::Cell(column, value)) => {
                assert!(format.columns.contains(&column), "{column} is no column");
                format!("cell {column} = {value}")
            }
            Some(TableLine::Field(name, value)) => format!("field {name} = {value}"),
        };
        assert_eq!(got, want, "{text}");
    }
}
