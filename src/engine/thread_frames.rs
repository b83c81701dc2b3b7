//! Stacks as threads are compared by them: names without offsets and arguments, without noise, each distinct one once.

use std::hash::BuildHasher;

use foldhash::HashMap;
use foldhash::fast::FixedState;
use hashbrown::HashTable;

use super::classes::Class;
use super::names::name_key;
use crate::facts::threads::{Shape, ThreadFrame};
use crate::facts::{FrameName, FunctionName, Generics, is_managed};
use crate::model::{CallSite, CallSites, FrameKind, Hole, SiteId, Stack};
use crate::rules::RuleSet;

/// Frames of distinct stacks that are kept.
const FRAMES_CAP: usize = 16 * 1024 * 1024;

/// A function is hardly longer: behind this offset the debugger named the nearest export, for want of the true name.
const FARTHEST: u64 = 0x4000;

/// A call site that was not asked yet, and one that is noise.
const UNASKED: u32 = u32::MAX;
const NOISE: u32 = u32::MAX - 1;

/// The frames and stacks seen so far. They outlive the numbers of call sites.
pub struct ThreadFrames<'r> {
    rules: &'r RuleSet,
    pub frames: Vec<ThreadFrame>,
    pub shapes: Vec<Shape>,
    pub(super) ids: HashMap<String, u32>,
    modules: HashMap<String, u32>,
    of_site: Vec<u32>,
    hasher: FixedState,
    table: HashTable<(u64, u32)>,
    /// Frames in all shapes.
    kept: usize,
    scratch: Shape,
}

impl<'r> ThreadFrames<'r> {
    pub fn new(rules: &'r RuleSet) -> Self {
        ThreadFrames {
            rules,
            frames: Vec::new(),
            shapes: Vec::new(),
            ids: HashMap::default(),
            modules: HashMap::default(),
            of_site: Vec::new(),
            hasher: FixedState::default(),
            table: HashTable::new(),
            kept: 0,
            scratch: Shape::default(),
        }
    }

    /// Call site numbers have become void.
    pub fn forget_sites(&mut self) {
        self.of_site.clear();
    }

    /// The shape of a stack, `Ok(None)` when nothing is left of it without noise, `Err` when there are too many already.
    /// `class` is asked by position.
    pub fn shape<'c>(
        &mut self,
        stack: &Stack,
        sites: &CallSites,
        class: impl Fn(usize) -> &'c Class,
    ) -> Result<Option<usize>, TooMany> {
        let mut shape = std::mem::take(&mut self.scratch);
        shape.frames.clear();
        shape.lines.clear();
        shape.is_cut_off = stack.cut_off;
        let mut holes = stack.holes.iter().peekable();
        let mut after_marker = false;
        for position in 0..=stack.frames.len() {
            while let Some(hole) = holes.next_if(|hole| hole.before == position) {
                let above = position.checked_sub(1).map_or(stack.line, |above| stack.frames[above].line);
                shape.frames.push(self.hole(hole));
                shape.lines.push(above);
            }
            let Some(frame) = stack.frames.get(position) else { continue };
            let id = self.of(frame.site, sites, || class(position));
            // SOS prints a call into native code as a marker and once more as its stub.
            let is_marker = sites.get(frame.site).marker().is_some();
            let is_twice = (is_marker || after_marker) && shape.frames.last() == Some(&id);
            after_marker = is_marker;
            if id != NOISE && !is_twice {
                shape.frames.push(id);
                shape.lines.push(frame.line);
            }
        }
        let found = match shape.frames.iter().all(|&frame| self.frames[frame as usize].hole.is_some()) {
            true => Ok(None),
            false => self.intern(&shape).map(Some),
        };
        self.scratch = shape;
        found
    }

    fn intern(&mut self, shape: &Shape) -> Result<usize, TooMany> {
        let hash = self.hasher.hash_one(&shape.frames);
        let same = |&(other, index): &(u64, u32)| other == hash && self.shapes[index as usize].frames == shape.frames;
        if let Some(&(_, index)) = self.table.find(hash, same) {
            return Ok(index as usize);
        }
        if self.kept + shape.frames.len() > FRAMES_CAP {
            return Err(TooMany);
        }
        let index = self.shapes.len();
        self.kept += shape.frames.len();
        self.shapes.push(shape.clone());
        self.table.insert_unique(hash, (hash, index as u32), |&(hash, _)| hash);
        Ok(index)
    }

    fn of<'c>(&mut self, site: SiteId, sites: &CallSites, class: impl FnOnce() -> &'c Class) -> u32 {
        let index = site.0 as usize;
        if self.of_site.len() <= index {
            self.of_site.resize(sites.len().max(index + 1), UNASKED);
        }
        if self.of_site[index] == UNASKED {
            self.of_site[index] = self.name(&sites.get(site), class());
        }
        self.of_site[index]
    }

    fn name(&mut self, site: &CallSite<'_>, class: &Class) -> u32 {
        // A marker that names a function tells what the thread does: `[HelperMethodFrame] System.Threading.Monitor.Enter`.
        if class.is_noise && (site.marker().is_none() || site.function().is_none()) {
            return NOISE;
        }
        let name = FrameName::of(site, &self.rules.aliases);
        let is_near = site.kind() == FrameKind::Managed || site.offset().is_none_or(|offset| offset <= FARTHEST);
        let key = name_key(&name).filter(|_| is_near);
        let shown = if key.is_some() { function_name(site) } else { place(site) };
        let is_named = key.is_some() && !is_broken_off(&shown);
        let key = key.unwrap_or_else(|| shown.to_ascii_lowercase());
        let next = self.modules.len() as u32;
        let module = name.canonical.as_ref().map(|module| *self.modules.entry(module.clone()).or_insert(next));
        let frame = ThreadFrame {
            shown,
            is_named,
            is_managed: site.function().is_some_and(|function| is_managed(function) && !is_of_linker(function)),
            is_application: class.is_application,
            module,
            hole: None,
        };
        let id = self.insert(key, frame);
        // As a marker the same function is the runtime's.
        self.frames[id as usize].is_application |= class.is_application;
        id
    }

    fn hole(&mut self, hole: &Hole) -> u32 {
        let key = format!("\n{:?}", hole.missing);
        self.insert(key, ThreadFrame { hole: Some(hole.missing), ..ThreadFrame::default() })
    }

    /// The number of the frame with this key.
    fn insert(&mut self, key: String, frame: ThreadFrame) -> u32 {
        let next = self.frames.len() as u32;
        let id = *self.ids.entry(key).or_insert(next);
        if id == next {
            self.frames.push(frame);
        }
        id
    }
}

/// More different stacks than are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMany;

/// The name without offset, arguments, generic arguments and source; of a managed frame without the module, which SOS
/// leaves out.
fn function_name(site: &CallSite<'_>) -> String {
    let function = FunctionName::parse(site.function().unwrap_or_default());
    let function = function.view(Generics::Ignored, false);
    match site.module() {
        Some(module) if !is_managed(&function) => format!("{module}!{function}"),
        _ => function.into_owned(),
    }
}

/// `svc!std::_Function_handler<int`: `kp` breaks off such names at the first parenthesis of their template arguments.
fn is_broken_off(name: &str) -> bool {
    let count = |mark: char| name.matches(mark).count();
    !name.contains("operator") && count('<') > count('>')
}

/// `pthread_cond_wait@@GLIBC_2.3.2`, `copy.part.0`: dots that compilers and linkers of native code put into names.
fn is_of_linker(function: &str) -> bool {
    function.contains('@') || [".part.", ".constprop.", ".isra.", ".cold"].iter().any(|mark| function.contains(mark))
}

/// A frame without a name of its own, by its place: `coreclr!coreclr_shutdown_2+0xa65d`, `coreclr+0x32`, an address.
fn place(site: &CallSite<'_>) -> String {
    match site.text.find(" [") {
        Some(at) if site.source_line().is_some() => site.text[..at].to_string(),
        _ => site.text.to_string(),
    }
}
