//! What a sync asks those who know the objects.

use std::collections::BTreeSet;

use controller_core::desired::Desired;

/// What can say what the cluster asks for.
pub trait DesiredReader: Send + Sync {
    /// Returns what is desired right now, with the properties that a provider understands.
    ///
    /// `prefixes` are those the provider declares, such as `aws/`; none for a provider that does
    /// not say.
    fn desired(&self, prefixes: &[String]) -> Desired;

    /// Returns what changed since the last call that a name could depend on.
    fn take_changes(&self, prefixes: &[String]) -> ChangeSet;
}

/// What changed among the objects.
#[derive(Debug)]
pub enum ChangeSet {
    /// Nothing that a name depends on.
    Nothing,
    /// These objects, by `resource` label; they ask for `desired` now, and for nothing else.
    Objects {
        /// Their `resource` labels.
        objects: BTreeSet<String>,
        /// What they ask for.
        desired: Desired,
    },
    /// More than is worth telling apart.
    Everything,
}
