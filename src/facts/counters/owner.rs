//! Whose a series is, as far as its own text tells: `w3wp#1` on `web01`.

use crate::facts::{Process, process_name};
use crate::model::CounterSeries;

/// An instance of the objects of one family, in one recording.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Owner {
    pub family: Family,
    pub process: Process,
}

/// Objects that number processes of one name in the same way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    Process,
    /// `.NET CLR Memory`, `.NET CLR Loading`: numbered in the order in which the runtime was loaded.
    Clr,
    Other,
    /// The recording as a whole is of one process.
    Whole,
}

/// Whether a series is named by a path of Windows; others are of dotnet-counters.
pub fn is_of_windows(series: &CounterSeries) -> bool {
    series.name.starts_with('\\')
}

impl Owner {
    /// `None` when the counter is of no single process.
    pub fn of(series: &CounterSeries) -> Option<Owner> {
        let host = series.host.as_deref().map(str::to_lowercase);
        if !is_of_windows(series) {
            let (name, id) = series.process.as_deref().map(name_and_id).unwrap_or_default();
            return Some(Owner { family: Family::Whole, process: Process { host, name, id, ordinal: None } });
        }
        let object = series.object.to_ascii_lowercase();
        let family = match object.as_str() {
            "process" | "process v2" => Family::Process,
            _ if object.starts_with(".net clr ") => Family::Clr,
            _ => Family::Other,
        };
        let (name, ordinal, id) = instance(series.instance.as_deref()?)?;
        Some(Owner { family, process: Process { host, name: Some(name), id, ordinal } })
    }
}

/// Name, ordinal and id of an instance: `w3wp#1`; `w3wp:4312` of `Process V2`; `w3wp_p4312_r14` of .NET where the
/// registry's `ProcessNameFormat` asks for it.
fn instance(text: &str) -> Option<(String, Option<u32>, Option<u64>)> {
    let text = text.trim().to_lowercase();
    if text.is_empty() || text.contains('/') {
        return None;
    }
    let (name, ordinal, id) = if let Some((name, ordinal)) = ending_in_number(&text, '#') {
        (name, u32::try_from(ordinal).ok(), None)
    } else if let Some((name, id)) = ending_in_number(&text, ':') {
        (name, None, Some(id))
    } else if let Some((name, id)) = with_runtime(&text) {
        (name, None, Some(id))
    } else {
        (text.as_str(), Some(0), None)
    };
    let is_none = matches!(name, "_total" | "_global_" | "idle");
    (!is_none).then(|| (process_name(name), ordinal, id))
}

fn ending_in_number(text: &str, mark: char) -> Option<(&str, u64)> {
    let (name, number) = text.rsplit_once(mark)?;
    Some((name, number.parse().ok()?)).filter(|(name, _)| !name.is_empty())
}

fn with_runtime(text: &str) -> Option<(&str, u64)> {
    let (front, _) = text.rsplit_once("_r")?;
    let (name, id) = front.rsplit_once("_p")?;
    Some((name, id.parse().ok()?)).filter(|(name, _)| !name.is_empty())
}

/// The process of a recording: `ShopService`, `ShopService (4312)`, `4312`.
fn name_and_id(text: &str) -> (Option<String>, Option<u64>) {
    let text = text.trim();
    if let Ok(id) = text.parse() {
        return (None, Some(id));
    }
    let (name, id) = match text.strip_suffix(')').and_then(|text| ending_in_number(text, '(')) {
        Some((name, id)) => (name, Some(id)),
        None => (text, None),
    };
    (Some(process_name(name)).filter(|name| !name.is_empty()), id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instances_name_processes() {
        for (text, want) in [
            ("w3wp", Some("w3wp Some(0) None")),
            ("W3WP#12", Some("w3wp Some(12) None")),
            ("w3wp:4312", Some("w3wp None Some(4312)")),
            ("w3wp_p4312_r14_ad2", Some("w3wp None Some(4312)")),
            ("my_service_p_runner", Some("my_service_p_runner Some(0) None")),
            ("C#", Some("c# Some(0) None")),
            ("w3wp/12", None),
            ("_Total", None),
            ("_Global_", None),
            ("Idle", None),
            ("", None),
        ] {
            let got = instance(text).map(|(name, ordinal, id)| format!("{name} {ordinal:?} {id:?}"));
            assert_eq!(got.as_deref(), want, "{text}");
        }
        assert_eq!(name_and_id("Shop (4312)"), (Some("shop".to_string()), Some(4312)));
        assert_eq!(name_and_id("Shop.exe"), (Some("shop".to_string()), None));
        assert_eq!(name_and_id("4312"), (None, Some(4312)));
    }
}
