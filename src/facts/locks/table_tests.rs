//! Tables and the locks that they tell of, row by row.

use super::tests::{thread, told};
use super::*;
use crate::model::{Field, Row, Table};

/// Locks of a table, in words: kind, name, owner, waiters.
fn check_table(name: &'static str, columns: &'static [&'static str], command: &str, cells: &[&str], want: &str) {
    let mut cells: Vec<String> = cells.iter().map(|cell| cell.to_string()).collect();
    cells.resize(columns.len(), String::new());
    let table = Table {
        name,
        command: Some(command.into()),
        columns,
        rows: vec![Row { line: 1, cells }],
        fields: vec![Field { name: "Total".to_string(), ..Field::default() }],
        ..Table::default()
    };
    let mut tables = LockTables::default();
    tables.add(0, &table);
    let lock = tables.locks.first().map_or("none".to_string(), |lock| {
        let owner = match &lock.owner {
            LockOwner::Nobody => "nobody".to_string(),
            LockOwner::Thread(thread) => thread_label(thread),
            LockOwner::Gone(thread) => format!("gone {}", thread_label(thread)),
        };
        format!("{} {} {owner} {:?} {}", lock.kind, lock.name, lock.waiters, lock.is_of_all)
    });
    assert_eq!(lock, want, "{name} {table:?}");
}

#[test]
fn rows_of_syncblk() {
    const COLUMNS: &[&str] = &[
        "index",
        "sync block",
        "monitor held",
        "recursion",
        "thread object",
        "os id",
        "thread index",
        "object",
        "type",
    ];
    let check = |held: &str, owner: [&str; 3], want: &str| {
        let cells = ["10", "0337110", held, "1", owner[0], owner[1], owner[2], "27e2088", "System.Object"];
        check_table("syncblk", COLUMNS, "!syncblk", &cells, want);
    };
    check("7", ["34cce0", "118", "6"], "monitor System.Object 0x27e2088 thread 6 (0x118) Some(3) true");
    check("1", ["34cce0", "118", "6"], "monitor System.Object 0x27e2088 thread 6 (0x118) Some(0) true");
    check("5", ["34cce0", "118", ""], "monitor System.Object 0x27e2088 gone thread 0x118 Some(2) true");
    check("5", ["ffffffffffffffff", "", ""], "monitor System.Object 0x27e2088 gone a thread Some(2) true");
    check("2", ["0000000000000000", "", ""], "monitor System.Object 0x27e2088 nobody Some(1) true");
    check("134217678", ["0000000000000000", "", ""], "monitor System.Object 0x27e2088 nobody None true");
    check("0", ["0000000000000000", "", ""], "none");
}

/// Who holds a lock that has no owner in the table is said to be unknown, and not guessed.
#[test]
fn locks_without_an_owner() {
    for (waiters, want) in [
        (None, "A has no owner by this table, and counts more waiting threads"),
        (Some(0), "A has no owner by this table, and is held all the same"),
        (Some(2), "A has no owner by this table, and is waited for all the same"),
    ] {
        let mut told = told("4 owns A 1");
        told.tables.locks[0].owner = LockOwner::Nobody;
        told.tables.locks[0].waiters = waiters;
        let (found, _) = moments(&told.tables, &told.views);
        let chains = chains(&found[0]);
        // A queue without an owner, where some wait.
        let of_nobody =
            |queue: &Queue<'_>| queue.owner.is_none() && queue.gone.is_none() && waiters == Some(queue.waiters);
        assert!(chains.queues.iter().all(of_nobody) && chains.rings.is_empty(), "{chains:?}");
        assert!(matches!(chains.contradictions.as_slice(), [(0, 1, said)] if said.starts_with(want)), "{chains:?}");
    }
}

#[test]
fn rows_of_critical_sections() {
    const COLUMNS: &[&str] = &["address", "symbol", "state", "lock count", "waiter woken", "owner", "recursion count"];
    let check = |command: &str, count: &str, woken: &str, recursion: &str, want: &str| {
        let cells = ["0x00403370", "test2+0x3370", "LOCKED", count, woken, "0x0000185c", recursion];
        check_table("critsec", COLUMNS, command, &cells, want);
    };
    check("!cs -l", "0x2", "No", "0x1", "critical-section test2+0x3370 0x403370 thread 0x185c Some(2) true");
    // One section says nothing of the others.
    check("!cs 403370", "0x0", "No", "0x1", "critical-section test2+0x3370 0x403370 thread 0x185c Some(0) false");
    // The field as it is, and as it was before Windows Server 2003 SP1.
    check("!cs -l", "0xFFFFFFFA", "", "0x1", "critical-section test2+0x3370 0x403370 thread 0x185c Some(1) true");
    check("!cs -l", "0x3", "", "0x2", "critical-section test2+0x3370 0x403370 thread 0x185c Some(2) true");
    let loader = ["0x7ffbe3165cc0", "ntdll!LdrpLoaderLock+0x0", "LOCKED", "0x1", "No", "0x1d0", "0x1"];
    let want = "loader-lock ntdll!LdrpLoaderLock 0x7ffbe3165cc0 thread 0x1d0 Some(1) true";
    check_table("critsec", COLUMNS, "!cs -l", &loader, want);
    let free = ["0x00403370", "test2+0x3370", "NOT LOCKED", "0xFFFFFFFF"];
    check_table("critsec", COLUMNS, "!cs -l", &free, "none");
}

/// A section that `dt` prints as the structure that it is.
#[test]
fn sections_that_mex_prints() {
    const COLUMNS: &[&str] = &["address", "symbol", "lock count", "waiter woken", "owner", "remark"];
    let check = |remark: &str, want: &str| {
        let cells = ["00007ff7a1d05ac0", "Orders!g_listLock", "1", "No", "1b2c", remark];
        check_table("critsec", COLUMNS, "!mex.cs", &cells, want);
    };
    let name = "critical-section Orders!g_listLock 0x7ff7a1d05ac0";
    check("", &format!("{name} thread 0x1b2c Some(1) false"));
    check(
        "Warning!!! ThreadID is not valid for the current process.",
        &format!("{name} gone thread 0x1b2c Some(1) false"),
    );
}

#[test]
fn sections_that_dt_prints() {
    const COLUMNS: &[&str] = &["address", "owner", "lock count", "recursion count", "semaphore", "debug info"];
    let check = |command: &str, owner: &str, count: &str, want: &str| {
        let cells = ["", owner, count, "0n1", "0x000007f4", "0x77fc4240"];
        check_table("critsec", COLUMNS, command, &cells, want);
    };
    let locked = "critical-section 0x446dc8 thread 0x5dc Some(1) false";
    check("dt 00446dc8", "0x000005dc", "1", locked);
    check("dt ntdll!_RTL_CRITICAL_SECTION 00446dc8", "0x000005dc", "0n-6", locked);
    check("r; dt -b cs 0x446dc8", "0x00000000`000005dc", "-6", locked);
    check("dt RTL_CRITICAL_SECTION 00446dc8", "0x5dc", "0n-2", "critical-section 0x446dc8 thread 0x5dc Some(0) false");
    // Free, damaged, or without an owner or an address in the text.
    check("dt 00446dc8", "(null)", "0n-1", "none");
    check("dt 00446dc8", "0x000005dc", "0n-1", "none");
    check("dt 00446dc8", "(null)", "0n-2", "none");
    check("dt 00446dc8", "", "0n-6", "none");
    for command in
        ["dt g_lock", "dt poi(00446dc8)", "dt 00446dc8; dt 00446df8", "!cs 00446dc8", "dt cs 00446dc8 00446df8"]
    {
        check(command, "0x000005dc", "1", "none");
    }
    let cut = ["", "0x000005dc", "1", "", "", "0x77fc4240"];
    check_table("critsec", COLUMNS, "dt 00446dc8", &cut, "none");
}

/// The loader's lock is a section like others where no table names it: it is counted once.
#[test]
fn one_lock_that_two_tables_show() {
    let section = |name: &'static str, columns: &'static [&'static str], command: &str, cells: &[&str]| Table {
        name,
        command: Some(command.into()),
        columns,
        rows: vec![Row { line: 1, cells: cells.iter().map(|cell| cell.to_string()).collect() }],
        ..Table::default()
    };
    let dt = section(
        "critsec",
        &["owner", "lock count", "recursion count", "semaphore", "debug info"],
        "dt 77f8a340",
        &["0x5dc", "3", "1", "0x7f4", "0x77fc4240"],
    );
    let locks = section(
        "locks",
        &["lock", "address", "lock count", "owner", "waiter woken"],
        "!locks",
        &["ntdll!LdrpLoaderLock+0", "77f8a340", "3", "5dc", "No"],
    );
    for tables in [[&dt, &locks], [&locks, &dt]] {
        let mut all = LockTables::default();
        tables.iter().for_each(|table| all.add(0, table));
        let (found, _) = moments(&all, &[]);
        let queues = chains(&found[0]).queues;
        assert_eq!(queues.len(), 1, "{queues:?}");
        assert_eq!((queues[0].waiters, queues[0].kinds.as_slice()), (3, &[LOADER_LOCK.to_string()][..]));
    }
}

#[test]
fn rows_of_mlocks() {
    const COLUMNS: &[&str] = &["clr thread", "thread index", "os id", "kind", "lock", "level"];
    let check = |thread: [&str; 3], kind: &str, level: &str, want: &str| {
        let cells = [thread[0], thread[1], thread[2], kind, "0000000160125d70", level];
        check_table("mlocks", COLUMNS, "!mlocks", &cells, want);
    };
    let (there, gone) = (["0xa6", "150", "0x11c"], ["0xaa", "-1", "0xffffffff"]);
    check(gone, "RWLockSlim", "Writer", "reader-writer-lock 0x160125d70 gone thread \"CLR thread 0xaa\" None false");
    check(there, "RWLock", "Writer", "reader-writer-lock 0x160125d70 thread 150 (0x11c) None false");
    check(there, "RWLockSlim", "UpgradableReader", "reader-writer-lock 0x160125d70 thread 150 (0x11c) None false");
    check(there, "CritSec", "", "critical-section 0x160125d70 thread 150 (0x11c) None false");
    // Readers keep out writers only; of a sync block the object is not known, and nobody waits for a thin lock.
    check(there, "RWLockSlim", "Reader", "none");
    check(there, "SyncBlock", "", "none");
    check(there, "thinlock", "(recursion:0)", "none");
    // One half says that the thread has ended, the other that it is there.
    check(["0xa6", "-1", "0x11c"], "RWLock", "Writer", "none");
    check(["0xa6", "150", "0xffffffff"], "RWLock", "Writer", "none");
}

/// What `!dlk` says of locks in words.
#[test]
fn rows_of_dlk() {
    for (holds, want) in [
        ("the lock on SyncBlock 0786e190 OBJ:e0151330[N.Lock]", "monitor N.Lock 0xe0151330"),
        ("CriticalSection 01216a58", "critical-section 0x1216a58"),
        (
            "the Writer lock on ReaderWriterLockSlim 000000008003fbb8",
            "reader-writer-lock ReaderWriterLockSlim 0x8003fbb8",
        ),
        ("the Writer lock on ReaderWriterLock 8003fbb8", "reader-writer-lock ReaderWriterLock 0x8003fbb8"),
    ] {
        let want = format!("{want} thread \"CLR thread 0x1f\" None false");
        check_table("dlk", &["thread", "holds"], "!dlk", &["0x1f", holds], &want);
    }
    check_table("dlk", &["thread", "holds"], "!dlk", &["0x1f", "the Reader lock on ReaderWriterLock 8003fbb8"], "none");
}

/// `!rwlock` with these cells: writer, reader that may become one, count and ids of waiting readers, those of writers, ids of
/// readers that want to become one.
fn rwlock(command: &str, cells: [&str; 7]) -> LockTables {
    const COLUMNS: &[&str] = &[
        "writer",
        "upgradable reader",
        "waiting reader count",
        "waiting readers",
        "waiting writer count",
        "waiting writers",
        "waiting upgradables",
    ];
    let rows = vec![Row { line: 1, cells: cells.map(str::to_string).to_vec() }];
    let mut tables = LockTables::default();
    tables.add(0, &Table { name: "rwlock", command: Some(command.into()), columns: COLUMNS, rows, ..Table::default() });
    tables
}

#[test]
fn what_rwlock_says() {
    let check = |command: &str, cells: [&str; 7], want: &str| {
        let tables = rwlock(command, cells);
        let mut got = tables.locks.iter().fold(String::new(), |_, lock| {
            let owner = match &lock.owner {
                LockOwner::Nobody => "nobody".to_string(),
                LockOwner::Thread(thread) => thread_label(thread),
                LockOwner::Gone(thread) => format!("gone {}", thread_label(thread)),
            };
            format!("{} {owner} {:?}", lock.name, lock.waiters)
        });
        tables.said_waits.iter().for_each(|said| got.push_str(&format!(" {:x}", said.managed_id)));
        assert_eq!(got, want, "{cells:?}");
    };
    let command = "!rwlock 0000000160125d70";
    let gone = "0x160125d70 gone thread \"CLR thread 0xaa\" Some(3) 2e 3e 2b";
    // The count of writers is that of readers.
    check(command, ["0xaa (DEAD)", "None", "3", "0x2e,0x3e,0x2b", "3", "None", "None"], gone);
    check("!sosex.rwlock 0x160125d70", ["0xaa (DEAD)", "None", "3", "0x2e,0x3e,0x2b", "3", "None", "None"], gone);
    // A list that is cut names nobody.
    let cut = "0x160125d70 thread \"CLR thread 0x1f\" Some(125)";
    check(command, ["0x1f", "None", "125", "0x2d,0x1b", "125", "None", "None"], cut);
    check(command, ["0x1f", "None", "125", "0x2d,0x", "125", "None", "None"], cut);
    // The rest of the lines is not there.
    let readers = "0x160125d70 thread \"CLR thread 0x1f\" Some(125)";
    check(command, ["0x1f", "", "125", "", "", "", ""], readers);
    check(command, ["0x1f", "", "", "", "", "", ""], "0x160125d70 thread \"CLR thread 0x1f\" None");
    // Who may become a writer keeps out nobody who reads.
    let upgradable = "0x160125d70 thread \"CLR thread 0x1f\" Some(2) 7";
    check(command, ["None", "0x1f", "4", "0x1,0x2,0x3,0x4", "1", "0x7", "0x8"], upgradable);
    check(command, ["None", "None", "4", "0x1,0x2,0x3,0x4", "4", "None", "None"], "");
    check(command, ["0x1f (?)", "None", "3", "None", "3", "None", "None"], "");
    // Of which lock it tells is not known.
    for command in ["!rwlock", "!do 0000000160125d70", "!rwlock 160125d70; !rwlock 160125d98", "!rwlock abc"] {
        check(command, ["0xaa (DEAD)", "None", "3", "0x2e,0x3e,0x2b", "3", "None", "None"], "");
    }
}

/// `!mlocks` and `!threads` tell who the threads of `!rwlock` are; what a stack shows of such a thread is put beside it.
#[test]
fn threads_that_wait_for_a_reader_writer_lock() {
    let mut told = told("4 waits A\n5 joins\n7 reads\n8 runs\n6 runs");
    let cells = ["0x26", "None", "4", "0x24,0x25,0x27,0x28", "4", "None", "None"];
    let table = rwlock("!rwlock 0000000160125d70", cells);
    told.tables = LockTables { numbered: (4..9).map(|at| (0, 0x20 + at, thread(at as u32))).collect(), ..table };
    let (found, _) = moments(&told.tables, &told.views);
    let queues = chains(&found[0]).queues;
    let shown: Vec<(String, u64, usize)> = queues
        .iter()
        .map(|queue| (queue.owner.as_ref().map(thread_label).unwrap_or_default(), queue.waiters, queue.named.len()))
        .collect();
    // Threads 4 and 5 stand elsewhere by their stacks, and the stack of thread 8 does not show its wait.
    assert_eq!(shown, [("thread 6 (0x106)".to_string(), 4, 1)]);
    assert_eq!(queues[0].named[0].0.index, Some(7));
    assert_eq!(queues[0].kinds, [READER_WRITER_LOCK]);
}
