//! Which of several objects comes first when they want the same, and how far a priority reaches.

use external_dns_webhook::ObjectRef;

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
