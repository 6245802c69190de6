//! Facts about a record set that travel in its ownership claim.

use std::collections::BTreeMap;

use serde::Serialize;

/// Facts about a record set that the ownership claim stores, sorted by key.
///
/// ```
/// use webhook_api::Labels;
///
/// let labels = Labels::default().with(Labels::OWNER, "cluster-1");
/// assert_eq!(labels.owner(), Some("cluster-1"));
/// assert_eq!(labels.resource(), None);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Labels(pub(crate) BTreeMap<String, String>);

impl Labels {
    /// Key of the instance that owns the record set.
    pub const OWNER: &'static str = "owner";
    /// Key of the object that asked for it: `kind/namespace/name`, or `kind/name`.
    pub const RESOURCE: &'static str = "resource";
    /// Key that marks a claim on the wire and names the record set it is about.
    pub const OWNED_RECORD: &'static str = "ownedRecord";

    /// Returns the value under `key`; it may be empty.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// Returns who owns the record set.
    pub fn owner(&self) -> Option<&str> {
        self.get(Self::OWNER)
    }

    /// Returns the object that asked for the record set.
    pub fn resource(&self) -> Option<&str> {
        self.get(Self::RESOURCE)
    }

    /// Sets `key`, replacing what was there.
    pub fn set(&mut self, key: impl Into<String>, value: impl Into<String>) {
        self.0.insert(key.into(), value.into());
    }

    /// Removes `key` and returns what was there.
    pub fn remove(&mut self, key: &str) -> Option<String> {
        self.0.remove(key)
    }

    /// Returns these labels with `key` set.
    #[must_use]
    pub fn with(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.set(key, value);
        self
    }

    /// Iterates over keys and values in byte order of the keys.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// Tells whether there is no label.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Labels {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(labels: I) -> Self {
        Self(labels.into_iter().map(|(key, value)| (key.into(), value.into())).collect())
    }
}
