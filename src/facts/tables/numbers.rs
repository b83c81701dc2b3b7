//! Numbers as debuggers print them.

use crate::model::Amount;

/// `20013904`, or `20,013,904` as newer tools print it.
pub fn decimal(text: &str) -> Option<Amount> {
    let digits: String = text.chars().filter(|c| !matches!(c, ',' | '.')).collect();
    whole(digits.parse().ok()?)
}

/// `81ee80`, `0x8d000`, `7df9`74541000`
pub fn hexadecimal(text: &str) -> Option<Amount> {
    whole(address(text)?)
}

pub fn address(text: &str) -> Option<u64> {
    let digits: String = text.trim().trim_start_matches("0x").chars().filter(|c| *c != '`').collect();
    u64::from_str_radix(&digits, 16).ok()
}

/// `0x2efe8(192488)`, `0x1fc8 (8136)`, `0x00001000 bytes`: the number in parentheses is the same in decimal.
pub fn size(text: &str) -> Option<Amount> {
    let text = text.trim();
    if let Some((_, behind)) = text.split_once('(')
        && let Some((digits, _)) = behind.split_once(')')
    {
        return decimal(digits.trim());
    }
    let first = text.split_whitespace().next()?;
    if first.starts_with("0x") { hexadecimal(first) } else { decimal(first) }
}

/// `99.52%`, `97.61`: rounded as printed.
pub fn percent(text: &str) -> Option<Amount> {
    let digits = text.trim().trim_end_matches('%');
    let value: f64 = digits.parse().ok()?;
    let decimals = digits.split_once('.').map_or(0, |(_, behind)| behind.len());
    Some(Amount::rounded(value / 100.0, 0.01 / 10f64.powi(decimals as i32)))
}

/// Beyond 2^53 a float does not hold every whole number.
fn whole(number: u64) -> Option<Amount> {
    let value = number as f64;
    let is_exact = number < 1 << 53;
    Some(if is_exact { Amount::exact(value) } else { Amount::rounded(value, 4096.0) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        for (got, want) in [
            (decimal("20,013,904"), Some(20_013_904.0)),
            (decimal("227"), Some(227.0)),
            (decimal("2x"), None),
            (hexadecimal("0`05a27000"), Some(94_531_584.0)),
            (hexadecimal("0x14"), Some(20.0)),
            (size("0x2efe8(192488)"), Some(192_488.0)),
            (size("0x33468 (210024) bytes"), Some(210_024.0)),
            (size("0x00001000 bytes"), Some(4096.0)),
            (size("0x1000 (4096) bytes total, 0x2000 (8192) bytes wasted"), Some(4096.0)),
            (size(""), None),
            (percent("99.52%"), Some(0.9952)),
        ] {
            assert_eq!(got.map(|amount| (amount.value * 1e6).round() / 1e6), want);
        }
        assert!((percent("0.48%").unwrap().error - 0.00005).abs() < 1e-12);
    }
}
