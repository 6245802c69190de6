//! Which hosted zones there are, and which of them a name goes to.
//!
//! By itself a name goes to the public zone with the longest matching name and to the private one,
//! so split horizons work without a word. Never to a parent and a child of one kind: resolvers would
//! ask the child only, and the copy in the parent could not be told from another client's.

mod choose;
mod discover;
mod divide;
mod filter;

use std::sync::Arc;

use aws_sdk_route53::types::HostedZone;

pub use self::choose::{Choice, NoZone, Selection};
pub use self::discover::{Discovery, LostAccount, Unreachable, discover};
pub use self::divide::{Before, divide, divide_as_before};
pub use self::filter::{ZoneFilter, ZoneTag, ZoneType};
use crate::api::Account;
use crate::name::WireName;
use crate::record_set::bare_zone_id;

/// A hosted zone and the account that reaches it.
#[derive(Clone, Debug)]
pub struct Zone {
    /// Its id, without `/hostedzone/`.
    pub id: Box<str>,
    /// Its name.
    pub name: WireName,
    /// Whether only networks inside AWS see it.
    pub private: bool,
    /// How many record sets it has, when AWS said so.
    pub record_count: Option<u64>,
    /// Whose credentials reach it.
    pub account: Arc<Account>,
}

impl Zone {
    /// Reads what the API answered.
    pub fn from_api(zone: &HostedZone, account: &Arc<Account>) -> Self {
        Self {
            id: bare_zone_id(&zone.id).into(),
            name: WireName::from_api(&zone.name),
            private: zone.config.as_ref().is_some_and(|config| config.private_zone),
            record_count: zone
                .resource_record_set_count
                .and_then(|count| u64::try_from(count).ok()),
            account: Arc::clone(account),
        }
    }

    /// Tells whether a name can be in both zones.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.name.is_within(&other.name) || other.name.is_within(&self.name)
    }
}

#[cfg(test)]
mod tests;
