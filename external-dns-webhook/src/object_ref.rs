//! Which object of a cluster a record set stems from.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What the `resource` label calls a `DNSEndpoint`, as ExternalDNS writes it.
const ON_THE_WIRE: &str = "crd";

/// What people call one, as `kubectl` takes it.
const FOR_PEOPLE: &str = "dnsendpoint";

/// An object of a cluster as the `resource` label names it: `kind/namespace/name`, or `kind/name` for an
/// object of the whole cluster.
///
/// Two are equal, and sorted, without ASCII case: the name of a kind has capitals or not with the program
/// that wrote the label, and names of objects never have any ([Kubernetes, object names]). Any text is taken,
/// since anyone may write an ownership record: one without a slash is a kind.
///
/// [`label`](Self::label) is for ownership records. People are shown it as it was written, but for a
/// `DNSEndpoint`, which ExternalDNS calls `crd` in labels and nobody else does; it is read in both spellings.
///
/// Cheap to clone: clones share one text.
///
/// ```
/// use external_dns_webhook::ObjectRef;
///
/// let route = ObjectRef::from("HTTPRoute/shop/web");
/// assert_eq!(route, ObjectRef::new("httproute", "shop", "web"));
/// assert_eq!((route.kind(), route.namespace(), route.name()), ("HTTPRoute", Some("shop"), "web"));
/// assert_eq!(ObjectRef::from("node/n1").namespace(), None);
///
/// let endpoint = ObjectRef::from("dnsendpoint/default/x");
/// assert_eq!((endpoint.label(), endpoint.to_string().as_str()), ("crd/default/x", "dnsendpoint/default/x"));
/// assert_eq!(endpoint, ObjectRef::from("crd/default/x"));
/// ```
///
/// [Kubernetes, object names]: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
#[derive(Clone)]
pub struct ObjectRef(Arc<str>);

impl ObjectRef {
    /// Returns the object of this kind and name; an empty `namespace` stands for the whole cluster.
    pub fn new(kind: &str, namespace: &str, name: &str) -> Self {
        if namespace.is_empty() {
            Self::from(format!("{kind}/{name}"))
        } else {
            Self::from(format!("{kind}/{namespace}/{name}"))
        }
    }

    /// Returns the text of the `resource` label, for ownership records.
    pub fn label(&self) -> &str {
        &self.0
    }

    /// Returns it for people.
    pub fn shown(&self) -> Cow<'_, str> {
        renamed(&self.0, ON_THE_WIRE, FOR_PEOPLE)
    }

    /// Returns the kind as the label has it; all of a text without a slash.
    pub fn kind(&self) -> &str {
        self.0.split_once('/').map_or(self.label(), |(kind, _)| kind)
    }

    /// Returns the namespace; `None` for an object of the whole cluster.
    pub fn namespace(&self) -> Option<&str> {
        let (_, rest) = self.0.split_once('/')?;
        rest.split_once('/').map(|(namespace, _)| namespace)
    }

    /// Returns the name of the object; empty for a text without a slash.
    pub fn name(&self) -> &str {
        let (_, rest) = self.0.split_once('/').unwrap_or_default();
        rest.split_once('/').map_or(rest, |(_, name)| name)
    }

    /// Tells whether the text names a kind and an object.
    pub fn is_whole(&self) -> bool {
        self.0.contains('/')
    }

    fn folded(&self) -> impl Iterator<Item = u8> {
        self.0.bytes().map(|byte| byte.to_ascii_lowercase())
    }
}

/// Returns `text` with `to` as its kind where that is `from`, in any case.
fn renamed<'a>(text: &'a str, from: &str, to: &str) -> Cow<'a, str> {
    match text.split_once('/') {
        Some((kind, rest)) if kind.eq_ignore_ascii_case(from) => format!("{to}/{rest}").into(),
        _ => text.into(),
    }
}

impl PartialEq for ObjectRef {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for ObjectRef {}

impl PartialOrd for ObjectRef {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ObjectRef {
    fn cmp(&self, other: &Self) -> Ordering {
        if Arc::ptr_eq(&self.0, &other.0) {
            return Ordering::Equal;
        }
        self.folded().cmp(other.folded())
    }
}

impl Hash for ObjectRef {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // In pieces: hashers take a slice in fewer steps than its bytes one by one.
        let mut folded = [0; 32];
        for piece in self.0.as_bytes().chunks(folded.len()) {
            let Some(here) = folded.get_mut(..piece.len()) else { continue };
            here.copy_from_slice(piece);
            here.make_ascii_lowercase();
            state.write(here);
        }
        state.write_u8(0xff);
    }
}

impl PartialEq<str> for ObjectRef {
    fn eq(&self, other: &str) -> bool {
        self.0.eq_ignore_ascii_case(&renamed(other, FOR_PEOPLE, ON_THE_WIRE))
    }
}

impl PartialEq<&str> for ObjectRef {
    fn eq(&self, other: &&str) -> bool {
        self == *other
    }
}

impl From<&str> for ObjectRef {
    fn from(text: &str) -> Self {
        Self(renamed(text, FOR_PEOPLE, ON_THE_WIRE).into())
    }
}

impl From<String> for ObjectRef {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl fmt::Debug for ObjectRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.shown(), f)
    }
}

impl fmt::Display for ObjectRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.shown())
    }
}

impl Serialize for ObjectRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.shown())
    }
}

impl<'de> Deserialize<'de> for ObjectRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use std::hash::BuildHasher;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_object_is_itself_in_any_case(text in "\\PC{0,80}") {
            let object = ObjectRef::from(text.as_str());
            let other = ObjectRef::from(text.to_ascii_uppercase());
            prop_assert_eq!(&object, &other);
            prop_assert_eq!(object.cmp(&other), Ordering::Equal);
            let hasher = std::hash::RandomState::new();
            prop_assert_eq!(hasher.hash_one(&object), hasher.hash_one(&other));
        }

        #[test]
        fn what_is_put_together_comes_apart(
            kind in "[A-Za-z]{1,9}", namespace in "[a-z0-9-]{0,9}", name in "[a-z0-9./-]{1,20}"
        ) {
            // An object of the whole cluster has no slash in its name.
            prop_assume!(!namespace.is_empty() || !name.contains('/'));
            let object = ObjectRef::new(&kind, &namespace, &name);
            prop_assert_eq!(object.kind(), kind);
            prop_assert_eq!(object.namespace().unwrap_or_default(), namespace);
            prop_assert_eq!(object.name(), name);
        }

        #[test]
        fn order_and_equality_agree(a in "[aAbB/]{0,4}", b in "[aAbB/]{0,4}") {
            let (a, b) = (ObjectRef::from(a), ObjectRef::from(b));
            prop_assert_eq!(a == b, a.cmp(&b) == Ordering::Equal);
        }
    }

    #[test]
    fn a_dnsendpoint_is_one_object_in_both_spellings_and_each_reader_gets_the_own_one() {
        for spelling in ["crd/shop/x", "CRD/shop/x", "dnsendpoint/shop/x", "DNSEndpoint/shop/x"] {
            let object = ObjectRef::from(spelling);
            assert_eq!(object, ObjectRef::new("dnsendpoint", "shop", "x"), "{spelling}");
            assert!(object == "crd/shop/x" && object == "dnsendpoint/shop/x", "{spelling}");
            assert!(object.label().eq_ignore_ascii_case("crd/shop/x"), "{spelling}");
            assert_eq!(object.to_string(), "dnsendpoint/shop/x");
            let json = serde_json::to_string(&object).unwrap();
            assert_eq!(json, "\"dnsendpoint/shop/x\"");
            assert_eq!(serde_json::from_str::<ObjectRef>(&json).unwrap(), object);
            let labels = crate::Labels::default().with(crate::Labels::RESOURCE, spelling);
            let label = labels.get(crate::Labels::RESOURCE).unwrap();
            assert!(label.eq_ignore_ascii_case("crd/shop/x"), "the wire has it as ever: {label}");
        }
        for other in ["crd", "crds/shop/x", "service/crd/dnsendpoint", "crdx/a"] {
            let object = ObjectRef::from(other);
            assert_eq!((object.label(), object.to_string().as_str()), (other, other));
        }
    }

    #[test]
    fn an_empty_label_names_no_object() {
        let labels = crate::Labels::default().with(crate::Labels::RESOURCE, "");
        assert_eq!((labels.resource(), labels.is_empty()), (None, true));
    }

    #[test]
    fn a_text_without_a_slash_is_a_kind() {
        let object = ObjectRef::from("nonsense");
        assert_eq!((object.kind(), object.namespace(), object.name()), ("nonsense", None, ""));
        assert!(!object.is_whole());
    }
}
