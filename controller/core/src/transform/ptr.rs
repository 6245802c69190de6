//! Adds the names of addresses: PTR records under `in-addr.arpa` and `ip6.arpa`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::IpAddr;

use external_dns_webhook::{
    DnsName, Endpoint, Labels, ObjectRef, Properties, RecordType, Targets, Ttl,
};

use super::status;
use crate::desired::created;
use crate::desired::{Desired, Unknown};
use crate::name_right::Barred;
use crate::name_sharing::NameSharing;
use crate::status::{Reason, RecordStatus};

/// Which addresses get a reverse name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reverse {
    /// None: PTR records are not managed.
    #[default]
    Off,
    /// Those of record sets with the property `record-type=ptr`.
    OptIn,
    /// All, except those of record sets whose property `record-type` says otherwise.
    All,
}

pub(super) fn apply(mut desired: Desired, reverse: Reverse) -> Desired {
    if reverse == Reverse::Off {
        return desired;
    }
    let sharing = desired.sharing;
    let mut found: BTreeMap<(IpAddr, Option<String>), Named> = BTreeMap::new();
    let mut order = Vec::new();
    let mut ignored = Vec::new();
    let mut refused = Vec::new();
    let rights = std::mem::take(&mut desired.rights);
    for endpoint in &mut desired.endpoints {
        let wanted = endpoint.properties.remove(Properties::RECORD_TYPE);
        let has_addresses = matches!(endpoint.record_type, RecordType::A | RecordType::Aaaa);
        if !has_addresses || endpoint.dns_name.as_str().starts_with("*.") {
            if let Some(value) = wanted.filter(|_| !has_addresses) {
                ignored.push(status(
                    endpoint,
                    Reason::IgnoredAnnotation {
                        annotation: format!("{}={value}", Properties::RECORD_TYPE),
                        why: "only addresses have reverse names".to_owned(),
                    },
                ));
            }
            continue;
        }
        let wanted =
            wanted.map_or(reverse == Reverse::All, |property| property.eq_ignore_ascii_case("ptr"));
        if !wanted {
            continue;
        }
        let right = rights
            .get(endpoint.labels.resource().and_then(ObjectRef::namespace).unwrap_or_default());
        for address in endpoint.targets.iter().filter_map(|target| target.parse::<IpAddr>().ok()) {
            let address = address.to_canonical();
            let name = DnsName::from(reverse_name(address));
            // It is a name like any other, and wanted by the same object.
            if let Some(Err(barred)) = right.map(|right| right.check(&name)) {
                refused.push((name, endpoint.labels.resource().cloned(), barred));
                continue;
            }
            // Where a name is for one namespace, the plan says which has the reverse name.
            let whose = match sharing {
                NameSharing::AcrossNamespaces => None,
                NameSharing::WithinNamespace => {
                    endpoint.labels.resource().and_then(ObjectRef::namespace)
                }
            };
            let key = (address, whose.map(str::to_owned));
            let named = found.entry(key.clone()).or_insert_with(|| {
                order.push(key);
                Named { names: Vec::new(), ttl: endpoint.ttl, resource: None }
            });
            named.ttl = named.ttl.min(endpoint.ttl);
            named.names.push(endpoint.dns_name.as_str().to_owned());
            let age = |resource: &ObjectRef| created(desired.source_objects.get(resource));
            let resource =
                endpoint.labels.resource().map(|resource| (age(resource), resource.clone()));
            named.resource = named.resource.take().into_iter().chain(resource).min();
        }
    }
    desired.statuses.extend(ignored);
    desired.rights = rights;
    for (name, object, barred) in refused {
        bar(&mut desired, name, object, barred);
    }
    desired.endpoints.extend(order.into_iter().filter_map(|key| {
        let Named { names, ttl, resource } = found.remove(&key)?;
        let labels = resource.map(|(_, object)| Labels::default().of_object(object));
        Some(Endpoint {
            dns_name: reverse_name(key.0).into(),
            targets: Targets::from(names).sorted(),
            record_type: RecordType::Ptr,
            ttl,
            labels: labels.unwrap_or_default(),
            ..Endpoint::default()
        })
    }));
    desired
}

/// Says that a reverse name is not made for an object; where it is not known whether it may be, what
/// is there stays.
fn bar(desired: &mut Desired, name: DnsName, object: Option<ObjectRef>, barred: Barred) {
    let record_type = Some(RecordType::Ptr);
    match barred {
        Barred::NotAllowed(reason) => {
            desired.statuses.push(RecordStatus { name, record_type, object, zone: None, reason });
        }
        Barred::Unknown => {
            let what = "list namespaces".to_owned();
            let error = "the labels of the namespace are not known".to_owned();
            let reason = Reason::SourceUnavailable { what, error };
            let (about, told) = (name.clone(), reason.clone());
            desired.statuses.push(RecordStatus {
                name,
                record_type,
                object: object.clone(),
                zone: None,
                reason,
            });
            let record_type = RecordType::Ptr;
            let set_identifier = String::new();
            let what = Unknown::RecordSet { name: about, record_type, set_identifier, object };
            desired.unknown(what, told);
        }
    }
}

/// What is known of one address.
struct Named {
    names: Vec<String>,
    /// The shortest; `None` counts as shorter than any.
    ttl: Option<Ttl>,
    /// The oldest object that wants the address, with its age, so that a gap about it also covers the
    /// reverse name.
    resource: Option<(i64, ObjectRef)>,
}

/// Returns the name under which the names of `address` are found.
fn reverse_name(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => {
            let [a, b, c, d] = address.octets();
            format!("{d}.{c}.{b}.{a}.in-addr.arpa")
        }
        IpAddr::V6(address) => {
            let mut name = String::with_capacity(72);
            for octet in address.octets().iter().rev() {
                // Writing into a string cannot fail.
                let _: Result<(), _> = write!(name, "{:x}.{:x}.", octet & 0xf, octet >> 4);
            }
            name + "ip6.arpa"
        }
    }
}
