//! What a write makes of an object: the rules every kind shares.
//!
//! Each write reads the current object, decides, and stores under one lock, so nothing can come
//! in between. A dry run takes the same path and stops before storing.

pub(crate) mod admit;
pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod effects;
pub(crate) mod identity;
pub(crate) mod patch;
pub(crate) mod update;

use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::Value;

use crate::kinds::Kind;
use crate::status::Status;
use crate::store::Store;

/// A write, apart from the object it carries.
#[derive(Debug, Clone)]
pub(crate) struct Request<'a> {
    pub(crate) kind: &'a Arc<Kind>,
    /// Empty for a kind without namespaces.
    pub(crate) namespace: &'a str,
    /// Empty for a create: the object says its name.
    pub(crate) name: &'a str,
    pub(crate) part: Part,
    pub(crate) persist: Persist,
    pub(crate) unknown: UnknownFields,
    pub(crate) now: Timestamp,
}

/// Which half of an object a write is about, for kinds that have a status subresource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// Everything but the status, which stays as it is.
    Main,
    /// The status alone.
    Status,
    /// Both halves: how a test or a manifest sets the scene.
    Whole,
}

/// Whether a write is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Persist {
    Store,
    DryRun,
}

/// What happens to fields that the kind does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UnknownFields {
    Drop,
    /// `fieldValidation=Strict`: the write is refused.
    Refuse,
}

/// What a write answers.
#[derive(Debug, Clone)]
pub(crate) struct Written {
    pub(crate) body: Bytes,
    pub(crate) created: bool,
}

/// Stores `value` and lets the server act on it, unless this is a dry run.
fn finish(
    store: &mut Store,
    request: &Request<'_>,
    value: Value,
    before: Option<&Value>,
) -> Result<Written, Status> {
    let created = before.is_none();
    let body = match request.persist {
        Persist::DryRun => serde_json::to_vec(&value).map_err(Status::internal)?.into(),
        Persist::Store => {
            effects::adjust(store, request.kind, before, Some(&value));
            store.put(request.kind, value)?.shown_as(request.kind)?
        }
    };
    Ok(Written { body, created })
}
