//! Which process a dump is of, by its name: `w3wp__LabelForms__PID__4312__Date__03_11_2016__Time_10_15_41AM__417__Manual Dump.dmp`.
//!
//! DebugDiag names its dumps by process, application pool, process id, date and time. The date is read as month, day and
//! year. No document of its maker says so, and `03_11` would be a date the other way round too; a name whose first number
//! is no month was made in another way, and tells no date.

use jiff::civil::DateTime;

/// What the name of a dump tells.
#[derive(Debug, Default, PartialEq)]
pub struct DumpName {
    pub process: Option<String>,
    pub process_id: Option<u64>,
    pub taken: Option<DateTime>,
}

/// Reads the name of a dump, with or without a path.
pub fn dump_name(name: &str) -> DumpName {
    let parts: Vec<&str> = file_name(name).split("__").collect();
    let behind = |word: &str| {
        let at = parts.iter().position(|part| part.eq_ignore_ascii_case(word))?;
        parts.get(at + 1).copied()
    };
    let Some(process_id) = behind("PID") else { return DumpName::default() };
    let time = parts.iter().find_map(|part| part.strip_prefix("Time_"));
    DumpName {
        process: parts.first().filter(|first| !first.is_empty()).map(|first| first.to_string()),
        process_id: process_id.parse().ok(),
        taken: behind("Date").zip(time).and_then(|(date, time)| taken(date, time)),
    }
}

/// The last part of a path, of whatever system.
pub fn file_name(path: &str) -> &str {
    path.rsplit(['\\', '/']).next().unwrap_or(path)
}

/// `03_11_2016` and `10_15_41AM`.
fn taken(date: &str, time: &str) -> Option<DateTime> {
    let (clock, half) = match time.get(time.len().checked_sub(2)?..)? {
        half @ ("AM" | "PM" | "am" | "pm") => (&time[..time.len() - 2], Some(half)),
        _ => (time, None),
    };
    let [month, day, year] = numbers(date)?;
    let [hour, minute, second] = numbers(clock)?;
    let hour = match half {
        Some(_) if !(1..=12).contains(&hour) => return None,
        Some("AM" | "am") => hour % 12,
        Some(_) => hour % 12 + 12,
        None => hour,
    };
    let small = |number: i16| i8::try_from(number).ok();
    DateTime::new(year, small(month)?, small(day)?, small(hour)?, small(minute)?, small(second)?, 0).ok()
}

fn numbers(text: &str) -> Option<[i16; 3]> {
    let mut parts = text.split('_').map(|part| part.parse().ok().filter(|number| *number >= 0));
    let numbers = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_dumps() {
        for (name, process, process_id, taken) in [
            (
                "w3wp__LabelForms__PID__4312__Date__03_11_2016__Time_10_15_41AM__417__Manual Dump.dmp",
                Some("w3wp"),
                Some(4312),
                Some("2016-03-11T10:15:41"),
            ),
            (
                "D:\\dumps\\svc__PID__7__Date__12_31_2019__Time_12_00_05AM__1__Leak Dump.dmp",
                Some("svc"),
                Some(7),
                Some("2019-12-31T00:00:05"),
            ),
            ("svc__PID__7__Date__31_12_2019__Time_01_02_03PM__1__x.dmp", Some("svc"), Some(7), None),
            ("svc__PID__7__Date__02_30_2019__Time_01_02_03PM__1__x.dmp", Some("svc"), Some(7), None),
            ("svc__PID__7__Date__02_03_2019__Time_13_02_03PM__1__x.dmp", Some("svc"), Some(7), None),
            (
                "svc__PID__7__Date__02_03_2019__Time_22_02_03__1__x.dmp",
                Some("svc"),
                Some(7),
                Some("2019-02-03T22:02:03"),
            ),
            ("w3wp.dmp", None, None, None),
            ("", None, None, None),
        ] {
            let got = dump_name(name);
            assert_eq!((got.process.as_deref(), got.process_id), (process, process_id), "{name}");
            assert_eq!(got.taken.map(|time| time.to_string()).as_deref(), taken, "{name}");
        }
    }
}
