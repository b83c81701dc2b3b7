//! One thread is one thread, whichever command printed its stack: debuggers number threads, and systems give them ids.

use foldhash::{HashMap, HashSet};

use crate::facts::threads::threads_of;
use crate::finding::ThreadEvidence;
use crate::model::{Table, ThreadRef};

/// Process, index and system's id of a thread: the id where it is known.
pub type ThreadKey = (Option<u64>, Option<u32>, Option<u64>);

/// Which of a debugger's numbers is which of the system's ids, as far as some text of the case says both of one thread.
#[derive(Clone, Debug, Default)]
pub struct ThreadIds {
    /// `None` where texts disagree: they are of different processes, or of different times.
    id_of: HashMap<u32, Option<u64>>,
    index_of: HashMap<u64, Option<u32>>,
    processes: HashSet<u64>,
}

impl ThreadIds {
    /// Learns from a thread of which both are known.
    pub fn learn(&mut self, thread: &ThreadRef) {
        self.processes.extend(thread.process_id);
        let (Some(index), Some(id)) = (thread.index, thread.os_id) else { return };
        let known = self.id_of.entry(index).or_insert(Some(id));
        *known = known.filter(|known| *known == id);
        let known = self.index_of.entry(id).or_insert(Some(index));
        *known = known.filter(|known| *known == index);
    }

    /// Learns from the rows of a table that knows threads by both names.
    pub fn learn_from(&mut self, table: &Table) {
        threads_of(table).iter().for_each(|thread| self.learn(thread));
    }

    /// Adds what is known of a thread by its other name.
    pub fn complete(&self, thread: &mut ThreadRef) {
        match (thread.index, thread.os_id) {
            (Some(index), None) => thread.os_id = self.id_of.get(&index).copied().flatten(),
            (None, Some(id)) => thread.index = self.index_of.get(&id).copied().flatten(),
            _ => {}
        }
    }

    /// What names a thread, by whichever of its names; `None` where the text gives it none.
    pub fn key(&self, thread: &ThreadRef) -> Option<ThreadKey> {
        let mut thread = ThreadRef { name: None, ..*thread };
        self.complete(&mut thread);
        // Where there is one process, texts that do not name it are about it too.
        let process = thread.process_id.filter(|_| self.processes.len() > 1);
        match (thread.os_id, thread.index) {
            (Some(id), _) => Some((process, None, Some(id))),
            (None, Some(index)) => Some((process, Some(index), None)),
            (None, None) => None,
        }
    }

    /// How many threads there are at the least; those of which nothing is known are told apart by their stacks.
    pub fn count(&self, threads: &[ThreadEvidence], stacks: u64) -> u64 {
        let mut seen: HashSet<ThreadKey> = HashSet::default();
        let keys = threads.iter().filter_map(|evidence| self.key(&evidence.thread));
        let repeated = keys.filter(|key| !seen.insert(*key)).count();
        stacks - repeated as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn thread(index: Option<u32>, os_id: Option<u64>) -> ThreadEvidence {
        ThreadEvidence { thread: ThreadRef { index, os_id, ..ThreadRef::default() }, source: 0, line: 1 }
    }

    #[test]
    fn a_thread_under_two_names_is_one() {
        let mut ids = ThreadIds::default();
        ids.learn(&thread(Some(4), Some(0xf4)).thread);
        for (threads, want) in [
            (vec![thread(Some(4), None), thread(None, Some(0xf4)), thread(Some(4), Some(0xf4))], 1),
            (vec![thread(Some(4), None), thread(Some(5), None), thread(None, Some(0xf8))], 3),
            (vec![thread(None, None), thread(None, None)], 2),
        ] {
            assert_eq!(ids.count(&threads, threads.len() as u64), want, "{threads:?}");
        }
        // Another process has a thread 4 as well.
        ids.learn(&thread(Some(4), Some(0x1a0)).thread);
        assert_eq!(ids.count(&[thread(Some(4), None), thread(None, Some(0xf4))], 2), 2);
    }
}
