//! One stored object: its JSON, serialised once, and what selection needs of it.
//!
//! A server with 100,000 objects holds text, not trees: lists and watches send the text as it
//! lies here, and only a write reads it again. The text leaves out `apiVersion` and `kind`, as
//! the items of a list of built-in objects do; the code that shows the object puts them in front.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::{BufMut, Bytes, BytesMut};
use serde_json::{Map, Value};

use crate::json::text;
use crate::kinds::Kind;
use crate::kinds::convert::{convert, differs};
use crate::selectors::fields;
use crate::status::Status;

/// Where an object lies in its table; the namespace is empty for kinds without one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) namespace: String,
    pub(crate) name: String,
}

impl Key {
    pub(crate) fn new(namespace: &str, name: &str) -> Self {
        Self { namespace: namespace.to_owned(), name: name.to_owned() }
    }
}

/// An object at one version.
#[derive(Debug)]
pub(crate) struct Object {
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) version: u64,
    pub(crate) labels: BTreeMap<String, String>,
    /// The values of the kind's selectable fields, in its order.
    pub(crate) fields: Vec<String>,
    /// The kind and version in which the body is written.
    kind: Arc<Kind>,
    bare: Bytes,
}

impl Object {
    /// Serialises `value`, an object of `kind` that carries `version`.
    pub(crate) fn new(kind: &Arc<Kind>, mut value: Value, version: u64) -> Result<Self, Status> {
        let labels = value.pointer("/metadata/labels").and_then(Value::as_object);
        let labels = labels
            .into_iter()
            .flatten()
            .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
            .collect();
        let fields = fields::values(kind, &value);
        if let Some(object) = value.as_object_mut() {
            object.remove("apiVersion");
            object.remove("kind");
        }
        Ok(Self {
            namespace: text(&value, "/metadata/namespace").to_owned(),
            name: text(&value, "/metadata/name").to_owned(),
            version,
            labels,
            fields,
            kind: Arc::clone(kind),
            bare: serde_json::to_vec(&value).map_err(Status::internal)?.into(),
        })
    }

    /// Returns the kind in whose form the object is kept.
    pub(crate) fn kind(&self) -> Arc<Kind> {
        Arc::clone(&self.kind)
    }

    pub(crate) fn key(&self) -> Key {
        Key::new(&self.namespace, &self.name)
    }

    /// Tells whether the object comes after `key` in a list.
    pub(crate) fn follows(&self, key: &Key) -> bool {
        let Key { namespace, name } = key;
        (self.namespace.as_str(), self.name.as_str()) > (namespace.as_str(), name.as_str())
    }

    /// Returns the JSON text of the object as an object of `kind`.
    pub(crate) fn shown_as(&self, kind: &Kind) -> Result<Bytes, Status> {
        let bare = self.bare_as(kind)?;
        let mut text = BytesMut::with_capacity(bare.len() + 96);
        text.put_slice(b"{\"apiVersion\":\"");
        text.put_slice(kind.api_version().as_bytes());
        text.put_slice(b"\",\"kind\":\"");
        text.put_slice(kind.kind.as_bytes());
        // Every object has metadata, so something follows.
        text.put_slice(b"\",");
        text.put_slice(bare.strip_prefix(b"{").unwrap_or(&bare));
        Ok(text.freeze())
    }

    /// Returns the JSON text as an item of a list: built-in kinds leave out what it is.
    pub(crate) fn listed_as(&self, kind: &Kind) -> Result<Bytes, Status> {
        if kind.is_custom() { self.shown_as(kind) } else { self.bare_as(kind) }
    }

    /// Returns the object as an object of `kind`.
    pub(crate) fn read_as(&self, kind: &Kind) -> Result<Value, Status> {
        let mut fields = self.fields_as(kind)?;
        fields.insert("apiVersion".to_owned(), kind.api_version().into());
        fields.insert("kind".to_owned(), kind.kind.clone().into());
        Ok(Value::Object(fields))
    }

    /// Returns the object in the form in which it is kept.
    pub(crate) fn read(&self) -> Result<Value, Status> {
        self.read_as(&self.kind)
    }

    fn bare_as(&self, kind: &Kind) -> Result<Bytes, Status> {
        if !differs(&self.kind, kind) {
            return Ok(self.bare.clone());
        }
        serde_json::to_vec(&self.fields_as(kind)?).map(Bytes::from).map_err(Status::internal)
    }

    fn fields_as(&self, kind: &Kind) -> Result<Map<String, Value>, Status> {
        let mut fields = serde_json::from_slice(&self.bare).map_err(Status::internal)?;
        if differs(&self.kind, kind) {
            convert(&mut fields, kind);
        }
        Ok(fields)
    }
}
