//! What an ownership record says.

use external_dns_webhook::Labels;

use crate::pairs::Pairs;

/// The labels of an ownership record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Facts(Pairs);

impl Facts {
    /// Returns the value under `key`; it may be empty.
    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)
    }

    /// Returns who owns the record set.
    pub(crate) fn owner(&self) -> Option<&str> {
        self.get(Labels::OWNER)
    }

    /// Returns the source object of the record set.
    pub(crate) fn resource(&self) -> Option<&str> {
        self.get(Labels::RESOURCE)
    }

    /// Iterates over keys and values in byte order of the keys.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter()
    }
}

impl From<&Labels> for Facts {
    fn from(labels: &Labels) -> Self {
        Self(labels.iter().collect())
    }
}
