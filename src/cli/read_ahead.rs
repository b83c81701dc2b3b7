//! Reading ahead: one thread reads text and cuts it into stacks, while another judges those that it was given.
//!
//! What is read is handed over in batches, in the order in which it was read, so the sink sees what it would see without a
//! second thread. Few batches are on their way at a time: memory stays bounded whatever the input.

use std::io::Read;
use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::scope;

use crate::formats::{Reading, Sink, read};
use crate::model::{CallSites, CounterSeries, LeakReport, Sign, SiteId, Stack, Table};
use crate::text::TextError;

/// Batches that wait to be judged.
const BATCHES: usize = 4;
/// What makes a batch full.
const EVENTS: usize = 256;
const FRAMES: usize = 8192;

/// As [`read`], into a sink that runs beside it, hears nothing of skipped lines, and can forget call sites at any time.
pub fn read_ahead(input: impl Read + Send, name: &str, sink: &mut dyn Sink) -> Result<Reading, TextError> {
    ahead_of(sink, |ahead| read(input, name, ahead))
}

/// Runs `work` on a thread of its own; what it gives to its sink, this one gets.
fn ahead_of<T: Send>(sink: &mut dyn Sink, work: impl FnOnce(&mut dyn Sink) -> T + Send) -> T {
    let (full, to_judge) = sync_channel(BATCHES);
    let (emptied, to_fill) = channel();
    scope(|scope| {
        let working = scope.spawn(move || {
            let mut ahead = Ahead { batch: Batch::default(), sent: 0, full, to_fill };
            let done = work(&mut ahead);
            ahead.hand_over();
            done
        });
        judge(to_judge, emptied, sink);
        working.join().unwrap_or_else(|panic| resume_unwind(panic))
    })
}

/// What was read, in its order. Its parts keep their memory when they are filled again.
#[derive(Default)]
struct Batch {
    events: Vec<Event>,
    /// The stacks of the events; behind `used` lie those of an earlier batch.
    stacks: Vec<Stack>,
    used: usize,
    frames: usize,
    /// Call sites that were not handed over before, in the order of their numbers.
    sites: CallSites,
}

enum Event {
    /// The next stack of the batch. Before it so many call sites were read first.
    Stack(usize),
    Table(Table),
    Sign(Sign),
    LeakReport(LeakReport),
    Counters(CounterSeries),
    ForgetSites,
}

/// Gives batches to the sink, until there are no more.
fn judge(to_judge: Receiver<Batch>, emptied: Sender<Batch>, sink: &mut dyn Sink) {
    let mut sites = CallSites::default();
    for mut batch in to_judge {
        let (mut new_sites, mut stacks) = (0, batch.stacks.iter());
        for event in batch.events.drain(..) {
            match event {
                Event::Stack(sites_before) => {
                    let Some(stack) = stacks.next() else { continue };
                    for site in new_sites..new_sites + sites_before {
                        sites.copy(batch.sites.get(SiteId(site as u32)));
                    }
                    new_sites += sites_before;
                    sink.stack(stack, &sites);
                }
                Event::Table(table) => sink.table(&table),
                Event::Sign(sign) => sink.sign(&sign),
                Event::LeakReport(report) => sink.leak_report(&report),
                Event::Counters(series) => sink.counters(&series),
                Event::ForgetSites => {
                    sink.may_forget_sites();
                    sites.clear();
                }
            }
        }
        batch.sites.clear();
        (batch.used, batch.frames) = (0, 0);
        // Where reading has ended, nobody fills it again.
        let _ = emptied.send(batch);
    }
}

/// The sink of the thread that reads.
struct Ahead {
    batch: Batch,
    /// Call sites that were handed over.
    sent: usize,
    full: SyncSender<Batch>,
    to_fill: Receiver<Batch>,
}

impl Ahead {
    fn add(&mut self, event: Event) {
        self.batch.events.push(event);
        if self.batch.events.len() >= EVENTS || self.batch.frames >= FRAMES {
            self.hand_over();
        }
    }

    fn hand_over(&mut self) {
        let next = self.to_fill.try_recv().unwrap_or_default();
        // Where judging has ended, it has panicked: that is told when both threads have ended.
        let _ = self.full.send(std::mem::replace(&mut self.batch, next));
    }
}

impl Sink for Ahead {
    fn stack(&mut self, stack: &Stack, sites: &CallSites) {
        let new_sites = self.sent..sites.len();
        self.sent = sites.len();
        for site in new_sites.clone() {
            self.batch.sites.copy(sites.get(SiteId(site as u32)));
        }
        match self.batch.stacks.get_mut(self.batch.used) {
            Some(emptied) => refill(emptied, stack),
            None => self.batch.stacks.push(stack.clone()),
        }
        self.batch.used += 1;
        self.batch.frames += stack.frames.len();
        self.add(Event::Stack(new_sites.len()));
    }

    fn table(&mut self, table: &Table) {
        self.add(Event::Table(table.clone()));
    }

    fn sign(&mut self, sign: &Sign) {
        self.add(Event::Sign(sign.clone()));
    }

    fn leak_report(&mut self, report: &LeakReport) {
        self.add(Event::LeakReport(report.clone()));
    }

    fn counters(&mut self, series: &CounterSeries) {
        self.add(Event::Counters(series.clone()));
    }

    fn may_forget_sites(&mut self) -> bool {
        self.sent = 0;
        self.add(Event::ForgetSites);
        // The same call sites come again, and are new then.
        self.hand_over();
        true
    }
}

/// A copy that takes no new memory where the old stack had enough.
fn refill(emptied: &mut Stack, stack: &Stack) {
    let Stack { kind, dialect, thread, command, line, frames, holes, values, cut_off } = stack;
    (emptied.kind, emptied.dialect, emptied.line, emptied.cut_off) = (*kind, *dialect, *line, *cut_off);
    emptied.thread.clone_from(thread);
    emptied.command.clone_from(command);
    emptied.frames.clone_from(frames);
    emptied.holes.clone_from(holes);
    emptied.values.clone_from(values);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Frame, SignKind, Symbol};

    /// What a sink hears, in words.
    #[derive(Default)]
    struct Heard(Vec<String>);

    impl Sink for Heard {
        fn stack(&mut self, stack: &Stack, sites: &CallSites) {
            let frames: Vec<String> = stack.frames.iter().map(|frame| sites.get(frame.site).text.to_string()).collect();
            self.0.push(format!("{} {frames:?} {} {:?}", stack.line, sites.len(), stack.holes));
        }

        fn sign(&mut self, sign: &Sign) {
            self.0.push(format!("{sign:?}"));
        }

        fn may_forget_sites(&mut self) -> bool {
            self.0.push("forgets".to_string());
            true
        }
    }

    /// Stacks with known and new call sites, signs between them, and call sites that are forgotten now and then.
    fn tell(sink: &mut dyn Sink) {
        let mut sites = CallSites::default();
        for line in 1..3000_u32 {
            if line % 700 == 0 && sink.may_forget_sites() {
                sites.clear();
            }
            let mut intern = |text: String| sites.intern(&text, |_| Symbol::default());
            let ids = [intern(format!("svc!f{}", line % 7)), intern(format!("svc!g{}", line / 3))];
            let frames = ids.iter().take(line as usize % 3).map(|&site| Frame::new(site, line, None)).collect();
            sink.stack(&Stack { line, frames, ..Stack::default() }, &sites);
            if line % 5 == 0 {
                sink.sign(&Sign { line, kind: SignKind::Session });
            }
        }
    }

    #[test]
    fn the_sink_hears_what_it_would_hear_without_a_second_thread() {
        let (mut beside, mut alone) = (Heard::default(), Heard::default());
        tell(&mut alone);
        ahead_of(&mut beside, tell);
        assert_eq!(beside.0, alone.0);
    }
}
