//! How a frame is written in a draft: the pattern line, the name for a title, the id.
//!
//! `Shop.Program+<>c__DisplayClass2_0.<Main>b__1()` is the pattern line `Shop.Program+<>c__DisplayClass*.<Main>b__*` and,
//! to people, `Program.Main`. What the compiler numbers anew with each build must not stand in a rule.

use super::sift::is_managed;
use crate::facts::{FunctionName, Generics};
use crate::model::CallSite;

/// Longest id that is made.
const ID_LENGTH: usize = 64;

/// A function's name without arguments and generics, as printed.
pub fn plain_function(function: &str) -> String {
    FunctionName::parse(function).view(Generics::Ignored, false).trim().to_string()
}

/// What a pattern says for a frame; empty when nothing can be said. Managed names go without their module, which SOS
/// does not print.
pub fn pattern_line(site: &CallSite<'_>) -> String {
    let function = site.function().map(plain_function).unwrap_or_default();
    let module = site.module().map(stable_module);
    let line = match module {
        _ if is_managed(&function) => stable(&function),
        Some(module) if function.is_empty() => format!("{module}!*"),
        Some(module) => format!("{module}!{}", stable(&function)),
        None => stable(&function),
    };
    // Text that is part of the pattern language would mean something else.
    let is_odd = line.starts_with(['#', '@', '/', '[']) || line.contains("{{") || line.contains(" or ") || line == "*";
    if is_odd || line.contains(|c: char| c.is_control()) { String::new() } else { line }
}

/// ASP.NET gives the assemblies of compiled pages a new name each time.
fn stable_module(module: &str) -> String {
    match module.find("App_Web_") {
        Some(0) => "App_Web_*".to_string(),
        _ => module.to_string(),
    }
}

/// Replaces what compilers number: `d__3`, `b__0_1`, `<>c__DisplayClass7_0`, `g__Walk|3_0`, `<lambda_7c1e05d2b94f>`,
/// `<lambda1>`, `lambda_method12`.
fn stable(name: &str) -> String {
    let mut text = name.to_string();
    for mark in [">d__", ">b__", ">m__", "DisplayClass", "AnonStorey", "<lambda_", "<lambda", "lambda_method", "|"] {
        let is_compilers = text.contains('<') || mark == "lambda_method";
        let mut from = 0;
        while let Some(at) = text[from..].find(mark).filter(|_| is_compilers) {
            let start = from + at + mark.len();
            let is_number = |c: char| match mark {
                "<lambda_" => c.is_ascii_hexdigit(),
                "<lambda" | "lambda_method" => c.is_ascii_digit(),
                _ => c.is_ascii_digit() || c == '_',
            };
            let length = text[start..].find(|c: char| !is_number(c)).unwrap_or(text.len() - start);
            if length > 0 {
                text.replace_range(start..start + length, "*");
            }
            from = start;
        }
    }
    text
}

/// `Shelf.Move`, `Export.WriteAsync`, `GdipDrawImage`, `Page::Draw`: class and method, as people say it.
pub fn human_name(site: &CallSite<'_>) -> String {
    let Some(function) = site.function().map(plain_function) else {
        return site.module().unwrap_or_default().to_string();
    };
    let separator = if is_managed(&function) { "." } else { "::" };
    let is_constructor = function.ends_with("..ctor") || function.ends_with("..cctor");
    let function = function.trim_end_matches("..ctor").trim_end_matches("..cctor").to_string();
    let mut parts: Vec<String> = Vec::new();
    for part in function.split(['.', '+', '/']).flat_map(|part| part.split("::")) {
        match source_name(part) {
            Some(name) if !name.is_empty() => parts.push(name),
            _ => {}
        }
    }
    let parts = &parts[parts.len().saturating_sub(if is_constructor { 1 } else { 2 })..];
    let name = parts.join(separator);
    if is_constructor { format!("new {name}") } else { name }
}

/// The part of the source that a compiler's name came from: `Main` of `<Main>b__0`; `None` for what is its own.
fn source_name(part: &str) -> Option<String> {
    if let Some(rest) = part.strip_prefix('<') {
        let (inside, behind) = rest.split_once('>')?;
        let local = behind.strip_prefix("g__").and_then(|local| local.split('|').next());
        return Some(local.unwrap_or(inside).to_string()).filter(|name| !name.starts_with("lambda"));
    }
    let is_compilers = matches!(part, "MoveNext" | "operator()") || part.starts_with('`');
    (!is_compilers).then(|| part.to_string())
}

/// `monitor-enter-in-shelf-move` of `Monitor.Enter` and `Shelf.Move`; without the classes where that gets too long.
pub fn id_of(names: &[&str]) -> String {
    let join = |names: &[&str]| {
        let words: Vec<String> = names.iter().map(|name| kebab(name)).filter(|name| !name.is_empty()).collect();
        words.join("-in-")
    };
    let mut id = join(names);
    if id.len() > ID_LENGTH {
        let methods: Vec<&str> = names.iter().map(|name| name.rsplit(['.', ':']).next().unwrap_or(name)).collect();
        id = join(&methods);
    }
    id.truncate(ID_LENGTH);
    let id = id.trim_end_matches('-');
    if id.is_empty() { "draft-rule".to_string() } else { id.to_string() }
}

/// `DrawImageI` -> `draw-image-i`, `GDIPlus` -> `gdi-plus`.
fn kebab(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let mut id = String::new();
    for (index, &c) in chars.iter().enumerate() {
        if !c.is_ascii_alphanumeric() {
            if !id.is_empty() && !id.ends_with('-') {
                id.push('-');
            }
            continue;
        }
        let after_lower = index > 0 && (chars[index - 1].is_ascii_lowercase() || chars[index - 1].is_ascii_digit());
        let before_lower = index > 0
            && chars[index - 1].is_ascii_uppercase()
            && chars.get(index + 1).is_some_and(char::is_ascii_lowercase);
        if c.is_ascii_uppercase() && (after_lower || before_lower) && !id.ends_with('-') {
            id.push('-');
        }
        id.push(c.to_ascii_lowercase());
    }
    id.trim_end_matches('-').to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::parse_call_site;

    #[test]
    fn lines_and_names() {
        for (text, line, human) in [
            (
                "Shop.Program+<>c__DisplayClass2_0.<Main>b__1()",
                "Shop.Program+<>c__DisplayClass*.<Main>b__*",
                "Program.Main",
            ),
            ("Shop.Export.<WriteAsync>d__3.MoveNext()", "Shop.Export.<WriteAsync>d__*.MoveNext", "Export.WriteAsync"),
            ("Shop!Shop.Tree.<Sum>g__Walk|3_0(Int32)+0x1f", "Shop.Tree.<Sum>g__Walk|*", "Tree.Walk"),
            ("svc!Shop::<lambda_7c1e05d2b94f>::operator()+0x3c", "svc!Shop::<lambda_*>::operator()", "Shop"),
            (
                "svc!Shop::Page::Draw::<lambda1>::operator()",
                "svc!Shop::Page::Draw::<lambda*>::operator()",
                "Page::Draw",
            ),
            ("gdiplus!GdipDrawBezier+0xbe", "gdiplus!GdipDrawBezier", "GdipDrawBezier"),
            ("System_Drawing_ni!System.Drawing.Bitmap..ctor(Int32)+0x1", "System.Drawing.Bitmap..ctor", "new Bitmap"),
            ("N.List`1[[System.__Canon, mscorlib]].Add(System.__Canon)", "N.List.Add", "List.Add"),
            ("vendor+0x1234", "vendor!*", "vendor"),
            ("App_Web_x3fz!ASP.page_aspx.Render()+0x1", "ASP.page_aspx.Render", "page_aspx.Render"),
            ("0x000007ff`01014aa0", "", ""),
        ] {
            let symbol = parse_call_site(text);
            let site = CallSite::new(text, &symbol);
            assert_eq!((pattern_line(&site).as_str(), human_name(&site).as_str()), (line, human), "{text}");
        }
        assert_eq!(id_of(&["Monitor.Enter", "Shelf.Move"]), "monitor-enter-in-shelf-move");
        assert_eq!(
            id_of(&["GdipDrawImageRectRectI", "GDIPlusCanvas.Draw"]),
            "gdip-draw-image-rect-rect-i-in-gdi-plus-canvas-draw"
        );
        assert_eq!(id_of(&["\u{e9}"]), "draft-rule");
    }
}
