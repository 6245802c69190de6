//! What a claim says, held small: a large zone has as many claims as record sets.

use webhook_api::Labels;

/// The labels of a claim, sorted by key, in exactly the memory they need.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Facts(Box<[(Box<str>, Box<str>)]>);

impl Facts {
    /// Returns the value under `key`; it may be empty.
    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        self.iter().find(|(it, _)| *it == key).map(|(_, value)| value)
    }

    /// Returns who owns the record set.
    pub(crate) fn owner(&self) -> Option<&str> {
        self.get(Labels::OWNER)
    }

    /// Returns the object that asked for the record set.
    pub(crate) fn resource(&self) -> Option<&str> {
        self.get(Labels::RESOURCE)
    }

    /// Iterates over keys and values in byte order of the keys.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_ref(), value.as_ref()))
    }
}

impl From<&Labels> for Facts {
    fn from(labels: &Labels) -> Self {
        Self(labels.iter().map(|(key, value)| (key.into(), value.into())).collect())
    }
}
