//! In which form a client wants objects: whole, as metadata alone, or as rows of a table.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT;
use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::kinds::Kind;
use crate::status::Status;
use crate::store::object::Object;
use crate::table;

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Whole,
    /// `PartialObjectMetadata`.
    Metadata,
    Table(Rows),
}

/// What the rows of a table carry beside their cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rows {
    Metadata,
    Object,
    Nothing,
}

impl Form {
    /// Returns the first form of the `Accept` header that we can give.
    pub(crate) fn of(headers: &HeaderMap, include_object: &str) -> Result<Self, Status> {
        let accept = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
        let accept: Vec<&str> = accept.flat_map(|value| value.split(',')).map(str::trim).collect();
        if accept.is_empty() {
            return Ok(Self::Whole);
        }
        accept
            .into_iter()
            .find_map(|range| acceptable(range, include_object))
            .ok_or_else(Status::not_acceptable)
    }

    /// Returns the JSON text of one object in this form.
    pub(crate) fn show(
        self,
        kind: &Kind,
        object: &Object,
        now: Timestamp,
    ) -> Result<Bytes, Status> {
        let shown = match self {
            Self::Whole => return object.shown_as(kind),
            Self::Metadata => metadata(&object.read_as(kind)?),
            Self::Table(rows) => {
                let version = object.version.to_string();
                let row = table::row(kind, object, rows, now)?;
                table::table(kind, vec![row], &json!({ "resourceVersion": version }))
            }
        };
        serde_json::to_vec(&shown).map(Bytes::from).map_err(Status::internal)
    }

    /// Returns the JSON text of one object as an item of a list in this form.
    pub(crate) fn show_item(
        self,
        kind: &Kind,
        object: &Object,
        now: Timestamp,
    ) -> Result<Bytes, Status> {
        let shown = match self {
            Self::Whole => return object.listed_as(kind),
            Self::Metadata => metadata(&object.read_as(kind)?),
            Self::Table(rows) => table::row(kind, object, rows, now)?,
        };
        serde_json::to_vec(&shown).map(Bytes::from).map_err(Status::internal)
    }
}

fn acceptable(range: &str, include_object: &str) -> Option<Form> {
    let mut parameters = range.split(';').map(str::trim);
    let media_type = parameters.next()?;
    if !matches!(media_type, "application/json" | "application/*" | "*/*") {
        return None;
    }
    let parameter = |name: &str| {
        range
            .split(';')
            .filter_map(|parameter| parameter.trim().split_once('='))
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value)
    };
    match parameter("as") {
        None => Some(Form::Whole),
        Some("PartialObjectMetadata" | "PartialObjectMetadataList") => Some(Form::Metadata),
        Some("Table") if parameter("v") == Some("v1") => Some(Form::Table(match include_object {
            "Object" => Rows::Object,
            "None" => Rows::Nothing,
            _ => Rows::Metadata,
        })),
        // Aggregated discovery and older tables: the client names a plainer form after it.
        Some(_) => None,
    }
}

/// Returns the metadata of an object as an object of its own.
pub(crate) fn metadata(object: &Value) -> Value {
    json!({
        "apiVersion": "meta.k8s.io/v1",
        "kind": "PartialObjectMetadata",
        "metadata": object["metadata"],
    })
}
