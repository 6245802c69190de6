//! Groups what a controller desires by the record set that it is about.

use std::collections::BTreeMap;
use std::sync::Arc;

use external_dns_webhook::{Changes, Endpoint, Labels, Refusal, RefusalCode, Update, ZoneId};

use super::apart;
use crate::batch::GroupKey;
use crate::name::WireName;
use crate::properties::{self, COPIES, EVALUATE_TARGET_HEALTH, HOSTED_ZONE_ID};
use crate::record_set::{Data, RecordSet};
use crate::records::Store;
use crate::validate;
use crate::zones::{Choice, NoZone, Selection, Zone, ZoneFilter};

/// What is written together: all that is desired for one name, or what can be told apart of it, with
/// the ownership records.
#[derive(Debug)]
pub struct ChangeGroup {
    /// What the group is about.
    pub key: GroupKey,
    /// The changes, each of one record set.
    pub changes: Vec<RecordChange>,
}

/// A record set before and after.
#[derive(Debug)]
pub struct RecordChange {
    /// What there is; `None` for a create.
    pub old: Option<RecordState>,
    /// What there should be; `None` for a delete.
    pub new: Option<RecordState>,
    /// Whether it is an ownership record on other record sets of the group.
    pub is_ownership_record: bool,
}

/// One state of a record set, and where it is or should be.
#[derive(Debug)]
pub struct RecordState {
    /// As the controller sent it.
    pub endpoint: Arc<Endpoint>,
    /// As Route 53 would have it.
    pub set: RecordSet,
    /// Ids of the zones.
    pub zones: Vec<Box<str>>,
    /// Whether the object chose the zones, rather than the name.
    pub is_pinned: bool,
    /// Fingerprint of the copies in several zones, when they were reported as differing.
    pub copies: Option<String>,
}

impl ChangeGroup {
    /// Returns the refusal of the whole group, one for each record set that is not an ownership
    /// record.
    pub fn refused(&self, code: &RefusalCode, message: &str, retryable: bool) -> Vec<Refusal> {
        let all_ownership_records = self.changes.iter().all(|change| change.is_ownership_record);
        let told = self
            .changes
            .iter()
            .filter(|change| all_ownership_records || !change.is_ownership_record);
        told.filter_map(|change| change.new.as_ref().or(change.old.as_ref()))
            .map(|state| Refusal {
                retryable,
                ..Refusal::of(&state.endpoint, code.clone(), message)
            })
            .collect()
    }

    /// Iterates over the names whose record sets decide what can be done.
    pub fn names(&self) -> impl Iterator<Item = &WireName> {
        self.changes.iter().flat_map(RecordChange::states).map(|state| &state.set.name)
    }

    /// Tells whether something is to be changed in a zone.
    pub fn concerns(&self, zone_id: &str) -> bool {
        self.zones().any(|zone| zone == zone_id)
    }

    /// Iterates over the ids of the zones in which something is to be changed, some more than once.
    pub fn zones(&self) -> impl Iterator<Item = &str> {
        self.changes
            .iter()
            .flat_map(RecordChange::states)
            .flat_map(|state| &state.zones)
            .map(|zone| &**zone)
    }
}

impl RecordChange {
    /// Iterates over the states.
    pub fn states(&self) -> impl Iterator<Item = &RecordState> {
        self.old.iter().chain(&self.new)
    }
}

impl RecordState {
    /// Tells whether the record set is or should be in a zone.
    pub fn is_in(&self, zone_id: &str) -> bool {
        self.zones.iter().any(|zone| **zone == *zone_id)
    }

    /// Tells whether `current` is what the controller believes there is.
    ///
    /// What it did not send is not compared. Compat: ExternalDNS sends the old ownership record
    /// without its TTL and with the properties of the record set, so of an ownership record only
    /// the text counts.
    pub fn describes(&self, current: &RecordSet, is_ownership_record: bool) -> bool {
        let mut expected = self.set.clone();
        if is_ownership_record {
            expected.routing.clone_from(&current.routing);
            expected.health_check.clone_from(&current.health_check);
        }
        match (&mut expected.data, &current.data) {
            (Data::Values { ttl_seconds, .. }, Data::Values { ttl_seconds: current_ttl, .. })
                if is_ownership_record || self.endpoint.ttl.is_none() =>
            {
                *ttl_seconds = *current_ttl;
            }
            (Data::Alias(expected), Data::Alias(current)) => {
                let sent = properties::canonical(&self.endpoint.properties);
                if sent.get(EVALUATE_TARGET_HEALTH).is_none() {
                    expected.evaluate_target_health = current.evaluate_target_health;
                }
            }
            _ => {}
        }
        expected.answers_like(current)
    }
}

/// Groups changes by what they are about, and refuses those that cannot be.
///
/// An ownership record goes where its record set goes, whatever its own name and properties say.
pub fn group_changes(
    changes: Changes,
    store: &Store,
    filter: &ZoneFilter,
    evaluate_target_health: bool,
) -> (Vec<ChangeGroup>, Vec<Refusal>) {
    let Changes { create, update, delete } = changes;
    let pairs = create.into_iter().map(|new| (None, Some(Arc::new(new))));
    let pairs = pairs.chain(
        update.into_iter().map(|Update { old, new }| (Some(Arc::new(old)), Some(Arc::new(new)))),
    );
    let pairs = pairs.chain(delete.into_iter().map(|old| (Some(Arc::new(old)), None)));

    let mut grouped: BTreeMap<(String, Option<ZoneId>), Vec<Pair>> = BTreeMap::new();
    for (old, new) in pairs {
        let one = new.as_ref().or(old.as_ref());
        let key = one.map(|endpoint| about(endpoint)).unwrap_or_default();
        let zone = one.and_then(|endpoint| endpoint.zone.clone());
        grouped.entry((key, zone)).or_default().push((old, new));
    }
    let (mut change_groups, mut refused) = (Vec::new(), Vec::new());
    let parts = grouped.into_iter().flat_map(|((name, zone), pairs)| match zone {
        Some(_) => apart::parts(name, pairs),
        // Which zones have it is found out for all that the name has.
        None => vec![(GroupKey::whole(name), pairs)],
    });
    for (key, pairs) in parts {
        let admitted = admit(&key.name, &pairs, filter);
        match admitted.and_then(|()| change_group(key, &pairs, store, evaluate_target_health)) {
            Ok(change_group) => change_groups.push(change_group),
            Err(refusal) => {
                let RefusalReason { code, message, retryable } = refusal;
                let told = pairs.iter().filter_map(|(old, new)| new.as_ref().or(old.as_ref()));
                refused.extend(told.map(|pair| Refusal {
                    retryable,
                    ..Refusal::of(pair, code.clone(), message.as_str())
                }));
            }
        }
    }
    (change_groups, refused)
}

/// Returns the name that an endpoint is about: that of its record set for an ownership record, else
/// its own.
fn about(endpoint: &Endpoint) -> String {
    let owned =
        endpoint.labels.get(Labels::OWNED_RECORD).filter(|owned_record| !owned_record.is_empty());
    let name = owned.map(external_dns_webhook::DnsName::from);
    WireName::from_text(name.as_ref().unwrap_or(&endpoint.dns_name)).as_str().to_owned()
}

fn is_ownership_record(endpoint: &Endpoint) -> bool {
    endpoint.labels.get(Labels::OWNED_RECORD).is_some()
}

struct RefusalReason {
    code: RefusalCode,
    message: String,
    retryable: bool,
}

impl From<validate::Invalid> for RefusalReason {
    fn from(invalid: validate::Invalid) -> Self {
        Self { code: invalid.code(), message: invalid.to_string(), retryable: false }
    }
}

impl From<properties::InvalidProperty> for RefusalReason {
    fn from(invalid: properties::InvalidProperty) -> Self {
        Self::from(validate::Invalid::from(invalid))
    }
}

impl From<NoZone> for RefusalReason {
    fn from(no_zone: NoZone) -> Self {
        Self { code: no_zone.code(), message: no_zone.to_string(), retryable: false }
    }
}

/// A record set before and after, as it was sent.
pub(super) type Pair = (Option<Arc<Endpoint>>, Option<Arc<Endpoint>>);

/// Checks that no name of a group is left out, neither what it is about nor its ownership records.
fn admit(key: &str, pairs: &[Pair], filter: &ZoneFilter) -> Result<(), RefusalReason> {
    let endpoints = pairs.iter().flat_map(|(old, new)| old.iter().chain(new));
    let names = endpoints.map(|endpoint| WireName::from_text(&endpoint.dns_name));
    for name in names.chain([WireName::from_api(key)]) {
        filter.admit(&name)?;
    }
    Ok(())
}

fn change_group(
    key: GroupKey,
    pairs: &[Pair],
    store: &Store,
    evaluate_target_health: bool,
) -> Result<ChangeGroup, RefusalReason> {
    let mut changes = Vec::with_capacity(pairs.len());
    for (old, new) in pairs {
        let state = |endpoint: &Option<Arc<Endpoint>>, when| {
            let state = |endpoint| RecordState::read(endpoint, store, evaluate_target_health, when);
            endpoint.as_ref().map(state).transpose()
        };
        let is_ownership_record =
            new.as_ref().or(old.as_ref()).is_some_and(|state| is_ownership_record(state));
        changes.push(RecordChange {
            old: state(old, When::Before)?,
            new: state(new, When::After)?,
            is_ownership_record,
        });
    }
    let mut changes = paired(changes);
    place_ownership(&mut changes, store)?;
    Ok(ChangeGroup { key, changes })
}

/// Makes an update of each delete and create of one record set: taken apart, the create would find
/// in its way what the delete has not yet removed.
fn paired(changes: Vec<RecordChange>) -> Vec<RecordChange> {
    let mut paired: Vec<RecordChange> = Vec::with_capacity(changes.len());
    for change in changes {
        let key = |state: &Option<RecordState>| state.as_ref().map(|state| state.set.key());
        let fits =
            |other: &&mut RecordChange| match (&change.old, &change.new, &other.old, &other.new) {
                (None, Some(_), Some(_), None) => key(&change.new) == key(&other.old),
                (Some(_), None, None, Some(_)) => key(&change.old) == key(&other.new),
                _ => false,
            };
        match paired.iter_mut().find(fits) {
            Some(other) => {
                other.old = other.old.take().or(change.old);
                other.new = other.new.take().or(change.new);
            }
            None => paired.push(change),
        }
    }
    paired
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum When {
    Before,
    After,
}

impl RecordState {
    fn read(
        endpoint: &Arc<Endpoint>,
        store: &Store,
        evaluate_target_health: bool,
        when: When,
    ) -> Result<Self, RefusalReason> {
        let set = RecordSet::from_endpoint(endpoint, evaluate_target_health)?;
        let sent = properties::canonical(&endpoint.properties);
        let copies = sent.get(COPIES).map(str::to_owned);
        // A change that says its zone is about that zone alone, whatever else it says.
        let selection = match &endpoint.zone {
            Some(zone) => Selection::Ids(vec![zone.to_string()]),
            None => Selection::from_properties(&sent)?,
        };
        let is_pinned = selection != Selection::Default;
        let zones = if is_ownership_record(endpoint) && endpoint.zone.is_none() {
            // Decided by `place_ownership`, once the record sets of the group are known.
            Vec::new()
        } else {
            chosen(&set.name, &selection, store)?
        };
        if when == When::After {
            validate::record_set(&set)?;
            for zone in zones.iter().filter_map(|id| store.zone(id)) {
                validate::in_zone(&set, &zone.zone.name)?;
            }
        }
        Ok(Self { endpoint: Arc::clone(endpoint), set, zones, is_pinned, copies })
    }
}

/// Returns the ids of the zones that a name goes to.
fn chosen(
    name: &WireName,
    selection: &Selection,
    store: &Store,
) -> Result<Vec<Box<str>>, RefusalReason> {
    let zones: Vec<&Arc<Zone>> = store.zones().map(|zone| &zone.zone).collect();
    let choice: Choice = selection.choose(name, zones).map_err(|no_zone| {
        let mut refusal = RefusalReason::from(no_zone);
        if let Some(missing) = store.missing() {
            refusal.message = format!("{}; {missing}", refusal.message);
            refusal.retryable = true;
        }
        refusal
    })?;
    let reason = |zone: &Arc<Zone>| store.zone(&zone.id)?.unavailable.clone();
    // A name that goes to several zones is served by those that can be used.
    let usable: Vec<_> =
        choice.iter().filter(|zone| reason(zone).is_none()).map(|zone| zone.id.clone()).collect();
    match (usable.is_empty(), choice.first()) {
        (true, Some(zone)) => Err(RefusalReason {
            code: RefusalCode::ZoneUnavailable,
            message: format!(
                "zone `{}` ({}) cannot be used: {}",
                zone.name,
                zone.id,
                reason(zone).unwrap_or_default()
            ),
            retryable: true,
        }),
        _ => Ok(usable),
    }
}

/// Sends each ownership record of a group where its record sets are, or refuses the group.
fn place_ownership(changes: &mut [RecordChange], store: &Store) -> Result<(), RefusalReason> {
    let zones_of = |state: fn(&RecordChange) -> Option<&RecordState>, changes: &[RecordChange]| {
        let records = changes.iter().filter(|change| !change.is_ownership_record).filter_map(state);
        let mut zones: Vec<_> = records.flat_map(|record| record.zones.clone()).collect();
        zones.sort();
        zones.dedup();
        zones
    };
    let before = zones_of(|unit| unit.old.as_ref(), changes);
    let after = zones_of(|unit| unit.new.as_ref(), changes);
    let any = if after.is_empty() { before.clone() } else { after.clone() };
    let is_pinned =
        changes.iter().filter_map(|change| change.new.as_ref()).any(|state| state.is_pinned);

    for change in changes.iter_mut().filter(|change| change.is_ownership_record) {
        if change.states().any(|state| state.endpoint.zone.is_some()) {
            // The controller has said where it is.
            within_zones(change, store)?;
            continue;
        }
        let owned = change.states().next().map(|state| about(&state.endpoint)).unwrap_or_default();
        if let Some(old) = &mut change.old {
            old.zones = match (before.is_empty(), any.is_empty()) {
                (false, _) => before.clone(),
                (true, false) => any.clone(),
                (true, true) => zones_with(old, store),
            };
        }
        let old_zones =
            change.old.as_ref().map(|state| state.zones.clone()).filter(|zone| !zone.is_empty());
        if let Some(new) = &mut change.new {
            new.is_pinned = is_pinned;
            new.zones = if any.is_empty() {
                let owner = WireName::from_api(&owned);
                old_zones.map_or_else(|| chosen(&owner, &Selection::Default, store), Ok)?
            } else {
                any.clone()
            };
        }
        within_zones(change, store)?;
    }
    Ok(())
}

/// Refuses an ownership record that would lie outside of its zone.
fn within_zones(change: &RecordChange, store: &Store) -> Result<(), RefusalReason> {
    let Some(new) = &change.new else { return Ok(()) };
    for zone in new.zones.iter().filter_map(|id| store.zone(id)) {
        if !new.set.name.is_within(&zone.zone.name) {
            return Err(RefusalReason {
                code: RefusalCode::OwnershipRecordOutsideZone,
                message: format!(
                    "the ownership record `{}` lies outside of zone `{}`, so it cannot be written \
                     together with its record set; give the controller a TXT prefix that ends with \
                     a dot",
                    new.set.name, zone.zone.name
                ),
                retryable: false,
            });
        }
    }
    Ok(())
}

/// Returns the ids of the zones that have an ownership record whose record sets are not mentioned.
fn zones_with(state: &RecordState, store: &Store) -> Vec<Box<str>> {
    let sent = properties::canonical(&state.endpoint.properties);
    let pinned = sent
        .get(HOSTED_ZONE_ID)
        .map(|hosted_zone_id| hosted_zone_id.split(',').collect::<Vec<_>>());
    let key = state.set.key();
    store
        .available()
        .filter(|cached| pinned.as_ref().is_none_or(|ids| ids.contains(&&*cached.zone.id)))
        .filter(|cached| cached.records().get(&key).is_some())
        .map(|cached| cached.zone.id.clone())
        .collect()
}
