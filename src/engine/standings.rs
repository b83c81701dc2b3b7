//! Where the threads of a case stand: what a scan keeps for counts over many cases, where it is asked to.

use foldhash::{HashMap, HashSet};

use super::classes::Class;
use super::thread_frames::ThreadFrames;
use super::threads::{ThreadIds, ThreadKey};
use super::views::{Settled, Views};
use crate::finding::{KnownFrame, Standing, Standings, State, ThreadEvidence};
use crate::model::{CallSites, Stack};
use crate::rules::RuleSet;

/// The stacks of the threads, and what was found on each.
pub struct StandingCollection<'r> {
    frames: ThreadFrames<'r>,
    /// By view: its stack.
    shapes: Vec<Option<usize>>,
    /// By source.
    stacks: Vec<u64>,
    /// By rule: numbers of the threads on which it was found.
    found: Vec<HashSet<u32>>,
}

impl<'r> StandingCollection<'r> {
    pub fn new(rules: &'r RuleSet) -> Self {
        StandingCollection {
            frames: ThreadFrames::new(rules),
            shapes: Vec::new(),
            stacks: Vec::new(),
            found: rules.rules.iter().map(|_| HashSet::default()).collect(),
        }
    }

    /// Call site numbers have become void.
    pub fn forget_sites(&mut self) {
        self.frames.forget_sites();
    }

    pub fn count(&mut self, source: usize) {
        if self.stacks.len() <= source {
            self.stacks.resize(source + 1, 0);
        }
        self.stacks[source] += 1;
    }

    /// Keeps the stack of a new view. `class` is asked by position.
    pub fn keep<'c>(&mut self, view: usize, stack: &Stack, sites: &CallSites, class: impl Fn(usize) -> &'c Class) {
        if self.shapes.len() <= view {
            self.shapes.resize(view + 1, None);
        }
        self.shapes[view] = self.frames.shape(stack, sites, class).ok().flatten();
    }

    /// A rule was found on these threads, by number.
    pub fn found(&mut self, rule: usize, threads: impl Iterator<Item = u32>) {
        self.found[rule].extend(threads);
    }

    /// A rule was found on the threads that stand there, or that are called so.
    pub fn found_at<'e>(
        &mut self,
        found: impl Iterator<Item = (usize, &'e ThreadEvidence)>,
        views: &Views,
        settled: &Settled,
        ids: &ThreadIds,
    ) {
        let mut by_place: HashMap<(usize, u32), u32> = HashMap::default();
        let mut by_name: HashMap<ThreadKey, u32> = HashMap::default();
        for (at, view) in views.all().iter().enumerate() {
            let thread = settled.thread(at);
            by_place.entry((view.source, view.line)).or_insert(thread);
            if let Some(key) = ids.key(&view.thread) {
                by_name.entry(key).or_insert(thread);
            }
        }
        for (rule, evidence) in found {
            let of_name = || by_name.get(&ids.key(&evidence.thread)?);
            let thread = by_place.get(&(evidence.source, evidence.line)).or_else(of_name);
            self.found[rule].extend(thread);
        }
    }

    pub fn finish(self, views: &Views, settled: &Settled, ids: &ThreadIds, rules: &RuleSet) -> Standings {
        let mut of_thread: HashMap<u32, Vec<usize>> = HashMap::default();
        for (rule, threads) in self.found.iter().enumerate() {
            for &thread in threads {
                of_thread.entry(thread).or_default().push(rule);
            }
        }
        let mut standings = Standings { beyond: views.beyond(), ..Standings::default() };
        let mut tops: HashMap<usize, usize> = HashMap::default();
        for number in 0..settled.count() {
            let found = of_thread.remove(&number).unwrap_or_default();
            let Some((state, view)) = views.telling(settled, number, !found.is_empty(), rules) else { continue };
            let mut standing = Standing { rules: found, ..Standing::default() };
            let mut stands = view;
            match state {
                State::Role(role) => standing.roles.push(role),
                State::Found | State::Unexplained(_) => {
                    stands = views.shows_application(settled, view).unwrap_or(view);
                    let shape = self.shapes.get(stands).copied().flatten();
                    standing.top = shape.map(|shape| {
                        *tops.entry(shape).or_insert_with(|| {
                            standings.tops.push(self.top(shape));
                            standings.tops.len() - 1
                        })
                    });
                }
                State::Empty => {}
            }
            for role in views.roles_of(settled, number) {
                if !standing.roles.contains(&role) {
                    standing.roles.push(role);
                }
            }
            let view = views.get(stands);
            (standing.thread, standing.source, standing.line) = (view.thread.clone(), view.source, view.line);
            ids.complete(&mut standing.thread);
            standings.threads.push(standing);
        }
        standings.stacks = self.stacks;
        standings.frames = self.frames.known();
        standings
    }

    /// The frames down to the first one of the application.
    fn top(&self, shape: usize) -> Vec<u32> {
        let frames = &self.frames.shapes[shape].frames;
        let application = frames.iter().position(|&frame| self.frames.frames[frame as usize].is_application);
        frames[..application.map_or(frames.len(), |at| at + 1)].to_vec()
    }
}

impl ThreadFrames<'_> {
    /// The frames with their keys.
    fn known(self) -> Vec<KnownFrame> {
        let mut known: Vec<KnownFrame> =
            self.frames.into_iter().map(|frame| KnownFrame { key: String::new(), frame }).collect();
        for (key, id) in self.ids {
            known[id as usize].key = key;
        }
        known
    }
}
