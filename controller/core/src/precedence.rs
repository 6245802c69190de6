//! Which of several objects comes first when they want the same, and how far a priority reaches.

use std::cmp::{Ordering, Reverse};
use std::collections::BTreeMap;

use crate::desired::{SourceObject, namespace};

/// Among which objects the `priority` annotation settles who comes first.
///
/// Anyone who may write an object may write any number on it, so by default nobody takes a name from
/// another namespace by one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PriorityReach {
    /// Among those of one namespace; objects without a namespace count as of one.
    #[default]
    Namespace,
    /// Among all.
    Cluster,
}

impl PriorityReach {
    /// Returns what priorities are compared within: the namespace of an object, or nothing.
    pub(crate) fn circle(self, resource: Option<&str>) -> &str {
        match self {
            Self::Namespace => resource.and_then(namespace).unwrap_or_default(),
            Self::Cluster => "",
        }
    }

    /// Sorts what objects ask for, each with their `resource` label, so that who comes first stands
    /// first: within a circle by priority, then the older object, then its name; a circle stands
    /// where its oldest object would. What one object asks for keeps its order.
    pub(crate) fn sort<T>(
        self,
        items: &mut [(Option<&str>, T)],
        source_objects: &BTreeMap<String, SourceObject>,
    ) {
        let source_object =
            |resource: Option<&str>| source_objects.get(resource.unwrap_or_default());
        let age = |resource| (created(source_object(resource)), resource);
        let mut oldest = BTreeMap::new();
        for (resource, _) in items.iter() {
            let place = oldest.entry(self.circle(*resource)).or_insert_with(|| age(*resource));
            *place = age(*resource).min(*place);
        }
        items.sort_by_key(|(resource, _)| {
            let circle = oldest.get(self.circle(*resource)).copied();
            (circle, Reverse(priority(source_object(*resource))), age(*resource))
        });
    }
}

/// Returns the priority of an object; 0 for one that nothing is known of.
pub(crate) fn priority(source_object: Option<&SourceObject>) -> i32 {
    source_object.map_or(0, |source_object| source_object.priority)
}

/// Returns when an object was created; one that does not say comes after those that do.
pub(crate) fn created(source_object: Option<&SourceObject>) -> i64 {
    source_object.and_then(|source_object| source_object.created).unwrap_or(i64::MAX)
}

/// Orders two objects by their priority, the higher one first.
pub(crate) fn by_priority(a: Option<&SourceObject>, b: Option<&SourceObject>) -> Ordering {
    priority(b).cmp(&priority(a))
}
