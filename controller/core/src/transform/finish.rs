//! Fills in TTLs and aliases, and keeps the properties that the provider understands.

use std::collections::BTreeSet;

use external_dns_webhook::{Endpoint, Properties, RecordType, Ttl};

use super::{ANY_PROVIDER, TransformOptions, status};
use crate::alike::alike;
use crate::desired::Desired;
use crate::status::Reason;

pub(super) fn apply(mut desired: Desired, options: &TransformOptions) -> Desired {
    let mut dropped = Vec::new();
    let mut endpoints = std::mem::take(&mut desired.endpoints);
    for endpoint in &mut endpoints {
        let names = foreign(endpoint, &options.property_prefixes);
        endpoint.properties.retain(|name| !names.iter().any(|other| other == name));
        dropped.extend(names.into_iter().map(|name| {
            let why = "the provider does not understand it".to_owned();
            let annotation = desired.annotation(endpoint, &name);
            status(endpoint, Reason::IgnoredAnnotation { annotation, why })
        }));
        let is_cname = endpoint.record_type == RecordType::Cname;
        if options.prefer_alias && is_cname && endpoint.properties.get(Properties::ALIAS).is_none()
        {
            endpoint.properties.set(Properties::ALIAS, "true");
        }
        endpoint.properties.sort();
    }
    desired.endpoints = endpoints;
    desired.statuses.extend(dropped);
    fill_ttls(&mut desired.endpoints, options.min_ttl);
    desired
}

/// Fills in the TTL where nobody who wants the same names one: who names none is content with that.
fn fill_ttls(endpoints: &mut [Endpoint], min_ttl: Option<Ttl>) {
    if min_ttl.is_none() {
        return;
    }
    let named = endpoints.iter().filter(|endpoint| endpoint.ttl.is_some()).map(alike);
    let named: BTreeSet<_> = named.collect();
    let is_open = |endpoint: &Endpoint| endpoint.ttl.is_none() && !named.contains(&alike(endpoint));
    let open: Vec<bool> = endpoints.iter().map(is_open).collect();
    for (endpoint, is_open) in endpoints.iter_mut().zip(open) {
        if is_open {
            endpoint.ttl = min_ttl;
        }
    }
}

/// Returns the names of properties that are for another provider.
fn foreign(endpoint: &Endpoint, prefixes: &[String]) -> Vec<String> {
    let names = endpoint.properties.iter().map(|(name, _)| name);
    names.filter(|name| is_foreign(name, prefixes)).map(str::to_owned).collect()
}

/// Tells whether a property is for another provider, and so changes nothing of what is written.
pub(super) fn is_foreign(name: &str, prefixes: &[String]) -> bool {
    name.contains('/')
        && !name.starts_with(ANY_PROVIDER)
        && !prefixes.iter().any(|prefix| name.starts_with(prefix.as_str()))
}
