//! YAML with the place of every value, before it is known what the values mean.
//!
//! The build reads the built-in pack with this file, so it needs nothing but [`Source`] and [`Span`].

use std::fmt;

use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_yaml::{DuplicateKeyPolicy, Location, Spanned};

use crate::text::{Source, Span};

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Node {
    pub span: Span,
    /// The line the value begins on, from 1: of a block scalar the first line of its text.
    pub line: usize,
    pub value: Value,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Value {
    Null,
    Bool(bool),
    /// Kept as text: a title may be `2010`.
    Number(String),
    Text(String),
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Key {
    pub span: Span,
    pub name: String,
}

impl Value {
    /// What it is, for a message.
    pub fn describe(&self) -> &'static str {
        match self {
            Value::Null => "nothing",
            Value::Bool(_) => "true or false",
            Value::Number(_) => "a number",
            Value::Text(_) => "a text",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
        }
    }
}

/// Reads every document of a YAML file.
pub fn documents(source: &Source) -> Result<Vec<Node>, serde_yaml::Error> {
    // Duplicate keys are let through, so that they are reported together with everything else.
    // The rule files are the user's own: however many rules they hold, they are read.
    let options = serde_yaml::options! {
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        budget: serde_yaml::budget! { max_documents: 1_000_000, max_nodes: 100_000_000, max_events: 100_000_000 },
    };
    let read: Vec<Spanned<Raw>> = serde_yaml::from_multiple_with_options(&source.text, options)?;
    Ok(read.into_iter().map(|document| locate(document, source)).collect())
}

fn locate(raw: Spanned<Raw>, source: &Source) -> Node {
    let location = raw.referenced;
    let start = offset(&source.text, &location);
    let line_end = source.text[start..].find('\n').map_or(source.text.len(), |at| start + at);
    let length = location.span().len() as usize;
    // The length counts characters.
    let behind = source.text[start..].char_indices().nth(length).map_or(line_end, |(at, _)| start + at);
    let end = if length == 0 { line_end } else { behind.min(line_end) };
    let value = match raw.value {
        Raw::Null => Value::Null,
        Raw::Bool(value) => Value::Bool(value),
        // As it was written: an id may be `007`.
        Raw::Number(text) => Value::Number(word_at(&source.text, start).map_or(text, str::to_string)),
        Raw::Text(text) => Value::Text(text),
        Raw::List(items) => Value::List(items.into_iter().map(|item| locate(item, source)).collect()),
        Raw::Map(entries) => Value::Map(
            entries
                .into_iter()
                .map(|(key, value)| {
                    let start = offset(&source.text, &key.referenced);
                    let end = source.text.floor_char_boundary(start + key.value.len());
                    (Key { span: Span::new(start, end), name: key.value }, locate(value, source))
                })
                .collect(),
        ),
    };
    Node { span: Span::new(start, end), line: location.line() as usize, value }
}

fn word_at(text: &str, start: usize) -> Option<&str> {
    let word = text[start..].split(|c: char| c.is_whitespace() || matches!(c, ',' | ']' | '}')).next()?;
    Some(word).filter(|word| word.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.')))
}

/// Byte offset of a location. Where the parser does not tell, it is counted; columns count characters.
pub fn offset(text: &str, location: &Location) -> usize {
    if let Some(offset) = location.span().byte_offset() {
        return (offset as usize).min(text.len());
    }
    let (line, column) = (location.line() as usize, location.column() as usize);
    let line_start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let in_line = text[line_start..].char_indices().nth(column.saturating_sub(1));
    in_line.map_or(text.len(), |(at, _)| line_start + at)
}

/// What serde hands over.
enum Raw {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<String>, Spanned<Raw>)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a YAML value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Number(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(Raw::Number(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
        Ok(Raw::Number(value.to_string()))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::Text(value.to_string()))
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Raw, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Raw::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Raw, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            map.push(entry);
        }
        Ok(Raw::Map(map))
    }
}
