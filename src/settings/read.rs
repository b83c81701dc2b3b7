//! TOML to settings. Nothing that is written is passed over: what is not understood is a mistake.

use jiff::civil::Date;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Grouping, SettingsFile};
use crate::diagnostic::{Code, Diagnostics};
use crate::finding::Severity;
use crate::rules::{Block, Comparison, Spot, Unit, WrittenLimits, WrittenSuppression, nearest};
use crate::text::{Source, Span};

const KEYS: &[&str] = &[
    "rules",
    "builtin",
    "select",
    "ignore",
    "min-severity",
    "fail-on",
    "case",
    "near-misses",
    "jobs",
    "app",
    "suppress",
    "limits",
];
const LIMIT_KEYS: &[&str] = &["grows-by", "grows-at-least", "flat-within", "flat-at-most"];
const SUPPRESS_KEYS: &[&str] = &["id", "stack", "reason", "expires"];

/// Reads a settings file; `index` is the source's place in the diagnostics.
pub fn read(source: &Source, index: usize, diagnostics: &mut Diagnostics) -> SettingsFile {
    let mut reader = Reader { source, index, diagnostics };
    let (table, errors) = DeTable::parse_recoverable(&source.text);
    for error in &errors {
        let span = error.span().map_or(Span::default(), |range| Span::new(range.start, range.end));
        reader.syntax(span, error.message());
    }
    // Of a text with gaps nothing can be said that would not mislead.
    if !errors.is_empty() {
        return SettingsFile::default();
    }
    reader.file(table.get_ref())
}

struct Reader<'a> {
    source: &'a Source,
    index: usize,
    diagnostics: &'a mut Diagnostics,
}

type Entry<'t, 'i> = (Span, &'t str, &'t Spanned<DeValue<'i>>);

impl Reader<'_> {
    fn file(&mut self, table: &DeTable<'_>) -> SettingsFile {
        let mut file = SettingsFile::default();
        for (key_span, key, value) in entries(table) {
            let span = span_of(value);
            match key {
                "rules" => file.rules = self.paths(value),
                "builtin" => file.builtin = self.truth(value).map(|value| Spot { value, span }),
                "select" => file.select = Some(Spot { value: self.texts(value), span }),
                "ignore" => file.ignore = self.texts(value),
                "min-severity" => {
                    file.min_severity = self.severity(value, &[]).flatten().map(|value| Spot { value, span })
                }
                "fail-on" => file.fail_on = self.severity(value, &["never"]).map(|value| Spot { value, span }),
                "case" => file.case = self.grouping(value).map(|value| Spot { value, span }),
                "near-misses" => file.near_misses = self.number(value, 0).map(|value| Spot { value, span }),
                "jobs" => {
                    let jobs = self.number(value, 1).map(|jobs| u16::try_from(jobs).unwrap_or(u16::MAX));
                    file.jobs = jobs.map(|value| Spot { value, span });
                }
                "app" => file.app = self.texts(value),
                "suppress" => file.suppress = self.suppressions(value),
                "limits" => file.limits = self.limits(value),
                _ => self.unknown(key_span, key, KEYS),
            }
        }
        file
    }

    /// `[limits.private-bytes]`
    fn limits(&mut self, value: &Spanned<DeValue<'_>>) -> Vec<WrittenLimits> {
        const HELP: &str = "write `[limits.private-bytes]`, and below it `grows-by = \"10%\"`";
        let DeValue::Table(counters) = value.get_ref() else {
            self.wrong(span_of(value), "`limits` is a table with the names of counters", HELP);
            return Vec::new();
        };
        let mut all = Vec::new();
        for (span, counter, value) in entries(counters) {
            let mut limits =
                WrittenLimits { counter: Spot { value: counter.to_string(), span }, ..WrittenLimits::default() };
            let DeValue::Table(table) = value.get_ref() else {
                self.wrong(span_of(value), "the limits of a counter are a table", HELP);
                continue;
            };
            for (key_span, key, value) in entries(table) {
                match key {
                    "grows-by" => limits.grows_by = self.amount(value, &[Unit::Percent]),
                    "grows-at-least" => limits.grows_at_least = self.amount(value, &[Unit::Bytes, Unit::Plain]),
                    "flat-within" => limits.flat_within = self.amount(value, &[Unit::Percent]),
                    "flat-at-most" => limits.flat_at_most = self.amount(value, &[Unit::Bytes, Unit::Plain]),
                    _ => self.unknown(key_span, key, LIMIT_KEYS),
                }
            }
            all.push(limits);
        }
        all
    }

    /// `"10%"`, `"64 MB"`, `50`
    fn amount(&mut self, value: &Spanned<DeValue<'_>>, units: &[Unit]) -> Option<f64> {
        let text = match value.get_ref() {
            DeValue::String(text) => text.to_string(),
            DeValue::Integer(number) => number.as_str().to_string(),
            DeValue::Float(number) => number.as_str().to_string(),
            _ => String::new(),
        };
        let found = Comparison::parse(&text).filter(|found| units.contains(&found.unit) && found.of.is_none());
        let found = found.filter(|_| text.trim_start().starts_with(|c: char| c.is_ascii_digit()));
        if found.is_none() {
            let help = if units == [Unit::Percent] { "write `\"10%\"`" } else { "write `\"64 MB\"`, or a number" };
            self.wrong(span_of(value), "this is no amount that fits here", help);
        }
        found.map(|found| found.limit)
    }

    fn suppressions(&mut self, value: &Spanned<DeValue<'_>>) -> Vec<WrittenSuppression> {
        let items = match value.get_ref() {
            DeValue::Array(items) => items,
            _ => {
                self.wrong(span_of(value), "`suppress` is a list of tables", "begin each with a line `[[suppress]]`");
                return Vec::new();
            }
        };
        items.iter().filter_map(|item| self.suppression(item)).collect()
    }

    fn suppression(&mut self, item: &Spanned<DeValue<'_>>) -> Option<WrittenSuppression> {
        let DeValue::Table(table) = item.get_ref() else {
            self.wrong(span_of(item), "a suppression is a table", "begin it with a line `[[suppress]]`");
            return None;
        };
        let mut written = WrittenSuppression { span: span_of(item), ..WrittenSuppression::default() };
        for (key_span, key, value) in entries(table) {
            match key {
                "id" => written.id = self.text(value)?,
                "stack" => written.stack = Some(self.block(value)?),
                "reason" => written.reason = self.text(value)?.value,
                "expires" => written.expires = self.date(value),
                _ => self.unknown(key_span, key, SUPPRESS_KEYS),
            }
        }
        let given = [("id", &written.id.value), ("reason", &written.reason)];
        let missing: Vec<&str> = given.iter().filter(|(_, text)| text.trim().is_empty()).map(|(key, _)| *key).collect();
        for key in &missing {
            let message = format!("a suppression without `{key}`");
            let help = match *key {
                "id" => "name the rule: `id = \"gdiplus-in-asmx\"`; `*` stands for any text",
                _ => "say why, for whoever finds it in a year: `reason = \"replaced with the next release\"`",
            };
            self.diagnostics.add(Code::MissingSetting, self.index, written.span, message).help(help);
        }
        missing.is_empty().then_some(written)
    }

    /// A stack pattern, with the place of every line.
    fn block(&mut self, value: &Spanned<DeValue<'_>>) -> Option<Block> {
        let text = self.text(value)?;
        let mut at = text.span.start;
        let mut lines = Vec::new();
        for line in text.value.lines() {
            let rest = &self.source.text[at..text.span.end];
            let found = rest.find(line).filter(|_| !line.trim().is_empty());
            let span = match found {
                Some(offset) => Span::new(at + offset, at + offset + line.len()),
                None => text.span,
            };
            at = if found.is_some() { span.end } else { at };
            lines.push(Spot { value: line.to_string(), span });
        }
        Some(Block { span: text.span, lines })
    }

    fn paths(&mut self, value: &Spanned<DeValue<'_>>) -> Vec<Spot<String>> {
        let paths = self.texts(value);
        for path in &paths {
            // `"C:\rules"` holds a carriage return to TOML.
            if path.value.contains(char::is_control) {
                let help =
                    "TOML reads `\\` in double quotes as the start of an escape; write the path in single quotes";
                self.wrong(path.span, "this path has control characters in it", help);
            }
        }
        paths
    }

    /// One text, or a list of them.
    fn texts(&mut self, value: &Spanned<DeValue<'_>>) -> Vec<Spot<String>> {
        match value.get_ref() {
            DeValue::Array(items) => items.iter().filter_map(|item| self.text(item)).collect(),
            _ => self.text(value).into_iter().collect(),
        }
    }

    fn text(&mut self, value: &Spanned<DeValue<'_>>) -> Option<Spot<String>> {
        let span = span_of(value);
        match value.get_ref() {
            DeValue::String(text) => Some(Spot { value: text.to_string(), span }),
            other => {
                self.wrong(span, format!("a text is wanted here, this is {}", describe(other)), "put it in quotes");
                None
            }
        }
    }

    fn truth(&mut self, value: &Spanned<DeValue<'_>>) -> Option<bool> {
        let truth = value.get_ref().as_bool();
        if truth.is_none() {
            self.wrong(span_of(value), format!("this is {}", describe(value.get_ref())), "write `true` or `false`");
        }
        truth
    }

    fn number(&mut self, value: &Spanned<DeValue<'_>>, least: usize) -> Option<usize> {
        let number = value.get_ref().as_integer().and_then(|number| number.as_str().parse::<usize>().ok());
        let number = number.filter(|&number| number >= least);
        if number.is_none() {
            self.wrong(span_of(value), format!("a number from {least} on is wanted here"), "write it without quotes");
        }
        number
    }

    /// A severity, or one of `others`: `Some(None)`.
    fn severity(&mut self, value: &Spanned<DeValue<'_>>, others: &[&str]) -> Option<Option<Severity>> {
        let text = self.text(value)?;
        if others.contains(&text.value.as_str()) {
            return Some(None);
        }
        let severity = Severity::from_name(&text.value);
        if severity.is_none() {
            let words = Severity::ALL.map(Severity::name);
            self.no_word(&text, "severity", &[&words, others].concat());
        }
        severity.map(Some)
    }

    fn grouping(&mut self, value: &Spanned<DeValue<'_>>) -> Option<Grouping> {
        let text = self.text(value)?;
        let grouping = Grouping::from_name(&text.value);
        if grouping.is_none() {
            self.no_word(&text, "way to group inputs", &Grouping::ALL.map(Grouping::name));
        }
        grouping
    }

    /// `2027-01-31`, with quotes or without.
    fn date(&mut self, value: &Spanned<DeValue<'_>>) -> Option<Date> {
        let text = match value.get_ref() {
            DeValue::Datetime(date) => date.to_string(),
            DeValue::String(text) => text.to_string(),
            _ => String::new(),
        };
        let date = text.parse::<Date>().ok();
        if date.is_none() {
            self.wrong(span_of(value), "this is no date", "write it as `2027-01-31`: year, month, day");
        }
        date
    }

    fn no_word(&mut self, text: &Spot<String>, what: &str, words: &[&str]) {
        let help = match nearest(&text.value, words.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("write one of: {}", words.join(", ")),
        };
        self.wrong(text.span, format!("`{}` is no {what}", text.value), &help);
    }

    fn unknown(&mut self, span: Span, key: &str, known: &[&str]) {
        let help = match nearest(key, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("the settings are: {}", known.join(", ")),
        };
        self.diagnostics.add(Code::UnknownSetting, self.index, span, format!("unknown setting `{key}`")).help(help);
    }

    fn wrong(&mut self, span: Span, message: impl Into<String>, help: &str) {
        self.diagnostics.add(Code::BadSetting, self.index, span, message).help(help);
    }

    fn syntax(&mut self, span: Span, message: &str) {
        let line = self.source.text[..span.start.min(self.source.text.len())].lines().last().unwrap_or_default();
        let diagnostic = self.diagnostics.add(Code::TomlSyntax, self.index, span, message.replace('\n', ", "));
        if message.contains("escape") || line.contains(":\\") {
            diagnostic.help("TOML reads `\\` in double quotes as the start of an escape; write it in single quotes");
        }
    }
}

/// The entries of a table in the order of the text.
fn entries<'t, 'i>(table: &'t DeTable<'i>) -> Vec<Entry<'t, 'i>> {
    let mut entries: Vec<Entry<'t, 'i>> = table
        .iter()
        .map(|(key, value)| (Span::new(key.span().start, key.span().end), key.get_ref().as_ref(), value))
        .collect();
    entries.sort_by_key(|(span, ..)| *span);
    entries
}

fn span_of(value: &Spanned<DeValue<'_>>) -> Span {
    Span::new(value.span().start, value.span().end)
}

fn describe(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
