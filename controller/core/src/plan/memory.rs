//! What one sync learns and the next ones go by.
//!
//! Config says how to decide and does not change while syncs run; this is all that does. A
//! [`Planner`](super::Planner) reads both and writes neither.

use std::collections::{BTreeMap, BTreeSet};

use external_dns_webhook::{CanonicalName, DnsName, DomainFilter, Elsewhere, Shard};

use super::{HeldAt, HeldName, PlanHash, RecentDeletions};
use crate::target_loss::Losses;

/// What one sync learns and the next ones go by; empty at first.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    /// What the provider said it serves, when it was last asked.
    pub served: Served,
    /// What counts when deletions are limited.
    pub deletions: Deletions,
    /// What outlives the process, too.
    pub kept: Kept,
}

/// What a provider serves, as far as a plan goes by it.
#[derive(Clone, Debug, Default)]
pub struct Served {
    /// Which names it serves; all when it does not say.
    pub domain_filter: DomainFilter,
    /// Prefixes of the properties that it understands; empty when it does not say.
    pub property_prefixes: Vec<String>,
    /// Which part of the zones it serves; `None` for all.
    pub shard: Option<Shard>,
    /// The names that other shards have: nobody here decides over them. None without shards.
    pub elsewhere: Elsewhere,
}

impl Served {
    /// Tells whether this shard, and no other, says what there is to say of a name: of those that it has, and of
    /// some of those that no shard has. Without shards it is every name.
    pub fn tells_of(&self, name: &CanonicalName) -> bool {
        let Some(shard) = self.shard else { return true };
        let has = || self.domain_filter.covers(&DnsName::from(name));
        !self.elsewhere.has(name) && (shard.has(name) || has())
    }
}

/// What counts when deletions are limited, besides those that are planned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deletions {
    /// Hashes of held deletions that a person approved for this sync: of all, of a group, or of an
    /// object.
    pub approved: BTreeSet<PlanHash>,
    /// What the last full sync held, from [`Held::names`](super::Held::names). A sync of a few
    /// names cannot see these, and counts them with what it would delete itself.
    pub held: BTreeMap<HeldAt, HeldName>,
    /// What was deleted recently: objects that go one after the other go within seconds of each
    /// other, and a sync of a few of them counts the others with them.
    pub recent: RecentDeletions,
}

/// What outlives the process, where something is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// When targets were first seen to be lost.
    pub losses: Losses,
    /// How many record sets the provider had when last read in full; 0 when it never was.
    ///
    /// A provider that had some and says it has none is not believed at once, and a restart in
    /// between is no reason to.
    pub records: usize,
}

impl Kept {
    /// Returns this with what `before` knows more: what we saw ourselves wins, and older losses do.
    #[must_use]
    pub fn with(mut self, before: Self) -> Self {
        self.losses.recall(before.losses);
        if self.records == 0 {
            self.records = before.records;
        }
        self
    }
}
