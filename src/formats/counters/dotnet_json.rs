//! `dotnet-counters collect --format json`: one line for a whole session, or none of its line ends where a person
//! indented it.
//!
//! ```text
//! { "TargetProcess": "Shop", "StartTime": "9/22/2026 1:02:03 PM", "Events": [{ "timestamp": "2026-09-22 13:02:03Z",
//! "provider": "System.Runtime", "name": "GC Heap Size (MB)", "tags": "", "counterType": "Metric", "value": 45.2 },...]}
//! ```
//!
//! The line may be larger than memory, and has no end when the session was killed; names are not escaped
//! (`JSONExporter.cs` of dotnet-counters). So each event is cut out of the stream, and read by a JSON parser alone: a
//! broken one costs none of the others.

use serde::Deserialize;

use super::clock::Habit;
use super::path;
use super::recording::Recording;
use super::stamp::Stamp;
use crate::formats::notes::Notes;
use crate::model::{CounterSeries, NoteCode};

/// Events are some hundred bytes; one that is longer has lost its end.
const LONGEST_EVENT: usize = 64 * 1024;

/// The session being read.
pub struct DotnetJson {
    recording: Recording,
    process: Option<String>,
    state: State,
    /// The head or the event so far.
    text: Vec<u8>,
    /// Line on which it begins.
    begun: u32,
    depth: u32,
    quoted: bool,
    escaped: bool,
    line: u32,
    /// What the line at hand holds so far.
    content: Content,
    pub lines: Lines,
}

/// Where the lines went.
#[derive(Clone, Copy, Debug, Default)]
pub struct Lines {
    pub counters: u64,
    pub other: u64,
    pub blank: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before the list of events.
    Head,
    Between,
    Event,
    /// Behind the end of the session.
    Behind,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Content {
    /// Not even a line end.
    Nothing,
    Blank,
    Other,
    Counters,
}

#[derive(Deserialize)]
struct Head {
    #[serde(rename = "TargetProcess")]
    process: Option<String>,
}

#[derive(Deserialize)]
struct Event {
    timestamp: String,
    provider: String,
    name: String,
    tags: Option<String>,
    value: serde_json::Number,
}

/// Whether a source begins like a session.
pub fn begins(head: &[u8]) -> bool {
    let rest = head.trim_ascii_start();
    rest.strip_prefix(b"{").is_some_and(|rest| rest.trim_ascii_start().starts_with(b"\"TargetProcess\""))
}

impl DotnetJson {
    pub fn new() -> Self {
        DotnetJson {
            recording: Recording::new(Habit::Invariant),
            process: None,
            state: State::Head,
            text: Vec::new(),
            begun: 1,
            depth: 0,
            quoted: false,
            escaped: false,
            line: 1,
            content: Content::Nothing,
            lines: Lines::default(),
        }
    }

    /// Takes the next bytes, cut anywhere.
    pub fn bytes(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.byte(byte);
            let content = match self.state {
                _ if byte.is_ascii_whitespace() => Content::Blank,
                State::Behind if byte != b']' && byte != b'}' => Content::Other,
                _ => Content::Counters,
            };
            self.content = self.content.max(content);
            if byte == b'\n' {
                self.end_line();
            }
        }
    }

    fn end_line(&mut self) {
        match self.content {
            Content::Nothing => return,
            Content::Blank => self.lines.blank += 1,
            Content::Other => self.lines.other += 1,
            Content::Counters => self.lines.counters += 1,
        }
        self.content = Content::Nothing;
        self.line += 1;
    }

    fn byte(&mut self, byte: u8) {
        match self.state {
            State::Head => {
                self.push(byte);
                if byte == b'[' && !self.quoted {
                    self.head();
                    self.state = State::Between;
                } else if self.text.len() > LONGEST_EVENT {
                    self.lost();
                    self.state = State::Between;
                }
            }
            State::Between => match byte {
                b'{' => {
                    self.begin();
                    self.state = State::Event;
                    self.push(byte);
                }
                b']' => self.state = State::Behind,
                _ => {}
            },
            State::Event => self.byte_of_event(byte),
            State::Behind => {
                // Another session may follow, where files were put together.
                if byte == b'{' {
                    self.begin();
                    self.state = State::Head;
                    self.push(byte);
                }
            }
        }
    }

    fn byte_of_event(&mut self, byte: u8) {
        self.push(byte);
        if byte == b'"'
            && let Some(rest) = self.text.strip_suffix(b"\"timestamp\"")
            && let Some(start) = rest.trim_ascii_end().strip_suffix(b"{").map(<[u8]>::len)
            && start > 0
        {
            // The event above has lost its end, or has a quotation mark that is not escaped.
            self.lost();
            self.begin();
            self.text.extend(b"{\"timestamp\"");
            self.depth = 1;
        } else if self.depth == 0 {
            self.event();
            self.state = State::Between;
        } else if self.text.len() > LONGEST_EVENT {
            self.lost();
            self.state = State::Between;
        }
    }

    fn begin(&mut self) {
        self.text.clear();
        self.begun = self.line;
        (self.depth, self.quoted, self.escaped) = (0, false, false);
    }

    fn push(&mut self, byte: u8) {
        self.text.push(byte);
        match byte {
            _ if self.escaped => self.escaped = false,
            b'\\' if self.quoted => self.escaped = true,
            b'"' => self.quoted = !self.quoted,
            b'{' if !self.quoted => self.depth += 1,
            b'}' if !self.quoted => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
    }

    fn lost(&mut self) {
        self.recording.damaged(self.begun);
    }

    /// `{ "TargetProcess": "Shop", ... "Events": [`
    fn head(&mut self) {
        self.text.extend(b"]}");
        self.process = read::<Head>(&self.text).and_then(|head| head.process).filter(|process| !process.is_empty());
    }

    fn event(&mut self) {
        let Some(event) = read::<Event>(&self.text) else {
            // A mean of no measurements is written as it is, which is no JSON.
            if !String::from_utf8_lossy(&self.text).contains(": NaN") {
                self.lost();
            }
            return;
        };
        let Event { timestamp, provider, name, tags, value } = event;
        let stamp = Stamp::parse(&timestamp);
        let process = self.process.as_deref().unwrap_or_default();
        let key = format!("{process}\t{provider}\t{name}\t{}", tags.as_deref().unwrap_or_default());
        self.recording.tick(self.begun, stamp);
        let series = self.recording.series(self.begun, &key, || CounterSeries {
            process: self.process.clone(),
            ..path::of_provider(&provider, &name, tags.as_deref())
        });
        if let Some(series) = series {
            self.recording.value(series, self.begun, stamp, &value.to_string());
        }
    }

    /// Gives out the series of the session.
    pub fn finish(&mut self, notes: &mut Notes, give: impl FnMut(CounterSeries)) {
        self.end_line();
        if self.state != State::Behind {
            notes.add(NoteCode::CounterRows, self.begun, || {
                "the file ends within its list of events, as when dotnet-counters was killed; the whole ones were read"
                    .to_string()
            });
        }
        std::mem::replace(&mut self.recording, Recording::new(Habit::Invariant)).finish(notes, give);
    }
}

/// Reads one value; bytes that are no UTF-8 become replacement characters.
fn read<T: serde::de::DeserializeOwned>(text: &[u8]) -> Option<T> {
    serde_json::from_slice(text).or_else(|_| serde_json::from_str(&String::from_utf8_lossy(text))).ok()
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn events_are_read_one_by_one() {
        let head = "{ \"TargetProcess\": \"Shop\", \"StartTime\": \"9/22/2026\", \"Events\": [";
        let event = |value: &str| {
            format!(
                "{{ \"timestamp\": \"2026-09-22 13:02:0{value}Z\",  \"provider\": \"R\",  \"name\": \"Heap (MB)\",  \
                 \"tags\": \"a=b\",  \"counterType\": \"Metric\",  \"value\": {value} }}"
            )
        };
        for (events, want) in [
            (format!("{},{}]}}", event("1"), event("2")), "Heap[a=b] 1 2"),
            (format!("\n{},\n{}\n]\n}}\n", event("1"), event("2")), "Heap[a=b] 1 2"),
            // Killed: between two events, within one, within a number.
            (format!("{},", event("1")), "Heap[a=b] 1 | N012"),
            (format!("{},{}", event("1"), &event("2")[..20]), "Heap[a=b] 1 | N012"),
            (format!("{},{}", event("1"), &event("2")[..event("2").len() - 2]), "Heap[a=b] 1 | N012"),
            // Junk, a quotation mark that is not escaped, no number.
            (format!("{},\u{1}\u{2}{},{}]}}", event("1"), &event("2")[..30], event("3")), "Heap[a=b] 1 3 | N012"),
            (format!("{},{}]}}", event("1").replace("a=b", "a=\"b"), event("3")), "Heap[a=b] 3 | N012"),
            (format!("{},{}]}}", event("1").replace(": 1", ": NaN"), event("3")), "Heap[a=b] 3"),
            // Another session, and words.
            (format!("{}]}}\n{head}{}]}}\nwords\n\n", event("1"), event("3")), "Heap[a=b] 1 3"),
        ] {
            check(&format!("{head}{events}"), want);
        }
    }
}
