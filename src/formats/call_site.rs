//! The call site of a frame: `module!function+offset [source @ line]`, in every spelling the tools have.
//!
//! Names hold blanks, quotes, `+`, parentheses and `<>`, so the ends are taken off first: warnings glued on by the
//! debugger, the source position, frame remarks, and the offset, which is the *last* `+0x..`. What is left is read from
//! the front by nom.

use memchr::memmem;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_till1, take_until1, take_while1};
use nom::combinator::{opt, recognize, verify};
use nom::sequence::{delimited, terminated};
use nom::{IResult, Parser};

use super::tokens::{self, hex_value};
use crate::model::{FrameKind, Offset, SourcePosition, Symbol};

/// Takes a call site's text apart. Never fails: what cannot be told apart becomes a symbol without a function.
pub fn parse(text: &str) -> Symbol {
    let body = without_glued_warning(text);
    let (body, source) = split_source(body);
    let body = without_remarks(body);
    let (body, offset) = split_offset(body);
    let mut symbol = Symbol { offset: Offset(offset), source, ..Symbol::default() };
    let range = |part: &str| {
        let start = part.as_ptr() as usize - text.as_ptr() as usize;
        start..start + part.len()
    };
    let name = match marker(body) {
        Ok((name, marker)) => {
            symbol.marker = Some(range(marker));
            name.trim()
        }
        Err(_) => body,
    };
    let (function, module) = opt(module_prefix).parse(name).unwrap_or((name, None));
    symbol.module = module.filter(|module| !module.is_empty()).map(range);
    if symbol.module.is_none() && symbol.marker.is_none() && is_bare_module(function, offset) {
        symbol.module = Some(range(function));
    } else if !function.is_empty() && !is_raw_address(function) {
        symbol.function = Some(range(function));
    }
    symbol.kind = kind(&symbol, text);
    symbol
}

/// Takes apart a call site of a tool that names no module: what could be one is the function.
pub fn parse_function(text: &str) -> Symbol {
    let mut symbol = parse(text);
    if symbol.function.is_none() && symbol.marker.is_none() && !is_raw_address(text) {
        symbol.function = symbol.module.take();
        symbol.kind = kind(&symbol, text);
    }
    symbol
}

/// The end of the call site proper: the engine glues `*** WARNING: Unable to verify ...` to a frame without a line end.
pub fn without_glued_warning(text: &str) -> &str {
    match memmem::find(text.as_bytes(), b"*** ") {
        Some(cut) if text[cut + 4..].starts_with(['W', 'E']) => text[..cut].trim_end(),
        _ => text.trim_end(),
    }
}

/// `[HelperMethodFrame_1OBJ] System.Threading.Monitor.Enter(System.Object)`: the marker without its address. What keeps an
/// object alive is named in words: `[pinned handle]`.
fn marker(input: &str) -> IResult<&str, &str> {
    let word = take_while1(|c: char| c.is_ascii_alphanumeric() || c == '_');
    let root = verify(take_until1("]"), |name: &str| {
        name.ends_with(" handle") || matches!(name, "finalizer queue" | "older generation")
    });
    alt((delimited(tag("["), word, tag("]")), delimited(tag("["), root, tag("]")))).parse(input)
}

/// `System_Drawing_ni!`; a `!` behind a parenthesis belongs to the arguments.
fn module_prefix(input: &str) -> IResult<&str, &str> {
    let unloaded = recognize((tag("<"), take_until1(">"), tag(">")));
    let plain = take_till1(|c: char| matches!(c, '!' | '(' | '<' | '`' | '\''));
    terminated(alt((unloaded, plain)), tag("!")).parse(input)
}

/// ` [c:\x y\z.cpp @ 12]`, or SOS's ` at /src/a.cpp:12`: read from the right, since paths hold anything.
fn split_source(body: &str) -> (&str, Option<SourcePosition>) {
    bracketed_source(body).or_else(|| colon_source(body)).or_else(|| line_only(body)).unwrap_or((body, None))
}

/// Visual Studio's ` Line 12` names no file.
fn line_only(body: &str) -> Option<(&str, Option<SourcePosition>)> {
    let (name, line) = body.rsplit_once(" Line ")?;
    let line = line.parse().ok()?;
    Some((name.trim_end(), Some(SourcePosition { path: name.len()..name.len(), line })))
}

fn bracketed_source(body: &str) -> Option<(&str, Option<SourcePosition>)> {
    let inside = body.strip_suffix(']')?;
    let (before, line) = inside.rsplit_once(" @ ")?;
    let line = line.trim().parse().ok()?;
    let open = before.rfind(" [")?;
    Some((body[..open].trim_end(), Some(SourcePosition { path: open + 2..before.len(), line })))
}

fn colon_source(body: &str) -> Option<(&str, Option<SourcePosition>)> {
    let (before, line) = body.rsplit_once(':')?;
    let line = line.parse().ok()?;
    let at = before.rfind(" at ")?;
    let path = at + 4..before.len();
    let plausible = before[path.clone()].contains(['/', '\\', '.']);
    plausible.then(|| (body[..at].trim_end(), Some(SourcePosition { path, line })))
}

/// Takes off `(FPO: [Non-Fpo])`, `(CONV: stdcall)`, `(TrapFrame @ ...)`, `[No function listed.]` and the like.
pub fn without_remarks(body: &str) -> &str {
    const REMARKS: [&str; 8] = [
        "(Inline Function @",
        "(FPO:",
        "(CONV:",
        "(TrapFrame @",
        "(TrapFrame-",
        "[No function listed.]",
        "(!devobj ",
        "  (+0x",
    ];
    // `// any` and `<-- here` are what people write behind a frame.
    let comments = [&b" // "[..], b" //", b" ; ", b" <-", b" <=", " ←".as_bytes()]
        .into_iter()
        .filter_map(|mark| memmem::find(body.as_bytes(), mark));
    let mut body = body[..comments.min().unwrap_or(body.len())].trim_end();
    if !body.ends_with([')', ']']) {
        return body;
    }
    while let Some(at) = REMARKS.iter().filter_map(|remark| body.rfind(remark)).max() {
        let closed = body.ends_with([')', ']']);
        if at == 0 || !closed {
            break;
        }
        body = body[..at].trim_end();
    }
    body
}

/// The offset is the last `+0x1f`, `+1f` (older tools) or ` + 31` (SOS, decimal) at the very end.
fn split_offset(body: &str) -> (&str, Option<u64>) {
    let Some((name, digits)) = body.rsplit_once('+') else { return (body, None) };
    if let Some(decimal) = digits.strip_prefix(' ') {
        return match (name.ends_with(' '), decimal.parse().ok()) {
            (true, Some(value)) => (name.trim_end(), Some(value)),
            _ => (body, None),
        };
    }
    let value = match digits.strip_prefix("0x") {
        Some(digits) => hex_value(digits),
        None if digits.len() <= 8 && !digits.contains(|c: char| c.is_ascii_uppercase()) => hex_value(digits),
        None => None,
    };
    match value {
        Some(value) => (name, Some(value)),
        None => (body, None),
    }
}

/// ``0x000007ff`01014aa0``: code of no known module; most often JIT-compiled.
pub fn is_raw_address(name: &str) -> bool {
    name.strip_prefix("0x").is_some_and(|digits| hex_value(digits).is_some())
}

/// `coreclr+0x316e4` or, in `kc`, `coreclr`: a module whose symbols are missing. A function of unknown module, as in
/// `KiSwapThread+0xb5`, has a small offset.
fn is_bare_module(name: &str, offset: Option<u64>) -> bool {
    let word = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "_-$.".contains(c));
    if !word || is_raw_address(name) {
        return name.starts_with("<Unloaded_");
    }
    let lower = name.to_ascii_lowercase();
    let has_extension = [".dll", ".exe", ".so", ".dylib", ".sys"].iter().any(|end| lower.ends_with(end));
    match offset {
        Some(offset) => has_extension || (offset >= 0x1000 && !name.contains('.')),
        None => has_extension || !name.contains('.'),
    }
}

fn kind(symbol: &Symbol, text: &str) -> FrameKind {
    if symbol.marker.is_some() {
        return FrameKind::Runtime;
    }
    let Some(function) = &symbol.function else { return FrameKind::Unknown };
    if is_managed(&text[function.clone()]) { FrameKind::Managed } else { FrameKind::Native }
}

/// Managed names have dots between namespace, type and method; C++ has `::`.
fn is_managed(function: &str) -> bool {
    let name = function.split('(').next().unwrap_or(function);
    let Some((_, last)) = name.rsplit_once('.') else { return false };
    let compiler_suffix = last == "cold" || last.chars().all(|c| c.is_ascii_digit());
    !name.contains("::") && !name.starts_with('.') && (!compiler_suffix || last.is_empty())
}

/// Where a text holds several frames because its line ends were lost, each with its addresses: the pieces.
pub fn lost_line_ends(text: &str) -> Option<Vec<&str>> {
    if !has_two_pairs(text) {
        return None;
    }
    let start_of = |word: &str| word.as_ptr() as usize - text.as_ptr() as usize;
    let words: Vec<&str> = text.split_whitespace().collect();
    let is_address = |at: usize| words.get(at).is_some_and(|word| is_address(word));
    let is_number = |word: &str| word.len() == 2 && tokens::frame_number(&format!("{word} ")).is_ok();
    let mut cuts = Vec::new();
    for at in 0..words.len() {
        let first = at == 0 || !(is_address(at - 1) || words[at - 1] == ":");
        if !(first && is_address(at) && is_address(at + 1)) {
            continue;
        }
        let numbered = at > 0 && is_number(words[at - 1]);
        cuts.push(start_of(words[if numbered { at - 1 } else { at }]));
    }
    if cuts.len() < 2 {
        return None;
    }
    cuts.push(text.len());
    // Tables and memory dumps have rows of addresses too; here a call site stands behind each pair.
    let has_site = |from: usize, to: usize| text[from..to].contains(['!', '.']) || text[from..to].contains("+0x");
    let mut starts: Vec<usize> = cuts.windows(2).filter(|cut| has_site(cut[0], cut[1])).map(|cut| cut[0]).collect();
    if starts.len() < 2 || starts.len() * 2 < cuts.len() {
        return None;
    }
    if !text[..starts[0]].trim().is_empty() {
        starts.insert(0, 0);
    }
    starts.push(text.len());
    Some(starts.windows(2).map(|piece| text[piece[0]..piece[1]].trim_end()).collect())
}

/// Whether two addresses stand side by side, twice: asked of every long line.
fn has_two_pairs(text: &str) -> bool {
    let mut above = false;
    let mut pairs = 0;
    for word in text.split_whitespace() {
        let here = is_address(word);
        pairs += usize::from(above && here);
        above = here;
    }
    pairs >= 2
}

fn is_address(word: &str) -> bool {
    matches!(tokens::address(word), Ok(("", _)))
}

/// Whether a text that came without header or prompt can be believed to be a call site and is no prose.
pub fn is_credible(text: &str, symbol: &Symbol) -> bool {
    if symbol.marker.is_some() {
        return true;
    }
    if !has_word_for_module(text, symbol) {
        return false;
    }
    match (&symbol.module, &symbol.function) {
        (Some(_), Some(function)) => balanced(&text[function.clone()]),
        (Some(_), None) => symbol.offset.0.is_some(),
        (None, None) => !text.is_empty(),
        (None, Some(_)) => false,
    }
}

/// Whether the module, if there is one, can be a file's name.
pub fn has_word_for_module(text: &str, symbol: &Symbol) -> bool {
    let Some(module) = symbol.module.clone().map(|range| &text[range]) else { return true };
    let is_name = |c: char| c.is_alphanumeric() || "_-$.@~".contains(c);
    module.starts_with("<Unloaded_") || (!module.is_empty() && module.chars().all(is_name))
}

fn balanced(function: &str) -> bool {
    let outside = function.split('(').next().unwrap_or(function);
    !outside.trim_start_matches([' ', '?']).contains(". ") && !function.contains("  ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::CallSite;

    /// module | function | offset | source file | source line | kind
    fn check(text: &str, want: &str) {
        let symbol = parse(text);
        let site = CallSite::new(text, &symbol);
        let offset = site.offset().map(|offset| format!("{offset:#x}"));
        let line = site.source_line().map(|line| line.to_string());
        let marker = site.marker().map(|marker| format!("[{marker}]")).unwrap_or_default();
        let show = |part: Option<&str>| part.unwrap_or("-").to_string();
        let got = format!(
            "{} | {marker}{} | {} | {} | {} | {}",
            show(site.module()),
            show(site.function()),
            show(offset.as_deref()),
            show(site.source_file()),
            show(line.as_deref()),
            site.kind().name()
        );
        assert_eq!(got, want, "{text}");
    }

    #[test]
    fn call_sites_are_taken_apart() {
        for (text, want) in [
            ("GdiPlus!GpBitmap::Lock+0x28d", "GdiPlus | GpBitmap::Lock | 0x28d | - | - | native"),
            ("gdiplus!GdipCreateBitmapFromScan0", "gdiplus | GdipCreateBitmapFromScan0 | - | - | - | native"),
            ("MyApp!Fn+44", "MyApp | Fn | 0x44 | - | - | native"),
            ("svc!main+0xf9 [/src/contoso/svc.cpp @ 31]", "svc | main | 0xf9 | /src/contoso/svc.cpp | 31 | native"),
            ("svc!main+0xf9 [c:\\x y\\z (1).cpp @ 31] ", "svc | main | 0xf9 | c:\\x y\\z (1).cpp | 31 | native"),
            (
                "svc!WinMainCRTStartup+0xffffffff`fffffefe",
                "svc | WinMainCRTStartup | 0xfffffffffffffefe | - | - | native",
            ),
            ("coreclr+0x316e4", "coreclr | - | 0x316e4 | - | - | unknown"),
            ("System_Private_CoreLib", "System_Private_CoreLib | - | - | - | - | unknown"),
            ("0x000007ff`01014aa0", "- | - | - | - | - | unknown"),
            ("System!", "System | - | - | - | - | unknown"),
            ("KiSwapThread+0xb5", "- | KiSwapThread | 0xb5 | - | - | native"),
            (
                "System_Drawing_ni!System.Drawing.Graphics.DrawImage(System.Drawing.Image, IntPtr)+0x264",
                "System_Drawing_ni | System.Drawing.Graphics.DrawImage(System.Drawing.Image, IntPtr) | 0x264 | - | - | managed",
            ),
            (
                "A!Ns.Outer+Nested.Run[[System.__Canon, mscorlib]](System.Func`1<System.__Canon>)+0x96",
                "A | Ns.Outer+Nested.Run[[System.__Canon, mscorlib]](System.Func`1<System.__Canon>) | 0x96 | - | - | managed",
            ),
            ("A!B.MultiAgent+<>c.<X>b__20_0", "A | B.MultiAgent+<>c.<X>b__20_0 | - | - | - | managed"),
            ("ntdll! ?? ::FNODOBFM::`string'+0x2335", "ntdll |  ?? ::FNODOBFM::`string' | 0x2335 | - | - | native"),
            ("<Unloaded_foo.dll>+0x1234", "<Unloaded_foo.dll> | - | 0x1234 | - | - | unknown"),
            ("System.Threading.Thread.Sleep(Int32)", "- | System.Threading.Thread.Sleep(Int32) | - | - | - | managed"),
            ("A.B..ctor()", "- | A.B..ctor() | - | - | - | managed"),
            (
                "[HelperMethodFrame] System.Threading.Thread.SleepInternal(Int32)",
                "- | [HelperMethodFrame]System.Threading.Thread.SleepInternal(Int32) | - | - | - | runtime",
            ),
            ("[GCFrame]", "- | [GCFrame]- | - | - | - | runtime"),
            (
                "asmxdraw.dll!Contoso.Program.Main() + 592 [/src/contoso/asmxdraw.cs @ 15]",
                "asmxdraw.dll | Contoso.Program.Main() | 0x250 | /src/contoso/asmxdraw.cs | 15 | managed",
            ),
            (
                "libc.so.6!__futex_abstimed_wait_common + 198 at nptl/nptl/futex-internal.c:57",
                "libc.so.6 | __futex_abstimed_wait_common | 0xc6 | nptl/nptl/futex-internal.c | 57 | native",
            ),
            ("ntdll!KiFastSystemCallRet (FPO: [0,0,0])", "ntdll | KiFastSystemCallRet | - | - | - | native"),
            ("a!b+0x1 (FPO: [Non-Fpo]) (CONV: stdcall) [x.c @ 3]", "a | b | 0x1 | x.c | 3 | native"),
            ("a!b+0xbc*** WARNING: Unable to verify checksum for a.dll", "a | b | 0xbc | - | - | native"),
            (
                "svc!main(int argc = 0n2, char ** argv = 0x00000000`00fb13d0)+0xf9",
                "svc | main(int argc = 0n2, char ** argv = 0x00000000`00fb13d0) | 0xf9 | - | - | native",
            ),
            (
                "svc!std::function<int (const std::vector<int> &)>::operator()+0x2a",
                "svc | std::function<int (const std::vector<int> &)>::operator() | 0x2a | - | - | native",
            ),
            ("svc!foo.isra.0+0x3", "svc | foo.isra.0 | 0x3 | - | - | native"),
            ("a!f+0x1 // bad", "a | f | 0x1 | - | - | native"),
            ("a!f+0x1 <-- here", "a | f | 0x1 | - | - | native"),
            ("a!f<-1>+0x1", "a | f<-1> | 0x1 | - | - | native"),
            ("a!f+0x98 (FPO:[Non-Fpo])", "a | f | 0x98 | - | - | native"),
            ("", "- | - | - | - | - | unknown"),
        ] {
            check(text, want);
        }
    }
}
