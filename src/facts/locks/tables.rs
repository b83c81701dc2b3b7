//! Rows of the debuggers' tables made into locks and owners.

use super::{CRITICAL_SECTION, LOADER_LOCK, Lock, LockOwner, MONITOR, ManagedThread};
use crate::facts::threads::threads_of;
use crate::model::{Row, Table, ThreadRef};

/// Threads kept, and locks that are held: no process that can be understood has more.
pub(super) const THREADS: usize = 50_000;
const LOCKS: usize = 500;
/// Threads that can wait for one lock: no process has more.
pub(super) const WAITERS: u64 = 1_000_000;

/// What the tables of a case say of locks and threads.
#[derive(Clone, Debug, Default)]
pub struct LockTables {
    pub locks: Vec<Lock>,
    pub managed: Vec<ManagedThread>,
    pub said_waits: Vec<SaidWait>,
    /// Tables of locks that were printed, whether they have rows or not: source, kind, line.
    pub printed: Vec<(usize, &'static str, u32)>,
    /// Threads that the debugger's lists know by index and id: source and thread.
    pub named: Vec<(usize, ThreadRef)>,
    /// Threads of which a table of locks tells the runtime's number: source, number and thread.
    pub numbered: Vec<(usize, u64, ThreadRef)>,
    /// Lists of all threads (`~`): source, and ids of the system.
    pub listed: Vec<(usize, Vec<u64>)>,
    /// Threads that the debugger was asked for and did not find: source, and id of the system.
    pub not_found: Vec<(usize, u64)>,
}

/// A table says who waits: `CLR thread 0x5 ... is waiting for the lock on SyncBlock ...`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaidWait {
    /// The runtime's number of the thread.
    pub managed_id: u64,
    pub address: u64,
    pub source: usize,
    pub line: u32,
}

impl LockTables {
    pub fn add(&mut self, source: usize, table: &Table) {
        if self.managed.len() > THREADS {
            return;
        }
        match table.name {
            "syncblk" => self.syncblk(source, table),
            "locks" => self.locks(source, table),
            "critsec" => self.critsec(source, table),
            "dlk" => self.dlk(source, table),
            "mlocks" => self.mlocks(source, table),
            "rwlock" => self.rwlock(source, table),
            "clrthreads" => self.clrthreads(source, table),
            "threads" => self.threads(source, table),
            "no-thread" => self.no_thread(source, table),
            _ => {}
        }
        if self.locks.len() > LOCKS {
            self.locks.truncate(LOCKS);
            self.locks.iter_mut().for_each(|lock| lock.is_of_all = false);
        }
    }

    /// `MonitorHeld` is 1 for the owner and 2 for each thread that waits.
    fn syncblk(&mut self, source: usize, table: &Table) {
        self.printed.push((source, MONITOR, table.line));
        let of_row = |row: &Row| {
            let (address, name) = object_of(table, row)?;
            Some((table.cell(row, "monitor held")?.parse::<u64>().ok()?, address, name))
        };
        // The totals end the table: without them, or with a row that cannot be read, it is not all there.
        let is_of_all = table.field("Total").is_some() && table.rows.iter().all(|row| of_row(row).is_some());
        for row in &table.rows {
            let cell = |column: &str| table.cell(row, column).unwrap_or_default();
            let Some((held, address, name)) = of_row(row) else { continue };
            let owner = owner_of_monitor(cell("thread object"), cell("os id"), cell("thread index"));
            if held == 0 && owner == LockOwner::Nobody {
                continue;
            }
            let is_owned = u64::from(owner != LockOwner::Nobody);
            let waiters = held.saturating_sub(is_owned) / 2;
            self.locks.push(Lock {
                kind: MONITOR,
                address,
                name: named(&name, address),
                owner,
                // A damaged count has wrapped around below zero.
                waiters: Some(waiters).filter(|&waiters| waiters <= WAITERS),
                source,
                line: row.line,
                is_of_all,
            });
        }
    }

    fn locks(&mut self, source: usize, table: &Table) {
        self.printed.push((source, CRITICAL_SECTION, table.line));
        let is_of_all = table.field("Scanned").is_some();
        for row in &table.rows {
            self.section(source, table, row, hex(table.cell(row, "address").unwrap_or_default()), is_of_all);
        }
    }

    fn critsec(&mut self, source: usize, table: &Table) {
        let has_address = |row: &Row| table.cell(row, "address").is_some();
        if !table.rows.iter().any(has_address) {
            return self.structure(source, table);
        }
        self.printed.push((source, CRITICAL_SECTION, table.line));
        // `!cs -l` lists all that are locked; `!cs ADDRESS` one.
        let is_of_all = table.command.as_deref().is_some_and(|command| command.split(' ').any(|word| word == "-l"));
        for row in &table.rows {
            self.section(source, table, row, hex(table.cell(row, "address").unwrap_or_default()), is_of_all);
        }
    }

    /// One section that `dt` prints, whole, with an owner. Its address stands in the command.
    fn structure(&mut self, source: usize, table: &Table) {
        let (Some(address), [row]) = (address_in_command(table, "dt"), table.rows.as_slice()) else { return };
        let cell = |column: &str| table.cell(row, column);
        let is_whole = ["debug info", "recursion count", "semaphore"].iter().all(|column| cell(column).is_some());
        let is_entered = cell("lock count").and_then(signed).is_some_and(|count| count != -1);
        let is_owned = cell("owner").and_then(hex).is_some_and(|owner| owner != 0);
        if is_whole && is_entered && is_owned {
            self.printed.push((source, CRITICAL_SECTION, table.line));
            self.section(source, table, row, Some(address), false);
        }
    }

    fn section(&mut self, source: usize, table: &Table, row: &Row, address: Option<u64>, is_of_all: bool) {
        let cell = |column: &str| table.cell(row, column).unwrap_or_default();
        let Some(address) = address else { return };
        let name = if table.name == "locks" { cell("lock") } else { cell("symbol") };
        if cell("state").starts_with("NOT") {
            return;
        }
        let owner = match hex(cell("owner")) {
            None | Some(0) => LockOwner::Nobody,
            Some(id) if cell("remark").contains("ThreadID is not valid") => LockOwner::Gone(thread_of(id)),
            Some(id) => LockOwner::Thread(thread_of(id)),
        };
        let kind = if name.contains("LdrpLoaderLock") { LOADER_LOCK } else { CRITICAL_SECTION };
        let decoded = !cell("waiter woken").is_empty();
        let waiters = waiters_of_section(cell("lock count"), cell("recursion count"), decoded);
        self.locks.push(Lock {
            kind,
            address,
            name: named(name, address),
            owner,
            waiters,
            source,
            line: row.line,
            is_of_all,
        });
    }

    fn clrthreads(&mut self, source: usize, table: &Table) {
        for row in &table.rows {
            let cell = |column: &str| table.cell(row, column).unwrap_or_default();
            let thread = ThreadRef {
                index: cell("index").parse().ok(),
                os_id: hex(cell("os id")).filter(|&id| id != 0),
                ..ThreadRef::default()
            };
            self.managed.push(ManagedThread {
                thread,
                managed_id: hex(cell("id")),
                object: hex(cell("object")),
                // Newer runtimes do not count, and print a negative number.
                locks: cell("lock count").parse().ok(),
                source,
                line: row.line,
            });
        }
    }

    fn no_thread(&mut self, source: usize, table: &Table) {
        let ids = table.rows.iter().filter_map(|row| hex(table.cell(row, "os id")?));
        self.not_found.extend(ids.map(|id| (source, id)));
    }

    fn threads(&mut self, source: usize, table: &Table) {
        let ids: Vec<u64> = table.rows.iter().filter_map(|row| hex(table.cell(row, "os id")?)).collect();
        let room = THREADS.saturating_sub(self.named.len());
        self.named.extend(threads_of(table).into_iter().take(room).map(|thread| (source, thread)));
        let lists_all = table.command.as_deref().is_some_and(|command| matches!(command.trim(), "~" | "~*"));
        if lists_all && !ids.is_empty() {
            self.listed.push((source, ids));
        }
    }
}

/// `000000000034cce0 118 6`; a thread without an index (`XXX`) has ended, and so has the owner of an orphaned lock, whose
/// object is all ones.
fn owner_of_monitor(object: &str, os_id: &str, index: &str) -> LockOwner {
    let thread =
        ThreadRef { index: index.parse().ok(), os_id: hex(os_id).filter(|&id| id != 0), ..ThreadRef::default() };
    let is_orphaned = object.len() >= 8 && object.bytes().all(|byte| byte.eq_ignore_ascii_case(&b'f'));
    match (os_id.is_empty(), index.is_empty()) {
        _ if is_orphaned => LockOwner::Gone(thread),
        (true, _) => LockOwner::Nobody,
        (false, true) => LockOwner::Gone(thread),
        (false, false) => LockOwner::Thread(thread),
    }
}

/// Address and type of the object whose monitor it is. Where a window was too narrow, the rest of the row stands on the
/// next line; an address is as long as that of the sync block.
fn object_of(table: &Table, row: &Row) -> Option<(u64, String)> {
    let length = table.cell(row, "sync block")?.len();
    let object = table.cell(row, "object").unwrap_or_default();
    let name = table.cell(row, "type").unwrap_or_default();
    // Without the object's own address that of its sync block tells it from others.
    if object.is_empty() && !name.is_empty() {
        return Some((hex(table.cell(row, "sync block")?)?, name.to_string()));
    }
    let (first, rest) = object.split_once('\n').unwrap_or((object, ""));
    let whole = if first.split(' ').next()?.len() < length { format!("{first}{rest}") } else { first.to_string() };
    let (address, behind) = whole.split_once(' ').unwrap_or((&whole, name));
    (address.len() == length).then(|| Some((hex(address)?, behind.trim().to_string())))?
}

fn thread_of(os_id: u64) -> ThreadRef {
    ThreadRef { os_id: Some(os_id), ..ThreadRef::default() }
}

/// The debugger prints the number of waiting threads, or, where it cannot decode it, the field itself: there, since Windows
/// Server 2003 SP1, the two lowest bits are flags, and the others the complement of the number.
/// <https://learn.microsoft.com/en-us/windows-hardware/drivers/debugger/displaying-a-critical-section>
fn waiters_of_section(count: &str, recursion: &str, decoded: bool) -> Option<u64> {
    let count = signed(count)?;
    if count < -1 {
        return u64::try_from((-1 - count) >> 2).ok();
    }
    // Before that, each further time that the owner enters counts too.
    let again = if decoded { 0 } else { signed(recursion).unwrap_or(1).max(1) - 1 };
    u64::try_from((count - again).max(0)).ok()
}

/// `0xFFFFFFFA`, `-22`, `0n-22`, `3`: 32 bits with a sign.
fn signed(text: &str) -> Option<i64> {
    match text.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16).ok().map(|bits| i64::from(bits as i32)),
        None => text.strip_prefix("0n").unwrap_or(text).parse().ok(),
    }
}

/// The one address behind the name of the command that printed the table, where no other command of the line has this name.
pub(super) fn address_in_command(table: &Table, name: &str) -> Option<u64> {
    let is_name = |word: &&str| {
        let word = word.trim_start_matches('!');
        word.rsplit('.').next().is_some_and(|word| word.eq_ignore_ascii_case(name))
    };
    let mut parts =
        table.command.as_deref()?.split(';').filter(|part| part.split_whitespace().any(|word| is_name(&word)));
    let (part, None) = (parts.next()?, parts.next()) else { return None };
    let mut addresses = part.split_whitespace().skip_while(|word| !is_name(word)).skip(1).filter_map(address);
    let (only, None) = (addresses.next()?, addresses.next()) else { return None };
    Some(only)
}

/// `0000000160125d70`, `0x446dc8`; shorter words may be names.
fn address(word: &str) -> Option<u64> {
    let (digits, enough) = word.strip_prefix("0x").map_or((word, 8), |digits| (digits, 5));
    let is_long = digits.chars().filter(|&c| c != '`').count() >= enough;
    is_long.then(|| hex(digits)).flatten()
}

pub(super) fn clr_thread(managed_id: u64) -> String {
    format!("CLR thread {managed_id:#x}")
}

pub(super) fn named(name: &str, address: u64) -> String {
    let name = name.trim().trim_end_matches("+0x0").trim_end_matches("+0");
    if name.is_empty() { format!("{address:#x}") } else { format!("{name} {address:#x}") }
}

pub(super) fn hex(text: &str) -> Option<u64> {
    let digits: String = text.trim().trim_start_matches("0x").chars().filter(|&c| c != '`').collect();
    u64::from_str_radix(&digits, 16).ok()
}
