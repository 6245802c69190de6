//! One row: a record set that is published, wanted, or both, with all that is known of it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use controller_core::inventory::{CurrentRecord, ZoneInventory};
use controller_core::plan::Values;
use controller_core::status::Reason;
use controller_core::zone::ZoneInfo;
use external_dns_webhook::{CanonicalName, ObjectRef, RecordType};
use serde::Serialize;

use super::next_step::next_step;
use super::{RecentWrite, RecentWrites, Severity};
use crate::reconcile::{Seen, SeenZone};
use crate::statuses::{Noted, StatusStore};

/// What rows are made of.
#[derive(Clone, Copy, Debug)]
pub struct RowSources<'a> {
    /// What became of every name.
    pub statuses: &'a StatusStore,
    /// What the provider held when it was last read.
    pub seen: &'a Seen,
    /// The latest writes.
    pub writes: &'a RecentWrites,
    /// The flags with which commands see what the controller sees; `None` when they are not known.
    pub flags: Option<&'a str>,
}

/// A record set, or an object that wants none.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordRow {
    /// Its name; empty for an object that wants none.
    pub name: String,
    /// Its type, where one is known.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub record_type: Option<RecordType>,
    /// Its set identifier; empty without a routing policy.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub set_identifier: String,
    /// Its zone; `None` when it has none, or the provider does not tell.
    #[serde(flatten)]
    pub zone: Option<ZoneInfo>,
    /// What is published; `None` when nothing is.
    #[serde(flatten)]
    pub published: Option<Values>,
    /// When that was read, although nothing is published; `None` when it is as fresh as everything else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_of: Option<String>,
    /// Whether the provider does not list its zone any more: what is published is what it last held.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_zone_unlisted: bool,
    /// Whether nobody could see what is published, so that it may be something.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_published_unknown: bool,
    /// What is wanted instead, one for each set identifier; empty when all is well, and when it is not
    /// known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub wanted: Vec<Values>,
    /// Who owns what is published; `None` when nobody does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The object that wants it, or last did; `None` when nobody knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<ObjectRef>,
    /// How urgent it is.
    pub severity: Severity,
    /// Code of the reason; `None` for what no object wants.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
    /// What is so, in one sentence.
    pub message: String,
    /// The next step; empty when there is none to take.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub hint: Cow<'static, str>,
    /// Since when the reason holds, as far as this process knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Whether it was so when this process first looked, so that it may be so for longer.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_since_before: bool,
    /// The last write of it that is remembered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_write: Option<RecentWrite>,
}

/// What is known of a zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneView {
    /// How many record sets it holds; `None` when nobody could see that so far.
    pub records: Option<usize>,
    /// When that was read, in seconds since 1970; `None` when it is as fresh as everything else.
    pub as_of: Option<i64>,
    /// Why it cannot be used; `None` when it can.
    pub unavailable: Option<String>,
    /// Whether the provider lists it.
    pub is_listed: bool,
}

/// What a row is about, before it is written out.
#[derive(Clone, Debug)]
pub(super) struct RowRef<'a> {
    /// In canonical form; empty for an object.
    pub(super) name: &'a str,
    pub(super) status: Option<&'a Noted>,
    pub(super) holding: Option<CurrentRecord<'a>>,
    /// When that was read, if it is older than the rest, in seconds since 1970.
    pub(super) read: Option<i64>,
}

impl<'a> RowSources<'a> {
    /// Returns what there is under each name that `is_wanted`; the empty one stands for
    /// objects that name none.
    pub(super) fn refs(self, is_wanted: impl Fn(&str) -> bool) -> Vec<RowRef<'a>> {
        let mut refs = Vec::new();
        let on_objects = self.statuses.on_objects().filter(|_| is_wanted(""));
        refs.extend(on_objects.map(|noted| RowRef {
            name: "",
            status: Some(noted),
            holding: None,
            read: None,
        }));
        let mut names: BTreeSet<&CanonicalName> = self.statuses.names();
        names.extend(self.seen.zones().flat_map(|(zone, _)| zone.names()));
        for name in names.into_iter().filter(|name| is_wanted(name)) {
            self.of_name(name, &mut refs);
        }
        refs
    }

    fn of_name(self, name: &'a CanonicalName, refs: &mut Vec<RowRef<'a>>) {
        let held = self.seen.at_name(name);
        let mut used = vec![false; held.len()];
        for status in self.statuses.of(name) {
            let before = refs.len();
            for ((holding, read), used) in held.iter().zip(&mut used) {
                if is_about(status, holding) {
                    *used = true;
                    refs.push(RowRef {
                        name,
                        status: Some(status),
                        holding: Some(holding.clone()),
                        read: *read,
                    });
                }
            }
            if refs.len() == before {
                refs.push(RowRef { name, status: Some(status), holding: None, read: None });
            }
        }
        let unused = held.into_iter().zip(used).filter(|(_, used)| !used);
        refs.extend(unused.map(|((holding, read), _)| RowRef {
            name,
            status: None,
            holding: Some(holding),
            read,
        }));
    }

    /// Returns a row in full.
    pub(super) fn row(self, about: &RowRef<'_>) -> RecordRow {
        let RowRef { name, status, holding, read } = about;
        let told = status.map(|noted| &noted.status);
        let endpoint = holding.as_ref().map(|holding| holding.endpoint);
        let record_type = endpoint.map(|endpoint| &endpoint.record_type);
        let record_type = record_type.or(told.and_then(|told| told.record_type.as_ref())).cloned();
        let set_identifier = endpoint.map(|endpoint| endpoint.set_identifier.clone());
        let zone = about.zone(self);
        let zone_id = zone.as_ref().and_then(ZoneInfo::id);
        let last_write = record_type.as_ref().and_then(|record_type| {
            let set_identifier = set_identifier.as_deref().unwrap_or_default();
            self.writes.last(name, record_type, set_identifier, zone_id).cloned()
        });
        let owner = holding.as_ref().and_then(|holding| holding.owner()).map(str::to_owned);
        // Of a name that holds nothing, too: it may since.
        let may_be_held = endpoint.is_none() && !name.is_empty();
        let read = if may_be_held { self.seen.seen_empty(name, zone_id) } else { *read };
        let is_zone_unlisted = zone_id.is_some_and(|id| !self.seen.is_listed(id));
        RecordRow {
            name: endpoint
                .map(|endpoint| endpoint.dns_name.as_str())
                .or(told.map(|told| told.name.as_str()))
                .unwrap_or(name)
                .to_owned(),
            record_type,
            set_identifier: set_identifier.unwrap_or_default(),
            published: endpoint.map(Values::of),
            as_of: read.map(super::time::moment),
            is_zone_unlisted: endpoint.is_some() && is_zone_unlisted,
            is_published_unknown: may_be_held && self.seen.may_hide(name, zone_id),
            wanted: Vec::new(),
            object: about.object().cloned(),
            severity: about.severity(),
            reason: told.map(|told| told.reason.code()),
            message: told.map_or_else(|| unasked(owner.as_deref()), |told| told.reason.to_string()),
            hint: told.map_or_else(Cow::default, |told| {
                let before = matches!(told.reason, Reason::NoZone).then(|| self.zone_before(about));
                let before = before.flatten();
                next_step(&told.reason, told.name.as_str(), before.as_deref(), self.flags)
            }),
            since: status.map(|noted| super::time::moment(noted.since)),
            is_since_before: status.is_some_and(|noted| noted.is_older),
            owner,
            zone,
            last_write,
        }
    }
}

impl RecordRow {
    /// Tells whether its deletion is held.
    pub(super) fn is_deletion_held(&self) -> bool {
        self.reason == Some("DeletionHeld")
    }

    /// Says of what cannot be looked at now whether it was as desired when it was looked at last.
    pub(super) fn as_last_known(&mut self) {
        let Self { as_of: Some(at), published: Some(published), wanted, .. } = self else { return };
        let is_so = |wanted: &Values| {
            let has =
                |(name, value): (&String, &String)| published.properties.get(name) == Some(value);
            // What is not wanted is the provider's to choose.
            wanted.targets == published.targets
                && wanted.ttl.is_none_or(|ttl| published.ttl == Some(ttl))
                && wanted.properties.iter().all(has)
        };
        if !wanted.is_empty() && wanted.iter().all(is_so) {
            self.message = format!("up to date when it was last read, {at}; {}", self.message);
            wanted.clear();
        }
    }
}

impl RowRef<'_> {
    pub(super) fn severity(&self) -> Severity {
        self.status.map_or(Severity::Well, |noted| Severity::of(&noted.status.reason))
    }

    /// Returns the object that wants it, or last did.
    pub(super) fn object(&self) -> Option<&ObjectRef> {
        let asks = self.status.and_then(|noted| noted.status.object.as_ref());
        asks.or_else(|| self.holding.as_ref().and_then(CurrentRecord::resource))
    }

    pub(super) fn zone(&self, sources: RowSources<'_>) -> Option<ZoneInfo> {
        let told = self.status.and_then(|noted| noted.status.zone.clone());
        let held = self.holding.as_ref().map(|holding| holding.endpoint.zone.as_ref());
        let zone = held.and_then(|id| match id {
            Some(id) => sources.seen.zone(id)?.info().cloned(),
            None => sources.seen.inventory.zone(None)?.info().cloned(),
        });
        // A provider of one nameless zone still tells the names of zones.
        let by_name = || sources.zone_by_name(self.name);
        told.or(zone).or_else(by_name)
    }
}

impl RowSources<'_> {
    /// Returns the zone in which a name is or was last written, as people are told about it, if the
    /// provider does not list it any more.
    fn zone_before(self, about: &RowRef<'_>) -> Option<String> {
        let held = about.holding.as_ref().and_then(|holding| holding.endpoint.zone.as_ref());
        let written = || self.writes.of(about.name).rev().find_map(|write| write.zone.as_ref());
        let id = held.or_else(written).filter(|id| !self.seen.is_listed(id))?;
        let info = self.seen.zone(id).and_then(|zone| zone.info());
        Some(info.map_or_else(|| id.to_string(), ToString::to_string))
    }

    fn zone_by_name(self, name: &str) -> Option<ZoneInfo> {
        let nameless = self.seen.inventory.zone(None)?;
        nameless.zone_of(name).map(ZoneInfo::named)
    }

    /// Returns the names that ownership records under a name are about.
    pub(super) fn owned_from(self, place: &CanonicalName) -> BTreeSet<String> {
        let zones = self.seen.inventory.zones();
        zones.flat_map(|zone| zone.owned_from(place)).map(ToString::to_string).collect()
    }

    /// Returns what is known of each zone, as people are told about it.
    pub fn zones(self) -> BTreeMap<String, ZoneView> {
        let zones = self.seen.inventory.zones();
        let view = |zone: &ZoneInventory| {
            let before = self.seen.before(zone);
            let unavailable = zone.unavailable().map(str::to_owned);
            let records = match before {
                Some(before) => Some(before.zone.len()),
                None => unavailable.is_none().then(|| zone.len()),
            };
            let as_of = before.map(|before| before.at);
            let view = ZoneView { records, as_of, unavailable, is_listed: true };
            Some((zone.info()?.to_string(), view))
        };
        let unlisted = self.seen.unlisted().filter_map(|SeenZone { zone, at }| {
            let (records, as_of) = (Some(zone.len()), Some(*at));
            let view = ZoneView { records, as_of, unavailable: None, is_listed: false };
            Some((zone.info()?.to_string(), view))
        });
        // A zone that was made anew may be called as the one before.
        unlisted.chain(zones.filter_map(view)).collect()
    }
}

/// Tells whether a status is about a record set that is held under its name.
fn is_about(noted: &Noted, holding: &CurrentRecord<'_>) -> bool {
    let status = &noted.status;
    let zone = status.zone.as_ref().and_then(ZoneInfo::id);
    let is_type = match (&status.record_type, &status.object, holding.resource()) {
        (Some(about), _, _) => *about == holding.endpoint.record_type,
        // What is about a name is about all that the object has there.
        (None, Some(object), Some(resource)) => object == resource,
        (None, Some(_), None) => false,
        (None, None, _) => true,
    };
    is_type && zone.is_none_or(|zone| holding.endpoint.zone.as_ref() == Some(zone))
}

/// Says of a record set that nobody here wants whose it is.
fn unasked(owner: Option<&str>) -> String {
    match owner {
        Some(owner) => {
            format!("no object here wants it; its ownership record names the owner `{owner}`")
        }
        None => "no object here wants it, and it has no ownership record, so it is left alone"
            .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(published: &[&str], wanted: &[&str]) -> RecordRow {
        let values = |targets: &[&str], ttl| Values {
            targets: targets.iter().map(|target| (*target).to_owned()).collect(),
            ttl,
            ..Values::default()
        };
        RecordRow {
            name: "a.example.com".to_owned(),
            record_type: Some(RecordType::A),
            set_identifier: String::new(),
            zone: None,
            published: Some(values(published, Some(300))),
            as_of: Some("2023-11-14T22:13:20Z".to_owned()),
            is_zone_unlisted: false,
            is_published_unknown: false,
            wanted: vec![values(wanted, None)],
            owner: None,
            object: None,
            severity: Severity::Critical,
            reason: Some("ProviderRejected"),
            message: "its zone stands in the way: AccessDenied".to_owned(),
            hint: Cow::default(),
            since: None,
            is_since_before: false,
            last_write: None,
        }
    }

    #[test]
    fn what_was_as_desired_when_its_zone_was_last_read_is_said_to_be_so() {
        let mut same = row(&["192.0.2.1"], &["192.0.2.1"]);
        same.as_last_known();
        assert!(
            same.message.starts_with("up to date when it was last read, 2023-11-14"),
            "{same:?}"
        );
        assert!(same.message.contains("AccessDenied") && same.wanted.is_empty(), "{same:?}");
        let mut other = row(&["192.0.2.1"], &["192.0.2.2"]);
        other.as_last_known();
        assert!(!other.message.contains("up to date") && !other.wanted.is_empty(), "{other:?}");
        let mut fresh = row(&["192.0.2.1"], &["192.0.2.1"]);
        fresh.as_of = None;
        fresh.as_last_known();
        assert!(!fresh.message.contains("up to date"), "{fresh:?}");
    }
}
