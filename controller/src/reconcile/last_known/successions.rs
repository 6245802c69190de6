//! Which zones stand where others of the same name and kind did: zones are recreated under another
//! identifier, and a private one may share its name with others that have nothing to do with it.

use std::collections::{BTreeMap, BTreeSet};

use controller_core::inventory::{Inventory, ZoneInventory};
use controller_core::zone::ZoneInfo;
use external_dns_webhook::{CanonicalName, ZoneId};

/// Zones that have gone, and those of the same name and kind that have come for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Succession {
    /// Those that have gone.
    pub gone: Vec<ZoneInfo>,
    /// Those that may stand in their place.
    pub now: Vec<ZoneInfo>,
}

/// All of them, and what it takes to tell them.
#[derive(Clone, Debug, Default)]
pub(super) struct Successions {
    /// How many times the zones were read.
    readings: u64,
    /// In which reading a zone was listed first, and in which last.
    listed: BTreeMap<ZoneId, (u64, u64)>,
    /// By the first of those that stand there now.
    all: BTreeMap<ZoneId, Succession>,
}

impl Successions {
    /// Iterates over them.
    pub(super) fn all(&self) -> impl Iterator<Item = &Succession> {
        self.all.values()
    }

    /// Takes in which zones are listed, and returns those of `gone`, which are not, that others stand
    /// for.
    ///
    /// A private zone stands for one that had gone when it came: one that came earlier may be of another
    /// network. A public zone may have been made before the old one went, and not before that was seen.
    pub(super) fn read(&mut self, now: &Inventory, gone: Vec<ZoneInfo>) -> BTreeSet<ZoneId> {
        self.readings += 1;
        let listed: BTreeSet<_> = now.zones().filter_map(ZoneInventory::id).cloned().collect();
        for id in &listed {
            let (_, last) = self.listed.entry(id.clone()).or_insert((self.readings, 0));
            *last = self.readings;
        }
        let is_gone = |id: &ZoneId| gone.iter().any(|zone| zone.id() == Some(id));
        self.listed.retain(|id, _| listed.contains(id) || is_gone(id));
        self.all.retain(|id, _| listed.contains(id));
        let mut replaced = BTreeSet::new();
        let mut groups: BTreeMap<(CanonicalName, bool), Vec<ZoneInfo>> = BTreeMap::new();
        for zone in gone {
            groups.entry(kind(&zone)).or_default().push(zone);
        }
        for (kind_of_group, gone) in groups {
            let of_kind = now.zones().filter_map(ZoneInventory::info);
            let of_kind = of_kind.filter(|zone| kind(zone) == kind_of_group);
            let now: Vec<_> = of_kind
                .filter(|new| gone.iter().all(|old| self.may_follow(new, old)))
                .cloned()
                .collect();
            let Some(first) = now.first().and_then(ZoneInfo::id).cloned() else { continue };
            // Fewer than have gone cannot stand for all of them.
            if now.len() >= gone.len() {
                replaced.extend(gone.iter().filter_map(ZoneInfo::id).cloned());
            }
            self.all.insert(first, Succession { gone, now });
        }
        replaced
    }

    fn may_follow(&self, new: &ZoneInfo, old: &ZoneInfo) -> bool {
        let listed = |zone: &ZoneInfo| self.listed.get(zone.id()?).copied();
        let (Some((came, _)), Some((first, last))) = (listed(new), listed(old)) else {
            return false;
        };
        came > if old.is_private() { last } else { first }
    }
}

fn kind(zone: &ZoneInfo) -> (CanonicalName, bool) {
    (zone.name().canonical().clone(), zone.is_private())
}
