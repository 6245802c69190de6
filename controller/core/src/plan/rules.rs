//! What every name is planned by, and how the names of one zone are.

use std::collections::{BTreeMap, BTreeSet};

use external_dns_webhook::{CanonicalName, DnsName, DomainFilter, Endpoint, RefusalCode};

use super::memory::Memory;
use super::{Draft, Holders, PlannedZone, Planner, View, row};
use crate::desired::{Desired, Scope};
use crate::inventory::{Inventory, ZoneInventory};
use crate::status::{FilteredBy, Reason, RecordStatus};
use crate::zone::ZoneInfo;

/// What every name is planned by: config, and what the syncs before this one learned.
#[derive(Clone, Copy)]
pub(super) struct Rules<'a> {
    pub(super) planner: &'a Planner,
    pub(super) memory: &'a Memory,
}

impl<'a> Rules<'a> {
    /// Returns the filters that must all cover a name for it to be ours to manage: the operator's,
    /// then the provider's.
    pub(super) fn filters(self) -> [&'a DomainFilter; 2] {
        self.planner.filters(self.memory)
    }

    /// Tells whether a filter leaves `name` out by name: ours, or what the provider excludes. What the provider does
    /// not include is in no zone of its own.
    fn is_left_out(self, name: &DnsName) -> bool {
        let [_, provider] = self.filters();
        let is_excluded = || !provider.covers(name) && FilteredBy::is_excluded(provider, name);
        self.planner.is_left_out(name) || is_excluded()
    }

    /// Returns the reason for which a filter leaves `name` out; `None` when none does.
    pub(super) fn filtered(self, name: &DnsName) -> Option<Reason> {
        let [ours, provider] = self.filters();
        if !ours.covers(name) {
            let by = FilteredBy::flag_of(ours, name);
            return Some(Reason::FilteredDomain { filter: ours.to_string(), by });
        }
        let filter = Some(provider).filter(|provider| !provider.covers(name))?.to_string();
        Some(Reason::FilteredDomain { filter, by: FilteredBy::Provider })
    }

    /// Tells whether a name is ours to manage.
    pub(super) fn covers(self, name: &DnsName) -> bool {
        self.filters().into_iter().all(|filter| filter.covers(name))
    }

    /// Plans the record sets of one zone.
    pub(super) fn plan_zone<'z>(
        self,
        PlannedZone { current, wanted, gaps, nodes, below }: &PlannedZone<'z, '_>,
        holders: &Holders,
        (desired, scope): (&Desired, &Scope),
    ) -> Draft<'z> {
        let mut cannot_be_owned = BTreeSet::new();
        loop {
            let view = View {
                current,
                desired,
                holders,
                gaps,
                nodes,
                below,
                cannot_be_owned: &cannot_be_owned,
            };
            let draft = self.attempt(view, wanted, scope);
            // Where an ownership record can be kept depends on everything that is planned, so it is
            // known last. What has none is planned again as a name that must wait, with all that
            // depends on it.
            let migrate_from = self.planner.migrate_from.as_deref();
            let found = draft.cannot_be_owned(migrate_from);
            if found.is_subset(&cannot_be_owned) {
                return draft;
            }
            cannot_be_owned.extend(found);
        }
    }

    fn attempt<'z>(
        self,
        view: View<'z, '_>,
        wanted: &BTreeMap<CanonicalName, Vec<&Endpoint>>,
        scope: &Scope,
    ) -> Draft<'z> {
        let mut draft = Draft::new(view.current);
        let mut plan_name = |name: &CanonicalName, candidates: &[&Endpoint]| {
            row::plan(self, view, name, candidates, &mut draft);
        };
        match scope {
            Scope::All | Scope::AllBut(_) => {
                for (name, candidates) in wanted.iter().filter(|(name, _)| scope.has(name)) {
                    plan_name(name, candidates);
                }
                let others = view.current.names().filter(|name| !wanted.contains_key(*name));
                for name in others.filter(|name| scope.has(name)) {
                    plan_name(name, &[]);
                }
            }
            Scope::Names(names) => {
                for name in names {
                    plan_name(name, wanted.get(name).map_or(&[], Vec::as_slice));
                }
            }
        }
        draft
    }

    /// Says why a record set is desired in no zone that can be planned.
    pub(super) fn nowhere(self, current: &Inventory, endpoint: &Endpoint) -> RecordStatus {
        let zone = endpoint.zone.as_ref();
        let listed = zone.and_then(|id| current.zone(Some(id)));
        let reason = match zone {
            Some(id) => Reason::ProviderRejected {
                rejection: RefusalCode::ZoneUnavailable,
                message: match listed.and_then(ZoneInventory::unavailable) {
                    Some(why) => format!("the zone cannot be used: {why}"),
                    None => format!("the provider does not list the zone `{id}`"),
                },
            },
            None if self.is_left_out(&endpoint.dns_name) => {
                self.filtered(&endpoint.dns_name).unwrap_or(Reason::NoZone)
            }
            None => Reason::NoZone,
        };
        RecordStatus {
            name: endpoint.dns_name.clone(),
            record_type: Some(endpoint.record_type.clone()),
            object: endpoint.labels.resource().cloned(),
            zone: zone.map(|id| {
                let info = listed.and_then(ZoneInventory::info).cloned();
                info.unwrap_or_else(|| ZoneInfo::unnamed(id.clone()))
            }),
            reason,
        }
    }
}
