//! The threads of one process at one moment, each once, under all the names that the texts have for it.

use foldhash::HashMap;

use super::tables::clr_thread;
use super::{Moment, ThreadView};
use crate::model::ThreadRef;

/// Number of a thread in its [`Roster`].
pub type Who = usize;

#[derive(Clone, Debug, Default)]
pub struct Roster {
    pub threads: Vec<ThreadRef>,
    by_id: HashMap<u64, Who>,
    /// `None` where two threads have the index: the texts are of different moments.
    by_index: HashMap<u32, Option<Who>>,
    by_name: HashMap<String, Who>,
}

impl Roster {
    /// All threads that stacks and tables name; those of `!threads` and of full headers first, for they have both names.
    pub fn new(moment: &Moment<'_>) -> (Roster, Vec<Who>) {
        let mut roster = Roster::default();
        for managed in &moment.managed {
            let Some(id) = managed.thread.os_id else { continue };
            let who = roster.enter(&managed.thread);
            roster.by_id.insert(id, who);
            if let Some(managed_id) = managed.managed_id {
                roster.by_name.insert(clr_thread(managed_id), who);
            }
        }
        for thread in &moment.named {
            roster.enter(thread);
        }
        for (number, thread) in &moment.numbered {
            let who = roster.enter(thread);
            roster.by_name.entry(clr_thread(*number)).or_insert(who);
        }
        let both = |view: &&&ThreadView| view.thread.index.is_some() && view.thread.os_id.is_some();
        for view in moment.views.iter().filter(both) {
            roster.enter(&view.thread);
        }
        let of_views = moment.views.iter().map(|view| roster.enter(&view.thread)).collect();
        (roster, of_views)
    }

    /// The thread's number; a thread of which nothing is known is another one each time.
    pub fn enter(&mut self, thread: &ThreadRef) -> Who {
        if let Some(who) = self.find(thread) {
            self.complete(who, thread);
            return who;
        }
        let who = self.threads.len();
        self.threads.push(thread.clone());
        self.complete(who, thread);
        who
    }

    pub fn find(&self, thread: &ThreadRef) -> Option<Who> {
        match (thread.os_id, thread.index, &thread.name) {
            (Some(id), index, _) => self.by_id.get(&id).copied().or_else(|| {
                // Known by its index until now.
                let who = index.and_then(|index| self.by_index.get(&index).copied().flatten())?;
                self.threads[who].os_id.is_none().then_some(who)
            }),
            (None, Some(index), _) => self.by_index.get(&index).copied().flatten(),
            (None, None, Some(name)) => self.by_name.get(name).copied(),
            (None, None, None) => None,
        }
    }

    fn complete(&mut self, who: Who, thread: &ThreadRef) {
        let known = &mut self.threads[who];
        known.os_id = known.os_id.or(thread.os_id);
        known.index = known.index.or(thread.index);
        known.process_id = known.process_id.or(thread.process_id);
        if known.name.is_none() {
            known.name.clone_from(&thread.name);
        }
        if let Some(id) = known.os_id {
            self.by_id.entry(id).or_insert(who);
        }
        if let Some(index) = thread.index {
            let other = self.by_index.entry(index).or_insert(Some(who));
            *other = other.filter(|other| *other == who);
        }
        // Mono prints `<unnamed thread>` for all that have no name.
        if let (None, None, Some(name)) = (known.os_id, known.index, &known.name)
            && name.starts_with("CLR thread")
        {
            self.by_name.insert(name.clone(), who);
        }
    }
}
