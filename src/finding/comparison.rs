//! The findings of two cases, an old and a new one: what is fixed, what is still there, what is new, and of what nothing
//! can be told.

use super::{Confidence, Severity, Verdict};

/// Growth of the number of threads up to this part is as good as none.
const FLAT: f64 = 0.10;

/// A finding as far as it is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComparedFinding {
    pub rule: String,
    pub title: String,
    pub severity: Severity,
    pub verdict: Verdict,
    pub confidence: Confidence,
    pub fingerprint: String,
    /// What tells it from others of its rule: the name by which threads are grouped.
    pub group: Option<String>,
    pub message: Option<String>,
    /// Threads that show it; 0 where it is no matter of threads.
    pub threads: u64,
    /// Where its proof begins.
    pub place: Option<FindingPlace>,
    /// Rules whose findings are part of this one.
    pub folded: Vec<String>,
    /// Rules that say more of the same stack, and go before this one.
    pub yields_to: Vec<String>,
    /// What the texts of the other case lack to show it, so that nothing follows from its silence.
    pub other_lacks: Option<String>,
}

/// A line of evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingPlace {
    /// Index of the source in its case.
    pub source: usize,
    pub line: u32,
    pub text: String,
}

/// By what a new finding is known to be an old one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SameBy {
    /// The same frames, or the same parts of evidence.
    Fingerprint,
    /// The same rule, on other frames or by other evidence.
    Rule,
    /// One is part of the other, or the other says more of the same.
    Part,
}

impl SameBy {
    pub fn name(self) -> &'static str {
        match self {
            SameBy::Fingerprint => "fingerprint",
            SameBy::Rule => "rule",
            SameBy::Part => "part",
        }
    }
}

/// What became of a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    New(ComparedFinding),
    StillThere { old: Box<ComparedFinding>, new: Box<ComparedFinding>, same_by: SameBy },
    Fixed(ComparedFinding),
    CannotTell(ComparedFinding),
}

impl Fate {
    pub fn name(&self) -> &'static str {
        match self {
            Fate::New(_) => "new",
            Fate::StillThere { .. } => "still-there",
            Fate::Fixed(_) => "fixed",
            Fate::CannotTell(_) => "cannot-tell",
        }
    }

    /// The finding as it is now, or as it was.
    pub fn finding(&self) -> &ComparedFinding {
        match self {
            Fate::New(finding) | Fate::Fixed(finding) | Fate::CannotTell(finding) => finding,
            Fate::StillThere { new, .. } => new,
        }
    }

    /// Whether there is more of it than there was: more proof, or more than a tenth more threads.
    pub fn is_worse(&self) -> bool {
        let Fate::StillThere { old, new, same_by } = self else { return false };
        let more = new.threads.saturating_sub(old.threads) as f64;
        let comparable = *same_by != SameBy::Part && old.threads > 0;
        new.verdict > old.verdict || (comparable && more > FLAT * old.threads as f64)
    }

    /// Whether nothing that is compared differs.
    pub fn is_as_it_was(&self) -> bool {
        let Fate::StillThere { old, new, same_by } = self else { return false };
        *same_by == SameBy::Fingerprint
            && (old.verdict, old.confidence, old.threads) == (new.verdict, new.confidence, new.threads)
    }

    /// Whether a build that asks for nothing worse than before should fail.
    pub fn fails(&self, least: Severity) -> bool {
        let is_bad = matches!(self, Fate::New(_)) || self.is_worse();
        is_bad && self.finding().severity >= least
    }
}

/// Compares the findings of two cases: the new ones, those that are still there, the fixed ones, and those of which nothing
/// can be told; of each the worst first.
pub fn compare(old: Vec<ComparedFinding>, new: Vec<ComparedFinding>) -> Vec<Fate> {
    let mut of_new: Vec<Option<(usize, SameBy)>> = vec![None; new.len()];
    let mut taken = vec![false; old.len()];
    type Same<'s> = (&'s dyn Fn(&ComparedFinding, &ComparedFinding) -> bool, SameBy);
    let same_print = |a: &ComparedFinding, b: &ComparedFinding| a.rule == b.rule && a.fingerprint == b.fingerprint;
    let steps: [Same<'_>; 4] = [
        (&|a, b| same_print(a, b) && a.group == b.group && a.message == b.message, SameBy::Fingerprint),
        (&|a, b| same_print(a, b) && a.group == b.group, SameBy::Fingerprint),
        (&same_print, SameBy::Fingerprint),
        (&|a, b| a.rule == b.rule && a.group == b.group, SameBy::Rule),
    ];
    for (is_same, same_by) in steps {
        for (at, finding) in new.iter().enumerate() {
            if of_new[at].is_some() {
                continue;
            }
            let known = (0..old.len()).find(|&known| !taken[known] && is_same(&old[known], finding));
            if let Some(known) = known {
                (of_new[at], taken[known]) = (Some((known, same_by)), true);
            }
        }
    }
    let mut fates: Vec<Fate> = Vec::new();
    for (finding, known) in new.iter().zip(&of_new) {
        let part = || old.iter().find(|old| became(old, finding) || old.folded.contains(&finding.rule));
        match known.map(|(known, same_by)| (&old[known], same_by)).or_else(|| Some((part()?, SameBy::Part))) {
            Some((old, same_by)) => {
                let (old, new) = (Box::new(old.clone()), Box::new(finding.clone()));
                fates.push(Fate::StillThere { old, new, same_by });
            }
            None => fates.push(Fate::New(finding.clone())),
        }
    }
    for (finding, _) in old.iter().zip(&taken).filter(|(_, taken)| !**taken) {
        let now = new.iter().find(|new| became(finding, new));
        match (now, &finding.other_lacks) {
            // It is told with the new one, of which it is part.
            (Some(now), _) if fates.iter().any(|fate| is_told(fate, finding, now)) => {}
            (Some(now), _) => {
                let (old, new) = (Box::new(finding.clone()), Box::new(now.clone()));
                fates.push(Fate::StillThere { old, new, same_by: SameBy::Part });
            }
            (None, Some(_)) => fates.push(Fate::CannotTell(finding.clone())),
            (None, None) => fates.push(Fate::Fixed(finding.clone())),
        }
    }
    let part = |fate: &Fate| match fate {
        Fate::New(_) => 0,
        Fate::StillThere { .. } => 1,
        Fate::Fixed(_) => 2,
        Fate::CannotTell(_) => 3,
    };
    fates.sort_by(|a, b| part(a).cmp(&part(b)).then_with(|| rank(b.finding()).cmp(&rank(a.finding()))));
    fates
}

fn rank(finding: &ComparedFinding) -> (Severity, Verdict, Confidence) {
    (finding.severity, finding.verdict, finding.confidence)
}

/// Whether the old one is part of the new one, or one of them goes before the other on the same stack.
fn became(old: &ComparedFinding, new: &ComparedFinding) -> bool {
    new.folded.contains(&old.rule) || old.yields_to.contains(&new.rule) || new.yields_to.contains(&old.rule)
}

fn is_told(fate: &Fate, old: &ComparedFinding, new: &ComparedFinding) -> bool {
    matches!(fate, Fate::StillThere { old: known, new: of_new, .. } if **known == *old && **of_new == *new)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `RULE PRINT THREADS`, then `in GROUP`, `folds RULE`, `yields RULE`, `sure`, `lacks`
    fn finding(text: &str) -> ComparedFinding {
        let words: Vec<&str> = text.split_whitespace().collect();
        let behind = |word: &str| words.windows(2).find(|pair| pair[0] == word).map(|pair| pair[1].to_string());
        ComparedFinding {
            rule: words[0].to_string(),
            title: words[0].to_string(),
            severity: if words[0] == "low" { Severity::Low } else { Severity::High },
            verdict: if words.contains(&"sure") { Verdict::Confirmed } else { Verdict::Suspected },
            confidence: Confidence::High,
            fingerprint: words[1].to_string(),
            group: behind("in"),
            message: None,
            threads: words[2].parse().unwrap(),
            place: None,
            folded: behind("folds").into_iter().collect(),
            yields_to: behind("yields").into_iter().collect(),
            other_lacks: words.contains(&"lacks").then(|| "no thread stacks".to_string()),
        }
    }

    fn check(old: &[&str], new: &[&str], want: &[&str]) {
        let findings = |texts: &[&str]| texts.iter().map(|text| finding(text)).collect::<Vec<_>>();
        let fates = compare(findings(old), findings(new));
        let shown = |fate: &Fate| {
            let how = match fate {
                Fate::StillThere { old, same_by, .. } => format!(" {} of {}", same_by.name(), old.rule),
                _ => String::new(),
            };
            let worse = if fate.is_worse() { " worse" } else { "" };
            let same = if fate.is_as_it_was() { " same" } else { "" };
            format!("{} {}{how}{worse}{same}", fate.name(), fate.finding().rule)
        };
        assert_eq!(fates.iter().map(shown).collect::<Vec<_>>(), want, "{old:?} {new:?}");
    }

    #[test]
    fn findings_are_paired_by_place_then_by_rule_then_by_what_they_are_part_of() {
        for (old, new, want) in [
            (vec!["a 1 3"], vec!["a 1 3"], vec!["still-there a fingerprint of a same"]),
            (vec!["a 1 20"], vec!["a 1 22"], vec!["still-there a fingerprint of a"]),
            (vec!["a 1 20"], vec!["a 1 23"], vec!["still-there a fingerprint of a worse"]),
            (vec!["a 1 3"], vec!["a 1 3 sure"], vec!["still-there a fingerprint of a worse"]),
            (vec!["a 1 3"], vec!["a 2 3"], vec!["still-there a rule of a"]),
            (vec!["a 1 3 in x"], vec!["a 2 3 in y"], vec!["new a", "fixed a"]),
            (
                vec!["a 1 3 in x", "a 1 9 in y"],
                vec!["a 1 9 in y", "a 1 3 in x"],
                vec!["still-there a fingerprint of a same", "still-there a fingerprint of a same"],
            ),
            (vec!["a 1 3"], vec![], vec!["fixed a"]),
            (vec!["a 1 3 lacks"], vec![], vec!["cannot-tell a"]),
            (vec![], vec!["low 1 3", "b 1 1"], vec!["new b", "new low"]),
            // A part of the evidence, alone or with the rest.
            (vec!["part 1 3"], vec!["whole 1 3 folds part"], vec!["still-there whole part of part"]),
            (
                vec!["whole 1 3 folds part lacks"],
                vec!["part 1 3"],
                vec!["still-there part part of whole", "cannot-tell whole"],
            ),
            (vec!["whole 1 3 folds part"], vec!["part 1 3"], vec!["still-there part part of whole", "fixed whole"]),
            (vec!["general 1 3 yields special"], vec!["special 1 3"], vec!["still-there special part of general"]),
        ] {
            check(&old, &new, &want);
        }
    }

    #[test]
    fn only_what_is_new_or_worse_fails() {
        let fate = |old: &[&str], new: &[&str]| {
            compare(old.iter().map(|text| finding(text)).collect(), new.iter().map(|text| finding(text)).collect())
                .remove(0)
        };
        for (old, new, least, want) in [
            (vec![], vec!["low 1 3"], Severity::Low, true),
            (vec![], vec!["low 1 3"], Severity::Medium, false),
            (vec!["a 1 3"], vec!["a 1 3"], Severity::Low, false),
            (vec!["a 1 3"], vec!["a 1 9"], Severity::Low, true),
            (vec!["a 1 9"], vec![], Severity::Low, false),
        ] {
            assert_eq!(fate(&old, &new).fails(least), want, "{old:?} {new:?}");
        }
    }
}
