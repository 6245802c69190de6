//! Facts about a record set that travel in its ownership record.

use serde::{Serialize, Serializer};

use crate::ObjectRef;

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
pub struct Labels {
    /// What stands under [`RESOURCE`](Labels::RESOURCE): one text for all record sets of an object.
    resource: Option<ObjectRef>,
    /// All others.
    others: Vec<(Box<str>, Box<str>)>,
}

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
        if key == Self::RESOURCE {
            return self.resource.as_ref().map(ObjectRef::label);
        }
        let at = self.place(key).ok()?;
        self.others.get(at).map(|(_, value)| value.as_ref())
    }

    /// Returns who owns the record set.
    pub fn owner(&self) -> Option<&str> {
        self.get(Self::OWNER)
    }

    /// Returns the source object of the record set.
    pub fn resource(&self) -> Option<&ObjectRef> {
        self.resource.as_ref()
    }

    /// Sets the source object of the record set.
    pub fn set_resource(&mut self, object: ObjectRef) {
        self.resource = Some(object);
    }

    /// Returns these labels with this source object.
    #[must_use]
    pub fn of_object(mut self, object: impl Into<ObjectRef>) -> Self {
        self.set_resource(object.into());
        self
    }

    /// Sets `key`, replacing what was there.
    pub fn set(&mut self, key: impl Into<Box<str>>, value: impl Into<Box<str>>) {
        let (key, value) = (key.into(), value.into());
        if *key == *Self::RESOURCE {
            // An empty text names no object.
            self.resource = (!value.is_empty()).then(|| ObjectRef::from(value.as_ref()));
            return;
        }
        match self.place(&key) {
            Ok(at) => {
                if let Some((_, before)) = self.others.get_mut(at) {
                    *before = value;
                }
            }
            Err(at) => {
                self.others.reserve_exact(1);
                self.others.insert(at, (key, value));
            }
        }
    }

    /// Removes `key` and returns what was there.
    pub fn remove(&mut self, key: &str) -> Option<String> {
        if key == Self::RESOURCE {
            return self.resource.take().map(|object| object.label().to_owned());
        }
        let at = self.place(key).ok()?;
        Some(self.others.remove(at).1.into())
    }

    /// Returns these labels with `key` set.
    #[must_use]
    pub fn with(mut self, key: impl Into<Box<str>>, value: impl Into<Box<str>>) -> Self {
        self.set(key, value);
        self
    }

    /// Iterates over keys and values in byte order of the keys.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let (before, after) =
            self.others.split_at(self.place(Self::RESOURCE).unwrap_or_else(|at| at));
        let resource = self.resource.as_ref().map(|object| (Self::RESOURCE, object.label()));
        before.iter().map(pair).chain(resource).chain(after.iter().map(pair))
    }

    /// Tells whether there is no label.
    pub fn is_empty(&self) -> bool {
        self.resource.is_none() && self.others.is_empty()
    }

    /// Returns where `key` is, or would go.
    fn place(&self, key: &str) -> Result<usize, usize> {
        self.others.binary_search_by(|(label, _)| label.as_ref().cmp(key))
    }
}

fn pair((key, value): &(Box<str>, Box<str>)) -> (&str, &str) {
    (key, value)
}

impl<K: Into<Box<str>>, V: Into<Box<str>>> FromIterator<(K, V)> for Labels {
    /// Of one key given twice, the last value counts.
    fn from_iter<I: IntoIterator<Item = (K, V)>>(labels: I) -> Self {
        let mut collected = Self::default();
        collected.extend(labels);
        collected
    }
}

impl<K: Into<Box<str>>, V: Into<Box<str>>> Extend<(K, V)> for Labels {
    /// Sets all at once, in the time that it takes to sort them: of a key that is there or given twice, the
    /// last value counts.
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, labels: I) {
        for (key, value) in labels {
            let (key, value) = (key.into(), value.into());
            if *key == *Self::RESOURCE {
                self.set(key, value);
            } else {
                self.others.push((key, value));
            }
        }
        // What came last of a key stands first, and stays.
        self.others.reverse();
        self.others.sort_by(|(a, _), (b, _)| a.cmp(b));
        self.others.dedup_by(|(a, _), (b, _)| a == b);
        self.others.shrink_to_fit();
    }
}

impl Serialize for Labels {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn labels_that_are_set_at_once_are_those_that_are_set_one_by_one(
            pairs in prop::collection::vec(("[a-c]{0,2}|resource|owner", "[xy]{0,2}"), 0..12),
            at in 0_usize..12,
        ) {
            let (before, after) = pairs.split_at(at.min(pairs.len()));
            let mut one_by_one = Labels::default();
            for (key, value) in &pairs {
                one_by_one.set(key.as_str(), value.as_str());
            }
            let own = |(key, value): &(String, String)| (key.clone(), value.clone());
            let mut at_once: Labels = before.iter().map(own).collect();
            at_once.extend(after.iter().map(own));
            prop_assert_eq!(at_once, one_by_one);
        }
    }
}
