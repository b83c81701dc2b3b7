//! Tables of the debugger and of UMDH: the address space, native heaps, handles, stacks that allocated.

use super::listing::{Item, Listing, ListingKind, Owner, items};
use super::numbers::{address, decimal, hexadecimal, percent};
use crate::model::{Amount, LeakFigure, Row, Table};

/// `!address -summary`: regions by usage, state, type and protection.
pub fn address_summary(table: &Table) -> Vec<Listing> {
    let mut listing = Listing::new(ListingKind::AddressSummary, table);
    for row in &table.rows {
        // The largest region of each usage has a base address; `largest_free` takes that of what is free.
        let (Some(name), None) = (table.cell(row, "usage"), table.cell(row, "base address")) else { continue };
        let lower = name.to_ascii_lowercase();
        listing.owners.push(Owner {
            name: name.to_string(),
            line: row.line,
            count: table.cell(row, "regions").and_then(decimal),
            size: table.cell(row, "size").and_then(hexadecimal),
            share: table.cell(row, "percent of busy").and_then(percent),
            address: None,
            by_name_only: matches!(lower.as_str(), "free" | "<free>" | "mem_free" | "regionusagefree"),
        });
    }
    listing.owners.extend(largest_free(table));
    let state = |name: &str| listing.owners.iter().find(|owner| owner.name == name);
    if let (Some(committed), Some(reserved)) = (state("MEM_COMMIT"), state("MEM_RESERVE"))
        && let (Some(committed_size), Some(reserved_size)) = (committed.size, reserved.size)
    {
        let amount = Amount {
            value: committed_size.value + reserved_size.value,
            error: committed_size.error + reserved_size.error,
        };
        listing.size = Some(LeakFigure { line: committed.line, amount });
    }
    not_empty(listing)
}

/// What the largest region that is free is called.
const LARGEST_FREE: &str = "largest free region";

/// The largest free region: no greater block can be had. Newer debuggers list it with those of each usage, older ones print
/// `Largest free region: Base 311468a0 - Size 2abb68a0 (697792 KB)`.
fn largest_free(table: &Table) -> Option<Owner> {
    let of_rows = table.rows.iter().find_map(|row| {
        let is_region = table.cell(row, "base address").is_some_and(|base| !base.is_empty());
        let is_free = table.cell(row, "usage").is_some_and(|usage| usage == "Free");
        (is_region && is_free).then(|| (row.line, table.cell(row, "size")))
    });
    let of_fields = || {
        let field = table.fields.iter().find(|field| field.name == "Largest free region")?;
        let (_, size) = field.value.split_once("Size ")?;
        Some((field.line, size.split(' ').next()))
    };
    let (line, size) = of_rows.or_else(of_fields)?;
    let size = size.and_then(hexadecimal);
    Some(Owner { name: LARGEST_FREE.to_string(), line, size, by_name_only: true, ..Owner::default() })
}

/// `!heap -s`: what each heap has committed, in kilobytes.
pub fn heap_summary(table: &Table) -> Vec<Listing> {
    let mut listing = Listing::new(ListingKind::HeapSummary, table);
    for row in &table.rows {
        let committed = table.cell(row, "committed k").and_then(decimal);
        let (Some(heap), Some(kilobytes)) = (table.cell(row, "heap"), committed) else { continue };
        let size = Some(Amount { value: kilobytes.value * 1024.0, error: 1024.0 });
        listing.owners.push(Owner { name: heap_name(heap), line: row.line, size, ..Owner::default() });
    }
    not_empty(listing)
}

/// `!heap -stat -h`: the blocks of each size in each heap. Only the greatest sums are listed.
pub fn heap_stat(table: &Table) -> Vec<Listing> {
    let mut listing = Listing::new(ListingKind::HeapStat, table);
    let mut heap = "heap".to_string();
    for item in items(table) {
        match item {
            Item::Field(field) if field.name == "heap" => heap = heap_name(&field.value),
            Item::Field(_) => {}
            Item::Row(row) => {
                let Some(block) = table.cell(row, "size") else { continue };
                listing.owners.push(Owner {
                    name: format!("{heap}: blocks of 0x{block}"),
                    line: row.line,
                    count: table.cell(row, "blocks").and_then(hexadecimal),
                    size: table.cell(row, "total").and_then(hexadecimal),
                    share: table.cell(row, "percent").and_then(percent),
                    ..Owner::default()
                });
            }
        }
    }
    not_empty(listing)
}

/// `heap 39d0000`, whatever zeros are before it.
fn heap_name(text: &str) -> String {
    address(text).map_or_else(|| format!("heap {text}"), |heap| format!("heap {heap:x}"))
}

/// The types of handles that processes have, as `!handle` names them.
const HANDLE_TYPES: [&str; 27] = [
    "None",
    "Event",
    "Section",
    "File",
    "Directory",
    "SymbolicLink",
    "Mutant",
    "WindowStation",
    "Semaphore",
    "Key",
    "Token",
    "Process",
    "Thread",
    "Desktop",
    "IoCompletion",
    "IoCompletionReserve",
    "Timer",
    "Job",
    "KeyedEvent",
    "Port",
    "ALPC Port",
    "TpWorkerFactory",
    "IRTimer",
    "EtwRegistration",
    "WaitCompletionPacket",
    "WmiGuid",
    "DebugObject",
];

/// `!handle`: the list of types behind `377 Handles`.
pub fn handles(table: &Table) -> Vec<Listing> {
    let mut listing = Listing::new(ListingKind::Handles, table);
    let mut total = None;
    for field in &table.fields {
        if field.name == "Handles" {
            listing.owners.clear();
            total = decimal(&field.value).map(|amount| LeakFigure { line: field.line, amount });
        } else if total.is_some() || HANDLE_TYPES.contains(&field.name.as_str()) {
            let count = decimal(&field.value);
            let by_name_only = field.name == "None";
            let owner = Owner { name: field.name.clone(), line: field.line, count, ..Owner::default() };
            listing.owners.push(Owner { by_name_only, ..owner });
        }
    }
    let Some(total) = total else {
        // The line above the types was not copied.
        listing.line = listing.owners.first().map_or(listing.line, |owner| owner.line);
        return not_empty(listing);
    };
    listing.line = total.line;
    listing.count = Some(total);
    let known = listing.sum(|owner| owner.count.filter(|_| owner.name != "None"));
    let rows = listing.sum(|owner| owner.count);
    // Whether handles without a type are among those counted, versions differ.
    let rows = if known == total.amount.value { known } else { rows };
    listing.check(rows, Some(total.amount.value), table.command.is_some());
    not_empty(listing)
}

/// A log is one listing, a difference of two logs is two. Their owners are traces; the stacks tell who allocated.
pub fn umdh(table: &Table) -> Vec<Listing> {
    let is_difference = |row: &&Row| table.cell(row, "bytes old").is_some();
    let (differences, logged): (Vec<&Row>, Vec<&Row>) = table.rows.iter().partition(is_difference);
    let mut listings = Vec::new();
    if !logged.is_empty() {
        let mut listing = Listing::new(ListingKind::Umdh, table);
        listing.owners.extend(logged.into_iter().filter_map(|row| trace(table, row, "bytes", hexadecimal)));
        listings.push(listing);
    }
    if differences.is_empty() {
        return listings;
    }
    let Some(number) = base_of(table, &differences) else {
        let line = differences[0].line;
        listings.push(Listing { is_unclear: true, line, ..Listing::new(ListingKind::Umdh, table) });
        return listings;
    };
    for column in ["bytes old", "bytes new"] {
        let mut listing = Listing::new(ListingKind::Umdh, table);
        listing.difference = Some(table.line);
        listing.owners.extend(differences.iter().filter_map(|row| trace(table, row, column, number)));
        listings.push(listing);
    }
    listings
}

type Number = fn(&str) -> Option<Amount>;

fn trace(table: &Table, row: &Row, column: &str, number: Number) -> Option<Owner> {
    Some(Owner {
        name: table.cell(row, "trace")?.to_string(),
        line: row.line,
        // A difference says how many allocations there are now.
        count: table.cell(row, "allocations").filter(|_| column != "bytes old").and_then(number),
        size: Some(number(table.cell(row, column)?)?),
        ..Owner::default()
    })
}

/// A difference is in hexadecimal, or in decimal where UMDH was asked for it, and does not say which: a letter tells, or
/// which of the two makes new less old what is printed. `None` where neither tells.
fn base_of(table: &Table, rows: &[&Row]) -> Option<Number> {
    let cells = |row: &&Row| {
        let cell = |column: &str| table.cell(row, column).unwrap_or_default().to_string();
        let bytes = cell("bytes").trim_start_matches(['+', '-']).trim().to_string();
        [bytes, cell("bytes new"), cell("bytes old"), cell("allocations")]
    };
    let fits = |number: Number| {
        rows.iter().map(cells).all(|[bytes, new, old, _]| {
            let figures = (number(&bytes), number(&new), number(&old));
            matches!(figures, (Some(bytes), Some(new), Some(old)) if (new.value - old.value).abs() == bytes.value)
        })
    };
    let has_letter = rows.iter().flat_map(cells).any(|cell| cell.bytes().any(|byte| byte.is_ascii_alphabetic()));
    let (decimal, hexadecimal): (Number, Number) = (decimal, hexadecimal);
    match (has_letter, fits(decimal), fits(hexadecimal)) {
        (true, _, true) | (false, false, true) => Some(hexadecimal),
        (false, true, false) => Some(decimal),
        _ => None,
    }
}

fn not_empty(listing: Listing) -> Vec<Listing> {
    if listing.owners.is_empty() { Vec::new() } else { vec![listing] }
}
