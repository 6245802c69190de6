//! What is fed to what reads the words of outsiders: bodies of targets, for any driver.

#[cfg(feature = "manifests")]
mod manifests;

#[cfg(feature = "manifests")]
pub use self::manifests::manifests;

use controller_core::desired::Desired;
use controller_core::registry::{Registry as _, TxtOptions, TxtRegistry, reads_as_ownership};
use controller_sources::objects::{Objects, Raw};
use controller_sources::{ObjectScope, SourceOptions, TemplateTexts, build, kinds_watched};
use external_dns_webhook::{DnsName, Endpoint, RecordType, wire as bodies};
use serde_json::{Value, json};

/// A target and its name.
pub type Target = (&'static str, fn(&[u8]));

/// All targets.
pub const TARGETS: &[Target] = &[
    ("wire", wire),
    ("ownership", ownership),
    ("names", names),
    ("traefik", traefik),
    ("templates", templates),
    #[cfg(feature = "manifests")]
    ("manifests", manifests),
];

/// Bodies of the protocol: what decodes is encoded and decoded to the same again.
pub fn wire(body: &[u8]) {
    if let Ok(endpoints) = bodies::decode_endpoints(body) {
        let again = bodies::decode_endpoints(&bodies::encode(&endpoints));
        assert_eq!(again.ok(), Some(endpoints));
    }
    drop(bodies::decode_changes(body));
    drop(bodies::decode_negotiation(body));
}

/// Values of TXT records: reading them as ownership records never fails, and a plan of nothing
/// changes nothing that is not ours.
pub fn ownership(data: &[u8]) {
    let Ok(value) = std::str::from_utf8(data) else { return };
    let _ = reads_as_ownership(value);
    let options = TxtOptions { owner: "me".to_owned(), ..TxtOptions::default() };
    let Ok(registry) = TxtRegistry::new(options) else { return };
    let records = vec![
        Endpoint::new("a.example.com", RecordType::A, ["192.0.2.1"]),
        Endpoint::new("a-a.example.com", RecordType::Txt, [value]),
    ];
    drop(registry.read(records, &[DnsName::from("example.com")]));
}

/// DNS names: the canonical form of a name is its own, and equal names have one.
pub fn names(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let name = DnsName::from(text);
    let again = DnsName::from(name.canonical().as_str());
    assert_eq!(again.canonical(), name.canonical());
    assert_eq!(again, name);
}

/// Rules of Traefik's routers, as an IngressRoute has them.
pub fn traefik(data: &[u8]) {
    let Ok(rule) = std::str::from_utf8(data) else { return };
    let object = json!({
        "apiVersion": "traefik.io/v1alpha1", "kind": "IngressRoute",
        "metadata": {
            "name": "web", "namespace": "default",
            "annotations": {"external-dns.alpha.kubernetes.io/target": "192.0.2.1"},
        },
        "spec": {"routes": [{"kind": "Rule", "match": rule}]},
    });
    collect("traefik-proxy", &SourceOptions::default(), &object);
}

/// Templates of Go: what is accepted at the start never fails in a way that ends the program.
pub fn templates(data: &[u8]) {
    let Ok(template) = std::str::from_utf8(data) else { return };
    let templates = TemplateTexts { names: vec![template.to_owned()], ..TemplateTexts::default() };
    let service = json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": {"name": "web", "namespace": "default", "labels": {"team": "a"}},
        "spec": {"type": "LoadBalancer"},
        "status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}},
    });
    collect("service", &SourceOptions { templates, ..SourceOptions::default() }, &service);
}

/// Has a source read an object, of whichever of its kinds it makes sense as; nothing where the options are
/// refused.
fn collect(source: &str, options: &SourceOptions, object: &Value) {
    let (Ok(watches), Ok(sources)) = (kinds_watched(&[source], options), build(&[source], options))
    else {
        return;
    };
    let mut objects = Objects::new(watches);
    let kinds: Vec<_> = objects.watches().map(|watch| watch.kind.id()).collect();
    for kind in kinds {
        if let Ok(raw) = Raw::from_value(object.clone()) {
            objects.apply(&kind, raw);
        }
    }
    let mut desired = Desired::default();
    for source in sources {
        source.collect(&objects, &ObjectScope::All, &mut desired);
    }
}
