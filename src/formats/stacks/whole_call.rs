//! Whether a text is a call site from end to end: what dialects without columns, and lines that nothing announces, have to
//! show before they are believed.

use crate::formats::call_site;
use crate::model::FrameKind;

/// Whether a text is a call site and nothing else; one that a line end cut within brackets counts.
pub fn is_call_site(site: &str) -> bool {
    let symbol = call_site::parse(site);
    if call_site::is_raw_address(site) {
        return true;
    }
    // `ntdll!NtDelayExecution+0x14:` heads a disassembly.
    if site.ends_with(':') || site.contains("  ") || !call_site::has_word_for_module(site, &symbol) {
        return false;
    }
    let Some(function) = symbol.function.clone().map(|range| &site[range]) else {
        // `coreclr+0x316e4`
        return symbol.module.is_some() && symbol.offset.0.is_some();
    };
    let name = function.split(['(', '<', '[']).next().unwrap_or(function);
    let one_word = !without_quoted(name).trim_end().contains([' ', '\t'])
        || name.contains("operator ")
        || name.starts_with(" ?? ");
    let begins = function.starts_with(|c: char| c.is_alphanumeric() || "_?<~`@$. *".contains(c));
    let cut = site.matches('(').count() > site.matches(')').count();
    let whole = site.ends_with([')', ']']) || symbol.offset.0.is_some() || !site.contains(' ') || cut;
    let managed_call = symbol.kind == FrameKind::Managed && is_call_of_method(function);
    begins && one_word && whole && (symbol.module.is_some() || symbol.marker.is_some() || managed_call)
}

/// `System.Threading.Thread.Sleep(Int32)`: namespace, type and method, and types in brackets. Program code has calls of two
/// words and values in brackets, and in other languages small letters.
fn is_call_of_method(function: &str) -> bool {
    let Some((name, arguments)) = function.split_once('(') else { return false };
    let Some(arguments) = arguments.strip_suffix(')') else { return false };
    // What C++/CLI has outside of types lies in one of this name.
    let name = name.strip_prefix("<Module>.").unwrap_or(name);
    let name = name.split(['[', '<']).next().unwrap_or(name);
    let is_name = |part: &str| part.starts_with(|c: char| c.is_uppercase() || matches!(c, '_' | '<'));
    let deep = name.matches('.').count() >= 2 || function.contains('<');
    let types = arguments.split(", ").all(|argument| {
        let name = argument.trim_end_matches(" ByRef");
        // `System.Threading.CancellationToken cancellationToken`, as Visual Studio shows it.
        let name = match name.rsplit_once(' ') {
            Some((of_type, parameter)) if parameter.starts_with(char::is_lowercase) => match of_type {
                "bool" | "byte" | "int" | "long" | "object" | "string" => return true,
                _ if of_type.contains('.') => of_type,
                _ => name,
            },
            _ => name,
        };
        matches!(name, "" | "...") || (is_name(name) && !name.contains([' ', '"', '\'', '=', '(', ')']))
    });
    deep && is_name(name) && types
}

/// ``content::`anonymous namespace'::f`` without what is quoted, which holds blanks.
fn without_quoted(name: &str) -> String {
    let mut quoted = false;
    name.chars()
        .filter(|&c| {
            quoted = if c == '`' {
                true
            } else if c == '\'' {
                false
            } else {
                quoted
            };
            !quoted
        })
        .collect()
}

/// Whether a text can be a call site at all: its module is a word, and no prose follows an offset.
pub fn is_plausible(site: &str) -> bool {
    let symbol = call_site::parse(site);
    let prose_behind = symbol.offset.0.is_none() && site.contains("+0x") && site.ends_with(['?', '.', '!', ':']);
    call_site::has_word_for_module(site, &symbol) && !prose_behind
}

/// `System.Threading.Thread.Sleep(Int32)`, with or without a source behind it.
pub fn is_managed_call(method: &str) -> bool {
    // ``Dictionary`2[[A, m],[B, m]].FindEntry(A)``: assemblies stand behind a blank.
    let name = match (method.find("[["), method.find("]]")) {
        (Some(open), Some(close)) if open < close && !method[..open].contains('(') => {
            let behind = method[close + 2..].split('(').next().unwrap_or_default();
            format!("{}{behind}", &method[..open])
        }
        _ => method.split('(').next().unwrap_or(method).to_string(),
    };
    method.contains('(') && name.contains('.') && !name.contains([' ', '\\'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn managed_calls() {
        for (method, want) in [
            ("System.Collections.Generic.Dictionary`2[[System.__Canon, mscorlib]].FindEntry(System.__Canon)", true),
            ("Contoso.Cart.Basket.Reserve(Contoso.Cart.Item, Int32)", true),
            ("see [[a, b]] for it (x)", false),
            ("Contoso.Cart.Basket", false),
        ] {
            assert_eq!(is_managed_call(method), want, "{method}");
        }
    }
}
