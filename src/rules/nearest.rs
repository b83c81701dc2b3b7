//! The word that a misspelt one was meant to be.

/// The known word that `word` was most likely meant to be.
pub fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let limit = if word.len() <= 4 { 1 } else { 2 };
    let distances = known.map(|known| (edit_distance(word, known), known));
    distances.min().filter(|(distance, _)| *distance <= limit).map(|(_, known)| known)
}

/// How many letters must be added, taken away or changed to make one text of the other.
pub fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, &cb) in b.iter().enumerate() {
            let changed = diagonal + usize::from(ca != cb);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_within_two_letters() {
        for (word, want) in [("sevrity", Some("severity")), ("tgas", None), ("fixx", Some("fix")), ("colour", None)] {
            assert_eq!(nearest(word, ["severity", "tags", "fix"].into_iter()), want, "{word}");
        }
    }
}
