//! Objects of a kind that was named when the program was started, kept as they are.

use std::any::Any;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::Meta;
use super::golang::Reading;
use super::kinds::Stored;
use super::meta::Raw;
use super::misread::Misread;

/// An object of any kind.
#[derive(Clone, Debug, PartialEq)]
pub struct Untyped {
    /// Metadata of the object.
    pub meta: Meta,
    /// Group and version.
    pub api_version: String,
    /// Kind it calls itself.
    pub kind: String,
    /// Everything but `metadata`.
    pub data: Map<String, Value>,
}

impl Stored for Untyped {
    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn eq_ignoring_status(&self, other: &dyn Stored) -> bool {
        other.as_any().downcast_ref::<Self>() == Some(self)
    }

    fn has_our_status(&self) -> bool {
        false
    }

    fn indexed_by(&self) -> Option<&str> {
        None
    }
}

#[expect(clippy::unnecessary_wraps, reason = "a row of the table of kinds may fail")]
pub(super) fn decode(raw: Raw, _: Reading) -> Result<Arc<dyn Stored>, Misread> {
    let Raw { api_version, kind, meta, revision: _, data } = raw;
    Ok(Arc::new(Untyped { meta, api_version, kind, data }))
}
