//! Claims each record set with a TXT record set next to it.
//!
//! Every form that ExternalDNS ever wrote is read; one is written. What is deleted is exactly what
//! was read, byte for byte, because a provider may refuse to delete anything else.

use std::sync::Arc;

use webhook_api::{Changes, DnsName, Endpoint, Labels, RecordType, Ttl, Zone};

use super::facts::Facts;
use super::holding::Claim;
use super::inventory::Inventory;
use super::names::Affixes;
use super::place::Place;
use super::writer::Writer;
use super::{ConfigError, Key, Registry, claim};
use crate::plan::Plan;

/// TTL of the claims we write, in seconds: explicit, so that no provider has to guess one.
const CLAIM_TTL_SECONDS: i64 = 300;

/// How claims are signed, named and sealed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TxtOptions {
    /// Who we are; records claimed by anyone else are not ours.
    pub owner: String,
    /// Which of several instances with the same owner we are; `None` leaves it out of claims.
    ///
    /// An instance never changes or deletes what another one wrote.
    pub instance: Option<String>,
    /// Other instances whose records are ours now, such as those of a cluster that was replaced.
    pub former_instances: Vec<String>,
    /// Put before claim names; may contain `%{record_type}`. Excludes `suffix`.
    pub prefix: String,
    /// Put after the first label of claim names; may contain `%{record_type}`. Excludes `prefix`.
    pub suffix: String,
    /// Stands for `*` in claim names; empty keeps the `*`.
    pub wildcard_replacement: String,
    /// Opens encrypted claims; `None` reads them as not ours.
    pub key: Option<Key>,
    /// Whether new claims are encrypted, which needs a key.
    pub encrypt: bool,
}

/// Claims record sets with TXT record sets.
#[derive(Clone, Debug)]
pub struct TxtRegistry {
    scheme: Arc<Scheme>,
}

/// What it takes to read and write claims.
#[derive(Clone, Debug)]
pub(crate) struct Scheme {
    pub(crate) owner: String,
    pub(crate) affixes: Affixes,
    instance: Option<String>,
    former_instances: Vec<String>,
    key: Option<Key>,
    encrypt: bool,
}

impl TxtRegistry {
    /// Checks `options` and returns the registry.
    ///
    /// # Errors
    ///
    /// Returns an error without an owner, with one that a claim cannot spell, with both affixes, and
    /// when encryption is on without a key.
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
        if !prefix.is_empty() && !suffix.is_empty() {
            return Err(ConfigError::BothAffixes);
        }
        if encrypt && key.is_none() {
            return Err(ConfigError::NoKey);
        }
        let affixes = Affixes::new(&prefix, &suffix, &wildcard_replacement);
        let scheme = Scheme { owner, affixes, instance, former_instances, key, encrypt };
        Ok(Self { scheme: Arc::new(scheme) })
    }
}

impl TxtRegistry {
    /// Tells whether we, and not another instance or owner, wrote the claim.
    pub(crate) fn is_mine(&self, claim: &Claim) -> bool {
        self.scheme.is_mine(claim)
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
}

/// A record set that was read.
pub(crate) struct Read {
    /// The claims among its values, each with the normalised name that it is about; `None` when that
    /// is nothing we know.
    pub(crate) claims: Vec<(Option<String>, Claim)>,
    /// The record set itself, if any of its values is no claim.
    pub(crate) record: Option<Endpoint>,
}

impl Scheme {
    /// Tells claims from other record sets, and reads them.
    ///
    /// People add values to a TXT record set that is there, so each value is read for itself.
    pub(crate) fn read(&self, record: Endpoint) -> Read {
        if record.record_type != RecordType::Txt {
            return Read { claims: Vec::new(), record: Some(record) };
        }
        let claim = |(value, target)| {
            let (labels, sealed) = self.said(target)?;
            Some(self.claim_in(&record, value, &labels, sealed))
        };
        let claims: Vec<_> = record.targets.iter().enumerate().filter_map(claim).collect();
        let is_all = !claims.is_empty() && claims.len() == record.targets.len();
        Read { claims, record: Some(record).filter(|_| !is_all) }
    }

    /// Returns the claim that a value of a TXT record set is, with the name that it is about.
    fn claim_in(
        &self,
        record: &Endpoint,
        value: usize,
        labels: &Labels,
        sealed: bool,
    ) -> (Option<String>, Claim) {
        let spelled = labels.get(claim::RECORD).and_then(claim::unspell);
        let explicit = spelled.is_some();
        let (about, record_type, set_identifier) = match spelled {
            Some((name, record_type, set)) => (Some(name), Some(record_type), set),
            None => match self.affixes.claimed(&record.dns_name.normalized()) {
                Some((name, kind)) => (Some(name), kind, record.set_identifier.clone()),
                None => (None, None, String::new()),
            },
        };
        let (endpoint, labels) = (record.clone(), Facts::from(labels));
        let claim =
            Claim { endpoint, value, labels, record_type, set_identifier, explicit, sealed };
        (about, claim)
    }

    /// Returns what a claim says, and whether it was encrypted; `None` for what is no claim.
    fn said(&self, target: &str) -> Option<(Labels, bool)> {
        let text = claim::unquoted(target);
        let opened = self.key.as_ref().and_then(|it| it.open(&text));
        let labels = claim::read(opened.as_deref().unwrap_or(&text))?;
        Some((labels, opened.is_some()))
    }

    /// Returns the key that opens encrypted claims.
    pub(crate) fn key(&self) -> Option<&Key> {
        self.key.as_ref()
    }

    /// Tells whether new claims are encrypted.
    pub(crate) fn seals(&self) -> bool {
        self.encrypt && self.key.is_some()
    }

    /// Tells whether we, and not another instance or owner, wrote the claim.
    pub(crate) fn is_mine(&self, claim: &Claim) -> bool {
        claim.labels.owner() == Some(&self.owner) && self.is_my_instance(claim.instance())
    }

    /// Tells whether a record set written by `instance` is one of ours to change.
    pub(crate) fn is_my_instance(&self, instance: Option<&str>) -> bool {
        let Some(instance) = instance else { return true };
        self.instance.as_deref().is_none_or(|it| it == instance)
            || self.former_instances.iter().any(|it| it == instance)
    }

    /// Returns what the claim on a record set says.
    pub(super) fn labels(&self, record: &Endpoint) -> Labels {
        let mut labels = record.labels.clone();
        labels.remove(claim::RECORD);
        labels.remove(claim::INSTANCE);
        labels.set(Labels::OWNER, self.owner.as_str());
        if let Some(instance) = &self.instance {
            labels.set(claim::INSTANCE, instance.as_str());
        }
        labels
    }

    pub(super) fn claim(
        &self,
        record: &Endpoint,
        place: &Place,
        mut labels: Labels,
    ) -> Option<Endpoint> {
        if place.explicit {
            let key = record.key();
            let spelled = claim::spell(key.name(), key.record_type(), key.set_identifier());
            labels.set(claim::RECORD, spelled);
        }
        let text = claim::write(&labels);
        let text = match &self.key {
            Some(key) if self.encrypt => key.seal(&text)?,
            Some(_) | None => text,
        };
        let target = format!("\"{text}\"");
        let mut claim = Endpoint::new(place.name.as_str(), RecordType::Txt, [target]);
        claim.ttl = Ttl::from_seconds(CLAIM_TTL_SECONDS);
        claim.zone.clone_from(&record.zone);
        Some(with_owned(claim, record))
    }
}

/// Marks a claim with the record set it is about, which is how a provider keeps the two together.
pub(super) fn with_owned(mut claim: Endpoint, record: &Endpoint) -> Endpoint {
    claim.labels.set(Labels::OWNED_RECORD, record.dns_name.as_str());
    claim
}
