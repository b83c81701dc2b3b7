//! A call site: the `module!function+offset` text of a frame, stored once however often it occurs.
//!
//! `GdiPlus!GpBitmap::Lock+0x28d`, `System_Web_ni!System.Web.HttpRuntime.ProcessRequest(System.Web.HttpContext)+0x1c`,
//! `coreclr+0x316e4`, `0x000007ff`01014aa0`, `[HelperMethodFrame] System.Threading.Monitor.Enter(System.Object)`.

use std::hash::{BuildHasher, Hasher};
use std::ops::Range;

use foldhash::fast::FixedState;
use hashbrown::HashTable;

use super::FrameKind;

/// A call site's number in its [`CallSites`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SiteId(pub u32);

/// The parts of a call site, as byte ranges of its text. Absent parts are `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Symbol {
    pub kind: FrameKind,
    /// The SOS marker a frame was printed with: `HelperMethodFrame` of `[HelperMethodFrame: 0012f0a0]`.
    pub marker: Option<Range<usize>>,
    pub module: Option<Range<usize>>,
    /// Function name with its arguments and generic arguments, as printed.
    pub function: Option<Range<usize>>,
    pub offset: Offset,
    pub source: Option<SourcePosition>,
    /// The text holds a line end or spaces that are none: it is not a call site as it stands.
    pub is_unclean: bool,
}

/// Distance from the start of the function (or module) in bytes; no offset means its first instruction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Offset(pub Option<u64>);

/// ` [/src/contoso/svc.cpp @ 31]`: the path's range in the text, empty where only the line is named, and the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourcePosition {
    pub path: Range<usize>,
    pub line: u32,
}

/// A call site with its parts, borrowed from [`CallSites`].
#[derive(Clone, Copy, Debug)]
pub struct CallSite<'a> {
    /// The whole text, without frame number and addresses.
    pub text: &'a str,
    symbol: &'a Symbol,
}

impl<'a> CallSite<'a> {
    pub fn new(text: &'a str, symbol: &'a Symbol) -> Self {
        CallSite { text, symbol }
    }

    pub fn kind(&self) -> FrameKind {
        self.symbol.kind
    }

    pub fn marker(&self) -> Option<&'a str> {
        self.part(&self.symbol.marker)
    }

    pub fn module(&self) -> Option<&'a str> {
        self.part(&self.symbol.module)
    }

    pub fn function(&self) -> Option<&'a str> {
        self.part(&self.symbol.function)
    }

    pub fn offset(&self) -> Option<u64> {
        self.symbol.offset.0
    }

    pub fn source_file(&self) -> Option<&'a str> {
        self.symbol.source.as_ref().map(|source| &self.text[source.path.clone()]).filter(|path| !path.is_empty())
    }

    pub fn source_line(&self) -> Option<u32> {
        self.symbol.source.as_ref().map(|source| source.line)
    }

    /// The debugger could not name the function: a raw address, or a module without symbols.
    pub fn is_unreadable(&self) -> bool {
        self.symbol.function.is_none() && self.symbol.marker.is_none()
    }

    fn part(&self, range: &Option<Range<usize>>) -> Option<&'a str> {
        range.as_ref().map(|range| &self.text[range.clone()])
    }
}

/// Every distinct call site of one reading, by number.
#[derive(Debug, Default)]
pub struct CallSites {
    hasher: FixedState,
    table: HashTable<Entry>,
    text: String,
    /// Where each call site's text lies, and which call site came below it last: callers repeat.
    places: Vec<Place>,
    symbols: Vec<Symbol>,
}

#[derive(Clone, Copy, Debug)]
struct Place {
    start: u32,
    end: u32,
    below: Below,
}

/// With its text's place, so that the guess costs one look-up.
#[derive(Clone, Copy, Debug)]
struct Below {
    id: u32,
    start: u32,
    end: u32,
}

/// A call site in the table, with where its text lies: looking one up touches nothing else.
#[derive(Clone, Copy, Debug)]
struct Entry {
    /// The upper half of the hash: the lower half led here.
    hash: u32,
    id: u32,
    start: u32,
    length: u32,
}

impl CallSites {
    /// The number of a call site's text; `parse` takes it apart the first time it is seen.
    #[inline]
    pub fn intern(&mut self, text: &str, parse: impl FnOnce(&str) -> Symbol) -> SiteId {
        let hash = hash_of(&self.hasher, text.as_bytes());
        let arena = self.text.as_bytes();
        let same = |entry: &Entry| {
            let start = entry.start as usize;
            entry.hash == (hash >> 32) as u32
                && entry.length as usize == text.len()
                && arena[start..start + text.len()] == *text.as_bytes()
        };
        match self.table.find(hash, same) {
            Some(entry) => SiteId(entry.id),
            None => self.insert(hash, text, parse(text)),
        }
    }

    /// As [`CallSites::intern`], for the call site that stands below `above` in a stack: most often it is the one that
    /// stood there last time, which is found without hashing. `None` when the text is unclean.
    #[inline]
    pub fn intern_below(
        &mut self,
        above: Option<SiteId>,
        text: &str,
        parse: impl FnOnce(&str) -> Symbol,
    ) -> Option<SiteId> {
        let Some(above) = above else {
            let site = self.intern(text, parse);
            return (!self.symbols[site.0 as usize].is_unclean).then_some(site);
        };
        let guess = self.places[above.0 as usize].below;
        let (start, end) = (guess.start as usize, guess.end as usize);
        if end - start == text.len() && self.text.as_bytes()[start..end] == *text.as_bytes() {
            return Some(SiteId(guess.id));
        }
        let site = self.intern(text, parse);
        if self.symbols[site.0 as usize].is_unclean {
            return None;
        }
        let Place { start, end, .. } = self.places[site.0 as usize];
        self.places[above.0 as usize].below = Below { id: site.0, start, end };
        Some(site)
    }

    /// Takes over a call site of another table.
    pub fn copy(&mut self, site: CallSite<'_>) -> SiteId {
        self.intern(site.text, |_| site.symbol.clone())
    }

    pub fn get(&self, id: SiteId) -> CallSite<'_> {
        let place = &self.places[id.0 as usize];
        let text = &self.text[place.start as usize..place.end as usize];
        CallSite { text, symbol: &self.symbols[id.0 as usize] }
    }

    pub fn len(&self) -> usize {
        self.places.len()
    }

    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Bytes held, roughly: what a cap on memory is measured against.
    pub fn bytes(&self) -> usize {
        self.text.len() + self.places.len() * (size_of::<Symbol>() + size_of::<Place>() + 2 * size_of::<Entry>())
    }

    /// Forgets everything; numbers given before are void.
    pub fn clear(&mut self) {
        self.table.clear();
        self.text.clear();
        self.places.clear();
        self.symbols.clear();
    }

    #[cold]
    #[inline(never)]
    fn insert(&mut self, hash: u64, text: &str, symbol: Symbol) -> SiteId {
        let id = self.places.len() as u32;
        let start = self.text.len() as u32;
        self.text.push_str(text);
        let end = self.text.len() as u32;
        self.places.push(Place { start, end, below: Below { id, start, end } });
        self.symbols.push(symbol);
        let entry = Entry { hash: (hash >> 32) as u32, id, start, length: text.len() as u32 };
        let (hasher, arena) = (&self.hasher, self.text.as_bytes());
        let rehash = |entry: &Entry| hash_of(hasher, &arena[entry.start as usize..][..entry.length as usize]);
        self.table.insert_unique(hash, entry, rehash);
        SiteId(id)
    }
}

/// Of the bytes alone: no length goes in before them.
#[inline]
fn hash_of(hasher: &FixedState, bytes: &[u8]) -> u64 {
    let mut hasher = hasher.build_hasher();
    hasher.write(bytes);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_text_has_the_same_number_and_is_parsed_once() {
        let mut sites = CallSites::default();
        let mut parsed = 0;
        let mut intern = |text: &str| {
            sites.intern(text, |_| {
                parsed += 1;
                Symbol::default()
            })
        };
        let (first, second, again) = (intern("a!b"), intern("a!c+0x1"), intern("a!b"));
        assert_eq!((first, second, again), (SiteId(0), SiteId(1), SiteId(0)));
        assert_eq!(parsed, 2);
        assert_eq!(sites.get(second).text, "a!c+0x1");
    }
}
