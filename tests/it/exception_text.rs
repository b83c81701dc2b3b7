//! Exceptions in text that many hands have copied: which types are believed, and which words are prose.

use stacklint::formats::read_capture;

/// The exceptions of a text, each as `type: message`, and the number of frames of each stack.
fn check(text: &str, types: &[&str], frames: &[usize]) {
    let (capture, accounts) = read_capture(text.as_bytes(), "text", true).unwrap();
    let mut found = Vec::new();
    for table in capture.tables.iter().filter(|table| table.name == "exception-text") {
        found.extend(table.rows.iter().map(|row| table.cell(row, "type").unwrap_or_default().to_string()));
    }
    assert_eq!(found, types, "{text}");
    assert_eq!(capture.stacks.iter().map(|stack| stack.frames.len()).collect::<Vec<_>>(), frames, "{text}");
    assert_eq!(accounts.lines(), capture.source.lines, "{text}: a line is not accounted for");
}

#[test]
fn words_are_believed_only_above_frames() {
    let frames = "   at N.P.A(Int32 n)\n   at N.P.B()\n";
    for words in [
        "It failed. N.OrderException: no",
        "{N.OrderException: no",
        "N.OrderException : no",
        "Eccezione di tipo 'N.OrderException'.",
    ] {
        check(&format!("{words}\n{frames}"), &["N.OrderException"], &[2]);
        check(&format!("{words}\n\nStack trace:\n```\n{frames}```\n"), &["N.OrderException"], &[2]);
        check(&format!("{words}\nSo we looked further.\n{frames}"), &[], &[2]);
        check(&format!("{words}\n"), &[], &[]);
        check(&format!("{words}\n\n"), &[], &[]);
        check(&format!("{words}\nStack trace:\n0:000> .time\n"), &[], &[]);
        check(&format!("{words}\n0:000> kc\n # Call Site\n00 ntdll!NtClose\n01 a!b\n"), &[], &[2]);
        check(&format!("{words}\n{words}\n{frames}{words}\n{frames}"), &["N.OrderException"; 2], &[2, 2]);
    }
}

#[test]
fn frames_on_one_line_keep_the_exception() {
    let long = "a message that is long enough to make the line longer than all other lines of this text are";
    for (text, types, frames) in [
        (format!("It failed. N.OrderException: {long}   at N.P.A()"), &["N.OrderException"][..], &[1][..]),
        (format!("It failed. N.OrderException: {long}   at N.P.A()   at N.P.B()"), &["N.OrderException"], &[2]),
        (format!("N.OrderException: {long} at Path.Combine(a, b)"), &["N.OrderException"], &[]),
        (format!("\"N.OrderException\" is an exception {long}   at N.P.A()   at N.P.B()"), &["N.OrderException"], &[2]),
    ] {
        check(&text, types, frames);
    }
}

#[test]
fn labels_count_below_an_exception_only() {
    check("N.OrderException\n  HResult=0x80070005\n  Message=no\n   at N.P.A()\n", &["N.OrderException"], &[1]);
    check("N.OrderException: a\n   at N.P.A()\nMessage=no\n   at N.P.B()\n", &["N.OrderException"], &[1, 1]);
    check("Message=no\n", &[], &[]);
}

#[test]
fn a_first_frame_without_arguments_belongs_to_visual_studio() {
    check("a.dll!N.P.Wait\nb.dll!N.P.B() Line 3\n", &[], &[2]);
    check("a.dll!N.P.Wait\n\nand then\nb.dll!N.P.B() Line 3\n", &[], &[1]);
}

#[test]
fn a_message_that_a_console_broke_is_one() {
    let message = |text: &str| {
        let (capture, accounts) = read_capture(text.as_bytes(), "text", true).unwrap();
        assert_eq!(accounts.lines(), capture.source.lines, "{text}: a line is not accounted for");
        let table = capture.tables.iter().find(|table| table.name == "exception-text").unwrap();
        table.cell(&table.rows[0], "message").unwrap().to_string()
    };
    let told = "N.OrderException: The order of the customer was not taken since the article is not in st";
    let (first, cut) = (&told[..80], &told[80..]);
    let frames = "   at N.P.A()\n   at N.P.B()\n";
    assert_eq!(first.len(), 80);
    let whole = format!("{}ock", &told["N.OrderException: ".len()..]);
    assert_eq!(message(&format!("{first}\n{cut}ock\n{frames}")), whole);
    // Three lines.
    let second = format!("{cut}{}", "x".repeat(80 - cut.len()));
    assert_eq!(message(&format!("{first}\n{second}\ny\n{frames}")), format!("{}{second}y", &first[18..]));
    // Not at an edge, apart, or behind a blank.
    assert_eq!(message(&format!("{}\n{cut}ock\n{frames}", &first[..78])), &first[18..78]);
    assert_eq!(message(&format!("{first}\n\n{cut}ock\n{frames}")), &first[18..]);
    assert_eq!(message(&format!("{first}\n {cut}ock\n{frames}")), &first[18..]);
}
