//! `!gcroot` of SOS: the chains of objects that keep an object alive, each from its root down.
//!
//! ```text
//! HandleTable:
//!     0000022d3fd915d8 (pinned handle)
//!     -> 0000022d50007fe8 System.Object[]
//!     -> 0000022d400094c8 Contoso.Orders.Feed (static variable: Contoso.Orders.Hub.s_feed)
//! Thread 29fc:
//!     00d9ef18 040ecf9a Contoso.Orders.Job.Run()
//!         ebp+50: 0096f2f4
//!             ->  01b7483c Contoso.Orders.Job
//! Found 2 unique roots (run '!GCRoot -all' to see all roots).
//! ```
//!
//! A chain is kept as a stack whose first frame is the root: `[pinned handle]`, `[finalizer queue]`, or the method whose local
//! it is; the other frames are types. The SOS of .NET 2.0 writes several on one line:
//!
//! ```text
//! DOMAIN(001E5E08):HANDLE(Pinned):12312f0:Root:0226c498(System.Object[])->
//! 018af940(System.EventHandler)->
//! ```

use std::borrow::Cow;
use std::sync::LazyLock;

use super::{Begin, Format, FrameLine, Line};
use crate::formats::marks::Marks;
use crate::formats::tables::is_hex;
use crate::formats::tokens::hex_value;
use crate::model::{Dialect, StackKind, ThreadRef};

pub const FORMAT: Format = Format {
    kind: StackKind::Root,
    commands: &["gcroot"],
    // A root without an object below it is only a place.
    whole: |_| false,
    ..Format::of_threads(Dialect::GcRoot, line, shows)
};

fn shows(text: &str) -> bool {
    let trimmed = text.trim();
    let is_chain = addressed_object(trimmed).is_some() || old_root(trimmed).is_some();
    is_chain || handle(trimmed).is_some() || place(trimmed).is_some()
}

fn line(text: &str) -> Option<Line<'_>> {
    let trimmed = text.trim();
    if let Some(object) = object(trimmed) {
        return Some(Line::Frame(FrameLine { without_module: true, ..FrameLine::of(object) }));
    }
    let root = handle(trimmed).or_else(|| place(trimmed).map(str::to_string)).or_else(|| old_root(trimmed));
    if let Some(root) = root {
        return Some(Line::Begin(Begin { frame: Some(root_frame(&root)), ..Begin::default() }));
    }
    if let Some(thread) = thread(trimmed) {
        return Some(Line::Begin(Begin { thread, ..Begin::default() }));
    }
    if let Some(method) = method(trimmed) {
        let frame = FrameLine { location: true, ..FrameLine::of(method) };
        return Some(Line::Begin(Begin { frame: Some(frame), ..Begin::default() }));
    }
    if is_slot(trimmed) {
        return Some(Line::Again);
    }
    if trimmed.starts_with("Found ") && trimmed.contains("root") {
        return Some(Line::End);
    }
    is_said_by_sos(trimmed).then_some(Line::Header)
}

/// The root as first frame of its chain, in brackets as SOS sets what is no method.
fn root_frame(root: &str) -> FrameLine<'static> {
    FrameLine { without_module: true, location: true, ..FrameLine::of(format!("[{root}]")) }
}

/// `-> 000001941c364e28 System.Int32[]`, `018af940(System.EventHandler)->`; people leave the addresses out.
fn object(trimmed: &str) -> Option<Cow<'_, str>> {
    let bare = || behind_arrow(trimmed).filter(|name| is_type_alone(name));
    addressed_object(trimmed).or_else(bare).map(with_its_note)
}

/// Editors make one sign of the arrow.
fn behind_arrow(trimmed: &str) -> Option<&str> {
    ["->", "\u{2192}"].iter().find_map(|arrow| trimmed.strip_prefix(arrow)).map(str::trim_start)
}

/// The type of an object, and what SOS says of it in brackets.
fn addressed_object(trimmed: &str) -> Option<&str> {
    if let Some(behind) = behind_arrow(trimmed) {
        let (address, name) = behind.split_once(' ')?;
        return (is_address(address) && is_type(name.trim_start())).then(|| name.trim());
    }
    // Behind the arrow stands the size of all that it keeps, where somebody noted it.
    if !trimmed.starts_with(|first: char| first.is_ascii_hexdigit()) {
        return None;
    }
    let chain = trimmed.split("->").next()?;
    let (address, name) = chain.strip_suffix(')')?.split_once('(')?;
    let is_one = is_address(address) && (chain.len() < trimmed.len() || name.contains(['.', '[']));
    (is_one && is_type(name)).then_some(name)
}

/// `Contoso.Feed (static variable: Contoso.Hub.s_feed)`: what stands in brackets is kept as arguments are. Notes that people add
/// are not.
fn with_its_note(name: &str) -> Cow<'_, str> {
    let Some((object, note)) = name.split_once(" (") else {
        return Cow::Borrowed(name.split("  ").next().unwrap_or(name).trim_end());
    };
    let object = object.trim_end();
    match note.starts_with("static variable: ") || note == "dependent handle)" {
        true => Cow::Owned(format!("{object} ({note}")),
        false => Cow::Borrowed(object),
    }
}

/// Long names are cut in front where people shorten them.
fn is_type(name: &str) -> bool {
    let name = name.trim_start_matches("...");
    // lldb's disassembly points at `<+52>: movl`.
    name.starts_with(|c: char| c.is_alphabetic() || "<_".contains(c)) && !name.starts_with("<+")
}

/// A type with nothing behind it but a note: what people write behind an arrow is prose.
fn is_type_alone(name: &str) -> bool {
    let behind = name.split_once(' ').map_or("", |(_, behind)| behind);
    is_type(name) && (behind.is_empty() || behind.starts_with([' ', '(']) || name.contains("[["))
}

fn is_address(word: &str) -> bool {
    let digits = word.strip_prefix("0x").unwrap_or(word);
    (8..=16).contains(&digits.len()) && is_hex(digits)
}

/// `00a513ec (pinned handle)`, `HandleTable (strong handle)`, `000001f4341d1da0 (ref counted handle RefCount: 1)`
fn handle(trimmed: &str) -> Option<String> {
    let (address, kind) = trimmed.split_once('(')?;
    let kind = kind.strip_suffix(')')?;
    let (kind, count) = kind.split_once(" handle")?;
    let address = address.trim_end();
    let is_place = is_address(address) || address == "HandleTable";
    // Someone set the number in bold: `(ref counted handle **2**)`.
    let is_number = || count.trim().trim_matches('*').parse::<u32>().is_ok();
    let is_whole = count.is_empty() || count.starts_with(" RefCount:") || is_number();
    (is_place && is_whole && kind.len() <= 16).then(|| format!("{} handle", handle_kind(kind)))
}

/// One name for each kind of handle, whichever version of SOS prints it.
fn handle_kind(kind: &str) -> String {
    match kind.to_ascii_lowercase().as_str() {
        "asyncpinned" => "async pinned".to_string(),
        "refcnt" | "refcount" | "ref counted" | "refcounted" => "refcount".to_string(),
        "weakln" | "weaksh" | "weak" | "weak short" | "weak long" => "weak".to_string(),
        "sizedref" | "sized ref" => "sized ref".to_string(),
        other => other.to_string(),
    }
}

/// `DOMAIN(001E5E08):HANDLE(Pinned):12312f0:Root:`, `ESP:12f0f4:Root:`
fn old_root(trimmed: &str) -> Option<String> {
    let root = trimmed.strip_suffix(":Root:")?;
    let Some((_, handle)) = root.split_once("HANDLE(") else {
        let (register, slot) = root.split_once(':')?;
        let is_register =
            (3..=4).contains(&register.len()) && register.bytes().all(|byte| byte.is_ascii_alphanumeric());
        return (is_register && is_hex(slot)).then(|| "stack".to_string());
    };
    let (kind, _) = handle.split_once(')')?;
    Some(format!("{} handle", handle_kind(kind)))
}

/// A heading below which SOS lists what holds objects by itself.
fn place(trimmed: &str) -> Option<&str> {
    match trimmed {
        // What follows says which handle, unless somebody cut it out.
        "HandleTable:" | "Handle table:" => Some("handle"),
        "Finalizer Queue:" | "finalizer queue:" => Some("finalizer queue"),
        "Older Generation:" => Some("older generation"),
        _ => None,
    }
}

/// `Thread 29fc:`
fn thread(trimmed: &str) -> Option<ThreadRef> {
    let id = trimmed.strip_prefix("Thread ")?.strip_suffix(':')?;
    Some(ThreadRef { os_id: Some(hex_value(id)?), ..ThreadRef::default() })
}

/// `00d9ef18 040ecf9a Contoso.Job.Run()`: the frame whose local holds the first object. Where a frame of the runtime stands
/// in between, `[InlinedCallFrame]  (Contoso.Job.Run())`.
fn method(trimmed: &str) -> Option<&str> {
    let (child_sp, rest) = trimmed.split_once(' ')?;
    let (address, method) = rest.trim_start().split_once(' ')?;
    let method = method.trim_start();
    let behind_marker = method.strip_prefix('[').and_then(|marker| marker.split_once("] ")).map(|(_, method)| method);
    let method = behind_marker.map_or(method, |method| {
        let method = method.trim();
        method.strip_prefix('(').and_then(|method| method.strip_suffix(')')).unwrap_or(method)
    });
    (is_address(child_sp) && is_address(address) && is_type(method) && method.contains('.')).then_some(method)
}

/// `ebp+50: 0096f2f4`, `rbp-30: 00007ffc`, `edi:`, `r11-44: 7e90171c (interior)`; of the finalizer queue
/// `000002281299ac30 (finalizer root)`, or the address alone.
fn is_slot(trimmed: &str) -> bool {
    if is_address(trimmed.split(' ').next().unwrap_or(trimmed)) {
        return trimmed.split_once(' ').is_none_or(|(_, behind)| behind == "(finalizer root)");
    }
    let Some((register, address)) = trimmed.split_once(':') else { return false };
    let name = register.split(['+', '-']).next().unwrap_or(register);
    let is_register = (2..=4).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let address = address.trim().trim_end_matches("(interior)").trim_end();
    is_register && (address.is_empty() || is_address(address))
}

fn is_said_by_sos(trimmed: &str) -> bool {
    const SAID: &[&str] = &[
        "Note: Roots found on stacks may be false positives.",
        "more info.",
        "Scan Thread ",
        "Caching GC roots, this may take a while.",
        "Subsequent runs of this command will be faster.",
    ];
    SAID.iter().any(|said| trimmed.starts_with(said))
}

/// A line of `!gcroot` as people paste it into a rule: the root or the object.
pub fn pasted(text: &str) -> Option<String> {
    let first = lost_line_ends(text).map(|pieces| pieces[0].clone().into_owned());
    let text = first.as_deref().unwrap_or(text);
    if !shows(text) && behind_arrow(text).is_none() {
        return None;
    }
    match line(text)? {
        Line::Frame(frame) | Line::Begin(Begin { frame: Some(frame), .. }) => Some(frame.site.into_owned()),
        _ => None,
    }
}

static CHAIN_MARKS: LazyLock<Marks> = LazyLock::new(|| Marks::new([":Root:", "->"]));

/// Where the SOS of .NET 2.0 wrote a root and its objects on one line: the pieces.
pub fn lost_line_ends(text: &str) -> Option<Vec<Cow<'_, str>>> {
    if !CHAIN_MARKS.is_any_in(text) {
        return None;
    }
    let (root, chain) = match text.split_once(":Root:") {
        Some((root, chain)) => (Some(&text[..root.len() + ":Root:".len()]), chain),
        None => (None, text),
    };
    let objects: Vec<&str> = chain.split_inclusive("->").map(str::trim).filter(|piece| !piece.is_empty()).collect();
    let is_chain = objects.iter().all(|piece| !piece.starts_with("->") && addressed_object(piece).is_some());
    let is_known = root.is_none_or(|root| old_root(root.trim()).is_some());
    let pieces: Vec<Cow<'_, str>> = root.into_iter().chain(objects).map(Cow::Borrowed).collect();
    (is_chain && is_known && pieces.len() > 1).then_some(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::stacks::tests::check;

    #[test]
    fn lines() {
        for (text, want) in [
            ("HandleTable:", "begin, frame location [handle]"),
            ("    00a513ec (pinned handle)", "begin, frame location [pinned handle]"),
            ("    0000015DA7AA4168 (async pinned handle)", "begin, frame location [async pinned handle]"),
            ("  HandleTable (strong handle)", "begin, frame location [strong handle]"),
            ("000001f4341d1da0 (ref counted handle RefCount: 1)", "begin, frame location [refcount handle]"),
            ("000001de47c48118 (ref counted handle **2**)", "begin, frame location [refcount handle]"),
            ("000001f4341d1da0(RefCount handle)", "begin, frame location [refcount handle]"),
            ("d7a9f7e2c0 7ffb0a9c1f27 [InlinedCallFrame]  (N.Job.Run())", "begin, frame location N.Job.Run()"),
            ("Finalizer Queue:", "begin, frame location [finalizer queue]"),
            ("    000002281299ac30 (finalizer root)", "again"),
            ("    000001c3aa269918", "again"),
            ("    -> 036d34c8 System.Object[]", "frame System.Object[]"),
            (
                "    -> 0000019019412bf0 System.Collections.Generic.List`1[[System.Int32, System.Private.CoreLib]]",
                "frame System.Collections.Generic.List`1[[System.Int32, System.Private.CoreLib]]",
            ),
            (
                "          -> 02284e414040     N.Feed (static variable: N.Hub.s_feed)",
                "frame N.Feed (static variable: N.Hub.s_feed)",
            ),
            ("            ->  11b8cfb0 N.Lock+Awaiter (dependent handle)", "frame N.Lock+Awaiter (dependent handle)"),
            ("      -> System.Object[]             (_invocationList)", "frame System.Object[]"),
            ("    \u{2192} 036d34c8 System.Object[]", "frame System.Object[]"),
            ("    -> 036d34c8 ...Generic.List<N.Feed>", "frame ...Generic.List<N.Feed>"),
            ("\u{2192} we found it in the logs", "nothing"),
            ("-> 1234 N.Feed", "nothing"),
            ("Thread 29fc:", "begin 0x29fc"),
            ("    00d9ef18 040ecf9a N.Job.Run() [c:\\a.cs @ 55]", "begin, frame location N.Job.Run() [c:\\a.cs @ 55]"),
            ("        ebp+50: 0096f2f4", "again"),
            ("        r11-44: 7e90171c (interior)", "again"),
            ("        edi:", "again"),
            ("DOMAIN(001E5E08):HANDLE(Pinned):12312f0:Root:", "begin, frame location [pinned handle]"),
            ("ESP:12f0f4:Root:", "begin, frame location [stack]"),
            ("018af940(System.EventHandler)->", "frame System.EventHandler"),
            ("  00000002402b6208(N.Impl.Factory)-> (34.6 MB)", "frame N.Impl.Factory"),
            ("018aeb48(ASP.default_aspx)", "frame ASP.default_aspx"),
            ("Scan Thread 0 OSTHread 3a8", "header"),
            ("Found 2 unique roots (run '!GCRoot -all' to see all roots).", "end"),
            ("Found 0 unique roots.", "end"),
            ("Found the cause", "nothing"),
            ("-> we found it in the logs", "nothing"),
            ("Note: this is prose", "nothing"),
            ("->  0x7f7f5c10f5b4 <+52>: movl   %eax, %ebx", "nothing"),
        ] {
            check(&FORMAT, text, want);
        }
    }

    #[test]
    fn chains_on_one_line() {
        for (text, want) in [
            (
                "DOMAIN(001E5E08):HANDLE(Pinned):12312f0:Root:  0226c498(System.Object[])->",
                &["DOMAIN(001E5E08):HANDLE(Pinned):12312f0:Root:", "0226c498(System.Object[])->"][..],
            ),
            (
                "018af940(System.EventHandler)->018aeb48(ASP.default_aspx)",
                &["018af940(System.EventHandler)->", "018aeb48(ASP.default_aspx)"],
            ),
            ("018af940(System.EventHandler)->", &[]),
            ("-> 036d34c8 System.Object[]", &[]),
            ("uid:Root:0 and more", &[]),
        ] {
            assert_eq!(lost_line_ends(text).unwrap_or_default(), want, "{text}");
        }
    }
}
