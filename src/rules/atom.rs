//! An atom: the question that a pattern asks about one frame.

use std::borrow::Cow;
use std::hash::{Hash, Hasher};

use regex::bytes::{Regex, RegexBuilder};

use super::Glob;
use crate::facts::{
    Aliases, FrameName, FunctionName, Generics, is_managed, normal_function, normal_module, plain_module, with_dots,
};
use crate::formats::{clean_frame_line, parse_call_site};
use crate::model::CallSite;

/// Number of an atom in its rule set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AtomId(pub u32);

/// The answer to an atom. Of a frame without symbols nobody can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    Yes,
    No,
    Unknown,
}

/// One alternative of a pattern line, compiled.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Atom {
    Name(NameAtom),
    /// `[HelperMethodFrame*]`: a marker of SOS.
    Marker(Glob),
    /// `/regex/`.
    Regex(RegexAtom),
    /// A list with lines `not X`.
    Except(ExceptAtom),
}

/// One of some atoms and none of others.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ExceptAtom {
    pub of: Vec<AtomId>,
    pub without: Vec<AtomId>,
}

impl ExceptAtom {
    /// The answer for a frame, from the answers of the atoms.
    pub fn truth(&self, atom: impl Fn(AtomId) -> Truth) -> Truth {
        match (any(&self.of, &atom), any(&self.without, &atom)) {
            (Truth::No, _) | (_, Truth::Yes) => Truth::No,
            (Truth::Yes, Truth::No) => Truth::Yes,
            _ => Truth::Unknown,
        }
    }
}

/// `module!function`, either side a glob.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NameAtom {
    module: Option<ModuleGlob>,
    function: Glob,
    /// The same with dots before nested types, where it names any.
    dotted: Option<Glob>,
    generics: Generics,
    arguments: bool,
}

/// A module's name, as it is compared with assemblies and with other modules.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct ModuleGlob {
    /// `_` folded to `.`.
    assembly: Glob,
    native: Glob,
}

impl ModuleGlob {
    fn new(module: &str, aliases: &Aliases) -> Self {
        let glob = |name: String| Glob::new(aliases.canonical(&name));
        ModuleGlob { assembly: glob(normal_module(module)), native: glob(plain_module(module)) }
    }

    /// A text that is part of both forms.
    fn required_text(&self) -> &str {
        self.native.longest_literal().split(['_', '.']).max_by_key(|part| part.len()).unwrap_or_default()
    }
}

/// A regular expression over the normalised name without arguments.
#[derive(Clone, Debug)]
pub struct RegexAtom {
    regex: Regex,
    with_module: bool,
    /// `/.*/`
    takes_anything: bool,
}

// What a regular expression is made of says all that it does.
impl PartialEq for RegexAtom {
    fn eq(&self, other: &Self) -> bool {
        self.regex.as_str() == other.regex.as_str()
    }
}

impl Eq for RegexAtom {}

impl Hash for RegexAtom {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.regex.as_str().hash(state);
    }
}

impl Atom {
    /// Compiles a regular expression; the error is the reason in words.
    pub fn regex(source: &str) -> Result<Atom, String> {
        let whole = format!("^(?:{source})$");
        let regex = RegexBuilder::new(&whole).unicode(false).case_insensitive(true).size_limit(1 << 20).build();
        match regex {
            Ok(regex) => {
                let with_module = source.contains('!');
                // No frame is called so: what matches this matches anything.
                let takes_anything = regex.is_match(if with_module { b"\x01!\x01" } else { b"\x01" });
                Ok(Atom::Regex(RegexAtom { regex, with_module, takes_anything }))
            }
            Err(error) => Err(reason(&error)),
        }
    }

    /// Compiles a frame as written: pasted with its addresses, or a name with stars. The error says why it names no
    /// frame. More than one atom comes out where a name has two spellings.
    pub fn frame(line: &str, aliases: &Aliases) -> Result<Vec<Atom>, &'static str> {
        let cleaned = clean_frame_line(line);
        if let Some(marker) = cleaned.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            return Ok(vec![Atom::Marker(Glob::new(&marker.to_ascii_lowercase()))]);
        }
        let symbol = parse_call_site(&cleaned);
        let site = CallSite::new(&cleaned, &symbol);
        let (module, function) = match (site.module(), site.function()) {
            (Some(module), Some(function)) => (Some(module), function),
            // `coreclr+0x316e4` names a module; `Sleep` without `!` is a function of any module.
            (Some(module), None) if site.offset().is_some() || cleaned.contains('!') => (Some(module), "*"),
            (Some(word), None) => (None, word),
            (None, Some(function)) => (None, function),
            (None, None) => return Err("this is an address, not a name; write `...` if any frame may stand here"),
        };
        let canonical = module.map(|module| aliases.canonical(&normal_module(module)).to_string());
        let mut spellings = vec![normal_function(function, canonical.as_deref())];
        if module.is_none() {
            for assumed in ["ntdll", "kernel32"] {
                let other = normal_function(function, Some(assumed));
                if !spellings.contains(&other) {
                    spellings.push(other);
                }
            }
        }
        let module = module.map(|module| ModuleGlob::new(module, aliases));
        Ok(spellings.iter().map(|function| Atom::Name(NameAtom::new(module.clone(), function))).collect())
    }

    /// Asks the atom about a frame; `atoms` are all atoms of the rule set.
    pub fn test(&self, name: &FrameName, atoms: &[Atom]) -> Truth {
        match self {
            Atom::Name(atom) => atom.test(name),
            Atom::Marker(glob) => yes_or_no(name.marker.as_deref().is_some_and(|marker| glob.matches(marker))),
            Atom::Regex(atom) => atom.test(name),
            Atom::Except(atom) => atom.truth(|id| atoms[id.0 as usize].test(name, atoms)),
        }
    }

    /// The globs of module and function, of an atom that is made of them.
    pub fn names(&self) -> Option<(Option<&Glob>, &Glob)> {
        match self {
            Atom::Name(atom) => Some((atom.module.as_ref().map(|module| &module.assembly), &atom.function)),
            Atom::Marker(_) | Atom::Regex(_) | Atom::Except(_) => None,
        }
    }

    /// Whether the atom speaks of functions by name, so that it may mean a frame that is noise to others.
    pub fn names_function(&self) -> bool {
        match self {
            Atom::Name(atom) => !atom.function.is_any(),
            Atom::Marker(_) => true,
            Atom::Regex(atom) => !atom.takes_anything,
            Atom::Except(_) => false,
        }
    }

    /// Whether it says yes to every frame.
    pub fn takes_anything(&self) -> bool {
        match self {
            Atom::Name(atom) => atom.function.is_any() && atom.has_any_module(),
            Atom::Marker(_) | Atom::Except(_) => false,
            Atom::Regex(atom) => atom.takes_anything,
        }
    }

    /// Whether the atom reads the name without arguments and generics, which is what texts are searched in.
    pub fn reads_plain_name(&self) -> bool {
        match self {
            Atom::Name(atom) => !atom.arguments && atom.generics == Generics::Ignored,
            Atom::Marker(_) => true,
            Atom::Regex(_) | Atom::Except(_) => false,
        }
    }

    /// A text that is part of every name the atom says yes to, with dots before nested types; empty when there is none.
    pub fn required_text(&self) -> &str {
        match self {
            Atom::Name(atom) => {
                let function = atom.dotted.as_ref().unwrap_or(&atom.function).longest_literal();
                let module = atom.module.as_ref().map_or("", ModuleGlob::required_text);
                if function.len() >= module.len() || !atom.function.is_any() { function } else { module }
            }
            Atom::Marker(glob) => glob.longest_literal(),
            Atom::Regex(_) | Atom::Except(_) => "",
        }
    }
}

impl NameAtom {
    fn has_any_module(&self) -> bool {
        self.module.as_ref().is_none_or(|module| module.assembly.is_any())
    }

    fn new(module: Option<ModuleGlob>, function: &str) -> Self {
        let name = FunctionName::parse(function);
        let (generics, arguments) = (name.generics(), name.has_arguments());
        let dotted = Some(with_dots(function)).filter(|dotted| dotted != function).map(|dotted| Glob::new(&dotted));
        NameAtom { module, function: Glob::new(function), dotted, generics, arguments }
    }

    fn test(&self, name: &FrameName) -> Truth {
        match self.test_module(name) {
            Truth::Yes => self.test_function(name),
            Truth::No => Truth::No,
            Truth::Unknown if self.test_function(name) == Truth::No => Truth::No,
            Truth::Unknown => Truth::Unknown,
        }
    }

    fn test_module(&self, name: &FrameName) -> Truth {
        let Some(globs) = self.module.as_ref().filter(|module| !module.assembly.is_any()) else {
            return Truth::Yes;
        };
        if let (Some(module), Some(canonical)) = (&name.module, &name.canonical) {
            let glob = if name.in_assembly { &globs.assembly } else { &globs.native };
            return yes_or_no(glob.matches(module) || glob.matches(canonical));
        }
        let Some(function) = &name.function else {
            return if name.marker.is_some() { Truth::No } else { Truth::Unknown };
        };
        let function = function.view(Generics::Ignored, false);
        // SOS prints no module: `System_Drawing_ni!System.Drawing.X.Y` of `k` is `System.Drawing.X.Y` there, so a whole
        // name decides. Of anything shorter the assembly must be the one that the namespace is called after.
        match is_managed(&function) {
            true if self.names_method() => Truth::Yes,
            true => yes_or_no(namespaces(&function).any(|namespace| globs.assembly.matches(namespace))),
            // Nor do some tools print it for native code.
            false if !self.function.is_any() => Truth::Yes,
            false => Truth::Unknown,
        }
    }

    /// The function is that of managed code, with its namespace.
    fn names_method(&self) -> bool {
        let text = self.function.text();
        is_managed(text.split('*').next().unwrap_or_default())
    }

    /// Nested types have `+` before them with some tools and a dot with others. A star means what it says: `A.B.*` are
    /// the methods of `B`, not those of its nested types.
    fn matches_with_dots(&self, function: &str) -> bool {
        match &self.dotted {
            Some(dotted) => dotted.matches(&with_dots(function)),
            None if function.contains('+') => self.function.exact() == Some(&*with_dots(function)),
            None => false,
        }
    }

    fn test_function(&self, name: &FrameName) -> Truth {
        if self.function.is_any() {
            return Truth::Yes;
        }
        match &name.function {
            Some(function) => {
                let view: Cow<'_, str> = function.view(self.generics, self.arguments);
                yes_or_no(self.function.matches(&view) || self.matches_with_dots(&view))
            }
            None if name.marker.is_some() => Truth::No,
            None => Truth::Unknown,
        }
    }
}

impl RegexAtom {
    fn test(&self, name: &FrameName) -> Truth {
        let Some(function) = &name.function else {
            return if name.is_unreadable() { Truth::Unknown } else { Truth::No };
        };
        let function = function.view(Generics::Ignored, false);
        if !self.with_module {
            return yes_or_no(self.regex.is_match(function.as_bytes()));
        }
        let modules = [&name.canonical, &name.module];
        let mut names = modules.into_iter().flatten().map(|module| format!("{module}!{function}"));
        yes_or_no(names.any(|name| self.regex.is_match(name.as_bytes())))
    }
}

/// The namespaces a managed name lies in, but the two that every assembly shares.
fn namespaces(function: &str) -> impl Iterator<Item = &str> {
    let ends = function.match_indices('.').map(|(at, _)| at).filter(|&at| at > 0);
    ends.map(|end| &function[..end]).filter(|namespace| !matches!(*namespace, "system" | "microsoft"))
}

/// The surest answer of several atoms.
fn any(ids: &[AtomId], atom: impl Fn(AtomId) -> Truth) -> Truth {
    let mut found = Truth::No;
    for &id in ids {
        match atom(id) {
            Truth::Yes => return Truth::Yes,
            Truth::Unknown => found = Truth::Unknown,
            Truth::No => {}
        }
    }
    found
}

fn yes_or_no(yes: bool) -> Truth {
    if yes { Truth::Yes } else { Truth::No }
}

/// The last line of a regex error holds the reason; the lines above draw the expression.
fn reason(error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or_default();
    last.trim_start_matches("error:").trim().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aliases() -> Aliases {
        let mut aliases = Aliases::default();
        for (canonical, module) in [("clr", "coreclr"), ("clr", "mscorwks"), ("kernel32", "kernelbase")] {
            aliases.add(canonical, module);
        }
        aliases
    }

    fn check(line: &str, frame: &str, want: Truth) {
        let aliases = aliases();
        let atoms = match line.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')) {
            Some(source) => vec![Atom::regex(source).unwrap()],
            None => Atom::frame(line, &aliases).unwrap(),
        };
        let symbol = parse_call_site(frame);
        let name = FrameName::of(&CallSite::new(frame, &symbol), &aliases);
        let answers: Vec<Truth> = atoms.iter().map(|atom| atom.test(&name, &atoms)).collect();
        let got = [Truth::Yes, Truth::Unknown].into_iter().find(|truth| answers.contains(truth)).unwrap_or(Truth::No);
        assert_eq!(got, want, "{line} on {frame}");
    }

    #[test]
    fn frames_and_what_they_match() {
        use Truth::*;
        const DRAW_K: &str = "System_Drawing_ni!System.Drawing.Graphics.DrawImage(System.Drawing.Image, Int32)+0x99";
        const DRAW_SOS: &str = "System.Drawing.Graphics.DrawImage(System.Drawing.Image, Int32)";
        const FIND: &str = "N.Dictionary`2[[A, m],[B, m]].FindEntry(A)";
        for (line, frame, want) in [
            (
                "0b 00000000`0b99b2f0 000007fe`fbae2c48 GdiPlus!GdipDrawImageRectRect+0x362",
                "gdiplus!GdipDrawImageRectRect+0x1",
                Yes,
            ),
            ("gdiplus!*", "GdiPlus!GpBitmap::Lock+0x28d", Yes),
            ("gdiplus!*", "gdi32!GdipX", No),
            (DRAW_K, DRAW_SOS, Yes),
            (DRAW_SOS, DRAW_K, Yes),
            ("System.Drawing.Graphics.DrawImage", DRAW_K, Yes),
            ("System.Drawing.Graphics.DrawImage(*Point*)", DRAW_K, No),
            ("System_Drawing!*", DRAW_SOS, Yes),
            ("System_Web!*", DRAW_SOS, No),
            ("clr!*", DRAW_SOS, No),
            ("ntdll!*Draw*", DRAW_SOS, No),
            ("System.Drawing!*.DrawImage", DRAW_SOS, Yes),
            ("mscorlib_ni!System.Drawing.Graphics.Draw*", DRAW_SOS, Yes),
            ("my.mod!X::f", "my_mod!X::f+0x3", No),
            ("my_mod!X::f", "My_Mod.dll!X::f+0x3", Yes),
            ("my_mod!*", "my.mod!X::f+0x3", No),
            ("System_Drawing!*", "System_Drawing_ni+0x4d212", Yes),
            ("System.Drawing!*", "System_Drawing_ni+0x4d212", Yes),
            ("poll", "libc!poll", Yes),
            ("coreclr!Thread::Sleep", "mscorwks!Thread::Sleep+0x1", Yes),
            ("core*!Thread::Sleep", "coreclr!Thread::Sleep+0x1", Yes),
            ("NtWaitForSingleObject", "ntdll!ZwWaitForSingleObject+0xa", Yes),
            ("ZwWaitForSingleObject", "ntdll!NtWaitForSingleObject+0xa", Yes),
            ("WaitForMultipleObjectsEx", "kernel32!WaitForMultipleObjectsExImplementation+0xa", Yes),
            ("N.Dictionary.FindEntry", FIND, Yes),
            ("N.Dictionary`2.FindEntry", FIND, Yes),
            ("N.Dictionary`1.FindEntry", FIND, No),
            ("N.Dictionary`2[[A, m],[B, m]].FindEntry", FIND, Yes),
            ("N.Dictionary`2[[C, m],[B, m]].FindEntry", FIND, No),
            ("gdiplus!*", "0x000007ff`01014aa0", Unknown),
            ("gdiplus!Gdip*", "gdiplus+0x12345", Unknown),
            ("gdiplus!*", "gdiplus+0x12345", Yes),
            ("gdiplus!*", "coreclr+0x316e4", No),
            ("*", "0x000007ff`01014aa0", Yes),
            ("[HelperMethodFrame*]", "[HelperMethodFrame_1OBJ] System.Threading.Monitor.Enter(System.Object)", Yes),
            (
                "System.Threading.Monitor.Enter",
                "[HelperMethodFrame_1OBJ] System.Threading.Monitor.Enter(System.Object)",
                Yes,
            ),
            ("[GCFrame]", "ntdll!x", No),
            ("/.*\\.drawimage/", DRAW_K, Yes),
            ("/drawimage/", DRAW_K, No),
            ("/clr!thread::.*/", "coreclr!Thread::Sleep+0x1", Yes),
            ("Outer+Nested.Run", "A.dll!Outer+Nested.Run(Int32) + 3", Yes),
            ("N.Outer+Nested.Run", "N.Outer.Nested.Run(Int32 n)", Yes),
            ("N.Outer.Nested.Run", "N.Outer+Nested.Run(Int32)", Yes),
            ("N.Outer+Nested.*", "N.Outer.Nested.Run(Int32 n)", Yes),
            ("N.Outer+Nested.Run(Int32)", "N.Outer.Nested.Run(Int32)", Yes),
            ("N.Outer+*", "N.Outer.Nested.Run(Int32 n)", Yes),
            ("N.Outer.*", "N.Outer+Nested.Run(Int32)", No),
            ("*Nested.Run", "N.Outer+Nested.Run(Int32)", Yes),
            ("N.Outer+Nested.Run", "N.Outer.Nested.Stop(Int32 n)", No),
            ("svc!N::operator+", "svc!N::operator.", No),
            ("Sleep", "kernelbase!Sleep+0x2c", Yes),
            ("user32!SendMessageW", "user32!_SendMessageW@16+0x3", Yes),
            ("user32!_SendMessageW@16", "user32!SendMessageW+0x3", Yes),
            ("user32!*SendMessage*@16", "user32.dll!_SendMessageW@16()", Yes),
            ("user32!_SendMessage*@*", "user32!_SendMessageW@16", Yes),
            ("BaseThreadInitThunk", "kernel32.dll!@BaseThreadInitThunk@12()", Yes),
            ("NtWaitForSingleObject", "ntdll!_ZwWaitForSingleObject@12", Yes),
            ("ntdll!_chkstk", "ntdll!_chkstk+0x2", Yes),
            ("ntdll!chkstk", "ntdll!_chkstk+0x2", No),
            ("_except_handler4", "svc!_except_handler4", Yes),
        ] {
            check(line, frame, want);
        }
    }
}
