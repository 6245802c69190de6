//! Hosted zones: create, describe, delete, list, count.

use super::{Answer, Call, changes};
use crate::account::{Account, Moment};
use crate::error::ApiError;
use crate::name::Name;
use crate::record::RecordType;
use crate::xml::{self, Document};
use crate::zone::{Vpc, Zone};

/// Most zones in one page.
const MAX_ZONES_PER_PAGE: usize = 100;

/// Record sets that one zone may hold unless AWS raises it ([quota]); only reported, unless set.
///
/// [quota]: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html
const DEFAULT_MAX_RECORD_SETS: usize = 10_000;

/// VPCs that one private zone may have by default; only reported.
const MAX_VPCS: usize = 300;

/// Top-level domains for which the service creates no public zone; the commonest stand for all.
const RESERVED_NAMES: [&str; 8] =
    ["com.", "net.", "org.", "edu.", "gov.", "mil.", "arpa.", "amazonaws.com."];

/// Answers `CreateHostedZone`.
pub(super) fn create(
    account: &mut Account,
    call: &Call,
    moment: Moment,
) -> Result<Answer, ApiError> {
    let request = xml::read(&call.body, "CreateHostedZoneRequest")?;
    let text = required(request.text_of("Name"), "name")?;
    let caller_reference = required(request.text_of("CallerReference"), "callerReference")?;
    let config = request.child("HostedZoneConfig");
    let comment = config.and_then(|config| config.text_of("Comment"));
    let private = match config {
        Some(config) => config.bool_of("PrivateZone")? == Some(true),
        None => false,
    };
    let vpc = request.child("VPC").map(|vpc| Vpc {
        region: vpc.text_of("VPCRegion").unwrap_or_default(),
        id: vpc.text_of("VPCId").unwrap_or_default(),
    });
    if request.child("DelegationSetId").is_some_and(|id| !id.text.is_empty()) {
        return Err(ApiError::invalid_input("The emulator has no reusable delegation sets"));
    }
    if private && vpc.is_none() {
        return Err(ApiError::invalid_input(
            "When you're creating a private hosted zone (when you specify true for PrivateZone), \
             you must also specify values for VPCId and VPCRegion.",
        ));
    }
    let name = zone_name(&text, vpc.is_some())?;
    if account.zones.values().any(|zone| zone.caller_reference == caller_reference) {
        return Err(ApiError::hosted_zone_already_exists(&caller_reference));
    }
    let id = account.add_zone(name, vpc.is_some(), None);
    let zone = account.zone_mut(&id)?;
    zone.caller_reference = caller_reference;
    zone.comment = comment.filter(|comment| !comment.is_empty());
    zone.vpcs = vpc.into_iter().collect();
    let zone = zone.clone();
    let change = account.submit(None, moment);

    let mut document = Document::new("CreateHostedZoneResponse");
    write(&mut document, &zone);
    changes::write(&mut document, &change, moment.steady);
    write_delegation_set(&mut document, &zone);
    if let Some(vpc) = zone.vpcs.first() {
        write_vpc(&mut document, vpc);
    }
    Ok(Answer::created(document.finish(), format!("/2013-04-01/hostedzone/{id}")))
}

/// Reads a zone's name.
fn zone_name(text: &str, private: bool) -> Result<Name, ApiError> {
    let name: Name = text
        .parse()
        .map_err(|_| ApiError::invalid_domain_name(format!("{text} is not a valid domain name")))?;
    if name.is_root() || name.is_wildcard() {
        return Err(ApiError::invalid_domain_name(format!("{text} is not a valid domain name")));
    }
    if !private && RESERVED_NAMES.contains(&name.to_string().as_str()) {
        return Err(ApiError::invalid_domain_name(format!("{text} is reserved by AWS!")));
    }
    Ok(name)
}

fn required(text: Option<String>, path: &str) -> Result<String, ApiError> {
    text.filter(|text| !text.is_empty()).ok_or_else(|| {
        ApiError::invalid_input(format!(
            "1 validation error detected: Value null at '{path}' failed to satisfy constraint: \
             Member must not be null"
        ))
    })
}

/// Answers `GetHostedZone`.
pub(super) fn describe(account: &Account, call: &Call) -> Result<Answer, ApiError> {
    let zone = account.zone(call.parameter(0))?;
    let mut document = Document::new("GetHostedZoneResponse");
    write(&mut document, zone);
    write_delegation_set(&mut document, zone);
    if !zone.vpcs.is_empty() {
        document.nest("VPCs", |document| {
            for vpc in &zone.vpcs {
                write_vpc(document, vpc);
            }
        });
    }
    Ok(Answer::ok(document.finish()))
}

/// Answers `DeleteHostedZone`.
pub(super) fn delete(
    account: &mut Account,
    call: &Call,
    moment: Moment,
) -> Result<Answer, ApiError> {
    let zone = account.zone(call.parameter(0))?;
    let is_required = |record_type| matches!(record_type, RecordType::SOA | RecordType::NS);
    if zone.all().any(|set| set.key.name != zone.name || !is_required(set.key.record_type)) {
        return Err(ApiError::hosted_zone_not_empty());
    }
    account.zones.remove(call.parameter(0));
    let change = account.submit(None, moment);
    let mut document = Document::new("DeleteHostedZoneResponse");
    changes::write(&mut document, &change, moment.steady);
    Ok(Answer::ok(document.finish()))
}

/// Answers `ListHostedZones`; the order is that of the ids, which are also the markers.
pub(super) fn list(account: &Account, call: &Call) -> Result<Answer, ApiError> {
    let max_items = call.max_items(MAX_ZONES_PER_PAGE)?;
    let private_only = match call.asks("hostedzonetype") {
        None => false,
        Some("PrivateHostedZone") => true,
        Some(other) => {
            return Err(ApiError::invalid_input(format!(
                "1 validation error detected: Value '{other}' at 'hostedZoneType' failed to \
                 satisfy constraint: Member must satisfy enum value set: [PrivateHostedZone]"
            )));
        }
    };
    if call.asks("delegationsetid").is_some() {
        return Err(ApiError::invalid_input("The emulator has no reusable delegation sets"));
    }
    let marker = call.asks("marker").unwrap_or_default();
    let mut zones = account
        .zones
        .range(marker.to_owned()..)
        .map(|(_, zone)| zone)
        .filter(|zone| zone.private || !private_only);
    let mut document = Document::new("ListHostedZonesResponse");
    document.nest("HostedZones", |document| {
        for zone in zones.by_ref().take(max_items) {
            write(document, zone);
        }
    });
    document.optional("Marker", call.asks("marker"));
    let next = zones.next();
    document.leaf("IsTruncated", if next.is_some() { "true" } else { "false" });
    document.optional("NextMarker", next.map(|zone| zone.id.as_str()));
    document.leaf("MaxItems", &max_items.to_string());
    Ok(Answer::ok(document.finish()))
}

/// Answers `ListHostedZonesByName`; the order is that of reversed names, then ids.
pub(super) fn list_by_name(account: &Account, call: &Call) -> Result<Answer, ApiError> {
    let max_items = call.max_items(MAX_ZONES_PER_PAGE)?;
    let start_id = call.asks("hostedzoneid").map(super::strip_prefixes);
    let start = match call.asks("dnsname") {
        Some(text) => Some(text.parse::<Name>().map_err(|_| {
            ApiError::invalid_domain_name(format!("{text} is not a valid domain name"))
        })?),
        None if start_id.is_some() => {
            return Err(ApiError::invalid_input(
                "The dnsname parameter is required when hostedzoneid is specified",
            ));
        }
        None => None,
    };
    let mut zones: Vec<_> = account.zones.values().collect();
    zones.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
    let mut zones = zones.into_iter().skip_while(|zone| match (&start, &start_id) {
        (Some(name), Some(id)) => (&zone.name, &zone.id) < (name, id),
        (Some(name), None) => zone.name < *name,
        (None, _) => false,
    });
    let mut document = Document::new("ListHostedZonesByNameResponse");
    document.nest("HostedZones", |document| {
        for zone in zones.by_ref().take(max_items) {
            write(document, zone);
        }
    });
    document.optional("DNSName", start.as_ref().map(ToString::to_string).as_deref());
    document.optional("HostedZoneId", start_id.as_deref());
    let next = zones.next();
    document.leaf("IsTruncated", if next.is_some() { "true" } else { "false" });
    if let Some(next) = next {
        document.leaf("NextDNSName", &next.name.to_string());
        document.leaf("NextHostedZoneId", &next.id);
    }
    document.leaf("MaxItems", &max_items.to_string());
    Ok(Answer::ok(document.finish()))
}

/// Answers `GetHostedZoneCount`.
pub(super) fn count(account: &Account) -> Answer {
    let mut document = Document::new("GetHostedZoneCountResponse");
    document.leaf("HostedZoneCount", &account.zones.len().to_string());
    Answer::ok(document.finish())
}

/// Answers `GetHostedZoneLimit`.
pub(super) fn limit(account: &Account, call: &Call) -> Result<Answer, ApiError> {
    let zone = account.zone(call.parameter(0))?;
    let kind = call.parameter(1);
    let (value, count) = match kind {
        "MAX_RRSETS_BY_ZONE" => {
            (account.settings.max_record_sets.unwrap_or(DEFAULT_MAX_RECORD_SETS), zone.len())
        }
        "MAX_VPCS_ASSOCIATED_BY_ZONE" if zone.private => (MAX_VPCS, zone.vpcs.len()),
        "MAX_VPCS_ASSOCIATED_BY_ZONE" => return Err(ApiError::hosted_zone_not_private(&zone.id)),
        _ => return Err(ApiError::invalid_input(format!("Invalid limit type {kind}"))),
    };
    let mut document = Document::new("GetHostedZoneLimitResponse");
    document.nest("Limit", |document| {
        document.leaf("Type", kind);
        document.leaf("Value", &value.to_string());
    });
    document.leaf("Count", &count.to_string());
    Ok(Answer::ok(document.finish()))
}

fn write(document: &mut Document, zone: &Zone) {
    document.nest("HostedZone", |document| {
        document.leaf("Id", &format!("/hostedzone/{}", zone.id));
        document.leaf("Name", &zone.name.to_string());
        document.leaf("CallerReference", &zone.caller_reference);
        document.nest("Config", |document| {
            document.optional("Comment", zone.comment.as_deref());
            document.leaf("PrivateZone", if zone.private { "true" } else { "false" });
        });
        document.leaf("ResourceRecordSetCount", &zone.len().to_string());
    });
}

/// Writes the name servers, which only public zones have.
fn write_delegation_set(document: &mut Document, zone: &Zone) {
    if zone.private {
        return;
    }
    document.nest("DelegationSet", |document| {
        document.nest("NameServers", |document| {
            for server in zone.name_servers() {
                document.leaf("NameServer", &server);
            }
        });
    });
}

fn write_vpc(document: &mut Document, vpc: &Vpc) {
    document.nest("VPC", |document| {
        document.leaf("VPCRegion", &vpc.region);
        document.leaf("VPCId", &vpc.id);
    });
}
