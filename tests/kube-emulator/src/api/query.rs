//! The parameters of a request.

use axum::extract::Query as Parameters;
use axum::http::request::Parts;
use serde::Deserialize;

use crate::status::Status;

/// What a query string may say; what it leaves out is empty, zero or false.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "each is a parameter of its own on the wire")]
pub(crate) struct Query {
    #[serde(deserialize_with = "flag")]
    pub(crate) watch: bool,
    #[serde(deserialize_with = "flag")]
    pub(crate) allow_watch_bookmarks: bool,
    #[serde(deserialize_with = "flag")]
    pub(crate) send_initial_events: bool,
    #[serde(deserialize_with = "flag")]
    pub(crate) force: bool,
    pub(crate) label_selector: String,
    pub(crate) field_selector: String,
    pub(crate) resource_version: String,
    pub(crate) resource_version_match: String,
    /// The most objects on a page; 0 for all.
    pub(crate) limit: usize,
    pub(crate) r#continue: String,
    /// How long a watch lasts; 0 for as long as the server likes.
    pub(crate) timeout_seconds: u64,
    pub(crate) dry_run: String,
    pub(crate) field_validation: String,
    pub(crate) field_manager: String,
    /// `Metadata` or `Object`: what a table's rows carry.
    pub(crate) include_object: String,
}

/// `watch`, `watch=1` and `watch=true` all say yes.
fn flag<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    let text = String::deserialize(deserializer)?;
    Ok(matches!(text.as_str(), "" | "1" | "true" | "True" | "TRUE" | "t" | "T"))
}

impl Query {
    /// Reads the parameters of a request; unknown ones are ignored.
    pub(crate) fn of(parts: &Parts) -> Result<Self, Status> {
        Parameters::try_from_uri(&parts.uri)
            .map(|Parameters(query)| query)
            .map_err(|error| Status::bad_request(error.body_text()))
    }

    /// Returns the resource version; `None` if none is said.
    pub(crate) fn version(&self) -> Result<Option<u64>, Status> {
        match self.resource_version.as_str() {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(|_| {
                Status::bad_request(format!("invalid resource version \"{text}\": not a number"))
            }),
        }
    }
}
