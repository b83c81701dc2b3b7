//! A frame's line as people paste it into a rule, made a call site.

use super::reader;
use super::stacks::{Line, clrstack, exception_frame, gcroot, gdb, k, k_header, lldb, visual_studio};
use super::tokens;

/// The call site of a line as people paste it: frame number, addresses and arguments dropped. The same cleaner serves
/// log lines and the lines of a rule's pattern.
pub fn clean_frame_line(line: &str) -> String {
    let line = line.trim();
    if let Some(site) = of_other_tools(line) {
        return site;
    }
    if let Some(row) = clrstack::row(line).filter(|row| !row.method.contains('!') || row.marker.is_some()) {
        return reader::sos_site_text(&row);
    }
    if let Some(row) = clrstack::bare_row(line).filter(|row| row.method.is_empty() || row.method.contains('.')) {
        return reader::sos_site_text(&row);
    }
    match k::frame_without_header(line).or_else(|| k::frame(line, k_header::Columns::default())) {
        Some(frame) if !frame.site.is_empty() => frame.site.to_string(),
        _ => without_number(line).to_string(),
    }
}

/// `0b GdiPlus!GdipDrawImage`: the frame number of a `kc` line.
fn without_number(line: &str) -> &str {
    match tokens::frame_number(line) {
        Ok((rest, _)) if rest.contains('!') => rest,
        _ => line,
    }
}

/// The call site of a line of lldb, gdb, Visual Studio or of exception text, without arguments: exception text names parameters and lldb
/// prints values, in forms that no other tool has.
fn of_other_tools(line: &str) -> Option<String> {
    if let Some(object) = gcroot::pasted(line) {
        return Some(object);
    }
    let site = if line.contains("frame #") {
        let Line::Frame(frame) = (lldb::FORMAT.line)(line)? else { return None };
        frame.site.into_owned()
    } else if line.starts_with('#') {
        let Line::Frame(frame) = (gdb::FORMAT.line)(line)? else { return None };
        frame.site.into_owned()
    } else if line.contains(" Line ") && line.contains('!') {
        let Line::Frame(frame) = (visual_studio::FORMAT.line)(line)? else { return None };
        frame.site.into_owned()
    } else if let Some(call) = line.strip_prefix("at ") {
        let is_name = call.contains('.') && !call.contains(' ');
        exception_frame::frame(line, true).or_else(|| is_name.then(|| call.to_string()))?
    } else {
        let (module, function) = lldb_symbol(line)?;
        format!("{module}!{function}")
    };
    let name = site.split(" [").next().unwrap_or_default();
    let name = name.split('(').next().filter(|name| !name.is_empty()).unwrap_or(name);
    Some(name.trim_end().to_string())
}

/// ``libcoreclr.so`Thread::Block``. Addresses and generic types have backticks as well: ``00000000`0b99b2f0``,
/// ``N.List`1.Add``.
fn lldb_symbol(line: &str) -> Option<(&str, &str)> {
    let (module, function) = line.split_once('`')?;
    let is_image = [".so", ".dylib", ".dll", ".exe", ".out"].iter().any(|end| module.contains(end));
    let fits = (is_image || !module.contains('.'))
        && !module.is_empty()
        && !module.contains([' ', '!', '(', '*', ':'])
        && !module.starts_with(|c: char| c.is_ascii_digit())
        && !function.starts_with(|c: char| c.is_ascii_digit());
    fits.then_some((module, function))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_every_tool_become_call_sites() {
        for (line, want) in [
            ("0b 00000000`0b99b2f0 000007fe`fbae2c48 GdiPlus!GdipDrawImage+0x362", "GdiPlus!GdipDrawImage+0x362"),
            ("0b GdiPlus!GdipDrawImage", "GdiPlus!GdipDrawImage"),
            ("frame #11: 0x00007f5dfe308611 libcoreclr.so`Thread::Block(int) + 32", "libcoreclr.so!Thread::Block"),
            ("* frame #0: 0x00007f5dfe308611 libc.so.6`poll at poll.c:29:10", "libc.so.6!poll"),
            ("libcoreclr.so`Thread::Block", "libcoreclr.so!Thread::Block"),
            ("a.out`main", "a.out!main"),
            ("#1  0x00007ff7c62516cf in Foo::Bar (this=0x0, n=3) at foo.cpp:12", "Foo::Bar"),
            ("myapp.dll!B.g() Line 5\tC#", "myapp.dll!B.g"),
            ("at Contoso.Loader.Parse(String p, Int32[] d) in c:\\src\\a.cs:line 5", "Contoso.Loader.Parse"),
            ("-> 0000019419341038 System.Object[]", "System.Object[]"),
            ("00a513ec (pinned handle)", "[pinned handle]"),
            ("DOMAIN(001E5E08):HANDLE(Pinned):12312f0:Root:0226c498(System.Object[])->", "[pinned handle]"),
            ("018af940(System.EventHandler)->", "System.EventHandler"),
            ("at Contoso.Loader.Parse", "Contoso.Loader.Parse"),
            ("at Contoso.Lists.Box`1.Get(T key)", "Contoso.Lists.Box`1.Get"),
            ("N.Dictionary`2.FindEntry", "N.Dictionary`2.FindEntry"),
            ("*Program.Transfer", "*Program.Transfer"),
            ("`anonymous namespace'::Foo::Run", "`anonymous namespace'::Foo::Run"),
            ("Foo::`anonymous namespace'::Run", "Foo::`anonymous namespace'::Run"),
        ] {
            assert_eq!(clean_frame_line(line), want, "{line}");
        }
    }
}
