//! `fake` and `empty`: record sets without a cluster, to try a provider with.
//!
//! The same ones every time: a provider that is tried should not be busy for nothing.

use std::sync::Arc;

use controller_core::desired::{Desired, SourceObject, Unknown};
use controller_core::status::{Place, Reason, RecordStatus};
use controller_core::value::HostName;
use external_dns_webhook::{CanonicalName, Endpoint, Labels, ObjectRef, RecordType, Targets};
use serde_json::json;

use super::options::SourceOptions;
use super::table::BuildError;
use super::template::{Shape, Templates};
use super::{Affected, ObjectScope, Source};
use crate::objects::{Change, ObjectKey, Objects};

/// Domain of the record sets unless a template gives others.
const DOMAIN: &str = "example.com";

/// Set identifier of every record set.
const SET_IDENTIFIER: &str = "fake";

/// `fake`.
pub(super) struct Fake {
    templates: Templates,
}

pub(super) struct Empty;

impl Fake {
    pub(super) fn build(options: &Arc<SourceOptions>) -> Result<Vec<Box<dyn Source>>, BuildError> {
        let templates = Templates::new(&options.templates, "fake", Shape::Typed)?;
        Ok(vec![Box::new(Self { templates })])
    }
}

impl Source for Fake {
    fn name(&self) -> &'static str {
        "fake"
    }

    /// No object wants these names, and so none has one.
    fn left_out(&self, _: &Objects, _: &CanonicalName) -> Vec<RecordStatus> {
        Vec::new()
    }

    fn left_out_of(&self, _: &Objects, _: &ObjectKey) -> Vec<RecordStatus> {
        Vec::new()
    }

    fn resource(&self, _: &ObjectKey) -> Option<ObjectRef> {
        None
    }

    fn affected(&self, _: &Objects, _: &Change) -> Affected {
        Affected::default()
    }

    fn collect(&self, _: &Objects, scope: &ObjectScope, desired: &mut Desired) {
        if *scope != ObjectScope::All {
            return; // No object wants these.
        }
        let pod = json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "fake", "namespace": "default"},
        });
        let domains = match self.templates.names_of(&pod) {
            Ok(domains) if domains.is_empty() => vec![DOMAIN.to_owned()],
            Ok(domains) => domains,
            Err(reason) => {
                let resource = "fake/default/fake";
                desired.statuses.push(RecordStatus::on_object(resource, reason.clone()));
                return desired.unknown(Unknown::Kind("fake".into()), reason);
            }
        };
        for domain in &domains {
            if let Err(flaw) = HostName::validate(domain) {
                let place = Place::Template("--fqdn-template".to_owned());
                let reason = Reason::InvalidName { name: domain.clone(), place, why: flaw.into() };
                let status =
                    RecordStatus::on_name(domain.as_str(), "fake/default/fake", reason.clone());
                desired.statuses.push(status);
                desired.unknown(Unknown::Kind("fake".into()), reason);
                continue;
            }
            for mut endpoint in record_sets(domain) {
                let resource = ObjectRef::new("fake", "default", endpoint.dns_name.as_str());
                endpoint.labels = Labels::default().of_object(resource.clone());
                SET_IDENTIFIER.clone_into(&mut endpoint.set_identifier);
                desired.source_objects.insert(resource, SourceObject::default());
                desired.endpoints.push(endpoint);
            }
        }
    }
}

/// Returns one record set of each type under `domain`.
fn record_sets(domain: &str) -> Vec<Endpoint> {
    let name = |salt: &str| format!("{}.{domain}", word(domain, salt));
    let set = |name: String, record_type: RecordType, target: String| {
        Endpoint::new(name, record_type, Targets::from([target]))
    };
    let octet = sum(domain, "address") % 254 + 1;
    vec![
        set(name("a"), RecordType::A, format!("192.0.2.{octet}")),
        set(name("aaaa"), RecordType::Aaaa, format!("2001:db8::{octet:x}")),
        set(name("cname"), RecordType::Cname, name("cname target")),
        set(name("txt"), RecordType::Txt, format!("\"a text about {domain}\"")),
        set(
            format!("_sip._udp.{domain}"),
            RecordType::Srv,
            format!("10 20 5060 {}.", name("srv target")),
        ),
        set(domain.to_owned(), RecordType::Ns, name("ns")),
        set(format!("{octet}.2.0.192.in-addr.arpa"), RecordType::Ptr, name("a")),
        set(domain.to_owned(), RecordType::Mx, format!("10 {}", name("mx"))),
        set(
            format!("_sip._udp.{domain}"),
            RecordType::Naptr,
            format!("100 10 \"u\" \"E2U+sip\" \"!^.*$!sip:info@{domain}!\" ."),
        ),
        set(name("dname"), RecordType::Dname, name("dname target")),
    ]
}

/// Returns four letters that look random and are always the same.
fn word(domain: &str, salt: &str) -> String {
    let mut rest = sum(domain, salt);
    let letters = std::iter::repeat_with(|| {
        let letter = b'a' + u8::try_from(rest % 26).unwrap_or_default();
        rest /= 26;
        char::from(letter)
    });
    letters.take(4).collect()
}

/// FNV-1a, which is short and spreads well enough for names.
fn sum(domain: &str, salt: &str) -> u64 {
    let bytes = domain.bytes().chain([b' ']).chain(salt.bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |sum, byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

impl Source for Empty {
    fn name(&self) -> &'static str {
        "empty"
    }

    fn resource(&self, _: &ObjectKey) -> Option<ObjectRef> {
        None
    }

    fn affected(&self, _: &Objects, _: &Change) -> Affected {
        Affected::default()
    }

    fn collect(&self, _: &Objects, _: &ObjectScope, _: &mut Desired) {}

    fn left_out(&self, _: &Objects, _: &CanonicalName) -> Vec<RecordStatus> {
        Vec::new()
    }

    fn left_out_of(&self, _: &Objects, _: &ObjectKey) -> Vec<RecordStatus> {
        Vec::new()
    }
}
