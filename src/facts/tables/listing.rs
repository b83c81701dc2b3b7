//! What one table says of owners: types, heaps, kinds of handles, stacks that allocated.

use jiff::civil::DateTime;

use super::{gcdump, native, runtime};
use crate::facts::Measured;
use crate::model::{Amount, Field, LeakFigure, Row, Table};

/// The kinds of tables whose figures can be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ListingKind {
    Dumpheap,
    FinalizeQueue,
    GcHandles,
    GcHeap,
    GcHeapStat,
    LoaderHeap,
    AddressSummary,
    HeapSummary,
    HeapStat,
    Handles,
    Umdh,
}

/// What one table says, at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Listing {
    pub kind: ListingKind,
    pub source: usize,
    /// Number of the session that printed it.
    pub session: usize,
    pub line: u32,
    pub taken: Option<DateTime>,
    /// Arguments of the command that leave owners out: `-min 85000`. Empty where there are none, or no prompt shows them.
    pub narrowed: String,
    /// Each row of the table; several may be of one owner.
    pub owners: Vec<Owner>,
    /// Totals that the table prints and its rows bear out.
    pub size: Option<LeakFigure>,
    pub count: Option<LeakFigure>,
    /// What it does not list is not there: all of the table is in the text, and nothing was to be left out.
    pub is_whole: bool,
    /// Rows are missing, or some were not understood: what the rows come to, and the total that is printed.
    pub is_cut: Option<Cut>,
    /// Half of a UMDH difference: the line where its table begins.
    pub difference: Option<u32>,
    /// Whether its figures are decimal or hexadecimal cannot be told, so it has none.
    pub is_unclear: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cut {
    pub rows: f64,
    /// `None` where the line with the total is missing.
    pub total: Option<f64>,
}

/// One row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Owner {
    pub name: String,
    pub line: u32,
    pub count: Option<Amount>,
    pub size: Option<Amount>,
    /// The part of the whole that the table prints.
    pub share: Option<Amount>,
    /// What tells it from others of this name, and finds it where its name is cut: the method table of a type.
    pub address: Option<u64>,
    /// `*` does not stand for it: what is free is held by nobody.
    pub by_name_only: bool,
}

impl ListingKind {
    pub const ALL: [ListingKind; 11] = [
        ListingKind::Dumpheap,
        ListingKind::FinalizeQueue,
        ListingKind::GcHandles,
        ListingKind::GcHeap,
        ListingKind::GcHeapStat,
        ListingKind::LoaderHeap,
        ListingKind::AddressSummary,
        ListingKind::HeapSummary,
        ListingKind::HeapStat,
        ListingKind::Handles,
        ListingKind::Umdh,
    ];

    /// What rules call it.
    pub fn name(self) -> &'static str {
        match self {
            ListingKind::Dumpheap => "dumpheap",
            ListingKind::FinalizeQueue => "finalizequeue",
            ListingKind::GcHandles => "gchandles",
            ListingKind::GcHeap => "eeheap-gc",
            ListingKind::GcHeapStat => "gcheapstat",
            ListingKind::LoaderHeap => "eeheap-loader",
            ListingKind::AddressSummary => "address-summary",
            ListingKind::HeapSummary => "heap-summary",
            ListingKind::HeapStat => "heap-stat",
            ListingKind::Handles => "handles",
            ListingKind::Umdh => "umdh",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// What prints it.
    pub fn command(self) -> &'static str {
        match self {
            ListingKind::Dumpheap => "!dumpheap -stat",
            ListingKind::FinalizeQueue => "!finalizequeue",
            ListingKind::GcHandles => "!gchandles",
            ListingKind::GcHeap => "!eeheap -gc",
            ListingKind::GcHeapStat => "!heapstat",
            ListingKind::LoaderHeap => "!eeheap -loader",
            ListingKind::AddressSummary => "!address -summary",
            ListingKind::HeapSummary => "!heap -s",
            ListingKind::HeapStat => "!heap -stat -h",
            ListingKind::Handles => "!handle 0 0",
            ListingKind::Umdh => "umdh",
        }
    }

    /// Of what a share of this figure is a part. Empty where the table prints no whole.
    pub fn whole(self, measured: Measured) -> &'static str {
        match self {
            ListingKind::Dumpheap if measured == Measured::Count => "all objects",
            ListingKind::Dumpheap => "the managed heap",
            ListingKind::FinalizeQueue => "the objects with finalizers",
            ListingKind::GcHandles => "the GC handles",
            ListingKind::GcHeap => "the GC heap",
            ListingKind::GcHeapStat => "its generation",
            ListingKind::LoaderHeap => "the loader heaps",
            ListingKind::AddressSummary => "the address space in use",
            ListingKind::HeapStat => "the busy bytes of its heap",
            ListingKind::Handles => "the handles",
            ListingKind::HeapSummary | ListingKind::Umdh => "",
        }
    }

    /// What is counted.
    pub fn unit(self) -> &'static str {
        match self {
            ListingKind::Dumpheap | ListingKind::FinalizeQueue => "objects",
            ListingKind::GcHandles | ListingKind::Handles => "handles",
            ListingKind::LoaderHeap => "modules",
            ListingKind::AddressSummary => "regions",
            ListingKind::HeapStat => "blocks",
            ListingKind::Umdh => "allocations",
            ListingKind::GcHeap | ListingKind::GcHeapStat | ListingKind::HeapSummary => "",
        }
    }

    /// Whether the table has this figure of its owners.
    pub fn has(self, measured: Measured) -> bool {
        match measured {
            Measured::Size => !matches!(self, ListingKind::Handles | ListingKind::GcHandles),
            Measured::Count => !self.unit().is_empty(),
            Measured::Handles => false,
        }
    }

    /// What is measured where a rule says nothing.
    pub fn usual_measure(self) -> Measured {
        if self.has(Measured::Size) { Measured::Size } else { Measured::Count }
    }

    /// Whether the table prints a total of this figure.
    pub fn has_total(self, measured: Measured) -> bool {
        let has_none = matches!(
            self,
            ListingKind::GcHeapStat | ListingKind::HeapSummary | ListingKind::HeapStat | ListingKind::Umdh
        );
        let sizes_only = matches!(self, ListingKind::AddressSummary | ListingKind::LoaderHeap);
        self.has(measured) && !has_none && !(sizes_only && measured == Measured::Count)
    }
}

impl Listing {
    pub fn new(kind: ListingKind, table: &Table) -> Self {
        Listing {
            kind,
            source: 0,
            session: 0,
            line: table.line,
            taken: None,
            narrowed: narrowed(kind, table.command.as_deref().unwrap_or_default()),
            owners: Vec::new(),
            size: None,
            count: None,
            is_whole: false,
            is_cut: None,
            difference: None,
            is_unclear: false,
        }
    }

    pub fn sum(&self, figure: impl Fn(&Owner) -> Option<Amount>) -> f64 {
        self.owners.iter().filter_map(figure).map(|amount| amount.value).sum()
    }

    /// Holds the rows against the total that is printed: where they come to the same, nothing is missing.
    pub fn check(&mut self, rows: f64, total: Option<f64>, has_prompt: bool) -> bool {
        let agrees = total == Some(rows);
        self.is_cut = (!agrees).then_some(Cut { rows, total });
        self.is_whole = agrees && has_prompt && self.narrowed.is_empty();
        agrees
    }
}

/// The listings of a table; most tables have none.
pub fn of(table: &Table) -> Vec<Listing> {
    match table.name {
        "dumpheap" => runtime::dumpheap(table),
        "gcdump-report" => gcdump::gcdump_report(table),
        "finalizequeue" => runtime::finalize_queue(table),
        "gchandles" => runtime::gc_handles(table),
        "eeheap" => runtime::eeheap(table),
        "gcheapstat" => runtime::gc_heap_stat(table),
        "address-summary" => native::address_summary(table),
        "heap-summary" => native::heap_summary(table),
        "heap-stat" => native::heap_stat(table),
        "handles" => native::handles(table),
        "umdh" => native::umdh(table),
        _ => Vec::new(),
    }
}

/// A row or a field; together they are the table in the order of the text.
#[derive(Clone, Copy, Debug)]
pub enum Item<'t> {
    Field(&'t Field),
    Row(&'t Row),
}

pub fn items(table: &Table) -> Vec<Item<'_>> {
    let rows = table.rows.iter().map(|row| (row.line, Item::Row(row)));
    let mut items: Vec<(u32, Item<'_>)> =
        table.fields.iter().map(|field| (field.line, Item::Field(field))).chain(rows).collect();
    items.sort_by_key(|(line, _)| *line);
    items.into_iter().map(|(_, item)| item).collect()
}

/// The arguments of the command that leave owners out.
fn narrowed(kind: ListingKind, command: &str) -> String {
    let (name, harmless): (&str, &[&str]) = match kind {
        ListingKind::Dumpheap => ("dumpheap", &["-stat"]),
        ListingKind::FinalizeQueue => ("finalizequeue", &["-allready"]),
        ListingKind::GcHandles => ("gchandles", &["-stat", "-perdomain"]),
        ListingKind::GcHeap | ListingKind::LoaderHeap => ("eeheap", &["-gc", "-loader"]),
        ListingKind::AddressSummary => ("address", &["-summary"]),
        ListingKind::Handles => ("handle", &["0", "f", "1", "3", "7", "ff"]),
        // All heaps are listed, or a heap is an owner of its own.
        ListingKind::GcHeapStat | ListingKind::HeapSummary | ListingKind::HeapStat | ListingKind::Umdh => {
            return String::new();
        }
    };
    let is_it = |part: &&str| {
        let first = part.split_whitespace().next().unwrap_or_default().trim_start_matches('!');
        first.rsplit('.').next().is_some_and(|word| word.eq_ignore_ascii_case(name))
    };
    let part = command.split(';').map(str::trim).find(is_it).unwrap_or_default();
    let arguments = part.split_whitespace().skip(1).map(str::to_ascii_lowercase);
    arguments.filter(|word| !harmless.contains(&word.as_str())).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_that_leave_owners_out() {
        for (kind, command, want) in [
            (ListingKind::Dumpheap, "!dumpheap -stat", ""),
            (ListingKind::Dumpheap, "!sos.dumpheap -stat -Min 85000", "-min 85000"),
            (ListingKind::Dumpheap, ".time; !dumpheap -stat -live", "-live"),
            (ListingKind::Dumpheap, "", ""),
            (ListingKind::GcHeap, "eeheap -gc", ""),
            (ListingKind::Handles, "!handle 0 0", ""),
            (ListingKind::Handles, "!handle 0 f Event", "event"),
            (ListingKind::AddressSummary, "!address -f:Heap -summary", "-f:heap"),
        ] {
            assert_eq!(narrowed(kind, command), want, "{command}");
        }
    }
}
