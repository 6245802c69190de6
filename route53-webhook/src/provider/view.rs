//! What the zones have, as a controller sees it.
//!
//! A controller that tells record sets apart by their zone sees each zone as it is. All else here is
//! for those of version 1.
//!
//! A name can be in several zones, and a controller knows record sets by name, type and set
//! identifier only. Copies are therefore shown as one. Where they are is said (`aws/hosted-zone-id`)
//! only when a zone that the name goes to by itself has none, and whether they differ is said too, so
//! a controller that wants them elsewhere or alike sees a difference and wants a change.
//!
//! In zones where a name does not go, such as the parent of the zone that answers for it, it is a
//! leftover and not shown, or it would stand in the way of the real one. The exception are names
//! that an object has sent there on purpose, as far as this process has seen it.

use std::sync::Arc;

use external_dns_webhook::{DnsName, Endpoint, EndpointStream, RecordType, ZoneId};

use crate::name::WireName;
use crate::properties::{COPIES, HOSTED_ZONE_ID};
use crate::record_set::RecordSet;
use crate::records::{CachedZone, Snapshot, Store};
use crate::validate::TYPES;
use crate::writes::fingerprint;
use crate::zones::{Selection, Zone};

/// Returns every record set of every zone that can be used, each made when it is taken unless zones share
/// names.
pub(super) fn all(store: &Store) -> EndpointStream {
    let mut parts: Vec<EndpointStream> = Vec::new();
    for cached in store.available() {
        let neighbours = neighbours(cached, store);
        let Some(snapshot) = &cached.snapshot else {
            continue;
        };
        if neighbours.len() <= 1 {
            parts.push(Box::new(alone(snapshot, cached)));
            continue;
        }
        let sets = snapshot.iter().filter(|set| is_shown(set));
        let merged: Vec<_> = sets.filter_map(|set| one(set, cached, &neighbours, store)).collect();
        parts.push(Box::new(merged.into_iter()));
    }
    Box::new(parts.into_iter().flatten())
}

/// Returns the record sets of a zone as they are now and as they would be if there were no other zone.
fn alone(snapshot: &Snapshot, cached: &CachedZone) -> impl Iterator<Item = Endpoint> + use<> {
    // Few names are mistakable, so all of one can be left out here.
    let names = snapshot.shared().filter(|(name, _)| !is_mistakable(name, cached));
    let sets: Vec<_> = names.map(|(_, sets)| sets).collect();
    sets.into_iter().flat_map(|sets| {
        let shown = sets.iter().filter(|set| is_shown(set));
        shown.map(RecordSet::to_endpoint).collect::<Vec<_>>()
    })
}

/// Returns every record set of the given names.
pub(super) fn named(names: &[WireName], store: &Store) -> Vec<Endpoint> {
    let mut endpoints = Vec::new();
    for cached in store.available() {
        let neighbours = neighbours(cached, store);
        let Some(snapshot) = &cached.snapshot else {
            continue;
        };
        for name in names {
            let sets = snapshot.named(name).iter().filter(|set| is_shown(set));
            endpoints.extend(sets.filter_map(|set| one(set, cached, &neighbours, store)));
        }
    }
    endpoints
}

/// Returns every record set of every zone that can be used, each with its zone and made when it is taken.
pub(super) fn each(store: &Store) -> EndpointStream {
    let zones = store.available().filter_map(|cached| Some((cached, cached.snapshot.as_ref()?)));
    let zones =
        zones.map(|(cached, snapshot)| (ZoneId::from(&*cached.zone.id), alone(snapshot, cached)));
    let zones: Vec<_> = zones.collect();
    Box::new(zones.into_iter().flat_map(|(id, endpoints)| {
        endpoints.map(move |endpoint| Endpoint { zone: Some(id.clone()), ..endpoint })
    }))
}

/// Returns every record set of the given names, each with its zone.
pub(super) fn each_named(names: &[WireName], store: &Store) -> Vec<Endpoint> {
    let mut endpoints = Vec::new();
    for cached in store.available() {
        let id = ZoneId::from(&*cached.zone.id);
        let sets = names.iter().flat_map(|name| cached.records().named(name));
        endpoints.extend(sets.filter_map(|set| in_zone(set, cached, &id)));
    }
    endpoints
}

/// Returns a record set as it is in its zone; `None` when a controller must not see it.
fn in_zone(set: &RecordSet, cached: &CachedZone, id: &ZoneId) -> Option<Endpoint> {
    let is_seen = is_shown(set) && !is_mistakable(&set.name, cached);
    is_seen.then(|| Endpoint { zone: Some(id.clone()), ..set.to_endpoint() })
}

/// Returns the zones, whether they can be used or not.
pub(super) fn zones(store: &Store) -> Vec<external_dns_webhook::Zone> {
    let served = store.zones().map(|cached| external_dns_webhook::Zone {
        id: cached.zone.id.to_string(),
        name: DnsName::from(cached.zone.name.to_text()),
        private: cached.zone.private,
        unavailable: cached.unavailable.clone(),
    });
    let unreachable = store.unreachable().iter().map(|zone| external_dns_webhook::Zone {
        id: zone.id.clone(),
        name: DnsName::default(),
        private: false,
        unavailable: Some(zone.reason.clone()),
    });
    served.chain(unreachable).collect()
}

/// Returns the zones that a name goes to by itself, of those that can be used.
pub(super) fn home(name: &WireName, store: &Store) -> Vec<Arc<Zone>> {
    let zones = store.available().map(|cached_zone| &cached_zone.zone);
    Selection::Default.choose(name, zones).unwrap_or_default()
}

/// Tells whether some of the zones with these ids are not where a name goes by itself.
pub(super) fn is_away(name: &WireName, zone_ids: &[Box<str>], store: &Store) -> bool {
    let home = home(name, store);
    !home.is_empty() && zone_ids.iter().any(|id| home.iter().all(|zone| zone.id != *id))
}

/// Returns the zones that can have a name of `cached`, itself included, in the order of the store.
fn neighbours<'a>(cached: &CachedZone, store: &'a Store) -> Vec<&'a CachedZone> {
    store.available().filter(|cached_zone| cached_zone.zone.overlaps(&cached.zone)).collect()
}

/// Types that would look missing if they were created, and those of the zone itself, stay hidden.
fn is_shown(set: &RecordSet) -> bool {
    TYPES.contains(&set.record_type)
}

/// Tells whether the text of a name means another name that is there as well, with which it could
/// only be confused.
fn is_mistakable(name: &WireName, cached: &CachedZone) -> bool {
    if !name.as_str().contains('\\') {
        return false;
    }
    let meant = WireName::from_text(&DnsName::from(name.to_text()));
    meant != *name && !cached.records().named(&meant).is_empty()
}

/// Returns a record set as a controller sees it; `None` when the copy in another zone stands for it.
fn one(
    set: &RecordSet,
    cached: &CachedZone,
    neighbours: &[&CachedZone],
    store: &Store,
) -> Option<Endpoint> {
    if is_mistakable(&set.name, cached) {
        return None;
    }
    let mut endpoint = set.to_endpoint();
    if neighbours.len() <= 1 {
        return Some(endpoint);
    }
    let key = set.key();
    let home =
        Selection::Default.choose(&set.name, neighbours.iter().map(|neighbour| &neighbour.zone));
    let home = home.unwrap_or_default();
    let mut copies: Vec<_> = neighbours
        .iter()
        .filter_map(|neighbour| Some((&neighbour.zone, neighbour.snapshot.as_ref()?.get(&key)?)))
        .collect();
    let is_home = |zone: &Zone| home.iter().any(|choose| choose.id == zone.id);
    let at_home = copies.iter().filter(|(zone, _)| is_home(zone)).count();
    let is_complete = !home.is_empty() && at_home == home.len();
    if is_complete || !store.is_pinned(&set.name) {
        copies.retain(|(zone, _)| is_home(zone));
    }
    if copies.first().is_none_or(|(zone, _)| zone.id != cached.zone.id) {
        return None;
    }
    if !is_complete {
        let ids: Vec<_> = copies.iter().map(|(zone, _)| &*zone.id).collect();
        endpoint.properties.set(HOSTED_ZONE_ID, ids.join(","));
    }
    // Each zone has name servers of its own, which say nothing about anyone's wishes.
    let is_own = matches!(set.record_type, RecordType::Ns) && set.name == cached.zone.name;
    if !is_own && copies.iter().any(|(_, copy)| !copy.answers_like(set)) {
        endpoint.properties.set(COPIES, fingerprint(copies.iter().map(|(_, copy)| *copy)));
    }
    Some(endpoint)
}

/// Returns record sets in zones where their name does not go: at most `limit`, one line each.
pub(super) fn misplaced(store: &Store, limit: usize) -> Vec<String> {
    let mut misplaced = Vec::new();
    for cached in store.available() {
        let neighbours = neighbours(cached, store);
        let Some(snapshot) = cached.snapshot.as_ref().filter(|_| neighbours.len() > 1) else {
            continue;
        };
        // A parent zone points to its child with name servers; that copy is meant to be there.
        let sets = snapshot.iter().filter(|set| {
            is_shown(set)
                && !matches!(set.record_type, RecordType::Ns)
                && set.name != cached.zone.name
        });
        for set in sets {
            if misplaced.len() >= limit {
                return misplaced;
            }
            let home = home(&set.name, store);
            if home.iter().all(|zone| zone.id != cached.zone.id) && !store.is_pinned(&set.name) {
                misplaced.push(format!(
                    "{} {} in {} ({}), where another zone answers for it",
                    set.name, set.record_type, cached.zone.name, cached.zone.id
                ));
            }
        }
    }
    misplaced
}

/// Returns record sets that no resolver sees, because a delegation in their zone sends every query
/// elsewhere: at most `limit`, one line each. Copies that another zone answers for are not among them.
pub(super) fn hidden(store: &Store, limit: usize) -> Vec<String> {
    let mut hidden = Vec::new();
    for cached in store.available() {
        let Some(snapshot) = cached.snapshot.as_ref().filter(|snapshot| {
            snapshot
                .iter()
                .any(|set| set.record_type == RecordType::Ns && set.name != cached.zone.name)
        }) else {
            continue;
        };
        for set in snapshot.iter().filter(|set| is_shown(set)) {
            if hidden.len() >= limit {
                return hidden;
            }
            let Some(at) = snapshot.hides(set, &cached.zone) else { continue };
            let is_home = home(&set.name, store).iter().any(|zone| zone.id == cached.zone.id);
            if is_home || store.is_pinned(&set.name) {
                hidden.push(format!(
                    "{} {} in {} ({}), by the delegation at {at}",
                    set.name, set.record_type, cached.zone.name, cached.zone.id
                ));
            }
        }
    }
    hidden
}
