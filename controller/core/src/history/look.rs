//! What is there of something that was written.

use external_dns_webhook::Endpoint;

use crate::inventory::{Inventory, ZoneInventory};

/// What is there under the key of a record set or ownership record.
pub(super) enum Look {
    /// Nothing.
    Nothing,
    /// Exactly this, with the labels that it travels with.
    Same(Endpoint),
    /// Something else.
    Other,
    /// Nobody can tell: its zone is not there, or cannot be used.
    Unseen,
}

/// Returns the zone in which something was written; `None` when that cannot be told.
///
/// A provider may have begun, or ceased, to tell record sets apart by their zone since.
pub(super) fn zone_of<'a>(current: &'a Inventory, wanted: &Endpoint) -> Option<&'a ZoneInventory> {
    let zone = if current.is_zoned() { wanted.zone.as_ref() } else { None };
    current.zone(zone).filter(|zone| zone.unavailable().is_none())
}

/// Looks for a record set or ownership record among what stands in its zone; labels do not count.
pub(super) fn find(current: &Inventory, wanted: &Endpoint) -> Look {
    let Some(zone) = zone_of(current, wanted) else { return Look::Unseen };
    let wanted = Endpoint { zone: zone.id().cloned(), ..wanted.clone() };
    let key = wanted.key();
    let mut there = zone.held_at(key.name()).filter(|record| record.key() == key).peekable();
    if there.peek().is_none() {
        return Look::Nothing;
    }
    let same = there.find(|record| {
        record.targets == wanted.targets
            && (wanted.ttl.is_none() || record.ttl == wanted.ttl)
            && record.properties == wanted.properties
    });
    match same {
        Some(record) => Look::Same(Endpoint { labels: wanted.labels, ..record.clone() }),
        None => Look::Other,
    }
}
