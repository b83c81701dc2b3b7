//! Visual Studio: what its Call Stack window gives to the clipboard, and the `~*kb` of its Immediate window.
//!
//! ```text
//! >    Orders.exe!Contoso.Orders.Program.Main(string[] args) Line 12    C#
//!      [External Code]
//!      kernel32.dll!@BaseThreadInitThunk@12()  + 0x12 bytes
//!      mscorlib.dll!System.Threading.Monitor.Wait(object obj)    Unknown    Non-user code. Skipped loading symbols.
//! Callstack for Thread 1 (Thread Id: 5192 (0x1448)):
//!  Index  Function
//! --------------------------------------------------------------------------------
//! *1      ntdll.dll!00007ff9a0b1c2d4()
//! ```
//!
//! Visual Studio 2022 can put the source of a frame on a line of its own, and the values of its locals below:
//!
//! ```text
//!     Orders.dll!Contoso.Orders.Desk.Close() Line 44
//!         at C:\src\Desk.cs(44)
//!         locals:
//! ```
//!
//! Without the native debugger, native frames are hidden: where `[Managed to Native Transition]` is the first line of a
//! stack, what the thread is at is not known.
//!
//! ```text
//!     [Waiting on lock owned by Thread 26940, double-click or press enter to switch to thread]
//! >   System.Threading.Tasks.Task.Wait(millisecondsTimeout, cancellationToken)    Unknown
//! ```
//!
//! The first stands above a thread that wants a monitor, the second is a frame where modules and types are not shown.
//!
//! Modules keep their extension, which is what tells these lines from any text with `!` in it.

use super::{Begin, Format, FrameLine, Line};
use crate::formats::tokens::hex_value;
use crate::model::{Dialect, ThreadRef};

pub const FORMAT: Format = Format { first_number: 1, ..Format::of_threads(Dialect::VisualStudio, line, shows) };

const LANGUAGES: [&str; 19] = [
    "C#",
    "C++",
    "C",
    "Unknown",
    "Basic",
    "Visual Basic",
    "F#",
    "Asm",
    "Annotated Frame",
    "Symbols loaded without source information.",
    "Non-user code",
    "Symbols loaded.",
    "JavaScript",
    "Native",
    "Inconnu",
    "Unbekannt",
    "Desconocido",
    "Sconosciuto",
    "Desconhecido",
];

/// How the column of symbols begins; a sentence or two, each with its point.
const SYMBOLS: [&str; 9] = [
    "Non-user code",
    "Symbols loaded",
    "Symbols not loaded",
    "No symbols loaded",
    "Skipped loading symbols",
    "Symbol loading skipped",
    "Cannot find or open the PDB file",
    "Cannot find or open the symbol file",
    "Binary was not built with debug information",
];

/// `[External Code]` in the languages of Visual Studio.
const EXTERNAL: [&str; 10] = [
    "[External Code]",
    "[Code externe]",
    "[Externer Code]",
    "[Código externo]",
    "[Código Externo]",
    "[Codice esterno]",
    "[Внешний код]",
    "[外部コード]",
    "[外部代码]",
    "[외부 코드]",
];

/// `[Managed to Native Transition]`: parts of the words for native and managed, in several languages.
const NATIVE: [&str; 5] = ["nativ", "natif", "ネイティブ", "本机", "네이티브"];
const MANAGED: [&str; 7] = ["manag", "verwalte", "administrad", "gestit", "マネージ", "托管", "관리"];

const EXTENSIONS: [&str; 9] = [".dll", ".exe", ".sys", ".ocx", ".drv", ".cpl", ".pyd", ".node", ".so"];

fn line(text: &str) -> Option<Line<'_>> {
    let trimmed = text.trim();
    if let Some(thread) = thread(trimmed) {
        return Some(Line::Begin(Begin { thread, ..Begin::default() }));
    }
    if trimmed == "Index  Function" || is_rule(trimmed) {
        return Some(Line::Header);
    }
    if let Some((path, number)) = source_line(trimmed) {
        return Some(Line::Source(path, number));
    }
    let (number, rest) = index(trimmed);
    let call = without_arrow(rest);
    if is_external(call) {
        return Some(Line::Hole);
    }
    let inline = call.strip_prefix("[Inline Frame]").map(str::trim_start);
    if let Some(mark) = waiting_mark(call) {
        return Some(Line::Frame(FrameLine { number, ..FrameLine::of(mark) }));
    }
    // `[Managed to Native Transition]`, `[Frames below may be incorrect and/or missing]`, `[Async Call Stack]`
    if inline.is_none() && call.starts_with('[') {
        return Some(if is_transition(call) { Line::Hidden } else { Line::Header });
    }
    if let Some(address) = unnamed(call) {
        return Some(Line::Frame(FrameLine { number, ..FrameLine::of(format!("0x{address}")) }));
    }
    let site = site(inline.unwrap_or(call)).or_else(|| site_without_module(call))?;
    Some(Line::Frame(FrameLine { number, inline: inline.is_some(), ..FrameLine::of(site) }))
}

fn shows(text: &str) -> bool {
    let trimmed = text.trim();
    if thread(trimmed).is_some() || is_between_frames(trimmed) {
        return true;
    }
    let call = without_arrow(trimmed);
    if waiting_mark(call).is_some() || site_without_module(call).is_some() {
        return true;
    }
    let call = call.strip_prefix("[Inline Frame]").map_or(call, str::trim_start);
    let (rest, language) = without_language(call);
    // The Immediate window numbers its lines.
    let (number, indexed) = index(trimmed);
    let called = indexed.split_once('(').is_some_and(|(name, _)| !name.ends_with([' ', '\t']));
    if number.is_some() && text.contains("  ") && called && site(indexed).is_some() {
        return true;
    }
    let is_word = call.split('!').next().is_some_and(|module| !module.contains(' '));
    is_word
        && site(call).is_some()
        && (language || has_line(rest) || rest.ends_with(" bytes") || trimmed.starts_with('>'))
}

/// Whether a line is one that only Visual Studio puts between frames: `[Managed to Native Transition]`, `[External Code]`.
/// What stands right above it is a frame, even where it stands alone.
pub fn is_between_frames(text: &str) -> bool {
    let call = without_arrow(text.trim());
    call.starts_with('[') && (is_external(call) || is_transition(call))
}

/// `>   Orders.exe!Main()`: the frame that is chosen; `--->Orders.exe!Main()`: what people put before the line they mean.
fn without_arrow(text: &str) -> &str {
    text.trim_start_matches(['-', '>']).trim_start()
}

/// `[Waiting on lock owned by Thread 26940, double-click or press enter to switch to thread]`: what stands above a thread
/// that wants a monitor; the part that is the same wherever it is shown.
fn waiting_mark(call: &str) -> Option<String> {
    let owner = call.strip_prefix("[Waiting on lock owned by Thread ")?;
    let id = owner.split([',', ']']).next()?;
    id.starts_with(|c: char| c.is_ascii_digit()).then(|| format!("[Waiting on lock owned by Thread {id}]"))
}

/// `System.Threading.Tasks.Task.Wait(timeout)    Unknown`: without modules and types, as the window can be set up.
fn site_without_module(call: &str) -> Option<String> {
    let (call, language) = without_language(call);
    let (name, arguments) = call.split_once('(')?;
    let (name_only, arguments) = (name.split('<').next()?, arguments.strip_suffix(')')?);
    let is_name = name_only.chars().all(|c| c.is_alphanumeric() || "._+`".contains(c))
        && name_only.starts_with(char::is_uppercase)
        && name_only.matches('.').count() >= 2;
    let are_names = |c: char| c.is_alphanumeric() || "_, @.".contains(c);
    (language && is_name && arguments.chars().all(are_names)).then(|| call.to_string())
}

fn is_external(call: &str) -> bool {
    EXTERNAL.contains(&without_columns(call))
}

fn is_transition(call: &str) -> bool {
    let mark = without_columns(call);
    let Some(words) = mark.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).filter(|words| words.len() < 80)
    else {
        return false;
    };
    let words = words.to_lowercase();
    NATIVE.iter().any(|part| words.contains(part)) && MANAGED.iter().any(|part| words.contains(part))
}

/// `[Managed to Native Transition]        Annotated Frame`
fn without_columns(call: &str) -> &str {
    without_language(call).0
}

/// `Callstack for Thread 1 (Thread Id: 5192 (0x1448)):`
fn thread(text: &str) -> Option<ThreadRef> {
    let (index, rest) = text.strip_prefix("Callstack for Thread ")?.split_once(' ')?;
    let hex = rest.rsplit_once("(0x").and_then(|(_, id)| hex_value(id.trim_end_matches([')', ':'])));
    Some(ThreadRef { index: index.parse().ok(), os_id: hex, ..ThreadRef::default() })
}

/// `at C:\src\Desk.cs(44)`: no call has a number alone for its arguments.
fn source_line(text: &str) -> Option<(&str, u32)> {
    let (path, number) = text.strip_prefix("at ")?.strip_suffix(')')?.rsplit_once('(')?;
    let is_path = path.contains('.') && !path.ends_with([' ', ')']);
    Some((path, number.parse().ok().filter(|_| is_path)?))
}

/// `*1      ntdll.dll!...`: the number of the Immediate window, and what follows it.
fn index(text: &str) -> (Option<u32>, &str) {
    let digits = text.trim_start_matches('*');
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(0);
    match (digits[..end].parse().ok(), digits[end..].starts_with([' ', '\t'])) {
        (Some(number), true) => (Some(number), digits[end..].trim_start()),
        _ => (None, text),
    }
}

fn is_rule(text: &str) -> bool {
    text.len() > 20 && text.bytes().all(|byte| byte == b'-')
}

/// `3f90c136()    Unknown`: code of no module.
fn unnamed(call: &str) -> Option<&str> {
    let (call, _) = without_language(call);
    call.strip_suffix("()").filter(|name| name.len() >= 8 && hex_value(name).is_some())
}

/// `mod.dll!Name(args) Line 12 C++` in the form of a call site.
fn site(call: &str) -> Option<String> {
    let (module, rest) = call.split_once('!')?;
    let lower = module.to_ascii_lowercase();
    let is_module = EXTENSIONS.iter().any(|end| lower.ends_with(end)) && !module.contains(['(', '\\', '/']);
    if !is_module || module.len() > 128 {
        return None;
    }
    let (rest, _) = without_language(rest);
    let (rest, offset) = without_offset(rest);
    let (name, line) = match rest.rfind(" Line ") {
        Some(at) if has_line(rest) => (rest[..at].trim_end(), rest[at + 6..].trim().parse::<u32>().ok()),
        _ => (rest, None),
    };
    // `ntdll.dll!00007ff9a0b1c2d4()`: an address stands for the name.
    let address = name
        .strip_suffix("()")
        .is_some_and(|name| name.len() >= 8 && hex_value(name.trim_start_matches("0x")).is_some());
    let mut site = if address || name.is_empty() { module.to_string() } else { format!("{module}!{name}") };
    if let Some(offset) = offset.filter(|_| !address) {
        site.push_str(&format!("+{offset:#x}"));
    }
    if let Some(line) = line {
        site.push_str(&format!(" Line {line}"));
    }
    Some(site)
}

/// Takes the language off the end of a line, and what the window says of symbols behind it; copies have a TAB before
/// each, or what became of it.
fn without_language(text: &str) -> (&str, bool) {
    let (text, symbols) = without_symbols(text.trim_end());
    for language in LANGUAGES {
        if let Some(rest) = text.strip_suffix(language)
            && rest.ends_with([' ', '\t', ')'])
        {
            return (rest.trim_end(), true);
        }
    }
    (text, symbols)
}

/// Takes off `Non-user code. Skipped loading symbols.`
fn without_symbols(text: &str) -> (&str, bool) {
    // Asked of many lines; most have neither ending.
    if !text.ends_with('.') {
        return (text, false);
    }
    let begins = |at: usize| text[..at].ends_with([' ', '\t', ')']);
    let at = SYMBOLS.iter().filter_map(|words| text.find(words)).filter(|&at| begins(at)).min();
    at.map_or((text, false), |at| (text[..at].trim_end(), true))
}

/// `  + 0x12 bytes`, of Visual Studio 2010 and before; ` + 0x12`.
fn without_offset(text: &str) -> (&str, Option<u64>) {
    let bare = text.strip_suffix("bytes").unwrap_or(text).trim_end();
    match bare.rsplit_once("+ 0x") {
        Some((name, digits)) => match hex_value(digits) {
            Some(offset) => (name.trim_end(), Some(offset)),
            None => (text, None),
        },
        None => (text, None),
    }
}

fn has_line(text: &str) -> bool {
    let (text, _) = without_offset(text);
    text.rsplit_once(" Line ")
        .is_some_and(|(_, number)| !number.is_empty() && number.trim().bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::stacks::tests::check;

    #[test]
    fn lines() {
        for (text, want) in [
            (">	Orders.exe!N.P.Main(string[] args) Line 12	C#", "frame Orders.exe!N.P.Main(string[] args) Line 12"),
            (
                " 	svc.exe!main(int argc, char * * argv) Line 31 + 0x5 bytes	C++",
                "frame svc.exe!main(int argc, char * * argv)+0x5 Line 31",
            ),
            (
                " 	kernel32.dll!@BaseThreadInitThunk@12()  + 0x12 bytes",
                "frame kernel32.dll!@BaseThreadInitThunk@12()+0x12",
            ),
            (" 	ntdll.dll!00007ff9a0b1c2d4()	Unknown", "frame ntdll.dll"),
            (" 	[Inline Frame] a.dll!f() Line 3	C++", "frame inline a.dll!f() Line 3"),
            (" 	[External Code]", "hole"),
            ("[Code externe]	", "hole"),
            (
                " 	mscorlib.dll!N.Monitor.Wait(object obj)	Unknown	Non-user code. Skipped loading symbols.",
                "frame mscorlib.dll!N.Monitor.Wait(object obj)",
            ),
            (" 	a.dll!f() Line 3	C++	Symbols loaded (source information stripped).", "frame a.dll!f() Line 3"),
            (" 	[Native to Managed Transition]		Annotated Frame", "hidden"),
            (" 	[Frames below may be incorrect and/or missing]", "header"),
            (" 	3f90c136()	Unknown", "frame 0x3f90c136"),
            ("*1      ntdll.dll!00007ff9a0b1c2d4()", "frame 1 ntdll.dll"),
            ("Callstack for Thread 1 (Thread Id: 5192 (0x1448)):", "begin 1 0x1448"),
            ("\t\tat C:\\src (1)\\Desk.cs(44)", "source C:\\src (1)\\Desk.cs @ 44"),
            ("\t\tat N.Desk.Close(int)", "nothing"),
            ("Wow! Line 12", "nothing"),
        ] {
            check(&FORMAT, text, want);
        }
        for (text, want) in [
            ("ntdll.dll!NtWaitForSingleObject()", false),
            ("ntdll.dll!NtWaitForSingleObject() Line 12	C", true),
            ("see a.dll!f for C++", false),
            (" 	Contoso.dll!N.A.B(uint radix)	Unknown", true),
            (" 	Contoso.dll!N.A.B(uint radix)	Unknown	Non-user code. Skipped loading symbols.", true),
            ("The symbols of a.dll!f are wrong. Skipped loading symbols.", false),
            ("[Managed to Native Transition]   ", true),
            ("[Transition Natif à Managé]", true),
            (" 	[External Code]	", true),
            ("[Transition of states]", false),
            ("[native] build is managed by cmake", false),
        ] {
            assert_eq!(shows(text), want, "{text}");
        }
    }
}
