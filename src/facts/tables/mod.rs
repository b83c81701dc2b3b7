//! Tables of heaps and objects, by process and over captures: who holds how much, and what grows.
//!
//! Engineers take `!dumpheap -stat`, `!eeheap`, `!address -summary`, `!heap -s`, `!handle 0 0` or a UMDH log twice and
//! compare them by hand. Here each table becomes a [`Listing`] of owners, and the listings of one process in order become
//! a [`Series`].
//!
//! | file | what it does |
//! |---|---|
//! | `listing` | one table: owners, totals, and whether all of it is there |
//! | `runtime`, `gcdump`, `native` | the kinds of tables: those of SOS, of dotnet-gcdump, and of the debugger and UMDH |
//! | `session` | of which process, and of what time, the tables of a text are |
//! | `joining` | listings of one process, in order |
//! | `series` | how each owner went |

mod gcdump;
mod joining;
mod listing;
mod native;
mod numbers;
mod runtime;
mod series;
mod session;

use jiff::civil::DateTime;

use super::Process;
use crate::model::{CallSites, LeakReport, Note, NoteCode, Stack, Table};
use listing::Listing;
use session::Sessions;

pub use listing::ListingKind;
pub use series::{Order, Series, SeriesOwner};

/// All tables of one process whose figures can be compared.
#[derive(Clone, Debug, Default)]
pub struct ProcessTables {
    pub process: Process,
    /// One for each kind of table, and for each way of narrowing what it lists.
    pub series: Vec<Series>,
}

/// Tables of a case that are kept, and rows of all of them; beyond, the first ones count.
const MOST_LISTINGS: usize = 500;
const MOST_ROWS: usize = 1_000_000;

/// Collects the tables of a case, and whatever tells of which process and time they are.
#[derive(Clone, Debug, Default)]
pub struct TableCollection {
    sessions: Sessions,
    listings: Vec<Listing>,
    rows: usize,
    /// Where the first table stands that there was no room for.
    left_out: Option<(usize, u32)>,
}

impl TableCollection {
    /// How many listings there are.
    pub fn len(&self) -> usize {
        self.listings.len()
    }

    pub fn is_empty(&self) -> bool {
        self.listings.is_empty()
    }

    pub fn table(&mut self, source: usize, table: &Table) {
        self.sessions.learn_from_table(source, table);
        let session = self.sessions.current(source);
        for listing in listing::of(table) {
            self.sessions.learn_from_listing(source, &listing);
            self.rows += listing.owners.len();
            if self.listings.len() >= MOST_LISTINGS || self.rows > MOST_ROWS {
                self.left_out.get_or_insert((source, listing.line));
                continue;
            }
            self.listings.push(Listing { source, session, ..listing });
        }
    }

    /// A stack tells the process, and one of UMDH who allocated.
    pub fn stack(&mut self, source: usize, stack: &Stack, sites: &CallSites) {
        self.sessions.learn_from_stack(source, stack, sites);
    }

    pub fn leak_report(&mut self, source: usize, report: &LeakReport) {
        self.sessions.learn_from_report(source, report);
    }

    /// What is known of the processes.
    pub fn processes(&self) -> impl Iterator<Item = Process> + '_ {
        self.sessions.list.iter().map(|session| session.process.clone())
    }

    /// The times that the texts with tables say.
    pub fn times(&self) -> impl Iterator<Item = DateTime> + '_ {
        self.sessions.list.iter().flat_map(|session| &session.times).map(|(_, time)| *time)
    }

    /// The tables of two cases, as if they were one; sources of the second are counted on from this number. And why tables of
    /// the two may be of different processes.
    pub fn finish_beside(mut self, second: TableCollection, first_source: usize) -> (Vec<ProcessTables>, String) {
        let sessions = self.sessions.list.len();
        self.sessions.add_second(second.sessions, first_source);
        let moved = |listing: Listing| Listing {
            source: listing.source + first_source,
            session: listing.session + sessions,
            ..listing
        };
        self.listings.extend(second.listings.into_iter().map(moved));
        let why = joining::why_cases_differ(&self.sessions, &self.listings).unwrap_or_default();
        (joining::join(self.sessions, self.listings).0, why)
    }

    /// The tables by process, and what there is to say of them.
    pub fn finish(self) -> (Vec<ProcessTables>, Vec<(usize, Note)>) {
        let (tables, mut notes) = joining::join(self.sessions, self.listings);
        notes.extend(self.left_out.map(|(source, line)| {
            let message = "there are more tables of heaps than are compared; this one and those below are left out";
            (source, Note { code: NoteCode::TableFigures, line, message: message.to_string() })
        }));
        (tables, notes)
    }
}
