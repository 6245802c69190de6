//! Tells the log which zones the provider has, and which of them cannot be used.

use std::collections::{BTreeMap, BTreeSet};

use controller_core::zone::ZoneInfo;
use external_dns_webhook::{Printable, Provider, counted};

use super::Syncs;
use crate::reconcile::{self, Seen, SeenZone, Succession};
use crate::status;

/// How many zones that are not listed any more are named.
const MOST_NAMED: usize = 10;

/// The zones that the log was told cannot be used.
#[derive(Debug, Default)]
pub(super) struct ToldZones {
    /// Those of which nothing can be read, with the reason.
    unusable: BTreeMap<String, String>,
    /// Those that are not listed any more, with how many records of ours were in them.
    unlisted: BTreeMap<String, usize>,
    /// Those that came in the place of others of the same name: what is so now.
    replaced: BTreeSet<String>,
}

impl<P: Provider> Syncs<P> {
    /// Says what the provider serves, once it is known.
    pub(super) fn tell_first_look(&self) {
        let seen = self.reconciler.last_known().read();
        let read = seen.inventory.zones().filter(|zone| zone.unavailable().is_none());
        let zones: Vec<_> = read.filter_map(|zone| zone.info()).map(ToString::to_string).collect();
        let records = seen.inventory.len();
        let unusable = reconcile::unusable(&seen.inventory).len();
        let zones = zones.join(", ");
        if unusable == 0 {
            tracing::info!(zones, records, "The provider was read in full");
        } else {
            tracing::warn!(zones, records, unusable, "The provider was read in part");
        }
    }

    /// Says which zones cannot be used any more, or are not listed, and which can again, whatever is
    /// desired in them.
    pub(super) fn tell_unusable(&mut self) {
        let seen = self.reconciler.last_known().read();
        let unusable = reconcile::unusable(&seen.inventory).into_iter();
        let owner = self.reconciler.planner().owner.as_deref();
        let now = ToldZones {
            unusable: unusable.map(|zone| (zone.zone, zone.reason)).collect(),
            unlisted: unlisted(&seen, owner),
            replaced: seen.successions().map(replaced).collect(),
        };
        let listed = seen.inventory.zones().filter_map(|zone| zone.info());
        let listed: BTreeSet<_> = listed.map(ToString::to_string).collect();
        drop(seen);
        now.tell(&self.told_zones, &listed);
        self.shared.status.note(status::UNLISTED, now.unlisted_in_words());
        self.told_zones = now;
    }
}

impl ToldZones {
    /// Says what has changed since `before`, when `listed` are the zones that there are.
    fn tell(&self, before: &Self, listed: &BTreeSet<String>) {
        let news = |zone: &&String| !before.unusable.contains_key(*zone);
        for zone in self.unusable.keys().filter(news) {
            tracing::warn!(
                zone,
                reason = self.unusable.get(zone).map(String::as_str),
                "A zone cannot be used; what it holds is not known, and nothing in it is changed"
            );
        }
        for (zone, ours) in &self.unlisted {
            if before.unlisted.contains_key(zone) {
                continue;
            }
            if *ours == 0 {
                tracing::info!(zone, "A zone is not listed any more; no record of ours was in it");
            } else {
                tracing::warn!(
                    zone,
                    ours,
                    "A zone is not listed any more; what it holds is not known, and nothing in it is \
                     changed"
                );
            }
        }
        for replaced in self.replaced.difference(&before.replaced) {
            tracing::info!("{replaced}");
        }
        let is_back = |zone: &&String| !self.unusable.contains_key(*zone) && listed.contains(*zone);
        for zone in before.unusable.keys().filter(is_back) {
            tracing::info!(zone, "A zone can be used again");
        }
        for zone in before.unlisted.keys().filter(is_back) {
            tracing::info!(zone, "A zone is listed again");
        }
    }

    /// Says which zones are not listed any more that had records of ours; `None` when there is none.
    fn unlisted_in_words(&self) -> Option<String> {
        let zones = self.unlisted.iter().filter(|(_, ours)| **ours > 0);
        let told = zones.map(|(zone, ours)| {
            let were = if *ours == 1 { "was" } else { "were" };
            let ours = counted(*ours, "record");
            format!("zone {} is not listed any more; {ours} of ours {were} in it", Printable(zone))
        });
        let mut told: Vec<_> = told.collect();
        let more = told.len().saturating_sub(MOST_NAMED);
        told.truncate(MOST_NAMED);
        if more > 0 {
            told.push(format!("and {more} more"));
        }
        (!told.is_empty()).then(|| told.join("; "))
    }
}

/// Says which zones stand where others did, as far as it can be told.
fn replaced(Succession { gone, now }: &Succession) -> String {
    let ids = |zones: &[ZoneInfo]| {
        let ids = zones.iter().filter_map(ZoneInfo::id).map(|id| Printable(id).to_string());
        ids.collect::<Vec<_>>().join(", ")
    };
    let is_private = now.iter().any(ZoneInfo::is_private);
    let name = now.first().map(|zone| Printable(zone.name()).to_string()).unwrap_or_default();
    if let ([_], [_]) = (gone.as_slice(), now.as_slice()) {
        let kind = if is_private { "Private zone" } else { "Zone" };
        return format!("{kind} {name} is now {}, was {}", ids(now), ids(gone));
    }
    let kind = if is_private { "private zones" } else { "zones" };
    format!(
        "Of the {kind} {name} {} went, and {} came; which of them stands for which cannot be told",
        ids(gone),
        ids(now)
    )
}

/// Returns the zones that are not listed any more, each with how many records of `owner` were in it.
fn unlisted(seen: &Seen, owner: Option<&str>) -> BTreeMap<String, usize> {
    let told = |seen: &SeenZone| {
        let ours = seen.zone.records().filter(|record| owner.is_none() || record.owner() == owner);
        Some((seen.zone.info()?.to_string(), ours.count()))
    };
    seen.unlisted().filter_map(told).collect()
}

#[cfg(test)]
mod tests {
    use external_dns_webhook::Zone;

    use super::*;

    #[test]
    fn a_zone_that_stands_where_another_did_is_told_with_both_identifiers() {
        let zone = |id: &str, private| {
            let (id, name) = (id.to_owned(), "example.com".into());
            ZoneInfo::from(&Zone { id, name, private, unavailable: None })
        };
        let told = |gone: &[&str], now: &[&str], private| {
            let zones = |ids: &[&str]| ids.iter().map(|id| zone(id, private)).collect();
            replaced(&Succession { gone: zones(gone), now: zones(now) })
        };
        assert_eq!(told(&["Z1"], &["Z2"], false), "Zone example.com is now Z2, was Z1");
        assert_eq!(told(&["Z1"], &["Z2"], true), "Private zone example.com is now Z2, was Z1");
        assert_eq!(
            told(&["Z1", "Z2"], &["Z3", "Z4"], true),
            "Of the private zones example.com Z1, Z2 went, and Z3, Z4 came; which of them stands for which \
             cannot be told"
        );
    }

    #[test]
    fn a_zone_that_went_with_records_of_ours_is_named_and_an_empty_one_is_not() {
        let unlisted = [("example.com (Z1, public)", 9), ("example.org (Z2, public)", 0)];
        let unlisted = unlisted.map(|(zone, ours)| (zone.to_owned(), ours)).into();
        let told = ToldZones { unlisted, ..ToldZones::default() };
        assert_eq!(
            told.unlisted_in_words().as_deref(),
            Some(
                "zone example.com (Z1, public) is not listed any more; 9 records of ours were in it"
            )
        );
        assert_eq!(ToldZones::default().unlisted_in_words(), None);
    }
}
