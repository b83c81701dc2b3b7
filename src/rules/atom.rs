//! An atom: the question that a pattern asks about one frame.

mod name;
mod regex;

use super::Glob;
use crate::facts::{Aliases, FrameName, Generics, normal_function, normal_module};
use crate::formats::{clean_frame_line, parse_call_site};
use crate::model::CallSite;
use name::{ModuleGlob, NameAtom};
use regex::RegexAtom;

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

impl Atom {
    /// Compiles a regular expression; the error is the reason in words.
    pub fn regex(source: &str) -> Result<Atom, String> {
        RegexAtom::new(source).map(Atom::Regex)
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
