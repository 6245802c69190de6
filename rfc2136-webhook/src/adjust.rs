//! What a desired record set becomes, in which zone, and which cannot be.

use std::sync::Arc;

use external_dns_webhook::{
    DnsName, Endpoint, Properties, RecordType, Refusal, RefusalCode, Targets, Ttl,
};

use crate::name;
use crate::rdata;
use crate::record_type::{self, CNAME, NS};
use crate::update::Ttls;
use crate::writes::MAX_MESSAGE_BYTES;
use crate::zone::Zone;

/// Prefix of the properties that are understood.
pub const PREFIX: &str = "rfc2136/";

/// Property that chooses zones by their ids, with commas.
pub const ZONE: &str = "rfc2136/zone";

/// Longest time that a record set may be kept, in seconds ([RFC 2181, 8]).
///
/// [RFC 2181, 8]: https://www.rfc-editor.org/rfc/rfc2181#section-8
const MAX_TTL: u64 = (1 << 31) - 1;

/// The type of a record set that has only one value.
const DNAME: u16 = 39;

/// Returns the zones that shall have a record set: those that it chooses, or else all of the
/// longest name.
///
/// # Errors
///
/// Returns a refusal when it chooses a zone that is not there.
pub fn zones<'a>(desired: &Endpoint, all: &'a [Arc<Zone>]) -> Result<Vec<&'a Zone>, Box<Refusal>> {
    let matching =
        all.iter().map(|zone| &**zone).filter(|zone| desired.dns_name.is_within(&zone.dns_name));
    if let Some(id) = &desired.zone {
        return Ok(matching.filter(|zone| zone.id == *id).collect());
    }
    if let Some(ids) = desired.properties.get(ZONE) {
        let ids: Vec<_> = ids.split(',').map(str::trim).filter(|id| !id.is_empty()).collect();
        let is_matching = |id: &&str| matching.clone().any(|zone| zone.config.id == **id);
        if let Some(missing) = ids.iter().find(|id| !is_matching(id)) {
            let message = format!(
                "`{ZONE}` names `{missing}`, which is no zone that is served and has this name; use the ids \
                 of `--rfc2136-zone`"
            );
            return Err(Box::new(Refusal::of(desired, RefusalCode::InvalidProperty, message)));
        }
        return Ok(matching.filter(|zone| ids.contains(&zone.config.id.as_str())).collect());
    }
    let longest = matching.clone().map(|zone| zone.config.name.num_labels()).max();
    Ok(matching.filter(|zone| Some(zone.config.name.num_labels()) == longest).collect())
}

/// Returns a record set as it will be listed, without a zone.
///
/// # Errors
///
/// Returns the word and the sentence by which it is refused.
pub fn adjusted(
    desired: &Endpoint,
    apex: Option<&DnsName>,
    ttls: Ttls,
) -> Result<Endpoint, (RefusalCode, String)> {
    let Endpoint {
        dns_name,
        targets,
        record_type,
        set_identifier,
        ttl,
        labels,
        properties,
        zone: _,
    } = desired;
    let code = record_type::code(record_type)
        .ok_or_else(|| (RefusalCode::UnsupportedType, record_type::not_served(record_type)))?;
    name::from_dns_name(dns_name).map_err(|error| (RefusalCode::InvalidName, error.to_string()))?;
    if !set_identifier.is_empty() {
        let text = "DNS UPDATE has no routing policies, so there is no place for a set identifier; \
                    remove it";
        return Err((RefusalCode::InvalidSetIdentifier, text.to_owned()));
    }
    check_properties(properties)?;
    if code == NS && apex.is_some_and(|apex| apex.canonical() == dns_name.canonical()) {
        let text = "the name servers of the zone itself are its administrator's".to_owned();
        return Err((RefusalCode::InvalidTarget, text));
    }
    let targets = values(record_type, targets)?;
    if targets.is_empty() {
        return Err((RefusalCode::InvalidTarget, "there are no targets".to_owned()));
    }
    if targets.len() > 1 && matches!(code, CNAME | DNAME) {
        let text =
            format!("a {record_type} record has one target and not {}; leave one", targets.len());
        return Err((RefusalCode::InvalidTarget, text));
    }
    let ttl = match ttl {
        Some(ttl) if ttl.seconds() > MAX_TTL => {
            let text = format!("a TTL of {ttl} s is more than the {MAX_TTL} s that DNS has");
            return Err((RefusalCode::InvalidTtl, text));
        }
        Some(_) => Ttl::from_seconds(i64::from(ttls.of(*ttl, None))),
        None => None,
    };
    Ok(Endpoint {
        dns_name: dns_name.clone(),
        targets,
        record_type: record_type.clone(),
        set_identifier: String::new(),
        ttl,
        labels: labels.clone(),
        properties: Properties::default(),
        zone: None,
    })
}

fn check_properties(properties: &Properties) -> Result<(), (RefusalCode, String)> {
    let is_unknown = |name: &&str| name.starts_with(PREFIX) && *name != ZONE;
    match properties.iter().map(|(name, _)| name).find(is_unknown) {
        None => Ok(()),
        Some(unknown) => {
            let text = format!("`{unknown}` is no property that is known; there is `{ZONE}`");
            Err((RefusalCode::InvalidProperty, text))
        }
    }
}

fn values(record_type: &RecordType, targets: &Targets) -> Result<Targets, (RefusalCode, String)> {
    let canonical = |target| {
        let bytes = rdata::from_text(record_type, target)
            .map_err(|error| (RefusalCode::InvalidTarget, error.to_string()))?;
        let text = rdata::to_text(record_type, &bytes).unwrap_or_else(|| target.to_owned());
        Ok((text, bytes.len()))
    };
    let all: Vec<(String, usize)> = targets.iter().map(canonical).collect::<Result<_, _>>()?;
    let length: usize = all.iter().map(|(_, length)| length).sum();
    if length > MAX_MESSAGE_BYTES {
        let text = format!(
            "its values take {length} bytes, and a message has at most {MAX_MESSAGE_BYTES}; use fewer or \
             shorter ones"
        );
        return Err((RefusalCode::TooLarge, text));
    }
    Ok(all.into_iter().map(|(text, _)| text).collect::<Targets>().sorted())
}
