//! Words that the schema takes from the program: severities, confidences, names of tables.

use schemars::{JsonSchema, json_schema};

use crate::facts::ListingKind;
use crate::finding::{Confidence, Severity};

pub struct TableWord;

impl JsonSchema for TableWord {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Table".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        json_schema!({"enum": ListingKind::ALL.map(ListingKind::name)})
    }
}

pub struct SeverityWord;

impl JsonSchema for SeverityWord {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Severity".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        json_schema!({"enum": Severity::ALL.map(Severity::name)})
    }
}

pub struct ConfidenceWord;

impl JsonSchema for ConfidenceWord {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Confidence".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        json_schema!({"enum": Confidence::ALL.map(Confidence::name)})
    }
}
