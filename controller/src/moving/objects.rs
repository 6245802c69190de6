//! Annotations and versions of objects that `ExternalDNS` passes over, and that count here.

use std::collections::{BTreeMap, BTreeSet};

use controller_sources::annotations::{Annotations, DEFAULT_PREFIXES, key};
use controller_sources::objects::dns_endpoint::DnsEndpoint;
use controller_sources::objects::gateway::{
    Gateway, GrpcRoute, HttpRoute, ListenerSet, TcpRoute, TlsRoute, UdpRoute,
};
use controller_sources::objects::{KindId, Meta, ObjectKey, Resource};

use external_dns_webhook::Properties;

use super::{Difference, Evidence, Kind};

/// Routes of the Gateway API, and the one version that `ExternalDNS` reads; none for those of which it reads
/// what is served ([sources]).
///
/// [sources]: https://kubernetes-sigs.github.io/external-dns/latest/docs/sources/gateway-api/
const ROUTES: [(KindId, Option<&str>); 5] = [
    (HttpRoute::ID, None),
    (GrpcRoute::ID, None),
    (TlsRoute::ID, Some("v1")),
    (TcpRoute::ID, Some("v1alpha2")),
    (UdpRoute::ID, Some("v1alpha2")),
];

/// What `ExternalDNS` does about the two prefixes.
pub(super) const ONE_PREFIX: &str = "reads one prefix of annotations, that with `alpha` up to v0.21 and that without from v0.22, and passes over the other";

/// Adds what each object says that counts here only.
pub(super) fn add(evidence: Evidence<'_>, all: &mut Vec<Difference>) {
    let mut by_prefix: BTreeMap<&str, Vec<ObjectKey>> = BTreeMap::new();
    let is_usual = evidence.settings.prefixes.iter().eq(DEFAULT_PREFIXES.iter());
    for object in evidence.objects.keys() {
        let Some(meta) = evidence.objects.meta(&object) else { continue };
        let said = Annotations::read(&meta.annotations, &evidence.settings.prefixes);
        of_route(evidence, &object, &said, all);
        of_parent(&object, &said, all);
        without_identifier(&object, &said, all);
        if is_usual && let Some(prefix) = only_prefix(meta) {
            by_prefix.entry(prefix).or_default().push(object);
        }
    }
    prefixes(&by_prefix, all);
    for endpoint in evidence.objects.list::<DnsEndpoint>() {
        of_dns_endpoint(endpoint, all);
    }
}

fn of_route(
    evidence: Evidence<'_>,
    object: &ObjectKey,
    said: &Annotations<'_>,
    all: &mut Vec<Difference>,
) {
    let Some((_, read)) = ROUTES.into_iter().find(|(kind, _)| *kind == object.kind) else { return };
    if let Some(value) = said.get(key::TARGET).filter(|value| !value.is_empty()) {
        let whole = said.whole(key::TARGET);
        all.push(annotation(
            object,
            whole,
            "reads it on the Gateway only, and passes over it on a route".to_owned(),
            format!("answers for the names of the route with `{value}`"),
            remove(object, whole),
        ));
    }
    if let (Some(read), Some(served)) = (read, evidence.objects.version(&object.kind))
        && read != served
    {
        all.push(Difference {
            kind: Kind::Version,
            about: object.to_string(),
            external_dns: format!(
                "reads {} as {read} only, so where that is not served it publishes none",
                object.kind
            ),
            here: format!("reads it as {served}, so its names are published"),
            next: "leave its `--source` out until the plan shows what you want".to_owned(),
        });
    }
}

/// Adds settings that a Gateway or a listener set has for its routes.
fn of_parent(object: &ObjectKey, said: &Annotations<'_>, all: &mut Vec<Difference>) {
    if ![Gateway::ID, ListenerSet::ID].contains(&object.kind) {
        return;
    }
    let words = [key::TTL, key::SET_IDENTIFIER, key::ALIAS, key::RECORD_TYPE];
    let counts = |word: &&str| words.contains(word) || said.is_property(word);
    for word in said.keys().filter(counts) {
        let whole = said.whole(word);
        all.push(annotation(
            object,
            whole,
            "reads it on routes, and passes over it here".to_owned(),
            "lets it count for all routes of it that say nothing themselves".to_owned(),
            remove(object, whole),
        ));
    }
}

/// Adds a routing policy that has no set identifier.
fn without_identifier(object: &ObjectKey, said: &Annotations<'_>, all: &mut Vec<Difference>) {
    if !said.set_identifier().is_empty() {
        return;
    }
    for word in said.keys().filter(|word| word.strip_prefix("aws-").is_some_and(chooses)) {
        let whole = said.whole(word);
        let beside = whole.replace(word, key::SET_IDENTIFIER);
        all.push(annotation(
            object,
            whole,
            ALONE.to_owned(),
            REFUSED.to_owned(),
            format!("add the annotation `{beside}` beside it, or {}", remove(object, whole)),
        ));
    }
}

const ALONE: &str =
    "makes a simple record, and passes over a routing policy without a set identifier";
const REFUSED: &str = "refuses it (ProviderRejected), and what is published stays as it is";

fn of_dns_endpoint(object: &DnsEndpoint, all: &mut Vec<Difference>) {
    let name = ObjectKey::of(object);
    let elements = object.spec.endpoints.iter().flatten();
    for element in elements.filter(|element| element.set_identifier.is_empty()) {
        let own = element.provider_specific.iter().map(|property| property.name.as_str());
        for property in own.filter(|name| name.strip_prefix("aws/").is_some_and(chooses)) {
            all.push(Difference {
                kind: Kind::Annotation,
                about: format!("{name}: `{property}` of `{}`", element.dns_name),
                external_dns: ALONE.to_owned(),
                here: REFUSED.to_owned(),
                next: "add `setIdentifier` beside it, or remove it".to_owned(),
            });
        }
    }
}

fn chooses(word: &str) -> bool {
    Properties::default().with(word, "").routing_policy().is_some()
}

/// Returns the prefix of an object's annotations, when all have one of the two that are usual.
fn only_prefix(meta: &Meta) -> Option<&'static str> {
    let found = DEFAULT_PREFIXES
        .into_iter()
        .filter(|prefix| meta.annotations.iter().any(|(whole, _)| whole.starts_with(prefix)));
    let found: BTreeSet<&str> = found.collect();
    if found.len() == 1 { found.into_iter().next() } else { None }
}

/// Adds objects of which `ExternalDNS` sees nothing, where both prefixes are in use: the fewer ones.
fn prefixes(by_prefix: &BTreeMap<&str, Vec<ObjectKey>>, all: &mut Vec<Difference>) {
    let [(one, first), (other, second)] = by_prefix.iter().collect::<Vec<_>>()[..] else { return };
    let (prefix, fewer, usual) =
        if first.len() < second.len() { (one, first, other) } else { (other, second, one) };
    for object in fewer {
        all.push(annotation(
            object,
            prefix,
            ONE_PREFIX.to_owned(),
            "reads both, so what it wants is published".to_owned(),
            format!("`--annotation-prefix={usual}` reads only the one that most objects have; or leave it, if it is meant"),
        ));
    }
}

fn annotation(
    object: &ObjectKey,
    whole: &str,
    external_dns: String,
    here: String,
    next: String,
) -> Difference {
    Difference {
        kind: Kind::Annotation,
        about: format!("{object}: annotation `{whole}`"),
        external_dns,
        here,
        next,
    }
}

/// Returns the command that removes an annotation.
fn remove(object: &ObjectKey, whole: &str) -> String {
    let ObjectKey { kind, namespace, name } = object;
    let namespace =
        if namespace.is_empty() { String::new() } else { format!(" --namespace={namespace}") };
    format!("`kubectl annotate {kind} {name}{namespace} {whole}-`")
}
