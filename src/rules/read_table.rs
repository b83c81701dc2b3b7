//! Reads `table` of `evidence`: what tables of heaps and objects say.

use super::Unit;
use super::node::{Node, Value};
use super::read::FileReader;
use super::written::{Spot, WrittenTable};
use crate::diagnostic::Code;
use crate::facts::{ListingKind, Measured};

const TABLE_KEYS: &[&str] =
    &["name", "owner", "total", "measure", "grows", "share", "growth", "rate", "average", "size", "count", "captures"];

impl FileReader<'_> {
    pub(super) fn table(&mut self, node: &Node) -> Option<WrittenTable> {
        let mut table = WrittenTable { span: node.span, ..WrittenTable::default() };
        let entries = self.map(node, "`{name: dumpheap, owner: System.Byte[], grows: true}`");
        let names = ListingKind::ALL.map(ListingKind::name);
        let amounts = &[Unit::Percent, Unit::Bytes, Unit::Plain];
        for (key, node) in entries {
            match key.name.as_str() {
                "name" => {
                    table.is_named = true;
                    table.kind = self.word(node, "a table", &names, ListingKind::from_name);
                }
                "owner" => {
                    for owner in self.texts(node) {
                        match owner.value.strip_prefix("not ") {
                            Some(name) => {
                                table.not_owners.push(Spot { value: name.trim().to_string(), span: owner.span });
                            }
                            None => table.owners.push(owner),
                        }
                    }
                }
                "total" => table.total = self.size_or_count(node),
                "measure" => table.measured = self.size_or_count(node),
                "grows" => table.grows = Some(self.truth(node)),
                "share" => {
                    table.share = self.comparison(node, &[Unit::Percent], &[]).filter(|share| self.is_part(share));
                }
                "growth" => table.growth = self.comparison(node, amounts, &["total"]),
                "rate" => table.rate = self.comparison(node, &[Unit::PerHour], &[]),
                "average" => table.average = self.comparison(node, &[Unit::Bytes], &[]),
                "size" => table.size = self.comparison(node, &[Unit::Bytes], &[]),
                "count" => table.count = self.comparison(node, &[Unit::Plain], &[]),
                "captures" => table.captures = self.comparison(node, &[Unit::Plain], &[]),
                _ => self.unknown_key(key, entries, TABLE_KEYS),
            }
        }
        if !matches!(&node.value, Value::Map(_)) {
            return None;
        }
        self.check_table(&table).then_some(table)
    }

    fn size_or_count(&mut self, node: &Node) -> Option<Measured> {
        self.word(node, "a figure of tables", &["size", "count"], |word| match word {
            "size" => Some(Measured::Size),
            "count" => Some(Measured::Count),
            _ => None,
        })
    }

    /// What cannot be asked of a table is a mistake: it would never hold.
    fn check_table(&mut self, table: &WrittenTable) -> bool {
        if table.kind.is_none() && table.is_named {
            return false;
        }
        let Some(kind) = table.kind else {
            let help = "write `{name: dumpheap, owner: System.Byte[], grows: true}`";
            self.diagnostics_at(Code::BadValue, table.span, "a table needs its `name`".to_string(), help);
            return false;
        };
        let name = kind.name();
        if table.owners.is_empty() && !table.not_owners.is_empty() {
            let message = "`not` takes owners away from others".to_string();
            self.diagnostics_at(Code::BadValue, table.span, message, "write `owner: [\"*\", not System.*]`");
            return false;
        }
        if table.owners.is_empty() == table.total.is_none() {
            let message = "a table is asked for an `owner`, or for the `total`".to_string();
            let help = "write one of them: `owner: System.Byte[]`, `total: size`";
            self.diagnostics_at(Code::BadValue, table.span, message, help);
            return false;
        }
        let measured = table.total.or(table.measured).unwrap_or(kind.usual_measure());
        let size_asked = table.size.is_some() || table.average.is_some();
        let count_asked = table.count.is_some() || table.average.is_some();
        let problem = if measured == Measured::Size && !kind.has(Measured::Size)
            || size_asked && !kind.has(Measured::Size)
        {
            Some((format!("`{name}` counts, and gives no sizes"), "ask for `count`, or write `measure: count`"))
        } else if measured == Measured::Count && !kind.has(Measured::Count) || count_asked && !kind.has(Measured::Count)
        {
            Some((format!("`{name}` gives sizes, and counts nothing"), "ask for `size`"))
        } else if table.total.is_some_and(|measured| !kind.has_total(measured)) {
            Some((format!("`{name}` prints no total of this"), "ask for an `owner`; `*` is the one that grew by most"))
        } else if table.total.is_some() && table.share.is_some() {
            Some(("the total is no share of anything".to_string(), "ask an `owner` for its `share`"))
        } else if table.share.is_some() && kind.whole(measured).is_empty() {
            Some((format!("`{name}` prints no whole that a share could be of"), "ask for `growth` or `size`"))
        } else {
            None
        };
        if let Some((message, help)) = &problem {
            self.diagnostics_at(Code::BadValue, table.span, message.clone(), help);
        }
        problem.is_none() && self.fits_measure(table, measured)
    }

    /// Bytes are compared with bytes, and numbers with numbers.
    fn fits_measure(&mut self, table: &WrittenTable, measured: Measured) -> bool {
        let wrong = if measured == Measured::Size { Unit::Plain } else { Unit::Bytes };
        let Some(growth) = table.growth.as_ref().filter(|growth| growth.value.unit == wrong) else { return true };
        let (message, help) = match measured {
            Measured::Size => ("bytes grow by bytes", "write `\">= 100 MB\"`, or `measure: count`"),
            _ => ("what is counted does not grow by bytes", "write `\">= 500\"`"),
        };
        self.diagnostics_at(Code::BadValue, growth.span, format!("`{}`: {message}", growth.value.text), help);
        false
    }
}
