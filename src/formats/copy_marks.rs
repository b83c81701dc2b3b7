//! Marks that copying puts around lines: the `> ` of a quoted mail, the `12. ` of a listing, the `|` of a table, the time
//! before each line of a pipeline's log.

use super::stacks::{self, clrstack, k, k_header};
use super::{counters, leak_reports, prompt, tables, thread_header};

/// What stands before every line of a quoted mail, a comment or a copied listing.
const MARKS: [&str; 11] = [">", "///", "//", "/*", "# |", "#", ";", "*", "'", "\"", "- "];

/// Takes marks off lines. A line may begin with a mark of its own, `>` being the rest of a template's arguments, so marks
/// are believed from a line on that is something known without them.
#[derive(Debug, Default)]
pub struct CopyMarks {
    /// The mark of the lines above.
    mark: Option<&'static str>,
    /// One backtick of Markdown stood before a line above.
    ticked: bool,
    /// The line above stood between two backticks.
    between_ticks: bool,
}

impl CopyMarks {
    /// The line without its marks.
    pub fn strip<'t>(&mut self, line: &'t str) -> &'t str {
        let line = without_stamp(line);
        let line = line.strip_suffix("\"\"\"").unwrap_or(line);
        if let Some(inner) = self.between_ticks(line) {
            return inner;
        }
        let line = without_fence(line);
        let line = without_wiki_marks(self.without_tick(line));
        let trimmed = line.trim_start();
        match trimmed.as_bytes().first().copied().unwrap_or_default() {
            b'|' if is_known_or_site(line.trim_matches(['|', ' '])) => line.trim_matches(['|', ' ']),
            b'0'..=b'9' => without_list_number(line),
            _ => self.without_mark(line, trimmed),
        }
    }

    /// Each line between two backticks of its own. Addresses have one in their middle.
    fn between_ticks<'t>(&mut self, line: &'t str) -> Option<&'t str> {
        let inner = line.trim_start().strip_prefix('`').and_then(|behind| behind.strip_suffix('`'));
        let inner = inner.filter(|inner| !inner.starts_with('`') && !inner.is_empty());
        let found = inner.filter(|inner| self.between_ticks || is_known_or_site(inner));
        self.between_ticks = found.is_some();
        found
    }

    /// `` `Child-SP RetAddr Call Site``: what was meant for a listing stands between two single backticks.
    fn without_tick<'t>(&mut self, line: &'t str) -> &'t str {
        let inner = line.trim_start().strip_prefix('`').filter(|inner| !inner.starts_with('`'));
        if let Some(inner) = inner.filter(|inner| inner.contains(' ') && !inner.contains('`') && is_known(inner)) {
            self.ticked = true;
            return inner;
        }
        let end = line.strip_suffix('`').filter(|before| self.ticked && !before.ends_with('`'));
        self.ticked &= end.is_none();
        end.unwrap_or(line)
    }

    fn without_mark<'t>(&mut self, line: &'t str, trimmed: &'t str) -> &'t str {
        let Some(mark) = MARKS.into_iter().find(|mark| trimmed.starts_with(mark)) else {
            self.mark = None;
            return line;
        };
        if self.mark != Some(mark) {
            self.mark = None;
            if !is_known(line) && is_known_or_site(without(mark, trimmed)) {
                self.mark = Some(mark);
            }
        }
        match self.mark {
            Some(mark) if prompt::parse(line).is_none() => without(mark, trimmed),
            _ => line,
        }
    }
}

/// `2024-05-08T12:00:00.1234567Z 00 00000000`0b99b2f0 ...`: Azure Pipelines and GitHub Actions set the time before each
/// line, to seven digits of a second.
fn without_stamp(line: &str) -> &str {
    const FORM: &[u8] = b"0000-00-00T00:00:00.0000000Z ";
    let text = line.trim_start_matches('\u{feff}');
    let fits = |byte: u8, form: u8| if form == b'0' { byte.is_ascii_digit() } else { byte == form };
    match text.len() >= FORM.len() && text.bytes().zip(FORM).all(|(byte, &form)| fits(byte, form)) {
        true => &text[FORM.len()..],
        false => line,
    }
}

/// `{{   at A.B()}}` and `{noformat}0:000> kL` of Jira: what is meant for a listing.
fn without_wiki_marks(line: &str) -> &str {
    if !line.contains('{') {
        return line;
    }
    let trimmed = line.trim();
    let of_line = trimmed.strip_prefix("{{").and_then(|inner| inner.strip_suffix("}}"));
    if let Some(inner) = of_line.filter(|inner| !inner.contains("}}")) {
        return inner;
    }
    let is_block = |words: &str| matches!(words.split(':').next(), Some("noformat" | "code"));
    let begun = trimmed.strip_prefix('{').and_then(|rest| rest.split_once('}')).filter(|(words, _)| is_block(words));
    let line = begun.map_or(line, |(_, behind)| behind);
    line.strip_suffix("{noformat}").or_else(|| line.strip_suffix("{code}")).unwrap_or(line)
}

/// "```ntdll!NtWaitForSingleObject+0x14": the fence of a listing on the line of its first frame, or of its last.
fn without_fence(line: &str) -> &str {
    const FENCE: &str = "```";
    let begun = line.trim_start().strip_prefix(FENCE).filter(|behind| behind.contains('!') || is_known(behind));
    let line = begun.filter(|behind| !behind.starts_with('`')).unwrap_or(line);
    let ended = line.strip_suffix(FENCE).filter(|before| before.contains('!') && !before.contains('`'));
    ended.unwrap_or(line)
}

/// `> > 00 00000000`0b99b2f0 ...`: every answer to a mail adds one. dotnet-dump's prompt looks the same and is kept.
fn without<'t>(mark: &str, line: &'t str) -> &'t str {
    let mut rest = line;
    while let Some(bare) = rest.strip_prefix(mark) {
        rest = bare.strip_prefix(' ').unwrap_or(bare);
    }
    rest
}

/// A call site alone counts where an offset shows that it is one.
pub fn is_known_or_site(line: &str) -> bool {
    is_known(line) || (line.contains('!') && stacks::bare::frame(line).is_some())
}

/// Whether a line is surely part of a debugger's output.
pub fn is_known(line: &str) -> bool {
    prompt::parse(line).is_some()
        || k_header::header(line).is_some()
        || k::frame_without_header(line).is_some()
        || clrstack::is_header(line)
        || clrstack::row(line).is_some()
        || clrstack::thread_header(line).is_some()
        || thread_header::parse(line).is_some()
        || stacks::shown_by(line).is_some()
        || leak_reports::is_known(line)
        || counters::begins(line)
        || tables::is_event(line)
}

/// `  12. 000000001bb1e9a0 ...`: paste sites number lines; a frame number has no dot.
fn without_list_number(line: &str) -> &str {
    let number = line.trim_start();
    let digits = number.bytes().take_while(u8::is_ascii_digit).count();
    if digits > 5 {
        return line;
    }
    if let Some(rest) = number[digits..].strip_prefix(". ") {
        return rest.trim_start();
    }
    // A test's output behind its number: `23:     #6 0x7ff9bb1f1789 in SDL_WriteIO`.
    match number[digits..].strip_prefix(": ") {
        Some(rest) if prompt::parse(line).is_none() && is_known(rest) => rest,
        _ => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_taken_off() {
        let mut marks = CopyMarks::default();
        for (line, want) in [
            ("`words`", "`words`"),
            ("```ntdll.dll!NtWaitForAlertByThreadId()\tUnknown", "ntdll.dll!NtWaitForAlertByThreadId()\tUnknown"),
            ("svc!main+0x1d```", "svc!main+0x1d"),
            ("```csharp", "```csharp"),
            ("```", "```"),
            (">&>+0x27", ">&>+0x27"),
            ("> > 0:001> kL", "0:001> kL"),
            ("> 00 00000000`0b99b2f0 a!b", "00 00000000`0b99b2f0 a!b"),
            (">", ""),
            ("> clrstack -all", "> clrstack -all"),
            ("  12. 000000001bb1e9a0 N.T.M()", "000000001bb1e9a0 N.T.M()"),
            ("| 00000000`0b99b2f0 00000000`00000000 a!b | |", "00000000`0b99b2f0 00000000`00000000 a!b"),
            ("00 00000000`0b99b2f0 a!b", "00 00000000`0b99b2f0 a!b"),
            ("prose > more", "prose > more"),
            ("    // ChildEBP RetAddr  Args to Child", "ChildEBP RetAddr  Args to Child"),
            ("    // any words", "any words"),
            ("int x; // 0", "int x; // 0"),
            ("# a heading", "# a heading"),
            ("> Number of allocations   13,155 allocations", "Number of allocations   13,155 allocations"),
            ("> Tracking duration   01:39:09", "Tracking duration   01:39:09"),
            ("`0012f0a0 7c90d1fc a!b+0x1, calling a!c", "0012f0a0 7c90d1fc a!b+0x1, calling a!c"),
            ("0012f0b0 7c90d1fc a!d+0x1, calling a!e`", "0012f0b0 7c90d1fc a!d+0x1, calling a!e"),
            ("a!`anonymous namespace'::f`", "a!`anonymous namespace'::f`"),
            ("`Child-SP         RetAddr          Caller, Callee", "Child-SP         RetAddr          Caller, Callee"),
            ("`words` and more", "`words` and more"),
            ("`00 00000000`0b99b2f0 00000000`00000000 a!b`", "00 00000000`0b99b2f0 00000000`00000000 a!b"),
            ("`words`", "words"),
            ("- 00 00000000`0b99b2f0 00000000`00000000 a!b", "00 00000000`0b99b2f0 00000000`00000000 a!b"),
            ("--- End of inner exception stack trace ---", "--- End of inner exception stack trace ---"),
            ("2024-05-08T12:00:00.1234567Z    at N.T.M()", "   at N.T.M()"),
            ("2024-05-08T12:00:00.123Z    at N.T.M()", "2024-05-08T12:00:00.123Z    at N.T.M()"),
            ("{{   at N.T.M()}}", "   at N.T.M()"),
            ("{code:java}0:001> kL", "0:001> kL"),
            ("a!b+0x12{noformat}", "a!b+0x12"),
            ("{noformat}", ""),
            ("{ \"a\": {} }", "{ \"a\": {} }"),
            ("{{x}} and {{y}}", "{{x}} and {{y}}"),
            ("`fffffefe", "`fffffefe"),
            ("> ntdll!ZwCreateEvent+0x3", "ntdll!ZwCreateEvent+0x3"),
            ("23:     #6 0x7ff9bb1f1789 in SDL_WriteIO", "    #6 0x7ff9bb1f1789 in SDL_WriteIO"),
        ] {
            assert_eq!(marks.strip(line), want, "{line}");
        }
    }
}
