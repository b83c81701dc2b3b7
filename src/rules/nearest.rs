//! The word that a misspelt one was meant to be.

/// The known word that `word` was most likely meant to be.
pub fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    candidates(word, known).into_iter().min().map(|(_, known)| known)
}

/// As [`nearest`], unless another word is as near.
pub fn only_nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let found = candidates(word, known);
    let (least, near) = *found.iter().min()?;
    (found.iter().filter(|(distance, _)| *distance == least).count() == 1).then_some(near)
}

/// Words within two letters, of a short word within one. Two letters that changed places count as one.
fn candidates<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Vec<(usize, &'a str)> {
    let word = word.to_lowercase();
    let limit = if word.len() <= 4 { 1 } else { 2 };
    let distance = |known: &str| edit_distance(&word, known) - usize::from(is_swapped(&word, known));
    known.map(|known| (distance(known), known)).filter(|(distance, _)| *distance <= limit).collect()
}

/// `hihg` for `high`
fn is_swapped(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let differs: Vec<usize> = (0..a.len().min(b.len())).filter(|&at| a[at] != b[at]).collect();
    let [first, second] = differs[..] else { return false };
    a.len() == b.len() && second == first + 1 && (a[first], a[second]) == (b[second], b[first])
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
        for (word, want) in
            [("sevrity", Some("severity")), ("fixx", Some("fix")), ("colour", None), ("tgas", Some("tags"))]
        {
            assert_eq!(nearest(word, ["severity", "tags", "fix"].into_iter()), want, "{word}");
        }
    }
}
