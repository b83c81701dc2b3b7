//! Names of sources that differ by a number only: `hang-1.txt`, `hang-2.txt`, `dump_20260302_140030.log`.

use std::collections::BTreeMap;

/// Where a source stands among those whose names differ from its own by numbers only.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SeriesPlace {
    /// Number of the series.
    pub series: usize,
    /// The numbers in which the names differ.
    pub numbers: Vec<u64>,
}

/// The places of sources with these names. A single number of four or five digits may be the id of a process, which says
/// nothing of time: such names are no series.
pub fn series(names: &[String]) -> Vec<Option<SeriesPlace>> {
    let mut alike: BTreeMap<String, Vec<(usize, Vec<u64>)>> = BTreeMap::new();
    for (index, name) in names.iter().enumerate() {
        if let Some((rest, numbers)) = taken_apart(name) {
            alike.entry(rest).or_default().push((index, numbers));
        }
    }
    let mut places = vec![None; names.len()];
    for (number, sources) in alike.values().enumerate() {
        let Some((_, first)) = sources.first() else { continue };
        let differs = |at: &usize| sources.iter().any(|(_, numbers)| numbers[*at] != first[*at]);
        let varying: Vec<usize> = (0..first.len()).filter(differs).collect();
        let may_be_ids = |at: usize| sources.iter().any(|(_, numbers)| (1_000..100_000).contains(&numbers[at]));
        if varying.is_empty() || matches!(varying.as_slice(), [only] if may_be_ids(*only)) {
            continue;
        }
        for (index, numbers) in sources {
            let numbers = varying.iter().map(|&at| numbers[at]).collect();
            places[*index] = Some(SeriesPlace { series: number, numbers });
        }
    }
    places
}

/// The name with `#` for every number, and the numbers; `None` where one is too long.
fn taken_apart(name: &str) -> Option<(String, Vec<u64>)> {
    let (mut rest, mut numbers) = (String::new(), Vec::new());
    let mut digits = String::new();
    for c in name.chars().chain(['\0']) {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        if !digits.is_empty() {
            numbers.push(digits.parse().ok()?);
            rest.push('#');
            digits.clear();
        }
        rest.push(c);
    }
    Some((rest, numbers))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_a_row() {
        for (names, want) in [
            (vec!["hang-1.txt", "hang-2.txt", "other.txt"], vec!["0 1", "0 2", ""]),
            (vec!["hang-2.txt", "hang-10.txt"], vec!["0 2", "0 10"]),
            (vec!["d1/k.txt", "d2/k.txt"], vec!["0 1", "0 2"]),
            // Ids of processes, perhaps.
            (vec!["w3wp-4312.txt", "w3wp-9020.txt"], vec!["", ""]),
            (vec!["w3wp-4312-1.txt", "w3wp-4312-2.txt"], vec!["0 1", "0 2"]),
            (vec!["a-20260302-140030.log", "a-20260302-140100.log"], vec!["0 140030", "0 140100"]),
            (vec!["k.txt", "kv.txt", "kL.txt"], vec!["", "", ""]),
            (vec!["a-99999999999999999999999.txt", "a-1.txt"], vec!["", ""]),
        ] {
            let names: Vec<String> = names.into_iter().map(str::to_string).collect();
            let shown = |place: &Option<SeriesPlace>| {
                let numbers =
                    |place: &SeriesPlace| place.numbers.iter().map(u64::to_string).collect::<Vec<_>>().join(" ");
                place.as_ref().map_or(String::new(), |place| format!("0 {}", numbers(place)))
            };
            let got: Vec<String> = series(&names).iter().map(shown).collect();
            assert_eq!(got, want, "{names:?}");
        }
    }
}
