//! Frames as Ben.Demystifier writes them: in the words of C#, with the type that a method returns.
//!
//! ```text
//!    at async Task<Order> Contoso.Orders.Store.LoadAsync(int id)
//!    at new Contoso.Orders.Line(string name, double price)
//!    at static Contoso.Orders.Settings()
//!    at void Contoso.Orders.Program.Main(string[] args)+(object state) => { } in C:/src/Program.cs:line 12 x 3
//! ```
//!
//! What stands behind the brackets tells of a lambda, a local function or the state machine in the method. The library's
//! README and its `ResolvedMethod` are the source of these forms.

use super::exception_frame::matching;

/// The call in the form of `Exception.ToString()`; `None` for one that is in that form already, and for prose.
pub fn plain_call(call: &str) -> Option<String> {
    let rest = call.strip_prefix("async ").unwrap_or(call);
    let (is_static, rest) = match rest.strip_prefix("static ") {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    // From the name on.
    let (called, special) = match (rest.strip_prefix("new "), behind_return_type(rest)) {
        (Some(created), _) => (created, "..ctor"),
        (None, Some(called)) => (called, ""),
        (None, None) if is_static => (rest, "..cctor"),
        (None, None) => return None,
    };
    let name = name_of(called)?;
    let (arguments, behind) = called[name.len()..].split_at(matching(&called[name.len()..], '(', ')')? + 1);
    Some(format!("{name}{special}{arguments}{}", behind_the_call(behind)))
}

fn name_of(call: &str) -> Option<&str> {
    let name = &call[..arguments_at(call)?];
    let is_name = |c: char| c.is_alphanumeric() || "._+`<>[], ?&*".contains(c);
    (name.contains('.') && name.starts_with(char::is_uppercase) && name.chars().all(is_name)).then_some(name)
}

/// Where the brackets of the parameters open: those of a tuple among the type arguments do not count.
fn arguments_at(call: &str) -> Option<usize> {
    let mut depth = 0;
    for (at, c) in call.char_indices() {
        match c {
            '<' | '[' => depth += 1,
            '>' | ']' => depth -= 1,
            '(' if depth <= 0 => return Some(at),
            _ => {}
        }
    }
    None
}

/// The call behind the type that it returns: one word, but for the blanks within its type arguments, or a tuple.
fn behind_return_type(call: &str) -> Option<&str> {
    let tuple = call.starts_with('(').then(|| matching(call, '(', ')')).flatten().map(|close| close + 1);
    let end = tuple.or_else(|| first_blank(call))?;
    let (returned, called) = (&call[..end], call[end..].strip_prefix(' ')?);
    (tuple.is_some() || is_type(returned)).then_some(called)
}

fn first_blank(text: &str) -> Option<usize> {
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        match c {
            '<' | '[' | '(' => depth += 1,
            '>' | ']' | ')' => depth -= 1,
            ' ' if depth == 0 => return Some(at),
            _ => {}
        }
    }
    None
}

/// `void`, `Task<Order>`, `byte[]`, `T`, `int?`: a word of C# for a type, or a name with a capital.
fn is_type(text: &str) -> bool {
    const WORDS: [&str; 18] = [
        "void", "bool", "byte", "sbyte", "short", "ushort", "int", "uint", "long", "ulong", "float", "double",
        "decimal", "char", "string", "object", "dynamic", "nint",
    ];
    let name = text.split(['<', '[', '?', '*', '&']).next().unwrap_or(text);
    let is_name = name.chars().all(|c| c.is_alphanumeric() || "._+".contains(c));
    WORDS.contains(&name) || (is_name && name.starts_with(char::is_uppercase))
}

/// What stands behind the call, without the lambda, the local function and the count of equal frames: the source.
fn behind_the_call(behind: &str) -> &str {
    let source = behind.find(" in ").map_or("", |at| &behind[at..]);
    match source.rsplit_once(" x ") {
        Some((source, count)) if !count.is_empty() && count.bytes().all(|byte| byte.is_ascii_digit()) => source,
        _ => source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_in_the_words_of_csharp() {
        for (call, want) in [
            ("void N.P.Main(string[] args)", Some("N.P.Main(string[] args)")),
            (
                "new N.Line(string name, double price) in C:/src/a.cs:line 4",
                Some("N.Line..ctor(string name, double price) in C:/src/a.cs:line 4"),
            ),
            ("static N.Settings()", Some("N.Settings..cctor()")),
            ("static string N.P.Name(ref int n)", Some("N.P.Name(ref int n)")),
            ("async Task<Order> N.P.LoadAsync(int id)", Some("N.P.LoadAsync(int id)")),
            ("async Task N.P.Main()+(object state) => { }", Some("N.P.Main()")),
            ("void N.P.Main()+Load(string name) in /src/a.cs:line 3", Some("N.P.Main() in /src/a.cs:line 3")),
            ("IEnumerable<(int, string)> N.P.All<T>(List<T> of)+MoveNext()", Some("N.P.All<T>(List<T> of)")),
            ("(int count, string name) N.P.Both()", Some("N.P.Both()")),
            ("bool N.List<T>+Enumerator.MoveNext() x 12", Some("N.List<T>+Enumerator.MoveNext()")),
            ("N.P.Main(String[] args)", None),
            ("first N.P.Main()", None),
            ("the N.P.Main() of it", None),
            ("void main()", None),
            ("(wrapper managed-to-native) N.P.Main()", Some("N.P.Main()")),
        ] {
            assert_eq!(plain_call(call).as_deref(), want, "{call}");
        }
    }
}
