//! What an ownership record says.

use external_dns_webhook::{Labels, ObjectRef};

use crate::pairs::Pairs;

/// The labels of an ownership record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    /// What stands under [`Labels::RESOURCE`].
    resource: Option<ObjectRef>,
    /// All others.
    others: Pairs,
}

impl Facts {
    /// Returns the value under `key`; it may be empty.
    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        if key == Labels::RESOURCE {
            return self.resource().map(ObjectRef::label);
        }
        self.others.get(key)
    }

    /// Returns who owns the record set.
    pub(crate) fn owner(&self) -> Option<&str> {
        self.get(Labels::OWNER)
    }

    /// Returns the source object of the record set.
    pub(crate) fn resource(&self) -> Option<&ObjectRef> {
        self.resource.as_ref()
    }

    /// Iterates over keys and values: the source object first, the others in byte order of the keys.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let resource = self.resource().map(|object| (Labels::RESOURCE, object.label()));
        resource.into_iter().chain(self.others.iter())
    }
}

impl From<&Labels> for Facts {
    fn from(labels: &Labels) -> Self {
        let others = labels.iter().filter(|(key, _)| *key != Labels::RESOURCE).collect();
        Self { resource: labels.resource().cloned(), others }
    }
}
