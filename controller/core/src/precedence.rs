//! Which of several objects comes first when they want the same, and how far a priority reaches.

use external_dns_webhook::ObjectRef;

use crate::desired::SourceObject;

/// Among which objects the `priority` annotation settles who comes first.
///
/// Anyone who may write an object may write any number on it, so by default nobody takes a name from
/// another namespace by one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PriorityScope {
    /// Among those of one namespace; objects without a namespace count as of one.
    #[default]
    Namespace,
    /// Among all.
    Cluster,
}

impl PriorityScope {
    /// Returns what priorities are compared within: the namespace of an object, or nothing.
    pub(crate) fn circle(self, resource: Option<&ObjectRef>) -> &str {
        match self {
            Self::Namespace => resource.and_then(ObjectRef::namespace).unwrap_or_default(),
            Self::Cluster => "",
        }
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
