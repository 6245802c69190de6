//! What an object is that calls itself what no source in use reads.
//!
//! A slip in kind, group or version must not take the object's records. What shares no more than its
//! name with a kind that is read is another thing, and hides nothing: those are listed.

use serde_json::{Map, Value};

use super::{Finding, Hides, Unread, Validated, Why, is_placeholder, key, name, namespace};
use controller_sources::objects::{KINDS, Kind, Misread};

/// How the prefix of an annotation with names begins.
const PREFIX: &str = "external-dns.";

/// Keys of annotations with names.
const KEYS: [&str; 2] = ["hostname", "internal-hostname"];

/// Kinds of others that are called as one that is read, by kind and group.
///
/// From the definitions that each project publishes.
const OTHERS: &[(&str, &str)] = &[
    ("DNSEndpoint", "externaldns.nginx.org"),
    ("Gateway", "networking.istio.io"),
    ("Gateway", "submariner.io"),
    ("HTTPRoute", "policy.linkerd.io"),
    ("Host", "getambassador.io"),
    ("Ingress", "config.openshift.io"),
    ("Ingress", "networking.internal.knative.dev"),
    ("Ingress", "voyager.appscode.com"),
    ("IngressRoute", "contour.heptio.com"),
    ("Node", "config.openshift.io"),
    ("Node", "longhorn.io"),
    ("Node", "management.cattle.io"),
    ("Proxy", "config.openshift.io"),
    ("Route", "networking.knative.dev"),
    ("Route", "serving.knative.dev"),
    ("Service", "serving.knative.dev"),
    ("TransportServer", "k8s.nginx.org"),
    ("VirtualServer", "k8s.nginx.org"),
    ("VirtualService", "appmesh.k8s.aws"),
];

/// Returns what an object of a kind is that no source in use reads.
pub(super) fn validate(
    object: &Map<String, Value>,
    api_version: &str,
    kind_name: &str,
    kinds: &[Kind],
) -> Validated {
    let Some(name) = name(object) else {
        return Finding::validated(Why::NoObject, Hides::Nothing, "it is no Kubernetes object");
    };
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let unread = || {
        let kind = format!("{kind_name}.{api_version}");
        let wants_names = wants_names(object).then(|| format!("{}/{name}", namespace(object)));
        Validated::Unread(Unread { kind, wants_names })
    };
    let is_other = || OTHERS.contains(&(kind_name, group));
    if is_placeholder(name) || KINDS.iter().any(|kind| kind.reads(group, version, kind_name)) {
        return unread();
    }
    let unreadable = |kind: &Kind, at: &str, error: String| {
        let key = key(kind, namespace(object), name);
        Finding::validated(Why::Unreadable, Hides::Object(key), Misread::at(&[at], error))
    };
    if let Some(other) = kinds.iter().find(|kind| kind.group == group && kind.kind == kind_name) {
        let error = format!(
            "`{kind_name}` is read as version {} only, not {version}; write it in that version",
            other.versions.join(" or "),
        );
        return unreadable(other, "apiVersion", error);
    }
    let of_group = || kinds.iter().filter(|kind| kind.group == group && !kind.kind.is_empty());
    let meant = external_dns_webhook::nearest(kind_name, of_group().map(|kind| kind.kind.as_ref()));
    if let Some(kind) = of_group().find(|kind| Some(kind.kind.as_ref()) == meant) {
        let error = format!("there is no kind `{kind_name}`; did you mean `{}`?", kind.kind);
        return unreadable(kind, "kind", error);
    }
    // Of a group that is read, under whichever kinds, all are known: another one is another thing.
    let is_called_so =
        |kind: &&Kind| !kind.kind.is_empty() && kind.kind.eq_ignore_ascii_case(kind_name);
    let called_so: Vec<_> = kinds.iter().filter(is_called_so).collect();
    if called_so.is_empty() || is_other() || is_known(group, kind_name) {
        return unread();
    }
    let written = |kind: &&Kind| {
        let version = kind.versions.first().map(AsRef::as_ref).unwrap_or_default();
        let slash = if kind.group.is_empty() { "" } else { "/" };
        format!("`{} {}{slash}{version}`", kind.kind, kind.group)
    };
    let groups = called_so.iter().map(|kind| kind.group.as_ref());
    let meant = external_dns_webhook::nearest(group, groups);
    let alone = if let [alone] = called_so.as_slice() { Some(*alone) } else { None };
    let meant = called_so.iter().copied().find(|kind| Some(kind.group.as_ref()) == meant).or(alone);
    if let Some(kind) = meant {
        let error = format!("it is read as {} only; write it so", written(&kind));
        return unreadable(kind, "apiVersion", error);
    }
    let all: Vec<_> = called_so.iter().map(written).collect();
    let error = format!("it is read as {} only; write it so", all.join(" or "));
    let hides = Hides::Kinds(called_so.iter().map(|kind| kind.id()).collect());
    Finding::validated(Why::Unreadable, hides, Misread::at(&["apiVersion"], error))
}

/// Tells whether an object has an annotation with names, in the form that is the default.
fn wants_names(object: &Map<String, Value>) -> bool {
    let annotations = super::meta(object).and_then(|metadata| metadata.get("annotations"));
    let keys = annotations.and_then(Value::as_object).into_iter().flat_map(Map::keys);
    let mut prefixed = keys.filter_map(|key| key.split_once('/'));
    prefixed.any(|(prefix, key)| prefix.starts_with(PREFIX) && KEYS.contains(&key))
}

/// Tells whether a kind of that name is one that some source reads in this group.
fn is_known(group: &str, kind_name: &str) -> bool {
    KINDS.iter().any(|kind| kind.group == group && kind.kind == kind_name)
}
