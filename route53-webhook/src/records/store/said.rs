//! What is said of zones and accounts that cannot be used.

use super::Store;
use crate::zones::Zone;

impl Store {
    /// Says why no zone can be used, for each zone and account; empty when some can or none is known.
    pub fn why_denied(&self) -> Vec<String> {
        if !self.is_denied() {
            return Vec::new();
        }
        let zones = self.zones.values().filter_map(|held| {
            let reason = held.unavailable.as_ref()?;
            let Zone { name, id, .. } = &*held.zone;
            Some(format!("zone `{name}` ({id}) cannot be used: {reason}"))
        });
        let by_id = self.unreachable.iter();
        let by_id = by_id.map(|zone| format!("zone `{}` cannot be used: {}", zone.id, zone.reason));
        let accounts = self.lost.iter();
        let accounts =
            accounts.map(|lost| format!("account `{}` cannot be used: {}", lost.name, lost.reason));
        accounts.chain(by_id).chain(zones).collect()
    }

    /// Says which zones or accounts are out of reach, so that a name could belong there; `None` when
    /// all are known.
    pub fn missing(&self) -> Option<String> {
        let zones = self
            .unreachable
            .iter()
            .map(|unreachable| format!("zone `{}` cannot be reached", unreachable.id));
        let accounts = self
            .lost
            .iter()
            .map(|lost_account| format!("account `{}` cannot be reached", lost_account.name));
        zones.chain(accounts).next()
    }
}
