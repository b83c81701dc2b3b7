//! The threads of a case: every stack with its shape and its roles, and how many threads it stands for.

use foldhash::HashMap;

use super::evaluate::Evaluator;
use super::memo::Memo;
use super::sieve::Sieve;
use super::thread_frames::{ThreadFrames, TooMany};
use crate::facts::threads::{Joined, Observation, Owner, SeenThread, Threads, View, choose, join};
use crate::formats::Sink;
use crate::model::{CallSites, Dialect, Row, Stack, StackKind, Table, ThreadRef};
use crate::rules::RuleSet;

/// Takes in stacks, source by source, as [`super::CaseScan`] does.
pub struct ThreadScan<'r> {
    rules: &'r RuleSet,
    evaluator: Evaluator<'r>,
    memo: Memo,
    frames: ThreadFrames<'r>,
    /// Lists of role rules, each once.
    roles: Vec<Vec<usize>>,
    role_lists: HashMap<Vec<usize>, usize>,
    observations: Vec<Observation>,
    source: usize,
    /// Of the source at hand: stacks that stand for several threads, and what their tables say, by line.
    shared: Vec<Observation>,
    groups: HashMap<u32, Listed>,
    unique: UniqueStacks,
    /// Threads that a tool counted and did not name.
    unlisted: Vec<Unlisted>,
    other_stacks: u64,
    overflow: u64,
}

/// The stacks of `!uniqstack` since its last list of duplicates: the first of them, and whether all are the same.
#[derive(Default)]
struct UniqueStacks {
    first: Option<View>,
    differ: bool,
}

/// The threads of one printed stack.
struct Listed {
    count: u64,
    threads: Vec<ThreadRef>,
}

/// A stack for which a tool says a number of threads and not all of their names.
struct Unlisted {
    /// One of its threads, by number of the observation: these are in the same process.
    observation: usize,
    /// Named and not named.
    count: u64,
    /// `None` where a tool counts threads whose stack it does not tell.
    view: Option<View>,
}

impl<'r> ThreadScan<'r> {
    /// `sieve` is made from the same rules; cases share it.
    pub fn new(rules: &'r RuleSet, sieve: &'r Sieve) -> Self {
        ThreadScan {
            rules,
            evaluator: Evaluator::new(rules, sieve),
            memo: Memo::default(),
            frames: ThreadFrames::new(rules),
            roles: vec![Vec::new()],
            role_lists: HashMap::from_iter([(Vec::new(), 0)]),
            observations: Vec::new(),
            source: 0,
            shared: Vec::new(),
            groups: HashMap::default(),
            unique: UniqueStacks::default(),
            unlisted: Vec::new(),
            other_stacks: 0,
            overflow: 0,
        }
    }

    /// The stacks that follow come from this source, by its index in the case. Call site numbers begin anew.
    pub fn begin_source(&mut self, source: usize) {
        self.end_source();
        self.source = source;
        self.forget_sites();
    }

    pub fn finish(mut self) -> Threads {
        self.end_source();
        let mut threads = Threads {
            frames: self.frames.frames,
            shapes: self.frames.shapes,
            roles: self.roles,
            threads: Vec::new(),
            listed_only: Vec::new(),
            other_stacks: self.other_stacks,
            overflow: self.overflow,
        };
        let Joined { threads: seen, owners } = join(self.observations);
        let (seen, listed) = seen.into_iter().partition(|seen: &SeenThread| !seen.views.is_empty());
        (threads.threads, threads.listed_only) = (seen, listed);
        add_unlisted(&mut threads, &self.unlisted, &owners);
        choose(&mut threads, |rule| self.rules.rules[rule].is_idle());
        threads
    }

    fn forget_sites(&mut self) {
        self.evaluator.forget_sites();
        self.frames.forget_sites();
    }

    fn view(&mut self, stack: &Stack, sites: &CallSites) -> View {
        self.evaluator.classify(stack, sites);
        let result = self.memo.answer(&self.evaluator, stack, || self.evaluator.evaluate_roles(stack));
        let roles = &self.memo.results[result].roles;
        let roles = match self.role_lists.get(roles) {
            Some(&known) => known,
            None => {
                self.roles.push(roles.clone());
                self.role_lists.insert(roles.clone(), self.roles.len() - 1);
                self.roles.len() - 1
            }
        };
        let (of_frame, all) = (&self.evaluator.of_frame, &self.evaluator.classes);
        let shape = self.frames.shape(stack, sites, |position| all.get(of_frame[position]));
        self.overflow += u64::from(shape == Err(TooMany));
        let shape = shape.ok().flatten();
        let has_offset = stack.frames.iter().any(|frame| sites.get(frame.site).offset().is_some());
        View {
            source: self.source,
            line: stack.line,
            dialect: stack.dialect,
            command: stack.command.clone(),
            shape,
            is_of_another: false,
            is_bare: !has_offset && !stack.dialect.is_managed(),
            roles,
        }
    }

    /// Gives stacks that stand for several threads to each of them.
    fn end_source(&mut self) {
        for observation in std::mem::take(&mut self.shared) {
            let line = observation.view.as_ref().map_or(0, |view| view.line);
            let Some(Listed { count, threads }) = self.groups.remove(&line) else {
                self.observations.push(observation);
                continue;
            };
            let first = self.observations.len();
            let unlisted = count > threads.len() as u64;
            for thread in threads {
                self.observations.push(Observation { thread, ..observation.clone() });
            }
            if self.observations.len() == first {
                self.observations.push(observation.clone());
            }
            if unlisted {
                self.unlisted.push(Unlisted { observation: first, count, view: observation.view });
            }
        }
        self.groups.clear();
        self.unique = UniqueStacks::default();
    }

    /// `2, 3, 4` have a stack that `!uniqstack` showed for another thread; for which one, it does not say.
    fn duplicates(&mut self, table: &Table) {
        let shown = std::mem::take(&mut self.unique);
        let unknown = View {
            source: self.source,
            line: table.line,
            dialect: Dialect::K,
            command: table.command.clone(),
            shape: None,
            is_of_another: true,
            is_bare: false,
            roles: 0,
        };
        let view = shown.first.filter(|_| !shown.differ).unwrap_or(unknown);
        let fields = table.fields.iter().filter(|field| field.name == "Duplicate threads");
        let numbers = fields.flat_map(|field| field.value.split([',', ' ']));
        let first = self.observations.len();
        for index in numbers.filter_map(|number| number.trim().parse().ok()) {
            let thread = ThreadRef { index: Some(index), ..ThreadRef::default() };
            self.observations.push(Observation { thread, source: self.source, view: Some(view.clone()) });
        }
        let listed = (self.observations.len() - first) as u64;
        let count = table.field("Duplicate callstacks").and_then(|value| value.split_whitespace().next());
        let count = count.and_then(|count| count.replace(',', "").parse::<u32>().ok()).map_or(listed, u64::from);
        if count > listed && !self.observations.is_empty() {
            let observation = self.observations.len() - 1;
            self.unlisted.push(Unlisted { observation, count, view: Some(view) });
        }
    }

    /// A row of a table that lists threads.
    fn listed(&mut self, table: &Table, row: &Row) {
        let hex = |column: &str| {
            let cell = table.cell(row, column)?;
            u64::from_str_radix(cell.trim_start_matches("0x").trim_start_matches("0X"), 16).ok().filter(|&id| id > 0)
        };
        let index = table.cell(row, "index").and_then(|cell| cell.parse().ok());
        let thread = ThreadRef { index, os_id: hex("os id"), process_id: hex("process id"), name: None };
        if thread.os_id.is_some() {
            self.observations.push(Observation { thread, source: self.source, view: None });
        }
    }
}

/// Adds the threads that tools counted without naming them, so far as they are more than those that are named.
fn add_unlisted(threads: &mut Threads, unlisted: &[Unlisted], owners: &[Owner]) {
    let shape = |group: &Unlisted| group.view.as_ref().and_then(|view| view.shape);
    // A command that was given twice counts the same threads.
    let mut most: Vec<(Owner, &Unlisted)> = Vec::new();
    for group in unlisted {
        let owner = owners[group.observation];
        match most.iter_mut().find(|(of, known)| *of == owner && shape(known) == shape(group)) {
            Some((_, known)) if known.count < group.count => *known = group,
            Some(_) => {}
            None => most.push((owner, group)),
        }
    }
    for (owner, group) in most {
        let shape = shape(group);
        let has = |seen: &&SeenThread| seen.owner == owner && seen.views.iter().any(|view| view.shape == shape);
        let named = threads.threads.iter().filter(has).count() as u64;
        if group.count > named {
            let views = group.view.iter().cloned().collect();
            threads.threads.push(SeenThread { count: group.count - named, views, ..SeenThread::of(owner) });
        }
    }
    threads.threads.sort_by_key(|seen| seen.owner);
}

impl Sink for ThreadScan<'_> {
    fn stack(&mut self, stack: &Stack, sites: &CallSites) {
        if stack.kind != StackKind::Thread {
            self.other_stacks += 1;
            return;
        }
        let view = self.view(stack, sites);
        let observation = Observation { thread: stack.thread.clone(), source: self.source, view: Some(view) };
        if matches!(stack.dialect, Dialect::Mex | Dialect::ParallelStacks) {
            self.shared.push(observation);
            return;
        }
        if stack.command.as_deref().is_none_or(|command| command.contains("uniqstack")) {
            match (&self.unique.first, &observation.view) {
                (Some(first), Some(view)) => self.unique.differ |= first.shape != view.shape,
                (None, view) => self.unique.first.clone_from(view),
                _ => {}
            }
        }
        self.observations.push(observation);
    }

    fn table(&mut self, table: &Table) {
        match table.name {
            "mex" | "pstacks" => {
                for row in &table.rows {
                    // Sums of such counts fit into 64 bits; a text may say any number.
                    let count = table.cell(row, "count").and_then(|count| count.trim().parse::<u32>().ok());
                    let threads: Vec<ThreadRef> = match table.cell(row, "threads") {
                        Some(ids) if table.name == "mex" => ids.split_whitespace().filter_map(mex_thread).collect(),
                        Some(ids) => ids.split(',').filter_map(|id| os_thread(id.trim())).collect(),
                        None => Vec::new(),
                    };
                    let count = count.map_or(threads.len() as u64, u64::from);
                    self.groups.insert(row.line, Listed { count, threads });
                }
            }
            "uniqstack" => self.duplicates(table),
            "threads" | "clrthreads" => table.rows.iter().for_each(|row| self.listed(table, row)),
            _ => {}
        }
    }

    fn may_forget_sites(&mut self) -> bool {
        self.forget_sites();
        true
    }
}

/// `12`, or in the kernel the address of the thread's object.
fn mex_thread(id: &str) -> Option<ThreadRef> {
    match id.parse() {
        Ok(index) if id.len() < 6 => Some(ThreadRef { index: Some(index), ..ThreadRef::default() }),
        _ if id.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            Some(ThreadRef { name: Some(id.to_string()), ..ThreadRef::default() })
        }
        _ => None,
    }
}

/// `9c6c`, a number of the system
fn os_thread(id: &str) -> Option<ThreadRef> {
    // A list that the tool cut ends in dots.
    let id = id.trim_end_matches('.').trim_start_matches("0x");
    let os_id = u64::from_str_radix(id, 16).ok()?;
    Some(ThreadRef { os_id: Some(os_id), ..ThreadRef::default() })
}
