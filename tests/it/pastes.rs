//! Text as people have it: wrapped, cut, spaced out, mixed with prose, in any encoding.

use proptest::prelude::*;
use proptest::sample::{Index, select};

use stacklint::formats::read_capture;
use stacklint::model::Capture;

fn read(bytes: &[u8]) -> Capture {
    let (capture, accounts) = read_capture(bytes, "paste", true).unwrap();
    assert_eq!(accounts.lines(), capture.source.lines, "a line is not accounted for");
    capture
}

/// One line a stack: thread, then frames as `number call-site`, with `~n` for n missing frames.
fn show(capture: &Capture) -> String {
    let mut text = String::new();
    for stack in &capture.stacks {
        let thread = stack.thread.index.map(|index| index.to_string());
        text.push_str(&format!("{}:", thread.as_deref().unwrap_or("?")));
        for (position, frame) in stack.frames.iter().enumerate() {
            for hole in stack.holes.iter().filter(|hole| hole.before == position) {
                text.push_str(&hole.missing.map_or(" ~?".to_string(), |missing| format!(" ~{missing}")));
            }
            let number = frame.number().map(|number| format!("{number:02x}=")).unwrap_or_default();
            text.push_str(&format!(" {number}{}", capture.sites.get(frame.site).text));
        }
        text.push('\n');
    }
    text
}

fn check(paste: &str, want: &str) {
    assert_eq!(show(&read(paste.as_bytes())), want, "{paste}");
}

/// In a page a command and what it printed often stand in two listings; what follows the second is no output of it.
#[test]
fn listings_end_what_a_command_printed() {
    let rows = "00007ffa1bf00001        1           38 System.String\n00007ffa1bf00002        2           48 N.Order\n";
    let statistics = format!("Statistics:\n              MT    Count    TotalSize Class Name\n{rows}");
    for (paste, want) in [
        (format!("```\n> dumpheap -stat\n```\n\n```\n{statistics}```\n"), vec!["dumpheap"]),
        (format!("```\n> objsize 7237\n```\n\n```\n{statistics}```\n"), vec![]),
        (format!("```\n> objsize 7237\n38 bytes\n```\n\n```\n{statistics}```\n"), vec!["dumpheap"]),
    ] {
        let tables: Vec<&str> = read(paste.as_bytes()).tables.iter().map(|table| table.name).collect();
        assert_eq!(tables, want, "{paste}");
    }
}

#[test]
fn wrapped_lines_are_joined() {
    for (paste, want) in [
        // After a comma, the blank eaten by the break.
        (
            "0:001> kL\n00 00000000`0b99b580 000007fe`dd416da4 S!N.M(Int32,\nIntPtr)+0x179\n01 00000000`0b99b6f0 000007fe`dd4e95f9 a!b+0x1\n",
            "1: 00=S!N.M(Int32, IntPtr)+0x179 01=a!b+0x1\n",
        ),
        // In the middle of a token.
        (
            "0:001> k\nChildEBP RetAddr\nf7a4ac3c 80582a4e nt!IopProcessStartDevicesWork\ner+0x43\nf7a4ac40 80582a4e nt!a+0x1\n",
            "1: nt!IopProcessStartDevicesWorker+0x43 nt!a+0x1\n",
        ),
        // The symbol moved to the next line.
        (
            "0:001> k\nChildEBP RetAddr\nf7a4ac3c 80582a4e\nnt!KiSwapThread+0x1\nf7a4ac40 80582a4e nt!a+0x1\n",
            "1: nt!KiSwapThread+0x1 nt!a+0x1\n",
        ),
        // Blank lines everywhere, and inside the wrapped frame too.
        (
            "0:001> kL\n\n00 00000000`0b99b580 000007fe`dd416da4 S!N.M(Int32,\n\nIntPtr)+0x179\n\n01 00000000`0b99b6f0 000007fe`dd4e95f9 a!b+0x1\n",
            "1: 00=S!N.M(Int32, IntPtr)+0x179 01=a!b+0x1\n",
        ),
    ] {
        check(paste, want);
    }
}

#[test]
fn warnings_end_no_stack() {
    check(
        "0:001> k\nChild-SP RetAddr Call Site\n00000000`0b99b580 000007fe`dd416da4 a!b+0x1*** WARNING: Unable to verify checksum for a.dll\n\
         *** ERROR: Symbol file could not be found.  Defaulted to export symbols for c.dll - \n00000000`0b99b5a0 00000000`00000000 c!d+0x2\n",
        "1: a!b+0x1*** WARNING: Unable to verify checksum for a.dll c!d+0x2\n",
    );
    let capture = read(
        b"0:001> k\n00000000`0b99b580 00000000`00000000 a!b+0x1*** WARNING: Unable to verify checksum for a.dll\n",
    );
    let site = capture.sites.get(capture.stacks[0].frames[0].site);
    assert_eq!((site.function(), site.offset()), (Some("b"), Some(1)));
}

#[test]
fn missing_frames_are_counted() {
    check(
        "0:001> kL\n00 00000000`0b99b580 000007fe`dd416da4 a!a\n02 00000000`0b99b5a0 000007fe`dd416da4 a!c\n\n10 00000000`0b99b5c0 000007fe`dd416da4 a!d\n",
        "1: 00=a!a ~1 02=a!c ~13 10=a!d\n",
    );
    check("05 00000000`0b99b580 000007fe`dd416da4 a!a+0x1\n", "?: ~5 05=a!a+0x1\n");
    check(
        "0:001> k\n00000000`0b99b580 000007fe`dd416da4 a!a+0x1\n[...]\n00000000`0b99c580 000007fe`dd416da4 a!b+0x1\n",
        "1: a!a+0x1 ~? a!b+0x1\n",
    );
    check(
        "OS Thread Id: 0xf4 (4)\nChild SP IP Call Site\n000000001bb1e9a0 000006440a314fc1 N.T.M(Int32)\n000000001bb1e9c0 000006440a314fc1 N.T.L(Int32)\n[...]\n\
         000000001bb1f9a0 000006440a314fc1 N.T.K(Int32)\n",
        "4: N.T.M(Int32) N.T.L(Int32) ~? N.T.K(Int32)\n",
    );
}

#[test]
fn quoted_mails_and_numbered_listings_are_read() {
    let log = "0:001> kL\n # Child-SP          RetAddr           Call Site\n00 00000000`0b99b580 000007fe`dd416da4 a!b+0x1\n01 00000000`0b99b5a0 00000000`00000000 c!d+0x2";
    let want = "1: 00=a!b+0x1 01=c!d+0x2\n";
    let marked = |mark: &dyn Fn(usize) -> String| {
        log.lines().enumerate().map(|(number, line)| format!("{}{line}\n", mark(number))).collect::<String>()
    };
    check(&marked(&|_| "> ".to_string()), want);
    check(&marked(&|_| "> > ".to_string()), want);
    check(&marked(&|number| format!("{number:>4}. ")), want);
}

/// The bottom is missing where the last return address leads somewhere; rows of SOS have none.
#[test]
fn a_stack_is_cut_off_only_where_the_text_says_so() {
    let rows = "000000001bb1e9a0 000006440a314fc1 N.T.M(Int32)\n000000001bb1e9c0 000006440a314fc1 N.T.L(Int32)\n";
    let clrstack = format!("OS Thread Id: 0xf4 (4)\nChild SP IP Call Site\n{rows}");
    let k = |last: &str| format!("0:001> k\n00000000`0b99b580 000007fe`dd416da4 a!b\n00000000`0b99b5a0 {last} c!d\n");
    for (paste, want) in [(clrstack, false), (k("00000000`00000000"), false), (k("000007fe`dd416da4"), true)] {
        assert_eq!(read(paste.as_bytes()).stacks[0].cut_off, want, "{paste}");
    }
}

#[test]
fn prose_holds_no_frames() {
    for paste in [
        "OS Thread Id: 0x1b90 (5)\nRSP/REG          Object           Name\n000000000019db30 00000000027e1b20 System.String    hello\n",
        "GdiPlus!GpMemoryBitmap::AllocBitmapData+c2  with 155 allocations takes 1.16GB of memory space\n",
        "It hangs in ntdll!NtWaitForSingleObject+0xa again!\nWow!\n",
        "00000000`0011fcb8  00000001`40001609 svc!main+0xf9\n00000000`0011fcc0  00000001`4000160a svc!main+0xfa\n",
    ] {
        check(paste, "");
    }
}

#[test]
fn odd_frames_between_blank_lines_are_kept() {
    check(
        "0:001> k\nChild-SP RetAddr Call Site\n00000000`0b99b580 000007fe`dd416da4 System!\n\n00000000`0b99b5a0 000007fe`dd416da4 0x7fe\n\n\
         00000000`0b99b5c0 000007fe`dd416da4 coreclr\n\n00000000`0b99b5e0 000007fe`dd416da4 ntdll! ?? ::FNODOBFM::`string'+0x23\n",
        "1: System! 0x7fe coreclr ntdll! ?? ::FNODOBFM::`string'+0x23\n",
    );
}

#[test]
fn what_follows_a_stack_does_not_join_it() {
    let stack = "0:001> k\nChild-SP          RetAddr           Call Site\n00000000`0b99b580 000007fe`dd416da4 a!b+0x1\n00000000`0b99b5a0 000007fe`dd416da4 c!d+0x2\n\n";
    for after in [
        "00000000`0b99b5c0  00000001`40001609 svc!main+0xf9\n00000000`0b99b5c8  00000001`4000160a svc!main+0xfa\n",
        "00000001`700555f4 f604250803fe7f01 test    byte ptr [x],1\n",
        "00401000 e8fb1f00 call ntdll!x+0x3\n",
        "deadbeef cafebabe wow!great+0x1 is this?\n",
        "ntdll!NtDelayExecution+0x14:\n00000001`700555f4 c3              ret\n",
    ] {
        check(&format!("{stack}{after}"), "1: a!b+0x1 c!d+0x2\n");
    }
}

#[test]
fn call_sites_alone_are_a_stack_when_there_are_two() {
    check("It hangs here:\n\nntdll!NtWait+0xa\nkernel32!Wait+0x1\n\nThanks", "?: ntdll!NtWait+0xa kernel32!Wait+0x1\n");
    check("ntdll!NtWait+0xa\n", "");
}

/// What only Visual Studio prints goes on with the stack above, and shows that one frame alone is one.
#[test]
fn marks_between_frames_split_no_stack() {
    for (paste, want) in [
        (
            "a.dll!N.A.B(int n)\n[Native to Managed Transition]\nb.dll!N.C.D()\n",
            "?: a.dll!N.A.B(int n) b.dll!N.C.D()\n",
        ),
        (
            "a.dll!N.A.B()\nb.dll!N.C.D()\n[External Code]\nb.dll!N.C.E()\n",
            "?: a.dll!N.A.B() b.dll!N.C.D() ~? b.dll!N.C.E()\n",
        ),
        ("a.dll!N.A.B()\n[a remark]\nb.dll!N.C.D()\n", ""),
        ("Stack trace for a hung service:\n", ""),
    ] {
        check(paste, want);
    }
}

/// Names and notes are believed among frames; figures and references are none.
#[test]
fn notes_and_names_need_frames_around_them() {
    for (paste, want) in [
        ("a!b+0x1     here it waits\na!c+0x2\n", "?: a!b+0x1 a!c+0x2\n"),
        ("a!b+0x1     here it waits\na!c+0x2     and here\n", ""),
        ("a!b+0x1     12 MBytes\na!c+0x2     13 MBytes\n", ""),
        (
            "System.Threading.Monitor.Enter\nN.A.B\nN.C.D\nN.E.F(Int32)\n",
            "?: System.Threading.Monitor.Enter N.A.B N.C.D N.E.F(Int32)\n",
        ),
        ("System.Threading.Monitor.Enter\nN.A.B\n\nN.C.D\n", ""),
        (
            "Worker @14804\n\tMonitor.Enter()\n\tLedger.Post() [2]\n\tLedger.Post() [1]\n\tTask.InnerInvoke()\n\
             \tTask.<>c.<.cctor>b__288_0()\n",
            "?: System.Threading.Monitor.Enter Ledger.Post Ledger.Post System.Threading.Tasks.Task.InnerInvoke \
             System.Threading.Tasks.Task.<>c.<.cctor>b__288_0\n",
        ),
        (
            "0:000> k\nRetAddr               Call Site\n00007ff8`557c5820     a!b+0xa\n--------`--------     a!c+0x3\n\
             00007ff8`557c5840     a!d+0x10\n",
            "0: a!b+0xa a!c+0x3 a!d+0x10\n",
        ),
        // A list of methods, not a stack.
        ("Monitor.Enter()\nMonitor.Exit()\nThread.Sleep()\nTask.Wait()\n", ""),
        ("Monitor.Enter()\nLedger.Post()\nTask.Wait()\n", ""),
        ("System.Threading.Monitor.Enter\na!b\na!c\n", "?: System.Threading.Monitor.Enter a!b a!c\n"),
        ("N.A.B\nSystem.Threading.Monitor.Enter\nN.C.D\n", ""),
    ] {
        check(paste, want);
    }
}

#[test]
fn dialects_mix_in_one_paste() {
    check(
        "Hi,\n0:004> kL\nChild-SP RetAddr Call Site\n00000000`0b99b580 00000000`00000000 a!b+0x1\n0:004> !clrstack\nOS Thread Id: 0xf4 (4)\n\
         Child SP IP Call Site\n000000001bb1e9a0 000006440a314fc1 N.T.M(Int32)\n000000001bb1e9b0 000006440a314fc1 [GCFrame: 000000001bb1e9b0] \n\
         OS Thread Id: 0xf8 (5)\nUnable to walk the managed stack. The current thread is likely not a \nand bye\n",
        "4: a!b+0x1\n4: N.T.M(Int32) [GCFrame]\n5:\n",
    );
}

#[test]
fn every_encoding_and_line_end_reads_the_same() {
    let text = "0:057> kL\n # Child-SP          RetAddr           Call Site\n00 00000000`0b99a320 000007fe`fbbfcb6b a!b+0x1\n01 00000000`0b99a360 00000000`00000000 c!d+0x2";
    let want = "57: 00=a!b+0x1 01=c!d+0x2\n";
    let twice = |text: String| text.clone() + "\n" + &text;
    let doubled = twice(text.replace("a!b", "a\u{200b}!b"));
    assert_eq!(show(&read(doubled.as_bytes())), twice(want.to_string()).replace("\n\n", "\n"));
    let utf16 = |to_bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(to_bytes).collect::<Vec<u8>>();
    for bytes in [
        text.as_bytes().to_vec(),
        text.replace('\n', "\r\n").into_bytes(),
        text.replace('\n', "\r").into_bytes(),
        text.replace("\n0", "\r0").into_bytes(),
        text.replace(' ', "\u{a0}").into_bytes(),
        text.replace("a!b", "\u{200b}a!\u{2060}b").into_bytes(),
        [b"\xEF\xBB\xBF", text.as_bytes()].concat(),
        utf16(u16::to_le_bytes),
        utf16(u16::to_be_bytes),
        [b"caf\xe9\n", text.as_bytes()].concat(),
    ] {
        assert_eq!(show(&read(&bytes)), want, "{:?}", &bytes[..12]);
    }
}

/// Breaks lines as a window does, at a width, or as a mail client does, at the last blank before it.
fn wrap(text: &str, width: usize, at_blanks: bool) -> String {
    let mut wrapped = String::new();
    for line in text.lines() {
        let mut rest = line.trim_end();
        while rest.len() > width {
            let blank = rest[..=width].rfind(' ').filter(|&at| at_blanks && at > 0);
            let (head, tail) = rest.split_at(blank.unwrap_or(width));
            wrapped.push_str(head.trim_end());
            wrapped.push('\n');
            rest = if blank.is_some() { tail.trim_start() } else { tail };
        }
        wrapped.push_str(rest);
        wrapped.push('\n');
    }
    wrapped
}

#[test]
fn wrapped_logs_read_the_same() {
    let mut wrong = Vec::new();
    for (name, log) in WRAPPED {
        // Where C++ template arguments were broken, a blank more or less cannot be told.
        let has_templates = matches!(*name, "k" | "kv" | "kb");
        let squeeze = |text: String| if has_templates { text.replace(' ', "").replace('~', " ~") } else { text };
        let want = squeeze(show(&read(log.as_bytes())));
        for width in 72..=100 {
            for at_blanks in [false, true] {
                let got = squeeze(show(&read(wrap(log, width, at_blanks).as_bytes())));
                let (got, want): (Vec<&str>, Vec<&str>) = (got.lines().collect(), want.lines().collect());
                let same = got.iter().zip(&want).filter(|(got, want)| got == want).count();
                if got != want {
                    wrong.push(format!("{name} at {width}, at blanks: {at_blanks}: {same} of {} stacks", want.len()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

const WRAPPED: &[(&str, &str)] = &[
    ("kL", SAMPLES[2]),
    ("asmx", SAMPLES[1]),
    ("healthy", SAMPLES[3]),
    ("k", include_str!("../data/recordings/dbgeng/each-thread-k.txt")),
    ("kv", include_str!("../data/recordings/dbgeng/each-thread-kv.txt")),
    ("kb", include_str!("../data/recordings/dbgeng/each-thread-kb.txt")),
    ("clrstack", include_str!("../data/recordings/sos/each-thread-e_bang-clrstack.txt")),
];

const SAMPLES: &[&str] = &[
    include_str!("../../samples/wrapped-mail.txt"),
    include_str!("../../samples/asmx-clrstack.log"),
    include_str!("../../samples/founding-case/kL.log"),
    include_str!("../../samples/healthy/w3wp-at-rest.log"),
    include_str!("../data/recordings/dbgeng/each-thread-kP.txt"),
    include_str!("../data/recordings/sos/each-thread-kL.txt"),
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Cut anywhere, with a line lost and one doubled: nothing panics, and every line is accounted for.
    #[test]
    fn damage_loses_no_line(sample in select(SAMPLES), cut in any::<Index>(), lost in any::<Index>(), doubled in any::<Index>()) {
        let bytes = &sample.as_bytes()[..cut.index(sample.len() + 1)];
        let mut lines: Vec<&[u8]> = bytes.split_inclusive(|&byte| byte == b'\n').collect();
        if !lines.is_empty() {
            lines.remove(lost.index(lines.len()));
        }
        if !lines.is_empty() {
            let at = doubled.index(lines.len());
            lines.insert(at, lines[at]);
        }
        read(&lines.concat());
    }

    /// Any bytes at all.
    #[test]
    fn noise_is_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = read_capture(bytes.as_slice(), "noise", true);
    }

    /// Frames above a cut stay what they were.
    #[test]
    fn a_cut_changes_nothing_above_it(sample in select(SAMPLES), cut in any::<Index>()) {
        let lines: Vec<&str> = sample.split_inclusive('\n').collect();
        let kept = cut.index(lines.len() + 1);
        let whole = show(&read(sample.as_bytes()));
        let part = show(&read(lines[..kept].concat().as_bytes()));
        // The last stack may lack its end, and its last frame may lack a wrapped rest.
        let complete: Vec<&str> = part.lines().collect();
        for (line, want) in complete.iter().rev().skip(1).rev().zip(whole.lines()) {
            prop_assert_eq!(*line, want);
        }
    }
}

/// The kinds of the stacks, in the order of the text.
fn kinds(paste: &str) -> Vec<&'static str> {
    read(paste.as_bytes()).stacks.iter().map(|stack| stack.kind.name()).collect()
}

#[test]
fn prose_does_not_change_what_the_stacks_below_show() {
    let below = " # Child-SP          RetAddr               Call Site\n\
                 00 00000000`0b26d360 00007ff9`001e0668     Contoso_Codec!DecodeBlock+0x42\n\
                 01 00000000`0b26d3d0 00000000`00000000     Contoso_Codec!WorkerMain+0x30\n";
    for above in [
        "  *** Stack trace for last set context - .thread/.cxr resets it",
        "Stack trace for a hung service:",
        "Stack trace for thread 12:",
        "address of the block found in the log",
        "address 1234 found in the log of yesterday",
        "Handle = NULL - not a good sign",
        "Handle 0x12 - that is a mutex",
        "Trace: 42",
        "Stack:   Contoso_Codec!DecodeBlock+0x42",
        "Contoso.Ledger.JournalException: journal is closed",
        "Exception object: 00000000027e5750",
        "Exception type:   Contoso.Ledger.JournalException",
        "BackTrace23FF is what UMDH calls it",
        "The following call stack samples show allocations",
        "Call stack sample 1",
        "STACK 1",
        "Callers of the allocation:",
        "Thread 0 (asynchronous, dumpasync shows it)",
    ] {
        for prompt in ["", "0:000> kn\n"] {
            let paste = format!("{prompt}{above}\n{below}");
            assert_eq!(kinds(&paste).last(), Some(&"thread"), "{paste}");
            assert!(kinds(&paste).iter().filter(|&&kind| kind == "thread").count() == 1, "{paste}");
        }
    }
}

#[test]
fn call_sites_alone_below_another_prompt_are_no_allocations() {
    let paste = "A LeakTrack report and 155 allocation(s) were attached.\n0:003> ~3s\n\
                 Contoso_Codec!DecodeBlock+0x42\nContoso_Codec!WorkerMain+0x30\n";
    check(paste, "3: Contoso_Codec!DecodeBlock+0x42 Contoso_Codec!WorkerMain+0x30\n");
}

#[test]
fn visual_studio_names_some_modules_without_extension() {
    let paste = "\tKERNELBASE!RaiseException+0x58\n\tsvc.dll!_CxxThrowException(void * object) Line 152\n\
                 \tucrtbase!abort+0x58\n\tsvc.dll!func() Line 4\n";
    check(
        paste,
        "?: KERNELBASE!RaiseException+0x58 svc.dll!_CxxThrowException(void * object) Line 152 ucrtbase!abort+0x58 svc.dll!func() Line 4\n",
    );
}

#[test]
fn frames_that_come_back_are_a_hole() {
    let rule = "--------------------------------";
    let paste = format!(
        "Stack overflow.\n   at N.T.Top()\nRepeat 10 times:\n{rule}\n   at N.T.A()\n   at N.T.B()\n{rule}\n   at N.T.Main()\n"
    );
    check(&paste, "?: N.T.Top() N.T.A() N.T.B() ~18 N.T.Main()\n");
    // Elsewhere a rule of dashes ends a stack.
    let log = format!("N.OneException: no\n   at N.T.A()\n{rule}\n   at N.T.B()\n");
    check(&log, "?: N.T.A()\n?: N.T.B()\n");
}
