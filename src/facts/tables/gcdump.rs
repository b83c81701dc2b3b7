//! `dotnet-gcdump report`: how many objects of each type are alive. What they hold in all it does not say: its bytes are those
//! of one object.

use std::collections::BTreeMap;

use super::listing::{Listing, ListingKind, Owner};
use super::numbers::decimal;
use crate::model::{Amount, LeakFigure, Table};

/// The tool collects before it counts, as `!dumpheap -stat -live` does.
const LIVE: &str = "-live";

pub fn gcdump_report(table: &Table) -> Vec<Listing> {
    let mut listing = Listing { narrowed: LIVE.to_string(), ..Listing::new(ListingKind::Dumpheap, table) };
    let mut at: BTreeMap<&str, usize> = BTreeMap::new();
    for row in &table.rows {
        let (Some(name), Some(count)) = (table.cell(row, "type"), table.cell(row, "count").and_then(decimal)) else {
            continue;
        };
        // Large objects of a type stand apart.
        let place = *at.entry(name).or_insert(listing.owners.len());
        match listing.owners.get_mut(place) {
            Some(owner) => {
                let more = owner.count.map_or(0.0, |count| count.value);
                owner.count = Some(Amount::exact(count.value + more));
            }
            None => {
                let owner = Owner { name: name.to_string(), line: row.line, count: Some(count), ..Owner::default() };
                listing.owners.push(owner);
            }
        }
    }
    for field in &table.fields {
        let figure = decimal(&field.value).map(|amount| LeakFigure { line: field.line, amount });
        match field.name.as_str() {
            "GC Heap bytes" => listing.size = figure,
            "GC Heap objects" => listing.count = figure,
            _ => {}
        }
    }
    if listing.owners.is_empty() { Vec::new() } else { vec![listing] }
}
