//! One sync: read both sides, decide, write.
//!
//! A sync awaits the provider only: negotiate, list, adjust, apply. Everything between is pure, but
//! that a write is noted before it is made. Nothing is written before the last await, so a sync can
//! be cut off anywhere.

mod config;
mod desired_index;
mod error;
mod full;
mod last_known;
mod names_first;
mod object_statuses;
mod open_gaps;
mod provider_scope;
mod put_off;
mod reader;
mod report;
mod steps;
mod superseded;
mod targeted;
mod unusable;
mod unzoned;
mod write_noted;

use std::sync::Arc;
use std::time::Duration;

use controller_core::desired::Desired;
use controller_core::history::HistoryRow;
use controller_core::plan::memory::Memory;
use controller_core::plan::{PlanHash, Planner};
use controller_core::registry::Registry;
use controller_core::target_loss::OnTargetLoss;
use tokio::time::Instant;

pub use self::config::{SyncConfig, Writing};
use self::desired_index::DesiredIndex;
pub use self::error::{NotSent, SyncError};
pub use self::last_known::{LastKnown, Seen, SeenZone, Succession};
use self::names_first::NamesFirst;
use self::provider_scope::ProviderScope;
pub use self::put_off::{RecentChanges, Whose};
pub use self::reader::{ChangeSet, DesiredReader};
pub(crate) use self::report::taken;
pub use self::report::{Report, Written};
pub use self::superseded::{GivenUp, Superseded};
pub use self::unusable::{UnusableZone, blind, unusable, unusable_for};
use crate::schedule::Window;
use crate::state::State;

/// Makes syncs: config, what they have learned, and the two sides that they bring together.
pub struct Reconciler<P> {
    /// The provider, behind its layers.
    provider: P,
    config: SyncConfig,
    /// What outlives a sync; here writes are noted in the history.
    state: State,
    /// What the provider held when it was last read.
    last_known: Arc<LastKnown>,
    /// When what the last sync put off is due; `None` when it put off nothing.
    put_off_until: Option<Instant>,
    /// What was written since it was taken from here, oldest first.
    wrote: Vec<Wrote>,
    /// When the sync began, in seconds since 1970 and by the clock that none turns back.
    began: (i64, Instant),
    /// When the last sync read the objects: what changed since is for the next one.
    looked: Instant,
    /// What the last full sync learned; `None` when it cannot be relied on.
    cache: Option<Cache>,
    /// What goes before a list that takes long.
    names_first: NamesFirst,
    superseded: Superseded,
}

/// A write that the provider took, or of which the records said how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrote {
    /// Its number in the history; `None` when it has none.
    pub id: Option<u64>,
    /// What was written.
    pub row: HistoryRow,
    /// Whether the write that it is of did not come to its end, so that no report counts it.
    pub is_part: bool,
}

/// What tells that what is last known can be relied on.
struct Cache {
    index: DesiredIndex,
    /// The provider's own mark for what is last known; `None` when it gives none, or we wrote since.
    revision: Option<String>,
    /// What the provider said it serves when the inventory was read in full.
    provider_scope: ProviderScope,
    /// Whether the last sync was one over everything, and found everything as it should be.
    settled: bool,
}

impl<P> Reconciler<P> {
    /// Returns a reconciler that goes on where `state` left off.
    pub fn new(provider: P, config: SyncConfig, state: State) -> Self {
        Self {
            provider,
            config,
            state,
            last_known: Arc::default(),
            put_off_until: None,
            wrote: Vec::new(),
            began: (0, Instant::now()),
            looked: Instant::now(),
            cache: None,
            names_first: NamesFirst::default(),
            superseded: Superseded::default(),
        }
    }

    /// Goes by another config from now on.
    ///
    /// What was learned by the old one stays known until the full sync that must follow.
    pub fn go_by(&mut self, planner: Planner, on_target_loss: OnTargetLoss) {
        (self.config.planner, self.config.on_target_loss) = (planner, on_target_loss);
        // What the provider negotiated is no part of it.
        self.names_first.close();
        if let Some(cache) = &mut self.cache {
            cache.settled = false;
        }
    }

    /// Writes nothing from the moment on at which this says that there is a newer config: someone who takes rights away
    /// is not to wait for a zone to be read.
    pub fn write_unless(&mut self, superseded: Superseded) {
        self.superseded = superseded;
    }

    /// Takes nothing away from now on because of a change that is younger than this.
    pub fn wait_for_calm(&mut self, window: Window) {
        self.config.window = window;
    }

    /// Lets go in the next full sync what is held under these hashes, and nothing else.
    pub fn approve(&mut self, hashes: impl IntoIterator<Item = PlanHash>) {
        self.state.memory_mut().deletions.approved = hashes.into_iter().collect();
    }

    /// Forgets what the provider held: another may have written since.
    pub fn forget(&mut self) {
        self.cache = None;
        self.names_first.close();
    }

    /// Tells whether what is last known is what the provider holds, as far as anyone can tell.
    pub fn is_current(&self) -> bool {
        self.cache.is_some()
    }

    /// Tells whether changes are planned and shown only.
    pub fn is_dry_run(&self) -> bool {
        self.config.is_dry_run()
    }

    /// Returns the provider, behind its layers.
    pub fn provider(&self) -> &P {
        &self.provider
    }

    /// Returns how differences become changes.
    pub fn planner(&self) -> &Planner {
        &self.config.planner
    }

    /// Returns how records are owned.
    pub fn registry(&self) -> &dyn Registry {
        &*self.config.registry
    }

    /// Returns what the syncs so far have learned.
    pub fn memory(&self) -> &Memory {
        self.state.memory()
    }

    /// Returns what outlives a sync, and where it is kept.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Returns the same, to read, note and keep.
    pub fn state_mut(&mut self) -> &mut State {
        &mut self.state
    }

    /// Returns what the provider held when it was last read.
    pub fn last_known(&self) -> &Arc<LastKnown> {
        &self.last_known
    }

    /// Shows what the provider holds in this place, too.
    pub fn show_in(&mut self, last_known: Arc<LastKnown>) {
        self.last_known = last_known;
    }

    /// Returns when what the last sync put off is due; `None` when it put off nothing.
    pub fn put_off_until(&self) -> Option<Instant> {
        self.put_off_until
    }

    /// Returns when the last sync that came so far read the objects.
    pub fn looked(&self) -> Instant {
        self.looked
    }

    /// Tells whether something was written since that was last taken.
    pub fn has_written(&self) -> bool {
        !self.wrote.is_empty()
    }

    /// Takes what was written since this was last asked, oldest first, with what only the records say of
    /// writes of before.
    pub fn take_wrote(&mut self) -> Vec<Wrote> {
        let resolved = self.state.take_resolved().into_iter();
        let mut wrote: Vec<_> =
            resolved.map(|row| Wrote { id: Some(row.id), row, is_part: false }).collect();
        wrote.append(&mut self.wrote);
        wrote
    }

    /// Notes when a sync began.
    fn begins(&mut self, now: i64) {
        if self.began.0 != now {
            self.began = (now, Instant::now());
        }
    }

    /// Returns the time, in seconds since 1970: later than the sync began by as much as it has taken.
    fn time(&self) -> i64 {
        let (began, at) = self.began;
        // Half a second more, since the beginning is known to the second.
        let took = at.elapsed() + Duration::from_millis(500);
        began.saturating_add(i64::try_from(took.as_secs()).unwrap_or(i64::MAX))
    }

    /// Returns the prefixes of the properties that the provider understands.
    fn prefixes(&self) -> &[String] {
        &self.state.memory().served.property_prefixes
    }

    /// Returns what is desired under the names that no other shard has.
    fn desired_here(&self, reader: &impl DesiredReader) -> Desired {
        let mut desired = reader.desired(self.prefixes());
        desired.leave_to_others(&self.memory().served.elsewhere);
        desired
    }

    /// Returns what changed, as far as no other shard has the names.
    fn changes_here(&self, reader: &impl DesiredReader) -> (ChangeSet, RecentChanges) {
        let (mut changes, young) =
            reader.take_changes(self.prefixes(), self.config.window, Instant::now());
        if let ChangeSet::Objects { objects: _, desired } = &mut changes {
            desired.leave_to_others(&self.memory().served.elsewhere);
        }
        (changes, young)
    }

    /// Takes what the last sync learned, which is relied on again only when the next one ends well.
    fn begin(&mut self) -> Option<Cache> {
        self.put_off_until = None;
        self.cache.take()
    }
}

#[cfg(test)]
mod tests;
