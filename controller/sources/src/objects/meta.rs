//! Metadata of every object, trimmed to what is read.

use controller_core::pairs::Pairs;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Deserialize;
use serde_json::Value;

use super::golang::Reading;
use super::misread::{self, Misread};

/// Annotation in which `kubectl apply` keeps a copy of the whole object.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Metadata of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meta {
    /// Name of the object.
    pub name: String,
    /// Namespace; empty for an object of the whole cluster.
    pub namespace: String,
    /// Unique in time and space; empty in manifests.
    pub uid: String,
    /// When the object was created, in seconds since 1970; `None` in manifests.
    pub created: Option<i64>,
    /// How often the spec has changed; 0 when the object does not say.
    pub generation: i64,
    /// Whether the object is being deleted.
    pub deleting: bool,
    /// Labels.
    pub labels: Pairs,
    /// Annotations, without the copy of the object that `kubectl apply` leaves there.
    pub annotations: Pairs,
}

/// An object as it was read, before a kind gives it meaning.
#[derive(Clone, Debug, Default)]
pub struct Raw {
    /// Group and version it was read in.
    pub api_version: String,
    /// Kind it calls itself.
    pub kind: String,
    /// Its metadata.
    pub meta: Meta,
    /// What the API server calls this state of the object, its `resourceVersion`; may be empty.
    ///
    /// It is no part of what the object says: two states that differ only in it are the same.
    pub revision: String,
    /// Everything else, such as `spec` and `status`.
    pub data: serde_json::Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct WireMeta {
    name: String,
    namespace: String,
    uid: String,
    creation_timestamp: Option<String>,
    deletion_timestamp: Option<String>,
    generation: i64,
    resource_version: String,
    labels: Pairs,
    annotations: Pairs,
}

impl Raw {
    /// Returns the object in `value`, which was read from JSON or YAML.
    ///
    /// # Errors
    ///
    /// What is missing or wrong: an object must be a map with `apiVersion`, `kind` and
    /// `metadata.name`, and labels and annotations must be strings.
    pub fn from_value(value: Value) -> Result<Self, Misread> {
        let Value::Object(mut data) = value else {
            return Err(Misread::whole("it is not an object"));
        };
        let mut text = |key: &str| match data.remove(key) {
            Some(Value::String(text)) if !text.is_empty() => Ok(text),
            Some(_) => Err(Misread::at(&[key], "it is not a word")),
            None => Err(Misread::whole(format!("it has no `{key}`"))),
        };
        let (api_version, kind) = (text("apiVersion")?, text("kind")?);
        let meta = data.remove("metadata").unwrap_or_default();
        if meta.is_null() {
            return Err(Misread::whole("it has no `metadata`"));
        }
        let mut meta: WireMeta = misread::read(meta, &["metadata"], Reading::Written)?;
        if meta.name.is_empty() {
            return Err(Misread::whole("it has no `metadata.name`"));
        }
        let revision = std::mem::take(&mut meta.resource_version);
        Ok(Self { api_version, kind, meta: meta.into(), revision, data })
    }

    /// Returns the object as JSON, with what was trimmed left out.
    pub fn to_value(&self) -> Value {
        let mut object = self.data.clone();
        object.insert("apiVersion".to_owned(), Value::from(self.api_version.as_str()));
        object.insert("kind".to_owned(), Value::from(self.kind.as_str()));
        object.insert("metadata".to_owned(), self.meta.to_value());
        Value::Object(object)
    }

    /// Returns the group of the object; empty for the core group.
    pub fn group(&self) -> &str {
        self.api_version.split_once('/').map_or("", |(group, _)| group)
    }

    /// Returns the version of the object, such as `v1`.
    pub fn version(&self) -> &str {
        self.api_version.split_once('/').map_or(&self.api_version, |(_, version)| version)
    }
}

impl Meta {
    fn to_value(&self) -> Value {
        let Self { name, namespace, uid, created, generation, deleting: _, labels, annotations } =
            self;
        let mut meta = serde_json::Map::new();
        meta.insert("name".to_owned(), Value::from(name.as_str()));
        if !namespace.is_empty() {
            meta.insert("namespace".to_owned(), Value::from(namespace.as_str()));
        }
        if !uid.is_empty() {
            meta.insert("uid".to_owned(), Value::from(uid.as_str()));
        }
        if let Some(Ok(created)) = created.map(jiff::Timestamp::from_second) {
            meta.insert("creationTimestamp".to_owned(), Value::from(created.to_string()));
        }
        if *generation != 0 {
            meta.insert("generation".to_owned(), Value::from(*generation));
        }
        for (key, pairs) in [("labels", labels), ("annotations", annotations)] {
            if !pairs.is_empty() {
                meta.insert(key.to_owned(), pairs.iter().collect());
            }
        }
        Value::Object(meta)
    }
}

impl From<WireMeta> for Meta {
    fn from(wire: WireMeta) -> Self {
        let WireMeta {
            name,
            namespace,
            uid,
            creation_timestamp,
            deletion_timestamp,
            generation,
            resource_version: _,
            labels,
            annotations,
        } = wire;
        let created = creation_timestamp
            .and_then(|creation_timestamp| creation_timestamp.parse::<jiff::Timestamp>().ok())
            .map(jiff::Timestamp::as_second);
        Self {
            name,
            namespace,
            uid,
            created,
            generation,
            deleting: deletion_timestamp.is_some(),
            labels,
            annotations: annotations.filtered(|key| key != LAST_APPLIED),
        }
    }
}

impl From<ObjectMeta> for Meta {
    fn from(meta: ObjectMeta) -> Self {
        Self {
            name: meta.name.unwrap_or_default(),
            namespace: meta.namespace.unwrap_or_default(),
            uid: meta.uid.unwrap_or_default(),
            created: meta
                .creation_timestamp
                .map(|creation_timestamp| creation_timestamp.0.as_second()),
            generation: meta.generation.unwrap_or_default(),
            deleting: meta.deletion_timestamp.is_some(),
            labels: meta.labels.into_iter().flatten().collect(),
            annotations: meta
                .annotations
                .into_iter()
                .flatten()
                .filter(|(key, _)| key != LAST_APPLIED)
                .collect(),
        }
    }
}
