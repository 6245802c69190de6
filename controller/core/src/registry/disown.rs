//! Gives record sets up: their ownership records go, they stay.

use external_dns_webhook::{Changes, DnsName};

use super::TxtRegistry;
use super::edits::Edits;
use crate::inventory::{Inventory, ZoneInventory};

impl TxtRegistry {
    /// Returns the changes that disown the record sets of `names`: their ownership records go, they
    /// stay.
    ///
    /// Only ownership records of ours go, each exactly as it was read.
    pub fn disown(&self, current: &Inventory, names: &[DnsName]) -> Changes {
        let mut edits = Edits::default();
        for zone in current.zones() {
            self.disown_in(zone, names, &mut edits);
        }
        let mut changes = Changes::default();
        edits.write(&mut changes);
        changes
    }

    fn disown_in<'a>(&self, current: &'a ZoneInventory, names: &[DnsName], edits: &mut Edits<'a>) {
        for name in names {
            let name = name.canonical();
            for set in current.sets(name) {
                for (_, ownership_record) in current.ownership_records_on(name, set) {
                    let dependents = current.dependents(name, ownership_record);
                    let only_ours = dependents.iter().all(|dependent| dependent.name() == name);
                    if self.is_mine(ownership_record) && only_ours {
                        edits.remove(ownership_record, name);
                    }
                }
            }
        }
    }
}
