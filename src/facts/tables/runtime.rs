//! Tables of SOS: objects, finalizers, handles, and the memory of the runtime.

use std::collections::{BTreeMap, BTreeSet};

use super::listing::{Cut, Item, Listing, ListingKind, Owner, items};
use super::numbers::{address, decimal, size};
use crate::model::{Amount, LeakFigure, Row, Table};

/// Space between objects is a row of the statistics too.
const FREE: &str = "Free";

/// Statistics of objects by type. Where nothing parts two of them, the total of the first does.
pub fn dumpheap(table: &Table) -> Vec<Listing> {
    let mut listings = Vec::new();
    let mut listing = Listing::new(ListingKind::Dumpheap, table);
    for item in items(table) {
        match item {
            Item::Row(row) => listing.owners.extend(object_type(table, row)),
            Item::Field(field) if field.name == "Total" && !listing.owners.is_empty() => {
                let whole = std::mem::replace(&mut listing, Listing::new(ListingKind::Dumpheap, table));
                listings.push(with_total(whole, Some((field.line, &field.value)), table));
            }
            Item::Field(_) => {}
        }
    }
    match listings.last_mut().filter(|above| are_picked(&listing.owners, above)) {
        Some(above) => above.owners.extend(listing.owners),
        None if !listing.owners.is_empty() => listings.push(with_total(listing, None, table)),
        None => {}
    }
    listings
}

/// Whether rows below a total, without one of their own, are of the table above: somebody picked them from those that were
/// left out there. Another table would have some of its types again.
fn are_picked(rows: &[Owner], above: &Listing) -> bool {
    above.is_cut.is_some() && rows.iter().all(|row| above.owners.iter().all(|known| known.name != row.name))
}

fn object_type(table: &Table, row: &Row) -> Option<Owner> {
    let name = table.cell(row, "class")?;
    Some(Owner {
        name: name.to_string(),
        line: row.line,
        count: Some(decimal(table.cell(row, "count")?)?),
        size: Some(decimal(table.cell(row, "total size")?)?),
        address: table.cell(row, "method table").and_then(address),
        by_name_only: name == FREE,
        share: None,
    })
}

/// `1,437 objects`, and `1,437 objects, 98,304 bytes` of SOS for .NET 8 and later: where the rows come to as many, their
/// bytes are all there are.
fn with_total(mut listing: Listing, total: Option<(u32, &str)>, table: &Table) -> Listing {
    listing.line = listing.owners.first().map_or(listing.line, |owner| owner.line);
    let types = |owner: &Owner| owner.address.and(owner.count);
    let rows = listing.sum(types);
    let count = total.and_then(|(_, value)| decimal(value.split_whitespace().next()?));
    let agrees = listing.check(rows, count.map(|count| count.value), table.command.is_some());
    if let (Some((line, _)), Some(count)) = (total, count) {
        listing.count = Some(LeakFigure { line, amount: count });
        let summed = agrees.then(|| Amount::exact(listing.sum(|owner| owner.address.and(owner.size))));
        let printed = total.and_then(|(_, value)| decimal(value.split_once(" objects, ")?.1.strip_suffix(" bytes")?));
        listing.size = summed.or(printed).map(|amount| LeakFigure { line, amount });
    }
    listing
}

/// Objects with finalizers by type; how many wait for the finalizer, and how many are in each generation. With a server
/// GC each heap has its own.
pub fn finalize_queue(table: &Table) -> Vec<Listing> {
    let mut listing = Listing::new(ListingKind::FinalizeQueue, table);
    let mut total = None;
    // With `-allready` the rows are of objects that nobody holds, whether a collection has found them or not.
    let mut lists_unheld = false;
    for item in items(table) {
        match item {
            Item::Row(_) if lists_unheld => {}
            Item::Row(row) => listing.owners.extend(object_type(table, row)),
            Item::Field(field) if field.name == "Total" && lists_unheld => {}
            Item::Field(field) if field.name == "Total" => total = Some((field.line, field.value.as_str())),
            Item::Field(field) if field.name == "Statistics" => lists_unheld = true,
            Item::Field(field) if field.name == "Ready for finalization" || field.name.starts_with("generation ") => {
                let count = field.value.split_whitespace().next().and_then(decimal);
                let owner = Owner { name: field.name.clone(), line: field.line, count, ..Owner::default() };
                listing.owners.push(Owner { by_name_only: true, ..owner });
            }
            Item::Field(_) => {}
        }
    }
    if listing.owners.is_empty() { Vec::new() } else { vec![with_total(listing, total, table)] }
}

/// Handles by kind, from the list behind the statistics: `Pinned Handles:       2`.
pub fn gc_handles(table: &Table) -> Vec<Listing> {
    let mut listing = Listing::new(ListingKind::GcHandles, table);
    let mut total = None;
    for field in &table.fields {
        if field.name == "Total" {
            total = Some((field.line, field.value.split_whitespace().next().and_then(decimal)));
        } else if let Some(name) = field.name.strip_suffix(" Handles") {
            let count = decimal(&field.value);
            listing.owners.push(Owner { name: name.to_string(), line: field.line, count, ..Owner::default() });
        }
    }
    let (Some(first), Some((line, Some(total)))) = (listing.owners.first(), total) else { return Vec::new() };
    listing.line = first.line;
    let rows = listing.sum(|owner| owner.count);
    listing.check(rows, Some(total.value), table.command.is_some());
    listing.count = Some(LeakFigure { line, amount: total });
    vec![listing]
}

/// `!eeheap` prints the loader's heaps, the GC's, or both.
pub fn eeheap(table: &Table) -> Vec<Listing> {
    [gc_heap(table), loader_heap(table)].into_iter().flatten().collect()
}

/// Segments, by the heap whose title stands above them.
fn gc_heap(table: &Table) -> Option<Listing> {
    let mut listing = Listing::new(ListingKind::GcHeap, table);
    let mut heap = "Small object heap".to_string();
    let mut total = None;
    for item in items(table) {
        match item {
            Item::Field(field) if is_heap_title(&field.name) => {
                heap = capitalised(&field.name);
            }
            Item::Field(field) if field.name.starts_with("generation ") && field.value.is_empty() => {
                heap = field.name.clone();
            }
            // The next heap of a server GC begins with its small objects.
            Item::Field(field) if field.name.starts_with("Heap ") && !field.name.ends_with("Size") => {
                heap = "Small object heap".to_string();
            }
            Item::Field(field) if is_gc_total(&field.name) => total = Some((field.line, size(&field.value))),
            Item::Field(_) => {}
            Item::Row(row) if table.cell(row, "section").is_none() => {
                let size = table.cell(row, "size").and_then(size);
                listing.owners.push(Owner { name: heap.clone(), line: row.line, size, ..Owner::default() });
            }
            Item::Row(_) => {}
        }
    }
    listing.line = listing.owners.first()?.line;
    let rows = listing.sum(|owner| owner.size);
    let printed = total.and_then(|(_, size)| size);
    listing.check(rows, printed.map(|size| size.value), table.command.is_some());
    if let Some((line, Some(size))) = total {
        listing.size = Some(LeakFigure { line, amount: size });
    }
    Some(listing)
}

/// `Large object heap`; `NonGC heap` holds literals and the like.
fn is_heap_title(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.ends_with("object heap") || name == "nongc heap"
}

/// `GC Heap Size`, and `GC Allocated Heap Size` of newer ones beside what is committed.
fn is_gc_total(name: &str) -> bool {
    name.starts_with("GC ") && name.ends_with("Heap Size") && !name.contains("Committed")
}

/// The generations of all heaps together, and what is free in them: `Gen2`, `Free in Gen2`. What is free is a part of its
/// generation, and so is its share.
pub fn gc_heap_stat(table: &Table) -> Vec<Listing> {
    const GENERATIONS: [(&str, &str); 5] =
        [("gen0", "Gen0"), ("gen1", "Gen1"), ("gen2", "Gen2"), ("loh", "LOH"), ("poh", "POH")];
    let mut listing = Listing::new(ListingKind::GcHeapStat, table);
    let mut part = "";
    let mut heaps: BTreeSet<(&str, &str)> = BTreeSet::new();
    let mut held: BTreeMap<(&str, &str), (u32, f64)> = BTreeMap::new();
    let mut totals = held.clone();
    for item in items(table) {
        let row = match item {
            Item::Field(field) => {
                part = &field.name;
                continue;
            }
            Item::Row(row) => row,
        };
        let heap = table.cell(row, "heap").unwrap_or_default();
        if !heaps.insert((part, heap)) {
            // Another table of this kind begins where nothing says so: which figures belong together is not known.
            return Vec::new();
        }
        let sums = if heap == "Total" { &mut totals } else { &mut held };
        for (column, name) in GENERATIONS {
            if let Some(figure) = table.cell(row, column).and_then(decimal) {
                sums.entry((part, name)).or_insert((row.line, 0.0)).1 += figure.value;
            }
        }
    }
    // People leave the rows of single heaps out.
    let sums = if held.is_empty() { &totals } else { &held };
    for (&key, &(_, total)) in &totals {
        let rows = sums.get(&key).map_or(0.0, |(_, sum)| *sum);
        if rows != total {
            listing.is_cut = Some(Cut { rows, total: Some(total) });
        }
    }
    for (_, name) in GENERATIONS {
        let of = |part: &'static str| sums.get(&(part, name)).map(|(line, sum)| (*line, Amount::exact(*sum)));
        let (held, free) = (of(""), of("Free space"));
        if let Some((line, size)) = held {
            listing.owners.push(Owner { name: name.to_string(), line, size: Some(size), ..Owner::default() });
        }
        if let Some((line, size)) = free {
            let share = held.filter(|(_, held)| size.value <= held.value).and_then(|(_, held)| size.over(held));
            let name = format!("Free in {name}");
            listing.owners.push(Owner { name, line, size: Some(size), share, by_name_only: true, ..Owner::default() });
        }
    }
    listing.owners.first().map(|owner| owner.line).map(|line| vec![Listing { line, ..listing }]).unwrap_or_default()
}

/// `Large Object Heap` of some versions is `Large object heap` of others.
fn capitalised(name: &str) -> String {
    let lower = name.to_ascii_lowercase();
    let mut letters = lower.chars();
    letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
}

/// Heaps by what they are for, and how many modules have heaps of their own.
fn loader_heap(table: &Table) -> Option<Listing> {
    let mut listing = Listing::new(ListingKind::LoaderHeap, table);
    let mut modules: BTreeSet<&str> = BTreeSet::new();
    let mut modules_line = 0;
    for row in &table.rows {
        let Some(section) = table.cell(row, "section") else { continue };
        let size = table.cell(row, "size").and_then(size);
        let name = match section.split_once(' ') {
            Some(("Module", module)) => {
                modules.insert(module);
                modules_line = if modules_line == 0 { row.line } else { modules_line };
                "Module"
            }
            _ => section,
        };
        listing.owners.push(Owner { name: name.to_string(), line: row.line, size, ..Owner::default() });
    }
    listing.line = listing.owners.first()?.line;
    let rows = listing.sum(|owner| owner.size);
    let total = table.fields.iter().rev().find(|field| field.name.starts_with("Total LoaderHeap size"));
    if let Some(total) = total {
        listing.size = size(&total.value).map(|amount| LeakFigure { line: total.line, amount });
        let count = Some(Amount::exact(modules.len() as f64));
        listing.owners.push(Owner {
            name: "Module".to_string(),
            line: if modules_line == 0 { total.line } else { modules_line },
            count: count.filter(|_| modules_line > 0),
            ..Owner::default()
        });
    }
    let printed = listing.size.map(|size| size.amount.value);
    listing.check(rows, printed, table.command.is_some());
    Some(listing)
}
