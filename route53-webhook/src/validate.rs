//! What Route 53 would refuse, found before it is asked.
//!
//! One record set that AWS refuses fails the whole batch it is in, so everything that can be known
//! beforehand is validated here, one record set at a time, with the reason that its author needs. The
//! rules are those of the [API] and of the [supported record types].
//!
//! [API]: https://docs.aws.amazon.com/Route53/latest/APIReference/API_ResourceRecordSet.html
//! [supported record types]: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/ResourceRecordTypes.html

mod places;
mod policy;
mod value;

use std::collections::BTreeSet;

use external_dns_webhook::{RecordType, RefusalCode};

use crate::alias;
use crate::name::{BadName, WireName};
use crate::properties::{
    BadProperties, EVALUATE_TARGET_HEALTH, HEALTH_CHECK_ID, InvalidProperty, TARGET_HOSTED_ZONE,
};
use crate::record_set::{Alias, AliasZone, Data, RecordSet, canonical_value};

/// Most values of one record set ([quota]).
///
/// [quota]: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html
pub const MAX_VALUES: usize = 400;

/// Most characters of one value.
pub const MAX_VALUE_BYTES: usize = 4_000;

/// Longest id of a health check.
const MAX_HEALTH_CHECK_BYTES: usize = 64;

/// Longest id of a zone.
const MAX_ZONE_ID_BYTES: usize = 32;

/// Longest set identifier.
pub const MAX_SET_IDENTIFIER_BYTES: usize = 128;

/// Longest TTL in seconds: 2^31 - 1.
pub const MAX_TTL_SECONDS: u32 = 2_147_483_647;

/// Types that we report, and therefore may create: another would look missing at every sync.
pub const TYPES: [RecordType; 10] = [
    RecordType::A,
    RecordType::Aaaa,
    RecordType::Caa,
    RecordType::Cname,
    RecordType::Mx,
    RecordType::Naptr,
    RecordType::Ns,
    RecordType::Ptr,
    RecordType::Srv,
    RecordType::Txt,
];

/// Why Route 53 would refuse a record set.
#[derive(Debug, thiserror::Error)]
pub enum Invalid {
    /// A property that makes no sense.
    #[error(transparent)]
    Property(#[from] InvalidProperty),
    /// Properties that are not known, or that say two things.
    #[error(transparent)]
    Properties(#[from] BadProperties),
    /// A name that DNS cannot carry.
    #[error(transparent)]
    Name(#[from] BadName),
    /// A type that we do not serve.
    #[error(
        "record sets of type `{0}` are not served here; use A, AAAA, CAA, CNAME, MX, NAPTR, NS, PTR, SRV or TXT"
    )]
    Type(RecordType),
    /// No value at all.
    #[error("the record set has no target; give it at least one")]
    NoTarget,
    /// More values than Route 53 takes.
    #[error(
        "the record set has {0} targets and Route 53 takes at most {MAX_VALUES}; split them over several names"
    )]
    TooManyTargets(usize),
    /// The same value twice.
    #[error("the target `{0}` is given twice; remove one")]
    RepeatedTarget(String),
    /// A value that is not of its type.
    #[error("the target `{target}` is no {record_type}: {problem}")]
    Target {
        /// The value.
        target: String,
        /// Type of the record set.
        record_type: RecordType,
        /// What it should be.
        problem: &'static str,
    },
    /// Several targets where an alias has one.
    #[error("an alias can have one target only, and these are several: `{0}`; leave one")]
    AliasTargets(String),
    /// A TTL that Route 53 does not take.
    #[error("the TTL of {0} s is too long; use at most {MAX_TTL_SECONDS}")]
    Ttl(u32),
    /// A set identifier that says nothing, or a policy without one.
    #[error("{0}")]
    SetIdentifier(&'static str),
    /// A load balancer in a region that the table does not know.
    #[error(
        "the AWS load balancer `{0}` is in a region whose hosted zone is not known; set \
         `{TARGET_HOSTED_ZONE}`, or `alias` to `false` for a CNAME"
    )]
    UnknownRegion(String),
    /// A record set that answers with itself.
    #[error("`{0}` points to itself, so nobody would get an answer; give it another target")]
    Loop(String),
    /// A CNAME where none can be.
    #[error("`{0}` is the name of a zone, which cannot be a CNAME; use an alias or addresses")]
    CnameAtApex(String),
    /// An alias that AWS makes in public zones only.
    #[error(
        "an alias to CloudFront, `{0}`, cannot stand in a private zone; set `aws/zone` to `public`, or \
         `alias` to `false` for a CNAME"
    )]
    PublicOnly(String),
    /// A record set of the zone itself.
    #[error("the {1} record set of the zone `{0}` itself belongs to Route 53")]
    ZoneOwn(String, RecordType),
}

impl Invalid {
    /// Returns the kind of refusal, in one word, as controllers show it.
    pub fn code(&self) -> RefusalCode {
        match self {
            Self::Property(_) | Self::Properties(_) => RefusalCode::InvalidProperty,
            Self::Name(_) => RefusalCode::InvalidName,
            Self::Type(_) => RefusalCode::UnsupportedType,
            Self::NoTarget
            | Self::RepeatedTarget(_)
            | Self::AliasTargets(_)
            | Self::Target { .. }
            | Self::Loop(_)
            | Self::CnameAtApex(_)
            | Self::PublicOnly(_)
            | Self::ZoneOwn(..) => RefusalCode::InvalidTarget,
            Self::TooManyTargets(_) => RefusalCode::TooLarge,
            Self::Ttl(_) => RefusalCode::InvalidTtl,
            Self::SetIdentifier(_) => RefusalCode::InvalidSetIdentifier,
            Self::UnknownRegion(_) => RefusalCode::UnknownRegion,
        }
    }
}

/// Validates a record set by itself, wherever it goes.
///
/// # Errors
///
/// Returns the first reason for which Route 53 would refuse it.
pub fn record_set(set: &RecordSet) -> Result<(), Invalid> {
    set.name.check()?;
    if !TYPES.contains(&set.record_type) {
        return Err(Invalid::Type(set.record_type.clone()));
    }
    identifier(set)?;
    health_check(set)?;
    policy::of(set)?;
    match &set.data {
        Data::Values { ttl_seconds, values } => {
            if *ttl_seconds > MAX_TTL_SECONDS {
                return Err(Invalid::Ttl(*ttl_seconds));
            }
            all_values(values, set)
        }
        Data::Alias(target) => alias_target(target, set),
    }
}

fn alias_target(target: &Alias, set: &RecordSet) -> Result<(), Invalid> {
    let Alias { name, zone, evaluate_target_health } = target;
    name.check()?;
    match zone {
        AliasZone::Same if *name == set.name => Err(Invalid::Loop(name.to_text())),
        AliasZone::Same => match alias::target(&name.to_text()) {
            alias::Target::UnknownRegion => Err(Invalid::UnknownRegion(name.to_text())),
            alias::Target::Service(_) | alias::Target::Elsewhere => Ok(()),
        },
        AliasZone::Id(id) if !is_zone_id(id) => {
            let problem = "use the id of a hosted zone, such as `Z0123456789ABC`";
            Err(InvalidProperty::new(TARGET_HOSTED_ZONE, id, problem).into())
        }
        AliasZone::Id(_) if *evaluate_target_health && !zone.has_health() => {
            let problem = "Route 53 knows no health of CloudFront distributions; use `false`";
            Err(InvalidProperty::new(EVALUATE_TARGET_HEALTH, "true", problem).into())
        }
        AliasZone::Id(_) => Ok(()),
    }
}

fn is_zone_id(id: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    (1..=MAX_ZONE_ID_BYTES).contains(&id.len()) && id.bytes().all(is_plain)
}

fn health_check(set: &RecordSet) -> Result<(), Invalid> {
    let is_plain = |id: &str| id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    match &set.health_check {
        Some(id) if id.len() > MAX_HEALTH_CHECK_BYTES || !is_plain(id) => {
            let problem = "use the id of a health check, which has letters, digits and `-`";
            Err(InvalidProperty::new(HEALTH_CHECK_ID, id, problem).into())
        }
        Some(_) | None => Ok(()),
    }
}

/// Validates a record set that goes to private zones only: AWS makes no alias to `CloudFront` there
/// ([`AliasTarget`]).
///
/// [`AliasTarget`]: https://docs.aws.amazon.com/Route53/latest/APIReference/API_AliasTarget.html
///
/// # Errors
///
/// Returns the reason for which private zones would refuse it.
pub fn in_private(set: &RecordSet) -> Result<(), Invalid> {
    match &set.data {
        // What has no health is CloudFront, or is behind it.
        Data::Alias(target) if !target.zone.has_health() => {
            Err(Invalid::PublicOnly(target.name.to_text()))
        }
        Data::Alias(_) | Data::Values { .. } => Ok(()),
    }
}

/// Validates a record set in the zone that it goes to.
///
/// # Errors
///
/// Returns the reason for which this zone would refuse it.
pub fn in_zone(set: &RecordSet, zone: &WireName) -> Result<(), Invalid> {
    if set.name != *zone {
        return Ok(());
    }
    match (&set.record_type, &set.data) {
        (RecordType::Cname, Data::Values { .. }) => Err(Invalid::CnameAtApex(zone.to_text())),
        (RecordType::Ns, _) => Err(Invalid::ZoneOwn(zone.to_text(), RecordType::Ns)),
        (other, _) if other.as_str() == "SOA" => {
            Err(Invalid::ZoneOwn(zone.to_text(), other.clone()))
        }
        _ => Ok(()),
    }
}

fn identifier(set: &RecordSet) -> Result<(), Invalid> {
    match (&set.set_identifier, &set.routing) {
        (Some(id), _) if id.len() > MAX_SET_IDENTIFIER_BYTES => {
            Err(Invalid::SetIdentifier("the set identifier has more than 128 characters"))
        }
        // The API takes any text, and these could not be told apart.
        (Some(id), _) if id.trim().is_empty() => {
            Err(Invalid::SetIdentifier("the set identifier is blank; give it a name"))
        }
        (Some(id), _) if id.contains(char::is_control) => Err(Invalid::SetIdentifier(
            "the set identifier has a control character, such as a line break; remove it",
        )),
        (Some(_), None) => Err(Invalid::SetIdentifier(
            "a set identifier needs a routing policy, such as `aws/weight`; set one or remove the \
             identifier",
        )),
        (None, Some(_)) => Err(Invalid::SetIdentifier(
            "a routing policy needs a set identifier that tells its record sets apart; set one",
        )),
        (Some(_), Some(_)) | (None, None) => Ok(()),
    }
}

fn all_values(values: &[Box<str>], set: &RecordSet) -> Result<(), Invalid> {
    let record_type = &set.record_type;
    match values.len() {
        0 => return Err(Invalid::NoTarget),
        1..=MAX_VALUES => {}
        many => return Err(Invalid::TooManyTargets(many)),
    }
    let mut seen = BTreeSet::new();
    for value in values {
        value::check(value, record_type).map_err(|problem| Invalid::Target {
            target: value.to_string(),
            record_type: record_type.clone(),
            problem,
        })?;
        if !seen.insert(canonical_value(value, record_type)) {
            return Err(Invalid::RepeatedTarget(value.to_string()));
        }
    }
    let is_cname = matches!(record_type, RecordType::Cname);
    // Users report that Route 53 refuses the loop: https://github.com/kubernetes-sigs/external-dns/issues/630
    if is_cname && values.iter().any(|value| WireName::from_api(value) == set.name) {
        return Err(Invalid::Loop(set.name.to_text()));
    }
    if is_cname && values.len() > 1 {
        return Err(Invalid::Target {
            target: values.join(", "),
            record_type: RecordType::Cname,
            problem: "it can have one target only",
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
