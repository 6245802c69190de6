//! Remembers which record sets are ours.
//!
//! A registry reads what a provider holds into an [`Inventory`] and is the only way from a
//! [`Plan`] to the [`Changes`] that a provider is asked to write, so that no path can write records
//! without also claiming them.

mod audit;
mod claim;
mod edits;
mod facts;
mod holding;
mod inventory;
mod lookalike;
mod names;
mod noop;
mod place;
mod seal;
mod txt;
mod writer;
mod zone_inventory;

use webhook_api::{Changes, DnsName, Endpoint, Zone};

pub use self::audit::{Audit, Finding, Oddity};
pub use self::holding::Holding;
pub(crate) use self::holding::{Claim, would_fit};
pub use self::inventory::Inventory;
pub use self::lookalike::reads_as_ownership;
pub use self::noop::Noop;
pub use self::seal::Key;
pub use self::txt::{TxtOptions, TxtRegistry};
pub(crate) use self::writer::unclaimable;
pub use self::zone_inventory::ZoneInventory;
use crate::plan::Plan;

/// Keeps claims on record sets in step with the record sets.
pub trait Registry: Send + Sync + 'static {
    /// Sorts what a provider holds into record sets and the claims on them.
    ///
    /// The provider does not tell record sets apart by their zone. `zones` are the names of its
    /// zones; empty when it does not tell. They decide where claims can be kept.
    fn read(&self, records: Vec<Endpoint>, zones: &[DnsName]) -> Inventory;

    /// Sorts what a provider holds that tells record sets apart by their zone.
    fn read_zones(&self, records: Vec<Endpoint>, zones: &[Zone]) -> Inventory;

    /// Returns the changes that carry out `plan`, with the claims it needs.
    fn write(&self, current: &Inventory, plan: &Plan) -> Changes;
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
}

/// Why a registry cannot be set up as asked.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// There is no owner to claim for.
    #[error("an owner is needed to claim records; give each cluster its own with --txt-owner-id")]
    NoOwner,
    /// The owner cannot be spelled in a claim.
    #[error(
        "owner `{0}` has a comma, a quote, a backslash or a blank at an end, which a claim cannot spell"
    )]
    BadOwner(String),
    /// Prefix and suffix are both set.
    #[error(
        "--txt-prefix and --txt-suffix cannot both be set; keep the one that existing claims use"
    )]
    BothAffixes,
    /// The key is not 32 bytes.
    #[error(
        "the key for claims must be 32 bytes, or 32 bytes in standard padded base64 \
         (`openssl rand -base64 32`)"
    )]
    BadKey,
    /// Encryption is on without a key.
    #[error("encrypting claims needs a key; set --txt-encrypt-aes-key")]
    NoKey,
}
