//! Conditions besides the pattern: captures, roles, threads, exceptions, cycles, and rules that extend others.

use stacklint::engine::{CaseScan, Sieve};
use stacklint::finding::Finding;
use stacklint::formats::read;
use stacklint::rules::{Origin, RuleSet, compile};
use stacklint::text::Source;

const HEAD: &str = "title: t\nseverity: low\nwhy: w\nfix: f\n";

fn rules(text: &str) -> RuleSet {
    let text = text.replace("HEAD\n", HEAD);
    let loaded = compile(vec![(Source::new("rules.yml", text.clone()), Origin::User)]);
    loaded.rules.unwrap_or_else(|| panic!("{:#?}\n{text}", loaded.diagnostics.list))
}

fn findings(rules: &RuleSet, log: &str) -> Vec<Finding> {
    let sieve = Sieve::new(rules);
    let mut scan = CaseScan::new(rules, &sieve);
    scan.begin_source(0);
    read(log.as_bytes(), "log", &mut scan).unwrap();
    scan.finish().findings
}

/// Stacks of the `k` family, one a line, call sites separated by blanks.
fn log(stacks: &str) -> String {
    let mut text = String::new();
    for (index, stack) in stacks.lines().enumerate() {
        text.push_str(&format!("  {index}  Id: 1.{index:x} Suspend: 1 Teb: 00000000`67fe0000 Unfrozen\n"));
        text.push_str(" # Child-SP          RetAddr           Call Site\n");
        let frames: Vec<&str> = stack.split_whitespace().collect();
        for (number, frame) in frames.iter().enumerate() {
            let below = u32::from(number + 1 < frames.len());
            text.push_str(&format!("{number:02x} 00000000`0019{number:04x} 00000000`{below:08x} {frame}\n"));
        }
    }
    text
}

/// `id`, with the number of stacks, group and message where there are some.
fn check(yaml: &str, text: &str, want: &[&str]) {
    let set = rules(yaml);
    let shown = |finding: &Finding| {
        let mut shown = format!("{} {}", set.rules[finding.rule].id, finding.stacks);
        shown.extend(finding.group.iter().map(|group| format!(" group {group}")));
        shown.extend(finding.message.iter().map(|message| format!(": {message}")));
        shown
    };
    let got: Vec<String> = findings(&set, text).iter().map(shown).collect();
    assert_eq!(got, want, "{yaml}\n{text}");
}

#[test]
fn a_list_may_take_frames_away() {
    let lists = "lists:\n  ours: |\n    not @known\n    not *Stub*\n  known: |\n    ntdll!*\n    System.*\n  some: |\n    svc!*\n    not svc!b\n";
    let first = format!(
        "{lists}id: r\nHEAD\nmatch: |\n  <top>\n  ... without @ours\n  {{{{f=@ours}}}}\nmessage: \"{{{{f}}}}\"\n"
    );
    check(&first, &log("ntdll!NtX System.X.Y() k!MyStub app!Run"), &["r 1: app!Run"]);
    // A frame without symbols may be the first, so this is not certain: but it is the application's or not.
    check(&first, &log("ntdll!NtX ntdll!RtlY"), &[]);
    let some = format!("{lists}id: r\nHEAD\nmatch: |\n  @some\n");
    check(&some, &log("svc!b"), &[]);
    check(&some, &log("svc!a"), &["r 1"]);
    // `svc+0x12345` may be `svc!b`.
    check(&some, &log("svc+0x12345"), &[]);
}

#[test]
fn a_name_kept_twice_is_the_same_name() {
    let twice = "id: r\nHEAD\nmatch: |\n  {{f=svc!*}}\n  ...\n  {{f}}\nmessage: \"{{f}} calls itself\"\n";
    check(twice, &log("svc!a svc!b svc!a"), &["r 1: svc!a calls itself"]);
    check(twice, &log("svc!a svc!b svc!c"), &[]);
    check(twice, &log("svc!a+0x1 k32!w svc!A+0x22"), &["r 1: svc!a calls itself"]);
    let two = "id: r\nHEAD\nmatch: |\n  {{a}}\n  {{b}}\n  {{a}}\n  {{b}}\nmessage: \"{{a}} and {{b}}\"\n";
    check(two, &log("x!1 p!a p!b p!a p!b x!2"), &["r 1: p!a and p!b"]);
    check(two, &log("p!a p!b p!b p!a"), &[]);
    let spaced = "id: r\nHEAD\nmatch: |\n  {{ f = svc!* }}\nmessage: \"[{{ f }}] [{{f}}]\"\n";
    check(spaced, &log("svc!a x!x"), &["r 1: [svc!a] [svc!a]"]);
    let once = "id: r\nHEAD\nmatch: |\n  ntdll!NtWait*\n  {{caller}}\nmessage: \"waits below {{caller}}\"\n";
    check(once, &log("ntdll!NtWaitForSingleObject MyApp!N.T.Load(System.String)"), &["r 1: waits below N.T.Load"]);
}

#[test]
fn threads_are_counted() {
    let rule = |condition: &str| {
        format!(
            "id: r\nHEAD\nmatch:\n  stack: |\n    svc!lock\n    {{{{caller=svc!*}}}}\n  threads: {condition}\n---\nid: waits\ntitle: t\nrole: idle\nmatch: |\n  svc!idle\n"
        )
    };
    let text = log("svc!lock svc!a\nsvc!lock svc!a\nsvc!lock svc!b\nsvc!idle x!x\nsvc!other x!x");
    check(&rule("{at-least: 3}"), &text, &["r 3"]);
    check(&rule("{at-least: 4}"), &text, &[]);
    // Three of the four threads that are not idle.
    check(&rule("{share: \">= 75%\"}"), &text, &["r 3"]);
    check(&rule("{share: 76%}"), &text, &[]);
    check(&rule("{at-least: 2, same: caller}"), &text, &["r 2 group svc!a"]);
    check(&rule("{at-least: 1, same: caller}"), &text, &["r 2 group svc!a", "r 1 group svc!b"]);
}

#[test]
fn a_thread_that_two_commands_print_is_counted_once() {
    let rule = "id: r\nHEAD\nmatch:\n  stack: svc!lock\n  threads: {at-least: 2}\n";
    let native = "   4  Id: 1a.f4 Suspend: 1 Teb: 00000000`67fe0000 Unfrozen\n # Child-SP          RetAddr           Call Site\n\
                  00 00000000`00190000 00000000`00000001 svc!lock\n01 00000000`00190010 00000000`00000000 svc!main\n";
    let again = "0:004> kc\n # Call Site\n00 svc!lock\n01 svc!main\n";
    let other = "0:005> kc\n # Call Site\n00 svc!lock\n01 svc!main\n";
    check(rule, &format!("{native}\n{again}"), &[]);
    check(rule, &format!("{native}\n{again}\n{other}"), &["r 3"]);
}

#[test]
fn roles_are_asked_for() {
    let roles = "id: work\ntitle: t\nrole: worker\nmatch: svc!pool\n---\nid: rest\ntitle: t\nrole: idle\nmatch: svc!sleep\n---\n";
    let on = format!("{roles}id: r\nHEAD\nmatch:\n  stack: svc!draw\n  on: worker\n");
    check(&on, &log("svc!draw svc!pool\nsvc!draw svc!main"), &["r 1"]);
    let unless = format!("{roles}id: r\nHEAD\nmatch: svc!draw\nunless:\n  - role: [worker]\n");
    check(&unless, &log("svc!draw svc!pool\nsvc!draw svc!main"), &["r 1"]);
    check(&unless, &log("svc!draw svc!sleep"), &[]);
}

#[test]
fn exceptions_are_found_in_every_text() {
    let by_type = "id: r\nHEAD\nmatch:\n  exception: {type: System.OutOfMemory*}\n";
    check(by_type, "System.OutOfMemoryException: no\n   at N.T.M()\n", &["r 0"]);
    check(by_type, "0:000> !pe\nException object: 00000001\nException type:   System.OutOfMemoryException\n", &["r 0"]);
    check(by_type, "System.IO.IOException: no\n   at N.T.M()\n", &[]);
    let event = "(1a2c.4c7): Stack overflow - code c00000fd (first chance)\n";
    check("id: r\nHEAD\nmatch:\n  exception: {code: 0xc00000fd}\n", event, &["r 0"]);
    check("id: r\nHEAD\nmatch:\n  exception: {code: 0xc0000005}\n", event, &[]);
    // Of exceptions that wrap others, each.
    let nested =
        "N.OrderException: a ---> System.OutOfMemoryException: b ---> System.IO.IOException: c\n   at N.T.M()\n";
    check(by_type, nested, &["r 0"]);
    check("id: r\nHEAD\nmatch:\n  exception: {type: N.OrderException}\n", nested, &["r 0"]);
    let inner = "Exception object: 00000001\nException type:   N.OrderException\n\
                 InnerException:   System.OutOfMemoryException, Use !PrintException 00000002 to see more.\n";
    check(by_type, inner, &["r 0"]);
    let record = "0:000> !analyze -v\nEXCEPTION_RECORD:  (.exr -1)\n   ExceptionCode: c0000005 (Access violation)\n\nPROCESS_NAME:  a\n";
    check("id: r\nHEAD\nmatch:\n  exception: {code: 0xc0000005}\n", record, &["r 0"]);
    let key = "0:000> !analyze -v\nKEY_VALUES_STRING: 1\n\n    Key  : CLR.System.OutOfMemoryException._message\n    Value: no\n";
    check(by_type, key, &["r 0"]);
    // By itself, as people paste it.
    let record = "ExceptionAddress: 72c81a3a (svc!draw+0x0000000a)\n   ExceptionCode: c0000005 (Access violation)\n";
    check("id: r\nHEAD\nmatch:\n  exception: {code: 0xc0000005}\n", record, &["r 0"]);
    check("id: r\nHEAD\nmatch:\n  exception: {code: 0xc00000fd}\n", record, &[]);
    // Of the trace of an exception, its own; what wraps it has frames of its own.
    let on_trace = |name: &str| format!("id: r\nHEAD\nmatch:\n  stack: N.T.M\n  exception: {{type: {name}}}\n");
    for wrapped in ["N.OrderException: a ---> N.DiskException: b", "N.OrderException: a\n---> N.DiskException: b"] {
        let trace = format!("{wrapped}\n   at N.T.M()\n   at N.T.Main()\n");
        check(&on_trace("N.DiskException"), &trace, &["r 1"]);
        check(&on_trace("N.OrderException"), &trace, &[]);
    }
    let both = "id: r\nHEAD\nmatch:\n  stack: svc!draw\n  exception: {type: System.OutOfMemoryException}\n";
    check(both, &(log("svc!draw x!x") + "\nSystem.OutOfMemoryException: no\n   at N.T.M()\n"), &["r 1"]);
    check(both, &log("svc!draw x!x"), &[]);
}

#[test]
fn cycles_are_found_whatever_their_period() {
    let rule = |condition: &str| format!("id: r\nHEAD\nmatch:\n  cycle: {condition}\nmessage: recursion\n");
    let rounds = |round: &str, times: usize| log(&format!("x!top {} x!bottom", [round].repeat(times).join(" ")));
    check(&rule("{repeats: \">= 50\"}"), &rounds("svc!a svc!b svc!c", 50), &["r 1: recursion"]);
    check(&rule("{repeats: \">= 51\"}"), &rounds("svc!a svc!b svc!c", 50), &[]);
    check(&rule("{repeats: 10, period: \"<= 2\"}"), &rounds("svc!a svc!b svc!c", 50), &[]);
    check(&rule("{repeats: 10, contains: \"svc!b\"}"), &rounds("svc!a svc!b", 10), &["r 1: recursion"]);
    check(&rule("{repeats: 10, contains: \"app!*\"}"), &rounds("svc!a svc!b", 10), &[]);
    let named = "id: r\nHEAD\nmatch:\n  cycle: {repeats: 3, contains: \"{{f=*b}}\"}\nmessage: \"{{f}} again\"\n";
    check(named, &rounds("svc!a svc!b", 4), &["r 1: svc!b again"]);
}

#[test]
fn rules_extend_others() {
    let base = "id: base\nHEAD\ntags: [one]\nmatch: svc!a\n---\n";
    let extended = format!("{base}id: more\nextends: base\nseverity: high\ntags: [two]\nfix: g\n");
    let set = rules(&extended);
    let more = set.find("more").unwrap();
    assert_eq!((more.title.as_str(), more.tags.join(" "), more.fix.join(" ")), ("t", "one two".into(), "f g".into()));
    check(&extended, &log("svc!a x!x"), &["more 1", "base 1"]);
    // With the id of the other it takes its place.
    let replaced = format!("{base}id: base\nextends: base\nunless:\n  - stack: x!x\n");
    check(&replaced, &log("svc!a x!x"), &[]);
    check(&replaced, &log("svc!a x!y"), &["base 1"]);
    let other_pattern = format!("{base}id: more\nextends: base\nmatch: svc!b\n");
    check(&other_pattern, &log("svc!b x!x"), &["more 1"]);
}

#[test]
fn a_rule_yields_only_to_what_is_reported() {
    // Four rules, each more special than the one before; `many` and `told` hold only in some cases.
    let rules = "id: general\nHEAD\nyields-to: [many, told]\nmatch: svc!wait\n---\n\
                 id: many\nHEAD\nyields-to: [top]\nmatch:\n  stack: |\n    svc!wait\n    svc!request\n  threads: {at-least: 3}\n---\n\
                 id: told\nHEAD\nmatch:\n  stack: |\n    svc!wait\n    svc!crash\n  exception: {type: N.SvcException}\n---\n\
                 id: top\nHEAD\nmatch: |\n  svc!wait\n  svc!request\n  svc!main\n";
    let waits = |count: usize| "svc!wait svc!request\n".repeat(count);
    check(rules, &log(&waits(2)), &["general 2"]);
    check(rules, &log(&waits(3)), &["many 3"]);
    // It takes back what it says more of, and no more.
    check(rules, &log(&(waits(3) + "svc!wait svc!other")), &["many 3", "general 1"]);
    check(rules, &log("svc!wait svc!crash"), &["general 1"]);
    let told = log("svc!wait svc!crash")
        + "\nSystem.Exception: no\nUnhandled Exception: N.SvcException: gone\n   at N.T.M()\n";
    check(rules, &told, &["told 1"]);
    // What `many` gives up to `top` is no longer counted for it, and `general` does not come back for it.
    check(rules, &log(&(waits(3) + "svc!wait svc!request svc!main")), &["many 3", "top 1"]);
    check(rules, &log(&(waits(2) + "svc!wait svc!request svc!main")), &["general 2", "top 1"]);
}

#[test]
fn a_rule_on_an_exception_tells_what_it_was_and_yields_to_the_special() {
    let rules = "id: any\nHEAD\nyields-to: [memory]\nmatch:\n  exception: {type: \"*Exception\"}\n\
                 message: \"{{exception.type}} at {{exception.site}}: {{exception.message}}\"\n---\n\
                 id: memory\nHEAD\nmatch:\n  exception: {type: System.OutOfMemoryException}\n";
    let text =
        |name: &str| format!("Unhandled Exception: {name}: it is gone\n   at N.T.M(String a)\n   at N.T.Main()\n");
    check(rules, &text("N.SvcException"), &["any 0: N.SvcException at N.T.M: it is gone"]);
    check(rules, &text("System.OutOfMemoryException"), &["memory 0"]);
    // `!clrthreads` has no message: where another text has it, that one is shown.
    let table = "       ID OSID ThreadOBJ           State GC Mode     GC Alloc Context                  Domain           Count Apt Exception\n\
                 0    1 1a0c 000001A2B3C4D5E0    2a020 Preemptive  0000000000000000:0000000000000000 000001A2B3C00000 0     MTA N.SvcException 000001a2b5c00000\n";
    check(rules, table, &["any 0: N.SvcException at an unknown place: no message"]);
    check(rules, &format!("{table}\n{}", text("N.SvcException")), &["any 0: N.SvcException at N.T.M: it is gone"]);
}

#[test]
fn a_message_begins_with_the_place_where_it_is_known() {
    let rules = "id: any\nHEAD\nmatch:\n  exception: {type: \"*Exception\"}\n\
                 message: \"{{exception.site}}: {{exception.message}}\"\n";
    let text = "Unhandled Exception: N.SvcException: it is gone\n";
    check(rules, text, &["any 0: it is gone"]);
    check(rules, &format!("{text}   at N.T.M(String a)\n   at N.T.Main()\n"), &["any 0: N.T.M: it is gone"]);
}

/// What was logged is not why the process ended, unless the one wraps the other.
#[test]
fn an_exception_that_ends_the_process_is_told_beside_one_that_came_before() {
    let yields = "id: any\nHEAD\nyields-to: [slow]\nmatch:\n  exception: {unhandled: true}\n---\n\
                  id: slow\nHEAD\nmatch:\n  exception: {type: N.SlowException}\n";
    let folds = "id: any\nHEAD\nmatch:\n  exception: {unhandled: true}\n---\n\
                 id: slow\nHEAD\nexplains: [any]\nmatch:\n  exception: {type: N.SlowException}\n";
    let logged = "N.SlowException: it took too long\n   at N.T.Ask()\n";
    let ended = |name: &str| format!("Unhandled Exception: {name}: gone\n   at N.T.M()\n   at N.T.Main()\n");
    for (text, want) in [
        (format!("{logged}\n{}", ended("N.NullException")), &["any 0", "slow 0"][..]),
        (format!("{logged}\n{}", ended("N.SlowException")), &["slow 0"]),
        (format!("{logged}\n{}", ended("N.WorkException: no ---> N.SlowException")), &["slow 0"]),
        (format!("{logged}\n{}", ended("N.WorkException: the SlowException of the last call")), &["slow 0"]),
        (format!("{logged}\n{}", ended("System.AggregateException")), &["slow 0"]),
        // What the process ended with may be told of more than once, and in parts.
        (format!("{}\n{logged}", ended("N.NullException")), &["slow 0"]),
    ] {
        check(yields, &text, want);
        check(folds, &text, want);
    }
}

#[test]
fn what_nobody_caught_is_asked_for() {
    let by_type = "id: r\nHEAD\nmatch:\n  exception: {type: N.*Exception, unhandled: true}\n";
    let any = "id: r\nHEAD\nmatch:\n  exception: {unhandled: true}\n";
    let frames = "   at N.T.M()\n   at N.T.Main()\n";
    let described =
        "Description: The process was terminated due to an unhandled exception.\nException Info: N.SvcException\n";
    for (text, managed, wanted) in [
        (format!("Unhandled exception. N.SvcException: gone\n{frames}"), true, true),
        (format!("Unhandled Exception: N.SvcException: gone ---> N.DiskException: full\n{frames}"), true, true),
        (format!("Unhandled Exception:\nN.SvcException: gone\n{frames}"), true, true),
        (format!("{described}{frames}"), true, true),
        (format!("Fatal error. N.SvcException: gone\n{frames}"), true, true),
        (format!("Fatal error. Internal CLR error. (0x80131506)\n{frames}"), false, true),
        (format!("Stack overflow.\nRepeat 9 times:\n------\n   at N.T.M()\n------\n{frames}"), false, true),
        ("(1a2c.4c7): CLR exception - code e0434352 (!!! second chance !!!)\n".to_string(), false, true),
        ("0:002> .lastevent\nLast event: Exception C00000FD, second chance\n".to_string(), false, true),
        ("Faulting application name: svc.exe, version: 1.0\nException code: 0xc0000005\n".to_string(), false, true),
        ("Program terminated with signal SIGSEGV, Segmentation fault.\n".to_string(), false, true),
        // Thrown, and perhaps caught.
        (format!("N.SvcException: gone\n{frames}"), false, false),
        (
            format!("An unhandled exception has occurred while executing the request.\nN.SvcException: gone\n{frames}"),
            false,
            false,
        ),
        (format!("ERROR Unhandled exception: N.SvcException: gone\n{frames}"), false, false),
        ("(1a2c.4c7): CLR exception - code e0434352 (first chance)\n".to_string(), false, false),
        ("(1a2c.4c7): CLR exception - code e0434352 (first/second chance not available)\n".to_string(), false, false),
        ("(1a2c.4c7): Break instruction exception - code 80000003 (!!! second chance !!!)\n".to_string(), false, false),
        ("Exception code: 0xc0000005\n".to_string(), false, false),
        ("Thread 2 \"svc\" received signal SIGSEGV, Segmentation fault.\n".to_string(), false, false),
        // Prose that has the words.
        ("I asked on\nStack overflow.\nNobody answered.\n".to_string(), false, false),
        ("Process terminated. Press any key to continue\n".to_string(), false, false),
    ] {
        let want = |holds: bool| if holds { vec!["r 0"] } else { vec![] };
        check(by_type, &text, &want(managed));
        check(any, &text, &want(wanted));
    }
}

#[test]
fn codes_and_signals_are_found_in_every_text() {
    let stack_overflow = "id: r\nHEAD\nmatch:\n  exception: {code: 0xc00000fd}\n";
    for text in [
        "Exception code: 0xc00000fd\n",
        "0:002> .lastevent\nLast event: Exception C00000FD, second chance\n",
        "- ```(f00.92c): Stack overflow - code c00000fd (first/second chance not available)```\n",
        "0:006> !analyze -v\nKEY_VALUES_STRING: 1\n    Key  : Failure.Exception.Code\n    Value: 0xc00000fd\n",
        "Unhandled exception at 0x00007FF8BF2F4FD9 (svc.dll) in svc.exe: 0xC00000FD: Stack overflow (parameters: 0x1).\n",
    ] {
        check(stack_overflow, text, &["r 0"]);
    }
    let fault = "id: r\nHEAD\nmatch:\n  exception: {type: SIGSEGV}\n";
    check(
        fault,
        "* thread #1, name = 'svc', stop reason = signal SIGSEGV\n  * frame #0: 0x00007f98 svc`main\n",
        &["r 0"],
    );
    check(fault, "* thread #1, name = 'svc', stop reason = signal SIGSTOP\n  * frame #0: 0x00007f98 svc`main\n", &[]);
    check(fault, "Program received signal SIGSEGV, Segmentation fault.\n", &["r 0"]);
}

#[test]
fn exceptions_on_the_heap_count_where_they_were_thrown() {
    let rule = "id: r\nHEAD\nmatch:\n  exception: {type: System.OutOfMemoryException}\n";
    let heap = |frame: &str| {
        format!(
            "> dumpexceptions\n         Address      MethodTable Message Name\n\
             00007f7ebc0e5750 00007f7ee204c430 System.OutOfMemoryException\n        Message: <none>\n{frame}"
        )
    };
    check(rule, &heap("        StackFrame: N.T.M(Int32)\n"), &["r 0"]);
    check(rule, &heap(""), &[]);
}

#[test]
fn an_exception_of_another_thread_proves_nothing_of_a_stack() {
    let rules = "id: r\nHEAD\nmatch:\n  stack: svc!draw\n  exception: {type: N.SvcException}\n";
    let held_by = |os_id: &str| {
        format!(
            "       ID OSID ThreadOBJ           State GC Mode     GC Alloc Context                  Domain           Count Apt Exception\n\
                 9    1 {os_id} 000001A2B3C4D5E0    2a020 Preemptive  0000000000000000:0000000000000000 000001A2B3C00000 0     MTA N.SvcException 000001a2b5c00000\n\n"
        )
    };
    check(rules, &(held_by("   0") + &log("svc!draw svc!main")), &["r 1"]);
    check(rules, &(held_by("1a0c") + &log("svc!draw svc!main")), &[]);
}

#[test]
fn a_fault_elsewhere_proves_nothing_of_a_stack() {
    let rules = "id: r\nHEAD\nmatch:\n  stack: svc!draw\n  exception: {code: 0xc0000005}\n";
    let fault = |place: &str| {
        format!("ExceptionAddress: 72c81a3a ({place}+0x0000000a)\n   ExceptionCode: c0000005 (Access violation)\n\n")
    };
    check(rules, &(fault("svc!draw") + &log("svc!draw svc!main")), &["r 1"]);
    // The function below may have called the one that failed.
    check(rules, &(fault("svc!main") + &log("svc!draw svc!main")), &["r 1"]);
    check(rules, &(fault("svc!save") + &log("svc!draw svc!main")), &[]);
    check(rules, &(fault("svc!save") + &log("svc!draw svc!main\nsvc!save svc!draw svc!main")), &["r 1"]);
    // A managed exception has a stack of its own.
    let rules = "id: r\nHEAD\nmatch:\n  stack: N.Book.Draw\n  exception: {type: N.SvcException}\n";
    let thrown = |method: &str| {
        format!(
            "0:000> !pe\nException object: 0000021c3a4b1e20\nException type:   N.SvcException\nMessage:          no\n\
             InnerException:   <none>\nStackTrace (generated):\n    SP               IP               Function\n    \
             000000D1B3DFE4C0 0000000000000000 N!{method}()+0x1\n\n0:000> !clrstack\nOS Thread Id: 0x1a2c (5)\n        \
             Child SP               IP Call Site\n000000000b17a490 00007ffd0168b2f4 N.Book.Draw()\n000000000b17a540 \
             00007ffd0168b1c3 N.Book.Main()\n"
        )
    };
    check(rules, &thrown("N.Book.Main"), &["r 1"]);
    check(rules, &thrown("N.Book.Save"), &[]);
}

#[test]
fn the_stack_of_an_exception_takes_back_what_is_said_of_it() {
    let rules = "id: r\nHEAD\nmatch:\n  exception: {type: N.SvcException}\nunless:\n  - stack: N.Book.TryOpen\n";
    let caught = "N.SvcException: no\n   at N.Book.Open()\n   at N.Book.TryOpen()\n";
    let other = "N.SvcException: no\n   at N.Book.Open()\n   at N.Book.Main()\n";
    check(rules, caught, &[]);
    check(rules, other, &["r 0"]);
    check(rules, &format!("{caught}\n{other}"), &["r 0"]);
    // Nothing is known of where it was thrown.
    check(rules, "N.SvcException: no\n", &["r 0"]);
}

#[test]
fn what_the_process_survived_is_no_exception_of_it() {
    let asked = "id: r\nHEAD\nmatch:\n  exception: {code: 0xc0000005}\n";
    let first = "(1a2c.4c7): Access violation - code c0000005 (first chance)\n";
    let later = "(1a2c.18): CLR exception - code e0434352 (first chance)\n";
    let other = "(2f0.18): CLR exception - code e0434352 (first chance)\n";
    let second = "(1a2c.4c7): Access violation - code c0000005 (!!! second chance !!!)\n";
    for (text, want) in [
        (first.to_string(), &["r 0"][..]),
        (format!("{first}{later}"), &[]),
        (format!("{first}{other}"), &["r 0"]),
        (format!("{first}{second}"), &["r 0"]),
        (format!("{first}{second}{later}"), &["r 0"]),
    ] {
        check(asked, &text, want);
    }
}

#[test]
fn an_object_kept_ready_is_no_exception() {
    let asked = "id: r\nHEAD\nmatch:\n  exception: {type: System.OutOfMemoryException}\n";
    let of = |message: &str, stack: &str| {
        format!(
            "Exception object: 000001f5a1c81128\nException type:   System.OutOfMemoryException\n\
             Message:          {message}\nInnerException:   <none>\nStackTrace (generated):\n{stack}\
             StackTraceString: <none>\nHResult: 8007000e\n"
        )
    };
    let stack = "    SP               IP               Function\n    0000003E8D5EF0E0 00007FFA5C0A1B2C Contoso!Contoso.Book.Load()+0x1c\n\n";
    for (command, text, want) in [
        ("!pe 000001f5a1c81128", of("<none>", "<none>\n"), &[][..]),
        (".foreach (ex {!dumpheap -type Exception -short}) {!pe ex}", of("<none>", "<none>\n"), &[]),
        ("!pe", of("<none>", "<none>\n"), &["r 0"]),
        ("!pe 000001f5a1c81128", of("Array dimensions exceeded", "<none>\n"), &["r 0"]),
        ("!pe 000001f5a1c81128", of("<none>", stack), &["r 0"]),
    ] {
        check(asked, &format!("0:000> {command}\n{text}0:000> .time\n"), want);
    }
}
