//! One row: a record set that is published, wanted, or both, with all that is known of it.

use std::collections::{BTreeMap, BTreeSet};

use controller_core::plan::Values;
use controller_core::registry::{Holding, ZoneInventory};
use controller_core::zone::ZoneInfo;
use external_dns_webhook::RecordType;
use serde::Serialize;

use super::{RecentWrite, RecentWrites, Severity};
use crate::reconcile::Seen;
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
}

/// A record set, or an object that asks for none.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordRow {
    /// Its name; empty for an object that asks for none.
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
    /// Who owns what is published; `None` when nobody does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The object that asks for it, or last did; `None` when nobody knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// How urgent it is.
    pub severity: Severity,
    /// Code of the reason; `None` for what no object asks for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
    /// What is so, in one sentence.
    pub message: String,
    /// The next step; empty when there is none to take.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub hint: &'static str,
    /// Since when the reason holds, as far as this process knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// The last write of it that is remembered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_write: Option<RecentWrite>,
}

/// What a row is about, before it is written out.
#[derive(Clone, Debug)]
pub(super) struct RowRef<'a> {
    /// Normalised; empty for an object.
    pub(super) name: &'a str,
    pub(super) status: Option<&'a Noted>,
    pub(super) holding: Option<Holding<'a>>,
}

impl<'a> RowSources<'a> {
    /// Returns what there is under each normalised name that `is_wanted`; the empty one stands for
    /// objects that name none.
    pub(super) fn refs(self, is_wanted: impl Fn(&str) -> bool) -> Vec<RowRef<'a>> {
        let mut refs = Vec::new();
        let on_objects = self.statuses.on_objects().filter(|_| is_wanted(""));
        refs.extend(on_objects.map(|noted| RowRef {
            name: "",
            status: Some(noted),
            holding: None,
        }));
        let mut names: BTreeSet<&str> = self.statuses.names();
        names.extend(self.seen.inventory.zones().flat_map(ZoneInventory::names));
        for name in names.into_iter().filter(|name| is_wanted(name)) {
            self.of_name(name, &mut refs);
        }
        refs
    }

    fn of_name(self, name: &'a str, refs: &mut Vec<RowRef<'a>>) {
        let held = self.seen.inventory.at(name);
        let mut used = vec![false; held.len()];
        for status in self.statuses.of(name) {
            let before = refs.len();
            for (holding, used) in held.iter().zip(&mut used) {
                if is_about(status, holding) {
                    *used = true;
                    refs.push(RowRef {
                        name,
                        status: Some(status),
                        holding: Some(holding.clone()),
                    });
                }
            }
            if refs.len() == before {
                refs.push(RowRef { name, status: Some(status), holding: None });
            }
        }
        let unused = held.into_iter().zip(used).filter(|(_, used)| !used);
        refs.extend(unused.map(|(holding, _)| RowRef {
            name,
            status: None,
            holding: Some(holding),
        }));
    }

    /// Returns a row in full.
    pub(super) fn row(self, about: &RowRef<'_>) -> RecordRow {
        let RowRef { name, status, holding } = about;
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
        RecordRow {
            name: endpoint
                .map(|endpoint| endpoint.dns_name.as_str())
                .or(told.map(|told| told.name.as_str()))
                .unwrap_or(name)
                .to_owned(),
            record_type,
            set_identifier: set_identifier.unwrap_or_default(),
            published: endpoint.map(Values::of),
            object: about.object().map(str::to_owned),
            severity: about.severity(),
            reason: told.map(|told| told.reason.code()),
            message: told.map_or_else(|| unasked(owner.as_deref()), |told| told.reason.to_string()),
            hint: told.map_or("", |told| told.reason.hint()),
            since: status.map(|noted| super::time::moment(noted.since)),
            owner,
            zone,
            last_write,
        }
    }
}

impl RowRef<'_> {
    pub(super) fn severity(&self) -> Severity {
        self.status.map_or(Severity::Well, |noted| Severity::of(&noted.status.reason))
    }

    /// Returns the object that asks for it, or last did.
    pub(super) fn object(&self) -> Option<&str> {
        let asks = self.status.and_then(|noted| noted.status.object.as_deref());
        asks.or_else(|| self.holding.as_ref().and_then(Holding::resource))
    }

    pub(super) fn zone(&self, sources: RowSources<'_>) -> Option<ZoneInfo> {
        let told = self.status.and_then(|noted| noted.status.zone.clone());
        let held = self.holding.as_ref().map(|holding| holding.endpoint.zone.as_ref());
        let zone = held.and_then(|id| sources.seen.inventory.zone(id)?.info().cloned());
        // A provider of one nameless zone still tells the names of zones.
        let by_name = || sources.zone_by_name(self.name);
        told.or(zone).or_else(by_name)
    }
}

impl RowSources<'_> {
    fn zone_by_name(self, name: &str) -> Option<ZoneInfo> {
        let nameless = self.seen.inventory.zone(None)?;
        nameless.zone_of(name).map(ZoneInfo::named)
    }

    /// Returns how many record sets each zone holds.
    pub fn zones(self) -> BTreeMap<String, (usize, Option<String>)> {
        let zones = self.seen.inventory.zones().filter(|zone| zone.info().is_some());
        zones
            .map(|zone| {
                let name = zone.info().map(ToString::to_string).unwrap_or_default();
                (name, (zone.len(), zone.unavailable().map(str::to_owned)))
            })
            .collect()
    }
}

/// Tells whether a status is about a record set that is held under its name.
fn is_about(noted: &Noted, holding: &Holding<'_>) -> bool {
    let status = &noted.status;
    let zone = status.zone.as_ref().and_then(ZoneInfo::id);
    status.record_type.as_ref().is_some_and(|about| *about == holding.endpoint.record_type)
        && zone.is_none_or(|zone| holding.endpoint.zone.as_ref() == Some(zone))
}

/// Says of a record set that nobody here asks for whose it is.
fn unasked(owner: Option<&str>) -> String {
    match owner {
        Some(owner) => {
            format!("no object here asks for it; its ownership record names the owner `{owner}`")
        }
        None => "no object here asks for it, and it has no ownership record, so it is left alone"
            .to_owned(),
    }
}
