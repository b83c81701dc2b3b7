//! Captures from signs, and threads over captures.

use super::*;
use crate::model::{SignKind, StackKind};

fn time(text: &str) -> DateTime {
    format!("2026-03-02 {text}").parse().unwrap()
}

/// What a source says, in the order of its lines: a sign, a thread's stack, or a thread's processor time.
enum Said {
    Sign(SignKind),
    Thread(Option<u32>, Option<u64>, Option<u64>),
    User(u64, f64),
}

fn thread(index: u32, os_id: u64) -> Said {
    Said::Thread(Some(index), Some(os_id), None)
}

fn at(text: &str) -> Said {
    Said::Sign(SignKind::Time { at: time(text), asked: false })
}

/// Courses as `process: source.line +seconds source.line; thread@place thread@place`.
fn check(names: &[&str], sources: &[&[Said]], want: &[&str]) {
    let mut all = CaptureCollection::default();
    all.name(series(&names.iter().map(|name| name.to_string()).collect::<Vec<_>>()));
    for (source, said) in sources.iter().enumerate() {
        for (line, said) in said.iter().enumerate() {
            let line = line as u32 + 1;
            match said {
                Said::Sign(kind) => all.sign(source, &Sign { line, kind: kind.clone() }),
                Said::Thread(index, os_id, process_id) => {
                    let thread = ThreadRef { index: *index, os_id: *os_id, process_id: *process_id, name: None };
                    let stack = Stack { kind: StackKind::Thread, thread, line, ..Stack::default() };
                    all.stack(source, &stack);
                }
                Said::User(os_id, seconds) => {
                    let cells = vec![String::new(), format!("{os_id:x}"), String::new(), format!("0:00:{seconds}")];
                    let rows = vec![crate::model::Row { line, cells }];
                    let columns = &["index", "os id", "days", "time"];
                    let table = Table { name: "runaway", columns, rows, ..Table::default() };
                    all.table(source, &table);
                }
            }
        }
    }
    let captures = all.finish();
    let shown = |course: &Course| {
        let mut text = course.process_id.map_or("?".to_string(), |id| format!("{id:x}"));
        for (place, &moment) in course.moments.iter().enumerate() {
            let step =
                place.checked_sub(1).map(|before| course.steps[before].map_or(" +?".to_string(), |s| format!(" +{s}")));
            let moment = &captures.moments[moment];
            let sources: Vec<String> = moment.sources.iter().map(usize::to_string).collect();
            text.push_str(&format!("{} {}.{}", step.unwrap_or_default(), sources.join("&"), moment.line));
        }
        for (key, stacks) in &course.threads {
            let key = match key {
                ThreadKey::OsId(id) => format!("{id:x}"),
                ThreadKey::Index(index) => format!("#{index}"),
                ThreadKey::Name(name) => name.clone(),
            };
            let places: Vec<String> = stacks.iter().map(|(place, _)| place.to_string()).collect();
            text.push_str(&format!("; {key}@{}", places.join(",")));
        }
        text
    };
    let got: Vec<String> = captures.courses.iter().map(shown).collect();
    assert_eq!(got, want);
}

#[test]
fn sources_in_the_order_of_their_times_then_of_their_names() {
    let plain = || [thread(5, 0xa)];
    check(&["hang-1", "hang-2", "hang-10"], &[&plain(), &plain(), &plain()], &["? 0.0 +? 1.0 +? 2.0; a@0,1,2"]);
    // Times say the opposite of names.
    check(
        &["hang-1", "hang-2"],
        &[&[at("14:01:00"), thread(5, 0xa)], &[at("14:00:30"), thread(5, 0xa)]],
        &["? 1.0 +30 0.0; a@0,1"],
    );
    // One dump, printed twice.
    check(&["hang-1", "hang-2"], &[&[at("14:00:00"), thread(5, 0xa)], &[at("14:00:00"), thread(5, 0xa)]], &[]);
    // One of three says no time: names tell where it belongs.
    check(
        &["hang-1", "hang-2", "hang-3"],
        &[&[at("14:00:00"), thread(5, 0xa)], &plain(), &[at("14:01:00"), thread(5, 0xa)]],
        &["? 0.0 +? 1.0 +? 2.0; a@0,1,2"],
    );
    // Nothing tells.
    check(&["k.txt", "kv.txt"], &[&plain(), &plain()], &[]);
    check(&["w3wp-4312", "w3wp-9020"], &[&plain(), &plain()], &[]);
}

#[test]
fn captures_within_a_source() {
    let ran = || Said::Sign(SignKind::Ran);
    let asked = |text: &str| Said::Sign(SignKind::Time { at: time(text), asked: true });
    check(&["log"], &[&[thread(5, 0xa), ran(), thread(5, 0xa)]], &["? 0.0 +? 0.2; a@0,1"]);
    // The clock goes on while a live target stands still.
    check(&["log"], &[&[asked("14:00:00"), thread(5, 0xa), asked("14:05:00"), thread(5, 0xa)]], &[]);
    check(
        &["log"],
        &[&[asked("14:00:00"), thread(5, 0xa), ran(), asked("14:05:00"), thread(5, 0xa)]],
        &["? 0.0 +300 0.3; a@0,1"],
    );
    check(&["log"], &[&[at("14:00:00"), thread(5, 0xa), at("14:00:30"), thread(5, 0xa)]], &["? 0.0 +30 0.3; a@0,1"]);
    // Another log may be of the same moment.
    check(&["log"], &[&[thread(5, 0xa), Said::Sign(SignKind::Session), thread(5, 0xa)]], &[]);
    // Two processes in one debugger.
    let target = |process| Said::Sign(SignKind::Target { system: 0, process });
    check(&["log"], &[&[target(0), thread(5, 0xa), ran(), target(1), thread(5, 0xb)]], &[]);
}

#[test]
fn processes_are_never_mixed() {
    let of = |process: u64| [Said::Thread(Some(5), Some(0xa), Some(process))];
    check(&["h-1", "h-2"], &[&of(1), &of(2)], &[]);
    check(&["h-1", "h-2", "h-3"], &[&of(1), &of(2), &of(1)], &["1 0.0 +? 2.0; a@0,1"]);
    // One names no process, and the case knows of one only.
    check(&["h-1", "h-2"], &[&of(1), &[thread(5, 0xa)]], &["1 0.0 +? 1.0; a@0,1"]);
    // Started anew under the same name.
    let up = |seconds| Said::Sign(SignKind::Uptime(seconds));
    check(
        &["h-1", "h-2", "h-3"],
        &[
            &[at("14:00:00"), up(500.0), thread(5, 0xa)],
            &[at("14:00:30"), up(530.0), thread(5, 0xa)],
            &[at("14:01:00"), up(12.0), thread(5, 0xa)],
        ],
        &["? 0.0 +30 1.0; a@0,1"],
    );
}

#[test]
fn numbers_of_the_debugger_stand_for_ids_that_are_known() {
    let index = || [Said::Thread(Some(5), None, None)];
    check(&["h-1", "h-2"], &[&index(), &index()], &["? 0.0 +? 1.0; #5@0,1"]);
    check(&["h-1", "h-2"], &[&index(), &[thread(5, 0xa)]], &["? 0.0 +? 1.0; a@0,1"]);
    check(
        &["h-1", "h-2", "h-3"],
        &[&index(), &[thread(5, 0xa)], &[thread(5, 0xb)]],
        &["? 0.0 +? 1.0 +? 2.0; a@1; b@2; #5@0"],
    );
}

#[test]
fn growing_processor_time_shows_that_time_passed() {
    check(
        &["k", "kv"],
        &[&[thread(5, 0xa), Said::User(0xa, 1.0)], &[thread(5, 0xa), Said::User(0xa, 9.0)]],
        &["? 0.0 +? 1.0; a@0,1"],
    );
    check(&["k", "kv"], &[&[thread(5, 0xa), Said::User(0xa, 9.0)], &[thread(5, 0xa), Said::User(0xa, 9.0)]], &[]);
    let (before, after) = (Cpu { user: Some(9.0), ..Cpu::default() }, Cpu { user: Some(1.0), ..Cpu::default() });
    assert_eq!((after.since(&before), after.is_reset(&before)), (None, true));
}
