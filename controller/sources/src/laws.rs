//! Laws over what one object says in any letters: it is published as documented, or what is published
//! stays and a reason names the value.

use std::collections::BTreeSet;

use controller_core::desired::{Desired, Unknown};
use controller_core::status::Reason;
use controller_core::value::{HostName, Target, items, validate_record};
use external_dns_webhook::RecordType;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use super::{ObjectScope, SourceOptions, build, kinds_watched};
use crate::objects::core::{Ingress, Service};
use crate::objects::dns_endpoint::DnsEndpoint;
use crate::objects::{KindState, Objects, Raw, Resource};

/// What people and programs leave in values, and what makes good ones.
const FRAGMENTS: [&str; 48] = [
    "a",
    "www",
    "b-1",
    "_x",
    "example",
    ".com",
    ".example.com",
    ".",
    "..",
    "*",
    "*.",
    ",",
    ", ",
    ",,",
    " ",
    "\n",
    "\t",
    "\u{a0}",
    "\u{200b}",
    "\"",
    "'",
    "\\",
    "\\052",
    "${X}",
    "{{.x}}",
    "<no value>",
    ":",
    ":443",
    "/",
    "/24",
    "https://",
    "@",
    "[",
    "]",
    "%eth0",
    "192.0.2.1",
    "300",
    "1.2.3",
    "2001:db8::1",
    "fe80::1",
    "ü",
    "。",
    "／",
    "ß",
    "10 ",
    "0 .",
    "0 50 443 ",
    "heritage=external-dns",
];

/// Types that a DNSEndpoint may spell, and one without a meaning.
const TYPES: [&str; 12] =
    ["A", "AAAA", "CAA", "CNAME", "DNAME", "MX", "NAPTR", "NS", "PTR", "SRV", "TXT", "SVCB"];

fn nasty() -> impl Strategy<Value = String> {
    prop::collection::vec(select(&FRAGMENTS[..]), 0..6).prop_map(|parts| parts.concat())
}

/// What one object wants, and what it leaves open.
struct Outcome {
    desired: Desired,
    resource: String,
}

impl Outcome {
    fn of<T: Resource>(
        source: &str,
        resource: &str,
        object: Value,
        options: &SourceOptions,
    ) -> Self {
        let mut objects = Objects::new(kinds_watched(&[source], options).unwrap());
        objects.set_state(&T::ID, "", KindState::Synced);
        objects.apply(&T::ID, Raw::from_value(object).unwrap());
        let mut desired = Desired::default();
        for source in build(&[source], options).unwrap() {
            source.collect(&objects, &ObjectScope::All, &mut desired);
        }
        for endpoint in &desired.endpoints {
            let name = HostName::validate(endpoint.dns_name.as_str()).unwrap();
            assert_eq!(name.as_str(), endpoint.dns_name.as_str());
            for target in endpoint.targets.iter() {
                let sent = validate_record(&endpoint.record_type, target, false);
                assert_eq!(sent.as_deref(), Ok(target), "{}", endpoint.record_type);
            }
        }
        Self { desired, resource: resource.to_owned() }
    }

    /// Returns the record sets under a name, one line a target.
    fn published(&self, name: &str) -> BTreeSet<String> {
        let name = HostName::validate(name).unwrap().into_name();
        let of_name = self
            .desired
            .endpoints
            .iter()
            .filter(|endpoint| endpoint.dns_name.canonical() == name.canonical());
        of_name
            .flat_map(|endpoint| {
                endpoint.targets.iter().map(|target| format!("{} {target}", endpoint.record_type))
            })
            .collect()
    }

    fn keeps(&self, name: &str) -> bool {
        let name = HostName::validate(name).unwrap().into_name();
        self.desired.unknown.iter().any(|gap| match &gap.what {
            Unknown::Name(kept) => kept.canonical() == name.canonical(),
            _ => false,
        })
    }

    fn keeps_object(&self) -> bool {
        self.desired
            .unknown
            .iter()
            .any(|gap| gap.what == Unknown::Resource(self.resource.as_str().into()))
    }

    fn refuses_name(&self, given: &str) -> bool {
        self.desired.statuses.iter().any(|status| match &status.reason {
            // An empty item is shown as its list.
            Reason::InvalidName { name, .. } => {
                name == given || (given.is_empty() && items(name).contains(&""))
            }
            _ => false,
        })
    }

    fn refuses_target(&self, given: &str) -> bool {
        let targets = self.desired.statuses.iter();
        targets.into_iter().any(|status| match &status.reason {
            // An empty item is shown as its list.
            Reason::InvalidTarget { target, .. } => {
                target == given || (given.is_empty() && items(target).contains(&""))
            }
            _ => false,
        })
    }

    /// Checks what became of `names`, which are to answer with `targets`.
    fn check(&self, names: &[&str], targets: &[&str]) {
        let validated: Vec<_> = targets.iter().map(|target| Target::validate(target)).collect();
        let flawed = targets.iter().zip(&validated).find(|(_, validated)| validated.is_err());
        let mut good = BTreeSet::new();
        for name in names {
            let Ok(valid_name) = HostName::validate(name) else {
                assert!(self.keeps_object() && self.refuses_name(name), "{name:?}");
                continue;
            };
            good.insert(valid_name.into_name().canonical().clone());
            if let Some((target, _)) = flawed {
                assert!(self.keeps(name) && self.refuses_target(target), "{name:?} {target:?}");
                assert!(self.published(name).is_empty(), "{name:?}");
            } else {
                let expected: BTreeSet<_> = validated
                    .iter()
                    .flatten()
                    .map(|target| format!("{} {}", target.record_type(), target.as_str()))
                    .collect();
                assert_eq!(self.published(name), expected, "{name:?}");
            }
        }
        for endpoint in &self.desired.endpoints {
            assert!(good.contains(endpoint.dns_name.canonical()), "{endpoint:?}");
        }
    }
}

fn service(annotations: &Value) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": {"name": "a", "namespace": "default", "annotations": annotations},
        "spec": {"type": "LoadBalancer"},
        "status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.9"}]}},
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn names_and_targets_in_annotations_are_published_as_documented_or_kept(
        hostname in nasty(), target in nasty()
    ) {
        let object = service(&json!({
            "external-dns.kubernetes.io/hostname": hostname,
            "external-dns.kubernetes.io/target": target,
        }));
        let options = SourceOptions::default();
        let outcome = Outcome::of::<Service>("service", "service/default/a", object, &options);
        let targets = if target.is_empty() { vec!["192.0.2.9"] } else { items(&target) };
        outcome.check(&items(&hostname), &targets);
    }

    #[test]
    fn hosts_and_statuses_of_objects_are_published_as_documented_or_kept(
        host in nasty(),
        hostname in nasty(),
        which in select(vec!["annotation-only", "defined-hosts-only", "annotations-only", "", " "]),
        address in nasty(),
    ) {
        let object = json!({
            "apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
            "metadata": {"name": "a", "namespace": "default", "annotations": {
                "external-dns.kubernetes.io/hostname": hostname,
                "external-dns.kubernetes.io/ingress-hostname-source": which,
            }},
            "spec": {"rules": [{"host": host}]},
            "status": {"loadBalancer": {"ingress": [{"hostname": address}]}},
        });
        let options = SourceOptions::default();
        let outcome = Outcome::of::<Ingress>("ingress", "ingress/default/a", object, &options);
        let mut names = Vec::new();
        if which != "annotation-only" && !host.is_empty() {
            names.push(host.as_str());
        }
        if which != "defined-hosts-only" {
            names.extend(items(&hostname));
        }
        if address.is_empty() {
            for name in names.iter().filter(|name| HostName::validate(name).is_ok()) {
                prop_assert!(outcome.keeps(name));
            }
        } else {
            outcome.check(&names, &[address.as_str()]);
        }
    }

    #[test]
    fn what_a_template_makes_is_published_as_documented_or_kept(note in nasty()) {
        let mut options = SourceOptions::default();
        options.templates.names.push("{{index .Annotations \"note\"}}.example.org".to_owned());
        let object = service(&json!({"note": note}));
        let outcome = Outcome::of::<Service>("service", "service/default/a", object, &options);
        let made = format!("{note}.example.org");
        // Compat: a template's empty pieces are nothing, and one final dot is none of its name.
        let pieces = made.split(',').map(str::trim).map(|part| part.strip_suffix('.').unwrap_or(part));
        let pieces: Vec<_> = pieces.filter(|piece| !piece.is_empty()).collect();
        outcome.check(&pieces, &["192.0.2.9"]);
    }

    #[test]
    fn elements_of_dns_endpoints_are_published_as_documented_or_kept(
        name in nasty(),
        record_type in select(&TYPES[..]),
        targets in prop::collection::vec(nasty(), 1..3),
    ) {
        let object = json!({
            "apiVersion": "externaldns.k8s.io/v1alpha1", "kind": "DNSEndpoint",
            "metadata": {"name": "a", "namespace": "default"},
            "spec": {"endpoints": [
                {"dnsName": name, "recordType": record_type, "targets": targets},
            ]},
        });
        let options = SourceOptions::default();
        let outcome = Outcome::of::<DnsEndpoint>("crd", "crd/default/a", object, &options);
        let typed = RecordType::from(record_type);
        let validated: Vec<_> =
            targets.iter().map(|target| validate_record(&typed, target, false)).collect();
        if HostName::validate(&name).is_err() {
            prop_assert!(outcome.keeps_object() && outcome.refuses_name(&name));
            prop_assert!(outcome.desired.endpoints.is_empty());
        } else if let Some(at) = validated.iter().position(Result::is_err) {
            prop_assert!(outcome.keeps(&name) && outcome.refuses_target(&targets[at]));
            prop_assert!(outcome.desired.endpoints.is_empty());
        } else {
            let expected: BTreeSet<_> =
                validated.iter().flatten().map(|target| format!("{record_type} {target}")).collect();
            prop_assert_eq!(outcome.published(&name), expected);
        }
    }
}
