//! Whether objects of several namespaces can stand under one name, and so whose a record may be.

use external_dns_webhook::ObjectRef;

/// Stands for the namespace of an object of which only kind and name are known.
pub const ANYWHERE: &str = "*";

/// Kinds whose objects are parts of one whole, as the `resource` label spells them.
const PARTS: [&str; 2] = ["node", "pod"];

/// Whether objects of several namespaces can stand under one name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NameSharing {
    /// Record sets of one name may be for objects of several namespaces, each with a type or a set
    /// identifier of its own, and pods of several namespaces make one record set together.
    #[default]
    AcrossNamespaces,
    /// A name, with all its types and set identifiers, is for the objects of one namespace.
    WithinNamespace,
}

impl NameSharing {
    /// Tells whether what one `resource` label is of can speak for what stands under another: both are
    /// of one namespace, or parts of one whole that several have together.
    ///
    /// Without a label it may be anyone's. Objects of the whole cluster are as of one namespace.
    pub(crate) fn is_maybe_one(self, a: Option<&ObjectRef>, b: Option<&ObjectRef>) -> bool {
        let (Some(a), Some(b)) = (known(a), known(b)) else { return true };
        let whole = part(Some(a)).filter(|_| self == Self::AcrossNamespaces);
        let is_part = whole.is_some() && whole == part(Some(b));
        is_part || of(a).eq_ignore_ascii_case(of(b))
    }
}

/// Tells whether objects with this `resource` label are parts of one whole: what some of them want
/// says nothing about what all of them do.
pub fn unites(resource: &ObjectRef) -> bool {
    part(Some(resource)).is_some()
}

/// Returns of which whole an object with this `resource` label is a part; `None` for most objects.
pub(crate) fn part(resource: Option<&ObjectRef>) -> Option<&'static str> {
    let object = resource.filter(|object| object.is_whole())?;
    PARTS.into_iter().find(|part| *part == object.kind())
}

/// Returns an object of which the namespace is known.
fn known(object: Option<&ObjectRef>) -> Option<&ObjectRef> {
    object.filter(|object| object.is_whole() && of(object) != ANYWHERE)
}

fn of(object: &ObjectRef) -> &str {
    object.namespace().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_speaks_for_its_namespace_and_for_what_says_nothing() {
        let one = |a: Option<&str>, b: Option<&str>| {
            let (a, b) = (a.map(ObjectRef::from), b.map(ObjectRef::from));
            NameSharing::WithinNamespace.is_maybe_one(a.as_ref(), b.as_ref())
        };
        assert!(one(Some("ingress/a/x"), Some("HTTPRoute/A/y")), "whatever the case");
        assert!(one(Some("ingress/a/x"), None));
        assert!(one(Some("service/*/web"), Some("service/b/web")), "the namespace is not known");
        assert!(one(Some("node/x"), Some("node/y")));
        for (a, b) in
            [("ingress/a/x", "ingress/b/x"), ("node/x", "node/a/x"), ("pod/a/x", "pod/b/x")]
        {
            assert!(!one(Some(a), Some(b)), "{a} {b}");
        }
    }

    #[test]
    fn a_pod_speaks_for_all_pods_where_they_make_one_record_set_together() {
        let one = |a: &str, b: &str| {
            let (a, b) = (ObjectRef::from(a), ObjectRef::from(b));
            NameSharing::AcrossNamespaces.is_maybe_one(Some(&a), Some(&b))
        };
        assert!(one("pod/a/x", "pod/b/y"));
        assert!(one("pod/a/x", "ingress/a/y"));
        assert!(!one("pod/a/x", "ingress/b/y"));
        assert!(!one("pod/a/x", "node/y"));
    }
}
