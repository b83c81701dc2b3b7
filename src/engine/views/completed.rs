//! A native stack whose managed frames have no symbols, completed by what SOS shows of the same thread.
//!
//! `k` walks managed code badly: it shows addresses, and often loses its way among them. Above lie the frames of the
//! runtime and the system, which `!clrstack` leaves out; what lies between them, `!clrstack` shows with names.

use foldhash::HashMap;

use super::{Side, View, Views};
use crate::engine::views::Settled;
use crate::model::{CallSites, Frame, Hole, SiteId, Stack};

/// Frames kept, and the text of their call sites in bytes.
const FRAMES_CAP: usize = 1 << 19;
const SITES_CAP: usize = 16 << 20;

/// The stacks that complete others, or are completed.
#[derive(Default)]
pub struct Kept {
    /// Call sites of all sources.
    pub sites: CallSites,
    /// Numbers of the call sites of the source that is read, here.
    copied: HashMap<SiteId, SiteId>,
    stacks: HashMap<usize, Stack>,
    frames: usize,
}

/// A stack put together from two views of a thread.
pub struct Completed {
    pub stack: Stack,
    /// By frame: the view it is from.
    pub view_of: Vec<usize>,
    pub native: usize,
    pub managed: usize,
}

impl Kept {
    /// Call site numbers have become void.
    pub fn forget_sites(&mut self) {
        self.copied.clear();
    }

    /// Keeps a stack that is seen for the first time, if it can complete another or be completed.
    pub fn keep(&mut self, view: usize, side: Side, has_unreadable: bool, stack: &Stack, sites: &CallSites) {
        let is_useful = match side {
            Side::Managed => true,
            Side::Native => has_unreadable,
            Side::Mixed => false,
        };
        let is_full = self.frames + stack.frames.len() > FRAMES_CAP || self.sites.bytes() > SITES_CAP;
        if !is_useful || is_full {
            return;
        }
        let mut kept = stack.clone();
        for (position, frame) in kept.frames.iter_mut().enumerate() {
            let site = *self.copied.entry(frame.site).or_insert_with(|| self.sites.copy(sites.get(frame.site)));
            let copy = Frame::new(site, frame.line, Some(frame.number().unwrap_or(position as u32)));
            *frame = if frame.is_inline() { copy.inlined() } else { copy };
        }
        self.frames += kept.frames.len();
        self.stacks.insert(view, kept);
    }

    /// The native stacks of threads that SOS shows at the same moment, completed.
    pub fn complete(&self, views: &Views, settled: &Settled) -> Vec<Completed> {
        let mut completed: Vec<Completed> = Vec::new();
        let mut threads: Vec<u32> = Vec::new();
        for (native, view) in views.views.iter().enumerate() {
            let is_first = !threads.contains(&settled.thread(native));
            if view.side != Side::Native || !self.stacks.contains_key(&native) || !is_first {
                continue;
            }
            let is_managed = |other: &&usize| is_of_sos(&views.views[**other]) && self.stacks.contains_key(other);
            let Some(&managed) = settled.moment(native).iter().find(is_managed) else { continue };
            if let Some(put) = self.put_together(native, managed) {
                threads.push(settled.thread(native));
                completed.push(put);
            }
        }
        completed
    }

    /// The native frames above the first without a name, the managed frames, and the native frames below the last
    /// without a name.
    fn put_together(&self, native: usize, managed: usize) -> Option<Completed> {
        let (outer, inner) = (&self.stacks[&native], &self.stacks[&managed]);
        let is_unreadable = |frame: &Frame| self.sites.get(frame.site).is_unreadable();
        let first = outer.frames.iter().position(is_unreadable)?;
        let last = outer.frames.iter().rposition(is_unreadable)?;
        let names_code = |frame: &Frame| self.sites.get(frame.site).function().is_some();
        if first == 0 || !inner.frames.iter().any(names_code) {
            return None;
        }
        let mut stack = Stack { frames: outer.frames[..first].to_vec(), ..outer.clone() };
        stack.holes.retain(|hole| hole.before <= first);
        let mut view_of = vec![native; first];
        stack.holes.extend(inner.holes.iter().map(|hole| Hole { before: hole.before + first, ..*hole }));
        stack.frames.extend(&inner.frames);
        view_of.resize(stack.frames.len(), managed);
        // Named frames among those without a name: where they belong among the managed ones cannot be told.
        if outer.frames[first..last].iter().any(|frame| !is_unreadable(frame)) {
            stack.holes.push(Hole { before: stack.frames.len(), missing: None });
        }
        let moved = stack.frames.len();
        stack.holes.extend(
            outer
                .holes
                .iter()
                .filter(|hole| hole.before > last)
                .map(|hole| Hole { before: hole.before - last - 1 + moved, ..*hole }),
        );
        stack.frames.extend(&outer.frames[last + 1..]);
        view_of.resize(stack.frames.len(), native);
        Some(Completed { stack, view_of, native, managed })
    }
}

fn is_of_sos(view: &View) -> bool {
    view.side == Side::Managed && !view.is_empty
}
