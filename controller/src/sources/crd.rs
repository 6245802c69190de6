//! `crd`: record sets that `DNSEndpoint` objects spell out.
//!
//! They are taken as they are: nothing is derived, and only what can never be answered is refused.

mod outcome;
mod status;

use controller_core::verdict::Reason;
use webhook_api::{Endpoint, Properties, RecordType, Targets, Ttl};

pub use self::outcome::statuses;
pub use self::status::{Progress, RecordProgress, status};
use super::asking::Asking;
use super::each::Conversion;
use super::judge::judge_name;
use crate::objects::dns_endpoint::{DnsEndpoint, SpecEndpoint};

/// `crd`.
pub(super) struct Crd;

impl Conversion for Crd {
    type Object = DnsEndpoint;
    const SOURCE: &'static str = "crd";
    const LABEL: &'static str = "crd";
    // Compat: the annotation was never looked at on these objects.
    const HEEDS_CONTROLLER: bool = false;

    fn convert<'a>(object: &'a DnsEndpoint, asking: &mut Asking<'a>) {
        for spec in &object.spec.endpoints {
            match endpoint(spec) {
                Ok(endpoint) => asking.ask_endpoint(endpoint),
                // A mistake in a value is not a wish to have no record.
                Err(reason @ Reason::InvalidTarget { .. }) => asking.lose(&spec.dns_name, reason),
                Err(reason) => asking.refuse(&spec.dns_name, reason),
            }
        }
    }
}

/// Returns the record set that `spec` spells out.
///
/// # Errors
///
/// The name cannot exist, or a target is not of the form that its type needs.
fn endpoint(spec: &SpecEndpoint) -> Result<Endpoint, Reason> {
    let SpecEndpoint {
        dns_name,
        targets,
        record_type,
        set_identifier,
        record_ttl,
        labels,
        provider_specific,
    } = spec;
    let record_type = RecordType::from(record_type.as_str());
    let targets: Vec<_> =
        targets.iter().map(|it| target(it, &record_type)).collect::<Result<_, _>>()?;
    let properties = provider_specific.iter().map(|it| (it.name.as_str(), it.value.as_str()));
    Ok(Endpoint {
        dns_name: judge_name(dns_name)?,
        targets: Targets::from(targets),
        record_type,
        set_identifier: set_identifier.clone(),
        ttl: Ttl::from_seconds(*record_ttl),
        labels: labels.iter().collect(),
        properties: properties.collect::<Properties>(),
    })
}

/// Returns `target` in the form that `record_type` needs.
///
/// A final dot is kept where it is part of the value (CNAME, DNAME, TXT, MX, SRV), demanded in
/// NAPTR, and dropped from names. An address has none, and one that does may be a typing mistake.
fn target(target: &str, record_type: &RecordType) -> Result<String, Reason> {
    let invalid = |why: String| Err(Reason::InvalidTarget { target: target.to_owned(), why });
    match record_type {
        RecordType::Naptr if !target.ends_with('.') => {
            invalid(format!("it must end in a dot; write `{target}.`"))
        }
        RecordType::Cname
        | RecordType::Dname
        | RecordType::Txt
        | RecordType::Mx
        | RecordType::Naptr
        | RecordType::Srv => Ok(target.to_owned()),
        RecordType::A | RecordType::Aaaa => match target.strip_suffix('.') {
            Some(address) => invalid(format!("an address has no final dot; write `{address}`")),
            None => Ok(target.to_owned()),
        },
        RecordType::Caa | RecordType::Ns | RecordType::Ptr | RecordType::Other(_) => {
            Ok(target.strip_suffix('.').unwrap_or(target).to_owned())
        }
    }
}
