//! Facts about a record set that travel in its ownership record.

use serde::{Serialize, Serializer};

/// Facts about a record set that the ownership record stores, sorted by key.
///
/// A sorted list, because a map of two short strings costs half a kilobyte before the strings, and
/// every copy of every record set has one.
///
/// ```
/// use external_dns_webhook::Labels;
///
/// let labels = Labels::default().with(Labels::OWNER, "cluster-1");
/// assert_eq!(labels.owner(), Some("cluster-1"));
/// assert_eq!(labels.resource(), None);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Labels(Vec<(Box<str>, Box<str>)>);

impl Labels {
    /// Key of the instance that owns the record set.
    pub const OWNER: &'static str = "owner";
    /// Key of its source object: `kind/namespace/name`, or `kind/name`.
    pub const RESOURCE: &'static str = "resource";
    /// Key that marks an ownership record on the wire and names the record set it is about.
    pub const OWNED_RECORD: &'static str = "ownedRecord";
    /// Key that says on the wire, beside [`OWNED_RECORD`](Self::OWNED_RECORD), which set identifier an
    /// ownership record is about; not there when it is about a record set without one.
    pub const OWNED_SET_IDENTIFIER: &'static str = "ownedSetIdentifier";

    /// Returns the value under `key`; it may be empty.
    pub fn get(&self, key: &str) -> Option<&str> {
        let at = self.place(key).ok()?;
        self.0.get(at).map(|(_, value)| value.as_ref())
    }

    /// Returns who owns the record set.
    pub fn owner(&self) -> Option<&str> {
        self.get(Self::OWNER)
    }

    /// Returns the source object of the record set.
    pub fn resource(&self) -> Option<&str> {
        self.get(Self::RESOURCE)
    }

    /// Sets `key`, replacing what was there.
    pub fn set(&mut self, key: impl Into<Box<str>>, value: impl Into<Box<str>>) {
        let (key, value) = (key.into(), value.into());
        match self.place(&key) {
            Ok(at) => {
                if let Some((_, before)) = self.0.get_mut(at) {
                    *before = value;
                }
            }
            Err(at) => {
                self.0.reserve_exact(1);
                self.0.insert(at, (key, value));
            }
        }
    }

    /// Removes `key` and returns what was there.
    pub fn remove(&mut self, key: &str) -> Option<String> {
        let at = self.place(key).ok()?;
        Some(self.0.remove(at).1.into())
    }

    /// Returns these labels with `key` set.
    #[must_use]
    pub fn with(mut self, key: impl Into<Box<str>>, value: impl Into<Box<str>>) -> Self {
        self.set(key, value);
        self
    }

    /// Iterates over keys and values in byte order of the keys.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_ref(), value.as_ref()))
    }

    /// Tells whether there is no label.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns where `key` is, or would go.
    fn place(&self, key: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(label, _)| label.as_ref().cmp(key))
    }
}

impl<K: Into<Box<str>>, V: Into<Box<str>>> FromIterator<(K, V)> for Labels {
    /// Of one key given twice, the last value counts.
    fn from_iter<I: IntoIterator<Item = (K, V)>>(labels: I) -> Self {
        let mut collected = Self::default();
        for (key, value) in labels {
            collected.set(key, value);
        }
        collected
    }
}

impl Serialize for Labels {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}
