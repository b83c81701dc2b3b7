//! A function's name with its arguments and generic arguments told apart from it.
//!
//! ``System.Collections.Generic.Dictionary`2[[System.__Canon, mscorlib],[System.Int32, mscorlib]].FindEntry(System.__Canon)``
//! is `System.Collections.Generic.Dictionary.FindEntry` to a rule that says no more. Compiler names (`<>c`, `<M>b__0`)
//! stand behind a dot, a plus or a colon and are no generics; C++ template arguments stand behind a name and are.

use std::borrow::Cow;

/// How much of a name's generics counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Generics {
    /// Neither arguments nor arity.
    #[default]
    Ignored,
    /// The arity suffix: `` Dictionary`2 ``.
    Arity,
    /// The arguments too.
    Full,
}

/// A function name cut into pieces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FunctionName {
    text: String,
    /// Kind and end of each piece; one begins where the one before ends. Empty for a name without arguments.
    pieces: Vec<(Piece, usize)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece {
    Name,
    Arity,
    GenericArguments,
    Arguments,
}

impl FunctionName {
    pub fn parse(text: impl Into<String>) -> Self {
        let text = text.into();
        let mut pieces = Vec::new();
        let (mut name_start, mut at) = (0, 0);
        if let Some((name_end, end)) = arity_without_tick(&text) {
            pieces.extend([(Piece::Name, name_end), (Piece::Arity, end)]);
            (name_start, at) = (end, end);
        }
        while let Some(next) = text.as_bytes()[at..].iter().position(|byte| b"(`'[<".contains(byte)) {
            at += next;
            let Some((piece, end)) = special_piece(&text, at) else {
                at += 1;
                continue;
            };
            if piece != Piece::Name {
                // Mono and lldb set a blank before the arguments, which is no part of the name.
                let name_end = if piece == Piece::Arguments { text[..at].trim_end().len() } else { at };
                if name_start < name_end {
                    pieces.push((Piece::Name, name_end));
                }
                pieces.push((piece, end));
                name_start = end;
            }
            at = end;
        }
        if name_start < text.len() && !pieces.is_empty() {
            pieces.push((Piece::Name, text.len()));
        }
        FunctionName { text, pieces }
    }

    /// The name with as much of its arguments as asked for.
    pub fn view(&self, generics: Generics, arguments: bool) -> Cow<'_, str> {
        let shown = |piece: Piece| match piece {
            Piece::Name => true,
            Piece::Arity => generics >= Generics::Arity,
            Piece::GenericArguments => generics == Generics::Full,
            Piece::Arguments => arguments,
        };
        match self.pieces.as_slice() {
            [] => return Cow::Borrowed(&self.text),
            [(Piece::Name, end), (Piece::Arguments, _)] if !arguments => return Cow::Borrowed(&self.text[..*end]),
            _ => {}
        }
        let (mut view, mut start) = (String::with_capacity(self.text.len()), 0);
        for &(piece, end) in &self.pieces {
            if shown(piece) {
                view.push_str(&self.text[start..end]);
            }
            start = end;
        }
        Cow::Owned(view)
    }

    /// How much of the generics is written out.
    pub fn generics(&self) -> Generics {
        let has = |wanted: Piece| self.pieces.iter().any(|(piece, _)| *piece == wanted);
        match (has(Piece::GenericArguments), has(Piece::Arity)) {
            (true, _) => Generics::Full,
            (false, true) => Generics::Arity,
            (false, false) => Generics::Ignored,
        }
    }

    pub fn has_arguments(&self) -> bool {
        self.pieces.iter().any(|(piece, _)| *piece == Piece::Arguments)
    }
}

/// Where the name ends and where the arity, of `System.Collections.Generic.Dictionary2.Insert`, which lost its backtick: no
/// collection of .NET has a digit in its name.
fn arity_without_tick(text: &str) -> Option<(usize, usize)> {
    const NAMESPACES: [&str; 2] = ["System.Collections.Generic.", "System.Collections.Concurrent."];
    let begins =
        |namespace: &&&str| text.get(..namespace.len()).is_some_and(|head| head.eq_ignore_ascii_case(namespace));
    let start = NAMESPACES.iter().find(begins)?.len();
    let end = start + text[start..].find(|c: char| !c.is_ascii_alphanumeric())?;
    let name_end = text[..end].trim_end_matches(|c: char| c.is_ascii_digit()).len();
    (name_end > start && name_end < end && text[end..].starts_with(['.', '+'])).then_some((name_end, end))
}

/// The piece that begins at `at`, with its end, when it is none of the plain name.
fn special_piece(text: &str, at: usize) -> Option<(Piece, usize)> {
    let before = &text[..at];
    let after_name = before.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '*'));
    match text.as_bytes()[at] {
        b'(' if before.ends_with("operator") => Some((Piece::Name, (at + 2).min(text.len()))),
        // `base::(anonymous namespace)::Trim(int)`, as clang and gcc write what has no name.
        b'(' if text[at..].starts_with("(anonymous ") => closing(text, at, b'(', b')').map(|end| (Piece::Name, end)),
        b'(' => Some((Piece::Arguments, text.len())),
        b'`' if after_name => {
            let digits = text[at + 1..].bytes().take_while(u8::is_ascii_digit).count();
            let quoted = text[at + 1 + digits..].starts_with('\'');
            (digits > 0 && !quoted).then_some((Piece::Arity, at + 1 + digits))
        }
        // `Dictionary'2.Clear`: a page took the backtick for a mark of its own.
        b'\'' if after_name => {
            let digits = text[at + 1..].bytes().take_while(u8::is_ascii_digit).count();
            let end = at + 1 + digits;
            (digits > 0 && text[end..].starts_with(['.', '[', '+'])).then_some((Piece::Arity, end))
        }
        b'[' if after_name || before.ends_with('>') => {
            let end = closing(text, at, b'[', b']')?;
            (end > at + 2).then_some((Piece::GenericArguments, end))
        }
        b'<' if after_name && !before.ends_with("operator") => {
            closing(text, at, b'<', b'>').map(|end| (Piece::GenericArguments, end))
        }
        _ => None,
    }
}

/// The end of the bracketed stretch that begins at `at`.
fn closing(text: &str, at: usize, open: u8, close: u8) -> Option<usize> {
    let mut depth = 0;
    for (index, &byte) in text.as_bytes().iter().enumerate().skip(at) {
        if byte == open {
            depth += 1;
        } else if byte == close {
            depth -= 1;
            if depth == 0 {
                return Some(index + 1);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn views_of_a_name() {
        use Generics::*;
        for (text, generics, arguments, want) in [
            ("N.Dictionary`2[[A, m],[B, m]].FindEntry(A)", Ignored, false, "N.Dictionary.FindEntry"),
            ("N.Dictionary`2[[A, m],[B, m]].FindEntry(A)", Arity, false, "N.Dictionary`2.FindEntry"),
            ("N.Dictionary`2[[A, m],[B, m]].FindEntry(A)", Full, true, "N.Dictionary`2[[A, m],[B, m]].FindEntry(A)"),
            (
                "System.Collections.Generic.Dictionary2.Insert(A, B)",
                Ignored,
                false,
                "System.Collections.Generic.Dictionary.Insert",
            ),
            ("N.Dictionary'2.Clear (m, Version=1.0)", Ignored, false, "N.Dictionary.Clear"),
            ("N.Dictionary2.Clear()", Ignored, false, "N.Dictionary2.Clear"),
            ("N.T+<>c__DisplayClass0_0.<Main>b__0()", Ignored, false, "N.T+<>c__DisplayClass0_0.<Main>b__0"),
            ("N.T+<GetAsync>d__3.MoveNext()", Ignored, true, "N.T+<GetAsync>d__3.MoveNext()"),
            ("Cache<std::string,4>::put", Ignored, false, "Cache::put"),
            ("std::function<int (const v<int> &)>::operator()", Ignored, false, "std::function::operator()"),
            ("Run::<lambda1>::operator()(int)", Ignored, false, "Run::<lambda1>::operator()"),
            ("base::(anonymous namespace)::Trim(int)", Ignored, false, "base::(anonymous namespace)::Trim"),
            ("operator<", Ignored, false, "operator<"),
            ("operator delete[]", Ignored, false, "operator delete[]"),
            ("`Fn'::`81'::Body::Run", Ignored, false, "`Fn'::`81'::Body::Run"),
            ("N.Execute[[System.__Canon, mscorlib]](N.P)", Ignored, true, "N.Execute(N.P)"),
            ("IL_STUB_PInvoke(IntPtr, Int32)", Ignored, false, "IL_STUB_PInvoke"),
            ("N.Tray.Lock (N.Tray,string)", Ignored, false, "N.Tray.Lock"),
            ("N.Tray.Lock (N.Tray,string)", Ignored, true, "N.Tray.Lock (N.Tray,string)"),
        ] {
            assert_eq!(FunctionName::parse(text).view(generics, arguments), want, "{text}");
        }
    }
}
