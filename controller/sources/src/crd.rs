//! `crd`: record sets that `DNSEndpoint` objects spell out.
//!
//! Nothing is derived, and only what can never be answered is refused; its record stays as it is.

mod echoes;
mod outcome;
mod status;

use std::collections::BTreeSet;

use controller_core::status::{Place, Reason};
use controller_core::value::{validate_record, validate_record_type};
use external_dns_webhook::{CanonicalName, DnsName, Endpoint, Properties, Targets, Ttl};

pub use self::echoes::{Echoes, StatusWrite};
pub use self::outcome::{RecordStatuses, object_of, statuses};
pub use self::status::{Progress, RecordProgress, status};
use super::annotations::MAX_TTL;
use super::endpoint_builder::EndpointBuilder;
use super::per_object::ObjectSource;
use crate::objects::dns_endpoint::{DnsEndpoint, SpecEndpoint};

pub(super) struct CrdSource;

impl ObjectSource for CrdSource {
    type Object = DnsEndpoint;
    const SOURCE: &'static str = "crd";
    const LABEL: &'static str = "crd";
    const TARGETS_AT: &'static str = "`targets`";
    // Compat: the annotation was never looked at on these objects.
    const HEEDS_CONTROLLER: bool = false;

    fn convert<'a>(object: &'a DnsEndpoint, builder: &mut EndpointBuilder<'a>) {
        let given = &object.spec.endpoints;
        if given.is_empty() {
            builder.tell(Reason::NoNames { from: "`spec.endpoints`".to_owned() });
        }
        for (index, spec) in given.iter().enumerate() {
            let ttl = spec.as_ref().map_or(0, |spec| spec.record_ttl);
            if !is_ttl(ttl) {
                builder.tell(Reason::InvalidAnnotation {
                    annotation: format!("spec.endpoints[{index}].recordTTL"),
                    value: ttl.to_string(),
                    expected: format!("seconds from 1 to {MAX_TTL}, or 0 for what is usual"),
                    is_ignored: true,
                });
            }
            if spec.is_none() {
                let error = format!(
                    "`spec.endpoints[{index}]` is null, so nobody knows which record set was meant; \
                     remove the element"
                );
                builder.unknown(Reason::Unreadable { error });
            }
        }
        let validated: Vec<_> = given.iter().flatten().map(|spec| (spec, endpoint(spec))).collect();
        // Several elements may give one record set its values: it is known in full or not at all.
        let refused: BTreeSet<_> = validated
            .iter()
            .filter(|(_, endpoint)| endpoint.is_err())
            .map(|(spec, _)| set(spec))
            .collect();
        for (spec, endpoint) in validated {
            match endpoint {
                Ok(_) if refused.contains(&set(spec)) => {}
                Ok(endpoint) => builder.add_endpoint(&spec.dns_name, endpoint),
                // A mistake in a value is not a wish to have no record.
                Err(reason) => {
                    builder.mark_record_unknown(&spec.dns_name, &spec.record_type, reason);
                }
            }
        }
    }
}

/// Tells whether there is such a TTL, in seconds; 0 stands for none.
fn is_ttl(seconds: i64) -> bool {
    u64::try_from(seconds).is_ok_and(|number| number <= MAX_TTL)
}

/// Tells record sets apart, as far as that can be told before the names are validated.
fn set(spec: &SpecEndpoint) -> (CanonicalName, &str, &str) {
    let name = spec.dns_name.as_str().into();
    (name, &spec.record_type, &spec.set_identifier)
}

/// Returns the record set that `spec` spells out, without its name.
///
/// # Errors
///
/// A target is not of the form that its type needs.
fn endpoint(spec: &SpecEndpoint) -> Result<Endpoint, Reason> {
    let SpecEndpoint {
        dns_name: _,
        targets,
        record_type,
        set_identifier,
        record_ttl,
        labels,
        provider_specific,
    } = spec;
    let record_type = validate_record_type(record_type)
        .map_err(|flaw| Reason::Unreadable { error: format!("`recordType`: {flaw}") })?;
    let properties = provider_specific.iter().map(|provider_specific| {
        (provider_specific.name.as_str(), provider_specific.value.as_str())
    });
    let properties = properties.collect::<Properties>();
    let is_alias = properties.get(Properties::ALIAS) == Some("true");
    let validated = |target: &String| {
        validate_record(&record_type, target, is_alias).map_err(|flaw| Reason::InvalidTarget {
            target: target.clone(),
            place: Place::Object,
            why: flaw.into(),
        })
    };
    let targets = targets.iter().map(validated).collect::<Result<Vec<_>, _>>()?;
    Ok(Endpoint {
        dns_name: DnsName::default(),
        targets: Targets::from(targets),
        record_type,
        set_identifier: set_identifier.clone(),
        ttl: Ttl::from_seconds(*record_ttl).filter(|_| is_ttl(*record_ttl)),
        labels: labels.iter().collect(),
        properties,
        zone: None,
    })
}
