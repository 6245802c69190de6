//! A prefix of annotations that objects have and that is not read: most likely the one that was meant to be.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use external_dns_webhook::{counted, nearest};

use crate::annotations::DEFAULT_PREFIXES;
use crate::objects::{ObjectKey, Objects};

/// A prefix that is not read, and that objects have where no object has one that is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadPrefix {
    /// The prefix, with its slash.
    pub prefix: String,
    /// The prefixes that are read.
    pub read: Vec<String>,
    /// How many objects have it.
    pub objects: usize,
    /// The first of them.
    pub first: ObjectKey,
}

impl UnreadPrefix {
    /// Looks for the one that most objects have: of those that are read by default, and those that one of the
    /// `prefixes` that are read is a slip of. `None` where any object has a prefix that is read.
    pub fn among(objects: &Objects, prefixes: &[String]) -> Option<Self> {
        let is_read = |key: &str| prefixes.iter().any(|prefix| key.starts_with(prefix.as_str()));
        let mut likely: BTreeMap<&str, bool> = BTreeMap::new();
        let mut found: BTreeMap<&str, (usize, ObjectKey)> = BTreeMap::new();
        for object in objects.keys() {
            let Some(meta) = objects.meta(&object) else { continue };
            let mut own = BTreeSet::new();
            for (key, _) in meta.annotations.iter() {
                if is_read(key) {
                    return None;
                }
                let Some(end) = key.rfind('/') else { continue };
                let (prefix, _) = key.split_at(end + 1);
                if *likely.entry(prefix).or_insert_with(|| is_likely(prefix, prefixes)) {
                    own.insert(prefix);
                }
            }
            for prefix in own {
                found.entry(prefix).or_insert_with(|| (0, object.clone())).0 += 1;
            }
        }
        let (prefix, (objects, first)) = found.into_iter().max_by_key(|(_, (count, _))| *count)?;
        Some(Self { prefix: prefix.to_owned(), read: prefixes.to_vec(), objects, first })
    }
}

impl UnreadPrefix {
    /// Tells whether it is a slip of one that is read, or the other way round; another installation's prefix is none.
    pub fn is_slip(&self) -> bool {
        nearest(&self.prefix, self.read.iter().map(String::as_str)).is_some()
    }
}

/// Tells whether a prefix that is not read may be the one that was meant.
fn is_likely(prefix: &str, prefixes: &[String]) -> bool {
    DEFAULT_PREFIXES.contains(&prefix)
        || nearest(prefix, prefixes.iter().map(String::as_str)).is_some()
}

impl fmt::Display for UnreadPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { prefix, read, objects, first } = self;
        let read: Vec<_> = read.iter().map(|prefix| format!("`{prefix}`")).collect();
        let have = if *objects == 1 { "has" } else { "have" };
        write!(
            f,
            "no object has an annotation with {}, which --annotation-prefix has read, and {} {have} some with \
             `{prefix}`, such as {first}",
            read.join(" or "),
            counted(*objects, "object"),
        )
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::objects::core::Service;
    use crate::objects::{Raw, Resource as _};
    use crate::{SourceOptions, kinds_watched};

    fn told(read: &str, keys: &[&str]) -> Option<String> {
        let options = SourceOptions::default();
        let mut objects = Objects::new(kinds_watched(&["service"], &options).unwrap());
        for (number, key) in keys.iter().enumerate() {
            let service = json!({
                "apiVersion": "v1", "kind": "Service",
                "metadata": {"name": format!("s{number}"), "namespace": "a",
                    "annotations": {(*key): "a.example.com", "other.example.com/x": "y"}},
            });
            objects.apply(&Service::ID, Raw::from_value(service).unwrap());
        }
        UnreadPrefix::among(&objects, &[read.to_owned()]).map(|found| found.to_string())
    }

    #[test]
    fn a_prefix_of_another_installation_is_no_slip() {
        let found = |prefix: &str, read: &str| UnreadPrefix {
            prefix: prefix.to_owned(),
            read: vec![read.to_owned()],
            objects: 1,
            first: ObjectKey { kind: Service::ID, namespace: "a".to_owned(), name: "b".to_owned() },
        };
        assert!(found("external-dns.kubernetes.io/", "external-dns.kubernets.io/").is_slip());
        assert!(!found("external-dns.kubernetes.io/", "dns.corp.example/").is_slip());
    }

    #[test]
    fn a_prefix_that_no_object_has_is_told_with_the_one_that_they_have() {
        let [new, old] = DEFAULT_PREFIXES.map(|prefix| format!("{prefix}hostname"));
        let slip = "external-dns.kubernets.io/";
        assert_eq!(
            told(slip, &[&new, &new]).unwrap(),
            "no object has an annotation with `external-dns.kubernets.io/`, which --annotation-prefix has read, and \
             2 objects have some with `external-dns.kubernetes.io/`, such as services/a/s0"
        );
        let other = told("dns.corp.example/", &[&old]).unwrap();
        assert!(other.contains("1 object has some with `external-dns.alpha.kubernetes.io/`"));
        let own = told("dns.corp.example/", &["dns.crop.example/hostname"]).unwrap();
        assert!(own.contains("some with `dns.crop.example/`"), "a slip on the objects: {own}");
        assert_eq!(told("dns.corp.example/", &["dns.corp.example/ttl", &old]), None);
        assert_eq!(told("dns.corp.example/", &["dns.other.example/hostname"]), None);
        assert_eq!(told("dns.corp.example/", &[]), None);
    }
}
