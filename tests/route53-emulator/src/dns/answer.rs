//! Finds the answer to a question in the zones.
//!
//! Deliberate simplifications, so that answers can be foretold: weighted record sets take turns in
//! proportion to their weights, failover answers with the primary while it is healthy, and every
//! other policy answers with its default place or its first record set. Aliases to AWS resources get
//! made-up addresses from the documentation ranges that follow from the target's name.

use std::net::{Ipv4Addr, Ipv6Addr};

use hickory_proto::op::{Message, Query, ResponseCode};
use hickory_proto::rr::{Name as WireName, RData, Record, RecordType as WireType};

use super::Turns;
use super::records::{own_name, own_type, records, wire_name};
use crate::account::Account;
use crate::name::Name;
use crate::record::{
    AliasTarget, Content, GeoLocation, RecordSet, RecordType, Routing, RoutingKind,
};
use crate::zone::{Zone, fnv};

/// How many CNAMEs and aliases one answer follows.
const MAX_STEPS: usize = 8;

/// How many record sets a multivalue answer joins (`MultiValueAnswer` of the API reference).
const MAX_MULTIVALUE_SETS: usize = 8;

/// Seconds that answers of aliases to load balancers live (`TTL` of the API reference).
const ALIAS_TTL: u32 = 60;

/// What one question is answered from.
#[derive(Debug)]
pub(super) struct Lookup<'a> {
    /// The zones and health checks.
    pub(super) account: &'a Account,
    /// Whose turn it is.
    pub(super) turns: &'a mut Turns,
}

impl Lookup<'_> {
    /// Fills in the answer to a question.
    pub(super) fn answer(mut self, question: &Query, message: &mut Message) {
        let account = self.account;
        let mut name = own_name(question.name());
        let mut owner = question.name().clone();
        let Some(mut zone) = zone_of(account, &name) else {
            message.metadata.response_code = ResponseCode::Refused;
            return;
        };
        let asked = match question.query_type() {
            WireType::ANY => RecordType::ALL.to_vec(),
            asked => own_type(asked).into_iter().collect(),
        };
        for _ in 0..MAX_STEPS {
            if let Some(cut) = delegation(zone, &name, &asked) {
                refer(message, zone, &cut);
                return;
            }
            message.metadata.authoritative = true;
            let Some(source) = matching_name(zone, &name) else {
                message.metadata.response_code = ResponseCode::NXDomain;
                add_soa(message, zone);
                return;
            };
            let found: Vec<_> = asked
                .iter()
                .flat_map(|asked| self.resolve(zone, &source, *asked, &owner))
                .collect();
            if !found.is_empty() {
                message.add_answers(found);
                return;
            }
            // A CNAME that was asked for has been found above, or there is none.
            let cname = self.resolve(zone, &source, RecordType::CNAME, &owner);
            let Some((record, target)) = cname.into_iter().find_map(follow) else {
                add_soa(message, zone);
                return;
            };
            message.add_answer(record);
            let (Some(next_zone), Some(next_owner)) =
                (zone_of(account, &target), wire_name(&target))
            else {
                // The rest is for the client's resolver.
                return;
            };
            (zone, name, owner) = (next_zone, target, next_owner);
        }
    }

    /// Returns the records of one name and type under `owner`, aliases followed.
    fn resolve(
        &mut self,
        zone: &Zone,
        name: &Name,
        record_type: RecordType,
        owner: &WireName,
    ) -> Vec<Record> {
        let mut name = name.clone();
        for _ in 0..MAX_STEPS {
            let chosen = self.choose(zone, &name, record_type);
            match chosen.first().map(|set| &set.content) {
                None => return Vec::new(),
                Some(Content::Alias(target)) if *target.hosted_zone_id == *zone.id => {
                    name = target.dns_name.clone();
                }
                Some(Content::Alias(target)) => return made_up(owner, record_type, target),
                Some(Content::Records { .. }) => {
                    return chosen.into_iter().flat_map(|set| own_records(owner, set)).collect();
                }
            }
        }
        Vec::new()
    }

    /// Returns the record sets of one name and type that answer this time.
    fn choose<'z>(
        &mut self,
        zone: &'z Zone,
        name: &Name,
        record_type: RecordType,
    ) -> Vec<&'z RecordSet> {
        let all: Vec<_> = zone.group(name, record_type).collect();
        let checks = &self.account.health_checks;
        let is_healthy = |set: &&RecordSet| {
            let check = set.health_check_id.as_deref().and_then(|id| checks.get(id));
            !check.is_some_and(|check| check.unhealthy)
        };
        let healthy: Vec<_> = all.iter().copied().filter(is_healthy).collect();
        // When nothing is healthy, everything counts as healthy.
        let candidates = if healthy.is_empty() { all } else { healthy };
        let Some(first) = candidates.first().copied() else { return Vec::new() };
        let preferred = |wanted: fn(&Routing) -> bool| {
            candidates.iter().copied().find(|set| wanted(&set.routing)).unwrap_or(first)
        };
        match first.routing.kind() {
            RoutingKind::Simple | RoutingKind::Latency | RoutingKind::Geoproximity => vec![first],
            RoutingKind::Multivalue => candidates.into_iter().take(MAX_MULTIVALUE_SETS).collect(),
            RoutingKind::Weighted => {
                let turn = self.turns.take(name, record_type);
                vec![weighted(&candidates, turn).unwrap_or(first)]
            }
            RoutingKind::Failover => {
                vec![preferred(|routing| *routing == Routing::FailoverPrimary)]
            }
            RoutingKind::Geolocation => vec![preferred(|routing| {
                *routing == Routing::Geolocation(GeoLocation::Country("*".into()))
            })],
            RoutingKind::Cidr => vec![preferred(
                |routing| matches!(routing, Routing::Cidr { location_name, .. } if **location_name == *"*"),
            )],
        }
    }
}

/// Returns a CNAME record and where it leads; `None` for other records.
fn follow(record: Record) -> Option<(Record, Name)> {
    let target = match &record.data {
        RData::CNAME(target) => own_name(target),
        _ => return None,
    };
    Some((record, target))
}

/// Refers the client to the name servers of a delegated name.
fn refer(message: &mut Message, zone: &Zone, cut: &Name) {
    let Some(owner) = wire_name(cut) else { return };
    for set in zone.group(cut, RecordType::NS) {
        message.add_authorities(own_records(&owner, set));
    }
}

/// Returns the zone with the longest name that holds `name`; public before private, then by id.
fn zone_of<'a>(account: &'a Account, name: &Name) -> Option<&'a Zone> {
    account
        .zones
        .values()
        .filter(|zone| name.is_within(&zone.name))
        .max_by_key(|zone| (zone.name.label_count(), !zone.private, std::cmp::Reverse(&zone.id)))
}

/// Returns the delegation that takes `name` out of the zone, if one does.
///
/// A DS record set belongs to the parent's side of the cut (RFC 4035, 3.1.4.1).
fn delegation(zone: &Zone, name: &Name, asked: &[RecordType]) -> Option<Name> {
    let mut cut = None;
    let mut candidate = Some(name.clone());
    while let Some(name_here) = candidate {
        if name_here == zone.name {
            break;
        }
        let own_ds = name_here == *name && asked == [RecordType::DS];
        if !own_ds && zone.group(&name_here, RecordType::NS).next().is_some() {
            // The topmost cut counts: what is below it is not the zone's any more.
            cut = Some(name_here.clone());
        }
        candidate = name_here.parent();
    }
    cut
}

/// Returns the name whose record sets answer for `name`: itself, or a wildcard (RFC 4592).
fn matching_name(zone: &Zone, name: &Name) -> Option<Name> {
    if zone.has_name(name) {
        return Some(name.clone());
    }
    let mut encloser = name.parent()?;
    while !zone.has_name(&encloser) {
        if encloser == zone.name {
            return None;
        }
        encloser = encloser.parent()?;
    }
    Some(encloser.wildcard()).filter(|wildcard| zone.at(wildcard).next().is_some())
}

/// Picks by turns, in proportion to the weights; `None` when all weights are zero.
fn weighted<'a>(sets: &[&'a RecordSet], turn: u64) -> Option<&'a RecordSet> {
    let weight = |set: &RecordSet| match set.routing {
        Routing::Weighted(weight) => u64::from(weight),
        _ => 0,
    };
    let total: u64 = sets.iter().map(|set| weight(set)).sum();
    if total == 0 {
        let length = u64::try_from(sets.len()).ok()?;
        return sets.get(usize::try_from(turn.checked_rem(length)?).ok()?).copied();
    }
    let mut position = turn % total;
    for set in sets {
        if position < weight(set) {
            return Some(set);
        }
        position -= weight(set);
    }
    None
}

fn own_records(owner: &WireName, set: &RecordSet) -> Vec<Record> {
    match &set.content {
        Content::Records { ttl, values } => records(owner, set.key.record_type, *ttl, values),
        Content::Alias(_) => Vec::new(),
    }
}

/// Returns addresses for an alias to an AWS resource: the same for the same target, always.
///
/// Two of 192.0.2.0/24 (RFC 5737), or one of `2001:db8::/64` (RFC 3849).
fn made_up(owner: &WireName, record_type: RecordType, target: &AliasTarget) -> Vec<Record> {
    let hash = fnv(target.dns_name.sort_text().as_bytes());
    let values: Vec<Box<str>> = match record_type {
        RecordType::A => {
            let octet = |number: u64| u8::try_from(1 + number % 254).unwrap_or(1);
            let address = |number| Ipv4Addr::new(192, 0, 2, octet(number)).to_string().into();
            // 127 apart, so the two never meet.
            vec![address(hash % 254), address(hash % 254 + 127)]
        }
        RecordType::AAAA => {
            let base = u128::from(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0));
            vec![Ipv6Addr::from(base | u128::from(hash)).to_string().into()]
        }
        _ => Vec::new(),
    };
    records(owner, record_type, ALIAS_TTL, &values)
}

/// Adds the zone's SOA, which says how long "no" may be remembered (RFC 2308).
fn add_soa(message: &mut Message, zone: &Zone) {
    let Some(owner) = wire_name(&zone.name) else { return };
    for set in zone.group(&zone.name, RecordType::SOA) {
        message.add_authorities(own_records(&owner, set));
    }
}
