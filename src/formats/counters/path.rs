//! Paths of counters: `\\WEB01\Process(w3wp#1)\Private Bytes`, and the names of dotnet-counters.

use crate::model::CounterSeries;

/// A series without samples, named by a path of PDH: `\\host\object(parent/instance#index)\counter`, host and instance
/// optional. `None` when the text is no path.
pub fn parse(path: &str) -> Option<CounterSeries> {
    let (host, rest) = match path.strip_prefix("\\\\") {
        Some(behind) => {
            let (host, rest) = behind.split_once('\\')?;
            (Some(host), rest)
        }
        None => (None, path.strip_prefix('\\')?),
    };
    let object_end = rest.find('\\')?;
    // Instances may hold backslashes and brackets of their own (paths, names of network cards), objects none.
    let (object, instance, counter) = match rest.find('(').filter(|&at| at < object_end) {
        Some(open) => {
            let close = rest.rfind(")\\")?;
            (&rest[..open], Some(rest.get(open + 1..close)?), &rest[close + 2..])
        }
        None => (&rest[..object_end], None, &rest[object_end + 1..]),
    };
    if host.is_some_and(str::is_empty) || object.is_empty() || counter.is_empty() {
        return None;
    }
    Some(CounterSeries {
        name: path.to_string(),
        host: host.map(str::to_string),
        object: object.to_string(),
        instance: instance.map(str::to_string),
        counter: counter.to_string(),
        unit: unit(counter).map(str::to_string),
        ..CounterSeries::default()
    })
}

/// The unit that a counter of Windows has in its name.
fn unit(counter: &str) -> Option<&'static str> {
    let words = || counter.split_whitespace();
    if counter.starts_with("% ") {
        return Some("%");
    }
    ["KBytes", "MBytes"]
        .into_iter()
        .zip(["KB", "MB"])
        .find(|(word, _)| words().any(|own| own == *word))
        .map(|(_, unit)| unit)
}

/// A series of dotnet-counters: provider, name with its unit in parentheses, and tags (`gc.heap.generation=gen0`).
pub fn of_provider(provider: &str, name: &str, tags: Option<&str>) -> CounterSeries {
    let tags = tags.map(str::trim).filter(|tags| !tags.is_empty());
    let (counter, unit) = match name.strip_suffix(')').and_then(|name| name.rsplit_once(" (")) {
        Some((counter, unit)) if !counter.is_empty() => (counter, Some(unit)),
        _ => (name, None),
    };
    CounterSeries {
        name: match tags {
            Some(tags) => format!("{provider} / {name}[{tags}]"),
            None => format!("{provider} / {name}"),
        },
        object: provider.to_string(),
        instance: tags.map(str::to_string),
        counter: counter.trim().to_string(),
        unit: unit.map(|unit| unit.trim().to_string()),
        ..CounterSeries::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(series: CounterSeries) -> String {
        let or = |text: Option<String>| text.unwrap_or_else(|| "-".to_string());
        [or(series.host), series.object, or(series.instance), series.counter, or(series.unit)].join(" | ")
    }

    #[test]
    fn paths_are_taken_apart() {
        for (path, want) in [
            ("\\\\WEB01\\Process(w3wp#1)\\Private Bytes", "WEB01 | Process | w3wp#1 | Private Bytes | -"),
            ("\\\\WEB01\\Memory\\Available MBytes", "WEB01 | Memory | - | Available MBytes | MB"),
            ("\\Processor(_Total)\\% Processor Time", "- | Processor | _Total | % Processor Time | %"),
            ("\\\\A\\Thread(w3wp/12)\\% User Time", "A | Thread | w3wp/12 | % User Time | %"),
            (
                "\\\\A\\.NET CLR Memory(w3wp)\\# Bytes in all Heaps",
                "A | .NET CLR Memory | w3wp | # Bytes in all Heaps | -",
            ),
            ("\\\\A\\LogicalDisk(C:\\mnt (x)\\y)\\Free", "A | LogicalDisk | C:\\mnt (x)\\y | Free | -"),
            ("\\\\A\\Memory\\Pool (all)", "A | Memory | - | Pool (all) | -"),
        ] {
            assert_eq!(parse(path).map(written).as_deref(), Some(want), "{path}");
        }
        for path in ["", "words", "\\", "\\\\A", "\\\\A\\B", "\\\\\\B\\C", "\\\\A\\B(c\\d"] {
            assert_eq!(parse(path), None, "{path}");
        }
    }

    #[test]
    fn names_of_providers_are_taken_apart() {
        for (name, tags, want) in [
            ("GC Heap Size (MB)", None, "- | System.Runtime | - | GC Heap Size | MB"),
            ("Allocation Rate (B / 1 sec)", None, "- | System.Runtime | - | Allocation Rate | B / 1 sec"),
            ("ThreadPool Thread Count", Some(""), "- | System.Runtime | - | ThreadPool Thread Count | -"),
            (
                "dotnet.gc.collections ({collection} / 1 sec)",
                Some("gc.heap.generation=gen0"),
                "- | System.Runtime | gc.heap.generation=gen0 | dotnet.gc.collections | {collection} / 1 sec",
            ),
        ] {
            assert_eq!(written(of_provider("System.Runtime", name, tags)), want);
        }
    }
}
