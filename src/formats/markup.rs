//! Markup around a line: DML of WinDbg (`<link cmd="...">0a</link>`) and the entities of HTML pages.

use memchr::memchr3;

/// The line without its markup; `None` when it has none. What HTML begins a new line for is one in the result too.
pub fn strip(line: &str) -> Option<String> {
    if let Some(plain) = in_bold(line).map(str::to_string).or_else(|| without_bold(line)) {
        return Some(plain);
    }
    // Asked of many lines; most have none of these.
    memchr3(b'<', b'&', b'\\', line.as_bytes())?;
    let opens = || ["<pre>", "<code>"].iter().any(|tag| line.trim_start().starts_with(tag));
    let tags = opens()
        || line.contains("</")
        || line.contains("<link cmd=")
        || line.contains("<exec cmd=")
        || line.contains("<br");
    let entities = line.contains('&') && next_entity(line).is_some();
    let path = line.contains(":\\") || line.contains("\\\\");
    let brackets = line.starts_with("\\[") || line.contains("\\]");
    let escaped = line.contains("\\#") || line.contains("\\`") || ((line.contains("\\_") || brackets) && !path);
    if !tags && !entities && !escaped {
        return None;
    }
    if escaped {
        return Some(without_escapes(line));
    }
    let text = if tags { without_tags(line) } else { line.to_string() };
    let text = if entities { without_entities(&text) } else { text };
    (text != line).then_some(text)
}

/// `**Exception code: 0xc00000fd**`: a whole line in bold. Banners of debuggers have more stars, or blanks within them.
fn in_bold(line: &str) -> Option<&str> {
    let inner = line.trim().strip_prefix("**")?.strip_suffix("**")?;
    let is_edge = |c: char| c.is_whitespace() || c == '*';
    (!inner.is_empty() && !inner.contains("**") && !inner.starts_with(is_edge) && !inner.ends_with(is_edge))
        .then_some(inner)
}

/// `06 **clr!Thread::WaitSuspendEvents**`: Markdown around a call site that ends its line. Pointers to pointers have a
/// bracket or a blank within.
fn without_bold(line: &str) -> Option<String> {
    let inner = line.trim_end().strip_suffix("**")?;
    let open = inner.find("**")?;
    let (before, site) = (&inner[..open], &inner[open + 2..]);
    let (module, function) = site.split_once('!')?;
    let fits = !module.is_empty()
        && module.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
        && function.starts_with(|c: char| !c.is_whitespace() && c != '!')
        && !function.contains("**")
        && (before.is_empty() || before.ends_with([' ', '\t']));
    fits.then(|| format!("{before}{site}"))
}

/// The tags of DML; no symbol has a name like these together with a closing tag on its line.
const TAGS: [&str; 26] = [
    "link",
    "altlink",
    "exec",
    "b",
    "i",
    "u",
    "col",
    "span",
    "font",
    "code",
    "td",
    "a",
    "strong",
    "em",
    "tt",
    "table",
    "tbody",
    "th",
    "div",
    "br",
    "p",
    "pre",
    "tr",
    "li",
    "blockquote",
    "ul",
];

/// Tags of HTML that begin a new line, the last of the list above.
const BREAKS: [&str; 8] = ["div", "br", "p", "pre", "tr", "li", "blockquote", "ul"];

fn without_tags(line: &str) -> String {
    let mut text = String::new();
    let mut rest = line;
    while let Some(open) = rest.find('<') {
        text.push_str(&rest[..open]);
        let Some(close) = end_of_tag(&rest[open..]) else {
            text.push('<');
            rest = &rest[open + 1..];
            continue;
        };
        let tag = &rest[open..open + close];
        if is_break(tag) && !text.is_empty() {
            text.push('\n');
        }
        rest = &rest[open + close..];
    }
    text.push_str(rest);
    text
}

fn is_break(tag: &str) -> bool {
    let name = tag.trim_start_matches(['<', '/']);
    let end = name.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(name.len());
    BREAKS.iter().any(|tag| name[..end].eq_ignore_ascii_case(tag))
}

/// Length of the tag that a text begins with.
fn end_of_tag(text: &str) -> Option<usize> {
    let name = text[1..].trim_start_matches('/');
    let end = name.find(|c: char| !c.is_ascii_alphanumeric())?;
    let known = TAGS.iter().any(|tag| name[..end].eq_ignore_ascii_case(tag));
    if !known || !name[end..].starts_with(['>', ' ', '/']) {
        return None;
    }
    // A command within quotation marks may hold `>`.
    let mut quoted = false;
    for (at, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '>' if !quoted => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// Markdown escapes what has a meaning in it: ``frame \#0: libc.so.6\`\_\_raise``. A path has backslashes too, but none
/// before `#` or a backtick.
fn without_escapes(line: &str) -> String {
    let mut text = String::new();
    let mut characters = line.chars().peekable();
    while let Some(c) = characters.next() {
        let escapes = c == '\\' && characters.peek().is_some_and(|next| "#`_<>*[]!.+-".contains(*next));
        if !escapes {
            text.push(c);
        }
    }
    text
}

fn without_entities(line: &str) -> String {
    let mut text = String::new();
    let mut rest = line;
    while let Some((start, end, decoded)) = next_entity(rest) {
        text.push_str(&rest[..start]);
        text.push(decoded);
        rest = &rest[end..];
    }
    text.push_str(rest);
    text
}

/// The first entity of a text: where it begins and ends, and what it stands for.
fn next_entity(text: &str) -> Option<(usize, usize, char)> {
    let mut from = 0;
    while let Some(start) = text[from..].find('&').map(|at| at + from) {
        let behind = &text[start + 1..];
        if let Some(length) = behind.find(';').filter(|&length| length <= 8)
            && let Some(decoded) = decode(&behind[..length])
        {
            return Some((start, start + length + 2, decoded));
        }
        from = start + 1;
    }
    None
}

fn decode(entity: &str) -> Option<char> {
    if let Some(number) = entity.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(digits) => u32::from_str_radix(digits, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code).filter(|c| !c.is_control());
    }
    Some(match entity {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_taken_off() {
        for (line, want) in [
            ("<link cmd=\"!for -c 'a>b'\">0a</link> 0011fcb8 a!b", Some("0a 0011fcb8 a!b")),
            ("svc!std::vector&lt;int&gt;::at+0x3", Some("svc!std::vector<int>::at+0x3")),
            ("svc!std::less<int>&gt;::x</b>", Some("svc!std::less<int>>::x")),
            ("a&#96;b&#8203;&amp;amp;", Some("a`b\u{200b}&amp;")),
            ("00 0011fcb8 a!b<br />01 0011fcc0 a!c<br>", Some("00 0011fcb8 a!b\n01 0011fcc0 a!c\n")),
            ("<pre>0:000>!dumpheap -stat", Some("0:000>!dumpheap -stat")),
            ("svc!f(Widget<b>&, int&);", None),
            ("frame \\#1: 0x01 libc.so.6\\`\\_\\_GI_abort", Some("frame #1: 0x01 libc.so.6`__GI_abort")),
            ("svc!std::map<p, q>", None),
            ("06 **clr!Thread::WaitSuspendEvents**", Some("06 clr!Thread::WaitSuspendEvents")),
            ("**ntdll!NtWaitForSingleObject+0xa**", Some("ntdll!NtWaitForSingleObject+0xa")),
            ("svc!main(int argc, char **", None),
            ("**Exception code: 0xc00000fd**", Some("Exception code: 0xc00000fd")),
            ("***** Fatal error *****", None),
            ("** Fatal error **", None),
        ] {
            assert_eq!(strip(line).as_deref(), want, "{line}");
        }
    }
}
