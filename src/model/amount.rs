//! Numbers as tools print them: rounded, so that each has an error.

/// A measured number. The true value lies between `value - error` and `value + error`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Amount {
    pub value: f64,
    pub error: f64,
}

impl Amount {
    /// A number that was counted, or printed in full.
    pub fn exact(value: f64) -> Self {
        Amount { value, error: 0.0 }
    }

    /// A number that was rounded to a multiple of `step`: `1.17 GBytes` to 0.01 GB, whatever zeros were dropped.
    pub fn rounded(value: f64, step: f64) -> Self {
        Amount { value, error: step / 2.0 }
    }

    pub fn lowest(self) -> f64 {
        self.value - self.error
    }

    pub fn highest(self) -> f64 {
        self.value + self.error
    }

    /// This number less another; the errors add up.
    pub fn minus(self, other: Amount) -> Amount {
        Amount { value: self.value - other.value, error: self.error + other.error }
    }

    /// This number divided by another, as a share or a rate. `None` where the other may be zero.
    pub fn over(self, other: Amount) -> Option<Amount> {
        if other.lowest() <= 0.0 && other.highest() >= 0.0 {
            return None;
        }
        let corners = [self.lowest(), self.highest()].map(|own| [own / other.lowest(), own / other.highest()]);
        let corners = corners.as_flattened();
        let lowest = corners.iter().copied().fold(f64::INFINITY, f64::min);
        let highest = corners.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let value = self.value / other.value;
        Some(Amount { value, error: (highest - value).max(value - lowest) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_carried_along() {
        let (first, last) = (Amount::rounded(1.17, 0.01), Amount::rounded(2.19, 0.01));
        let growth = last.minus(first);
        assert!((growth.value - 1.02).abs() < 1e-9 && (growth.error - 0.01).abs() < 1e-9);
        let share = Amount::rounded(1.17, 0.01).over(Amount::rounded(1.68, 0.01)).expect("1.68 is not zero");
        assert!((share.value - 0.6964).abs() < 1e-4 && share.error < 0.0051, "{share:?}");
        assert_eq!(last.over(Amount::rounded(0.0, 0.01)), None);
    }
}
