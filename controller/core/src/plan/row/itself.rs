//! What one object asks for under one name and cannot have together: it never competes with itself.

use external_dns_webhook::{Endpoint, RecordType};

use super::obstacles::is_same_object;
use crate::status::{Place, Reason};

/// Returns the candidates without the CNAMEs of objects that have addresses for the name as well, and
/// each of those with such an address.
///
/// Nothing stands beside a CNAME, and an address is what a resolver wants in the end.
pub(super) fn without_cnames_beside_addresses<'a>(
    candidates: &[&'a Endpoint],
) -> (Vec<&'a Endpoint>, Vec<(&'a Endpoint, &'a Endpoint)>) {
    let (mut kept, mut out) = (Vec::with_capacity(candidates.len()), Vec::new());
    for candidate in candidates {
        let beside = |endpoint: &&&Endpoint| {
            matches!(endpoint.record_type, RecordType::A | RecordType::Aaaa)
                && endpoint.set_identifier == candidate.set_identifier
                && is_same_object(endpoint.labels.resource(), candidate.labels.resource())
        };
        let is_cname = candidate.record_type == RecordType::Cname;
        match candidates.iter().find(beside).filter(|_| is_cname) {
            Some(address) => out.push((*candidate, *address)),
            None => kept.push(*candidate),
        }
    }
    (kept, out)
}

/// Returns why an object does not get `wanted`: it gets `instead`, which excludes it.
pub(super) fn excluded(wanted: &Endpoint, instead: &Endpoint) -> Reason {
    let instead_values = instead.targets.iter().collect::<Vec<_>>().join(", ");
    let record_type = &instead.record_type;
    let why = match record_type {
        RecordType::A | RecordType::Aaaa if wanted.record_type == RecordType::Cname => {
            format!("the address is published, {instead_values}; a CNAME cannot stand beside it")
        }
        _ => format!(
            "the object asks for {record_type} {instead_values} under this name as well, which \
             excludes it"
        ),
    };
    let target = wanted.targets.iter().collect::<Vec<_>>().join(", ");
    Reason::InvalidTarget { target, place: Place::Object, why }
}
