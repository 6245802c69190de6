//! What one object wants under one name and cannot have together: it never competes with itself.

use std::collections::BTreeMap;

use external_dns_webhook::{Endpoint, RecordType};

use crate::status::{Place, Reason};

/// Returns the candidates without the CNAMEs of objects that have addresses for the name as well, and
/// each of those with such an address.
///
/// Nothing stands beside a CNAME, and an address is what a resolver wants in the end.
pub(super) fn without_cnames_beside_addresses<'a>(
    candidates: &[&'a Endpoint],
) -> (Vec<&'a Endpoint>, Vec<(&'a Endpoint, &'a Endpoint)>) {
    let of = |endpoint: &'a Endpoint| {
        let object = endpoint.labels.resource()?;
        Some((object, endpoint.set_identifier.as_str()))
    };
    let mut addresses: BTreeMap<_, &Endpoint> = BTreeMap::new();
    for address in candidates.iter().filter(|candidate| is_address(candidate)) {
        if let Some(whose) = of(address) {
            let first = addresses.entry(whose).or_insert(address);
            *first = if less(address, first) { address } else { first };
        }
    }
    let (mut kept, mut out) = (Vec::with_capacity(candidates.len()), Vec::new());
    for candidate in candidates {
        let is_cname = candidate.record_type == RecordType::Cname;
        match of(candidate).and_then(|whose| addresses.get(&whose)).filter(|_| is_cname) {
            Some(address) => out.push((*candidate, *address)),
            None => kept.push(*candidate),
        }
    }
    (kept, out)
}

fn is_address(endpoint: &Endpoint) -> bool {
    matches!(endpoint.record_type, RecordType::A | RecordType::Aaaa)
}

/// Tells which of two addresses is told of, whatever order they come in.
fn less(a: &Endpoint, b: &Endpoint) -> bool {
    (&a.record_type, &a.targets) < (&b.record_type, &b.targets)
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
            "the object wants {record_type} {instead_values} under this name as well, which \
             excludes it"
        ),
    };
    let target = wanted.targets.iter().collect::<Vec<_>>().join(", ");
    Reason::InvalidTarget { target, place: Place::Object, why }
}
