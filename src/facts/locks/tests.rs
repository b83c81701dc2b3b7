//! Who owns, who waits: small cases in words.

use super::*;

/// `4 owns A 1` / `4 waits A B` (with the values its frame shows) / `4 waits` / `5 runs` / `6 joins` / `7 reads` / `locks 4 1`,
/// one a line. A and so on are objects; a number behind says how many wait for it. `*` in place of an owner: it has ended. Of `#4`
/// a stack says the index alone and a table the id alone; `4 listed` says both.
pub struct Told {
    pub tables: LockTables,
    pub views: Vec<ThreadView>,
}

fn address(name: &str) -> u64 {
    0x27e0000 + u64::from(name.as_bytes()[0])
}

pub fn thread(index: u32) -> ThreadRef {
    ThreadRef { index: Some(index), os_id: Some(0x100 + u64::from(index)), ..ThreadRef::default() }
}

pub fn told(text: &str) -> Told {
    let mut told = Told { tables: LockTables::default(), views: Vec::new() };
    for (number, line) in text.lines().enumerate() {
        let line_number = number as u32 + 1;
        let words: Vec<&str> = line.split_whitespace().collect();
        let [first, verb, rest @ ..] = words.as_slice() else { continue };
        let index: u32 = first.trim_start_matches('#').parse().unwrap_or_default();
        let mut view = ThreadView {
            thread: thread(index),
            line: line_number,
            is_managed: true,
            has_managed: true,
            names: [index, 99].into(),
            ..ThreadView::default()
        };
        if first.starts_with('#') {
            view.thread.os_id = None;
        }
        match *verb {
            "listed" => {
                told.tables.named.push((0, thread(index)));
                continue;
            }
            "owns" => {
                let owner = match first.as_bytes()[0] {
                    b'*' => LockOwner::Gone(thread(9)),
                    b'#' => LockOwner::Thread(ThreadRef { index: None, ..thread(index) }),
                    _ => LockOwner::Thread(thread(index)),
                };
                if told.tables.printed.is_empty() {
                    told.tables.printed.push((0, MONITOR, line_number));
                }
                told.tables.locks.push(Lock {
                    kind: MONITOR,
                    address: address(rest[0]),
                    name: rest[0].to_string(),
                    owner,
                    waiters: rest.get(1).and_then(|count| count.parse().ok()),
                    source: 0,
                    line: line_number,
                    is_of_all: rest.get(2) != Some(&"cut"),
                });
                continue;
            }
            "holds" => {
                told.tables.managed.push(ManagedThread {
                    thread: thread(index),
                    locks: rest[0].parse().ok(),
                    ..ManagedThread::default()
                });
                continue;
            }
            "waits" => {
                let (place, objects) = match rest.split_first() {
                    Some((place, objects)) if place.len() > 1 => (*place, objects),
                    _ => ("Transfer", rest),
                };
                view.names = [1000, place.len() as u32, index].into();
                view.wait = Some(LockWait {
                    kind: MONITOR.to_string(),
                    method: Some(place.to_string()),
                    method_name: Some(place.len() as u32),
                    values: (0..).zip(objects.iter().map(|name| address(name))).collect(),
                    own_values: Vec::new(),
                });
            }
            "reads" => view.wait = Some(LockWait { kind: "rwlock-slim".to_string(), ..LockWait::default() }),
            "joins" => view.wait = Some(LockWait { kind: "thread".to_string(), ..LockWait::default() }),
            "inside" => view.names = [rest[0].len() as u32].into(),
            _ => {}
        }
        told.views.push(view);
    }
    told
}

/// `ring 4>B 5>A behind 6 (Table)`, `queue 4 <- 2`, notes as `!`.
fn check(text: &str, want: &[&str]) {
    let told = told(text);
    let (moments, _) = moments(&told.tables, &told.views);
    let mut got = Vec::new();
    let index = |thread: &ThreadRef| thread.index.unwrap_or_default();
    for found in moments.iter().map(chains) {
        for ring in &found.rings {
            let members = ring.members.iter().map(|member| {
                let wants = member.wants.map(|lock| format!(">{}", lock.name)).unwrap_or_default();
                format!("{}{wants}", index(&member.thread))
            });
            let behind: Vec<String> = ring.behind.iter().map(|thread| index(thread).to_string()).collect();
            let members: Vec<String> = members.collect();
            got.push(format!("ring {} behind {} ({:?})", members.join(" "), behind.join(","), ring.basis));
        }
        for queue in &found.queues {
            let owner = queue.owner.as_ref().map_or("gone".to_string(), |owner| index(owner).to_string());
            got.push(format!("queue {owner} <- {} ({:?})", queue.waiters, queue.basis));
        }
        got.extend(found.contradictions.iter().map(|(_, _, said)| format!("! {said}")));
    }
    assert_eq!(got, want, "{text}");
}

#[test]
fn rings_and_those_behind_them() {
    // What the arguments say.
    check(
        "4 owns A 2\n5 owns B 1\n4 waits A B\n5 waits B A\n6 waits Other A\n0 joins",
        &["ring 4>B 5>A behind 6 (Table)"],
    );
    // Three of them, and one who waits for one who waits.
    check(
        "1 owns A 2\n2 owns B 1\n3 owns C 1\n4 owns D 1\n1 waits B\n2 waits C\n3 waits A\n4 waits Else A\n5 waits Else D",
        &["ring 1>B 2>C 3>A behind 4,5 (Table)"],
    );
    // The list of the debugger's threads ties owners to stacks.
    check(
        "4 listed\n5 listed\n#4 owns A 1\n#5 owns B 1\n#4 waits A B\n#5 waits B A",
        &["ring 4>B 5>A behind  (Table)"],
    );
    // With two locks there is nothing else to wait for.
    check("4 owns A 1\n5 owns B 1\n4 waits\n5 waits", &["ring 4>B 5>A behind  (Table)"]);
    // Which of three it is follows from the numbers at one place; that there is one is certain.
    check(
        "4 owns A 2\n5 owns B 1\n6 owns C 3\n4 waits\n5 waits\n6 waits Nested\n7 waits GetOrAdd\n8 waits GetOrAdd\n9 waits GetOrAdd",
        &["ring 4>B 5>A behind 6,7,8,9 (Assumed)"],
    );
    check("4 owns A 1\n5 owns B 1\n6 owns C 1\n4 waits\n5 waits\n6 waits", &["ring 4 5 6 behind  (Among)"]);
}

#[test]
fn a_table_that_is_cut_proves_only_what_is_said() {
    check("4 owns A 1 cut\n5 owns B 1 cut\n4 waits\n5 waits", &["ring 4>B 5>A behind  (Assumed)"]);
    // Another has all of them.
    check("4 owns A 1 cut\n4 owns A 1\n5 owns B 1\n4 waits\n5 waits", &["ring 4>B 5>A behind  (Table)"]);
    // More wait than it counts, or fewer.
    check("4 owns A 1 cut\n5 owns B 1 cut\n4 waits\n5 waits\n6 waits", &[]);
    check("4 owns A 2 cut\n5 owns B 1 cut\n4 waits\n5 waits", &[]);
    check("0 joins\n4 owns A 1 cut\n4 waits A B\n5 waits B A", &["ring 4 5 behind  (StacksAlone)"]);
    check("4 owns A 1 cut\n5 owns B 1 cut\n4 waits A B\n5 waits A B", &["ring 4>B 5>A behind  (Table)"]);
}

#[test]
fn owners_that_move_are_no_ring() {
    check("4 owns A 2\n4 runs\n5 waits\n6 waits", &["queue 4 <- 2 (Table)"]);
    // The owner of the owner is the cause.
    check("4 owns A 1\n5 owns B 2\n4 runs\n5 waits A\n6 waits B\n7 waits B", &["queue 4 <- 3 (Table)"]);
    check("* owns A 2\n5 waits\n6 waits", &["queue gone <- 2 (Table)"]);
    check("4 owns A 0\n4 runs\n5 runs", &[]);
}

#[test]
fn without_tables_it_is_a_suspicion() {
    // Nobody else could hold the locks.
    check("0 joins\n4 waits A B\n5 waits B A\n6 waits Other A", &["ring 4 5 behind 6 (StacksAlone)"]);
    check("0 joins\n4 waits\n5 waits", &["ring 4 5 behind  (StacksAlone)"]);
    // The text shows those who wait, and perhaps others were left out.
    check("4 waits\n5 waits", &[]);
    // One who works may be the owner.
    check("0 runs\n4 waits\n5 waits", &[]);
    check("1 inside Transfer\n4 waits\n5 waits", &["queue 1 <- 2 (StacksAlone)"]);
    check("1 inside Transfer\n2 inside Transfer\n4 waits\n5 waits", &[]);
    // All who hold locks wait, or one of them does not.
    check("4 holds 1\n5 holds 1\n6 holds 0\n4 waits\n5 waits\n6 waits", &["ring 4 5 behind 6 (Counts)"]);
    check("4 holds 1\n0 holds 1\n0 joins\n4 waits\n5 waits", &[]);
}

#[test]
fn owners_that_the_text_does_not_show_may_wait_too() {
    let unseen = "! thread 5 (0x105) owns B, and its stack is not in the text";
    check("4 owns A 1\n5 owns B 1\n4 waits", &["ring 4>B 5 behind  (OwnersUnseen)", unseen]);
    check("4 owns A 1 cut\n5 owns B 1 cut\n4 waits", &["ring 4>B 5 behind  (OwnersUnseen)", unseen]);
    // Somebody else waits, or the owner that is shown does not.
    check(
        "4 owns A 1\n5 owns B 1\n6 waits",
        &[
            "queue 4 <- 1 (Table)",
            "queue 5 <- 1 (Table)",
            "! thread 4 (0x104) owns A, and its stack is not in the text",
            unseen,
        ],
    );
    check("4 owns A 1\n5 owns B 1\n4 runs", &["queue 4 <- 1 (Table)", "queue 5 <- 1 (Table)", unseen]);
    // More wait than there are owners.
    check("4 owns A 2\n5 owns B 1\n4 waits", &["queue 5 <- 3 (Table)", unseen]);
    // Those whom a table counts behind one that waits stand behind its owner as well.
    check("4 owns A 301\n5 owns B 1\n4 waits\n6 waits\n5 runs", &["queue 5 <- 302 (Table)"]);
}

#[test]
fn what_does_not_fit_is_said() {
    check(
        "4 owns A 1\n5 waits",
        &["queue 4 <- 1 (Table)", "! thread 4 (0x104) owns A, and its stack is not in the text"],
    );
    check(
        "4 owns A 1\n4 runs\n5 waits\n6 waits",
        &[
            "queue 4 <- 2 (Table)",
            "! 2 threads wait for monitors by their stacks, and this table counts 1: they are not of one moment",
        ],
    );
    check(
        "4 owns A 1\n5 owns A 1\n4 runs\n5 runs",
        &["! A is owned by thread 5 (0x105) here, and by thread 4 (0x104) in line 1: its owner is left open"],
    );
    check(
        "4 owns A 1\n4 runs\n5 waits\n5 runs",
        &[
            "queue 4 <- 1 (Table)",
            "! thread 5 (0x105) waits for a lock here, and stands elsewhere in line 4: it is not taken for blocked",
        ],
    );
}

#[test]
fn texts_are_put_together_by_process() {
    let mut told = told("4 owns A 1\n4 waits B\n5 waits A");
    let of = |process: u64, view: &mut ThreadView| view.thread.process_id = Some(process);
    // The table is a text of its own; two processes have a thread 4, and one of them the owner's id.
    told.views.iter_mut().for_each(|view| view.source = 1);
    of(0x20, &mut told.views[0]);
    of(0x30, &mut told.views[1]);
    let (found, unclear) = moments(&told.tables, &told.views);
    assert_eq!((found.len(), unclear.len()), (2, 0));
    assert_eq!(found.iter().map(|moment| moment.locks.len()).collect::<Vec<_>>(), [1, 0]);
    // Of which process a table is that names no thread of either, nobody can say.
    told.tables.locks[0].owner = LockOwner::Thread(thread(77));
    let (found, unclear) = moments(&told.tables, &told.views);
    assert_eq!(unclear, [(0, 1)]);
    assert!(found.iter().all(|moment| moment.locks.is_empty()));
}
