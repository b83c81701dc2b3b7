//! Figures as people read them.

use crate::model::Amount;

const UNITS: [(&str, f64); 5] = [("TB", TB), ("GB", TB / 1024.0), ("MB", MB), ("KB", 1024.0), ("bytes", 1.0)];
const MB: f64 = 1024.0 * 1024.0;
const TB: f64 = MB * MB;

/// `1.17 GB`
pub fn bytes(amount: f64) -> String {
    bytes_in_row(&[amount])
}

/// `1.17 → 1.63 → 2.19 GB`: the unit is that of the greatest.
pub fn bytes_in_row(amounts: &[f64]) -> String {
    let greatest = amounts.iter().fold(0.0, |greatest: f64, amount| greatest.max(amount.abs()));
    let (unit, size) = UNITS.into_iter().find(|(_, size)| greatest >= *size).unwrap_or(UNITS[UNITS.len() - 1]);
    let numbers: Vec<String> = amounts.iter().map(|amount| three_digits(amount / size)).collect();
    format!("{} {unit}", numbers.join(" → "))
}

/// `69.6% → 76.2% → 81.1%`
pub fn shares_in_row(shares: &[Amount]) -> String {
    shares.iter().map(|share| percent(share.value)).collect::<Vec<_>>().join(" → ")
}

/// `81.1%`, `+87%`
pub fn percent(part: f64) -> String {
    let percent = part * 100.0;
    if percent.abs() >= 100.0 { format!("{percent:.0}%") } else { format!("{}%", trimmed(format!("{percent:.1}"))) }
}

/// `+87%`, `-3%`
pub fn signed(part: f64) -> String {
    if part > 0.0 { format!("+{}", percent(part)) } else { percent(part) }
}

/// `1.3 GB` of `1.3 GB` and `1.304 GB`: a rate is no more exact than that.
pub fn two_digits(text: &str) -> String {
    let Some((number, unit)) = text.split_once(' ') else { return text.to_string() };
    match number.parse::<f64>() {
        Ok(number) if number.abs() < 10.0 => format!("{number:.1} {unit}"),
        _ => text.to_string(),
    }
}

/// `13,155 → 13,150 → 12,862`
pub fn counts_in_row(counts: &[f64]) -> String {
    counts.iter().map(|count| thousands(count.round() as i64)).collect::<Vec<_>>().join(" → ")
}

/// `46 min`, `1 h 56 min`, `3 d 2 h`
pub fn minutes(minutes: f64) -> String {
    let minutes = minutes.round() as i64;
    match (minutes / 1440, minutes / 60 % 24, minutes % 60) {
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, 0) => format!("{hours} h"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, 0, _) => format!("{days} d"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

/// `0.3 s`, `29 s`, `46 min`
pub fn seconds(seconds: f64) -> String {
    match seconds {
        short if short < 9.95 => format!("{} s", trimmed(format!("{short:.1}"))),
        short if short < 119.5 => format!("{short:.0} s"),
        long => minutes(long / 60.0),
    }
}

/// `▁▄█`: heights between nothing and the greatest.
pub fn bars(values: &[f64]) -> String {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let greatest = values.iter().copied().fold(0.0, f64::max);
    let bar = |value: &f64| BARS[((value / greatest * 8.0).ceil() as usize).clamp(1, 8) - 1];
    if greatest > 0.0 { values.iter().map(bar).collect() } else { String::new() }
}

/// Two decimals below 10, one below 100, none above; zeros at the end dropped.
fn three_digits(number: f64) -> String {
    match number.abs() {
        size if size < 9.995 => trimmed(format!("{number:.2}")),
        size if size < 99.95 => trimmed(format!("{number:.1}")),
        _ => format!("{number:.0}"),
    }
}

fn trimmed(number: String) -> String {
    match number.contains('.') {
        true => number.trim_end_matches('0').trim_end_matches('.').to_string(),
        false => number,
    }
}

fn thousands(count: i64) -> String {
    let digits = count.abs().to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if count < 0 { format!("-{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures() {
        let gb = 1024.0 * MB;
        for (got, want) in [
            (bytes_in_row(&[1.17 * gb, 1.63 * gb, 2.19 * gb]), "1.17 → 1.63 → 2.19 GB"),
            (bytes(7.658 * MB), "7.66 MB"),
            (bytes(501.81 * MB), "502 MB"),
            (bytes(-1.02 * gb), "-1.02 GB"),
            (bytes(512.0), "512 bytes"),
            (bytes(0.0), "0 bytes"),
            (counts_in_row(&[13155.0, 469.0, -1234567.0]), "13,155 → 469 → -1,234,567"),
            (percent(0.6964), "69.6%"),
            (percent(1.5), "150%"),
            (minutes(46.9), "47 min"),
            (seconds(0.25), "0.2 s"),
            (seconds(90.0), "90 s"),
            (seconds(600.0), "10 min"),
            (minutes(116.0), "1 h 56 min"),
            (minutes(4440.0), "3 d 2 h"),
            (bars(&[1.17, 1.63, 2.19]), "▅▆█"),
        ] {
            assert_eq!(got, want);
        }
    }
}
