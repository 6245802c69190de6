//! What happens to record sets between the sources and the provider, one step per file.
//!
//! The order is fixed and users rely on it: what objects of one kind want together is merged,
//! default targets are filled in, what makes no sense or is said twice is left out, and then come
//! NAT64, target networks, reverse names, and what concerns TTLs and properties.

mod defaults;
mod finish;
mod merge;
mod nat64;
mod ptr;
mod target_nets;
mod validate;

use external_dns_webhook::{DnsName, Endpoint, Ttl};
use ipnet::Ipv6Net;

use crate::desired::{Desired, Unknown};
use crate::status::{Reason, RecordStatus};
use crate::value::Target;

pub use self::nat64::{InvalidPrefix, parse_prefix};
pub use self::ptr::Reverse;
pub use self::target_nets::TargetNets;

/// What is set about the steps; by default nothing but the checks.
#[derive(Clone, Debug, Default)]
pub struct TransformOptions {
    /// Targets for record sets that have none; empty for none.
    pub default_targets: Vec<Target>,
    /// Whether the default targets replace those that record sets have.
    pub force_default_targets: bool,
    /// Prefixes behind which IPv6 addresses stand for IPv4 addresses; each is a /96.
    pub nat64_prefixes: Vec<Ipv6Net>,
    /// Networks that targets must or must not be in.
    pub target_nets: TargetNets,
    /// Which addresses get a reverse name.
    pub reverse: Reverse,
    /// TTL for record sets that have none; never changes one that is there.
    pub min_ttl: Option<Ttl>,
    /// Whether CNAMEs want a provider's alias unless they say otherwise.
    pub prefer_alias: bool,
    /// Prefixes of the properties that the provider says it understands, each with its slash.
    ///
    /// Properties under `webhook/` and those without a slash always stay.
    pub property_prefixes: Vec<String>,
}

/// Prefix of the properties that any provider may be sent.
///
/// Compat: they are all that `ExternalDNS` sends to a provider behind the protocol.
const ANY_PROVIDER: &str = "webhook/";

/// Returns `desired` after every step.
///
/// The same names come out whether all of them go in or only those of a targeted sync, except for
/// reverse names: those of an address need every name that has it.
pub fn pipeline(desired: Desired, options: &TransformOptions) -> Desired {
    let desired = merge::apply(desired);
    let desired = defaults::apply(desired, options);
    let desired = validate::apply(desired, options);
    let desired = nat64::apply(desired, &options.nat64_prefixes);
    let desired = target_nets::apply(desired, &options.target_nets);
    let desired = ptr::apply(desired, options.reverse);
    finish::apply(desired, options)
}

/// Leaves `endpoint` out: what its object wants is not known, so its record stays as it is.
fn leave_out(desired: &mut Desired, endpoint: &Endpoint, reason: Reason) {
    desired.statuses.push(status(endpoint, reason.clone()));
    mark_unknown(desired, endpoint, reason);
}

/// Says that what takes the place of `endpoint` is not known, so its record stays as it is.
fn mark_unknown(desired: &mut Desired, endpoint: &Endpoint, reason: Reason) {
    desired.unknown(
        Unknown::RecordSet {
            name: endpoint.dns_name.clone(),
            record_type: endpoint.record_type.clone(),
            set_identifier: endpoint.set_identifier.clone(),
            object: endpoint.labels.resource().cloned(),
        },
        reason,
    );
}

fn status(endpoint: &Endpoint, reason: Reason) -> RecordStatus {
    RecordStatus {
        name: DnsName::from(endpoint.dns_name.as_str()),
        record_type: Some(endpoint.record_type.clone()),
        object: endpoint.labels.resource().cloned(),
        zone: None,
        reason,
    }
}

#[cfg(test)]
mod tests;
