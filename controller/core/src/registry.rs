//! Remembers which record sets are ours.
//!
//! A registry reads what a provider holds into an [`Inventory`] and is the only way from a
//! [`Plan`] to the [`Changes`] that a provider is asked to write, so that no path can write records
//! without also owning them.

mod disown;
mod edits;
mod noop;
mod txt;
mod writer;

use std::collections::{BTreeMap, BTreeSet};

use external_dns_webhook::{CanonicalName, Changes, DnsName, Endpoint, RecordType, Zone};

pub use self::noop::Noop;
pub use self::txt::{TxtOptions, TxtRegistry};
use crate::inventory::{BadKey, Inventory};
use crate::plan::Plan;

/// Keeps ownership records on record sets in step with the record sets.
pub trait Registry: Send + Sync + 'static {
    /// Sorts what a provider holds into record sets and the ownership records on them.
    ///
    /// The provider does not tell record sets apart by their zone. `zones` are the names of its
    /// zones; empty when it does not tell. They decide where ownership records can be kept.
    fn read(&self, records: Vec<Endpoint>, zones: &[DnsName]) -> Inventory;

    /// Sorts what a provider holds that tells record sets apart by their zone.
    fn read_zones(&self, records: Vec<Endpoint>, zones: &[Zone]) -> Inventory;

    /// Returns the changes that carry out `plan`, with the ownership records it needs.
    fn write(&self, current: &Inventory, plan: &Plan) -> Changes;

    /// Returns the names of which all must be known so that it is known whose the record
    /// sets at the names of `wanted` are, and where their ownership records can be kept, by these
    /// names: each name itself, and wherever an ownership record can stand that counts, in every form
    /// that was ever written. `managed` are the types that are ours to manage.
    fn lookup_names(
        &self,
        wanted: &[Endpoint],
        managed: &BTreeSet<RecordType>,
    ) -> BTreeMap<CanonicalName, BTreeSet<CanonicalName>>;
}

impl Registry for Box<dyn Registry> {
    fn read(&self, records: Vec<Endpoint>, zones: &[DnsName]) -> Inventory {
        (**self).read(records, zones)
    }

    fn read_zones(&self, records: Vec<Endpoint>, zones: &[Zone]) -> Inventory {
        (**self).read_zones(records, zones)
    }

    fn write(&self, current: &Inventory, plan: &Plan) -> Changes {
        (**self).write(current, plan)
    }

    fn lookup_names(
        &self,
        wanted: &[Endpoint],
        managed: &BTreeSet<RecordType>,
    ) -> BTreeMap<CanonicalName, BTreeSet<CanonicalName>> {
        (**self).lookup_names(wanted, managed)
    }
}

/// Why a registry cannot be set up with these options.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// There is no owner to own records for.
    #[error("an owner is needed to own records; give each cluster its own with --txt-owner-id")]
    NoOwner,
    /// The owner cannot be spelled in an ownership record.
    #[error(
        "owner `{0}` has a comma, a quote, a backslash or a blank at an end, which an ownership record cannot spell"
    )]
    BadOwner(String),
    /// The owner or the instance has a letter that DNS gives back in another spelling.
    #[error(
        "`{0}` has a letter outside ASCII, which name servers give back in another spelling, so that \
         records written with it could not be found again; use ASCII, or encrypt ownership records \
         (--txt-encrypt-enabled)"
    )]
    NotAscii(String),
    /// DNS does not keep an affix as it is written.
    #[error(
        "{flag}={affix}: DNS spells this otherwise, so that ownership records written with it could \
         not be found again; use letters a to z, digits, `-`, `_` and dots"
    )]
    BadAffix {
        /// The flag that has it.
        flag: &'static str,
        /// What it has.
        affix: String,
    },
    /// Prefix and suffix are both set.
    #[error(
        "--txt-prefix and --txt-suffix cannot both be set; keep the one that existing ownership records use"
    )]
    BothAffixes,
    /// The key is not 32 bytes.
    #[error(transparent)]
    BadKey(#[from] BadKey),
    /// Encryption is on without a key.
    #[error("encrypting ownership records needs a key; set --txt-encrypt-aes-key")]
    NoKey,
}
