//! Keeps the owner of each record set in a TXT record set next to it.
//!
//! Every form that ExternalDNS ever wrote is read; one is written. What is deleted is exactly what
//! was read, byte for byte, because a provider may refuse to delete anything else.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use external_dns_webhook::{CanonicalName, Changes, DnsName, Endpoint, RecordType, Zone};

use super::writer::Writer;
use super::{ConfigError, Registry};
use crate::inventory::{Affixes, Inventory, Key, OwnershipRecord, Scheme, lookup_names};
use crate::plan::Plan;

/// How ownership records are signed, named and sealed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TxtOptions {
    /// Who we are; records owned by anyone else are not ours.
    pub owner: String,
    /// Which of several instances with the same owner we are; `None` leaves it out of ownership
    /// records.
    ///
    /// An instance never changes or deletes what another one wrote.
    pub instance: Option<String>,
    /// Other instances whose records are ours now, such as those of a cluster that was replaced.
    pub former_instances: Vec<String>,
    /// Put before ownership record names; may contain `%{record_type}`. Excludes `suffix`.
    pub prefix: String,
    /// Put after the first label of ownership record names; may contain `%{record_type}`. Excludes
    /// `prefix`.
    pub suffix: String,
    /// Stands for `*` in ownership record names; empty keeps the `*`.
    pub wildcard_replacement: String,
    /// Opens encrypted ownership records; `None` reads them as not ours.
    pub key: Option<Key>,
    /// Whether new ownership records are encrypted, which needs a key.
    pub encrypt: bool,
}

/// Keeps the owners of record sets in TXT record sets.
#[derive(Clone, Debug)]
pub struct TxtRegistry {
    scheme: Arc<Scheme>,
}

impl TxtRegistry {
    /// Checks `options` and returns the registry.
    ///
    /// # Errors
    ///
    /// Returns an error without an owner, with one that an ownership record cannot spell, with both
    /// affixes, and when encryption is on without a key.
    pub fn new(options: TxtOptions) -> Result<Self, ConfigError> {
        let TxtOptions {
            owner,
            instance,
            former_instances,
            prefix,
            suffix,
            wildcard_replacement,
            key,
            encrypt,
        } = options;
        if owner.is_empty() {
            return Err(ConfigError::NoOwner);
        }
        if owner.contains([',', '"', '\\', '\n']) || owner.trim() != owner {
            return Err(ConfigError::BadOwner(owner));
        }
        // An encrypted text is ASCII, whatever it says.
        let instances = instance.iter().chain(&former_instances);
        let not_ascii = [&owner].into_iter().chain(instances).find(|text| !text.is_ascii());
        if let Some(text) = not_ascii.filter(|_| !encrypt) {
            return Err(ConfigError::NotAscii(text.clone()));
        }
        if !prefix.is_empty() && !suffix.is_empty() {
            return Err(ConfigError::BothAffixes);
        }
        if encrypt && key.is_none() {
            return Err(ConfigError::NoKey);
        }
        let affixes = Affixes::new(&prefix, &suffix, &wildcard_replacement);
        if let Some((flag, affix)) = affixes.changed_by_dns() {
            return Err(ConfigError::BadAffix { flag, affix: affix.to_owned() });
        }
        let scheme = Scheme { owner, affixes, instance, former_instances, key, encrypt };
        Ok(Self { scheme: Arc::new(scheme) })
    }
}

impl TxtRegistry {
    /// Tells whether we, and not another instance or owner, wrote the ownership record.
    pub(crate) fn is_mine(&self, ownership_record: &OwnershipRecord) -> bool {
        self.scheme.is_mine(ownership_record)
    }
}

impl Registry for TxtRegistry {
    fn read(&self, records: Vec<Endpoint>, zones: &[DnsName]) -> Inventory {
        Inventory::nameless(records, zones, Some(Arc::clone(&self.scheme)))
    }

    fn read_zones(&self, records: Vec<Endpoint>, zones: &[Zone]) -> Inventory {
        Inventory::zoned(records, zones, Some(&self.scheme))
    }

    fn write(&self, current: &Inventory, plan: &Plan) -> Changes {
        let mut changes = Changes::default();
        for (zone, writes) in plan.zones() {
            let Some(zone) = current.zone(zone) else { continue };
            let Changes { create, update, delete } =
                Writer::new(&self.scheme, zone, plan, writes).write();
            changes.create.extend(create);
            changes.update.extend(update);
            changes.delete.extend(delete);
        }
        changes
    }

    fn lookup_names(
        &self,
        wanted: &[Endpoint],
        managed: &BTreeSet<RecordType>,
    ) -> BTreeMap<CanonicalName, BTreeSet<CanonicalName>> {
        lookup_names(&self.scheme.affixes, wanted, managed)
    }
}
