//! What SOSEX says of locks: `!dlk`, `!mlocks`, `!rwlock`.
//!
//! It calls threads by the runtime's numbers, and lists reader-writer locks, which no other tool does.

use super::tables::{SaidWait, THREADS, WAITERS, address_in_command, clr_thread, hex, named};
use super::{CRITICAL_SECTION, Lock, LockOwner, LockTables, MONITOR, READER_WRITER_LOCK};
use crate::model::{Row, Table, ThreadRef};

/// The id that stands for a thread that has ended.
const NO_THREAD: u64 = 0xffff_ffff;

impl LockTables {
    pub(super) fn dlk(&mut self, source: usize, table: &Table) {
        for row in &table.rows {
            let cell = |column: &str| table.cell(row, column).unwrap_or_default();
            let Some(managed_id) = hex(cell("thread")) else { continue };
            let held = lock_in_words(cell("holds")).filter(|_| !is_readers(cell("holds")));
            if let Some((kind, address, name)) = held {
                // The thread's other names stand in `!threads`; the runtime's number is kept in the meantime.
                let thread = ThreadRef { name: Some(clr_thread(managed_id)), ..ThreadRef::default() };
                self.locks.push(Lock {
                    kind,
                    address,
                    name: named(&name, address),
                    owner: LockOwner::Thread(thread),
                    waiters: None,
                    source,
                    line: row.line,
                    is_of_all: false,
                });
                self.printed.push((source, kind, row.line));
            }
            if let Some((_, address, _)) = lock_in_words(cell("waits for")) {
                self.said_waits.push(SaidWait { managed_id, address, source, line: row.line });
            }
        }
    }

    /// Who holds which lock, and never who waits.
    ///
    /// Left out are sync blocks, since they name no object, and `!syncblk` has more of them; thin locks, which become sync
    /// blocks as soon as another thread waits; and readers, who keep out nobody but writers.
    pub(super) fn mlocks(&mut self, source: usize, table: &Table) {
        self.printed.push((source, READER_WRITER_LOCK, table.line));
        for row in &table.rows {
            let cell = |column: &str| table.cell(row, column).unwrap_or_default();
            let Some(owner) = self.owner_of_row(source, table, row) else { continue };
            let kind = match (cell("kind"), cell("level")) {
                ("CritSec", _) => CRITICAL_SECTION,
                ("RWLock" | "RWLockSlim", level) if keeps_out(level) => READER_WRITER_LOCK,
                _ => continue,
            };
            let Some(address) = hex(cell("lock")) else { continue };
            if kind == CRITICAL_SECTION {
                self.printed.push((source, kind, row.line));
            }
            self.locks.push(Lock {
                kind,
                address,
                name: named("", address),
                owner,
                waiters: None,
                source,
                line: row.line,
                is_of_all: false,
            });
        }
    }

    /// `0xa6 150 0x11c`, or `0xaa -1 0xffffffff` of a thread that has ended; `None` where its parts do not fit together.
    fn owner_of_row(&mut self, source: usize, table: &Table, row: &Row) -> Option<LockOwner> {
        let managed_id = hex(table.cell(row, "clr thread")?)?;
        let (index, os_id) = (table.cell(row, "thread index")?, hex(table.cell(row, "os id")?)?);
        if index == "-1" && os_id == NO_THREAD {
            return Some(LockOwner::Gone(ThreadRef { name: Some(clr_thread(managed_id)), ..ThreadRef::default() }));
        }
        let is_known = os_id != 0 && os_id != NO_THREAD;
        let thread = ThreadRef { index: index.parse().ok(), os_id: Some(os_id), ..ThreadRef::default() };
        if !is_known || thread.index.is_none() {
            return None;
        }
        // The rows of one thread stand together; one that the runtime does not know has no number.
        let is_new = self.numbered.last().is_none_or(|(of, number, _)| (*of, *number) != (source, managed_id));
        if is_new && managed_id != 0 && self.numbered.len() < THREADS {
            self.numbered.push((source, managed_id, thread.clone()));
        }
        Some(LockOwner::Thread(thread))
    }

    /// One lock, whose address stands in the command. A writer keeps everybody out; a reader that may become a writer only
    /// those who want to be one.
    pub(super) fn rwlock(&mut self, source: usize, table: &Table) {
        let (Some(address), [row]) = (address_in_command(table, "rwlock"), table.rows.as_slice()) else { return };
        self.printed.push((source, READER_WRITER_LOCK, table.line));
        let cell = |column: &str| table.cell(row, column).unwrap_or_default();
        let (owner, keeps_readers) = match (said_owner(cell("writer")), said_owner(cell("upgradable reader"))) {
            (Some(LockOwner::Nobody), Some(LockOwner::Nobody)) => return,
            (Some(LockOwner::Nobody), Some(reader)) => (reader, false),
            (Some(writer), _) => (writer, true),
            _ => return,
        };
        let readers = cell("waiting reader count").parse::<u64>().ok().filter(|&count| count <= WAITERS);
        // The other counts do not fit the threads that are named. At least so many wait.
        let counted = |column| thread_ids(cell(column)).map(|ids| ids.len() as u64);
        let parts = [readers.filter(|_| keeps_readers), counted("waiting writers"), counted("waiting upgradables")];
        let waiters = parts.into_iter().flatten().reduce(|sum, part| sum + part);
        self.locks.push(Lock {
            kind: READER_WRITER_LOCK,
            address,
            name: named("", address),
            owner,
            waiters,
            source,
            line: row.line,
            is_of_all: false,
        });
        let lists = [
            ("waiting reader count", "waiting readers"),
            ("waiting writer count", "waiting writers"),
            ("waiting upgradable count", "waiting upgradables"),
        ];
        for (count, ids) in &lists[usize::from(!keeps_readers)..] {
            // A list that a window has cut names fewer, or half of a number.
            let ids = thread_ids(cell(ids)).filter(|ids| cell(count).parse() == Ok(ids.len()));
            let said = ids.unwrap_or_default().into_iter();
            self.said_waits.extend(said.map(|managed_id| SaidWait { managed_id, address, source, line: row.line }));
        }
    }
}

/// `0xaa (DEAD)`, `0x1f`, `None`; of anything else nothing is known.
fn said_owner(text: &str) -> Option<LockOwner> {
    if text == "None" {
        return Some(LockOwner::Nobody);
    }
    let (number, state) = text.split_once(' ').unwrap_or((text, ""));
    let name = number.strip_prefix("0x").and_then(hex).map(clr_thread)?;
    let thread = ThreadRef { name: Some(name), ..ThreadRef::default() };
    match state {
        "" => Some(LockOwner::Thread(thread)),
        "(DEAD)" => Some(LockOwner::Gone(thread)),
        _ => None,
    }
}

/// `0x2e,0x3e,0x2b`, `None`
fn thread_ids(text: &str) -> Option<Vec<u64>> {
    if text == "None" {
        return Some(Vec::new());
    }
    text.split(',').map(|id| id.trim().strip_prefix("0x").and_then(hex)).collect()
}

/// Whether who has a reader-writer lock at this level keeps others out: a writer, and the one reader that may become one.
fn keeps_out(level: &str) -> bool {
    level.starts_with("Writer") || level.starts_with("Upgrad")
}

/// `the Reader lock on ReaderWriterLockSlim 000000008003fbb8`: others may have it too.
fn is_readers(text: &str) -> bool {
    text.split_once(" lock on ReaderWriterLock").is_some_and(|(level, _)| !keeps_out(level.trim_start_matches("the ")))
}

/// `the lock on SyncBlock 000002306e5b3b08 OBJ:000002300000ed78[System.Object]`, `CriticalSection 01216a58`,
/// `the Writer lock on ReaderWriterLockSlim 000000008003fbb8`.
fn lock_in_words(text: &str) -> Option<(&'static str, u64, String)> {
    if let Some((_, object)) = text.split_once("OBJ:") {
        let (address, behind) = object.split_once('[').unwrap_or((object, ""));
        return Some((MONITOR, hex(address)?, behind.trim_end_matches(']').to_string()));
    }
    if let Some((_, lock)) = text.split_once(" lock on ReaderWriterLock") {
        let (class, address) = lock.split_once(' ')?;
        return Some((READER_WRITER_LOCK, hex(address)?, format!("ReaderWriterLock{class}")));
    }
    let (_, address) = text.split_once("CriticalSection ")?;
    Some((CRITICAL_SECTION, hex(address.split_whitespace().next()?)?, String::new()))
}
