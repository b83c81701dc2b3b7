use super::*;

fn check(line: &str, message: &str, better: &str) {
    let found = odd_line(line, &["match", "confidence", "why"]);
    let got = found.as_ref().map_or("fine", |odd| odd.message.as_str());
    assert!(got.contains(message), "{line}: {got}");
    let got = found.and_then(|odd| odd.better).unwrap_or_default();
    assert_eq!(got, better, "{line}");
}

#[test]
fn what_is_odd_and_what_was_meant() {
    for (line, message, better) in [
        ("- svc!rec", "`-` is taken", "svc!rec"),
        ("> svc!rec", "`>` is taken", "svc!rec"),
        ("at svc!rec", "`at` is taken", "svc!rec"),
        ("frame #3: svc!rec + 4", "`frame #3:` is taken", "svc!rec + 4"),
        ("3. svc!rec", "`3.` is taken", "svc!rec"),
        ("[00] svc!rec", "`[00]` is taken", "svc!rec"),
        ("#3 svc!rec", "makes a comment", "svc!rec"),
        ("confidence: high", "`confidence:` stands inside", ""),
        ("why:", "`why:` stands inside", ""),
        ("svc!rec # the loop", "behind the frame", ""),
        ("svc!rec #1", "behind the frame", ""),
        ("svc!rec ; the loop", "behind the frame", ""),
        ("svc!rec; the loop", "behind the frame", ""),
        ("\"svc!rec\"", "in quotes", "svc!rec"),
        ("\u{201c}svc!rec\u{201d}", "in quotes", "svc!rec"),
        ("'svc!rec'", "in quotes", "svc!rec"),
        ("svc!a OR svc!b", "`OR` is taken", "svc!a or svc!b"),
        ("svc!a || svc!b", "`||` is taken", "svc!a or svc!b"),
        ("svc!a | svc!b", "`|` is taken", "svc!a or svc!b"),
        ("svc!a, svc!b", "`,` is taken", ""),
        ("svc!a AND svc!b", "`AND` is taken", ""),
        ("NOT svc!a", "`NOT` is taken", "not svc!a"),
        ("OR svc!a", "`OR` is taken", ""),
        ("without svc!a", "belongs behind", "... without svc!a"),
        ("svc!rec X10+", "`X10+` is no count", "svc!rec x10+"),
        ("svc!rec x 10", "`x10` is no count", "svc!rec x10"),
        ("svc!rec x10-20", "`x10-20` is no count", "svc!rec x10..20"),
        ("svc!rec 10x", "`10x` is no count", "svc!rec x10"),
        ("svc!rec 10x+", "`10x+` is no count", "svc!rec x10+"),
        ("svc!rec *10", "`*10` is no count", "svc!rec x10"),
        ("svc!rec x10..", "`x10..` is no count", "svc!rec x10+"),
        ("..", "no gap", "..."),
        (". . .", "no gap", "..."),
        ("[...]", "no gap", "..."),
        ("..*", "no gap", "..."),
        ("svc!Re?", "`?` is no wildcard", ""),
        ("svc!Gdip[DF]raw", "no set of letters", ""),
        ("{m=svc!*}", "two braces", "{{m=svc!*}}"),
        ("svc!rec.*/", "a `/` behind", ""),
        ("svc\u{ff01}rec", "is not `!`", "svc!rec"),
        ("svc!rec\u{2013}x", "another sign than", ""),
        ("Child-SP          RetAddr           Call Site", "pasted with the stack", ""),
        ("RetAddr           : Args to Child   : Call Site", "pasted with the stack", ""),
        ("0:000> kL", "pasted with the stack", ""),
        ("OS Thread Id: 0x1c70 (8)", "pasted with the stack", ""),
        (".  0  Id: 1f4.1f8 Suspend: 1 Teb: 00000000`7efdb000 Unfrozen", "pasted with the stack", ""),
        ("svc!", "no function behind", "svc!*"),
        ("!rec", "no module before", ""),
        ("svc!rec svc!deep", "two frames", ""),
        ("my svc!rec", "is no module", ""),
        ("~svc!rec", "`~` is taken", ""),
        ("svc! rec", "a blank beside", "svc!rec"),
        ("svc !rec", "a blank beside", "svc!rec"),
        ("\"svc!rec", "in quotes", "svc!rec"),
        ("`svc!rec`", "in quotes", "svc!rec"),
        ("svc!rec,", "the sign at the end", "svc!rec"),
        ("svc!rec <-- here", "behind the frame", ""),
        ("^svc!rec$", "`^` and `$`", ""),
        ("max 3", "belongs behind", "... max 3"),
        ("Call Site", "pasted with the stack", ""),
        ("-----", "pasted with the stack", ""),
        ("00007ff9`a1b2c3d4 svc!rec", "the address", "svc!rec"),
        (
            "00000000\u{b4}0b99b2f0 000007fe\u{b4}fbae2c48 svc!rec",
            "was a backtick",
            "00000000`0b99b2f0 000007fe`fbae2c48 svc!rec",
        ),
    ] {
        check(line, message, better);
    }
}

#[test]
fn frames_as_tools_print_them_are_fine() {
    for line in [
        "svc!rec",
        "",
        "# a comment",
        "# 3 frames of svc!rec",
        "...",
        "... without svc!a or svc!b",
        "*",
        "svc!a or @list x2..5",
        "svc!a x1",
        "/svc!.*/ x2",
        "{{m=svc!*}}",
        "[HelperMethodFrame*]",
        "0b 00000000`0b99b2f0 000007fe`fbae2c48 GdiPlus!GdipDrawImageRectRect+0x362",
        "00 0018e4b8 75f61234 svc!rec+0x10 [c:\\src\\rec.c @ 12]",
        "ntdll! ?? ::FNODOBFM::`string'+0x2335",
        "`anonymous namespace'::Foo::Run",
        "svc!?Lock@@YAXXZ",
        "svc!operator new",
        "svc!Foo::operator!=",
        "svc!Foo::operator<<",
        "svc!Foo<a,b>::Bar(int, x!y)",
        "svc!Foo::`vector deleting destructor'+0x3",
        "System.Collections.Generic.Dictionary`2[[System.__Canon, mscorlib],[System.__Canon, mscorlib]].FindEntry(System.__Canon)",
        "MyApp.exe!Foo.Bar(int? x, string y) Line 12 C#",
        "Foo.Bar(System.Int32[], Byte ByRef)",
        "frame #11: 0x00007f libcoreclr.so`Thread::Block(int) + 32",
        "at Contoso.Labels.Print(System.String) in C:\\src\\Labels.cs:line 5",
        "<Unloaded_foo.dll>+0x1234",
        "core::ops::function::FnOnce::call_once{{vtable.shim}}",
    ] {
        assert_eq!(odd_line(line, &["match"]), None, "{line}");
    }
}
