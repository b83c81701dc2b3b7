//! What the views of each thread say together, when all is read.

use std::collections::BTreeMap;

use foldhash::{HashMap, HashSet};

use super::{Held, Side, View, Views};
use crate::engine::threads::{ThreadIds, ThreadKey};
use crate::finding::{Activity, State, Unexplained};
use crate::model::ThreadRef;
use crate::rules::{Rule, RuleSet};

/// Threads that are named for each frame of the application.
const NAMED: usize = 100;

/// Roles in the order in which they tell what a thread does: what stops it, what it is about, what it belongs to. Roles
/// of user packs come before the last.
const TELLING: [&str; 8] = ["lock-wait", "gc-waiting", "request", "ui", "finalizer", "gc", "pool-worker", "main-wait"];
const LEAST: &str = "runtime";

/// Roles of a thread that does something, or is kept from it: a thread that is idle in another view has moved on.
const AT_WORK: [&str; 4] = ["request", "pool-worker", "lock-wait", "gc-waiting"];

/// What holds of each view, and of the threads together.
#[derive(Debug, Default)]
pub struct Settled {
    /// By view: number of its thread.
    threads: Vec<u32>,
    /// By view: the roles that its thread has at that moment, by all views of it.
    roles: Vec<Vec<Held>>,
    /// By view: the views of its thread at that moment.
    moments: Vec<Vec<usize>>,
    /// Roles for few threads that these have.
    few: HashSet<Held>,
    /// The views of each thread.
    by_thread: Vec<Vec<usize>>,
    /// Threads that are neither idle nor stopped for the GC.
    pub busy: u64,
}

impl Settled {
    pub fn thread(&self, view: usize) -> u32 {
        self.threads[view]
    }

    /// How many threads there are.
    pub fn count(&self) -> u32 {
        self.by_thread.len() as u32
    }

    /// All views of the thread of this one.
    pub fn views_of(&self, view: usize) -> &[usize] {
        &self.by_thread[self.threads[view] as usize]
    }

    /// The views of a thread at the moment of this one, itself included.
    pub fn moment(&self, view: usize) -> &[usize] {
        &self.moments[view]
    }

    /// Whether the thread has a role at the moment of this view; if so, whether that is certain.
    pub fn has(&self, view: usize, role: &str, rules: &RuleSet) -> Option<bool> {
        let of_name = self.roles[view].iter().filter(|held| is_of(&rules.rules[held.rule], role));
        of_name.map(|held| held.certain).max()
    }

    /// Whether the thread of this view is idle at its moment.
    pub fn rests(&self, view: usize, rules: &RuleSet) -> bool {
        self.roles[view].iter().any(|held| rules.rules[held.rule].is_idle())
    }

    /// Whether a rule is about the thread of this view: it is not idle, and has and lacks the roles that the rule says.
    pub fn looks_at(&self, rule: &Rule, view: usize, rules: &RuleSet) -> bool {
        !self.rests(view, rules)
            && rule.on.iter().all(|role| self.has(view, role, rules).is_some())
            && !rule.unless_roles.iter().any(|role| self.has(view, role, rules) == Some(true))
    }
}

fn is_of(rule: &Rule, role: &str) -> bool {
    rule.role.as_deref() == Some(role)
}

impl Views {
    pub fn settle(&self, ids: &ThreadIds, rules: &RuleSet) -> Settled {
        let mut numbers: HashMap<ThreadKey, u32> = HashMap::default();
        let mut views_of: Vec<Vec<usize>> = Vec::new();
        let mut threads = Vec::with_capacity(self.views.len());
        let processes = self.processes();
        for (at, view) in self.views.iter().enumerate() {
            let next = views_of.len() as u32;
            let process_id = view.thread.process_id.or_else(|| processes.get(&view.source).copied().flatten());
            let number = match ids.key(&ThreadRef { process_id, ..view.thread.clone() }) {
                Some(key) => *numbers.entry(key).or_insert(next),
                None => next,
            };
            if number == next {
                views_of.push(Vec::new());
            }
            views_of[number as usize].push(at);
            threads.push(number);
        }
        let few = self.few(&threads, rules);
        let mut settled = Settled {
            threads,
            roles: vec![Vec::new(); self.views.len()],
            moments: vec![Vec::new(); self.views.len()],
            few,
            ..Settled::default()
        };
        for views in &views_of {
            let mut is_busy = false;
            for moment in self.moments(views, &settled.few, rules) {
                let roles = self.roles_together(&moment, &settled.few);
                let is_empty = roles.is_empty() && moment.iter().all(|&view| self.views[view].is_empty);
                let stands_aside = roles.iter().any(|held| stands_aside(&rules.rules[held.rule]));
                is_busy |= !is_empty && !stands_aside;
                for &view in &moment {
                    settled.roles[view].clone_from(&roles);
                    settled.moments[view].clone_from(&moment);
                }
            }
            settled.busy += u64::from(is_busy);
        }
        for (&(roles, _), &count) in &self.beyond {
            let roles = self.settled_roles(roles, &settled.few);
            let is_busy = !roles.iter().any(|held| stands_aside(&rules.rules[held.rule]));
            settled.busy += if is_busy { count } else { 0 };
        }
        settled.by_thread = views_of;
        settled
    }

    /// The process of each source that names one and no other.
    fn processes(&self) -> HashMap<usize, Option<u64>> {
        let mut processes: HashMap<usize, Option<u64>> = HashMap::default();
        for view in &self.views {
            if let Some(process) = view.thread.process_id {
                let known = processes.entry(view.source).or_insert(Some(process));
                *known = known.filter(|known| *known == process);
            }
        }
        processes
    }

    /// What the threads do; `found` are those that are named in findings.
    pub fn activity(&self, settled: &Settled, found: &HashSet<u32>, rules: &RuleSet) -> Activity {
        let mut counts: BTreeMap<State, (u64, Vec<usize>)> = BTreeMap::new();
        for thread in 0..settled.count() {
            let telling = self.telling(settled, thread, found.contains(&thread), rules);
            let Some((state, view)) = telling else { continue };
            let (count, examples) = counts.entry(state).or_default();
            *count += 1;
            if examples.len() < NAMED {
                examples.push(view);
            }
        }
        for (&(roles, has_hit), &count) in &self.beyond {
            let state = self.state_by(&self.settled_roles(roles, &settled.few), has_hit, None, rules);
            counts.entry(state).or_default().0 += count;
        }
        in_order(counts, &self.views)
    }

    /// What a thread does, and the view that tells it.
    pub fn telling(
        &self,
        settled: &Settled,
        thread: u32,
        has_finding: bool,
        rules: &RuleSet,
    ) -> Option<(State, usize)> {
        let views = settled.by_thread[thread as usize].iter();
        let states = views.map(|&view| (self.state(settled, view, has_finding, rules), view));
        // What a thread does at some time says more than that it rests at another.
        states.rev().max_by_key(|(state, _)| weight(state, rules))
    }

    /// All role rules that hold on a thread at some moment.
    pub fn roles_of(&self, settled: &Settled, thread: u32) -> Vec<usize> {
        let views = settled.by_thread[thread as usize].iter();
        let mut roles: Vec<usize> = views.flat_map(|&view| &settled.roles[view]).map(|held| held.rule).collect();
        roles.sort_unstable();
        roles.dedup();
        roles
    }

    /// Rules and groups that hold for few enough threads.
    fn few(&self, threads: &[u32], rules: &RuleSet) -> HashSet<Held> {
        let mut members: HashMap<(usize, u32), HashSet<u32>> = HashMap::default();
        for (view, &thread) in self.views.iter().zip(threads) {
            for held in &self.roles[view.roles] {
                if let Some(group) = held.group {
                    members.entry((held.rule, group)).or_default().insert(thread);
                }
            }
        }
        let at_most = |rule: usize| rules.rules[rule].threads.as_ref().and_then(|asked| asked.at_most);
        let is_few = |held: &Held| {
            let count = held.group.and_then(|group| members.get(&(held.rule, group))).map_or(0, HashSet::len);
            at_most(held.rule).is_none_or(|most| count as u64 <= most)
        };
        self.roles.iter().flatten().filter(|held| held.group.is_some() && is_few(held)).copied().collect()
    }

    /// Roles that hold: of those for few threads, the ones that few threads have.
    fn settled_roles(&self, list: usize, few: &HashSet<Held>) -> Vec<Held> {
        self.roles[list].iter().filter(|held| held.group.is_none() || few.contains(*held)).copied().collect()
    }

    /// The views of a thread, put together where they are of one moment as far as can be seen.
    fn moments(&self, views: &[usize], few: &HashSet<Held>, rules: &RuleSet) -> Vec<Vec<usize>> {
        if self.are_of_one_moment(views, few, rules) {
            return vec![views.to_vec()];
        }
        let mut by_source: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for &view in views {
            by_source.entry(self.views[view].source).or_default().push(view);
        }
        let mut moments = Vec::new();
        for (_, views) in by_source {
            match self.are_of_one_moment(&views, few, rules) {
                true => moments.push(views),
                false => moments.extend(views.into_iter().map(|view| vec![view])),
            }
        }
        moments
    }

    /// A thread that two commands of the same kind show at different places has moved; so has one that is idle by one
    /// view, and by another at work.
    fn are_of_one_moment(&self, views: &[usize], few: &HashSet<Held>, rules: &RuleSet) -> bool {
        let mut shapes: [Option<u64>; 3] = [None; 3];
        for view in views.iter().map(|&view| &self.views[view]).filter(|view| !view.is_empty) {
            let known = *shapes[view.side as usize].get_or_insert(view.shape);
            if known != view.shape || view.moved {
                return false;
            }
        }
        let roles = self.roles_together(views, few);
        let idle = roles.iter().any(|held| rules.rules[held.rule].is_idle());
        let at_work = |held: &Held| AT_WORK.iter().any(|role| is_of(&rules.rules[held.rule], role));
        !(idle && views.len() > 1 && roles.iter().any(at_work))
    }

    fn roles_together(&self, views: &[usize], few: &HashSet<Held>) -> Vec<Held> {
        let mut roles: Vec<Held> = Vec::new();
        for &view in views {
            for held in self.settled_roles(self.views[view].roles, few) {
                match roles.iter_mut().find(|known| known.rule == held.rule) {
                    Some(known) => known.certain |= held.certain,
                    None => roles.push(held),
                }
            }
        }
        roles
    }

    /// What the thread of a view does at its moment.
    fn state(&self, settled: &Settled, view: usize, has_finding: bool, rules: &RuleSet) -> State {
        let roles = &settled.roles[view];
        if roles.is_empty() && settled.moments[view].iter().all(|&view| self.views[view].is_empty) {
            return State::Empty;
        }
        let application = self.shows_application(settled, view).and_then(|view| self.views[view].application);
        self.state_by(roles, has_finding, application, rules)
    }

    /// The view of the thread that shows the application's frames best, at the moment of this one.
    pub fn shows_application(&self, settled: &Settled, view: usize) -> Option<usize> {
        let shows = |side: Side, view: &View| view.side == side && view.application.is_some();
        let all = &settled.moments[view];
        let preferred = |side: Side| all.iter().copied().find(|&view| shows(side, &self.views[view]));
        // Managed frames are the application's more surely than native ones.
        [Side::Managed, Side::Mixed, Side::Native].into_iter().find_map(preferred)
    }

    fn state_by(&self, roles: &[Held], has_hit: bool, application: Option<u32>, rules: &RuleSet) -> State {
        let most = roles.iter().map(|held| held.rule).min_by_key(|&rule| rank(&rules.rules[rule], rule));
        match most {
            Some(rule) => State::Role(rule),
            None if has_hit => State::Found,
            None => State::Unexplained(application.map(|name| self.names[name as usize].clone())),
        }
    }
}

fn in_order(counts: BTreeMap<State, (u64, Vec<usize>)>, views: &[View]) -> Activity {
    let mut activity = Activity::default();
    for (state, (count, examples)) in counts {
        activity.threads += count;
        match state {
            State::Role(rule) => activity.roles.push((rule, count)),
            State::Found => activity.found += count,
            State::Empty => activity.empty += count,
            State::Unexplained(frame) => {
                let named = |&view: &usize| (views[view].thread.clone(), views[view].source, views[view].line);
                activity.unexplained.push(Unexplained { frame, count, threads: examples.iter().map(named).collect() });
            }
        }
    }
    activity.roles.sort_by_key(|&(rule, count)| (std::cmp::Reverse(count), rule));
    activity.unexplained.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.frame.cmp(&b.frame)));
    activity
}

/// Idle first, then what tells most.
fn rank(rule: &Rule, index: usize) -> (bool, usize, usize) {
    let name = rule.role.as_deref().unwrap_or_default();
    let telling = TELLING.iter().position(|role| *role == name);
    let rank = telling.unwrap_or(TELLING.len() + usize::from(name == LEAST));
    (!rule.is_idle(), rank, index)
}

fn weight(state: &State, rules: &RuleSet) -> u32 {
    match state {
        State::Empty => 0,
        State::Role(rule) if rules.rules[*rule].is_idle() => 1,
        State::Role(_) => 2,
        State::Unexplained(_) => 3,
        State::Found => 4,
    }
}

/// Shares are of the threads that neither rest nor are stopped for the GC.
fn stands_aside(rule: &Rule) -> bool {
    rule.is_idle() || is_of(rule, "gc-waiting")
}
