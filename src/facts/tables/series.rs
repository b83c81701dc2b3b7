//! The listings of one kind, of one process, in order: how each owner went.

use std::collections::BTreeMap;

use jiff::civil::DateTime;

use super::listing::{Listing, ListingKind};
use crate::facts::{Course, Measured, Reading};
use crate::model::{Amount, LeakFigure};

/// How the owners of one kind of table went, from listing to listing.
#[derive(Clone, Debug)]
pub struct Series {
    pub kind: ListingKind,
    /// Arguments that leave owners out: `-min 85000`.
    pub narrowed: String,
    pub order: Order,
    pub owners: Vec<SeriesOwner>,
    listings: Vec<Listing>,
}

/// What tells which listing came first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The times that the texts give.
    Times,
    /// Their place: by source, then by line.
    Sources,
    /// A difference of two logs says which was first.
    Difference,
}

/// An owner in each of the listings.
#[derive(Clone, Debug)]
pub struct SeriesOwner {
    pub name: String,
    /// `*` does not stand for it.
    pub by_name_only: bool,
    /// Its figures in each listing; `None` where nothing is known of it.
    figures: Vec<Option<Figures>>,
}

#[derive(Clone, Copy, Debug)]
struct Figures {
    line: u32,
    rows: usize,
    count: Option<Amount>,
    size: Option<Amount>,
    share: Option<Amount>,
}

impl Series {
    /// From listings in order.
    pub fn new(listings: Vec<Listing>, order: Order) -> Self {
        let first = &listings[0];
        let (kind, narrowed) = (first.kind, first.narrowed.clone());
        let names = whole_names(&listings);
        let mut owners: BTreeMap<String, SeriesOwner> = BTreeMap::new();
        for (number, listing) in listings.iter().enumerate() {
            for row in &listing.owners {
                let name = row.address.and_then(|address| names.get(&address)).unwrap_or(&row.name);
                let name = if name.starts_with(&row.name) { name } else { &row.name };
                let owner = owners.entry(name.clone()).or_insert_with(|| SeriesOwner {
                    name: name.clone(),
                    by_name_only: row.by_name_only,
                    figures: vec![None; listings.len()],
                });
                let here = Figures { line: row.line, rows: 1, count: row.count, size: row.size, share: row.share };
                owner.figures[number] = Some(owner.figures[number].map_or(here, |known| known.and(here)));
            }
        }
        let mut owners: Vec<SeriesOwner> = owners.into_values().collect();
        owners.iter_mut().for_each(|owner| owner.leave_out_what_is_cut(&listings));
        Series { kind, narrowed, order, owners, listings }
    }

    /// Only types with some name are listed; those that are, with all of their objects.
    pub fn is_of_types(&self) -> bool {
        let words: Vec<&str> = self.narrowed.split(' ').collect();
        self.kind == ListingKind::Dumpheap && matches!(words.as_slice(), ["-type" | "-mt", _])
    }

    /// How many listings there are.
    pub fn captures(&self) -> usize {
        self.listings.len()
    }

    /// The source of each listing.
    pub fn sources(&self) -> impl Iterator<Item = usize> + '_ {
        self.listings.iter().map(|listing| listing.source)
    }

    /// When each listing was taken, where the texts tell.
    pub fn times(&self) -> impl Iterator<Item = Option<DateTime>> + '_ {
        self.listings.iter().map(|listing| listing.taken)
    }

    /// Whether it is a difference of two logs, which is compared with nothing else.
    pub fn is_difference(&self) -> bool {
        self.order == Order::Difference
    }

    /// Whether what the last listing does not name is not there.
    pub fn lists_all(&self) -> bool {
        self.listings.last().is_some_and(|listing| listing.is_whole)
    }

    /// Hours from the first listing to the last, where the texts tell.
    pub fn hours(&self) -> Option<f64> {
        let (first, last) = (self.listings.first()?.taken?, self.listings.last()?.taken?);
        let hours = hours_between(first, last);
        (self.order == Order::Times && hours > 0.0).then_some(hours)
    }

    /// How one owner went.
    pub fn course_of(&self, owner: &SeriesOwner, measured: Measured) -> Course {
        let figure = |number: usize| {
            let figures = owner.figures[number]?;
            let amount = if measured == Measured::Size { figures.size } else { figures.count }?;
            Some(LeakFigure { line: figures.line, amount })
        };
        self.course(figure)
    }

    /// How all of it went.
    pub fn total(&self, measured: Measured) -> Course {
        self.course(|number| {
            let listing = &self.listings[number];
            if measured == Measured::Size { listing.size } else { listing.count }
        })
    }

    /// The part of the whole that an owner has, listing by listing, where it is known.
    pub fn shares_of(&self, owner: &SeriesOwner, measured: Measured) -> Vec<Option<Amount>> {
        let (course, total) = (self.course_of(owner, measured), self.total(measured));
        let in_listing = |course: &Course, number: usize| {
            course.figures.iter().find(|reading| reading.report == number).map(|reading| reading.figure.amount)
        };
        let share = |number: usize| {
            let printed = owner.figures[number].and_then(|figures| figures.share);
            if printed.is_some() && measured == Measured::Size {
                return printed;
            }
            in_listing(&course, number)?.over(in_listing(&total, number)?)
        };
        (0..self.listings.len()).map(share).collect()
    }

    fn course(&self, figure: impl Fn(usize) -> Option<LeakFigure>) -> Course {
        let begin = self.listings.first().and_then(|listing| listing.taken);
        let readings = self.listings.iter().enumerate().filter_map(|(number, listing)| {
            let hours = begin.zip(listing.taken).map(|(begin, taken)| hours_between(begin, taken));
            let hours = hours.filter(|_| self.order == Order::Times);
            Some(Reading { report: number, source: listing.source, figure: figure(number)?, hours })
        });
        Course { figures: readings.collect(), reports: self.listings.len() }
    }
}

impl Figures {
    fn and(self, other: Figures) -> Figures {
        let add = |one: Option<Amount>, other: Option<Amount>| match (one, other) {
            (Some(one), Some(other)) => Some(Amount { value: one.value + other.value, error: one.error + other.error }),
            (one, other) => one.or(other),
        };
        Figures {
            line: self.line,
            rows: self.rows + other.rows,
            count: add(self.count, other.count),
            size: add(self.size, other.size),
            share: add(self.share, other.share),
        }
    }
}

impl SeriesOwner {
    /// A listing that is whole has nothing of what it does not list. Of one that is cut, the sum of several rows is not
    /// known when some of them may be missing.
    fn leave_out_what_is_cut(&mut self, listings: &[Listing]) {
        let rows = self.figures.iter().flatten().map(|figures| figures.rows).max().unwrap_or_default();
        for (figures, listing) in self.figures.iter_mut().zip(listings) {
            let is_summed =
                matches!(listing.kind, ListingKind::GcHeap | ListingKind::GcHeapStat | ListingKind::LoaderHeap);
            if listing.is_cut.is_some() {
                *figures = figures.filter(|known| !is_summed && known.rows == rows);
            } else if figures.is_none() && listing.is_whole {
                let nothing = Some(Amount::exact(0.0));
                *figures = Some(Figures { line: listing.line, rows: 0, count: nothing, size: nothing, share: None });
            }
        }
    }
}

/// A type's name by its method table: where a line was cut, another listing has all of it.
fn whole_names(listings: &[Listing]) -> BTreeMap<u64, String> {
    let mut names: BTreeMap<u64, String> = BTreeMap::new();
    for row in listings.iter().flat_map(|listing| &listing.owners) {
        let Some(address) = row.address else { continue };
        let known = names.entry(address).or_insert_with(|| row.name.clone());
        if row.name.len() > known.len() {
            *known = row.name.clone();
        }
    }
    names
}

fn hours_between(first: DateTime, last: DateTime) -> f64 {
    last.duration_since(first).as_secs_f64() / 3600.0
}
