//! How much an API server may say of one kind before its end.
//!
//! Each page and each line has a bound of its own, and there may be any number of them: a server that goes on to send
//! objects, each with a new name, wants our memory. No store of Kubernetes holds as much as is taken here.

use std::collections::BTreeSet;

use kube::api::DynamicObject;
use serde_json::Value;

/// How many objects of one kind are read, and how many bytes of them.
pub(super) const MOST: (usize, usize) = (MOST_OBJECTS, MOST_BYTES);

/// How many objects of one kind are read: some thirty times what Kubernetes is tested with ([large clusters]).
///
/// [large clusters]: https://kubernetes.io/docs/setup/best-practices/cluster-large/
const MOST_OBJECTS: usize = 5_000_000;

/// How many bytes they may have: more than the store of an API server holds by default ([etcd limits]).
///
/// [etcd limits]: https://etcd.io/docs/v3.5/dev-guide/limit/
const MOST_BYTES: usize = 4 << 30;

/// What was read of a kind since it was last known in full.
#[derive(Debug)]
pub(super) struct Reading {
    /// Namespace and name of each object.
    seen: BTreeSet<(String, String)>,
    /// Those that were not known before.
    fresh: Vec<(String, String)>,
    bytes: usize,
    most: (usize, usize),
}

impl Reading {
    /// Returns one of nothing, to which so many objects and so many bytes of them may come.
    pub(super) fn within(most: (usize, usize)) -> Self {
        Self { seen: BTreeSet::new(), fresh: Vec::new(), bytes: 0, most }
    }

    /// Takes note of an object at `place`, which was not known before if it `is_fresh`.
    ///
    /// # Errors
    ///
    /// Says that there are too many, and what to do.
    pub(super) fn came(
        &mut self,
        object: &DynamicObject,
        place: (String, String),
        is_fresh: bool,
    ) -> Result<(), String> {
        let (objects, bytes) = self.most;
        self.bytes = self.bytes.saturating_add(size(object));
        if self.seen.len() >= objects && !self.seen.contains(&place) || self.bytes > bytes {
            return Err(format!(
                "the API server sent more than {objects} objects, or more than {bytes} bytes of them, and no end, \
                 which none has; is this an API server? If it is, read fewer, with `--namespace` or `--label-filter`"
            ));
        }
        if is_fresh && !self.seen.contains(&place) {
            self.fresh.push(place.clone());
        }
        self.seen.insert(place);
        Ok(())
    }

    /// Takes note that an object is gone.
    pub(super) fn went(&mut self, place: &(String, String)) {
        self.seen.remove(place);
    }

    /// Returns how many objects there are.
    pub(super) fn len(&self) -> usize {
        self.seen.len()
    }

    /// Tells whether it has this object.
    pub(super) fn has(&self, place: &(String, String)) -> bool {
        self.seen.contains(place)
    }

    /// Takes out the objects that were not known before.
    pub(super) fn take_fresh(&mut self) -> Vec<(String, String)> {
        std::mem::take(&mut self.fresh)
    }
}

/// Returns how many bytes of an object may be kept, about: its labels, its annotations, and what is below.
fn size(object: &DynamicObject) -> usize {
    let DynamicObject { types: _, metadata, data } = object;
    let pairs = metadata.annotations.iter().chain(&metadata.labels).flatten();
    let pairs: usize = pairs.map(|(key, value)| key.len() + value.len()).sum();
    NODE + pairs + size_of_value(data)
}

/// What an object or a value takes besides its text.
const NODE: usize = 32;

fn size_of_value(value: &Value) -> usize {
    let below: usize = match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(size_of_value).sum(),
        Value::Object(map) => map.iter().map(|(key, value)| key.len() + size_of_value(value)).sum(),
    };
    NODE + below
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(name: &str, text: &str) -> (DynamicObject, (String, String)) {
        let object = serde_json::json!({ "metadata": {"name": name}, "spec": {"text": text} });
        (serde_json::from_value(object).unwrap(), (String::new(), name.to_owned()))
    }

    #[test]
    fn objects_without_an_end_are_told_by_number_and_by_bytes() {
        let mut reading = Reading::within((2, 10_000));
        for name in ["a", "b", "a", "b"] {
            let (object, place) = object(name, "");
            reading.came(&object, place, name == "b").unwrap();
        }
        let (third, place) = object("c", "");
        let told = reading.came(&third, place, true).unwrap_err();
        assert!(told.contains("more than 2 objects") && told.contains("`--namespace`"), "{told}");
        assert_eq!(reading.take_fresh(), [(String::new(), "b".to_owned())]);
        let mut reading = Reading::within((9, 10_000));
        let (large, place) = object("a", &"x".repeat(6_000));
        reading.came(&large, place.clone(), true).unwrap();
        reading.came(&large, place, true).unwrap_err();
    }
}
