//! One thread, printed by several commands: each stack is a view of it. What one view shows of a thread holds for the
//! others too, as long as nothing says that the thread moved on between them.

mod completed;
mod settled;

use std::collections::BTreeMap;

use foldhash::HashMap;

use super::evaluate::Hit;
use super::names::NameId;
use crate::finding::ShownView;
use crate::model::{CallSites, Dialect, FrameKind, Stack, ThreadRef};

pub use completed::{Completed, Kept};
pub use settled::Settled;

/// Views kept; threads beyond are only counted.
const VIEWS_CAP: usize = 1 << 20;

/// What a command shows of a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    /// `k`, `bt`: machine code; managed frames show where they have symbols.
    Native,
    /// `!clrstack`: managed frames alone.
    Managed,
    /// `clrstack -f`: both.
    Mixed,
}

impl Side {
    pub fn of(stack: &Stack, sites: &CallSites) -> Self {
        let is_sos = matches!(stack.dialect, Dialect::ParallelStacks) || stack.dialect.is_managed();
        let is_native = |site| sites.get(site).kind() == FrameKind::Native;
        match is_sos {
            false => Side::Native,
            true if stack.frames.iter().any(|frame| is_native(frame.site)) => Side::Mixed,
            true => Side::Managed,
        }
    }

    pub fn shown(self) -> ShownView {
        match self {
            Side::Native => ShownView::Native,
            Side::Managed => ShownView::Managed,
            Side::Mixed => ShownView::Mixed,
        }
    }
}

/// A role that a view shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Held {
    /// Index of the role rule.
    pub rule: usize,
    pub certain: bool,
    /// The frame by which a rule that holds for few threads only tells them apart: number of its name.
    pub group: Option<u32>,
}

/// A stack as a view of its thread.
#[derive(Clone, Debug)]
pub struct View {
    pub thread: ThreadRef,
    pub source: usize,
    pub line: u32,
    pub side: Side,
    /// The same for stacks with the same named frames.
    shape: u64,
    /// The source shows another stack of the same side, too: the thread moved.
    moved: bool,
    /// List of roles.
    roles: usize,
    is_empty: bool,
    /// It ends in code without symbols.
    pub breaks_off: bool,
    application: Option<u32>,
}

type Place = (Option<u64>, Option<u64>, Option<u32>, usize, Side);

/// The views of all threads of a case.
#[derive(Default)]
pub struct Views {
    views: Vec<View>,
    by_place: HashMap<Place, usize>,
    roles: Vec<Vec<Held>>,
    role_lists: HashMap<Vec<Held>, usize>,
    names: Vec<String>,
    name_ids: HashMap<String, u32>,
    /// Threads beyond the cap: by list of roles, and whether something was found.
    beyond: HashMap<(usize, bool), u64>,
}

/// What is known of a stack when it has been judged.
#[derive(Clone, Copy)]
pub struct Judged {
    pub side: Side,
    pub shape: u64,
    /// Its roles, by number of their list.
    pub roles: usize,
    pub has_hit: bool,
    /// Number of the name of the application's first frame.
    pub application: Option<u32>,
}

impl Views {
    /// Adds a stack; the number of its view and whether it is a new one, or `None` beyond the cap.
    pub fn add(&mut self, stack: &Stack, sites: &CallSites, source: usize, judged: Judged) -> Option<(usize, bool)> {
        let Judged { side, roles, application, .. } = judged;
        let thread = ThreadRef { name: None, ..stack.thread.clone() };
        let place = (thread.process_id, thread.os_id, thread.index, source, side);
        let is_named = thread.os_id.is_some() || thread.index.is_some();
        if let Some(&known) = self.by_place.get(&place).filter(|_| is_named)
            && self.views[known].shape == judged.shape
        {
            return Some((known, false));
        }
        if self.views.len() == VIEWS_CAP {
            *self.beyond.entry((roles, judged.has_hit)).or_default() += 1;
            return None;
        }
        let at = self.views.len();
        let mut moved = false;
        if is_named && let Some(before) = self.by_place.insert(place, at) {
            self.views[before].moved = true;
            moved = true;
        }
        let bottom = stack.frames.last().map(|frame| sites.get(frame.site));
        let breaks_off = stack.dialect == Dialect::K && bottom.is_some_and(|site| site.is_unreadable());
        self.views.push(View {
            thread,
            source,
            line: stack.line,
            side,
            shape: judged.shape,
            moved,
            roles,
            is_empty: stack.frames.is_empty(),
            breaks_off,
            application,
        });
        Some((at, true))
    }

    pub fn get(&self, view: usize) -> &View {
        &self.views[view]
    }

    pub fn all(&self) -> &[View] {
        &self.views
    }

    /// Threads that are only counted.
    pub fn beyond(&self) -> u64 {
        self.beyond.values().sum()
    }

    /// The view of a stack, by its place.
    pub fn at(&self, source: usize, line: u32) -> Option<usize> {
        self.views.iter().position(|view| (view.source, view.line) == (source, line))
    }

    /// Which view of its thread this is, where there are others of that moment.
    pub fn shown(&self, view: usize, settled: &Settled) -> Option<ShownView> {
        let side = self.views[view].side;
        let others = settled.moment(view).iter().map(|&other| &self.views[other]);
        others.filter(|other| !other.is_empty).any(|other| other.side != side).then(|| side.shown())
    }

    /// Sources all of whose stacks that break off are of threads that SOS shows as well, or that a role explains.
    pub fn made_good(&self, settled: &Settled) -> Vec<usize> {
        let mut good: BTreeMap<usize, (bool, bool)> = BTreeMap::new();
        for (at, view) in self.views.iter().enumerate().filter(|(_, view)| view.breaks_off) {
            let of_thread = settled.views_of(at).iter().map(|&other| &self.views[other]);
            let has_managed = of_thread.clone().any(|other| other.side != Side::Native);
            let is_explained = of_thread.clone().any(|other| !self.roles[other.roles].is_empty());
            let (all, any) = good.entry(view.source).or_insert((true, false));
            *all &= has_managed || is_explained;
            *any |= has_managed;
        }
        good.into_iter().filter(|(_, (all, any))| *all && *any).map(|(source, _)| source).collect()
    }

    /// The number of a name.
    pub fn name(&mut self, name: &str) -> u32 {
        if let Some(&known) = self.name_ids.get(name) {
            return known;
        }
        let id = self.names.len() as u32;
        self.names.push(name.to_string());
        self.name_ids.insert(name.to_string(), id);
        id
    }

    /// The number of a list of roles.
    pub fn role_list(&mut self, roles: Vec<Held>) -> usize {
        if let Some(&known) = self.role_lists.get(&roles) {
            return known;
        }
        self.roles.push(roles.clone());
        self.role_lists.insert(roles, self.roles.len() - 1);
        self.roles.len() - 1
    }
}

/// Hash of the named frames of a stack.
pub fn shape(names: &[Option<NameId>], stack: &Stack) -> u64 {
    use std::hash::{BuildHasher, Hasher};
    let mut hasher = foldhash::fast::FixedState::default().build_hasher();
    for (position, frame) in stack.frames.iter().enumerate() {
        match names.get(position) {
            Some(Some(name)) => hasher.write_u32(name.0),
            Some(None) => {}
            // No rule compares names: stacks of one source can be told apart all the same.
            None => hasher.write_u32(frame.site.0),
        }
    }
    hasher.finish()
}

/// Roles that were certain, or not.
pub fn held(hits: &[Hit]) -> impl Iterator<Item = Held> {
    hits.iter().map(|hit| Held { rule: hit.rule, certain: hit.doubts.is_empty(), group: None })
}
