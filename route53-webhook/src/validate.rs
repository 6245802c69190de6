//! What Route 53 would refuse, found before it is asked.
//!
//! One record set that AWS refuses fails the whole batch it is in, so everything that can be known
//! beforehand is judged here, one record set at a time, with the reason that its author needs. The
//! rules are those of the [API] and of the [supported record types].
//!
//! [API]: https://docs.aws.amazon.com/Route53/latest/APIReference/API_ResourceRecordSet.html
//! [supported record types]: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/ResourceRecordTypes.html

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, Ipv6Addr};

use webhook_api::RecordType;

use crate::name::{BadName, WireName};
use crate::properties::{InvalidProperty, TARGET_HOSTED_ZONE};
use crate::record_set::{AliasZone, Data, RecordSet, canonical_value};
use crate::{alias, text};

/// Most values of one record set ([quota]).
///
/// [quota]: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html
pub const MAX_VALUES: usize = 400;

/// Most characters of one value.
pub const MAX_VALUE_BYTES: usize = 4_000;

/// Longest set identifier.
pub const MAX_SET_IDENTIFIER_BYTES: usize = 128;

/// Longest TTL in seconds: 2^31 - 1.
pub const MAX_TTL_SECONDS: u32 = 2_147_483_647;

/// Types that we report, and therefore may create: another would look missing at every pass.
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
    /// A CNAME where none can be.
    #[error("`{0}` is the name of a zone, which cannot be a CNAME; use an alias or addresses")]
    CnameAtApex(String),
    /// A record set of the zone itself.
    #[error("the {1} record set of the zone `{0}` itself belongs to Route 53")]
    ZoneOwn(String, RecordType),
}

impl Invalid {
    /// Returns the kind of refusal, in one word, as controllers show it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Property(_) => "InvalidProperty",
            Self::Name(_) => "InvalidName",
            Self::Type(_) => "UnsupportedType",
            Self::NoTarget
            | Self::RepeatedTarget(_)
            | Self::Target { .. }
            | Self::CnameAtApex(_)
            | Self::ZoneOwn(..) => "InvalidTarget",
            Self::TooManyTargets(_) => "TooLarge",
            Self::Ttl(_) => "InvalidTtl",
            Self::SetIdentifier(_) => "InvalidSetIdentifier",
            Self::UnknownRegion(_) => "UnknownRegion",
        }
    }
}

/// Judges a record set by itself, wherever it goes.
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
    match &set.data {
        Data::Values { ttl_seconds, values } => {
            if *ttl_seconds > MAX_TTL_SECONDS {
                return Err(Invalid::Ttl(*ttl_seconds));
            }
            all_values(values, &set.record_type)
        }
        Data::Alias(target) => {
            target.name.check()?;
            let name = target.name.to_text();
            if target.zone == AliasZone::Same
                && alias::target(&name) == alias::Target::UnknownRegion
            {
                return Err(Invalid::UnknownRegion(name));
            }
            Ok(())
        }
    }
}

/// Judges a record set in the zone that it goes to.
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

fn all_values(values: &[Box<str>], record_type: &RecordType) -> Result<(), Invalid> {
    match values.len() {
        0 => return Err(Invalid::NoTarget),
        1..=MAX_VALUES => {}
        many => return Err(Invalid::TooManyTargets(many)),
    }
    let mut seen = BTreeSet::new();
    for value in values {
        one_value(value, record_type).map_err(|problem| Invalid::Target {
            target: value.to_string(),
            record_type: record_type.clone(),
            problem,
        })?;
        if !seen.insert(canonical_value(value, record_type)) {
            return Err(Invalid::RepeatedTarget(value.to_string()));
        }
    }
    if matches!(record_type, RecordType::Cname) && values.len() > 1 {
        return Err(Invalid::Target {
            target: values.join(", "),
            record_type: RecordType::Cname,
            problem: "it can have one target only",
        });
    }
    Ok(())
}

fn one_value(value: &str, record_type: &RecordType) -> Result<(), &'static str> {
    if value.is_empty() {
        return Err("it is empty");
    }
    if value.len() > MAX_VALUE_BYTES {
        return Err("it has more than 4,000 characters");
    }
    let words: Vec<_> = value.split_ascii_whitespace().collect();
    match (record_type, words.as_slice()) {
        (RecordType::A, [address]) if address.parse::<Ipv4Addr>().is_ok() => Ok(()),
        (RecordType::A, _) => Err("use an IPv4 address"),
        (RecordType::Aaaa, [address]) if address.parse::<Ipv6Addr>().is_ok() => Ok(()),
        (RecordType::Aaaa, _) => Err("use an IPv6 address"),
        (RecordType::Cname | RecordType::Ns | RecordType::Ptr, [name]) => host(name),
        (RecordType::Cname | RecordType::Ns | RecordType::Ptr, _) => Err("use one host name"),
        (RecordType::Mx, [preference, name]) if preference.parse::<u16>().is_ok() => host(name),
        (RecordType::Mx, _) => Err("use `PREFERENCE HOST`"),
        (RecordType::Srv, [priority, weight, port, name])
            if [priority, weight, port].iter().all(|it| it.parse::<u16>().is_ok()) =>
        {
            if *name == "." { Ok(()) } else { host(name) }
        }
        (RecordType::Srv, _) => Err("use `PRIORITY WEIGHT PORT HOST`"),
        (RecordType::Caa, [flags, _, rest, ..])
            if flags.parse::<u8>().is_ok() && rest.starts_with('"') && value.ends_with('"') =>
        {
            Ok(())
        }
        (RecordType::Caa, _) => Err("use `FLAGS TAG \"VALUE\"`"),
        (RecordType::Naptr, [order, preference, ..])
            if [order, preference].iter().all(|it| it.parse::<u16>().is_ok())
                && words.len() >= 6 =>
        {
            Ok(())
        }
        (RecordType::Naptr, _) => {
            Err("use `ORDER PREFERENCE \"FLAGS\" \"SERVICE\" \"REGEXP\" REPLACEMENT`")
        }
        (RecordType::Txt, _) => match text::parse(value) {
            Some(strings) if strings.iter().all(|it| it.len() <= text::MAX_STRING_BYTES) => Ok(()),
            Some(_) => Err("a string in it has more than 255 bytes"),
            None => Err("use text in quotes"),
        },
        (RecordType::Dname | RecordType::Other(_), _) => Ok(()),
    }
}

fn host(name: &str) -> Result<(), &'static str> {
    if name.parse::<Ipv4Addr>().is_ok() || name.parse::<Ipv6Addr>().is_ok() {
        return Err("use a host name, not an address");
    }
    match WireName::from_api(name).check() {
        Ok(()) => Ok(()),
        Err(BadName::EmptyLabel(_)) => Err("the host name has an empty label"),
        Err(BadName::LongLabel(_) | BadName::LongName(_)) => Err("the host name is too long"),
    }
}

#[cfg(test)]
mod tests;
