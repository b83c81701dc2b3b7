//! Processor time of threads, as `!runaway` prints it.

use super::courses::Ids;
use super::{ProcessMoment, ThreadKey};
use crate::model::Table;

/// What a thread has used so far, in seconds. Only what is printed: `!runaway` alone leaves out kernel time.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cpu {
    pub user: Option<f64>,
    pub kernel: Option<f64>,
    /// Since the thread began.
    pub elapsed: Option<f64>,
    /// Where the first of them stands: index of the source, and line.
    pub place: (usize, u32),
}

impl Cpu {
    /// What was used since then, of the kinds that both print. `None` where there is none, or where it falls: a thread's
    /// time never does, so it is another thread.
    pub fn since(&self, before: &Cpu) -> Option<f64> {
        let grown = |now: Option<f64>, before: Option<f64>| Some(now? - before?);
        let (user, kernel) = (grown(self.user, before.user), grown(self.kernel, before.kernel));
        let parts: Vec<f64> = [user, kernel].into_iter().flatten().collect();
        let is_growth = !parts.is_empty() && parts.iter().all(|part| *part > -0.05);
        is_growth.then(|| parts.iter().sum::<f64>().max(0.0))
    }

    /// Whether this cannot be the same thread some time later.
    pub fn is_reset(&self, before: &Cpu) -> bool {
        let falls = |now: Option<f64>, before: Option<f64>| matches!((now, before), (Some(now), Some(before)) if now < before - 0.05);
        falls(self.user, before.user) || falls(self.kernel, before.kernel) || falls(self.elapsed, before.elapsed)
    }

    pub fn total(&self) -> f64 {
        self.user.unwrap_or_default() + self.kernel.unwrap_or_default()
    }
}

/// A row of the table.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    index: Option<u32>,
    os_id: u64,
    kind: Kind,
    seconds: f64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    User,
    Kernel,
    Elapsed,
}

/// Takes in a table: rows with their source and line, and which numbers are of one thread.
pub fn add(source: usize, table: &Table, rows: &mut Vec<(usize, u32, Row)>, ids: &mut Vec<(usize, u32, u32, u64)>) {
    for row in &table.rows {
        let kind = table.fields.iter().rfind(|field| field.name == "mode" && field.line < row.line);
        let kind = match kind.map(|field| field.value.as_str()) {
            Some("Kernel Mode Time") => Kind::Kernel,
            Some("Elapsed Time") => Kind::Elapsed,
            _ => Kind::User,
        };
        let os_id = table.cell(row, "os id").and_then(|id| u64::from_str_radix(id, 16).ok());
        let index = table.cell(row, "index").and_then(|index| index.parse().ok());
        let days: f64 = table.cell(row, "days").and_then(|days| days.parse().ok()).unwrap_or_default();
        let time = table.cell(row, "time").and_then(seconds);
        let (Some(os_id), Some(time)) = (os_id, time) else { continue };
        rows.push((source, row.line, Row { index, os_id, kind, seconds: days * 86_400.0 + time }));
        ids.extend(index.map(|index| (source, row.line, index, os_id)));
    }
}

/// `0:12:16.0312`
fn seconds(time: &str) -> Option<f64> {
    let mut seconds = 0.0;
    for part in time.split(':') {
        seconds = seconds * 60.0 + part.parse::<f64>().ok().filter(|part| part.is_finite())?;
    }
    Some(seconds)
}

/// Gives the rows to their moments. Where a table is printed twice, the first counts.
pub fn put(
    rows: &[(usize, u32, Row)],
    moment_at: &dyn Fn(usize, u32) -> Option<usize>,
    ids: &Ids,
    moments: &mut [ProcessMoment],
) {
    for (source, line, row) in rows {
        let Some(moment) = moment_at(*source, *line) else { continue };
        let key = ids.key(moment, row.index, Some(row.os_id), None).unwrap_or(ThreadKey::OsId(row.os_id));
        let new = Cpu { place: (*source, *line), ..Cpu::default() };
        let cpu = moments[moment].cpu.entry(key).or_insert(new);
        let part = match row.kind {
            Kind::User => &mut cpu.user,
            Kind::Kernel => &mut cpu.kernel,
            Kind::Elapsed => &mut cpu.elapsed,
        };
        *part = part.or(Some(row.seconds));
    }
}
