//! What a sync asks those who know the objects.

use std::collections::BTreeSet;

use controller_core::desired::Desired;
use external_dns_webhook::ObjectRef;
use tokio::time::Instant;

use super::put_off::RecentChanges;
use crate::schedule::Window;

/// What can say what the cluster wants.
pub trait DesiredReader: Send + Sync {
    /// Returns what is desired right now, with the properties that a provider understands.
    ///
    /// `prefixes` are those the provider declares, each with its slash; none for a provider that
    /// does not say.
    fn desired(&self, prefixes: &[String]) -> Desired;

    /// Returns what changed since the last call that a name could depend on, and which of it is
    /// young at `now`.
    fn take_changes(
        &self,
        prefixes: &[String],
        window: Window,
        now: Instant,
    ) -> (ChangeSet, RecentChanges);

    /// Forgets what changed, for a sync that looks at everything; returns which of it is young at
    /// `now`.
    fn forget_changes(&self, window: Window, now: Instant) -> RecentChanges;

    /// Has the next sync that asks for changes look at these once more.
    fn put_back(&self, young: RecentChanges);

    /// Waits until there are changes to be taken; for ever where nobody tells.
    fn changed(&self) -> impl Future<Output = ()> + Send {
        std::future::pending()
    }
}

/// What changed among the objects.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one at a time")]
pub enum ChangeSet {
    /// Nothing that a name depends on.
    Nothing,
    /// These objects, by `resource` label; they want `desired` now, and for nothing else.
    Objects {
        /// Their `resource` labels.
        objects: BTreeSet<ObjectRef>,
        /// What they want.
        desired: Desired,
    },
    /// More than is worth telling apart.
    Everything,
}
